/* What comes of a request is kept: a page's lines with the place behind them, and a record of what was
 * asked and what it cost (role/ledger.h).
 *
 *     lines:       extent [lines, place, batch, records] ──► the records, for good
 *     a page:      the record, with the page ──► extent [place], where it has moved
 *     neither:     as with lines, but without an extent where the place has not moved
 *
 * So a page without lines is on disk before its place is, a gap is kept with the place behind it, and a
 * poll that brought nothing writes its record alone. */
#include "role/listen.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

enum { FULL_WAIT_US = 200000 };

/* --- cursors ------------------------------------------------------------------------------------------------ */

int64_t listen_number_cursor(const struct listen *listen, struct str name)
{
	int64_t number = 0;
	struct str text = journal_cursor(listen->home.journal, name);
	return text.ptr && str_to_i64(text, &number) ? number : 0;
}

/* X shows posts when they are half a minute old. */
int64_t listen_first_reach_us(const struct listen *listen)
{
	const int64_t least_us = 60 * INT64_C(1000000);
	int64_t reach_us = listen->settings->first_reach;
	if (reach_us < listen->settings->interval)
		reach_us = listen->settings->interval;
	return reach_us > least_us ? reach_us : least_us;
}

/* One never asked for begins an interval back, or as far as it is told to reach, and so does one whose
 * query is another now: what the old one has read says nothing about the new one, and reading all of X's
 * seven days unasked would be dear. The beginning is noted at once, so that it stays the beginning until
 * there are posts. */
enum err_kind listen_find_place(struct listen *listen, const struct listen_rule *rule,
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
		.start_us = listen_x_now_us(listen) - listen_first_reach_us(listen),
		.query_hash = query_hash,
	};
	buf_reset(&listen->scratch);
	search_place_write(&listen->scratch, ret);
	struct cursor_change change = { .name = str_from(rule->cursor),
					.value = buf_str(&listen->scratch) };
	TRY(journal_sink_append(&listen->sink, NULL, 0, &change, 1, err));
	return journal_sync(listen->home.journal, err);
}

/* --- the journals ------------------------------------------------------------------------------------------- */

static bool knows(void *context, const struct source_line *line)
{
	struct listen *listen = context;
	return journal_sink_knows(&listen->sink, line);
}

/* What is full waits for its collector. */
static enum err_kind wait_for_room(struct listen *listen, const char *what, struct err *err)
{
	char why[128];
	if (listen->settings->once)
		return err->kind = ERR_FATAL;
	snprintf(why, sizeof why, "the journal is full: its %s are not collected", what);
	listen_note_waiting(listen, 0, why);
	if (listen_wait(listen, clock_now_us() + FULL_WAIT_US, NULL))
		return err_set(err, ERR_RETRY, "stopped");
	return ERR_NONE;
}

static enum err_kind append(struct listen *listen, const struct source_line *lines, size_t count,
			    const struct cursor_change *cursors, size_t cursor_count,
			    struct err *err)
{
	enum err_kind kind;
	while ((kind = journal_sink_append(&listen->sink, lines, count, cursors, cursor_count,
					   err)) == ERR_RETRY)
		TRY(wait_for_room(listen, "posts", err));
	listen_end_waiting(listen);
	return kind == ERR_NONE ? journal_sync(listen->home.journal, err) : kind;
}

static enum err_kind add_record(struct listen *listen, struct str page, struct err *err)
{
	enum err_kind kind;
	while ((kind = ledger_add(&listen->ledger, page, err)) == ERR_RETRY)
		TRY(wait_for_room(listen, "request records", err));
	listen_end_waiting(listen);
	return kind;
}

/* --- what is kept together ---------------------------------------------------------------------------------- */

struct kept {
	const struct source_line *lines;
	size_t count;
	struct str page; /* whole, where no line carries it */
};

