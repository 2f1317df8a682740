/* Makers of scratch directories take turns (a flock), so a directory without an owner's flock is one
 * whose owner is dead, never one that is just being made. */
#include "store/scratch.h"

#include "base/hash.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK_DIR "lock"
#define OWNER_FILE ".owner"

struct scratch {
	char *dir;
	struct file_lock owned;
};

/* Others may write to /tmp: what is there under our name has to be ours. */
static enum err_kind private_dir(const char *path, struct err *err)
{
	struct stat st;
	mkdir(path, 0700);
	if (lstat(path, &st) != 0)
		return err_errno(err, ERR_FATAL, "scratch directory %s", path);
	if (S_ISDIR(st.st_mode) && st.st_uid == geteuid() && (st.st_mode & 022) == 0)
		return ERR_NONE;
	err_set(err, ERR_FATAL, "scratch directory %s: is not this user's alone", path);
	return err_hint(err, "name another place in $AVIARY_SCRATCH");
}

/* The directory of all processes of this store, made when missing. */
static enum err_kind store_dir(const char *store, char **ret_dir, struct err *err)
{
	const char *parent = getenv("AVIARY_SCRATCH");
	if (!parent || !*parent)
		parent = getenv("TMPDIR");
	if (!parent || !*parent)
		parent = "/tmp";
	char *ours = mem_printf("%s/aviary-%u", parent, (unsigned)geteuid());
	char *dir = mem_printf("%s/%s", ours, store);
	char *locks = mem_printf("%s/" LOCK_DIR, dir);
	enum err_kind kind = dir_make(parent, false, err);
	if (kind == ERR_NONE)
		kind = private_dir(ours, err);
	if (kind == ERR_NONE)
		kind = dir_make(locks, false, err);
	free(ours);
	free(locks);
	if (kind == ERR_NONE)
		*ret_dir = dir;
	else
		free(dir);
	return kind;
}

static bool is_set(const char *variable)
{
	return variable && *variable;
}

/* Where scratch directories have a place of their own, it is that; else the user's cache. */
static char *cache_parent(void)
{
	const char *scratch = getenv("AVIARY_SCRATCH"), *cache = getenv("XDG_CACHE_HOME"),
		   *home = getenv("HOME");
	if (is_set(scratch))
		return mem_printf("%s/aviary-%u", scratch, (unsigned)geteuid());
	if (is_set(cache))
		return mem_printf("%s/aviary", cache);
	if (is_set(home))
		return mem_printf("%s/.cache/aviary", home);
	return mem_printf("/tmp/aviary-%u", (unsigned)geteuid());
}

enum err_kind scratch_cache_dir(const char *store, char **ret_dir, struct err *err)
{
	char *parent = cache_parent();
	char *above = mem_printf("%.*s", (int)(strrchr(parent, '/') - parent), parent);
	char *dir = mem_printf("%s/cache", parent), *own = mem_printf("%s/%s", dir, store);
	enum err_kind kind = dir_make(above, false, err);
	if (kind == ERR_NONE)
		kind = private_dir(parent, err);
	if (kind == ERR_NONE)
		kind = dir_make(own, false, err);
	free(parent);
	free(above);
	free(dir);
	if (kind == ERR_NONE)
		*ret_dir = own;
	else
		free(own);
	return kind;
}

static enum err_kind lock_in(const char *dir, const char *name, bool wait,
			     struct file_lock *ret_lock, bool *ret_held, struct err *err)
{
	char *path = mem_printf("%s/" LOCK_DIR "/%s", dir, name);
	enum err_kind kind = file_lock_take(ret_lock, path, wait, ret_held, err);
	free(path);
	return kind;
}

/* Removes the directory unless its owner lives. What cannot be removed is in nobody's way. */
static void remove_if_dead(const char *dir)
{
	struct err ignored;
	bool held = false;
	struct file_lock lock = { .fd = -1 };
	char *owner = mem_printf("%s/" OWNER_FILE, dir);
	if (file_lock_take(&lock, owner, false, &held, &ignored) == ERR_NONE && held &&
	    dir_remove(dir, &ignored) != ERR_NONE)
		ignored.kind = ERR_NONE;
	file_lock_drop(&lock);
	free(owner);
}

static enum err_kind remove_dead(const char *dir, struct err *err)
{
	struct name_list names = { 0 };
	enum err_kind kind = dir_list(dir, &names, err);
	for (size_t i = 0; i < names.count && kind == ERR_NONE; i++) {
		if (strcmp(names.names[i], LOCK_DIR) == 0)
			continue;
		char *path = mem_printf("%s/%s", dir, names.names[i]);
		remove_if_dead(path);
		free(path);
	}
	name_list_release(&names);
	return kind;
}

static enum err_kind make_own(struct scratch *scratch, const char *dir, struct err *err)
{
	bool held = false;
	scratch->dir = mem_printf("%s/XXXXXX", dir);
	if (!mkdtemp(scratch->dir))
		return err_errno(err, ERR_FATAL, "scratch directory %s", scratch->dir);
	char *owner = mem_printf("%s/" OWNER_FILE, scratch->dir);
	enum err_kind kind = file_lock_take(&scratch->owned, owner, true, &held, err);
	free(owner);
	return kind;
}

enum err_kind scratch_open(const char *store, struct scratch **ret_scratch, struct err *err)
{
	char *dir;
	bool held;
	struct file_lock turn = { .fd = -1 };
	TRY(store_dir(store, &dir, err));
	struct scratch *scratch = mem_zalloc(1, sizeof *scratch);
	scratch->owned.fd = -1;
	enum err_kind kind = lock_in(dir, "scratch", true, &turn, &held, err);
	if (kind == ERR_NONE)
		kind = remove_dead(dir, err);
	if (kind == ERR_NONE)
		kind = make_own(scratch, dir, err);
	file_lock_drop(&turn);
	free(dir);
	if (kind == ERR_NONE)
		*ret_scratch = scratch;
	else
		scratch_close(scratch);
	return kind;
}

void scratch_close(struct scratch *scratch)
{
	if (!scratch)
		return;
	struct err ignored;
	/* What cannot be removed now is removed by the next process, once the lock is dropped. */
	if (scratch->owned.fd >= 0 && dir_remove(scratch->dir, &ignored) != ERR_NONE)
		ignored.kind = ERR_NONE;
	file_lock_drop(&scratch->owned);
	free(scratch->dir);
	free(scratch);
}

const char *scratch_dir(const struct scratch *scratch)
{
	return scratch->dir;
}

enum err_kind scratch_lock(const char *store, const char *name, bool wait,
			   struct file_lock *ret_lock, bool *ret_held, struct err *err)
{
	char *dir;
	char file[32];
	TRY(store_dir(store, &dir, err));
	snprintf(file, sizeof file, "%016" PRIx64, hash_xxh3(str_from(name)));
	enum err_kind kind = lock_in(dir, file, wait, ret_lock, ret_held, err);
	free(dir);
	return kind;
}
