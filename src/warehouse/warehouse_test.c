#include "warehouse/warehouse_fixture.h"

#include "post/post.h"

#include <ctype.h>

static const struct warehouse_table *table_named(const char *name)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	fail_msg("no table %s", name);
	return NULL;
}

/* The columns of a table with their types, a line each. */
static void describe(struct fixture *fixture, const char *table, struct buf *ret)
{
	char *sql = mem_printf("SELECT column_name, column_type FROM (DESCRIBE %s)", table);
	ask(fixture->session, sql, ret);
	free(sql);
}

/* --- tables ------------------------------------------------------------------------------------------ */

static void tables_come_in_the_order_of_their_dependence(void **state)
{
	static const struct {
		const char *name, *database, *dir;
		enum table_kind kind;
	} expected[] = {
		{ "twitter_landing_data", "twitter_landing_data", "twitter-landing-data",
		  TABLE_LANDING },
		{ "media_data_raw", "twitter_raw_data", "twitter_raw_data/media_data_raw",
		  TABLE_DIMENSION },
		{ "place_data_raw", "twitter_raw_data", "twitter_raw_data/place_data_raw",
		  TABLE_DIMENSION },
		{ "tweet_data_raw", "twitter_raw_data", "twitter_raw_data/tweet_data_raw",
		  TABLE_DIMENSION },
		{ "user_data_raw", "twitter_raw_data", "twitter_raw_data/user_data_raw",
		  TABLE_DIMENSION },
		{ "totals_metrics_processed", "twitter_processed_data",
		  "twitter-processed-data/totals_metrics_processed", TABLE_FACT },
		{ "tweet_engagement_processed", "twitter_processed_data",
		  "twitter-processed-data/tweet_engagement_processed", TABLE_FACT },
		{ "user_activity_processed", "twitter_processed_data",
		  "twitter-processed-data/user_activity_processed", TABLE_FACT },
		{ "users_tweets_processed", "twitter_processed_data",
		  "twitter-processed-data/users_tweets_processed", TABLE_FACT },
		{ "landing", NULL, NULL, TABLE_VIEW },
		{ "posts", NULL, NULL, TABLE_VIEW },
		{ "users", NULL, NULL, TABLE_VIEW },
		{ "media", NULL, NULL, TABLE_VIEW },
		{ "places", NULL, NULL, TABLE_VIEW },
		{ "totals_metrics", NULL, NULL, TABLE_VIEW },
	};
	size_t count;
	(void)state;
	const struct warehouse_table *table = warehouse_tables(&count);
	assert_true(count >= sizeof expected / sizeof *expected);
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		const struct warehouse_table *found = table_named(expected[i].name);
		assert_int_equal(found->kind, expected[i].kind);
		if (expected[i].database) {
			assert_string_equal(found->database, expected[i].database);
			assert_string_equal(found->dir, expected[i].dir);
		} else {
			assert_null(found->database);
			assert_null(found->dir);
		}
	}
	/* A layer is made of those before it. */
	for (size_t i = 1; i < count; i++)
		assert_true(table[i].kind >= table[i - 1].kind);
	assert_null(table[0].sql);
}

static void no_table_speaks_of_one_that_comes_later(void **state)
{
	size_t count;
	(void)state;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 1; i < count; i++) {
		for (size_t later = i + 1; later < count; later++) {
			char *from = mem_printf("FROM %s\n", table[later].name);
			if (strstr(table[i].sql, from))
				fail_msg("%s reads %s", table[i].name, table[later].name);
			free(from);
		}
	}
}

static void dialect_words_leave_no_braces(void **state)
{
	struct buf sql = { 0 };
	size_t count, words = 0;
	(void)state;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 1; i < count; i++) {
		if (!table[i].sql)
			continue;
		buf_reset(&sql);
		warehouse_sql(&table[i], &settings_default, &sql);
		words += strstr(table[i].sql, "{{") != NULL;
		assert_null(strstr(buf_text(&sql), "{{"));
		assert_null(strstr(buf_text(&sql), "}}"));
		assert_non_null(strstr(buf_text(&sql), "SELECT"));
	}
	assert_true(words >= 5);
	buf_release(&sql);
}

