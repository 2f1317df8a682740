/* Inside parquet/: the distinct values of a column chunk, as long as they are few. */
#pragma once
#include "base/str.h"
#include <endian.h>

struct dictionary {
	uint32_t *slots; /* open addressing: 1 + number of a value */
	size_t slot_count, slot_cap;
	union cell {
		uint64_t bits;
		const char *text; /* its four bytes of length */
	} * values;
	uint32_t *hashes;
	size_t count, value_cap;
	uint32_t *indices; /* one a value that was added */
	size_t added, index_cap;
};
void dictionary_release(struct dictionary *dictionary);

/* Empties it for a chunk of `values` values. */
void dictionary_begin(struct dictionary *dictionary, size_t values);
/* False: there are too many distinct ones to be worth it; the dictionary is of no more use. */
bool dictionary_add_bits(struct dictionary *dictionary, uint64_t bits);
/* A text with its four bytes of length in front, and eight readable bytes before those. */
bool dictionary_add_text(struct dictionary *dictionary, const char *text);

static inline struct str text_at(const char *text)
{
	uint32_t len;
	memcpy(&len, text, sizeof len);
	return str_make(text + sizeof len, le32toh(len));
}
