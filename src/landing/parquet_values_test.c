#include "landing/parquet_fixture.h"

#include <pthread.h>

/* --- schema ------------------------------------------------------------------------------------------- */

static void the_schema_is_the_one_duckdb_writes(void **state)
{
	struct written written;
	struct buf sql = { 0 }, type = { 0 };
	struct err err;
	size_t count;
	(void)state;
	const struct post_column *columns = post_columns(&count);
	char *theirs = mem_printf("%s/theirs.parquet", test_dir());
	buf_add_text(&sql, "COPY (SELECT ");
	for (size_t i = 0; i < count; i++) {
		buf_reset(&type);
		post_column_sql_type(&columns[i].type, &type);
		buf_addf(&sql, "%sNULL::%s AS ", i ? ", " : "", buf_text(&type));
		buf_add_sql_name(&sql, str_from(columns[i].name));
	}
	buf_addf(&sql, ") TO '%s' (FORMAT parquet)", theirs);
	assert_ok(session_run(session, buf_text(&sql), &err), err);
	begin(&written);
	end(&written);
	buf_reset(&sql);
	/* All but the root's name and where the file is. */
	buf_addf(&sql,
		 "WITH ours AS (SELECT row_number() OVER () AS place, * EXCLUDE (file_name, name), "
		 "CASE WHEN row_number() OVER () > 1 THEN name END AS name "
		 "FROM parquet_schema(%%s)), theirs AS (SELECT row_number() OVER () AS place, "
		 "* EXCLUDE (file_name, name), CASE WHEN row_number() OVER () > 1 THEN name END "
		 "AS name FROM parquet_schema('%s')) "
		 "SELECT count(*) || ' ' || (SELECT count(*) > 200 FROM theirs) FROM "
		 "((FROM ours EXCEPT FROM theirs) UNION ALL (FROM theirs EXCEPT FROM ours))",
		 theirs);
	assert_answer(written.path, buf_text(&sql), "0 true");
	buf_release(&sql);
	buf_release(&type);
	free(theirs);
	release(&written);
}

static void no_rows_make_a_file_with_all_columns(void **state)
{
	struct written written;
	size_t count;
	(void)state;
	begin(&written);
	assert_int_equal(end(&written).rows, 0);
	assert_rows(written.path, 0);
	post_columns(&count);
	char *expected = mem_printf("%zu", count);
	assert_answer(written.path, "SELECT count(*) FROM (DESCRIBE FROM read_parquet(%s))",
		      expected);
	free(expected);
	release(&written);
}

static void the_footer_keeps_names_and_values_as_given(void **state)
{
	const struct str metadata[] = { STR("stream"),        STR(STREAM),  STR("it's \"odd\""),
					STR("a 'b' \"c\" é"), STR("empty"), STR("") };
	struct parquet_footer footer = { .metadata = metadata, .metadata_count = 3 };
	struct parquet_totals totals;
	struct written written;
	struct err err;
	(void)state;
	begin(&written);
	assert_ok(parquet_file_finish(written.file, &footer, &totals, &err), err);
	assert_answer(
		written.path,
		"SELECT string_agg(decode(key) || '=' || decode(value), ';' ORDER BY key DESC) "
		"FROM parquet_kv_metadata(%s)",
		"stream=" STREAM ";it's \"odd\"=a 'b' \"c\" é;empty=");
	assert_answer(written.path, "SELECT created_by FROM parquet_file_metadata(%s)",
		      "aviary version " AVIARY_VERSION);
	parquet_rows_free(written.rows);
	parquet_file_free(written.file);
	release(&written);
}

/* --- values ------------------------------------------------------------------------------------------- */

