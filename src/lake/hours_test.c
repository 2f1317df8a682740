#include "lake/lake_fixture.h"

#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define TABLE "twitter_raw_data/user_data_raw"
#define HOUR_DIR TABLE "/year=2026/month=11/day=23/hour=7"

/* Partition paths. */

static void a_partition_is_spelled_without_zeros_in_front(void **state)
{
	(void)state;
	char path[PARTITION_PATH_MAX];
	assert_string_equal(lake_partition_path(HOUR_0, path), "year=2026/month=11/day=23/hour=7");
	assert_string_equal(lake_partition_path(0, path), "year=1970/month=1/day=1/hour=0");
	assert_string_equal(lake_partition_path(-1, path), "year=1969/month=12/day=31/hour=23");
}

static void every_hour_from_1970_to_9999_comes_back(void **state)
{
	(void)state;
	char path[PARTITION_PATH_MAX];
	const int64_t end = 70389528; /* the hour behind year 9999 */
	/* A step that meets every hour of the day and is prime to the days of a year. */
	for (int64_t hour = 0; hour < end; hour += hour < 300000 ? 1 : 1009) {
		int64_t back = -1;
		lake_partition_path(hour, path);
		assert_true(lake_partition_parse(str_from(path), &back));
		assert_true(back == hour);
	}
	int64_t back = -1;
	assert_string_equal(lake_partition_path(end - 1, path),
			    "year=9999/month=12/day=31/hour=23");
	assert_true(lake_partition_parse(str_from(path), &back) && back == end - 1);
}

static void an_hour_of_no_year_of_ours_has_no_partition(void **state)
{
	(void)state;
	char path[PARTITION_PATH_MAX];
	assert_string_equal(lake_partition_path(70389528, path), "");
	assert_string_equal(lake_partition_path(INT64_MAX, path), "");
	assert_string_equal(lake_partition_path(INT64_MIN, path), "");
	assert_string_equal(lake_partition_path(-17259888, path), "year=1/month=1/day=1/hour=0");
	assert_string_equal(lake_partition_path(-17259889, path), "");
}

static void a_partition_is_found_inside_a_path(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"year=2026/month=11/day=23/hour=7",
		"/lake/twitter-landing-data/year=2026/month=11/day=23/hour=7/x.parquet",
		"year=2026/month=11/day=23/hour=7/",
		"year=x/year=2026/year=2026/month=11/day=23/hour=7/y",
		"month=1//year=2026/month=11/day=23/hour=7",
	};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		int64_t hour = -1;
		assert_true(lake_partition_parse(str_from(paths[i]), &hour));
		assert_int_equal(hour, HOUR_0);
	}
}

static void what_is_not_exactly_a_partition_is_not_one(void **state)
{
	(void)state;
	static const char *const paths[] = {
		"",
		"/",
		"year=",
		"year=2026",
		"year=2026/month=11/day=23/hour=",
		"year=2026/month=11/day=23/hour=24",
		"year=2026/month=11/day=23/hour=07",
		"year=2026/month=11/day=23/hour=7x",
		"year=2026/month=11/day=23/hour=7 ",
		"year=2026/month=11/day=23/hour=+7",
		"year=2026/month=11/day=23/hour=-1",
		"year=2026/month=02/day=23/hour=7",
		"year=2026/month=2/day=29/hour=7",
		"year=2026/month=0/day=1/hour=7",
		"year=2026/month=13/day=1/hour=7",
		"year=2026/month=4/day=31/hour=7",
		"year=2026/month=1/day=0/hour=7",
		"year=0/month=1/day=1/hour=1",
		"year=02026/month=11/day=23/hour=7",
		"year=10000/month=1/day=1/hour=1",
		"year=99999999999999999999/month=1/day=1/hour=1",
		"xyear=2026/month=11/day=23/hour=7",
		"year=2026/day=23/month=11/hour=7",
		"year=2026//month=11/day=23/hour=7",
		"Year=2026/month=11/day=23/hour=7",
		"year=2026/month=11/day=23/hour=7\x01",
		"year=\xef\xbc\x92/month=1/day=1/hour=1",
		"year=2026/month=18446744073709551627/day=23/hour=7",
	};
	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		int64_t hour = -1;
		if (lake_partition_parse(str_from(paths[i]), &hour))
			fail_msg("\"%s\" passed as hour %" PRId64, paths[i], hour);
		assert_int_equal(hour, -1);
	}
	/* No byte behind the text is looked at. */
	int64_t hour = -1;
	struct str longer = STR("year=2026/month=11/day=23/hour=17");
	for (size_t len = 0; len < longer.len - 1; len++) {
		char *exact = mem_alloc(len);
		memcpy(exact, longer.ptr, len);
		assert_false(lake_partition_parse(str_make(exact, len), &hour));
		free(exact);
	}
	assert_true(lake_partition_parse(str_make(longer.ptr, longer.len - 1), &hour));
	assert_int_equal(hour, HOUR_0 - 6);
}

