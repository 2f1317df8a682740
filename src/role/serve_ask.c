#include "role/serve.h"

#include "base/clock.h"

#include <assert.h>

static enum err_kind ask(struct serve *serve, struct err *err)
{
	struct session *session = NULL;
	enum err_kind kind = session_open(serve->engine, &session, err);
	if (kind == ERR_NONE)
		kind = live_attach(serve->live, session, answers_statement(), err);
	if (kind == ERR_NONE)
		kind = answers_ask(session, serve->settings->warehouse.weekend_zone,
				   serve->round.now_us, &serve->round.answers, err);
	session_close(session);
	return kind;
}

static void *run_round(void *context)
{
	struct serve *serve = context;
	serve->round.kind = ask(serve, &serve->round.err);
	atomic_store(&serve->round.done, true);
	return NULL;
}

void serve_round_begin(struct serve *serve)
{
	struct serve_round *round = &serve->round;
	assert(!round->begun);
	*round = (struct serve_round){ .begun = true,
				       .begun_us = clock_monotonic_us(),
				       .now_us = clock_now_us() };
	serve->changed = false;
	dashboard_mark(serve->dashboard);
	int failed = pthread_create(&round->thread, NULL, run_round, serve);
	assert(failed == 0); /* out of memory only */
}

bool serve_round_is_done(const struct serve *serve)
{
	return serve->round.begun && atomic_load(&serve->round.done);
}

enum err_kind serve_round_end(struct serve *serve, struct err *err)
{
	struct serve_round *round = &serve->round;
	pthread_join(round->thread, NULL);
	round->begun = false;
	enum err_kind kind = round->kind;
	if (kind == ERR_NONE)
		kind = dashboard_show(serve->dashboard, round->answers, err);
	else
		*err = round->err;
	answers_free(round->answers);
	round->answers = NULL;
	serve->changed |= kind != ERR_NONE;
	return kind;
}
