#include "role/import.h"

#include "base/mem.h"
#include "role/import_claim.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A page fits into an extent. */
_Static_assert((int)PAGE_LINES_BYTES_MAX <= (int)EXTENT_LINES_MAX, "a page must fit an extent");

enum { SYNC_BYTES = 16 << 20, FULL_WAIT_US = 20000, TELL_MAX = 20 };

/* --- cursors ---------------------------------------------------------------------------------------------- */

static void add_place(struct buf *buf, const struct source_place *place)
{
	buf_addf(buf,
		 "%" PRIu64 " %" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		 " %" PRIu64,
		 place->byte, place->file_line, place->batch_id, place->pages, place->posts,
		 place->known, place->refused, place->quarantined);
}

static struct source_place read_place(struct str text)
{
	struct source_place place = { 0 };
	char copy[256];
	snprintf(copy, sizeof copy, "%.*s", STR_ARG(text));
	sscanf(copy,
	       "%" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
	       " %" SCNu64,
	       &place.byte, &place.file_line, &place.batch_id, &place.pages, &place.posts,
	       &place.known, &place.refused, &place.quarantined);
	return place;
}

/* Where reading goes on, and the batch_id of the stream's last page, whichever file it was in. */
static struct source_place begin_place(struct import_source *source)
{
	char name[80];
	int64_t last = 0;
	snprintf(name, sizeof name, "import:%s", source->sha256);
	struct str cursor = journal_cursor(source->journal, str_from(name));
	struct source_place place = cursor.ptr ? read_place(cursor) : (struct source_place){ 0 };
	struct str batch = journal_cursor(source->journal, STR("batch_id"));
	if (batch.ptr && str_to_i64(batch, &last) && last > place.batch_id)
		place.batch_id = last;
	return place;
}

/* --- the sink ----------------------------------------------------------------------------------------------- */

static struct window_entry entry_of(const struct source_line *line)
{
	return (struct window_entry){ .id = line->id,
				      .rule = line->rule,
				      .content = line->content_hash };
}

static bool knows(void *context, const struct source_line *line)
{
	struct import_source *source = context;
	return line->id != 0 && journal_knows(source->journal, entry_of(line));
}

static size_t gather(struct import_source *source, const struct source_line *lines, size_t count)
{
	size_t entries = 0;
	buf_reset(&source->lines);
	MEM_GROW(source->window, source->window_cap, count);
	for (size_t i = 0; i < count; i++) {
		buf_add_str(&source->lines, lines[i].line);
		if (lines[i].id != 0)
			source->window[entries++] = entry_of(&lines[i]);
	}
	return entries;
}

/* A full journal is emptied by the collector: wait for it, unless it gave up. */
static enum err_kind append(struct import_source *source, const struct extent *extent,
			    struct err *err)
{
	enum err_kind kind;
	while ((kind = journal_append(source->journal, extent, err)) == ERR_RETRY) {
		TRY(journal_sync(source->journal, err));
		if (collector_failed(source->collector, err))
			return ERR_FATAL;
		usleep(FULL_WAIT_US);
	}
	source->unsynced += extent->lines.len;
	if (kind == ERR_NONE && source->unsynced >= SYNC_BYTES) {
		source->unsynced = 0;
		return journal_sync(source->journal, err);
	}
	return kind;
}

static enum err_kind take(void *context, const struct source_line *lines, size_t count,
			  const struct source_place *place, struct err *err)
{
	struct import_source *source = context;
	char name[80], batch[24];
	if (collector_failed(source->collector, err))
		return ERR_FATAL;
	snprintf(name, sizeof name, "import:%s", source->sha256);
	snprintf(batch, sizeof batch, "%" PRId64, place->batch_id);
	buf_reset(&source->cursor);
	add_place(&source->cursor, place);
	struct cursor_change cursors[] = {
		{ .name = str_from(name), .value = buf_str(&source->cursor) },
		{ .name = STR("batch_id"), .value = str_from(batch) },
	};
	size_t entries = gather(source, lines, count);
	struct extent extent = { .lines = buf_str(&source->lines),
				 .window = source->window,
				 .window_count = entries,
				 .cursors = cursors,
				 .cursor_count = 2 };
	source->file_posts = place->posts;
	return append(source, &extent, err);
}

/* A piece that cannot be a line is kept beside the lake's quarantined lines and in their form, under the
 * file's hash and its line there, so that reading it again changes nothing. */
