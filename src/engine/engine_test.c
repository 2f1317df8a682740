#include "engine/engine.h"

#include "base/clock.h"
#include "base/test.h"

#include <stdlib.h>
#include <time.h>

static struct engine *engine;

static int open_in_cairo(void **state)
{
	struct err err;
	(void)state;
	setenv("TZ", "Africa/Cairo", 1);
	tzset();
	struct engine_options options = { .threads = 2, .temp_dir = test_dir() };
	assert_ok(engine_open(&options, &engine, &err), err);
	return 0;
}

static int close_it(void **state)
{
	(void)state;
	engine_close(engine);
	return 0;
}

static struct session *session_new(void)
{
	struct session *session = NULL;
	struct err err;
	assert_ok(session_open(engine, &session, &err), err);
	return session;
}

static void run(struct session *session, const char *sql)
{
	struct err err;
	assert_ok(session_run(session, sql, &err), err);
}

/* The first cell as text. */
static void ask(struct session *session, const char *sql, struct buf *ret)
{
	struct result *result = NULL;
	struct err err;
	bool row;
	buf_reset(ret);
	assert_ok(session_query(session, sql, &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	assert_true(row);
	result_add_text(result, 0, ret);
	result_free(result);
}

static void assert_answer(struct session *session, const char *sql, const char *text)
{
	struct buf answer = { 0 };
	ask(session, sql, &answer);
	if (!str_equal(buf_str(&answer), str_from(text)))
		fail_msg("%s: \"%s\" is not \"%s\"", sql, buf_text(&answer), text);
	buf_release(&answer);
}

static void assert_refused(struct session *session, const char *sql, const char *words)
{
	struct result *result = NULL;
	struct err err = { 0 };
	assert_fails(session_query(session, sql, &result, &err), err, ERR_REJECT, words);
	assert_null(result);
}

/* --- sessions ---------------------------------------------------------------------------------------- */

static void every_session_is_in_utc_whatever_tz_says(void **state)
{
	(void)state;
	struct session *first = session_new();
	run(first, "SET TimeZone = 'Asia/Kolkata'");
	struct session *second = session_new();
	assert_answer(second, "SELECT current_setting('TimeZone')", "UTC");
	assert_answer(second, "SELECT (TIMESTAMPTZ '2026-07-23 07:00:00')::VARCHAR",
		      "2026-07-23 07:00:00+00");
	assert_answer(second, "SELECT TIMESTAMPTZ '2026-07-23 07:00:00'",
		      "2026-07-23T07:00:00.000Z");
	assert_answer(second, "SELECT hour(make_timestamptz(1784790000000000))", "7");
	session_close(second);
	session_close(first);
}

static void temporary_tables_are_a_sessions_own(void **state)
{
	(void)state;
	struct session *first = session_new(), *second = session_new();
	run(first, "CREATE TEMP TABLE mine AS SELECT 1 AS a");
	run(second, "CREATE TEMP TABLE mine AS SELECT 2 AS a");
	assert_answer(first, "SELECT a FROM mine", "1");
	assert_answer(second, "SELECT a FROM mine", "2");
	run(second, "CREATE TEMP VIEW hers AS SELECT 3 AS a");
	assert_refused(first, "SELECT a FROM hers", "hers");
	session_close(second);
	session_close(first);
}

static void the_version_is_what_the_engine_says(void **state)
{
	(void)state;
	struct session *session = session_new();
	assert_answer(session, "SELECT 'DuckDB ' || ltrim(version(), 'v')", engine_version());
	session_close(session);
}

static void a_path_on_the_network_is_refused_at_once(void **state)
{
	static const char *const places[] = {
		"SELECT * FROM read_csv('https://localhost:1/posts.csv')",
		"SELECT * FROM read_parquet('https://localhost:1/posts.parquet')",
		"SELECT * FROM 's3://bucket/posts.parquet'",
	};
	(void)state;
	struct session *session = session_new();
	int64_t start = clock_monotonic_us();
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		assert_refused(session, places[i], "httpfs");
	assert_true(clock_monotonic_us() - start < 2000000);
	assert_answer(session,
		      "SELECT count(*) FROM duckdb_extensions() WHERE loaded AND "
		      "extension_name NOT IN ('core_functions', 'icu', 'json', 'parquet', "
		      "'autocomplete', 'jemalloc')",
		      "0");
	session_close(session);
}

static void a_question_that_writes_or_loads_is_refused(void **state)
{
	static const char *const statements[] = {
		"COPY (SELECT 1) TO '/nowhere/x.parquet'",
		"SELECT 1; COPY (SELECT 1) TO '/nowhere/x.parquet'",
		"ATTACH '/nowhere/x.db'",
		"INSTALL httpfs",
		"LOAD httpfs",
		"PREPARE p AS COPY (SELECT 1) TO '/nowhere/x.parquet'",
		"EXPLAIN ANALYZE COPY (SELECT 1) TO '/nowhere/x.parquet'",
	};
	(void)state;
	struct session *session = session_new();
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++)
		assert_refused(session, statements[i], "question");
	session_close(session);
}

static void settings_that_keep_it_off_the_network_are_on(void **state)
{
	(void)state;
	struct session *session = session_new();
	assert_answer(session, "SELECT current_setting('autoload_known_extensions')", "false");
	assert_answer(session, "SELECT current_setting('autoinstall_known_extensions')", "false");
	assert_answer(session, "SELECT current_setting('allow_community_extensions')", "false");
	assert_answer(session, "SELECT current_setting('preserve_insertion_order')", "false");
	session_close(session);
}

static void what_does_not_fit_in_memory_is_an_error_and_the_session_lives(void **state)
{
	struct engine *small = NULL;
	struct session *session = NULL;
	struct result *result = NULL;
	struct err err = { 0 };
	(void)state;
	struct engine_options options = { .threads = 1, .memory_bytes = 16 << 20 };
	assert_ok(engine_open(&options, &small, &err), err);
	assert_ok(session_open(small, &session, &err), err);
	assert_fails(session_query(session,
				   "CREATE TABLE large AS SELECT range, hash(range) AS a, "
				   "hash(range + 1) AS b FROM range(20000000) ORDER BY a",
				   &result, &err),
		     err, ERR_REJECT, "emory");
	assert_answer(session, "SELECT 1", "1");
	session_close(session);
	engine_close(small);
}

static void an_engine_that_was_short_may_get_more(void **state)
{
	static const char sql[] =
		"SELECT count(*) FROM (SELECT DISTINCT range FROM range(2000000))";
	struct engine *small = NULL;
	struct session *session = NULL;
	struct err err = { 0 };
	(void)state;
	struct engine_options options = { .threads = 1, .memory_bytes = 16 << 20 };
	assert_ok(engine_open(&options, &small, &err), err);
	assert_ok(session_open(small, &session, &err), err);
	assert_fails(session_run(session, sql, &err), err, ERR_REJECT, "emory");
	assert_true(engine_was_short(&err));
	assert_ok(engine_set_memory(small, 256 << 20, &err), err);
	assert_ok(session_run(session, sql, &err), err);
	assert_fails(session_run(session, "SELECT nothing", &err), err, ERR_REJECT, "nothing");
	assert_false(engine_was_short(&err));
	session_close(session);
	engine_close(small);
}

static void a_setting_that_is_none_is_refused(void **state)
{
	struct engine *none = NULL;
	struct err err = { 0 };
	(void)state;
	struct engine_options options = { .memory_bytes = 1 << 30, .threads = -3 };
	assert_fails(engine_open(&options, &none, &err), err, ERR_FATAL, "threads = -3");
	assert_null(none);
}

/* --- statements -------------------------------------------------------------------------------------- */

static void of_several_statements_the_last_ones_rows_come(void **state)
{
	struct session *session = session_new();
	(void)state;
	assert_answer(session,
		      "CREATE TEMP TABLE t (a INTEGER); INSERT INTO t VALUES (1), (2); "
		      "SELECT 'not this'; SELECT sum(a) FROM t;",
		      "3");
	run(session, "INSERT INTO t VALUES (3); INSERT INTO t VALUES (4)");
	assert_answer(session, "-- a comment\nSELECT sum(a) FROM t -- another", "10");
	session_close(session);
}

static void statements_behind_a_failing_one_are_not_run(void **state)
{
	(void)state;
	struct session *session = session_new();
	assert_refused(session,
		       "CREATE TEMP TABLE before (a INTEGER); SELECT missing FROM before; "
		       "CREATE TEMP TABLE behind (a INTEGER); SELECT 1",
		       "missing");
	assert_answer(session, "SELECT count(*) FROM before", "0");
	assert_refused(session, "SELECT count(*) FROM behind", "behind");
	assert_refused(session, "SELECT error('this very word'); SELECT 1", "this very word");
	assert_refused(session, "SELECT 1; SELECT FROM WHERE", "syntax error");
	session_close(session);
}

static void no_statement_at_all_is_refused(void **state)
{
	(void)state;
	struct session *session = session_new();
	assert_refused(session, "", "no statement");
	assert_refused(session, " ; -- nothing\n", "no statement");
	session_close(session);
}

static void a_failing_run_tells_why(void **state)
{
	struct err err = { 0 };
	(void)state;
	struct session *session = session_new();
	assert_fails(session_run(session, "DROP TABLE nowhere", &err), err, ERR_REJECT, "nowhere");
	assert_ok(session_run(session, "SELECT 1", &err), err);
	session_close(session);
}

static void a_statement_without_rows_ends_at_once(void **state)
{
	struct result *result = NULL;
	struct err err;
	bool row = true;
	(void)state;
	struct session *session = session_new();
	assert_ok(session_query(session, "SELECT 1 AS a, 'x' AS b WHERE false", &result, &err),
		  err);
	assert_int_equal(result_columns(result), 2);
	assert_string_equal(result_column_name(result, 1), "b");
	assert_ok(result_next(result, &row, &err), err);
	assert_false(row);
	assert_ok(result_next(result, &row, &err), err);
	assert_false(row);
	result_free(result);
	session_close(session);
}

/* --- streaming --------------------------------------------------------------------------------------- */

static void an_error_while_rows_stream_is_told(void **state)
{
	struct result *result = NULL;
	struct err err = { 0 };
	bool row = true;
	int64_t rows = 0;
	enum err_kind kind = ERR_NONE;
	(void)state;
	struct session *session = session_new();
	assert_ok(session_query(session,
				"SELECT CASE WHEN range = 5000000 THEN error('stopped here') "
				"ELSE range END FROM range(6000000)",
				&result, &err),
		  err);
	while (row && (kind = result_next(result, &row, &err)) == ERR_NONE)
		rows += row;
	assert_fails(kind, err, ERR_REJECT, "stopped here");
	assert_true(rows > 0 && rows <= 5000000);
	result_free(result);
	assert_answer(session, "SELECT 1", "1");
	session_close(session);
}

static void a_result_may_be_left_half_read(void **state)
{
	struct result *result = NULL;
	struct err err;
	bool row;
	(void)state;
	struct session *session = session_new();
	assert_ok(session_query(session, "SELECT range FROM range(3000000)", &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	assert_true(row);
	result_free(result);
	assert_answer(session, "SELECT 2", "2");
	session_close(session);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_session_is_in_utc_whatever_tz_says),
		cmocka_unit_test(temporary_tables_are_a_sessions_own),
		cmocka_unit_test(the_version_is_what_the_engine_says),
		cmocka_unit_test(a_path_on_the_network_is_refused_at_once),
		cmocka_unit_test(a_question_that_writes_or_loads_is_refused),
		cmocka_unit_test(settings_that_keep_it_off_the_network_are_on),
		cmocka_unit_test(what_does_not_fit_in_memory_is_an_error_and_the_session_lives),
		cmocka_unit_test(an_engine_that_was_short_may_get_more),
		cmocka_unit_test(a_setting_that_is_none_is_refused),
		cmocka_unit_test(of_several_statements_the_last_ones_rows_come),
		cmocka_unit_test(statements_behind_a_failing_one_are_not_run),
		cmocka_unit_test(no_statement_at_all_is_refused),
		cmocka_unit_test(a_failing_run_tells_why),
		cmocka_unit_test(a_statement_without_rows_ends_at_once),
		cmocka_unit_test(an_error_while_rows_stream_is_told),
		cmocka_unit_test(a_result_may_be_left_half_read),
	};
	return cmocka_run_group_tests(tests, open_in_cairo, close_it);
}
