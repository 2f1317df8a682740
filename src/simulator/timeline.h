/* The posts there are, numbered in the order they are written (private to the room).
 *
 * Endless in both directions of any search's reach: numbers count from 2024-01-01T00:00:00Z at the
 * given rate, whatever the time is now, so a simulator that is started again has the same posts by
 * the same ids. Posts are minted when somebody asks; an idle timeline costs nothing. */
#pragma once
#include "invent/invent.h"
#include "simulator/facts.h"

struct timeline;

struct timeline_options {
	uint64_t seed;
	int64_t rate; /* posts a second, at least 1 */
};

/* Facts are made for so many neighbouring posts at once. */
enum { TIMELINE_BLOCK_POSTS = 128 };

struct timeline *timeline_new(const struct timeline_options *options);
/* From now on the posts of recorded pages happen instead of invented ones (recorded.h). Before anything
 * else is asked; after a failure the timeline is only good for timeline_free(). */
MUST_CHECK enum err_kind timeline_record(struct timeline *timeline, const char *const *paths,
					 size_t path_count, struct err *err);
void timeline_free(struct timeline *timeline);

/* As of invent.h: times, ids and numbers. */
const struct invention *timeline_pace(const struct timeline *timeline);
/* Whether it is a repost. */
bool timeline_is_repost(struct timeline *timeline, uint64_t n);
/* Of a post that is no repost. Valid until the next call. */
const struct facts *timeline_facts(struct timeline *timeline, uint64_t n);
/* As invent_render_page(). */
void timeline_render(struct timeline *timeline, const struct invent_page *page,
		     const struct invent_view *view, struct buf *out);
