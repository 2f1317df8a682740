/* What people read: rows as tables, progress, numbers. Only role/ prints; here is how.
 *
 * In: results of the engine, counts. Out: text on stdout (data) and stderr (progress), fit for a terminal:
 * wide characters measured, nothing that moves the cursor or turns the direction of text. */
#pragma once
#include "engine/engine.h"

#include <pthread.h>

/* --- rows ------------------------------------------------------------------------------------------- */

enum output_format { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON };

/* Prints all rows. CSV as RFC 4180 with a header; JSON as one array of objects, times ISO 8601 with Z;
 * a table fits the terminal, or 80 columns, by cutting its widest columns, never numbers and ids; with too
 * many columns for that each row is a record, a line a column.
 * *ret_begun tells, after an error too, whether anything was printed. */
MUST_CHECK enum err_kind output_result(struct result *result, enum output_format format,
				       uint64_t *ret_rows, bool *ret_begun, struct err *err);

/* A text made fit for a terminal: control characters, which could move the cursor, line separators and
 * what turns the direction of all that follows become spaces. */
void output_add_visible(struct str text, struct buf *ret);

/* --- progress ----------------------------------------------------------------------------------------- */

/* One line on a terminal that is drawn over itself; elsewhere a plain line now and then. On stderr. */
struct progress {
	pthread_mutex_t lock;
	bool terminal, drawn;
	int64_t start_us, last_us;
	const char *what; /* "reading", "landing", "refining" */
};
void progress_begin(struct progress *progress);
void progress_what(struct progress *progress, const char *what);
/* `done` of `total` in any unit; `posts` so far, 0: unknown. */
void progress_tell(struct progress *progress, uint64_t done, uint64_t total, uint64_t posts);
/* Takes the line away, so that something else can be printed. */
void progress_clear(struct progress *progress);

/* --- numbers --------------------------------------------------------------------------------------------- */

/* 1234567 as "1,234,567". */
const char *grouped(uint64_t number, char ret_text[32]);
