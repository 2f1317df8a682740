#include "base/test.h"

#include "base/buf.h"
#include "source/compact.h"

static const char compact[] =
	"{\"a\":[],\"b\":{},\"c\":[1,-2.5e+10,true,false,null,\"\"],\"\\u0061\\\"\":"
	"\"\\\\ \\/\\n\","
	"\"d\":\"\\u007f\\u0080\\u07ff\\u0800\\uffff\\uD83d\\uDE00\xc3\xa9\","
	"\"e\":[[{\"f\":{}}],0]}";

static bool is_compact(const char *text)
{
	static struct json_doc doc;
	struct err err;
	assert_ok(json_read(&doc, str_from(text), &err), err);
	bool ret = compact_check(&doc);
	json_release(&doc);
	return ret;
}

static void every_kind_of_value_and_escape_is_measured_exactly(void **state)
{
	(void)state;
	assert_true(is_compact(compact));
	assert_true(is_compact("[]"));
	assert_true(is_compact("\"\\ud83d\\ude00\""));
}

static void white_space_is_seen_wherever_it_stands(void **state)
{
	(void)state;
	struct buf spaced = { 0 };
	bool in_string = false;
	size_t places = 0;
	for (const char *at = compact; *at; at++) {
		in_string ^= *at == '"' && at[-1] != '\\';
		if (in_string || !strchr("{}[],:\"", *at))
			continue;
		for (const char *space = " \t\r\n"; *space; space++) {
			buf_reset(&spaced);
			buf_addf(&spaced, "%.*s%c%s", (int)(at - compact) + 1, compact, *space,
				 at + 1);
			assert_false(is_compact(buf_text(&spaced)));
			places++;
		}
	}
	assert_true(places > 100);
	buf_release(&spaced);
}

static void an_item_is_copied_as_it_stands_but_for_the_last(void **state)
{
	(void)state;
	struct json_doc doc = { 0 };
	struct err err;
	assert_ok(json_read(&doc, STR("[{\"\\u0061\":\"}\\\"\"},{\"b\":[]},{},{\"c\":1},2]"), &err),
		  err);
	yyjson_val *item[5];
	for (size_t i = 0; i < 5; i++)
		item[i] = yyjson_arr_get(doc.root, i);
	assert_str(compact_item(&doc, item[0], item[1]), "{\"\\u0061\":\"}\\\"\"}");
	assert_null(compact_item(&doc, item[1], item[2]).ptr);
	assert_null(compact_item(&doc, item[2], item[3]).ptr);
	assert_null(compact_item(&doc, item[3], item[4]).ptr);
	assert_null(compact_item(&doc, item[3], NULL).ptr);
	json_release(&doc);
}

static void a_lone_surrogate_counts_as_not_compact(void **state)
{
	(void)state;
	assert_false(is_compact("[\"\\ud83d\"]"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_value_and_escape_is_measured_exactly),
		cmocka_unit_test(white_space_is_seen_wherever_it_stands),
		cmocka_unit_test(an_item_is_copied_as_it_stands_but_for_the_last),
		cmocka_unit_test(a_lone_surrogate_counts_as_not_compact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
