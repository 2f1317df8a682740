/* Who runs SQL: DuckDB in this process, or a server that speaks HiveServer2's protocol.
 *
 * In: SQL text, wire lines. Out: results. Promised by every engine, and checked by one contract suite:
 * sessions are in UTC whatever TZ says, and end with an error message, not a crash, on any SQL. DuckDB loads
 * nothing from any network and keeps to the memory it was given. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "post/post.h"

struct engine;

struct engine_options {
	/* NULL or "duckdb": in this process. "hive2://HOST:PORT/;auth=noSasl": a server, with all that
	 * hiveserver2/hiveserver2.h has for a location ("jdbc:" may stand before it). */
	const char *location;
	const char *password; /* for a server; NULL: none */
	/* Asked several times a second while a server runs a statement; true ends it there with ERR_RETRY.
	 * May be NULL. */
	bool (*stop)(void *context);
	void *context;
	/* DuckDB's */
	int threads;          /* 0: one a core */
	int64_t memory_bytes; /* 0: 1 GiB */
	const char *temp_dir; /* for what does not fit in memory; NULL: nowhere */
};
MUST_CHECK enum err_kind engine_open(const struct engine_options *options,
				     struct engine **ret_engine, struct err *err);
void engine_close(struct engine *engine);
/* How much DuckDB may use from now on; what it holds beyond that is spilled as it is needed. */
MUST_CHECK enum err_kind engine_set_memory(struct engine *engine, int64_t bytes, struct err *err);
/* Whether a statement failed because that was too little for it. */
bool engine_was_short(const struct err *err);
/* "DuckDB 1.5.5": the one in this process. */
const char *engine_version(void);

/* One conversation; used by one thread at a time. Temporary tables and views are its own. A session on a server
 * that has gone is made again before the next statement: then they are gone too, and its notes are 0. A server
 * that stays away, or is too slow: ERR_RETRY. */
struct session;
MUST_CHECK enum err_kind session_open(struct engine *engine, struct session **ret_session,
				      struct err *err);
void session_close(struct session *session);
/* Whose SQL it understands, and "Spark SQL 3.5.7". */
enum engine_product { ENGINE_DUCKDB, ENGINE_SPARK, ENGINE_HIVE };
enum engine_product session_product(const struct session *session);
const char *session_version(const struct session *session);

/* Runs statements and forgets their results. A SQL error: ERR_REJECT with the engine's words,
 * and a server's SQLSTATE. */
MUST_CHECK enum err_kind session_run(struct session *session, const char *sql, struct err *err);

/* Numbers of whoever uses the session, all 0 at first: what has been done in it already. */
enum { SESSION_NOTES = 32 };
uint64_t *session_notes(struct session *session);

/* --- results -------------------------------------------------------------------------------------- */

struct result;
/* Runs one statement (the last of several). One that would change what others see is refused. */
MUST_CHECK enum err_kind session_query(struct session *session, const char *sql,
				       struct result **ret_result, struct err *err);
void result_free(struct result *result);
size_t result_columns(const struct result *result);
const char *result_column_name(const struct result *result, size_t column);
bool result_column_is_number(const struct result *result, size_t column);
/* The next row; false at the end. ERR_REJECT when the statement fails while it streams. */
MUST_CHECK enum err_kind result_next(struct result *result, bool *ret_row, struct err *err);
bool result_is_null(const struct result *result, size_t column);
int64_t result_int(const struct result *result, size_t column); /* 0 for NULL or other types */
/* The cell as text: times as ISO 8601 with Z (nothing outside years 1..9999), lists and structs as JSON
 * (a server's as that server spells them). NULL adds nothing. */
void result_add_text(const struct result *result, size_t column, struct buf *ret);
/* The cell as JSON: numbers, true, false, null, lists, objects, or a string. */
void result_add_json(const struct result *result, size_t column, struct buf *ret);

/* --- wire lines in memory as a table, in DuckDB ------------------------------------------------------------------ */

/* What is known of a line. Zero at first; whoever parses it tells the others. */
enum held_state { HELD_UNKNOWN, HELD_POST, HELD_REFUSED };

/* Lines as they follow each other in their stream, each with its '\n'. */
struct held_lines {
	const char *stream_id;
	const char *bytes;
	uint64_t offset;         /* of bytes[0] in the stream */
	const uint32_t *starts;  /* line i is bytes[starts[i]] … bytes[starts[i + 1] - 2] */
	const int64_t *times_us; /* what decides their partitions, as post_peek_key() has it */
	_Atomic uint8_t *states; /* enum held_state; where HELD_REFUSED the time says nothing */
	size_t first, end;       /* the lines that count, */
	int64_t not_before_us;   /* but for older ones; INT64_MIN: all */
};

/* Groups of such lines that stay as they are while it is retained. All is called from any thread. */
struct held_table {
	void *context;
	size_t group_count;
	void (*group)(void *context, size_t index, struct held_lines *ret);
	void (*retain)(void *context);
	void (*release)(void *context);
};

/* Lets the session's SQL read the table (copied, and retained until the next one or session_close()) by
 * session_held_name(): year, month, day, hour and the columns of a post. Only columns that a statement
 * wants are parsed; created_at, stream_id, stream_offset and the partition need no parsing once a line
 * is known to be a post. Lines that are none are left out. */
void session_hold(struct session *session, const struct held_table *table);
/* "held_lines(17)"; lives with the session. NULL: this engine holds no lines. */
const char *session_held_name(const struct session *session);
