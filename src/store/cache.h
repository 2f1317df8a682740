/* Files of a store that lives elsewhere, kept on this machine for code that opens files itself (DuckDB).
 *
 *     $AVIARY_SCRATCH/aviary-UID/cache, $XDG_CACHE_HOME/aviary or ~/.cache/aviary /STORE/DIR/CHECKSUM-NAME
 *
 * What is kept never changes: a file's checksum is part of its name. A file is whole or not there. All
 * processes of a user share it; whoever adds to it removes what was not used for longest. */
#pragma once
#include "store/store.h"

struct cache;

/* `store` is part of a directory's name. ERR_FATAL where the directory is not ours alone. */
MUST_CHECK enum err_kind cache_open(const char *store, struct cache **ret_cache, struct err *err);
void cache_close(struct cache *cache); /* what is kept stays; NULL is fine */
/* So many bytes may be kept; what was used within the last ten minutes stays all the same. */
void cache_limit(struct cache *cache, uint64_t bytes_max);
/* Where the file is or would be kept; freed by the caller. */
char *cache_path(const struct cache *cache, const struct store_file *file);
/* Whether it is there; notes that it is used. */
bool cache_has(const char *path, uint64_t bytes);

/* A file that is being added, from one thread. */
struct cache_entry {
	int fd;
	char *temporary;
};
MUST_CHECK enum err_kind cache_begin(const struct cache *cache, struct cache_entry *ret,
				     struct err *err);
/* Makes it the file at `path`. */
MUST_CHECK enum err_kind cache_finish(struct cache_entry *entry, const char *path, struct err *err);
void cache_drop(struct cache_entry *entry); /* after cache_finish() it only frees */
/* After files were added, so many bytes of them. */
void cache_trim(struct cache *cache, uint64_t added);
