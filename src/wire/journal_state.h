/* What rides beside the lines: the cursors and the window of recent observations.
 *
 * In: changes, as the caller appends them or as bytes read back from a segment. Out: the state they
 * add up to, and the same changes as bytes. Applying the bytes in order gives the same state. */
#pragma once
#include "wire/wire.h"

enum {
	CURSOR_NAME_MAX = 255,
	CURSOR_VALUE_MAX = 64 << 10,
	CURSOR_BYTES_MAX = 64 << 20, /* all names and values together */
};

struct cursor {
	char *name, *value;
	size_t name_len, value_len;
};

struct window {
	struct window_entry *ring;
	uint32_t *slots; /* open addressing: index into the ring plus one, 0 is empty */
	size_t cap, mask;
	size_t count, oldest;
};

struct journal_state {
	struct cursor *cursors; /* sorted by name */
	size_t cursor_count, cursor_cap;
	size_t cursor_bytes;
	struct window window;
};

void journal_state_init(struct journal_state *state, size_t window_entries);
void journal_state_release(struct journal_state *state);
void journal_state_set(struct journal_state *state, struct cursor_change change);
struct str journal_state_get(const struct journal_state *state, struct str name);
/* An entry that is known already is not added again. */
void journal_state_remember(struct journal_state *state, struct window_entry entry);
bool journal_state_knows(const struct journal_state *state, struct window_entry entry);

void journal_record_cursor(struct buf *buf, struct cursor_change change);
void journal_record_window(struct buf *buf, const struct window_entry *entries, size_t count);
/* The whole state as changes to an empty one. */
void journal_state_write(struct buf *buf, const struct journal_state *state);
/* False: these bytes are no record; the state may have changed. */
MUST_CHECK bool journal_state_apply(struct journal_state *state, struct str record);
