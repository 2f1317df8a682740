/* One poll of one rule (source/search_poll.c has the model).
 *
 *     book ──► ask ──► judge ──► join ──► journal: lines, place, batch, count in one extent ──► next page
 *       │                └─ wait and ask again; or give this poll up, to be gone on with later
 *       └─ with --posts-max: what the page may cost is written down before it is asked for, so that no
 *          kill makes it forgotten; what it did cost replaces that. Refusals are free (X-API section 8);
 *          of an answer that was cut, or is no page, nobody knows: it is taken to have cost all
 *
 * A page that gives no line is kept whole, beside the journal, before its place is. */
#include "role/listen.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	TRIES_MAX = 5, /* in a row of one poll, while X is troubled */
	PAID_MAX = 3,  /* of them such as may have cost money */
	BACK_OFF_FIRST_MS = 500,
	BACK_OFF_MAX_MS = 60000,
	FULL_WAIT_US = 200000,
	STUCK_MAX = 2, /* polls in a row that led no further down */
};
static const int64_t denied_wait_us = 5 * 60 * INT64_C(1000000);
static const int64_t stuck_wait_us = 3600 * INT64_C(1000000);

/* --- cursors ------------------------------------------------------------------------------------------------ */

static int64_t number_cursor(const struct listen *listen, struct str name)
{
	int64_t number = 0;
	struct str text = journal_cursor(listen->home.journal, name);
	return text.ptr && str_to_i64(text, &number) ? number : 0;
}

static enum err_kind append_cursor(struct listen *listen, struct str name, struct str value,
				   struct err *err)
{
	struct cursor_change change = { .name = name, .value = value };
	TRY(journal_sink_append(&listen->sink, NULL, 0, &change, 1, err));
	return journal_sync(listen->home.journal, err);
}

/* An interval; X shows posts when they are half a minute old. */
static int64_t first_reach_us(const struct listen *listen)
{
	const int64_t least_us = 60 * INT64_C(1000000);
	int64_t interval_us = listen->settings->interval;
	return interval_us > least_us ? interval_us : least_us;
}

/* Where the rule stands. One never asked for begins an interval back, and so does one whose query is
 * another now: what the old one has read says nothing about the new one, and reading all of X's seven
 * days unasked would be dear. The beginning is noted at once, so that it stays the beginning until there
 * are posts. */
static enum err_kind find_place(struct listen *listen, const struct listen_rule *rule,
				struct search_place *ret, struct err *err)
{
	uint64_t query_hash = hash_xxh3(str_from(rule->query));
	struct str text = journal_cursor(listen->home.journal, str_from(rule->cursor));
	if (text.ptr && !search_place_read(text, ret))
		return err_set(err, ERR_FATAL, "rule %s: its cursor cannot be read: %.*s",
			       rule->name, STR_ARG(text));
	if (text.ptr && (ret->query_hash == query_hash || ret->query_hash == 0)) {
		ret->query_hash = query_hash;
		return ERR_NONE;
	}
	if (text.ptr)
		log_event(LOG_WARN, "rule_changed",
			  "rule=\"%s\" why=\"its query is another: it begins anew\"", rule->label);
	*ret = (struct search_place){
		.start_us = listen_x_now_us(listen) - first_reach_us(listen),
		.query_hash = query_hash,
	};
	buf_reset(&listen->scratch);
	search_place_write(&listen->scratch, ret);
	return append_cursor(listen, str_from(rule->cursor), buf_str(&listen->scratch), err);
}

/* --- how much may be read -------------------------------------------------------------------------------------- */

bool listen_is_spent(const struct listen *listen)
{
	uint64_t max = (uint64_t)listen->settings->posts_max;
	return max > 0 &&
	       (listen->posts_read > max || max - listen->posts_read < SEARCH_PAGE_POSTS_MIN);
}

static enum err_kind refuse_more(struct listen *listen, struct err *err)
{
	return err_set(err, ERR_RETRY,
		       "posts_max is reached: %" PRIu64 " of %" PRId64
		       " posts have been read, and X gives %d at least",
		       listen->posts_read, listen->settings->posts_max, SEARCH_PAGE_POSTS_MIN);
}

/* How many posts the next page may have, once that many are written down as read. */
static enum err_kind book(struct listen *listen, int *ret_posts, struct err *err)
{
	const struct settings *settings = listen->settings;
	int64_t posts = settings->page_posts, max = settings->posts_max;
	char text[24];
	if (max > 0) {
		if (listen_is_spent(listen))
			return refuse_more(listen, err);
		int64_t left = max - (int64_t)listen->posts_read;
		posts = posts < left ? posts : left;
		uint64_t booked = listen->posts_read + (uint64_t)posts;
		snprintf(text, sizeof text, "%" PRIu64, booked);
		if (booked != listen->posts_booked)
			TRY(append_cursor(listen, STR("posts_read"), str_from(text), err));
		listen->posts_booked = booked;
	}
	*ret_posts = (int)posts;
	return ERR_NONE;
}

/* --- keeping a page ---------------------------------------------------------------------------------------------- */

