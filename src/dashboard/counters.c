/* A minute's place is its number modulo the table; a later minute there takes the place over. */
#include "dashboard/counters.h"

#include "base/hash.h"

#include <inttypes.h>

static size_t place_of(int64_t minute)
{
	return (size_t)(((minute % COUNTED_MINUTES) + COUNTED_MINUTES) % COUNTED_MINUTES);
}

void counters_count(struct counters *counters, uint64_t id, int64_t at_us)
{
	uint64_t *known =
		&counters->known[hash_xxh3(str_make((const char *)&id, sizeof id)) % KNOWN_IDS];
	if (*known == id)
		return;
	*known = id;
	counters->posts++;
	int64_t minute = at_us / 60000000;
	size_t at = place_of(minute);
	if (counters->minutes[at].minute > minute)
		return;
	int64_t before = counters->minutes[at].minute == minute ? counters->minutes[at].posts : 0;
	counters_set_minute(counters, minute, before + 1);
}

void counters_set_posts(struct counters *counters, int64_t posts)
{
	counters->posts = posts;
}

void counters_set_minute(struct counters *counters, int64_t minute, int64_t posts)
{
	size_t at = place_of(minute);
	if (counters->minutes[at].minute > minute)
		return;
	counters->minutes[at].minute = minute;
	counters->minutes[at].posts = posts;
	if (minute > counters->newest_minute)
		counters->newest_minute = minute;
}

void counters_add(const struct counters *counters, int minutes, struct buf *ret)
{
	const char *separator = "";
	buf_addf(ret, "{\"posts\":%" PRId64 ",\"minutes\":[", counters->posts);
	for (int64_t minute = counters->newest_minute - minutes + 1;
	     minute <= counters->newest_minute; minute++) {
		size_t at = place_of(minute);
		if (counters->minutes[at].minute != minute || counters->minutes[at].posts == 0)
			continue;
		buf_addf(ret, "%s[%" PRId64 ",%" PRId64 "]", separator, minute,
			 counters->minutes[at].posts);
		separator = ",";
	}
	buf_add_text(ret, "]}");
}
