#include "base/test.h"

#include "warehouse/files.h"

static void the_newest_rows_are_told_by_the_plainest_statements_only(void **state)
{
	(void)state;
	static const struct {
		const char *statement;
		uint64_t rows;
	} known[] = {
		{ "SELECT * FROM landing ORDER BY created_at DESC LIMIT 20", 20 },
		{ " select  id, text ,lang\nfrom twitter_landing_data\torder by created_at desc limit 1 ; ",
		  1 },
		{ "SELECT *,id FROM twitter_landing_data.twitter_landing_data ORDER BY created_at DESC LIMIT 7;",
		  7 },
	};
	static const char *const others[] = {
		"",
		"SELECT",
		"SELECT * FROM landing",
		"SELECT * FROM landing ORDER BY created_at DESC",
		"SELECT * FROM landing ORDER BY created_at LIMIT 20",
		"SELECT * FROM landing ORDER BY created_at DESC LIMIT 0",
		"SELECT * FROM landing ORDER BY created_at DESC LIMIT 20 OFFSET 5",
		"SELECT * FROM landing ORDER BY created_at DESC LIMIT 10 + 10",
		"SELECT * FROM landing ORDER BY created_at DESC, id LIMIT 20",
		"SELECT * FROM landing ORDER BY created_at DESC LIMIT 99999999999999999999",
		"SELECT * FROM landing l ORDER BY created_at DESC LIMIT 20",
		"SELECT * FROM landing, posts ORDER BY created_at DESC LIMIT 20",
		"SELECT * FROM landings ORDER BY created_at DESC LIMIT 20",
		"SELECT * FROM posts ORDER BY created_at DESC LIMIT 20",
		"SELECT * FROM landing WHERE lang = 'en' ORDER BY created_at DESC LIMIT 20",
		"SELECT DISTINCT lang FROM landing ORDER BY created_at DESC LIMIT 20",
		"SELECT id created_at FROM landing ORDER BY created_at DESC LIMIT 20",
		"SELECT count(*) FROM landing ORDER BY created_at DESC LIMIT 20",
		"SELECT 1; SELECT * FROM landing ORDER BY created_at DESC LIMIT 20",
		"SELECT * FROM landing ORDER BY created_at DESC LIMIT 20; SELECT 1",
		"SELECT * FROM landing ORDER BY created_at DESC LIMIT 20 -- no",
		"SELECT /**/ * FROM landing ORDER BY created_at DESC LIMIT 20",
		"SELECT 'a from b' FROM landing ORDER BY created_at DESC LIMIT 20",
		"SELECT a FROM x WHERE y IN (SELECT * FROM landing ORDER BY created_at DESC LIMIT 20)",
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		uint64_t rows = 0;
		if (!warehouse_asks_newest(known[i].statement, &rows) || rows != known[i].rows)
			fail_msg("%s: %llu", known[i].statement, (unsigned long long)rows);
	}
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		uint64_t rows;
		if (warehouse_asks_newest(others[i], &rows))
			fail_msg("%s", others[i]);
	}
}

static void a_bare_count_is_known(void **state)
{
	(void)state;
	static const char *const others[] = {
		"SELECT count(*) FROM landing l",
		"SELECT count(*) FROM posts",
		"SELECT count(id) FROM landing",
		"SELECT count(*), 1 FROM landing",
		"SELECT count(*) FROM landing, posts",
		"SELECT count(*) FROM landing WHERE lang = 'en'",
		"SELECT count(*) FROM landing; SELECT 1",
	};
	assert_true(statement_only_counts_landing("SELECT count(*) FROM landing"));
	assert_true(statement_only_counts_landing("select COUNT(*)\n from twitter_landing_data ;"));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_false(statement_only_counts_landing(others[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_rows_are_told_by_the_plainest_statements_only),
		cmocka_unit_test(a_bare_count_is_known),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
