/* HDFS over WebHDFS. What a disk does with links, flocks and fsync is done here with one thing: a
 * rename that the NameNode does whole or not at all, and logs before it answers.
 *
 *     claim, put:   upload to .aviary-temporary/UUID ──RENAME (NONE)──────► path
 *     replace:      upload to .aviary-temporary/UUID ──RENAME (OVERWRITE)─► path
 *
 * RENAME with the option NONE refuses whatever is at the destination; without options it would move into
 * a directory that stands there. When a rename is refused or answers false, it may be an earlier try of
 * it that was done and whose answer was lost. That is told by the file's id, which is the inode's and
 * goes with it through renames: the source is gone and the destination has its id, then it was us. The
 * source is looked at first. It has a name nobody else uses, so once gone it stays gone, and a rename
 * that comes late finds nothing to move. */
#include "store/webhdfs_private.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES_MOST = 3 };

static struct webhdfs *hdfs_of(struct store *store)
{
	return (struct webhdfs *)store;
}

static enum err_kind wrap(const struct webhdfs *hdfs, const char *path, struct err *err)
{
	return err_wrap(err, "webhdfs://%s%s/%s", hdfs->namenodes[hdfs->active], hdfs->root, path);
}

static void hdfs_close(struct store *store)
{
	struct webhdfs *hdfs = hdfs_of(store);
	scratch_close(hdfs->scratch);
	cache_close(hdfs->cache);
	for (size_t i = 0; i < hdfs->idle_count; i++)
		http_client_close(hdfs->idle[i]);
	for (size_t i = 0; i < hdfs->namenode_count; i++)
		free(hdfs->namenodes[i]);
	pthread_mutex_destroy(&hdfs->lock);
	free(hdfs->root);
	free(hdfs->user);
	free(hdfs->id);
	free(hdfs);
}

static enum err_kind hdfs_open(const char *location, struct store **ret_store, struct err *err)
{
	struct webhdfs *hdfs = mem_zalloc(1, sizeof *hdfs);
	hdfs->store.ops = &store_webhdfs;
	hdfs->cache_bytes = UINT64_MAX;
	pthread_mutex_init(&hdfs->lock, NULL);
	enum err_kind kind = webhdfs_parse(hdfs, location, err);
	if (kind == ERR_NONE)
		*ret_store = &hdfs->store;
	else
		hdfs_close(&hdfs->store);
	return kind;
}

/* An operation that is done once it is not refused, twice as well as once. *ret_refusal is what the
 * caller makes something of; all else is an error. */
static enum err_kind simple_call(struct webhdfs *hdfs, const struct operation *operation,
				 enum refusal expected, bool *ret_expected, struct err *err)
{
	struct patience patience = patience_begin(hdfs);
	struct answer answer = { 0 };
	enum err_kind kind = webhdfs_call(hdfs, operation, &patience, &answer, err);
	if (kind == ERR_NONE) {
		*ret_expected = answer.refusal != REFUSED_NOT && answer.refusal == expected;
		if (answer.refusal != REFUSED_NOT && !*ret_expected)
			kind = answer_fails(hdfs, operation, &answer, err);
	}
	answer_release(&answer);
	return kind;
}

static enum err_kind make_dir(struct webhdfs *hdfs, const char *path, struct err *err)
{
	bool expected;
	const struct operation operation = { "PUT", "MKDIRS", path, NULL };
	return simple_call(hdfs, &operation, REFUSED_NOT, &expected, err);
}

static enum err_kind hdfs_make_dir(struct store *store, const char *path, bool durable,
				   struct err *err)
{
	(void)durable; /* a name the NameNode answers for is logged */
	return make_dir(hdfs_of(store), path, err);
}

/* Renames. */

struct move {
	const char *from, *to;
	uint64_t id; /* of what is at `from` */
	bool overwrite;
};

enum moved {
	MOVED_DONE,
	MOVED_EXISTS, /* something else is at `to` */
	MOVED_GONE,   /* the source is gone, and not to `to`, or not any more */
	MOVED_AGAIN,  /* nothing speaks against it */
};

static enum err_kind make_parent(struct webhdfs *hdfs, const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return make_dir(hdfs, "", err);
	char *parent = mem_printf("%.*s", (int)(slash - path), path);
	enum err_kind kind = make_dir(hdfs, parent, err);
	free(parent);
	return kind;
}

