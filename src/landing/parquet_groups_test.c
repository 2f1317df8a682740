#include "landing/parquet_fixture.h"

#include <signal.h>
#include <sys/resource.h>

/* --- row groups --------------------------------------------------------------------------------------- */

static void a_row_group_ends_by_rows(void **state)
{
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t n = 0; n < 2 * PARQUET_GROUP_ROWS + 1; n++) {
		begin_post(&line, n);
		buf_addf(&line, ",\"lang\":\"l%zu\"}", n % 7);
		add(&written, &line);
	}
	end(&written);
	assert_answer(written.path,
		      "SELECT list(row_group_num_rows ORDER BY row_group_id) FROM "
		      "parquet_metadata(%s) WHERE path_in_schema = 'id'",
		      "[30720,30720,1]");
	assert_rows(written.path, 2 * PARQUET_GROUP_ROWS + 1);
	assert_column(written.path, "lang", "'l' || n % 7");
	assert_column(written.path, "id", "(1992856700000000000 + n)::VARCHAR");
	buf_release(&line);
	release(&written);
}

static void a_row_group_ends_by_bytes(void **state)
{
	enum { TEXT = 15 << 20, LINES = 6 }; /* the fifth line reaches 64 MiB */
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t n = 0; n < LINES; n++) {
		begin_post(&line, n);
		buf_add_text(&line, ",\"source\":\"");
		buf_reserve(&line, TEXT);
		memset(line.ptr + line.len, (int)('a' + n), TEXT);
		line.len += TEXT;
		buf_add_text(&line, "\"}");
		add(&written, &line);
	}
	end(&written);
	assert_answer(written.path,
		      "SELECT list(row_group_num_rows ORDER BY row_group_id) FROM "
		      "parquet_metadata(%s) WHERE path_in_schema = 'id'",
		      "[5,1]");
	assert_column(written.path, "length(source)", "15 << 20");
	assert_column(written.path, "source[1]", "chr((97 + n)::INTEGER)");
	assert_column(written.path, "source[-1]", "chr((97 + n)::INTEGER)");
	buf_release(&line);
	release(&written);
}

/* Lines of nothing but brackets, which take little room as lines and much as columns. */
static void a_row_group_ends_when_its_items_take_too_much(void **state)
{
	enum { ITEMS = 400000, LINES = 4 };
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t n = 0; n < LINES; n++) {
		begin_post(&line, n);
		buf_add_text(&line, ",\"entities\":{\"urls\":[{}");
		for (size_t i = 1; i < ITEMS; i++)
			buf_add_text(&line, ",{}");
		buf_add_text(&line, "]}}");
		add(&written, &line);
	}
	end(&written);
	assert_answer(written.path,
		      "SELECT count(*) > 1 FROM parquet_metadata(%s) WHERE path_in_schema = 'id'",
		      "true");
	assert_column(written.path, "len(entities_urls)", "400000");
	assert_column(written.path, "entities_urls[399999].url IS NULL", "true");
	buf_release(&line);
	release(&written);
}

static void the_smallest_and_largest_values_are_told(void **state)
{
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t n = 0; n < 4000; n++) {
		begin_post(&line, n);
		buf_addf(&line, ",\"author_id\":\"%zu\",\"text\":\"%0100zu\"", n % 10, n);
		if (n % 2)
			buf_addf(&line, ",\"public_metrics\":{\"like_count\":%d}", (int)n - 2000);
		buf_addf(&line,
			 ",\"possibly_sensitive\":true,\"place\":{\"geo\":{\"bbox\":[%d.25]}}}",
			 (int)n - 2000);
		add(&written, &line);
	}
	end(&written);
	const char *range = "SELECT stats_min_value || ' ' || stats_max_value || ' ' || "
			    "stats_null_count FROM parquet_metadata(%s) WHERE path_in_schema = ";
	static const char *const expected[][2] = {
		{ "'id'", "1992856700000000000 1992856700000003999 0" },
		{ "'stream_offset'", "0 3999 0" },
		{ "'author_id'", "0 9 0" },
		{ "'created_at'", "2026-11-23 07:00:00+00 2026-11-23 07:59:59+00 0" },
		{ "'public_metrics_like_count'", "-1999 1999 2000" },
		{ "'possibly_sensitive'", "true true 0" },
		{ "'place_geo_bbox, list, element'", "-2000.25 1999.25 0" },
	};
	for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
		char *sql = mem_printf("%s%s", range, expected[i][0]);
		assert_answer(written.path, sql, expected[i][1]);
		free(sql);
	}
	assert_answer(written.path,
		      "SELECT stats_min_value IS NULL AND stats_null_count = 0 FROM "
		      "parquet_metadata(%s) WHERE path_in_schema = 'text'",
		      "true");
	assert_answer(written.path,
		      "SELECT stats_null_count FROM parquet_metadata(%s) WHERE path_in_schema = "
		      "'polls, list, element, id'",
		      "4000");
	/* What they are for. */
	assert_answer(
		written.path,
		"SELECT count(*) FROM read_parquet(%s) WHERE public_metrics_like_count = 1999",
		"1");
	buf_release(&line);
	release(&written);
}

/* --- disks ---------------------------------------------------------------------------------------------- */

static void a_file_that_cannot_be_made_is_an_error(void **state)
{
	struct parquet_file *file = NULL;
	struct err err = { 0 };
	(void)state;
	char *path = mem_printf("%s/missing/file.parquet", test_dir());
	assert_fails(parquet_file_create(path, PARQUET_POSTS, &file, &err), err, ERR_FATAL, path);
	assert_fails(parquet_file_create("/dev/full", PARQUET_POSTS, &file, &err), err, ERR_FATAL,
		     "/dev/full: No space left on device");
	assert_null(file);
	free(path);
}

static void a_disk_that_fills_up_is_an_error_with_the_path(void **state)
{
	(void)state;
	/* In the row group, in the footer. */
	static const rlim_t limits[] = { 100, 12000 };
	signal(SIGXFSZ, SIG_IGN);
	for (size_t i = 0; i < 2; i++) {
		struct rlimit before, small;
		struct written written;
		struct buf line = { 0 };
		struct err err = { 0 };
		struct parquet_footer footer = { 0 };
		struct parquet_totals totals;
		begin(&written);
		begin_post(&line, 1);
		buf_add_byte(&line, '}');
		add(&written, &line);
		assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
		small = before;
		small.rlim_cur = limits[i];
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
		enum err_kind kind = parquet_rows_end(written.rows, written.file, &err);
		if (kind == ERR_NONE)
			kind = parquet_file_finish(written.file, &footer, &totals, &err);
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		assert_int_equal(kind, ERR_FATAL);
		assert_non_null(strstr(err.msg, written.path));
		parquet_rows_free(written.rows);
		parquet_file_free(written.file);
		buf_release(&line);
		release(&written);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_group_ends_by_rows),
		cmocka_unit_test(a_row_group_ends_by_bytes),
		cmocka_unit_test(a_row_group_ends_when_its_items_take_too_much),
		cmocka_unit_test(the_smallest_and_largest_values_are_told),
		cmocka_unit_test(a_file_that_cannot_be_made_is_an_error),
		cmocka_unit_test(a_disk_that_fills_up_is_an_error_with_the_path),
	};
	return cmocka_run_group_tests(tests, open_it, close_it);
}
