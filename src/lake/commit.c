/* How a batch becomes part of the lake, whoever is killed where:
 *
 *     staging files ──sync──► intent ──────► final names ──sync──► log/N ──► intent removed
 *                             (decided)      (visible to globs)    (done)
 *
 * Before the intent nothing has happened; the batch may be written again, by another program version
 * even, and come out different. From the intent on it is decided: every further step can be repeated
 * by anyone, and only leads to the same record. The log is read after the intent is there and under
 * the publish lock, so that a batch which somebody finished meanwhile is seen to be done. What was
 * only seen, not made, by this process is synced before anything is built on it: its maker may have
 * died between the rename and the sync, and a power cut would take it back. */
#include "lake/lake_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static const size_t INTENT_BYTES_MAX = (size_t)1 << 30;

/* A batch on its way: what the caller wants, and what is decided for that place. */
struct passage {
	struct lake *lake;
	char *path;                 /* of the intent */
	struct lake_record decided; /* as the intent has it; owned */
	bool ours;                  /* the intent says what the caller wanted */
};

/* An empty record and the batch behind it begin at the same place. With one name for both, who sleeps
 * before removing the first's intent would remove the second's, where no lock keeps them apart. */
static char *intent_path(const struct lake_record *record)
{
	char *path = mem_printf(INTENT_DIR "/%s-%020" PRIu64, record->stream, record->from);
	if (record->from < record->to)
		return path;
	char *own = mem_printf("%s-%020" PRId64, path, record->time_us);
	free(path);
	return own;
}

static void passage_release(struct passage *passage)
{
	lake_record_release(&passage->decided);
	free(passage->path);
}

/* Landing files first, then the quarantine file. */
static size_t entry_count(const struct lake_record *record)
{
	return record->file_count + (record->quarantine.name != NULL);
}

static const struct lake_file_entry *entry_at(const struct lake_record *record, size_t at)
{
	return at < record->file_count ? &record->files[at] : &record->quarantine;
}

static char *staging_path(const struct lake_file_entry *entry)
{
	return mem_printf(STAGING_DIR "/%s", entry->staging);
}

/* What a batch must look like. */

static bool names_fit(const struct lake_record *batch, const struct lake_file_entry *entry)
{
	char *place = mem_printf("%s-%020" PRIu64, batch->stream, batch->from);
	size_t len = strlen(place), dir_len = sizeof QUARANTINE_DIR;
	bool fits = entry->staging && strncmp(entry->staging, place, len) == 0 &&
		    entry->staging[len] == '-' && !strchr(entry->staging, '/');
	if (entry == &batch->quarantine) {
		fits = fits && strncmp(entry->name, QUARANTINE_DIR "/", dir_len) == 0 &&
		       strncmp(entry->name + dir_len, place, len) == 0 &&
		       !strchr(entry->name + dir_len, '/');
	} else {
		struct landing_name name = { 0 };
		fits = fits &&
		       strcmp(entry->name, landing_name_spell(&name, batch, entry->hour)) == 0;
	}
	free(place);
	return fits;
}

static enum err_kind check_batch(const struct lake_record *batch, struct err *err)
{
	if (batch->kind != RECORD_BATCH && batch->kind != RECORD_REQUESTS &&
	    batch->kind != RECORD_ADOPT)
		return err_set(err, ERR_FATAL, "only batches and adoptions are committed");
	if (!uuid_valid(str_from(batch->stream)) || batch->to < batch->from)
		return err_set(err, ERR_FATAL, "no stream, or an end before its beginning");
	if (batch->from == batch->to && entry_count(batch) > 0)
		return err_set(err, ERR_FATAL, "files without a byte of the stream");
	for (size_t i = 0; i < entry_count(batch); i++) {
		const struct lake_file_entry *entry = entry_at(batch, i);
		if (!names_fit(batch, entry))
			return err_set(err, ERR_FATAL, "%s cannot become %s",
				       entry->staging ? entry->staging : "nothing", entry->name);
	}
	return ERR_NONE;
}

/* What the log says. */

enum place {
	PLACE_NEXT,   /* the stream ended where this record begins */
	PLACE_DONE,   /* this record, or another for its bytes, is in the log */
	PLACE_BEYOND, /* what lies before it is not in the log */
};

