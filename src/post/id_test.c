#include "post/post.h"

#include "base/test.h"

#include <inttypes.h>

static void assert_time(uint64_t id, const char *expected)
{
	char text[TIME_TEXT_MAX];
	int64_t time = -1;
	assert_true(post_id_time(id, &time));
	assert_string_equal(time_format(time, text), expected);
	assert_int_equal(time % 1000, 0);
}

static void a_snowflake_tells_its_millisecond(void **state)
{
	(void)state;
	assert_time(1346889436626259968, "2021-01-06T18:40:40.344Z");
	assert_time(2083157183716917248, "2026-07-31T11:45:50.444Z");
	assert_time(INT64_MAX, "2080-07-10T17:30:30.208Z");
}

static void the_first_snowflake_is_the_border(void **state)
{
	(void)state;
	int64_t time = 42;
	assert_false(post_id_time(0, &time));
	assert_false(post_id_time(20, &time));
	assert_false(post_id_time(29700859246, &time));
	assert_int_equal(time, 42);
	assert_time(29700859247, "2010-11-04T01:43:01.738Z");
}

static void the_low_22_bits_do_not_count(void **state)
{
	(void)state;
	int64_t first, last, next;
	uint64_t id = UINT64_C(1346889436626259968) & ~UINT64_C(0x3fffff);
	assert_true(post_id_time(id, &first));
	assert_true(post_id_time(id | 0x3fffff, &last));
	assert_true(post_id_time(id + 0x400000, &next));
	assert_int_equal(first, last);
	assert_int_equal(next, first + 1000);
}

static void assert_id(struct str text, uint64_t expected)
{
	uint64_t id = 7;
	if (!post_id_parse(text, &id))
		fail_msg("'%.*s' is not taken for an id", STR_ARG(text));
	assert_int_equal(id, expected);
}

static void assert_no_id(struct str text)
{
	uint64_t id;
	if (post_id_parse(text, &id))
		fail_msg("%zu bytes are taken for an id, %" PRIu64, text.len, id);
}

static void an_id_is_1_to_19_digits(void **state)
{
	(void)state;
	assert_id(STR("0"), 0);
	assert_id(STR("7"), 7);
	assert_id(STR("1346889436626259968"), 1346889436626259968);
	assert_id(STR("9223372036854775807"), INT64_MAX);
	assert_id(STR("0000000000000000020"), 20);
	assert_no_id(STR(""));
	assert_no_id(STR_NONE);
	assert_no_id(STR("9223372036854775808"));
	assert_no_id(STR("9999999999999999999"));
	assert_no_id(STR("00000000000000000020"));
	assert_no_id(STR("18446744073709551616"));
}

static void an_id_has_nothing_but_digits(void **state)
{
	(void)state;
	assert_no_id(STR("-1"));
	assert_no_id(STR("+1"));
	assert_no_id(STR(" 1"));
	assert_no_id(STR("1 "));
	assert_no_id(STR("1\0"));
	assert_no_id(STR("0x10"));
	assert_no_id(STR("1e3"));
	assert_no_id(STR("1.0"));
	assert_no_id(STR("\xd9\xa1\xd9\xa2")); /* Arabic-Indic digits */
	assert_no_id(STR("/"));
	assert_no_id(STR(":"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_snowflake_tells_its_millisecond),
		cmocka_unit_test(the_first_snowflake_is_the_border),
		cmocka_unit_test(the_low_22_bits_do_not_count),
		cmocka_unit_test(an_id_is_1_to_19_digits),
		cmocka_unit_test(an_id_has_nothing_but_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
