/* Inside parquet/: one column of a row group as bytes, a dictionary page perhaps and one data page. */
#pragma once
#include "parquet/dictionary.h"
#include "parquet/levels.h"
#include "parquet/schema.h"
#include "parquet/vectors.h"

enum { STATISTIC_MAX = 64 };

/* A column's smallest or largest value, in PLAIN encoding without a length. */
struct statistic {
	uint8_t len;
	char bytes[STATISTIC_MAX];
};

/* What the footer tells about it. */
struct chunk {
	size_t entries, nulls;
	bool has_dictionary, has_range;
	struct statistic min, max;
	size_t dictionary_at, data_at; /* in the row group's bytes */
	size_t uncompressed, compressed;
};

struct encoder {
	const struct schema *schema;
	void *zstd;
	struct levels *levels; /* for each step down */
	struct dictionary dictionary;
	struct buf body, packed, header; /* a page */
	struct buf cells;
	uint32_t *items; /* of the rows that have a value */
	size_t item_cap;
	struct buf out;       /* the row group's bytes */
	struct chunk *chunks; /* a leaf each */
	size_t next_leaf;
};
void encoder_init(struct encoder *encoder, enum parquet_table table);
void encoder_release(struct encoder *encoder);
/* Writes `rows` (more than none) rows of all columns to `out` and `chunks`. What Parquet cannot hold:
 * ERR_FATAL. */
MUST_CHECK enum err_kind encoder_run(struct encoder *encoder, const struct vectors *vectors,
				     size_t rows, struct err *err);
