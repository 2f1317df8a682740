/* Column vectors in plain memory, for the tests of this room: a struct column_lender that is as strict
 * as it can be (exact sizes, poisoned memory, checked text), and columns shown as JSON values. */
#pragma once
#include "base/test.h"

#include "base/arena.h"
#include "base/mem.h"
#include "post/columns.h"

#include <stdlib.h>

struct table {
	struct post_reader *reader;
	const struct post_column *columns;
	size_t column_count, row_cap;
	struct column_vector *vectors;
	struct arena texts;
};

#define TABLE_STREAM "11111111-2222-4333-8444-555555555555"

/* --- the lender ----------------------------------------------------------------------------------- */

static inline size_t vector_width(enum column_kind kind)
{
	switch (kind) {
	case COLUMN_TEXT:
	case COLUMN_JSON:
		return sizeof(struct str);
	case COLUMN_BOOL:
		return sizeof(bool);
	case COLUMN_INT:
	case COLUMN_TIME:
	case COLUMN_DOUBLE:
		return 8;
	case COLUMN_LIST:
		return sizeof(struct list_entry);
	case COLUMN_STRUCT:
		return 0;
	}
	return 0;
}

static inline size_t vector_words(size_t cap)
{
	return (cap + 63) / 64;
}

/* Exactly `cap` rows, so that a write beyond them is seen. */
static inline void vector_resize(struct column_vector *vector, size_t cap)
{
	size_t width = vector_width(vector->type->kind), old = vector->cap;
	assert_true(cap >= old);
	if (cap > old) {
		vector->data = realloc(vector->data, cap * width + 1);
		vector->validity = realloc(vector->validity, vector_words(cap) * 8);
		assert_true(vector->data && vector->validity);
		memset((char *)vector->data + old * width, 0xa5, (cap - old) * width);
		memset(vector->validity + vector_words(old), 0,
		       (vector_words(cap) - vector_words(old)) * 8);
	}
	vector->cap = cap;
	for (size_t i = 0; vector->type->kind == COLUMN_STRUCT && i < vector->type->child_count;
	     i++)
		vector_resize(&vector->children[i], cap);
}

static inline void vector_init(struct column_vector *vector, const struct column_type *type,
			       void *handle)
{
	*vector = (struct column_vector){ .type = type, .handle = handle };
	if (type->child_count > 0)
		vector->children = mem_zalloc(type->child_count, sizeof *vector->children);
	for (size_t i = 0; i < type->child_count; i++)
		vector_init(&vector->children[i], &type->children[i], handle);
}

static inline void vector_release(struct column_vector *vector)
{
	for (size_t i = 0; i < vector->type->child_count; i++)
		vector_release(&vector->children[i]);
	free(vector->children);
	free(vector->data);
	free(vector->validity);
}

static inline void vector_reset(struct column_vector *vector)
{
	vector->used = 0;
	if (vector->cap > 0) {
		memset(vector->data, 0xa5, vector->cap * vector_width(vector->type->kind));
		memset(vector->validity, 0, vector_words(vector->cap) * 8);
	}
	for (size_t i = 0; i < vector->type->child_count; i++)
		vector_reset(&vector->children[i]);
}

static inline bool vector_has(const struct column_vector *vector, size_t row)
{
	assert_true(row < vector->cap);
	return vector->validity[row / 64] >> row % 64 & 1;
}