/* What the poll passed over since this was asked last; false: nothing. */
static bool take_gap(const struct listen_rule *rule, struct search_poll *poll,
		     struct request_record *ret)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX];
	const struct search_gap *gap = &poll->gap;
	if (!gap->cause)
		return false;
	log_event(LOG_WARN, "gap", "rule=\"%s\" from=%s to=%s cause=%s", rule->label,
		  time_format(gap->from_us, from), time_format(gap->to_us, to), gap->cause);
	*ret = (struct request_record){
		.kind = "gap",
		.asked_us = clock_now_us(),
		.rule = rule->name,
		.posts = -1,
		.new_posts = -1,
		.repeated_posts = -1,
		.gap_from_us = gap->from_us,
		.gap_to_us = gap->to_us,
		.gap_cause = gap->cause,
	};
	poll->gap = (struct search_gap){ 0 };
	return true;
}

/* The record (NULL: none) and the poll's gap, lines, and where the rule stands behind them. An empty poll
 * has no batch, and nothing of it changes anything. One that is gone on with has its old number, and
 * others have had theirs since. */
static enum err_kind store(struct listen *listen, const struct listen_rule *rule,
			   struct search_poll *poll, const struct kept *kept,
			   const struct request_record *record, struct err *err)
{
	char batch[24];
	struct buf place = { 0 };
	struct request_record records[2];
	size_t record_count = 0;
	if (record)
		records[record_count++] = *record;
	record_count += take_gap(rule, poll, &records[record_count]);
	search_place_write(&place, &poll->place);
	int64_t taken = listen_number_cursor(listen, STR("batch_id"));
	snprintf(batch, sizeof batch, "%" PRId64, taken > poll->batch_id ? taken : poll->batch_id);
	struct cursor_change cursors[] = {
		{ .name = STR(LEDGER_CURSOR),
		  .value = ledger_take(&listen->ledger, records, record_count) },
		{ .name = str_from(rule->cursor), .value = buf_str(&place) },
		{ .name = STR("batch_id"), .value = str_from(batch) },
	};
	size_t cursor_count = poll->place.batch_id == poll->batch_id ? 3 : 2;
	bool moved =
		!str_equal(journal_cursor(listen->home.journal, cursors[1].name), buf_str(&place));
	bool page_first = kept->page.len > 0;
	enum err_kind kind = ERR_NONE;
	if (page_first)
		kind = add_record(listen, kept->page, err);
	if (kind == ERR_NONE && (kept->count > 0 || moved))
		kind = append(listen, kept->lines, kept->count, cursors + page_first,
			      cursor_count - page_first, err);
	if (kind == ERR_NONE && !page_first && record_count > 0)
		kind = add_record(listen, STR_NONE, err);
	buf_release(&place);
	return kind;
}

/* --- pages -------------------------------------------------------------------------------------------------- */

/* The lines of a page; ERR_REJECT where it is to be kept whole, and *ret_why says why. */
static enum err_kind join(struct listen *listen, const struct listen_rule *rule, int64_t batch_id,
			  struct kept *kept, size_t *ret_dropped, struct err *ret_why)
{
	char fetched_at[TIME_TEXT_MAX];
	struct str name = str_from(rule->name);
	struct page_options options = { .batch_id = batch_id,
					.fetched_via = "search",
					.fetched_at =
						str_from(time_format(clock_now_us(), fetched_at)),
					.rules = &name,
					.rule_count = 1 };
	struct source_sink sink = { .context = listen, .knows = knows };
	return page_join(listen->joiner, &listen->doc, &options, &sink,
			 (size_t)listen->settings->line_bytes_max, &kept->lines, &kept->count,
			 ret_dropped, ret_why);
}

