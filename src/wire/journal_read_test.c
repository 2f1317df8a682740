#include "wire/wire_fixture.h"
#include "wire/journal_read.h"

enum { LINES = 60, LINES_AN_EXTENT = 3 };

/* Small segments, LINES lines, LINES_AN_EXTENT to an extent. */
static struct journal *filled_journal(const char *dir)
{
	struct journal_options options = options_for(dir);
	options.segment_bytes = 1500;
	struct journal *journal = open_with(&options);
	for (uint64_t i = 0; i < LINES; i += LINES_AN_EXTENT)
		sync_lines(journal, i, LINES_AN_EXTENT);
	assert_true(segment_count(dir) > 3);
	return journal;
}

/* The bytes from the reader's place on. */
static void read_rest(struct extent_reader *reader, struct buf *scratch, struct buf *ret)
{
	struct err err;
	for (;;) {
		assert_ok(extent_reader_fill(reader, UINT64_MAX, scratch, &err), err);
		uint64_t left = extent_reader_left(reader);
		if (left == 0)
			return;
		buf_reserve(ret, left);
		assert_ok(file_read_at(reader->segment.fd, reader->segment.path,
				       ret->ptr + ret->len, left, extent_reader_file_at(reader),
				       &err),
			  err);
		ret->len += left;
		extent_reader_consume(reader, left);
	}
}

static void every_line_boundary_has_its_chain_and_its_bytes(void **state)
{
	(void)state;
	const char *dir = test_dir();
	journal_close(filled_journal(dir));
	struct buf all = { 0 }, rest = { 0 }, scratch = { 0 };
	add_lines(&all, 0, LINES);
	for (size_t at = 0; at <= all.len; at++) {
		bool boundary = at == 0 || all.ptr[at - 1] == '\n';
		struct extent_reader reader;
		uint64_t chain;
		struct err err;
		extent_reader_init(&reader, dir);
		enum err_kind kind = extent_reader_seek(&reader, at, &scratch, &chain, &err);
		if (boundary) {
			assert_int_equal(kind, ERR_NONE);
			assert_int_equal(chain, chain_lines(0, str_make(all.ptr, at)));
			buf_reset(&rest);
			read_rest(&reader, &scratch, &rest);
			assert_int_equal(rest.len, all.len - at);
			if (rest.len > 0)
				assert_memory_equal(rest.ptr, all.ptr + at, rest.len);
		} else {
			assert_int_equal(kind, ERR_REJECT);
			assert_non_null(strstr(err.msg, "not between two lines"));
		}
		extent_reader_release(&reader);
	}
	buf_release(&all);
	buf_release(&rest);
	buf_release(&scratch);
}

static void a_reader_seeks_forward_and_back(void **state)
{
	(void)state;
	const char *dir = test_dir();
	journal_close(filled_journal(dir));
	struct buf all = { 0 }, scratch = { 0 };
	add_lines(&all, 0, LINES);
	struct extent_reader reader;
	uint64_t chain;
	struct err err;
	extent_reader_init(&reader, dir);
	for (size_t at = 1; at <= all.len; at++) {
		size_t places[] = { at, all.len };
		if (all.ptr[at - 1] != '\n')
			continue;
		for (int i = 0; i < 1 + (at % 3 == 0); i++) {
			assert_ok(extent_reader_seek(&reader, places[i], &scratch, &chain, &err),
				  err);
			assert_int_equal(chain, chain_lines(0, str_make(all.ptr, places[i])));
		}
	}
	extent_reader_release(&reader);
	buf_release(&all);
	buf_release(&scratch);
}

static void an_offset_that_is_not_kept_is_refused(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = filled_journal(dir);
	struct position end = journal_end(journal);
	struct extent_reader reader;
	struct buf scratch = { 0 };
	uint64_t chain;
	struct err err;
	extent_reader_init(&reader, dir);
	assert_fails(extent_reader_seek(&reader, end.offset + 1, &scratch, &chain, &err), err,
		     ERR_REJECT, "beyond the end");
	assert_ok(journal_acknowledge(journal, end.offset, &err), err);
	assert_fails(extent_reader_seek(&reader, 0, &scratch, &chain, &err), err, ERR_RETRY,
		     "below the oldest");
	extent_reader_release(&reader);
	journal_close(journal);
	extent_reader_init(&reader, test_dir());
	assert_fails(extent_reader_seek(&reader, 0, &scratch, &chain, &err), err, ERR_RETRY,
		     "no journal");
	buf_release(&scratch);
}

static struct journal_reader *open_reader(const char *dir)
{
	struct journal_reader *reader;
	struct err err;
	assert_ok(journal_reader_open(dir, TEST_STREAM, (struct position){ 0 }, &reader, &err),
		  err);
	return reader;
}

/* Everything that is there now, in `ret`. */
static struct position read_more(struct journal_reader *reader, struct buf *ret)
{
	struct str lines;
	struct position position;
	struct err err;
	do {
		assert_ok(journal_reader_next(reader, &lines, &position, &err), err);
		buf_add_str(ret, lines);
	} while (lines.len > 0);
	return position;
}

