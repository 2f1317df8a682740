/* What every engine promises: DuckDB, and the servers that $AVIARY_TEST_ENGINES names (their locations, with spaces
 * between), where tests/cluster/run has started them. */
#include "engine/engine.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

enum { ENGINES_MAX = 8 };

static struct subject {
	char *location; /* NULL: DuckDB */
	struct engine *engine;
	struct session *session;
} subjects[ENGINES_MAX];
static size_t subject_count;

static void open_subject(char *location)
{
	struct subject *subject = &subjects[subject_count++];
	struct engine_options options = { .location = location, .threads = 1 };
	struct err err;
	subject->location = location;
	assert_ok(engine_open(&options, &subject->engine, &err), err);
	assert_ok(session_open(subject->engine, &subject->session, &err), err);
}

static int open_them(void **state)
{
	const char *names = getenv("AVIARY_TEST_ENGINES");
	struct str rest = str_from(names), name;
	(void)state;
	open_subject(NULL);
	while (names && str_split(&rest, ' ', &name) && subject_count < ENGINES_MAX) {
		if (name.len > 0)
			open_subject(mem_printf("%.*s", STR_ARG(name)));
	}
	return 0;
}

static int close_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < subject_count; i++) {
		session_close(subjects[i].session);
		engine_close(subjects[i].engine);
		free(subjects[i].location);
	}
	return 0;
}

#define each_subject(subject)                                                                      \
	for (struct subject *subject = subjects; subject < subjects + subject_count; subject++)

/* The spelling for this engine. */
static const char *in_its_words(const struct subject *subject, const char *duckdb,
				const char *spark, const char *hive)
{
	enum engine_product product = session_product(subject->session);
	return product == ENGINE_DUCKDB ? duckdb : product == ENGINE_SPARK ? spark : hive;
}

static struct result *first_row(const struct subject *subject, const char *sql)
{
	struct result *result = NULL;
	struct err err;
	bool row = false;
	if (session_query(subject->session, sql, &result, &err) != ERR_NONE ||
	    result_next(result, &row, &err) != ERR_NONE)
		fail_msg("%s: %s: %s", session_version(subject->session), sql, err.msg);
	assert_true(row);
	return result;
}

static void assert_answer(const struct subject *subject, const char *sql, const char *text,
			  const char *json)
{
	struct buf as_text = { 0 }, as_json = { 0 };
	struct result *result = first_row(subject, sql);
	result_add_text(result, 0, &as_text);
	result_add_json(result, 0, &as_json);
	if (!str_equal(buf_str(&as_text), str_from(text)) ||
	    !str_equal(buf_str(&as_json), str_from(json)))
		fail_msg("%s: %s is <%s> and <%s>, not <%s> and <%s>",
			 session_version(subject->session), sql, buf_text(&as_text),
			 buf_text(&as_json), text, json);
	result_free(result);
	buf_release(&as_text);
	buf_release(&as_json);
}

static void assert_refused(const struct subject *subject, const char *sql, const char *words)
{
	struct result *result = NULL;
	struct err err = { 0 };
	assert_fails(session_query(subject->session, sql, &result, &err), err, ERR_REJECT, words);
	assert_null(result);
}

static void a_session_knows_whose_it_is(void **state)
{
	static const char *const names[] = { "DuckDB ", "Spark SQL ", "Apache Hive " };
	(void)state;
	each_subject(subject)
	{
		assert_true(str_starts(str_from(session_version(subject->session)),
				       str_from(names[session_product(subject->session)])));
	}
}

static void every_session_is_in_utc(void **state)
{
	(void)state;
	each_subject(subject)
	{
		assert_answer(subject,
			      in_its_words(subject,
					   "SELECT hour(make_timestamptz(1784790000000000))",
					   "SELECT hour(timestamp_seconds(1784790000))",
					   "SELECT hour(from_unixtime(1784790000))"),
			      "7", "7");
	}
}

static void values_have_one_spelling(void **state)
{
	static const char *const values[][3] = {
		{ "true", "true", "true" },
		{ "CAST(-128 AS TINYINT)", "-128", "-128" },
		{ "CAST(-32768 AS SMALLINT)", "-32768", "-32768" },
		{ "CAST(-2147483647 AS INT)", "-2147483647", "-2147483647" },
		{ "CAST(9223372036854775807 AS BIGINT)", "9223372036854775807",
		  "9223372036854775807" },
		{ "CAST(0.1 AS DOUBLE)", "0.1", "0.1" },
		{ "CAST(0.1 AS FLOAT)", "0.1", "0.1" },
		{ "CAST(1e300 AS DOUBLE)", "1e+300", "1e+300" },
		{ "CAST(-0.05 AS DECIMAL(4, 2))", "-0.05", "-0.05" },
		{ "CAST('2026-11-23' AS DATE)", "2026-11-23", "\"2026-11-23\"" },
		{ "CAST('2026-11-23 07:00:00.123' AS TIMESTAMP)", "2026-11-23T07:00:00.123Z",
		  "\"2026-11-23T07:00:00.123Z\"" },
		{ "CAST('2026-11-23 07:00:00.123456' AS TIMESTAMP)", "2026-11-23T07:00:00.123456Z",
		  "\"2026-11-23T07:00:00.123456Z\"" },
		{ "''", "", "\"\"" },
		{ "'say \"hi\" مرحبا 🐦'", "say \"hi\" مرحبا 🐦", "\"say \\\"hi\\\" مرحبا 🐦\"" },
		{ "CAST(NULL AS BIGINT)", "", "null" },
		{ "CAST(NULL AS STRING)", "", "null" },
		{ "NULL", "", "null" },
	};
	(void)state;
	each_subject(subject)
	{
		for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
			char *sql = mem_printf("SELECT %s", values[i][0]);
			assert_answer(subject, sql, values[i][1], values[i][2]);
			free(sql);
		}
		assert_answer(subject,
			      in_its_words(subject, "SELECT [1, NULL]", "SELECT array(1, NULL)",
					   "SELECT array(1, CAST(NULL AS INT))"),
			      "[1,null]", "[1,null]");
	}
}

