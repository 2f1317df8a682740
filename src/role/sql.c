#include "role/role.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_wanted(const struct warehouse_table *table, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], table->name) == 0)
			return true;
	}
	return argc == 1;
}

static bool is_known(const char *name)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, name) == 0)
			return true;
	}
	return false;
}

static enum sql_dialect dialect_of(const struct settings *settings)
{
	return strcmp(settings->dialect, "spark") == 0 ? DIALECT_SPARK :
	       strcmp(settings->dialect, "hive") == 0  ? DIALECT_HIVE :
							 DIALECT_DUCKDB;
}

static void add_for_duckdb(const struct warehouse_table *table,
			   const struct warehouse_settings *settings, struct buf *ret)
{
	buf_addf(ret, "CREATE %s %s AS\n", table->kind == TABLE_VIEW ? "VIEW" : "TABLE",
		 table->name);
	warehouse_sql(table, settings, ret);
	buf_add_text(ret, ";\n\n");
}

/* Landing is made by aviary; all the others are filled from it. */
static enum err_kind add_for_cluster(const struct settings *settings, int argc, char **argv,
				     struct buf *ret, struct err *err)
{
	struct engine *engine = NULL;
	struct session *session = NULL;
	struct warehouse_settings warehouse = settings->warehouse;
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	char *uri = lake_uri(settings);
	warehouse.dialect = dialect_of(settings);
	buf_add_text(ret, "SET hive.exec.dynamic.partition.mode=nonstrict;\n\n");
	if (argc == 1)
		buf_add_text(ret, "CREATE DATABASE IF NOT EXISTS " WAREHOUSE_VIEWS ";\n\n");
	enum err_kind kind = open_engine(settings, NULL, 1, &engine, err);
	if (kind == ERR_NONE)
		kind = session_open(engine, &session, err);
	if (kind == ERR_NONE)
		kind = warehouse_schema_prepare(session, err);
	for (size_t i = 0; i < count && kind == ERR_NONE; i++) {
		if (!is_wanted(&table[i], argc, argv))
			continue;
		if (table[i].kind != TABLE_VIEW)
			kind = warehouse_schema_add(session, &table[i], uri, ret, err);
		if (kind == ERR_NONE && table[i].sql)
			warehouse_refine_sql(&table[i], &warehouse, ret);
	}
	session_close(session);
	engine_close(engine);
	free(uri);
	return kind;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct buf sql = { 0 };
	size_t count;
	enum err_kind kind = ERR_NONE;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (int i = 1; i < argc; i++) {
		if (!is_known(argv[i])) {
			err_set(&err, ERR_REJECT, "sql: no table '%s' is made by SQL", argv[i]);
			err_hint(&err, "aviary sql lists them all");
			return say_error(&err, EXIT_USAGE);
		}
	}
	if (dialect_of(settings) != DIALECT_DUCKDB)
		kind = add_for_cluster(settings, argc, argv, &sql, &err);
	for (size_t i = 0; i < count && dialect_of(settings) == DIALECT_DUCKDB; i++) {
		if (table[i].sql && is_wanted(&table[i], argc, argv))
			add_for_duckdb(&table[i], &settings->warehouse, &sql);
	}
	if (kind == ERR_NONE)
		fputs(buf_text(&sql), stdout);
	buf_release(&sql);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "sql");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake", "dialect", "weekend", "weekend_zone", NULL };
const struct command command_sql = {
	.name = "sql",
	.arguments = "[TABLE…]",
	.summary = "Prints the SQL that makes the tables and views",
	.flags = flags,
	.examples = "  aviary sql user_data_raw\n"
		    "  aviary sql --dialect spark --lake lake > tables.sql\n",
	.run = run,
};
