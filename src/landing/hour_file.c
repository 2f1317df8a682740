/* Nearly always every line of the bucket is a post, as the index said; a line that turns out to be none
 * goes to quarantine, and then the hash of the lines in the footer is taken once more without it. */
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

/* What the threads that write one file share. */
struct writing {
	const struct hour_file *file;
	struct parquet_file *parquet;
	pthread_mutex_t lock;
	size_t next_extent;
	uint64_t *refused; /* offsets of lines left out */
	size_t refused_count, refused_cap;
	enum err_kind kind; /* the first failure */
	struct err err;
};

/* Which extent is next; false: there is none, or somebody failed. */
static bool next_extent(struct writing *writing, size_t *ret_extent)
{
	pthread_mutex_lock(&writing->lock);
	size_t extent = writing->next_extent++;
	bool more = writing->kind == ERR_NONE && extent < spool_extents(writing->file->bucket);
	pthread_mutex_unlock(&writing->lock);
	*ret_extent = extent;
	return more;
}

static void refuse(struct writing *writing, const struct line *line)
{
	pthread_mutex_lock(&writing->lock);
	MEM_GROW(writing->refused, writing->refused_cap, writing->refused_count + 1);
	writing->refused[writing->refused_count++] = line->offset;
	pthread_mutex_unlock(&writing->lock);
	refusals_add(writing->file->refusals, line); /* the reason is found again there */
}

static enum err_kind misplaced(struct writing *writing, const struct line *line, struct err *err)
{
	struct refusals *refusals = writing->file->refusals;
	pthread_mutex_lock(&refusals->lock);
	refusals->misplaced = true;
	pthread_mutex_unlock(&refusals->lock);
	return err_set(err, ERR_RETRY, "the line at byte %llu is of another hour than it seemed",
		       (unsigned long long)line->offset);
}

static enum err_kind add_lines(struct writing *writing, struct parquet_rows *rows,
			       const struct spool_group *group, struct err *err)
{
	const struct hour_file *file = writing->file;
	for (size_t i = 0; i < group->count; i++) {
		const struct line *line = &group->lines[i];
		struct post_key key;
		enum err_kind kind = parquet_rows_add(rows, writing->parquet, line->text,
						      line->offset, &key, err);
		if (kind == ERR_NONE && file->table == PARQUET_POSTS &&
		    hour_index(key.time_us) != file->bucket->hour)
			return misplaced(writing, line, err);
		if (kind == ERR_REJECT)
			refuse(writing, line);
		else if (kind != ERR_NONE)
			return kind;
	}
	return ERR_NONE;
}

/* Adds extents as long as there are any. */
static void write_extents(struct writing *writing, struct parquet_rows *rows)
{
	const struct hour_file *file = writing->file;
	struct spool_group group = { 0 };
	struct err err;
	enum err_kind kind = ERR_NONE;
	size_t extent;
	while (kind == ERR_NONE && next_extent(writing, &extent)) {
		kind = spool_read(file->spool, file->bucket, extent, &group, &err);
		if (kind == ERR_NONE)
			kind = add_lines(writing, rows, &group, &err);
	}
	if (kind == ERR_NONE)
		kind = parquet_rows_end(rows, writing->parquet, &err);
	else
		parquet_rows_drop(rows);
	spool_group_release(&group);
	pthread_mutex_lock(&writing->lock);
	if (kind != ERR_NONE && writing->kind == ERR_NONE) {
		writing->kind = kind;
		writing->err = err;
	}
	pthread_mutex_unlock(&writing->lock);
}

static void *help(void *context)
{
	struct writing *writing = context;
	struct parquet_rows *rows = parquet_rows_new(writing->file->stream, writing->file->table);
	write_extents(writing, rows);
	parquet_rows_free(rows);
	return NULL;
}

