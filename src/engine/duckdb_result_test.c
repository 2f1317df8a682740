#include "engine/engine.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdlib.h>

static struct engine *engine;
static struct session *session;

static int open_it(void **state)
{
	struct err err;
	(void)state;
	struct engine_options options = { .threads = 1 };
	assert_ok(engine_open(&options, &engine, &err), err);
	assert_ok(session_open(engine, &session, &err), err);
	return 0;
}

static int close_it(void **state)
{
	(void)state;
	session_close(session);
	engine_close(engine);
	return 0;
}

static struct result *first_row(const char *sql)
{
	struct result *result = NULL;
	struct err err;
	bool row = false;
	assert_ok(session_query(session, sql, &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	assert_true(row);
	return result;
}

/* What `SELECT value` looks like. */
static void assert_shown(const char *value, const char *text, const char *json)
{
	struct buf as_text = { 0 }, as_json = { 0 };
	char *sql = mem_printf("SELECT %s", value);
	struct result *result = first_row(sql);
	result_add_text(result, 0, &as_text);
	result_add_json(result, 0, &as_json);
	if (!str_equal(buf_str(&as_text), str_from(text)) ||
	    !str_equal(buf_str(&as_json), str_from(json)))
		fail_msg("%s is shown as <%s> and <%s>, not <%s> and <%s>", value,
			 buf_text(&as_text), buf_text(&as_json), text, json);
	result_free(result);
	free(sql);
	buf_release(&as_text);
	buf_release(&as_json);
}

/* Where JSON spells it as text does. */
static void assert_plain(const char *value, const char *text)
{
	assert_shown(value, text, text);
}

/* Where JSON has it as a string without escapes. */
static void assert_string(const char *value, const char *text)
{
	char *json = mem_printf("\"%s\"", text);
	assert_shown(value, text, json);
	free(json);
}

/* --- numbers ----------------------------------------------------------------------------------------- */

static void booleans_are_words(void **state)
{
	(void)state;
	assert_plain("true", "true");
	assert_plain("false", "false");
}

static void integers_of_all_widths_are_exact(void **state)
{
	(void)state;
	assert_plain("(-128)::TINYINT", "-128");
	assert_plain("(-32768)::SMALLINT", "-32768");
	assert_plain("(-2147483648)::INTEGER", "-2147483648");
	assert_plain("(-9223372036854775808)::BIGINT", "-9223372036854775808");
	assert_plain("9223372036854775807", "9223372036854775807");
	assert_plain("255::UTINYINT", "255");
	assert_plain("65535::USMALLINT", "65535");
	assert_plain("4294967295::UINTEGER", "4294967295");
	assert_plain("18446744073709551615::UBIGINT", "18446744073709551615");
	assert_plain("0::TINYINT", "0");
	assert_plain("'170141183460469231731687303715884105727'::HUGEINT",
		     "170141183460469231731687303715884105727");
	assert_plain("'-170141183460469231731687303715884105728'::HUGEINT",
		     "-170141183460469231731687303715884105728");
	assert_plain("(-1)::HUGEINT", "-1");
	assert_plain("0::HUGEINT", "0");
	assert_plain("18446744073709551616::HUGEINT", "18446744073709551616");
}

static void doubles_have_the_shortest_spelling_that_reads_back(void **state)
{
	(void)state;
	assert_plain("0.1::DOUBLE", "0.1");
	assert_plain("0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004");
	assert_plain("1e300::DOUBLE", "1e+300");
	assert_plain("1.7976931348623157e308::DOUBLE", "1.7976931348623157e+308");
	assert_plain("2.2250738585072014e-308::DOUBLE", "2.2250738585072014e-308");
	assert_plain("5e-324::DOUBLE", "5e-324");
	assert_plain("-1.5e-320::DOUBLE", "-1.5e-320");
	assert_plain("9007199254740992::DOUBLE", "9007199254740992");
	assert_plain("100::DOUBLE", "100");
	assert_plain("0::DOUBLE", "0");
	assert_plain("'-0.0'::DOUBLE", "-0");
	assert_plain("-73.99308::DOUBLE", "-73.99308");
}

static void floats_have_no_more_digits_than_they_need(void **state)
{
	(void)state;
	assert_plain("0.1::FLOAT", "0.1");
	assert_plain("0.3::FLOAT", "0.3");
	assert_plain("16777217::FLOAT", "16777216");
	assert_plain("3.4028235e38::FLOAT", "3.4028235e+38");
	assert_plain("1e-45::FLOAT", "1e-45");
	assert_plain("-2.5::FLOAT", "-2.5");
}

static void numbers_that_json_lacks_are_strings_there(void **state)
{
	(void)state;
	assert_string("'NaN'::DOUBLE", "NaN");
	assert_string("'NaN'::FLOAT", "NaN");
	assert_string("'Infinity'::DOUBLE", "Infinity");
	assert_string("'-Infinity'::DOUBLE", "-Infinity");
	assert_string("'-Infinity'::FLOAT", "-Infinity");
}

static void decimals_keep_all_their_digits(void **state)
{
	(void)state;
	assert_plain("(-0.05)::DECIMAL(4, 2)", "-0.05");
	assert_plain("0::DECIMAL(4, 2)", "0.00");
	assert_plain("1.5::DECIMAL(9, 3)", "1.500");
	assert_plain("(-12345)::DECIMAL(9, 0)", "-12345");
	assert_plain("0::DECIMAL(9, 0)", "0");
	assert_plain("(-123456789012.345)::DECIMAL(18, 3)", "-123456789012.345");
	assert_plain("'99999999999999999999999999999999999999'::DECIMAL(38, 0)",
		     "99999999999999999999999999999999999999");
	assert_plain("'-0.00000000000000000000000000000000000001'::DECIMAL(38, 38)",
		     "-0.00000000000000000000000000000000000001");
	assert_plain("'-0.99999999999999999999999999999999999999'::DECIMAL(38, 38)",
		     "-0.99999999999999999999999999999999999999");
}

static void integers_are_given_as_such(void **state)
{
	(void)state;
	struct result *result =
		first_row("SELECT (-5)::TINYINT, 7::UBIGINT, 9::HUGEINT, NULL::BIGINT, "
			  "'3', 2.5::DOUBLE, 1.5, true, sum(1)");
	static const int64_t values[] = { -5, 7, 9, 0, 0, 0, 0, 0, 1 };
	static const bool numbers[] = { true, true, true, true, false, true, true, false, true };
	assert_int_equal(result_columns(result), 9);
	for (size_t i = 0; i < 9; i++) {
		assert_int_equal(result_int(result, i), values[i]);
		assert_int_equal(result_column_is_number(result, i), numbers[i]);
		assert_int_equal(result_is_null(result, i), i == 3);
	}
	result_free(result);
}

/* --- times ------------------------------------------------------------------------------------------- */

static void dates_and_times_are_iso_8601(void **state)
{
	(void)state;
	assert_string("DATE '1969-12-31'", "1969-12-31");
	assert_string("DATE '0001-01-01'", "0001-01-01");
	assert_string("DATE '9999-12-31'", "9999-12-31");
	assert_string("DATE '2024-02-29'", "2024-02-29");
	assert_string("TIMESTAMP '1969-12-31 23:59:59.999999'", "1969-12-31T23:59:59.999999Z");
	assert_string("TIMESTAMP '2026-11-23 07:00:00'", "2026-11-23T07:00:00.000Z");
	assert_string("TIMESTAMPTZ '2026-11-23 07:00:00.123+02'", "2026-11-23T05:00:00.123Z");
	assert_string("TIMESTAMPTZ '0001-01-01 00:00:00+00'", "0001-01-01T00:00:00.000Z");
}

static void times_beyond_the_calendar_do_no_harm(void **state)
{
	(void)state;
	assert_string("DATE 'infinity'", "infinity");
	assert_string("DATE '-infinity'", "-infinity");
	assert_string("TIMESTAMP 'infinity'", "infinity");
	assert_string("TIMESTAMPTZ '-infinity'", "-infinity");
	assert_string("DATE '10000-01-01'", "");
	assert_string("DATE '5881580-07-10'", "");
	assert_string("DATE '5877642-06-25 (BC)'", "");
	assert_string("TIMESTAMP '290000-01-01 00:00:00'", "");
}

static void intervals_keep_their_microseconds(void **state)
{
	(void)state;
	assert_string("INTERVAL '14 months 3 days'", "P14M3DT0S");
	assert_string("INTERVAL '23:59:59.123456'", "P0M0DT86399.123456S");
	assert_string("INTERVAL '1000 hours'", "P0M0DT3600000S");
	assert_string("INTERVAL '-0.5 seconds'", "P0M0DT-0.5S");
	assert_string("-INTERVAL '1 month 2 days 00:00:01.000001'", "P-1M-2DT-1.000001S");
}

/* --- text -------------------------------------------------------------------------------------------- */

static void text_is_itself_and_escaped_in_json(void **state)
{
	(void)state;
	assert_shown("''", "", "\"\"");
	assert_string("'twelve bytes'", "twelve bytes");
	assert_string("'thirteen byte'", "thirteen byte");
	assert_string("'مرحبا 🐦 naïve'", "مرحبا 🐦 naïve");
	assert_shown("'say \"hi\" \\ it''s'", "say \"hi\" \\ it's", "\"say \\\"hi\\\" \\\\ it's\"");
	assert_shown("'a' || chr(10) || chr(9) || 'b'", "a\n\tb", "\"a\\n\\tb\"");
	assert_plain("['1' || chr(0) || '2']", "[\"1\\u00002\"]");
}

static void enums_are_their_words(void **state)
{
	struct err err;
	(void)state;
	assert_string("'Middle'::ENUM('Low', 'Middle', 'High')", "Middle");
	assert_ok(session_run(session,
			      "CREATE TYPE many AS ENUM (SELECT 'w' || range FROM range(300))",
			      &err),
		  err);
	assert_string("'w299'::many", "w299");
	assert_shown("'q\"'::ENUM('q\"')", "q\"", "\"q\\\"\"");
	assert_shown("NULL::many", "", "null");
}

/* --- values that hold others ------------------------------------------------------------------------- */

static void lists_are_json_in_both(void **state)
{
	(void)state;
	assert_plain("[1, NULL, 3]", "[1,null,3]");
	assert_plain("[]::INTEGER[]", "[]");
	assert_plain("[]", "[]");
	assert_plain("[NULL]", "[null]");
	assert_plain("['a\"b', 'é', '']", "[\"a\\\"b\",\"é\",\"\"]");
	assert_plain("[[], NULL, [1, 2]]", "[[],null,[1,2]]");
	assert_plain("[TIMESTAMPTZ '2026-11-23 07:00:00+00']", "[\"2026-11-23T07:00:00.000Z\"]");
	assert_plain("[1.50, -2.25]", "[1.50,-2.25]");
}

static void lists_of_later_rows_begin_where_they_should(void **state)
{
	struct result *result = NULL;
	struct err err;
	struct buf text = { 0 };
	bool row;
	(void)state;
	assert_ok(session_query(session, "VALUES ([1, 2]), (NULL), ([]), ([3]), ([4, 5, 6])",
				&result, &err),
		  err);
	for (;;) {
		assert_ok(result_next(result, &row, &err), err);
		if (!row)
			break;
		result_add_json(result, 0, &text);
	}
	assert_str(buf_str(&text), "[1,2]null[][3][4,5,6]");
	buf_release(&text);
	result_free(result);
}

static void structs_are_objects(void **state)
{
	(void)state;
	assert_plain("{'a': 1, 'b': 'x'}", "{\"a\":1,\"b\":\"x\"}");
	assert_plain("{'a': NULL, 'q\"': {'c': NULL, 'd': [true]}}",
		     "{\"a\":null,\"q\\\"\":{\"c\":null,\"d\":[true]}}");
	assert_plain("[{'a': 1}, NULL, {'a': NULL}]", "[{\"a\":1},null,{\"a\":null}]");
	assert_shown("NULL::STRUCT(a INTEGER)", "", "null");
}

static void maps_are_objects_with_keys_as_text(void **state)
{
	(void)state;
	assert_plain("MAP {'x': 1, 'y\"': NULL}", "{\"x\":1,\"y\\\"\":null}");
	assert_plain("MAP {1: [2], 3: []}", "{\"1\":[2],\"3\":[]}");
	assert_plain("MAP {DATE '2026-01-02': 'v'}", "{\"2026-01-02\":\"v\"}");
	assert_plain("MAP {['k']: 1}", "{\"[\\\"k\\\"]\":1}");
	assert_plain("MAP {}::MAP(VARCHAR, INTEGER)", "{}");
	assert_plain("[MAP {'a': MAP {'b': 2}}]", "[{\"a\":{\"b\":2}}]");
}

static void null_is_nothing_and_null_whatever_its_type(void **state)
{
	static const char *const types[] = {
		"BOOLEAN",     "TINYINT",
		"UBIGINT",     "HUGEINT",
		"FLOAT",       "DOUBLE",
		"DATE",        "TIMESTAMP",
		"TIMESTAMPTZ", "INTERVAL",
		"VARCHAR[]",   "DECIMAL(20, 3)",
		"VARCHAR",     "MAP(VARCHAR, INTEGER)",
	};
	(void)state;
	assert_shown("NULL", "", "null");
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char *value = mem_printf("NULL::%s", types[i]);
		char *sql = mem_printf("SELECT %s, 1", value);
		assert_shown(value, "", "null");
		struct result *result = first_row(sql);
		assert_true(result_is_null(result, 0));
		assert_false(result_is_null(result, 1));
		result_free(result);
		free(value);
		free(sql);
	}
	struct result *result = first_row("SELECT NULL");
	assert_true(result_is_null(result, 0));
	result_free(result);
}

static void times_of_other_units_are_cut_to_microseconds(void **state)
{
	(void)state;
	assert_string("'2026-01-01'::TIMESTAMP_S", "2026-01-01T00:00:00.000Z");
	assert_string("'1969-12-31 23:59:59.5'::TIMESTAMP_MS", "1969-12-31T23:59:59.500Z");
	assert_string("'1969-12-31 23:59:59.1234567'::TIMESTAMP_NS", "1969-12-31T23:59:59.123456Z");
	assert_string("'infinity'::TIMESTAMP_S", "infinity");
	assert_string("'-infinity'::TIMESTAMP_NS", "-infinity");
	assert_string("'290000-01-01'::TIMESTAMP_S", "");
	assert_string("TIME '07:00:00'", "07:00:00");
	assert_string("TIME '24:00:00'", "24:00:00");
	assert_string("TIME '00:00:00.000001'", "00:00:00.000001");
}

static void uuids_and_blobs_are_as_duckdb_casts_them(void **state)
{
	static const char *const values[] = { "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID",
					      "'00000000-0000-0000-0000-000000000000'::UUID",
					      "'ffffffff-ffff-ffff-ffff-ffffffffffff'::UUID",
					      "'ab\\x00\\xFF \"\\x5C~'::BLOB", "''::BLOB" };
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		char *sql = mem_printf("SELECT %s, (%s)::VARCHAR", values[i], values[i]);
		struct result *result = first_row(sql);
		struct buf ours = { 0 }, theirs = { 0 };
		result_add_text(result, 0, &ours);
		result_add_text(result, 1, &theirs);
		assert_string_equal(buf_text(&ours), buf_text(&theirs));
		buf_release(&ours);
		buf_release(&theirs);
		result_free(result);
		free(sql);
	}
}

