/* A checkpoint is all records up to one number in one file, so that reading them is one read:
 *
 *     u64 magic    u64 checksum (XXH3 of all that follows)    u64 number    u64 hash of that record
 *     then `number` records, each: stream, kind, from, to, chain, time, previous hash, quarantine,
 *     files, imports
 *
 * Numbers are u64 in the machine's order (the magic tells them apart), texts are a length, the bytes
 * and a zero, so that they are used where they lie. The name of a landing file, half of all bytes
 * otherwise, is left out where it is the one it has to have. It is a cache: one that is damaged, or whose last
 * record is not the one in the log, is passed over, and failing to write one is no error. */
#include "lake/lake_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static const uint64_t MAGIC = 0x31304b4350525641; /* "AVRPCK01" in little-endian order */
static const uint64_t NO_TEXT = UINT64_MAX;
static const uint64_t LANDING_NAME = UINT64_MAX - 1; /* what landing_name_spell() says */
static const size_t CHECKPOINT_BYTES_MAX = (size_t)16 << 30;

enum { HEAD_BYTES = 4 * 8, CHECKSUM_FROM = 2 * 8, CHECKPOINTS_KEPT = 2, CHECKPOINT_PATH_MAX = 64 };

static const char *checkpoint_path(uint64_t number, char ret_path[CHECKPOINT_PATH_MAX])
{
	snprintf(ret_path, CHECKPOINT_PATH_MAX, CHECKPOINT_DIR "/%020" PRIu64, number);
	return ret_path;
}

/* Writing. */

static void put_u64(struct buf *buf, uint64_t value)
{
	buf_add(buf, &value, sizeof value);
}

static void put_text(struct buf *buf, const char *text)
{
	if (!text) {
		put_u64(buf, NO_TEXT);
		return;
	}
	size_t len = strlen(text);
	put_u64(buf, len);
	buf_add(buf, text, len + 1);
}

static void put_numbers(struct buf *buf, const struct lake_file_entry *entry)
{
	put_u64(buf, entry->bytes);
	put_u64(buf, entry->checksum);
	put_u64(buf, entry->rows);
	put_u64(buf, (uint64_t)entry->hour);
}

static void put_file(struct buf *buf, const struct lake_file_entry *entry,
		     const struct lake_record *record, struct landing_name *name)
{
	put_numbers(buf, entry);
	if (strcmp(entry->name, landing_name_spell(name, record, entry->hour)) == 0)
		put_u64(buf, LANDING_NAME);
	else
		put_text(buf, entry->name);
}

static void put_record(struct buf *buf, const struct lake_record *record, struct landing_name *name)
{
	put_text(buf, record->stream);
	put_u64(buf, record->kind);
	put_u64(buf, record->from);
	put_u64(buf, record->to);
	put_u64(buf, record->chain);
	put_u64(buf, (uint64_t)record->time_us);
	put_u64(buf, record->previous_hash);
	put_numbers(buf, &record->quarantine);
	put_text(buf, record->quarantine.name);
	put_u64(buf, record->file_count);
	for (size_t i = 0; i < record->file_count; i++)
		put_file(buf, &record->files[i], record, name);
	put_u64(buf, record->import_count);
	for (size_t i = 0; i < record->import_count; i++)
		put_text(buf, record->imports[i]);
}

static void put_checkpoint(struct buf *buf, const struct lake_snapshot *snapshot)
{
	put_u64(buf, MAGIC);
	put_u64(buf, 0);
	put_u64(buf, snapshot->number);
	put_u64(buf, snapshot->last_hash);
	struct landing_name name = { 0 };
	for (size_t i = 0; i < snapshot->record_count; i++)
		put_record(buf, &snapshot->records[i], &name);
	uint64_t checksum = hash_xxh3(str_make(buf->ptr + CHECKSUM_FROM, buf->len - CHECKSUM_FROM));
	memcpy(buf->ptr + 8, &checksum, sizeof checksum);
}

/* Whoever holds the checkpoint lock may remove all but the newest: what has no number for a name is
 * the temporary file of somebody who died. */
