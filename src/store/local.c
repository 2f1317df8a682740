/* A local directory. Nearly everything is base/file with the root put in front of the path. */
#include "store/backend.h"

#include "base/hash.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

struct local_store {
	struct store store;
	char *root;
};

static char *local_path(struct store *store, const char *path)
{
	const char *root = ((struct local_store *)store)->root;
	return *path ? mem_printf("%s/%s", root, path) : mem_strdup(root);
}

static enum err_kind local_open(const char *location, struct store **ret_store, struct err *err)
{
	size_t len = strlen(location);
	if (len == 0)
		return err_set(err, ERR_REJECT, "the path is empty");
	while (len > 1 && location[len - 1] == '/')
		len--;
	struct local_store *local = mem_zalloc(1, sizeof *local);
	local->store.ops = &store_local;
	local->root = mem_printf("%.*s", (int)len, location);
	*ret_store = &local->store;
	return ERR_NONE;
}

static void local_close(struct store *store)
{
	free(((struct local_store *)store)->root);
	free(store);
}

static enum err_kind local_read(struct store *store, const char *path, size_t max, struct buf *ret,
				bool *ret_found, struct err *err)
{
	char *full = local_path(store, path);
	errno = 0;
	enum err_kind kind = file_read(full, max, ret, err);
	if (kind == ERR_NONE) {
		*ret_found = true;
	} else if (errno == ENOENT) {
		*ret_found = false;
		kind = err_set(err, ERR_REJECT, "%s: there is no such file", full);
	}
	free(full);
	return kind;
}

static enum err_kind local_claim(struct store *store, const char *path, struct str bytes,
				 bool *ret_claimed, struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = file_claim(full, bytes, ret_claimed, err);
	free(full);
	return kind;
}

static enum err_kind local_replace(struct store *store, const char *path, struct str bytes,
				   struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = file_replace(full, bytes, err);
	free(full);
	return kind;
}

static enum err_kind make_parents(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	if (!slash || slash == path)
		return ERR_NONE;
	char *parent = mem_printf("%.*s", (int)(slash - path), path);
	enum err_kind kind = dir_make(parent, false, err);
	free(parent);
	return kind;
}

static enum err_kind rename_new(const char *from, const char *to, bool *ret_done, struct err *err)
{
	/* Looked at first, so that a source that is gone leaves no empty directories behind. */
	if (!file_exists(from)) {
		*ret_done = false;
		return ERR_NONE;
	}
	int result = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
	if (result != 0 && errno == ENOENT) {
		TRY(make_parents(to, err));
		result = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
	}
	if (result != 0 && errno != EEXIST && errno != ENOTEMPTY && errno != ENOENT)
		return err_errno(err, ERR_FATAL, "rename %s to %s", from, to);
	*ret_done = result == 0;
	return ERR_NONE;
}

static enum err_kind local_rename(struct store *store, const char *from, const char *to,
				  bool *ret_done, struct err *err)
{
	char *full_from = local_path(store, from), *full_to = local_path(store, to);
	enum err_kind kind = rename_new(full_from, full_to, ret_done, err);
	free(full_from);
	free(full_to);
	return kind;
}

static enum err_kind rename_over(const char *from, const char *to, bool *ret_done, struct err *err)
{
	struct stat st;
	*ret_done = stat(from, &st) == 0;
	if (!*ret_done && errno == ENOENT)
		return ERR_NONE; /* and no directories are left behind */
	TRY(make_parents(to, err));
	*ret_done = rename(from, to) == 0;
	if (*ret_done || errno == ENOENT)
		return ERR_NONE;
	return err_errno(err, ERR_FATAL, "rename %s to %s", from, to);
}

static enum err_kind local_rename_over(struct store *store, const char *from, const char *to,
				       bool *ret_done, struct err *err)
{
	char *full_from = local_path(store, from), *full_to = local_path(store, to);
	enum err_kind kind = rename_over(full_from, full_to, ret_done, err);
	free(full_from);
	free(full_to);
	return kind;
}

static enum err_kind local_exchange(struct store *store, const char *a, const char *b,
				    struct err *err)
{
	char *full_a = local_path(store, a), *full_b = local_path(store, b);
	enum err_kind kind = file_exchange(full_a, full_b, err);
	/* What file systems answer that know no such flag. */
	if (kind != ERR_NONE && (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP))
		kind = err_set(err, ERR_REJECT, "%s: this file system cannot exchange directories",
			       full_b);
	free(full_a);
	free(full_b);
	return kind;
}

static enum err_kind local_remove(struct store *store, const char *path, struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = ERR_NONE;
	if (unlink(full) != 0 && errno != ENOENT)
		kind = err_errno(err, ERR_FATAL, "remove %s", full);
	free(full);
	return kind;
}

