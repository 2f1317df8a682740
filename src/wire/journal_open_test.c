#include "wire/wire_fixture.h"

#include <signal.h>
#include <sys/wait.h>

/* Three synced groups; the file is cut or flipped in the last one. */ static size_t three_groups(
	const char *dir, struct buf *ret_bytes)
{
	struct journal *journal = open_in(dir);
	sync_lines(journal, 0, 2);
	sync_lines(journal, 2, 1);
	size_t before = journal->current.at;
	sync_lines(journal, 3, 2);
	crash(journal);
	char *path = first_segment(dir);
	read_file(path, ret_bytes);
	free(path);
	return before;
}

static void assert_last_group_is_dropped(const char *dir, struct str bytes)
{
	char *path = first_segment(dir);
	write_file(path, bytes);
	struct journal *journal = open_in(dir);
	assert_cursor(journal, 3);
	journal_close(journal);
	assert_holds_lines(dir, 0, 3);
	free(path);
}

static void a_torn_last_extent_leaves_exactly_the_extents_before(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct buf bytes = { 0 };
	size_t before = three_groups(dir, &bytes);
	assert_true(bytes.len > before);
	for (size_t len = before; len < bytes.len; len++)
		assert_last_group_is_dropped(dir, str_make(bytes.ptr, len));
	buf_release(&bytes);
}

static void a_flipped_byte_in_the_last_extent_drops_it(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct buf bytes = { 0 };
	size_t before = three_groups(dir, &bytes);
	for (size_t i = before; i < bytes.len; i++) {
		bytes.ptr[i] ^= 4;
		assert_last_group_is_dropped(dir, buf_str(&bytes));
		bytes.ptr[i] ^= 4;
	}
	buf_release(&bytes);
}

static void a_repaired_journal_goes_on(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct buf bytes = { 0 };
	three_groups(dir, &bytes);
	assert_last_group_is_dropped(dir, str_make(bytes.ptr, bytes.len - 1));
	struct journal *journal = open_in(dir);
	sync_lines(journal, 3, 6);
	journal_close(journal);
	assert_holds_lines(dir, 0, 9);
	buf_release(&bytes);
}

static void a_flipped_byte_that_was_synced_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct buf bytes = { 0 };
	size_t before = three_groups(dir, &bytes);
	char *path = first_segment(dir);
	struct journal_options options = options_for(dir);
	for (size_t i = 0; i < before; i += 7) {
		struct journal *journal;
		struct err err;
		bytes.ptr[i] ^= 4;
		write_file(path, buf_str(&bytes));
		assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, path);
		bytes.ptr[i] ^= 4;
	}
	write_file(path, buf_str(&bytes));
	journal_close(open_in(dir));
	assert_holds_lines(dir, 0, 5);
	free(path);
	buf_release(&bytes);
}

/* Opens what a closed journal with other bytes in its one segment has become. */
static void assert_closed_is_fatal(const char *dir, struct str bytes, const char *words)
{
	struct journal_options options = options_for(dir);
	struct journal *journal;
	struct err err;
	char *path = first_segment(dir);
	write_file(path, bytes);
	assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, words);
	free(path);
}

static void a_flipped_byte_in_the_last_extent_of_a_closed_journal_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct buf bytes = { 0 };
	size_t before = three_groups(dir, &bytes);
	journal_close(open_in(dir));
	for (size_t i = before; i < bytes.len; i++) {
		bytes.ptr[i] ^= 4;
		assert_closed_is_fatal(dir, buf_str(&bytes), "damaged at byte");
		bytes.ptr[i] ^= 4;
	}
	/* Whatever a crash left behind it. */
	bytes.ptr[bytes.len - 1] ^= 4;
	buf_add_text(&bytes, "torn");
	assert_closed_is_fatal(dir, buf_str(&bytes), "damaged at byte");
	bytes.ptr[bytes.len - 5] ^= 4;
	char *path = first_segment(dir);
	write_file(path, buf_str(&bytes));
	journal_close(open_in(dir));
	assert_holds_lines(dir, 0, 5);
	free(path);
	buf_release(&bytes);
}

