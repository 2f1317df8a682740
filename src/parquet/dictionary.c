/* Whether a dictionary pays is found out by trying: it is given up as soon as the values seen so far are
 * nearly all distinct, so that a column of ids costs a thousand look-ups, or when it gets too large, or
 * when values crowd in one place, as nobody but an attacker's do. */
#include "parquet/dictionary.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

enum { DISTINCT_MAX = 1 << 14, FIRST_LOOK = 1024, PROBES_MAX = 64 };

void dictionary_release(struct dictionary *dictionary)
{
	free(dictionary->slots);
	free(dictionary->values);
	free(dictionary->hashes);
	free(dictionary->indices);
	*dictionary = (struct dictionary){ 0 };
}

void dictionary_begin(struct dictionary *dictionary, size_t values)
{
	size_t distinct = values < DISTINCT_MAX ? values : DISTINCT_MAX, slots = 16;
	while (slots < 2 * distinct)
		slots *= 2;
	MEM_GROW(dictionary->slots, dictionary->slot_cap, slots);
	memset(dictionary->slots, 0, slots * sizeof *dictionary->slots);
	dictionary->slot_count = slots;
	if (distinct + 1 > dictionary->value_cap) {
		dictionary->value_cap = distinct + 1;
		dictionary->values =
			mem_resize(dictionary->values, (distinct + 1) * sizeof(union cell));
		dictionary->hashes =
			mem_resize(dictionary->hashes, (distinct + 1) * sizeof(uint32_t));
	}
	MEM_GROW(dictionary->indices, dictionary->index_cap, values);
	dictionary->count = dictionary->added = 0;
}

/* Whether one more distinct value is one too many. Looked at when their number is a power of two. */
static bool too_many(const struct dictionary *dictionary)
{
	size_t count = dictionary->count;
	if (count >= DISTINCT_MAX)
		return true;
	return count >= FIRST_LOOK && (count & (count - 1)) == 0 &&
	       count > dictionary->added / 16 * 15;
}

static bool add_value(struct dictionary *dictionary, size_t slot, union cell value, uint32_t hash)
{
	if (too_many(dictionary))
		return false;
	dictionary->values[dictionary->count] = value;
	dictionary->hashes[dictionary->count] = hash;
	dictionary->indices[dictionary->added++] = (uint32_t)dictionary->count;
	dictionary->slots[slot] = (uint32_t)++dictionary->count;
	return true;
}

bool dictionary_add_bits(struct dictionary *dictionary, uint64_t bits)
{
	uint64_t folded = bits ^
			  bits >> 32; /* doubles differ in their high bits, numbers in the low */
	uint32_t hash = (uint32_t)(folded * UINT64_C(0x9e3779b97f4a7c15) >> 32);
	size_t mask = dictionary->slot_count - 1, slot = hash & mask;
	for (int probe = 0; probe < PROBES_MAX; probe++, slot = (slot + 1) & mask) {
		uint32_t found = dictionary->slots[slot];
		if (!found)
			return add_value(dictionary, slot, (union cell){ .bits = bits }, hash);
		if (dictionary->values[found - 1].bits == bits) {
			dictionary->indices[dictionary->added++] = found - 1;
			return true;
		}
	}
	return false;
}

static uint64_t load8(const char *at)
{
	uint64_t bytes;
	memcpy(&bytes, at, sizeof bytes);
	return bytes;
}

static uint64_t mix(uint64_t hash, uint64_t bytes)
{
	hash = (hash ^ bytes) * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 29;
}

/* Short texts by their last eight bytes, which reach into what stands before them. */
static uint32_t hash_of(struct str text)
{
	uint64_t hash = text.len;
	const char *end = text.ptr + text.len;
	if (text.len > 32)
		hash = hash_xxh3(text);
	for (size_t i = 0; text.len <= 32 && i + 8 < text.len; i += 8)
		hash = mix(hash, load8(text.ptr + i));
	if (text.len >= 8)
		hash = mix(hash, load8(end - 8));
	else if (text.len > 0)
		hash = mix(hash, load8(end - 8) >> (64 - 8 * text.len));
	return (uint32_t)(hash >> 16);
}

bool dictionary_add_text(struct dictionary *dictionary, const char *text)
{
	struct str bytes = text_at(text);
	uint32_t hash = hash_of(bytes);
	size_t mask = dictionary->slot_count - 1, slot = hash & mask;
	for (int probe = 0; probe < PROBES_MAX; probe++, slot = (slot + 1) & mask) {
		uint32_t found = dictionary->slots[slot];
		if (!found)
			return add_value(dictionary, slot, (union cell){ .text = text }, hash);
		if (dictionary->hashes[found - 1] == hash &&
		    str_equal(text_at(dictionary->values[found - 1].text), bytes)) {
			dictionary->indices[dictionary->added++] = found - 1;
			return true;
		}
	}
	return false;
}
