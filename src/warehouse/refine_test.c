#include "warehouse/warehouse_fixture.h"

#include <sys/wait.h>

#define POST_7 "{\"id\":\"1\",\"created_at\":\"2026-11-23T07:00:00.000Z\",\"text\":\"seven\"}"
#define POST_8 "{\"id\":\"2\",\"created_at\":\"2026-11-23T08:00:00.000Z\",\"text\":\"eight\"}"
#define POST_9 "{\"id\":\"3\",\"created_at\":\"2026-11-23T09:00:00.000Z\",\"text\":\"nine\"}"

enum { STORED_TABLES = 8 };

static void land_two_hours(struct fixture *fixture)
{
	LAND(fixture, { HOUR_7, POST_7 }, { HOUR_7 + 1, POST_8 });
}

static size_t count_lines(const struct buf *text)
{
	size_t lines = 0;
	for (size_t i = 0; i < text->len; i++)
		lines += text->ptr[i] == '\n';
	return lines;
}

/* The lines of `list` that speak of this hour, in order. */
static void lines_of_hour(const struct buf *list, int64_t hour, struct buf *ret)
{
	char partition[PARTITION_PATH_MAX];
	struct str rest = buf_str(list), line;
	lake_partition_path(hour, partition);
	char *part = mem_printf("/%s/", partition);
	buf_reset(ret);
	while (str_split(&rest, '\n', &line)) {
		if (memmem(line.ptr, line.len, part, strlen(part)))
			buf_addf(ret, "%.*s\n", STR_ARG(line));
	}
	free(part);
}

/* --- which hours ------------------------------------------------------------------------------------- */

static void after_a_run_all_hours_are_current(void **state)
{
	struct fixture fixture;
	struct buf files = { 0 };
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	assert_int_equal(fixture_stale(&fixture), 2);
	struct refine_report report = fixture_refine(&fixture);
	assert_int_equal(report.snapshot, 1);
	assert_int_equal(report.hours, 2);
	assert_int_equal(report.current, 0);
	assert_int_equal(fixture_stale(&fixture), 0);
	list_stored(&fixture, &files);
	assert_int_equal(count_lines(&files), 2 * STORED_TABLES);
	/* Empty results have files as well. */
	assert_non_null(strstr(buf_text(&files),
			       "twitter_raw_data/media_data_raw/year=2026/month=11/"
			       "day=23/hour=7/00000000000000000001-"));
	fixture_attach(&fixture);
	assert_answer(&fixture, "SELECT tweet_id, tweet_text, hour FROM tweet_data_raw ORDER BY 1",
		      "1|seven|7\n2|eight|8");
	buf_release(&files);
	fixture_close(&fixture);
}

static void a_second_run_does_nothing(void **state)
{
	struct fixture fixture;
	struct buf before = { 0 }, after = { 0 };
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	fixture_refine(&fixture);
	list_stored(&fixture, &before);
	struct refine_report report = fixture_refine(&fixture);
	assert_int_equal(report.hours, 0);
	assert_int_equal(report.current, 2);
	list_stored(&fixture, &after);
	assert_string_equal(buf_text(&before), buf_text(&after));
	buf_release(&before);
	buf_release(&after);
	fixture_close(&fixture);
}

