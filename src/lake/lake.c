/* A lake is a directory with a file _aviary/format in it, written last: without it the directory is
 * not a lake yet, and making it again goes on where it stopped. */
#include "lake/lake_private.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { FORMAT_NEWEST = 1, FORMAT_BYTES_MAX = 65536, NAMES_SHOWN = 5 };

#define FORMAT_FILE "_aviary/format"
#define PROBE_DIR ".aviary-probe"

static const char *const directories[] = {
	LOG_DIR,        CHECKPOINT_DIR, INTENT_DIR,         STAGING_DIR,
	QUARANTINE_DIR, "_aviary/lock", "_aviary/sources",  "_aviary/imports",
	RETIRED_DIR,    LANDING_DIR,    "twitter_raw_data", "twitter-processed-data",
	REQUESTS_DIR,
};
/* Where something stands before there is a format: then it is not a lake of ours half made. */
static const char *const empty_at_first[] = {
	LOG_DIR,      INTENT_DIR, LANDING_DIR, "twitter_raw_data", "twitter-processed-data",
	REQUESTS_DIR,
};
/* lost+found is where a file system of its own begins. */
static const char *const top_names[] = {
	"_aviary",    PROBE_DIR,          "lost+found",
	LANDING_DIR,  "twitter_raw_data", "twitter-processed-data",
	REQUESTS_DIR,
};

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

void (*lake_step_hook)(unsigned step);

void lake_step(void)
{
	static unsigned step;
	if (lake_step_hook)
		lake_step_hook(++step);
	else
		step = 0;
}

/* Format. */

static enum err_kind format_parse(struct json_doc *doc, struct str text, char ret_id[UUID_TEXT],
				  struct err *err)
{
	int64_t format;
	TRY(json_read(doc, text, err));
	if (!json_get_i64(doc->root, "format", &format) || format < 1)
		return err_set(err, ERR_REJECT, "no format number");
	if (format > FORMAT_NEWEST) {
		err_set(err, ERR_REJECT, "has format %" PRId64 ", this aviary reads up to %d",
			format, FORMAT_NEWEST);
		return err_hint(err, "a newer aviary made it: use that one");
	}
	struct str id = json_get_text(doc->root, "lake");
	if (!uuid_valid(id))
		return err_set(err, ERR_REJECT, "no lake UUID");
	memcpy(ret_id, id.ptr, UUID_TEXT - 1);
	ret_id[UUID_TEXT - 1] = '\0';
	return ERR_NONE;
}

/* *ret_found false, and no error, when there is none. */
static enum err_kind format_read(struct store *store, bool *ret_found, char ret_id[UUID_TEXT],
				 struct err *err)
{
	struct buf text = { 0 };
	struct json_doc doc = { 0 };
	bool found = true;
	enum err_kind kind = store_read(store, FORMAT_FILE, FORMAT_BYTES_MAX, &text, &found, err);
	if (!found)
		kind = ERR_NONE;
	else if (kind == ERR_NONE)
		kind = format_parse(&doc, buf_str(&text), ret_id, err);
	if (kind == ERR_NONE)
		*ret_found = found;
	json_release(&doc);
	buf_release(&text);
	return kind;
}

static enum err_kind format_claim(struct store *store, struct err *err)
{
	char id[UUID_TEXT], time[TIME_TEXT_MAX];
	uuid_new(id);
	struct buf text = { 0 };
	buf_addf(&text, "{\"format\":%d,\"lake\":\"%s\",\"made_at\":\"%s\"}\n", FORMAT_NEWEST, id,
		 time_format(clock_now_us(), time));
	bool claimed; /* false: somebody else has just made the same lake, which is as good */
	enum err_kind kind = store_claim(store, FORMAT_FILE, buf_str(&text), &claimed, err);
	buf_release(&text);
	return kind;
}

/* Making a lake. */

