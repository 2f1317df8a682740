/* Inside engine/: DuckDB's vectors lent to post/. */
#pragma once
#include "engine/duckdb_private.h"
#include "post/post.h"

/* Where a chunk's longer strings stand until the next chunk is asked for. DuckDB copies what it keeps
 * of a chunk before it asks again, so this saves a copy into its own heap and the check of UTF-8 that
 * has been done already. Zero-initialised is empty and valid. */
struct text_heap {
	struct text_block *blocks, *current;
	size_t used;
};
void text_heap_reset(struct text_heap *heap);
void text_heap_release(struct text_heap *heap);

extern const struct column_lender lent_vectors;

/* A column's vector and those below it; long texts go to the heap. */
void vector_shape(struct column_vector *vector, const struct column_type *type, void *text_heap);
void vector_unshape(struct column_vector *vector);
/* Points it at a chunk's vector, all NULL. */
void vector_lend(struct column_vector *vector, duckdb_vector handle);
/* Tells DuckDB how long its lists have become. */
void vector_finish(struct column_vector *vector);

/* Destroyed by the caller. */
duckdb_logical_type vector_logical_type(const struct column_type *type);
