/* One suite, every backend: what store/store.h promises. */
#include "store/store_fixture.h"

/* The contract. */

static void a_file_is_read_as_it_was_written(void **state)
{
	struct world *world = *state;
	struct buf buf = { 0 };
	bool found = false;
	put(world, "a", "one");
	buf_add_text(&buf, "before ");
	assert_ok(store_read(world->store, "a", 3, &buf, &found, &world->err), world->err);
	assert_true(found);
	assert_str(buf_str(&buf), "before one");
	buf_release(&buf);
}

static void a_missing_file_is_told_from_a_bad_one(void **state)
{
	struct world *world = *state;
	struct buf buf = { 0 };
	bool found = true;
	assert_fails(store_read(world->store, "none", 9, &buf, &found, &world->err), world->err,
		     ERR_REJECT, "none");
	assert_false(found);
	put(world, "large", "0123456789");
	found = true;
	assert_fails(store_read(world->store, "large", 9, &buf, &found, &world->err), world->err,
		     ERR_REJECT, "larger");
	assert_true(found);
	assert_int_equal(buf.len, 0);
	buf_release(&buf);
}

static void replacing_takes_the_place_of_the_old_contents(void **state)
{
	struct world *world = *state;
	put(world, "a", "a longer first text");
	put(world, "a", "second");
	assert_holds(world, "a", "second");
	assert_names(world, "", "a ");
}

static void a_claim_is_won_once(void **state)
{
	struct world *world = *state;
	bool first = false, second = true;
	assert_ok(store_claim(world->store, "c", STR("one"), &first, &world->err), world->err);
	assert_ok(store_claim(world->store, "c", STR("two"), &second, &world->err), world->err);
	assert_true(first);
	assert_false(second);
	assert_holds(world, "c", "one");
	assert_names(world, "", "c ");
}

enum { CLAIMERS = 8, CLAIM_ROUNDS = 20 };

struct claimer {
	const char *location;
	int id;
	int won[CLAIM_ROUNDS];
};

static void *claim_all(void *data)
{
	struct claimer *claimer = data;
	struct store *store;
	struct err err;
	if (store_open(claimer->location, &store, &err) != ERR_NONE)
		return NULL;
	for (int round = 0; round < CLAIM_ROUNDS; round++) {
		char path[16], text[16];
		bool claimed = false;
		snprintf(path, sizeof path, "c%d", round);
		snprintf(text, sizeof text, "%d", claimer->id);
		if (store_claim(store, path, str_from(text), &claimed, &err) != ERR_NONE)
			claimed = false;
		claimer->won[round] = claimed;
	}
	store_close(store);
	return NULL;
}

static void a_claim_is_won_by_exactly_one_of_many(void **state)
{
	struct world *world = *state;
	struct claimer claimers[CLAIMERS];
	pthread_t threads[CLAIMERS];
	for (int i = 0; i < CLAIMERS; i++) {
		claimers[i] = (struct claimer){ .location = world->location, .id = i };
		assert_int_equal(pthread_create(&threads[i], NULL, claim_all, &claimers[i]), 0);
	}
	for (int i = 0; i < CLAIMERS; i++)
		pthread_join(threads[i], NULL);
	for (int round = 0; round < CLAIM_ROUNDS; round++) {
		int winners = 0;
		char path[16], text[16];
		for (int i = 0; i < CLAIMERS; i++) {
			if (!claimers[i].won[round])
				continue;
			winners++;
			snprintf(path, sizeof path, "c%d", round);
			snprintf(text, sizeof text, "%d", i);
			assert_holds(world, path, text);
		}
		assert_int_equal(winners, 1);
	}
}

static void a_rename_makes_the_directories_it_needs(void **state)
{
	struct world *world = *state;
	bool done = false;
	put(world, "a", "one");
	assert_ok(store_rename(world->store, "a", "x/y/z/b", &done, &world->err), world->err);
	assert_true(done);
	assert_holds(world, "x/y/z/b", "one");
	assert_false(is_there(world, "a"));
}

static void a_rename_never_overwrites(void **state)
{
	struct world *world = *state;
	bool done = true;
	put(world, "a", "one");
	put(world, "b", "two");
	assert_ok(store_rename(world->store, "a", "b", &done, &world->err), world->err);
	assert_false(done);
	assert_holds(world, "a", "one");
	assert_holds(world, "b", "two");
}

static void a_rename_of_nothing_changes_nothing(void **state)
{
	struct world *world = *state;
	bool done = true;
	assert_ok(store_rename(world->store, "a", "x/b", &done, &world->err), world->err);
	assert_false(done);
	assert_names(world, "", "");
}

static void a_directory_is_renamed_only_where_none_is(void **state)
{
	struct world *world = *state;
	bool done = false;
	make_dir(world, "d");
	put(world, "d/inside", "one");
	assert_ok(store_rename(world->store, "d", "e", &done, &world->err), world->err);
	assert_true(done);
	make_dir(world, "d");
	assert_ok(store_rename(world->store, "d", "e", &done, &world->err), world->err);
	assert_false(done);
	assert_holds(world, "e/inside", "one");
}