/* Why a rename was refused. */
static enum err_kind look_why(struct webhdfs *hdfs, const struct move *move,
			      struct patience *patience, enum moved *ret_moved, struct err *err)
{
	struct webhdfs_status from, to;
	TRY(webhdfs_status(hdfs, move->from, patience, &from, err));
	TRY(webhdfs_status(hdfs, move->to, patience, &to, err));
	bool gone = !from.found || from.id != move->id;
	if (gone && to.found && to.id == move->id)
		*ret_moved = MOVED_DONE;
	else if (to.found && !move->overwrite)
		*ret_moved = MOVED_EXISTS;
	else
		*ret_moved = gone ? MOVED_GONE : MOVED_AGAIN;
	return ERR_NONE;
}

static bool says_false(struct str body)
{
	struct json_doc doc = { 0 };
	struct err ignored;
	yyjson_val *value = NULL;
	if (body.len > 0 && json_read(&doc, body, &ignored) == ERR_NONE)
		value = json_get(doc.root, "boolean");
	bool is_false = yyjson_is_false(value);
	json_release(&doc);
	return is_false;
}

/* One rename, and what came of it. */
static enum err_kind move_once(struct webhdfs *hdfs, const struct move *move,
			       const struct operation *operation, struct patience *patience,
			       enum moved *ret_moved, struct err *err)
{
	struct answer answer = { 0 };
	enum err_kind kind = webhdfs_call(hdfs, operation, patience, &answer, err);
	enum refusal refusal = answer.refusal;
	if (kind == ERR_NONE && refusal == REFUSED_NOT && !says_false(buf_str(&answer.body)))
		*ret_moved = MOVED_DONE;
	else if (kind == ERR_NONE)
		kind = look_why(hdfs, move, patience, ret_moved, err);
	if (kind == ERR_NONE && *ret_moved == MOVED_AGAIN) {
		if (refusal == REFUSED_MISSING)
			kind = make_parent(hdfs, move->to, err);
		else if (refusal == REFUSED_FOR_GOOD || refusal == REFUSED_FILE ||
			 !patience_wait(patience))
			kind = refusal == REFUSED_NOT ?
				       err_set(err, ERR_RETRY, "rename: answers false") :
				       answer_fails(hdfs, operation, &answer, err);
	}
	answer_release(&answer);
	return kind;
}

static enum err_kind move_file(struct webhdfs *hdfs, const struct move *move,
			       struct patience *patience, enum moved *ret_moved, struct err *err)
{
	struct buf more = { 0 };
	enum moved moved = MOVED_AGAIN;
	enum err_kind kind = ERR_NONE;
	buf_addf(&more, "&renameoptions=%s&destination=", move->overwrite ? "OVERWRITE" : "NONE");
	char *to = mem_printf("%s/%s", hdfs->root, move->to);
	http_add_encoded(&more, str_from(to));
	free(to);
	const struct operation operation = { "PUT", "RENAME", move->from, buf_text(&more) };
	while (kind == ERR_NONE && moved == MOVED_AGAIN)
		kind = move_once(hdfs, move, &operation, patience, &moved, err);
	buf_release(&more);
	if (kind == ERR_NONE)
		*ret_moved = moved;
	return kind;
}

static enum err_kind rename_file(struct webhdfs *hdfs, const char *from, const char *to,
				 bool overwrite, bool *ret_done, struct err *err)
{
	struct patience patience = patience_begin(hdfs);
	struct webhdfs_status status;
	enum moved moved;
	/* Looked at first for its id, and so that a source that is gone leaves no directories behind. */
	TRY(webhdfs_status(hdfs, from, &patience, &status, err));
	if (!status.found) {
		*ret_done = false;
		return ERR_NONE;
	}
	const struct move move = {
		.from = from, .to = to, .id = status.id, .overwrite = overwrite
	};
	TRY(move_file(hdfs, &move, &patience, &moved, err));
	*ret_done = moved == MOVED_DONE;
	return ERR_NONE;
}

static enum err_kind hdfs_rename(struct store *store, const char *from, const char *to,
				 bool *ret_done, struct err *err)
{
	return rename_file(hdfs_of(store), from, to, false, ret_done, err);
}

static enum err_kind hdfs_rename_over(struct store *store, const char *from, const char *to,
				      bool *ret_done, struct err *err)
{
	return rename_file(hdfs_of(store), from, to, true, ret_done, err);
}

