#include "base/file.h"

#include "base/hash.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum err_kind file_read(const char *path, size_t max, struct buf *ret, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "open %s", path);
	enum err_kind kind = ERR_NONE;
	size_t start = ret->len;
	for (;;) {
		buf_reserve(ret, 65536);
		ssize_t got = read(fd, ret->ptr + ret->len, ret->cap - ret->len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			kind = err_errno(err, ERR_FATAL, "read %s", path);
		if (got <= 0)
			break;
		ret->len += (size_t)got;
		if (ret->len - start > max) {
			kind = err_set(err, ERR_REJECT, "%s: larger than %zu bytes", path, max);
			break;
		}
	}
	int saved = errno;
	close(fd);
	if (kind != ERR_NONE)
		ret->len = start;
	ret->ptr[ret->len] = '\0';
	errno = saved;
	return kind;
}

enum err_kind file_checksum(const char *path, uint64_t *ret_xxh3, uint64_t *ret_bytes,
			    struct err *err)
{
	enum { CHUNK = 1 << 20 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "open %s", path);
	struct hash_stream *stream = hash_stream_new(HASH_XXH3);
	char *chunk = mem_alloc(CHUNK);
	uint64_t bytes = 0;
	ssize_t got;
	while ((got = read(fd, chunk, CHUNK)) > 0 || (got < 0 && errno == EINTR)) {
		hash_stream_add(stream, str_make(chunk, got > 0 ? (size_t)got : 0));
		bytes += got > 0 ? (uint64_t)got : 0;
	}
	enum err_kind kind = got == 0 ? ERR_NONE : err_errno(err, ERR_FATAL, "read %s", path);
	if (kind == ERR_NONE) {
		*ret_xxh3 = hash_stream_u64(stream);
		*ret_bytes = bytes;
	}
	free(chunk);
	hash_stream_free(stream);
	close(fd);
	return kind;
}

enum err_kind file_write_all(int fd, const char *path, const void *bytes, size_t len,
			     struct err *err)
{
	const char *at = bytes;
	while (len > 0) {
		ssize_t put = write(fd, at, len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(err, ERR_FATAL, "write %s", path);
		at += put;
		len -= (size_t)put;
	}
	return ERR_NONE;
}

enum err_kind file_read_at(int fd, const char *path, void *ret, size_t len, uint64_t offset,
			   struct err *err)
{
	char *at = ret;
	while (len > 0) {
		ssize_t got = pread(fd, at, len, (off_t)offset);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_errno(err, ERR_FATAL, "read %s", path);
		if (got == 0)
			return err_set(err, ERR_FATAL, "read %s: ends at byte %llu", path,
				       (unsigned long long)offset);
		at += got;
		len -= (size_t)got;
		offset += (uint64_t)got;
	}
	return ERR_NONE;
}

enum err_kind file_sync(int fd, const char *path, struct err *err)
{
	if (fsync(fd) != 0)
		return err_errno(err, ERR_FATAL, "fsync %s", path);
	return ERR_NONE;
}

static enum err_kind sync_opened(const char *path, int flags, struct err *err)
{
	int fd = open(path, flags | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "open %s", path);
	enum err_kind kind = file_sync(fd, path, err);
	close(fd);
	return kind;
}

enum err_kind file_sync_path(const char *path, struct err *err)
{
	return sync_opened(path, O_RDONLY, err);
}

enum err_kind dir_sync(const char *path, struct err *err)
{
	return sync_opened(path, O_RDONLY | O_DIRECTORY, err);
}

/* The directory a path lies in; the caller frees it. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_printf("%.*s", (int)(slash - path), path);
}

static enum err_kind sync_parent(const char *path, struct err *err)
{
	char *parent = parent_of(path);
	enum err_kind kind = dir_sync(parent, err);
	free(parent);
	return kind;
}

enum err_kind dir_make(const char *path, bool durable, struct err *err)
{
	struct stat st;
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return ERR_NONE;
		return err_set(err, ERR_REJECT, "%s: is not a directory", path);
	}
	char *parent = parent_of(path);
	enum err_kind kind = strcmp(parent, path) == 0 ? ERR_NONE : dir_make(parent, durable, err);
	free(parent);
	TRY(kind);
	if (mkdir(path, 0777) != 0 && errno != EEXIST)
		return err_errno(err, ERR_FATAL, "mkdir %s", path);
	return durable ? sync_parent(path, err) : ERR_NONE;
}

/* Writes a temporary neighbour of `path`, synced; *ret_temp is its name, freed by the caller. */
static enum err_kind write_temp(const char *path, struct str bytes, char **ret_temp,
				struct err *err)
{
	char *temp = mem_printf("%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	if (fd < 0) {
		err_errno(err, ERR_FATAL, "create %s", temp);
		free(temp);
		return ERR_FATAL;
	}
	enum err_kind kind = fchmod(fd, 0644) == 0 ? ERR_NONE :
						     err_errno(err, ERR_FATAL, "chmod %s", temp);
	if (kind == ERR_NONE)
		kind = file_write_all(fd, temp, bytes.ptr, bytes.len, err);
	if (kind == ERR_NONE)
		kind = file_sync(fd, temp, err);
	if (close(fd) != 0 && kind == ERR_NONE)
		kind = err_errno(err, ERR_FATAL, "close %s", temp);
	if (kind != ERR_NONE) {
		unlink(temp);
		free(temp);
		return kind;
	}
	*ret_temp = temp;
	return ERR_NONE;
}

enum err_kind file_replace(const char *path, struct str bytes, struct err *err)
{
	char *temp;
	TRY(write_temp(path, bytes, &temp, err));
	enum err_kind kind = ERR_NONE;
	if (rename(temp, path) != 0) {
		kind = err_errno(err, ERR_FATAL, "rename %s to %s", temp, path);
		unlink(temp);
	}
	free(temp);
	return kind != ERR_NONE ? kind : sync_parent(path, err);
}

enum err_kind file_claim(const char *path, struct str bytes, bool *ret_claimed, struct err *err)
{
	char *temp;
	TRY(write_temp(path, bytes, &temp, err));
	enum err_kind kind = ERR_NONE;
	bool claimed = renameat2(AT_FDCWD, temp, AT_FDCWD, path, RENAME_NOREPLACE) == 0;
	if (!claimed) {
		if (errno != EEXIST)
			kind = err_errno(err, ERR_FATAL, "rename %s to %s", temp, path);
		unlink(temp);
	}
	free(temp);
	TRY(kind);
	*ret_claimed = claimed;
	return claimed ? sync_parent(path, err) : ERR_NONE;
}

enum err_kind file_exchange(const char *a, const char *b, struct err *err)
{
	if (renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) != 0)
		return err_errno(err, ERR_FATAL, "exchange %s and %s", a, b);
	return ERR_NONE;
}

