/* A small X plays its posts to polls: ids 1..N, newest first, pages with a token. */
#include "base/test.h"

#include "source/source.h"

#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t NOW_US = 1795522500000000; /* 2026-11-24T12:15:00Z */
static const int64_t S = 1000000;

/* --- a small X -------------------------------------------------------------------------------------------- */

struct small_x {
	uint64_t newest;
	unsigned page_posts;
	unsigned empty_pages; /* so many pages without posts come before each that has some */
	bool ignores_until, repeats_token;
	bool stuck; /* the last poll was */
	struct json_doc doc;
	struct buf body, url;
	uint64_t given[512]; /* how often each id was given out */
};

static uint64_t argument(const char *url, const char *name)
{
	const char *at = strstr(url, name);
	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void write_page(struct small_x *x, uint64_t top, uint64_t since, unsigned empties)
{
	unsigned count = 0;
	uint64_t id = top;
	buf_reset(&x->body);
	if (empties < x->empty_pages && top > since) {
		buf_addf(&x->body,
			 "{\"meta\":{\"result_count\":0,\"next_token\":\"%" PRIu64 "e%u\"}}", top,
			 empties + 1);
		return;
	}
	if (top <= since) {
		buf_add_text(&x->body, "{\"meta\":{\"result_count\":0}}");
		return;
	}
	buf_add_text(&x->body, "{\"data\":[");
	for (; id > since && count < x->page_posts; id--, count++) {
		buf_addf(&x->body, "%s{\"id\":\"%" PRIu64 "\",\"text\":\"t\"}", count ? "," : "",
			 id);
		x->given[id]++;
	}
	buf_addf(&x->body, "],\"meta\":{\"result_count\":%u", count);
	if (id > since)
		buf_addf(&x->body, ",\"next_token\":\"%" PRIu64 "e0\"",
			 x->repeats_token ? x->newest - 2 : id);
	buf_add_text(&x->body, "}}");
}

static void small_x_answer(struct small_x *x, struct search_poll *poll,
			   struct search_verdict *verdict)
{
	buf_reset(&x->url);
	search_poll_request(poll, &(struct search_wants){ 0 }, 10, NOW_US, &x->url);
	const char *url = buf_text(&x->url), *token = strstr(url, "next_token=");
	uint64_t top = x->newest, until = argument(url, "until_id=");
	unsigned empties = 0;
	if (until > 0 && !x->ignores_until)
		top = until - 1 < top ? until - 1 : top;
	if (token) {
		top = argument(url, "next_token=");
		empties =
			(unsigned)strtoul(strchr(token + strlen("next_token="), 'e') + 1, NULL, 10);
	}
	write_page(x, top, argument(url, "since_id="), empties);
	struct search_reply reply = { .status = 200, .body = buf_str(&x->body) };
	search_poll_answer(poll, &reply, NOW_US, &x->doc, verdict);
	assert_int_equal(verdict->outcome, SEARCH_PAGE);
}

static void small_x_release(struct small_x *x)
{
	json_release(&x->doc);
	buf_release(&x->body);
	buf_release(&x->url);
}

/* Polls at most `pages` pages, as if killed behind them; the place is what was stored last. */
static unsigned poll_pages(struct small_x *x, struct search_place *place, unsigned pages)
{
	struct search_poll poll;
	struct search_verdict verdict;
	unsigned asked = 0;
	search_poll_begin(&poll, "x", place, place->batch_id + 1);
	while (!poll.done && asked < pages) {
		small_x_answer(x, &poll, &verdict);
		asked++;
		*place = poll.place;
	}
	x->stuck = poll.stuck;
	assert_true(!poll.stuck || poll.trouble[0]);
	search_poll_release(&poll);
	return asked;
}

static void assert_given_once(const struct small_x *x)
{
	for (uint64_t id = 1; id <= x->newest; id++) {
		if (x->given[id] != 1)
			fail_msg("id %" PRIu64 " was given %" PRIu64 " times", id, x->given[id]);
	}
}

/* --- polls ---------------------------------------------------------------------------------------------------- */

static void a_poll_reads_all_pages_and_moves_since_id_at_the_end(void **state)
{
	(void)state;
	struct small_x x = { .newest = 25, .page_posts = 10 };
	struct search_place place = { 0 };
	assert_int_equal(poll_pages(&x, &place, 2), 2);
	assert_int_equal(place.since_id, 0); /* posts are missing below */
	assert_int_equal(place.newest_id, 25);
	assert_int_equal(place.until_id, 6);
	struct small_x again = { .newest = 25, .page_posts = 10 };
	struct search_place whole = { 0 };
	assert_int_equal(poll_pages(&again, &whole, 99), 3);
	assert_int_equal(whole.since_id, 25);
	assert_int_equal(whole.newest_id, 0);
	assert_int_equal(whole.until_id, 0);
	assert_int_equal(whole.batch_id, 1);
	assert_given_once(&again);
	small_x_release(&x);
	small_x_release(&again);
}

static void a_kill_after_any_page_loses_and_repeats_nothing(void **state)
{
	(void)state;
	for (unsigned first = 1; first < 8; first++) {
		for (unsigned second = 1; second < 8; second++) {
			struct small_x x = { .newest = 55, .page_posts = 10 };
			struct search_place place = { 0 };
			poll_pages(&x, &place, first);
			x.newest = 90; /* new ones came meanwhile */
			poll_pages(&x, &place, second);
			x.newest = 100;
			while (place.since_id < 100)
				assert_true(poll_pages(&x, &place, 99) > 0);
			assert_given_once(&x);
			small_x_release(&x);
		}
	}
}

static void a_poll_gone_on_with_keeps_its_batch(void **state)
{
	(void)state;
	struct small_x x = { .newest = 25, .page_posts = 10 };
	struct search_place place = { .batch_id = 6 };
	poll_pages(&x, &place, 1);
	assert_int_equal(place.batch_id, 7);
	poll_pages(&x, &place, 99);
	assert_int_equal(place.batch_id, 7);
	x.newest = 26;
	poll_pages(&x, &place, 99);
	assert_int_equal(place.batch_id, 8);
	struct search_place before = place;
	poll_pages(&x, &place, 99); /* brings nothing */
	assert_memory_equal(&place, &before, sizeof place);
	small_x_release(&x);
}

static void an_x_that_ignores_until_id_repeats_but_loses_nothing(void **state)
{
	(void)state;
	struct small_x x = { .newest = 55, .page_posts = 10, .ignores_until = true };
	struct search_place place = { 0 };
	poll_pages(&x, &place, 3);
	poll_pages(&x, &place, 99);
	assert_int_equal(place.since_id, 55);
	for (uint64_t id = 1; id <= 55; id++)
		assert_true(x.given[id] >= 1);
	small_x_release(&x);
}

static void an_empty_page_with_a_token_goes_on(void **state)
{
	(void)state;
	struct small_x x = { .newest = 25, .page_posts = 10, .empty_pages = 3 };
	struct search_place place = { 0 };
	assert_int_equal(poll_pages(&x, &place, 99), 12);
	assert_int_equal(place.since_id, 25);
	assert_given_once(&x);
	small_x_release(&x);
}

static void paging_that_never_ends_is_stopped_and_gone_on_with(void **state)
{
	(void)state;
	struct small_x x = { .newest = 25, .page_posts = 10, .empty_pages = 1000 };
	struct search_place place = { 0 }, before = place;
	assert_int_equal(poll_pages(&x, &place, 1000), SEARCH_PAGES_MAX);
	assert_memory_equal(&place, &before, sizeof place);
	assert_true(x.stuck);
	struct small_x stuck = { .newest = 25, .page_posts = 1, .repeats_token = true };
	assert_int_equal(poll_pages(&stuck, &place, 1000), 2);
	assert_int_equal(place.since_id, 0); /* not at the end: posts are missing */
	assert_int_equal(place.newest_id, 25);
	assert_int_equal(place.until_id, 23);
	assert_false(stuck.stuck);
	small_x_release(&x);
	small_x_release(&stuck);
}

static void a_poll_that_came_no_further_down_says_so(void **state)
{
	(void)state;
	struct small_x x = { .newest = 500, .page_posts = 1, .ignores_until = true };
	struct search_place place = { 0 };
	assert_int_equal(poll_pages(&x, &place, 1000), SEARCH_PAGES_MAX);
	assert_false(x.stuck);
	struct search_place before = place;
	assert_int_equal(poll_pages(&x, &place, 1000), SEARCH_PAGES_MAX);
	assert_true(x.stuck);
	assert_memory_equal(&place, &before, sizeof place);
	struct small_x again = {
		.newest = 25, .page_posts = 1, .ignores_until = true, .repeats_token = true
	};
	place = (struct search_place){ 0 };
	poll_pages(&again, &place, 1000);
	assert_false(again.stuck);
	poll_pages(&again, &place, 1000);
	assert_true(again.stuck);
	x.ignores_until = false;
	poll_pages(&x, &before, 1000);
	assert_false(x.stuck);
	small_x_release(&x);
	small_x_release(&again);
}

static void a_place_is_read_back_as_it_was_written(void **state)
{
	(void)state;
	struct search_place place = { .since_id = UINT64_MAX,
				      .start_us = -1,
				      .newest_id = 3,
				      .until_id = 2,
				      .batch_id = INT64_MAX },
			    found;
	struct buf text = { 0 };
	search_place_write(&text, &place);
	assert_true(search_place_read(buf_str(&text), &found));
	assert_memory_equal(&found, &place, sizeof place);
	assert_false(search_place_read(STR(""), &found));
	assert_false(search_place_read(STR("{}"), &found));
	assert_false(search_place_read(STR("{\"since_id\":1}"), &found));
	buf_release(&text);
}

/* --- strange pages ------------------------------------------------------------------------------------------------ */

/* The poll behind one page, asked from `place` on. */
static struct search_verdict one_page(const struct search_place *place, const char *body,
				      struct search_poll *poll)
{
	struct json_doc doc = { 0 };
	struct search_verdict verdict;
	struct search_reply reply = { .status = 200, .body = str_from(body) };
	search_poll_begin(poll, "x", place, 4);
	search_poll_answer(poll, &reply, NOW_US, &doc, &verdict);
	search_poll_release(poll);
	json_release(&doc);
	return verdict;
}

static void a_bad_post_does_not_stop_the_poll(void **state)
{
	(void)state;
	static const char *const pages[] = {
		"{\"data\":[{\"id\":\"9\",\"text\":\"t\"},{\"id\":\"8\"},{\"id\":\"7\",\"text\":\"t\"}],"
		"\"meta\":{\"next_token\":\"a\"}}",
		"{\"data\":[{\"id\":9,\"text\":\"t\"},3,{\"id\":7,\"text\":\"t\"}],"
		"\"meta\":{\"next_token\":\"a\"}}",
		"{\"data\":[{\"id\":\"9\"},null,{\"id\":\"7\"}],\"meta\":{\"next_token\":\"a\"}}",
	};
	struct search_place place = { .since_id = 5 };
	struct search_poll poll;
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		struct search_verdict verdict = one_page(&place, pages[i], &poll);
		assert_int_equal(verdict.outcome, SEARCH_PAGE);
		assert_true(verdict.is_odd);
		assert_non_null(strstr(verdict.why, "X's page is "));
		assert_int_equal(verdict.posts, 3);
		assert_false(poll.done);
		assert_int_equal(poll.place.newest_id, 9);
		assert_int_equal(poll.place.until_id, 7);
		assert_int_equal(poll.place.batch_id, 4);
	}
	struct search_verdict last =
		one_page(&place, "{\"data\":[{\"text\":\"t\"},{\"id\":\"8\"}],\"meta\":{}}", &poll);
	assert_true(last.is_odd);
	assert_true(poll.done);
	assert_int_equal(poll.place.since_id, 8);
	/* With nothing to go on by it would be the same page again. */
	last = one_page(&place, "{\"data\":[{\"text\":\"t\"}],\"meta\":{}}", &poll);
	assert_int_equal(last.outcome, SEARCH_DENIED);
	assert_int_equal(poll.place.since_id, 5);
}

