#include "base/file.h"

#include "base/mem.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct err err;

/* A path in a fresh directory; freed by the caller. */
static char *new_path(const char *name)
{
	return mem_printf("%s/%s", test_dir(), name);
}

static void assert_contents(const char *path, const char *expected)
{
	struct buf bytes = { 0 };
	assert_ok(file_read(path, 1 << 20, &bytes, &err), err);
	assert_str(buf_str(&bytes), expected);
	buf_release(&bytes);
}

/* Fails unless the directory that `path` is in has `count` entries. */
static void assert_neighbours(const char *path, size_t count)
{
	struct name_list list = { 0 };
	char *parent = mem_printf("%.*s", (int)(strrchr(path, '/') - path), path);
	assert_ok(dir_list(parent, &list, &err), err);
	assert_int_equal(list.count, count);
	name_list_release(&list);
	free(parent);
}

static void assert_child_succeeds(pid_t child)
{
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_replaced_file_is_whole_and_alone(void **state)
{
	char *path = new_path("a");
	assert_ok(file_replace(path, STR("first"), &err), err);
	assert_contents(path, "first");
	assert_ok(file_replace(path, STR("2"), &err), err);
	assert_contents(path, "2");
	assert_ok(file_replace(path, STR(""), &err), err);
	assert_contents(path, "");
	assert_neighbours(path, 1);
	struct stat stat_of;
	assert_int_equal(stat(path, &stat_of), 0);
	assert_int_equal(stat_of.st_mode & 0777, 0644);
	free(path);
	(void)state;
}

static void a_failed_replacement_leaves_no_temporary_file(void **state)
{
	char *path = new_path("a");
	assert_ok(dir_make(path, false, &err), err);
	assert_fails(file_replace(path, STR("x"), &err), err, ERR_FATAL, path);
	assert_non_null(strstr(err.msg, "Is a directory"));
	assert_neighbours(path, 1);
	free(path);
	(void)state;
}

static void an_existing_file_is_not_claimed(void **state)
{
	char *path = new_path("a");
	bool claimed = false;
	assert_ok(file_claim(path, STR("mine"), &claimed, &err), err);
	assert_true(claimed);
	assert_ok(file_claim(path, STR("yours"), &claimed, &err), err);
	assert_false(claimed);
	assert_contents(path, "mine");
	assert_neighbours(path, 1);
	free(path);
	(void)state;
}

static void one_of_two_processes_claims(void **state)
{
	enum { ROUNDS = 50 };
	const char *dir = test_dir();
	int ends[2], won[2] = { 0, 0 };
	assert_int_equal(pipe(ends), 0);
	pid_t children[2];
	for (int who = 0; who < 2; who++) {
		children[who] = fork();
		assert_true(children[who] >= 0);
		if (children[who] > 0)
			continue;
		for (int round = 0; round < ROUNDS; round++) {
			char *path = mem_printf("%s/%d", dir, round), report = (char)('0' + who);
			bool claimed = false;
			if (file_claim(path, who ? STR("1") : STR("0"), &claimed, &err) !=
				    ERR_NONE ||
			    (claimed && write(ends[1], &report, 1) != 1))
				_exit(1);
			free(path);
		}
		_exit(0);
	}
	close(ends[1]);
	assert_child_succeeds(children[0]);
	assert_child_succeeds(children[1]);
	char report;
	while (read(ends[0], &report, 1) == 1)
		won[report - '0']++;
	close(ends[0]);
	assert_int_equal(won[0] + won[1], ROUNDS);
	int holds[2] = { 0, 0 };
	for (int round = 0; round < ROUNDS; round++) {
		char *path = mem_printf("%s/%d", dir, round);
		struct buf bytes = { 0 };
		assert_ok(file_read(path, 1, &bytes, &err), err);
		assert_int_equal(bytes.len, 1);
		holds[bytes.ptr[0] - '0']++;
		buf_release(&bytes);
		free(path);
	}
	assert_int_equal(holds[0], won[0]);
	assert_int_equal(holds[1], won[1]);
	(void)state;
}

static void a_file_larger_than_allowed_is_refused(void **state)
{
	char *path = new_path("a");
	struct buf bytes = { 0 };
	buf_add_text(&bytes, "before");
	assert_ok(file_replace(path, STR("12345"), &err), err);
	assert_fails(file_read(path, 4, &bytes, &err), err, ERR_REJECT, path);
	assert_string_equal(buf_text(&bytes), "before");
	assert_ok(file_read(path, 5, &bytes, &err), err);
	assert_string_equal(bytes.ptr, "before12345");
	buf_release(&bytes);
	free(path);
	(void)state;
}

static void a_large_file_is_read_whole(void **state)
{
	char *path = new_path("a");
	struct buf bytes = { 0 }, back = { 0 };
	for (int i = 0; i < 300000; i++)
		buf_add_byte(&bytes, (char)(i * 7));
	assert_ok(file_replace(path, buf_str(&bytes), &err), err);
	assert_ok(file_read(path, bytes.len, &back, &err), err);
	assert_true(str_equal(buf_str(&bytes), buf_str(&back)));
	buf_release(&bytes);
	buf_release(&back);
	free(path);
	(void)state;
}

static void errors_name_path_and_reason(void **state)
{
	char *path = new_path("gone/a");
	char *dir = mem_printf("%.*s", (int)(strlen(path) - 7), path);
	struct buf bytes = { 0 };
	bool done;
	assert_fails(file_read(path, 1, &bytes, &err), err, ERR_FATAL, path);
	assert_int_equal(errno, ENOENT);
	assert_non_null(strstr(err.msg, "No such file or directory"));
	assert_fails(file_read(dir, 1, &bytes, &err), err, ERR_FATAL, "Is a directory");
	assert_fails(file_replace(path, STR(""), &err), err, ERR_FATAL, path);
	assert_fails(file_claim(path, STR(""), &done, &err), err, ERR_FATAL, path);
	assert_fails(file_exchange(path, dir, &err), err, ERR_FATAL, path);
	assert_fails(file_sync_path(path, &err), err, ERR_FATAL, path);
	assert_fails(dir_sync(path, &err), err, ERR_FATAL, path);
	struct file_lock lock;
	assert_fails(file_lock_take(&lock, path, false, &done, &err), err, ERR_FATAL, path);
	assert_int_equal(lock.fd, -1);
	buf_release(&bytes);
	free(path);
	free(dir);
	(void)state;
}

static void a_read_beyond_the_end_is_an_error(void **state)
{
	char *path = new_path("a"), bytes[5] = "";
	assert_ok(file_replace(path, STR("12345"), &err), err);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_ok(file_read_at(fd, path, bytes, 3, 2, &err), err);
	assert_string_equal(bytes, "345");
	assert_fails(file_read_at(fd, path, bytes, 4, 2, &err), err, ERR_FATAL, "ends at byte 5");
	assert_ok(file_write_all(fd, path, "ab", 2, &err), err);
	assert_ok(file_sync(fd, path, &err), err);
	assert_contents(path, "ab345");
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_fails(file_write_all(fd, path, "ab", 2, &err), err, ERR_FATAL, path);
	close(fd);
	free(path);
	(void)state;
}

static void two_paths_are_swapped(void **state)
{
	char *from = new_path("from"), *to = new_path("to");
	assert_ok(file_replace(from, STR("2"), &err), err);
	assert_ok(file_replace(to, STR("1"), &err), err);
	assert_ok(file_exchange(from, to, &err), err);
	assert_contents(from, "1");
	assert_contents(to, "2");
	free(from);
	free(to);
	(void)state;
}

static void directories_are_made_with_their_parents(void **state)
{
	char *path = new_path("a/b/c"), *slash = mem_printf("%s/d/", path);
	char *file = mem_printf("%s/file", path), *below = mem_printf("%s/e", file);
	assert_ok(dir_make(path, true, &err), err);
	assert_ok(dir_make(path, true, &err), err);
	assert_true(file_exists(path));
	assert_ok(dir_make(slash, true, &err), err);
	assert_true(file_exists(slash));
	assert_ok(dir_sync(path, &err), err);
	assert_ok(file_replace(file, STR(""), &err), err);
	assert_fails(dir_make(file, false, &err), err, ERR_REJECT, "is not a directory");
	assert_fails(dir_make(below, false, &err), err, ERR_REJECT, "is not a directory");
	free(path);
	free(slash);
	free(file);
	free(below);
	(void)state;
}

static void names_are_listed_in_bytewise_order(void **state)
{
	static const char *const names[] = { "b", ".hidden", "\xc3\xa9", "B", "a10", "a9" };
	static const char *const sorted[] = { ".hidden", "B", "a10", "a9", "b", "\xc3\xa9" };
	const char *dir = test_dir();
	for (size_t i = 0; i < 6; i++) {
		char *path = mem_printf("%s/%s", dir, names[i]);
		assert_ok(file_replace(path, STR(""), &err), err);
		free(path);
	}
	struct name_list list = { 0 };
	assert_ok(dir_list(dir, &list, &err), err);
	assert_int_equal(list.count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(list.names[i], sorted[i]);
	name_list_release(&list);
	char *gone = mem_printf("%s/gone", dir);
	assert_ok(dir_list(gone, &list, &err), err);
	assert_int_equal(list.count, 0);
	name_list_release(&list);
	free(gone);
	(void)state;
}

static void a_removed_directory_takes_only_what_is_in_it(void **state)
{
	const char *dir = test_dir();
	char *doomed = mem_printf("%s/doomed", dir), *deep = mem_printf("%s/x/y/z", doomed);
	char *file = mem_printf("%s/file", deep), *link = mem_printf("%s/link", doomed);
	char *other = new_path("kept");
	char *other_dir = mem_printf("%.*s", (int)(strlen(other) - 5), other);
	assert_ok(dir_make(deep, false, &err), err);
	assert_ok(file_replace(file, STR("x"), &err), err);
	assert_ok(file_replace(other, STR("kept"), &err), err);
	assert_int_equal(symlink(other_dir, link), 0);
	assert_ok(dir_remove(doomed, &err), err);
	assert_false(file_exists(doomed));
	assert_contents(other, "kept");
	assert_ok(dir_remove(doomed, &err), err);
	free(doomed);
	free(deep);
	free(file);
	free(link);
	free(other);
	free(other_dir);
	(void)state;
}

static void a_lock_has_one_holder(void **state)
{
	char *path = new_path("lock");
	struct file_lock first, second;
	bool held = false;
	assert_ok(file_lock_take(&first, path, false, &held, &err), err);
	assert_true(held);
	assert_ok(file_lock_take(&second, path, false, &held, &err), err);
	assert_false(held);
	assert_int_equal(second.fd, -1);
	file_lock_drop(&second);
	file_lock_drop(&first);
	file_lock_drop(&first);
	assert_ok(file_lock_take(&second, path, false, &held, &err), err);
	assert_true(held);
	file_lock_drop(&second);
	free(path);
	(void)state;
}

static void a_dead_holder_frees_its_lock(void **state)
{
	char *path = new_path("lock"), ready;
	struct file_lock lock;
	bool held;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (file_lock_take(&lock, path, true, &held, &err) != ERR_NONE || !held ||
		    write(ends[1], "x", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ends[0], &ready, 1), 1);
	assert_ok(file_lock_take(&lock, path, false, &held, &err), err);
	assert_false(held);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_ok(file_lock_take(&lock, path, false, &held, &err), err);
	assert_true(held);
	file_lock_drop(&lock);
	close(ends[0]);
	close(ends[1]);
	free(path);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_replaced_file_is_whole_and_alone),
		cmocka_unit_test(a_failed_replacement_leaves_no_temporary_file),
		cmocka_unit_test(an_existing_file_is_not_claimed),
		cmocka_unit_test(one_of_two_processes_claims),
		cmocka_unit_test(a_file_larger_than_allowed_is_refused),
		cmocka_unit_test(a_large_file_is_read_whole),
		cmocka_unit_test(errors_name_path_and_reason),
		cmocka_unit_test(a_read_beyond_the_end_is_an_error),
		cmocka_unit_test(two_paths_are_swapped),
		cmocka_unit_test(directories_are_made_with_their_parents),
		cmocka_unit_test(names_are_listed_in_bytewise_order),
		cmocka_unit_test(a_removed_directory_takes_only_what_is_in_it),
		cmocka_unit_test(a_lock_has_one_holder),
		cmocka_unit_test(a_dead_holder_frees_its_lock),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