/* An empty record moves nothing, so its place alone does not tell whether it is in the log. */
static bool empty_is_known(const struct log_view *places, const struct lake_stream *stream,
			   const struct lake_record *record)
{
	if (record->kind == RECORD_ADOPT)
		return stream->adopted && stream->time_us == record->time_us;
	for (size_t i = 0; i < record->import_count; i++) {
		if (!log_imported(places, record->imports[i]))
			return false;
	}
	return true;
}

static enum place place_of(const struct log_view *places, const struct lake_record *record)
{
	const struct lake_stream *stream = log_stream(places, record->stream);
	bool empty = record->from == record->to;
	if (!stream)
		return record->from == 0 || empty ? PLACE_NEXT : PLACE_BEYOND;
	if (record->from != stream->to)
		return record->from < stream->to ? PLACE_DONE : PLACE_BEYOND;
	return empty && empty_is_known(places, stream, record) ? PLACE_DONE : PLACE_NEXT;
}

/* Reads on in the log and says where `record` stands in it. */
static enum err_kind look_up(struct lake *lake, const struct lake_record *record,
			     enum place *ret_place, struct err *err)
{
	enum err_kind kind = lake->places ? log_extend(lake, lake->places, err) :
					    log_read(lake, true, &lake->places, err);
	if (kind != ERR_NONE) {
		log_view_free(lake->places);
		lake->places = NULL;
		return kind;
	}
	*ret_place = place_of(lake->places, record);
	return ERR_NONE;
}

static enum err_kind say_beyond(struct lake *lake, const struct lake_record *record,
				struct err *err)
{
	const struct lake_stream *stream = log_stream(lake->places, record->stream);
	err_set(err, ERR_FATAL,
		"begins at %" PRIu64 ", but only the first %" PRIu64 " bytes of stream %s are in "
		"the lake",
		record->from, stream ? stream->to : 0, record->stream);
	return err_hint(err, "nothing was deleted; is this lake an older copy?");
}

static enum err_kind remove_intent(struct passage *passage, struct err *err)
{
	lake_step();
	return store_remove(passage->lake->store, passage->path, err);
}

static struct lake_committed committed_now(const struct passage *passage, bool ours)
{
	const struct lake_stream *stream =
		log_stream(passage->lake->places, passage->decided.stream);
	return (struct lake_committed){
		.number = stream->last_record,
		.to = stream->to,
		.chain = stream->chain,
		.ours = ours,
	};
}

/* The record is in the log already. The caller will let the source forget the bytes, so the log must
 * not lose it any more. */
static enum err_kind settle_done(struct passage *passage, struct lake_committed *ret,
				 struct err *err)
{
	lake_step();
	TRY(store_sync_dir(passage->lake->store, LOG_DIR, err));
	TRY(remove_intent(passage, err));
	*ret = committed_now(passage, false);
	return ERR_NONE;
}

/* Step 1: what is staged is on disk. */

static enum err_kind check_staged(struct lake *lake, const struct lake_file_entry *entry,
				  const char *path, bool *ret_missing, struct err *err)
{
	struct store_stat stat;
	TRY(store_stat(lake->store, path, &stat, err));
	*ret_missing = !stat.found;
	if (stat.found && stat.bytes != entry->bytes)
		return err_set(err, ERR_FATAL, "%s has %" PRIu64 " bytes, not %" PRIu64, path,
			       stat.bytes, entry->bytes);
	return ERR_NONE;
}

static enum err_kind sync_staged(struct lake *lake, const char *path, bool *ret_missing,
				 struct err *err)
{
	struct err ignored;
	struct store_stat stat;
	lake_step();
	enum err_kind kind = store_sync_file(lake->store, path, err);
	if (kind == ERR_NONE || store_stat(lake->store, path, &stat, &ignored) != ERR_NONE ||
	    stat.found)
		return kind;
	/* Another process is committing the same batch and has just moved it. */
	*ret_missing = true;
	return ERR_NONE;
}

/* *ret_missing tells that a file is not there (any more); then nothing is promised. */
static enum err_kind sync_batch(struct lake *lake, const struct lake_record *batch,
				bool *ret_missing, struct err *err)
{
	size_t count = entry_count(batch);
	bool each = count <= SYNC_EACH_MAX, missing = false;
	for (size_t i = 0; i < count && !missing; i++) {
		const struct lake_file_entry *entry = entry_at(batch, i);
		char *path = staging_path(entry);
		enum err_kind kind = check_staged(lake, entry, path, &missing, err);
		if (kind == ERR_NONE && !missing && each)
			kind = sync_staged(lake, path, &missing, err);
		free(path);
		TRY(kind);
	}
	*ret_missing = missing;
	if (missing || count == 0)
		return ERR_NONE;
	lake_step();
	return each ? store_sync_dir(lake->store, STAGING_DIR, err) :
		      store_sync_all(lake->store, err);
}

