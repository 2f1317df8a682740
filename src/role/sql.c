#include "role/role.h"

#include <stdio.h>
#include <string.h>

static bool is_wanted(const struct warehouse_table *table, int argc, char **argv)
{
	if (!table->sql)
		return false;
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
		if (table[i].sql && strcmp(table[i].name, name) == 0)
			return true;
	}
	return false;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct buf sql = { 0 };
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (int i = 1; i < argc; i++) {
		if (!is_known(argv[i])) {
			err_set(&err, ERR_REJECT, "sql: no table '%s' is made by SQL", argv[i]);
			err_hint(&err, "aviary sql lists them all");
			return say_error(&err, EXIT_USAGE);
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (!is_wanted(&table[i], argc, argv))
			continue;
		if (table[i].kind == TABLE_VIEW)
			buf_addf(&sql, "CREATE VIEW %s AS\n", table[i].name);
		else
			buf_addf(&sql, "CREATE TABLE %s AS\n", table[i].name);
		warehouse_sql(&table[i], &settings->warehouse, &sql);
		buf_add_text(&sql, ";\n\n");
	}
	fputs(buf_text(&sql), stdout);
	buf_release(&sql);
	return EXIT_DONE;
}

static const char *const flags[] = { "dialect", "weekend", "weekend_zone", NULL };
const struct command command_sql = {
	.name = "sql",
	.arguments = "[TABLE…]",
	.summary = "Prints the SQL that makes the tables and views",
	.flags = flags,
	.examples = "  aviary sql\n  aviary sql user_data_raw\n",
	.run = run,
};
