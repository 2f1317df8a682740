#include "base/test.h"

#include "source/document_scan.h"

#include <stdio.h>

/* Scans in pieces of `step` bytes. */
static enum scan_result scan_by(const char *text, size_t step, size_t *ret_at)
{
	struct document_scan scan = { 0 };
	size_t len = strlen(text);
	enum scan_result result = SCAN_MORE;
	for (size_t have = 0; result == SCAN_MORE && have < len;) {
		have = len - have < step ? len : have + step;
		result = document_scan(&scan, str_make(text, have));
	}
	*ret_at = scan.at;
	return result;
}

static void a_document_ends_where_its_brackets_close_however_it_is_read(void **state)
{
	(void)state;
	static const char *const whole[] = { "{}", "[[],{\"a\":\"]}\\\"}\"}]",
					     "{\n\"a\":[\n{}\n]\n}", "{\n  \"a\": \"\\\\\"\n}" };
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		char text[100];
		size_t at;
		snprintf(text, sizeof text, "%s{\"b\":1}", whole[i]);
		for (size_t step = 1; step < 40; step++) {
			assert_int_equal(scan_by(text, step, &at), SCAN_DONE);
			assert_int_equal(at, strlen(whole[i]));
		}
	}
}

static void a_document_cut_short_needs_more(void **state)
{
	(void)state;
	size_t at;
	assert_int_equal(scan_by("{\"a\":{}", 2, &at), SCAN_MORE);
	assert_int_equal(scan_by("{\"a\":\"}", 2, &at), SCAN_MORE);
}

static void an_indented_document_ends_where_another_begins(void **state)
{
	(void)state;
	size_t at;
	for (size_t step = 1; step < 20; step++) {
		assert_int_equal(scan_by("{\r\n\t\"a\": \"x\n{\n}\n", step, &at), SCAN_CUT);
		assert_int_equal(at, 12);
		assert_int_equal(scan_by("{\"a\":\n[\n{}\n]}", step, &at), SCAN_DONE);
	}
}

static void what_is_no_document_ends_where_one_begins(void **state)
{
	(void)state;
	size_t at;
	assert_int_equal(scan_by("<html>{\n \"[\n}\n[1]", 3, &at), SCAN_CUT);
	assert_int_equal(at, 14);
	assert_int_equal(scan_by("12\n34", 1, &at), SCAN_MORE);
}

static void the_mode_follows_from_the_first_bracket_and_the_next_line(void **state)
{
	(void)state;
	static const struct {
		const char *head;
		enum file_mode mode;
	} files[] = {
		{ "", FILE_DOCUMENTS },
		{ "{\"a\":1}", FILE_LINES },
		{ "\r\n \n{\"a\":1}\r\n\r\n{\"b\":1}", FILE_LINES },
		{ "Rate limit\n{\"a\":1}\n{\"b\":1}", FILE_LINES },
		{ "{\"a\":\"cut sh\n{\"b\":1}", FILE_LINES },
		{ "{\"a\":1,\"b}\n{\"b\":1}", FILE_LINES },
		{ "{\"a\":1}\nnoise", FILE_LINES },
		{ "{\"a\":1}\n]noise", FILE_LINES },
		{ "{\n  \"a\": 1\n}", FILE_DOCUMENTS },
		{ "{\"a\":[\n{},\n{}\n]}", FILE_DOCUMENTS },
		{ "{\"a\":[{},\n{}]}", FILE_DOCUMENTS },
		{ "{\"a\":[{}\n,{}]}", FILE_DOCUMENTS },
		{ "{\"a\":{}\n}", FILE_DOCUMENTS },
		{ "{\"a\":1}{\"b\":1}\n{\"c\":1}", FILE_DOCUMENTS },
		{ "[\n{}\n]", FILE_DOCUMENTS },
		{ "{\"a\":1", FILE_DOCUMENTS },
	};
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		assert_int_equal(file_mode(str_from(files[i].head), true, 100), files[i].mode);
}

static void the_mode_waits_for_the_next_line_but_not_for_ever(void **state)
{
	(void)state;
	static const char head[] = "{\"a\":1}\n\n\n  ";
	assert_int_equal(file_mode(STR("{\"a\":1}"), false, 100), FILE_UNDECIDED);
	assert_int_equal(file_mode(str_from(head), false, 100), FILE_UNDECIDED);
	assert_int_equal(file_mode(str_from(head), false, 10), FILE_LINES);
	assert_int_equal(file_mode(STR("{\"a\":1}"), false, 5), FILE_DOCUMENTS);
	assert_int_equal(file_mode(STR("{\"a\":1}\n{"), false, 100), FILE_LINES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_ends_where_its_brackets_close_however_it_is_read),
		cmocka_unit_test(a_document_cut_short_needs_more),
		cmocka_unit_test(an_indented_document_ends_where_another_begins),
		cmocka_unit_test(what_is_no_document_ends_where_one_begins),
		cmocka_unit_test(the_mode_follows_from_the_first_bracket_and_the_next_line),
		cmocka_unit_test(the_mode_waits_for_the_next_line_but_not_for_ever),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
