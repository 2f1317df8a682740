/* Which spelling a member had, where it stood, and which of several by one name counts. */
#include "post/rebuild_fixture.h"

static void the_old_vocabulary_is_told(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"a\":1"), "vocabulary", "\"tweet\"", "{\"/a\":1}" },
		{ LINE("\"text\":\"a\""), "vocabulary", "\"tweet\"", NULL },
		{ LINE("\"edit_history_tweet_ids\":[\"1\"]"), "vocabulary", "\"tweet\"", NULL },
		{ LINE("\"edit_history_tweet_ids\":[\"1\"]"), "edit_history_tweet_ids", "[\"1\"]",
		  NULL },
		{ LINE("\"public_metrics\":{\"retweet_count\":3}"), "public_metrics_retweet_count",
		  "3", NULL },
		{ LINE("\"note_tweet\":{\"text\":\"long\",\"entities\":{}}"), "note_tweet_text",
		  "\"long\"", NULL },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void the_new_vocabulary_fills_the_same_columns(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"edit_history_post_ids\":[\"1\"]"), "edit_history_tweet_ids", "[\"1\"]",
		  NULL },
		{ LINE("\"edit_history_post_ids\":[\"1\"]"), "vocabulary", "\"post\"", NULL },
		{ LINE("\"referenced_posts\":[{\"type\":\"quoted\",\"id\":\"1\"}]"),
		  "referenced_tweets", "[{\"type\":\"quoted\",\"id\":\"1\"}]", NULL },
		{ LINE("\"referenced_posts\":[{\"new\":1}]"), "vocabulary", "\"post\"",
		  "{\"/referenced_posts/0/new\":1}" },
		{ LINE("\"public_metrics\":{\"repost_count\":3}"), "public_metrics_retweet_count",
		  "3", NULL },
		{ LINE("\"user\":{\"pinned_post_id\":\"1\",\"most_recent_post_id\":\"2\","
		       "\"public_metrics\":{\"post_count\":4}}"),
		  "user_public_metrics_tweet_count", "4", NULL },
		{ LINE("\"attachments\":{\"media_source_post_id\":[\"1\"]}"),
		  "attachments_media_source_tweet_id", "[\"1\"]", NULL },
		{ LINE("\"note_post\":{\"text\":\"long\",\"entities\":{\"urls\":[]}}"),
		  "note_tweet_entities", "{\"urls\":[]}", NULL },
		{ LINE("\"note_post\":{\"text\":\"long\"}"), "vocabulary", "\"post\"", NULL },
		{ LINE("\"public_metrics\":{\"repost_count\":\"3\"}"),
		  "public_metrics_retweet_count", NULL,
		  "{\"/public_metrics/repost_count\":\"3\"}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void mixed_vocabularies_are_told_apart(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"edit_history_tweet_ids\":[],\"referenced_posts\":[]"), "vocabulary",
		  "\"mixed\"", "{\"new_names\":[\"/referenced_posts\"]}" },
		{ LINE("\"user\":{\"pinned_post_id\":\"1\",\"most_recent_tweet_id\":\"2\","
		       "\"public_metrics\":{\"post_count\":1}}"),
		  "user_pinned_tweet_id", "\"1\"",
		  "{\"new_names\":[\"/user/pinned_post_id\",\"/user/public_metrics/post_count\"]}" },
		{ LINE("\"note_tweet\":{\"text\":\"t\"},\"note_post\":{\"entities\":{\"a\":1}}"),
		  "note_tweet_entities", "{\"a\":1}", "{\"new_names\":[\"/note_post/entities\"]}" },
		{ LINE("\"edit_history_tweet_ids\":[],\"_aviary\":{\"user\":{\"pinned_post_id\":\"1\"}}"),
		  "user_pinned_tweet_id", "\"1\"",
		  "{\"new_names\":[\"/_aviary/user/pinned_post_id\"],\"moved\":[\"user\"]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

/* Where both spellings are there, the first fills the column. */
static void the_second_spelling_goes_to_extra(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"public_metrics\":{\"retweet_count\":3,\"repost_count\":4}"),
		  "public_metrics_retweet_count", "3", "{\"/public_metrics/repost_count\":4}" },
		{ LINE("\"public_metrics\":{\"repost_count\":4,\"retweet_count\":3}"),
		  "public_metrics_retweet_count", "4", "{\"/public_metrics/retweet_count\":3}" },
		{ LINE("\"public_metrics\":{\"repost_count\":4,\"retweet_count\":3}"), "vocabulary",
		  "\"post\"", "{\"/public_metrics/retweet_count\":3}" },
		{ LINE("\"public_metrics\":{\"retweet_count\":null,\"repost_count\":4}"),
		  "public_metrics_retweet_count", NULL,
		  "{\"/public_metrics/retweet_count\":null,\"/public_metrics/repost_count\":4}" },
		{ LINE("\"note_post\":{\"text\":\"p\"},\"note_tweet\":{\"text\":\"t\"}"),
		  "note_tweet_text", "\"p\"", "{\"/note_tweet/text\":\"t\"}" },
		{ LINE("\"referenced_posts\":[{\"id\":\"1\"}],\"referenced_tweets\":[{\"id\":\"2\"}]"),
		  "referenced_tweets", "[{\"id\":\"1\"}]",
		  "{\"/referenced_tweets\":[{\"id\":\"2\"}]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void our_members_may_stand_aside(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"_aviary\":{\"batch_id\":5}"), "batch_id", "5",
		  "{\"moved\":[\"batch_id\"]}" },
		{ LINE("\"batch_id\":\"x's\",\"_aviary\":{\"batch_id\":5}"), "batch_id", "5",
		  "{\"/batch_id\":\"x's\",\"moved\":[\"batch_id\"]}" },
		{ LINE("\"_aviary\":{\"rules\":[\"r\",1]},\"rules\":{\"a\":1}"), "rules",
		  "[\"r\",null]",
		  "{\"/_aviary/rules/1\":1,\"/rules\":{\"a\":1},\"moved\":[\"rules\"]}" },
		{ LINE("\"user\":{\"id\":\"x\"},\"_aviary\":{\"user\":{\"id\":\"1\",\"new\":2,"
		       "\"name\":null}}"),
		  "user_id", "\"1\"",
		  "{\"/user\":{\"id\":\"x\"},\"/_aviary/user/new\":2,\"/_aviary/user/name\":null,"
		  "\"moved\":[\"user\"]}" },
		{ LINE("\"_aviary\":{\"user\":{}}"), "user_id", NULL,
		  "{\"/_aviary/user\":{},\"moved\":[\"user\"]}" },
		{ LINE("\"_aviary\":{\"page\":{\"a\":1}}"), "page", "{\"a\":1}",
		  "{\"moved\":[\"page\"]}" },
		{ LINE("\"_aviary\":{\"referenced\":[{\"id\":\"1\"}],\"users_all\":[null]}"),
		  "referenced_posts", "[{\"id\":\"1\",\"json\":\"{\\\"id\\\":\\\"1\\\"}\"}]",
		  "{\"/_aviary/users_all/0\":null,\"moved\":[\"referenced\",\"users_all\"]}" },
		{ LINE("\"_aviary\":{\"place\":{\"geo\":{\"bbox\":[1.5]}},\"fetched_via\":\"search\"}"),
		  "place_geo_bbox", "[1.5]", "{\"moved\":[\"place\",\"fetched_via\"]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void what_else_stands_aside_goes_to_extra(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"_aviary\":{}"), "batch_id", NULL, "{\"/_aviary\":{}}" },
		{ LINE("\"_aviary\":null"), "batch_id", NULL, "{\"/_aviary\":null}" },
		{ LINE("\"_aviary\":[{\"batch_id\":1}]"), "batch_id", NULL,
		  "{\"/_aviary\":[{\"batch_id\":1}]}" },
		{ LINE("\"_aviary\":{\"lang\":\"en\",\"a\":1,\"_aviary\":{\"batch_id\":1}}"),
		  "lang", NULL,
		  "{\"/_aviary/lang\":\"en\",\"/_aviary/a\":1,"
		  "\"/_aviary/_aviary\":{\"batch_id\":1}}" },
		{ LINE("\"_aviary\":{\"batch_id\":null},\"batch_id\":1"), "batch_id", NULL,
		  "{\"/_aviary/batch_id\":null,\"/batch_id\":1,\"moved\":[\"batch_id\"]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void hashtags_are_derived_where_the_line_has_none(void **state)
{
#define NO_HASHTAGS(members) "{" TEST_ID "," TEST_TIME members "}"
#define HASHTAGS_DERIVED "{\"derived\":[\"/hashtags\"]}"
	static const struct golden goldens[] = {
		{ NO_HASHTAGS(""), "hashtags", "[]", HASHTAGS_DERIVED },
		{ NO_HASHTAGS(""), "hashtags_folded", "[]", HASHTAGS_DERIVED },
		{ NO_HASHTAGS(",\"text\":\"#Ab #c\\n#d#e\""), "hashtags", "[\"#Ab\",\"#c\",\"#d\"]",
		  HASHTAGS_DERIVED },
		{ NO_HASHTAGS(",\"text\":\"#STRA\\u00dfE\""), "hashtags_folded", "[\"#strasse\"]",
		  HASHTAGS_DERIVED },
		{ NO_HASHTAGS(
			  ",\"text\":\"#a\",\"entities\":{\"hashtags\":[{\"tag\":\"B\"},{\"tag\":\"\"}]}"),
		  "hashtags", "[\"#B\",\"#\"]", HASHTAGS_DERIVED },
		{ NO_HASHTAGS(",\"text\":\"#a\",\"entities\":{}"), "hashtags", "[]",
		  "{\"/entities\":{},\"derived\":[\"/hashtags\"]}" },
		{ NO_HASHTAGS(",\"text\":\"#a\",\"entities\":null"), "hashtags", "[\"#a\"]",
		  "{\"/entities\":null,\"derived\":[\"/hashtags\"]}" },
		{ NO_HASHTAGS(",\"entities\":{\"hashtags\":[{\"tag\":\"a\\u0000b\"},{\"tag\":5},7,"
			      "{\"tag\":\"c\"}]}"),
		  "hashtags", "[\"#c\"]",
		  "{\"/entities/hashtags/1/tag\":5,\"/entities/hashtags/2\":7,"
		  "\"derived\":[\"/hashtags\"]}" },
		{ NO_HASHTAGS(",\"text\":5"), "hashtags", "[]",
		  "{\"/text\":5,\"derived\":[\"/hashtags\"]}" },
		{ NO_HASHTAGS(",\"hashtags\":null,\"text\":\"#a\""), "hashtags", NULL,
		  "{\"/hashtags\":null}" },
		{ NO_HASHTAGS(",\"hashtags\":[],\"text\":\"#a\""), "hashtags", "[]", NULL },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void hashtags_that_are_there_are_folded(void **state)
{
#define HASHTAGS(list) "{" TEST_ID "," TEST_TIME ",\"text\":\"#Text\",\"hashtags\":" list "}"
	static const struct golden goldens[] = {
		{ HASHTAGS("[\"#\\u00c9A\",\"#E\\u0301a\"]"), "hashtags_folded",
		  "[\"#\\u00e9a\",\"#\\u00e9a\"]", NULL },
		{ HASHTAGS("[\"#\\u00c9A\",\"#E\\u0301a\"]"), "hashtags",
		  "[\"#\\u00c9A\",\"#E\\u0301a\"]", NULL },
		{ HASHTAGS("[\"#A\",null,5,\"\"]"), "hashtags_folded", "[\"#a\",null,null,\"\"]",
		  "{\"/hashtags/1\":null,\"/hashtags/2\":5}" },
		{ HASHTAGS("[\"\\u0000A\"]"), "hashtags_folded", "[\"\\u0000a\"]", NULL },
		{ HASHTAGS("[]"), "hashtags_folded", "[]", NULL },
		{ HASHTAGS("{}"), "hashtags_folded", NULL, "{\"/hashtags\":{}}" },
		{ HASHTAGS("\"#X\",\"_aviary\":{\"hashtags\":[\"#Y\"]}"), "hashtags_folded",
		  "[\"#y\"]", "{\"/hashtags\":\"#X\",\"moved\":[\"hashtags\"]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void the_long_text_is_cleaned(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"text\":\"a &amp;lt;\\r\\nb\""), "text_clean", "\"a &lt; b\"", NULL },
		{ LINE("\"text\":\"a &amp;lt;\\r\\nb\""), "text", "\"a &amp;lt;\\r\\nb\"", NULL },
		{ LINE("\"text\":\"short\",\"note_tweet\":{\"text\":\"long\\n\"}"), "text_clean",
		  "\"long \"", NULL },
		{ LINE("\"note_post\":{\"text\":\"long\"},\"text\":\"short\""), "text_clean",
		  "\"long\"", NULL },
		{ LINE("\"note_tweet\":{\"entities\":{}},\"note_post\":{\"text\":\"long\"}"),
		  "text_clean", "\"long\"", "{\"new_names\":[\"/note_post/text\"]}" },
		{ LINE("\"note_post\":{\"text\":\"p\"},\"note_tweet\":{\"text\":\"t\"}"),
		  "text_clean", "\"p\"", "{\"/note_tweet/text\":\"t\"}" },
		{ LINE("\"text\":\"s\",\"note_post\":{\"text\":5},\"note_tweet\":{\"text\":\"t\"}"),
		  "text_clean", "\"s\"", "{\"/note_post/text\":5,\"/note_tweet/text\":\"t\"}" },
		{ LINE("\"text\":\"short\",\"note_tweet\":{\"text\":null}"), "text_clean",
		  "\"short\"", "{\"/note_tweet/text\":null}" },
		{ LINE("\"text\":\"short\",\"note_tweet\":[]"), "text_clean", "\"short\"",
		  "{\"/note_tweet\":[]}" },
		{ LINE("\"text\":\"\""), "text_clean", "\"\"", NULL },
		{ LINE("\"text\":null"), "text_clean", NULL, "{\"/text\":null}" },
		{ LINE("\"note_tweet\":{\"text\":\"long\"}"), "text_clean", "\"long\"", NULL },
		{ LINE("\"user\":{\"description\":\"e\\u0301\\t&gt;\"}"), "user_description_clean",
		  "\"\\u00e9 >\"", NULL },
		{ LINE("\"user\":{\"description\":5}"), "user_description_clean", NULL,
		  "{\"/user/description\":5}" },
		{ LINE("\"_aviary\":{\"user\":{\"description\":\"o\\n\"}},\"user\":{\"description\":\"x\"}"),
		  "user_description_clean", "\"o \"",
		  "{\"/user\":{\"description\":\"x\"},\"moved\":[\"user\"]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void included_posts_keep_their_source(void **state)
{
	struct table *table = *state;
	assert_filled(
		table,
		STR(LINE("\"referenced_tweets\":[{\"type\":\"quoted\",\"id\":\"7\"}],"
			 "\"user\":{\"id\":\"1\",\"username\":\"own\"},"
			 "\"users_all\":[{\"id\":\"2\",\"username\":\"other\",\"verified\":false,"
			 "\"name\":\"N\",\"public_metrics\":{\"followers_count\":9}},{\"id\":3}],"
			 "\"referenced\":[{\"id\":\"7\",\"author_id\":\"2\",\"text\":\"s\","
			 "\"note_tweet\":{\"text\":\"l\"},\"created_at\":\"2026-01-01T00:00:00Z\"},"
			 "{\"id\":\"8\",\"author_id\":\"1\",\"text\":\"\\u0041\",\"x\":1.0},"
			 "{\"id\":8,\"author_id\":\"9\",\"created_at\":\"never\"},{},null,[]]")));
	assert_column(
		table, "referenced_posts",
		"[{\"id\":\"7\",\"type\":\"quoted\",\"author_id\":\"2\",\"author_username\":\"other\","
		"\"created_at\":\"2026-01-01T00:00:00.000Z\",\"text\":\"l\","
		"\"json\":\"{\\\"id\\\":\\\"7\\\",\\\"author_id\\\":\\\"2\\\",\\\"text\\\":\\\"s\\\","
		"\\\"note_tweet\\\":{\\\"text\\\":\\\"l\\\"},"
		"\\\"created_at\\\":\\\"2026-01-01T00:00:00Z\\\"}\"},"
		"{\"id\":\"8\",\"author_id\":\"1\",\"author_username\":\"own\",\"text\":\"A\","
		"\"json\":\"{\\\"id\\\":\\\"8\\\",\\\"author_id\\\":\\\"1\\\","
		"\\\"text\\\":\\\"\\\\u0041\\\",\\\"x\\\":1.0}\"},"
		"{\"author_id\":\"9\",\"json\":\"{\\\"id\\\":8,\\\"author_id\\\":\\\"9\\\","
		"\\\"created_at\\\":\\\"never\\\"}\"},{\"json\":\"{}\"},null,null]");
	assert_column(
		table, "users_all",
		"[{\"id\":\"2\",\"username\":\"other\",\"name\":\"N\",\"followers_count\":9,"
		"\"verified\":false,\"json\":\"{\\\"id\\\":\\\"2\\\",\\\"username\\\":\\\"other\\\","
		"\\\"verified\\\":false,\\\"name\\\":\\\"N\\\","
		"\\\"public_metrics\\\":{\\\"followers_count\\\":9}}\"},"
		"{\"json\":\"{\\\"id\\\":3}\"}]");
	assert_extra(table, "{\"/referenced/4\":null,\"/referenced/5\":[]}");
}

/* The last of repeated members counts, the others are noted in order. */
static void repeated_members_are_noted(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"lang\":\"a\",\"lang\":\"b\",\"lang\":\"c\""), "lang", "\"c\"",
		  "{\"duplicates\":[[\"/lang\",\"a\"],[\"/lang\",\"b\"]]}" },
		{ LINE("\"lang\":\"a\",\"lang\":null"), "lang", NULL,
		  "{\"/lang\":null,\"duplicates\":[[\"/lang\",\"a\"]]}" },
		{ LINE("\"lang\":null,\"\\u006cang\":\"b\""), "lang", "\"b\"",
		  "{\"duplicates\":[[\"/lang\",null]]}" },
		{ LINE("\"hashtags\":[\"#A\"]"), "hashtags_folded", "[\"#a\"]",
		  "{\"duplicates\":[[\"/hashtags\",[]]]}" },
		{ LINE("\"user\":{\"id\":\"1\",\"url\":\"u\"},\"user\":{\"id\":\"2\"}"), "user_url",
		  NULL, "{\"duplicates\":[[\"/user\",{\"id\":\"1\",\"url\":\"u\"}]]}" },
		{ LINE("\"user\":5,\"user\":{\"id\":\"2\"}"), "user_id", "\"2\"",
		  "{\"duplicates\":[[\"/user\",5]]}" },
		{ LINE("\"user\":{\"id\":\"1\",\"id\":\"2\",\"public_metrics\":{\"listed_count\":1,"
		       "\"listed_count\":2}}"),
		  "user_id", "\"2\"",
		  "{\"duplicates\":[[\"/user/id\",\"1\"],[\"/user/public_metrics/listed_count\",1]]}" },
		{ LINE("\"referenced_tweets\":[{\"id\":\"0\"},{\"id\":\"1\",\"type\":\"x\",\"id\":\"2\"}]"),
		  "referenced_tweets", "[{\"id\":\"0\"},{\"id\":\"2\",\"type\":\"x\"}]",
		  "{\"duplicates\":[[\"/referenced_tweets/1/id\",\"1\"]]}" },
		{ LINE("\"context_annotations\":[{\"domain\":{\"id\":\"1\",\"id\":\"2\"}}]"),
		  "context_annotations", "[{\"domain\":{\"id\":\"2\"}}]",
		  "{\"duplicates\":[[\"/context_annotations/0/domain/id\",\"1\"]]}" },
		{ LINE("\"_aviary\":{\"batch_id\":1,\"batch_id\":2}"), "batch_id", "2",
		  "{\"moved\":[\"batch_id\"],\"duplicates\":[[\"/_aviary/batch_id\",1]]}" },
		{ LINE("\"_aviary\":{\"batch_id\":1,\"a\":1},\"_aviary\":{\"batch_id\":2}"),
		  "batch_id", "2",
		  "{\"moved\":[\"batch_id\"],\"duplicates\":[[\"/_aviary\",{\"batch_id\":1,\"a\":1}]]}" },
		{ LINE("\"_aviary\":{\"batch_id\":1},\"_aviary\":5"), "batch_id", NULL,
		  "{\"/_aviary\":5,\"duplicates\":[[\"/_aviary\",{\"batch_id\":1}]]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

static void repeated_ids_and_times_are_noted(void **state)
{
	static const struct golden goldens[] = {
		{ "{\"id\":\"20\",\"id\":\"2083157183716917248\",\"hashtags\":[]," TEST_TIME "}",
		  "id", "\"2083157183716917248\"", "{\"duplicates\":[[\"/id\",\"20\"]]}" },
		{ "{\"id\":20,\"id\":\"2083157183716917248\",\"hashtags\":[]," TEST_TIME "}", "id",
		  "\"2083157183716917248\"", "{\"duplicates\":[[\"/id\",20]]}" },
		{ LINE("\"created_at\":\"2021-01-01T00:00:00.000Z\""), "created_at",
		  "\"2021-01-01T00:00:00.000Z\"",
		  "{\"duplicates\":[[\"/created_at\",\"2026-07-31T11:45:50.444Z\"]]}" },
		{ LINE("\"created_at\":null"), "created_at", "\"2026-07-31T11:45:50.444Z\"",
		  "{\"/created_at\":null,\"derived\":[\"/created_at\"],"
		  "\"duplicates\":[[\"/created_at\",\"2026-07-31T11:45:50.444Z\"]]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

/* What stands in a JSON column or in extra keeps its repeated members in place. */
static void source_text_keeps_its_own_repetitions(void **state)
{
	struct table *table = *state;
	assert_filled(table, STR(LINE("\"article\":{\"a\":1,\"a\":2}")));
	assert_str(table_text(table, "article", GOLDEN_ROW), "{\"a\":1,\"a\":2}");
	assert_extra(table, NULL);
	assert_filled(table, STR(LINE("\"unknown\":{\"a\":1,\"a\":2}")));
	assert_extra(table, "{\"/unknown\":{\"a\":1,\"a\":2}}");
	assert_filled(table, STR(LINE("\"article\":{\"a\":1,\"a\":[{\"b\":1,\"b\":2}]},\"lang\":1,"
				      "\"lang\":\"x\"")));
	assert_str(table_text(table, "article", GOLDEN_ROW), "{\"a\":[{\"b\":2}]}");
	assert_extra(table, "{\"duplicates\":[[\"/article/a\",1],[\"/article/a/0/b\",1],"
			    "[\"/lang\",1]]}");
}

/* A reader of extra that knows no repeated names would see one of them. */
static void no_pointer_stands_twice_in_extra(void **state)
{
	static const struct golden goldens[] = {
		{ LINE("\"new\":1,\"new\":{\"a\":1}"), "lang", NULL,
		  "{\"/new\":{\"a\":1},\"duplicates\":[[\"/new\",1]]}" },
		{ LINE("\"user\":{\"new\":{\"a\":1},\"new\":[]}"), "user_id", NULL,
		  "{\"/user/new\":[],\"duplicates\":[[\"/user/new\",{\"a\":1}]]}" },
		{ LINE("\"a\":1,\"b\":2,\"c\":3,\"b\":4"), "lang", NULL,
		  "{\"/a\":1,\"/c\":3,\"/b\":4,\"duplicates\":[[\"/b\",2]]}" },
		{ LINE("\"referenced_tweets\":[{\"a\":1},{\"a\":2,\"a\":3}]"), "referenced_tweets",
		  "[{},{}]",
		  "{\"/referenced_tweets/0/a\":1,\"/referenced_tweets/1/a\":3,"
		  "\"duplicates\":[[\"/referenced_tweets/1/a\",2]]}" },
		{ LINE("\"_aviary\":{\"_aviary\":1,\"_aviary\":2}"), "lang", NULL,
		  "{\"/_aviary/_aviary\":2,\"duplicates\":[[\"/_aviary/_aviary\",1]]}" },
	};
	ASSERT_GOLDENS(*state, goldens);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_old_vocabulary_is_told),
		cmocka_unit_test(the_new_vocabulary_fills_the_same_columns),
		cmocka_unit_test(mixed_vocabularies_are_told_apart),
		cmocka_unit_test(the_second_spelling_goes_to_extra),
		cmocka_unit_test(our_members_may_stand_aside),
		cmocka_unit_test(what_else_stands_aside_goes_to_extra),
		cmocka_unit_test(hashtags_are_derived_where_the_line_has_none),
		cmocka_unit_test(hashtags_that_are_there_are_folded),
		cmocka_unit_test(the_long_text_is_cleaned),
		cmocka_unit_test(included_posts_keep_their_source),
		cmocka_unit_test(repeated_members_are_noted),
		cmocka_unit_test(repeated_ids_and_times_are_noted),
		cmocka_unit_test(source_text_keeps_its_own_repetitions),
		cmocka_unit_test(no_pointer_stands_twice_in_extra),
	};
	return cmocka_run_group_tests(tests, table_prepare, table_dispose);
}
