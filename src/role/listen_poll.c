/* One poll of one rule (source/search_poll.c has the model).
 *
 *     afford ──► ask ──► judge ──► keep the page (listen_keep.c) ──► next page
 *       │                  └─ keep that it was refused; wait and ask again, or give this poll up, to be
 *       │                     gone on with later
 *       └─ not even the smallest page: what this poll has not read yet is passed over, a gap
 *
 * Refusals are free (X-API section 8); of an answer that was cut, or is no page, nobody knows: it is taken
 * to have cost all that was asked for. */
#include "role/listen.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

enum {
	TRIES_MAX = 5, /* in a row of one poll, while X is troubled */
	PAID_MAX = 3,  /* of them such as may have cost money */
	BACK_OFF_FIRST_MS = 500,
	BACK_OFF_MAX_MS = 60000,
	STUCK_MAX = 2, /* polls in a row that led no further down */
};
static const int64_t denied_wait_us = 5 * 60 * INT64_C(1000000);
static const int64_t stuck_wait_us = 3600 * INT64_C(1000000);

/* --- asking -------------------------------------------------------------------------------------------------------- */

static enum err_kind ask(struct listen *listen, const struct search_poll *poll, int page_posts,
			 struct search_reply *ret, bool *ret_paid, struct err *err)
{
	const struct http_client *client = listen->x.client;
	struct http_reply reply;
	search_poll_request(poll, &listen->wants, page_posts, listen_x_now_us(listen),
			    access_url(&listen->x));
	listen->now.status = 0;
	int64_t start_us = clock_monotonic_us();
	ledger_asking(&listen->ledger, &listen->asked, page_posts);
	enum err_kind kind = access_ask(&listen->x, &reply, err);
	listen->asked.took_us = clock_monotonic_us() - start_us;
	*ret_paid = reply.sent && (reply.status == 0 || reply.status / 100 == 2);
	if (kind != ERR_NONE && !reply.is_too_large)
		return kind;
	listen->now.status = listen->asked.status = reply.status;
	*ret = (struct search_reply){
		.status = reply.status,
		.body = reply.body,
		.is_too_large = reply.is_too_large,
		.rate_limit_limit = http_client_reply_header(client, "x-rate-limit-limit"),
		.rate_limit_remaining = http_client_reply_header(client, "x-rate-limit-remaining"),
		.rate_limit_reset = http_client_reply_header(client, "x-rate-limit-reset"),
	};
	listen_note_times(listen, ret);
	return ERR_NONE;
}

/* Asks and judges; what the network does to us is a verdict like X's own. *ret_paid: it may have cost
 * what was asked for. */
static struct search_verdict ask_and_judge(struct listen *listen, struct search_poll *poll,
					   int page_posts, struct str *ret_body, bool *ret_paid)
{
	struct search_reply reply = { 0 };
	struct search_verdict verdict = { 0 };
	struct err err;
	listen->asked = (struct request_record){
		.kind = "request",
		.asked_us = clock_now_us(),
		.rule = listen->now.rule,
		.endpoint = "/2/tweets/search/recent",
		.posts = -1,
		.new_posts = -1,
		.repeated_posts = -1,
	};
	enum err_kind kind = ask(listen, poll, page_posts, &reply, ret_paid, &err);
	*ret_body = reply.body;
	if (kind == ERR_NONE) {
		search_poll_answer(poll, &reply, listen_x_now_us(listen), &listen->doc, &verdict);
		verdict.until_us -= verdict.until_us > 0 ? listen->x_skew_us : 0;
		return verdict;
	}
	verdict.outcome = kind == ERR_RETRY ? SEARCH_BACK_OFF : SEARCH_DENIED;
	listen_copy_words(verdict.why, sizeof verdict.why, err.msg);
	return verdict;
}

/* Whose posts these are, before the first of them is journalled. */
static enum err_kind note_source(struct listen *listen, struct err *err)
{
	bool simulated = http_client_reply_header(listen->x.client, "x-aviary-simulator").ptr;
	const char *source = simulated ? "simulated" : "X";
	if (listen->source && strcmp(listen->source, source) == 0)
		return ERR_NONE;
	if (source_journal_add_source(&listen->home, source, err) != ERR_NONE)
		return err->kind = ERR_FATAL;
	listen->source = source;
	listen_tell(listen);
	return ERR_NONE;
}

