#include "wire/wire_fixture.h"

#include <stdio.h>

static void a_new_journal_is_empty_and_keeps_its_stream(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	options.stream_id = NULL;
	struct journal *journal = open_with(&options);
	char *stream = mem_strdup(journal_stream(journal));
	assert_true(uuid_valid(str_from(stream)));
	assert_int_equal(journal_end(journal).offset, 0);
	assert_int_equal(journal_end(journal).chain, 0);
	journal_close(journal);
	journal = open_in(dir);
	assert_string_equal(journal_stream(journal), stream);
	journal_close(journal);
	free(stream);
}

static void synced_lines_are_there_after_a_crash(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	sync_lines(journal, 0, 3);
	sync_lines(journal, 3, 4);
	struct position end = journal_end(journal);
	crash(journal);
	journal = open_in(dir);
	assert_int_equal(journal_end(journal).offset, end.offset);
	assert_int_equal(journal_end(journal).chain, end.chain);
	assert_cursor(journal, 7);
	sync_lines(journal, 7, 2);
	journal_close(journal);
	assert_holds_lines(dir, 0, 9);
}

static void the_end_moves_only_when_synced(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct err err;
	append_lines(journal, 0, 5);
	assert_int_equal(journal_end(journal).offset, 0);
	assert_cursor(journal, 5);
	assert_ok(journal_sync(journal, &err), err);
	struct buf lines = { 0 };
	add_lines(&lines, 0, 5);
	assert_int_equal(journal_end(journal).offset, lines.len);
	assert_int_equal(journal_end(journal).chain, chain_lines(0, buf_str(&lines)));
	buf_release(&lines);
	journal_close(journal);
}

static void lines_go_on_across_segments(void **state)
{
	(void)state;
	const char *dir = test_dir();
	many_segments(dir, 40);
	assert_holds_lines(dir, 0, 40);
	struct journal *journal = open_in(dir);
	assert_cursor(journal, 40);
	journal_close(journal);
}

static void a_full_journal_takes_nothing_until_something_is_acknowledged(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	struct buf lines = { 0 };
	add_lines(&lines, 0, 3);
	options.limit_bytes = lines.len;
	struct journal *journal = open_with(&options);
	struct cursor_change cursor = { STR("next"), STR("99") };
	struct extent extent = { .lines = STR("x\n"), .cursors = &cursor, .cursor_count = 1 };
	struct err err;
	sync_lines(journal, 0, 3);
	assert_fails(journal_append(journal, &extent, &err), err, ERR_RETRY, "is full");
	assert_non_null(strstr(err.msg, dir));
	assert_cursor(journal, 3);
	assert_ok(journal_sync(journal, &err), err);
	assert_int_equal(journal_end(journal).offset, lines.len);
	assert_ok(journal_acknowledge(journal, lines.len, &err), err);
	assert_ok(journal_append(journal, &extent, &err), err);
	journal_close(journal);
	buf_release(&lines);
}

static void what_is_larger_than_the_limit_is_taken_when_nothing_waits(void **state)
{
	(void)state;
	struct journal_options options = options_for(test_dir());
	struct extent extent = { .lines = STR("x\n") };
	struct err err;
	options.limit_bytes = 20;
	struct journal *journal = open_with(&options);
	sync_lines(journal, 0, 3);
	uint64_t end = journal_end(journal).offset;
	assert_true(end > options.limit_bytes);
	assert_fails(journal_append(journal, &extent, &err), err, ERR_RETRY, "is full");
	assert_ok(journal_acknowledge(journal, end, &err), err);
	sync_lines(journal, 3, 3);
	assert_true(journal_end(journal).offset > end + options.limit_bytes);
	journal_close(journal);
}

static void cursors_alone_survive_and_do_not_fill_the_disk(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	options.segment_bytes = 1000;
	struct journal *journal = open_with(&options);
	struct err err;
	sync_lines(journal, 0, 2);
	for (uint64_t i = 0; i < 500; i++)
		sync_lines(journal, i, 0);
	crash(journal);
	assert_int_equal(segment_count(dir), 2);
	uint64_t *firsts;
	size_t count;
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	char *path = segment_path(dir, firsts[1]);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size < 3000);
	journal = open_with(&options);
	assert_cursor(journal, 499);
	journal_close(journal);
	assert_holds_lines(dir, 0, 2);
	free(path);
	free(firsts);
}

static void a_deleted_cursor_stays_deleted(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct cursor_change gone = { STR("next"), STR_NONE };
	struct extent extent = { .cursors = &gone, .cursor_count = 1 };
	struct err err;
	sync_lines(journal, 0, 1);
	assert_ok(journal_append(journal, &extent, &err), err);
	assert_ok(journal_sync(journal, &err), err);
	assert_null(journal_cursor(journal, STR("next")).ptr);
	crash(journal);
	journal = open_in(dir);
	assert_null(journal_cursor(journal, STR("next")).ptr);
	journal_close(journal);
}

