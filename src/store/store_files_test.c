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

static void a_rename_over_a_file_replaces_it(void **state)
{
	struct world *world = *state;
	bool done = false;
	put(world, "a", "one");
	make_dir(world, "x");
	put(world, "x/b", "two");
	assert_ok(store_rename_over(world->store, "a", "x/b", &done, &world->err), world->err);
	assert_true(done);
	assert_holds(world, "x/b", "one");
	assert_false(is_there(world, "a"));
	put(world, "a", "three");
	assert_ok(store_rename_over(world->store, "a", "y/z/b", &done, &world->err), world->err);
	assert_true(done);
	assert_holds(world, "y/z/b", "three");
	assert_ok(store_rename_over(world->store, "a", "x/b", &done, &world->err), world->err);
	assert_false(done);
	assert_holds(world, "x/b", "one");
	assert_ok(store_rename_over(world->store, "a", "w/b", &done, &world->err), world->err);
	assert_false(done);
	assert_names(world, "", "x y ");
}

static struct store_file file_of(const char *path, const char *text)
{
	return (struct store_file){ .path = path,
				    .bytes = strlen(text),
				    .checksum = hash_xxh3(str_from(text)) };
}

static void assert_read(struct world *world, const struct store_file *file, const char *text)
{
	struct buf bytes = { 0 };
	char *path = store_read_path(world->store, file);
	assert_ok(file_read(path, 1 << 20, &bytes, &world->err), world->err);
	assert_true(str_equal(buf_str(&bytes), str_from(text)));
	buf_release(&bytes);
	free(path);
}

static void files_are_read_on_this_machine(void **state)
{
	struct world *world = *state;
	struct store_file files[40];
	char paths[40][40], texts[40][20];
	make_dir(world, "t/year=2026");
	for (int i = 0; i < 40; i++) {
		snprintf(paths[i], sizeof paths[i], "t/year=2026/%d.parquet", i);
		snprintf(texts[i], sizeof texts[i], "text %d", i);
		put(world, paths[i], texts[i]);
		files[i] = file_of(paths[i], texts[i]);
	}
	assert_ok(store_fetch(world->store, files, 40, &world->err), world->err);
	for (int i = 0; i < 40; i++)
		assert_read(world, &files[i], texts[i]);
	/* What is here is not asked for again. */
	char *here = store_local_path(world->store, paths[7]);
	if (!here)
		assert_ok(store_remove(world->store, paths[7], &world->err), world->err);
	assert_ok(store_fetch(world->store, files, 40, &world->err), world->err);
	assert_read(world, &files[7], texts[7]);
	free(here);
}

static void a_replaced_file_is_not_read_as_the_old_one(void **state)
{
	struct world *world = *state;
	char *local = store_local_path(world->store, "");
	if (local) { /* there, who opens a file has the one that is there */
		free(local);
		skip();
	}
	put(world, "f", "new");
	struct store_file old = file_of("f", "old"), gone = file_of("g", "old"),
			  new = file_of("f", "new");
	assert_fails(store_fetch(world->store, &old, 1, &world->err), world->err, ERR_RETRY,
		     "f: is another file");
	assert_fails(store_fetch(world->store, &gone, 1, &world->err), world->err, ERR_RETRY,
		     "g: is not there any more");
	char *path = store_read_path(world->store, &old);
	assert_false(file_exists(path));
	assert_ok(store_fetch(world->store, &new, 1, &world->err), world->err);
	assert_read(world, &new, "new");
	free(path);
}

static void a_cache_that_is_too_large_loses_what_was_not_used(void **state)
{
	struct world *world = *state;
	struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
	char *local = store_local_path(world->store, "");
	if (local) {
		free(local);
		skip();
	}
	struct store_file files[] = { file_of("a", "aaaa"), file_of("b", "bbbb"),
				      file_of("c", "cccc") };
	const char *texts[] = { "aaaa", "bbbb", "cccc" };
	char *paths[3];
	store_limit_cache(world->store, 8);
	for (int i = 0; i < 3; i++) {
		put(world, files[i].path, texts[i]);
		paths[i] = store_read_path(world->store, &files[i]);
		if (i == 2) { /* both are old; one is used again */
			utimensat(AT_FDCWD, paths[0], long_ago, 0);
			utimensat(AT_FDCWD, paths[1], long_ago, 0);
			assert_ok(store_fetch(world->store, &files[0], 1, &world->err), world->err);
		}
		assert_ok(store_fetch(world->store, &files[i], 1, &world->err), world->err);
	}
	assert_true(file_exists(paths[0]));
	assert_false(file_exists(paths[1]));
	assert_true(file_exists(paths[2]));
	for (int i = 0; i < 3; i++)
		free(paths[i]);
}

int main(void)
{
	const struct CMUnitTest claims[] = {
		CLAIM(a_rename_over_a_file_replaces_it),
		CLAIM(files_are_read_on_this_machine),
		CLAIM(a_replaced_file_is_not_read_as_the_old_one),
		CLAIM(a_cache_that_is_too_large_loses_what_was_not_used),
		CLAIM(a_list_of_many_is_whole),
		CLAIM(a_name_may_have_any_characters),
		CLAIM(a_claim_of_a_directory_is_lost),
		CLAIM(a_file_of_other_code_is_taken_in),
		CLAIM(a_file_from_elsewhere_is_taken_in_and_gone),
		CLAIM(a_file_is_never_taken_in_over_another),
	};
	return run_everywhere(claims, sizeof claims / sizeof claims[0]);
}
