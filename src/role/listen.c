/* The listener: every interval it asks X for what is new, journals it, and serves the journal.
 *
 * All rules are polled one after another at each tick. Ticks keep their distance from the first one; one
 * that passes while another is at work is left out. */
#include "role/listen.h"
#include "role/ready.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

/* --- polling --------------------------------------------------------------------------------------------- */

static void log_poll(const struct listen *listen, const struct listen_rule *rule, bool good)
{
	const struct listen_report *last = &listen->last;
	char next[TIME_TEXT_MAX];
	log_event(good ? LOG_INFO : LOG_WARN, "polled",
		  "rule=\"%s\" status=%d pages=%u posts=%" PRIu64 " new=%" PRIu64 " next=%s%s%s%s",
		  rule->label, last->status, last->pages, last->posts, last->fresh,
		  listen->settings->once ? "none" : time_format(listen->next_poll_us, next),
		  good ? "" : " error=\"", good ? "" : last->error, good ? "" : "\"");
}

/* *ret_failed counts the rules that could not be polled to the end; `err` tells of the last of them. */
static enum err_kind poll_rules(struct listen *listen, size_t *ret_failed, struct err *err)
{
	TRY(listen_compare_usage(listen, err));
	for (size_t i = 0; i < listen->rule_count && !listen_interrupted(listen); i++) {
		struct listen_rule *rule = &listen->rules[i];
		if (rule->not_before_us > clock_now_us()) {
			++*ret_failed; /* it still waits, and the status says so */
			continue;
		}
		enum err_kind kind = listen_poll(listen, rule, err);
		if (kind != ERR_NONE && kind != ERR_RETRY)
			return kind;
		*ret_failed += kind != ERR_NONE;
		if (!listen_interrupted(listen))
			log_poll(listen, rule, kind == ERR_NONE);
		listen_tell(listen);
	}
	return ERR_NONE;
}

/* Until tomorrow nothing is asked for; what is journalled is still served. */
static void wait_for_tomorrow(struct listen *listen)
{
	struct buf why = { 0 };
	ledger_add_words(&listen->ledger, &why);
	listen->next_poll_us = spend_next_day(clock_now_us());
	if (!listen_wait(listen, listen->next_poll_us, buf_text(&why)))
		listen->is_spent = false;
	buf_release(&why);
}

static void plan_next(struct listen *listen)
{
	int64_t interval_us = listen->settings->interval, now_us = clock_now_us();
	listen->next_poll_us += interval_us;
	if (listen->next_poll_us <= now_us)
		listen->next_poll_us += (now_us - listen->next_poll_us + interval_us - 1) /
					interval_us * interval_us;
	/* The clock was set back: nobody waits for years. */
	if (listen->next_poll_us > now_us + interval_us)
		listen->next_poll_us = now_us + interval_us;
}

static enum err_kind listen_on(struct listen *listen, struct err *err)
{
	listen->next_poll_us = clock_now_us();
	while (!stop_requested()) {
		size_t ignored = 0;
		if (stop_take_reload())
			listen_reload(listen);
		plan_next(listen);
		listen_tell(listen);
		TRY(poll_rules(listen, &ignored, err));
		if (listen->is_spent && !stop_requested())
			wait_for_tomorrow(listen);
		else if (!listen_wait(listen, listen->next_poll_us, NULL))
			listen_end_waiting(listen);
	}
	return ERR_NONE;
}

static enum err_kind listen_once(struct listen *listen, struct err *err)
{
	size_t failed = 0;
	TRY(poll_rules(listen, &failed, err));
	if (stop_requested())
		return err_set(err, ERR_RETRY, "stopped before the end");
	return failed > 0 ? err->kind : ERR_NONE;
}

/* --- the command ------------------------------------------------------------------------------------------- */

static enum err_kind serve(struct listen *listen, struct err *err)
{
	const struct settings *settings = listen->settings;
	if (settings->once)
		return ERR_NONE;
	TRY(source_journal_serve(&listen->home, settings, settings->host, (int)settings->port,
				 err));
	log_event(LOG_INFO, "serving", "address=%s:%d stream=%s journal=\"%s\"", settings->host,
		  wire_server_port(listen->home.server), journal_stream(listen->home.journal),
		  listen->home.dir);
	listen_tell(listen);
	say_ready(wire_server_port(listen->home.server));
	return ERR_NONE;
}

static enum err_kind start(struct listen *listen, struct err *err)
{
	TRY(source_journal_open(&listen->home, listen->settings, err));
	listen->sink.journal = listen->home.journal;
	TRY(ledger_open(&listen->ledger, &listen->home, listen->settings, err));
	listen->joiner = page_joiner_new();
	listen_dialect_begin(listen);
	TRY(access_open(&listen->x, err));
	return serve(listen, err);
}

static void release(struct listen *listen)
{
	ledger_close(&listen->ledger);
	source_journal_close(&listen->home);
	access_close(&listen->x);
	page_joiner_free(listen->joiner);
	journal_sink_release(&listen->sink);
	json_release(&listen->doc);
	buf_release(&listen->scratch);
	listen_setup_release(listen);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct listen listen = { .settings = settings };
	int code = EXIT_USAGE;
	if (argc > 1)
		err_set(&err, ERR_REJECT, "unexpected argument '%s'", argv[1]);
	else if (listen_setup(&listen, &err) == ERR_NONE) {
		stop_install();
		code = EXIT_FAILED;
		enum err_kind kind = start(&listen, &err);
		if (kind == ERR_NONE)
			kind = settings->once ? listen_once(&listen, &err) :
						listen_on(&listen, &err);
		if (kind == ERR_NONE)
			code = EXIT_DONE;
	}
	release(&listen);
	if (code == EXIT_DONE)
		return code;
	err_wrap(&err, "listen");
	return say_error(&err, code);
}

static const char *const flags[] = {
	ASKING_FLAGS,     "lake",          "host",           "port",
	"journal",        "journal_bytes", "line_bytes_max", "segment_bytes",
	"window_entries", "hello_timeout", "once",           NULL,
};
const struct command command_listen = {
	.name = "listen",
	.arguments = "",
	.summary = "Asks X for new posts and gives them to the wire",
	.flags = flags,
	.examples = "  aviary simulate & aviary listen --keyword bird --interval 5s \\\n"
		    "      --base-url http://127.0.0.1:8090\n"
		    "  aviary listen --keyword bird --token-file token --budget-usd-month 10\n",
	.run = run,
};