static enum err_kind quarantine(void *context, struct str bytes, uint64_t file_line,
				const char *reason, struct err *err)
{
	struct import_source *source = context;
	char *path = mem_printf("_aviary/quarantine/import-%s-%" PRIu64 ".jsonl", source->sha256,
				file_line);
	struct buf entry = { 0 };
	buf_add_text(&entry, "{\"file\":");
	buf_add_json(&entry, str_from(source->name));
	buf_addf(&entry, ",\"file_line\":%" PRIu64 ",\"reason\":", file_line);
	buf_add_json(&entry, str_from(reason));
	buf_add_byte(&entry, ',');
	buf_add_json_bytes(&entry, "line", bytes);
	buf_add_text(&entry, "}\n");
	enum err_kind kind = store_replace(lake_store(source->lake), path, buf_str(&entry), err);
	buf_release(&entry);
	progress_clear(source->progress);
	if (kind == ERR_NONE)
		fprintf(stderr, "aviary: import: %s: line %" PRIu64 ": %s: kept in %s/%s\n",
			source->name, file_line, reason, lake_path(source->lake), path);
	free(path);
	return kind;
}

static void tell_broken(void *context, uint64_t file_line, const char *reason)
{
	struct import_source *source = context;
	if (source->counts.told++ >= TELL_MAX)
		return;
	progress_clear(source->progress);
	fprintf(stderr, "aviary: import: %s: line %" PRIu64 ": %s: to quarantine\n", source->name,
		file_line, reason);
	if (source->counts.told == TELL_MAX)
		fprintf(stderr, "further broken lines are counted only\n");
}

/* A page without lines has no row to ride on. */
static enum err_kind keep_page(void *context, struct str page, uint64_t file_line, struct err *err)
{
	struct import_source *source = context;
	char *path = mem_printf("_aviary/requests/import-%s-%" PRIu64 ".json", source->sha256,
				file_line);
	enum err_kind kind =
		store_make_dir(lake_store(source->lake), "_aviary/requests", true, err);
	if (kind == ERR_NONE)
		kind = store_replace(lake_store(source->lake), path, page, err);
	free(path);
	return kind;
}

static void refuse(void *context, uint64_t file_line, const char *what_it_is)
{
	struct import_source *source = context;
	progress_clear(source->progress);
	fprintf(stderr, "aviary: import: %s: line %" PRIu64 ": %s, not a search page: left out\n",
		source->name, file_line, what_it_is);
}

static bool progress(void *context, uint64_t bytes)
{
	struct import_source *source = context;
	progress_tell(source->progress, source->done_bytes + bytes, source->total_bytes,
		      source->counts.posts + source->file_posts);
	return true;
}

/* --- one file ------------------------------------------------------------------------------------------------ */

static void add_counts(struct import_counts *counts, const struct source_place *from,
		       const struct source_place *to)
{
	counts->pages += to->pages;
	counts->posts += to->posts;
	counts->known += to->known;
	counts->quarantined += to->quarantined;
	counts->resumed_posts += from->posts;
	counts->resumed_quarantined += from->quarantined;
	counts->refused += to->refused; /* said again each time, for it is still not done */
}

/* Whoever gave the file meant it to hold posts. */
static bool is_barren(const struct source_place *end)
{
	return end->quarantined > 0 && end->pages + end->posts + end->known + end->refused == 0;
}

static void tell_barren(struct import_source *source)
{
	source->counts.barren++;
	progress_clear(source->progress);
	fprintf(stderr,
		"aviary: import: %s: no page and no post in it: all of it went to quarantine\n",
		source->name);
}

static enum err_kind read_file(struct import_source *source, const char *path, uint64_t xxh3,
			       struct err *err)
{
	struct source_place from = begin_place(source), to = from;
	struct recorded_file_options options = {
		.path = path,
		.line_bytes_max = (size_t)source->settings->line_bytes_max,
		.document_bytes_max = (uint64_t)source->settings->document_bytes_max,
		.from = from,
		.xxh3 = xxh3,
		.bytes = source->file_bytes,
		.progress = progress,
	};
	struct source_sink sink = { .context = source,
				    .knows = knows,
				    .take = take,
				    .quarantine = quarantine,
				    .tell_broken = tell_broken,
				    .keep_page = keep_page,
				    .refuse = refuse };
	source->file_posts = 0;
	TRY(recorded_file_read(&options, &sink, &to, err));
	TRY(take(source, NULL, 0, &to, err)); /* the cursor stands at the end, lines or none */
	source->file_posts = 0;
	add_counts(&source->counts, &from, &to);
	TRY(journal_sync(source->journal, err));
	bool barren = is_barren(&to);
	if (barren)
		tell_barren(source);
	collector_add_file(source->collector, source->sha256, source->name,
			   journal_end(source->journal).offset,
			   barren ? to.quarantined : to.refused);
	return ERR_NONE;
}

