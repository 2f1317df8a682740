#include "source/search_fixture.h"

/* --- answers that are no page ------------------------------------------------------------------------------------ */

static struct search_verdict judged(const struct search_place *place, int status, const char *body,
				    const char *reset, struct search_poll *poll)
{
	struct json_doc doc = { 0 };
	struct search_verdict verdict;
	struct search_reply reply = { .status = status,
				      .body = str_from(body),
				      .rate_limit_reset = str_from(reset) };
	search_poll_begin(poll, &plain, place, 1, NOW_US);
	search_poll_answer(poll, &reply, NOW_US, &doc, &verdict);
	json_release(&doc);
	return verdict;
}

static void assert_judged(int status, const char *body, enum search_outcome outcome,
			  const char *words)
{
	struct search_place place = { .since_id = 5, .newest_id = 9, .until_id = 7 };
	struct search_poll poll;
	struct search_verdict verdict = judged(&place, status, body, NULL, &poll);
	assert_int_equal(verdict.outcome, outcome);
	if (!strstr(verdict.why, words))
		fail_msg("\"%s\" is not in \"%s\"", words, verdict.why);
	assert_memory_equal(&poll.place, &place, sizeof place);
	assert_false(poll.done);
}

static void troubles_of_x_are_met_by_backing_off(void **state)
{
	(void)state;
	assert_judged(500, "", SEARCH_BACK_OFF, "500");
	assert_judged(503, "<html>Over capacity</html>", SEARCH_BACK_OFF, "503");
	assert_judged(503, "{\"title\":\"Service Unavailable\"}", SEARCH_BACK_OFF,
		      "Service Unavailable");
	assert_judged(200, "<html></html>", SEARCH_BACK_OFF, "not JSON");
	assert_judged(200, "", SEARCH_BACK_OFF, "not JSON");
	assert_judged(200, "{\"errors\":[{\"detail\":\"over\"}]}", SEARCH_BACK_OFF, "no page");
	assert_judged(200, "{\"data\":{\"id\":\"1\",\"text\":\"t\"}}", SEARCH_BACK_OFF, "no page");
	assert_judged(204, "", SEARCH_BACK_OFF, "204");
}

static void what_cannot_work_is_denied_in_clear_words(void **state)
{
	(void)state;
	assert_judged(401, "{\"title\":\"Unauthorized\"}", SEARCH_DENIED, "token (401)");
	assert_judged(402, "{\"title\":\"CreditsDepleted\",\"detail\":\"no credits\"}",
		      SEARCH_DENIED, "no credits");
	assert_judged(403, "{\"detail\":\"client-not-enrolled\"}", SEARCH_DENIED, "(403)");
	assert_judged(404, "", SEARCH_DENIED, "404");
	assert_judged(302, "", SEARCH_DENIED, "302");
	assert_judged(400, "{\"errors\":[{\"message\":\"bad \\\"query\\\"\\n\"}]}", SEARCH_DENIED,
		      "bad 'query' ");
}

static void refusals_say_what_to_do(void **state)
{
	(void)state;
	assert_judged(401, "", SEARCH_DENIED, "make a new bearer token");
	assert_judged(402, "{\"detail\":\"none left\"}", SEARCH_DENIED, "buy some");
	assert_judged(403, "{\"reason\":\"client-not-enrolled\"}", SEARCH_DENIED, "no project");
	assert_judged(403, "{\"reason\":\"official-client-forbidden\"}", SEARCH_DENIED,
		      "may not use");
	assert_judged(403, "{\"type\":\"x/2/problems/unsupported-authentication\"}", SEARCH_DENIED,
		      "bearer token");
	struct search_place place = { .start_us = NOW_US };
	struct search_poll poll;
	struct search_verdict verdict = judged(&place, 402, "", NULL, &poll);
	assert_int_equal(verdict.until_us, NOW_US + 3600 * S);
}

static int64_t pace(const char *limit, const char *left, const char *reset)
{
	struct search_reply reply = { .rate_limit_limit = str_from(limit),
				      .rate_limit_remaining = str_from(left),
				      .rate_limit_reset = str_from(reset) };
	return search_pace_us(&reply, NOW_US) / S;
}

