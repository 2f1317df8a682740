/* Inside parquet/: the column vectors of one row group, which post/ writes into. */
#pragma once
#include "parquet/parquet.h"
#include "post/post.h"

/* The texts of one vector as Parquet's PLAIN encoding has them, one behind the other: four bytes of
 * length, lowest first, and the bytes. The vector's data are uint32_t, where each begins: a row group has
 * less than 4 GiB of lines and what is made of them. */
struct texts {
	char *ptr;
	size_t len, cap;
	size_t count, last_row;
	bool in_order; /* each was put into a higher row than the one before */
};
/* So many readable bytes stand in front of the first text. */
enum { TEXTS_START = 8 };

struct vectors {
	struct column_vector *columns; /* as many as the table has */
	size_t count;
	size_t item_bytes; /* memory of what is below lists */
	size_t text_bytes; /* of all texts; what a line says may be there many times over */
};
/* What is below lists may take so much; a row group that has passed it is to end. */
enum { VECTORS_ITEM_BYTES = 64 << 20, VECTORS_TEXT_BYTES = 256 << 20 };
void vectors_init(struct vectors *vectors, enum parquet_table table, size_t rows_max);
void vectors_release(struct vectors *vectors);
/* Every row up to `rows` is NULL again, the texts and items are gone. */
void vectors_clear(struct vectors *vectors, size_t rows);
/* The texts of a text vector. */
static inline const struct texts *vector_texts(const struct column_vector *vector)
{
	return vector->handle;
}

/* Writes into such vectors. */
extern const struct column_lender vectors_lender;
