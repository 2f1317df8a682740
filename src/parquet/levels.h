/* Inside parquet/: definition and repetition levels (Melnik et al., "Dremel", 2010).
 *
 * Entries are what a column has one of for each row, or for each item of the innermost list around it; a
 * row whose list is NULL or empty has one entry, too. Some entries still have an item, a row of the column
 * vector at hand; the others have ended above, and their definition level says where.
 *
 *     rows       ["a", null], [], null, ["b"]
 *     def, rep     3,0  2,1   1,0  0,0   3,0     of hashtags.list.element
 *     items        0    1                 2      before elements that are NULL are taken out          */
#pragma once
#include "post/post.h"

struct levels {
	size_t count; /* entries */
	uint8_t *def, *rep;
	size_t entry_cap;
	size_t item_count; /* ascending in both: */
	uint32_t *at;      /* which entry has an item */
	uint32_t *item;    /* and which */
	size_t item_cap;
	uint8_t lists; /* around the column */
};
void levels_release(struct levels *levels);

/* A column's rows: entries that are not NULL have items. */
void levels_of_rows(struct levels *ret, const uint64_t *validity, size_t rows);
/* One step down: items that are NULL end here. */
void levels_optional(struct levels *ret, const struct levels *from, const uint64_t *validity);
/* Items that are lists become entries of their own; empty lists end here. */
void levels_list(struct levels *ret, const struct levels *from, const struct list_entry *lists);

/* The RLE/bit-packing hybrid (Encodings.md of parquet-format), with its length in four bytes in front.
 * Levels are at most `max`. */
void levels_add(struct buf *out, const uint8_t *levels, size_t count, uint8_t max);
/* The same for levels of 1 (NULL is 0) that are there as bits; `count` > 0, bits behind it are 0. */
void levels_add_bits(struct buf *out, const uint64_t *bits, size_t count, bool all_set);
/* The same for `count` levels of 0. */
void levels_add_zeros(struct buf *out, size_t count);
/* Without the length: numbers of `width` bits, at most 32. */
void indices_add(struct buf *out, const uint32_t *indices, size_t count, int width);
/* The PLAIN encoding of booleans. */
void bools_add(struct buf *out, const uint8_t *bools, size_t count);
