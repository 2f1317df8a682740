#include "simulator/search.h"

#include "base/hash.h"

#include <stdlib.h>

static uint64_t at_most(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* What X holds relevant is its secret. Ours is an order that does not change, and is not that of
 * time. */
static int compare_relevance(const void *a, const void *b)
{
	uint64_t left = hash_xxh3(str_make(a, sizeof(uint64_t))),
		 right = hash_xxh3(str_make(b, sizeof(uint64_t)));
	return (left > right) - (left < right);
}

void search_window(const struct search *search, const struct invention *pace, uint64_t *ret_first,
		   uint64_t *ret_end)
{
	uint64_t end = invent_count_before(pace, search->end_us);
	uint64_t first = invent_count_before(pace, search->start_us);
	if (search->until_id != UINT64_MAX)
		end = at_most(end, invent_count_below(pace, search->until_id));
	if (search->below_id != UINT64_MAX)
		end = at_most(end, invent_count_below(pace, search->below_id));
	if (search->since_id > 0) {
		uint64_t behind = invent_count_below(pace, search->since_id + 1);
		first = behind > first ? behind : first;
	}
	*ret_first = at_most(first, end);
	*ret_end = end;
}

/* Since May 2026 a search by keyword finds no reposts. */
bool search_finds(const struct search *search, struct timeline *timeline, uint64_t n)
{
	return !timeline_is_repost(timeline, n) &&
	       query_matches(search->query, timeline_facts(timeline, n));
}

void search_run(const struct search *search, struct timeline *timeline, struct findings *ret)
{
	const struct invention *pace = timeline_pace(timeline);
	uint64_t n, first, scanned = 0;
	search_window(search, pace, &first, &n);
	ret->count = 0;
	ret->below_id = 0;
	while (n > first) {
		n--;
		bool found = search_finds(search, timeline, n);
		if (found && ret->count == search->max_results) {
			ret->below_id = invent_id(pace, ret->posts[ret->count - 1]);
			break;
		}
		if (found)
			ret->posts[ret->count++] = n;
		if (++scanned == SEARCH_SCAN_MAX && n > first) {
			ret->below_id = invent_id(pace, n);
			break;
		}
	}
	if (search->relevancy)
		qsort(ret->posts, ret->count, sizeof *ret->posts, compare_relevance);
}