static inline bool is_utf8(struct str text)
{
	const unsigned char *at = (const unsigned char *)text.ptr, *end = at + text.len;
	while (at < end) {
		size_t more = *at < 0x80 ? 0 : *at >= 0xf0 ? 3 : *at >= 0xe0 ? 2 : 1;
		if ((more > 0 && *at < 0xc2) || *at > 0xf4 || (size_t)(end - at) <= more)
			return false;
		unsigned code = more == 0 ? *at : *at & (0x3fu >> more);
		for (size_t i = 1; i <= more; i++) {
			if ((at[i] & 0xc0) != 0x80)
				return false;
			code = code << 6 | (at[i] & 0x3f);
		}
		if ((more == 2 && code < 0x800) || (more == 3 && code < 0x10000) ||
		    code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			return false;
		at += more + 1;
	}
	return true;
}

static inline void lend_put_text(struct column_vector *vector, size_t row, struct str text)
{
	struct table *table = vector->handle;
	enum column_kind kind = vector->type->kind;
	assert_true(kind == COLUMN_TEXT || kind == COLUMN_JSON);
	assert_true(row < vector->cap);
	assert_non_null(text.ptr);
	assert_true(is_utf8(text));
	((struct str *)vector->data)[row] = str_make(arena_strdup(&table->texts, text), text.len);
}

static inline void lend_grow(struct column_vector *list, size_t cap)
{
	assert_int_equal(list->type->kind, COLUMN_LIST);
	assert_true(cap > list->children[0].cap);
	vector_resize(&list->children[0], cap);
}

static const struct column_lender table_lender = { .put_text = lend_put_text, .grow = lend_grow };

/* --- tables --------------------------------------------------------------------------------------- */

static inline struct table *table_new(size_t row_cap)
{
	struct table *table = mem_zalloc(1, sizeof *table);
	table->reader = post_reader_new(TABLE_STREAM, &table_lender);
	table->columns = post_columns(&table->column_count);
	table->row_cap = row_cap;
	table->vectors = mem_zalloc(table->column_count, sizeof *table->vectors);
	for (size_t i = 0; i < table->column_count; i++) {
		vector_init(&table->vectors[i], &table->columns[i].type, table);
		vector_resize(&table->vectors[i], row_cap);
	}
	return table;
}

static inline void table_reset(struct table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		vector_reset(&table->vectors[i]);
	arena_reset(&table->texts);
}

static inline void table_free(struct table *table)
{
	for (size_t i = 0; i < table->column_count; i++)
		vector_release(&table->vectors[i]);
	free(table->vectors);
	post_reader_free(table->reader);
	arena_release(&table->texts);
	free(table);
}

static inline bool table_row_is_null(const struct table *table, size_t row)
{
	for (size_t i = 0; i < table->column_count; i++) {
		if (vector_has(&table->vectors[i], row))
			return false;
	}
	return true;
}

/* STR_NONE where the text column is NULL. */
static inline struct str table_text(const struct table *table, const char *name, size_t row)
{
	const struct column_vector *vector = &table->vectors[column_named(name)];
	return vector_has(vector, row) ? ((struct str *)vector->data)[row] : STR_NONE;
}

/* --- JSON in tests -------------------------------------------------------------------------------- */

static inline int surrogate_at(struct str text, size_t at)
{
	char digits[5] = { 0 };
	if (text.len - at < 6 || text.ptr[at] != '\\' || text.ptr[at + 1] != 'u')
		return 0;
	memcpy(digits, text.ptr + at + 2, 4);
	long unit = strtol(digits, NULL, 16);
	return unit >= 0xd800 && unit <= 0xdfff ? (int)unit : 0;
}

/* Text in which a lone surrogate escape \uDxxx is the character U+10Dxxx, which nothing here uses: so
 * that any reader takes it, and two of them are still told apart. */
static inline void mark_surrogates(struct str text, struct buf *ret)
{
	for (size_t at = 0; at < text.len;) {
		int unit = surrogate_at(text, at);
		int low = unit && unit < 0xdc00 ? surrogate_at(text, at + 6) : 0;
		if (low >= 0xdc00) {
			buf_add(ret, text.ptr + at, 12);
			at += 12;
		} else if (unit) {
			char marked[] = { '\xf4', (char)(0x80 | (unit >> 12 & 0x0f)),
					  (char)(0x80 | (unit >> 6 & 0x3f)),
					  (char)(0x80 | (unit & 0x3f)) };
			buf_add(ret, marked, sizeof marked);
			at += 6;
		} else {
			size_t len = text.ptr[at] == '\\' && at + 1 < text.len ? 2 : 1;
			buf_add(ret, text.ptr + at, len);
			at += len;
		}
	}
}

static inline void object_put(yyjson_mut_doc *doc, yyjson_mut_val *object, struct str name,
			      yyjson_mut_val *val)
{
	assert_true(yyjson_mut_obj_put(object, yyjson_mut_strncpy(doc, name.ptr, name.len), val));
}

/* A copy with the last of repeated members, numbers as they are spelled. */
static inline yyjson_mut_val *load_value(yyjson_mut_doc *doc, yyjson_val *val)
{
	size_t at, max;
	yyjson_val *key, *item;
	if (yyjson_is_arr(val)) {
		yyjson_mut_val *array = yyjson_mut_arr(doc);
		yyjson_arr_foreach(val, at, max, item)
			yyjson_mut_arr_append(array, load_value(doc, item));
		return array;
	}
	if (yyjson_is_obj(val)) {
		yyjson_mut_val *object = yyjson_mut_obj(doc);
		yyjson_obj_foreach(val, at, max, key, item)
			object_put(doc, object, json_text(key), load_value(doc, item));
		return object;
	}
	return yyjson_val_mut_copy(doc, val);
}

/* NULL when the text is not JSON. */
static inline yyjson_doc *read_marked(struct str text)
{
	struct buf marked = { 0 };
	mark_surrogates(text, &marked);
	yyjson_doc *doc = yyjson_read(buf_text(&marked), marked.len, YYJSON_READ_NUMBER_AS_RAW);
	buf_release(&marked);
	return doc;
}

static inline yyjson_mut_val *load_text(yyjson_mut_doc *doc, struct str text)
{
	yyjson_doc *read = read_marked(text);
	if (!read)
		fail_msg("not JSON: %.*s", STR_ARG(text));
	yyjson_mut_val *val = load_value(doc, yyjson_doc_get_root(read));
	yyjson_doc_free(read);
	return val;
}

/* --- columns as JSON ------------------------------------------------------------------------------ */

static inline yyjson_mut_val *show(yyjson_mut_doc *doc, const struct column_vector *vector,
				   size_t row);

static inline yyjson_mut_val *show_list(yyjson_mut_doc *doc, const struct column_vector *vector,
					size_t row)
{
	struct list_entry entry = ((struct list_entry *)vector->data)[row];
	yyjson_mut_val *array = yyjson_mut_arr(doc);
	assert_true(entry.offset + entry.len <= vector->children[0].used);
	for (size_t i = 0; i < entry.len; i++) {
		yyjson_mut_val *item = show(doc, &vector->children[0], entry.offset + i);
		yyjson_mut_arr_append(array, item ? item : yyjson_mut_null(doc));
	}
	return array;
}

static inline yyjson_mut_val *show_struct(yyjson_mut_doc *doc, const struct column_vector *vector,
					  size_t row)
{
	yyjson_mut_val *object = yyjson_mut_obj(doc);
	for (size_t i = 0; i < vector->type->child_count; i++) {
		yyjson_mut_val *val = show(doc, &vector->children[i], row);
		if (val)
			object_put(doc, object, vector->type->children[i].name, val);
	}
	return object;
}

/* What a vector gives back; NULL for NULL. */
static inline yyjson_mut_val *show(yyjson_mut_doc *doc, const struct column_vector *vector,
				   size_t row)
{
	char text[TIME_TEXT_MAX];
	if (!vector_has(vector, row))
		return NULL;
	struct str *texts = vector->data;
	int64_t *numbers = vector->data;
	switch (vector->type->kind) {
	case COLUMN_TEXT:
		return yyjson_mut_strncpy(doc, texts[row].ptr, texts[row].len);
	case COLUMN_BOOL:
		return yyjson_mut_bool(doc, ((bool *)vector->data)[row]);
	case COLUMN_INT:
		snprintf(text, sizeof text, "%lld", (long long)numbers[row]);
		return yyjson_mut_rawcpy(doc, text);
	case COLUMN_DOUBLE:
		return yyjson_mut_real(doc, ((double *)vector->data)[row]);
	case COLUMN_TIME:
		return yyjson_mut_strcpy(doc, time_format(numbers[row], text));
	case COLUMN_JSON:
		return load_text(doc, texts[row]);
	case COLUMN_LIST:
		return show_list(doc, vector, row);
	case COLUMN_STRUCT:
		return show_struct(doc, vector, row);
	}
	return NULL;
}
