/* What a listener tells about itself: to whoever asks its server, and in the log. */
#include "role/listen.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

enum { TOLD_MAX = 40 }; /* rules that are named */

static void add_time(struct buf *text, const char *name, int64_t time_us)
{
	char time[TIME_TEXT_MAX];
	buf_addf(text, ",\"%s\":", name);
	if (time_us > 0)
		buf_add_json(text, str_from(time_format(time_us, time)));
	else
		buf_add_text(text, "null");
}

static void add_text(struct buf *text, const char *name, const char *value)
{
	buf_addf(text, ",\"%s\":", name);
	if (value && value[0] && str_is_utf8(str_from(value)))
		buf_add_json(text, str_from(value));
	else
		buf_add_text(text, "null");
}

void listen_copy_words(char *ret, size_t size, const char *words)
{
	struct str head = str_head(str_from(words), size - 1);
	bool is_utf8 = str_is_utf8(head);
	for (size_t i = 0; i < head.len; i++) {
		unsigned char c = (unsigned char)head.ptr[i];
		bool bad = c < ' ' || c == 0x7f || (c >= 0x80 && !is_utf8);
		ret[i] = c == '"' ? '\'' : bad ? ' ' : (char)c;
	}
	ret[head.len] = '\0';
}

static void add_last(struct buf *text, const struct listen_report *last)
{
	buf_add_text(text, ",\"last_poll\":");
	if (!last->rule) {
		buf_add_text(text, "null");
		return;
	}
	buf_add_text(text, "{\"rule\":");
	buf_add_json(text, str_from(last->rule));
	add_time(text, "at", last->at_us);
	buf_addf(text, ",\"status\":%d,\"posts\":%" PRIu64 ",\"new\":%" PRIu64 ",\"pages\":%u",
		 last->status, last->posts, last->fresh, last->pages);
	add_text(text, "error", last->error);
	buf_add_byte(text, '}');
}

static void add_disabled(struct buf *text, const struct rules *wanted)
{
	char words[512];
	size_t told = 0;
	for (size_t i = 0; i < wanted->count && told < TOLD_MAX; i++) {
		if (!wanted->items[i].why)
			continue;
		listen_copy_words(words, sizeof words, wanted->items[i].why);
		buf_add_text(text, told++ > 0 ? "," : "");
		buf_add_json(text, str_from(words));
	}
}

static void add_sum(struct buf *text, const char *name, const struct spend_sum *sum, int64_t of)
{
	buf_addf(text,
		 "\"%s\":{\"posts\":%" PRIu64 ",\"users\":%" PRIu64 ",\"included\":%" PRIu64
		 ",\"usd\":",
		 name, sum->posts, sum->users, sum->included);
	spend_add_usd(text, sum->usd);
	buf_add_text(text, ",\"usd_max\":");
	spend_add_usd(text, sum->usd_max);
	buf_add_text(text, ",\"of_usd\":");
	if (of != INT64_MAX && of != 0)
		spend_add_usd(text, of);
	else
		buf_add_text(text, "null");
	buf_add_byte(text, '}');
}

static void add_spend(struct buf *text, const struct ledger *ledger, const char *usage)
{
	const struct spend *spend = &ledger->spend;
	buf_add_text(text, ",\"spend\":{");
	add_sum(text, "today", &spend->today, spend_share(spend, ledger->settings));
	buf_add_byte(text, ',');
	add_sum(text, "month", &spend->month, ledger->settings->budget_usd_month);
	add_text(text, "usage", usage);
	buf_addf(text, "},\"gaps\":%" PRIu64, spend->gaps);
}

void listen_tell(struct listen *listen)
{
	struct buf text = { 0 };
	if (!listen->home.server)
		return;
	buf_add_text(&text, "{\"role\":\"listen\"");
	add_text(&text, "source", listen->source);
	add_text(&text, "journal", listen->home.dir);
	buf_add_text(&text, ",\"rules\":[");
	for (size_t i = 0; i < listen->rule_count && i < TOLD_MAX; i++) {
		buf_add_text(&text, i > 0 ? "," : "");
		buf_add_json(&text, str_from(listen->rules[i].name));
	}
	buf_addf(&text, "],\"disabled\":[");
	add_disabled(&text, &listen->wanted);
	buf_addf(&text, "],\"interval_s\":%.10g", (double)listen->settings->interval / 1e6);
	add_time(&text, "next_poll", listen->next_poll_us);
	add_text(&text, "dialect", search_dialect_name(listen->wants.dialect));
	add_last(&text, &listen->last);
	buf_add_text(&text, ",\"waiting\":");
	if (listen->waiting_why[0]) {
		buf_add_text(&text, "{\"why\":");
		buf_add_json(&text, str_from(listen->waiting_why));
		add_time(&text, "until", listen->waiting_until_us);
		buf_add_byte(&text, '}');
	} else {
		buf_add_text(&text, "null");
	}
	add_spend(&text, &listen->ledger, listen->usage);
	buf_add_byte(&text, '}');
	wire_server_set_status(listen->home.server, buf_str(&text));
	buf_release(&text);
}

void listen_note_waiting(struct listen *listen, int64_t until_us, const char *why)
{
	char time[TIME_TEXT_MAX];
	char before[sizeof listen->waiting_why];
	memcpy(before, listen->waiting_why, sizeof before);
	listen_copy_words(listen->waiting_why, sizeof listen->waiting_why, why);
	listen->waiting_until_us = until_us;
	if (strcmp(before, listen->waiting_why) != 0)
		log_event(LOG_WARN, "waiting", "why=\"%s\" until=%s", listen->waiting_why,
			  until_us > 0 ? time_format(until_us, time) : "unknown");
	listen_tell(listen);
}

/* The rule that may be asked for first; NULL: none is kept back. */
static const struct listen_rule *first_waiting(const struct listen *listen)
{
	const struct listen_rule *first = NULL;
	int64_t now_us = clock_now_us();
	for (size_t i = 0; i < listen->rule_count; i++) {
		const struct listen_rule *rule = &listen->rules[i];
		if (rule->not_before_us > now_us &&
		    (!first || rule->not_before_us < first->not_before_us))
			first = rule;
	}
	return first;
}

void listen_end_waiting(struct listen *listen)
{
	if (!listen->waiting_why[0])
		return;
	listen->waiting_why[0] = '\0';
	const struct listen_rule *first = first_waiting(listen);
	if (first) {
		memcpy(listen->waiting_why, first->waiting_why, sizeof listen->waiting_why);
		listen->waiting_until_us = first->not_before_us;
	}
	listen_tell(listen);
}

bool listen_interrupted(const struct listen *listen)
{
	return stop_requested() || (!listen->settings->once && stop_reload_asked());
}

/* The wall clock counts: X tells times of day, and a machine may sleep. */
bool listen_wait(struct listen *listen, int64_t until_us, const char *why)
{
	enum { STEP_MS = 60000 };
	int64_t left_us;
	if (why)
		listen_note_waiting(listen, until_us, why);
	while ((left_us = until_us - clock_now_us()) > 0 && !listen_interrupted(listen))
		stop_wait(-1, left_us > STEP_MS * 1000 ? STEP_MS : (int)((left_us + 999) / 1000));
	if (why)
		listen_end_waiting(listen);
	return listen_interrupted(listen);
}
