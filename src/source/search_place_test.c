#include "source/search_fixture.h"

/* --- the clock ---------------------------------------------------------------------------------------------------- */

static void a_poll_reads_again_what_is_little_older_than_its_cursor(void **state)
{
	(void)state;
	const struct search_options options = { .query = "x", .overlap_us = 240 * S };
	struct search_place place = { .since_id = id_of(300), .start_us = 1, .batch_id = 3 };
	struct search_poll poll;
	struct search_verdict verdict;
	search_poll_begin(&poll, &options, &place, 4, NOW_US);
	assert_int_equal(poll.above_id, post_id_floor(NOW_US - 540 * S));
	assert_int_equal(poll.below_id, post_id_floor(NOW_US - 10 * S));
	/* All are known, but for a late one: the journal knows which. */
	answer_page(&poll, (int64_t[]){ 301, 400, 500, 0 }, NULL, &verdict);
	assert_true(poll.done);
	assert_memory_equal(&poll.place, &place, sizeof place);
	search_poll_has_lines(&poll);
	assert_int_equal(poll.place.batch_id, 4);
	assert_int_equal(poll.place.since_id, place.since_id);
	/* One that was killed between two pages goes on below, as deep. */
	search_poll_begin(&poll, &options, &place, 4, NOW_US);
	answer_page(&poll, (int64_t[]){ 200, 301, 400, 0 }, "a", &verdict);
	search_poll_has_lines(&poll);
	assert_int_equal(poll.place.newest_id, id_of(200));
	struct search_place under_way = poll.place;
	search_poll_release(&poll);
	search_poll_begin(&poll, &options, &under_way, 9, NOW_US);
	assert_int_equal(poll.batch_id, 4);
	assert_int_equal(poll.above_id, post_id_floor(NOW_US - 540 * S));
	assert_int_equal(poll.below_id, id_of(400));
	answer_page(&poll, (int64_t[]){ 500, 0 }, NULL, &verdict);
	assert_int_equal(poll.place.since_id, id_of(200));
	assert_null(poll.gap.cause);
}

static void a_poll_asks_for_nothing_of_the_last_seconds(void **state)
{
	(void)state;
	struct search_place place = { .since_id = id_of(300) };
	struct search_poll poll;
	struct search_verdict verdict;
	struct buf url = { 0 };
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	answer_page(&poll, (int64_t[]){ 20, 30, 0 }, "a", &verdict);
	/* The bound stands still while it pages. */
	search_poll_request(&poll, &nothing, 10, NOW_US + 60 * S, &url);
	assert_int_equal(argument(buf_text(&url), "until_id="), post_id_floor(NOW_US - 10 * S));
	search_poll_release(&poll);
	/* A cursor ahead of our clock: better no bound than one that asks for nothing. */
	place.since_id = id_of(-3600);
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	assert_int_equal(poll.below_id, 0);
	assert_int_equal(poll.place.since_id, place.since_id);
	buf_release(&url);
}

static void a_cursor_that_a_lie_poisoned_is_repaired(void **state)
{
	(void)state;
	struct search_options options = { .query = "x", .reach_us = 300 * S };
	struct search_place place = { .since_id = INT64_MAX,
				      .start_us = NOW_US - 7200 * S,
				      .newest_id = INT64_MAX,
				      .until_id = id_of(60) };
	struct search_poll poll;
	/* Perhaps only our clock is behind. */
	search_poll_begin(&poll, &options, &place, 1, NOW_US);
	assert_memory_equal(&poll.place, &place, sizeof place);
	options.clock_is_x_s = true;
	search_poll_begin(&poll, &options, &place, 1, NOW_US);
	assert_int_equal(poll.place.since_id, 0);
	assert_int_equal(poll.place.start_us, NOW_US - 300 * S);
	assert_int_equal(poll.place.newest_id, 0);
	assert_int_equal(poll.place.until_id, 0);
	assert_string_equal(poll.gap.cause, "cursor");
	assert_int_equal(poll.gap.from_us, NOW_US - 7200 * S);
	assert_int_equal(poll.gap.to_us, NOW_US - 300 * S);
	/* A poll under way that began with a lie is begun anew. */
	place.since_id = id_of(600);
	search_poll_begin(&poll, &options, &place, 1, NOW_US);
	assert_int_equal(poll.place.since_id, id_of(600));
	assert_int_equal(poll.place.newest_id, 0);
	assert_null(poll.gap.cause);
}

