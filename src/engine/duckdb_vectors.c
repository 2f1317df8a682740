/* post/ writes rows into struct column_vector; here those are made to point into the chunk DuckDB wants
 * filled: plain values are stored by post/ itself, text and growth of lists come back through the
 * lender's two functions. */
#include "engine/duckdb_vectors.h"

#include "base/mem.h"

#include <stdlib.h>

/* --- text -------------------------------------------------------------------------------------------- */

struct text_block {
	struct text_block *next;
	size_t cap;
	char bytes[];
};
enum { TEXT_BLOCK = 1 << 20 };

void text_heap_reset(struct text_heap *heap)
{
	heap->current = heap->blocks;
	heap->used = 0;
}

void text_heap_release(struct text_heap *heap)
{
	while (heap->blocks) {
		struct text_block *next = heap->blocks->next;
		free(heap->blocks);
		heap->blocks = next;
	}
}

/* The next block that has room, made when there is none. */
static void heap_advance(struct text_heap *heap, size_t len)
{
	struct text_block **link = heap->current ? &heap->current->next : &heap->blocks;
	while (*link && (*link)->cap < len)
		link = &(*link)->next;
	if (!*link) {
		size_t cap = len > TEXT_BLOCK ? len : TEXT_BLOCK;
		*link = mem_alloc(sizeof **link + cap);
		**link = (struct text_block){ .cap = cap };
	}
	heap->current = *link;
	heap->used = 0;
}

static char *heap_add(struct text_heap *heap, struct str text)
{
	if (!heap->current || heap->current->cap - heap->used < text.len)
		heap_advance(heap, text.len);
	char *to = heap->current->bytes + heap->used;
	memcpy(to, text.ptr, text.len);
	heap->used += text.len;
	return to;
}

/* --- lending vectors -------------------------------------------------------------------------------- */

static void clear_validity(uint64_t *validity, size_t from, size_t to)
{
	for (; from < to && from % 64 != 0; from++)
		validity[from / 64] &= ~(UINT64_C(1) << from % 64);
	if (from < to)
		memset(validity + from / 64, 0, (to - from + 63) / 64 * 8);
}

/* Points a vector and what is below it at DuckDB's memory; rows [cleared, cap) become NULL. */
static void lend(struct column_vector *vector, duckdb_vector handle, size_t cleared, size_t cap)
{
	const struct column_type *type = vector->type;
	vector->handle = handle;
	duckdb_vector_ensure_validity_writable(handle);
	vector->validity = duckdb_vector_get_validity(handle);
	vector->data = type->kind == COLUMN_STRUCT ? NULL : duckdb_vector_get_data(handle);
	vector->cap = cap;
	clear_validity(vector->validity, cleared, cap);
	if (type->kind == COLUMN_STRUCT) {
		for (size_t i = 0; i < type->child_count; i++)
			lend(&vector->children[i], duckdb_struct_vector_get_child(handle, (idx_t)i),
			     cleared, cap);
	}
}

/* Lends the items of all lists at or below `vector`, empty. */
static void lend_items(struct column_vector *vector)
{
	const struct column_type *type = vector->type;
	if (type->kind == COLUMN_LIST) {
		size_t cap = duckdb_vector_size();
		duckdb_list_vector_reserve(vector->handle, cap);
		vector->children[0].used = 0;
		lend(&vector->children[0], duckdb_list_vector_get_child(vector->handle), 0, cap);
	}
	for (size_t i = 0; i < type->child_count; i++)
		lend_items(&vector->children[i]);
}

void vector_lend(struct column_vector *vector, duckdb_vector handle)
{
	lend(vector, handle, 0, duckdb_vector_size());
	lend_items(vector);
}

static void put_text(struct column_vector *vector, size_t row, struct str text)
{
	duckdb_string_t *to = (duckdb_string_t *)vector->data + row;
	if (text.len <= sizeof to->value.inlined.inlined) {
		*to = (duckdb_string_t){ .value.inlined.length = (uint32_t)text.len };
		memcpy(to->value.inlined.inlined, text.ptr, text.len);
		return;
	}
	to->value.pointer.length = (uint32_t)text.len;
	to->value.pointer.ptr = heap_add(vector->context, text);
	memcpy(to->value.pointer.prefix, text.ptr, sizeof to->value.pointer.prefix);
}

static void grow(struct column_vector *list, size_t cap)
{
	struct column_vector *child = &list->children[0];
	duckdb_list_vector_reserve(list->handle, cap);
	lend(child, duckdb_list_vector_get_child(list->handle), child->cap, cap);
}

const struct column_lender lent_vectors = { .put_text = put_text, .grow = grow };

void vector_finish(struct column_vector *vector)
{
	const struct column_type *type = vector->type;
	if (type->kind == COLUMN_LIST)
		duckdb_list_vector_set_size(vector->handle, vector->children[0].used);
	for (size_t i = 0; i < type->child_count; i++)
		vector_finish(&vector->children[i]);
}

void vector_shape(struct column_vector *vector, const struct column_type *type, void *context)
{
	*vector = (struct column_vector){ .type = type, .context = context };
	vector->children = mem_zalloc(type->child_count, sizeof *vector->children);
	for (size_t i = 0; i < type->child_count; i++)
		vector_shape(&vector->children[i], &type->children[i], context);
}

void vector_unshape(struct column_vector *vector)
{
	for (size_t i = 0; i < vector->type->child_count; i++)
		vector_unshape(&vector->children[i]);
	free(vector->children);
}

/* --- types ------------------------------------------------------------------------------------------- */

duckdb_logical_type vector_logical_type(const struct column_type *type)
{
	static const duckdb_type scalars[] = { DUCKDB_TYPE_VARCHAR,      DUCKDB_TYPE_BOOLEAN,
					       DUCKDB_TYPE_BIGINT,       DUCKDB_TYPE_DOUBLE,
					       DUCKDB_TYPE_TIMESTAMP_TZ, DUCKDB_TYPE_VARCHAR };
	if (type->kind < COLUMN_LIST)
		return duckdb_create_logical_type(scalars[type->kind]);
	duckdb_logical_type *members = mem_zalloc(type->child_count, sizeof *members);
	const char **names = mem_zalloc(type->child_count, sizeof *names);
	for (size_t i = 0; i < type->child_count; i++) {
		members[i] = vector_logical_type(&type->children[i]);
		names[i] = type->children[i].name.ptr;
	}
	duckdb_logical_type made =
		type->kind == COLUMN_LIST ?
			duckdb_create_list_type(members[0]) :
			duckdb_create_struct_type(members, names, type->child_count);
	for (size_t i = 0; i < type->child_count; i++)
		duckdb_destroy_logical_type(&members[i]);
	free(members);
	free(names);
	return made;
}
