/* The collector: what comes over the wire lands in the lake.
 *
 *     connect ──► receive ──► publish, acknowledge ──┐
 *        ▲           ▲    └────────◄─────────────────┘  every publish_interval or publish_bytes,
 *        │           └─ waits for bytes, a signal, the next batch     on SIGUSR1, and at the end
 *        └── the listener is away: publish what was received, wait, longer each time
 *
 * What was received and not published when it dies comes again: only what is committed is acknowledged. */
#include "role/collect.h"
#include "role/ready.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "terminal/terminal.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	AWAY_FIRST_MS = 100,
	AWAY_MAX_MS = 2000,
	ONCE_PATIENCE_US = 30000000, /* for a journal in use by somebody who does not serve it */
	ONCE_LOOK_MS = 500,
	ASKED_PATIENCE_US = 1000000, /* SIGUSR1 publishes what has come by then at the latest */
};

/* --- publishing ------------------------------------------------------------------------------------------- */

static uint64_t pending_bytes(const struct intake *intake)
{
	return intake->landing ? landing_pending_bytes(intake->landing) : 0;
}

static bool has_pending(const struct collect *collect)
{
	return pending_bytes(&collect->intake) + pending_bytes(&collect->requests) > 0;
}

/* What was asked goes first: a post that is seen has its request beside it. As of intake_publish(). */
static enum err_kind publish_requests(struct collect *collect, struct err *err)
{
	struct landing_published published = { 0 };
	if (pending_bytes(&collect->requests) == 0)
		return ERR_NONE;
	enum err_kind kind = intake_publish(&collect->requests, NULL, NULL, &published, err);
	if (kind == ERR_NONE || kind == ERR_RETRY)
		log_event(LOG_INFO, "published",
			  "record=%" PRIu64 " requests=%" PRIu64 " to=%" PRIu64, published.record,
			  published.rows, published.to);
	return kind;
}

static enum err_kind publish_posts(struct collect *collect, struct err *err)
{
	struct landing_published published = { 0 }, *total = &collect->total;
	if (pending_bytes(&collect->intake) == 0)
		return ERR_NONE;
	enum err_kind kind = intake_publish(&collect->intake, NULL, NULL, &published, err);
	collect->pending_since_us = 0;
	if (kind != ERR_NONE && published.record == 0)
		return kind;
	log_event(LOG_INFO, "published",
		  "record=%" PRIu64 " posts=%" PRIu64 " hours=%zu quarantined=%" PRIu64
		  " to=%" PRIu64,
		  published.record, published.rows, published.hours, published.refused,
		  published.to);
	total->rows += published.rows;
	total->refused += published.refused;
	total->hours += published.hours;
	total->record = published.record;
	return kind;
}

/* As of intake_publish(): a connection that is lost in between keeps neither from being published. */
static enum err_kind publish(struct collect *collect, struct err *err)
{
	struct err lost = { 0 };
	if (!has_pending(collect))
		return ERR_NONE;
	enum err_kind kind = publish_requests(collect, &lost);
	if (kind != ERR_NONE && kind != ERR_RETRY) {
		*err = lost;
		return kind;
	}
	TRY(publish_posts(collect, err));
	collect->pending_since_us = 0;
	malloc_trim(0); /* a batch leaves holes; between two of them nothing is needed */
	if (kind != ERR_NONE)
		*err = lost;
	return kind;
}

static bool is_due(struct collect *collect, bool got)
{
	const struct settings *settings = collect->settings;
	int64_t age_us = clock_monotonic_us() - collect->pending_since_us;
	if (pending_bytes(&collect->intake) + pending_bytes(&collect->requests) >=
	    (uint64_t)settings->publish_bytes)
		return true;
	if (has_pending(collect) && age_us >= settings->publish_interval)
		return true;
	/* What is on its way is part of what was asked for. */
	if (!collect->asked_to_publish || (got && age_us < ASKED_PATIENCE_US))
		return false;
	collect->asked_to_publish = false;
	return true;
}

/* How long to wait for bytes; for ever when nothing is pending. With --once somebody wants to hear soon
 * that none come. */
static int wait_ms(const struct collect *collect)
{
	if (collect->settings->once)
		return ONCE_LOOK_MS;
	if (!has_pending(collect))
		return -1;
	int64_t left_us = collect->pending_since_us + collect->settings->publish_interval -
			  clock_monotonic_us();
	return left_us <= 0 ? 0 : left_us > 3600000000ll ? 3600000 : (int)((left_us + 999) / 1000);
}

