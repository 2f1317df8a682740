/* Inside landing/: a batch's lines, parted by hour, on disk.
 *
 *     hour 7   [line line line][line …      extents of a scratch file, the last one still in memory
 *     hour 8   [line …
 *     refused  [line …
 *
 * The first extents of a batch are held in memory, as many as there is room for: a small batch never
 * touches the disk. The scratch file has no name, so nothing is left of it after a crash: the lines
 * are in the journal until the batch is committed. */
#pragma once
#include "landing/landing.h"

#include <pthread.h>

struct spool_extent {
	char *held; /* in memory; NULL: in the scratch file */
	uint64_t at;
	size_t len;
};

struct bucket {
	int64_t hour;
	uint64_t lines, bytes;    /* bytes: of the lines with their '\n' */
	struct hash_stream *hash; /* XXH64 of the lines with their '\n', in order */
	struct spool_extent *extents;
	size_t extent_count, extent_cap;
	struct buf open; /* records not yet written */
};

struct spool {
	int fd;
	char *path; /* for messages */
	uint64_t end;
	struct bucket **buckets; /* in the order they appeared */
	size_t count, cap;
	size_t *slots; /* hash table: hour -> 1 + index */
	size_t slot_count;
	size_t open_bytes, open_bytes_max; /* memory of all `open` */
	size_t held_bytes, held_bytes_max; /* memory of extents not in the file */
};

/* `memory_max` bounds the memory of open records, and again that of extents held. */
MUST_CHECK enum err_kind spool_open(const char *dir, size_t memory_max, struct spool *ret,
				    struct err *err);
void spool_release(struct spool *spool);
/* Empties it for the next batch. */
MUST_CHECK enum err_kind spool_reset(struct spool *spool, struct err *err);
struct bucket *spool_bucket(struct spool *spool, int64_t hour);
/* Adds a line (without '\n') to a bucket. */
MUST_CHECK enum err_kind spool_add(struct spool *spool, struct bucket *bucket,
				   const struct line *line, struct err *err);

/* The lines of one extent; its memory is reused by the next reading. */
struct spool_group {
	char *bytes;
	size_t cap;
	struct line *lines;
	size_t count, line_cap;
};
/* Extents are numbered 0 … spool_extents() - 1; the last may be the one in memory. Several threads may
 * read at once while nothing is added. */
size_t spool_extents(const struct bucket *bucket);
MUST_CHECK enum err_kind spool_read(const struct spool *spool, const struct bucket *bucket,
				    size_t extent, struct spool_group *group, struct err *err);
void spool_group_release(struct spool_group *group);
