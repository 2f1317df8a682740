/* A dictionary where values repeat, PLAIN otherwise. The smallest and largest value are told where a
 * reader can skip by them: for numbers, times and short texts (ids); in a dictionary they cost nothing. */
#include "parquet/values.h"

#include <endian.h>
#include <math.h>

enum { RANGE_TEXT_MEAN = 32 };

static size_t row_of(const struct values *values, size_t at)
{
	return values->items ? values->items[at] : at;
}

/* --- ranges ------------------------------------------------------------------------------------------- */

static void set_statistic(struct statistic *statistic, const void *bytes, size_t len)
{
	statistic->len = (uint8_t)len;
	memcpy(statistic->bytes, bytes, len);
}

static void set_bits(struct statistic *statistic, uint64_t bits)
{
	bits = htole64(bits);
	set_statistic(statistic, &bits, sizeof bits);
}

static void range_of_ints(const uint64_t *cells, size_t count, struct chunk *chunk)
{
	int64_t min = (int64_t)cells[0], max = min;
	for (size_t i = 1; i < count; i++) {
		int64_t value = (int64_t)cells[i];
		min = value < min ? value : min;
		max = value > max ? value : max;
	}
	set_bits(&chunk->min, (uint64_t)min);
	set_bits(&chunk->max, (uint64_t)max);
	chunk->has_range = true;
}

/* parquet.thrift: a minimum of 0 is written as -0, a maximum of -0 as 0. There are no NaNs. */
static void range_of_doubles(const uint64_t *cells, size_t count, struct chunk *chunk)
{
	double min = INFINITY, max = -INFINITY;
	for (size_t i = 0; i < count; i++) {
		double value;
		memcpy(&value, &cells[i], sizeof value);
		min = value < min ? value : min;
		max = value > max ? value : max;
	}
	min = min == 0 ? -0.0 : min;
	max = max == 0 ? 0.0 : max;
	uint64_t bits;
	memcpy(&bits, &min, sizeof bits);
	set_bits(&chunk->min, bits);
	memcpy(&bits, &max, sizeof bits);
	set_bits(&chunk->max, bits);
	chunk->has_range = true;
}

static bool is_less(struct str a, struct str b)
{
	int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);
	return order ? order < 0 : a.len < b.len;
}

struct text_range {
	struct str min, max;
	bool begun;
};

static void range_add(struct text_range *range, struct str text)
{
	if (!range->begun) {
		*range = (struct text_range){ .min = text, .max = text, .begun = true };
		return;
	}
	if (is_less(range->max, text))
		range->max = text;
	else if (is_less(text, range->min))
		range->min = text;
}

static void range_end(const struct text_range *range, struct chunk *chunk)
{
	if (!range->begun || range->min.len > STATISTIC_MAX || range->max.len > STATISTIC_MAX)
		return;
	set_statistic(&chunk->min, range->min.ptr, range->min.len);
	set_statistic(&chunk->max, range->max.ptr, range->max.len);
	chunk->has_range = true;
}

static void range_of_cells(enum column_kind kind, const uint64_t *cells, size_t count,
			   struct chunk *chunk)
{
	if (kind == COLUMN_DOUBLE)
		range_of_doubles(cells, count, chunk);
	else
		range_of_ints(cells, count, chunk);
}

/* --- dictionaries ------------------------------------------------------------------------------------- */

static bool is_text(const struct values *values)
{
	return physical_type(values->vector->type->kind) == TYPE_BYTE_ARRAY;
}

static void add_cell(struct buf *out, uint64_t bits)
{
	bits = htole64(bits);
	buf_add(out, &bits, sizeof bits);
}

static bool try_cells(struct encoder *encoder, const struct values *values, struct chunk *chunk)
{
	struct dictionary *dictionary = &encoder->dictionary;
	const uint64_t *cells = values->vector->data;
	for (size_t i = 0; i < values->count; i++) {
		if (!dictionary_add_bits(dictionary, cells[row_of(values, i)]))
			return false;
	}
	if (dictionary->count > values->count / 4 * 3 && dictionary->count > 8)
		return false;
	buf_reset(&encoder->cells);
	for (size_t i = 0; i < dictionary->count; i++)
		add_cell(&encoder->cells, dictionary->values[i].bits);
	range_of_cells(values->vector->type->kind, &dictionary->values[0].bits, dictionary->count,
		       chunk);
	return true;
}

