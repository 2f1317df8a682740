/* On every backend: names, lists and files that other code has written. */
#include "store/store_fixture.h"

static void a_list_of_many_is_whole(void **state)
{
	struct world *world = *state;
	struct name_list list = { 0 };
	char path[32];
	make_dir(world, "d");
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof path, "d/%02d", i);
		put(world, path, "");
	}
	assert_ok(store_list(world->store, "d", &list, &world->err), world->err);
	assert_int_equal(list.count, 40);
	for (int i = 0; i < 40; i++) {
		snprintf(path, sizeof path, "%02d", i);
		assert_string_equal(list.names[i], path);
	}
	name_list_release(&list);
}

static void a_name_may_have_any_characters(void **state)
{
	struct world *world = *state;
	bool done = false;
	const char *odd = "a b%2f+&=?#;ä😀\"'";
	put(world, odd, "one");
	assert_holds(world, odd, "one");
	assert_true(is_there(world, odd));
	char *to = mem_printf("%s/%s", odd + 1, odd);
	assert_ok(store_rename(world->store, odd, to, &done, &world->err), world->err);
	assert_true(done);
	assert_holds(world, to, "one");
	char *expected = mem_printf("%s ", odd + 1);
	assert_names(world, "", expected);
	assert_ok(store_remove(world->store, to, &world->err), world->err);
	assert_false(is_there(world, to));
	free(to);
	free(expected);
}

static void a_claim_of_a_directory_is_lost(void **state)
{
	struct world *world = *state;
	bool claimed = true;
	make_dir(world, "d");
	assert_ok(store_claim(world->store, "d", STR("x"), &claimed, &world->err), world->err);
	assert_false(claimed);
	assert_names(world, "d", "");
	assert_names(world, "", "d ");
}

/* Writes a file as DuckDB would; the path is freed by the caller. */
static char *write_scratch(struct world *world, const char *name, const char *text)
{
	char *dir = NULL;
	assert_ok(store_scratch(world->store, "staging", &dir, &world->err), world->err);
	char *path = mem_printf("%s/%s", dir, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
	free(dir);
	return path;
}

static void a_file_of_other_code_is_taken_in(void **state)
{
	struct world *world = *state;
	char *path = write_scratch(world, "f.parquet", "PAR1");
	assert_ok(store_put_file(world->store, path, "staging/f.parquet", &world->err), world->err);
	assert_holds(world, "staging/f.parquet", "PAR1");
	char *inside = store_local_path(world->store, "staging/f.parquet");
	assert_true(file_exists(path) == (inside && strcmp(inside, path) == 0));
	assert_names(world, "staging", "f.parquet ");
	free(inside);
	free(path);
}

static void a_file_from_elsewhere_is_taken_in_and_gone(void **state)
{
	struct world *world = *state;
	const char *parents[] = { test_dir(), "/dev/shm" }; /* another file system, most often */
	for (int i = 0; i < 2; i++) {
		char *from = mem_printf("%s/aviary-%d-from", parents[i], (int)getpid());
		char *to = mem_printf("x/y/%d", i);
		FILE *file = fopen(from, "w");
		assert_non_null(file);
		for (int j = 0; j < 100000; j++)
			fprintf(file, "%d", i);
		fclose(file);
		assert_ok(store_put_file(world->store, from, to, &world->err), world->err);
		assert_false(file_exists(from));
		struct store_stat stat;
		assert_ok(store_stat(world->store, to, &stat, &world->err), world->err);
		assert_int_equal(stat.bytes, 100000);
		free(from);
		free(to);
	}
	assert_names(world, "x/y", "0 1 ");
}

static void a_file_is_never_taken_in_over_another(void **state)
{
	struct world *world = *state;
	put(world, "there", "old");
	char *path = write_scratch(world, "new", "new");
	assert_fails(store_put_file(world->store, path, "there", &world->err), world->err,
		     ERR_REJECT, "there already");
	assert_holds(world, "there", "old");
	assert_true(file_exists(path));
	assert_int_not_equal(store_put_file(world->store, "/nowhere/at/all", "x", &world->err),
			     ERR_NONE);
	assert_false(is_there(world, "x"));
	unlink(path);
	free(path);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(a_list_of_many_is_whole),
		CLAIM(a_name_may_have_any_characters),
		CLAIM(a_claim_of_a_directory_is_lost),
		CLAIM(a_file_of_other_code_is_taken_in),
		CLAIM(a_file_from_elsewhere_is_taken_in_and_gone),
		CLAIM(a_file_is_never_taken_in_over_another),
	};
	return run_everywhere(claims, sizeof claims / sizeof claims[0]);
}