static enum err_kind local_remove_tree(struct store *store, const char *path, struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = dir_remove(full, err);
	free(full);
	return kind;
}

static enum err_kind local_stat(struct store *store, const char *path, struct store_stat *ret,
				struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = ERR_NONE;
	struct stat st;
	if (stat(full, &st) == 0) {
		bool directory = S_ISDIR(st.st_mode);
		*ret = (struct store_stat){ .found = true,
					    .directory = directory,
					    .bytes = directory ? 0 : (uint64_t)st.st_size };
	} else if (errno == ENOENT || errno == ENOTDIR) {
		*ret = (struct store_stat){ 0 };
	} else {
		kind = err_errno(err, ERR_FATAL, "stat %s", full);
	}
	free(full);
	return kind;
}

enum { COPY_CHUNK = 1 << 26 };

static enum err_kind local_checksum(struct store *store, const char *path, uint64_t *ret_xxh3,
				    struct err *err)
{
	char *full = local_path(store, path);
	uint64_t ignored;
	enum err_kind kind = file_checksum(full, ret_xxh3, &ignored, err);
	free(full);
	return kind;
}

static enum err_kind local_list(struct store *store, const char *dir, struct name_list *ret,
				struct err *err)
{
	char *full = local_path(store, dir);
	enum err_kind kind = dir_list(full, ret, err);
	free(full);
	return kind;
}

static enum err_kind local_make_dir(struct store *store, const char *path, bool durable,
				    struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = dir_make(full, durable, err);
	free(full);
	return kind;
}

static enum err_kind local_sync_file(struct store *store, const char *path, struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = file_sync_path(full, err);
	free(full);
	return kind;
}

static enum err_kind local_sync_dir(struct store *store, const char *path, struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = dir_sync(full, err);
	free(full);
	return kind;
}

static enum err_kind local_sync_all(struct store *store, struct err *err)
{
	const char *root = ((struct local_store *)store)->root;
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "open %s", root);
	enum err_kind kind = ERR_NONE;
	if (syncfs(fd) != 0)
		kind = err_errno(err, ERR_FATAL, "syncfs %s", root);
	close(fd);
	return kind;
}

static enum err_kind local_lock(struct store *store, const char *path, bool wait,
				struct file_lock *ret_lock, bool *ret_held, struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = file_lock_take(ret_lock, full, wait, ret_held, err);
	free(full);
	return kind;
}

static enum err_kind local_scratch(struct store *store, const char *dir, char **ret_dir,
				   struct err *err)
{
	char *full = local_path(store, dir);
	enum err_kind kind = dir_make(full, false, err);
	if (kind == ERR_NONE)
		*ret_dir = full;
	else
		free(full);
	return kind;
}

static enum err_kind copy_file(const char *from, const char *to, struct err *err)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), out = -1;
	if (in < 0)
		return err_errno(err, ERR_FATAL, "open %s", from);
	enum err_kind kind = ERR_NONE;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (out < 0)
		kind = err_errno(err, ERR_FATAL, "create %s", to);
	ssize_t sent = 1;
	while (kind == ERR_NONE && sent != 0) {
		sent = sendfile(out, in, NULL, COPY_CHUNK);
		if (sent < 0 && errno != EINTR)
			kind = err_errno(err, ERR_FATAL, "copy %s to %s", from, to);
	}
	close(in);
	if (out >= 0 && close(out) != 0 && kind == ERR_NONE)
		kind = err_errno(err, ERR_FATAL, "close %s", to);
	return kind;
}

/* Under its final name it is whole: copied beside it first, then renamed. */
static enum err_kind put_from_afar(const char *local, const char *path, bool *ret_done,
				   struct err *err)
{
	char uuid[UUID_TEXT];
	uuid_new(uuid);
	char *temp = mem_printf("%s.%s", path, uuid);
	enum err_kind kind = copy_file(local, temp, err);
	if (kind == ERR_NONE)
		kind = rename_new(temp, path, ret_done, err);
	if (kind != ERR_NONE || !*ret_done)
		unlink(temp);
	free(temp);
	if (kind == ERR_NONE && *ret_done && unlink(local) != 0)
		kind = err_errno(err, ERR_FATAL, "remove %s", local);
	return kind;
}