bool file_exists(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

enum err_kind dir_list(const char *path, struct name_list *ret, struct err *err)
{
	DIR *dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? ERR_NONE : err_errno(err, ERR_FATAL, "open %s", path);
	struct dirent *entry;
	while ((errno = 0, entry = readdir(dir))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		MEM_GROW(ret->names, ret->cap, ret->count + 1);
		ret->names[ret->count++] = mem_strdup(entry->d_name);
	}
	enum err_kind kind = errno == 0 ? ERR_NONE : err_errno(err, ERR_FATAL, "read %s", path);
	closedir(dir);
	if (ret->count > 1)
		qsort(ret->names, ret->count, sizeof *ret->names, compare_names);
	return kind;
}

void name_list_release(struct name_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->names[i]);
	free(list->names);
	*list = (struct name_list){ 0 };
}

static enum err_kind remove_any(const char *path, struct err *err)
{
	struct stat st;
	if (lstat(path, &st) != 0)
		return errno == ENOENT ? ERR_NONE : err_errno(err, ERR_FATAL, "stat %s", path);
	if (S_ISDIR(st.st_mode))
		return dir_remove(path, err);
	if (unlink(path) != 0 && errno != ENOENT)
		return err_errno(err, ERR_FATAL, "remove %s", path);
	return ERR_NONE;
}

enum err_kind dir_remove(const char *path, struct err *err)
{
	struct name_list list = { 0 };
	enum err_kind kind = dir_list(path, &list, err);
	for (size_t i = 0; i < list.count && kind == ERR_NONE; i++) {
		char *child = mem_printf("%s/%s", path, list.names[i]);
		kind = remove_any(child, err);
		free(child);
	}
	name_list_release(&list);
	if (kind == ERR_NONE && rmdir(path) != 0 && errno != ENOENT)
		kind = err_errno(err, ERR_FATAL, "remove %s", path);
	return kind;
}

enum err_kind file_lock_take(struct file_lock *lock, const char *path, bool wait, bool *ret_held,
			     struct err *err)
{
	lock->fd = -1;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "open %s", path);
	int result;
	do
		result = flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB));
	while (result != 0 && errno == EINTR);
	if (result != 0 && errno != EWOULDBLOCK) {
		err_errno(err, ERR_FATAL, "lock %s", path);
		close(fd);
		return ERR_FATAL;
	}
	if (result != 0) {
		close(fd);
		fd = -1;
	}
	lock->fd = fd;
	*ret_held = fd >= 0;
	return ERR_NONE;
}

void file_lock_drop(struct file_lock *lock)
{
	if (lock->fd >= 0)
		close(lock->fd);
	lock->fd = -1;
}
