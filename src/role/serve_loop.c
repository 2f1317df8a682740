/* One thread follows the journals and the log and tells the dashboard; the HTTP server's gives it to
 * whoever looks; a third asks the charts, at most a quarter of the time, and only while somebody looks.
 *
 *     live_advance ── line ──► dashboard_hear ─► dashboard_push      at most four times a second
 *          └─ changed ─► serve_round: live_attach ─► answers ─► dashboard_show
 */
#include "role/serve.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/log.h"

#include <malloc.h>
#include <stdlib.h>

enum {
	PUSH_US = 250000,     /* between two pushes */
	ASK_US = 2000000,     /* between two rounds of all charts, at least, */
	ASK_REST = 3,         /* and so many times as long as the last one took */
	HEALTH_US = 1000000,  /* while somebody looks */
	UNSEEN_US = 10000000, /* while nobody does */
	WAIT_MS = 250,        /* at most: somebody may have begun to look, or want it to end; */
	ROUND_WAIT_MS = 50,   /* while a round goes on */
	SILENT_FAILURES = 3,  /* files are replaced while we look; the next round meets new ones */
	MEMORY_BYTES = 48 << 20, /* of the charts' engine; 700,000 posts of an hour get by */
};

static void hear(void *context, const char *stream, struct str line, uint64_t offset)
{
	struct serve *serve = context;
	(void)stream;
	(void)offset;
	dashboard_hear(serve->dashboard, line);
}

enum err_kind serve_open(struct serve *serve, struct err *err)
{
	struct live_options options = { .lake = serve->lake,
					.settings = &serve->settings->warehouse,
					.bytes_max = (uint64_t)serve->settings->live_bytes,
					.on_line = hear,
					.context = serve };
	const struct settings *settings = serve->settings;
	bool once = settings->once;
	TRY(open_engine(settings, serve->lake, once ? thread_count(settings) : 1, &serve->engine,
			err));
	serve->memory = settings->memory;
	options.engine = serve->engine;
	/* Who stays takes little, for as long as that does, and one thread, since nobody waits. What a
	 * tail needs that goes to the disk it needs at once. */
	if (!once && settings->memory > MEMORY_BYTES) {
		TRY(open_engine(settings, serve->lake, 1, &serve->tail_engine, err));
		options.engine = serve->tail_engine;
		serve->memory = MEMORY_BYTES;
		TRY(engine_set_memory(serve->engine, serve->memory, err));
	}
	return live_open(&options, &serve->live, err);
}

/* Gives the engine more memory where that was what was missing. */
static void relieve(struct serve *serve, const struct err *err)
{
	struct err ignored;
	int64_t most = serve->settings->memory;
	int64_t more = serve->memory + serve->memory / 4;
	more = more < most ? more : most;
	if (!engine_was_short(err) || serve->memory == more)
		return;
	serve->memory = more;
	(void)!engine_set_memory(serve->engine, more, &ignored);
}

void serve_close(struct serve *serve)
{
	struct err ignored;
	if (serve->round.begun)
		(void)!serve_round_end(serve, &ignored);
	for (size_t i = 0; i < serve->status_count; i++)
		buf_release(&serve->statuses[i]);
	free(serve->statuses);
	live_close(serve->live);
	engine_close(serve->tail_engine);
	engine_close(serve->engine);
}

/* --- going round -------------------------------------------------------------------------------------- */

/* What stands in the way is said once, and that it is gone. */
static void note_trouble(struct serve *serve, const char *trouble, const struct err *err)
{
	if (trouble && !serve->told)
		log_event(LOG_WARN, "behind", "what=\"%s\" why=\"%s\"", trouble, err->msg);
	if (!trouble && serve->told)
		log_event(LOG_INFO, "current", "again=yes");
	serve->told = trouble != NULL;
	serve->trouble = trouble;
}

static bool is_due(struct serve *serve)
{
	if (serve->round.begun || clock_monotonic_us() < serve->ask_due_us)
		return false;
	if (!serve->shown)
		return true;
	return dashboard_watchers(serve->dashboard) > 0 &&
	       (serve->changed || dashboard_is_of_the_past(serve->dashboard, clock_now_us()));
}

static enum err_kind take_answers(struct serve *serve, struct err *err)
{
	enum err_kind kind = serve_round_end(serve, err);
	int64_t now_us = clock_monotonic_us(),
		rest_us = ASK_REST * (now_us - serve->round.begun_us);
	serve->ask_due_us = now_us + (rest_us > ASK_US ? rest_us : ASK_US);
	malloc_trim(0); /* answers leave holes; until the next round nothing is needed */
	if (kind == ERR_NONE) {
		serve->shown = true;
		serve->failures = 0;
		note_trouble(serve, NULL, err);
	} else if (kind != ERR_FATAL) {
		relieve(serve, err);
		if (++serve->failures > SILENT_FAILURES)
			note_trouble(serve, "the charts could not be asked", err);
		kind = ERR_NONE;
	}
	return kind;
}

static void push_when_due(struct serve *serve)
{
	int64_t now_us = clock_monotonic_us();
	if (now_us < serve->push_due_us)
		return;
	if (dashboard_has_news(serve->dashboard))
		serve->push_due_us = now_us + PUSH_US;
	dashboard_push(serve->dashboard, clock_now_us());
}

static void tell_when_due(struct serve *serve)
{
	int64_t now_us = clock_monotonic_us();
	bool seen = dashboard_watchers(serve->dashboard) > 0;
	bool begins = seen && !serve->seen;
	serve->seen = seen;
	if (now_us < serve->health_due_us && !begins)
		return;
	serve->health_due_us = now_us + (seen ? HEALTH_US : UNSEEN_US);
	if (seen)
		serve_ask_sources(serve);
	serve_tell_health(serve);
}

static int wait_ms(const struct serve *serve)
{
	int64_t left_us = serve->push_due_us - clock_monotonic_us();
	int max = serve->round.begun ? ROUND_WAIT_MS : WAIT_MS;
	if (!dashboard_has_news(serve->dashboard) || left_us > max * 1000)
		return max;
	return left_us <= 0 ? 1 : (int)((left_us + 999) / 1000);
}

enum err_kind serve_follow(struct serve *serve, struct err *err)
{
	while (!stop_requested()) {
		bool changed = false;
		enum err_kind kind = live_advance(serve->live, wait_ms(serve), &changed, err);
		if (kind == ERR_FATAL)
			return kind;
		serve->changed |= changed;
		if (kind != ERR_NONE) {
			note_trouble(serve, "the lake could not be read", err);
			stop_wait(-1, WAIT_MS);
		}
		push_when_due(serve);
		if (serve_round_is_done(serve))
			TRY(take_answers(serve, err));
		if (is_due(serve))
			serve_round_begin(serve);
		tell_when_due(serve);
	}
	return ERR_NONE;
}
