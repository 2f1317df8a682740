/* Inside landing/: one hour of a batch becomes one Parquet file in staging/. */
#pragma once
#include "landing/spool.h"
#include "parquet/parquet.h"

/* Lines found not to be what they seemed while hours are written, by several threads: no posts, or posts
 * of another hour. */
struct refusals {
	pthread_mutex_t lock;
	struct spool *spool; /* of its own: others are being read meanwhile */
	struct bucket *bucket;
	struct err err; /* the first failure of adding one */
	enum err_kind kind;
	bool misplaced;
};
void refusals_add(struct refusals *refusals, const struct line *line);

struct hour_file {
	const struct spool *spool;
	const struct bucket *bucket;
	const char *stream;
	uint64_t from, to; /* of the batch */
	enum parquet_table table;
	const char *path; /* to write */
	int threads;
	struct refusals *refusals;
};
/* Writes it, through `rows` and others like it; no rows: no line was a post and no file is there. Does not
 * sync. A line of another hour: ERR_RETRY, and `misplaced` is set. */
MUST_CHECK enum err_kind hour_file_write(const struct hour_file *file, struct parquet_rows *rows,
					 struct parquet_totals *ret_totals, struct err *err);
