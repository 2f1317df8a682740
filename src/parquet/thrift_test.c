#include "parquet/thrift.h"

#include "base/test.h"

static void assert_bytes(const struct buf *bytes, const char *hex)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < bytes->len; i++)
		buf_addf(&text, "%s%02x", i ? " " : "", (unsigned char)bytes->ptr[i]);
	assert_str(buf_str(&text), hex);
	buf_release(&text);
}

/* What thrift-compact-protocol.md says, worked out by hand. */
static void fields_are_told_by_the_distance_of_their_ids(void **state)
{
	struct buf out = { 0 };
	(void)state;
	struct thrift thrift = thrift_begin(&out);
	thrift_i32(&thrift, 1, 1);
	thrift_i64(&thrift, 3, -1);
	thrift_bytes(&thrift, 4, STR("ab"));
	thrift_bool(&thrift, 19, true);
	thrift_bool(&thrift, 20, false);
	assert_bytes(&out, "15 02 26 01 18 02 61 62 f1 12");
	buf_release(&out);
}

static void numbers_of_any_size_are_zigzag_varints(void **state)
{
	struct buf out = { 0 };
	(void)state;
	struct thrift thrift = thrift_begin(&out);
	thrift_i64(&thrift, 1, INT64_MIN);
	thrift_i64(&thrift, 2, INT64_MAX);
	thrift_i32(&thrift, 3, INT32_MIN);
	thrift_i32(&thrift, 4, 64);
	assert_bytes(&out, "16 ff ff ff ff ff ff ff ff ff 01 16 fe ff ff ff ff ff ff ff ff 01 "
			   "15 ff ff ff ff 0f 15 80 01");
	buf_release(&out);
}

static void structs_count_their_ids_for_themselves(void **state)
{
	struct buf out = { 0 };
	(void)state;
	struct thrift thrift = thrift_begin(&out);
	thrift_struct(&thrift, 5);
	thrift_struct(&thrift, 1);
	thrift_end(&thrift);
	thrift_i32(&thrift, 2, 0);
	thrift_end(&thrift);
	thrift_i32(&thrift, 6, 0);
	assert_bytes(&out, "5c 1c 00 15 00 00 15 00");
	buf_release(&out);
}

static void a_long_list_says_its_length_apart(void **state)
{
	struct buf out = { 0 };
	(void)state;
	struct thrift thrift = thrift_begin(&out);
	thrift_list(&thrift, 1, THRIFT_I32, 2);
	thrift_i32_item(&thrift, 0);
	thrift_i32_item(&thrift, -1);
	thrift_list(&thrift, 2, THRIFT_STRUCT, 0);
	thrift_list(&thrift, 3, THRIFT_BYTES, 200);
	assert_bytes(&out, "19 25 00 01 19 0c 19 f8 c8 01");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_told_by_the_distance_of_their_ids),
		cmocka_unit_test(numbers_of_any_size_are_zigzag_varints),
		cmocka_unit_test(structs_count_their_ids_for_themselves),
		cmocka_unit_test(a_long_list_says_its_length_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
