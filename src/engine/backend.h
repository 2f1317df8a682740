/* What an engine is: a table of functions. Only engines and engine.c include this.
 *
 * Each function promises what the one of the same name in engine/engine.h promises. A new engine is a file
 * with such a table, and one line in the table of schemes in engine.c. */
#pragma once
#include "engine/engine.h"

struct engine_ops {
	enum err_kind (*open)(const struct engine_options *options, struct engine **ret_engine,
			      struct err *err);
	void (*close)(struct engine *engine);
	enum err_kind (*session_open)(struct engine *engine, struct session **ret_session,
				      struct err *err);
	void (*session_close)(struct session *session);
	enum engine_product (*product)(const struct session *session);
	const char *(*version)(const struct session *session);
	enum err_kind (*run)(struct session *session, const char *sql, struct err *err);
	enum err_kind (*query)(struct session *session, const char *sql, struct result **ret_result,
			       struct err *err);
	/* Those that cannot hold lines have neither. */
	void (*hold)(struct session *session, const struct held_table *table);
	const char *(*held_name)(const struct session *session);

	void (*free)(struct result *result);
	size_t (*columns)(const struct result *result);
	const char *(*column_name)(const struct result *result, size_t column);
	bool (*column_is_number)(const struct result *result, size_t column);
	enum err_kind (*next)(struct result *result, bool *ret_row, struct err *err);
	bool (*is_null)(const struct result *result, size_t column);
	int64_t (*integer)(const struct result *result, size_t column);
	void (*add_text)(const struct result *result, size_t column, struct buf *ret);
	void (*add_json)(const struct result *result, size_t column, struct buf *ret);
};

/* The first members of every engine's own structs. */
struct engine {
	const struct engine_ops *ops;
};
struct session {
	const struct engine_ops *ops;
	uint64_t notes[SESSION_NOTES];
};
struct result {
	const struct engine_ops *ops;
};

extern const struct engine_ops engine_duckdb;
extern const struct engine_ops engine_hiveserver2;

/* The shortest spelling that reads back as the same number; `single`: as the same float. Numbers that JSON
 * lacks are words: NaN, Infinity, -Infinity, in quotes where `json` says so. */
void engine_add_double(double value, bool single, bool json, struct buf *ret);
/* As DuckDB casts bytes to text: printable ASCII as it is, the rest as \xAB. */
void engine_add_blob(struct str bytes, bool json, struct buf *ret);
