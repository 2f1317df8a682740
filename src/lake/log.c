/* The log is a row of files, each naming the hash of the one before. A view is what the records up to
 * some number say together; reading the log is loading the newest checkpoint and folding the records
 * behind it, one by one, until there is no next file.
 *
 *     checkpoint/512      log/513  log/514   (none)
 *     └─ 1..512 ──────────┴─ fold ─┴─ fold ──┴─ done: the snapshot is 514
 *
 * Streams are kept in order of appearance and hours by a hash of their index; hours are sorted once,
 * when everything has been folded, because an old archive may bring them in any order. */
#include "lake/lake_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static const size_t RECORD_BYTES_MAX = (size_t)1 << 30;

struct log_view *log_view_new(bool places_only)
{
	struct log_view *view = mem_zalloc(1, sizeof *view);
	view->places_only = places_only;
	return view;
}

void log_view_free(struct log_view *view)
{
	if (!view)
		return;
	struct lake_snapshot *snapshot = &view->snapshot;
	for (size_t i = view->borrowed; i < snapshot->record_count; i++)
		lake_record_release(&snapshot->records[i]);
	for (size_t i = 0; i < snapshot->hour_count; i++)
		free(snapshot->hours[i].files);
	free(snapshot->records);
	free(snapshot->streams);
	free(snapshot->hours);
	free(snapshot->request_files);
	free(view->imports.slots);
	free(view->hour_slots);
	arena_release(&view->arena);
	buf_release(&view->checkpoint);
	free(view);
}

void lake_snapshot_free(struct lake_snapshot *snapshot)
{
	log_view_free((struct log_view *)snapshot);
}

/* A set of texts. */

static size_t text_slot(const struct text_set *set, const char *text)
{
	size_t at = hash_xxh3(str_from(text)) & (set->cap - 1);
	while (set->slots[at] && strcmp(set->slots[at], text) != 0)
		at = (at + 1) & (set->cap - 1);
	return at;
}

static bool text_set_has(const struct text_set *set, const char *text)
{
	return set->cap > 0 && set->slots[text_slot(set, text)];
}

static void text_set_add(struct text_set *set, const char *text)
{
	if (set->cap < 2 * (set->count + 1)) {
		struct text_set larger = { .cap = set->cap ? 2 * set->cap : 64 };
		larger.slots = mem_zalloc(larger.cap, sizeof *larger.slots);
		for (size_t i = 0; i < set->cap; i++) {
			if (set->slots[i])
				larger.slots[text_slot(&larger, set->slots[i])] = set->slots[i];
		}
		larger.count = set->count;
		free(set->slots);
		*set = larger;
	}
	set->slots[text_slot(set, text)] = text;
	set->count++;
}

bool log_imported(const struct log_view *view, const char *sha256)
{
	return text_set_has(&view->imports, sha256);
}

bool lake_snapshot_imported(const struct lake_snapshot *snapshot, const char *sha256)
{
	return log_imported((const struct log_view *)snapshot, sha256);
}

/* Streams. */

const struct lake_stream *lake_snapshot_stream(const struct lake_snapshot *snapshot,
					       const char *stream)
{
	for (size_t i = 0; i < snapshot->stream_count; i++) {
		if (strcmp(snapshot->streams[i].id, stream) == 0)
			return &snapshot->streams[i];
	}
	return NULL;
}

const struct lake_stream *log_stream(const struct log_view *view, const char *stream)
{
	return lake_snapshot_stream(&view->snapshot, stream);
}

static struct lake_stream *stream_of(struct log_view *view, const char *id)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	if (view->newest_stream < snapshot->stream_count &&
	    strcmp(snapshot->streams[view->newest_stream].id, id) == 0)
		return &snapshot->streams[view->newest_stream];
	const struct lake_stream *found = log_stream(view, id);
	if (!found)
		return NULL;
	view->newest_stream = (size_t)(found - snapshot->streams);
	return &snapshot->streams[view->newest_stream];
}