/* Members that are there in some rows only, in a pattern SQL can compute again. */
static void add_patterned_post(struct buf *line, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
	begin_post(line, n);
	if (n % 3 != 0)
		buf_addf(line, ",\"text\":\"%.*s\"", (int)(n % 40), letters);
	if (n % 4 != 0)
		buf_addf(line, ",\"public_metrics\":{\"like_count\":%zu}", n);
	if (n % 5 != 0)
		buf_addf(line, ",\"possibly_sensitive\":%s", n % 2 ? "true" : "false");
	if (n % 7 != 0) {
		buf_add_text(line, ",\"attachments\":{\"media_keys\":[");
		for (size_t i = 0; i < n % 6; i++)
			buf_addf(line, "%s\"3_%zu\"", i ? "," : "", n + i);
		buf_add_text(line, "]}");
	}
	if (n % 11 != 0)
		buf_addf(line, ",\"place\":{\"geo\":{\"bbox\":[%zu.5,null,-1]}}", n);
	if (n % 13 == 0) {
		buf_add_text(line, ",\"entities\":{\"urls\":[");
		for (size_t i = 0; i < n % 4; i++)
			buf_addf(line, "%s{\"url\":\"u%zu\"%s,\"images\":[{\"width\":%zu},{}]}",
				 i ? "," : "", i, i == 1 ? "" : ",\"status\":200", n);
		buf_add_text(line, "]}");
	}
	buf_add_byte(line, '}');
}

static void assert_patterned(const char *path)
{
	assert_column(path, "id", "(1992856700000000000 + n)::VARCHAR");
	assert_column(path, "stream_id", "'" STREAM "'");
	assert_column(path, "created_at",
		      "TIMESTAMPTZ '2026-11-23 07:00:00+00' + to_seconds(n % 3600)");
	assert_column(
		path, "text",
		"CASE WHEN n % 3 <> 0 THEN repeat('abcdefghijklmnopqrstuvwxyz', 2)[1:n % 40] END");
	assert_column(path, "text_clean", "text");
	assert_column(path, "public_metrics_like_count", "CASE WHEN n % 4 <> 0 THEN n END");
	assert_column(path, "possibly_sensitive", "CASE WHEN n % 5 <> 0 THEN n % 2 = 1 END");
	assert_column(path, "attachments_media_keys",
		      "CASE WHEN n % 7 <> 0 THEN list_transform(range(n % 6), "
		      "lambda i: '3_' || (n + i)) END");
	assert_column(path, "place_geo_bbox", "CASE WHEN n % 11 <> 0 THEN [n + 0.5, NULL, -1] END");
	assert_column(path, "len(entities_urls)", "CASE WHEN n % 13 = 0 THEN n % 4 END");
	assert_column(path, "list_transform(entities_urls, lambda u: u.status)",
		      "CASE WHEN n % 13 = 0 THEN [200, NULL, 200][1:n % 4] END");
	assert_column(
		path, "entities_urls[2].images",
		"CASE WHEN n % 13 = 0 AND n % 4 >= 2 THEN [{'url': NULL::VARCHAR, 'width': n, "
		"'height': NULL::BIGINT}, {'url': NULL, 'width': NULL, 'height': NULL}] END");
	assert_column(path, "lang", "NULL");
	assert_column(path, "user_created_at", "NULL");
	assert_column(path, "polls", "NULL");
}

static void rows_with_nulls_everywhere_come_back_equal(void **state)
{
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t i = 0; i < 5000; i++) {
		add_patterned_post(&line, i);
		add(&written, &line);
	}
	struct parquet_totals totals = end(&written);
	assert_int_equal(totals.rows, 5000);
	assert_rows(written.path, 5000);
	assert_patterned(written.path);
	char *bytes = mem_printf("%" PRIu64, totals.bytes);
	assert_answer(written.path, "SELECT size FROM read_blob(%s)", bytes);
	free(bytes);
	buf_release(&line);
	release(&written);
}

struct adder {
	struct parquet_file *file;
	size_t first;
};

static void *add_some(void *context)
{
	struct adder *adder = context;
	struct parquet_rows *rows = parquet_rows_new(STREAM, PARQUET_POSTS);
	struct buf line = { 0 };
	struct err err;
	for (size_t i = adder->first; i < 3000; i += 4) {
		add_patterned_post(&line, i);
		assert_ok(parquet_rows_add(rows, adder->file, buf_str(&line), i, NULL, &err), err);
		if (i % 500 == 0)
			assert_ok(parquet_rows_end(rows, adder->file, &err), err);
		buf_reset(&line);
	}
	assert_ok(parquet_rows_end(rows, adder->file, &err), err);
	parquet_rows_free(rows);
	buf_release(&line);
	return NULL;
}