static void a_new_batch_makes_only_its_hours_stale(void **state)
{
	struct fixture fixture;
	struct buf before = { 0 }, after = { 0 }, left = { 0 }, right = { 0 };
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	fixture_refine(&fixture);
	list_stored(&fixture, &before);
	LAND(&fixture, { HOUR_7 + 1, "{\"id\":\"4\",\"created_at\":\"2026-11-23T08:30:00.000Z\"}" },
	     { HOUR_7 + 2, POST_9 });
	assert_int_equal(fixture_stale(&fixture), 2);
	struct refine_report report = fixture_refine(&fixture);
	assert_int_equal(report.snapshot, 2);
	assert_int_equal(report.hours, 2);
	assert_int_equal(report.current, 1);
	list_stored(&fixture, &after);
	assert_int_equal(count_lines(&after), 3 * STORED_TABLES);
	lines_of_hour(&before, HOUR_7, &left);
	lines_of_hour(&after, HOUR_7, &right);
	assert_int_equal(count_lines(&left), STORED_TABLES);
	assert_string_equal(buf_text(&left), buf_text(&right));
	lines_of_hour(&after, HOUR_7 + 1, &right);
	assert_int_equal(count_lines(&right), STORED_TABLES);
	assert_null(strstr(buf_text(&right), "/00000000000000000001-"));
	fixture_attach(&fixture);
	assert_answer(&fixture, "SELECT tweet_id, hour FROM tweet_data_raw ORDER BY 1",
		      "1|7\n2|8\n3|9\n4|8");
	buf_release(&before);
	buf_release(&after);
	buf_release(&left);
	buf_release(&right);
	fixture_close(&fixture);
}

static void a_changed_setting_makes_all_hours_stale(void **state)
{
	struct warehouse_settings friday = { .weekend = friday_saturday, .weekend_zone = "UTC" };
	struct warehouse_settings cairo = { .weekend = saturday_sunday,
					    .weekend_zone = "Africa/Cairo" };
	struct fixture fixture;
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	fixture_refine(&fixture);
	fixture.settings = &friday;
	assert_int_equal(fixture_stale(&fixture), 2);
	assert_int_equal(fixture_refine(&fixture).hours, 2);
	assert_int_equal(fixture_stale(&fixture), 0);
	fixture.settings = &cairo;
	assert_int_equal(fixture_refine(&fixture).hours, 2);
	fixture.settings = &settings_default;
	assert_int_equal(fixture_refine(&fixture).hours, 2);
	assert_int_equal(fixture_refine(&fixture).hours, 0);
	fixture_close(&fixture);
}

static void an_hour_that_lacks_one_table_is_stale(void **state)
{
	struct fixture fixture;
	struct err err;
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	fixture_refine(&fixture);
	assert_ok(store_remove_tree(lake_store(fixture.lake),
				    "twitter-processed-data/users_tweets_processed/year=2026/"
				    "month=11/day=23/hour=8",
				    &err),
		  err);
	assert_int_equal(fixture_stale(&fixture), 1);
	assert_int_equal(fixture_refine(&fixture).hours, 1);
	fixture_attach(&fixture);
	assert_answer(&fixture, "SELECT count(*) FROM users_tweets_processed", "2");
	fixture_close(&fixture);
}

static void a_file_of_strangers_in_an_hour_makes_it_stale(void **state)
{
	struct fixture fixture;
	struct err err;
	struct buf files = { 0 };
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	fixture_refine(&fixture);
	char *path = lake_file(fixture.lake, "twitter_raw_data/tweet_data_raw/year=2026/month=11/"
					     "day=23/hour=7/part-0.parquet");
	assert_ok(file_replace(path, STR("PAR1"), &err), err);
	assert_int_equal(fixture_refine(&fixture).hours, 1);
	list_stored(&fixture, &files);
	assert_null(strstr(buf_text(&files), "part-0"));
	assert_int_equal(count_lines(&files), 2 * STORED_TABLES);
	free(path);
	buf_release(&files);
	fixture_close(&fixture);
}

static void files_tell_their_snapshot_and_sql(void **state)
{
	struct fixture fixture;
	struct buf files = { 0 }, sql = { 0 };
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	fixture_refine(&fixture);
	fixture_attach(&fixture);
	list_stored(&fixture, &files);
	struct str rest = buf_str(&files), line;
	assert_true(str_split(&rest, '\n', &line));
	char *path = lake_file(fixture.lake, "%.*s", STR_ARG(line));
	buf_add_text(&sql,
		     "SELECT string_agg(decode(key) || '=' || decode(value), ' ' ORDER BY key) "
		     "FROM parquet_kv_metadata(");
	buf_add_sql(&sql, str_from(path));
	buf_add_text(&sql, ")");
	char *expected =
		mem_printf("snapshot=1 sql_hash=%016" PRIx64, warehouse_hash(fixture.settings));
	assert_answer(&fixture, buf_text(&sql), expected);
	free(expected);
	free(path);
	buf_release(&files);
	buf_release(&sql);
	fixture_close(&fixture);
}