static struct lake_stream *stream_add(struct log_view *view, const char *id)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	MEM_GROW(snapshot->streams, snapshot->stream_cap, snapshot->stream_count + 1);
	struct lake_stream *stream = &snapshot->streams[snapshot->stream_count++];
	*stream = (struct lake_stream){ 0 };
	memcpy(stream->id, id, UUID_TEXT);
	return stream;
}

/* A stream's records lie end to end. The first one begins at 0, or holds nothing and says where the
 * stream was when this lake met it. */
static enum err_kind fold_place(struct log_view *view, const struct lake_record *record,
				struct err *err)
{
	struct lake_stream *stream = stream_of(view, record->stream);
	if (!stream && (record->from == 0 || record->from == record->to))
		stream = stream_add(view, record->stream);
	else if (!stream || record->from != stream->to)
		return err_set(err, ERR_FATAL,
			       "stream %s goes on at %" PRIu64 ", but ended at %" PRIu64,
			       record->stream, record->from, stream ? stream->to : 0);
	stream->to = record->to;
	stream->chain = record->chain;
	stream->last_record = record->number;
	stream->time_us = record->time_us;
	stream->adopted = record->kind == RECORD_ADOPT;
	stream->requests |= record->kind == RECORD_REQUESTS;
	return ERR_NONE;
}

/* Hours. */

static size_t hour_slot(const struct log_view *view, int64_t hour)
{
	uint64_t mixed = (uint64_t)hour * 0x9e3779b97f4a7c15; /* Fibonacci hashing */
	size_t at = (mixed >> 32) & (view->hour_slot_cap - 1);
	for (uint32_t index; (index = view->hour_slots[at]) != 0;
	     at = (at + 1) & (view->hour_slot_cap - 1)) {
		if (view->snapshot.hours[index - 1].hour == hour)
			break;
	}
	return at;
}

static void hour_slots_grow(struct log_view *view)
{
	free(view->hour_slots);
	view->hour_slot_cap = view->hour_slot_cap ? 2 * view->hour_slot_cap : 256;
	view->hour_slots = mem_zalloc(view->hour_slot_cap, sizeof *view->hour_slots);
	for (size_t i = 0; i < view->snapshot.hour_count; i++)
		view->hour_slots[hour_slot(view, view->snapshot.hours[i].hour)] = (uint32_t)i + 1;
}

static struct lake_hour *hour_at(struct log_view *view, int64_t hour)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	if (view->newest_hour < snapshot->hour_count &&
	    snapshot->hours[view->newest_hour].hour == hour)
		return &snapshot->hours[view->newest_hour];
	if (view->hour_slot_cap < 2 * (snapshot->hour_count + 1))
		hour_slots_grow(view);
	size_t slot = hour_slot(view, hour);
	if (view->hour_slots[slot] == 0) {
		MEM_GROW(snapshot->hours, snapshot->hour_cap, snapshot->hour_count + 1);
		snapshot->hours[snapshot->hour_count++] = (struct lake_hour){ .hour = hour };
		view->hour_slots[slot] = (uint32_t)snapshot->hour_count;
	}
	view->newest_hour = view->hour_slots[slot] - 1;
	return &snapshot->hours[view->newest_hour];
}

static void fold_file(struct log_view *view, const struct lake_file_entry *file, uint64_t number)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	struct lake_hour *hour = hour_at(view, file->hour);
	MEM_GROW(hour->files, hour->file_cap, hour->file_count + 1);
	hour->files[hour->file_count++] = file;
	hour->last_record = number;
	hour->rows += file->rows;
	hour->bytes += file->bytes;
	snapshot->rows += file->rows;
	snapshot->bytes += file->bytes;
	snapshot->file_count++;
}

static void fold_requests(struct lake_snapshot *snapshot, const struct lake_file_entry *file)
{
	MEM_GROW(snapshot->request_files, snapshot->request_file_cap,
		 snapshot->request_file_count + 1);
	snapshot->request_files[snapshot->request_file_count++] = file;
}