static void an_id_from_the_future_moves_nothing(void **state)
{
	(void)state;
	const uint64_t now_id = (uint64_t)(NOW_US / 1000 - INT64_C(1288834974657)) << 22;
	const uint64_t minute = UINT64_C(60000) << 22;
	struct search_place place = { .since_id = 5 };
	struct search_poll poll;
	char body[300];
	const char *page = "{\"data\":[{\"id\":\"%" PRIu64 "\",\"text\":\"t\"},"
			   "{\"id\":\"70\",\"text\":\"t\"}],\"meta\":{\"result_count\":2}}";
	snprintf(body, sizeof body, page, (uint64_t)INT64_MAX);
	struct search_verdict verdict = one_page(&place, body, &poll);
	assert_int_equal(verdict.outcome, SEARCH_PAGE);
	assert_false(verdict.is_odd);
	assert_non_null(strstr(verdict.why, "9223372036854775807 is from the future"));
	assert_int_equal(poll.place.since_id, 70);
	snprintf(body, sizeof body, page, now_id + 11 * minute);
	one_page(&place, body, &poll);
	assert_int_equal(poll.place.since_id, 70);
	snprintf(body, sizeof body, page, now_id + 9 * minute); /* clocks differ */
	verdict = one_page(&place, body, &poll);
	assert_string_equal(verdict.why, "");
	assert_int_equal(poll.place.since_id, now_id + 9 * minute);
}

