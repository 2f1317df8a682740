/* Real servers ($AVIARY_TEST_ENGINES, their locations with spaces between) and a lake that DuckDB refined
 * ($AVIARY_TEST_LAKE, a local directory): the same SQL run by a server over the same landing files gives the same
 * rows, and what the server is told of the lake is what there is. */
#include "warehouse/files.h"
#include "warehouse/schema.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const weekend[] = { "saturday", "sunday", NULL };

static struct world {
	const char *ours;
	char *theirs; /* what landing stored, and what the server makes of it */
	struct lake *lake;
	struct engine *duckdb, *engine;
	struct session *schema, *server;
	struct warehouse_settings settings;
} world;

static void open_world(const char *location)
{
	struct engine_options duckdb = { .threads = 1 }, engine = { .location = location };
	struct err err;
	world.ours = getenv("AVIARY_TEST_LAKE");
	world.theirs = mem_printf("%s/lake", test_dir());
	char *copy =
		mem_printf("mkdir -p '%s' && cp -r '%s/twitter-landing-data' '%s/request_log' '%s'",
			   world.theirs, world.ours, world.ours, world.theirs);
	assert_int_equal(system(copy), 0);
	free(copy);
	assert_ok(lake_open(world.ours, &world.lake, &err), err);
	assert_ok(engine_open(&duckdb, &world.duckdb, &err), err);
	assert_ok(session_open(world.duckdb, &world.schema, &err), err);
	assert_ok(warehouse_schema_prepare(world.schema, &err), err);
	assert_ok(engine_open(&engine, &world.engine, &err), err);
	assert_ok(session_open(world.engine, &world.server, &err), err);
	bool hive = session_product(world.server) == ENGINE_HIVE;
	world.settings =
		(struct warehouse_settings){ .dialect = hive ? DIALECT_HIVE : DIALECT_SPARK,
					     .weekend = weekend,
					     .weekend_zone = "UTC" };
}

static void close_world(void)
{
	session_close(world.server);
	engine_close(world.engine);
	session_close(world.schema);
	engine_close(world.duckdb);
	lake_close(world.lake);
	free(world.theirs);
}

static void run(const char *sql)
{
	struct err err;
	if (session_run(world.server, sql, &err) != ERR_NONE)
		fail_msg("%s: %s", sql, err.msg);
}

static int64_t number(struct session *session, const char *sql)
{
	struct result *result = NULL;
	struct err err;
	bool row = false;
	if (session_query(session, sql, &result, &err) != ERR_NONE ||
	    result_next(result, &row, &err) != ERR_NONE)
		fail_msg("%s: %s", sql, err.msg);
	assert_true(row);
	int64_t found = result_int(result, 0);
	result_free(result);
	return found;
}

static void drop_tables(void)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++) {
		if (table[i].kind == TABLE_VIEW)
			continue;
		char *sql =
			mem_printf("CREATE DATABASE IF NOT EXISTS %s; DROP TABLE IF EXISTS %s.%s",
				   table[i].database, table[i].database, table[i].name);
		run(sql);
		free(sql);
	}
}

/* --- the same rows --------------------------------------------------------------------------------------------- */

/* The table's files below a lake; its scalar columns only, or all. */
static char *select_of(const struct warehouse_table *table, const char *from, bool scalar)
{
	struct table_columns columns = { 0 };
	struct buf sql = { 0 };
	struct err err;
	assert_ok(table_columns_read(world.schema, table, &columns, &err), err);
	buf_add_text(&sql, "SELECT year, month, day, hour");
	for (size_t i = 0; i < columns.count; i++) {
		if (!scalar || !strchr(columns.columns[i].type, '<'))
			buf_addf(&sql, ", %s", columns.columns[i].name);
	}
	buf_addf(&sql, " FROM %s", from);
	table_columns_release(&columns);
	return buf_detach(&sql);
}