/* --- receiving -------------------------------------------------------------------------------------------------- */

static bool is_done(const struct collect *collect)
{
	return collect->settings->once && collect->intake.at.offset >= collect->goal &&
	       (!collect->requests.client || collect->requests.at.offset >= collect->requests_goal);
}

/* It said that there is more, and sends nothing. What it had sent is not lost. */
static enum err_kind give_up(struct collect *collect, struct err *err)
{
	TRY(publish(collect, err));
	return err_set(err, ERR_FATAL,
		       "%s has sent nothing for %d s: its stream is here up to byte %" PRIu64
		       ", and it said that it ends at byte %" PRIu64,
		       collect->settings->from, QUIET_MAX_US / 1000000, collect->intake.at.offset,
		       collect->goal);
}

/* Whatever has come of either stream. */
static enum err_kind receive_some(struct collect *collect, bool *ret_got, struct err *err)
{
	bool got_requests = false;
	TRY(intake_receive(&collect->intake, 0, ret_got, err));
	if (collect->requests.client)
		TRY(intake_receive(&collect->requests, 0, &got_requests, err));
	*ret_got |= got_requests;
	return ERR_NONE;
}

static void wait_for_more(struct collect *collect)
{
	const struct wire_client *requests = collect->requests.client;
	stop_wait_both(wire_client_fd(collect->intake.client),
		       requests ? wire_client_fd(requests) : -1, wait_ms(collect));
}

static enum err_kind receive(struct collect *collect, struct err *err)
{
	int64_t heard_us = clock_monotonic_us();
	while (!stop_requested() && !is_done(collect)) {
		bool got;
		TRY(receive_some(collect, &got, err));
		if (got)
			heard_us = collect->progress_us = clock_monotonic_us();
		else if (collect->settings->once && clock_monotonic_us() - heard_us > QUIET_MAX_US)
			return give_up(collect, err);
		if (got && collect->pending_since_us == 0) {
			collect->pending_since_us = clock_monotonic_us();
			TRY(collect_note_source(collect, err));
		}
		collect->asked_to_publish |= stop_take_publish();
		if (is_due(collect, got))
			TRY(publish(collect, err));
		else if (!got)
			wait_for_more(collect);
	}
	return ERR_NONE;
}

/* What was received is published, connected or not; then the stream is let go. */
static enum err_kind let_go(struct collect *collect, enum err_kind kind, struct err *err)
{
	struct err why;
	if (kind == ERR_RETRY) {
		intake_disconnect(&collect->intake);
		intake_disconnect(&collect->requests);
	}
	if (kind == ERR_NONE || kind == ERR_RETRY) {
		enum err_kind published = publish(collect, &why);
		if (published != ERR_NONE && (kind == ERR_NONE || published != ERR_RETRY)) {
			*err = why;
			kind = published;
		}
	}
	intake_close(&collect->intake);
	intake_close(&collect->requests);
	collect->pending_since_us = 0;
	return kind;
}

static enum err_kind collect_a_while(struct collect *collect, bool *ret_done, struct err *err)
{
	enum err_kind kind = collect_connect(collect, ret_done, err);
	if (kind == ERR_NONE && !*ret_done) {
		log_event(LOG_INFO, "connected",
			  "address=%s:%d stream=%s offset=%" PRIu64 " end=%" PRIu64, collect->host,
			  collect->port, collect->stream, collect->intake.at.offset,
			  wire_client_end(collect->intake.client));
		collect->is_away = false;
		kind = receive(collect, err);
	}
	kind = let_go(collect, kind, err);
	*ret_done |= kind == ERR_NONE;
	return kind;
}

/* --- as long as it is wanted --------------------------------------------------------------------------------------- */

static enum err_kind collect_on(struct collect *collect, struct err *err)
{
	int delay_ms = AWAY_FIRST_MS;
	while (!stop_requested()) {
		bool done;
		int64_t start_us = clock_monotonic_us();
		enum err_kind kind = collect_a_while(collect, &done, err);
		if (kind != ERR_RETRY)
			TRY(kind);
		if (stop_requested())
			break;
		if (!collect->is_away)
			log_event(LOG_WARN, "away", "address=%s why=\"%s\"",
				  collect->settings->from, err->msg);
		collect->is_away = true;
		if (clock_monotonic_us() - start_us > AWAY_MAX_MS * 1000)
			delay_ms = AWAY_FIRST_MS; /* it had been there for a while */
		stop_wait(-1, delay_ms);
		delay_ms = delay_ms * 2 < AWAY_MAX_MS ? delay_ms * 2 : AWAY_MAX_MS;
	}
	return ERR_NONE;
}

