/* The tail as it is at one moment: which lines of which chunks. It grows no more, and holds its chunks. */
#include "role/live_private.h"

#include "base/mem.h"

#include <stdlib.h>

struct moment {
	atomic_size_t holders;
	struct tail_part *parts;
	size_t count, cap;
};

struct moment *moment_new(const struct live *live)
{
	struct moment *moment = mem_zalloc(1, sizeof *moment);
	moment->holders = 1;
	for (size_t i = 0; i < live->stream_count; i++) {
		const struct tail *tail = &live->streams[i]->tail;
		for (size_t chunk = 0; chunk < tail->count; chunk++) {
			struct tail_part part = tail_part(tail, chunk);
			if (part.first == part.end)
				continue;
			MEM_GROW(moment->parts, moment->cap, moment->count + 1);
			moment->parts[moment->count++] = part;
			tail_chunk_hold(part.chunk);
		}
	}
	return moment;
}

static void hold(void *context)
{
	struct moment *moment = context;
	atomic_fetch_add(&moment->holders, 1);
}

void moment_drop(struct moment *moment)
{
	if (!moment || atomic_fetch_sub(&moment->holders, 1) > 1)
		return;
	for (size_t i = 0; i < moment->count; i++)
		tail_chunk_drop(moment->parts[i].chunk);
	free(moment->parts);
	free(moment);
}

static void drop(void *context)
{
	moment_drop(context);
}

static void give_lines(void *context, size_t index, struct held_lines *ret)
{
	const struct moment *moment = context;
	const struct tail_part *part = &moment->parts[index];
	*ret = (struct held_lines){ .stream_id = part->chunk->stream,
				    .bytes = part->chunk->bytes,
				    .offset = part->chunk->offset,
				    .starts = part->chunk->starts,
				    .times_us = part->chunk->times_us,
				    .states = part->chunk->states,
				    .first = part->first,
				    .end = part->end };
}

struct held_table moment_table(struct moment *moment)
{
	return (struct held_table){ .context = moment,
				    .group_count = moment->count,
				    .group = give_lines,
				    .retain = hold,
				    .release = drop };
}

static int by_hour(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

/* Neighbours mostly are of the same hour. */
int64_t *moment_hours(const struct moment *moment, size_t *ret_count)
{
	int64_t *hours = NULL;
	size_t count = 0, cap = 0, kept = 0;
	for (size_t i = 0; i < moment->count; i++) {
		const struct tail_part *part = &moment->parts[i];
		for (size_t line = part->first; line < part->end; line++) {
			int64_t hour = hour_index(part->chunk->times_us[line]);
			if (part->chunk->states[line] == HELD_REFUSED ||
			    (count > 0 && hours[count - 1] == hour))
				continue;
			MEM_GROW(hours, cap, count + 1);
			hours[count++] = hour;
		}
	}
	if (count > 1)
		qsort(hours, count, sizeof *hours, by_hour);
	for (size_t i = 0; i < count; i++) {
		if (kept == 0 || hours[kept - 1] != hours[i])
			hours[kept++] = hours[i];
	}
	*ret_count = kept;
	return hours;
}
