#include "live/overflow.h"

#include "base/mem.h"
#include "live/live_private.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PREFIX "live-"

struct overflow {
	struct lake *lake;
	struct engine *engine;
	struct session *session;
	char *dir;       /* NULL until it is needed */
	char *lock_path; /* beside it */
	struct file_lock lock;
	unsigned next;
};

/* --- files ----------------------------------------------------------------------------------------------- */

void overflow_file_hold(struct overflow_file *file)
{
	atomic_fetch_add(&file->holders, 1);
}

void overflow_file_drop(struct overflow_file *file)
{
	if (!file || atomic_fetch_sub(&file->holders, 1) > 1)
		return;
	unlink(file->path);
	free(file->path);
	free(file->posts);
	free(file->hours);
	free(file);
}

uint64_t overflow_file_posts(const struct overflow_file *file, uint64_t offset)
{
	size_t low = 0, high = file->post_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (file->from + file->posts[middle] < offset)
			low = middle + 1;
		else
			high = middle;
	}
	return file->post_count - low;
}

/* --- the directory --------------------------------------------------------------------------------------- */

/* Directories whose owner's lock can be taken belong to nobody. */
static void remove_dead(const char *above)
{
	struct name_list names = { 0 };
	struct err ignored;
	if (dir_list(above, &names, &ignored) != ERR_NONE)
		names.count = 0;
	for (size_t i = 0; i < names.count; i++) {
		struct str name = str_from(names.names[i]);
		struct file_lock lock = { .fd = -1 };
		bool held = false;
		if (!str_starts(name, STR(PREFIX)) || !str_ends(name, STR(".lock")))
			continue;
		char *lock_path = mem_printf("%s/%s", above, names.names[i]);
		char *dir =
			mem_printf("%.*s", (int)(strlen(lock_path) - strlen(".lock")), lock_path);
		if (file_lock_take(&lock, lock_path, false, &held, &ignored) == ERR_NONE && held &&
		    dir_remove(dir, &ignored) == ERR_NONE)
			unlink(lock_path);
		file_lock_drop(&lock);
		free(dir);
		free(lock_path);
	}
	name_list_release(&names);
}

static enum err_kind make_in(struct overflow *overflow, const char *above, struct err *err)
{
	char uuid[UUID_TEXT];
	bool held;
	uuid_new(uuid);
	char *dir = mem_printf("%s/" PREFIX "%s", above, uuid);
	char *lock_path = mem_printf("%s.lock", dir);
	remove_dead(above);
	enum err_kind kind = file_lock_take(&overflow->lock, lock_path, true, &held, err);
	if (kind == ERR_NONE && mkdir(dir, 0700) != 0) {
		kind = err_errno(err, ERR_FATAL, "mkdir %s", dir);
		unlink(lock_path);
		file_lock_drop(&overflow->lock);
	}
	if (kind == ERR_NONE) {
		overflow->dir = dir;
		overflow->lock_path = lock_path;
		return ERR_NONE;
	}
	free(dir);
	free(lock_path);
	return kind;
}

static enum err_kind make_somewhere(struct overflow *overflow, struct err *err)
{
	char *staging = store_local_path(lake_store(overflow->lake), "_aviary/staging");
	const char *temporary = getenv("TMPDIR");
	struct err unwritable;
	enum err_kind kind = ERR_FATAL;
	if (staging)
		kind = make_in(overflow, staging, &unwritable);
	if (kind != ERR_NONE)
		kind = make_in(overflow, temporary && temporary[0] ? temporary : "/tmp", err);
	free(staging);
	return kind;
}

void overflow_open(struct overflow **ret_overflow, struct lake *lake, struct engine *engine)
{
	struct overflow *overflow = mem_zalloc(1, sizeof *overflow);
	*overflow = (struct overflow){ .lake = lake, .engine = engine, .lock = { .fd = -1 } };
	*ret_overflow = overflow;
}

void overflow_close(struct overflow *overflow)
{
	struct err ignored;
	if (!overflow)
		return;
	session_close(overflow->session);
	if (overflow->dir && dir_remove(overflow->dir, &ignored) == ERR_NONE)
		unlink(overflow->lock_path);
	file_lock_drop(&overflow->lock);
	free(overflow->dir);
	free(overflow->lock_path);
	free(overflow);
}

/* --- writing --------------------------------------------------------------------------------------------- */

static void list_posts(struct overflow_file *file, const struct tail_part *parts, size_t count)
{
	size_t cap = 0;
	for (size_t i = 0; i < count; i++) {
		const struct tail_chunk *chunk = parts[i].chunk;
		for (size_t line = parts[i].first; line < parts[i].end; line++) {
			if (chunk->states[line] != HELD_POST)
				continue;
			MEM_GROW(file->posts, cap, file->post_count + 1);
			file->posts[file->post_count++] =
				(uint32_t)(chunk->offset + chunk->starts[line] - file->from);
		}
	}
}

static enum err_kind copy(struct overflow *overflow, struct moment *moment, const char *path,
			  struct err *err)
{
	struct held_table table = moment_table(moment);
	struct buf sql = { 0 };
	enum err_kind kind = ERR_NONE;
	if (!overflow->session)
		kind = session_open(overflow->engine, &overflow->session, err);
	if (kind == ERR_NONE) {
		session_hold(overflow->session, &table);
		buf_addf(&sql, "COPY (SELECT * FROM %s) TO ", session_held_name(overflow->session));
		buf_add_sql(&sql, str_from(path));
		buf_add_text(&sql, " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
				   "ROW_GROUP_SIZE 30720, ROW_GROUP_SIZE_BYTES 67108864)");
		kind = session_run(overflow->session, buf_text(&sql), err);
		session_hold(overflow->session, NULL);
	}
	buf_release(&sql);
	return kind;
}

enum err_kind overflow_write(struct overflow *overflow, const struct tail_part *parts, size_t count,
			     struct overflow_file **ret_file, struct err *err)
{
	const struct tail_part *last = &parts[count - 1];
	if (!overflow->dir)
		TRY(make_somewhere(overflow, err));
	char *path = mem_printf("%s/%u.parquet", overflow->dir, overflow->next++);
	struct moment *moment = moment_of(parts, count);
	enum err_kind kind = copy(overflow, moment, path, err);
	if (kind == ERR_NONE) {
		struct overflow_file *file = mem_zalloc(1, sizeof *file);
		file->holders = 1;
		file->path = path;
		file->from = parts[0].chunk->offset + parts[0].chunk->starts[parts[0].first];
		file->to = last->chunk->offset + last->chunk->starts[last->end];
		file->hours = moment_hours(moment, &file->hour_count);
		list_posts(file, parts, count);
		*ret_file = file;
	} else {
		kind = err->kind = ERR_FATAL;
		err_wrap(err, "posts that are not published do not fit in memory (live_bytes)");
		unlink(path);
		free(path);
	}
	moment_drop(moment);
	return kind;
}