/* Everything that is journalled now. The journal may be served, or lie there, or be in use by a role that
 * is about to end. */
static enum err_kind collect_once(struct collect *collect, struct err *err)
{
	bool done = false;
	collect->progress_us = clock_monotonic_us();
	while (!done) {
		enum err_kind kind = collect_a_while(collect, &done, err);
		if (kind != ERR_RETRY)
			return kind;
		if (stop_requested())
			return err_set(err, ERR_RETRY, "stopped before the end");
		if (!collect->home.server) {
			kind = collect_serve_itself(collect, err);
			if (kind != ERR_NONE && kind != ERR_RETRY)
				return kind;
		}
		if (kind == ERR_RETRY &&
		    clock_monotonic_us() - collect->progress_us > ONCE_PATIENCE_US)
			return kind;
		if (kind == ERR_RETRY)
			stop_wait(-1, AWAY_FIRST_MS);
	}
	return ERR_NONE;
}

static void print_summary(const struct collect *collect)
{
	const struct landing_published *total = &collect->total;
	char rows[32], refused[32];
	printf("collected %s posts into %zu hour%s, %s quarantined", grouped(total->rows, rows),
	       total->hours, total->hours == 1 ? "" : "s", grouped(total->refused, refused));
	if (total->record > 0)
		printf(", record %" PRIu64, total->record);
	printf("\nnext: aviary refine --once --lake %s\n", collect->settings->lake);
}

/* --- the command -------------------------------------------------------------------------------------------------- */

static enum err_kind run_all(struct collect *collect, struct err *err)
{
	const struct settings *settings = collect->settings;
	TRY(make_lake(settings, &collect->lake, err));
	collect->intake =
		(struct intake){ .lake = collect->lake, .threads = thread_count(settings) };
	collect->requests =
		(struct intake){ .lake = collect->lake, .threads = 1, .requests = true };
	say_ready(0);
	TRY(settings->once ? collect_once(collect, err) : collect_on(collect, err));
	/* What earlier attempts left in staging/ may go now that the batches are committed. */
	if (collect->lock.fd < 0)
		return ERR_NONE;
	if (collect->requests_stream[0])
		TRY(lake_recover(collect->lake, collect->requests_stream, err));
	return lake_recover(collect->lake, collect->locked, err);
}

static void release(struct collect *collect)
{
	intake_close(&collect->intake);
	intake_close(&collect->requests);
	source_journal_close(&collect->home);
	file_lock_drop(&collect->lock);
	lake_source_release(&collect->source);
	free(collect->address);
	lake_close(collect->lake);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct collect collect = { .settings = settings, .lock.fd = -1 };
	if (argc > 1)
		err_set(&err, ERR_REJECT, "collect: unexpected argument '%s'", argv[1]);
	else if (net_parse_address(settings->from, collect.host, &collect.port, &err) != ERR_NONE)
		err_wrap(&err, "collect: from");
	if (err.kind != ERR_NONE)
		return say_error(&err, EXIT_USAGE);
	collect.address = mem_printf(strchr(collect.host, ':') ? "[%s]:%d" : "%s:%d", collect.host,
				     collect.port);
	stop_install();
	wire_client_interrupt_when(stop_requested);
	enum err_kind kind = run_all(&collect, &err);
	release(&collect);
	if (kind == ERR_NONE && settings->once)
		print_summary(&collect);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "collect");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",
				     "from",
				     "publish_interval",
				     "publish_bytes",
				     "journal",
				     "journal_bytes",
				     "segment_bytes",
				     "window_entries",
				     "hello_timeout",
				     "threads",
				     "memory",
				     "once",
				     NULL };
const struct command command_collect = {
	.name = "collect",
	.arguments = "",
	.summary = "What comes over the wire lands in the lake",
	.flags = flags,
	.examples = "  aviary collect --lake lake --from 127.0.0.1:7777 --publish-interval 1m\n"
		    "  aviary collect --lake lake --once\n",
	.run = run,
};