/* NOW_US is 1795522500 s. */
static void a_rate_limit_lasts_until_its_window_ends(void **state)
{
	(void)state;
	assert_int_equal(pace("450", "449", "1795523400"), 0);
	assert_int_equal(pace("450", "225", "1795523400"), 0);
	assert_int_equal(pace("450", "224", "1795523400"), 4);
	assert_int_equal(pace("450", "9", "1795523400"), 90);
	assert_int_equal(pace("450", "0", "1795523400"), 901);
	assert_int_equal(pace("60", "9", "1795522600"), 10);
	/* Nonsense waits for nothing. */
	assert_int_equal(pace("450", "0", "1795522400"), 0);
	assert_int_equal(pace("450", "0", "1895522400"), 0);
	assert_int_equal(pace("450", "0", "99999999999999999999"), 0);
	assert_int_equal(pace(NULL, "0", "1795523400"), 0);
	assert_int_equal(pace("450", "-1", "1795523400"), 0);
	assert_int_equal(pace("450", NULL, NULL), 0);
	assert_int_equal(pace("0", "0", "1795523400"), 0);
}

static void the_words_of_x_are_cut_between_characters(void **state)
{
	(void)state;
	struct search_place place = { .start_us = NOW_US };
	struct search_poll poll;
	for (size_t before = 0; before < 4; before++) {
		struct buf body = { 0 };
		buf_add_text(&body, "{\"errors\":[{\"message\":\"");
		for (size_t i = 0; i < before; i++)
			buf_add_text(&body, "x");
		for (int i = 0; i < 200; i++)
			buf_add_text(&body, "\u9ce5");
		buf_add_text(&body, "\"}]}");
		struct search_verdict verdict = judged(&place, 400, buf_text(&body), NULL, &poll);
		assert_true(str_is_utf8(str_from(verdict.why)));
		assert_non_null(strstr(verdict.why, "\u9ce5\u9ce5"));
		buf_release(&body);
	}
}

static int64_t wait_of(const char *body, const char *reset)
{
	struct search_place place = { .start_us = NOW_US };
	struct search_poll poll;
	struct search_verdict verdict = judged(&place, 429, body, reset, &poll);
	assert_int_equal(verdict.outcome, SEARCH_WAIT);
	return (verdict.until_us - NOW_US) / S;
}

static void a_429_is_one_of_three_things(void **state)
{
	(void)state;
	const char *limit = "{\"title\":\"Too Many Requests\",\"status\":429}";
	assert_int_equal(wait_of(limit, "1795522800"), 301);
	assert_int_equal(wait_of(limit, "1795522499"), 1);   /* over already */
	assert_int_equal(wait_of(limit, "1895522500"), 901); /* nobody waits for years */
	assert_int_equal(wait_of(limit, "99999999999999999999"), 60);
	assert_int_equal(wait_of(limit, "soon"), 60);
	assert_int_equal(wait_of(limit, NULL), 60);
	assert_int_equal(wait_of("{\"errors\":[{\"code\":88}]}", "1795522510"), 11);
	assert_int_equal(
		wait_of("{\"title\":\"UsageCapExceeded\",\"period\":\"Monthly\"}", "1795522510"),
		3600);
	assert_int_equal(wait_of("{\"type\":\"https://x/2/problems/usage-capped\",\"period\":"
				 "\"Daily\"}",
				 "1795522510"),
			 (24 * 60 - (12 * 60 + 15)) * 60 + 1);
	assert_int_equal(wait_of("{\"connection_issue\":\"TooManyConnections\"}", "1795522800"),
			 60);
}

static void a_reset_that_has_passed_is_believed_once(void **state)
{
	(void)state;
	static const struct {
		const char *reset;
		int64_t wait_s;
	} answers[] = { { "1795522000", 1 },
			{ "1795522000", 60 },
			{ "1795522499", 60 },
			{ "1795522800", 301 } };
	struct search_place place = { .start_us = NOW_US };
	struct search_poll poll;
	struct json_doc doc = { 0 };
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		struct search_reply reply = { .status = 429,
					      .rate_limit_reset = str_from(answers[i].reset) };
		struct search_verdict verdict;
		search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
		assert_int_equal((verdict.until_us - NOW_US) / S, answers[i].wait_s);
	}
	search_poll_release(&poll);
	json_release(&doc);
}