static void settings_go_into_the_sql_as_literals(void **state)
{
	static const char *const none[] = { NULL };
	struct warehouse_settings settings = { .weekend = friday_saturday,
					       .weekend_zone = "Africa/Cairo" };
	struct buf sql = { 0 };
	(void)state;
	warehouse_sql(table_named("totals_metrics_processed"), &settings, &sql);
	assert_non_null(strstr(buf_text(&sql),
			       "dayofweek(timezone('Africa/Cairo', tweet_date)) IN (-1, 5, 6)"));
	buf_reset(&sql);
	settings.weekend = none;
	warehouse_sql(table_named("totals_metrics_processed"), &settings, &sql);
	assert_non_null(strstr(buf_text(&sql), "IN (-1)"));
	buf_release(&sql);
}

static void another_setting_is_another_hash(void **state)
{
	struct warehouse_settings settings = settings_default;
	(void)state;
	uint64_t hash = warehouse_hash(&settings);
	assert_true(warehouse_hash(&settings) == hash);
	settings.weekend = friday_saturday;
	assert_true(warehouse_hash(&settings) != hash);
	settings = settings_default;
	settings.weekend_zone = "Asia/Kolkata";
	assert_true(warehouse_hash(&settings) != hash);
}

/* --- settings ---------------------------------------------------------------------------------------- */

static void days_and_zones_are_checked_by_name(void **state)
{
	static const char *const all[] = { "monday", "tuesday",  "wednesday", "thursday",
					   "friday", "saturday", "sunday",    NULL };
	static const char *const bad_days[] = { "Saturday", "sat", "", "sunday " };
	static const char *const bad_zones[] = {
		"",      "UTC'",   "Africa/Cairo)", "Africa/Cairo\n",
		"U T C", "Zürich", "') OR (1=1",    "Europe;Rome"
	};
	static const char *const good_zones[] = { "UTC", "Africa/Cairo", "America/Port-au-Prince",
						  "Etc/GMT+5", "America/Argentina/Buenos_Aires" };
	struct warehouse_settings settings = { .weekend = all, .weekend_zone = "UTC" };
	struct err err = { 0 };
	(void)state;
	assert_ok(warehouse_settings_check(&settings, &err), err);
	for (size_t i = 0; i < sizeof good_zones / sizeof *good_zones; i++) {
		settings.weekend_zone = good_zones[i];
		assert_ok(warehouse_settings_check(&settings, &err), err);
	}
	for (size_t i = 0; i < sizeof bad_zones / sizeof *bad_zones; i++) {
		char *words = mem_printf("weekend_zone: '%s'", bad_zones[i]);
		settings.weekend_zone = bad_zones[i];
		assert_fails(warehouse_settings_check(&settings, &err), err, ERR_REJECT, words);
		free(words);
	}
	settings = settings_default;
	for (size_t i = 0; i < sizeof bad_days / sizeof *bad_days; i++) {
		const char *const days[] = { "saturday", bad_days[i], NULL };
		char *words = mem_printf("weekend: '%s'", bad_days[i]);
		settings.weekend = days;
		assert_fails(warehouse_settings_check(&settings, &err), err, ERR_REJECT, words);
		free(words);
	}
	settings.weekend = NULL;
	assert_ok(warehouse_settings_check(&settings, &err), err);
}

/* --- an empty lake ----------------------------------------------------------------------------------- */

static void an_empty_lake_has_every_table_empty(void **state)
{
	struct fixture fixture;
	size_t count;
	(void)state;
	fixture_open(&fixture);
	struct refine_report report = fixture_refine(&fixture);
	assert_int_equal(report.snapshot, 0);
	assert_int_equal(report.hours, 0);
	assert_int_equal(fixture_stale(&fixture), 0);
	fixture_attach(&fixture);
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++) {
		char *sql = mem_printf("SELECT count(*) FROM %s", table[i].name);
		assert_answer(&fixture, sql,
			      strcmp(table[i].name, "totals_metrics") == 0 ? "1" : "0");
		free(sql);
		if (!table[i].database)
			continue;
		sql = mem_printf("SELECT count(*) FROM %s.%s", table[i].database, table[i].name);
		assert_answer(&fixture, sql, "0");
		free(sql);
	}
	assert_answer(&fixture, "SELECT * FROM totals_metrics", "0|0|0|0|0|0|0|0|0|0|0");
	fixture_close(&fixture);
}