/* --- progress and threads ---------------------------------------------------------------------------- */

struct heard {
	size_t done, total;
};

static void hear(void *context, size_t done, size_t total)
{
	struct heard *heard = context;
	assert_int_equal(done, heard->done + 1);
	*heard = (struct heard){ .done = done, .total = total };
}

static void more_hours_than_a_group_takes_are_all_done(void **state)
{
	enum { HOURS = 50 };
	struct fixture fixture;
	struct heard heard = { 0 };
	struct refine_report report;
	struct err err;
	struct post posts[HOURS];
	(void)state;
	fixture_open(&fixture);
	for (int i = 0; i < HOURS; i++) {
		char time[TIME_TEXT_MAX];
		time_format((HOUR_7 + i) * INT64_C(3600000000), time);
		posts[i] = (struct post){
			.hour = HOUR_7 + i,
			.line = mem_printf("{\"id\":\"%d\",\"created_at\":\"%s\"}", i + 1, time)
		};
	}
	land_in(&fixture, STREAM_A, posts, HOURS);
	struct refine_options options = { .lake = fixture.lake,
					  .engine = fixture.writer,
					  .settings = fixture.settings,
					  .threads = 4,
					  .progress = hear,
					  .context = &heard };
	assert_ok(warehouse_refine(&options, &report, &err), err);
	assert_int_equal(report.hours, HOURS);
	assert_int_equal(heard.done, HOURS);
	assert_int_equal(heard.total, HOURS);
	assert_int_equal(fixture_stale(&fixture), 0);
	fixture_attach(&fixture);
	assert_answer(&fixture,
		      "SELECT count(*), count(DISTINCT tweet_id), count(DISTINCT tweet_date), "
		      "count(*) FILTER (hour = hour(tweet_date) AND day = day(tweet_date)) FROM "
		      "tweet_data_raw",
		      "50|50|50|50");
	assert_answer(&fixture,
		      "SELECT count(*), sum(count_week_tweets + count_weekend_tweets) FROM "
		      "totals_metrics_processed",
		      "50|50");
	for (int i = 0; i < HOURS; i++)
		free((char *)posts[i].line);
	fixture_close(&fixture);
}

/* --- kills and failures ------------------------------------------------------------------------------ */

static bool is_second_question(void *context)
{
	unsigned *asked = context;
	return ++*asked == 2;
}

static void a_stopped_run_says_what_is_left_for_the_next(void **state)
{
	enum { HOURS = 60 };
	struct fixture fixture;
	struct refine_report report;
	struct post posts[HOURS];
	unsigned asked = 0;
	struct err err;
	(void)state;
	fixture_open(&fixture);
	for (int i = 0; i < HOURS; i++) {
		char time[TIME_TEXT_MAX];
		time_format((HOUR_7 + i) * INT64_C(3600000000), time);
		posts[i] = (struct post){
			.hour = HOUR_7 + i,
			.line = mem_printf("{\"id\":\"%d\",\"created_at\":\"%s\"}", i + 1, time)
		};
	}
	land_in(&fixture, STREAM_A, posts, HOURS);
	struct refine_options options = { .lake = fixture.lake,
					  .engine = fixture.writer,
					  .settings = fixture.settings,
					  .threads = 1,
					  .stop = is_second_question,
					  .context = &asked };
	assert_ok(warehouse_refine(&options, &report, &err), err);
	assert_in_range(report.hours, 1, HOURS - 1);
	assert_int_equal(report.hours + report.left, HOURS);
	assert_int_equal(fixture_stale(&fixture), report.left);
	assert_int_equal(fixture_refine(&fixture).hours, report.left);
	for (int i = 0; i < HOURS; i++)
		free((char *)posts[i].line);
	fixture_close(&fixture);
}

