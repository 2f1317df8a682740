#include "engine/statements.h"

#include "base/test.h"

/* Each statement with a '|' behind it. */
static void assert_split(const char *sql, const char *expected)
{
	char joined[512];
	size_t len = 0;
	struct str rest = str_from(sql), statement;
	while (statement_next(&rest, &statement)) {
		memcpy(joined + len, statement.ptr, statement.len);
		len += statement.len;
		joined[len++] = '|';
	}
	assert_str(str_make(joined, len), expected);
}

static void semicolons_part_statements(void **state)
{
	(void)state;
	assert_split("SELECT 1", "SELECT 1|");
	assert_split(" SELECT 1 ;\nSELECT 2;\n\n", "SELECT 1|SELECT 2|");
	assert_split(";;SELECT 1;;;SELECT 2", "SELECT 1|SELECT 2|");
	assert_split("", "");
	assert_split(" ; -- nothing\n", "");
}

static void they_do_not_in_quotes_and_comments(void **state)
{
	(void)state;
	assert_split("SELECT ';'; SELECT \";\"; SELECT `;`", "SELECT ';'|SELECT \";\"|SELECT `;`|");
	assert_split("SELECT 'a\\';b'; SELECT 2", "SELECT 'a\\';b'|SELECT 2|");
	assert_split("SELECT 'a'';b'; SELECT 2", "SELECT 'a'';b'|SELECT 2|");
	assert_split("SELECT `a\\`; SELECT 2", "SELECT `a\\`|SELECT 2|");
	assert_split("-- one; two\nSELECT 1 -- three;\n; SELECT 2", "SELECT 1|SELECT 2|");
	assert_split("/* ; */ SELECT /* ; ' */ 1; /* 'x */ SELECT 2",
		     "SELECT /* ; ' */ 1|SELECT 2|");
	assert_split("SELECT 4 - 3 / 2; SELECT '--'", "SELECT 4 - 3 / 2|SELECT '--'|");
}

static void what_is_not_closed_ends_with_the_text(void **state)
{
	(void)state;
	assert_split("SELECT 'a; b", "SELECT 'a; b|");
	assert_split("SELECT 'a\\", "SELECT 'a\\|");
	assert_split("SELECT 1 /* ; SELECT 2", "SELECT 1|");
	assert_split("SELECT 1; -- the end", "SELECT 1|");
}

static void statements_that_read_are_known(void **state)
{
	static const char *const reading[] = {
		"SELECT 1",
		"(SELECT 1) UNION (SELECT 2)",
		"-- insert\nselect 'insert'",
		"WITH a AS (SELECT 'insert' AS b) SELECT `delete` FROM a",
		"SHOW TABLES",
		"DESCRIBE EXTENDED a.b",
		"EXPLAIN SELECT 1",
		"SET spark.sql.ansi.enabled",
		"VALUES (1)",
		"USE aviary",
		"CREATE TEMPORARY VIEW v AS SELECT 1",
		"CREATE OR REPLACE TEMP VIEW v AS SELECT 1",
	};
	static const char *const writing[] = {
		"INSERT INTO a VALUES (1)",
		"WITH a AS (SELECT 1) INSERT OVERWRITE TABLE b SELECT * FROM a",
		"FROM a INSERT OVERWRITE TABLE b SELECT *",
		"/* select */ DROP TABLE a",
		"CREATE TABLE a AS SELECT 1",
		"CREATE VIEW temporary AS SELECT 1",
		"EXPLAIN ANALYZE INSERT INTO a VALUES (1)",
		"ADD JAR '/x.jar'",
		"TRUNCATE TABLE a",
		"MSCK REPAIR TABLE a",
		"",
		"'select'",
	};
	(void)state;
	for (size_t i = 0; i < sizeof reading / sizeof *reading; i++) {
		if (!statement_only_reads(str_from(reading[i])))
			fail_msg("\"%s\" only reads", reading[i]);
	}
	for (size_t i = 0; i < sizeof writing / sizeof *writing; i++) {
		if (statement_only_reads(str_from(writing[i])))
			fail_msg("\"%s\" writes", writing[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(semicolons_part_statements),
		cmocka_unit_test(they_do_not_in_quotes_and_comments),
		cmocka_unit_test(what_is_not_closed_ends_with_the_text),
		cmocka_unit_test(statements_that_read_are_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
