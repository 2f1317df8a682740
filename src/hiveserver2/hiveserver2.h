/* Speaks to HiveServer2 and to Spark's Thrift Server, in their own protocol.
 *
 * In: where the server is, SQL. Out: rows, fetched column by column. Promised: a session is in UTC; a lost
 * one is made again before the next statement; a statement ends with its time-out or when the caller says
 * stop, and is then cancelled on the server; whatever bytes a server sends, within limits of memory, end in
 * rows or in an error in words. ERR_RETRY: the server is away, busy or silent; ERR_REJECT: it refuses the
 * statement, or what it says is not this protocol. struct err has its SQLSTATE. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

/* Where a server is and how it is spoken to. May be used by several threads. */
struct hive_server;
struct hive_server_options {
	/* HOST:PORT[/DATABASE][;NAME=VALUE…], the names as JDBC has them where it has them:
	 *     auth=noSasl               the server has hive.server2.authentication=NOSASL; else SASL PLAIN
	 *     transportMode=http        with httpPath=PATH (cliservice) and ssl=true for https
	 *     user=NAME                 ($HADOOP_USER_NAME, else "anonymous")
	 *     patience=SECONDS          how long a server that is away is tried again (10)
	 *     stall=SECONDS             how long a silent one is waited for (120)
	 *     timeout=SECONDS           how long a statement may take (3600)
	 * A password never stands in it. */
	const char *location;
	const char *password; /* NULL: none */
	/* Asked several times a second while a statement runs; true ends it. May be NULL. */
	bool (*stop)(void *context);
	void *context;
};
/* A location that is none: ERR_REJECT. Nothing is asked of the server yet. */
MUST_CHECK enum err_kind hive_server_new(const struct hive_server_options *options,
					 struct hive_server **ret_server, struct err *err);
void hive_server_free(struct hive_server *server);

/* One conversation; used by one thread at a time. */
struct hive_session;
MUST_CHECK enum err_kind hive_session_open(struct hive_server *server,
					   struct hive_session **ret_session, struct err *err);
void hive_session_close(struct hive_session *session);

enum hive_product { HIVE_APACHE_HIVE, HIVE_SPARK };
enum hive_product hive_session_product(const struct hive_session *session);
/* "Spark SQL 3.5.7", "Apache Hive 4.0.1". */
const char *hive_session_version(const struct hive_session *session);
/* How often it had to be made again: then its temporary views and settings are gone. */
uint64_t hive_session_renewals(const struct hive_session *session);

struct hive_rows;
/* Runs one statement to its end, without a semicolon. `ret_rows` NULL: its rows are forgotten. */
MUST_CHECK enum err_kind hive_session_execute(struct hive_session *session, const char *sql,
					      struct hive_rows **ret_rows, struct err *err);
void hive_rows_free(struct hive_rows *rows); /* before its session is closed */

/* TTypeId of the protocol. */
enum hive_type {
	HIVE_BOOLEAN,
	HIVE_TINYINT,
	HIVE_SMALLINT,
	HIVE_INT,
	HIVE_BIGINT,
	HIVE_FLOAT,
	HIVE_DOUBLE,
	HIVE_STRING,
	HIVE_TIMESTAMP,
	HIVE_BINARY,
	HIVE_ARRAY,
	HIVE_MAP,
	HIVE_STRUCT,
	HIVE_UNION,
	HIVE_USER_DEFINED,
	HIVE_DECIMAL,
	HIVE_NULL,
	HIVE_DATE,
	HIVE_VARCHAR,
	HIVE_CHAR,
	HIVE_INTERVAL_YEAR_MONTH,
	HIVE_INTERVAL_DAY_TIME,
	HIVE_TIMESTAMP_LOCAL,
};
size_t hive_rows_columns(const struct hive_rows *rows);
const char *hive_rows_name(const struct hive_rows *rows, size_t column);
enum hive_type hive_rows_type(const struct hive_rows *rows, size_t column);
/* The next row; false at the end. */
MUST_CHECK enum err_kind hive_rows_next(struct hive_rows *rows, bool *ret_row, struct err *err);

/* Numbers come as such; what has no number on the wire (decimals, times, lists, structs) as text. */
struct hive_value {
	enum { HIVE_IS_NULL, HIVE_IS_BOOLEAN, HIVE_IS_INTEGER, HIVE_IS_REAL, HIVE_IS_TEXT } kind;
	int64_t integer;
	double real;
	struct str text; /* lives until the next row */
};
struct hive_value hive_rows_value(const struct hive_rows *rows, size_t column);
