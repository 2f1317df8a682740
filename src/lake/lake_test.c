#include "lake/lake_fixture.h"

#include <errno.h>
#include <sys/stat.h>

static void a_new_lake_opens_under_its_own_id(void **state)
{
	(void)state;
	struct err err;
	char *path = fixture_path();
	assert_ok(lake_create(path, &err), err);
	struct lake *first = fixture_open(path), *second = fixture_open(path);
	assert_true(uuid_valid(str_from(lake_id(first))));
	assert_string_equal(lake_id(first), lake_id(second));
	assert_string_equal(lake_path(first), path);
	struct lake *other = fixture_lake();
	assert_string_not_equal(lake_id(first), lake_id(other));
	lake_close(first);
	lake_close(second);
	lake_close(other);
	free(path);
}

static void a_new_lake_has_its_directories(void **state)
{
	(void)state;
	static const char *const dirs[] = {
		"_aviary/log",          "_aviary/checkpoint", "_aviary/intent",
		"_aviary/staging",      "_aviary/quarantine", "_aviary/lock",
		"_aviary/sources",      "_aviary/imports",    "_aviary/retired",
		"twitter-landing-data", "twitter_raw_data",   "twitter-processed-data",
		"request_log",
	};
	struct lake *lake = fixture_lake();
	for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++)
		assert_true(fixture_exists(lake, dirs[i]));
	assert_int_equal(fixture_count(lake, ""), 5);
	lake_close(lake);
}

static void making_a_lake_again_leaves_it_as_it_is(void **state)
{
	(void)state;
	struct err err;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	fixture_log(lake, 0, 3, 1, &hash);
	assert_ok(lake_create(lake_path(lake), &err), err);
	struct lake *again = fixture_open(lake_path(lake));
	assert_string_equal(lake_id(lake), lake_id(again));
	struct lake_snapshot *snapshot = fixture_snapshot(again);
	assert_int_equal(snapshot->number, 3);
	lake_snapshot_free(snapshot);
	lake_close(lake);
	lake_close(again);
}

static unsigned die_at;

static void die(unsigned step)
{
	if (step == die_at)
		_exit(42);
}

