/* A small lake with landing files, and questions to its tables, for the tests of this room. */
#pragma once
#include "warehouse/files.h"

#include "base/mem.h"
#include "base/test.h"
#include "parquet/parquet.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STREAM_A "11111111-2222-4333-8444-555555555555"
#define STREAM_B "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

enum { HOUR_7 = 498727 }; /* year=2026/month=11/day=23/hour=7, a Monday */

static const char *const saturday_sunday[] = { "saturday", "sunday", NULL };
static const char *const friday_saturday[] = { "friday", "saturday", NULL };
static const struct warehouse_settings settings_default = { .weekend = saturday_sunday,
							    .weekend_zone = "UTC" };

struct fixture {
	struct lake *lake;
	struct engine *writer; /* makes files */
	struct engine *asked;  /* has the tables attached */
	struct session *session;
	const struct warehouse_settings *settings;
};

static inline void fixture_open_at(struct fixture *fixture, const char *path)
{
	struct engine_options options = { .threads = 2 };
	struct err err;
	*fixture = (struct fixture){ .settings = &settings_default };
	assert_ok(lake_create(path, &err), err);
	assert_ok(lake_open(path, &fixture->lake, &err), err);
	assert_ok(engine_open(&options, &fixture->writer, &err), err);
}

static inline void fixture_open(struct fixture *fixture)
{
	char *path = mem_printf("%s/lake", test_dir());
	fixture_open_at(fixture, path);
	free(path);
}

static inline void fixture_detach(struct fixture *fixture)
{
	session_close(fixture->session);
	engine_close(fixture->asked);
	fixture->session = NULL;
	fixture->asked = NULL;
}

static inline void fixture_close(struct fixture *fixture)
{
	fixture_detach(fixture);
	engine_close(fixture->writer);
	lake_close(fixture->lake);
}

static inline struct lake_snapshot *fixture_snapshot(struct fixture *fixture)
{
	struct lake_snapshot *snapshot = NULL;
	struct err err;
	assert_ok(lake_snapshot_read(fixture->lake, &snapshot, &err), err);
	return snapshot;
}

/* --- landing ----------------------------------------------------------------------------------------- */

struct post {
	int64_t hour;
	const char *line;
};

struct fixture_feed {
	struct line lines[64];
	size_t count;
};

/* Writes the lines, posts all of them, into a landing file; what it became goes to `entry`. */
static inline void write_landing_file(const struct fixture_feed *feed, const char *stream,
				      const char *path, struct lake_file_entry *entry)
{
	struct parquet_file *file;
	struct parquet_totals totals;
	struct parquet_footer footer = { 0 };
	struct parquet_rows *rows = parquet_rows_new(stream, PARQUET_POSTS);
	struct err err;
	assert_ok(parquet_file_create(path, PARQUET_POSTS, &file, &err), err);
	for (size_t i = 0; i < feed->count; i++)
		assert_ok(parquet_rows_add(rows, file, feed->lines[i].text, feed->lines[i].offset,
					   NULL, &err),
			  err);
	assert_ok(parquet_rows_end(rows, file, &err), err);
	assert_ok(parquet_file_finish(file, &footer, &totals, &err), err);
	entry->rows = totals.rows;
	entry->bytes = totals.bytes;
	entry->checksum = totals.xxh3;
	parquet_rows_free(rows);
	parquet_file_free(file);
}

static inline void land_hour(struct fixture *fixture, struct lake_record *batch, int64_t hour,
			     struct fixture_feed *feed)
{
	char partition[PARTITION_PATH_MAX];
	struct lake_file_entry entry = {
		.name = mem_printf("twitter-landing-data/%s/%s-%020" PRIu64 ".parquet",
				   lake_partition_path(hour, partition), batch->stream,
				   batch->from),
		.staging = mem_printf("%s-%020" PRIu64 "-x-%" PRId64 ".parquet", batch->stream,
				      batch->from, hour),
		.hour = hour,
	};
	char *staged = mem_printf("_aviary/staging/%s", entry.staging);
	char *path = lake_file(fixture->lake, "%s", staged);
	write_landing_file(feed, batch->stream, path, &entry);
	MEM_GROW(batch->files, batch->file_cap, batch->file_count + 1);
	batch->files[batch->file_count++] = entry;
	free(staged);
	free(path);
}