static void an_exchange_swaps_two_directories_or_says_that_it_cannot(void **state)
{
	struct world *world = *state;
	make_dir(world, "a");
	make_dir(world, "b");
	put(world, "a/old", "1");
	put(world, "b/new", "2");
	if (!backend->exchanges) {
		assert_fails(store_exchange(world->store, "a", "b", &world->err), world->err,
			     ERR_REJECT, "cannot");
		assert_names(world, "a", "old ");
		assert_names(world, "b", "new ");
		return;
	}
	assert_ok(store_exchange(world->store, "a", "b", &world->err), world->err);
	assert_names(world, "a", "new ");
	assert_names(world, "b", "old ");
}

static void an_exchange_with_nothing_fails_and_changes_nothing(void **state)
{
	struct world *world = *state;
	make_dir(world, "a");
	assert_int_not_equal(store_exchange(world->store, "a", "none", &world->err), ERR_NONE);
	assert_names(world, "", "a ");
}

static void removing_takes_files_trees_and_nothing_at_all(void **state)
{
	struct world *world = *state;
	make_dir(world, "d/e");
	put(world, "d/e/f", "1");
	put(world, "g", "2");
	assert_ok(store_remove(world->store, "g", &world->err), world->err);
	assert_ok(store_remove(world->store, "g", &world->err), world->err);
	assert_ok(store_remove_tree(world->store, "d", &world->err), world->err);
	assert_ok(store_remove_tree(world->store, "d", &world->err), world->err);
	assert_names(world, "", "");
}

static void stat_tells_files_directories_and_nothing(void **state)
{
	struct world *world = *state;
	struct store_stat stat;
	put(world, "f", "12345");
	make_dir(world, "d");
	assert_ok(store_stat(world->store, "f", &stat, &world->err), world->err);
	assert_true(stat.found && !stat.directory && stat.bytes == 5);
	assert_ok(store_stat(world->store, "d", &stat, &world->err), world->err);
	assert_true(stat.found && stat.directory && stat.bytes == 0);
	assert_ok(store_stat(world->store, "", &stat, &world->err), world->err);
	assert_true(stat.found && stat.directory);
	assert_ok(store_stat(world->store, "none", &stat, &world->err), world->err);
	assert_false(stat.found || stat.directory || stat.bytes);
	assert_ok(store_stat(world->store, "f/none", &stat, &world->err), world->err);
	assert_false(stat.found);
}

static void a_checksum_is_xxh3_of_the_whole_file(void **state)
{
	struct world *world = *state;
	struct buf buf = { 0 };
	uint64_t checksum = 0;
	for (int i = 0; i < 400000; i++)
		buf_addf(&buf, "%d\n", i);
	assert_ok(store_replace(world->store, "f", buf_str(&buf), &world->err), world->err);
	assert_ok(store_checksum(world->store, "f", &checksum, &world->err), world->err);
	assert_true(checksum == hash_xxh3(buf_str(&buf)));
	assert_fails(store_checksum(world->store, "none", &checksum, &world->err), world->err,
		     ERR_FATAL, "none");
	buf_release(&buf);
}

static void a_list_is_sorted_and_a_missing_directory_is_empty(void **state)
{
	struct world *world = *state;
	put(world, "b", "");
	put(world, "a", "");
	put(world, "Z", "");
	assert_names(world, "", "Z a b ");
	assert_names(world, "none", "");
}

static void making_a_directory_twice_is_fine_but_not_over_a_file(void **state)
{
	struct world *world = *state;
	make_dir(world, "a/b/c");
	make_dir(world, "a/b/c");
	assert_names(world, "a/b", "c ");
	put(world, "f", "");
	assert_fails(store_make_dir(world->store, "f", true, &world->err), world->err, ERR_REJECT,
		     "f");
}

static void everything_that_is_there_can_be_synced(void **state)
{
	struct world *world = *state;
	make_dir(world, "d");
	put(world, "d/f", "1");
	assert_ok(store_sync_file(world->store, "d/f", &world->err), world->err);
	assert_ok(store_sync_dir(world->store, "d", &world->err), world->err);
	assert_ok(store_sync_all(world->store, &world->err), world->err);
	assert_int_not_equal(store_sync_file(world->store, "none", &world->err), ERR_NONE);
}

static void a_lock_is_held_by_one_until_it_is_dropped(void **state)
{
	struct world *world = *state;
	struct file_lock first, second;
	bool held = false;
	assert_ok(store_lock(world->store, "l", true, &first, &held, &world->err), world->err);
	assert_true(held);
	assert_ok(store_lock(world->store, "l", false, &second, &held, &world->err), world->err);
	assert_false(held);
	file_lock_drop(&first);
	assert_ok(store_lock(world->store, "l", false, &second, &held, &world->err), world->err);
	assert_true(held);
	file_lock_drop(&second);
}

