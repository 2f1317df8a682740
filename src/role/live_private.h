/* Inside role/: what the files of the live view share. */
#pragma once
#include "role/live.h"
#include "role/live_source.h"
#include "role/live_tail.h"

#include <pthread.h>

struct followed {
	struct live_source source;
	struct tail tail;
	struct position committed;
	int64_t published_us;
	bool known; /* the log has it */
};

struct live {
	struct live_options options;
	pthread_mutex_t lock; /* all below, and the chunks' growth */
	struct lake_snapshot *snapshot;
	struct followed **streams;
	size_t stream_count, stream_cap;
	int64_t sources_us; /* when they were read last; monotonic */
	bool advanced;      /* at least once */
	struct live_state state;
	struct live_stream *told; /* state.streams */
	size_t told_cap;
};

/* live_moment.c: what a session holds. */
struct moment;
struct moment *moment_new(const struct live *live); /* under the lock */
void moment_drop(struct moment *moment);
struct held_table moment_table(struct moment *moment);
/* Hours of its lines, ascending; freed by the caller. */
int64_t *moment_hours(const struct moment *moment, size_t *ret_count);