/* Publishing. */

static void stage(struct lake *lake, const char *staging, const char *text)
{
	char *path = mem_printf(STAGING_DIR "/%s", staging);
	fixture_write(lake, path, text);
	free(path);
}

static enum err_kind publish(struct lake *lake, const char *name, bool sync, struct err *err)
{
	char *staging = mem_printf("refine-%s", name);
	stage(lake, staging, name);
	struct lake_hour_file file = {
		.table_dir = TABLE, .hour = HOUR_0, .staging = staging, .name = name, .sync = sync
	};
	enum err_kind kind = lake_publish_hour(lake, &file, err);
	free(staging);
	return kind;
}

static void publish_ok(struct lake *lake, const char *name)
{
	struct err err;
	assert_ok(publish(lake, name, true, &err), err);
}

static void assert_hour_holds(struct lake *lake, const char *name)
{
	struct name_list list = { 0 };
	struct buf text = { 0 };
	struct err err;
	bool found = false;
	char *path = mem_printf(HOUR_DIR "/%s", name);
	assert_ok(store_list(lake_store(lake), HOUR_DIR, &list, &err), err);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.names[0], name);
	assert_ok(store_read(lake_store(lake), path, 100, &text, &found, &err), err);
	assert_str(buf_str(&text), name);
	name_list_release(&list);
	buf_release(&text);
	free(path);
}

static void the_first_file_of_an_hour_makes_its_directory(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	publish_ok(lake, "1.parquet");
	assert_hour_holds(lake, "1.parquet");
	assert_int_equal(fixture_count(lake, STAGING_DIR), 0);
	assert_int_equal(fixture_count(lake, RETIRED_DIR), 0);
	lake_close(lake);
}

static void a_later_file_takes_the_place_of_the_whole_directory(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct err err;
	publish_ok(lake, "1.parquet");
	publish_ok(lake, "2.parquet");
	assert_hour_holds(lake, "2.parquet");
	assert_ok(publish(lake, "3.parquet", false, &err), err);
	assert_ok(lake_sync(lake, &err), err);
	assert_hour_holds(lake, "3.parquet");
	publish_ok(lake, "3.parquet"); /* under the same name */
	assert_hour_holds(lake, "3.parquet");
	assert_int_equal(fixture_count(lake, STAGING_DIR), 0);
	assert_int_equal(fixture_count(lake, RETIRED_DIR), 3);
	lake_close(lake);
}

static void a_missing_staging_file_leaves_the_hour_as_it_was(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct err err;
	struct lake_hour_file file = { .table_dir = TABLE,
				       .hour = HOUR_0,
				       .staging = "none",
				       .name = "2.parquet",
				       .sync = true };
	publish_ok(lake, "1.parquet");
	assert_fails(lake_publish_hour(lake, &file, &err), err, ERR_FATAL, HOUR_DIR);
	assert_hour_holds(lake, "1.parquet");
	lake_close(lake);
}

static void what_was_exchanged_out_stays_for_the_grace_period(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct err err;
	const int64_t minute = 60000000;
	setenv("AVIARY_TEST_CLOCK_US", "1795417200000000", 1);
	publish_ok(lake, "1.parquet");
	publish_ok(lake, "2.parquet");
	setenv("AVIARY_TEST_CLOCK_US", "1795417500000000", 1); /* five minutes on */
	publish_ok(lake, "3.parquet");
	fixture_write(lake, RETIRED_DIR "/a name of nobody", "");
	assert_ok(lake_retire(lake, 10 * minute, &err), err);
	assert_int_equal(fixture_count(lake, RETIRED_DIR), 3);
	assert_ok(lake_retire(lake, 5 * minute, &err), err);
	assert_int_equal(fixture_count(lake, RETIRED_DIR), 2);
	assert_ok(lake_retire(lake, 0, &err), err);
	assert_int_equal(fixture_count(lake, RETIRED_DIR), 1);
	assert_hour_holds(lake, "3.parquet");
	unsetenv("AVIARY_TEST_CLOCK_US");
	lake_close(lake);
}

/* Killed at every step. */

static unsigned die_at;

static void die(unsigned step)
{
	if (step == die_at)
		_exit(42);
}

static bool publish_killed_at(unsigned step, const char *path, const char *name)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct lake *lake = NULL;
		struct err err;
		if (lake_open(path, &lake, &err) != ERR_NONE)
			_exit(1);
		die_at = step;
		lake_step_hook = die;
		_exit(publish(lake, name, true, &err) == ERR_NONE ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 42)
		assert_int_equal(WEXITSTATUS(status), 0);
	return WEXITSTATUS(status) == 42;
}

static size_t prepared_left(struct lake *lake)
{
	struct name_list list = { 0 };
	struct err err;
	size_t count = 0;
	assert_ok(store_list(lake_store(lake), STAGING_DIR, &list, &err), err);
	for (size_t i = 0; i < list.count; i++)
		count += strncmp(list.names[i], "hour-", 5) == 0;
	name_list_release(&list);
	return count;
}