static void a_since_id_that_is_too_old_begins_anew_seven_days_back(void **state)
{
	(void)state;
	struct search_place place = { .since_id = 5, .newest_id = 9, .until_id = 7 };
	struct search_poll poll;
	struct search_verdict verdict =
		judged(&place, 400,
		       "{\"errors\":[{\"message\":\"'since_id' must be a tweet id created after "
		       "2026-11-17T12:15Z.\"}]}",
		       NULL, &poll);
	assert_int_equal(verdict.outcome, SEARCH_AGAIN);
	assert_non_null(strstr(verdict.why, "7 days"));
	assert_int_equal(poll.place.since_id, 0);
	assert_int_equal(poll.place.start_us, NOW_US - (7 * 24 * 3600 - 60) * S);
	/* What was read already is not asked for again. */
	assert_int_equal(poll.place.newest_id, 9);
	assert_int_equal(poll.place.until_id, 7);
	assert_int_equal(poll.below_id, 7);
}

static void a_poll_whose_until_id_is_too_old_has_ended(void **state)
{
	(void)state;
	struct search_place place = { .since_id = 5, .newest_id = 9, .until_id = 7 };
	struct search_poll poll;
	struct search_verdict verdict = judged(
		&place, 400, "{\"errors\":[{\"message\":\"'until_id' must be a tweet id\"}]}", NULL,
		&poll);
	assert_int_equal(verdict.outcome, SEARCH_AGAIN);
	assert_int_equal(poll.place.since_id, 9);
	assert_int_equal(poll.place.newest_id, 0);
	assert_int_equal(poll.place.until_id, 0);
	assert_int_equal(poll.below_id, post_id_floor(NOW_US - 10 * S));
	assert_false(poll.done);
}

static void an_x_that_always_complains_is_not_asked_for_ever(void **state)
{
	(void)state;
	const char *body = "{\"errors\":[{\"message\":\"'start_time' must be on or after x\"}]}";
	struct search_place place = { .start_us = 1 };
	struct search_poll poll;
	struct search_verdict verdict = { 0 };
	struct json_doc doc = { 0 };
	struct search_reply reply = { .status = 400, .body = str_from(body) };
	int asked = 0;
	search_poll_begin(&poll, &plain, &place, 1, NOW_US);
	do {
		search_poll_answer(&poll, &reply, NOW_US, &doc, &verdict);
		asked++;
	} while (verdict.outcome == SEARCH_AGAIN && asked < 100);
	assert_int_equal(verdict.outcome, SEARCH_DENIED);
	assert_true(asked < 10);
	json_release(&doc);
}

static void a_start_before_the_end_is_not_taken_for_one_too_old(void **state)
{
	(void)state;
	struct search_place place = { .start_us = NOW_US };
	struct search_poll poll;
	struct search_verdict verdict =
		judged(&place, 400,
		       "{\"errors\":[{\"message\":\"Invalid 'start_time':'x'. 'start_time' must be "
		       "before 'end_time'\"}]}",
		       NULL, &poll);
	assert_int_equal(verdict.outcome, SEARCH_DENIED);
	assert_int_equal(poll.place.start_us, NOW_US);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(troubles_of_x_are_met_by_backing_off),
		cmocka_unit_test(what_cannot_work_is_denied_in_clear_words),
		cmocka_unit_test(refusals_say_what_to_do),
		cmocka_unit_test(a_rate_limit_lasts_until_its_window_ends),
		cmocka_unit_test(the_words_of_x_are_cut_between_characters),
		cmocka_unit_test(a_429_is_one_of_three_things),
		cmocka_unit_test(a_reset_that_has_passed_is_believed_once),
		cmocka_unit_test(a_since_id_that_is_too_old_begins_anew_seven_days_back),
		cmocka_unit_test(a_poll_whose_until_id_is_too_old_has_ended),
		cmocka_unit_test(an_x_that_always_complains_is_not_asked_for_ever),
		cmocka_unit_test(a_start_before_the_end_is_not_taken_for_one_too_old),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