static void leftovers_of_a_killed_run_are_harmless(void **state)
{
	static const char *const names[] = {
		"refine-tweet_data_raw-498727-00000000000000000001-00000000000000ab-12345678.parquet",
		"hour-00000000-0000-4000-8000-000000000000/"
		"00000000000000000001-00000000000000ab-12345678.parquet",
	};
	struct fixture fixture;
	struct err err;
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	char *dir = lake_file(fixture.lake,
			      "_aviary/staging/hour-00000000-0000-4000-8000-000000000000");
	assert_ok(dir_make(dir, false, &err), err);
	for (size_t i = 0; i < 2; i++) {
		char *path = lake_file(fixture.lake, "_aviary/staging/%s", names[i]);
		assert_ok(file_replace(path, STR("PAR1 torn"), &err), err);
		free(path);
	}
	assert_int_equal(fixture_refine(&fixture).hours, 2);
	fixture_attach(&fixture);
	assert_answer(&fixture, "SELECT tweet_id FROM posts ORDER BY 1", "1\n2");
	assert_answer(&fixture, "SELECT count(*) FROM totals_metrics_processed", "2");
	free(dir);
	fixture_close(&fixture);
}

static unsigned last_step;

static void die_at_last_step(unsigned step)
{
	if (step >= last_step)
		_exit(9);
}

/* Refines in a child that dies at the step; whether it got there. */
static bool refine_until(const char *path, unsigned step)
{
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct fixture fixture = { .settings = &settings_default };
		struct engine_options options = { .threads = 1 };
		struct refine_report report;
		struct err err;
		if (lake_open(path, &fixture.lake, &err) != ERR_NONE ||
		    engine_open(&options, &fixture.writer, &err) != ERR_NONE)
			_exit(1);
		last_step = step;
		lake_step_hook = die_at_last_step;
		struct refine_options refine = { .lake = fixture.lake,
						 .engine = fixture.writer,
						 .settings = fixture.settings,
						 .threads = 1 };
		_exit(warehouse_refine(&refine, &report, &err) == ERR_NONE ? 0 : 1);
	}
	int status = 0;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 9 || WEXITSTATUS(status) == 0);
	return WEXITSTATUS(status) == 9;
}

static void a_run_killed_anywhere_is_made_good_by_the_next(void **state)
{
	static const unsigned steps[] = { 1, 16, 35 };
	struct fixture fixture;
	(void)state;
	/* The lake already has one generation of the hour, and a second one to come. */
	for (size_t kill = 0; kill < sizeof steps / sizeof *steps; kill++) {
		fixture_open(&fixture);
		LAND(&fixture, { HOUR_7, POST_7 });
		fixture_refine(&fixture);
		LAND(&fixture,
		     { HOUR_7, "{\"id\":\"5\",\"created_at\":\"2026-11-23T07:59:00.000Z\"}" });
		char *path = mem_strdup(lake_path(fixture.lake));
		fixture_close(&fixture);
		assert_true(refine_until(path, steps[kill]));
		struct engine_options options = { .threads = 1 };
		struct err err;
		fixture = (struct fixture){ .settings = &settings_default };
		assert_ok(lake_open(path, &fixture.lake, &err), err);
		assert_ok(engine_open(&options, &fixture.writer, &err), err);
		assert_true(fixture_stale(&fixture) > 0);
		fixture_refine(&fixture);
		assert_int_equal(fixture_stale(&fixture), 0);
		fixture_attach(&fixture);
		assert_answer(&fixture, "SELECT tweet_id, hour FROM tweet_data_raw ORDER BY 1",
			      "1|7\n5|7");
		assert_answer(&fixture,
			      "SELECT tweet_id, hour FROM users_tweets_processed ORDER BY 1",
			      "1|7\n5|7");
		free(path);
		fixture_close(&fixture);
	}
}