static void columns_have_names_and_numbers_are_known(void **state)
{
	(void)state;
	each_subject(subject)
	{
		struct result *result = first_row(
			subject, "SELECT 7 AS seven, 'x' AS text, CAST(2.5 AS DOUBLE) AS half");
		assert_int_equal(result_columns(result), 3);
		assert_string_equal(result_column_name(result, 0), "seven");
		assert_string_equal(result_column_name(result, 2), "half");
		assert_true(result_column_is_number(result, 0));
		assert_false(result_column_is_number(result, 1));
		assert_true(result_column_is_number(result, 2));
		assert_int_equal(result_int(result, 0), 7);
		assert_int_equal(result_int(result, 1), 0);
		assert_false(result_is_null(result, 1));
		result_free(result);
	}
}

static void of_several_statements_the_last_ones_rows_come(void **state)
{
	(void)state;
	each_subject(subject)
	{
		assert_answer(subject, "SELECT 'not; this';\n-- nor; this\nSELECT 'a;b';", "a;b",
			      "\"a;b\"");
	}
}

static void what_is_wrong_is_refused_and_the_session_lives(void **state)
{
	(void)state;
	each_subject(subject)
	{
		assert_refused(subject, "SELECT nowhere", "nowhere");
		assert_refused(subject, "SELECT 1; SELECT FROM WHERE", "");
		assert_refused(subject, "", "no statement");
		assert_refused(subject, " ; -- nothing\n", "no statement");
		assert_refused(subject, "INSERT INTO nowhere VALUES (1)", "");
		assert_answer(subject, "SELECT 1", "1", "1");
	}
}

static void a_failing_run_tells_why(void **state)
{
	(void)state;
	each_subject(subject)
	{
		struct err err = { 0 };
		assert_fails(session_run(subject->session, "SELECT * FROM nowhere", &err), err,
			     ERR_REJECT, "nowhere");
		assert_ok(session_run(subject->session, "SELECT 1; SELECT 2", &err), err);
	}
}

static void a_statement_without_rows_ends_at_once(void **state)
{
	(void)state;
	each_subject(subject)
	{
		struct result *result = NULL;
		struct err err;
		bool row = true;
		assert_ok(session_query(subject->session,
					"SELECT a, b FROM (SELECT 1 AS a, 'x' AS b) t WHERE a > 1",
					&result, &err),
			  err);
		assert_int_equal(result_columns(result), 2);
		for (int i = 0; i < 2; i++) {
			assert_ok(result_next(result, &row, &err), err);
			assert_false(row);
		}
		result_free(result);
	}
}

static struct result *ask_numbers(const struct subject *subject)
{
	struct result *result = NULL;
	struct err err;
	assert_ok(
		session_query(subject->session,
			      in_its_words(subject, "SELECT range FROM range(100000)",
					   "SELECT id FROM range(100000)",
					   "SELECT posexplode(split(space(99999), ' ')) AS (n, t)"),
			      &result, &err),
		err);
	return result;
}

static void a_hundred_thousand_rows_come_each_once(void **state)
{
	(void)state;
	each_subject(subject)
	{
		struct result *result = ask_numbers(subject);
		struct err err;
		bool row;
		int64_t rows = 0, sum = 0;
		for (;;) {
			assert_ok(result_next(result, &row, &err), err);
			if (!row)
				break;
			rows++;
			sum += result_int(result, 0);
		}
		assert_int_equal(rows, 100000);
		assert_int_equal(sum, INT64_C(4999950000));
		result_free(result);
	}
}

static void a_result_may_be_left_half_read(void **state)
{
	(void)state;
	each_subject(subject)
	{
		struct result *result = ask_numbers(subject);
		struct err err;
		bool row;
		assert_ok(result_next(result, &row, &err), err);
		assert_true(row);
		result_free(result);
		assert_answer(subject, "SELECT 2", "2", "2");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_knows_whose_it_is),
		cmocka_unit_test(every_session_is_in_utc),
		cmocka_unit_test(values_have_one_spelling),
		cmocka_unit_test(columns_have_names_and_numbers_are_known),
		cmocka_unit_test(of_several_statements_the_last_ones_rows_come),
		cmocka_unit_test(what_is_wrong_is_refused_and_the_session_lives),
		cmocka_unit_test(a_failing_run_tells_why),
		cmocka_unit_test(a_statement_without_rows_ends_at_once),
		cmocka_unit_test(a_hundred_thousand_rows_come_each_once),
		cmocka_unit_test(a_result_may_be_left_half_read),
	};
	return cmocka_run_group_tests(tests, open_them, close_them);
}
