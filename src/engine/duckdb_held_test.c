#include "base/test.h"

#include "base/mem.h"
#include "engine/engine.h"
#include "post/post.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD_STREAM "0b1e6f52-8b0c-4a37-9c5e-2f1d3a4b5c6d"

enum { LINES_MAX = 4096 };

/* Groups of lines that are counted while somebody holds them. */
struct lines {
	struct buf bytes;
	uint32_t starts[LINES_MAX + 1];
	int64_t times_us[LINES_MAX];
	_Atomic uint8_t states[LINES_MAX];
	size_t count, group_lines;
	int64_t not_before_us;
	atomic_int holders;
};

static void add(struct lines *lines, int64_t time_us, const char *line)
{
	assert_true(lines->count < LINES_MAX);
	lines->times_us[lines->count++] = time_us;
	buf_addf(&lines->bytes, "%s\n", line);
	lines->starts[lines->count] = (uint32_t)lines->bytes.len;
}

static void group_of(void *context, size_t index, struct held_lines *ret)
{
	struct lines *lines = context;
	size_t end = (index + 1) * lines->group_lines;
	*ret = (struct held_lines){ .stream_id = HELD_STREAM,
				    .bytes = lines->bytes.ptr,
				    .offset = 1000,
				    .starts = lines->starts,
				    .times_us = lines->times_us,
				    .states = lines->states,
				    .first = index * lines->group_lines,
				    .end = end < lines->count ? end : lines->count,
				    .not_before_us = lines->not_before_us };
}

static void hold(void *context)
{
	atomic_fetch_add(&((struct lines *)context)->holders, 1);
}

static void drop(void *context)
{
	atomic_fetch_sub(&((struct lines *)context)->holders, 1);
}

struct held {
	struct engine *engine;
	struct session *session;
	struct lines *lines;
};

static int set_up(void **state)
{
	struct held *held = mem_zalloc(1, sizeof *held);
	struct engine_options options = { .threads = 2 };
	struct err err;
	held->lines = mem_zalloc(1, sizeof *held->lines);
	held->lines->group_lines = 3;
	held->lines->not_before_us = INT64_MIN;
	assert_ok(engine_open(&options, &held->engine, &err), err);
	assert_ok(session_open(held->engine, &held->session, &err), err);
	*state = held;
	return 0;
}

static int tear_down(void **state)
{
	struct held *held = *state;
	session_close(held->session);
	engine_close(held->engine);
	assert_int_equal(held->lines->holders, 0);
	buf_release(&held->lines->bytes);
	free(held->lines);
	free(held);
	return 0;
}

static void hold_all(struct held *held)
{
	const struct lines *lines = held->lines;
	struct held_table table = { .context = held->lines,
				    .group_count = (lines->count + lines->group_lines - 1) /
						   lines->group_lines,
				    .group = group_of,
				    .retain = hold,
				    .release = drop };
	session_hold(held->session, &table);
}

/* The first column of all rows, commas between; `what` stands behind SELECT, lines behind FROM. */
static void assert_held(struct held *held, const char *what, const char *rest, const char *expected)
{
	struct result *result = NULL;
	struct buf answer = { 0 };
	struct err err;
	bool row;
	char *sql =
		mem_printf("SELECT %s FROM %s %s", what, session_held_name(held->session), rest);
	assert_ok(session_query(held->session, sql, &result, &err), err);
	for (;;) {
		assert_ok(result_next(result, &row, &err), err);
		if (!row)
			break;
		if (answer.len > 0)
			buf_add_byte(&answer, ',');
		result_add_text(result, 0, &answer);
	}
	result_free(result);
	assert_string_equal(buf_text(&answer), expected);
	buf_release(&answer);
	free(sql);
}

