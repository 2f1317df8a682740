#include "simulator/answer_fixture.h"

static const int64_t day_us = 24 * 3600 * INT64_C(1000000);

static void ask_usage(struct house *house, const char *token, const char *arguments)
{
	char authorization[64];
	snprintf(authorization, sizeof authorization, "Bearer %s", token);
	ask_as(house, authorization, "/2/usage/tweets", arguments);
}

static uint64_t used(struct house *house, const char *token)
{
	uint64_t posts;
	ask_usage(house, token, "days=1");
	expect(house, 200, "project_usage");
	assert_true(str_to_u64(json_get_text(json_get(house->doc.root, "data"), "project_usage"),
			       &posts));
	return posts;
}

static void a_post_is_read_once_a_day(void **state)
{
	struct house *house = *state;
	assert_int_equal(used(house, "abc%2Fd"), 0);
	for (int i = 0; i < 3; i++)
		ask(house, "query=the&max_results=100");
	assert_int_equal(used(house, "abc%2Fd"), 100);
	ask(house, "query=the&max_results=10&start_time=2026-11-24T11:00:00Z&end_time="
		   "2026-11-24T11:10:00Z");
	assert_int_equal(used(house, "abc%2Fd"), 110);
	assert_int_equal(used(house, "other"), 0);
	house->now_us += day_us / 2; /* midnight has passed */
	ask(house, "query=the&max_results=10&start_time=2026-11-24T11:00:00Z&end_time="
		   "2026-11-24T11:10:00Z");
	assert_int_equal(used(house, "abc%2Fd"), 120);
}

static void refusals_and_empty_pages_are_free(void **state)
{
	struct house *house = *state;
	ask(house, "query=");
	ask(house, "query=zzzz&start_time=2026-11-24T11:59:00Z");
	assert_int_equal(used(house, "abc%2Fd"), 0);
}

static void days_are_told_one_by_one(void **state)
{
	struct house *house = *state;
	ask(house, "query=the&max_results=10");
	house->now_us += 2 * day_us;
	ask(house, "query=the&max_results=20");
	ask_usage(house, "abc%2Fd", "days=3&usage.fields=daily_project_usage");
	expect(house, 200,
	       "\"usage\":[{\"date\":\"2026-11-24T00:00:00.000Z\",\"usage\":\"10\"},"
	       "{\"date\":\"2026-11-25T00:00:00.000Z\",\"usage\":\"0\"},"
	       "{\"date\":\"2026-11-26T00:00:00.000Z\",\"usage\":\"20\"}]");
	assert_null(strstr(buf_text(&house->last.body), "project_cap"));
	ask_usage(house, "abc%2Fd", "days=1&usage.fields=daily_client_app_usage,cap_reset_day");
	expect(house, 200,
	       "\"usage_result_count\":1,\"usage\":[{\"date\":\"2026-11-26T00:00:00.000Z\","
	       "\"usage\":\"20\"}]");
	expect(house, 200, "\"cap_reset_day\":5");
}

static void a_month_begins_at_nothing(void **state)
{
	struct house *house = *state;
	ask(house, "query=the&max_results=10");
	house->now_us += 10 * day_us;
	assert_int_equal(used(house, "abc%2Fd"), 0);
	house->now_us += 200 * day_us;
	ask_usage(house, "abc%2Fd", "days=90&usage.fields=daily_project_usage");
	assert_null(strstr(buf_text(&house->last.body), "\"usage\":\"10\""));
}

static void usage_takes_its_own_parameters(void **state)
{
	struct house *house = *state;
	ask_usage(house, "a", "days=0");
	expect(house, 400, "value [0] is not between 1 and 90");
	ask_usage(house, "a", "days=91");
	expect(house, 400, "value [91] is not between 1 and 90");
	ask_usage(house, "a", "usage.fields=posts");
	expect(house, 400, "[posts] is not one of [cap_reset_day,");
	ask_usage(house, "a", "query=a");
	expect(house, 400, "[query] is not one of [days,usage.fields]");
	ask_usage(house, "a", "days=90");
	expect(house, 200, "\"project_cap\":\"3000000\"");
	assert_string_equal(header(house, "x-rate-limit-limit"), "50");
}

static void no_number_of_readers_is_too_many(void **state)
{
	struct house *house = *state;
	char token[32];
	for (int i = 0; i < 3 * USAGE_TOKENS; i++) {
		snprintf(token, sizeof token, "Bearer t%d", i);
		ask_as(house, token, "/2/tweets/search/recent", "query=the&max_results=10");
	}
	assert_int_equal(used(house, token + strlen("Bearer ")), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(a_post_is_read_once_a_day),      CLAIM(refusals_and_empty_pages_are_free),
		CLAIM(days_are_told_one_by_one),       CLAIM(a_month_begins_at_nothing),
		CLAIM(usage_takes_its_own_parameters), CLAIM(no_number_of_readers_is_too_many),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
