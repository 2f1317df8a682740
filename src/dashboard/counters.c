#include "dashboard/counters.h"

#include "base/hash.h"

#include <inttypes.h>

static size_t place_of(int64_t minute)
{
	return (size_t)(((minute % COUNTED_MINUTES) + COUNTED_MINUTES) % COUNTED_MINUTES);
}

/* A later minute takes the place of an earlier one, never the other way round. */
static void add_minute(struct count *count, int64_t minute, int64_t posts)
{
	size_t at = place_of(minute);
	if (count->minutes[at].minute > minute)
		return;
	if (count->minutes[at].minute < minute)
		count->minutes[at].posts = 0;
	count->minutes[at].minute = minute;
	count->minutes[at].posts += posts;
}

static int64_t minute_of(const struct count *count, int64_t minute)
{
	size_t at = place_of(minute);
	return count->minutes[at].minute == minute ? count->minutes[at].posts : 0;
}

void counters_count(struct counters *counters, uint64_t id, int64_t at_us)
{
	uint64_t *known =
		&counters->known[hash_xxh3(str_make((const char *)&id, sizeof id)) % KNOWN_IDS];
	if (*known == id)
		return;
	*known = id;
	int64_t minute = at_us / 60000000;
	counters->heard.posts++;
	counters->next.posts++;
	add_minute(&counters->heard, minute, 1);
	add_minute(&counters->next, minute, 1);
	if (minute > counters->newest_minute)
		counters->newest_minute = minute;
}

void counters_mark(struct counters *counters)
{
	counters->next = (struct count){ 0 };
}

void counters_settle(struct counters *counters)
{
	counters->table = (struct count){ 0 };
	counters->heard = counters->next;
}

void counters_set_posts(struct counters *counters, int64_t posts)
{
	counters->table.posts = posts;
}

void counters_set_minute(struct counters *counters, int64_t minute, int64_t posts)
{
	add_minute(&counters->table, minute, posts);
	if (minute > counters->newest_minute)
		counters->newest_minute = minute;
}

void counters_add(const struct counters *counters, int minutes, struct buf *ret)
{
	const char *separator = "";
	buf_addf(ret, "{\"posts\":%" PRId64 ",\"minutes\":[",
		 counters->table.posts + counters->heard.posts);
	for (int64_t minute = counters->newest_minute - minutes + 1;
	     minute <= counters->newest_minute; minute++) {
		int64_t posts =
			minute_of(&counters->table, minute) + minute_of(&counters->heard, minute);
		if (posts == 0)
			continue;
		buf_addf(ret, "%s[%" PRId64 ",%" PRId64 "]", separator, minute, posts);
		separator = ",";
	}
	buf_add_text(ret, "]}");
}
