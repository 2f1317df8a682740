/* The file's footer tells what it holds (stream, from, to, rows, XXH64 of its lines), and a footer is
 * known before the first row is written. Nearly always every line of the bucket is a post, as the index
 * said; when a line turns out to be none, the file is written once more without it. */
#include "landing/hour_file.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void refusals_add(struct refusals *refusals, const struct line *line)
{
	pthread_mutex_lock(&refusals->lock);
	if (refusals->kind == ERR_NONE)
		refusals->kind = spool_add(refusals->spool, refusals->bucket, line, &refusals->err);
	pthread_mutex_unlock(&refusals->lock);
}

/* What the scanning threads of one COPY share. */
struct feed_state {
	const struct hour_file *file;
	pthread_mutex_t lock;
	size_t next_extent;
	uint64_t *refused; /* offsets of lines left out, ascending */
	size_t refused_count, refused_cap;
	bool first_time;
};

static int by_offset(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

static bool is_refused(const struct feed_state *state, uint64_t offset)
{
	return state->refused_count > 0 &&
	       bsearch(&offset, state->refused, state->refused_count, sizeof offset, by_offset);
}

static void leave_out_refused(const struct feed_state *state, struct spool_group *group)
{
	size_t kept = 0;
	for (size_t i = 0; i < group->count; i++) {
		if (!is_refused(state, group->lines[i].offset))
			group->lines[kept++] = group->lines[i];
	}
	group->count = kept;
}

static enum err_kind next_group(void *context, void **ret_group, const struct line **ret_lines,
				size_t *ret_count, struct err *err)
{
	struct feed_state *state = context;
	struct spool_group *group = *ret_group;
	if (!group)
		*ret_group = group = mem_zalloc(1, sizeof *group);
	group->count = 0;
	while (group->count == 0) {
		pthread_mutex_lock(&state->lock);
		size_t extent = state->next_extent++;
		pthread_mutex_unlock(&state->lock);
		if (extent >= spool_extents(state->file->bucket))
			break;
		TRY(spool_read(state->file->spool, state->file->bucket, extent, group, err));
		if (!state->first_time)
			leave_out_refused(state, group);
	}
	*ret_lines = group->lines;
	*ret_count = group->count;
	return ERR_NONE;
}

static void release_group(void *context, void *group)
{
	(void)context;
	if (group)
		spool_group_release(group);
	free(group);
}

static void reject(void *context, const struct line *line, const char *reason)
{
	(void)reason; /* found again when the quarantine file is written */
	struct feed_state *state = context;
	pthread_mutex_lock(&state->lock);
	MEM_GROW(state->refused, state->refused_cap, state->refused_count + 1);
	state->refused[state->refused_count++] = line->offset;
	pthread_mutex_unlock(&state->lock);
	refusals_add(state->file->refusals, line);
}

/* XXH64 of the lines that are left. */
static enum err_kind hash_of_rest(const struct feed_state *state, uint64_t *ret_hash,
				  struct err *err)
{
	struct spool_group group = { 0 };
	struct hash_stream *hash = hash_stream_new(HASH_XXH64);
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < spool_extents(state->file->bucket) && kind == ERR_NONE; i++) {
		kind = spool_read(state->file->spool, state->file->bucket, i, &group, err);
		for (size_t line = 0; kind == ERR_NONE && line < group.count; line++) {
			if (!is_refused(state, group.lines[line].offset))
				hash_stream_add(hash, str_make(group.lines[line].text.ptr,
							       group.lines[line].text.len + 1));
		}
	}
	*ret_hash = hash_stream_u64(hash);
	hash_stream_free(hash);
	spool_group_release(&group);
	return kind;
}

static enum err_kind copy_once(struct feed_state *state, struct session *session, uint64_t hash,
			       uint64_t *ret_rows, struct err *err)
{
	const struct hour_file *file = state->file;
	struct line_feed feed = { .context = state,
				  .stream_id = file->stream,
				  .threads_max = file->threads,
				  .next = next_group,
				  .release_group = release_group,
				  .reject = reject };
	char from[24], to[24], rows[24], xxh64[20];
	snprintf(from, sizeof from, "%llu", (unsigned long long)file->from);
	snprintf(to, sizeof to, "%llu", (unsigned long long)file->to);
	snprintf(rows, sizeof rows, "%llu",
		 (unsigned long long)(file->bucket->lines - state->refused_count));
	snprintf(xxh64, sizeof xxh64, "%016llx", (unsigned long long)hash);
	const struct str metadata[] = { STR("stream"),      str_from(file->stream),
					STR("from"),        str_from(from),
					STR("to"),          str_from(to),
					STR("rows"),        str_from(rows),
					STR("lines_xxh64"), str_from(xxh64) };
	struct lines_copy copy = { .feed = &feed,
				   .path = file->path,
				   .metadata = metadata,
				   .metadata_count = sizeof metadata / sizeof *metadata / 2 };
	state->next_extent = 0;
	return session_copy_lines(session, &copy, ret_rows, err);
}

static enum err_kind write_again(struct feed_state *state, struct session *session,
				 uint64_t *ret_rows, struct err *err)
{
	uint64_t hash;
	qsort(state->refused, state->refused_count, sizeof *state->refused, by_offset);
	state->first_time = false;
	unlink(state->file->path);
	*ret_rows = 0;
	if (state->refused_count == state->file->bucket->lines)
		return ERR_NONE;
	TRY(hash_of_rest(state, &hash, err));
	return copy_once(state, session, hash, ret_rows, err);
}

enum err_kind hour_file_write(const struct hour_file *file, struct session *session,
			      uint64_t *ret_rows, struct err *err)
{
	struct feed_state state = { .file = file, .first_time = true };
	uint64_t rows = 0;
	pthread_mutex_init(&state.lock, NULL);
	enum err_kind kind =
		copy_once(&state, session, hash_stream_u64(file->bucket->hash), &rows, err);
	if (kind == ERR_NONE && state.refused_count > 0)
		kind = write_again(&state, session, &rows, err);
	if (kind == ERR_NONE && rows + state.refused_count != file->bucket->lines)
		kind = err_set(err, ERR_FATAL, "%s: %llu of %llu lines arrived", file->path,
			       (unsigned long long)rows, (unsigned long long)file->bucket->lines);
	pthread_mutex_destroy(&state.lock);
	free(state.refused);
	if (kind == ERR_NONE)
		*ret_rows = rows;
	return kind;
}
