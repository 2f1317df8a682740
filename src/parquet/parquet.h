/* Posts into Parquet files that any engine reads, without an engine.
 *
 * In: wire lines. Out: one Parquet file with a row for each line that is a post, the columns of
 * columns.def (or a request record, and those of request_columns()), zstd. Promised: types, names and nesting are those that DuckDB writes (a plain TIMESTAMP,
 * a UUID or a two-level list would be read differently somewhere); a line that is no post leaves no
 * trace; memory is bounded by the limits of a row group. A file that could not be finished is broken
 * and its caller's to remove. Nothing is synced. */
#pragma once
#include "base/err.h"
#include "post/post.h"

/* A row group ends at so many rows, or with the line that reaches so many bytes of lines. */
enum { PARQUET_GROUP_ROWS = 30720, PARQUET_GROUP_BYTES = 64 << 20 };
/* No line is longer: what is made of it, up to 25 times as much where each number of a list gets a pointer in
 * `extra`, fits into a page, whose size has 31 bits. */
enum { PARQUET_LINE_BYTES = 64 << 20 };

/* Whose rows: lines of posts, or request records. */
enum parquet_table { PARQUET_POSTS, PARQUET_REQUESTS, PARQUET_TABLES };

/* One file. Several threads may add to it, each through rows of its own. */
struct parquet_file;
/* Makes or empties the file at `path` (copied). Not possible: ERR_FATAL. */
MUST_CHECK enum err_kind parquet_file_create(const char *path, enum parquet_table table,
					     struct parquet_file **ret_file, struct err *err);
/* What the file holds, after the last parquet_rows_end(). */
struct parquet_footer {
	const struct str *metadata; /* name, value, name, value … */
	size_t metadata_count;      /* of pairs */
};
struct parquet_totals {
	uint64_t rows, bytes;
	uint64_t xxh3; /* of the file's bytes */
};
/* Writes the footer and closes the file. A failure, a full disk too, is ERR_FATAL and names the path. */
MUST_CHECK enum err_kind parquet_file_finish(struct parquet_file *file,
					     const struct parquet_footer *footer,
					     struct parquet_totals *ret_totals, struct err *err);
void parquet_file_free(struct parquet_file *file); /* closes it where it is still open */

/* The rows of one thread, until they are enough for a row group; reusable for one file after another. */
struct parquet_rows;
struct parquet_rows *parquet_rows_new(const char *stream_id, enum parquet_table table);
void parquet_rows_free(struct parquet_rows *rows);
/* Adds a line (without '\n') as a row; a full row group goes to the file. A line that is no post:
 * ERR_REJECT with the reason, and no row. `ret_key`, which may be NULL, is a post's. */
MUST_CHECK enum err_kind parquet_rows_add(struct parquet_rows *rows, struct parquet_file *file,
					  struct str line, uint64_t stream_offset,
					  struct post_key *ret_key, struct err *err);
/* The rows that are left go to the file. */
MUST_CHECK enum err_kind parquet_rows_end(struct parquet_rows *rows, struct parquet_file *file,
					  struct err *err);
/* Forgets the rows that are left. */
void parquet_rows_drop(struct parquet_rows *rows);