static bool try_texts(struct encoder *encoder, const struct values *values, struct chunk *chunk)
{
	struct dictionary *dictionary = &encoder->dictionary;
	const uint32_t *starts = values->vector->data;
	const char *texts = vector_texts(values->vector)->ptr;
	struct text_range range = { 0 };
	for (size_t i = 0; i < values->count; i++) {
		if (!dictionary_add_text(dictionary, texts + starts[row_of(values, i)]))
			return false;
	}
	if (dictionary->count > values->count / 4 * 3)
		return false;
	buf_reset(&encoder->cells);
	for (size_t i = 0; i < dictionary->count; i++) {
		struct str text = text_at(dictionary->values[i].text);
		buf_add(&encoder->cells, dictionary->values[i].text, text.len + 4);
		range_add(&range, text);
	}
	range_end(&range, chunk);
	return true;
}

bool values_try_dictionary(struct encoder *encoder, const struct values *values,
			   struct chunk *chunk)
{
	if (values->vector->type->kind == COLUMN_BOOL || values->count == 0)
		return false;
	dictionary_begin(&encoder->dictionary, values->count);
	return is_text(values) ? try_texts(encoder, values, chunk) :
				 try_cells(encoder, values, chunk);
}

void values_add_indices(struct encoder *encoder)
{
	const struct dictionary *dictionary = &encoder->dictionary;
	int width = 1;
	while (((dictionary->count - 1) >> width) > 0)
		width++;
	buf_add_byte(&encoder->body, (char)width);
	indices_add(&encoder->body, dictionary->indices, dictionary->added, width);
}

/* --- PLAIN -------------------------------------------------------------------------------------------- */

static void add_bools(struct encoder *encoder, const struct values *values, struct chunk *chunk)
{
	const uint8_t *cells = values->vector->data;
	uint8_t any = 0, all = 1;
	buf_reset(&encoder->cells);
	buf_reserve(&encoder->cells, values->count);
	uint8_t *bools = (uint8_t *)encoder->cells.ptr;
	for (size_t i = 0; i < values->count; i++) {
		bools[i] = cells[row_of(values, i)];
		any |= bools[i];
		all &= bools[i];
	}
	bools_add(&encoder->body, bools, values->count);
	set_statistic(&chunk->min, &all, 1);
	set_statistic(&chunk->max, &any, 1);
	chunk->has_range = true;
}

static void add_cells(struct encoder *encoder, const struct values *values, struct chunk *chunk)
{
	const uint64_t *cells = values->vector->data;
	struct buf *gathered = &encoder->cells;
	if (values->items) {
		buf_reset(gathered);
		buf_reserve(gathered, values->count * sizeof *cells);
		uint64_t *to = (uint64_t *)(void *)gathered->ptr;
		for (size_t i = 0; i < values->count; i++)
			to[i] = cells[values->items[i]];
		cells = to;
	}
	range_of_cells(values->vector->type->kind, cells, values->count, chunk);
	if (BYTE_ORDER == LITTLE_ENDIAN) {
		buf_add(&encoder->body, cells, values->count * sizeof *cells);
		return;
	}
	for (size_t i = 0; i < values->count; i++)
		add_cell(&encoder->body, cells[i]);
}

static void add_texts(struct encoder *encoder, const struct values *values, struct chunk *chunk)
{
	const struct texts *texts = vector_texts(values->vector);
	const uint32_t *starts = values->vector->data;
	struct text_range range = { 0 };
	if (texts->in_order && texts->count == values->count) {
		buf_add(&encoder->body, texts->ptr + TEXTS_START, texts->len - TEXTS_START);
	} else {
		for (size_t i = 0; i < values->count; i++) {
			const char *text = texts->ptr + starts[row_of(values, i)];
			buf_add(&encoder->body, text, text_at(text).len + 4);
		}
	}
	if (texts->len / (texts->count + 1) > RANGE_TEXT_MEAN)
		return;
	for (size_t i = 0; i < values->count; i++)
		range_add(&range, text_at(texts->ptr + starts[row_of(values, i)]));
	range_end(&range, chunk);
}

void values_add_plain(struct encoder *encoder, const struct values *values, struct chunk *chunk)
{
	if (values->count == 0)
		return;
	if (values->vector->type->kind == COLUMN_BOOL)
		add_bools(encoder, values, chunk);
	else if (is_text(values))
		add_texts(encoder, values, chunk);
	else
		add_cells(encoder, values, chunk);
}
