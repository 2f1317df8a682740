/* What a backend is: a table of functions. Only backends and store.c include this.
 *
 * Each function promises what the one of the same name in store/store.h promises. A new backend is a
 * file with such a table, and one line in the table of schemes in store.c. */
#pragma once
#include "store/store.h"

struct store_ops {
	/* `location` is what stands behind "SCHEME://". */
	enum err_kind (*open)(const char *location, struct store **ret_store, struct err *err);
	void (*close)(struct store *store);
	enum err_kind (*read)(struct store *store, const char *path, size_t max, struct buf *ret,
			      bool *ret_found, struct err *err);
	enum err_kind (*claim)(struct store *store, const char *path, struct str bytes,
			       bool *ret_claimed, struct err *err);
	enum err_kind (*replace)(struct store *store, const char *path, struct str bytes,
				 struct err *err);
	enum err_kind (*rename)(struct store *store, const char *from, const char *to,
				bool *ret_done, struct err *err);
	enum err_kind (*rename_over)(struct store *store, const char *from, const char *to,
				     bool *ret_done, struct err *err);
	enum err_kind (*exchange)(struct store *store, const char *a, const char *b,
				  struct err *err);
	enum err_kind (*remove)(struct store *store, const char *path, struct err *err);
	enum err_kind (*remove_tree)(struct store *store, const char *path, struct err *err);
	enum err_kind (*stat)(struct store *store, const char *path, struct store_stat *ret,
			      struct err *err);
	enum err_kind (*checksum)(struct store *store, const char *path, uint64_t *ret_xxh3,
				  struct err *err);
	enum err_kind (*list)(struct store *store, const char *dir, struct name_list *ret,
			      struct err *err);
	enum err_kind (*make_dir)(struct store *store, const char *path, bool durable,
				  struct err *err);
	enum err_kind (*sync_file)(struct store *store, const char *path, struct err *err);
	enum err_kind (*sync_dir)(struct store *store, const char *path, struct err *err);
	enum err_kind (*sync_all)(struct store *store, struct err *err);
	char *(*local_path)(struct store *store, const char *path);
	enum err_kind (*scratch)(struct store *store, const char *dir, char **ret_dir,
				 struct err *err);
	enum err_kind (*put_file)(struct store *store, const char *local, const char *path,
				  struct err *err);
	char *(*read_path)(struct store *store, const struct store_file *file);
	enum err_kind (*fetch)(struct store *store, const struct store_file *files, size_t count,
			       struct err *err);
	void (*limit_cache)(struct store *store, uint64_t bytes_max);
	enum err_kind (*lock)(struct store *store, const char *path, bool wait,
			      struct file_lock *ret_lock, bool *ret_held, struct err *err);
	enum err_kind (*probe)(struct store *store, const char *dir, struct store_promises *ret,
			       struct err *err);
};

/* The first member of every backend's own struct. */
struct store {
	const struct store_ops *ops;
};

extern const struct store_ops store_local;
extern const struct store_ops store_webhdfs;
