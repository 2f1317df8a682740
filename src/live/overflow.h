/* Inside live/: the part of a tail that memory has no room for, as Parquet files of our own.
 *
 * They lie in LAKE/_aviary/staging/live-UUID/, or below $TMPDIR where the lake can only be read, and go
 * when nobody holds them. A lock beside the directory tells whether its owner lives; who makes one
 * removes those of the dead. */
#pragma once
#include "lake/lake.h"
#include "live/tail.h"

struct overflow;

/* One file: the posts of one stream's lines [from, to). */
struct overflow_file {
	atomic_size_t holders;
	char *path;
	uint64_t from, to;
	uint32_t *posts; /* where each begins, counted from `from`; ascending */
	size_t post_count;
	int64_t *hours; /* that they are of, ascending */
	size_t hour_count;
};
void overflow_file_hold(struct overflow_file *file);
void overflow_file_drop(struct overflow_file *file); /* the last one removes it from the disk */
/* How many posts begin at or behind an offset of the stream. */
uint64_t overflow_file_posts(const struct overflow_file *file, uint64_t offset);

/* Made when the first file is. */
void overflow_open(struct overflow **ret_overflow, struct lake *lake, struct engine *engine);
void overflow_close(struct overflow *overflow);

/* Writes lines of one stream, in order; the caller owns the file. */
MUST_CHECK enum err_kind overflow_write(struct overflow *overflow, const struct tail_part *parts,
					size_t count, struct overflow_file **ret_file,
					struct err *err);
