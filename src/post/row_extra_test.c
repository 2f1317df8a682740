/* What no column gives back stands in extra, exactly as it was sent. */
#include "post/rebuild_fixture.h"

static void integers_are_kept_only_as_integers(void **state)
{
#define BATCH(number) LINE("\"batch_id\":" number), "batch_id", NULL, "{\"/batch_id\":" number "}"
	static const struct golden goldens[] = {
		{ BATCH("1.0") },
		{ BATCH("1e3") },
		{ BATCH("-0") },
		{ BATCH("-0.0") },
		{ BATCH("1E+2") },
		{ BATCH("0.5") },
		{ BATCH("9223372036854775808") },
		{ BATCH("-9223372036854775809") },
		{ BATCH("99999999999999999999") },
		{ BATCH("1e400") },
		{ BATCH("123456789012345678901234567890123456789012345678901234567890123456789") },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void doubles_keep_integers_beyond_2_53(void **state)
{
#define BBOX(number) LINE("\"place\":{\"geo\":{\"bbox\":[" number "]}}"), "place_geo_bbox"
#define BBOX_KEPT(number) "{\"/place/geo/bbox/0\":" number "}"
	static const struct golden goldens[] = {
		{ BBOX("1.0"), "[1]", NULL },
		{ BBOX("1e3"), "[1000]", NULL },
		{ BBOX("-0.0"), "[-0.0]", NULL },
		{ BBOX("-0"), "[-0.0]", BBOX_KEPT("-0") },
		{ BBOX("29.844"), "[29.844]", NULL },
		{ BBOX("-0.1234567890123456"), "[-0.1234567890123456]", NULL },
		{ BBOX("9007199254740992"), "[9007199254740992]", NULL },
		{ BBOX("-9007199254740992"), "[-9007199254740992]", NULL },
		{ BBOX("9007199254740993"), "[9007199254740992.0]", BBOX_KEPT("9007199254740993") },
		{ BBOX("-9007199254740993"), "[-9007199254740992.0]",
		  BBOX_KEPT("-9007199254740993") },
		{ BBOX("9223372036854775807"), "[9223372036854775808.0]",
		  BBOX_KEPT("9223372036854775807") },
		{ BBOX("-9223372036854775808"), "[-9223372036854775808.0]",
		  BBOX_KEPT("-9223372036854775808") },
		{ BBOX("99999999999999999999"), "[99999999999999999999.0]",
		  BBOX_KEPT("99999999999999999999") },
		{ BBOX("1e400"), "[null]", BBOX_KEPT("1e400") },
		{ BBOX("-1e400"), "[null]", BBOX_KEPT("-1e400") },
		{ BBOX("0.10000000000000000000000000000000000000000000000000000000000000001"),
		  "[null]",
		  BBOX_KEPT(
			  "0.10000000000000000000000000000000000000000000000000000000000000001") },
		{ BBOX("\"1\""), "[null]", BBOX_KEPT("\"1\"") },
	};
	ASSERT_GOLDENS(*state, goldens);
}

/* Wherever the tree of columns has an object or a list, an empty one is not the same as none. */
static void empty_objects_and_lists_are_kept_everywhere(void **state)
{
	static const char *const objects[] = {
		"public_metrics", "attachments", "entities",   "user",      "place",
		"media",          "geo",         "note_tweet", "note_post", "withheld",
		"edit_controls",  "scopes",      "_aviary",
	};
	static const char *const inner[] = {
		"user/public_metrics",
		"user/withheld",
		"place/geo",
		"geo/coordinates",
	};
	struct buf line = { 0 }, extra = { 0 };
	for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
		for (int list = 0; list < 2; list++) {
			buf_reset(&line);
			buf_reset(&extra);
			buf_addf(&line, "{%s,%s,\"hashtags\":[],\"%s\":%s}", TEST_ID, TEST_TIME,
				 objects[i], list ? "[]" : "{}");
			buf_addf(&extra, "{\"/%s\":%s}", objects[i], list ? "[]" : "{}");
			assert_filled(*state, buf_str(&line));
			assert_extra(*state, buf_text(&extra));
		}
	}
	for (size_t i = 0; i < sizeof inner / sizeof *inner; i++) {
		int outer = (int)strcspn(inner[i], "/");
		buf_reset(&line);
		buf_reset(&extra);
		buf_addf(&line, "{%s,%s,\"hashtags\":[],\"%.*s\":{\"%s\":{}}}", TEST_ID, TEST_TIME,
			 outer, inner[i], inner[i] + outer + 1);
		buf_addf(&extra, "{\"/%s\":{}}", inner[i]);
		assert_filled(*state, buf_str(&line));
		assert_extra(*state, buf_text(&extra));
	}
	buf_release(&line);
	buf_release(&extra);
}

static void empty_values_in_columns_need_no_extra(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"rules\":[]"), "rules", "[]", NULL },
		{ LINE("\"media_all\":[]"), "media_all", "[]", NULL },
		{ LINE("\"media_all\":[{}]"), "media_all", "[{}]", NULL },
		{ LINE("\"media_all\":[{\"public_metrics\":{},\"variants\":[]}]"), "media_all",
		  "[{\"public_metrics\":{},\"variants\":[]}]", NULL },
		{ LINE("\"referenced\":[],\"users_all\":[]"), "referenced_posts", "[]", NULL },
		{ LINE("\"referenced\":[{}]"), "referenced_posts", "[{\"json\":\"{}\"}]", NULL },
		{ LINE("\"geo\":{\"coordinates\":{\"coordinates\":[]}}"), "geo_coordinates", "[]",
		  NULL },
		{ LINE("\"page\":{}"), "page", "{}", NULL },
		{ LINE("\"note_tweet\":{\"entities\":[]}"), "note_tweet_entities", "[]", NULL },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void unknown_members_are_kept_at_every_level(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"new\":{\"a\":[1.0,{}]}"), "lang", NULL, "{\"/new\":{\"a\":[1.0,{}]}}" },
		{ LINE("\"user\":{\"new\":1}"), "user_id", NULL, "{\"/user/new\":1}" },
		{ LINE("\"user\":{\"public_metrics\":{\"new\":1,\"listed_count\":2}}"),
		  "user_public_metrics_listed_count", "2", "{\"/user/public_metrics/new\":1}" },
		{ LINE("\"place\":{\"geo\":{\"new\":{\"x\":null}}}"), "place_geo_type", NULL,
		  "{\"/place/geo/new\":{\"x\":null}}" },
		{ LINE("\"media_all\":[{\"variants\":[{\"new\":[]},{\"url\":\"u\"}]}]"),
		  "media_all", "[{\"variants\":[{},{\"url\":\"u\"}]}]",
		  "{\"/media_all/0/variants/0/new\":[]}" },
		{ LINE("\"context_annotations\":[{\"entity\":{\"new\":1},\"new\":2}]"),
		  "context_annotations", "[{\"entity\":{}}]",
		  "{\"/context_annotations/0/entity/new\":1,\"/context_annotations/0/new\":2}" },
		/* names that columns have, but no member */
		{ LINE("\"stream_id\":\"x\",\"extra\":{},\"vocabulary\":1,\"text_clean\":2,"
		       "\"user_id\":3"),
		  "stream_id", "\"" TABLE_STREAM "\"",
		  "{\"/stream_id\":\"x\",\"/extra\":{},\"/vocabulary\":1,\"/text_clean\":2,"
		  "\"/user_id\":3}" },
		{ LINE("\"derived\":[\"/id\"],\"moved\":[\"user\"],\"duplicates\":1"), "id",
		  "\"2083157183716917248\"",
		  "{\"/derived\":[\"/id\"],\"/moved\":[\"user\"],\"/duplicates\":1}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void names_are_escaped_in_pointers(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"a/b\":1"), "lang", NULL, "{\"/a~1b\":1}" },
		{ LINE("\"a~b\":1"), "lang", NULL, "{\"/a~0b\":1}" },
		{ LINE("\"~1\":1,\"~0\":2,\"/\":3,\"~\":4"), "lang", NULL,
		  "{\"/~01\":1,\"/~00\":2,\"/~1\":3,\"/~0\":4}" },
		{ LINE("\"\":1"), "lang", NULL, "{\"/\":1}" },
		{ LINE("\"user\":{\"\":{\"\":1},\"id\":\"5\"}"), "user_id", "\"5\"",
		  "{\"/user/\":{\"\":1}}" },
		{ LINE("\"a\\\"b\\\\c\":1"), "lang", NULL, "{\"/a\\\"b\\\\c\":1}" },
		{ LINE("\"\\u002f\\u007e\\/\":1"), "lang", NULL, "{\"/~1~0~1\":1}" },
		{ LINE("\"user/id\":1,\"user\":{\"id\":\"2\"}"), "user_id", "\"2\"",
		  "{\"/user~1id\":1}" },
		{ LINE("\"rules\":[1],\"rules/0\":2,\"0\":3"), "rules", "[null]",
		  "{\"/rules/0\":1,\"/rules~10\":2,\"/0\":3}" },
		{ LINE("\"\\u00e9\\u2028\":1"), "lang", NULL, "{\"/\u00e9\u2028\":1}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void zero_bytes_are_kept(void **state)
{
	struct table *table = *state;
	assert_filled(table, STR(LINE("\"text\":\"a\\u0000b\",\"lang\":\"\\u0000\"")));
	struct str text = table_text(table, "text", GOLDEN_ROW);
	assert_true(str_equal(text, STR("a\0b")));
	assert_true(str_equal(table_text(table, "lang", GOLDEN_ROW), STR("\0")));
	assert_column(table, "text_clean", "\"a b\"");
	assert_extra(table, NULL);
	assert_filled(table,
		      STR(LINE("\"\\u0000\":1,\"lang\\u0000\":2,\"user\":{\"id\\u0000\":\"3\"},"
			       "\"referenced_tweets\":[{\"id\\u0000x\":4}]")));
	assert_column(table, "lang", NULL);
	assert_column(table, "user_id", NULL);
	assert_extra(table, "{\"/\\u0000\":1,\"/lang\\u0000\":2,\"/user/id\\u0000\":\"3\","
			    "\"/referenced_tweets/0/id\\u0000x\":4}");
}

static void lone_surrogates_keep_their_escapes(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"text\":\"a\\ud83dz\""), "text", "\"a\\ufffdz\"",
		  "{\"/text\":\"a\\ud83dz\"}" },
		{ LINE("\"text\":\"\\uDC00\""), "text_clean", "\"\\ufffd\"",
		  "{\"/text\":\"\\uDC00\"}" },
		{ LINE("\"text\":\"\\ud83d\\ud83d\\ude00\""), "text", "\"\\ufffd\\ud83d\\ude00\"",
		  "{\"/text\":\"\\ud83d\\ud83d\\ude00\"}" },
		{ LINE("\"text\":\"\\ud83d\\ude00\",\"lang\":\"\\ud83d\""), "text",
		  "\"\\ud83d\\ude00\"", "{\"/lang\":\"\\ud83d\"}" },
		{ LINE("\"text\":\"\\ufffd\",\"lang\":\"\\udfff\""), "text", "\"\\ufffd\"",
		  "{\"/lang\":\"\\udfff\"}" },
		{ LINE("\"rules\":[\"\\ud83d\",\"b\"]"), "rules", "[\"\\ufffd\",\"b\"]",
		  "{\"/rules/0\":\"\\ud83d\"}" },
		{ LINE("\"entities\":{\"mentions\":[{\"username\":\"\\ud800\"}]}"),
		  "entities_mentions", "[{\"username\":\"\\ufffd\"}]",
		  "{\"/entities/mentions/0/username\":\"\\ud800\"}" },
		{ LINE("\"hashtags\":[\"#\\ud83d\"]"), "hashtags_folded", "[\"#\\ufffd\"]",
		  "{\"/hashtags/0\":\"#\\ud83d\",\"duplicates\":[[\"/hashtags\",[]]]}" },
		{ LINE("\"fetched_at\":\"2026-11-23T07:00:00.123Z\\ud83d\""), "fetched_at", NULL,
		  "{\"/fetched_at\":\"2026-11-23T07:00:00.123Z\\ud83d\"}" },
		{ LINE("\"new\":\"\\ud83d\""), "lang", NULL, "{\"/new\":\"\\ud83d\"}" },
		{ LINE("\"lang\":\"\\\\ud83d\""), "lang", "\"\\\\ud83d\"", NULL },
	};
	ASSERT_GOLDENS(*state, goldens);
}