static void a_reader_in_place_follows_the_writer(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	options.segment_bytes = 900;
	struct journal *journal = open_with(&options);
	struct journal_reader *reader = open_reader(dir);
	struct buf actual = { 0 }, expected = { 0 };
	for (uint64_t i = 0; i < 200; i++) {
		sync_lines(journal, i, i % 3);
		if (i % 3)
			add_lines(&expected, i, i % 3);
		if (i % 7)
			continue;
		struct position position = read_more(reader, &actual);
		assert_bytes(&actual, &expected);
		assert_int_equal(position.offset, journal_end(journal).offset);
		assert_int_equal(position.chain, journal_end(journal).chain);
	}
	journal_reader_close(reader);
	journal_close(journal);
	buf_release(&actual);
	buf_release(&expected);
}

static void a_reader_in_place_follows_a_repair_and_a_replacement(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	sync_lines(journal, 0, 2);
	struct journal_reader *reader = open_reader(dir);
	struct buf actual = { 0 }, expected = { 0 };
	read_more(reader, &actual);
	crash(journal);
	struct journal_options options = options_for(dir);
	options.segment_bytes = 300;
	journal = open_with(&options);
	sync_lines(journal, 2, 2);
	read_more(reader, &actual);
	for (uint64_t i = 0; i < 50; i++)
		sync_lines(journal, i, 0);
	read_more(reader, &actual);
	for (uint64_t i = 0; i < 50; i++)
		sync_lines(journal, i, 0);
	sync_lines(journal, 4, 2);
	read_more(reader, &actual);
	add_lines(&expected, 0, 6);
	assert_bytes(&actual, &expected);
	journal_reader_close(reader);
	journal_close(journal);
	buf_release(&actual);
	buf_release(&expected);
}

static void a_reader_in_place_waits_at_a_half_written_extent(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct buf bytes = { 0 }, actual = { 0 }, expected = { 0 };
	sync_lines(journal, 0, 2);
	size_t before = journal->current.at;
	sync_lines(journal, 2, 2);
	journal_close(journal);
	char *path = segment_path(dir, 0);
	read_file(path, &bytes);
	write_file(path, str_make(bytes.ptr, before + 100));
	struct journal_reader *reader = open_reader(dir);
	read_more(reader, &actual);
	add_lines(&expected, 0, 2);
	assert_bytes(&actual, &expected);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	struct err err;
	assert_ok(
		file_write_all(fd, path, bytes.ptr + before + 100, bytes.len - before - 100, &err),
		err);
	close(fd);
	read_more(reader, &actual);
	add_lines(&expected, 2, 2);
	assert_bytes(&actual, &expected);
	journal_reader_close(reader);
	free(path);
	buf_release(&bytes);
	buf_release(&actual);
	buf_release(&expected);
}

static void a_reader_in_place_that_is_overtaken_is_told(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = filled_journal(dir);
	struct journal_reader *reader = open_reader(dir);
	struct str lines;
	struct position position;
	struct err err;
	assert_ok(journal_reader_next(reader, &lines, &position, &err), err);
	assert_ok(journal_acknowledge(journal, journal_end(journal).offset, &err), err);
	enum err_kind kind;
	do
		kind = journal_reader_next(reader, &lines, &position, &err);
	while (kind == ERR_NONE && lines.len > 0);
	assert_int_equal(kind, ERR_RETRY);
	assert_non_null(strstr(err.msg, "no longer has"));
	journal_reader_close(reader);
	journal_close(journal);
}

static void a_reader_in_place_refuses_another_place_or_stream(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = filled_journal(dir);
	struct position end = journal_end(journal), wrong = { end.offset, end.chain + 1 };
	struct journal_reader *reader;
	struct err err;
	assert_fails(journal_reader_open(dir, OTHER_UUID, end, &reader, &err), err, ERR_FATAL,
		     OTHER_UUID);
	assert_fails(journal_reader_open(dir, TEST_STREAM, wrong, &reader, &err), err, ERR_FATAL,
		     "wrong chain");
	wrong.offset++;
	assert_fails(journal_reader_open(dir, TEST_STREAM, wrong, &reader, &err), err, ERR_FATAL,
		     "no place");
	assert_ok(journal_reader_open(dir, TEST_STREAM, end, &reader, &err), err);
	journal_reader_close(reader);
	journal_close(journal);
}

static void damage_under_a_reader_in_place_is_fatal(void **state)
{
	(void)state;
	const char *dir = test_dir();
	journal_close(filled_journal(dir));
	char *path = segment_path(dir, 0);
	struct buf bytes = { 0 };
	read_file(path, &bytes);
	bytes.ptr[bytes.len - 20] ^= 1;
	write_file(path, buf_str(&bytes));
	struct journal_reader *reader = open_reader(dir);
	struct str lines;
	struct position position;
	struct err err;
	enum err_kind kind;
	do
		kind = journal_reader_next(reader, &lines, &position, &err);
	while (kind == ERR_NONE && lines.len > 0);
	assert_int_equal(kind, ERR_FATAL);
	assert_non_null(strstr(err.msg, path));
	journal_reader_close(reader);
	free(path);
	buf_release(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_line_boundary_has_its_chain_and_its_bytes),
		cmocka_unit_test(a_reader_seeks_forward_and_back),
		cmocka_unit_test(an_offset_that_is_not_kept_is_refused),
		cmocka_unit_test(a_reader_in_place_follows_the_writer),
		cmocka_unit_test(a_reader_in_place_follows_a_repair_and_a_replacement),
		cmocka_unit_test(a_reader_in_place_waits_at_a_half_written_extent),
		cmocka_unit_test(a_reader_in_place_that_is_overtaken_is_told),
		cmocka_unit_test(a_reader_in_place_refuses_another_place_or_stream),
		cmocka_unit_test(damage_under_a_reader_in_place_is_fatal),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