static void a_place_further_back_than_x_goes_is_a_gap_before_it_is_asked_for(void **state)
{
	(void)state;
	const int64_t day = 24 * 3600, reach = 7 * day - 60;
	struct search_place place = { .since_id = id_of(8 * day) };
	struct search_poll poll;
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	assert_int_equal(poll.place.since_id, 0);
	assert_int_equal(poll.place.start_us, NOW_US - reach * S);
	assert_string_equal(poll.gap.cause, "reach");
	assert_int_equal(poll.gap.from_us / S, NOW_US / S - 8 * day);
	assert_int_equal(poll.gap.to_us, NOW_US - reach * S);
	/* A poll under way: what it read is not asked for again. */
	place = (struct search_place){ .since_id = id_of(9 * day),
				       .newest_id = id_of(2 * day),
				       .until_id = id_of(8 * day) };
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	assert_int_equal(poll.place.since_id, id_of(2 * day));
	assert_int_equal(poll.gap.to_us / S, NOW_US / S - 8 * day);
	/* A first poll that has waited for long. */
	place = (struct search_place){ .start_us = NOW_US - 10 * day * S };
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	assert_int_equal(poll.gap.from_us, NOW_US - 10 * day * S);
	assert_int_equal(poll.place.start_us, NOW_US - reach * S);
}

static void a_rule_that_finds_nothing_does_not_fall_behind(void **state)
{
	(void)state;
	const int64_t day = 24 * 3600;
	struct search_options options = { .query = "x", .clock_is_x_s = true };
	struct search_place place = { .since_id = id_of(day - 100) };
	struct search_poll poll;
	struct search_verdict verdict;
	search_poll_begin(&poll, &options, &place, 1, NOW_US);
	answer_page(&poll, (int64_t[]){ 0 }, NULL, &verdict);
	assert_int_equal(poll.place.since_id, place.since_id); /* no write a poll */
	place.since_id = id_of(day + 100);
	search_poll_begin(&poll, &options, &place, 1, NOW_US);
	struct json_doc doc = { 0 };
	struct search_reply reply = { .status = 200,
				      .body = STR("{\"meta\":{\"result_count\":0}}") };
	search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
	assert_int_equal(poll.place.since_id, post_id_floor(NOW_US - 60 * S));
	assert_null(poll.gap.cause);
	/* Not by a clock that may be ahead of X's. */
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
	assert_int_equal(poll.place.since_id, place.since_id);
	json_release(&doc);
}

static void a_bound_that_x_refuses_is_left_out(void **state)
{
	(void)state;
	struct search_place place = { .since_id = id_of(300) };
	struct search_poll poll;
	struct search_verdict verdict;
	struct json_doc doc = { 0 };
	struct search_reply reply = {
		.status = 400,
		.body = STR("{\"errors\":[{\"message\":\"'until_id' must be a tweet id\"}]}"),
	};
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
	assert_int_equal(verdict.outcome, SEARCH_AGAIN);
	assert_non_null(strstr(verdict.why, "clock"));
	assert_int_equal(poll.below_id, 0);
	assert_int_equal(poll.place.since_id, place.since_id);
	assert_null(poll.gap.cause);
	json_release(&doc);
}

/* --- paging that leads nowhere ------------------------------------------------------------------------------------- */

static void tokens_that_go_round_in_circles_are_stopped_soon(void **state)
{
	(void)state;
	static const int64_t pages[2][4] = { { 20, 30, 40, 0 }, { 50, 60, 70, 0 } };
	struct search_place place = { .since_id = id_of(300) };
	struct search_poll poll;
	struct search_verdict verdict;
	unsigned asked = 0;
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	while (!poll.done && asked < 100) {
		answer_page(&poll, pages[asked % 2], asked % 2 ? "a" : "b", &verdict);
		asked++;
	}
	assert_int_equal(asked, 5);
	assert_false(poll.stuck); /* the next one goes on below */
	assert_int_equal(poll.place.until_id, id_of(70));
	assert_int_equal(poll.place.since_id, place.since_id);
	search_poll_release(&poll);
}