static enum err_kind hdfs_exchange(struct store *store, const char *a, const char *b,
				   struct err *err)
{
	(void)a;
	err_set(err, ERR_REJECT, "HDFS cannot exchange directories");
	return wrap(hdfs_of(store), b, err);
}

/* Removing. */

static enum err_kind remove_path(struct webhdfs *hdfs, const char *path, const char *more,
				 struct err *err)
{
	bool missing;
	const struct operation operation = { "DELETE", "DELETE", path, more };
	return simple_call(hdfs, &operation, REFUSED_MISSING, &missing, err);
}

static enum err_kind hdfs_remove(struct store *store, const char *path, struct err *err)
{
	return remove_path(hdfs_of(store), path, "&recursive=false", err);
}

static enum err_kind hdfs_remove_tree(struct store *store, const char *path, struct err *err)
{
	return remove_path(hdfs_of(store), path, "&recursive=true", err);
}

/* New files. */

/* Uploads and moves into place, once. The temporary file is gone afterwards, unless the file system is
 * away. */
static enum err_kind write_once(struct webhdfs *hdfs, const struct upload *upload, const char *path,
				bool overwrite, enum moved *ret_moved, struct err *err)
{
	struct patience patience = patience_begin(hdfs);
	struct err ignored;
	char *temp;
	struct move move = { .to = path, .overwrite = overwrite };
	TRY(webhdfs_upload(hdfs, upload, &patience, &temp, &move.id, err));
	move.from = temp;
	patience = patience_begin(hdfs);
	enum err_kind kind = move_file(hdfs, &move, &patience, ret_moved, err);
	/* Also after an error: what may still be renamed late is better not there any more. */
	if ((kind != ERR_NONE || *ret_moved == MOVED_EXISTS) &&
	    remove_path(hdfs, temp, NULL, &ignored) != ERR_NONE)
		ignored.kind = ERR_NONE;
	free(temp);
	return kind;
}

/* *ret_done false: something is at `path`. A temporary file that is gone was swept away by a machine whose
 * clock is wrong, or was renamed, and what came of it is removed or replaced already: then it is written
 * again, which its readers cannot tell from a writer who comes now. */
static enum err_kind write_file(struct webhdfs *hdfs, const struct upload *upload, const char *path,
				bool overwrite, bool *ret_done, struct err *err)
{
	enum moved moved = MOVED_GONE;
	enum err_kind kind = ERR_NONE;
	for (int tries = 0; kind == ERR_NONE && moved == MOVED_GONE && tries < TRIES_MOST; tries++)
		kind = write_once(hdfs, upload, path, overwrite, &moved, err);
	if (kind == ERR_NONE && moved == MOVED_GONE)
		kind = err_set(err, ERR_RETRY, "is removed whenever it is written");
	if (kind != ERR_NONE)
		return wrap(hdfs, path, err);
	*ret_done = moved == MOVED_DONE;
	return ERR_NONE;
}

static enum err_kind hdfs_claim(struct store *store, const char *path, struct str bytes,
				bool *ret_claimed, struct err *err)
{
	const struct upload upload = { .bytes = bytes, .len = bytes.len };
	return write_file(hdfs_of(store), &upload, path, false, ret_claimed, err);
}

static enum err_kind hdfs_replace(struct store *store, const char *path, struct str bytes,
				  struct err *err)
{
	bool done;
	const struct upload upload = { .bytes = bytes, .len = bytes.len };
	return write_file(hdfs_of(store), &upload, path, true, &done, err);
}

static enum err_kind hdfs_put_file(struct store *store, const char *local, const char *path,
				   struct err *err)
{
	struct webhdfs *hdfs = hdfs_of(store);
	struct stat st;
	bool done;
	if (stat(local, &st) != 0)
		return err_errno(err, ERR_FATAL, "stat %s", local);
	const struct upload upload = { .local = local, .len = (uint64_t)st.st_size };
	TRY(write_file(hdfs, &upload, path, false, &done, err));
	if (!done) {
		err_set(err, ERR_REJECT, "is there already");
		return wrap(hdfs, path, err);
	}
	if (unlink(local) != 0)
		return err_errno(err, ERR_FATAL, "remove %s", local);
	return ERR_NONE;
}

/* Reading. */

struct reading {
	struct buf *buf;
	size_t start, max;
	bool too_large;
};