static enum err_kind fold_expired(struct log_view *view, const struct lake_file_entry *gone,
				  struct err *err)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	struct lake_hour *hour = hour_at(view, gone->hour);
	size_t at = 0;
	while (at < hour->file_count && strcmp(hour->files[at]->name, gone->name) != 0)
		at++;
	if (at == hour->file_count)
		return err_set(err, ERR_FATAL, "expires %s, which is not in the lake", gone->name);
	const struct lake_file_entry *file = hour->files[at];
	hour->rows -= file->rows;
	hour->bytes -= file->bytes;
	snapshot->rows -= file->rows;
	snapshot->bytes -= file->bytes;
	snapshot->file_count--;
	hour->file_count--;
	memmove(&hour->files[at], &hour->files[at + 1],
		(hour->file_count - at) * sizeof hour->files[0]);
	return ERR_NONE;
}

static int compare_hours(const void *a, const void *b)
{
	int64_t left = ((const struct lake_hour *)a)->hour;
	int64_t right = ((const struct lake_hour *)b)->hour;
	return (left > right) - (left < right);
}

/* Sorts the hours and drops those whose last file expired; nothing can be folded after it. */
static void finish_hours(struct log_view *view)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	size_t kept = 0;
	for (size_t i = 0; i < snapshot->hour_count; i++) {
		if (snapshot->hours[i].file_count > 0)
			snapshot->hours[kept++] = snapshot->hours[i];
		else
			free(snapshot->hours[i].files);
	}
	snapshot->hour_count = kept;
	if (kept > 1)
		qsort(snapshot->hours, kept, sizeof *snapshot->hours, compare_hours);
	free(view->hour_slots);
	view->hour_slots = NULL;
	view->hour_slot_cap = 0;
}

/* Folding. */

static enum err_kind fold_contents(struct log_view *view, const struct lake_record *record,
				   struct err *err)
{
	switch (record->kind) {
	case RECORD_BATCH:
	case RECORD_REQUESTS:
	case RECORD_ADOPT:
		TRY(fold_place(view, record, err));
		break;
	case RECORD_EXPIRE:
		break;
	case RECORD_COMPACT:
		err_set(err, ERR_FATAL, "a compaction, which this aviary cannot follow");
		return err_hint(err, "a newer aviary wrote it: use that one");
	}
	for (size_t i = 0; i < record->import_count; i++) {
		const char *import = record->imports[i];
		if (view->places_only)
			import = arena_strdup(&view->arena, str_from(import));
		text_set_add(&view->imports, import);
	}
	view->snapshot.quarantined += record->quarantine.rows;
	for (size_t i = 0; i < record->file_count && !view->places_only; i++) {
		if (record->kind == RECORD_EXPIRE)
			TRY(fold_expired(view, &record->files[i], err));
		else if (record->kind == RECORD_REQUESTS)
			fold_requests(&view->snapshot, &record->files[i]);
		else
			fold_file(view, &record->files[i], record->number);
	}
	return ERR_NONE;
}

enum err_kind log_fold(struct log_view *view, const struct lake_record *record, uint64_t hash,
		       struct err *err)
{
	struct lake_snapshot *snapshot = &view->snapshot;
	enum err_kind kind = fold_contents(view, record, err);
	snapshot->number = record->number;
	snapshot->time_us = record->time_us;
	snapshot->last_hash = hash;
	/* A failed record is kept, too: what was folded of it is pointed at. */
	if (!view->places_only) {
		MEM_GROW(snapshot->records, snapshot->record_cap, snapshot->record_count + 1);
		snapshot->records[snapshot->record_count++] = *record;
	}
	return kind;
}

/* Reading. */

const char *log_path(uint64_t number, char ret_path[LOG_PATH_MAX])
{
	snprintf(ret_path, LOG_PATH_MAX, LOG_DIR "/%020" PRIu64, number);
	return ret_path;
}

