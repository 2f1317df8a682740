/* What rides beside the lines.
 *
 *     record   items until its end
 *     item     'c' | name length 1 | value length 4 | name | value
 *              'w' | count 4 | count x (id 8, rule 8, content 8)
 *
 * Items follow one another without a frame, so the records of extents that are written as one are
 * simply joined. The window is a ring, oldest first, with a hash table of ring places over it; when
 * the ring is full the oldest entry is taken out of both. */
#include "wire/journal_state.h"

#include "base/mem.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

enum { CURSOR_HEAD = 6, WINDOW_HEAD = 5, ENTRY_BYTES = 24 };

static void add_u32(struct buf *buf, uint32_t value)
{
	value = htole32(value);
	buf_add(buf, &value, sizeof value);
}

static void add_u64(struct buf *buf, uint64_t value)
{
	value = htole64(value);
	buf_add(buf, &value, sizeof value);
}

static uint32_t get_u32(const char *at)
{
	uint32_t value;
	memcpy(&value, at, sizeof value);
	return le32toh(value);
}

static uint64_t get_u64(const char *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return le64toh(value);
}

static bool entry_equal(struct window_entry a, struct window_entry b)
{
	return a.id == b.id && a.rule == b.rule && a.content == b.content;
}

static size_t entry_slot(const struct window *window, struct window_entry entry)
{
	return hash_xxh3(str_make((const char *)&entry, sizeof entry)) & window->mask;
}

/* The slot that holds the entry, or the empty one where it would go. */
static size_t window_find(const struct window *window, struct window_entry entry)
{
	size_t slot = entry_slot(window, entry);
	while (window->slots[slot] && !entry_equal(window->ring[window->slots[slot] - 1], entry))
		slot = (slot + 1) & window->mask;
	return slot;
}

/* Empties a slot and moves up what stood behind it, so that no search stops too early. */
static void window_empty_slot(struct window *window, size_t hole)
{
	for (size_t slot = hole;;) {
		slot = (slot + 1) & window->mask;
		uint32_t place = window->slots[slot];
		if (!place)
			break;
		size_t home = entry_slot(window, window->ring[place - 1]);
		if (((slot - home) & window->mask) < ((slot - hole) & window->mask))
			continue;
		window->slots[hole] = place;
		hole = slot;
	}
	window->slots[hole] = 0;
}

static void window_init(struct window *window, size_t entries)
{
	assert(entries <= UINT32_MAX / 4);
	*window = (struct window){ .cap = entries };
	if (entries == 0)
		return;
	size_t slots = 4;
	while (slots < 2 * entries)
		slots *= 2;
	window->mask = slots - 1;
	window->ring = mem_zalloc(entries, sizeof *window->ring);
	window->slots = mem_zalloc(slots, sizeof *window->slots);
}

void journal_state_remember(struct journal_state *state, struct window_entry entry)
{
	struct window *window = &state->window;
	if (window->cap == 0 || window->slots[window_find(window, entry)])
		return;
	size_t place = (window->oldest + window->count) % window->cap;
	if (window->count == window->cap) {
		window_empty_slot(window, window_find(window, window->ring[window->oldest]));
		window->oldest = (window->oldest + 1) % window->cap;
	} else {
		window->count++;
	}
	window->ring[place] = entry;
	window->slots[window_find(window, entry)] = (uint32_t)place + 1;
}

bool journal_state_knows(const struct journal_state *state, struct window_entry entry)
{
	const struct window *window = &state->window;
	return window->cap > 0 && window->slots[window_find(window, entry)];
}

static int name_compare(struct str a, struct str b)
{
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
	return order ? order : (a.len > b.len) - (a.len < b.len);
}

