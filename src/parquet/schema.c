/* The tree of columns, depth first, as parquet.thrift wants it. What stands here for each kind is what
 * DuckDB writes for the SQL type: optional everywhere, lists in three levels (LIST, list, element), times
 * adjusted to UTC.
 *
 *     hashtags text[]      optional group hashtags (LIST)     def 1
 *                            repeated group list              def 2, rep 1
 *                              optional byte_array element    def 3           */
#include "parquet/schema.h"

#include "base/mem.h"
#include "parquet/thrift.h"

#include <assert.h>
#include <pthread.h>

/* parquet.thrift */
enum { REQUIRED = 0, OPTIONAL = 1, REPEATED = 2 };
enum { CONVERTED_NONE = -1, CONVERTED_UTF8 = 0, CONVERTED_LIST = 3 };
enum { CONVERTED_TIMESTAMP_MICROS = 10, CONVERTED_INT_64 = 18 };
enum { ELEMENT_TYPE = 1, ELEMENT_REPETITION = 3, ELEMENT_NAME, ELEMENT_CHILDREN };
enum { ELEMENT_CONVERTED = 6, ELEMENT_LOGICAL = 10 };
enum { LOGICAL_TIMESTAMP = 8, TIMESTAMP_IS_UTC = 1, TIMESTAMP_UNIT = 2, UNIT_MICROS = 2 };

enum physical_type physical_type(enum column_kind kind)
{
	switch (kind) {
	case COLUMN_BOOL:
		return TYPE_BOOLEAN;
	case COLUMN_INT:
	case COLUMN_TIME:
		return TYPE_INT64;
	case COLUMN_DOUBLE:
		return TYPE_DOUBLE;
	case COLUMN_TEXT:
	case COLUMN_JSON:
	case COLUMN_LIST:
	case COLUMN_STRUCT:
		break;
	}
	return TYPE_BYTE_ARRAY;
}

static int converted_type(enum column_kind kind)
{
	switch (kind) {
	case COLUMN_TEXT:
	case COLUMN_JSON:
		return CONVERTED_UTF8;
	case COLUMN_INT:
		return CONVERTED_INT_64;
	case COLUMN_TIME:
		return CONVERTED_TIMESTAMP_MICROS;
	case COLUMN_LIST:
		return CONVERTED_LIST;
	case COLUMN_BOOL:
	case COLUMN_DOUBLE:
	case COLUMN_STRUCT:
		break;
	}
	return CONVERTED_NONE;
}

static void add_timestamp(struct thrift *thrift)
{
	thrift_struct(thrift, ELEMENT_LOGICAL);
	thrift_struct(thrift, LOGICAL_TIMESTAMP);
	thrift_bool(thrift, TIMESTAMP_IS_UTC, true);
	thrift_struct(thrift, TIMESTAMP_UNIT);
	thrift_struct(thrift, UNIT_MICROS);
	thrift_end(thrift);
	thrift_end(thrift);
	thrift_end(thrift);
	thrift_end(thrift);
}

struct element {
	const char *name;
	int type, repetition, converted; /* type: -1 for a group */
	size_t children;
	bool is_time;
};

static void add_element(struct schema *schema, const struct element *element)
{
	struct thrift thrift = thrift_begin(&schema->elements);
	thrift_struct(&thrift, 0);
	if (element->type >= 0)
		thrift_i32(&thrift, ELEMENT_TYPE, element->type);
	thrift_i32(&thrift, ELEMENT_REPETITION, element->repetition);
	thrift_bytes(&thrift, ELEMENT_NAME, str_from(element->name));
	if (element->type < 0)
		thrift_i32(&thrift, ELEMENT_CHILDREN, (int32_t)element->children);
	if (element->converted != CONVERTED_NONE)
		thrift_i32(&thrift, ELEMENT_CONVERTED, element->converted);
	if (element->is_time)
		add_timestamp(&thrift);
	thrift_end(&thrift);
	schema->element_count++;
}

static void push(struct leaf *at, const char *name)
{
	assert(at->path_count < LEAF_DEPTH_MAX);
	at->path[at->path_count++] = str_from(name);
}

/* `at` is the way here: its path and levels. */
static void add_column(struct schema *schema, const struct column_type *type, const char *name,
		       struct leaf at)
{
	bool is_leaf = type->kind != COLUMN_LIST && type->kind != COLUMN_STRUCT;
	push(&at, name);
	at.def_max++;
	add_element(schema,
		    &(struct element){ .name = name,
				       .type = is_leaf ? (int)physical_type(type->kind) : -1,
				       .repetition = OPTIONAL,
				       .converted = converted_type(type->kind),
				       .children = type->child_count,
				       .is_time = type->kind == COLUMN_TIME });
	if (is_leaf) {
		at.type = type;
		schema->leaves =
			mem_resize(schema->leaves, (schema->leaf_count + 1) * sizeof(struct leaf));
		schema->leaves[schema->leaf_count++] = at;
	} else if (type->kind == COLUMN_LIST) {
		struct element list = { .name = "list",
					.type = -1,
					.repetition = REPEATED,
					.converted = CONVERTED_NONE,
					.children = 1 };
		push(&at, list.name);
		at.def_max++;
		at.rep_max++;
		add_element(schema, &list);
		add_column(schema, &type->children[0], "element", at);
	} else {
		for (size_t i = 0; i < type->child_count; i++)
			add_column(schema, &type->children[i], type->children[i].name.ptr, at);
	}
}

const struct post_column *columns_of(enum parquet_table table, size_t *ret_count)
{
	return table == PARQUET_POSTS ? post_columns(ret_count) : request_columns(ret_count);
}

static struct schema made[PARQUET_TABLES];

static void make(enum parquet_table table, const char *name)
{
	size_t count;
	const struct post_column *columns = columns_of(table, &count);
	add_element(&made[table], &(struct element){ .name = name,
						     .type = -1,
						     .repetition = REQUIRED,
						     .converted = CONVERTED_NONE,
						     .children = count });
	for (size_t i = 0; i < count; i++)
		add_column(&made[table], &columns[i].type, columns[i].name, (struct leaf){ 0 });
}

static void make_all(void)
{
	make(PARQUET_POSTS, "post");
	make(PARQUET_REQUESTS, "request");
}

const struct schema *schema_of(enum parquet_table table)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, make_all);
	return &made[table];
}
