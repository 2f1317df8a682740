#include "parquet/vectors.h"

#include "parquet/schema.h"

#include "base/mem.h"

#include <assert.h>
#include <endian.h>
#include <stdlib.h>

enum { LIST_ITEMS = 1024, TEXTS_KEPT = 1 << 20 };

static size_t cell_size(enum column_kind kind)
{
	switch (kind) {
	case COLUMN_BOOL:
		return sizeof(bool);
	case COLUMN_LIST:
		return sizeof(struct list_entry);
	case COLUMN_STRUCT:
		return 0;
	case COLUMN_TEXT:
	case COLUMN_JSON:
		return sizeof(uint32_t);
	case COLUMN_INT:
	case COLUMN_TIME:
	case COLUMN_DOUBLE:
		break;
	}
	return sizeof(int64_t);
}
_Static_assert(sizeof(double) == sizeof(int64_t), "cells of eight bytes");

static size_t validity_words(size_t rows)
{
	return (rows + 63) / 64;
}

/* Gives a vector room for `cap` rows; fresh ones are NULL. Members of a struct have its rows. Returns how
 * many bytes more that takes. */
static size_t make_room(struct column_vector *vector, size_t cap)
{
	const struct column_type *type = vector->type;
	size_t before = validity_words(vector->cap), after = validity_words(cap);
	size_t more = (cap - vector->cap) * cell_size(type->kind);
	if (type->kind != COLUMN_STRUCT)
		vector->data = mem_resize(vector->data, cap * cell_size(type->kind));
	vector->validity = mem_resize(vector->validity, after * sizeof *vector->validity);
	memset(vector->validity + before, 0, (after - before) * sizeof *vector->validity);
	vector->cap = cap;
	for (size_t i = 0; type->kind == COLUMN_STRUCT && i < type->child_count; i++)
		more += make_room(&vector->children[i], cap);
	return more;
}

static void free_room(struct column_vector *vector)
{
	free(vector->data);
	free(vector->validity);
	vector->data = vector->validity = NULL;
	vector->cap = vector->used = 0;
	for (size_t i = 0; i < vector->type->child_count; i++)
		free_room(&vector->children[i]);
}

/* What one row group needed much of, the next may not. */
static void clear_texts(struct texts *texts)
{
	if (texts->cap > TEXTS_KEPT && texts->len < texts->cap / 4) {
		free(texts->ptr);
		texts->ptr = NULL;
		texts->cap = 0;
	}
	texts->len = TEXTS_START;
	texts->count = 0;
	texts->in_order = true;
}

static void shape(struct vectors *vectors, struct column_vector *vector,
		  const struct column_type *type)
{
	*vector = (struct column_vector){ .type = type, .context = vectors };
	if (type->kind == COLUMN_TEXT || type->kind == COLUMN_JSON) {
		vector->handle = mem_zalloc(1, sizeof(struct texts));
		clear_texts(vector->handle);
	}
	vector->children = mem_zalloc(type->child_count, sizeof *vector->children);
	for (size_t i = 0; i < type->child_count; i++)
		shape(vectors, &vector->children[i], &type->children[i]);
}

static void unshape(struct column_vector *vector)
{
	struct texts *texts = vector->handle;
	if (texts)
		free(texts->ptr);
	free(texts);
	for (size_t i = 0; i < vector->type->child_count; i++)
		unshape(&vector->children[i]);
	free(vector->children);
}

static void clear(struct column_vector *vector, size_t rows)
{
	const struct column_type *type = vector->type;
	if (vector->cap > 0)
		memset(vector->validity, 0, validity_words(rows) * sizeof *vector->validity);
	if (vector->handle)
		clear_texts(vector->handle);
	for (size_t i = 0; i < type->child_count; i++) {
		struct column_vector *child = &vector->children[i];
		clear(child, type->kind == COLUMN_LIST ? child->used : rows);
		child->used = 0;
	}
}

void vectors_init(struct vectors *vectors, enum parquet_table table, size_t rows_max)
{
	const struct post_column *columns = columns_of(table, &vectors->count);
	vectors->columns = mem_zalloc(vectors->count, sizeof *vectors->columns);
	vectors->item_bytes = vectors->text_bytes = 0;
	for (size_t i = 0; i < vectors->count; i++) {
		shape(vectors, &vectors->columns[i], &columns[i].type);
		make_room(&vectors->columns[i], rows_max);
	}
}

void vectors_release(struct vectors *vectors)
{
	for (size_t i = 0; i < vectors->count; i++) {
		free_room(&vectors->columns[i]);
		unshape(&vectors->columns[i]);
	}
	free(vectors->columns);
	*vectors = (struct vectors){ 0 };
}

void vectors_clear(struct vectors *vectors, size_t rows)
{
	bool much = vectors->item_bytes > VECTORS_ITEM_BYTES;
	vectors->text_bytes = 0;
	for (size_t i = 0; i < vectors->count; i++) {
		clear(&vectors->columns[i], rows);
		if (much && vectors->columns[i].type->kind == COLUMN_LIST)
			free_room(&vectors->columns[i].children[0]);
	}
	if (much)
		vectors->item_bytes = 0;
}

/* --- lending ------------------------------------------------------------------------------------------ */

static void texts_reserve(struct texts *texts, size_t more)
{
	if (texts->cap - texts->len >= more && texts->ptr)
		return;
	texts->cap = 2 * texts->cap > texts->len + more ? 2 * texts->cap : texts->len + more + 1024;
	texts->ptr = mem_resize(texts->ptr, texts->cap);
	memset(texts->ptr, 0, TEXTS_START);
}

/* Most texts are ids, names and times: copied without a call from 4 to 32 bytes. */
static void copy_short(char *to, const char *from, size_t len)
{
	uint64_t words[4];
	if (len < 4 || len > 32) {
		memcpy(to, from, len);
	} else if (len < 8) {
		uint32_t first, last;
		memcpy(&first, from, 4);
		memcpy(&last, from + len - 4, 4);
		memcpy(to, &first, 4);
		memcpy(to + len - 4, &last, 4);
	} else if (len <= 16) {
		memcpy(words, from, 8);
		memcpy(words + 1, from + len - 8, 8);
		memcpy(to, words, 8);
		memcpy(to + len - 8, words + 1, 8);
	} else {
		memcpy(words, from, 16);
		memcpy(words + 2, from + len - 16, 16);
		memcpy(to, words, 16);
		memcpy(to + len - 16, words + 2, 16);
	}
}

static void put_text(struct column_vector *vector, size_t row, struct str text)
{
	struct texts *texts = vector->handle;
	uint32_t len = htole32((uint32_t)text.len);
	assert(text.len <= INT32_MAX && texts->len <= UINT32_MAX);
	texts_reserve(texts, sizeof len + text.len);
	((uint32_t *)vector->data)[row] = (uint32_t)texts->len;
	memcpy(texts->ptr + texts->len, &len, sizeof len);
	copy_short(texts->ptr + texts->len + sizeof len, text.ptr, text.len);
	texts->len += sizeof len + text.len;
	texts->in_order &= texts->count == 0 || row > texts->last_row;
	texts->last_row = row;
	texts->count++;
	((struct vectors *)vector->context)->text_bytes += text.len;
}

static void grow(struct column_vector *list, size_t cap)
{
	struct vectors *vectors = list->context;
	vectors->item_bytes += make_room(&list->children[0], cap < LIST_ITEMS ? LIST_ITEMS : cap);
}

const struct column_lender vectors_lender = { .put_text = put_text, .grow = grow };