static void types_without_a_spelling_are_refused_in_words(void **state)
{
	static const char *const values[] = {
		"'07:00:00+02'::TIMETZ",
		"'0101'::BIT",
		"340282366920938463463374607431768211455::UHUGEINT",
		"[1, 2, 3]::INTEGER[3]",
		"union_value(a := 1)",
		"'123456789012345678901234567890123456789012345'::BIGNUM",
		"['01'::BIT]",
		"{'a': 1, 'b': {'c': 1::UHUGEINT}}",
		"MAP {1::UHUGEINT: 1}",
		"MAP {1: [TIMETZ '07:00:00']}",
	};
	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
		struct result *result = NULL;
		struct err err = { 0 };
		char *sql = mem_printf("SELECT 1 AS fine, %s AS strange", values[i]);
		if (session_query(session, sql, &result, &err) != ERR_REJECT ||
		    !strstr(err.msg, "column strange has a type that cannot be shown"))
			fail_msg("%s: \"%s\"", values[i], err.msg);
		assert_null(result);
		free(sql);
	}
	assert_string("(TIME '07:00:00')::VARCHAR", "07:00:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(booleans_are_words),
		cmocka_unit_test(integers_of_all_widths_are_exact),
		cmocka_unit_test(doubles_have_the_shortest_spelling_that_reads_back),
		cmocka_unit_test(floats_have_no_more_digits_than_they_need),
		cmocka_unit_test(numbers_that_json_lacks_are_strings_there),
		cmocka_unit_test(decimals_keep_all_their_digits),
		cmocka_unit_test(integers_are_given_as_such),
		cmocka_unit_test(dates_and_times_are_iso_8601),
		cmocka_unit_test(times_beyond_the_calendar_do_no_harm),
		cmocka_unit_test(intervals_keep_their_microseconds),
		cmocka_unit_test(text_is_itself_and_escaped_in_json),
		cmocka_unit_test(enums_are_their_words),
		cmocka_unit_test(lists_are_json_in_both),
		cmocka_unit_test(lists_of_later_rows_begin_where_they_should),
		cmocka_unit_test(structs_are_objects),
		cmocka_unit_test(maps_are_objects_with_keys_as_text),
		cmocka_unit_test(null_is_nothing_and_null_whatever_its_type),
		cmocka_unit_test(times_of_other_units_are_cut_to_microseconds),
		cmocka_unit_test(uuids_and_blobs_are_as_duckdb_casts_them),
		cmocka_unit_test(types_without_a_spelling_are_refused_in_words),
	};
	return cmocka_run_group_tests(tests, open_it, close_it);
}