/* What can be read but not found out twice (a pipe) is copied first; *ret_path names the copy. */
static enum err_kind spool(const struct lake *lake, int from, char ret_path[64], int *ret_fd,
			   struct err *err)
{
	char *dir = lake_file(lake, "_aviary/staging");
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	free(dir);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "spool a copy");
	*ret_fd = fd;
	snprintf(ret_path, 64, "/proc/self/fd/%d", fd);
	char piece[65536];
	ssize_t got;
	while ((got = read(from, piece, sizeof piece)) != 0) {
		if (got < 0 && errno != EINTR)
			return err_errno(err, ERR_FATAL, "read");
		if (got > 0)
			TRY(file_write_all(fd, "a copy", piece, (size_t)got, err));
	}
	return ERR_NONE;
}

/* A file is read twice; what is none (standard input, a pipe) is copied first, and *ret_path then names
 * the copy. *ret_fd, -1 without a copy, is closed by the caller. */
static enum err_kind make_readable_twice(const struct lake *lake, const char *path,
					 char ret_copy[64], const char **ret_path, int *ret_fd,
					 struct err *err)
{
	struct stat st;
	*ret_fd = -1;
	*ret_path = path;
	if (strcmp(path, "-") == 0) {
		*ret_path = ret_copy;
		return spool(lake, STDIN_FILENO, ret_copy, ret_fd, err);
	}
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return ERR_NONE;
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_REJECT, "is a directory");
	int from = open(path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_errno(err, ERR_REJECT, "open");
	*ret_path = ret_copy;
	enum err_kind kind = spool(lake, from, ret_copy, ret_fd, err);
	close(from);
	return kind;
}

static void skip_finished(struct import_source *source, uint64_t refused)
{
	source->counts.skipped++;
	source->counts.refused += refused;
}

static enum err_kind import_claimed(struct import_source *source, const char *path, uint64_t xxh3,
				    struct err *err)
{
	struct claim claim;
	const char *stream = journal_stream(source->journal);
	if (collector_has_file(source->collector, source->sha256)) {
		skip_finished(source, 0);
		return ERR_NONE;
	}
	TRY(claim_take(source->lake, source->sha256, stream, source->name, &claim, err));
	if (claim.state != CLAIM_FINISHED &&
	    lake_snapshot_imported(source->snapshot, source->sha256)) {
		TRY(claim_finish(source->lake, source->sha256, stream, source->name, 0, err));
		claim = (struct claim){ .state = CLAIM_FINISHED };
	}
	if (claim.state == CLAIM_FINISHED) {
		skip_finished(source, claim.refused);
		return ERR_NONE;
	}
	if (claim.state == CLAIM_OTHERS)
		return err_set(err, ERR_REJECT,
			       "its import was begun by stream %s and is not finished",
			       claim.stream);
	return read_file(source, path, xxh3, err);
}

/* Archives are often compressed, and nothing in them looks like JSON then. */
static enum err_kind refuse_gzip(const char *path, const char *name, struct err *err)
{
	unsigned char magic[2] = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? pread(fd, magic, sizeof magic, 0) : -1;
	if (fd >= 0)
		close(fd);
	if (got == 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return err_set(err, ERR_REJECT, "is compressed: zcat %s | aviary import -", name);
	return ERR_NONE;
}

static enum err_kind import_path(struct import_source *source, const char *path, struct err *err)
{
	char copy[64];
	int fd = -1;
	uint64_t xxh3;
	enum err_kind kind = make_readable_twice(source->lake, path, copy, &path, &fd, err);
	if (kind == ERR_NONE)
		kind = refuse_gzip(path, source->name, err);
	if (kind == ERR_NONE)
		kind = recorded_file_hash(path, source->sha256, &xxh3, &source->file_bytes, err);
	if (kind != ERR_NONE)
		kind = ERR_REJECT; /* of this file */
	if (kind == ERR_NONE)
		kind = import_claimed(source, path, xxh3, err);
	if (fd >= 0)
		close(fd);
	return kind;
}

enum err_kind import_source_file(struct import_source *source, const char *path, struct err *err)
{
	struct stat st;
	source->name = strcmp(path, "-") == 0 ? "standard input" : path;
	source->counts.files++;
	enum err_kind kind = import_path(source, path, err);
	if (stat(path, &st) == 0)
		source->done_bytes += (uint64_t)st.st_size;
	if (kind != ERR_REJECT)
		return kind;
	progress_clear(source->progress);
	bool named = str_starts(str_from(err->msg), str_from(source->name));
	fprintf(stderr, "aviary: import: %s%s%s\n", named ? "" : source->name, named ? "" : ": ",
		err->msg);
	source->counts.failed++;
	return ERR_NONE;
}

void import_source_release(struct import_source *source)
{
	buf_release(&source->lines);
	buf_release(&source->cursor);
	free(source->window);
}