/* JSON text in a column has the escape itself and so gives it back. */
static void lone_surrogates_in_json_columns_need_no_extra(void **state)
{
	struct table *table = *state;
	assert_filled(table, STR(LINE("\"article\":{\"\\ud800\":[\"\\udc00\"]},"
				      "\"referenced\":[{\"id\":\"1\",\"text\":\"\\ud83d\"}]")));
	assert_str(table_text(table, "article", GOLDEN_ROW), "{\"\\ud800\":[\"\\udc00\"]}");
	assert_column(table, "referenced_posts",
		      "[{\"id\":\"1\",\"text\":\"\\ufffd\","
		      "\"json\":\"{\\\"id\\\":\\\"1\\\",\\\"text\\\":\\\"\\\\ud83d\\\"}\"}]");
	assert_extra(table, NULL);
}

static void lone_surrogates_in_names_keep_their_escapes(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"\\ud83d\":1"), "lang", NULL, "{\"/\\ud83d\":1}" },
		{ LINE("\"\\ud800\":1,\"\\ud801\":2,\"\\ufffd\":3"), "lang", NULL,
		  "{\"/\\ud800\":1,\"/\\ud801\":2,\"/\ufffd\":3}" },
		{ LINE("\"user\":{\"\\ud83d/~\\/\\\"\\\\\":1}"), "user_id", NULL,
		  "{\"/user/\\ud83d~1~0~1\\\"\\\\\":1}" },
		{ LINE("\"\\ud83d\\u002f\\u002F\\u007e\\u007E1\\u0041\":1"), "lang", NULL,
		  "{\"/\\ud83d~1~1~0~01\\u0041\":1}" },
		{ LINE("\"rules\":[\"a\",{\"\\ud83d\":1}]"), "rules", "[\"a\",null]",
		  "{\"/rules/1\":{\"\\ud83d\":1}}" },
		{ LINE("\"polls\":[{\"\\udfff\":1}]"), "polls", "[{}]",
		  "{\"/polls/0/\\udfff\":1}" },
		{ LINE("\"\\ud800\":1,\"\\ud801\":2,\"\\ud801\":3,\"lang\":1,\"lang\":\"x\""),
		  "lang", "\"x\"",
		  "{\"/\\ud800\":1,\"/\\ud801\":3,\"duplicates\":[[\"/\\ud801\",2],[\"/lang\",1]]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void a_medium_that_is_the_first_is_not_kept_twice(void **state)
{
#define FIRST "{\"media_key\":\"3_1\",\"type\":\"photo\",\"new\":1,\"width\":2.0}"
	static const struct golden goldens[] = {
		{ LINE("\"media\":" FIRST ",\"media_all\":[" FIRST ",{\"media_key\":\"3_2\"}]"),
		  "media_media_key", "\"3_1\"",
		  "{\"/media_all/0/new\":1,\"/media_all/0/width\":2.0}" },
		{ LINE("\"media_all\":[" FIRST "],\"media\":" FIRST), "media_type", "\"photo\"",
		  "{\"/media_all/0/new\":1,\"/media_all/0/width\":2.0}" },
		{ LINE("\"media\":" FIRST), "media_media_key", "\"3_1\"",
		  "{\"/media/new\":1,\"/media/width\":2.0}" },
		{ LINE("\"media\":" FIRST ",\"media_all\":[]"), "media_type", "\"photo\"",
		  "{\"/media/new\":1,\"/media/width\":2.0}" },
		{ LINE("\"media\":" FIRST ",\"media_all\":[{\"media_key\":\"3_2\"}]"),
		  "media_media_key", "\"3_1\"", "{\"/media\":" FIRST "}" },
		{ LINE("\"media\":{\"media_key\":5},\"media_all\":[{\"media_key\":\"5\"}]"),
		  "media_media_key", NULL, "{\"/media\":{\"media_key\":5}}" },
		{ LINE("\"media\":{\"width\":5},\"media_all\":[{\"width\":5}]"), "media_media_key",
		  NULL, "{\"/media\":{\"width\":5}}" },
		{ LINE("\"media\":{\"media_key\":\"5\"},\"media_all\":[{\"media_key\":\"5\",\"width\":5}]"),
		  "media_media_key", "\"5\"", "{\"/media\":{\"media_key\":\"5\"}}" },
		{ LINE("\"media\":null,\"media_all\":[{\"media_key\":\"5\"}]"), "media_media_key",
		  NULL, "{\"/media\":null}" },
		{ LINE("\"media_all\":[" FIRST "],\"_aviary\":{\"media\":" FIRST "}"),
		  "media_media_key", "\"3_1\"",
		  "{\"/media_all/0/new\":1,\"/media_all/0/width\":2.0,\"moved\":[\"media\"]}" },
		{ LINE("\"media\":5,\"media_all\":[5],\"_aviary\":{\"media\":null}"),
		  "media_media_key", NULL,
		  "{\"/media\":5,\"/media_all/0\":5,\"/_aviary/media\":null,"
		  "\"moved\":[\"media\"]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

/* Values that a comparison might take for equal although they were sent otherwise. */
static void a_medium_that_only_seems_the_first_is_kept(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"media\":{\"url\":\"\\ud800\"},\"media_all\":[{\"url\":\"\\ud801\"}]"),
		  "media_all", "[{\"url\":\"\\ufffd\"}]",
		  "{\"/media\":{\"url\":\"\\ud800\"},\"/media_all/0/url\":\"\\ud801\"}" },
		{ LINE("\"media\":{\"a\":1,\"a\":1},\"media_all\":[{\"a\":1,\"b\":2}]"),
		  "media_all", "[{}]",
		  "{\"/media\":{\"a\":1,\"a\":1},\"/media_all/0/a\":1,\"/media_all/0/b\":2}" },
		{ LINE("\"media\":{\"width\":1.0},\"media_all\":[{\"width\":1}]"), "media_all",
		  "[{\"width\":1}]", "{\"/media\":{\"width\":1.0}}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void a_hundred_media_fit(void **state)
{
	struct table *table = *state;
	struct buf line = { 0 };
	buf_addf(&line, "{%s,%s,\"hashtags\":[],\"media_all\":[", TEST_ID, TEST_TIME);
	for (int i = 0; i < 100; i++)
		buf_addf(&line,
			 "%s{\"media_key\":\"3_%d\",\"width\":%d,\"variants\":[{\"bit_rate\":%d},"
			 "{\"url\":\"u%d\"}],\"alt_text\":%s}",
			 i ? "," : "", i, i, i, i, i % 10 ? "\"alt\"" : "null");
	buf_add_text(&line, "]}");
	assert_filled(table, buf_str(&line));
	const struct column_vector *media = &table->vectors[column_named("media_all")];
	assert_int_equal(media->children[0].used, 100);
	const char *first = "{\"/media_all/0/alt_text\":null,\"/media_all/10/alt_text\":null,";
	assert_true(str_starts(table_text(table, "extra", GOLDEN_ROW), str_from(first)));
	buf_release(&line);
}

static void add_nested(struct buf *line, const char *before, int levels, const char *after)
{
	buf_addf(line, "{%s,%s,\"hashtags\":[],%s", TEST_ID, TEST_TIME, before);
	for (int i = 0; i < levels; i++)
		buf_add_text(line, i % 2 ? "[" : "{\"a\":");
	buf_add_byte(line, '1');
	for (int i = levels; i-- > 0;)
		buf_add_byte(line, i % 2 ? ']' : '}');
	buf_add_text(line, after);
}

static void nesting_is_kept_up_to_the_limit(void **state)
{
	static const struct {
		const char *before, *after;
		int outside;
	} places[] = {
		{ "\"new\":", "}", 1 },
		{ "\"article\":", "}", 1 },
		{ "\"lang\":", "}", 1 },
		{ "\"rules\":[", "]}", 2 },
		{ "\"user\":{\"public_metrics\":{\"new\":", "}}}", 3 },
		{ "\"context_annotations\":[{\"domain\":{\"id\":", "}}]}", 4 },
		{ "\"referenced\":[{\"id\":", "}]}", 3 },
		/* and once more, without the repeated member */
		{ "\"lang\":1,\"lang\":\"a\",\"new\":", "}", 1 },
		{ "\"lang\":\"a\",\"lang\":", "}", 1 },
		{ "\"lang\":\"b\",\"new\":[[{\"a\":1,\"b\":1,\"b\":", "}]],\"lang\":\"c\"}", 4 },
	};
	struct buf line = { 0 };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		int most = JSON_DEPTH_MAX - places[i].outside;
		for (int levels = most - 1; levels <= most + 1; levels++) {
			buf_reset(&line);
			add_nested(&line, places[i].before, levels, places[i].after);
			if (levels <= most)
				assert_filled(*state, buf_str(&line));
			else
				assert_refused(*state, buf_str(&line), "nested deeper than 100");
		}
	}
	buf_release(&line);
}

static void a_wide_line_is_kept(void **state)
{
	struct buf line = { 0 };
	buf_addf(&line, "{%s,%s", TEST_ID, TEST_TIME);
	for (int i = 0; i < 300; i++)
		buf_addf(&line, ",\"member%d\":%d", i % 250, i);
	for (int i = 0; i < 300; i++)
		buf_addf(&line, ",\"rules\":[\"%d\"]", i);
	buf_add_byte(&line, '}');
	assert_filled(*state, buf_str(&line));
	assert_column(*state, "rules", "[\"299\"]");
	buf_release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(integers_are_kept_only_as_integers),
		cmocka_unit_test(doubles_keep_integers_beyond_2_53),
		cmocka_unit_test(empty_objects_and_lists_are_kept_everywhere),
		cmocka_unit_test(empty_values_in_columns_need_no_extra),
		cmocka_unit_test(unknown_members_are_kept_at_every_level),
		cmocka_unit_test(names_are_escaped_in_pointers),
		cmocka_unit_test(zero_bytes_are_kept),
		cmocka_unit_test(lone_surrogates_keep_their_escapes),
		cmocka_unit_test(lone_surrogates_in_json_columns_need_no_extra),
		cmocka_unit_test(lone_surrogates_in_names_keep_their_escapes),
		cmocka_unit_test(a_medium_that_is_the_first_is_not_kept_twice),
		cmocka_unit_test(a_medium_that_only_seems_the_first_is_kept),
		cmocka_unit_test(a_hundred_media_fit),
		cmocka_unit_test(nesting_is_kept_up_to_the_limit),
		cmocka_unit_test(a_wide_line_is_kept),
	};
	return cmocka_run_group_tests(tests, table_prepare, table_dispose);
}
