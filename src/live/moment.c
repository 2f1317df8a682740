/* The tail as it is at one moment: which lines of which chunks, and of which overflow files. It grows no
 * more, and holds them. */
#include "live/live_private.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

struct moment {
	atomic_size_t holders;
	struct tail_part *parts;
	size_t count, cap;
	int64_t not_before_us;
	struct spilled {
		struct overflow_file *file;
		uint64_t from; /* lines below it do not count */
	} * files;
	size_t file_count, file_cap;
};

static struct moment *moment_empty(void)
{
	struct moment *moment = mem_zalloc(1, sizeof *moment);
	moment->holders = 1;
	moment->not_before_us = INT64_MIN;
	return moment;
}

static void add_part(struct moment *moment, struct tail_part part)
{
	if (part.first == part.end)
		return;
	MEM_GROW(moment->parts, moment->cap, moment->count + 1);
	moment->parts[moment->count++] = part;
	tail_chunk_hold(part.chunk);
}

static void add_file(struct moment *moment, struct overflow_file *file, uint64_t from)
{
	MEM_GROW(moment->files, moment->file_cap, moment->file_count + 1);
	moment->files[moment->file_count++] = (struct spilled){ .file = file, .from = from };
	overflow_file_hold(file);
}

struct moment *moment_of(const struct tail_part *parts, size_t count)
{
	struct moment *moment = moment_empty();
	for (size_t i = 0; i < count; i++)
		add_part(moment, parts[i]);
	return moment;
}

struct moment *moment_new(const struct live *live)
{
	struct moment *moment = moment_empty();
	for (size_t i = 0; i < live->stream_count; i++) {
		const struct followed *stream = live->streams[i];
		for (size_t file = 0; file < stream->file_count; file++)
			add_file(moment, stream->files[file], stream->tail.from);
		for (size_t chunk = 0; chunk < stream->tail.count; chunk++)
			add_part(moment, tail_part(&stream->tail, chunk));
	}
	return moment;
}

static void hold(void *context)
{
	struct moment *moment = context;
	atomic_fetch_add(&moment->holders, 1);
}

void moment_drop(struct moment *moment)
{
	if (!moment || atomic_fetch_sub(&moment->holders, 1) > 1)
		return;
	for (size_t i = 0; i < moment->count; i++)
		tail_chunk_drop(moment->parts[i].chunk);
	for (size_t i = 0; i < moment->file_count; i++)
		overflow_file_drop(moment->files[i].file);
	free(moment->parts);
	free(moment->files);
	free(moment);
}

static void drop(void *context)
{
	moment_drop(context);
}

static void give_lines(void *context, size_t index, struct held_lines *ret)
{
	const struct moment *moment = context;
	const struct tail_part *part = &moment->parts[index];
	*ret = (struct held_lines){ .stream_id = part->chunk->stream,
				    .bytes = part->chunk->bytes,
				    .offset = part->chunk->offset,
				    .starts = part->chunk->starts,
				    .times_us = part->chunk->times_us,
				    .states = part->chunk->states,
				    .first = part->first,
				    .end = part->end,
				    .not_before_us = moment->not_before_us };
}

struct held_table moment_table(struct moment *moment)
{
	return (struct held_table){ .context = moment,
				    .group_count = moment->count,
				    .group = give_lines,
				    .retain = hold,
				    .release = drop };
}

/* --- hours ----------------------------------------------------------------------------------------------- */

struct hours {
	int64_t *list;
	size_t count, cap;
};

static int by_hour(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

static void add_hour(struct hours *hours, int64_t hour)
{
	if (hours->count > 0 && hours->list[hours->count - 1] == hour)
		return; /* neighbours mostly are of the same */
	MEM_GROW(hours->list, hours->cap, hours->count + 1);
	hours->list[hours->count++] = hour;
}

int64_t *moment_hours(const struct moment *moment, size_t *ret_count)
{
	struct hours hours = { 0 };
	size_t kept = 0;
	for (size_t i = 0; i < moment->count; i++) {
		const struct tail_part *part = &moment->parts[i];
		for (size_t line = part->first; line < part->end; line++) {
			if (part->chunk->states[line] != HELD_REFUSED)
				add_hour(&hours, hour_index(part->chunk->times_us[line]));
		}
	}
	for (size_t i = 0; i < moment->file_count; i++) {
		for (size_t hour = 0; hour < moment->files[i].file->hour_count; hour++)
			add_hour(&hours, moment->files[i].file->hours[hour]);
	}
	if (hours.count > 1)
		qsort(hours.list, hours.count, sizeof *hours.list, by_hour);
	for (size_t i = 0; i < hours.count; i++) {
		if (kept == 0 || hours.list[kept - 1] != hours.list[i])
			hours.list[kept++] = hours.list[i];
	}
	*ret_count = kept;
	return hours.list;
}

int64_t moment_keep_newest(struct moment *moment, const struct lake_snapshot *snapshot,
			   uint64_t rows, struct post_reader *reader)
{
	moment->not_before_us = newest_since(moment->parts, moment->count, snapshot, rows, reader);
	return moment->not_before_us;
}

/* --- SQL ------------------------------------------------------------------------------------------------- */

static void add_scan(struct name_list *scans, struct buf *scan)
{
	MEM_GROW(scans->names, scans->cap, scans->count + 1);
	scans->names[scans->count++] = buf_detach(scan);
}

/* Whole files are one scan; those that are published in part have one each. */
void moment_scans(const struct moment *moment, const char *held, struct name_list *ret)
{
	struct buf whole = { 0 }, part = { 0 };
	for (size_t i = 0; i < moment->file_count; i++) {
		const struct spilled *spilled = &moment->files[i];
		if (spilled->file->from >= spilled->from) {
			buf_add_text(&whole, whole.len > 0 ? ", " : "read_parquet([");
			buf_add_sql(&whole, str_from(spilled->file->path));
			continue;
		}
		buf_add_text(&part, "(SELECT * FROM read_parquet([");
		buf_add_sql(&part, str_from(spilled->file->path));
		buf_addf(&part, "], hive_partitioning=false) WHERE stream_offset >= %" PRIu64 ")",
			 spilled->from);
		add_scan(ret, &part);
	}
	if (whole.len > 0) {
		buf_add_text(&whole, "], hive_partitioning=false)");
		add_scan(ret, &whole);
	}
	if (moment->count > 0) {
		buf_add_text(&whole, held);
		add_scan(ret, &whole);
	}
	buf_release(&whole);
	buf_release(&part);
}
