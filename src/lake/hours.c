/* Partition paths, and how an hour of a table is replaced as a whole:
 *
 *     _aviary/staging/hour-…/NAME   prepared        ──exchange──  TABLE/year=…/hour=7/OLD
 *     _aviary/retired/TIME-hour-…/OLD  ◄──rename──  _aviary/staging/hour-…/OLD
 *
 * The prepared directory keeps its name through all of it. So whatever is called hour-… in staging/
 * when nobody is publishing was left by somebody who was killed, before the exchange (it holds the
 * new hour, which the refiner computes again) or behind it (the old one, which a reader may still have
 * open): both are retired alike. */
#include "lake/lake_private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define PREPARED "hour-"

static const int64_t HOUR_US = INT64_C(3600000000);
static const int64_t HOUR_FIRST = -17259888; /* 0001-01-01T00 */
static const int64_t HOUR_END = 70389528;    /* 10000-01-01T00 */

const char *lake_partition_path(int64_t hour, char ret_path[PARTITION_PATH_MAX])
{
	ret_path[0] = '\0';
	if (hour < HOUR_FIRST || hour >= HOUR_END)
		return ret_path;
	struct hour civil = hour_of(hour * HOUR_US);
	snprintf(ret_path, PARTITION_PATH_MAX, "year=%d/month=%d/day=%d/hour=%d", civil.year,
		 civil.month, civil.day, civil.hour);
	return ret_path;
}

/* Takes "NAME=" and one to four digits off the text. */
static bool take_part(struct str *text, struct str name, int *ret_value)
{
	if (!str_starts(*text, name))
		return false;
	size_t at = name.len;
	int value = 0;
	while (at < text->len && at < name.len + 4 && text->ptr[at] >= '0' && text->ptr[at] <= '9')
		value = value * 10 + (text->ptr[at++] - '0');
	if (at == name.len)
		return false;
	*text = str_make(text->ptr + at, text->len - at);
	*ret_value = value;
	return true;
}

/* A partition at the very start of the text. Spelled again and compared, so that no 30th of February
 * and no "hour=07" passes. */
static bool parse_here(struct str text, int64_t *ret_hour)
{
	struct hour civil;
	struct str rest = text;
	char path[PARTITION_PATH_MAX];
	if (!take_part(&rest, STR("year="), &civil.year) ||
	    !take_part(&rest, STR("/month="), &civil.month) ||
	    !take_part(&rest, STR("/day="), &civil.day) ||
	    !take_part(&rest, STR("/hour="), &civil.hour))
		return false;
	if (civil.month < 1 || civil.month > 12 || (rest.len > 0 && rest.ptr[0] != '/'))
		return false;
	int64_t hour = hour_index(hour_start_us(civil));
	size_t len = (size_t)(rest.ptr - text.ptr);
	if (!str_equal(str_from(lake_partition_path(hour, path)), str_make(text.ptr, len)))
		return false;
	*ret_hour = hour;
	return true;
}

bool lake_partition_parse(struct str path, int64_t *ret_hour)
{
	for (size_t at = 0; at < path.len; at++) {
		if ((at == 0 || path.ptr[at - 1] == '/') &&
		    parse_here(str_make(path.ptr + at, path.len - at), ret_hour))
			return true;
	}
	return false;
}

/* Retiring. */

/* Moves staging/NAME to retired/, under the time it went there. */
static enum err_kind retire(struct lake *lake, const char *name, struct err *err)
{
	bool done;
	char *from = mem_printf(STAGING_DIR "/%s", name);
	char *to = mem_printf(RETIRED_DIR "/%020" PRId64 "-%s", clock_now_us(), name);
	lake_step();
	enum err_kind kind = store_rename(lake->store, from, to, &done, err);
	if (kind == ERR_NONE && !done)
		kind = err_set(err, ERR_FATAL, "%s cannot be moved to %s", from, to);
	free(from);
	free(to);
	return kind;
}

static enum err_kind retire_leftovers(struct lake *lake, struct err *err)
{
	struct name_list list = { 0 };
	enum err_kind kind = store_list(lake->store, STAGING_DIR, &list, err);
	for (size_t i = 0; i < list.count && kind == ERR_NONE; i++) {
		if (str_starts(str_from(list.names[i]), STR(PREPARED)))
			kind = retire(lake, list.names[i], err);
	}
	name_list_release(&list);
	lake->leftovers_retired = kind == ERR_NONE;
	return kind;
}