static int64_t back_off_us(unsigned troubles)
{
	unsigned doublings = troubles > 10 ? 10 : troubles;
	int64_t ms = (int64_t)BACK_OFF_FIRST_MS << (doublings > 0 ? doublings - 1 : 0);
	return 1000 * (ms < BACK_OFF_MAX_MS ? ms : BACK_OFF_MAX_MS);
}

/* What is known of this poll by now. */
static void report(struct listen *listen, const char *error)
{
	listen->last = listen->now;
	listen_copy_words(listen->last.error, sizeof listen->last.error, error);
}

/* Gives the poll up for now. */
static enum err_kind give_up(struct listen *listen, struct listen_rule *rule, int64_t wait_us,
			     const char *why, struct err *err)
{
	rule->not_before_us = clock_now_us() + wait_us;
	listen_copy_words(rule->waiting_why, sizeof rule->waiting_why, why);
	if (!listen->settings->once)
		listen_note_waiting(listen, rule->not_before_us, why);
	return err_set(err, ERR_RETRY, "%s", why);
}

/* Troubles in a row, of one poll. */
struct tries {
	unsigned all, paid;
};

/* X is troubled, or the way there. */
static enum err_kind back_off(struct listen *listen, struct listen_rule *rule, const char *why,
			      const struct tries *tries, struct err *err)
{
	int64_t wait_us = back_off_us(++rule->troubles);
	if (tries->paid >= PAID_MAX)
		return give_up(listen, rule, denied_wait_us, why, err);
	if (tries->all >= TRIES_MAX)
		return give_up(listen, rule, wait_us, why, err);
	if (listen_wait(listen, clock_now_us() + wait_us, why))
		return err_set(err, ERR_RETRY, "stopped");
	return ERR_NONE;
}

/* What is no page: ERR_NONE when it is to be asked for again. */
static enum err_kind handle_trouble(struct listen *listen, struct listen_rule *rule,
				    const struct search_verdict *verdict, const struct tries *tries,
				    struct err *err)
{
	bool once = listen->settings->once;
	if (stop_requested())
		return err_set(err, ERR_RETRY, "stopped");
	report(listen, verdict->why);
	switch (verdict->outcome) {
	case SEARCH_AGAIN:
		log_event(LOG_WARN, "asked_again", "rule=\"%s\" why=\"%s\"", rule->label,
			  verdict->why);
		return ERR_NONE;
	case SEARCH_WAIT:
		if (once && !strstr(verdict->why, "rate limit"))
			return give_up(listen, rule, 0, verdict->why, err);
		if (listen_wait(listen, verdict->until_us, verdict->why))
			return err_set(err, ERR_RETRY, "stopped");
		return ERR_NONE;
	case SEARCH_BACK_OFF:
		return back_off(listen, rule, verdict->why, tries, err);
	case SEARCH_DENIED:
	default:
		if (verdict->is_dialect && listen_dialect_may_change(listen))
			return listen_dialect_change(listen, verdict->why, err);
		return give_up(listen, rule,
			       verdict->until_us > 0 ? verdict->until_us - clock_now_us() :
						       denied_wait_us,
			       verdict->why, err);
	}
}

/* The rate limit is spread over what is left of its window. */
static enum err_kind keep_pace(struct listen *listen, struct err *err)
{
	if (listen->pace_until_us > clock_now_us() &&
	    listen_wait(listen, listen->pace_until_us, "the rate limit is nearly used up"))
		return err_set(err, ERR_RETRY, "stopped");
	return ERR_NONE;
}

/* Today's share of the budget is spent: what this poll has not read yet is passed over. */
static enum err_kind pass_over(struct listen *listen, const struct listen_rule *rule,
			       struct search_poll *poll, struct err *err)
{
	struct buf words = { 0 };
	enum err_kind kind = ERR_NONE;
	listen->is_spent = true;
	if (poll->place.newest_id > 0) {
		search_poll_pass_over(poll, "budget", listen_x_now_us(listen));
		kind = listen_keep_gap(listen, rule, poll, err);
	}
	ledger_add_words(&listen->ledger, &words);
	if (kind == ERR_NONE)
		kind = err_set(err, ERR_RETRY, "%s", buf_text(&words));
	buf_release(&words);
	return kind;
}

