/* Files for code that opens files itself: what the cache does not have is downloaded, several at once. Bytes
 * are counted and summed as they come, so that only the file that was meant gets its name. */
#include "store/webhdfs_private.h"

#include "base/hash.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum { FETCH_THREADS = 8 };

struct cache *webhdfs_cache(struct webhdfs *hdfs, struct err *err)
{
	struct cache *cache = NULL;
	pthread_mutex_lock(&hdfs->lock);
	if (hdfs->cache || cache_open(hdfs->id, &hdfs->cache, err) == ERR_NONE) {
		cache = hdfs->cache;
		cache_limit(cache, hdfs->cache_bytes);
	}
	pthread_mutex_unlock(&hdfs->lock);
	return cache;
}

/* --- one file ---------------------------------------------------------------------------------------- */

struct fetching {
	struct cache_entry entry;
	struct hash_stream *hash;
	uint64_t bytes;
	struct err err; /* why it cannot be kept */
	bool failed;
};

static void fetching_begin(void *context)
{
	struct fetching *fetching = context;
	hash_stream_free(fetching->hash);
	fetching->hash = hash_stream_new(HASH_XXH3);
	fetching->bytes = 0;
	fetching->failed = ftruncate(fetching->entry.fd, 0) != 0 ||
			   lseek(fetching->entry.fd, 0, SEEK_SET) != 0;
	if (fetching->failed)
		err_errno(&fetching->err, ERR_FATAL, "empty %s", fetching->entry.temporary);
}

static bool fetching_take(void *context, struct str piece)
{
	struct fetching *fetching = context;
	if (!fetching->failed)
		fetching->failed = file_write_all(fetching->entry.fd, fetching->entry.temporary,
						  piece.ptr, piece.len, &fetching->err) != ERR_NONE;
	hash_stream_add(fetching->hash, piece);
	fetching->bytes += piece.len;
	return !fetching->failed;
}

/* Another file under its name, or none: its owner has put another one there, and a log tells of it. */
static enum err_kind check_same(const struct fetching *fetching, const struct store_file *file,
				bool found, struct err *err)
{
	if (!found)
		return err_set(err, ERR_RETRY, "%s: is not there any more", file->path);
	uint64_t checksum = hash_stream_u64(fetching->hash);
	if (fetching->bytes == file->bytes && checksum == file->checksum)
		return ERR_NONE;
	return err_set(err, ERR_RETRY,
		       "%s: is another file: %" PRIu64 " bytes with checksum %016" PRIx64
		       ", not %" PRIu64 " with %016" PRIx64,
		       file->path, fetching->bytes, checksum, file->bytes, file->checksum);
}

static enum err_kind fetch_file(struct webhdfs *hdfs, const struct store_file *file,
				const char *path, struct err *err)
{
	struct fetching fetching = { 0 };
	bool found = false;
	TRY(cache_begin(hdfs->cache, &fetching.entry, err));
	const struct download download = { .context = &fetching,
					   .begin = fetching_begin,
					   .take = fetching_take };
	enum err_kind kind = webhdfs_download(hdfs, file->path, &download, &found, err);
	if (fetching.failed) {
		*err = fetching.err;
		kind = err->kind;
	}
	if (kind == ERR_NONE)
		kind = check_same(&fetching, file, found, err);
	if (kind == ERR_NONE)
		kind = cache_finish(&fetching.entry, path, err);
	cache_drop(&fetching.entry);
	hash_stream_free(fetching.hash);
	return kind;
}

/* --- all of them ------------------------------------------------------------------------------------- */

struct fetch_work {
	struct webhdfs *hdfs;
	const struct store_file *files;
	size_t count, next;
	uint64_t fetched; /* bytes */
	pthread_mutex_t lock;
	enum err_kind kind; /* the first failure */
	struct err err;
};

static const struct store_file *next_missing(struct fetch_work *work, char **ret_path)
{
	const struct store_file *found = NULL;
	pthread_mutex_lock(&work->lock);
	while (!found && work->kind == ERR_NONE && work->next < work->count) {
		const struct store_file *file = &work->files[work->next++];
		*ret_path = cache_path(work->hdfs->cache, file);
		if (cache_has(*ret_path, file->bytes))
			free(*ret_path);
		else
			found = file;
	}
	pthread_mutex_unlock(&work->lock);
	return found;
}

static void *fetch_missing(void *context)
{
	struct fetch_work *work = context;
	const struct store_file *file;
	struct err err;
	char *path = NULL;
	while ((file = next_missing(work, &path))) {
		enum err_kind kind = fetch_file(work->hdfs, file, path, &err);
		free(path);
		pthread_mutex_lock(&work->lock);
		if (kind == ERR_NONE) {
			work->fetched += file->bytes;
		} else if (work->kind == ERR_NONE) {
			work->kind = kind;
			work->err = err;
		}
		pthread_mutex_unlock(&work->lock);
	}
	return NULL;
}

enum err_kind webhdfs_fetch(struct webhdfs *hdfs, const struct store_file *files, size_t count,
			    struct err *err)
{
	struct fetch_work work = { .hdfs = hdfs, .files = files, .count = count };
	pthread_t threads[FETCH_THREADS];
	size_t started = 0, missing = 0;
	if (!webhdfs_cache(hdfs, err))
		return err->kind;
	for (size_t i = 0; i < count && missing < FETCH_THREADS; i++) {
		char *path = cache_path(hdfs->cache, &files[i]);
		missing += !cache_has(path, files[i].bytes);
		free(path);
	}
	if (missing == 0)
		return ERR_NONE;
	pthread_mutex_init(&work.lock, NULL);
	while (started + 1 < missing &&
	       pthread_create(&threads[started], NULL, fetch_missing, &work) == 0)
		started++;
	fetch_missing(&work);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&work.lock);
	cache_trim(hdfs->cache, work.fetched);
	if (work.kind != ERR_NONE)
		*err = work.err;
	return work.kind;
}
