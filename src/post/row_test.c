#include "post/rebuild_fixture.h"

static void every_scalar_fills_its_column(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"lang\":\"en\""), "lang", "\"en\"", NULL },
		{ LINE("\"lang\":\"\""), "lang", "\"\"", NULL },
		{ LINE("\"lang\":\"\\u0065\\/\""), "lang", "\"e/\"", NULL },
		{ LINE("\"possibly_sensitive\":true"), "possibly_sensitive", "true", NULL },
		{ LINE("\"possibly_sensitive\":false"), "possibly_sensitive", "false", NULL },
		{ LINE("\"batch_id\":7"), "batch_id", "7", NULL },
		{ LINE("\"batch_id\":-7"), "batch_id", "-7", NULL },
		{ LINE("\"batch_id\":0"), "batch_id", "0", NULL },
		{ LINE("\"batch_id\":9223372036854775807"), "batch_id", "9223372036854775807",
		  NULL },
		{ LINE("\"batch_id\":-9223372036854775808"), "batch_id", "-9223372036854775808",
		  NULL },
		{ LINE("\"geo\":{\"coordinates\":{\"coordinates\":[31.25,-30]}}"),
		  "geo_coordinates", "[31.25,-30]", NULL },
		{ LINE("\"fetched_at\":\"2026-11-23T07:00:00.123Z\""), "fetched_at",
		  "\"2026-11-23T07:00:00.123Z\"", NULL },
		{ LINE("\"article\":{\"a\":[1.0,null,\"\\u00e9\"]}"), "article",
		  "{\"a\":[1.0,null,\"\\u00e9\"]}", NULL },
		{ LINE("\"article\":false"), "article", "false", NULL },
		{ LINE("\"article\":\"text\""), "article", "\"text\"", NULL },
		{ LINE("\"article\":{}"), "article", "{}", NULL },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void what_is_missing_is_null(void **state)
{
	struct table *table = *state;
	static const char *const filled[] = {
		"id",   "created_at", "hashtags",      "hashtags_folded",
		"lang", "stream_id",  "stream_offset", "vocabulary"
	};
	assert_filled(table, STR(LINE("\"lang\":\"en\"")));
	for (size_t i = 0; i < table->column_count; i++) {
		bool expected = false;
		for (size_t name = 0; name < sizeof filled / sizeof *filled; name++)
			expected |= strcmp(table->columns[i].name, filled[name]) == 0;
		if (vector_has(&table->vectors[i], GOLDEN_ROW) != expected)
			fail_msg("%s is %sNULL", table->columns[i].name, expected ? "" : "not ");
	}
	assert_column(table, "stream_id", "\"" TABLE_STREAM "\"");
	assert_column(table, "stream_offset", "123");
}

/* Every type meets every other one. */
static void another_type_goes_to_extra(void **state)
{
	static const struct {
		const char *column, *before, *after, *pointer, *fits;
	} columns[] = {
		{ "lang", "\"lang\":", "", "/lang", "\"x\"" },
		{ "possibly_sensitive", "\"possibly_sensitive\":", "", "/possibly_sensitive",
		  "true" },
		{ "batch_id", "\"batch_id\":", "", "/batch_id", "12" },
		{ "fetched_at", "\"fetched_at\":", "", "/fetched_at", "" },
		{ "rules", "\"rules\":", "", "/rules", "[]" },
		{ "entities_urls", "\"entities\":{\"urls\":", "}", "/entities/urls", "[]" },
		{ "user_protected", "\"user\":{\"protected\":", "}", "/user/protected", "true" },
		{ "user_created_at", "\"user\":{\"created_at\":", "}", "/user/created_at", "" },
		{ "place_geo_bbox", "\"place\":{\"geo\":{\"bbox\":", "}}", "/place/geo/bbox",
		  "[]" },
		{ "polls", "\"polls\":", "", "/polls", "[]" },
		{ "referenced_posts", "\"referenced\":", "", "/referenced", "[]" },
		{ "users_all", "\"users_all\":", "", "/users_all", "[]" },
	};
	static const char *const values[] = { "null",  "true", "12", "1.5",
					      "\"x\"", "[]",   "{}", "{\"a\":1}" };
	struct buf line = { 0 }, extra = { 0 };
	for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
		for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
			bool fits = strcmp(columns[i].fits, values[v]) == 0;
			buf_reset(&line);
			buf_reset(&extra);
			buf_addf(&line, "{%s,%s,\"hashtags\":[],%s%s%s}", TEST_ID, TEST_TIME,
				 columns[i].before, values[v], columns[i].after);
			buf_addf(&extra, "{\"%s\":%s}", columns[i].pointer, values[v]);
			assert_filled(*state, buf_str(&line));
			assert_column(*state, columns[i].column, fits ? values[v] : NULL);
			assert_extra(*state, fits ? NULL : buf_text(&extra));
		}
	}
	buf_release(&line);
	buf_release(&extra);
}