/* One request and what follows from it. */
static enum err_kind poll_page(struct listen *listen, struct listen_rule *rule,
			       struct search_poll *poll, struct tries *tries, struct err *err)
{
	int64_t page_posts = 0;
	bool paid = false;
	struct str body;
	TRY(keep_pace(listen, err));
	TRY(ledger_affords(&listen->ledger, SEARCH_PAGE_POSTS_MIN, listen->settings->page_posts,
			   &page_posts, err));
	if (page_posts == 0)
		return pass_over(listen, rule, poll, err);
	struct search_verdict verdict = ask_and_judge(listen, poll, (int)page_posts, &body, &paid);
	if (verdict.outcome == SEARCH_UNREADABLE)
		return listen_keep_unreadable(listen, rule, poll, body, &verdict, page_posts, err);
	if (verdict.outcome != SEARCH_PAGE) {
		TRY(listen_keep_refusal(listen, rule, poll, &verdict, paid ? page_posts : 0, err));
		tries->paid += paid;
		tries->all += verdict.outcome == SEARCH_BACK_OFF;
		return handle_trouble(listen, rule, &verdict, tries, err);
	}
	*tries = (struct tries){ 0 };
	rule->troubles = 0;
	listen_end_waiting(listen);
	TRY(note_source(listen, err));
	TRY(listen_keep_page(listen, rule, poll, &verdict, err));
	return verdict.is_odd ? ERR_NONE : listen_dialect_check(listen, err);
}

static enum err_kind poll_pages(struct listen *listen, struct listen_rule *rule,
				struct search_poll *poll, struct err *err)
{
	struct tries tries = { 0 };
	while (!poll->done) {
		TRY(poll_page(listen, rule, poll, &tries, err));
		if (stop_requested() && !poll->done)
			return err_set(err, ERR_RETRY, "stopped");
	}
	return ERR_NONE;
}

/* Polls that follow closely read old posts again only now and then: often enough that none which was
 * found later than half of `overlap` is missed. */
static int64_t overlap_of(const struct listen *listen, struct listen_rule *rule)
{
	int64_t overlap_us = listen->settings->overlap, now_us = clock_now_us();
	int64_t since_us = now_us - rule->overlapped_us;
	if (since_us >= 0 && since_us < overlap_us / 2 - listen->settings->interval / 2)
		return 0;
	rule->overlapped_us = now_us;
	return overlap_us;
}

/* A poll that came no further would cost the same again. The second one in a row gives up what it cannot
 * reach, so that newer posts are asked for. */
static enum err_kind end_stuck(struct listen *listen, struct listen_rule *rule,
			       struct search_poll *poll, struct err *err)
{
	if (++rule->stuck < STUCK_MAX)
		return give_up(listen, rule, stuck_wait_us, poll->trouble, err);
	rule->stuck = 0;
	search_poll_pass_over(poll, "paging", listen_x_now_us(listen));
	TRY(listen_keep_gap(listen, rule, poll, err));
	return err_set(err, ERR_RETRY, "%s", poll->trouble);
}

enum err_kind listen_poll(struct listen *listen, struct listen_rule *rule, struct err *err)
{
	struct search_place place;
	struct search_poll poll;
	TRY(listen_find_place(listen, rule, &place, err));
	struct search_options options = { .query = rule->query,
					  .overlap_us = overlap_of(listen, rule),
					  .reach_us = listen_first_reach_us(listen),
					  .clock_is_x_s = listen->x_clock_known };
	search_poll_begin(&poll, &options, &place,
			  listen_number_cursor(listen, STR("batch_id")) + 1,
			  listen_x_now_us(listen));
	listen->now = (struct listen_report){ .rule = rule->name, .at_us = clock_now_us() };
	enum err_kind kind = listen_keep_gap(listen, rule, &poll, err);
	if (kind == ERR_NONE)
		kind = poll_pages(listen, rule, &poll, err);
	if (kind == ERR_NONE && poll.stuck)
		kind = end_stuck(listen, rule, &poll, err);
	else if (kind == ERR_NONE && poll.trouble[0])
		kind = err_set(err, ERR_RETRY, "%s", poll.trouble);
	else if (kind == ERR_NONE)
		rule->stuck = 0;
	search_poll_release(&poll);
	report(listen, kind == ERR_NONE ? "" : err->msg);
	return kind;
}