/* Step 2: the intent. */

static enum err_kind read_intent(struct passage *passage, struct str wanted, bool *ret_found,
				 struct err *err)
{
	struct store *store = passage->lake->store;
	struct lake_record decided;
	struct buf text = { 0 };
	bool found = true;
	enum err_kind kind = store_read(store, passage->path, INTENT_BYTES_MAX, &text, &found, err);
	if (!found) {
		*ret_found = false;
		return ERR_NONE;
	}
	if (kind == ERR_NONE)
		kind = record_read(buf_str(&text), &decided, err);
	if (kind != ERR_NONE) {
		buf_release(&text);
		return err_wrap(err, "%s", passage->path);
	}
	lake_record_release(&passage->decided);
	passage->decided = decided;
	passage->ours = str_equal(buf_str(&text), wanted);
	buf_release(&text);
	*ret_found = true;
	/* Its maker may have died before the sync. */
	return store_sync_dir(store, INTENT_DIR, err);
}

/* Claims the place for `batch`, or finds what it was claimed for. */
static enum err_kind decide(struct passage *passage, const struct lake_record *batch,
			    struct err *err)
{
	struct lake_record intent = *batch;
	struct buf text = { 0 };
	intent.number = 0;
	record_write(&text, &intent);
	/* What could not be read again must not be written. */
	enum err_kind kind = record_read(buf_str(&text), &passage->decided, err);
	bool claimed = false, found = false;
	passage->ours = true;
	while (kind == ERR_NONE && !claimed && !found) {
		lake_step();
		kind = store_claim(passage->lake->store, passage->path, buf_str(&text), &claimed,
				   err);
		/* Gone again when it is looked for: the winner is done, and the log will say so. */
		if (kind == ERR_NONE && !claimed)
			kind = read_intent(passage, buf_str(&text), &found, err);
	}
	buf_release(&text);
	return kind;
}

/* Step 3: final names. */

/* After a rename that was not done: is the file there because somebody did it before? */
static enum err_kind check_placed(struct lake *lake, const struct lake_file_entry *entry,
				  struct err *err)
{
	struct store_stat stat;
	uint64_t checksum = 0;
	TRY(store_stat(lake->store, entry->name, &stat, err));
	if (!stat.found)
		return err_set(err, ERR_FATAL, "%s: neither there nor in staging as %s",
			       entry->name, entry->staging);
	if (stat.bytes == entry->bytes)
		TRY(store_checksum(lake->store, entry->name, &checksum, err));
	if (stat.bytes == entry->bytes && checksum == entry->checksum)
		return ERR_NONE;
	err_set(err, ERR_FATAL,
		"%s: another file is there: %" PRIu64 " bytes with checksum %016" PRIx64
		", not %" PRIu64 " with %016" PRIx64,
		entry->name, stat.bytes, checksum, entry->bytes, entry->checksum);
	return err_hint(err, "nothing was deleted; move that file away and start again");
}

static enum err_kind place_file(struct lake *lake, const struct lake_file_entry *entry,
				struct err *err)
{
	bool done;
	char *staged = staging_path(entry);
	lake_step();
	enum err_kind kind = store_rename(lake->store, staged, entry->name, &done, err);
	free(staged);
	TRY(kind);
	return done ? ERR_NONE : check_placed(lake, entry, err);
}

static enum err_kind place_files(struct lake *lake, const struct lake_record *record,
				 struct err *err)
{
	struct name_list dirs = { 0 };
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < entry_count(record) && kind == ERR_NONE; i++) {
		const struct lake_file_entry *entry = entry_at(record, i);
		kind = place_file(lake, entry, err);
		parents_add(&dirs, entry->name);
	}
	/* All of them: which ones are new, a predecessor that was killed cannot tell any more. */
	if (kind == ERR_NONE && dirs.count > 0) {
		parents_add(&dirs, STAGING_DIR "/");
		kind = parents_sync(lake, &dirs, err);
	}
	name_list_release(&dirs);
	return kind;
}

/* Step 4: the record. */

