/* Inside live/: what the files of the live view share. */
#pragma once
#include "live/live.h"
#include "live/overflow.h"
#include "live/source.h"

#include <pthread.h>

struct followed {
	struct live_source source;
	struct tail tail;
	struct position committed;
	int64_t published_us;
	struct overflow_file **files; /* lines that went before the tail's first, oldest first */
	size_t file_count, file_cap;
};

struct live {
	struct live_options options;
	/* Who attaches may list files for a while; meanwhile lines are taken all the same, only the log is
	 * not followed. Taken before `lock`. */
	pthread_mutex_t lake_lock; /* the lake, and which snapshot it is */
	pthread_mutex_t lock;      /* all below, and the chunks' growth */
	struct lake_snapshot *snapshot;
	struct followed **streams;
	size_t stream_count, stream_cap;
	struct overflow *overflow;
	int64_t sources_us; /* when they were read last; monotonic */
	bool advanced;      /* at least once */
	struct live_state state;
	struct live_stream *told; /* state.streams */
	size_t told_cap;
};

/* live_moment.c: what a session holds. */
struct moment;
struct moment *moment_new(const struct live *live); /* under the lock */
struct moment *moment_of(const struct tail_part *parts, size_t count);
void moment_drop(struct moment *moment);
struct held_table moment_table(struct moment *moment);
/* When the `rows`-th newest of its posts and of the published ones was, or a little before: older ones are
 * not among so many. `reader` tells which lines are posts. The moment gives no older lines from now on. */
int64_t moment_keep_newest(struct moment *moment, const struct lake_snapshot *snapshot,
			   uint64_t rows, struct post_reader *reader);
/* live_newest.c, for it. */
int64_t newest_since(const struct tail_part *parts, size_t count,
		     const struct lake_snapshot *snapshot, uint64_t rows,
		     struct post_reader *reader);
/* Hours of its lines, ascending; freed by the caller. */
int64_t *moment_hours(const struct moment *moment, size_t *ret_count);
/* What stands behind FROM for its lines; `held` is for those in memory. Freed by the caller. */
void moment_scans(const struct moment *moment, const char *held, struct name_list *ret);