static void reading_begin(void *context)
{
	struct reading *reading = context;
	reading->buf->len = reading->start;
}

static bool reading_take(void *context, struct str piece)
{
	struct reading *reading = context;
	reading->too_large = reading->buf->len - reading->start + piece.len > reading->max;
	if (!reading->too_large)
		buf_add_str(reading->buf, piece);
	return !reading->too_large;
}

static enum err_kind hdfs_read(struct store *store, const char *path, size_t max, struct buf *ret,
			       bool *ret_found, struct err *err)
{
	struct webhdfs *hdfs = hdfs_of(store);
	struct reading reading = { .buf = ret, .start = ret->len, .max = max };
	const struct download download = { .context = &reading,
					   .begin = reading_begin,
					   .take = reading_take,
					   .max = (uint64_t)max + 1 };
	bool found = true; /* as long as nobody says otherwise */
	enum err_kind kind = webhdfs_download(hdfs, path, &download, &found, err);
	if (reading.too_large)
		kind = err_set(err, ERR_REJECT, "larger than %zu bytes", max);
	else if (kind == ERR_NONE && !found)
		kind = err_set(err, ERR_REJECT, "there is no such file");
	if (kind == ERR_NONE || reading.too_large || !found)
		*ret_found = found;
	if (kind == ERR_NONE)
		return ERR_NONE;
	ret->len = reading.start;
	if (ret->ptr)
		ret->ptr[ret->len] = '\0';
	return wrap(hdfs, path, err);
}

struct summing {
	struct hash_stream *hash;
};

static void summing_begin(void *context)
{
	struct summing *summing = context;
	hash_stream_free(summing->hash);
	summing->hash = hash_stream_new(HASH_XXH3);
}

static bool summing_take(void *context, struct str piece)
{
	struct summing *summing = context;
	hash_stream_add(summing->hash, piece);
	return true;
}

static enum err_kind hdfs_checksum(struct store *store, const char *path, uint64_t *ret_xxh3,
				   struct err *err)
{
	struct webhdfs *hdfs = hdfs_of(store);
	struct summing summing = { .hash = hash_stream_new(HASH_XXH3) };
	const struct download download = { .context = &summing,
					   .begin = summing_begin,
					   .take = summing_take };
	bool found = false;
	enum err_kind kind = webhdfs_download(hdfs, path, &download, &found, err);
	if (kind == ERR_NONE && !found)
		kind = err_set(err, ERR_FATAL, "there is no such file");
	if (kind == ERR_NONE)
		*ret_xxh3 = hash_stream_u64(summing.hash);
	hash_stream_free(summing.hash);
	return kind == ERR_NONE ? kind : wrap(hdfs, path, err);
}

static enum err_kind hdfs_stat(struct store *store, const char *path, struct store_stat *ret,
			       struct err *err)
{
	struct webhdfs *hdfs = hdfs_of(store);
	struct patience patience = patience_begin(hdfs);
	struct webhdfs_status status;
	TRY(webhdfs_status(hdfs, path, &patience, &status, err));
	*ret = (struct store_stat){ .found = status.found,
				    .directory = status.directory,
				    .bytes = status.bytes };
	return ERR_NONE;
}