static enum err_kind prune(const struct lake *lake, struct err *err)
{
	struct name_list list = { 0 };
	enum err_kind kind = store_list(lake->store, CHECKPOINT_DIR, &list, err);
	size_t kept = 0;
	for (size_t i = list.count; i-- > 0 && kind == ERR_NONE;) {
		uint64_t number;
		struct str name = str_from(list.names[i]);
		if (name.len == PLACE_DIGITS && place_parse(name, &number) &&
		    kept++ < CHECKPOINTS_KEPT)
			continue;
		char *path = mem_printf(CHECKPOINT_DIR "/%s", list.names[i]);
		kind = store_remove(lake->store, path, err);
		free(path);
	}
	name_list_release(&list);
	return kind;
}

static enum err_kind save(const struct lake *lake, const struct lake_snapshot *snapshot,
			  struct err *err)
{
	char path[CHECKPOINT_PATH_MAX];
	struct buf buf = { 0 };
	put_checkpoint(&buf, snapshot);
	enum err_kind kind = store_replace(lake->store, checkpoint_path(snapshot->number, path),
					   buf_str(&buf), err);
	buf_release(&buf);
	return kind == ERR_NONE ? prune(lake, err) : kind;
}

void checkpoint_save(const struct lake *lake, const struct log_view *view)
{
	struct err ignored;
	struct file_lock lock = { .fd = -1 };
	bool held = false;
	/* Held by another: that one writes it. Not to be had at all: this user only reads. */
	if (lake_lock(lake, "checkpoint", false, &lock, &held, &ignored) != ERR_NONE || !held)
		return;
	if (save(lake, &view->snapshot, &ignored) != ERR_NONE)
		ignored.kind = ERR_NONE; /* the next one tries again */
	file_lock_drop(&lock);
}

/* Reading. */

/* Walks over the bytes; once something does not fit, everything else is zero. */
struct walk {
	char *at, *end;
	bool bad;
};

static uint64_t take_u64(struct walk *walk)
{
	uint64_t value = 0;
	if ((size_t)(walk->end - walk->at) < sizeof value) {
		walk->bad = true;
		walk->at = walk->end;
		return 0;
	}
	memcpy(&value, walk->at, sizeof value);
	walk->at += sizeof value;
	return value;
}

static char *take_text(struct walk *walk)
{
	uint64_t len = take_u64(walk);
	if (len == NO_TEXT)
		return NULL;
	if (len >= (uint64_t)(walk->end - walk->at) || walk->at[len] != '\0') {
		walk->bad = true;
		walk->at = walk->end;
		return NULL;
	}
	char *text = walk->at;
	walk->at += len + 1;
	return text;
}

/* How many of something follow, when each takes at least one number. */
static size_t take_count(struct walk *walk)
{
	uint64_t count = take_u64(walk);
	if (count > (uint64_t)(walk->end - walk->at) / 8) {
		walk->bad = true;
		return 0;
	}
	return (size_t)count;
}

static struct lake_file_entry take_numbers(struct walk *walk)
{
	struct lake_file_entry entry = { .bytes = take_u64(walk) };
	entry.checksum = take_u64(walk);
	entry.rows = take_u64(walk);
	entry.hour = (int64_t)take_u64(walk);
	return entry;
}

/* Of a file nothing is kept where only places are wanted. */
static void take_file(struct walk *walk, struct log_view *view, const struct lake_record *record,
		      struct landing_name *name, struct lake_file_entry *ret)
{
	struct lake_file_entry entry = take_numbers(walk);
	uint64_t kind = 0;
	if (walk->end - walk->at >= (ptrdiff_t)sizeof kind)
		memcpy(&kind, walk->at, sizeof kind);
	if (kind == LANDING_NAME) {
		walk->at += sizeof kind;
		if (!view->places_only)
			entry.name = arena_strdup(&view->arena, str_from(landing_name_spell(
									name, record, entry.hour)));
	} else {
		entry.name = take_text(walk);
		walk->bad |= entry.name == NULL;
	}
	if (!view->places_only)
		*ret = entry;
}