static void a_probe_leaves_nothing_behind(void **state)
{
	struct world *world = *state;
	struct store_promises promises = { 0 };
	make_dir(world, "p");
	put(world, "p/left_by_a_killed_probe", "");
	assert_ok(store_probe(world->store, "p", &promises, &world->err), world->err);
	assert_true(promises.rename_new && promises.lock && promises.sync);
	assert_true(promises.exchange == backend->exchanges);
	assert_true(promises.local == backend->exchanges);
	assert_names(world, "", "");
}

/* Locations, and what only a local directory has. */

static void an_unknown_scheme_is_refused(void **state)
{
	(void)state;
	struct store *store = NULL;
	struct err err;
	assert_fails(store_open("gopher://x/y", &store, &err), err, ERR_REJECT, "gopher://");
	assert_fails(store_open("files:///x", &store, &err), err, ERR_REJECT, "files://");
	assert_fails(store_open("", &store, &err), err, ERR_REJECT, "empty");
	assert_fails(store_open("file://", &store, &err), err, ERR_REJECT, "empty");
	assert_fails(store_open("webhdfs://", &store, &err), err, ERR_REJECT, "port");
	assert_fails(store_open("webhdfs://host/x", &store, &err), err, ERR_REJECT, "port");
	assert_fails(store_open("webhdfs://h\n:1/x", &store, &err), err, ERR_REJECT, "HOST:PORT");
	assert_fails(store_open("webhdfs://h:1/x/../y", &store, &err), err, ERR_REJECT, "..");
	assert_fails(store_open("webhdfs://h:1/a:b", &store, &err), err, ERR_REJECT, "a:b");
	assert_fails(store_open("webhdfs://h:1/x?usr=me", &store, &err), err, ERR_REJECT, "usr");
	assert_fails(store_open("webhdfs://h:1/x?patience=0", &store, &err), err, ERR_REJECT,
		     "patience");
	assert_null(store);
}

static void assert_local_path(const char *location, const char *path, const char *expected)
{
	struct store *store = NULL;
	struct err err;
	assert_ok(store_open(location, &store, &err), err);
	char *full = store_local_path(store, path);
	assert_string_equal(full, expected);
	free(full);
	store_close(store);
}

static void a_local_location_is_a_path_with_or_without_scheme(void **state)
{
	(void)state;
	assert_local_path("/x/y", "z", "/x/y/z");
	assert_local_path("file:///x/y//", "z", "/x/y/z");
	assert_local_path("x", "", "x");
	assert_local_path("./odd://name", "z", "./odd://name/z");
}

static void a_lock_goes_with_the_process_that_held_it(void **state)
{
	struct world *world = *state;
	struct file_lock lock;
	bool held = false;
	pid_t child = fork();
	if (child == 0) {
		enum err_kind kind =
			store_lock(world->store, "l", false, &lock, &held, &world->err);
		_exit(kind == ERR_NONE && held ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_ok(store_lock(world->store, "l", false, &lock, &held, &world->err), world->err);
	assert_true(held);
	file_lock_drop(&lock);
}

int main(void)
{
	const struct CMUnitTest contract[] = {
		CLAIM(a_file_is_read_as_it_was_written),
		CLAIM(a_missing_file_is_told_from_a_bad_one),
		CLAIM(replacing_takes_the_place_of_the_old_contents),
		CLAIM(a_claim_is_won_once),
		CLAIM(a_claim_is_won_by_exactly_one_of_many),
		CLAIM(a_rename_makes_the_directories_it_needs),
		CLAIM(a_rename_never_overwrites),
		CLAIM(a_rename_of_nothing_changes_nothing),
		CLAIM(a_directory_is_renamed_only_where_none_is),
		CLAIM(an_exchange_swaps_two_directories_or_says_that_it_cannot),
		CLAIM(an_exchange_with_nothing_fails_and_changes_nothing),
		CLAIM(removing_takes_files_trees_and_nothing_at_all),
		CLAIM(stat_tells_files_directories_and_nothing),
		CLAIM(a_checksum_is_xxh3_of_the_whole_file),
		CLAIM(a_list_is_sorted_and_a_missing_directory_is_empty),
		CLAIM(making_a_directory_twice_is_fine_but_not_over_a_file),
		CLAIM(everything_that_is_there_can_be_synced),
		CLAIM(a_lock_is_held_by_one_until_it_is_dropped),
		CLAIM(a_probe_leaves_nothing_behind),
	};
	const struct CMUnitTest others[] = {
		cmocka_unit_test(an_unknown_scheme_is_refused),
		cmocka_unit_test(a_local_location_is_a_path_with_or_without_scheme),
		CLAIM(a_lock_goes_with_the_process_that_held_it),
	};
	int failed = run_everywhere(contract, sizeof contract / sizeof contract[0]);
	backend = &backends[0];
	return failed + cmocka_run_group_tests_name("local only", others, NULL, NULL);
}
