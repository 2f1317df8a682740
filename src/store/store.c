/* The door hands every call to the backend that the location's scheme names. */
#include "store/store.h"

#include "store/backend.h"

static const struct scheme {
	const char *name;
	const struct store_ops *ops;
} schemes[] = {
	{ "file", &store_local }, /* the first serves a location without a scheme */
	{ "webhdfs", &store_webhdfs },
};

enum { SCHEME_COUNT = sizeof schemes / sizeof schemes[0] };

/* The length of "NAME" in "NAME://…" (RFC 3986 section 3.1); 0 when there is none. */
static size_t scheme_length(const char *location)
{
	const char *others = "+-.0123456789";
	size_t len = 0;
	for (; location[len]; len++) {
		char c = location[len];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!letter && (len == 0 || !strchr(others, c)))
			break;
	}
	return len > 0 && strncmp(location + len, "://", 3) == 0 ? len : 0;
}

enum err_kind store_open(const char *location, struct store **ret_store, struct err *err)
{
	size_t len = scheme_length(location);
	if (len == 0)
		return schemes[0].ops->open(location, ret_store, err);
	for (size_t i = 0; i < SCHEME_COUNT; i++) {
		if (str_equal(str_make(location, len), str_from(schemes[i].name)))
			return schemes[i].ops->open(location + len + 3, ret_store, err);
	}
	err_set(err, ERR_REJECT, "%s: nothing here reads %.*s://", location, (int)len, location);
	return err_hint(
		err,
		"a local directory is written PATH or file://PATH, HDFS webhdfs://HOST:PORT/PATH");
}

void store_close(struct store *store)
{
	if (store)
		store->ops->close(store);
}

enum err_kind store_read(struct store *store, const char *path, size_t max, struct buf *ret,
			 bool *ret_found, struct err *err)
{
	return store->ops->read(store, path, max, ret, ret_found, err);
}

enum err_kind store_claim(struct store *store, const char *path, struct str bytes,
			  bool *ret_claimed, struct err *err)
{
	return store->ops->claim(store, path, bytes, ret_claimed, err);
}

enum err_kind store_replace(struct store *store, const char *path, struct str bytes,
			    struct err *err)
{
	return store->ops->replace(store, path, bytes, err);
}

enum err_kind store_rename(struct store *store, const char *from, const char *to, bool *ret_done,
			   struct err *err)
{
	return store->ops->rename(store, from, to, ret_done, err);
}

enum err_kind store_rename_over(struct store *store, const char *from, const char *to,
				bool *ret_done, struct err *err)
{
	return store->ops->rename_over(store, from, to, ret_done, err);
}

enum err_kind store_exchange(struct store *store, const char *a, const char *b, struct err *err)
{
	return store->ops->exchange(store, a, b, err);
}

enum err_kind store_remove(struct store *store, const char *path, struct err *err)
{
	return store->ops->remove(store, path, err);
}

enum err_kind store_remove_tree(struct store *store, const char *path, struct err *err)
{
	return store->ops->remove_tree(store, path, err);
}

enum err_kind store_stat(struct store *store, const char *path, struct store_stat *ret,
			 struct err *err)
{
	return store->ops->stat(store, path, ret, err);
}

enum err_kind store_checksum(struct store *store, const char *path, uint64_t *ret_xxh3,
			     struct err *err)
{
	return store->ops->checksum(store, path, ret_xxh3, err);
}

enum err_kind store_list(struct store *store, const char *dir, struct name_list *ret,
			 struct err *err)
{
	return store->ops->list(store, dir, ret, err);
}

enum err_kind store_make_dir(struct store *store, const char *path, bool durable, struct err *err)
{
	return store->ops->make_dir(store, path, durable, err);
}

enum err_kind store_sync_file(struct store *store, const char *path, struct err *err)
{
	return store->ops->sync_file(store, path, err);
}

enum err_kind store_sync_dir(struct store *store, const char *path, struct err *err)
{
	return store->ops->sync_dir(store, path, err);
}

enum err_kind store_sync_all(struct store *store, struct err *err)
{
	return store->ops->sync_all(store, err);
}

char *store_local_path(struct store *store, const char *path)
{
	return store->ops->local_path(store, path);
}

enum err_kind store_scratch(struct store *store, const char *dir, char **ret_dir, struct err *err)
{
	return store->ops->scratch(store, dir, ret_dir, err);
}

enum err_kind store_put_file(struct store *store, const char *local, const char *path,
			     struct err *err)
{
	return store->ops->put_file(store, local, path, err);
}

char *store_read_path(struct store *store, const struct store_file *file)
{
	return store->ops->read_path(store, file);
}

enum err_kind store_fetch(struct store *store, const struct store_file *files, size_t count,
			  struct err *err)
{
	return store->ops->fetch(store, files, count, err);
}

void store_limit_cache(struct store *store, uint64_t bytes_max)
{
	store->ops->limit_cache(store, bytes_max);
}

enum err_kind store_lock(struct store *store, const char *path, bool wait,
			 struct file_lock *ret_lock, bool *ret_held, struct err *err)
{
	return store->ops->lock(store, path, wait, ret_lock, ret_held, err);
}

enum err_kind store_probe(struct store *store, const char *dir, struct store_promises *ret,
			  struct err *err)
{
	return store->ops->probe(store, dir, ret, err);
}