/* Without Hadoop's checksums, whose names begin with a dot. */
static char *files_of(const struct warehouse_table *table, const char *lake)
{
	return mem_printf(
		"read_parquet('%s/%s/*/*/*/*/[0-9a-z]*', hive_partitioning = true, hive_types = "
		"{'year': INTEGER, 'month': INTEGER, 'day': INTEGER, 'hour': INTEGER})",
		lake, table->dir);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct lines {
	char **lines;
	size_t count, cap;
};

/* Every row as JSON, sorted. */
static struct lines read_lines(struct session *session, const char *sql)
{
	struct lines lines = { 0 };
	struct result *result = NULL;
	struct err err;
	bool row;
	if (session_query(session, sql, &result, &err) != ERR_NONE)
		fail_msg("%s: %s", sql, err.msg);
	for (;;) {
		struct buf line = { 0 };
		assert_ok(result_next(result, &row, &err), err);
		if (!row)
			break;
		for (size_t i = 0; i < result_columns(result); i++) {
			result_add_json(result, i, &line);
			buf_add_byte(&line, ' ');
		}
		MEM_GROW(lines.lines, lines.cap, lines.count + 1);
		lines.lines[lines.count++] = buf_detach(&line);
	}
	result_free(result);
	if (lines.count > 1)
		qsort(lines.lines, lines.count, sizeof *lines.lines, by_text);
	return lines;
}

static void lines_free(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		free(lines->lines[i]);
	free(lines->lines);
}

static void compare_files(const struct warehouse_table *table)
{
	char *ours = files_of(table, world.ours), *theirs = files_of(table, world.theirs);
	char *a = select_of(table, ours, false), *b = select_of(table, theirs, false);
	char *sql = mem_printf("SELECT (SELECT count(*) FROM ((%s) EXCEPT ALL (%s))) + "
			       "(SELECT count(*) FROM ((%s) EXCEPT ALL (%s)))",
			       a, b, b, a);
	int64_t differ = number(world.schema, sql);
	if (differ != 0)
		fail_msg("%s: %lld rows differ", table->name, (long long)differ);
	free(sql);
	free(a);
	free(b);
	free(ours);
	free(theirs);
}

static void compare_answers(const struct warehouse_table *table)
{
	char *files = files_of(table, world.ours);
	char *theirs = mem_printf("%s.%s", table->database, table->name);
	char *a = select_of(table, files, true), *b = select_of(table, theirs, true);
	struct lines one = read_lines(world.schema, a), other = read_lines(world.server, b);
	if (one.count != other.count)
		fail_msg("%s: %zu rows, not %zu", table->name, other.count, one.count);
	for (size_t i = 0; i < one.count; i++) {
		if (strcmp(one.lines[i], other.lines[i]) != 0)
			fail_msg("%s: %s is not %s", table->name, other.lines[i], one.lines[i]);
	}
	printf("# measured %s, %s: %zu rows, 0 differ\n", session_version(world.server),
	       table->name, one.count);
	lines_free(&one);
	lines_free(&other);
	free(a);
	free(b);
	free(files);
	free(theirs);
}

static void the_same_sql_gives_the_same_rows(void **state)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	(void)state;
	char *uri = mem_printf("file://%s", world.theirs);
	drop_tables();
	run("CREATE DATABASE IF NOT EXISTS " WAREHOUSE_VIEWS);
	run("SET hive.exec.dynamic.partition.mode=nonstrict");
	for (size_t i = 0; i < count; i++) {
		struct buf sql = { 0 };
		struct err err;
		if (table[i].kind != TABLE_VIEW)
			assert_ok(warehouse_schema_add(world.schema, &table[i], uri, &sql, &err),
				  err);
		if (table[i].sql)
			warehouse_refine_sql(&table[i], &world.settings, &sql);
		run(buf_text(&sql));
		buf_release(&sql);
		if (table[i].kind != TABLE_VIEW) {
			compare_files(&table[i]);
			compare_answers(&table[i]);
		}
	}
	free(uri);
}

/* --- what a server is told ---------------------------------------------------------------------------------------- */