static void add_three(struct held *held)
{
	static const int64_t seven = INT64_C(1795417200000000); /* 2026-11-23T07:00:00Z */
	add(held->lines, seven,
	    "{\"id\":\"5\",\"created_at\":\"2026-11-23T07:00:00.000Z\",\"lang\":\"en\",\"hashtags\":[\"#a\",\"#b\"]}");
	add(held->lines, seven, "{\"id\":\"6\",\"created_at\":\"2026-11-23T07:00:00.000Z\",oops}");
	add(held->lines, seven + INT64_C(3600000000),
	    "{\"id\":\"7\",\"created_at\":\"2026-11-23T08:00:00.000Z\",\"new\":{\"x\":1.0}}");
	hold_all(held);
}

static void lines_are_rows_and_those_that_are_none_are_left_out(void **state)
{
	struct held *held = *state;
	add_three(held);
	assert_held(held, "id", "ORDER BY id", "5,7");
	assert_held(held, "hashtags", "ORDER BY id", "[\"#a\",\"#b\"],[]");
	assert_held(held, "extra", "WHERE id = '7'",
		    "{\"/new\":{\"x\":1.0},\"derived\":[\"/hashtags\"]}");
	assert_held(held, "strftime(created_at, '%H') || lang", "WHERE lang IS NOT NULL", "07en");
	assert_held(held, "stream_id || ' ' || stream_offset", "ORDER BY id LIMIT 1",
		    HELD_STREAM " 1000");
}

static void what_is_known_needs_no_parsing(void **state)
{
	struct held *held = *state;
	add_three(held);
	assert_held(held, "count(*)", "", "2");
	assert_int_equal(held->lines->states[0], HELD_POST);
	assert_int_equal(held->lines->states[1], HELD_REFUSED);
	/* From now on only what is known is looked at: the bytes could be anything. */
	memset(held->lines->bytes.ptr, '?', held->lines->bytes.len);
	assert_held(held, "count(*)", "", "2");
	assert_held(held, "created_at", "ORDER BY created_at",
		    "2026-11-23T07:00:00.000Z,2026-11-23T08:00:00.000Z");
	assert_held(held, "max(stream_id)", "", HELD_STREAM);
	assert_held(held, "year * 1000000 + month * 10000 + day * 100 + hour", "ORDER BY hour",
		    "2026112307,2026112308");
	assert_held(held, "count(*)", "WHERE hour = 8 AND stream_offset > 1000", "1");
}

static void older_lines_are_left_out_where_that_is_asked(void **state)
{
	struct held *held = *state;
	held->lines->not_before_us = INT64_C(1795417200000001);
	add_three(held);
	assert_held(held, "id", "", "7");
	assert_held(held, "count(*)", "", "1");
}

static void many_lines_are_each_one_row(void **state)
{
	struct held *held = *state;
	held->lines->group_lines = 7;
	for (int i = 0; i < LINES_MAX; i++) {
		char line[128];
		snprintf(line, sizeof line,
			 "{\"id\":\"%d\",\"created_at\":\"2026-11-23T07:00:00.000Z\"}", i + 1);
		add(held->lines, INT64_C(1795417200000000), line);
	}
	hold_all(held);
	assert_held(held, "count(DISTINCT id) || ' ' || count(*)", "", "4096 4096");
	assert_held(held, "sum(CAST(id AS INTEGER))", "", "8390656");
}

static void a_session_that_holds_nothing_says_so(void **state)
{
	struct held *held = *state;
	struct err err;
	add_three(held);
	session_hold(held->session, NULL);
	char *sql = mem_printf("SELECT * FROM %s", session_held_name(held->session));
	assert_fails(session_run(held->session, sql, &err), err, ERR_REJECT, "holds no lines");
	assert_fails(session_run(held->session, "SELECT * FROM held_lines(NULL)", &err), err,
		     ERR_REJECT, "holds no lines");
	free(sql);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		CLAIM(lines_are_rows_and_those_that_are_none_are_left_out),
		CLAIM(what_is_known_needs_no_parsing),
		CLAIM(older_lines_are_left_out_where_that_is_asked),
		CLAIM(many_lines_are_each_one_row),
		CLAIM(a_session_that_holds_nothing_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
