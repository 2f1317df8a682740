#include "wire/wire_fixture.h"

static void a_look_finds_the_end_while_the_writer_goes_on(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	options.segment_bytes = 1500;
	struct journal *journal = open_with(&options);
	for (uint64_t i = 0; i < 20; i++) {
		char stream[UUID_TEXT];
		struct position end;
		struct err err;
		sync_lines(journal, i, 1);
		assert_ok(journal_look(dir, stream, &end, &err), err);
		assert_string_equal(stream, TEST_STREAM);
		assert_int_equal(end.offset, journal_end(journal).offset);
		assert_true(end.chain == journal_end(journal).chain);
	}
	journal_close(journal);
}

static void a_directory_without_a_journal_has_no_end(void **state)
{
	(void)state;
	char stream[UUID_TEXT];
	struct position end;
	struct err err;
	assert_fails(journal_look(test_dir(), stream, &end, &err), err, ERR_RETRY, "no journal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_look_finds_the_end_while_the_writer_goes_on),
		cmocka_unit_test(a_directory_without_a_journal_has_no_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