/* One batch of a stream. Posts of an hour stand together. */
static inline void land_in(struct fixture *fixture, const char *stream, const struct post *posts,
			   size_t count)
{
	struct lake_snapshot *snapshot = fixture_snapshot(fixture);
	const struct lake_stream *known = lake_snapshot_stream(snapshot, stream);
	struct lake_record batch = { .kind = RECORD_BATCH, .from = known ? known->to : 0 };
	struct lake_committed committed;
	struct fixture_feed feed = { 0 };
	struct err err;
	lake_snapshot_free(snapshot);
	snprintf(batch.stream, sizeof batch.stream, "%s", stream);
	batch.to = batch.from;
	for (size_t i = 0; i < count; i++) {
		assert_true(feed.count < sizeof feed.lines / sizeof *feed.lines);
		feed.lines[feed.count++] =
			(struct line){ .text = str_from(posts[i].line), .offset = batch.to };
		batch.to += strlen(posts[i].line) + 1;
		if (i + 1 == count || posts[i + 1].hour != posts[i].hour) {
			land_hour(fixture, &batch, posts[i].hour, &feed);
			feed = (struct fixture_feed){ 0 };
		}
	}
	batch.chain = batch.to;
	assert_ok(lake_commit(fixture->lake, &batch, &committed, &err), err);
	lake_record_release(&batch);
}

#define LAND(fixture, ...)                                                                         \
	do {                                                                                       \
		const struct post posts_[] = { __VA_ARGS__ };                                      \
		land_in((fixture), STREAM_A, posts_, sizeof posts_ / sizeof *posts_);              \
	} while (0)

/* --- tables ------------------------------------------------------------------------------------------ */

static inline struct refine_report fixture_refine(struct fixture *fixture)
{
	struct refine_report report = { 0 };
	struct refine_options options = { .lake = fixture->lake,
					  .engine = fixture->writer,
					  .settings = fixture->settings,
					  .threads = 2 };
	struct err err;
	assert_ok(warehouse_refine(&options, &report, &err), err);
	return report;
}

/* As they are now, in an engine of their own. */
static inline void fixture_attach(struct fixture *fixture)
{
	struct engine_options options = { .threads = 1 };
	struct err err;
	fixture_detach(fixture);
	assert_ok(engine_open(&options, &fixture->asked, &err), err);
	assert_ok(session_open(fixture->asked, &fixture->session, &err), err);
	struct lake_snapshot *snapshot = fixture_snapshot(fixture);
	assert_ok(warehouse_attach(fixture->session, fixture->lake, snapshot, fixture->settings,
				   &err),
		  err);
	lake_snapshot_free(snapshot);
}

static inline void fixture_refine_and_attach(struct fixture *fixture)
{
	fixture_refine(fixture);
	fixture_attach(fixture);
}

/* All cells as text, "|" between them and a line for each row. */
static inline void ask(struct session *session, const char *sql, struct buf *ret)
{
	struct result *result = NULL;
	struct err err;
	bool row;
	buf_reset(ret);
	assert_ok(session_query(session, sql, &result, &err), err);
	for (;;) {
		assert_ok(result_next(result, &row, &err), err);
		if (!row)
			break;
		if (ret->len > 0)
			buf_add_byte(ret, '\n');
		for (size_t i = 0; i < result_columns(result); i++) {
			if (i > 0)
				buf_add_byte(ret, '|');
			if (result_is_null(result, i))
				buf_add_text(ret, "NULL");
			else
				result_add_text(result, i, ret);
		}
	}
	result_free(result);
}

static inline void assert_answer(struct fixture *fixture, const char *sql, const char *expected)
{
	struct buf answer = { 0 };
	ask(fixture->session, sql, &answer);
	if (!str_equal(buf_str(&answer), str_from(expected)))
		fail_msg("%s:\n%s\nis not\n%s", sql, buf_text(&answer), expected);
	buf_release(&answer);
}

static inline size_t fixture_stale(struct fixture *fixture)
{
	size_t hours = 0;
	struct err err;
	struct lake_snapshot *snapshot = fixture_snapshot(fixture);
	assert_ok(warehouse_stale_hours(fixture->lake, snapshot, fixture->settings, &hours, &err),
		  err);
	lake_snapshot_free(snapshot);
	return hours;
}

static inline bool is_stored(const struct warehouse_table *table)
{
	return table->kind == TABLE_DIMENSION || table->kind == TABLE_FACT;
}

/* A line for each stored file: its path below the lake. */
static inline void list_stored(struct fixture *fixture, struct buf *ret)
{
	size_t count;
	struct err err;
	const struct warehouse_table *table = warehouse_tables(&count);
	buf_reset(ret);
	for (size_t i = 0; i < count; i++) {
		struct stored_list files = { 0 };
		if (!is_stored(&table[i]))
			continue;
		assert_ok(stored_files(fixture->lake, NULL, &table[i], &files, &err), err);
		for (size_t file = 0; file < files.count; file++)
			buf_addf(ret, "%s\n", files.files[file].file.path);
		stored_list_release(&files);
	}
}
