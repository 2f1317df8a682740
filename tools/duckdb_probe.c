/* Asks a DuckDB library what it is: prints its version, fails unless every extension named in the
 * argument is loaded without anything being installed. Built and run by tools/setup only. */
#include <duckdb.h>
#include <stdio.h>
#include <string.h>

static int has_extension(duckdb_connection connection, const char *name)
{
	char sql[256];
	duckdb_result result;
	snprintf(sql, sizeof sql,
		 "SELECT count(*) FROM duckdb_extensions() WHERE loaded AND extension_name = '%s'",
		 name);
	if (duckdb_query(connection, sql, &result) != DuckDBSuccess)
		return 0;
	int found = duckdb_value_int64(&result, 0, 0) == 1;
	duckdb_destroy_result(&result);
	return found;
}

int main(int argc, char **argv)
{
	duckdb_database database;
	duckdb_connection connection;
	if (argc != 2 || duckdb_open(NULL, &database) != DuckDBSuccess ||
	    duckdb_connect(database, &connection) != DuckDBSuccess)
		return 1;
	char *rest = argv[1], *name;
	while ((name = strsep(&rest, " ")) != NULL) {
		if (*name && !has_extension(connection, name)) {
			fprintf(stderr, "%s is not inside\n", name);
			return 1;
		}
	}
	duckdb_disconnect(&connection);
	duckdb_close(&database);
	puts(duckdb_library_version());
	return 0;
}