static void posts_that_come_on_two_pages_do_not_end_paging(void **state)
{
	(void)state;
	struct search_place place = { .since_id = id_of(300) };
	struct search_poll poll;
	struct search_verdict verdict;
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	answer_page(&poll, (int64_t[]){ 20, 30, 40, 0 }, "a", &verdict);
	answer_page(&poll, (int64_t[]){ 20, 30, 40, 0 }, "b", &verdict);
	answer_page(&poll, (int64_t[]){ 30, 40, 50, 0 }, "c", &verdict);
	assert_false(poll.done);
	answer_page(&poll, (int64_t[]){ 60, 0 }, NULL, &verdict);
	assert_int_equal(poll.place.since_id, id_of(20));
	search_poll_release(&poll);
}

static void what_a_stuck_poll_cannot_reach_can_be_passed_over(void **state)
{
	(void)state;
	struct search_place place = { .since_id = id_of(900),
				      .newest_id = id_of(100),
				      .until_id = id_of(500) };
	struct search_poll poll;
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	search_poll_pass_over(&poll, "paging", NOW_US);
	assert_int_equal(poll.place.since_id, id_of(100));
	assert_int_equal(poll.place.until_id, 0);
	assert_string_equal(poll.gap.cause, "paging");
	assert_int_equal(poll.gap.from_us / S, NOW_US / S - 900);
	assert_int_equal(poll.gap.to_us / S, NOW_US / S - 500);
}

static void a_page_token_x_has_forgotten_is_not_needed(void **state)
{
	(void)state;
	struct search_place place = { .since_id = id_of(300) };
	struct search_poll poll;
	struct search_verdict verdict;
	struct json_doc doc = { 0 };
	struct search_reply reply = {
		.status = 400,
		.body = STR("{\"errors\":[{\"message\":\"The `next_token` query parameter value "
			    "[a] is not valid\"}]}"),
	};
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	answer_page(&poll, (int64_t[]){ 20, 30, 0 }, "a", &verdict);
	search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
	assert_int_equal(verdict.outcome, SEARCH_AGAIN);
	assert_null(poll.next_token);
	assert_int_equal(poll.below_id, id_of(30));
	assert_null(poll.gap.cause);
	json_release(&doc);
}

/* --- pages that nobody can read ------------------------------------------------------------------------------------- */

/* Nested deeper than any reader goes. */
static char *deep_page(const char *meta)
{
	enum { DEEP = 2000 };
	struct buf body = { 0 };
	buf_add_text(&body,
		     "{\"data\":[{\"id\":\"1\",\"text\":\"\\\"newest_id\\\":\\\"9\\\"\",\"x\":");
	for (int i = 0; i < DEEP; i++)
		buf_add_byte(&body, '[');
	for (int i = 0; i < DEEP; i++)
		buf_add_byte(&body, ']');
	buf_addf(&body, "}]%s}\n", meta);
	return buf_detach(&body);
}

static void an_unreadable_page_is_asked_for_smaller_and_then_passed_over(void **state)
{
	(void)state;
	char meta[256];
	struct search_place place = { .since_id = id_of(300) };
	struct search_poll poll;
	struct search_verdict verdict;
	struct json_doc doc = { 0 };
	struct buf url = { 0 };
	snprintf(meta, sizeof meta,
		 ",\"meta\":{\"newest_id\":\"%" PRIu64 "\",\"oldest_id\":\"%" PRIu64
		 "\",\"next_token\":\"b\"}",
		 id_of(50), id_of(60));
	char *body = deep_page(meta);
	struct search_reply reply = { .status = 200, .body = str_from(body) };
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	answer_page(&poll, (int64_t[]){ 20, 30, 0 }, "a", &verdict);
	search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
	assert_int_equal(verdict.outcome, SEARCH_AGAIN);
	search_poll_request(&poll, &nothing, 100, NOW_US, &url);
	assert_int_equal(argument(buf_text(&url), "max_results="), 10);
	assert_int_equal(argument(buf_text(&url), "until_id="), id_of(30));
	assert_null(strstr(buf_text(&url), "next_token"));
	search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
	assert_int_equal(verdict.outcome, SEARCH_UNREADABLE);
	assert_false(poll.done);
	assert_string_equal(poll.gap.cause, "unreadable");
	assert_int_equal(poll.gap.from_us / S, NOW_US / S - 60);
	assert_int_equal(poll.gap.to_us / S, NOW_US / S - 50);
	buf_reset(&url);
	search_poll_request(&poll, &nothing, 100, NOW_US, &url);
	assert_int_equal(argument(buf_text(&url), "max_results="), 100);
	assert_int_equal(argument(buf_text(&url), "until_id="), id_of(60));
	answer_page(&poll, (int64_t[]){ 70, 0 }, NULL, &verdict);
	assert_int_equal(poll.place.since_id, id_of(20));
	buf_release(&url);
	json_release(&doc);
	free(body);
}

