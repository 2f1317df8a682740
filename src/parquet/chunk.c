/* Columns are walked depth first beside their vectors, as the schema's leaves stand. A column that is NULL
 * in every row, which most are, is three runs of one number for each leaf below it, whatever it holds. */
#include "parquet/chunk.h"

#include "base/mem.h"
#include "parquet/thrift.h"
#include "parquet/values.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

enum { ZSTD_LEVEL = 1 };

/* parquet.thrift */
enum { PAGE_TYPE = 1, PAGE_UNCOMPRESSED, PAGE_COMPRESSED, PAGE_DATA = 5, PAGE_DICTIONARY = 7 };
enum { TYPE_DATA_PAGE = 0, TYPE_DICTIONARY_PAGE = 2 };
enum { PAGE_VALUES = 1, PAGE_ENCODING, PAGE_DEF_ENCODING, PAGE_REP_ENCODING };
enum { ENCODING_PLAIN = 0, ENCODING_RLE = 3, ENCODING_RLE_DICTIONARY = 8 };

void encoder_init(struct encoder *encoder, enum parquet_table table)
{
	*encoder = (struct encoder){ .schema = schema_of(table) };
	encoder->zstd = ZSTD_createCCtx();
	assert(encoder->zstd);
	encoder->chunks = mem_zalloc(encoder->schema->leaf_count, sizeof *encoder->chunks);
	encoder->levels = mem_zalloc(2 * LEAF_DEPTH_MAX, sizeof *encoder->levels);
}

void encoder_release(struct encoder *encoder)
{
	struct buf *bufs[] = { &encoder->body, &encoder->packed, &encoder->header, &encoder->cells,
			       &encoder->out };
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		buf_release(bufs[i]);
	for (size_t i = 0; encoder->levels && i < 2 * LEAF_DEPTH_MAX; i++)
		levels_release(&encoder->levels[i]);
	dictionary_release(&encoder->dictionary);
	ZSTD_freeCCtx(encoder->zstd);
	free(encoder->levels);
	free(encoder->chunks);
	free(encoder->items);
}

/* --- pages -------------------------------------------------------------------------------------------- */

static void add_header(struct encoder *encoder, bool is_dictionary, size_t values, int encoding,
		       size_t uncompressed)
{
	struct thrift thrift = thrift_begin(&encoder->header);
	buf_reset(&encoder->header);
	thrift_i32(&thrift, PAGE_TYPE, is_dictionary ? TYPE_DICTIONARY_PAGE : TYPE_DATA_PAGE);
	thrift_i32(&thrift, PAGE_UNCOMPRESSED, (int32_t)uncompressed);
	thrift_i32(&thrift, PAGE_COMPRESSED, (int32_t)encoder->packed.len);
	thrift_struct(&thrift, is_dictionary ? PAGE_DICTIONARY : PAGE_DATA);
	thrift_i32(&thrift, PAGE_VALUES, (int32_t)values);
	thrift_i32(&thrift, PAGE_ENCODING, encoding);
	if (!is_dictionary) {
		thrift_i32(&thrift, PAGE_DEF_ENCODING, ENCODING_RLE);
		thrift_i32(&thrift, PAGE_REP_ENCODING, ENCODING_RLE);
	}
	thrift_end(&thrift);
	buf_add_byte(&encoder->header, 0);
}

static enum err_kind add_page(struct encoder *encoder, struct chunk *chunk, const struct buf *body,
			      bool is_dictionary, size_t values, struct err *err)
{
	int encoding = is_dictionary || !chunk->has_dictionary ? ENCODING_PLAIN :
								 ENCODING_RLE_DICTIONARY;
	struct buf *packed = &encoder->packed;
	size_t bound = ZSTD_compressBound(body->len);
	if (bound > INT32_MAX || values > INT32_MAX)
		return err_set(err, ERR_FATAL,
			       "a page of %zu bytes and %zu values is more than Parquet can hold",
			       body->len, values);
	buf_reset(packed);
	buf_reserve(packed, bound);
	packed->len = ZSTD_compressCCtx(encoder->zstd, packed->ptr, bound, body->ptr, body->len,
					ZSTD_LEVEL);
	assert(!ZSTD_isError(packed->len));
	add_header(encoder, is_dictionary, values, encoding, body->len);
	*(is_dictionary ? &chunk->dictionary_at : &chunk->data_at) = encoder->out.len;
	buf_add_str(&encoder->out, buf_str(&encoder->header));
	buf_add_str(&encoder->out, buf_str(packed));
	chunk->compressed += encoder->header.len + packed->len;
	chunk->uncompressed += encoder->header.len + body->len;
	return ERR_NONE;
}

static struct chunk *next_chunk(struct encoder *encoder, const struct leaf **ret_leaf)
{
	struct chunk *chunk = &encoder->chunks[encoder->next_leaf];
	*ret_leaf = &encoder->schema->leaves[encoder->next_leaf++];
	*chunk = (struct chunk){ 0 };
	buf_reset(&encoder->body);
	return chunk;
}