enum err_kind lake_retire(struct lake *lake, int64_t grace_us, struct err *err)
{
	struct name_list list = { 0 };
	int64_t now = clock_now_us();
	enum err_kind kind = retire_leftovers(lake, err);
	if (kind == ERR_NONE)
		kind = store_list(lake->store, RETIRED_DIR, &list, err);
	for (size_t i = 0; i < list.count && kind == ERR_NONE; i++) {
		uint64_t retired_us;
		if (!place_parse(str_from(list.names[i]), &retired_us) || retired_us > INT64_MAX ||
		    now - (int64_t)retired_us < grace_us)
			continue;
		char *path = mem_printf(RETIRED_DIR "/%s", list.names[i]);
		lake_step();
		kind = store_remove_tree(lake->store, path, err);
		free(path);
	}
	name_list_release(&list);
	return kind == ERR_NONE ? kind : err_wrap(err, "retire");
}

/* Publishing. */

/* Makes staging/PREPARED with the file inside, under its final name. */
static enum err_kind prepare(struct lake *lake, const struct lake_hour_file *file, const char *dir,
			     struct err *err)
{
	bool done = false;
	char *staged = mem_printf(STAGING_DIR "/%s", file->staging);
	char *inside = mem_printf("%s/%s", dir, file->name);
	lake_step();
	enum err_kind kind = store_make_dir(lake->store, dir, false, err);
	if (kind == ERR_NONE) {
		lake_step();
		kind = store_rename(lake->store, staged, inside, &done, err);
	}
	if (kind == ERR_NONE && !done)
		kind = err_set(err, ERR_FATAL, "%s is not there", staged);
	if (kind == ERR_NONE && file->sync)
		kind = store_sync_file(lake->store, inside, err);
	if (kind == ERR_NONE && file->sync)
		kind = store_sync_dir(lake->store, dir, err);
	free(staged);
	free(inside);
	return kind;
}

/* `dir` is staging/NAME. *ret_exchanged tells that the old hour now is under that name. */
static enum err_kind put_in_place(struct lake *lake, const char *dir, const char *hour_dir,
				  bool *ret_exchanged, struct err *err)
{
	bool done;
	lake_step();
	TRY(store_rename(lake->store, dir, hour_dir, &done, err));
	*ret_exchanged = !done;
	if (done)
		return ERR_NONE;
	lake_step();
	return store_exchange(lake->store, dir, hour_dir, err);
}

static enum err_kind sync_hour(struct lake *lake, const char *hour_dir, bool retired,
			       struct err *err)
{
	struct name_list dirs = { 0 };
	parents_add(&dirs, hour_dir);
	parents_add(&dirs, STAGING_DIR "/");
	if (retired)
		parents_add(&dirs, RETIRED_DIR "/");
	enum err_kind kind = parents_sync(lake, &dirs, err);
	name_list_release(&dirs);
	return kind;
}

static enum err_kind publish(struct lake *lake, const struct lake_hour_file *file,
			     const char *prepared, const char *hour_dir, struct err *err)
{
	bool exchanged = false;
	char *dir = mem_printf(STAGING_DIR "/%s", prepared);
	enum err_kind kind = prepare(lake, file, dir, err);
	if (kind == ERR_NONE)
		kind = put_in_place(lake, dir, hour_dir, &exchanged, err);
	free(dir);
	if (kind == ERR_NONE && exchanged)
		kind = retire(lake, prepared, err);
	if (kind == ERR_NONE && file->sync)
		kind = sync_hour(lake, hour_dir, exchanged, err);
	return kind;
}

enum err_kind lake_publish_hour(struct lake *lake, const struct lake_hour_file *file,
				struct err *err)
{
	char partition[PARTITION_PATH_MAX], uuid[UUID_TEXT];
	lake_partition_path(file->hour, partition);
	assert(partition[0] && !strchr(file->name, '/'));
	if (!lake->leftovers_retired)
		TRY(retire_leftovers(lake, err));
	const char *slash = strrchr(file->table_dir, '/');
	uuid_new(uuid);
	char *prepared = mem_printf(PREPARED "%s-%" PRId64 "-%s",
				    slash ? slash + 1 : file->table_dir, file->hour, uuid);
	char *hour_dir = mem_printf("%s/%s", file->table_dir, partition);
	enum err_kind kind = publish(lake, file, prepared, hour_dir, err);
	if (kind != ERR_NONE)
		err_wrap(err, "publish %s", hour_dir);
	free(prepared);
	free(hour_dir);
	return kind;
}
