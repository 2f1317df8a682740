/* Inside parquet/: the columns of a table as Parquet sees them. */
#pragma once
#include "parquet/parquet.h"
#include "post/post.h"

enum { LEAF_DEPTH_MAX = 12 };

/* A column without columns below it: what has values. */
struct leaf {
	const struct column_type *type;
	struct str path[LEAF_DEPTH_MAX];
	size_t path_count;
	uint8_t def_max, rep_max; /* levels: how deep it may be defined, how many lists it is in */
};

struct schema {
	struct leaf *leaves; /* in the order of the file */
	size_t leaf_count;
	struct buf elements; /* Thrift: the items of FileMetaData.schema */
	size_t element_count;
};
/* The columns of a table. */
const struct post_column *columns_of(enum parquet_table table, size_t *ret_count);
/* Process lifetime. */
const struct schema *schema_of(enum parquet_table table);

/* parquet.thrift: enum Type. */
enum physical_type { TYPE_BOOLEAN = 0, TYPE_INT64 = 2, TYPE_DOUBLE = 5, TYPE_BYTE_ARRAY = 6 };
enum physical_type physical_type(enum column_kind kind);
