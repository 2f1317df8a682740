/* The warehouse makes sense of landing: the SQL under sql/, run for the hours that changed.
 *
 * In: a snapshot of the lake. Out: dimension and fact tables, one Parquet file an hour and table, named
 * after the snapshot and the SQL that made it. Promised: a stored hour is a pure function of that hour's
 * landing rows at that snapshot, so a run that was killed, repeated or overtaken changes nothing but
 * time; readers of a directory meet the old hour or the new one. */
#pragma once
#include "engine/engine.h"
#include "lake/lake.h"

/* --- tables --------------------------------------------------------------------------------------- */

enum table_kind {
	TABLE_LANDING,   /* stored by landing/ */
	TABLE_DIMENSION, /* stored, from landing */
	TABLE_FACT,      /* stored, from dimensions */
	TABLE_VIEW,      /* asked for */
	TABLE_REQUESTS,  /* stored by landing/, from a source's request records */
};

struct warehouse_table {
	const char *name;     /* "user_data_raw" */
	const char *database; /* "twitter_raw_data"; NULL for a view */
	const char *dir;      /* below the lake; NULL for a view */
	enum table_kind kind;
	const char *sql; /* as under sql/, dialect words and all; NULL for what landing/ stores */
};
/* In the order in which they depend on each other; process lifetime. */
const struct warehouse_table *warehouse_tables(size_t *ret_count);

/* Who will run the SQL. Spark and Hive name the database with every table; the views stand in one of
 * their own there. */
enum sql_dialect { DIALECT_DUCKDB, DIALECT_SPARK, DIALECT_HIVE };
#define WAREHOUSE_VIEWS "aviary"

/* What the SQL takes from the configuration. */
struct warehouse_settings {
	enum sql_dialect dialect;
	const char *const
		*weekend; /* day names in lower case, NULL-terminated: "saturday", "sunday" */
	const char *weekend_zone; /* of the IANA time zone database: "UTC" */
};
/* Day names and zone; a message names the bad one. */
MUST_CHECK enum err_kind warehouse_settings_check(const struct warehouse_settings *settings,
						  struct err *err);
/* Adds a table's SQL as the engine of the settings' dialect gets it. */
void warehouse_sql(const struct warehouse_table *table, const struct warehouse_settings *settings,
		   struct buf *ret);
/* Tells one version of all the SQL and settings from another. */
uint64_t warehouse_hash(const struct warehouse_settings *settings);

/* For Spark and Hive. After warehouse_schema_prepare() the session has every stored table, empty;
 * warehouse_schema_add() then adds what makes one known to them: its database, the external table over its
 * directory below `lake_uri`, and its partitions. warehouse_refine_sql() adds the statement that fills it from
 * the tables before it, or makes a view. */
MUST_CHECK enum err_kind warehouse_schema_prepare(struct session *session, struct err *err);
MUST_CHECK enum err_kind warehouse_schema_add(struct session *session,
					      const struct warehouse_table *table,
					      const char *lake_uri, struct buf *ret,
					      struct err *err);
void warehouse_refine_sql(const struct warehouse_table *table,
			  const struct warehouse_settings *settings, struct buf *ret);

/* --- tables on a server --------------------------------------------------------------------------- */

struct register_options {
	struct lake *lake;
	const char *lake_uri;   /* the lake, as the server reads it */
	struct session *server; /* Spark's or Hive's */
	struct session *schema; /* DuckDB's, after warehouse_schema_prepare() */
	const struct warehouse_settings *settings;
	bool views; /* makes the views again, too */
};
struct register_report {
	size_t made, altered;  /* tables */
	size_t added, dropped; /* partitions */
};
/* Brings what the server knows of the lake up to date: databases, external tables over its directories with the
 * columns of now, a partition for every hour that has files and none for others, views. Files are never
 * touched: a table whose columns changed otherwise than by new ones at the end is dropped and made again. Spark's
 * other sessions see new files of hours that they have read after their next REFRESH TABLE. Whoever does it
 * twice or at once does no harm. *ret is filled after an error, too. */
MUST_CHECK enum err_kind warehouse_register(const struct register_options *options,
					    struct register_report *ret, struct err *err);

/* --- refining --------------------------------------------------------------------------------------- */

struct refine_options {
	struct lake *lake;
	struct engine *engine;
	const struct warehouse_settings *settings;
	int threads;
	void (*progress)(void *context, size_t done, size_t total); /* hours; may be NULL */
	/* Asked between groups of hours; true ends the run there, with what is done. May be NULL. */
	bool (*stop)(void *context);
	void *context;
};
struct refine_report {
	uint64_t snapshot; /* the record read up to */
	size_t hours;      /* recomputed */
	size_t current;    /* left as they were */
	size_t left;       /* still to be recomputed: it was stopped, or they cannot be */
};
/* Brings every hour of every table up to the newest snapshot. Needs the refine lock. Readers' old hours
 * stay for lake_retire(). An hour whose rows cannot be read or computed is ERR_REJECT, named, when all
 * others are done, and *ret is filled then, too. */
MUST_CHECK enum err_kind warehouse_refine(const struct refine_options *options,
					  struct refine_report *ret, struct err *err);

/* --- asking ------------------------------------------------------------------------------------------ */

/* Gives the session every table and short view by NAME, and tables by DATABASE.NAME, as they are
 * published: landing at `snapshot`, the others as refined. A table without files is empty and has its
 * columns. The views are the session's own; attaching again replaces them. */
MUST_CHECK enum err_kind warehouse_attach(struct session *session, struct lake *lake,
					  const struct lake_snapshot *snapshot,
					  const struct warehouse_settings *settings,
					  struct err *err);

/* Rows that are journalled and not in the snapshot. */
struct warehouse_tail {
	char *const
		*scans; /* what can stand behind FROM and has landing's columns by their names, */
	size_t scan_count;    /* year, month, day and hour too */
	const int64_t *hours; /* in which there may be such rows; ascending */
	size_t hour_count;
};
struct warehouse_live {
	struct lake *lake;
	const struct lake_snapshot *snapshot;
	const struct warehouse_settings *settings;
	const struct warehouse_tail *tail;
	/* Only tables that this SQL can mean by a name in it can be asked, others raise an error; listing
	 * a table's files takes a while when there are tens of thousands. NULL: all. */
	const char *statement;
	/* The statement depends on no row of landing that is older; INT64_MIN: on all. */
	int64_t not_before_us;
};
/* Whether it asks for columns of so many of landing's newest rows and nothing else; more shapes than the
 * plainest are not recognised. */
bool warehouse_asks_newest(const char *statement, uint64_t *ret_rows);
/* As warehouse_attach(), but every table is as if the tail had been published and refined: hours that
 * were touched after they were refined are computed from landing when they are asked for. Refined by
 * other SQL: as they are. Refined beyond the snapshot: ERR_RETRY, take a newer one. */
MUST_CHECK enum err_kind warehouse_attach_live(struct session *session,
					       const struct warehouse_live *live, struct err *err);

/* How many hours of the snapshot are not refined up to it with these settings. */
MUST_CHECK enum err_kind warehouse_stale_hours(struct lake *lake,
					       const struct lake_snapshot *snapshot,
					       const struct warehouse_settings *settings,
					       size_t *ret_hours, struct err *err);
