/* Inside dashboard/: how many posts there are, and in which minutes they were written; set by what the
 * tables say, counted on by what comes. */
#pragma once
#include "base/buf.h"

enum { COUNTED_MINUTES = 2 * 24 * 60, KNOWN_IDS = 1 << 16 };

/* Zero-initialised is empty. */
struct counters {
	int64_t posts;
	struct {
		int64_t minute, posts;
	} minutes[COUNTED_MINUTES];
	uint64_t known[KNOWN_IDS]; /* ids that were counted lately */
	int64_t newest_minute;
};
/* A post; one that was seen lately again counts once. */
void counters_count(struct counters *counters, uint64_t id, int64_t at_us);
/* As the tables say: all of them, and those of some minutes. */
void counters_set_posts(struct counters *counters, int64_t posts);
void counters_set_minute(struct counters *counters, int64_t minute, int64_t posts);
/* Adds {"posts":N,"minutes":[[MINUTE,POSTS],…]}: the newest minutes that have posts. */
void counters_add(const struct counters *counters, int minutes, struct buf *ret);
