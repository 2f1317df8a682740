/* A hash table over the included objects, filled once a page: linear probing over slots that hold
 * an entry's index + 1, at most half full. An object that cannot be copied from the source is
 * turned into text when the first line takes it: often a few users and posts are taken by many. */
#include "source/includes.h"

#include "base/hash.h"
#include "base/mem.h"
#include "source/compact.h"

#include <stdlib.h>

void includes_release(struct includes *includes)
{
	free(includes->entries);
	free(includes->items);
	free(includes->slots);
	free(includes->name_slots);
	buf_release(&includes->texts);
	*includes = (struct includes){ 0 };
}

enum included_kind included_kind_of(yyjson_val *key, yyjson_val *val)
{
	static const struct {
		const char *name;
		enum included_kind kind;
	} lists[] = {
		{ "users", INCLUDED_USER },   { "tweets", INCLUDED_POST },
		{ "posts", INCLUDED_POST },   { "media", INCLUDED_MEDIUM },
		{ "places", INCLUDED_PLACE }, { "polls", INCLUDED_POLL },
	};
	for (size_t i = 0; i < sizeof lists / sizeof *lists && yyjson_is_arr(val); i++) {
		if (yyjson_equals_str(key, lists[i].name))
			return lists[i].kind;
	}
	return INCLUDED_OTHER;
}

static bool is_usable(const struct json_doc *doc, yyjson_val *id)
{
	return yyjson_is_str(id) && yyjson_get_len(id) > 0 && !json_is_repaired(doc, id);
}

yyjson_val *included_id(const struct json_doc *doc, enum included_kind kind, yyjson_val *object)
{
	yyjson_val *id = json_get(object, kind == INCLUDED_MEDIUM ? "media_key" : "id");
	return is_usable(doc, id) ? id : NULL;
}

/* --- the table -------------------------------------------------------------------------------- */

static void slots_reset(size_t **slots, size_t *slot_count, size_t *slot_cap, size_t entries)
{
	*slot_count = 16;
	while (*slot_count < 2 * entries)
		*slot_count *= 2;
	MEM_GROW(*slots, *slot_cap, *slot_count);
	memset(*slots, 0, *slot_count * sizeof **slots);
}

static uint64_t id_hash(enum included_kind kind, struct str id)
{
	return hash_xxh3(id) + (uint64_t)kind;
}

/* The slot of the entry by that id, or the empty one where it belongs. */
static size_t *slot_of(const struct includes *includes, enum included_kind kind, struct str id,
		       uint64_t hash)
{
	size_t mask = includes->slot_count - 1;
	for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
		size_t *slot = &includes->slots[i];
		if (*slot == 0)
			return slot;
		const struct included *entry = &includes->entries[*slot - 1];
		if (entry->hash == hash && entry->kind == kind && str_equal(entry->id, id))
			return slot;
	}
}

/* The entry that came of it, or NOT_FOUND_HERE for an object that cannot be found by an id. */
static size_t add_object(struct includes *includes, enum included_kind kind, yyjson_val *object)
{
	yyjson_val *id_val = included_id(includes->doc, kind, object);
	if (!id_val)
		return NOT_FOUND_HERE;
	struct str id = json_text(id_val);
	uint64_t hash = id_hash(kind, id);
	size_t *slot = slot_of(includes, kind, id, hash);
	if (*slot != 0)
		return NOT_FOUND_HERE;
	includes->entries[includes->entry_count] =
		(struct included){ .kind = kind, .id = id, .hash = hash, .object = object };
	*slot = ++includes->entry_count;
	return includes->entry_count - 1;
}

static void read_list(struct includes *includes, enum included_kind kind, bool is_compact,
		      yyjson_val *list)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(list, at, max, item) {
		size_t added = add_object(includes, kind, item);
		includes->items[includes->item_count++] = added;
		if (!is_compact || added == NOT_FOUND_HERE)
			continue;
		yyjson_val *next = at + 1 < max ? unsafe_yyjson_get_next(item) : NULL;
		includes->entries[added].slice = compact_item(includes->doc, item, next);
	}
}