static void a_publishing_killed_at_any_step_leaves_the_old_hour_or_the_new(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	publish_ok(lake, "0.parquet");
	bool killed = true;
	size_t left = 0, was_new = 0;
	unsigned step = 0;
	while (killed) {
		char *old = mem_printf("%u.parquet", step++);
		char *new = mem_printf("%u.parquet", step);
		char *new_path = mem_printf(HOUR_DIR "/%s", new);
		killed = publish_killed_at(step, lake_path(lake), new);
		bool is_new = fixture_exists(lake, new_path);
		assert_hour_holds(lake, is_new ? new : old);
		was_new += is_new;
		left += prepared_left(lake);
		/* The next refiner opens the lake anew, and publishes the hour again. */
		size_t retired = fixture_count(lake, RETIRED_DIR);
		size_t leftovers = prepared_left(lake);
		struct lake *next = fixture_open(lake_path(lake));
		publish_ok(next, new);
		assert_hour_holds(lake, new);
		assert_int_equal(prepared_left(lake), 0);
		assert_int_equal(fixture_count(lake, RETIRED_DIR), retired + leftovers + 1);
		lake_close(next);
		free(old);
		free(new);
		free(new_path);
	}
	assert_true(left > 0 && was_new > 1 && was_new < step);
	lake_close(lake);
}

static void leftovers_of_a_killed_exchange_are_retired_not_deleted(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct err err;
	fixture_write(lake, STAGING_DIR "/refine-file", "");
	assert_ok(store_make_dir(lake_store(lake), STAGING_DIR "/hour-x-1-uuid", false, &err), err);
	fixture_write(lake, STAGING_DIR "/hour-x-1-uuid/old.parquet", "old");
	assert_ok(lake_retire(lake, 600000000, &err), err);
	assert_int_equal(fixture_count(lake, RETIRED_DIR), 1);
	assert_int_equal(fixture_count(lake, STAGING_DIR), 1);
	assert_ok(lake_retire(lake, 0, &err), err);
	assert_int_equal(fixture_count(lake, RETIRED_DIR), 0);
	lake_close(lake);
}

/* Readers. */

struct reader {
	char *path;
	atomic_bool stop;
	unsigned readings, wrong;
	size_t distinct;
	char last[64];
};

static void *read_all_the_time(void *data)
{
	struct reader *reader = data;
	while (!atomic_load(&reader->stop)) {
		DIR *dir = opendir(reader->path);
		unsigned files = 0;
		struct dirent *entry;
		while (dir && (entry = readdir(dir))) {
			if (entry->d_name[0] == '.')
				continue;
			files++;
			if (strcmp(reader->last, entry->d_name) != 0)
				reader->distinct++;
			snprintf(reader->last, sizeof reader->last, "%.60s", entry->d_name);
		}
		if (dir)
			closedir(dir);
		reader->readings++;
		reader->wrong += files != 1;
	}
	return NULL;
}

static void a_reader_sees_exactly_one_file_at_any_time(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct err err;
	struct reader reader = { .path = lake_file(lake, "%s", HOUR_DIR) };
	pthread_t thread;
	publish_ok(lake, "0.parquet");
	assert_int_equal(pthread_create(&thread, NULL, read_all_the_time, &reader), 0);
	for (int i = 1; i <= 500; i++) {
		char name[32];
		snprintf(name, sizeof name, "%d.parquet", i);
		assert_ok(publish(lake, name, i % 50 == 0, &err), err);
	}
	atomic_store(&reader.stop, true);
	pthread_join(thread, NULL);
	assert_int_equal(reader.wrong, 0);
	assert_true(reader.readings > 100 && reader.distinct > 10);
	free(reader.path);
	lake_close(lake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_partition_is_spelled_without_zeros_in_front),
		cmocka_unit_test(every_hour_from_1970_to_9999_comes_back),
		cmocka_unit_test(an_hour_of_no_year_of_ours_has_no_partition),
		cmocka_unit_test(a_partition_is_found_inside_a_path),
		cmocka_unit_test(what_is_not_exactly_a_partition_is_not_one),
		cmocka_unit_test(the_first_file_of_an_hour_makes_its_directory),
		cmocka_unit_test(a_later_file_takes_the_place_of_the_whole_directory),
		cmocka_unit_test(a_missing_staging_file_leaves_the_hour_as_it_was),
		cmocka_unit_test(what_was_exchanged_out_stays_for_the_grace_period),
		cmocka_unit_test(a_publishing_killed_at_any_step_leaves_the_old_hour_or_the_new),
		cmocka_unit_test(leftovers_of_a_killed_exchange_are_retired_not_deleted),
		cmocka_unit_test(a_reader_sees_exactly_one_file_at_any_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