static void a_lake_half_made_is_finished_by_making_it_again(void **state)
{
	(void)state;
	struct err err;
	int status = 42 << 8;
	for (die_at = 1; status != 0; die_at++) {
		char *path = fixture_path();
		struct lake *lake = NULL;
		pid_t child = fork();
		if (child == 0) {
			lake_step_hook = die;
			_exit(lake_create(path, &err) == ERR_NONE ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		if (status != 0) {
			assert_int_equal(WEXITSTATUS(status), 42);
			assert_fails(lake_open(path, &lake, &err), err, ERR_REJECT,
				     "is not a lake");
			assert_non_null(strstr(err.hint, "aviary init --lake"));
			assert_ok(lake_create(path, &err), err);
		}
		lake_close(fixture_open(path));
		free(path);
	}
	assert_true(die_at > 12);
}

static void assert_not_created(const char *path, const char *words)
{
	struct err err;
	assert_fails(lake_create(path, &err), err, ERR_REJECT, words);
	if (strncmp(err.msg, path, strlen(path)) != 0)
		fail_msg("\"%s\" does not begin with the lake", err.msg);
}

static char *make_path(const char *dir, const char *name, bool directory)
{
	char *path = mem_printf("%s/%s", dir, name);
	if (directory) {
		assert_int_equal(mkdir(path, 0777), 0);
	} else {
		FILE *file = fopen(path, "w");
		assert_non_null(file);
		fclose(file);
	}
	return path;
}

static void a_directory_with_other_things_in_it_is_refused(void **state)
{
	(void)state;
	const char *dir = test_dir();
	static const char *const names[] = { "thesis.doc", "b", "c", "d", "e", "f", "g" };
	free(make_path(dir, names[0], false));
	assert_not_created(dir, "not empty: it holds thesis.doc");
	for (size_t i = 1; i < 7; i++)
		free(make_path(dir, names[i], true));
	assert_not_created(dir, "it holds b, c, d, e, f and 2 more");
	struct name_list list = { 0 };
	struct err err;
	assert_ok(dir_list(dir, &list, &err), err);
	assert_int_equal(list.count, 7);
	name_list_release(&list);
}

static void tables_of_somebody_else_are_refused(void **state)
{
	(void)state;
	const char *dir = test_dir();
	char *table = make_path(dir, "twitter-landing-data", true);
	free(make_path(table, "year=2023", true));
	assert_not_created(dir, "it holds twitter-landing-data/year=2023");
	free(table);
}

static void a_lake_that_lost_its_format_file_is_not_made_anew(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	fixture_log(lake, 0, 1, 1, &hash);
	char *format = lake_file(lake, "%s", "_aviary/format");
	unlink(format);
	assert_not_created(lake_path(lake), "_aviary/log/00000000000000000001");
	free(format);
	lake_close(lake);
}

static void the_top_of_a_new_file_system_is_ground_enough(void **state)
{
	(void)state;
	struct err err;
	const char *dir = test_dir();
	free(make_path(dir, "lost+found", true));
	free(make_path(dir, ".aviary-probe", true));
	assert_ok(lake_create(dir, &err), err);
	lake_close(fixture_open(dir));
}

static void a_file_is_no_place_for_a_lake(void **state)
{
	(void)state;
	char *path = make_path(test_dir(), "file", false);
	assert_not_created(path, "is a file");
	free(path);
}

static void assert_not_opened(const char *path, const char *words, const char *hint)
{
	struct err err = { 0 };
	struct lake *lake = NULL;
	assert_fails(lake_open(path, &lake, &err), err, ERR_REJECT, words);
	if (strncmp(err.msg, path, strlen(path)) != 0)
		fail_msg("\"%s\" does not begin with the lake", err.msg);
	if (!strstr(err.hint, hint))
		fail_msg("\"%s\" is not in the hint \"%s\"", hint, err.hint);
	assert_null(lake);
}

static void what_is_no_lake_is_refused_with_the_reason(void **state)
{
	(void)state;
	const char *dir = test_dir();
	char *missing = mem_printf("%s/missing", dir);
	assert_not_opened(missing, ": there is no such directory", "aviary init --lake");
	assert_not_opened(dir, ": is not a lake: it has no _aviary/format", "aviary init --lake");
	char *file = make_path(dir, "file", false);
	char *below = mem_printf("%s/below", file);
	assert_not_opened(file, ": is a file", "");
	assert_not_opened(below, ": there is no such directory", "");
	assert_not_opened(dir, ": is not a lake", "name the directory");
	free(missing);
	free(file);
	free(below);
}

static void a_format_that_is_newer_or_unreadable_is_refused(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	const char *path = lake_path(lake);
	fixture_write(lake, "_aviary/format", "{\"format\":2,\"of\":[\"the future\"]}\n");
	assert_not_opened(path, ": has format 2, this aviary reads up to 1", "newer aviary");
	assert_not_created(path, "has format 2");
	fixture_write(lake, "_aviary/format", "{\"format\":1}\n");
	assert_not_opened(path, ": no lake UUID", "");
	fixture_write(lake, "_aviary/format", "{\"format\":0,\"lake\":\"" STREAM_A "\"}\n");
	assert_not_opened(path, ": no format number", "");
	fixture_write(lake, "_aviary/format", "");
	assert_not_opened(path, ": empty", "");
	lake_close(lake);
}

static void a_lake_of_another_user_is_refused_with_a_hint(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	const char *path = lake_path(lake);
	char *inside = lake_file(lake, "%s", "_aviary");
	assert_int_equal(chmod(inside, 0700), 0);
	pid_t child = fork();
	if (child == 0) {
		struct err err = { 0 };
		struct lake *opened = NULL;
		char *parent = mem_printf("%s/..", path);
		bool ready = chmod(parent, 0755) == 0;
		if (getuid() == 0)
			ready = ready && setresuid(65534, 65534, 65534) == 0;
		else
			ready = ready && chmod(inside, 0) == 0;
		bool told = lake_open(path, &opened, &err) == ERR_FATAL &&
			    strncmp(err.msg, path, strlen(path)) == 0 &&
			    strstr(err.msg, "Permission denied") &&
			    strstr(err.hint, "can this user");
		_exit(ready && told ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	chmod(inside, 0755);
	assert_int_equal(status, 0);
	free(inside);
	lake_close(lake);
}

static void files_of_the_lake_are_named_below_it(void **state)
{
	(void)state;
	struct err err;
	struct lake *lake = NULL;
	char *path = fixture_path();
	char *url = mem_printf("file://%s/", path);
	char *expected = mem_printf("%s/_aviary/staging/x-00007", path);
	assert_ok(lake_create(url, &err), err);
	assert_ok(lake_open(url, &lake, &err), err);
	char *file = lake_file(lake, "_aviary/staging/%s-%05d", "x", 7);
	assert_string_equal(file, expected);
	assert_string_equal(lake_path(lake), url);
	lake_close(lake);
	free(path);
	free(url);
	free(expected);
	free(file);
}

static void a_lock_is_held_once_by_its_name(void **state)
{
	(void)state;
	struct err err;
	struct file_lock refine, publish, again;
	bool held = false;
	struct lake *lake = fixture_lake();
	assert_ok(lake_lock(lake, "refine", false, &refine, &held, &err), err);
	assert_true(held);
	assert_ok(lake_lock(lake, "refine", false, &again, &held, &err), err);
	assert_false(held);
	assert_ok(lake_lock(lake, "publish", false, &publish, &held, &err), err);
	assert_true(held);
	file_lock_drop(&refine);
	file_lock_drop(&publish);
	lake_close(lake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_lake_opens_under_its_own_id),
		cmocka_unit_test(a_new_lake_has_its_directories),
		cmocka_unit_test(making_a_lake_again_leaves_it_as_it_is),
		cmocka_unit_test(a_lake_half_made_is_finished_by_making_it_again),
		cmocka_unit_test(a_directory_with_other_things_in_it_is_refused),
		cmocka_unit_test(tables_of_somebody_else_are_refused),
		cmocka_unit_test(a_lake_that_lost_its_format_file_is_not_made_anew),
		cmocka_unit_test(the_top_of_a_new_file_system_is_ground_enough),
		cmocka_unit_test(a_file_is_no_place_for_a_lake),
		cmocka_unit_test(what_is_no_lake_is_refused_with_the_reason),
		cmocka_unit_test(a_format_that_is_newer_or_unreadable_is_refused),
		cmocka_unit_test(a_lake_of_another_user_is_refused_with_a_hint),
		cmocka_unit_test(files_of_the_lake_are_named_below_it),
		cmocka_unit_test(a_lock_is_held_once_by_its_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