static void landing_has_the_columns_of_the_list_and_the_partition(void **state)
{
	struct fixture fixture;
	struct buf columns = { 0 };
	size_t count;
	(void)state;
	fixture_open(&fixture);
	fixture_attach(&fixture);
	ask(fixture.session, "SELECT column_name FROM (DESCRIBE twitter_landing_data)", &columns);
	struct str rest = buf_str(&columns), name;
	const struct post_column *column = post_columns(&count);
	for (size_t i = 0; i < count; i++) {
		assert_true(str_split(&rest, '\n', &name));
		assert_str(name, column[i].name);
	}
	assert_str(rest, "year\nmonth\nday\nhour");
	assert_answer(&fixture,
		      "SELECT column_type FROM (DESCRIBE landing) WHERE column_name = "
		      "'referenced_tweets'",
		      "STRUCT(\"type\" VARCHAR, id VARCHAR)[]");
	buf_release(&columns);
	fixture_close(&fixture);
}

/* --- docs/tables.md ---------------------------------------------------------------------------------- */

/* The paragraph about a table, what stands in brackets left out, on one line. */
static void read_paragraph(struct str document, const char *table, struct buf *ret)
{
	char *head = mem_printf("- **%s**", table);
	const char *at = memmem(document.ptr, document.len, head, strlen(head));
	assert_non_null(at);
	const char *end = document.ptr + document.len;
	int depth = 0;
	buf_reset(ret);
	for (at += strlen(head); at < end; at++) {
		bool over = at[0] == '\n' && at + 1 < end && (at[1] == '\n' || at[1] == '-');
		if (over)
			break;
		depth += *at == '(';
		if (depth == 0)
			buf_add_byte(ret, *at == '\n' ? ' ' : *at);
		depth -= *at == ')';
	}
	free(head);
}

static bool is_name(struct str word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (!islower((unsigned char)word.ptr[i]) && word.ptr[i] != '_')
			return false;
	}
	return word.len > 0;
}

/* A piece of the list is a column's name, maybe with a remark behind it. */
static bool next_piece(struct str *rest, struct str *ret)
{
	size_t len = 0;
	if (rest->len == 0)
		return false;
	while (len < rest->len && !strchr(",.:;", rest->ptr[len]))
		len++;
	*ret = str_trim(str_make(rest->ptr, len));
	size_t used = len < rest->len ? len + 1 : len;
	*rest = str_make(rest->ptr + used, rest->len - used);
	return true;
}

static bool is_documented(struct str list, struct str column)
{
	struct str piece, word;
	while (next_piece(&list, &piece)) {
		if (str_split(&piece, ' ', &word) && str_equal(word, column))
			return true;
	}
	return false;
}

static bool is_column(struct str columns, struct str name)
{
	struct str column;
	while (str_split(&columns, '\n', &column)) {
		if (str_equal(column, name))
			return true;
	}
	return false;
}

static void assert_documented(struct fixture *fixture, struct str document, const char *table)
{
	struct buf paragraph = { 0 }, columns = { 0 };
	char *sql = mem_printf("SELECT column_name FROM (DESCRIBE %s) WHERE column_name NOT IN "
			       "('year', 'month', 'day', 'hour')",
			       table);
	ask(fixture->session, sql, &columns);
	read_paragraph(document, table, &paragraph);
	const char *list = strchr(buf_text(&paragraph), ':');
	assert_non_null(list);
	struct str rest = str_from(list), piece, column;
	int named = 0;
	while (next_piece(&rest, &piece)) {
		if (!is_name(piece))
			continue;
		named++;
		if (!is_column(buf_str(&columns), piece))
			fail_msg("%s has no column %.*s", table, STR_ARG(piece));
	}
	assert_true(named >= 4);
	rest = buf_str(&columns);
	while (str_split(&rest, '\n', &column)) {
		if (!is_documented(str_from(list), column))
			fail_msg("docs/tables.md: %s has no column %.*s", table, STR_ARG(column));
	}
	free(sql);
	buf_release(&paragraph);
	buf_release(&columns);
}