static void a_zone_the_engine_does_not_know_changes_nothing(void **state)
{
	struct warehouse_settings nowhere = { .weekend = saturday_sunday,
					      .weekend_zone = "Nowhere/Atlantis" };
	struct fixture fixture;
	struct refine_report report;
	struct buf files = { 0 };
	struct err err = { 0 };
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	struct refine_options options = {
		.lake = fixture.lake, .engine = fixture.writer, .settings = &nowhere, .threads = 2
	};
	assert_fails(warehouse_refine(&options, &report, &err), err, ERR_REJECT,
		     "refine: 2 hours, the first: year=");
	assert_non_null(strstr(err.msg, "totals_metrics_processed: "));
	assert_non_null(strstr(err.msg, "Nowhere/Atlantis"));
	list_stored(&fixture, &files);
	assert_int_equal(files.len, 0);
	buf_release(&files);
	fixture_close(&fixture);
}

static void an_hour_without_its_landing_file_is_named_and_harms_no_other(void **state)
{
	struct fixture fixture;
	struct refine_report report;
	struct err err = { 0 };
	(void)state;
	fixture_open(&fixture);
	land_two_hours(&fixture);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	const char *name = snapshot->hours[1].files[0]->name;
	assert_ok(store_remove(lake_store(fixture.lake), name, &err), err);
	struct refine_options options = { .lake = fixture.lake,
					  .engine = fixture.writer,
					  .settings = fixture.settings,
					  .threads = 1 };
	assert_fails(warehouse_refine(&options, &report, &err), err, ERR_REJECT, name);
	assert_int_equal(report.snapshot, 1);
	assert_int_equal(report.hours, 1);
	assert_int_equal(report.left, 1);
	assert_int_equal(fixture_stale(&fixture), 1);
	lake_snapshot_free(snapshot);
	fixture_close(&fixture);
}

static void what_was_exchanged_out_stays_for_its_readers(void **state)
{
	struct fixture fixture;
	struct name_list retired = { 0 };
	struct err err;
	(void)state;
	fixture_open(&fixture);
	LAND(&fixture, { HOUR_7, POST_7 });
	fixture_refine(&fixture);
	LAND(&fixture, { HOUR_7, POST_7 });
	fixture_refine(&fixture);
	assert_ok(store_list(lake_store(fixture.lake), "_aviary/retired", &retired, &err), err);
	assert_int_equal(retired.count, STORED_TABLES);
	name_list_release(&retired);
	fixture_close(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		/* First: it forks, and DuckDB's threads must not be running then. */
		cmocka_unit_test(a_run_killed_anywhere_is_made_good_by_the_next),
		cmocka_unit_test(after_a_run_all_hours_are_current),
		cmocka_unit_test(a_second_run_does_nothing),
		cmocka_unit_test(a_new_batch_makes_only_its_hours_stale),
		cmocka_unit_test(a_changed_setting_makes_all_hours_stale),
		cmocka_unit_test(an_hour_that_lacks_one_table_is_stale),
		cmocka_unit_test(a_file_of_strangers_in_an_hour_makes_it_stale),
		cmocka_unit_test(files_tell_their_snapshot_and_sql),
		cmocka_unit_test(more_hours_than_a_group_takes_are_all_done),
		cmocka_unit_test(a_stopped_run_says_what_is_left_for_the_next),
		cmocka_unit_test(leftovers_of_a_killed_run_are_harmless),
		cmocka_unit_test(a_zone_the_engine_does_not_know_changes_nothing),
		cmocka_unit_test(an_hour_without_its_landing_file_is_named_and_harms_no_other),
		cmocka_unit_test(what_was_exchanged_out_stays_for_its_readers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
