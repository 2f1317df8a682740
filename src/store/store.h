/* Where files live. One interface, a backend a file: local.c and webhdfs.c, by their scheme.
 *
 * In: paths relative to the store's root, bytes. Out: files that are whole or not there. Promised by
 * every backend, and checked by one contract suite: a claim is won by exactly one of any number of
 * processes; what a call marked durable has confirmed survives kill -9 and power cuts; a failed call
 * changes nothing that a reader can see under its final name. */
#pragma once
#include "base/err.h"
#include "base/file.h"

struct store;

/* "PATH" or "file://PATH" is the local directory. On HDFS:
 *     webhdfs://HOST:PORT[,HOST:PORT…]/PATH[?user=NAME][&patience=SECONDS][&stall=SECONDS]
 * names NameNodes (of which one is active), the root, who to be ($HADOOP_USER_NAME, else the login
 * name), for how long a call is tried again while the file system is away or busy (60), and how long
 * a silent connection is waited for (30). Nothing is asked of the servers yet. An unknown scheme or
 * parameter: ERR_REJECT.
 *
 * A store may be used by several threads. What HDFS does otherwise than a disk stands with each call;
 * for all of them: an error ERR_RETRY means that patience has ended, and the call may still have been
 * done or be done late. */
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
/* Renames a file over what is at `to`, if there is any, in one step; *ret_done false when `from` is gone, as it
 * is when somebody removed it to keep this from happening late. Directories of `to` are made. Durable as
 * store_rename(). */
MUST_CHECK enum err_kind store_rename_over(struct store *store, const char *from, const char *to,
					   bool *ret_done, struct err *err);
/* Swaps two directories in one step. ERR_REJECT "cannot" where the backend has no such thing: HDFS. */
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
/* As dir_list(): a missing directory has no names. What the backend itself has not finished is not
 * among them. */
MUST_CHECK enum err_kind store_list(struct store *store, const char *dir, struct name_list *ret,
				    struct err *err);
MUST_CHECK enum err_kind store_make_dir(struct store *store, const char *path, bool durable,
					struct err *err);
/* On HDFS a file is there when it has been closed, and a name when the NameNode has logged it: syncing
 * finds that a file is there, and has nothing to do for directories. Against a power cut of all replicas
 * that is only as good as dfs.datanode.synconclose. */
MUST_CHECK enum err_kind store_sync_file(struct store *store, const char *path, struct err *err);
MUST_CHECK enum err_kind store_sync_dir(struct store *store, const char *path, struct err *err);
/* Everything written so far is on disk (syncfs); cheaper than one call a file for thousands. */
MUST_CHECK enum err_kind store_sync_all(struct store *store, struct err *err);
/* The local path of a store path for code that writes files itself (DuckDB), NULL when the store is
 * not local. The caller frees it. */
char *store_local_path(struct store *store, const char *path);
/* See file_lock_take(). On HDFS, which has no locks, it is held against this user's processes on this
 * machine only (a flock in the scratch directory): a lease on the file system would be held by two when
 * the first sleeps past it. So there a lock saves work, and what has to hold between machines is made
 * by claims, and by what is one by nature (a journal's only certain consumer). */
MUST_CHECK enum err_kind store_lock(struct store *store, const char *path, bool wait,
				    struct file_lock *ret_lock, bool *ret_held, struct err *err);

/* --- files that other code writes (DuckDB, a spool) ------------------------------------------------
 *
 * Such a file is written on this machine and put into the store when it is finished:
 *
 *     store_scratch(store, "_aviary/staging", &dir)      where to write DIR/NAME
 *     … DuckDB writes DIR/NAME; its size and checksum are taken there …
 *     store_put_file(store, DIR/NAME, "_aviary/staging/NAME")
 *     … and from here on it is a staged file like any other: intent, store_rename(), record
 *
 * On a local store DIR is that directory of the store and putting has nothing left to do. */

/* *ret_dir is freed by the caller. A scratch directory (below $AVIARY_SCRATCH, $TMPDIR or /tmp) is this
 * process's own: it goes with store_close(), or when another process finds its owner dead. */
MUST_CHECK enum err_kind store_scratch(struct store *store, const char *dir, char **ret_dir,
				       struct err *err);
/* Takes a finished local file of any size in as `path`, whole and closed with its length or not at
 * all; the local file is gone then. Not durable until store_sync_file() and store_sync_dir(). `path` has
 * to be new, which a name of this attempt alone is: where something is there, ERR_REJECT and both stay as
 * they are. After any error the local file is still there. */
MUST_CHECK enum err_kind store_put_file(struct store *store, const char *local, const char *path,
					struct err *err);

/* --- files that other code reads (DuckDB) ---------------------------------------------------------- */

/* A file as a log names it. Under its path it never changes, or it is told from others by its checksum. */
struct store_file {
	const char *path;
	uint64_t bytes, checksum; /* XXH3; a local store looks at neither */
};
/* Where it can be read on this machine after store_fetch(); freed by the caller. NULL: elsewhere there is no
 * place for it, as store_fetch() tells. */
char *store_read_path(struct store *store, const struct store_file *file);
/* Brings what is not here yet into a cache of this user's, several files at once. Another file is under that
 * path, or none: ERR_RETRY. What is used stays for ten minutes at least. On a local store nothing is to be
 * done. */
MUST_CHECK enum err_kind store_fetch(struct store *store, const struct store_file *files,
				     size_t count, struct err *err);
/* The cache's size; without it there is no limit. */
void store_limit_cache(struct store *store, uint64_t bytes_max);

/* What the disk can promise, tried out in `dir`, which is made and removed. */
struct store_promises {
	bool local; /* one file system, whose locks hold for all who see it */
	bool exchange, rename_new, lock, sync;
};
MUST_CHECK enum err_kind store_probe(struct store *store, const char *dir,
				     struct store_promises *ret, struct err *err);