/* Where the name stands, or would stand. */
static size_t cursor_place(const struct journal_state *state, struct str name, bool *ret_found)
{
	size_t low = 0, high = state->cursor_count;
	*ret_found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct cursor *cursor = &state->cursors[mid];
		int order = name_compare(str_make(cursor->name, cursor->name_len), name);
		if (order == 0) {
			*ret_found = true;
			return mid;
		}
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static char *copy(struct str text)
{
	return memcpy(mem_alloc(text.len), text.ptr, text.len);
}

static void cursor_delete(struct journal_state *state, size_t place)
{
	struct cursor *cursor = &state->cursors[place];
	state->cursor_bytes -= cursor->name_len + cursor->value_len;
	free(cursor->name);
	free(cursor->value);
	state->cursor_count--;
	memmove(cursor, cursor + 1, (state->cursor_count - place) * sizeof *cursor);
}

void journal_state_set(struct journal_state *state, struct cursor_change change)
{
	bool found;
	size_t place = cursor_place(state, change.name, &found);
	if (found)
		cursor_delete(state, place);
	if (change.value.len == 0)
		return;
	MEM_GROW(state->cursors, state->cursor_cap, state->cursor_count + 1);
	struct cursor *cursor = &state->cursors[place];
	memmove(cursor + 1, cursor, (state->cursor_count - place) * sizeof *cursor);
	*cursor = (struct cursor){ copy(change.name), copy(change.value), change.name.len,
				   change.value.len };
	state->cursor_count++;
	state->cursor_bytes += change.name.len + change.value.len;
}

struct str journal_state_get(const struct journal_state *state, struct str name)
{
	bool found;
	size_t place = cursor_place(state, name, &found);
	if (!found)
		return STR_NONE;
	return str_make(state->cursors[place].value, state->cursors[place].value_len);
}

void journal_state_init(struct journal_state *state, size_t window_entries)
{
	*state = (struct journal_state){ 0 };
	window_init(&state->window, window_entries);
}

void journal_state_release(struct journal_state *state)
{
	while (state->cursor_count > 0)
		cursor_delete(state, state->cursor_count - 1);
	free(state->cursors);
	free(state->window.ring);
	free(state->window.slots);
	*state = (struct journal_state){ 0 };
}

void journal_record_cursor(struct buf *buf, struct cursor_change change)
{
	buf_add_byte(buf, 'c');
	buf_add_byte(buf, (char)change.name.len);
	add_u32(buf, (uint32_t)change.value.len);
	buf_add_str(buf, change.name);
	buf_add_str(buf, change.value);
}

void journal_record_window(struct buf *buf, const struct window_entry *entries, size_t count)
{
	if (count == 0)
		return;
	buf_add_byte(buf, 'w');
	add_u32(buf, (uint32_t)count);
	buf_reserve(buf, count * ENTRY_BYTES);
	for (size_t i = 0; i < count; i++) {
		add_u64(buf, entries[i].id);
		add_u64(buf, entries[i].rule);
		add_u64(buf, entries[i].content);
	}
}

void journal_state_write(struct buf *buf, const struct journal_state *state)
{
	for (size_t i = 0; i < state->cursor_count; i++) {
		const struct cursor *cursor = &state->cursors[i];
		journal_record_cursor(buf,
				      (struct cursor_change){
					      .name = str_make(cursor->name, cursor->name_len),
					      .value = str_make(cursor->value, cursor->value_len),
				      });
	}
	const struct window *window = &state->window;
	size_t tail = window->cap - window->oldest;
	if (tail > window->count)
		tail = window->count;
	journal_record_window(buf, window->ring + window->oldest, tail);
	journal_record_window(buf, window->ring, window->count - tail);
}

/* Both take one item off the front of `rest`. */
static bool apply_cursor(struct journal_state *state, struct str *rest)
{
	if (rest->len < CURSOR_HEAD)
		return false;
	size_t name_len = (unsigned char)rest->ptr[1], value_len = get_u32(rest->ptr + 2);
	if (rest->len - CURSOR_HEAD < name_len || rest->len - CURSOR_HEAD - name_len < value_len)
		return false;
	const char *name = rest->ptr + CURSOR_HEAD;
	journal_state_set(state, (struct cursor_change){
					 .name = str_make(name, name_len),
					 .value = str_make(name + name_len, value_len),
				 });
	size_t len = CURSOR_HEAD + name_len + value_len;
	*rest = str_make(rest->ptr + len, rest->len - len);
	return true;
}

static bool apply_window(struct journal_state *state, struct str *rest)
{
	if (rest->len < WINDOW_HEAD)
		return false;
	size_t len = (size_t)get_u32(rest->ptr + 1) * ENTRY_BYTES;
	if (rest->len - WINDOW_HEAD < len)
		return false;
	const char *at = rest->ptr + WINDOW_HEAD, *end = at + len;
	for (; at < end; at += ENTRY_BYTES)
		journal_state_remember(state, (struct window_entry){
						      .id = get_u64(at),
						      .rule = get_u64(at + 8),
						      .content = get_u64(at + 16),
					      });
	*rest = str_make(end, rest->len - WINDOW_HEAD - len);
	return true;
}

bool journal_state_apply(struct journal_state *state, struct str record)
{
	while (record.len > 0) {
		bool good = false;
		if (*record.ptr == 'c')
			good = apply_cursor(state, &record);
		else if (*record.ptr == 'w')
			good = apply_window(state, &record);
		if (!good)
			return false;
	}
	return true;
}
