#include "base/test.h"
#include "invent/render.h"

static void strings_are_escaped_as_x_does(void **state)
{
	struct buf out = { 0 };

	(void)state;
	put_text(&out, STR("\"\\/ é鳥😀\n\t\r\x0b\x7f"));
	assert_str(buf_str(&out), "\"\\\"\\\\/ é鳥\\uD83D\\uDE00\\n\\t\\r\\u000B\x7f\"");
	buf_release(&out);
}

static void degrees_have_no_more_digits_than_they_need(void **state)
{
	struct buf out = { 0 };

	(void)state;
	put_degrees(&out, -914000);
	buf_add_byte(&out, ' ');
	put_degrees(&out, 5);
	buf_add_byte(&out, ' ');
	put_degrees(&out, -5);
	buf_add_byte(&out, ' ');
	put_degrees(&out, 3800000);
	assert_str(buf_str(&out), "-9.14 0.00005 -0.00005 38.0");
	buf_release(&out);
}

static void times_are_whole_seconds(void **state)
{
	struct buf out = { 0 };

	(void)state;
	put_time(&out, 1609958440344000);
	assert_str(buf_str(&out), "\"2021-01-06T18:40:40.000Z\"");
	buf_release(&out);
}

static void numbers_reach_the_largest(void **state)
{
	struct buf out = { 0 };

	(void)state;
	put_number(&out, UINT64_MAX);
	buf_add_byte(&out, ',');
	put_number(&out, 0);
	assert_str(buf_str(&out), "18446744073709551615,0");
	buf_release(&out);
}

static void a_dump_is_ascii_with_small_digits(void **state)
{
	struct buf out = { 0 };

	(void)state;
	invent_add_dumped(&out, STR("{\"a:,\":\"é\\uD83D\\uDE00\\\"\\\\\",\"b\":[1,{}]}"));
	assert_str(buf_str(&out), "{\"a:,\": \"\\u00e9\\ud83d\\ude00\\\"\\\\\", \"b\": [1, {}]}");
	buf_release(&out);
}

static void a_pretty_page_keeps_its_strings(void **state)
{
	struct buf out = { 0 };

	(void)state;
	invent_add_pretty(&out, STR("{\"a\":[1,\"{,\\\"\"],\"b\":{},\"c\":[]}"));
	assert_str(buf_str(&out), "{\n    \"a\": [\n        1,\n        \"{,\\\"\"\n    ],\n"
				  "    \"b\": {},\n    \"c\": []\n}");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_are_escaped_as_x_does),
		cmocka_unit_test(degrees_have_no_more_digits_than_they_need),
		cmocka_unit_test(times_are_whole_seconds),
		cmocka_unit_test(numbers_reach_the_largest),
		cmocka_unit_test(a_dump_is_ascii_with_small_digits),
		cmocka_unit_test(a_pretty_page_keeps_its_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