static enum err_kind put_file(const char *local, const char *path, struct err *err)
{
	struct stat from, to;
	bool done = false;
	if (stat(local, &from) != 0)
		return err_errno(err, ERR_FATAL, "stat %s", local);
	bool there = stat(path, &to) == 0;
	if (there && from.st_dev == to.st_dev && from.st_ino == to.st_ino)
		return ERR_NONE; /* written where it belongs */
	TRY(make_parents(path, err));
	if (renameat2(AT_FDCWD, local, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return ERR_NONE;
	if (errno == EXDEV)
		TRY(put_from_afar(local, path, &done, err));
	else if (errno != EEXIST)
		return err_errno(err, ERR_FATAL, "rename %s to %s", local, path);
	return done ? ERR_NONE : err_set(err, ERR_REJECT, "%s: is there already", path);
}

static enum err_kind local_put_file(struct store *store, const char *local, const char *path,
				    struct err *err)
{
	char *full = local_path(store, path);
	enum err_kind kind = put_file(local, full, err);
	free(full);
	return kind;
}

static char *local_read_path(struct store *store, const struct store_file *file)
{
	return local_path(store, file->path);
}

static enum err_kind local_fetch(struct store *store, const struct store_file *files, size_t count,
				 struct err *err)
{
	(void)store;
	(void)files;
	(void)count;
	(void)err;
	return ERR_NONE;
}

static void local_limit_cache(struct store *store, uint64_t bytes_max)
{
	(void)store;
	(void)bytes_max;
}

/* A rename without overwrite must fail on a file that is there, and leave both as they were. */
static bool probe_rename(const char *a, const char *b)
{
	return renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_NOREPLACE) != 0 && errno == EEXIST &&
	       file_exists(a) && file_exists(b);
}

/* Two directories, told apart by what is in `a`. */
static bool probe_exchange(const char *a, const char *b)
{
	struct err ignored;
	char *inside_a = mem_printf("%s/inside", a), *inside_b = mem_printf("%s/inside", b);
	bool works = mkdir(a, 0777) == 0 && mkdir(b, 0777) == 0 && mkdir(inside_a, 0777) == 0 &&
		     file_exchange(a, b, &ignored) == ERR_NONE && !file_exists(inside_a) &&
		     file_exists(inside_b);
	free(inside_a);
	free(inside_b);
	return works;
}

static bool probe_lock(const char *path)
{
	struct err ignored;
	struct file_lock first = { .fd = -1 }, second = { .fd = -1 };
	bool held = false, twice = true;
	bool works = file_lock_take(&first, path, false, &held, &ignored) == ERR_NONE && held &&
		     file_lock_take(&second, path, false, &twice, &ignored) == ERR_NONE && !twice;
	file_lock_drop(&second);
	file_lock_drop(&first);
	return works;
}

static bool make_empty_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	return fd >= 0 && close(fd) == 0;
}

static void probe_all(const char *dir, struct store_promises *ret)
{
	struct err ignored;
	char *file_a = mem_printf("%s/file_a", dir), *file_b = mem_printf("%s/file_b", dir);
	char *dir_a = mem_printf("%s/dir_a", dir), *dir_b = mem_printf("%s/dir_b", dir);
	bool made = make_empty_file(file_a) && make_empty_file(file_b);
	*ret = (struct store_promises){
		.local = true,
		.exchange = probe_exchange(dir_a, dir_b),
		.rename_new = made && probe_rename(file_a, file_b),
		.lock = made && probe_lock(file_a),
		.sync = made && file_sync_path(file_a, &ignored) == ERR_NONE &&
			dir_sync(dir, &ignored) == ERR_NONE,
	};
	free(file_a);
	free(file_b);
	free(dir_a);
	free(dir_b);
}

static enum err_kind local_probe(struct store *store, const char *dir, struct store_promises *ret,
				 struct err *err)
{
	char *full = local_path(store, dir);
	enum err_kind kind = dir_remove(full, err);
	if (kind == ERR_NONE)
		kind = dir_make(full, false, err);
	if (kind == ERR_NONE) {
		struct store_promises promises;
		probe_all(full, &promises);
		kind = dir_remove(full, err);
		if (kind == ERR_NONE)
			*ret = promises;
	}
	free(full);
	return kind;
}

const struct store_ops store_local = {
	.open = local_open,
	.close = local_close,
	.read = local_read,
	.claim = local_claim,
	.replace = local_replace,
	.rename = local_rename,
	.rename_over = local_rename_over,
	.exchange = local_exchange,
	.remove = local_remove,
	.remove_tree = local_remove_tree,
	.stat = local_stat,
	.checksum = local_checksum,
	.list = local_list,
	.make_dir = local_make_dir,
	.sync_file = local_sync_file,
	.sync_dir = local_sync_dir,
	.sync_all = local_sync_all,
	.local_path = local_path,
	.scratch = local_scratch,
	.put_file = local_put_file,
	.read_path = local_read_path,
	.fetch = local_fetch,
	.limit_cache = local_limit_cache,
	.lock = local_lock,
	.probe = local_probe,
};
