#include "base/test.h"

#include "role/input_file.h"
#include "role/source_journal.h"

#include "base/mem.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void open_home(struct source_journal *home, const char *dir)
{
	struct settings settings = { .journal = dir,
				     .segment_bytes = 1 << 20,
				     .journal_bytes = 64 << 20,
				     .window_entries = 10 };
	struct err err;
	*home = (struct source_journal){ 0 };
	assert_ok(source_journal_open(home, &settings, &err), err);
}

static void assert_source(const struct source_journal *home, const char *wanted)
{
	char name[16];
	assert_string_equal(source_journal_source(home, name), wanted);
}

static void the_newest_source_is_named_and_remembered(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct source_journal home;
	struct err err;
	open_home(&home, dir);
	assert_source(&home, "");
	assert_ok(source_journal_add_source(&home, "X", &err), err);
	assert_source(&home, "X");
	assert_ok(source_journal_add_source(&home, "replayed", &err), err);
	assert_source(&home, "replayed");
	source_journal_close(&home);
	open_home(&home, dir);
	assert_source(&home, "replayed");
	assert_ok(source_journal_add_source(&home, "X", &err), err);
	assert_source(&home, "X");
	source_journal_close(&home);
}

static void where_any_are_simulated_all_are_called_so(void **state)
{
	(void)state;
	struct source_journal home;
	struct err err;
	open_home(&home, test_dir());
	assert_ok(source_journal_add_source(&home, "simulated", &err), err);
	assert_ok(source_journal_add_source(&home, "replayed", &err), err);
	assert_source(&home, "simulated");
	source_journal_close(&home);
}

static void posts_of_x_and_simulated_ones_never_mix(void **state)
{
	(void)state;
	static const char *const orders[][3] = { { "X", "replayed", "simulated" },
						 { "simulated", "replayed", "X" } };
	for (size_t i = 0; i < 2; i++) {
		struct source_journal home;
		struct err err;
		open_home(&home, test_dir());
		assert_ok(source_journal_add_source(&home, orders[i][0], &err), err);
		assert_ok(source_journal_add_source(&home, orders[i][1], &err), err);
		assert_fails(source_journal_add_source(&home, orders[i][2], &err), err, ERR_REJECT,
			     "they would mix");
		assert_non_null(strstr(err.hint, "another --journal"));
		source_journal_close(&home);
	}
}

static struct input_file file_named(const char *name)
{
	return (struct input_file){ .name = name, .sha256 = "aa11", .fd = -1 };
}

static void pages_without_lines_are_kept_once_each(void **state)
{
	(void)state;
	struct source_journal home;
	const char *dir = test_dir();
	struct input_file file = file_named("pages.json");
	struct err err;
	open_home(&home, dir);
	struct request_log *log = &home.requests;
	assert_ok(request_log_keep_page(log, &file, 3, STR("{ \"a\":\n1}"), &err), err);
	assert_ok(request_log_keep_page(log, &file, 8, STR("{}"), &err), err);
	uint64_t end = journal_end(log->journal).offset;
	source_journal_close(&home);
	open_home(&home, dir);
	assert_int_equal(home.requests.next, 3);
	/* Read again after a kill. */
	assert_ok(request_log_keep_page(&home.requests, &file, 3, STR("{}"), &err), err);
	assert_ok(request_log_keep_page(&home.requests, &file, 8, STR("{}"), &err), err);
	assert_int_equal(journal_end(home.requests.journal).offset, end);
	assert_ok(request_log_forget_file(&home.requests, file.sha256, &err), err);
	assert_ok(request_log_keep_page(&home.requests, &file, 3, STR("{}"), &err), err);
	assert_int_equal(home.requests.next, 4);
	source_journal_close(&home);
}

static void a_page_longer_than_a_line_goes_on_in_further_records(void **state)
{
	(void)state;
	enum { BYTES = 13 << 20 };
	struct source_journal home;
	struct input_file file = file_named("large.json");
	struct buf page = { 0 };
	struct err err;
	open_home(&home, test_dir());
	while (page.len < BYTES)
		buf_add_text(&page, "\"\303\244\\\"x");
	assert_ok(request_log_keep_page(&home.requests, &file, 1, buf_str(&page), &err), err);
	assert_int_equal(home.requests.next, 4);
	source_journal_close(&home);
	buf_release(&page);
}

static void a_journal_in_use_may_be_tried_again(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct settings settings = { .journal = dir,
				     .segment_bytes = 1 << 20,
				     .journal_bytes = 1 << 20,
				     .window_entries = 10 };
	struct source_journal home, second = { 0 };
	struct err err;
	open_home(&home, dir);
	assert_fails(source_journal_open(&second, &settings, &err), err, ERR_RETRY, dir);
	source_journal_close(&second);
	source_journal_close(&home);
}

static void a_path_that_is_not_utf8_is_refused(void **state)
{
	(void)state;
	char *dir = mem_printf("%s/j\xff", test_dir());
	struct settings settings = { .journal = dir, .journal_bytes = 1 << 20 };
	struct source_journal home = { 0 };
	struct err err;
	assert_fails(source_journal_open(&home, &settings, &err), err, ERR_REJECT, "not UTF-8");
	assert_int_not_equal(access(dir, F_OK), 0);
	source_journal_close(&home);
	free(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_newest_source_is_named_and_remembered),
		cmocka_unit_test(where_any_are_simulated_all_are_called_so),
		cmocka_unit_test(posts_of_x_and_simulated_ones_never_mix),
		cmocka_unit_test(pages_without_lines_are_kept_once_each),
		cmocka_unit_test(a_page_longer_than_a_line_goes_on_in_further_records),
		cmocka_unit_test(a_journal_in_use_may_be_tried_again),
		cmocka_unit_test(a_path_that_is_not_utf8_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
