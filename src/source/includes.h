/* The objects a page includes, to be found by their id.
 *
 * The first object by an id is the one that is found and that lines carry; repeats of it, and
 * objects without a usable id (a string, not empty, no lone surrogate), are never found: they stay
 * behind on the page. Posts under `tweets` and under `posts` are one kind. */
#pragma once
#include "base/json.h"

enum included_kind {
	INCLUDED_USER,
	INCLUDED_POST,
	INCLUDED_MEDIUM,
	INCLUDED_PLACE,
	INCLUDED_POLL,
	INCLUDED_OTHER, /* a member of includes that is no list of these: kept, never looked up */
};

struct included {
	enum included_kind kind;
	struct str id;
	uint64_t hash;
	yyjson_val *object;
	struct str slice;         /* its source, where that is compact; else STR_NONE, and */
	size_t text_at, text_len; /* in includes.texts, once it was written for a first time */
	size_t line;              /* the last line that took it */
	bool carried;             /* by a kept line */
};

/* One page's; reused for the next. Zero-initialised is empty and valid. */
struct includes {
	const struct json_doc *doc;
	struct included *entries;
	size_t entry_count, entry_cap;
	/* For each item of the lists, in the order of the page: its entry, or NOT_FOUND_HERE. */
	size_t *items;
	size_t item_count, item_cap;
	size_t *slots, *name_slots; /* open addressing: index of the entry + 1 */
	size_t slot_count, slot_cap, name_slot_count, name_slot_cap;
	bool names_ready; /* users by username: only some pages need them */
	struct buf texts;
};

#define NOT_FOUND_HERE SIZE_MAX

enum included_kind included_kind_of(yyjson_val *key, yyjson_val *val);
/* The id as its list has it: `media_key` of a medium, `id` of all others; NULL when not usable. */
yyjson_val *included_id(const struct json_doc *doc, enum included_kind kind, yyjson_val *object);

/* `is_compact` as compact_check() says. */
void includes_read(struct includes *includes, const struct json_doc *doc, bool is_compact,
		   yyjson_val *object);
void includes_release(struct includes *includes);

/* NULL when the page included none by that id; `id` may be anything. */
struct included *includes_find(struct includes *includes, enum included_kind kind, yyjson_val *id);
/* A user by username, ASCII letters in either case. */
struct included *includes_find_username(struct includes *includes, yyjson_val *username);
/* Adds the object's text. */
void includes_write(struct includes *includes, struct included *included, struct buf *ret);