static enum err_kind write_rows(struct writing *writing, struct parquet_rows *rows, struct err *err)
{
	pthread_t helpers[64];
	int count = writing->file->threads < 64 ? writing->file->threads - 1 : 63, started = 0;
	while (started < count && pthread_create(&helpers[started], NULL, help, writing) == 0)
		started++;
	write_extents(writing, rows);
	for (int i = 0; i < started; i++)
		pthread_join(helpers[i], NULL);
	if (writing->kind != ERR_NONE)
		*err = writing->err;
	return writing->kind;
}

static int by_offset(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
	return (left > right) - (left < right);
}

/* XXH64 of the lines that are rows. */
static enum err_kind hash_of_rows(const struct writing *writing, uint64_t *ret_hash,
				  struct err *err)
{
	const struct bucket *bucket = writing->file->bucket;
	if (writing->refused_count == 0) {
		*ret_hash = hash_stream_u64(bucket->hash);
		return ERR_NONE;
	}
	struct spool_group group = { 0 };
	struct hash_stream *hash = hash_stream_new(HASH_XXH64);
	enum err_kind kind = ERR_NONE;
	qsort(writing->refused, writing->refused_count, sizeof(uint64_t), by_offset);
	for (size_t i = 0; i < spool_extents(bucket) && kind == ERR_NONE; i++) {
		kind = spool_read(writing->file->spool, bucket, i, &group, err);
		for (size_t at = 0; kind == ERR_NONE && at < group.count; at++) {
			const struct line *line = &group.lines[at];
			if (!bsearch(&line->offset, writing->refused, writing->refused_count,
				     sizeof(uint64_t), by_offset))
				hash_stream_add(hash, str_make(line->text.ptr, line->text.len + 1));
		}
	}
	*ret_hash = hash_stream_u64(hash);
	hash_stream_free(hash);
	spool_group_release(&group);
	return kind;
}

static enum err_kind finish(struct writing *writing, struct parquet_totals *ret_totals,
			    struct err *err)
{
	const struct hour_file *file = writing->file;
	uint64_t hash;
	TRY(hash_of_rows(writing, &hash, err));
	char from[24], to[24], rows[24], xxh64[20];
	snprintf(from, sizeof from, "%llu", (unsigned long long)file->from);
	snprintf(to, sizeof to, "%llu", (unsigned long long)file->to);
	snprintf(rows, sizeof rows, "%llu",
		 (unsigned long long)(file->bucket->lines - writing->refused_count));
	snprintf(xxh64, sizeof xxh64, "%016llx", (unsigned long long)hash);
	const struct str metadata[] = { STR("stream"),      str_from(file->stream),
					STR("from"),        str_from(from),
					STR("to"),          str_from(to),
					STR("rows"),        str_from(rows),
					STR("lines_xxh64"), str_from(xxh64) };
	struct parquet_footer footer = { .metadata = metadata,
					 .metadata_count = sizeof metadata / sizeof *metadata / 2 };
	return parquet_file_finish(writing->parquet, &footer, ret_totals, err);
}

enum err_kind hour_file_write(const struct hour_file *file, struct parquet_rows *rows,
			      struct parquet_totals *ret_totals, struct err *err)
{
	struct writing writing = { .file = file };
	struct parquet_totals totals = { 0 };
	TRY(parquet_file_create(file->path, file->table, &writing.parquet, err));
	pthread_mutex_init(&writing.lock, NULL);
	enum err_kind kind = write_rows(&writing, rows, err);
	if (kind == ERR_NONE && writing.refused_count == file->bucket->lines)
		unlink(file->path);
	else if (kind == ERR_NONE)
		kind = finish(&writing, &totals, err);
	if (kind == ERR_NONE && totals.rows + writing.refused_count != file->bucket->lines)
		kind = err_set(err, ERR_FATAL, "%s: %llu of %llu lines arrived", file->path,
			       (unsigned long long)totals.rows,
			       (unsigned long long)file->bucket->lines);
	pthread_mutex_destroy(&writing.lock);
	parquet_file_free(writing.parquet);
	free(writing.refused);
	if (kind == ERR_NONE)
		*ret_totals = totals;
	return kind;
}
