#include "role/import.h"

#include "base/mem.h"
#include "role/import_claim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SYNC_BYTES = 16 << 20, FULL_WAIT_US = 20000, TELL_MAX = 20 };

/* --- cursors ---------------------------------------------------------------------------------------------- */

/* Where reading goes on, and the batch_id of the stream's last page, whichever file it was in. */
static struct source_place begin_place(struct import_source *source)
{
	char name[80];
	int64_t last = 0;
	snprintf(name, sizeof name, "import:%s", source->file.sha256);
	struct str cursor = journal_cursor(source->sink.journal, str_from(name));
	struct source_place place = cursor.ptr ? input_place_read(cursor) :
						 (struct source_place){ 0 };
	struct str batch = journal_cursor(source->sink.journal, STR("batch_id"));
	if (batch.ptr && str_to_i64(batch, &last) && last > place.batch_id)
		place.batch_id = last;
	return place;
}

/* --- the sink ----------------------------------------------------------------------------------------------- */

static bool knows(void *context, const struct source_line *line)
{
	struct import_source *source = context;
	return journal_sink_knows(&source->sink, line);
}

/* A full journal is emptied by the collector: wait for it, unless it gave up. */
static enum err_kind append(struct import_source *source, const struct source_line *lines,
			    size_t count, const struct cursor_change *cursors, size_t cursor_count,
			    struct err *err)
{
	struct journal_sink *sink = &source->sink;
	enum err_kind kind;
	while ((kind = journal_sink_append(sink, lines, count, cursors, cursor_count, err)) ==
	       ERR_RETRY) {
		TRY(journal_sync(sink->journal, err));
		if (collector_failed(source->collector, err))
			return ERR_FATAL;
		usleep(FULL_WAIT_US);
	}
	for (size_t i = 0; i < count; i++)
		source->unsynced += lines[i].line.len;
	if (kind == ERR_NONE && source->unsynced >= SYNC_BYTES) {
		source->unsynced = 0;
		return journal_sync(source->sink.journal, err);
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
	snprintf(name, sizeof name, "import:%s", source->file.sha256);
	snprintf(batch, sizeof batch, "%" PRId64, place->batch_id);
	buf_reset(&source->cursor);
	input_place_write(&source->cursor, place);
	struct cursor_change cursors[] = {
		{ .name = str_from(name), .value = buf_str(&source->cursor) },
		{ .name = STR("batch_id"), .value = str_from(batch) },
	};
	source->file_posts = place->posts;
	return append(source, lines, count, cursors, 2, err);
}

/* A piece that cannot be a line is kept beside the lake's quarantined lines and in their form, under the
 * file's hash and its line there, so that reading it again changes nothing. */
static enum err_kind quarantine(void *context, struct str bytes, uint64_t file_line,
				const char *reason, struct err *err)
{
	struct import_source *source = context;
	char *path = mem_printf("_aviary/quarantine/import-%s-%" PRIu64 ".jsonl",
				source->file.sha256, file_line);
	struct buf entry = { 0 };
	input_piece_write(&entry, source->file.name, file_line, reason, bytes);
	enum err_kind kind = store_replace(lake_store(source->lake), path, buf_str(&entry), err);
	buf_release(&entry);
	progress_clear(source->progress);
	if (kind == ERR_NONE)
		fprintf(stderr, "aviary: import: %s: line %" PRIu64 ": %s: kept in %s/%s\n",
			source->file.name, file_line, reason, lake_path(source->lake), path);
	free(path);
	return kind;
}

static void tell_broken(void *context, uint64_t file_line, const char *reason)
{
	struct import_source *source = context;
	if (source->counts.told++ >= TELL_MAX)
		return;
	progress_clear(source->progress);
	fprintf(stderr, "aviary: import: %s: line %" PRIu64 ": %s: to quarantine\n",
		source->file.name, file_line, reason);
	if (source->counts.told == TELL_MAX)
		fprintf(stderr, "further broken lines are counted only\n");
}

/* A page without lines has no row to ride on. */
static enum err_kind keep_page(void *context, struct str page, uint64_t file_line, struct err *err)
{
	struct import_source *source = context;
	return request_log_keep_page(source->requests, &source->file, file_line, page, err);
}

static void refuse(void *context, uint64_t file_line, const char *what_it_is)
{
	struct import_source *source = context;
	progress_clear(source->progress);
	fprintf(stderr, "aviary: import: %s: line %" PRIu64 ": %s, not a search page: left out\n",
		source->file.name, file_line, what_it_is);
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
		source->file.name);
}

static enum err_kind read_file(struct import_source *source, struct err *err)
{
	struct source_place from = begin_place(source), to = from;
	struct recorded_file_options options = {
		.path = source->file.path,
		.line_bytes_max = (size_t)source->settings->line_bytes_max,
		.document_bytes_max = (uint64_t)source->settings->document_bytes_max,
		.from = from,
		.xxh3 = source->file.xxh3,
		.bytes = source->file.bytes,
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
	TRY(journal_sync(source->sink.journal, err));
	bool barren = is_barren(&to);
	if (barren)
		tell_barren(source);
	collector_add_file(source->collector, source->file.sha256, source->file.name,
			   journal_end(source->sink.journal).offset,
			   barren ? to.quarantined : to.refused);
	return ERR_NONE;
}

static void skip_finished(struct import_source *source, uint64_t refused)
{
	source->counts.skipped++;
	source->counts.refused += refused;
}

static enum err_kind import_claimed(struct import_source *source, struct err *err)
{
	struct claim claim;
	const char *stream = journal_stream(source->sink.journal);
	if (collector_has_file(source->collector, source->file.sha256)) {
		skip_finished(source, 0);
		return ERR_NONE;
	}
	TRY(claim_take(source->lake, source->file.sha256, stream, source->file.name, &claim, err));
	if (claim.state != CLAIM_FINISHED &&
	    lake_snapshot_imported(source->snapshot, source->file.sha256)) {
		TRY(claim_finish(source->lake, source->file.sha256, stream, source->file.name, 0,
				 err));
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
	return read_file(source, err);
}

static enum err_kind import_path(struct import_source *source, const char *path, struct err *err)
{
	char *dir = NULL;
	TRY(store_scratch(lake_store(source->lake), "_aviary/staging", &dir, err));
	enum err_kind kind = input_file_open(path, dir, &source->file, err);
	free(dir);
	if (kind == ERR_NONE)
		kind = import_claimed(source, err);
	input_file_close(&source->file);
	return kind;
}

enum err_kind import_source_file(struct import_source *source, const char *path, struct err *err)
{
	struct stat st;
	source->counts.files++;
	enum err_kind kind = import_path(source, path, err);
	if (stat(path, &st) == 0)
		source->done_bytes += (uint64_t)st.st_size;
	if (kind != ERR_REJECT)
		return kind;
	progress_clear(source->progress);
	bool named = str_starts(str_from(err->msg), str_from(source->file.name));
	fprintf(stderr, "aviary: import: %s%s%s\n", named ? "" : source->file.name,
		named ? "" : ": ", err->msg);
	source->counts.failed++;
	return ERR_NONE;
}

void import_source_release(struct import_source *source)
{
	journal_sink_release(&source->sink);
	buf_release(&source->cursor);
}
