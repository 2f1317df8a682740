/* Inside engine/: what the DuckDB files share. */
#pragma once
#include "engine/backend.h"

#include <duckdb.h>
#include <pthread.h>

struct duckdb_engine {
	struct engine base;
	duckdb_database database;
	pthread_mutex_t lock;
	int64_t newest_session;
	struct duckdb_session *sessions; /* those that hold lines */
};

struct duckdb_session {
	struct session base;
	struct duckdb_engine *engine;
	duckdb_connection connection;
	int64_t number;
	char held_name[40];
	struct held_table held;      /* .group NULL: none */
	struct duckdb_session *next; /* of those that hold lines */
};

/* Makes the table function held_lines(session BIGINT) known. */
MUST_CHECK enum err_kind held_register(struct duckdb_engine *engine, duckdb_connection connection,
				       struct err *err);
/* What stands for DuckDB in its table of functions, but in another file than duckdb.c. */
void duckdb_hold(struct session *session, const struct held_table *table);
const char *duckdb_held_name(const struct session *session);
MUST_CHECK enum err_kind duckdb_ask(struct session *session, const char *sql,
				    struct result **ret_result, struct err *err);
void duckdb_rows_free(struct result *result);
size_t duckdb_rows_columns(const struct result *result);
const char *duckdb_rows_column_name(const struct result *result, size_t column);
bool duckdb_rows_column_is_number(const struct result *result, size_t column);
MUST_CHECK enum err_kind duckdb_rows_next(struct result *result, bool *ret_row, struct err *err);
bool duckdb_rows_is_null(const struct result *result, size_t column);
int64_t duckdb_rows_integer(const struct result *result, size_t column);
void duckdb_rows_add_text(const struct result *result, size_t column, struct buf *ret);
void duckdb_rows_add_json(const struct result *result, size_t column, struct buf *ret);
/* Runs one or more statements; the last one's result. */
MUST_CHECK enum err_kind duckdb_run(struct duckdb_session *session, const char *sql,
				    duckdb_result *ret, struct err *err);

/* A value of a result; text is quoted as JSON where asked for, and in all that is nested. */
struct cell {
	duckdb_vector vector;
	duckdb_logical_type type;
	idx_t row;
	bool json;
};
/* An integer of any width, decimals as if they had no point. */
__int128 cell_integer_at(duckdb_type type, const void *data, idx_t row);
bool cell_is_null(duckdb_vector vector, idx_t row);
/* Of a type that duckdb_result.c lets through. */
void cell_add(const struct cell *cell, struct buf *ret);
