/* Where files live. One interface, a backend a file: local.c here, others by their scheme.
 *
 * In: paths relative to the store's root, bytes. Out: files that are whole or not there. Promised by
 * every backend, and checked by one contract suite: a claim is won by exactly one of any number of
 * processes; what a call marked durable has confirmed survives kill -9 and power cuts; a failed call
 * changes nothing that a reader can see under its final name. */
#pragma once
#include "base/err.h"
#include "base/file.h"

struct store;

/* "PATH" or "file://PATH" is the local directory. An unknown scheme: ERR_REJECT. */
MUST_CHECK enum err_kind store_open(const char *location, struct store **ret_store,
				    struct err *err);
void store_close(struct store *store);

/* The whole file, appended to `ret`. Missing: ERR_REJECT with *ret_found false. */
MUST_CHECK enum err_kind store_read(struct store *store, const char *path, size_t max,
				    struct buf *ret, bool *ret_found, struct err *err);
/* Makes a new file with these bytes; *ret_claimed false when the path existed. Durable. */
MUST_CHECK enum err_kind store_claim(struct store *store, const char *path, struct str bytes,
				     bool *ret_claimed, struct err *err);
/* Replaces or makes a file atomically. Durable. */
MUST_CHECK enum err_kind store_replace(struct store *store, const char *path, struct str bytes,
				       struct err *err);
/* Renames without overwrite; *ret_done false when `to` exists or `from` is gone. Directories of `to`
 * are made. Not durable until store_sync_dir() of both parents and of those that gained one. */
MUST_CHECK enum err_kind store_rename(struct store *store, const char *from, const char *to,
				      bool *ret_done, struct err *err);
/* Swaps two directories in one step. ERR_REJECT "cannot" where the backend has no such thing. */
MUST_CHECK enum err_kind store_exchange(struct store *store, const char *a, const char *b,
					struct err *err);
/* A file, or a directory with all that is in it; a missing one is fine. */
MUST_CHECK enum err_kind store_remove(struct store *store, const char *path, struct err *err);
MUST_CHECK enum err_kind store_remove_tree(struct store *store, const char *path, struct err *err);
/* The path "" is the root. */
struct store_stat {
	bool found; /* all else is zero when it is not */
	bool directory;
	uint64_t bytes; /* of a file */
};
MUST_CHECK enum err_kind store_stat(struct store *store, const char *path, struct store_stat *ret,
				    struct err *err);
/* XXH3 of a file's contents; ERR_FATAL when missing. */
MUST_CHECK enum err_kind store_checksum(struct store *store, const char *path, uint64_t *ret_xxh3,
					struct err *err);
/* As dir_list(): a missing directory has no names. */
MUST_CHECK enum err_kind store_list(struct store *store, const char *dir, struct name_list *ret,
				    struct err *err);
MUST_CHECK enum err_kind store_make_dir(struct store *store, const char *path, bool durable,
					struct err *err);
MUST_CHECK enum err_kind store_sync_file(struct store *store, const char *path, struct err *err);
MUST_CHECK enum err_kind store_sync_dir(struct store *store, const char *path, struct err *err);
/* Everything written so far is on disk (syncfs); cheaper than one call a file for thousands. */
MUST_CHECK enum err_kind store_sync_all(struct store *store, struct err *err);
/* The local path of a store path for code that writes files itself (DuckDB), NULL when the store is
 * not local. The caller frees it. */
char *store_local_path(struct store *store, const char *path);
/* See file_lock_take(). */
MUST_CHECK enum err_kind store_lock(struct store *store, const char *path, bool wait,
				    struct file_lock *ret_lock, bool *ret_held, struct err *err);

/* What the disk can promise, tried out in `dir`, which is made and removed. */
struct store_promises {
	bool exchange, rename_new, lock, sync;
};
MUST_CHECK enum err_kind store_probe(struct store *store, const char *dir,
				     struct store_promises *ret, struct err *err);