/* The levels are in `body` already. */
static enum err_kind add_values(struct encoder *encoder, struct chunk *chunk,
				const struct values *values, struct err *err)
{
	chunk->nulls = chunk->entries - values->count;
	chunk->has_dictionary = values_try_dictionary(encoder, values, chunk);
	if (chunk->has_dictionary) {
		TRY(add_page(encoder, chunk, &encoder->cells, true, encoder->dictionary.count,
			     err));
		values_add_indices(encoder);
	} else {
		values_add_plain(encoder, values, chunk);
	}
	return add_page(encoder, chunk, &encoder->body, false, chunk->entries, err);
}

/* --- columns ------------------------------------------------------------------------------------------ */

/* All of a column that has no value in any row. */
static enum err_kind add_nothing(struct encoder *encoder, const struct column_type *type,
				 size_t rows, struct err *err)
{
	for (size_t i = 0; i < type->child_count; i++)
		TRY(add_nothing(encoder, &type->children[i], rows, err));
	if (type->child_count > 0)
		return ERR_NONE;
	const struct leaf *leaf;
	struct chunk *chunk = next_chunk(encoder, &leaf);
	chunk->entries = chunk->nulls = rows;
	if (leaf->rep_max > 0)
		levels_add_zeros(&encoder->body, rows);
	levels_add_zeros(&encoder->body, rows);
	return add_page(encoder, chunk, &encoder->body, false, rows, err);
}

/* A column without lists or structs: its validity is its definition levels. */
static enum err_kind add_flat(struct encoder *encoder, const struct column_vector *vector,
			      size_t rows, size_t valid, struct err *err)
{
	const struct leaf *leaf;
	struct chunk *chunk = next_chunk(encoder, &leaf);
	struct values values = { .vector = vector, .count = valid };
	chunk->entries = rows;
	levels_add_bits(&encoder->body, vector->validity, rows, valid == rows);
	if (valid < rows) {
		MEM_GROW(encoder->items, encoder->item_cap, valid);
		size_t items = 0;
		for (size_t word = 0; word * 64 < rows; word++) {
			for (uint64_t bits = vector->validity[word]; bits; bits &= bits - 1)
				encoder->items[items++] =
					(uint32_t)(word * 64 + (size_t)__builtin_ctzll(bits));
		}
		values.items = encoder->items;
	}
	return add_values(encoder, chunk, &values, err);
}

static enum err_kind add_nested(struct encoder *encoder, const struct column_vector *vector,
				struct levels *here, struct err *err);

static enum err_kind add_leaf(struct encoder *encoder, const struct column_vector *vector,
			      const struct levels *here, struct err *err)
{
	const struct leaf *leaf;
	struct chunk *chunk = next_chunk(encoder, &leaf);
	struct values values = { .vector = vector, .items = here->item, .count = here->item_count };
	chunk->entries = here->count;
	if (leaf->rep_max > 0)
		levels_add(&encoder->body, here->rep, here->count, leaf->rep_max);
	levels_add(&encoder->body, here->def, here->count, leaf->def_max);
	return add_values(encoder, chunk, &values, err);
}

/* `here` are the entries whose items are not NULL; the levels behind it are free. */
static enum err_kind add_nested(struct encoder *encoder, const struct column_vector *vector,
				struct levels *here, struct err *err)
{
	const struct column_type *type = vector->type;
	const struct levels *from = here;
	if (type->child_count == 0)
		return add_leaf(encoder, vector, here, err);
	if (type->kind == COLUMN_LIST) {
		levels_list(here + 1, here, vector->data);
		from = ++here;
	}
	for (size_t i = 0; i < type->child_count; i++) {
		const struct column_vector *child = &vector->children[i];
		levels_optional(here + 1, from, child->validity);
		TRY(add_nested(encoder, child, here + 1, err));
	}
	return ERR_NONE;
}

static size_t count_valid(const uint64_t *validity, size_t rows)
{
	size_t count = 0;
	for (size_t word = 0; word * 64 < rows; word++)
		count += (size_t)__builtin_popcountll(validity[word]);
	return count;
}

enum err_kind encoder_run(struct encoder *encoder, const struct vectors *vectors, size_t rows,
			  struct err *err)
{
	buf_reset(&encoder->out);
	encoder->next_leaf = 0;
	for (size_t i = 0; i < vectors->count; i++) {
		const struct column_vector *vector = &vectors->columns[i];
		size_t valid = count_valid(vector->validity, rows);
		if (valid == 0) {
			TRY(add_nothing(encoder, vector->type, rows, err));
		} else if (vector->type->child_count == 0) {
			TRY(add_flat(encoder, vector, rows, valid, err));
		} else {
			levels_of_rows(&encoder->levels[0], vector->validity, rows);
			TRY(add_nested(encoder, vector, &encoder->levels[0], err));
		}
	}
	return ERR_NONE;
}