/* Texts stay where they are, all else goes to the arena, so the record owns nothing. */
static void take_record(struct walk *walk, struct log_view *view, struct landing_name *name,
			struct lake_record *ret)
{
	const char *stream = take_text(walk);
	if (stream && strlen(stream) == UUID_TEXT - 1)
		memcpy(ret->stream, stream, UUID_TEXT);
	else
		walk->bad = true;
	uint64_t kind = take_u64(walk);
	walk->bad |= kind > RECORD_REQUESTS;
	ret->kind = (enum record_kind)kind;
	ret->from = take_u64(walk);
	ret->to = take_u64(walk);
	ret->chain = take_u64(walk);
	ret->time_us = (int64_t)take_u64(walk);
	ret->previous_hash = take_u64(walk);
	ret->quarantine = take_numbers(walk);
	ret->quarantine.name = take_text(walk);
	size_t files = take_count(walk);
	if (!view->places_only) {
		ret->file_count = files;
		ret->files = arena_alloc(&view->arena, files * sizeof *ret->files);
	}
	for (size_t i = 0; i < files; i++)
		take_file(walk, view, ret, name, ret->files + (view->places_only ? 0 : i));
	ret->import_count = take_count(walk);
	if (ret->import_count > 0)
		ret->imports = arena_alloc(&view->arena, ret->import_count * sizeof *ret->imports);
	for (size_t i = 0; i < ret->import_count; i++) {
		ret->imports[i] = take_text(walk);
		walk->bad |= ret->imports[i] == NULL;
	}
}

static bool fold_all(struct log_view *view, struct walk *walk, uint64_t count, uint64_t hash)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	struct landing_name name = { 0 };
	struct err ignored;
	if (!view->places_only) {
		/* Reserved at once, since it is the largest array there is. */
		MEM_GROW(snapshot->records, snapshot->record_cap, count + CHECKPOINT_EVERY);
	}
	for (uint64_t number = 1; number <= count && !walk->bad; number++) {
		struct lake_record record = { .number = number };
		take_record(walk, view, &name, &record);
		if (walk->bad)
			return false;
		/* Counted first: also a record that fails must not be released. */
		view->borrowed = view->places_only ? 0 : (size_t)number;
		if (log_fold(view, &record, number == count ? hash : 0, &ignored) != ERR_NONE)
			return false;
	}
	return !walk->bad && walk->at == walk->end;
}

/* Whether record `number` of this log has that hash: a checkpoint may have outlived its log. */
static bool is_of_this_log(const struct lake *lake, uint64_t number, uint64_t hash)
{
	char path[LOG_PATH_MAX];
	struct buf text = { 0 };
	struct err ignored;
	bool found;
	bool same = store_read(lake->store, log_path(number, path), CHECKPOINT_BYTES_MAX, &text,
			       &found, &ignored) == ERR_NONE &&
		    hash_xxh3(buf_str(&text)) == hash;
	buf_release(&text);
	return same;
}

static bool load(const struct lake *lake, uint64_t number, struct log_view *view)
{
	char path[CHECKPOINT_PATH_MAX];
	struct err ignored;
	bool found;
	struct buf *buf = &view->checkpoint;
	if (store_read(lake->store, checkpoint_path(number, path), CHECKPOINT_BYTES_MAX, buf,
		       &found, &ignored) != ERR_NONE ||
	    buf->len < HEAD_BYTES)
		return false;
	struct walk walk = { .at = buf->ptr, .end = buf->ptr + buf->len };
	uint64_t magic = take_u64(&walk), checksum = take_u64(&walk);
	if (magic != MAGIC ||
	    checksum != hash_xxh3(str_make(buf->ptr + CHECKSUM_FROM, buf->len - CHECKSUM_FROM)))
		return false;
	uint64_t count = take_u64(&walk), hash = take_u64(&walk);
	return count == number && is_of_this_log(lake, number, hash) &&
	       count <= (uint64_t)(walk.end - walk.at) / 8 && fold_all(view, &walk, count, hash);
}

struct log_view *checkpoint_load(const struct lake *lake, bool places_only)
{
	struct log_view *view = log_view_new(places_only);
	struct name_list list = { 0 };
	struct err ignored;
	bool loaded = store_list(lake->store, CHECKPOINT_DIR, &list, &ignored) != ERR_NONE;
	for (size_t i = list.count; i-- > 0 && !loaded;) {
		uint64_t number;
		struct str name = str_from(list.names[i]);
		if (name.len != PLACE_DIGITS || !place_parse(name, &number) || number == 0)
			continue;
		loaded = load(lake, number, view);
		if (!loaded) {
			log_view_free(view);
			view = log_view_new(places_only);
		}
	}
	name_list_release(&list);
	if (places_only)
		buf_release(&view->checkpoint);
	return view;
}