static void stored_tables_have_the_documented_columns_and_no_others(void **state)
{
	struct fixture fixture;
	struct buf document = { 0 };
	struct err err;
	size_t count;
	(void)state;
	const char *root = getenv("AVIARY_ROOT");
	char *path = mem_printf("%s/docs/tables.md", root ? root : ".");
	assert_ok(file_read(path, 1 << 20, &document, &err), err);
	fixture_open(&fixture);
	fixture_attach(&fixture);
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++) {
		if (is_stored(&table[i]))
			assert_documented(&fixture, buf_str(&document), table[i].name);
	}
	free(path);
	buf_release(&document);
	fixture_close(&fixture);
}

static void tables_have_the_same_columns_with_files_as_without(void **state)
{
	struct fixture fixture;
	struct buf before[32] = { 0 }, after = { 0 };
	size_t count;
	(void)state;
	fixture_open(&fixture);
	fixture_attach(&fixture);
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++)
		describe(&fixture, table[i].name, &before[i]);
	LAND(&fixture, { HOUR_7, "{\"id\":\"1\",\"created_at\":\"2026-11-23T07:00:00.000Z\"}" });
	fixture_refine_and_attach(&fixture);
	for (size_t i = 0; i < count; i++) {
		describe(&fixture, table[i].name, &after);
		struct str expected = buf_str(&before[i]), actual = buf_str(&after), left, right;
		while (str_split(&expected, '\n', &left)) {
			assert_true(str_split(&actual, '\n', &right));
			if (!str_equal(left, right))
				fail_msg("%s: %.*s is not %.*s", table[i].name, STR_ARG(right),
					 STR_ARG(left));
		}
		assert_int_equal(actual.len, 0);
		buf_release(&before[i]);
	}
	buf_release(&after);
	fixture_close(&fixture);
}

static void short_views_have_the_columns_of_their_dimensions(void **state)
{
	static const char *const pairs[][2] = { { "posts", "tweet_data_raw" },
						{ "users", "user_data_raw" },
						{ "media", "media_data_raw" },
						{ "places", "place_data_raw" },
						{ "landing", "twitter_landing_data" } };
	struct fixture fixture;
	struct buf view = { 0 }, table = { 0 };
	(void)state;
	fixture_open(&fixture);
	fixture_attach(&fixture);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		describe(&fixture, pairs[i][0], &view);
		describe(&fixture, pairs[i][1], &table);
		assert_string_equal(buf_text(&view), buf_text(&table));
	}
	assert_answer(&fixture,
		      "SELECT DISTINCT column_type FROM (DESCRIBE totals_metrics_processed) WHERE "
		      "column_name NOT IN ('year', 'month', 'day', 'hour')",
		      "BIGINT");
	buf_release(&view);
	buf_release(&table);
	fixture_close(&fixture);
}

/* --- attaching --------------------------------------------------------------------------------------- */

static void only_what_the_snapshot_names_is_landing(void **state)
{
	struct fixture fixture;
	struct err err;
	(void)state;
	fixture_open(&fixture);
	LAND(&fixture, { HOUR_7, "{\"id\":\"1\",\"created_at\":\"2026-11-23T07:00:00.000Z\"}" },
	     { HOUR_7 + 1, "{\"id\":\"2\",\"created_at\":\"2026-11-23T08:00:00.000Z\"}" });
	/* A file no record knows, torn at that. */
	char *stray =
		lake_file(fixture.lake,
			  "twitter-landing-data/year=2026/month=11/day=23/hour=7/stray.parquet");
	assert_ok(file_replace(stray, STR("PAR1"), &err), err);
	fixture_attach(&fixture);
	assert_answer(&fixture,
		      "SELECT string_agg(id, ',' ORDER BY id), min(hour), max(hour) FROM landing",
		      "1,2|7|8");
	assert_answer(
		&fixture,
		"SELECT DISTINCT year, month, day FROM twitter_landing_data.twitter_landing_data",
		"2026|11|23");
	free(stray);
	fixture_close(&fixture);
}