static void an_unreadable_page_without_ids_costs_the_rest_of_its_poll(void **state)
{
	(void)state;
	static const char *const metas[] = { "",
					     ",\"meta\":{\"newest_id\":\"5\",\"oldest_id\":\"9\"}",
					     ",\"meta\":{\"newest_id\":\"9223372036854775807\","
					     "\"oldest_id\":\"9223372036854775806\"}" };
	struct search_place place = { .since_id = id_of(300) };
	struct search_verdict verdict;
	struct json_doc doc = { 0 };
	for (size_t i = 0; i <= sizeof metas / sizeof *metas; i++) {
		bool is_too_large = i == sizeof metas / sizeof *metas;
		char *body = is_too_large ? NULL : deep_page(metas[i]);
		struct search_reply reply = { .status = 200,
					      .body = str_from(body),
					      .is_too_large = is_too_large };
		struct search_poll poll;
		search_poll_begin(&poll, &plain, &place, 1, NOW_US);
		search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
		assert_int_equal(verdict.outcome, SEARCH_AGAIN);
		search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
		assert_int_equal(verdict.outcome, SEARCH_UNREADABLE);
		assert_true(poll.done);
		assert_int_equal(poll.place.since_id, post_id_floor(NOW_US - 10 * S) - 1);
		assert_int_equal(poll.gap.to_us, NOW_US - 10 * S);
		free(body);
	}
	json_release(&doc);
}

static void what_a_gateway_says_or_cuts_is_no_unreadable_page(void **state)
{
	(void)state;
	static const char *const bodies[] = { "<html>{}</html>", "", "{",
					      "{\"data\":[{\"id\":\"1\",", "\x1f\x8b" };
	struct search_place place = { .since_id = id_of(300) };
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		struct search_poll poll;
		struct search_verdict verdict;
		struct json_doc doc = { 0 };
		struct search_reply reply = { .status = 200, .body = str_from(bodies[i]) };
		search_poll_begin(&poll, &plain, &place, 1, NOW_US);
		for (int k = 0; k < 5; k++) {
			search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
			assert_int_equal(verdict.outcome, SEARCH_BACK_OFF);
		}
		assert_memory_equal(&poll.place, &place, sizeof place);
		json_release(&doc);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_poll_reads_again_what_is_little_older_than_its_cursor),
		cmocka_unit_test(a_poll_asks_for_nothing_of_the_last_seconds),
		cmocka_unit_test(a_cursor_that_a_lie_poisoned_is_repaired),
		cmocka_unit_test(a_place_further_back_than_x_goes_is_a_gap_before_it_is_asked_for),
		cmocka_unit_test(a_rule_that_finds_nothing_does_not_fall_behind),
		cmocka_unit_test(a_bound_that_x_refuses_is_left_out),
		cmocka_unit_test(tokens_that_go_round_in_circles_are_stopped_soon),
		cmocka_unit_test(posts_that_come_on_two_pages_do_not_end_paging),
		cmocka_unit_test(what_a_stuck_poll_cannot_reach_can_be_passed_over),
		cmocka_unit_test(a_page_token_x_has_forgotten_is_not_needed),
		cmocka_unit_test(an_unreadable_page_is_asked_for_smaller_and_then_passed_over),
		cmocka_unit_test(an_unreadable_page_without_ids_costs_the_rest_of_its_poll),
		cmocka_unit_test(what_a_gateway_says_or_cuts_is_no_unreadable_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
