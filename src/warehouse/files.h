/* Inside warehouse/: which files hold a stored table. */
#pragma once
#include "warehouse/warehouse.h"

/* "N-HASH-ATTEMPT.parquet": made from the lake at record N by the SQL with that hash. */
struct stored_name {
	uint64_t snapshot, hash;
};
bool stored_name_parse(const char *name, struct stored_name *ret);
char *stored_name_make(uint64_t snapshot,
		       uint64_t hash); /* a new one each time; freed by the caller */

/* Whether every stored table has this hour from a snapshot that covers it. `refined` is the lake's, NULL where
 * names tell. */
MUST_CHECK enum err_kind hour_is_current(struct lake *lake, const struct lake_refined *refined,
					 const struct lake_hour *hour, uint64_t hash,
					 bool *ret_current, struct err *err);
/* The published files of a table, by their hours; without those of which nobody knows whether they are being
 * replaced just now. */
struct stored_file {
	struct store_file file;  /* its path is the list's */
	int64_t hour;            /* INT64_MIN: of none */
	struct stored_name name; /* 0, 0 where an hour has several, or a foreign one */
};
struct stored_list {
	struct stored_file *files;
	size_t count, cap;
};
MUST_CHECK enum err_kind stored_files(struct lake *lake, const struct lake_refined *refined,
				      const struct warehouse_table *table, struct stored_list *ret,
				      struct err *err);
void stored_list_release(struct stored_list *list);

/* Files to be read together; it borrows their paths. */
struct file_list {
	struct store_file *files;
	size_t count, cap;
};
void file_list_add(struct file_list *list, const struct store_file *file);
/* The landing files of an hour. */
void file_list_add_hour(struct file_list *list, const struct lake_hour *hour);

/* A SELECT over these files, at least one, that store_fetch() has brought; partition columns and all. */
void add_parquet_scan(struct buf *sql, struct lake *lake, const struct file_list *files);
/* What stands behind its FROM. */
void add_parquet_files(struct buf *sql, struct lake *lake, const struct file_list *files);
/* A SELECT of landing's columns, all NULL, to be followed by FROM or WHERE. */
void add_landing_nulls(struct buf *sql);
/* A SELECT that gives landing's columns and no row. */
void add_empty_landing(struct buf *sql);
/* The same of request_log. */
void add_empty_requests(struct buf *sql);
/* Landing's names with commas between. */
void add_landing_columns(struct buf *sql);

/* "SELECT count(*) FROM landing", however it is spelled: no column's value matters. */
bool statement_only_counts_landing(const char *statement);