static void threads_that_share_a_file_do_not_mix(void **state)
{
	struct written written;
	struct adder adders[4];
	pthread_t threads[4];
	(void)state;
	begin(&written);
	for (size_t i = 0; i < 4; i++) {
		adders[i] = (struct adder){ .file = written.file, .first = i };
		assert_int_equal(pthread_create(&threads[i], NULL, add_some, &adders[i]), 0);
	}
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(end(&written).rows, 3000);
	assert_rows(written.path, 3000);
	assert_patterned(written.path);
	release(&written);
}

static void a_line_that_is_no_post_leaves_no_trace(void **state)
{
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t i = 0; i < 3000; i++) {
		struct err err;
		begin_post(&line, i);
		/* An object that never ends, and members that were there in the row before. */
		buf_add_text(&line, i % 500 == 499 ? ",\"lang\":\"no\"" : ",\"lang\":\"en\"}");
		if (i % 500 == 499)
			assert_fails(parquet_rows_add(written.rows, written.file, buf_str(&line), i,
						      NULL, &err),
				     err, ERR_REJECT, "byte ");
		else
			assert_ok(parquet_rows_add(written.rows, written.file, buf_str(&line), i,
						   NULL, &err),
				  err);
		buf_reset(&line);
	}
	assert_int_equal(end(&written).rows, 2994);
	assert_rows(written.path, 2994);
	assert_column(written.path, "n % 500 <> 499 AND lang = 'en'", "true");
	buf_release(&line);
	release(&written);
}

static void texts_of_any_length_are_whole(void **state)
{
	static const size_t sizes[] = { 0,       1,        3,    4,       7,
					8,       9,        31,   32,      33,
					64,      65,       4096, 1 << 20, (1 << 20) + 1,
					3 << 20, 16000000, 5 };
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		begin_post(&line, i);
		buf_add_text(&line, ",\"source\":\"");
		for (size_t at = 0; at < sizes[i]; at++)
			buf_add_byte(&line, (char)('a' + at % 26));
		buf_addf(&line,
			 "\",\"text\":\"behind it %zu\",\"public_metrics\":{\"like_count\":%zu}}",
			 i, sizes[i]);
		add(&written, &line);
	}
	end(&written);
	assert_column(written.path, "source",
		      "repeat('abcdefghijklmnopqrstuvwxyz', 700000)[1:public_metrics_like_count]");
	assert_column(written.path, "text", "'behind it ' || n");
	buf_release(&line);
	release(&written);
}

static void lists_of_lists_come_back_however_long(void **state)
{
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t n = 0; n < 2500; n++) {
		begin_post(&line, n);
		buf_add_text(&line, ",\"entities\":{\"urls\":[");
		for (size_t i = 0; i < (n == 1000 ? 5000 : n % 4); i++)
			buf_addf(
				&line,
				"%s{\"start\":%zu%s,\"images\":[{\"url\":\"image %zu of post %zu\"},"
				"{\"width\":%zu},{\"height\":%zu}]}",
				i ? "," : "", i, i % 2 ? ",\"url\":\"x\"" : "", i, n, n, i);
		buf_addf(&line, "]},\"edit_history_tweet_ids\":[\"%zu\",null,\"%zu\"]}", n, n + 1);
		add(&written, &line);
	}
	end(&written);
	const char *path = written.path;
	assert_column(path, "edit_history_tweet_ids", "[n::VARCHAR, NULL, (n + 1)::VARCHAR]");
	assert_column(path, "len(entities_urls)", "CASE WHEN n = 1000 THEN 5000 ELSE n % 4 END");
	assert_column(path, "list_transform(entities_urls, lambda u: u.start)",
		      "range(len(entities_urls))");
	assert_column(path, "list_transform(entities_urls, lambda u: u.url)",
		      "list_transform(range(len(entities_urls)), "
		      "lambda i: CASE WHEN i % 2 = 1 THEN 'x' END)");
	assert_column(path, "list_transform(entities_urls, lambda u: u.images)",
		      "list_transform(range(len(entities_urls)), lambda i: ["
		      "{'url': 'image ' || i || ' of post ' || n, 'width': NULL, 'height': NULL}, "
		      "{'url': NULL, 'width': n, 'height': NULL}, "
		      "{'url': NULL, 'width': NULL, 'height': i}])");
	buf_release(&line);
	release(&written);
}