static struct window_entry entry_of(uint64_t id)
{
	return (struct window_entry){ .id = id, .rule = 1, .content = id * 3 };
}

static void the_window_survives_reopening_and_is_bounded(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	options.segment_bytes = 2000;
	struct journal *journal = open_with(&options);
	struct err err;
	for (uint64_t id = 0; id < 100; id++) {
		struct window_entry entry = entry_of(id);
		struct extent extent = { .lines = STR("{\"some\":\"line\"}\n"),
					 .window = &entry,
					 .window_count = 1 };
		assert_ok(journal_append(journal, &extent, &err), err);
		if (id % 10 == 9)
			assert_ok(journal_sync(journal, &err), err);
	}
	for (int opening = 0; opening < 3; opening++) {
		for (uint64_t id = 0; id < 110; id++)
			assert_int_equal(journal_knows(journal, entry_of(id)),
					 id >= 100 - options.window_entries && id < 100);
		if (opening == 0)
			crash(journal);
		else
			journal_close(journal);
		journal = open_with(&options);
	}
	assert_true(segment_count(dir) > 1);
	journal_close(journal);
}

static void what_was_set_long_ago_survives_many_segments(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	options.segment_bytes = 600;
	struct journal *journal = open_with(&options);
	struct window_entry entry = entry_of(7);
	struct cursor_change cursor = { STR("old"), STR("value") };
	struct extent extent = {
		.window = &entry, .window_count = 1, .cursors = &cursor, .cursor_count = 1
	};
	struct err err;
	assert_ok(journal_append(journal, &extent, &err), err);
	for (uint64_t i = 0; i < 40; i++)
		sync_lines(journal, i, 1);
	assert_ok(journal_acknowledge(journal, journal_end(journal).offset, &err), err);
	crash(journal);
	assert_int_equal(segment_count(dir), 1);
	journal = open_with(&options);
	assert_str(journal_cursor(journal, STR("old")), "value");
	assert_true(journal_knows(journal, entry));
	journal_close(journal);
}

static void an_acknowledgement_removes_segments_but_never_the_newest(void **state)
{
	(void)state;
	const char *dir = test_dir();
	many_segments(dir, 20);
	uint64_t *firsts;
	size_t count;
	struct err err;
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	struct journal *journal = open_in(dir);
	assert_ok(journal_acknowledge(journal, firsts[2] - 1, &err), err);
	assert_int_equal(segment_count(dir), count - 1);
	assert_ok(journal_acknowledge(journal, firsts[2], &err), err);
	assert_int_equal(segment_count(dir), count - 2);
	assert_int_equal(journal_oldest(journal), firsts[2]);
	assert_ok(journal_acknowledge(journal, 5, &err), err);
	assert_int_equal(journal_acknowledged(journal), firsts[2]);
	crash(journal);
	journal = open_in(dir);
	assert_int_equal(journal_acknowledged(journal), firsts[2]);
	assert_ok(journal_acknowledge(journal, journal_end(journal).offset, &err), err);
	assert_int_equal(segment_count(dir), 1);
	journal_close(journal);
	journal = open_in(dir);
	assert_int_equal(journal_acknowledged(journal), journal_end(journal).offset);
	assert_cursor(journal, 20);
	sync_lines(journal, 20, 1);
	journal_close(journal);
	free(firsts);
}

static void the_first_lake_is_kept_until_it_is_released(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct err err;
	assert_ok(journal_claim(journal, TEST_LAKE, &err), err);
	crash(journal);
	journal = open_in(dir);
	assert_fails(journal_claim(journal, OTHER_UUID, &err), err, ERR_REJECT, "another lake");
	assert_ok(journal_claim(journal, TEST_LAKE, &err), err);
	assert_fails(journal_claim(journal, OTHER_UUID, &err), err, ERR_REJECT, "another lake");
	assert_ok(journal_release_lake(journal, &err), err);
	assert_ok(journal_claim(journal, OTHER_UUID, &err), err);
	journal_close(journal);
}

static void a_full_disk_is_fatal_and_stays_so(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct err err;
	sync_lines(journal, 0, 2);
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_true(full >= 0);
	assert_true(dup2(full, journal->current.fd) >= 0);
	close(full);
	append_lines(journal, 2, 2);
	char *path = first_segment(dir);
	assert_fails(journal_sync(journal, &err), err, ERR_FATAL, path);
	assert_non_null(strstr(err.msg, "No space left on device"));
	assert_fails(journal_sync(journal, &err), err, ERR_FATAL, path);
	struct extent extent = { .lines = STR("x\n") };
	assert_fails(journal_append(journal, &extent, &err), err, ERR_FATAL, "failed before");
	journal_close(journal);
	journal = open_in(dir);
	sync_lines(journal, 2, 1);
	journal_close(journal);
	assert_holds_lines(dir, 0, 3);
	free(path);
}

