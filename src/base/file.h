/* Local files, with the durability spelled out. Every function that says "durable" has synced what
 * it names when it returns ERR_NONE. Paths are zero-terminated; errors name the path. A failed
 * fsync is ERR_FATAL and is never tried again on the same file: after it, pages that look clean may
 * not be on disk (LWN "PostgreSQL's fsync() surprise", 2018). */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <sys/types.h>

/* Reads a whole file into `ret` (appended). Larger than `max` bytes: ERR_REJECT. Missing: errno is
 * ENOENT. */
MUST_CHECK enum err_kind file_read(const char *path, size_t max, struct buf *ret, struct err *err);
/* Writes a new file under a temporary name, syncs it, renames it over `path`, syncs the directory:
 * durable, all or nothing. */
MUST_CHECK enum err_kind file_replace(const char *path, struct str bytes, struct err *err);
/* As file_replace() but fails when `path` exists: *ret_claimed tells who was first. Durable. */
MUST_CHECK enum err_kind file_claim(const char *path, struct str bytes, bool *ret_claimed,
				    struct err *err);
MUST_CHECK enum err_kind file_write_all(int fd, const char *path, const void *bytes, size_t len,
					struct err *err);
/* Fewer bytes than asked for (end of file) are an error. */
MUST_CHECK enum err_kind file_read_at(int fd, const char *path, void *ret, size_t len,
				      uint64_t offset, struct err *err);
/* XXH3 and length of a file's contents. */
MUST_CHECK enum err_kind file_checksum(const char *path, uint64_t *ret_xxh3, uint64_t *ret_bytes,
				       struct err *err);
MUST_CHECK enum err_kind file_sync(int fd, const char *path, struct err *err);
MUST_CHECK enum err_kind file_sync_path(const char *path, struct err *err);
/* Syncs the entries of a directory. */
MUST_CHECK enum err_kind dir_sync(const char *path, struct err *err);
/* mkdir -p; with `durable` every directory that gained one is synced. */
MUST_CHECK enum err_kind dir_make(const char *path, bool durable, struct err *err);
/* Swaps two paths atomically (renameat2 RENAME_EXCHANGE); does not sync. */
MUST_CHECK enum err_kind file_exchange(const char *a, const char *b, struct err *err);
bool file_exists(const char *path);

/* The names in a directory except . and .., sorted bytewise. A missing directory has none. */
struct name_list {
	char **names;
	size_t count, cap;
};
MUST_CHECK enum err_kind dir_list(const char *path, struct name_list *ret, struct err *err);
void name_list_release(struct name_list *list);
/* Removes a directory with all that is in it; a missing one is fine. */
MUST_CHECK enum err_kind dir_remove(const char *path, struct err *err);

/* An exclusive flock on a file that is made when missing. The lock goes with the process, so a dead
 * owner never holds it. */
struct file_lock {
	int fd; /* -1: not held */
};
/* Does not wait unless `wait`. *ret_held tells whether we have it. */
MUST_CHECK enum err_kind file_lock_take(struct file_lock *lock, const char *path, bool wait,
					bool *ret_held, struct err *err);
void file_lock_drop(struct file_lock *lock);
