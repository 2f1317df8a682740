/* Which rows can be among the newest so many: a statement that asks for those alone need not read others. */
#include "live/live_private.h"

#include "base/mem.h"

#include <stdlib.h>

enum { NEWEST_MAX = 10000 };

/* A heap with the oldest on top. */
struct newest {
	struct newest_line {
		int64_t time_us;
		const struct tail_chunk *chunk;
		size_t line;
	} * lines;
	size_t count, most;
};

static void sift_down(struct newest *newest, size_t at)
{
	for (;;) {
		size_t oldest = at, left = 2 * at + 1;
		for (size_t child = left; child < left + 2 && child < newest->count; child++) {
			if (newest->lines[child].time_us < newest->lines[oldest].time_us)
				oldest = child;
		}
		if (oldest == at)
			return;
		struct newest_line swapped = newest->lines[at];
		newest->lines[at] = newest->lines[oldest];
		newest->lines[oldest] = swapped;
		at = oldest;
	}
}

static void offer(struct newest *newest, struct newest_line line)
{
	if (newest->count < newest->most) {
		newest->lines[newest->count++] = line;
		for (size_t at = newest->count / 2; newest->count == newest->most && at-- > 0;)
			sift_down(newest, at);
	} else if (line.time_us > newest->lines[0].time_us) {
		newest->lines[0] = line;
		sift_down(newest, 0);
	}
}

static void offer_part(struct newest *newest, const struct tail_part *part)
{
	for (size_t line = part->first; line < part->end; line++) {
		if (part->chunk->states[line] != HELD_REFUSED)
			offer(newest, (struct newest_line){ part->chunk->times_us[line],
							    part->chunk, line });
	}
}

/* False: one of them was none, it is known now. */
static bool all_are_posts(const struct newest *newest, struct post_reader *reader)
{
	bool all = true;
	for (size_t i = 0; i < newest->count; i++) {
		const struct tail_chunk *chunk = newest->lines[i].chunk;
		size_t line = newest->lines[i].line;
		struct str text = str_make(chunk->bytes + chunk->starts[line],
					   chunk->starts[line + 1] - chunk->starts[line] - 1);
		struct post_key key;
		struct err ignored;
		if (chunk->states[line] != HELD_UNKNOWN)
			continue;
		bool post = post_reader_key(reader, text, &key, &ignored) == ERR_NONE;
		chunk->states[line] = post ? HELD_POST : HELD_REFUSED;
		all &= post;
	}
	return all;
}

/* Since when so many rows are published, by whole hours. */
static int64_t newest_published(const struct lake_snapshot *snapshot, uint64_t rows)
{
	uint64_t found = 0;
	for (size_t i = snapshot->hour_count; i-- > 0;) {
		found += snapshot->hours[i].rows;
		if (found >= rows)
			return snapshot->hours[i].hour * INT64_C(3600000000);
	}
	return INT64_MIN;
}

int64_t newest_since(const struct tail_part *parts, size_t count,
		     const struct lake_snapshot *snapshot, uint64_t rows,
		     struct post_reader *reader)
{
	struct newest newest = { .most = (size_t)rows };
	if (rows == 0 || rows > NEWEST_MAX)
		return INT64_MIN;
	newest.lines = mem_zalloc(newest.most, sizeof *newest.lines);
	do {
		newest.count = 0;
		for (size_t i = 0; i < count; i++)
			offer_part(&newest, &parts[i]);
	} while (!all_are_posts(&newest, reader));
	int64_t since = newest_published(snapshot, rows);
	if (newest.count == newest.most && newest.lines[0].time_us > since)
		since = newest.lines[0].time_us;
	free(newest.lines);
	return since;
}
