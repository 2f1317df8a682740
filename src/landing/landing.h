/* Landing sets posts, and request records, down: batches of wire lines become one Parquet file per hour,
 * exactly once.
 *
 * In: whole lines of one stream, in order, with the place behind them. Out: batches committed to the
 * lake (lake.h), files named STREAM-FROM.parquet in the hour of each post. Promised: every line is in
 * exactly one committed batch, as a row or in quarantine; an error leaves the lake as it was or with a
 * decided batch that lake_recover() finishes. A batch takes memory for its hours and disk for its
 * lines, however large it is. */
#pragma once
#include "lake/lake.h"
#include "post/post.h"

struct landing;

struct landing_options {
	struct lake *lake;
	const char *stream;   /* UUID; the caller holds its lock */
	uint64_t from, chain; /* where the stream is committed up to */
	bool requests;        /* its lines are request records: they land in request_log */
	int threads;          /* hours written at once */
	bool careful;         /* hours are not guessed from the beginning of a line */
	int64_t memory_bytes; /* for lines being parted, as much again for lines held; 64 MiB */
};

MUST_CHECK enum err_kind landing_open(const struct landing_options *options,
				      struct landing **ret_landing, struct err *err);
void landing_close(struct landing *landing); /* what was not published is forgotten, not lost */

/* Adds whole lines, each ending with '\n'; `chain` is the stream's chain value behind them. */
MUST_CHECK enum err_kind landing_add(struct landing *landing, struct str lines, uint64_t chain,
				     struct err *err);
/* An import file whose lines are all in this batch or before it. */
void landing_add_import(struct landing *landing, const char *sha256);
uint64_t landing_pending_bytes(const struct landing *landing);

struct landing_published {
	uint64_t record;    /* 0: nothing was pending */
	uint64_t to, chain; /* acknowledge this */
	uint64_t rows, refused;
	size_t hours;
	char quarantine[96]; /* the file of what was refused, below the lake; "": nothing was */
};
/* Publishes what was added since the last time, all of it. `progress` (may be NULL) hears how many of
 * the batch's lines are written. A line whose hour was guessed wrong (it repeats a member, as nothing but
 * malice does): ERR_RETRY, nothing was published, nothing is pending, landing is careful from now on, and
 * the lines are to be added again. Any other failure is ERR_FATAL. */
MUST_CHECK enum err_kind landing_publish(
	struct landing *landing, void (*progress)(void *context, uint64_t done, uint64_t total),
	void *context, struct landing_published *ret, struct err *err);