static bool is_among(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

/* Fails when `dir` holds anything but the `allowed` names, and says what. */
static enum err_kind refuse_strangers(struct store *store, const char *dir,
				      const char *const *allowed, size_t allowed_count,
				      struct err *err)
{
	struct name_list list = { 0 };
	struct buf strangers = { 0 };
	size_t count = 0;
	enum err_kind kind = store_list(store, dir, &list, err);
	for (size_t i = 0; i < list.count; i++) {
		if (is_among(list.names[i], allowed, allowed_count))
			continue;
		if (count++ < NAMES_SHOWN)
			buf_addf(&strangers, "%s%s%s%s", count > 1 ? ", " : "", dir,
				 *dir ? "/" : "", list.names[i]);
	}
	if (count > NAMES_SHOWN)
		buf_addf(&strangers, " and %zu more", count - NAMES_SHOWN);
	if (kind == ERR_NONE && count > 0) {
		err_set(err, ERR_REJECT, "is not a lake, and not empty: it holds %s",
			buf_text(&strangers));
		kind = err_hint(err, "name a directory that is empty or not there yet");
	}
	buf_release(&strangers);
	name_list_release(&list);
	return kind;
}

/* What stands in the path may be nothing, an empty directory, a lake, or one that is half made. */
static enum err_kind check_ground(struct store *store, struct err *err)
{
	struct store_stat top;
	TRY(store_stat(store, "", &top, err));
	if (!top.found)
		return ERR_NONE;
	if (!top.directory)
		return err_set(err, ERR_REJECT, "is a file, not a directory");
	bool found;
	char id[UUID_TEXT];
	TRY(format_read(store, &found, id, err));
	if (found)
		return ERR_NONE;
	TRY(refuse_strangers(store, "", top_names, COUNT_OF(top_names), err));
	for (size_t i = 0; i < COUNT_OF(empty_at_first); i++)
		TRY(refuse_strangers(store, empty_at_first[i], NULL, 0, err));
	return ERR_NONE;
}

static enum err_kind check_promises(struct store *store, struct err *err)
{
	struct store_promises can;
	TRY(store_probe(store, PROBE_DIR, &can, err));
	/* Elsewhere tables are replaced by the engine that keeps them. */
	bool exchange = can.exchange || !can.local;
	if (exchange && can.rename_new && can.lock && can.sync)
		return ERR_NONE;
	err_set(err, ERR_REJECT, "its file system cannot keep a lake, it lacks:%s%s%s%s",
		exchange ? "" : " exchanging two directories (RENAME_EXCHANGE)",
		can.rename_new ? "" : " renaming without overwriting (RENAME_NOREPLACE)",
		can.lock ? "" : " locks (flock)", can.sync ? "" : " fsync");
	return err_hint(err, "ext4, XFS, Btrfs and tmpfs have all of it");
}

/* Alone: what two who make one lake see of each other is none of the strangers. */
static enum err_kind create_alone(struct store *store, struct err *err)
{
	TRY(check_ground(store, err));
	TRY(check_promises(store, err));
	for (size_t i = 0; i < COUNT_OF(directories); i++) {
		lake_step();
		TRY(store_make_dir(store, directories[i], true, err));
	}
	lake_step();
	return format_claim(store, err);
}

static enum err_kind create_in(struct store *store, struct err *err)
{
	struct file_lock lock;
	bool held;
	TRY(check_ground(store, err));
	TRY(store_make_dir(store, "_aviary/lock", true, err));
	TRY(store_lock(store, "_aviary/lock/create", true, &lock, &held, err));
	enum err_kind kind = create_alone(store, err);
	file_lock_drop(&lock);
	return kind;
}

enum err_kind lake_create(const char *path, struct err *err)
{
	struct store *store;
	TRY(store_open(path, &store, err));
	enum err_kind kind = create_in(store, err);
	store_close(store);
	return kind == ERR_NONE ? kind : err_wrap(err, "%s", path);
}

/* Opening a lake. */

static enum err_kind open_in(struct store *store, const char *path, char ret_id[UUID_TEXT],
			     struct err *err)
{
	struct store_stat top;
	bool found;
	TRY(store_stat(store, "", &top, err));
	if (!top.found) {
		err_set(err, ERR_REJECT, "there is no such directory");
		return err_hint(err, "aviary init --lake %s makes a lake there", path);
	}
	if (!top.directory) {
		err_set(err, ERR_REJECT, "is a file, not the directory of a lake");
		return err_hint(err, "name the directory that aviary init was given");
	}
	TRY(format_read(store, &found, ret_id, err));
	if (found)
		return ERR_NONE;
	struct name_list list = { 0 };
	enum err_kind kind = store_list(store, "", &list, err);
	bool half_made = list.count == 0;
	for (size_t i = 0; i < list.count; i++)
		half_made |= strcmp(list.names[i], "_aviary") == 0;
	name_list_release(&list);
	TRY(kind);
	err_set(err, ERR_REJECT, "is not a lake: it has no " FORMAT_FILE);
	if (half_made)
		return err_hint(err, "aviary init --lake %s makes it one", path);
	return err_hint(err, "name the directory that aviary init was given");
}

enum err_kind lake_open(const char *path, struct lake **ret_lake, struct err *err)
{
	struct store *store;
	char id[UUID_TEXT];
	TRY(store_open(path, &store, err));
	enum err_kind kind = open_in(store, path, id, err);
	if (kind != ERR_NONE) {
		store_close(store);
		if (kind == ERR_FATAL && err->hint[0] == '\0')
			err_hint(err, "can this user read %s and what is above it?", path);
		return err_wrap(err, "%s", path);
	}
	struct lake *lake = mem_zalloc(1, sizeof *lake);
	lake->path = mem_strdup(path);
	lake->store = store;
	lake->root = store_local_path(store, "");
	lake->local = lake->root != NULL;
	if (!lake->root) /* without what stands behind '?' in a location */
		lake->root = mem_printf("%.*s", (int)strcspn(path, "?"), path);
	memcpy(lake->id, id, sizeof id);
	*ret_lake = lake;
	return ERR_NONE;
}

void lake_close(struct lake *lake)
{
	if (!lake)
		return;
	log_view_free(lake->places);
	store_close(lake->store);
	free(lake->path);
	free(lake->root);
	free(lake);
}

const char *lake_path(const struct lake *lake)
{
	return lake->path;
}

struct store *lake_store(struct lake *lake)
{
	return lake->store;
}

const char *lake_id(const struct lake *lake)
{
	return lake->id;
}

bool lake_is_local(const struct lake *lake)
{
	return lake->local;
}

char *lake_file(const struct lake *lake, const char *fmt, ...)
{
	struct buf path = { 0 };
	va_list args;
	va_start(args, fmt);
	char *inside = NULL;
	int len = vasprintf(&inside, fmt, args);
	va_end(args);
	buf_addf(&path, "%s/", lake->root);
	buf_add(&path, inside, len < 0 ? 0 : (size_t)len);
	free(inside);
	return buf_detach(&path);
}

enum err_kind lake_lock(const struct lake *lake, const char *name, bool wait,
			struct file_lock *ret_lock, bool *ret_held, struct err *err)
{
	char *path = mem_printf("_aviary/lock/%s", name);
	enum err_kind kind = store_lock(lake->store, path, wait, ret_lock, ret_held, err);
	free(path);
	return kind;
}

enum err_kind lake_sync(struct lake *lake, struct err *err)
{
	return store_sync_all(lake->store, err);
}

/* What the other files share. */

bool place_parse(struct str text, uint64_t *ret_place)
{
	return text.len >= PLACE_DIGITS && str_to_u64(str_make(text.ptr, PLACE_DIGITS), ret_place);
}

void parents_add(struct name_list *dirs, const char *path)
{
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		MEM_GROW(dirs->names, dirs->cap, dirs->count + 1);
		dirs->names[dirs->count++] = mem_printf("%.*s", (int)(slash - path), path);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void drop_repeats(struct name_list *dirs)
{
	size_t kept = 0;
	qsort(dirs->names, dirs->count, sizeof *dirs->names, compare_names);
	for (size_t i = 0; i < dirs->count; i++) {
		if (kept > 0 && strcmp(dirs->names[kept - 1], dirs->names[i]) == 0)
			free(dirs->names[i]);
		else
			dirs->names[kept++] = dirs->names[i];
	}
	dirs->count = kept;
}

enum err_kind parents_sync(struct lake *lake, struct name_list *dirs, struct err *err)
{
	if (dirs->count == 0)
		return ERR_NONE;
	drop_repeats(dirs);
	if (dirs->count > SYNC_EACH_MAX) {
		lake_step();
		return store_sync_all(lake->store, err);
	}
	for (size_t i = 0; i < dirs->count; i++) {
		lake_step();
		TRY(store_sync_dir(lake->store, dirs->names[i], err));
	}
	return ERR_NONE;
}
