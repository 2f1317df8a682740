#include "simulator/answer_fixture.h"

static const int64_t second_us = 1000000, day_us = 24 * 3600 * INT64_C(1000000);

/* Pages through, checks the order, and returns the ids with spaces between them. */
static char *page_through(struct house *house, const char *arguments, size_t *ret_pages)
{
	struct buf ids = { 0 }, next = { 0 };
	uint64_t last = UINT64_MAX, id;
	size_t at, max;
	yyjson_val *post;
	*ret_pages = 0;
	buf_add_text(&next, arguments);
	do {
		ask(house, buf_text(&next));
		expect(house, 200, "meta");
		yyjson_arr_foreach(json_get(house->doc.root, "data"), at, max, post) {
			assert_true(str_to_u64(json_get_text(post, "id"), &id));
			assert_true(id < last);
			last = id;
			buf_addf(&ids, "%llu ", (unsigned long long)id);
		}
		buf_reset(&next);
		buf_addf(&next, "%s&next_token=%.*s", arguments,
			 STR_ARG(meta(house, "next_token")));
		++*ret_pages;
	} while (meta(house, "next_token").ptr);
	buf_release(&next);
	return buf_detach(&ids);
}

static void pages_are_newest_first_and_lose_nothing(void **state)
{
	struct house *house = *state;
	size_t pages, fewer;
	const char *small = "query=the&start_time=2026-11-24T11:00:00Z",
		   *large = "query=the&start_time=2026-11-24T11:00:00Z&max_results=100";
	char *ids = page_through(house, small, &pages), *same = page_through(house, large, &fewer);
	assert_string_equal(ids, same);
	assert_true(pages > 10 && fewer > 3 && fewer < pages);
	assert_true(strlen(ids) > 20 * 300);
	free(ids);
	free(same);
}

static void paging_stands_while_posts_arrive(void **state)
{
	struct house *house = *state;
	char next[256];
	ask(house, "query=the&max_results=20");
	struct str oldest = meta(house, "oldest_id");
	uint64_t first_oldest, newest;
	assert_true(str_to_u64(oldest, &first_oldest));
	snprintf(next, sizeof next, "query=the&max_results=20&next_token=%.*s",
		 STR_ARG(meta(house, "next_token")));
	house->now_us += 10 * minute_us;
	ask(house, next);
	assert_true(str_to_u64(meta(house, "newest_id"), &newest));
	assert_true(newest < first_oldest);
	/* The page token may come by its other name, with another page size. */
	memcpy(strstr(next, "max_results=20"), "max_results=30", 14);
	ask(house, next);
	expect(house, 200, "\"result_count\":30");
}

static void a_token_belongs_to_its_search(void **state)
{
	struct house *house = *state;
	char token[64], next[256];
	ask(house, "query=the");
	snprintf(token, sizeof token, "%.*s", STR_ARG(meta(house, "next_token")));
	static const char *const others[] = {
		"query=the%20",
		"query=tea",
		"query=the&tweet.fields=lang",
		"query=the&sort_order=recency",
		"query=the&start_time=2026-11-24T11:00:00Z",
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		snprintf(next, sizeof next, "%s&pagination_token=%s", others[i], token);
		ask(house, next);
		expect(house, 400, "`pagination_token` query parameter value");
	}
	for (size_t i = 0; i < strlen(token); i++) {
		snprintf(next, sizeof next, "query=the&next_token=%s", token);
		char *byte = strstr(next, "token=") + 6 + i;
		*byte = *byte == '7' ? '6' : '7';
		ask(house, next);
		expect(house, 400, "`next_token` query parameter value");
	}
	ask(house, "query=the&next_token=");
	expect(house, 400, "`next_token` query parameter value []");
	snprintf(next, sizeof next, "query=the&pagination_token=%s", token);
	ask(house, next);
	expect(house, 200, "\"data\"");
}