static void add_name(void *context, const struct webhdfs_entry *entry)
{
	struct name_list *list = context;
	if (str_equal(entry->name, STR(TEMPORARY_DIR)))
		return;
	MEM_GROW(list->names, list->cap, list->count + 1);
	list->names[list->count++] = mem_printf("%.*s", STR_ARG(entry->name));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static enum err_kind hdfs_list(struct store *store, const char *dir, struct name_list *ret,
			       struct err *err)
{
	TRY(webhdfs_list(hdfs_of(store), dir, add_name, ret, err));
	if (ret->count > 1)
		qsort(ret->names, ret->count, sizeof *ret->names, compare_names);
	return ERR_NONE;
}

/* What needs no doing, or this machine. */

static enum err_kind hdfs_sync_file(struct store *store, const char *path, struct err *err)
{
	struct store_stat stat;
	TRY(hdfs_stat(store, path, &stat, err));
	if (stat.found)
		return ERR_NONE;
	err_set(err, ERR_FATAL, "there is no such file");
	return wrap(hdfs_of(store), path, err);
}

static enum err_kind hdfs_sync_dir(struct store *store, const char *path, struct err *err)
{
	(void)store;
	(void)path;
	(void)err;
	return ERR_NONE;
}

static enum err_kind hdfs_sync_all(struct store *store, struct err *err)
{
	return hdfs_sync_dir(store, "", err);
}

static char *hdfs_local_path(struct store *store, const char *path)
{
	(void)store;
	(void)path;
	return NULL;
}

static enum err_kind hdfs_scratch(struct store *store, const char *dir, char **ret_dir,
				  struct err *err)
{
	(void)dir;
	struct webhdfs *hdfs = hdfs_of(store);
	enum err_kind kind = ERR_NONE;
	pthread_mutex_lock(&hdfs->lock);
	if (!hdfs->scratch)
		kind = scratch_open(hdfs->id, &hdfs->scratch, err);
	if (kind == ERR_NONE)
		*ret_dir = mem_strdup(scratch_dir(hdfs->scratch));
	pthread_mutex_unlock(&hdfs->lock);
	return kind;
}

static char *hdfs_read_path(struct store *store, const struct store_file *file)
{
	struct err ignored;
	struct cache *cache = webhdfs_cache(hdfs_of(store), &ignored);
	return cache ? cache_path(cache, file) : NULL;
}

static enum err_kind hdfs_fetch(struct store *store, const struct store_file *files, size_t count,
				struct err *err)
{
	enum err_kind kind = webhdfs_fetch(hdfs_of(store), files, count, err);
	return kind == ERR_NONE ? kind : wrap(hdfs_of(store), "", err);
}

static void hdfs_limit_cache(struct store *store, uint64_t bytes_max)
{
	hdfs_of(store)->cache_bytes = bytes_max;
}

static enum err_kind hdfs_lock(struct store *store, const char *path, bool wait,
			       struct file_lock *ret_lock, bool *ret_held, struct err *err)
{
	return scratch_lock(hdfs_of(store)->id, path, wait, ret_lock, ret_held, err);
}

/* Probing. */

static enum err_kind probe_all(struct store *store, const char *dir, struct store_promises *ret,
			       struct err *err)
{
	char *a = mem_printf("%s/file_a", dir), *b = mem_printf("%s/file_b", dir);
	bool made = false, also = false, moved = true, held = false;
	struct store_stat left = { 0 };
	struct file_lock lock = { .fd = -1 };
	enum err_kind kind = hdfs_claim(store, a, STR("a"), &made, err);
	if (kind == ERR_NONE)
		kind = hdfs_claim(store, b, STR("b"), &also, err);
	if (kind == ERR_NONE)
		kind = hdfs_rename(store, a, b, &moved, err);
	if (kind == ERR_NONE)
		kind = hdfs_stat(store, a, &left, err);
	if (kind == ERR_NONE)
		kind = hdfs_lock(store, dir, false, &lock, &held, err);
	file_lock_drop(&lock);
	if (kind == ERR_NONE)
		*ret = (struct store_promises){ .rename_new = made && also && !moved && left.found,
						.lock = held,
						.sync = left.bytes == 1 };
	free(a);
	free(b);
	return kind;
}

static enum err_kind hdfs_probe(struct store *store, const char *dir, struct store_promises *ret,
				struct err *err)
{
	TRY(hdfs_remove_tree(store, dir, err));
	TRY(make_dir(hdfs_of(store), dir, err));
	TRY(probe_all(store, dir, ret, err));
	return hdfs_remove_tree(store, dir, err);
}

const struct store_ops store_webhdfs = {
	.open = hdfs_open,
	.close = hdfs_close,
	.read = hdfs_read,
	.claim = hdfs_claim,
	.replace = hdfs_replace,
	.rename = hdfs_rename,
	.rename_over = hdfs_rename_over,
	.exchange = hdfs_exchange,
	.remove = hdfs_remove,
	.remove_tree = hdfs_remove_tree,
	.stat = hdfs_stat,
	.checksum = hdfs_checksum,
	.list = hdfs_list,
	.make_dir = hdfs_make_dir,
	.sync_file = hdfs_sync_file,
	.sync_dir = hdfs_sync_dir,
	.sync_all = hdfs_sync_all,
	.local_path = hdfs_local_path,
	.scratch = hdfs_scratch,
	.put_file = hdfs_put_file,
	.read_path = hdfs_read_path,
	.fetch = hdfs_fetch,
	.limit_cache = hdfs_limit_cache,
	.lock = hdfs_lock,
	.probe = hdfs_probe,
};
