#include "base/str.h"

#include "base/test.h"

static void prefixes_and_suffixes_are_bytes(void **state)
{
	assert_true(str_starts(STR("abc"), STR("ab")));
	assert_true(str_starts(STR("abc"), STR("abc")));
	assert_true(str_starts(STR("abc"), STR("")));
	assert_false(str_starts(STR("abc"), STR("abcd")));
	assert_false(str_starts(STR("abc"), STR("b")));
	assert_true(str_ends(STR("abc"), STR("bc")));
	assert_true(str_ends(STR("abc"), STR("")));
	assert_false(str_ends(STR("abc"), STR("ab")));
	assert_false(str_ends(STR("c"), STR("bc")));
	assert_true(str_ends(STR("a\0b"), STR("\0b")));
	(void)state;
}

static void nothing_is_an_empty_text(void **state)
{
	assert_true(str_equal(STR_NONE, STR("")));
	assert_false(str_equal(STR_NONE, STR("a")));
	assert_true(str_starts(STR_NONE, STR("")));
	assert_true(str_starts(STR("a"), STR_NONE));
	assert_true(str_starts(STR_NONE, STR_NONE));
	assert_true(str_ends(STR_NONE, STR_NONE));
	assert_true(str_ends(STR("a"), STR_NONE));
	assert_int_equal(str_trim(STR_NONE).len, 0);
	assert_int_equal(str_from(NULL).len, 0);
	(void)state;
}

static void trimming_takes_blanks_at_both_ends_only(void **state)
{
	assert_str(str_trim(STR(" \t\r\n a b\n")), "a b");
	assert_str(str_trim(STR("a")), "a");
	assert_str(str_trim(STR(" \n ")), "");
	assert_str(str_trim(STR("\v")), "\v");
	assert_str(str_trim(STR("\xc2\xa0")), "\xc2\xa0");
	(void)state;
}

static void splitting_gives_empty_parts_too(void **state)
{
	struct str rest = STR(",a,,b,"), part;
	static const char *const expected[] = { "", "a", "", "b", "" };
	for (size_t i = 0; i < 5; i++) {
		assert_true(str_split(&rest, ',', &part));
		assert_str(part, expected[i]);
	}
	assert_false(str_split(&rest, ',', &part));
	rest = STR("");
	assert_true(str_split(&rest, ',', &part));
	assert_int_equal(part.len, 0);
	assert_false(str_split(&rest, ',', &part));
	rest = STR_NONE;
	assert_false(str_split(&rest, ',', &part));
	(void)state;
}

static void a_head_never_ends_inside_a_character(void **state)
{
	(void)state;
	struct str text = STR("a\u9ce5\U0001f426z"); /* 1, 3, 4 and 1 bytes */
	static const size_t wanted[] = { 0, 1, 1, 1, 4, 4, 4, 4, 8, 9, 9 };
	for (size_t max = 0; max < sizeof wanted / sizeof *wanted; max++) {
		assert_int_equal(str_head(text, max).len, wanted[max]);
		assert_ptr_equal(str_head(text, max).ptr, text.ptr);
	}
	assert_int_equal(str_head(STR("\x80\x80"), 1).len, 0);
}

static void unsigned_numbers_keep_to_their_type(void **state)
{
	uint64_t value = 7;
	assert_true(str_to_u64(STR("0"), &value) && value == 0);
	assert_true(str_to_u64(STR("007"), &value) && value == 7);
	assert_true(str_to_u64(STR("18446744073709551615"), &value) && value == UINT64_MAX);
	value = 7;
	static const char *const bad[] = { "",
					   "-1",
					   "+1",
					   " 1",
					   "1 ",
					   "0x1",
					   "1.0",
					   "a",
					   "\xd9\xa1",
					   "18446744073709551616",
					   "99999999999999999999",
					   "184467440737095516150" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_to_u64(str_from(bad[i]), &value));
	assert_false(str_to_u64(STR_NONE, &value));
	assert_false(str_to_u64(STR("1\0"), &value));
	assert_int_equal(value, 7);
	(void)state;
}

static void signed_numbers_are_spelled_as_in_json(void **state)
{
	int64_t value = 7;
	assert_true(str_to_i64(STR("0"), &value) && value == 0);
	assert_true(str_to_i64(STR("-1"), &value) && value == -1);
	assert_true(str_to_i64(STR("9223372036854775807"), &value) && value == INT64_MAX);
	assert_true(str_to_i64(STR("-9223372036854775808"), &value) && value == INT64_MIN);
	value = 7;
	static const char *const bad[] = { "",
					   "-",
					   "-0",
					   "01",
					   "-01",
					   "+1",
					   "--1",
					   "1-",
					   "1.",
					   "1e0",
					   " -1",
					   "- 1",
					   "00",
					   "9223372036854775808",
					   "-9223372036854775809",
					   "18446744073709551615",
					   "-18446744073709551615" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(str_to_i64(str_from(bad[i]), &value));
	assert_int_equal(value, 7);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_and_suffixes_are_bytes),
		cmocka_unit_test(nothing_is_an_empty_text),
		cmocka_unit_test(trimming_takes_blanks_at_both_ends_only),
		cmocka_unit_test(splitting_gives_empty_parts_too),
		cmocka_unit_test(a_head_never_ends_inside_a_character),
		cmocka_unit_test(unsigned_numbers_keep_to_their_type),
		cmocka_unit_test(signed_numbers_are_spelled_as_in_json),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
