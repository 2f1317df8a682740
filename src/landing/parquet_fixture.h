/* What parquet/ writes, read by DuckDB: in landing/, because only a stage may know both. */
#pragma once
#include "parquet/parquet.h"

#include "base/mem.h"
#include "base/test.h"
#include "engine/engine.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define STREAM "11111111-2222-4333-8444-555555555555"

static struct engine *engine;
static struct session *session;

static inline int open_it(void **state)
{
	struct err err;
	(void)state;
	struct engine_options options = { .threads = 2 };
	assert_ok(engine_open(&options, &engine, &err), err);
	assert_ok(session_open(engine, &session, &err), err);
	return 0;
}

static inline int close_it(void **state)
{
	(void)state;
	session_close(session);
	engine_close(engine);
	return 0;
}

/* --- a file and what is in it ------------------------------------------------------------------------ */

struct written {
	char *path;
	struct parquet_file *file;
	struct parquet_rows *rows;
	uint64_t next; /* line's number, its offset */
};

static inline void begin(struct written *written)
{
	struct err err;
	*written = (struct written){ .path = mem_printf("%s/it's a file.parquet", test_dir()) };
	written->rows = parquet_rows_new(STREAM, PARQUET_POSTS);
	assert_ok(parquet_file_create(written->path, PARQUET_POSTS, &written->file, &err), err);
}

static inline void add(struct written *written, struct buf *line)
{
	struct err err;
	assert_ok(parquet_rows_add(written->rows, written->file, buf_str(line), written->next++,
				   NULL, &err),
		  err);
	buf_reset(line);
}

static inline struct parquet_totals end(struct written *written)
{
	struct err err;
	struct parquet_totals totals;
	struct parquet_footer footer = { 0 };
	assert_ok(parquet_rows_end(written->rows, written->file, &err), err);
	assert_ok(parquet_file_finish(written->file, &footer, &totals, &err), err);
	parquet_rows_free(written->rows);
	parquet_file_free(written->file);
	return totals;
}

static inline void release(struct written *written)
{
	free(written->path);
}

/* The first cell of a SELECT, where %s becomes the file's path. */
static inline void ask(const char *path, const char *fmt, struct buf *ret)
{
	struct result *result = NULL;
	struct err err;
	bool row = false;
	struct buf sql = { 0 };
	for (const char *at = fmt; *at; at++) {
		if (at[0] == '%' && at[1] == 's')
			buf_add_sql(&sql, (at++, str_from(path)));
		else
			buf_add_byte(&sql, *at);
	}
	assert_ok(session_query(session, buf_text(&sql), &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	assert_true(row);
	buf_reset(ret);
	result_add_text(result, 0, ret);
	result_free(result);
	buf_release(&sql);
}

static inline void assert_answer(const char *path, const char *fmt, const char *expected)
{
	struct buf answer = { 0 };
	ask(path, fmt, &answer);
	if (!str_equal(buf_str(&answer), str_from(expected)))
		fail_msg("%s: \"%s\" is not \"%s\"", fmt, buf_text(&answer), expected);
	buf_release(&answer);
}

static inline void assert_rows(const char *path, uint64_t rows)
{
	char *expected = mem_printf("%" PRIu64 " %" PRIu64, rows, rows);
	assert_answer(path,
		      "SELECT count(*) || ' ' || count(DISTINCT stream_offset) "
		      "FROM read_parquet(%s)",
		      expected);
	free(expected);
}

/* That `column` has this value in every row, NULL where it is NULL; n is the row's number. */
static inline void assert_column(const char *path, const char *column, const char *value)
{
	char *sql = mem_printf("SELECT count(*) FROM (SELECT *, stream_offset AS n "
			       "FROM read_parquet(%%s)) WHERE (%s) IS DISTINCT FROM (%s)",
			       column, value);
	assert_answer(path, sql, "0");
	free(sql);
}

static inline void begin_post(struct buf *line, size_t number)
{
	buf_addf(line, "{\"id\":\"%llu\",\"created_at\":\"2026-11-23T07:%02zu:%02zu.000Z\"",
		 1992856700000000000ULL + number, number / 60 % 60, number % 60);
}