static enum err_kind claim_record(struct passage *passage, bool *ret_claimed, struct err *err)
{
	char path[LOG_PATH_MAX];
	struct lake_record record = passage->decided;
	struct lake *lake = passage->lake;
	struct buf text = { 0 };
	record.number = lake->places->snapshot.number + 1;
	record.previous_hash = lake->places->snapshot.last_hash;
	record_write(&text, &record);
	lake_step();
	enum err_kind kind = store_claim(lake->store, log_path(record.number, path), buf_str(&text),
					 ret_claimed, err);
	buf_release(&text);
	return kind;
}

/* Steps 3 and 4; the caller holds the publish lock. */
static enum err_kind finish_locked(struct passage *passage, struct lake_committed *ret,
				   struct err *err)
{
	struct lake *lake = passage->lake;
	bool placed = false, claimed = false;
	enum place place;
	while (!claimed) {
		/* A second time only where a store without locks let somebody else be first. */
		TRY(look_up(lake, &passage->decided, &place, err));
		if (place == PLACE_DONE)
			return settle_done(passage, ret, err);
		if (place == PLACE_BEYOND)
			return say_beyond(lake, &passage->decided, err);
		if (!placed)
			TRY(place_files(lake, &passage->decided, err));
		placed = true;
		TRY(claim_record(passage, &claimed, err));
	}
	/* Reads our own record, so that it is folded as every other one. */
	TRY(look_up(lake, &passage->decided, &place, err));
	TRY(remove_intent(passage, err));
	*ret = committed_now(passage, passage->ours);
	return ERR_NONE;
}

static enum err_kind finish(struct passage *passage, struct lake_committed *ret, struct err *err)
{
	struct file_lock lock = { .fd = -1 };
	bool held;
	TRY(lake_lock(passage->lake, "publish", true, &lock, &held, err));
	enum err_kind kind = finish_locked(passage, ret, err);
	file_lock_drop(&lock);
	return kind;
}

/* The whole way. */

/* A staging file is missing: then the batch was decided before, and is done or half way there. */
static enum err_kind resume(struct passage *passage, const struct lake_record *batch,
			    struct lake_committed *ret, struct err *err)
{
	struct buf text = { 0 };
	struct lake_record intent = *batch;
	bool found;
	enum place place;
	intent.number = 0;
	record_write(&text, &intent);
	enum err_kind kind = read_intent(passage, buf_str(&text), &found, err);
	if (kind == ERR_NONE && !found)
		kind = record_read(buf_str(&text), &passage->decided, err);
	buf_release(&text);
	TRY(kind);
	if (found)
		return finish(passage, ret, err);
	TRY(look_up(passage->lake, batch, &place, err));
	if (place == PLACE_DONE)
		return settle_done(passage, ret, err);
	if (place == PLACE_BEYOND)
		return say_beyond(passage->lake, batch, err);
	return err_set(err, ERR_FATAL, "a staging file is missing, and no intent says why");
}

static enum err_kind commit(struct passage *passage, const struct lake_record *batch,
			    struct lake_committed *ret, struct err *err)
{
	bool missing;
	TRY(check_batch(batch, err));
	TRY(sync_batch(passage->lake, batch, &missing, err));
	if (missing)
		return resume(passage, batch, ret, err);
	TRY(decide(passage, batch, err));
	return finish(passage, ret, err);
}

/* What another's intent made needless. */
static enum err_kind remove_staged(struct lake *lake, const struct lake_record *batch,
				   struct err *err)
{
	for (size_t i = 0; i < entry_count(batch); i++) {
		char *path = staging_path(entry_at(batch, i));
		lake_step();
		enum err_kind kind = store_remove(lake->store, path, err);
		free(path);
		TRY(kind);
	}
	return ERR_NONE;
}

static void save_checkpoint(struct lake *lake)
{
	struct log_view *view;
	struct err ignored;
	if (log_read(lake, false, &view, &ignored) != ERR_NONE)
		return;
	checkpoint_save(lake, view);
	log_view_free(view);
}