static bool knows(void *context, const struct source_line *line)
{
	struct listen *listen = context;
	return journal_sink_knows(&listen->sink, line);
}

/* A full journal waits for its collector. */
static enum err_kind append(struct listen *listen, const struct source_line *lines, size_t count,
			    const struct cursor_change *cursors, size_t cursor_count,
			    struct err *err)
{
	enum err_kind kind;
	while ((kind = journal_sink_append(&listen->sink, lines, count, cursors, cursor_count,
					   err)) == ERR_RETRY) {
		if (listen->settings->once)
			return err->kind = ERR_FATAL;
		listen_note_waiting(listen, 0, "the journal is full: its posts are not collected");
		if (listen_wait(listen, clock_now_us() + FULL_WAIT_US, NULL))
			return err_set(err, ERR_RETRY, "stopped");
	}
	listen_end_waiting(listen);
	return kind;
}

static enum err_kind keep_whole(struct listen *listen, const struct listen_rule *rule,
				const struct search_poll *poll, const char *fetched_at,
				const char *why, struct err *err)
{
	struct buf *record = &listen->scratch;
	buf_reset(record);
	buf_add_text(record, "{\"at\":");
	buf_add_json(record, str_from(fetched_at));
	buf_add_text(record, ",\"rule\":");
	buf_add_json(record, str_from(rule->name));
	buf_addf(record, ",\"batch_id\":%" PRId64, poll->batch_id);
	if (why) {
		buf_add_text(record, ",\"reason\":");
		buf_add_json(record, str_from(why));
	}
	buf_add_text(record, ",\"page\":");
	json_write(record, &listen->doc, listen->doc.root);
	buf_add_byte(record, '}');
	return source_journal_keep(&listen->home, buf_str(record), err);
}

/* Lines, and where the rule stands behind them. */
static enum err_kind store(struct listen *listen, const struct listen_rule *rule,
			   const struct search_poll *poll, const struct source_line *lines,
			   size_t count, struct err *err)
{
	char batch[24], read[24];
	struct buf place = { 0 };
	search_place_write(&place, &poll->place);
	int64_t taken = number_cursor(listen, STR("batch_id"));
	snprintf(batch, sizeof batch, "%" PRId64, taken > poll->batch_id ? taken : poll->batch_id);
	snprintf(read, sizeof read, "%" PRIu64, listen->posts_read);
	struct cursor_change cursors[] = {
		{ .name = str_from(rule->cursor), .value = buf_str(&place) },
		{ .name = STR("posts_read"), .value = str_from(read) },
		{ .name = STR("batch_id"), .value = str_from(batch) },
	};
	/* An empty poll has no batch, and nothing of it changes anything. One that is gone on with has
	 * its old number, and others have had theirs since. */
	bool has_batch = poll->place.batch_id == poll->batch_id;
	struct str before = journal_cursor(listen->home.journal, cursors[0].name);
	bool changed = count > 0 || !str_equal(before, buf_str(&place)) ||
		       listen->posts_booked != listen->posts_read;
	enum err_kind kind = ERR_NONE;
	if (changed)
		kind = append(listen, lines, count, cursors, has_batch ? 3 : 2, err);
	if (kind == ERR_NONE && changed)
		kind = journal_sync(listen->home.journal, err);
	if (kind == ERR_NONE)
		listen->posts_booked = listen->posts_read;
	buf_release(&place);
	return kind;
}

static enum err_kind keep_page(struct listen *listen, const struct listen_rule *rule,
			       struct search_poll *poll, const struct search_verdict *verdict,
			       struct err *err)
{
	char fetched_at[TIME_TEXT_MAX];
	struct str name = str_from(rule->name);
	struct page_options options = { .batch_id = poll->batch_id,
					.fetched_via = "search",
					.fetched_at =
						str_from(time_format(clock_now_us(), fetched_at)),
					.rules = &name,
					.rule_count = 1 };
	struct source_sink sink = { .context = listen, .knows = knows };
	const struct source_line *lines = NULL;
	size_t count = 0, dropped = 0;
	struct err why = { 0 };
	enum err_kind kind = page_join(listen->joiner, &listen->doc, &options, &sink,
				       (size_t)listen->settings->line_bytes_max, &lines, &count,
				       &dropped, &why);
	if (kind != ERR_NONE && kind != ERR_REJECT) {
		*err = why;
		return kind;
	}
	if (kind == ERR_REJECT) {
		log_event(LOG_WARN, "page_kept_whole", "rule=\"%s\" why=\"%s\"", rule->label,
			  why.msg);
		count = 0;
	}
	/* What is all known stands in the lines that are known. */
	bool is_all_known = dropped > 0 && !json_get(listen->doc.root, "errors");
	if (count == 0 && !is_all_known)
		TRY(keep_whole(listen, rule, poll, fetched_at, why.msg[0] ? why.msg : NULL, err));
	if (verdict->why[0])
		log_event(LOG_WARN, "strange_page", "rule=\"%s\" why=\"%s\"", rule->label,
			  verdict->why);
	listen->posts_read += verdict->posts;
	listen->now.posts += verdict->posts;
	listen->now.fresh += count;
	listen->now.pages++;
	if (count > 0)
		search_poll_has_lines(poll);
	return store(listen, rule, poll, lines, count, err);
}