static void since_and_until_are_exclusive(void **state)
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
	ask(house, text);
	expect(house, 200, "\"result_count\":4");
	snprintf(text, sizeof text, "%llu", (unsigned long long)ids[3]);
	assert_str(meta(house, "newest_id"), text);
	snprintf(text, sizeof text, "%llu", (unsigned long long)ids[6]);
	assert_str(meta(house, "oldest_id"), text);
}

static void an_empty_page_is_only_a_count(void **state)
{
	struct house *house = *state;
	ask(house, "query=zzzz&start_time=2026-11-24T11:59:00Z");
	expect(house, 200, "");
	assert_string_equal(buf_text(&house->last.body), "{\"meta\":{\"result_count\":0}}");
}

static void a_long_search_goes_on_behind_an_empty_page(void **state)
{
	struct house *house = *state;
	size_t pages;
	char *ids;
	ask(house, "query=zzzz");
	expect(house, 200, "\"result_count\":0,\"next_token\"");
	/* Seven days are 1,209,600 posts; so many are too many for a test. */
	ids = page_through(house, "query=zzzz&start_time=2026-11-24T03:00:00Z", &pages);
	assert_int_equal(pages, 2);
	assert_string_equal(ids, "");
	free(ids);
}

static void newest_is_thirty_seconds_old(void **state)
{
	struct house *house = *state;
	uint64_t id;
	ask(house, "query=(the OR a OR to OR https)&max_results=100");
	assert_true(str_to_u64(meta(house, "newest_id"), &id));
	assert_true(invent_id_time_us(id) < noon_us - 30 * second_us);
	assert_true(invent_id_time_us(id) > noon_us - 60 * second_us);
	ask(house, "query=(the OR a OR to OR https)&end_time=2026-11-24T11:59:50Z");
	assert_true(str_to_u64(meta(house, "newest_id"), &id));
	assert_true(invent_id_time_us(id) > noon_us - 30 * second_us);
}

static void times_are_whole_seconds_inclusive_and_exclusive(void **state)
{
	struct house *house = *state;
	char *minute, *halves[2], both[65536];
	size_t pages;
	const char *every = "query=(the OR a OR to OR https OR t)";
	char text[256];
	snprintf(text, sizeof text,
		 "%s&start_time=2026-11-24T10:00:00Z&end_time=2026-11-24T10:20:00Z", every);
	minute = page_through(house, text, &pages);
	snprintf(text, sizeof text,
		 "%s&start_time=2026-11-24T10:07:31.9Z&end_time=2026-11-24T10:20:00Z", every);
	halves[0] = page_through(house, text, &pages);
	snprintf(text, sizeof text,
		 "%s&start_time=2026-11-24T10:00:00Z&end_time=2026-11-24T11:07:31%%2b01:00", every);
	memmove(strstr(text, "%2b"), "+01:00", 7);
	halves[1] = page_through(house, text, &pages);
	snprintf(both, sizeof both, "%s%s", halves[0], halves[1]);
	assert_string_equal(both, minute);
	free(minute);
	free(halves[0]);
	free(halves[1]);
}

