#include "base/test.h"

#include "lake/lake.h"

#include "base/mem.h"

#include <stdlib.h>

#define STREAM "0b1e6f52-8b0c-4a37-9c5e-2f1d3a4b5c6d"

static struct lake *new_lake(void)
{
	struct lake *lake = NULL;
	struct err err;
	char *dir = mem_printf("%s/lake", test_dir());
	assert_ok(lake_create(dir, &err), err);
	assert_ok(lake_open(dir, &lake, &err), err);
	free(dir);
	return lake;
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	struct lake *lake = new_lake();
	char journal[] = "/nowhere/a \"journal\"", address[] = "127.0.0.1:7777",
	     kind[] = "simulated";
	struct lake_source source = { .journal = journal, .address = address, .source = kind },
			   found;
	struct err err;
	assert_ok(lake_source_write(lake, STREAM, &source, &err), err);
	assert_ok(lake_source_read(lake, STREAM, &found, &err), err);
	assert_string_equal(found.journal, journal);
	assert_string_equal(found.address, address);
	assert_string_equal(found.source, kind);
	lake_source_release(&found);
	lake_close(lake);
}

static void what_is_not_known_is_left_out(void **state)
{
	(void)state;
	struct lake *lake = new_lake();
	char kind[] = "imported";
	struct lake_source source = { .source = kind }, found;
	struct buf text = { 0 };
	bool there;
	struct err err;
	assert_ok(lake_source_write(lake, STREAM, &source, &err), err);
	assert_ok(
		store_read(lake_store(lake), "_aviary/sources/" STREAM, 4096, &text, &there, &err),
		err);
	assert_string_equal(buf_text(&text), "{\"source\":\"imported\"}\n");
	assert_ok(lake_source_read(lake, STREAM, &found, &err), err);
	assert_null(found.journal);
	assert_null(found.address);
	assert_string_equal(found.source, kind);
	lake_source_release(&found);
	buf_release(&text);
	lake_close(lake);
}

static void what_is_not_utf8_is_left_out(void **state)
{
	(void)state;
	struct lake *lake = new_lake();
	char journal[] = "/nowhere/\xff", address[] = "127.0.0.1:7777";
	struct lake_source source = { .journal = journal, .address = address }, found;
	struct err err;
	assert_ok(lake_source_write(lake, STREAM, &source, &err), err);
	assert_ok(lake_source_read(lake, STREAM, &found, &err), err);
	assert_null(found.journal);
	assert_string_equal(found.address, address);
	lake_source_release(&found);
	lake_close(lake);
}

static void a_file_that_is_no_json_tells_nothing(void **state)
{
	(void)state;
	struct lake *lake = new_lake();
	struct lake_source found;
	struct err err;
	assert_ok(store_replace(lake_store(lake), "_aviary/sources/" STREAM,
				STR("{\"journal\":\"/nowhere/\xff\"}\n"), &err),
		  err);
	assert_ok(lake_source_read(lake, STREAM, &found, &err), err);
	assert_true(!found.journal && !found.address && !found.source);
	lake_close(lake);
}

static void a_stream_nobody_wrote_about_has_no_source(void **state)
{
	(void)state;
	struct lake *lake = new_lake();
	struct lake_source found;
	struct err err;
	assert_ok(lake_source_read(lake, STREAM, &found, &err), err);
	assert_true(!found.journal && !found.address && !found.source);
	lake_close(lake);
}

static void a_journal_is_written_as_an_absolute_directory(void **state)
{
	(void)state;
	struct lake *lake = new_lake();
	char here[] = ".";
	struct lake_source source = { .journal = here }, found;
	struct err err;
	assert_ok(lake_source_write(lake, STREAM, &source, &err), err);
	assert_ok(lake_source_read(lake, STREAM, &found, &err), err);
	assert_int_equal(found.journal[0], '/');
	assert_string_not_equal(found.journal, "/.");
	lake_source_release(&found);
	lake_close(lake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(what_is_not_known_is_left_out),
		cmocka_unit_test(what_is_not_utf8_is_left_out),
		cmocka_unit_test(a_file_that_is_no_json_tells_nothing),
		cmocka_unit_test(a_stream_nobody_wrote_about_has_no_source),
		cmocka_unit_test(a_journal_is_written_as_an_absolute_directory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