static void values_at_the_ends_of_their_types_come_back(void **state)
{
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t n = 0; n < 4; n++) {
		static const char *const likes[] = { "9223372036854775807", "-9223372036854775808",
						     "0", "9223372036854775808" };
		begin_post(&line, n);
		buf_addf(&line,
			 ",\"public_metrics\":{\"like_count\":%s},"
			 "\"user\":{\"created_at\":\"%04d-01-01T00:00:00.000Z\"},"
			 "\"geo\":{\"coordinates\":{\"coordinates\":[%s]}}}",
			 likes[n],
			 n == 0 ? 1 :
			 n == 1 ? 9999 :
				  1969,
			 n == 0 ? "1.7976931348623157e308,5e-324" : "-0.0,0.0");
		add(&written, &line);
	}
	end(&written);
	const char *path = written.path;
	assert_column(path, "public_metrics_like_count",
		      "CASE n WHEN 0 THEN 9223372036854775807 WHEN 1 THEN (-9223372036854775808) "
		      "WHEN 2 THEN 0 END");
	assert_column(path, "extra IS NOT NULL AND contains(extra, '9223372036854775808')",
		      "n = 3");
	assert_column(path, "year(user_created_at)",
		      "CASE n WHEN 0 THEN 1 WHEN 1 THEN 9999 ELSE 1969 END");
	assert_column(path, "geo_coordinates::VARCHAR",
		      "CASE WHEN n = 0 THEN '[1.7976931348623157e+308, 5e-324]' "
		      "ELSE '[-0.0, 0.0]' END");
	buf_release(&line);
	release(&written);
}

/* A row that is begun twice leaves texts and items behind that belong to nobody. */
static void repeated_members_count_once(void **state)
{
	struct written written;
	struct buf line = { 0 };
	(void)state;
	begin(&written);
	for (size_t n = 0; n < 100; n++) {
		begin_post(&line, n);
		buf_addf(&line,
			 ",\"text\":\"first %zu\",\"hashtags\":[\"#a\",\"#b\"],\"lang\":\"en\"", n);
		if (n % 10 == 3)
			buf_addf(&line, ",\"text\":\"last %zu\",\"hashtags\":[\"#c\"]", n);
		buf_add_byte(&line, '}');
		add(&written, &line);
	}
	end(&written);
	assert_column(written.path, "text",
		      "CASE WHEN n % 10 = 3 THEN 'last ' ELSE 'first ' END || n");
	assert_column(written.path, "hashtags",
		      "CASE WHEN n % 10 = 3 THEN ['#c'] ELSE ['#a', '#b'] END");
	assert_column(written.path, "lang", "'en'");
	buf_release(&line);
	release(&written);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_is_the_one_duckdb_writes),
		cmocka_unit_test(no_rows_make_a_file_with_all_columns),
		cmocka_unit_test(the_footer_keeps_names_and_values_as_given),
		cmocka_unit_test(rows_with_nulls_everywhere_come_back_equal),
		cmocka_unit_test(threads_that_share_a_file_do_not_mix),
		cmocka_unit_test(a_line_that_is_no_post_leaves_no_trace),
		cmocka_unit_test(texts_of_any_length_are_whole),
		cmocka_unit_test(lists_of_lists_come_back_however_long),
		cmocka_unit_test(values_at_the_ends_of_their_types_come_back),
		cmocka_unit_test(repeated_members_count_once),
	};
	return cmocka_run_group_tests(tests, open_it, close_it);
}
