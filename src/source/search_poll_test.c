/* A small X plays its posts to polls: ids 1..N, newest first, pages with a token. */
#include "source/search_fixture.h"

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
	search_poll_request(poll, &nothing, 10, NOW_US, &x->url);
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
	search_poll_begin(&poll, &plain, place, place->batch_id + 1, NOW_US);
	while (!poll.done && asked < pages) {
		small_x_answer(x, &poll, &verdict);
		if (verdict.posts > 0)
			search_poll_has_lines(&poll);
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
	struct search_place place = { .start_us = NOW_US };
	assert_int_equal(poll_pages(&x, &place, 2), 2);
	assert_int_equal(place.since_id, 0); /* posts are missing below */
	assert_int_equal(place.newest_id, 25);
	assert_int_equal(place.until_id, 6);
	struct small_x again = { .newest = 25, .page_posts = 10 };
	struct search_place whole = { .start_us = NOW_US };
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
			struct search_place place = { .start_us = NOW_US };
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
	struct search_place place = { .start_us = NOW_US, .batch_id = 6 };
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
	struct search_place place = { .start_us = NOW_US };
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
	struct search_place place = { .start_us = NOW_US };
	assert_int_equal(poll_pages(&x, &place, 99), 12);
	assert_int_equal(place.since_id, 25);
	assert_given_once(&x);
	small_x_release(&x);
}

static void paging_that_never_ends_is_stopped_and_gone_on_with(void **state)
{
	(void)state;
	struct small_x x = { .newest = 25, .page_posts = 10, .empty_pages = 1000 };
	struct search_place place = { .start_us = NOW_US }, before = place;
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
	struct search_place place = { .start_us = NOW_US };
	assert_int_equal(poll_pages(&x, &place, 1000), SEARCH_PAGES_MAX);
	assert_false(x.stuck);
	struct search_place before = place;
	assert_int_equal(poll_pages(&x, &place, 1000), SEARCH_PAGES_MAX);
	assert_true(x.stuck);
	assert_memory_equal(&place, &before, sizeof place);
	struct small_x again = {
		.newest = 25, .page_posts = 1, .ignores_until = true, .repeats_token = true
	};
	place = (struct search_place){ .start_us = NOW_US };
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
	search_poll_begin(poll, &plain, place, 4, NOW_US);
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
		assert_non_null(strstr(verdict.why, "X's page is "));
		assert_int_equal(verdict.posts, 3);
		assert_false(poll.done);
		assert_int_equal(poll.place.newest_id, 9);
		assert_int_equal(poll.place.until_id, 7);
	}
	struct search_verdict last =
		one_page(&place, "{\"data\":[{\"text\":\"t\"},{\"id\":\"8\"}],\"meta\":{}}", &poll);
	assert_true(poll.done);
	assert_int_equal(poll.place.since_id, 8);
	/* With nothing to go on by it would be the same page again: what it had is a gap. */
	const uint64_t since = post_id_floor(NOW_US - 300 * S);
	place.since_id = since;
	last = one_page(&place, "{\"data\":[{\"text\":\"t\"}],\"meta\":{}}", &poll);
	assert_int_equal(last.outcome, SEARCH_PAGE);
	assert_int_equal(poll.place.since_id, post_id_floor(NOW_US - 10 * S) - 1);
	assert_string_equal(poll.gap.cause, "unreadable");
	assert_int_equal(poll.gap.from_us, NOW_US - 300 * S);
	assert_int_equal(poll.gap.to_us, NOW_US - 10 * S);
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
		cmocka_unit_test(a_place_is_read_back_as_it_was_written),
		cmocka_unit_test(a_bad_post_does_not_stop_the_poll),
		cmocka_unit_test(an_id_from_the_future_moves_nothing),
		cmocka_unit_test(only_a_page_that_can_tell_ends_a_poll),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