static void null_is_kept_in_json_columns_too(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"article\":null"), "article", NULL, "{\"/article\":null}" },
		{ LINE("\"page\":null"), "page", NULL, "{\"/page\":null}" },
		{ LINE("\"page\":{}"), "page", "{}", NULL },
		{ LINE("\"user\":{\"entities\":null}"), "user_entities", NULL,
		  "{\"/user/entities\":null}" },
		{ LINE("\"media_all\":[{\"organic_metrics\":null}]"), "media_all", "[{}]",
		  "{\"/media_all/0/organic_metrics\":null}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void lists_and_structs_keep_what_fits(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"rules\":[\"a\",null,\"b\",1]"), "rules", "[\"a\",null,\"b\",null]",
		  "{\"/rules/1\":null,\"/rules/3\":1}" },
		{ LINE("\"display_text_range\":[0,1.0,\"1\",280]"), "display_text_range",
		  "[0,null,null,280]",
		  "{\"/display_text_range/1\":1.0,\"/display_text_range/2\":\"1\"}" },
		{ LINE("\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"1\"},{\"id\":2},{},null,[]]"),
		  "referenced_tweets", "[{\"type\":\"quoted\",\"id\":\"1\"},{},{},null,null]",
		  "{\"/referenced_tweets/1/id\":2,\"/referenced_tweets/3\":null,"
		  "\"/referenced_tweets/4\":[]}" },
		{ LINE("\"entities\":{\"mentions\":[{\"start\":0,\"end\":3,\"username\":\"a\",\"id\":\"5\","
		       "\"new\":{\"x\":[]}}]}"),
		  "entities_mentions", "[{\"start\":0,\"end\":3,\"username\":\"a\",\"id\":\"5\"}]",
		  "{\"/entities/mentions/0/new\":{\"x\":[]}}" },
		{ LINE("\"entities\":{\"urls\":[{\"url\":\"u\",\"images\":[{\"width\":1,\"height\":\"2\"},{}]},"
		       "{\"images\":{}}]}"),
		  "entities_urls", "[{\"url\":\"u\",\"images\":[{\"width\":1},{}]},{}]",
		  "{\"/entities/urls/0/images/0/height\":\"2\",\"/entities/urls/1/images\":{}}" },
		{ LINE("\"context_annotations\":[{\"domain\":{\"id\":\"1\"},\"entity\":{}},"
		       "{\"domain\":null,\"entity\":[]}]"),
		  "context_annotations", "[{\"domain\":{\"id\":\"1\"},\"entity\":{}},{}]",
		  "{\"/context_annotations/1/domain\":null,\"/context_annotations/1/entity\":[]}" },
		{ LINE("\"polls\":[{\"id\":\"1\",\"options\":[{\"position\":1,\"label\":\"y\",\"votes\":3}],"
		       "\"end_datetime\":\"2026-01-01T00:00:00.000Z\"}]"),
		  "polls",
		  "[{\"id\":\"1\",\"options\":[{\"position\":1,\"label\":\"y\",\"votes\":3}],"
		  "\"end_datetime\":\"2026-01-01T00:00:00.000Z\"}]",
		  NULL },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void times_in_other_spellings_keep_their_text(void **state)
{
#define FETCHED(text) LINE("\"fetched_at\":\"" text "\"")
#define KEPT(text) "{\"/fetched_at\":\"" text "\"}"
	static const struct golden goldens[] = {
		{ FETCHED("2026-11-23T09:00:00.123+02:00"), "fetched_at",
		  "\"2026-11-23T07:00:00.123Z\"", KEPT("2026-11-23T09:00:00.123+02:00") },
		{ FETCHED("2026-11-23T07:00:00.123+00:00"), "fetched_at",
		  "\"2026-11-23T07:00:00.123Z\"", KEPT("2026-11-23T07:00:00.123+00:00") },
		{ FETCHED("2026-11-23T07:00:00Z"), "fetched_at", "\"2026-11-23T07:00:00.000Z\"",
		  KEPT("2026-11-23T07:00:00Z") },
		{ FETCHED("2026-11-23T07:00:00.123456Z"), "fetched_at",
		  "\"2026-11-23T07:00:00.123456Z\"", KEPT("2026-11-23T07:00:00.123456Z") },
		{ FETCHED("2026-11-23T07:00:00.123000Z"), "fetched_at",
		  "\"2026-11-23T07:00:00.123Z\"", KEPT("2026-11-23T07:00:00.123000Z") },
		{ FETCHED("2026-11-23t07:00:00.123z"), "fetched_at", "\"2026-11-23T07:00:00.123Z\"",
		  KEPT("2026-11-23t07:00:00.123z") },
		{ FETCHED("2026-06-30T23:59:60.000Z"), "fetched_at", "\"2026-07-01T00:00:00.000Z\"",
		  KEPT("2026-06-30T23:59:60.000Z") },
		{ FETCHED("1066-10-14T09:00:00.000Z"), "fetched_at", "\"1066-10-14T09:00:00.000Z\"",
		  NULL },
		{ FETCHED("2026-02-30T07:00:00.000Z"), "fetched_at", NULL,
		  KEPT("2026-02-30T07:00:00.000Z") },
		{ FETCHED("yesterday"), "fetched_at", NULL, KEPT("yesterday") },
		{ FETCHED(""), "fetched_at", NULL, KEPT("") },
		{ LINE("\"fetched_at\":1790000000"), "fetched_at", NULL,
		  "{\"/fetched_at\":1790000000}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

/* The partition's time comes from the id where created_at is none, and the column shows it. */
static void created_at_is_taken_from_the_id_where_it_must(void **state)
{
#define POST(created_at) "{\"hashtags\":[]," TEST_ID created_at "}"
#define FROM_ID "\"2026-07-31T11:45:50.444Z\""
#define DERIVED "\"derived\":[\"/created_at\"]}"
	static const struct golden goldens[] = {
		{ POST(""), "created_at", FROM_ID, "{" DERIVED },
		{ POST(",\"created_at\":null"), "created_at", FROM_ID,
		  "{\"/created_at\":null," DERIVED },
		{ POST(",\"created_at\":1785498350444"), "created_at", FROM_ID,
		  "{\"/created_at\":1785498350444," DERIVED },
		{ POST(",\"created_at\":\"Fri Jul 31 11:45:50 +0000 2026\""), "created_at", FROM_ID,
		  "{\"/created_at\":\"Fri Jul 31 11:45:50 +0000 2026\"," DERIVED },
		{ POST(",\"created_at\":\"\""), "created_at", FROM_ID,
		  "{\"/created_at\":\"\"," DERIVED },
		{ POST(",\"created_at\":{}"), "created_at", FROM_ID,
		  "{\"/created_at\":{}," DERIVED },
		{ POST(",\"created_at\":\"1970-01-01T00:00:00.000Z\""), "created_at", FROM_ID,
		  "{\"/created_at\":\"1970-01-01T00:00:00.000Z\"," DERIVED },
		{ POST(",\"created_at\":\"2005-12-31T23:59:59.999Z\""), "created_at", FROM_ID,
		  "{\"/created_at\":\"2005-12-31T23:59:59.999Z\"," DERIVED },
		{ POST(",\"created_at\":\"2100-01-01T00:00:00.000Z\""), "created_at", FROM_ID,
		  "{\"/created_at\":\"2100-01-01T00:00:00.000Z\"," DERIVED },
		{ POST(",\"created_at\":\"2006-01-01T00:00:00.000Z\""), "created_at",
		  "\"2006-01-01T00:00:00.000Z\"", NULL },
		{ POST(",\"created_at\":\"2099-12-31T23:59:59.999Z\""), "created_at",
		  "\"2099-12-31T23:59:59.999Z\"", NULL },
		{ POST(",\"created_at\":\"2021-01-06T18:40:40Z\""), "created_at",
		  "\"2021-01-06T18:40:40.000Z\"", "{\"/created_at\":\"2021-01-06T18:40:40Z\"}" },
		{ POST(",\"created_at\":\"2021-01-06T18:40:40.344+00:00\""), "created_at",
		  "\"2021-01-06T18:40:40.344Z\"",
		  "{\"/created_at\":\"2021-01-06T18:40:40.344+00:00\"}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void an_old_post_needs_its_created_at(void **state)
{
	assert_filled(*state, STR("{\"id\":\"20\",\"hashtags\":[],"
				  "\"created_at\":\"2006-03-21T20:50:14.000Z\"}"));
	assert_column(*state, "created_at", "\"2006-03-21T20:50:14.000Z\"");
	assert_column(*state, "id", "\"20\"");
	assert_extra(*state, NULL);
	assert_refused(*state, STR("{\"id\":\"20\"}"), "too old");
	assert_refused(*state, STR("{\"id\":\"20\",\"created_at\":\"1970-01-01T00:00:00.000Z\"}"),
		       "too old");
	assert_refused(*state, STR("{\"id\":\"29700859246\",\"text\":\"#a\"}"), "too old");
	assert_filled(*state, STR("{\"id\":\"29700859247\",\"text\":\"#a\"}"));
	assert_column(*state, "created_at", "\"2010-11-04T01:43:01.738Z\"");
}

static void what_is_no_post_is_refused(void **state)
{
	struct table *table = *state;
	static const char *const lines[] = {
		"{\"id\":2083157183716917248}",
		"{\"id\":null}",
		"{}",
		"{\"text\":\"a\"}",
		"{\"user\":{\"id\":\"2083157183716917248\"}}",
		"{\"ID\":\"2083157183716917248\"}",
		"{\"id\":[\"2083157183716917248\"]}",
		"{\"_aviary\":{\"id\":\"2083157183716917248\"}}",
		/* the last of repeated members counts */
		"{\"id\":\"2083157183716917248\",\"id\":5}",
	};
	static const char *const ids[] = { "",
					   "x",
					   "-1",
					   "1.0",
					   " 1",
					   "20831571837169172480",
					   "9223372036854775808",
					   "\\ud83d",
					   "1\\u0000" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_refused(table, str_from(lines[i]), "no id, or it is not a string");
	for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
		char *line = mem_printf("{\"lang\":\"en\",\"id\":\"%s\"}", ids[i]);
		assert_refused(table, str_from(line), "the id is not a number of 1 to 19 digits");
		free(line);
	}
	assert_refused(table, STR("[" LINE("\"a\":1") "]"), "not an object");
	assert_refused(table, STR("\"id\""), "not an object");
	assert_refused(table, STR("null"), "not an object");
	assert_refused(table, STR(""), "empty");
	assert_refused(table, STR_NONE, "empty");
	assert_refused(table, STR(" "), "");
	assert_refused(table, STR(LINE("\"a\":1") "x"), "byte");
	assert_refused(table, STR(LINE("\"a\":01")), "byte");
	assert_refused(table, STR(LINE("\"a\":nul")), "byte");
	assert_refused(table, STR(LINE("\"a\":\"\xff\"")), "byte");
	assert_refused(table, STR(LINE("\"a\":\"\xed\xa0\xbd\"")), "byte");
	assert_refused(table, STR(LINE("\"a\":\"\n\"")), "byte");
	assert_refused(table, STR("{\"id\":\"2083157183716917248\""), "byte");
}

static void the_id_is_kept_as_sent(void **state)
{
	assert_filled(*state,
		      STR("{\"hashtags\":[],\"id\":\"0002083157183716917\"," TEST_TIME "}"));
	assert_column(*state, "id", "\"0002083157183716917\"");
	assert_filled(*state,
		      STR(" \t{ \"id\" : \"20831571837\\u00316917248\" , \"hashtags\":[] }\r"));
	assert_column(*state, "id", "\"2083157183716917248\"");
	assert_column(*state, "created_at", FROM_ID);
	assert_filled(*state, STR("{\"\\u0069d\":\"2083157183716917248\",\"hashtags\":[]}"));
	assert_column(*state, "id", "\"2083157183716917248\"");
}

static void the_key_is_the_row_s(void **state)
{
	struct table *table = *state;
	struct post_key key;
	struct err err;
	assert_ok(post_reader_key(table->reader, STR(LINE("\"a\":1")), &key, &err), err);
	assert_int_equal(key.id, 2083157183716917248);
	assert_int_equal(key.time_us, INT64_C(1785498350444000));
	assert_ok(post_reader_key(table->reader,
				  STR("{\"id\":\"1\",\"id\":\"1346889436626259968\"}"), &key, &err),
		  err);
	assert_int_equal(key.id, 1346889436626259968);
	assert_int_equal(key.time_us, INT64_C(1609958440344000));
}

static void rows_of_one_reader_do_not_mix(void **state)
{
	struct table *table = *state;
	struct err err;
	static const char *const lines[] = {
		LINE("\"rules\":[\"a\",\"b\"],\"lang\":\"en\",\"lang\":\"de\",\"x\":1"),
		"{" TEST_ID ",\"text\":\"#a &amp; b\",\"referenced_posts\":[{\"id\":\"1\"}]}",
		LINE("\"_aviary\":{\"rules\":[\"z\"]},\"rules\":[]"),
		LINE("\"rules\":[\"c\",\"\\ud83d\"],\"fetched_at\":\"2026-01-01T00:00:00Z\""),
		LINE("\"rules\":[]"),
	};
	enum { COUNT = sizeof lines / sizeof *lines };
	table_reset(table);
	for (size_t row = 0; row < GOLDEN_ROWS; row++)
		assert_ok(post_reader_fill(table->reader, str_from(lines[row % COUNT]), row,
					   table->vectors, row, NULL, &err),
			  err);
	for (size_t row = 0; row < GOLDEN_ROWS; row++)
		assert_rebuilt(table, row, str_from(lines[row % COUNT]));
}

static void a_long_stream_id_is_cut(void **state)
{
	(void)state;
	struct err err;
	struct table *table = table_new(1);
	post_reader_free(table->reader);
	table->reader =
		post_reader_new("0123456789012345678901234567890123456789abc", &table_lender);
	assert_ok(post_reader_fill(table->reader, STR(LINE("\"a\":1")), UINT64_C(1) << 62,
				   table->vectors, 0, NULL, &err),
		  err);
	assert_str(table_text(table, "stream_id", 0), "012345678901234567890123456789012345678");
	table_free(table);
	post_reader_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_scalar_fills_its_column),
		cmocka_unit_test(what_is_missing_is_null),
		cmocka_unit_test(another_type_goes_to_extra),
		cmocka_unit_test(null_is_kept_in_json_columns_too),
		cmocka_unit_test(lists_and_structs_keep_what_fits),
		cmocka_unit_test(times_in_other_spellings_keep_their_text),
		cmocka_unit_test(created_at_is_taken_from_the_id_where_it_must),
		cmocka_unit_test(an_old_post_needs_its_created_at),
		cmocka_unit_test(what_is_no_post_is_refused),
		cmocka_unit_test(the_id_is_kept_as_sent),
		cmocka_unit_test(the_key_is_the_row_s),
		cmocka_unit_test(rows_of_one_reader_do_not_mix),
		cmocka_unit_test(a_long_stream_id_is_cut),
	};
	return cmocka_run_group_tests(tests, table_prepare, table_dispose);
}