static void a_closed_journal_that_lost_its_end_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct buf bytes = { 0 };
	size_t before = three_groups(dir, &bytes);
	journal_close(open_in(dir));
	assert_closed_is_fatal(dir, str_make(bytes.ptr, before), "lost its end");
	for (size_t len = before + 1; len < bytes.len; len++)
		assert_closed_is_fatal(dir, str_make(bytes.ptr, len), "damaged at byte");
	buf_release(&bytes);
}

static void a_flipped_byte_in_an_earlier_segment_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	many_segments(dir, 20);
	uint64_t *firsts;
	size_t count;
	struct err err;
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	struct journal_options options = options_for(dir);
	char *path = segment_path(dir, firsts[count - 2]);
	struct buf bytes = { 0 };
	read_file(path, &bytes);
	for (size_t i = 0; i < bytes.len; i++) {
		struct journal *journal;
		bytes.ptr[i] ^= 4;
		write_file(path, buf_str(&bytes));
		assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, path);
		bytes.ptr[i] ^= 4;
	}
	write_file(path, str_make(bytes.ptr, bytes.len - 1));
	struct journal *journal;
	assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, "damaged at byte");
	free(path);
	free(firsts);
	buf_release(&bytes);
}

static void a_segment_without_its_predecessor_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	many_segments(dir, 20);
	uint64_t *firsts;
	size_t count;
	struct err err;
	struct journal *journal;
	struct journal_options options = options_for(dir);
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	for (size_t i = 0; i + 1 < count; i++) {
		char *path = segment_path(dir, firsts[i]), *next = segment_path(dir, firsts[i + 1]);
		struct buf bytes = { 0 };
		read_file(path, &bytes);
		assert_int_equal(unlink(path), 0);
		assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, next);
		write_file(path, buf_str(&bytes));
		buf_release(&bytes);
		free(path);
		free(next);
	}
	journal_close(open_in(dir));
	free(firsts);
}

static void only_what_a_crash_left_is_copied_to_a_new_file(void **state)
{
	(void)state;
	const char *dir = test_dir();
	char *path = first_segment(dir);
	struct journal *journal = open_in(dir);
	sync_lines(journal, 0, 1);
	journal_close(journal);
	ino_t closed = inode_of(path);
	journal = open_in(dir);
	assert_int_equal(inode_of(path), closed);
	sync_lines(journal, 1, 1);
	crash(journal);
	journal = open_in(dir);
	assert_int_not_equal(inode_of(path), closed);
	journal_close(journal);
	assert_holds_lines(dir, 0, 2);
	free(path);
}

static void a_draft_that_a_crash_left_is_removed(void **state)
{
	(void)state;
	const char *dir = test_dir();
	char *draft = mem_printf("%s/00000000000000000123.segment.draft", dir);
	char *other = mem_printf("%s/README", dir);
	write_file(draft, STR("half a he"));
	write_file(other, STR("hello"));
	journal_close(open_in(dir));
	assert_false(file_exists(draft));
	assert_true(file_exists(other));
	free(draft);
	free(other);
}

static void a_second_opener_is_told_to_come_back(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	struct journal *journal = open_in(dir), *second;
	struct err err;
	assert_fails(journal_open(&options, &second, &err), err, ERR_RETRY, dir);
	journal_close(journal);
	journal_close(open_in(dir));
}

static void removed_segments_that_come_back_are_removed_again(void **state)
{
	(void)state;
	const char *dir = test_dir();
	many_segments(dir, 20);
	uint64_t *firsts;
	size_t count;
	struct err err;
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	char *first = first_segment(dir);
	struct buf bytes = { 0 };
	read_file(first, &bytes);
	struct journal *journal = open_in(dir);
	assert_ok(journal_acknowledge(journal, firsts[3], &err), err);
	crash(journal);
	write_file(first, buf_str(&bytes));
	journal_close(open_in(dir));
	assert_false(file_exists(first));
	buf_release(&bytes);
	free(first);
	free(firsts);
}