static void a_question_about_an_hour_opens_no_other_hours_file(void **state)
{
	struct fixture fixture;
	struct err err;
	(void)state;
	fixture_open(&fixture);
	LAND(&fixture, { HOUR_7, "{\"id\":\"1\",\"created_at\":\"2026-11-23T07:00:00.000Z\"}" },
	     { HOUR_7 + 1, "{\"id\":\"2\",\"created_at\":\"2026-11-23T08:00:00.000Z\"}" });
	fixture_attach(&fixture);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	const char *other = snapshot->hours[1].files[0]->name;
	assert_ok(store_replace(lake_store(fixture.lake), other, STR("PAR1 torn"), &err), err);
	assert_answer(&fixture, "SELECT id FROM landing WHERE year = 2026 AND hour = 7", "1");
	struct result *result = NULL;
	bool row;
	enum err_kind kind = session_query(fixture.session, "SELECT id FROM landing WHERE hour = 8",
					   &result, &err);
	if (kind == ERR_NONE)
		kind = result_next(result, &row, &err);
	assert_int_equal(kind, ERR_REJECT);
	result_free(result);
	lake_snapshot_free(snapshot);
	fixture_close(&fixture);
}

static void a_lake_may_be_anywhere(void **state)
{
	struct fixture fixture;
	(void)state;
	char *path = mem_printf("%s/env=prod/it's [1] a lake*/hour=3/lake", test_dir());
	fixture_open_at(&fixture, path);
	LAND(&fixture, { HOUR_7, "{\"id\":\"1\",\"created_at\":\"2026-11-23T07:00:00.000Z\"}" });
	fixture_refine_and_attach(&fixture);
	assert_answer(&fixture, "SELECT year, month, day, hour, id FROM landing", "2026|11|23|7|1");
	assert_answer(&fixture, "SELECT year, month, day, hour, tweet_id FROM posts",
		      "2026|11|23|7|1");
	assert_answer(&fixture, "SELECT count(*) FROM (DESCRIBE landing) WHERE column_name = 'env'",
		      "0");
	fixture_close(&fixture);
	free(path);
}

static void stored_names_are_read_as_they_are_made(void **state)
{
	static const char *const bad[] = {
		"",
		"x.parquet",
		"00000000000000000007-00000000000000ab-12345678.parquet.tmp",
		"00000000000000000007-00000000000000ab.parquet",
		"00000000000000000007-00000000000000ab-1234567g.parquet",
		STREAM_A "-00000000000000000007.parquet",
	};
	struct stored_name name;
	(void)state;
	char *made = stored_name_make(7, 0xab), *other = stored_name_make(7, 0xab);
	assert_true(str_starts(str_from(made), STR("00000000000000000007-00000000000000ab-")));
	assert_string_not_equal(made, other);
	assert_true(stored_name_parse(made, &name));
	assert_int_equal(name.snapshot, 7);
	assert_int_equal(name.hash, 0xab);
	free(made);
	made = stored_name_make(UINT64_MAX, UINT64_MAX);
	assert_true(stored_name_parse(made, &name));
	assert_true(name.snapshot == UINT64_MAX && name.hash == UINT64_MAX);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(stored_name_parse(bad[i], &name));
	free(made);
	free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_come_in_the_order_of_their_dependence),
		cmocka_unit_test(no_table_speaks_of_one_that_comes_later),
		cmocka_unit_test(dialect_words_leave_no_braces),
		cmocka_unit_test(settings_go_into_the_sql_as_literals),
		cmocka_unit_test(another_setting_is_another_hash),
		cmocka_unit_test(days_and_zones_are_checked_by_name),
		cmocka_unit_test(an_empty_lake_has_every_table_empty),
		cmocka_unit_test(landing_has_the_columns_of_the_list_and_the_partition),
		cmocka_unit_test(stored_tables_have_the_documented_columns_and_no_others),
		cmocka_unit_test(tables_have_the_same_columns_with_files_as_without),
		cmocka_unit_test(short_views_have_the_columns_of_their_dimensions),
		cmocka_unit_test(only_what_the_snapshot_names_is_landing),
		cmocka_unit_test(a_question_about_an_hour_opens_no_other_hours_file),
		cmocka_unit_test(a_lake_may_be_anywhere),
		cmocka_unit_test(stored_names_are_read_as_they_are_made),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
