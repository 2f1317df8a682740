#include "live/tail.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

enum { CHUNK_BYTES = 1 << 20, CHUNK_LINES = 2048, LINE_BOOK_BYTES = 13 };

/* --- chunks ---------------------------------------------------------------------------------------------- */

static struct tail_chunk *chunk_new(const char *stream, uint64_t offset, size_t first_line)
{
	struct tail_chunk *chunk = mem_zalloc(1, sizeof *chunk);
	chunk->holders = 1;
	memcpy(chunk->stream, stream, sizeof chunk->stream);
	chunk->offset = offset;
	chunk->cap = first_line > CHUNK_BYTES ? first_line : CHUNK_BYTES;
	chunk->bytes = mem_alloc(chunk->cap);
	chunk->starts = mem_alloc((CHUNK_LINES + 1) * sizeof *chunk->starts);
	chunk->times_us = mem_alloc(CHUNK_LINES * sizeof *chunk->times_us);
	chunk->states = mem_zalloc(CHUNK_LINES, sizeof *chunk->states);
	chunk->starts[0] = 0;
	return chunk;
}

void tail_chunk_hold(struct tail_chunk *chunk)
{
	atomic_fetch_add(&chunk->holders, 1);
}

void tail_chunk_drop(struct tail_chunk *chunk)
{
	if (!chunk || atomic_fetch_sub(&chunk->holders, 1) > 1)
		return;
	free(chunk->bytes);
	free(chunk->starts);
	free(chunk->times_us);
	free((void *)chunk->states);
	free(chunk);
}

static uint64_t chunk_memory(const struct tail_chunk *chunk)
{
	return chunk->len + chunk->count * LINE_BOOK_BYTES;
}

/* The first line at or behind an offset of the stream. */
static size_t chunk_line_at(const struct tail_chunk *chunk, uint64_t offset)
{
	size_t low = 0, high = chunk->count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (chunk->offset + chunk->starts[middle] < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint64_t chunk_end(const struct tail_chunk *chunk)
{
	return chunk->offset + chunk->len;
}

/* --- the tail ------------------------------------------------------------------------------------------- */

static void put_nothing(struct column_vector *vector, size_t row, struct str text)
{
	(void)vector, (void)row, (void)text;
}

static void grow_nothing(struct column_vector *list, size_t cap)
{
	(void)list, (void)cap;
}

void tail_init(struct tail *tail, const char *stream, struct position from)
{
	static const struct column_lender keys_only = { .put_text = put_nothing,
							.grow = grow_nothing };
	*tail = (struct tail){ .from = from.offset, .next = from };
	memcpy(tail->stream, stream, sizeof tail->stream);
	tail->reader = post_reader_new(stream, &keys_only);
}

void tail_forget(struct tail *tail, size_t count)
{
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++) {
		tail->bytes -= chunk_memory(tail->chunks[i]);
		tail_chunk_drop(tail->chunks[i]);
	}
	tail->count -= count;
	memmove(tail->chunks, tail->chunks + count, tail->count * sizeof(struct tail_chunk *));
}

void tail_restart(struct tail *tail, struct position from)
{
	tail_forget(tail, tail->count);
	tail->from = from.offset;
	tail->next = from;
}

void tail_release(struct tail *tail)
{
	tail_forget(tail, tail->count);
	free(tail->chunks);
	post_reader_free(tail->reader);
}

/* --- lines ----------------------------------------------------------------------------------------------- */

static enum held_state look_at(struct tail *tail, struct str line, bool check, int64_t *ret_time_us)
{
	struct post_peek peek;
	struct post_key key;
	struct err ignored;
	post_peek_key(line, &peek);
	if (peek.sure && !check) {
		*ret_time_us = peek.key.time_us;
		return HELD_UNKNOWN;
	}
	*ret_time_us = 0;
	if (post_reader_key(tail->reader, line, &key, &ignored) != ERR_NONE)
		return HELD_REFUSED;
	*ret_time_us = key.time_us;
	return HELD_POST;
}

static struct tail_chunk *chunk_for(struct tail *tail, size_t len, uint64_t offset)
{
	struct tail_chunk *last = tail->count > 0 ? tail->chunks[tail->count - 1] : NULL;
	if (last && last->count < CHUNK_LINES && last->cap - last->len >= len &&
	    chunk_end(last) == offset)
		return last;
	MEM_GROW(tail->chunks, tail->cap, tail->count + 1);
	return tail->chunks[tail->count++] = chunk_new(tail->stream, offset, len);
}

/* `line` has no '\n'; one stands behind it. */
static void add_line(struct tail *tail, const struct tail_lines *lines, struct str line,
		     uint64_t offset)
{
	if (lines->each)
		lines->each(lines->context, tail->stream, line, offset);
	if (offset < tail->from)
		return;
	struct tail_chunk *chunk = chunk_for(tail, line.len + 1, offset);
	size_t at = chunk->count;
	chunk->states[at] = (uint8_t)look_at(tail, line, lines->check, &chunk->times_us[at]);
	memcpy(chunk->bytes + chunk->len, line.ptr, line.len + 1);
	chunk->len += line.len + 1;
	chunk->starts[at + 1] = (uint32_t)chunk->len;
	chunk->count = at + 1;
	tail->bytes += line.len + 1 + LINE_BOOK_BYTES;
}

void tail_add(struct tail *tail, const struct tail_lines *lines)
{
	uint64_t offset = lines->offset;
	struct str rest = lines->lines, line;
	assert(offset <= tail->next.offset);
	while (rest.len > 0 && str_split(&rest, '\n', &line)) {
		if (offset >= tail->next.offset)
			add_line(tail, lines, line, offset);
		offset += line.len + 1;
	}
	if (lines->end.offset > tail->next.offset)
		tail->next = lines->end;
}

bool tail_publish(struct tail *tail, uint64_t committed)
{
	size_t gone = 0;
	if (committed < tail->from)
		return false;
	while (gone < tail->count && chunk_end(tail->chunks[gone]) <= committed)
		gone++;
	if (gone < tail->count && committed > tail->chunks[gone]->offset) {
		const struct tail_chunk *chunk = tail->chunks[gone];
		size_t line = chunk_line_at(chunk, committed);
		if (chunk->offset + chunk->starts[line] != committed)
			return false;
	}
	tail_forget(tail, gone);
	tail->from = committed;
	return true;
}

struct tail_part tail_part(const struct tail *tail, size_t index)
{
	struct tail_chunk *chunk = tail->chunks[index];
	return (struct tail_part){ .chunk = chunk,
				   .first = chunk_line_at(chunk, tail->from),
				   .end = chunk->count };
}

uint64_t tail_line_count(const struct tail *tail)
{
	uint64_t lines = 0;
	for (size_t i = 0; i < tail->count; i++) {
		struct tail_part part = tail_part(tail, i);
		for (size_t line = part.first; line < part.end; line++)
			lines += part.chunk->states[line] != HELD_REFUSED;
	}
	return lines;
}
