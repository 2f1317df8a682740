/* Inside parquet/: the values of a column chunk in the encoding that suits them. */
#pragma once
#include "parquet/chunk.h"

/* The rows of a vector that have a value, in order. */
struct values {
	const struct column_vector *vector;
	const uint32_t *items; /* NULL: rows 0 … count - 1 */
	size_t count;
};
/* Tries a dictionary: true leaves the dictionary page in encoder->cells. */
bool values_try_dictionary(struct encoder *encoder, const struct values *values,
			   struct chunk *chunk);
/* The data page's part behind the levels, added to encoder->body. */
void values_add_indices(struct encoder *encoder);
void values_add_plain(struct encoder *encoder, const struct values *values, struct chunk *chunk);
