#include "simulator/answer_fixture.h"

static const char counts[] = "/2/tweets/counts/recent";

static void count(struct house *house, const char *arguments)
{
	ask_as(house, "Bearer abc", counts, arguments);
}

/* Posts that a search finds in the same window. */
static uint64_t found(struct house *house, const char *arguments)
{
	char next[512];
	uint64_t posts = 0;
	snprintf(next, sizeof next, "%s&max_results=100", arguments);
	for (;;) {
		ask(house, next);
		expect(house, 200, "meta");
		posts += yyjson_arr_size(json_get(house->doc.root, "data"));
		if (!meta(house, "next_token").ptr)
			return posts;
		snprintf(next, sizeof next, "%s&max_results=100&next_token=%.*s", arguments,
			 STR_ARG(meta(house, "next_token")));
	}
}

static uint64_t number(yyjson_val *object, const char *name)
{
	int64_t value = -1;
	assert_true(json_get_i64(object, name, &value));
	return (uint64_t)value;
}

static uint64_t total(struct house *house)
{
	return number(json_get(house->doc.root, "meta"), "total_tweet_count");
}

static void assert_bucket(struct house *house, size_t at, const char *start, const char *end)
{
	yyjson_val *bucket = yyjson_arr_get(json_get(house->doc.root, "data"), at);
	assert_str(json_get_text(bucket, "start"), start);
	assert_str(json_get_text(bucket, "end"), end);
}

static void counts_are_what_a_search_finds(void **state)
{
	struct house *house = *state;
	static const char *const queries[] = {
		"query=the&start_time=2026-11-24T09:10:00Z&end_time=2026-11-24T11:20:00Z",
		"query=birds has:hashtags&start_time=2026-11-24T10:00:00Z",
		"query=zzzz&start_time=2026-11-24T10:00:00Z",
	};
	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		uint64_t wanted = found(house, queries[i]), sum = 0;
		assert_true(wanted > 40 || i == 2);
		count(house, queries[i]);
		expect(house, 200, "data");
		assert_int_equal(total(house), wanted);
		size_t at, max;
		yyjson_val *bucket;
		yyjson_arr_foreach(json_get(house->doc.root, "data"), at, max, bucket) {
			sum += number(bucket, "tweet_count");
		}
		assert_int_equal(sum, wanted);
	}
}

static void buckets_are_cut_by_the_window(void **state)
{
	struct house *house = *state;
	count(house, "query=the&start_time=2026-11-24T09:10:00Z&end_time=2026-11-24T11:20:00Z");
	assert_int_equal(yyjson_arr_size(json_get(house->doc.root, "data")), 3);
	assert_bucket(house, 0, "2026-11-24T09:10:00.000Z", "2026-11-24T10:00:00.000Z");
	assert_bucket(house, 1, "2026-11-24T10:00:00.000Z", "2026-11-24T11:00:00.000Z");
	assert_bucket(house, 2, "2026-11-24T11:00:00.000Z", "2026-11-24T11:20:00.000Z");
	count(house, "query=the&granularity=minute&start_time=2026-11-24T11:58:30Z");
	assert_int_equal(yyjson_arr_size(json_get(house->doc.root, "data")), 2);
	assert_bucket(house, 1, "2026-11-24T11:59:00.000Z", "2026-11-24T11:59:30.000Z");
	count(house, "query=the&granularity=hour&start_time=2026-11-24T10:00:00Z"
		     "&end_time=2026-11-24T11:00:00Z");
	assert_int_equal(yyjson_arr_size(json_get(house->doc.root, "data")), 1);
}

static void a_week_is_counted_by_some_of_its_posts(void **state)
{
	struct house *house = *state;
	count(house, "query=birds&granularity=day");
	assert_int_equal(yyjson_arr_size(json_get(house->doc.root, "data")), 8);
	assert_bucket(house, 0, "2026-11-17T12:00:00.000Z", "2026-11-18T00:00:00.000Z");
	assert_bucket(house, 7, "2026-11-24T00:00:00.000Z", "2026-11-24T11:59:30.000Z");
	/* Two posts a second, 14 of 100 about birds. */
	assert_in_range(total(house), 7 * 86400 * 2 * 12 / 100, 7 * 86400 * 2 * 16 / 100);
}

static void ids_bound_a_count_as_they_bound_a_search(void **state)
{
	struct house *house = *state;
	char text[160];
	uint64_t ids[10];
	size_t at, max;
	yyjson_val *post;
	ask(house, "query=the");
	yyjson_arr_foreach(json_get(house->doc.root, "data"), at, max, post) {
		assert_true(str_to_u64(json_get_text(post, "id"), &ids[at]));
	}
	snprintf(text, sizeof text, "query=the&since_id=%llu&until_id=%llu",
		 (unsigned long long)ids[7], (unsigned long long)ids[2]);
	count(house, text);
	expect(house, 200, "data");
	assert_int_equal(total(house), 4);
	snprintf(text, sizeof text, "query=the&since_id=%llu", (unsigned long long)ids[0]);
	count(house, text);
	assert_int_equal(total(house), 0);
	count(house, "query=the&since_id=9999999999999999999");
	assert_int_equal(total(house), 0);
}

static void counts_take_their_own_parameters(void **state)
{
	static const struct {
		const char *arguments;
		int status;
		const char *words;
	} cases[] = {
		{ "", 400, "\"parameters\":{\"query\":[\"\"]}" },
		{ "query=has:links", 400, "\"query\"" },
		{ "query=a&max_results=10", 400, "[max_results] is not one of [query,start_time," },
		{ "query=a&tweet.fields=id", 400, "search_count.fields]" },
		{ "query=a&granularity=week", 400, "[week] is not one of [minute,hour,day]" },
		{ "query=a&start_time=2026-11-17T11:59:59Z", 400, "must be on or after" },
		{ "query=a&search_count.fields=end,start,tweet_count", 200, "total_tweet_count" },
		{ "query=a&search_count.fields=end,start,post_count", 200, "total_post_count" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[256];
		snprintf(text, sizeof text, "%s%s", cases[i].arguments,
			 strstr(cases[i].arguments, "start_time") || cases[i].status == 400 ?
				 "" :
				 "&start_time=2026-11-24T11:50:00Z");
		count(*state, text);
		expect(*state, cases[i].status, cases[i].words);
	}
}

static void counts_have_a_limit_of_their_own(void **state)
{
	struct house *house = *state;
	count(house, "query=a&start_time=2026-11-24T11:50:00Z");
	assert_string_equal(header(house, "x-rate-limit-limit"), "300");
	assert_string_equal(header(house, "x-rate-limit-remaining"), "299");
	ask(house, "query=a");
	assert_string_equal(header(house, "x-rate-limit-remaining"), "449");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(counts_are_what_a_search_finds),
		CLAIM(buckets_are_cut_by_the_window),
		CLAIM(a_week_is_counted_by_some_of_its_posts),
		CLAIM(ids_bound_a_count_as_they_bound_a_search),
		CLAIM(counts_take_their_own_parameters),
		CLAIM(counts_have_a_limit_of_their_own),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