static void only_a_page_that_can_tell_ends_a_poll(void **state)
{
	(void)state;
	struct search_place under_way = { .since_id = 5, .newest_id = 90, .until_id = 50 };
	struct search_poll poll;
	one_page(&under_way,
		 "{\"errors\":[{\"title\":\"Internal Error\"}],\"meta\":{\"result_count\":0}}",
		 &poll);
	assert_true(poll.done);
	assert_non_null(strstr(poll.trouble, "has errors"));
	assert_memory_equal(&poll.place, &under_way, sizeof under_way);
	one_page(&under_way, "{\"data\":[{\"id\":\"40\",\"text\":\"t\"}]}", &poll);
	assert_true(poll.done);
	assert_non_null(strstr(poll.trouble, "no word of a next one"));
	assert_int_equal(poll.place.since_id, 5);
	assert_int_equal(poll.place.until_id, 40);
	one_page(&under_way, /* X could not show some of the posts: that is the usual thing */
		 "{\"data\":[{\"id\":\"40\",\"text\":\"t\"}],\"errors\":[{\"title\":\"x\"}],"
		 "\"meta\":{\"result_count\":1}}",
		 &poll);
	assert_string_equal(poll.trouble, "");
	assert_int_equal(poll.place.since_id, 90);
	one_page(&under_way, "{\"meta\":{\"result_count\":0}}", &poll);
	assert_string_equal(poll.trouble, "");
	assert_int_equal(poll.place.since_id, 90);
}