static void the_clock_has_x_s_rules(void **state)
{
	static const struct {
		const char *arguments;
		int status;
		const char *words;
	} cases[] = {
		{ "start_time=2026-11-17T12:00:00Z", 200, "meta" },
		{ "start_time=2026-11-17T11:59:59Z", 400, "must be on or after 2026-11-17T12:00Z" },
		{ "start_time=2026-11-24T11:59:31Z", 400, "must be before 'end_time'" },
		{ "start_time=2026-11-24T11:00:00Z&end_time=2026-11-24T11:00:00Z", 400,
		  "must be before 'end_time'" },
		{ "end_time=2026-11-24T11:59:50Z", 200, "meta" },
		{ "end_time=2026-11-24T11:59:51Z", 400, "a minimum of 10 seconds prior" },
		{ "end_time=2027-11-24T11:59:51Z", 400, "a minimum of 10 seconds prior" },
		{ "end_time=2026-11-17T12:00:00Z", 400, "'end_time' must be on or after" },
		{ "since_id=2122661022044127232", 400,
		  "'since_id' must be a tweet id created after 2026-11-17T12:00Z. Please use a "
		  "'since_id' that is larger than 21226610" },
		{ "since_id=0", 400, "'since_id' must be a tweet id created after" },
		{ "until_id=1", 400, "'until_id' must be a tweet id created after" },
		{ "since_id=9999999999999999999", 200, "{\"meta\":{\"result_count\":0}}" },
		{ "since_id=99999999999999999999", 400, "does not match ^[0-9]{1,19}$" },
		{ "since_id=-1", 400, "does not match ^[0-9]{1,19}$" },
		{ "since_id=2125197000000000000&start_time=2026-11-24T11:00:00Z", 400,
		  "Invalid use of since_id" },
		{ "since_id=2125197000000000000&end_time=2026-11-24T11:00:00Z", 400,
		  "Invalid use of since_id" },
		{ "since_id=2125190000000000000&until_id=2125197000000000000", 200, "meta" },
		{ "start_time=yesterday", 400, "not a valid RFC3339 time" },
		{ "start_time=2026-11-24%2011:00:00Z", 400, "not a valid RFC3339 time" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[256];
		snprintf(text, sizeof text, "query=the&%s", cases[i].arguments);
		ask(*state, text);
		expect(*state, cases[i].status, cases[i].words);
	}
}

static void parameters_are_checked(void **state)
{
	static const struct {
		const char *arguments;
		int status;
		const char *words;
	} cases[] = {
		{ "", 400, "\"parameters\":{\"query\":[\"\"]}" },
		{ "query=", 400, "can not be empty" },
		{ "query=a&max_results=9", 400, "value [9] is not between 10 and 100" },
		{ "query=a&max_results=101", 400, "value [101] is not between 10 and 100" },
		{ "query=a&max_results=", 400, "is not a number" },
		{ "query=a&max_results=10", 200, "meta" },
		{ "query=a&sort_order=newest", 400, "is not one of [recency,relevancy]" },
		{ "query=a&sort_order=relevancy", 200, "meta" },
		{ "query=a&query=b", 400, "only once" },
		{ "query=a&colour=red", 400,
		  "{\"colour\":[\"red\"]},\"message\":\"The query "
		  "parameter [colour] is not one of [query," },
		{ "query=a&tweet.fields=id,colour", 400, "[colour] is not one of [id,text," },
		{ "query=a&tweet.fields=", 400, "value [] is not one of" },
		{ "query=a&tweet.fields=lang,id,lang", 400, "more than once" },
		{ "query=a&expansions=author", 400, "[author] is not one of [author_id," },
		{ "query=a&place.fields=author_id", 400, "`place.fields`" },
		{ "query=a&max_results=1&sort_order=x", 400, "`sort_order`" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		ask(*state, cases[i].arguments);
		expect(*state, cases[i].status, cases[i].words);
		if (cases[i].status == 400)
			expect(*state, 400, "\"title\":\"Invalid Request\"");
	}
}

/* ask() reads every answer as JSON. */
static void hostile_arguments_get_an_answer(void **state)
{
	struct house *house = *state;
	struct buf text = { 0 };
	static const char *const arguments[] = {
		"query=\xff\xfe",
		"query=a&\xff=1",
		"query=a&tweet.fields=\xc3",
		"query=\"a\\",
		"query=a&since_id=\xf0\x9f\x90",
		"query=a&a\"b=\\\"",
		"=",
		"query=\x01\x02",
		"&&=&",
		"query=a&start_time=\xe2\x82",
	};
	for (size_t i = 0; i < sizeof arguments / sizeof *arguments; i++) {
		ask(house, arguments[i]);
		expect(house, 400, "\"message\"");
	}
	/* Messages are cut, but not inside a character. */
	for (size_t pad = 0; pad < 4; pad++) {
		static const char *const before[] = { "is:", "from:", "x:" };
		static const char *const names[] = { "start_time", "tweet.fields", "zz" };
		for (size_t i = 0; i < 3; i++) {
			buf_reset(&text);
			buf_addf(&text, "query=%s%.*s", before[i], (int)pad, "aaaa");
			for (int k = 0; k < 500; k++)
				buf_add_text(&text, "🐦");
			buf_addf(&text, "&%s=%.*s", names[i], (int)pad, "aaaa");
			for (int k = 0; k < 500; k++)
				buf_add_text(&text, "🐦");
			ask(house, buf_text(&text));
			expect(house, 400, "\"message\"");
			assert_null(strstr(buf_text(&house->last.body), "?"));
		}
	}
	buf_release(&text);
}

static void the_request_s_vocabulary_is_the_answer_s(void **state)
{
	struct house *house = *state;
	ask(house, "query=the&max_results=100&tweet.fields=public_metrics,referenced_tweets");
	expect(house, 200, "\"retweet_count\"");
	expect(house, 200, "\"edit_history_tweet_ids\"");
	ask(house, "query=the&max_results=100&post.fields=public_metrics&expansions=author_id,"
		   "referenced_posts");
	expect(house, 200, "\"repost_count\"");
	expect(house, 200, "\"referenced_posts\"");
	assert_null(strstr(buf_text(&house->last.body), "tweet"));
	/* By the wrong name: nothing is said, and nothing comes. */
	ask(house, "query=the&post.fields=note_tweet,edit_history_tweet_ids");
	expect(house, 200, "\"data\"");
	assert_null(strstr(buf_text(&house->last.body), "edit_history"));
	ask(house, "query=the&expansions=edit_history_post_ids");
	expect(house, 200, "\"edit_history_post_ids\"");
}

static void reposts_are_not_found(void **state)
{
	struct house *house = *state;
	ask(house, "query=rt&start_time=2026-11-24T11:30:00Z&max_results=100");
	expect(house, 200, "{\"meta\":{\"result_count\":0}}");
}

static void relevance_is_another_order_of_the_same(void **state)
{
	struct house *house = *state;
	const char *arguments = "query=the&max_results=50";
	char newest[32], first[32];
	ask(house, arguments);
	snprintf(newest, sizeof newest, "%.*s", STR_ARG(meta(house, "newest_id")));
	ask(house, "query=the&max_results=50&sort_order=relevancy");
	assert_str(meta(house, "newest_id"), newest);
	yyjson_val *post = yyjson_arr_get_first(json_get(house->doc.root, "data"));
	snprintf(first, sizeof first, "%.*s", STR_ARG(json_get_text(post, "id")));
	assert_string_not_equal(first, newest);
}

static void only_a_bearer_token_opens(void **state)
{
	static const char *const refused[] = { NULL,        "",    "Bearer",     "Bearer ",
					       "Basic abc", "abc", "Bearer a b", "Bearer a\"b",
					       "Bearerabc" };
	struct house *house = *state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		ask_as(house, refused[i], "/2/tweets/search/recent", "query=the");
		expect(house, 401,
		       "{\"title\":\"Unauthorized\",\"detail\":\"Unauthorized\",\"type\":"
		       "\"about:blank\",\"status\":401}");
		assert_string_equal(header(house, "x-rate-limit-limit"), "");
		assert_string_equal(header(house, "x-aviary-simulator"), "1");
		assert_string_equal(house->last.content_type, "application/problem+json");
	}
	ask_as(house, "bearer a", "/2/tweets/search/recent", "query=the");
	expect(house, 200, "data");
	assert_string_equal(house->last.content_type, "application/json; charset=utf-8");
	ask_as(house, "Bearer a", "/2/tweets/search/all", "query=the");
	expect(house, 404, "\"title\":\"Not Found\"");
}

static void every_token_has_its_window(void **state)
{
	struct house *house = *state;
	house->answerer.allowance.requests_per_window = 3;
	ask(house, "query=the");
	assert_string_equal(header(house, "x-rate-limit-limit"), "3");
	assert_string_equal(header(house, "x-rate-limit-remaining"), "2");
	/* 15 minutes behind 12:00:00.25, the next whole second */
	assert_string_equal(header(house, "x-rate-limit-reset"), "1795522501");
	house->now_us += 14 * minute_us;
	ask(house, "query=");
	assert_string_equal(header(house, "x-rate-limit-remaining"), "1");
	ask(house, "query=the");
	expect(house, 200, "data");
	ask(house, "query=the");
	expect(house, 429,
	       "{\"title\":\"Too Many Requests\",\"detail\":\"Too Many Requests\","
	       "\"type\":\"about:blank\",\"status\":429}");
	assert_string_equal(header(house, "x-rate-limit-remaining"), "0");
	assert_string_equal(header(house, "x-rate-limit-reset"), "1795522501");
	ask_as(house, "Bearer other", "/2/tweets/search/recent", "query=the");
	expect(house, 200, "data");
	house->now_us += minute_us - 1;
	ask(house, "query=the");
	expect(house, 429, "Too Many Requests");
	house->now_us += 1;
	ask(house, "query=the");
	expect(house, 200, "data");
	assert_string_equal(header(house, "x-rate-limit-remaining"), "2");
}

static void no_number_of_tokens_is_too_many(void **state)
{
	struct house *house = *state;
	char token[32];
	for (int i = 0; i < 3 * ALLOWANCE_TOKENS; i++) {
		snprintf(token, sizeof token, "Bearer t%d", i);
		house->now_us++;
		ask_as(house, token, "/2/tweets/search/recent", "query=-");
		assert_string_equal(header(house, "x-rate-limit-remaining"), "449");
	}
	ask_as(house, token, "/2/tweets/search/recent", "query=-");
	assert_string_equal(header(house, "x-rate-limit-remaining"), "448");
}

static void the_same_seed_has_the_same_posts(void **state)
{
	struct house *house = *state;
	struct timeline_options options = { .seed = 3, .rate = 2 };
	size_t pages;
	const char *arguments = "query=the&start_time=2026-11-24T11:00:00Z&end_time="
				"2026-11-24T11:20:00Z&tweet.fields=text,lang,created_at";
	char *ids = page_through(house, arguments, &pages), *again;
	timeline_free(house->answerer.timeline);
	house->answerer.timeline = timeline_new(&options);
	house->now_us += 5 * day_us;
	again = page_through(house, arguments, &pages);
	assert_string_equal(ids, again);
	free(again);
	timeline_free(house->answerer.timeline);
	options.seed = 4;
	house->answerer.timeline = timeline_new(&options);
	again = page_through(house, arguments, &pages);
	assert_string_not_equal(ids, again);
	free(again);
	free(ids);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(pages_are_newest_first_and_lose_nothing),
		CLAIM(paging_stands_while_posts_arrive),
		CLAIM(a_token_belongs_to_its_search),
		CLAIM(since_and_until_are_exclusive),
		CLAIM(an_empty_page_is_only_a_count),
		CLAIM(a_long_search_goes_on_behind_an_empty_page),
		CLAIM(newest_is_thirty_seconds_old),
		CLAIM(times_are_whole_seconds_inclusive_and_exclusive),
		CLAIM(the_clock_has_x_s_rules),
		CLAIM(parameters_are_checked),
		CLAIM(hostile_arguments_get_an_answer),
		CLAIM(the_request_s_vocabulary_is_the_answer_s),
		CLAIM(reposts_are_not_found),
		CLAIM(relevance_is_another_order_of_the_same),
		CLAIM(only_a_bearer_token_opens),
		CLAIM(every_token_has_its_window),
		CLAIM(no_number_of_tokens_is_too_many),
		CLAIM(the_same_seed_has_the_same_posts),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