enum err_kind listen_keep_page(struct listen *listen, const struct listen_rule *rule,
			       struct search_poll *poll, const struct search_verdict *verdict,
			       struct err *err)
{
	struct kept kept = { 0 };
	struct request_record *record = &listen->asked;
	struct err why = { 0 };
	size_t dropped = 0;
	enum err_kind kind = join(listen, rule, poll->batch_id, &kept, &dropped, &why);
	if (kind != ERR_NONE && kind != ERR_REJECT) {
		*err = why;
		return kind;
	}
	if (kind == ERR_REJECT) {
		log_event(LOG_WARN, "page_kept_whole", "rule=\"%s\" why=\"%s\"", rule->label,
			  why.msg);
		kept.count = 0;
	}
	/* What is all known stands in the lines that are known. */
	bool is_all_known = dropped > 0 && !json_get(listen->doc.root, "errors");
	if (kept.count == 0 && !is_all_known) {
		buf_reset(&listen->scratch);
		json_write(&listen->scratch, &listen->doc, listen->doc.root);
		kept.page = buf_str(&listen->scratch);
	}
	if (verdict->why[0])
		log_event(LOG_WARN, "strange_page", "rule=\"%s\" why=\"%s\"", rule->label,
			  verdict->why);
	listen->now.posts += verdict->posts;
	listen->now.fresh += kept.count;
	listen->now.pages++;
	if (kept.count > 0)
		search_poll_has_lines(poll);
	record->batch_id = kept.count > 0 ? poll->batch_id : 0;
	record->posts = (int64_t)verdict->posts;
	record->new_posts = (int64_t)kept.count;
	record->repeated_posts = (int64_t)dropped;
	record->is_charged = true;
	record->charged = charged_count(&listen->ledger.charged, listen->doc.root);
	record->error = kind == ERR_REJECT ? why.msg : verdict->why;
	return store(listen, rule, poll, &kept, record, err);
}

/* It may have brought, and cost, all that was asked for. */
static void charge_all(struct request_record *record, int64_t posts)
{
	record->is_charged = true;
	record->charged = (struct spend_sum){ .posts = (uint64_t)posts, .users = (uint64_t)posts };
}

enum err_kind listen_keep_unreadable(struct listen *listen, const struct listen_rule *rule,
				     struct search_poll *poll, struct str body,
				     const struct search_verdict *verdict, int64_t paid_posts,
				     struct err *err)
{
	size_t bytes_max = (size_t)listen->settings->line_bytes_max - 1;
	struct buf bytes = { 0 };
	struct source_line line = { 0 };
	struct kept kept = { .lines = &line, .count = body.len > 0 };
	log_event(LOG_WARN, "page_passed_over", "rule=\"%s\" bytes=%zu why=\"%s\"", rule->label,
		  body.len, verdict->why);
	buf_add(&bytes, body.ptr, body.len < bytes_max ? body.len : bytes_max);
	for (size_t i = 0; i < bytes.len; i++)
		bytes.ptr[i] = bytes.ptr[i] == '\n' ? ' ' : bytes.ptr[i];
	buf_add_byte(&bytes, '\n');
	line.line = buf_str(&bytes);
	listen->now.pages++;
	listen->asked.error = verdict->why;
	charge_all(&listen->asked, paid_posts);
	enum err_kind kind = store(listen, rule, poll, &kept, &listen->asked, err);
	buf_release(&bytes);
	return kind;
}

/* --- what is no page, and what is missing ------------------------------------------------------------------- */

enum err_kind listen_keep_refusal(struct listen *listen, const struct listen_rule *rule,
				  struct search_poll *poll, const struct search_verdict *verdict,
				  int64_t paid_posts, struct err *err)
{
	struct kept nothing = { 0 };
	int64_t now_us = clock_now_us();
	listen->asked.error = verdict->why;
	if (verdict->until_us > now_us)
		listen->asked.wait_us = verdict->until_us - now_us;
	charge_all(&listen->asked, paid_posts);
	return store(listen, rule, poll, &nothing, &listen->asked, err);
}

enum err_kind listen_keep_gap(struct listen *listen, const struct listen_rule *rule,
			      struct search_poll *poll, struct err *err)
{
	struct kept nothing = { 0 };
	return poll->gap.cause ? store(listen, rule, poll, &nothing, NULL, err) : ERR_NONE;
}