enum err_kind lake_commit(struct lake *lake, const struct lake_record *batch,
			  struct lake_committed *ret_committed, struct err *err)
{
	struct lake_committed committed;
	struct passage passage = { .lake = lake, .path = intent_path(batch) };
	enum err_kind kind = commit(&passage, batch, &committed, err);
	if (kind == ERR_NONE && !committed.ours && committed.to > batch->from)
		kind = remove_staged(lake, batch, err);
	passage_release(&passage);
	if (kind != ERR_NONE)
		return err_wrap(err, "commit %s [%" PRIu64 ", %" PRIu64 ")", batch->stream,
				batch->from, batch->to);
	if (committed.ours && committed.number % CHECKPOINT_EVERY == 0)
		save_checkpoint(lake);
	*ret_committed = committed;
	return ERR_NONE;
}

/* Recovery. */

/* "STREAM-FROM" and what is behind it; false for the names of others. */
static bool parse_name(const char *name, const char *stream, uint64_t *ret_from,
		       const char **ret_rest)
{
	size_t len = UUID_TEXT - 1;
	if (strncmp(name, stream, len) != 0 || name[len] != '-' ||
	    !place_parse(str_from(name + len + 1), ret_from))
		return false;
	*ret_rest = name + len + 1 + PLACE_DIGITS;
	return true;
}

static enum err_kind recover_intent(struct lake *lake, const char *stream, uint64_t from,
				    const char *name, struct err *err)
{
	struct lake_committed committed;
	struct passage passage = { .lake = lake, .path = mem_printf(INTENT_DIR "/%s", name) };
	bool found;
	enum err_kind kind = read_intent(&passage, STR_NONE, &found, err);
	if (kind == ERR_NONE && found &&
	    (strcmp(passage.decided.stream, stream) != 0 || passage.decided.from != from))
		kind = err_set(err, ERR_FATAL, "%s: is about another place", passage.path);
	else if (kind == ERR_NONE && found)
		kind = finish(&passage, &committed, err);
	passage_release(&passage);
	return kind;
}

/* Nothing behind the place, or "-" and the time of an empty record. */
static bool is_intent(const char *rest)
{
	uint64_t time_us;
	return *rest == '\0' || (*rest == '-' && strlen(rest) == 1 + PLACE_DIGITS &&
				 place_parse(str_from(rest + 1), &time_us));
}

/* Empty records come first: behind the batch that begins at their place they would be too late. */
static enum err_kind recover_intents(struct lake *lake, const char *stream,
				     const struct name_list *names, bool empty, struct err *err)
{
	for (size_t i = 0; i < names->count; i++) {
		uint64_t from;
		const char *name = names->names[i], *rest;
		if (!parse_name(name, stream, &from, &rest) || (*rest == '\0') == empty)
			continue;
		if (is_intent(rest)) {
			TRY(recover_intent(lake, stream, from, name, err));
			continue;
		}
		/* A claim that died before it had its name. */
		char *path = mem_printf(INTENT_DIR "/%s", name);
		lake_step();
		enum err_kind kind = store_remove(lake->store, path, err);
		free(path);
		TRY(kind);
	}
	return ERR_NONE;
}

/* No intent of this stream is left, so none can name one of these files. */
static enum err_kind clean_staging(struct lake *lake, const char *stream,
				   const struct name_list *names, struct err *err)
{
	struct lake_record nothing = { 0 };
	enum place place;
	TRY(look_up(lake, &nothing, &place, err));
	const struct lake_stream *known = log_stream(lake->places, stream);
	for (size_t i = 0; i < names->count && known; i++) {
		uint64_t from;
		const char *rest;
		if (!parse_name(names->names[i], stream, &from, &rest) || *rest != '-' ||
		    from >= known->to)
			continue;
		char *path = mem_printf(STAGING_DIR "/%s", names->names[i]);
		lake_step();
		enum err_kind kind = store_remove(lake->store, path, err);
		free(path);
		TRY(kind);
	}
	return ERR_NONE;
}

enum err_kind lake_recover(struct lake *lake, const char *stream, struct err *err)
{
	struct name_list intents = { 0 }, staged = { 0 };
	enum err_kind kind = store_list(lake->store, INTENT_DIR, &intents, err);
	if (kind == ERR_NONE)
		kind = recover_intents(lake, stream, &intents, true, err);
	if (kind == ERR_NONE)
		kind = recover_intents(lake, stream, &intents, false, err);
	if (kind == ERR_NONE)
		kind = store_list(lake->store, STAGING_DIR, &staged, err);
	if (kind == ERR_NONE)
		kind = clean_staging(lake, stream, &staged, err);
	name_list_release(&intents);
	name_list_release(&staged);
	return kind == ERR_NONE ? kind : err_wrap(err, "recover stream %s", stream);
}