void includes_read(struct includes *includes, const struct json_doc *doc, bool is_compact,
		   yyjson_val *object)
{
	size_t at, max, total = 0;
	yyjson_val *key, *val;
	bool is_object = yyjson_is_obj(object);
	includes->doc = doc;
	includes->entry_count = includes->item_count = 0;
	includes->names_ready = false;
	buf_reset(&includes->texts);
	if (is_object) {
		yyjson_obj_foreach(object, at, max, key, val)
			total += yyjson_arr_size(val);
	}
	slots_reset(&includes->slots, &includes->slot_count, &includes->slot_cap, total);
	MEM_GROW(includes->entries, includes->entry_cap, total);
	MEM_GROW(includes->items, includes->item_cap, total);
	if (!is_object)
		return;
	yyjson_obj_foreach(object, at, max, key, val) {
		enum included_kind kind = included_kind_of(key, val);
		if (kind != INCLUDED_OTHER)
			read_list(includes, kind, is_compact, val);
	}
}

struct included *includes_find(struct includes *includes, enum included_kind kind, yyjson_val *id)
{
	if (!is_usable(includes->doc, id))
		return NULL;
	struct str text = json_text(id);
	size_t slot = *slot_of(includes, kind, text, id_hash(kind, text));
	return slot ? &includes->entries[slot - 1] : NULL;
}

/* --- usernames -------------------------------------------------------------------------------- */

static char ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_username(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (ascii_lower(a.ptr[i]) != ascii_lower(b.ptr[i]))
			return false;
	}
	return true;
}

static uint64_t username_hash(struct str username)
{
	char lower[64];
	uint64_t hash = 0;
	for (size_t at = 0; at < username.len; at += sizeof lower) {
		size_t len = username.len - at < sizeof lower ? username.len - at : sizeof lower;
		for (size_t i = 0; i < len; i++)
			lower[i] = ascii_lower(username.ptr[at + i]);
		hash = hash_xxh64(str_make(lower, len), hash);
	}
	return hash;
}

static size_t *name_slot_of(const struct includes *includes, struct str username)
{
	size_t mask = includes->name_slot_count - 1;
	for (size_t i = (size_t)username_hash(username) & mask;; i = (i + 1) & mask) {
		size_t *slot = &includes->name_slots[i];
		if (*slot == 0)
			return slot;
		yyjson_val *user = includes->entries[*slot - 1].object;
		if (same_username(json_get_text(user, "username"), username))
			return slot;
	}
}

static void read_usernames(struct includes *includes)
{
	slots_reset(&includes->name_slots, &includes->name_slot_count, &includes->name_slot_cap,
		    includes->entry_count);
	for (size_t i = 0; i < includes->entry_count; i++) {
		yyjson_val *username = json_get(includes->entries[i].object, "username");
		if (includes->entries[i].kind != INCLUDED_USER ||
		    !is_usable(includes->doc, username))
			continue;
		size_t *slot = name_slot_of(includes, json_text(username));
		if (*slot == 0)
			*slot = i + 1;
	}
	includes->names_ready = true;
}

struct included *includes_find_username(struct includes *includes, yyjson_val *username)
{
	if (!is_usable(includes->doc, username))
		return NULL;
	if (!includes->names_ready)
		read_usernames(includes);
	size_t slot = *name_slot_of(includes, json_text(username));
	return slot ? &includes->entries[slot - 1] : NULL;
}

/* --- text ------------------------------------------------------------------------------------- */

void includes_write(struct includes *includes, struct included *included, struct buf *ret)
{
	if (included->slice.ptr) {
		buf_add_str(ret, included->slice);
		return;
	}
	if (included->text_len == 0) {
		included->text_at = includes->texts.len;
		json_write(&includes->texts, includes->doc, included->object);
		included->text_len = includes->texts.len - included->text_at;
	}
	buf_add(ret, includes->texts.ptr + included->text_at, included->text_len);
}