/* --- answers that are no page ------------------------------------------------------------------------------------ */

static struct search_verdict judged(const struct search_place *place, int status, const char *body,
				    const char *reset, struct search_poll *poll)
{
	struct json_doc doc = { 0 };
	struct search_verdict verdict;
	struct search_reply reply = { .status = status,
				      .body = str_from(body),
				      .rate_limit_reset = str_from(reset) };
	search_poll_begin(poll, "x", place, 1);
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
	assert_judged(403, "{\"detail\":\"client-not-enrolled\"}", SEARCH_DENIED,
		      "client-not-enrolled");
	assert_judged(404, "", SEARCH_DENIED, "404");
	assert_judged(302, "", SEARCH_DENIED, "302");
	assert_judged(400, "{\"errors\":[{\"message\":\"bad \\\"query\\\"\\n\"}]}", SEARCH_DENIED,
		      "bad 'query' ");
}

static void the_words_of_x_are_cut_between_characters(void **state)
{
	(void)state;
	struct search_place place = { 0 };
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
	struct search_place place = { 0 };
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
	struct search_place place = { 0 };
	struct search_poll poll;
	struct json_doc doc = { 0 };
	search_poll_begin(&poll, "x", &place, 1);
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
	assert_int_equal(poll.place.start_us, NOW_US - 7 * 24 * 3600 * S);
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
	assert_int_equal(poll.below_id, 0);
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
	search_poll_begin(&poll, "x", &place, 1);
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
		cmocka_unit_test(a_poll_reads_all_pages_and_moves_since_id_at_the_end),
		cmocka_unit_test(a_kill_after_any_page_loses_and_repeats_nothing),
		cmocka_unit_test(a_poll_gone_on_with_keeps_its_batch),
		cmocka_unit_test(an_x_that_ignores_until_id_repeats_but_loses_nothing),
		cmocka_unit_test(an_empty_page_with_a_token_goes_on),
		cmocka_unit_test(paging_that_never_ends_is_stopped_and_gone_on_with),
		cmocka_unit_test(a_poll_that_came_no_further_down_says_so),
		cmocka_unit_test(a_bad_post_does_not_stop_the_poll),
		cmocka_unit_test(an_id_from_the_future_moves_nothing),
		cmocka_unit_test(only_a_page_that_can_tell_ends_a_poll),
		cmocka_unit_test(a_place_is_read_back_as_it_was_written),
		cmocka_unit_test(troubles_of_x_are_met_by_backing_off),
		cmocka_unit_test(what_cannot_work_is_denied_in_clear_words),
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
