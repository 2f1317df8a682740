/* The directory tells all: a file's modification time is when it was last used, so the oldest go first.
 * Temporary files of the dead age like others. */
#include "store/cache.h"

#include "base/hash.h"
#include "base/mem.h"
#include "store/scratch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { IN_USE_SECONDS = 600, NOTE_AFTER_SECONDS = 30, TRIM_SHARE = 16 };

struct cache {
	char *dir;
	uint64_t bytes_max;
	uint64_t untrimmed; /* added since it was trimmed; UINT64_MAX: it never was */
	pthread_mutex_t lock;
};

enum err_kind cache_open(const char *store, struct cache **ret_cache, struct err *err)
{
	char *dir;
	TRY(scratch_cache_dir(store, &dir, err));
	struct cache *cache = mem_zalloc(1, sizeof *cache);
	*cache = (struct cache){ .dir = dir, .bytes_max = UINT64_MAX, .untrimmed = UINT64_MAX };
	pthread_mutex_init(&cache->lock, NULL);
	*ret_cache = cache;
	return ERR_NONE;
}

void cache_close(struct cache *cache)
{
	if (!cache)
		return;
	pthread_mutex_destroy(&cache->lock);
	free(cache->dir);
	free(cache);
}

void cache_limit(struct cache *cache, uint64_t bytes_max)
{
	cache->bytes_max = bytes_max;
}

char *cache_path(const struct cache *cache, const struct store_file *file)
{
	const char *slash = strrchr(file->path, '/');
	int above = slash ? (int)(slash + 1 - file->path) : 0;
	return mem_printf("%s/%.*s%016" PRIx64 "-%s", cache->dir, above, file->path, file->checksum,
			  file->path + above);
}

bool cache_has(const char *path, uint64_t bytes)
{
	struct stat st;
	if (stat(path, &st) != 0 || (uint64_t)st.st_size != bytes)
		return false;
	if (time(NULL) - st.st_mtim.tv_sec > NOTE_AFTER_SECONDS)
		utimensat(AT_FDCWD, path, NULL, 0);
	return true;
}

enum err_kind cache_begin(const struct cache *cache, struct cache_entry *ret, struct err *err)
{
	char uuid[UUID_TEXT];
	uuid_new(uuid);
	char *path = mem_printf("%s/.%s", cache->dir, uuid);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		enum err_kind kind = err_errno(err, ERR_FATAL, "create %s", path);
		free(path);
		return kind;
	}
	*ret = (struct cache_entry){ .fd = fd, .temporary = path };
	return ERR_NONE;
}

enum err_kind cache_finish(struct cache_entry *entry, const char *path, struct err *err)
{
	int fd = entry->fd;
	entry->fd = -1;
	if (close(fd) != 0)
		return err_errno(err, ERR_FATAL, "close %s", entry->temporary);
	char *above = mem_printf("%.*s", (int)(strrchr(path, '/') - path), path);
	enum err_kind kind = dir_make(above, false, err);
	free(above);
	TRY(kind);
	if (rename(entry->temporary, path) != 0)
		return err_errno(err, ERR_FATAL, "rename %s", entry->temporary);
	return ERR_NONE;
}

void cache_drop(struct cache_entry *entry)
{
	if (entry->fd >= 0)
		close(entry->fd);
	if (entry->temporary)
		unlink(entry->temporary); /* is gone when it was finished */
	free(entry->temporary);
	*entry = (struct cache_entry){ .fd = -1 };
}

/* Trimming. */

struct kept {
	char *path;
	uint64_t bytes;
	time_t used;
};

struct kept_list {
	struct kept *files;
	size_t count, cap;
	uint64_t bytes;
};

static void add_kept(struct kept_list *list, char *path, const struct stat *st)
{
	MEM_GROW(list->files, list->cap, list->count + 1);
	list->files[list->count++] = (struct kept){ .path = path,
						    .bytes = (uint64_t)st->st_size,
						    .used = st->st_mtim.tv_sec };
	list->bytes += (uint64_t)st->st_size;
}

static void list_kept(const char *dir, struct kept_list *list)
{
	struct name_list names = { 0 };
	struct err ignored;
	struct stat st;
	if (dir_list(dir, &names, &ignored) != ERR_NONE)
		names.count = 0;
	for (size_t i = 0; i < names.count; i++) {
		char *path = mem_printf("%s/%s", dir, names.names[i]);
		bool there = lstat(path, &st) == 0;
		if (there && S_ISREG(st.st_mode)) {
			add_kept(list, path, &st);
			continue;
		}
		if (there && S_ISDIR(st.st_mode))
			list_kept(path, list);
		free(path);
	}
	name_list_release(&names);
}

static int unused_first(const void *a, const void *b)
{
	const struct kept *left = a, *right = b;
	return (left->used > right->used) - (left->used < right->used);
}

static void trim(const struct cache *cache)
{
	struct kept_list list = { 0 };
	time_t before = time(NULL) - IN_USE_SECONDS;
	list_kept(cache->dir, &list);
	if (list.count > 1)
		qsort(list.files, list.count, sizeof *list.files, unused_first);
	for (size_t i = 0; i < list.count; i++) {
		struct kept *file = &list.files[i];
		if (list.bytes > cache->bytes_max && file->used < before && unlink(file->path) == 0)
			list.bytes -= file->bytes;
		free(file->path);
	}
	free(list.files);
}

void cache_trim(struct cache *cache, uint64_t added)
{
	pthread_mutex_lock(&cache->lock);
	bool first = cache->untrimmed == UINT64_MAX;
	cache->untrimmed = first ? added : cache->untrimmed + added;
	bool due = first || cache->untrimmed > cache->bytes_max / TRIM_SHARE;
	if (due)
		cache->untrimmed = 0;
	pthread_mutex_unlock(&cache->lock);
	if (due)
		trim(cache);
}
