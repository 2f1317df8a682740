/* Inside engine/: what the DuckDB files share. */
#pragma once
#include "engine/engine.h"

#include <duckdb.h>
#include <pthread.h>

struct engine {
	duckdb_database database;
	pthread_mutex_t lock;
	int64_t newest_session;
	struct session *sessions; /* those that hold lines */
};

struct session {
	struct engine *engine;
	duckdb_connection connection;
	int64_t number;
	uint64_t notes[SESSION_NOTES];
	char held_name[40];
	struct held_table held; /* .group NULL: none */
	struct session *next;   /* of those that hold lines */
};

/* Makes the table function held_lines(session BIGINT) known. */
MUST_CHECK enum err_kind held_register(struct engine *engine, duckdb_connection connection,
				       struct err *err);
/* Runs one or more statements; the last one's result. */
MUST_CHECK enum err_kind duckdb_run(struct session *session, const char *sql, duckdb_result *ret,
				    struct err *err);

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