static struct register_report register_it(void)
{
	struct register_report report;
	struct err err;
	char *uri = mem_printf("file://%s", world.ours);
	struct register_options options = { .lake = world.lake,
					    .lake_uri = uri,
					    .server = world.server,
					    .schema = world.schema,
					    .settings = &world.settings,
					    .views = true };
	assert_ok(warehouse_register(&options, &report, &err), err);
	free(uri);
	return report;
}

static void tables_are_made_once_with_all_their_hours(void **state)
{
	(void)state;
	drop_tables();
	struct register_report report = register_it();
	assert_int_equal(report.made, 10);
	assert_int_equal(report.altered, 0);
	assert_true(report.added >= 10);
	report = register_it();
	assert_int_equal(report.made + report.altered + report.added + report.dropped, 0);
	const struct warehouse_table landing = { .database = "twitter_landing_data",
						 .name = "twitter_landing_data",
						 .dir = "twitter-landing-data" };
	char *files = files_of(&landing, world.ours);
	char *sql = mem_printf("SELECT count(*) FROM %s", files);
	assert_int_equal(number(world.server,
				"SELECT count(*) FROM twitter_landing_data.twitter_landing_data"),
			 number(world.schema, sql));
	assert_true(number(world.server, "SELECT count(*) FROM " WAREHOUSE_VIEWS ".posts") > 0);
	free(sql);
	free(files);
}

static void hours_that_come_and_go_are_told(void **state)
{
	(void)state;
	run("ALTER TABLE twitter_raw_data.user_data_raw ADD PARTITION (year=2001, month=2, day=3, "
	    "hour=4)");
	struct register_report report = register_it();
	assert_int_equal(report.dropped, 1);
	assert_int_equal(report.added, 0);
}

static void columns_that_changed_are_altered(void **state)
{
	static const char *const before[] = { "user_id STRING, username STRING",
					      "user_id BIGINT, username STRING",
					      "username STRING, user_id STRING" };
	(void)state;
	int64_t users = number(world.server, "SELECT count(*) FROM twitter_raw_data.user_data_raw "
					     "WHERE followers_count >= 0 AND user_id IS NOT NULL");
	assert_true(users > 0);
	for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
		char *sql = mem_printf("DROP TABLE twitter_raw_data.user_data_raw; "
				       "CREATE EXTERNAL TABLE twitter_raw_data.user_data_raw (%s) "
				       "PARTITIONED BY (year INT, month INT, day INT, hour INT) "
				       "STORED AS PARQUET LOCATION "
				       "'file://%s/twitter_raw_data/user_data_raw'",
				       before[i], world.ours);
		run(sql);
		free(sql);
		struct register_report report = register_it();
		assert_int_equal(report.altered, 1);
		assert_int_equal(report.made, 0);
		assert_int_equal(number(world.server,
					"SELECT count(*) FROM twitter_raw_data.user_data_raw "
					"WHERE followers_count >= 0 AND user_id IS NOT NULL"),
				 users);
	}
}

static void a_real_server_is_there(void **state)
{
	(void)state;
	if (!getenv("AVIARY_TEST_ENGINES"))
		skip();
}

int main(void)
{
	const struct CMUnitTest none[] = { cmocka_unit_test(a_real_server_is_there) };
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_sql_gives_the_same_rows),
		cmocka_unit_test(tables_are_made_once_with_all_their_hours),
		cmocka_unit_test(hours_that_come_and_go_are_told),
		cmocka_unit_test(columns_that_changed_are_altered),
	};
	struct str rest = str_from(getenv("AVIARY_TEST_ENGINES")), name;
	int failed = cmocka_run_group_tests(none, NULL, NULL);
	while (rest.ptr && str_split(&rest, ' ', &name)) {
		if (name.len == 0)
			continue;
		char *location = mem_printf("%.*s", STR_ARG(name));
		open_world(location);
		failed += cmocka_run_group_tests_name(session_version(world.server), tests, NULL,
						      NULL);
		close_world();
		free(location);
	}
	return failed;
}