static enum err_kind fold_text(struct log_view *view, struct str text, struct err *err)
{
	struct lake_record record;
	bool kept = false;
	enum err_kind kind;
	TRY(record_read(text, &record, err));
	if (record.number != view->snapshot.number + 1) {
		kind = err_set(err, ERR_FATAL, "says that it is record %" PRIu64, record.number);
	} else if (record.previous_hash != view->snapshot.last_hash) {
		kind = err_set(err, ERR_FATAL,
			       "does not follow the record before it: previous is %016" PRIx64
			       ", not %016" PRIx64,
			       record.previous_hash, view->snapshot.last_hash);
	} else {
		kind = log_fold(view, &record, hash_xxh3(text), err);
		kept = !view->places_only;
	}
	if (!kept)
		lake_record_release(&record);
	return kind;
}

/* The log ends where a record is missing, unless the one behind it is there: then one was lost. */
static enum err_kind check_end(const struct lake *lake, uint64_t missing, bool *ret_end,
			       struct err *err)
{
	char path[LOG_PATH_MAX];
	struct store_stat after, again;
	TRY(store_stat(lake->store, log_path(missing + 1, path), &after, err));
	if (!after.found) {
		*ret_end = true;
		return ERR_NONE;
	}
	/* Both may have been written since the first look. */
	TRY(store_stat(lake->store, log_path(missing, path), &again, err));
	if (!again.found)
		return err_set(err, ERR_FATAL, "%s/%s: the record is missing, later ones are there",
			       lake->path, path);
	*ret_end = false;
	return ERR_NONE;
}

static enum err_kind read_next(const struct lake *lake, struct log_view *view, struct buf *text,
			       bool *ret_end, struct err *err)
{
	char path[LOG_PATH_MAX];
	uint64_t number = view->snapshot.number + 1;
	bool found = true;
	buf_reset(text);
	log_path(number, path);
	enum err_kind kind = store_read(lake->store, path, RECORD_BYTES_MAX, text, &found, err);
	if (!found)
		return check_end(lake, number, ret_end, err);
	if (kind == ERR_NONE)
		kind = fold_text(view, buf_str(text), err);
	if (kind != ERR_NONE) {
		if (kind != ERR_RETRY) /* a store that is away says nothing about the log */
			err->kind = ERR_FATAL;
		return err_wrap(err, "%s/%s", lake->path, path);
	}
	view->read_singly++;
	*ret_end = false;
	return ERR_NONE;
}

enum err_kind log_extend(const struct lake *lake, struct log_view *view, struct err *err)
{
	struct buf text = { 0 };
	enum err_kind kind = ERR_NONE;
	for (bool end = false; kind == ERR_NONE && !end;)
		kind = read_next(lake, view, &text, &end, err);
	buf_release(&text);
	return kind;
}

enum err_kind log_read(const struct lake *lake, bool places_only, struct log_view **ret_view,
		       struct err *err)
{
	struct log_view *view = checkpoint_load(lake, places_only);
	enum err_kind kind = log_extend(lake, view, err);
	if (kind != ERR_NONE) {
		log_view_free(view);
		return kind;
	}
	*ret_view = view;
	return ERR_NONE;
}

enum err_kind lake_snapshot_read(const struct lake *lake, struct lake_snapshot **ret_snapshot,
				 struct err *err)
{
	struct log_view *view;
	TRY(log_read(lake, false, &view, err));
	if (view->read_singly > CHECKPOINT_EVERY)
		checkpoint_save(lake, view);
	finish_hours(view);
	*ret_snapshot = &view->snapshot;
	return ERR_NONE;
}

enum err_kind lake_snapshot_is_newest(const struct lake *lake, const struct lake_snapshot *snapshot,
				      bool *ret_newest, struct err *err)
{
	char path[LOG_PATH_MAX];
	struct store_stat next;
	TRY(store_stat(lake->store, log_path(snapshot->number + 1, path), &next, err));
	*ret_newest = !next.found;
	return ERR_NONE;
}
