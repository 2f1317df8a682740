/* Inside role/: the page follows the lake. serve_loop.c goes round, serve_ask.c asks the charts beside it,
 * serve_health.c tells about the lake and its streams. */
#pragma once
#include "dashboard/dashboard.h"
#include "live/live.h"
#include "role/role.h"

#include <pthread.h>
#include <stdatomic.h>

/* One round of all charts, on a thread of its own: lines are shown while it lasts. */
struct serve_round {
	pthread_t thread;
	bool begun;
	atomic_bool done;
	int64_t begun_us; /* monotonic */
	int64_t now_us;
	enum err_kind kind;
	struct err err;
	struct answers *answers;
};

struct serve {
	const struct settings *settings;
	struct lake *lake;
	struct engine *engine;
	struct engine *tail_engine; /* writes what is too long for memory; NULL: `engine` does */
	int64_t memory;             /* of `engine`; grows up to the setting when it is too little */
	struct dashboard *dashboard;
	struct live *live;
	struct serve_round round;
	struct buf *statuses; /* what each stream's source tells, one each in the state's order */
	size_t status_count;
	const char *trouble; /* why what is shown is not current, or NULL */
	bool told;           /* that there is trouble */
	bool changed;        /* since the charts were asked */
	bool shown;          /* they have been, once */
	bool seen;           /* somebody looks */
	unsigned failures;   /* of rounds, one after the other */
	int64_t ask_due_us, push_due_us, health_due_us; /* monotonic */
};

/* Opens engine and live view; what comes is given to the dashboard. */
MUST_CHECK enum err_kind serve_open(struct serve *serve, struct err *err);
void serve_close(struct serve *serve);
/* Follows until asked to stop. */
MUST_CHECK enum err_kind serve_follow(struct serve *serve, struct err *err);

/* Begins a round; asks all charts of what is there now. */
void serve_round_begin(struct serve *serve);
bool serve_round_is_done(const struct serve *serve);
/* Waits for it and shows what it brought. */
MUST_CHECK enum err_kind serve_round_end(struct serve *serve, struct err *err);

/* Asks the sources of live streams how they are; nobody waits longer than a moment for any. */
void serve_ask_sources(struct serve *serve);
/* Sets the event "health". */
void serve_tell_health(struct serve *serve);