/* A pipe takes what is written and cannot be synced; the file gets it as the page cache would. */
static void after_a_failed_sync_the_valid_extents_move_to_a_new_file(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct err err;
	int ends[2];
	char *path = first_segment(dir);
	sync_lines(journal, 0, 2);
	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], journal->current.fd) >= 0);
	close(ends[1]);
	append_lines(journal, 2, 2);
	assert_fails(journal_sync(journal, &err), err, ERR_FATAL, path);
	assert_non_null(strstr(err.msg, "fdatasync"));
	assert_fails(journal_sync(journal, &err), err, ERR_FATAL, "failed before");
	struct buf lines = { 0 };
	add_lines(&lines, 0, 2);
	assert_int_equal(journal_end(journal).offset, lines.len);
	char extent[8192];
	ssize_t got = read(ends[0], extent, sizeof extent);
	close(ends[0]);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	assert_int_equal(write(fd, extent, (size_t)got), got);
	close(fd);
	ino_t distrusted = inode_of(path);
	journal_close(journal);
	journal = open_in(dir);
	assert_int_not_equal(inode_of(path), distrusted);
	assert_cursor(journal, 4);
	journal_close(journal);
	assert_holds_lines(dir, 0, 4);
	buf_release(&lines);
	free(path);
}

static void many_small_extents_become_few_large_ones(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct err err;
	for (uint64_t i = 0; i < 20000; i++)
		append_lines(journal, i, 1);
	assert_ok(journal_sync(journal, &err), err);
	crash(journal);
	struct segment segment;
	struct buf scratch = { 0 };
	char *path = first_segment(dir);
	assert_ok(segment_open(path, &segment, &scratch, &err), err);
	size_t extents = 0;
	for (;; extents++) {
		struct extent_place place;
		enum extent_state found;
		assert_ok(segment_peek(&segment, &place, &found, &err), err);
		if (found != EXTENT_VALID)
			break;
		segment_advance(&segment, &place);
	}
	assert_in_range(extents, 2, 10);
	segment_close(&segment);
	buf_release(&scratch);
	free(path);
	assert_holds_lines(dir, 0, 20000);
}

static void too_many_cursor_bytes_are_refused(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct err err;
	char *value = mem_zalloc(1, CURSOR_VALUE_MAX);
	struct cursor_change cursor = { .value = str_make(value, CURSOR_VALUE_MAX) };
	struct extent extent = { .cursors = &cursor, .cursor_count = 1 };
	char name[32];
	enum err_kind kind = ERR_NONE;
	int taken = 0;
	for (; kind == ERR_NONE; taken++) {
		cursor.name = str_make(name, (size_t)snprintf(name, sizeof name, "c%d", taken));
		kind = journal_append(journal, &extent, &err);
	}
	assert_int_equal(kind, ERR_REJECT);
	assert_in_range(taken, 1000, CURSOR_BYTES_MAX / CURSOR_VALUE_MAX);
	assert_ok(journal_sync(journal, &err), err);
	journal_close(journal);
	free(value);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_journal_is_empty_and_keeps_its_stream),
		cmocka_unit_test(synced_lines_are_there_after_a_crash),
		cmocka_unit_test(the_end_moves_only_when_synced),
		cmocka_unit_test(lines_go_on_across_segments),
		cmocka_unit_test(a_full_journal_takes_nothing_until_something_is_acknowledged),
		cmocka_unit_test(what_is_larger_than_the_limit_is_taken_when_nothing_waits),
		cmocka_unit_test(cursors_alone_survive_and_do_not_fill_the_disk),
		cmocka_unit_test(a_deleted_cursor_stays_deleted),
		cmocka_unit_test(the_window_survives_reopening_and_is_bounded),
		cmocka_unit_test(what_was_set_long_ago_survives_many_segments),
		cmocka_unit_test(an_acknowledgement_removes_segments_but_never_the_newest),
		cmocka_unit_test(the_first_lake_is_kept_until_it_is_released),
		cmocka_unit_test(a_full_disk_is_fatal_and_stays_so),
		cmocka_unit_test(after_a_failed_sync_the_valid_extents_move_to_a_new_file),
		cmocka_unit_test(many_small_extents_become_few_large_ones),
		cmocka_unit_test(too_many_cursor_bytes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
