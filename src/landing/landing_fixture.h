/* A lake, an engine and one stream's landing, for the tests of this room. */
#pragma once
#include "landing/landing.h"

#include "base/mem.h"
#include "base/test.h"
#include "engine/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STREAM "11111111-2222-4333-8444-555555555555"

enum { HOUR_7 = 498727 }; /* year=2026/month=11/day=23/hour=7 */

static struct engine *engine; /* one for all tests of the program */

static inline int fixture_engine_open(void **state)
{
	struct err err;
	(void)state;
	struct engine_options options = { .threads = 2 };
	assert_ok(engine_open(&options, &engine, &err), err);
	return 0;
}

static inline int fixture_engine_close(void **state)
{
	(void)state;
	engine_close(engine);
	return 0;
}

struct fixture {
	struct lake *lake;
	struct landing *landing;
	struct session *session;
	uint64_t chain; /* behind the lines added */
};

static inline void fixture_landing(struct fixture *fixture, uint64_t from, int threads)
{
	struct landing_options options = { .lake = fixture->lake,
					   .stream = STREAM,
					   .from = from,
					   .chain = fixture->chain,
					   .threads = threads };
	struct err err;
	assert_ok(landing_open(&options, &fixture->landing, &err), err);
}

static inline void fixture_open(struct fixture *fixture)
{
	struct err err;
	char *path = mem_printf("%s/lake", test_dir());
	*fixture = (struct fixture){ 0 };
	assert_ok(lake_create(path, &err), err);
	assert_ok(lake_open(path, &fixture->lake, &err), err);
	assert_ok(session_open(engine, &fixture->session, &err), err);
	fixture_landing(fixture, 0, 2);
	free(path);
}

static inline void fixture_close(struct fixture *fixture)
{
	landing_close(fixture->landing);
	session_close(fixture->session);
	lake_close(fixture->lake);
}

static inline void fixture_add(struct fixture *fixture, struct str lines)
{
	struct err err;
	fixture->chain = hash_xxh64(lines, fixture->chain);
	assert_ok(landing_add(fixture->landing, lines, fixture->chain, &err), err);
}

static inline struct landing_published fixture_publish(struct fixture *fixture)
{
	struct landing_published published = { 0 };
	struct err err;
	assert_ok(landing_publish(fixture->landing, NULL, NULL, &published, &err), err);
	return published;
}

/* A post of that hour; `number` makes its id and its minute. */
static inline void add_post(struct buf *lines, int64_t hour, unsigned number)
{
	char time[TIME_TEXT_MAX];
	time_format(hour * INT64_C(3600000000) + number % 60 * INT64_C(60000000), time);
	buf_addf(lines, "{\"id\":\"%llu\",\"created_at\":\"%s\",\"text\":\"post %u\"}\n",
		 1992856700000000000ULL + number, time, number);
}

static inline struct lake_snapshot *fixture_snapshot(struct fixture *fixture)
{
	struct lake_snapshot *snapshot = NULL;
	struct err err;
	assert_ok(lake_snapshot_read(fixture->lake, &snapshot, &err), err);
	return snapshot;
}

/* How many names a directory of the lake holds. */
static inline size_t fixture_count(struct fixture *fixture, const char *dir)
{
	struct name_list names = { 0 };
	struct err err;
	assert_ok(store_list(lake_store(fixture->lake), dir, &names, &err), err);
	size_t count = names.count;
	name_list_release(&names);
	return count;
}

/* A file of the lake as text. */
static inline void fixture_read(struct fixture *fixture, const char *name, struct buf *ret)
{
	bool found;
	struct err err;
	buf_reset(ret);
	assert_ok(store_read(lake_store(fixture->lake), name, 1 << 20, ret, &found, &err), err);
}

/* The first cell of a SELECT, where %s becomes the file's path. */
static inline void fixture_ask(struct fixture *fixture, const char *name, const char *fmt,
			       struct buf *ret)
{
	struct result *result = NULL;
	struct err err;
	bool row = false;
	struct buf sql = { 0 }, quoted = { 0 };
	char *path = lake_file(fixture->lake, "%s", name);
	buf_add_sql(&quoted, str_from(path));
	for (const char *at = fmt; *at; at++) {
		if (at[0] == '%' && at[1] == 's')
			buf_add_str(&sql, (at++, buf_str(&quoted)));
		else
			buf_add_byte(&sql, *at);
	}
	assert_ok(session_query(fixture->session, buf_text(&sql), &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	assert_true(row);
	buf_reset(ret);
	result_add_text(result, 0, ret);
	result_free(result);
	buf_release(&sql);
	buf_release(&quoted);
	free(path);
}

static inline void assert_answer(struct fixture *fixture, const char *name, const char *fmt,
				 const char *expected)
{
	struct buf answer = { 0 };
	fixture_ask(fixture, name, fmt, &answer);
	if (!str_equal(buf_str(&answer), str_from(expected)))
		fail_msg("%s: \"%s\" is not \"%s\"", fmt, buf_text(&answer), expected);
	buf_release(&answer);
}

/* What a landing file's footer says, its rows, and that it was made of these very lines. */
static inline void assert_landed(struct fixture *fixture, const char *name, uint64_t from,
				 uint64_t to, uint64_t rows, struct str lines)
{
	char *footer = mem_printf("from=%" PRIu64 " lines_xxh64=%016" PRIx64 " rows=%" PRIu64
				  " stream=" STREAM " to=%" PRIu64,
				  from, hash_xxh64(lines, 0), rows, to);
	char *count = mem_printf("%" PRIu64, rows);
	assert_answer(fixture, name,
		      "SELECT string_agg(decode(key) || '=' || decode(value), ' ' ORDER BY key) "
		      "FROM parquet_kv_metadata(%s)",
		      footer);
	assert_answer(fixture, name, "SELECT count(*) FROM read_parquet(%s)", count);
	free(footer);
	free(count);
}