/* An answer that nobody can read becomes a line that is none, so that the collector keeps its bytes, or
 * the first of them, in the lake's quarantine. */
static enum err_kind keep_unreadable(struct listen *listen, const struct listen_rule *rule,
				     struct search_poll *poll, struct str body,
				     const struct search_verdict *verdict, struct err *err)
{
	size_t bytes_max = (size_t)listen->settings->line_bytes_max - 1;
	struct buf bytes = { 0 };
	struct source_line line = { 0 };
	log_event(LOG_WARN, "page_passed_over", "rule=\"%s\" bytes=%zu why=\"%s\"", rule->label,
		  body.len, verdict->why);
	buf_add(&bytes, body.ptr, body.len < bytes_max ? body.len : bytes_max);
	for (size_t i = 0; i < bytes.len; i++)
		bytes.ptr[i] = bytes.ptr[i] == '\n' ? ' ' : bytes.ptr[i];
	buf_add_byte(&bytes, '\n');
	line.line = buf_str(&bytes);
	listen->now.pages++;
	enum err_kind kind = store(listen, rule, poll, &line, body.len > 0, err);
	buf_release(&bytes);
	return kind;
}

/* --- asking -------------------------------------------------------------------------------------------------------- */

static enum err_kind ask(struct listen *listen, const struct search_poll *poll, int page_posts,
			 struct search_reply *ret, bool *ret_paid, struct err *err)
{
	const struct http_client *client = listen->x.client;
	struct http_reply reply;
	search_poll_request(poll, &listen->wants, page_posts, listen_x_now_us(listen),
			    access_url(&listen->x));
	listen->now.status = 0;
	enum err_kind kind = access_ask(&listen->x, &reply, err);
	*ret_paid = reply.sent && (reply.status == 0 || reply.status / 100 == 2);
	if (kind != ERR_NONE && !reply.is_too_large)
		return kind;
	listen->now.status = reply.status;
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

/* What the poll passed over since this was asked last. */
static void note_gap(const struct listen_rule *rule, struct search_poll *poll)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
	const struct search_gap *gap = &poll->gap;
	if (!gap->cause)
		return;
	log_event(LOG_WARN, "gap", "rule=\"%s\" from=%s to=%s cause=%s", rule->label,
		  time_format(gap->from_us, from), time_format(gap->to_us, to), gap->cause);
	poll->gap = (struct search_gap){ 0 };
}

/* The rate limit is spread over what is left of its window. */
static enum err_kind keep_pace(struct listen *listen, struct err *err)
{
	if (listen->pace_until_us > clock_now_us() &&
	    listen_wait(listen, listen->pace_until_us, "the rate limit is nearly used up"))
		return err_set(err, ERR_RETRY, "stopped");
	return ERR_NONE;
}

/* One request and what follows from it. */
static enum err_kind poll_page(struct listen *listen, struct listen_rule *rule,
			       struct search_poll *poll, struct tries *tries, struct err *err)
{
	int page_posts = 0;
	bool paid = false;
	struct str body;
	TRY(keep_pace(listen, err));
	TRY(book(listen, &page_posts, err));
	struct search_verdict verdict = ask_and_judge(listen, poll, page_posts, &body, &paid);
	note_gap(rule, poll);
	if (verdict.outcome != SEARCH_PAGE && paid)
		listen->posts_read = listen->posts_booked;
	if (verdict.outcome == SEARCH_UNREADABLE)
		return keep_unreadable(listen, rule, poll, body, &verdict, err);
	if (verdict.outcome != SEARCH_PAGE) {
		tries->paid += paid;
		tries->all += verdict.outcome == SEARCH_BACK_OFF;
		return handle_trouble(listen, rule, &verdict, tries, err);
	}
	*tries = (struct tries){ 0 };
	rule->troubles = 0;
	listen_end_waiting(listen);
	TRY(note_source(listen, err));
	TRY(keep_page(listen, rule, poll, &verdict, err));
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
	note_gap(rule, poll);
	TRY(store(listen, rule, poll, NULL, 0, err));
	return err_set(err, ERR_RETRY, "%s", poll->trouble);
}

enum err_kind listen_poll(struct listen *listen, struct listen_rule *rule, struct err *err)
{
	struct search_place place;
	struct search_poll poll;
	TRY(find_place(listen, rule, &place, err));
	struct search_options options = { .query = rule->query,
					  .overlap_us = overlap_of(listen, rule),
					  .reach_us = first_reach_us(listen),
					  .clock_is_x_s = listen->x_clock_known };
	search_poll_begin(&poll, &options, &place, number_cursor(listen, STR("batch_id")) + 1,
			  listen_x_now_us(listen));
	listen->now = (struct listen_report){ .rule = rule->name, .at_us = clock_now_us() };
	note_gap(rule, &poll);
	enum err_kind kind = poll_pages(listen, rule, &poll, err);
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
