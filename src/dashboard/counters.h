/* Inside dashboard/: how many posts there are, and in which minutes they were written; set by what the
 * tables say, counted on by what comes. */
#pragma once
#include "base/buf.h"

enum { COUNTED_MINUTES = 2 * 24 * 60, KNOWN_IDS = 1 << 16 };

struct count {
	int64_t posts;
	struct {
		int64_t minute, posts;
	} minutes[COUNTED_MINUTES]; /* a minute's place is its number modulo the table */
};

/* Zero-initialised is empty. */
struct counters {
	struct count table;        /* what the tables say */
	struct count heard;        /* what came since they said so */
	struct count next;         /* what came since they were asked again */
	uint64_t known[KNOWN_IDS]; /* ids that were counted lately */
	int64_t newest_minute;
};
/* A post; one that was seen lately again counts once. */
void counters_count(struct counters *counters, uint64_t id, int64_t at_us);
/* The tables are asked: what comes from now on is not in their answer. */
void counters_mark(struct counters *counters);
/* The answer is here: forgets what the tables said before and what came up to the mark. */
void counters_settle(struct counters *counters);
void counters_set_posts(struct counters *counters, int64_t posts);
void counters_set_minute(struct counters *counters, int64_t minute, int64_t posts);
/* Adds {"posts":N,"minutes":[[MINUTE,POSTS],…]}: the newest minutes that have posts. */
void counters_add(const struct counters *counters, int minutes, struct buf *ret);