static void a_journal_that_lost_what_was_acknowledged_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct journal_options options = options_for(dir);
	struct err err;
	sync_lines(journal, 0, 1);
	char *path = first_segment(dir);
	struct buf copy = { 0 };
	read_file(path, &copy);
	sync_lines(journal, 1, 1);
	assert_ok(journal_acknowledge(journal, journal_end(journal).offset, &err), err);
	journal_close(journal);
	write_file(path, buf_str(&copy));
	assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, "lost its end");
	assert_int_equal(unlink(path), 0);
	assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, "lost its end");
	buf_release(&copy);
	free(path);
}

static void an_unreadable_consumer_file_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	journal_close(open_in(dir));
	struct journal_options options = options_for(dir);
	struct journal *journal;
	struct err err;
	char *path = mem_printf("%s/consumer", dir);
	write_file(path, STR("lake " TEST_LAKE "\nacknowledged minus one\n"));
	assert_fails(journal_open(&options, &journal, &err), err, ERR_FATAL, path);
	free(path);
}

static void append_until_killed(const char *dir, int report)
{
	struct journal_options options = options_for(dir);
	options.segment_bytes = 20000;
	struct journal *journal = open_with(&options);
	struct err err;
	struct str value = journal_cursor(journal, STR("next"));
	uint64_t next = 0;
	if (value.len > 0)
		assert_true(str_to_u64(value, &next));
	for (;; next += 3) {
		append_lines(journal, next, 3);
		if (next % 5 != 0)
			continue;
		if (journal_sync(journal, &err) != ERR_NONE)
			_exit(1);
		uint64_t synced = next + 3;
		if (write(report, &synced, sizeof synced) != sizeof synced)
			_exit(1);
	}
}

static void a_killed_writer_loses_nothing_that_was_synced(void **state)
{
	(void)state;
	const char *dir = test_dir();
	uint64_t synced = 0;
	for (int round = 0; round < 8; round++) {
		int ends[2];
		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			append_until_killed(dir, ends[1]);
		close(ends[1]);
		for (int i = 0; i < 10 + round * 7; i++)
			assert_int_equal(read(ends[0], &synced, sizeof synced), sizeof synced);
		assert_int_equal(kill(child, SIGKILL), 0);
		assert_int_equal(waitpid(child, NULL, 0), child);
		while (read(ends[0], &synced, sizeof synced) == sizeof synced)
			;
		close(ends[0]);
		struct journal *journal = open_in(dir);
		uint64_t next;
		assert_true(str_to_u64(journal_cursor(journal, STR("next")), &next));
		assert_true(next >= synced);
		crash(journal);
		assert_holds_lines(dir, 0, next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_torn_last_extent_leaves_exactly_the_extents_before),
		cmocka_unit_test(a_flipped_byte_in_the_last_extent_drops_it),
		cmocka_unit_test(a_repaired_journal_goes_on),
		cmocka_unit_test(a_flipped_byte_that_was_synced_is_fatal),
		cmocka_unit_test(a_flipped_byte_in_the_last_extent_of_a_closed_journal_is_fatal),
		cmocka_unit_test(a_closed_journal_that_lost_its_end_is_fatal),
		cmocka_unit_test(a_flipped_byte_in_an_earlier_segment_is_fatal),
		cmocka_unit_test(a_segment_without_its_predecessor_is_fatal),
		cmocka_unit_test(only_what_a_crash_left_is_copied_to_a_new_file),
		cmocka_unit_test(a_draft_that_a_crash_left_is_removed),
		cmocka_unit_test(a_second_opener_is_told_to_come_back),
		cmocka_unit_test(removed_segments_that_come_back_are_removed_again),
		cmocka_unit_test(a_journal_that_lost_what_was_acknowledged_is_fatal),
		cmocka_unit_test(an_unreadable_consumer_file_is_fatal),
		cmocka_unit_test(a_killed_writer_loses_nothing_that_was_synced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
