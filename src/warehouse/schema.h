/* Inside warehouse/: tables as Spark and Hive know them. */
#pragma once
#include "warehouse/warehouse.h"

/* Columns with their types in Hive's spelling, without those of the partition. Zero-initialised is empty. */
struct table_columns {
	struct table_column {
		char *name, *type;
	} * columns;
	size_t count, cap;
};
/* As they are by the SQL; the session is DuckDB's, after warehouse_schema_prepare(). */
MUST_CHECK enum err_kind table_columns_read(struct session *session,
					    const struct warehouse_table *table,
					    struct table_columns *ret, struct err *err);
void table_columns_add(struct table_columns *columns, char *name, char *type); /* takes both */
void table_columns_release(struct table_columns *columns);
/* "  NAME TYPE,\n  NAME TYPE" from the given one on. */
void table_columns_list(const struct table_columns *columns, size_t first, struct buf *ret);
bool is_partition_column(const char *name);
/* The statement that makes the table, without a semicolon. */
void table_add_create(const struct warehouse_table *table, const struct table_columns *columns,
		      const char *lake_uri, struct buf *ret);
