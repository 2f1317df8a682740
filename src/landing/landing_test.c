#include "landing/landing_fixture.h"

static char *file_name(int64_t hour, uint64_t from)
{
	char partition[PARTITION_PATH_MAX];
	return mem_printf("twitter-landing-data/%s/" STREAM "-%020" PRIu64 ".parquet",
			  lake_partition_path(hour, partition), from);
}

/* Every file that the log names is there as the record has it; nothing is left behind. */
static void assert_settled(struct fixture *fixture)
{
	struct lake_snapshot *snapshot = fixture_snapshot(fixture);
	struct err err;
	for (size_t i = 0; i < snapshot->record_count; i++) {
		const struct lake_record *record = &snapshot->records[i];
		for (size_t j = 0; j < record->file_count; j++) {
			uint64_t checksum = 0;
			assert_ok(store_checksum(lake_store(fixture->lake), record->files[j].name,
						 &checksum, &err),
				  err);
			assert_true(checksum == record->files[j].checksum);
		}
	}
	lake_snapshot_free(snapshot);
	assert_int_equal(fixture_count(fixture, "_aviary/staging"), 0);
	assert_int_equal(fixture_count(fixture, "_aviary/intent"), 0);
}

/* The second created_at counts, as in any JSON reader, and it is behind what is guessed from. */
static void an_hour_guessed_wrong_is_found_and_the_batch_comes_again(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	struct landing_published published = { .record = 42 };
	struct err err;
	(void)state;
	fixture_open(&fixture);
	add_post(&lines, HOUR_7, 1);
	buf_add_text(&lines, "{\"id\":\"1992856700000000002\","
			     "\"created_at\":\"2026-11-23T07:00:00.000Z\","
			     "\"created_at\":\"2026-11-23T09:00:00.000Z\",\"text\":\"b\"}\n");
	add_post(&lines, HOUR_7, 3);
	fixture_add(&fixture, buf_str(&lines));
	landing_add_import(fixture.landing, "0123");
	assert_fails(landing_publish(fixture.landing, NULL, NULL, &published, &err), err, ERR_RETRY,
		     "another hour");
	assert_int_equal(published.record, 42);
	assert_int_equal(landing_pending_bytes(fixture.landing), 0);
	assert_int_equal(fixture_count(&fixture, "_aviary/staging"), 0);
	fixture.chain = 0;
	fixture_add(&fixture, buf_str(&lines));
	published = fixture_publish(&fixture);
	assert_int_equal(published.rows, 3);
	assert_int_equal(published.to, lines.len);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->hour_count, 2);
	assert_int_equal(snapshot->hours[0].rows, 2);
	assert_int_equal(snapshot->hours[1].hour, snapshot->hours[0].hour + 2);
	assert_false(lake_snapshot_imported(snapshot, "0123")); /* it was to be added again, too */
	lake_snapshot_free(snapshot);
	assert_settled(&fixture);
	buf_release(&lines);
	fixture_close(&fixture);
}

/* --- request records --------------------------------------------------------------------------------- */

static void request_records_land_in_a_table_of_their_own(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 }, text = { 0 };
	struct err err;
	struct result *result = NULL;
	bool row = false;
	(void)state;
	fixture_open(&fixture);
	landing_close(fixture.landing);
	struct landing_options options = {
		.lake = fixture.lake, .stream = STREAM, .requests = true, .threads = 2
	};
	assert_ok(landing_open(&options, &fixture.landing, &err), err);
	buf_add_text(&lines,
		     "{\"number\":1,\"kind\":\"request\",\"asked_at\":\"2026-11-23T07:00:01Z\","
		     "\"status\":200,\"posts\":2,\"cost_usd\":0.01,\"page\":\"{\\\"a\\\":1}\"}\n"
		     "no record\n"
		     "{\"number\":2,\"kind\":\"gap\",\"asked_at\":\"2026-11-23T08:00:00.5Z\","
		     "\"gap_from\":\"2026-11-22T08:00:00.000Z\",\"status\":\"none\"}\n");
	fixture_add(&fixture, buf_str(&lines));
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.rows, 2);
	assert_int_equal(published.refused, 1);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->request_file_count, 2);
	assert_int_equal(snapshot->hour_count, 0);
	assert_int_equal(snapshot->rows, 0);
	assert_true(lake_snapshot_stream(snapshot, STREAM)->requests);
	lake_snapshot_free(snapshot);
	assert_settled(&fixture);
	char *sql = mem_printf(
		"SELECT string_agg(concat_ws(' ', number, kind, asked_at, status, posts, "
		"cost_usd, page, gap_from, stream_offset, hour), '; ' ORDER BY number) "
		"FROM read_parquet('%s/request_log/*/*/*/*/*.parquet')",
		lake_path(fixture.lake));
	assert_ok(session_query(fixture.session, sql, &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	result_add_text(result, 0, &text);
	assert_string_equal(buf_text(&text),
			    "1 request 2026-11-23 07:00:01+00 200 2 0.01 {\"a\":1} 0 7; "
			    "2 gap 2026-11-23 08:00:00.5+00 2026-11-22 08:00:00+00 132 8");
	result_free(result);
	free(sql);
	buf_release(&lines);
	buf_release(&text);
	fixture_close(&fixture);
}

/* --- files ------------------------------------------------------------------------------------------- */

static void posts_of_several_hours_become_a_file_an_hour(void **state)
{
	enum { HOURS = 3, POSTS = 60 };
	static const int64_t hours[HOURS] = { HOUR_7, HOUR_7 + 1, HOUR_7 + 24 * 40 };
	struct fixture fixture;
	struct buf lines = { 0 }, of_hour[HOURS] = { 0 };
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < POSTS; i++) {
		/* 10, 20 and 30 of them, mixed */
		size_t hour = i % 6 < 1 ? 0 : i % 6 < 3 ? 1 : 2;
		add_post(&of_hour[hour], hours[hour], i);
		add_post(&lines, hours[hour], i);
	}
	fixture_add(&fixture, buf_str(&lines));
	assert_int_equal(landing_pending_bytes(fixture.landing), lines.len);
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.record, 1);
	assert_int_equal(published.to, lines.len);
	assert_true(published.chain == fixture.chain);
	assert_int_equal(published.rows, POSTS);
	assert_int_equal(published.refused, 0);
	assert_int_equal(published.hours, HOURS);
	assert_int_equal(landing_pending_bytes(fixture.landing), 0);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->hour_count, HOURS);
	for (size_t i = 0; i < HOURS; i++) {
		char *name = file_name(hours[i], 0);
		assert_int_equal(snapshot->hours[i].hour, hours[i]);
		assert_int_equal(snapshot->hours[i].rows, 10 * (i + 1));
		assert_int_equal(snapshot->hours[i].file_count, 1);
		assert_string_equal(snapshot->hours[i].files[0]->name, name);
		assert_landed(&fixture, name, 0, lines.len, 10 * (i + 1), buf_str(&of_hour[i]));
		free(name);
		buf_release(&of_hour[i]);
	}
	assert_true(snapshot->streams[0].chain == fixture.chain);
	lake_snapshot_free(snapshot);
	assert_settled(&fixture);
	buf_release(&lines);
	fixture_close(&fixture);
}

static void rows_say_where_in_the_stream_they_came_from(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < 5; i++)
		add_post(&lines, HOUR_7, i);
	fixture_add(&fixture, buf_str(&lines));
	fixture_publish(&fixture);
	char *name = file_name(HOUR_7, 0);
	char *offsets = mem_printf("[0,%zu,%zu,%zu,%zu]", lines.len / 5, lines.len / 5 * 2,
				   lines.len / 5 * 3, lines.len / 5 * 4);
	assert_answer(&fixture, name,
		      "SELECT list(stream_offset ORDER BY text) FROM read_parquet(%s)", offsets);
	assert_answer(&fixture, name, "SELECT string_agg(DISTINCT stream_id) FROM read_parquet(%s)",
		      STREAM);
	free(offsets);
	free(name);
	buf_release(&lines);
	fixture_close(&fixture);
}

static void a_second_batch_goes_on_behind_the_first(void **state)
{
	struct fixture fixture;
	struct buf first = { 0 }, second = { 0 };
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < 4; i++)
		add_post(&first, HOUR_7 + i % 2, i);
	for (unsigned i = 4; i < 7; i++)
		add_post(&second, HOUR_7, i);
	/* In two pieces. */
	size_t half = (size_t)((char *)memchr(first.ptr, '\n', first.len) + 1 - first.ptr);
	fixture_add(&fixture, str_make(first.ptr, half));
	fixture_add(&fixture, str_make(first.ptr + half, first.len - half));
	assert_int_equal(fixture_publish(&fixture).to, first.len);
	fixture_add(&fixture, buf_str(&second));
	assert_int_equal(landing_pending_bytes(fixture.landing), second.len);
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.record, 2);
	assert_int_equal(published.to, first.len + second.len);
	assert_int_equal(published.rows, 3);
	assert_int_equal(published.hours, 1);
	char *name = file_name(HOUR_7, first.len);
	assert_landed(&fixture, name, first.len, first.len + second.len, 3, buf_str(&second));
	char *offset = mem_printf("%zu", first.len);
	assert_answer(&fixture, name, "SELECT min(stream_offset) FROM read_parquet(%s)", offset);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->hours[0].file_count, 2);
	assert_int_equal(snapshot->hours[0].rows, 5);
	assert_int_equal(snapshot->hours[0].last_record, 2);
	assert_int_equal(snapshot->hours[1].last_record, 1);
	assert_int_equal(snapshot->records[1].from, first.len);
	lake_snapshot_free(snapshot);
	assert_settled(&fixture);
	free(offset);
	free(name);
	buf_release(&first);
	buf_release(&second);
	fixture_close(&fixture);
}

static void the_hour_is_that_of_the_id_where_the_time_is_no_use(void **state)
{
	struct fixture fixture;
	(void)state;
	fixture_open(&fixture);
	/* 2024-11-01T00:11:38.496Z by its id, in all of these. */
	fixture_add(&fixture, STR("{\"id\":\"1852140838805098555\"}\n"
				  "{\"id\":\"1852140838805098556\",\"created_at\":null}\n"
				  "{\"id\":\"1852140838805098557\",\"created_at\":\"yesterday\"}\n"
				  "{\"id\":\"1852140838805098558\","
				  "\"created_at\":\"1970-01-01T00:00:00.000Z\"}\n"
				  /* Another spelling of a time is a time. */
				  "{\"id\":\"1852140838805098559\","
				  "\"created_at\":\"2026-11-23T09:30:00+02:00\"}\n"
				  /* Too old an id to tell. */
				  "{\"id\":\"20\"}\n"));
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.rows, 5);
	assert_int_equal(published.refused, 1);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->hour_count, 2);
	assert_int_equal(snapshot->hours[0].rows, 4);
	assert_int_equal(snapshot->hours[1].hour, HOUR_7);
	assert_non_null(
		strstr(snapshot->hours[0].files[0]->name, "/year=2024/month=11/day=1/hour=0/"));
	assert_answer(
		&fixture, snapshot->hours[0].files[0]->name,
		"SELECT count(*) FROM read_parquet(%s) WHERE date_trunc('hour', created_at) = "
		"TIMESTAMPTZ '2024-11-01 00:00:00+00'",
		"4");
	lake_snapshot_free(snapshot);
	fixture_close(&fixture);
}

static void many_hours_with_a_post_each_land(void **state)
{
	enum { HOURS = 120 };
	struct fixture fixture;
	struct buf lines = { 0 };
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < HOURS; i++)
		add_post(&lines, HOUR_7 - (int64_t)(i * 7919 % HOURS), i);
	fixture_add(&fixture, buf_str(&lines));
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.hours, HOURS);
	assert_int_equal(published.rows, HOURS);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->hour_count, HOURS);
	assert_int_equal(snapshot->hours[0].hour, HOUR_7 - HOURS + 1);
	assert_answer(&fixture, "twitter-landing-data/**/*.parquet",
		      "SELECT count(DISTINCT id) FROM read_parquet(%s) WHERE "
		      "day = day(created_at) AND hour = hour(created_at)",
		      "120");
	lake_snapshot_free(snapshot);
	assert_settled(&fixture);
	buf_release(&lines);
	fixture_close(&fixture);
}

/* --- what may be pending ----------------------------------------------------------------------------- */

static void publishing_nothing_leaves_no_record(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	(void)state;
	fixture_open(&fixture);
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.record, 0);
	assert_int_equal(published.to, 0);
	assert_int_equal(fixture_count(&fixture, "_aviary/log"), 0);
	add_post(&lines, HOUR_7, 1);
	fixture_add(&fixture, buf_str(&lines));
	assert_int_equal(fixture_publish(&fixture).record, 1);
	published = fixture_publish(&fixture);
	assert_int_equal(published.record, 0);
	assert_int_equal(published.to, lines.len);
	assert_true(published.chain == fixture.chain);
	assert_int_equal(fixture_count(&fixture, "_aviary/log"), 1);
	buf_release(&lines);
	fixture_close(&fixture);
}

static void finished_imports_are_listed_in_the_next_record_only(void **state)
{
	static const char first[] =
		"00aa11bb22cc33dd44ee55ff66778899aabbccddeeff00112233445566778899";
	static const char second[] =
		"11aa11bb22cc33dd44ee55ff66778899aabbccddeeff00112233445566778899";
	struct fixture fixture;
	struct buf lines = { 0 };
	(void)state;
	fixture_open(&fixture);
	add_post(&lines, HOUR_7, 1);
	fixture_add(&fixture, buf_str(&lines));
	landing_add_import(fixture.landing, first);
	fixture_publish(&fixture);
	fixture_add(&fixture, buf_str(&lines));
	fixture_publish(&fixture);
	/* A file whose posts were all known already brings no line. */
	landing_add_import(fixture.landing, second);
	struct landing_published published = fixture_publish(&fixture);
	assert_int_equal(published.record, 3);
	assert_int_equal(published.to, 2 * lines.len);
	struct lake_snapshot *snapshot = fixture_snapshot(&fixture);
	assert_int_equal(snapshot->records[0].import_count, 1);
	assert_string_equal(snapshot->records[0].imports[0], first);
	assert_int_equal(snapshot->records[1].import_count, 0);
	assert_int_equal(snapshot->records[2].file_count, 0);
	assert_true(lake_snapshot_imported(snapshot, first));
	assert_true(lake_snapshot_imported(snapshot, second));
	lake_snapshot_free(snapshot);
	assert_int_equal(fixture_publish(&fixture).record, 0);
	buf_release(&lines);
	fixture_close(&fixture);
}

static void what_was_not_published_is_forgotten_on_closing(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	(void)state;
	fixture_open(&fixture);
	add_post(&lines, HOUR_7, 1);
	fixture_add(&fixture, buf_str(&lines));
	landing_close(fixture.landing);
	assert_int_equal(fixture_count(&fixture, "_aviary/staging"), 0);
	assert_int_equal(fixture_count(&fixture, "_aviary/log"), 0);
	fixture.chain = 0;
	fixture_landing(&fixture, 0, 1);
	fixture_add(&fixture, buf_str(&lines));
	assert_int_equal(fixture_publish(&fixture).rows, 1);
	buf_release(&lines);
	fixture_close(&fixture);
}

struct heard {
	uint64_t done, total, calls;
};

static void hear(void *context, uint64_t done, uint64_t total)
{
	struct heard *heard = context;
	assert_true(done >= heard->done);
	*heard = (struct heard){ .done = done, .total = total, .calls = heard->calls + 1 };
}

static void progress_ends_at_all_lines(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	struct landing_published published;
	struct heard heard = { 0 };
	struct err err;
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < 40; i++)
		add_post(&lines, HOUR_7 + i % 4, i);
	fixture_add(&fixture, buf_str(&lines));
	assert_ok(landing_publish(fixture.landing, hear, &heard, &published, &err), err);
	assert_int_equal(heard.calls, 4);
	assert_int_equal(heard.done, 40);
	assert_int_equal(heard.total, 40);
	buf_release(&lines);
	fixture_close(&fixture);
}

/* --- failures ---------------------------------------------------------------------------------------- */

static void after_a_failed_write_nothing_is_lost(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	struct landing_published published = { 0 };
	struct err err = { 0 };
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < 50; i++)
		add_post(&lines, HOUR_7 + i % 5, i);
	buf_add_text(&lines, "no post\n");
	fixture_add(&fixture, buf_str(&lines));
	char *staging = lake_file(fixture.lake, "_aviary/staging");
	char *away = lake_file(fixture.lake, "_aviary/away");
	assert_int_equal(rename(staging, away), 0);
	assert_fails(landing_publish(fixture.landing, NULL, NULL, &published, &err), err, ERR_FATAL,
		     "publish batch at byte 0: ");
	assert_non_null(strstr(err.msg, "staging"));
	landing_close(fixture.landing);
	assert_int_equal(fixture_count(&fixture, "_aviary/log"), 0);
	assert_int_equal(fixture_count(&fixture, "twitter-landing-data"), 0);

	assert_int_equal(rename(away, staging), 0);
	assert_ok(lake_recover(fixture.lake, STREAM, &err), err);
	fixture.chain = 0;
	fixture_landing(&fixture, 0, 2);
	fixture_add(&fixture, buf_str(&lines));
	published = fixture_publish(&fixture);
	assert_int_equal(published.rows, 50);
	assert_int_equal(published.refused, 1);
	assert_answer(&fixture, "twitter-landing-data/**/*.parquet",
		      "SELECT count(DISTINCT stream_offset) FROM read_parquet(%s)", "50");
	assert_settled(&fixture);
	free(staging);
	free(away);
	buf_release(&lines);
	fixture_close(&fixture);
}

static void a_batch_half_written_is_written_anew(void **state)
{
	struct fixture fixture;
	struct buf lines = { 0 };
	struct err err;
	(void)state;
	fixture_open(&fixture);
	for (unsigned i = 0; i < 10; i++)
		add_post(&lines, HOUR_7, i);
	/* As a killed predecessor leaves it: a file in staging that no intent names. */
	char *torn = lake_file(fixture.lake, "_aviary/staging/" STREAM "-%020d-00000000-%d.parquet",
			       0, HOUR_7);
	assert_ok(file_replace(torn, STR("PAR1 half a file"), &err), err);
	fixture_add(&fixture, buf_str(&lines));
	fixture_publish(&fixture);
	char *name = file_name(HOUR_7, 0);
	assert_landed(&fixture, name, 0, lines.len, 10, buf_str(&lines));
	assert_ok(lake_recover(fixture.lake, STREAM, &err), err);
	assert_settled(&fixture);
	free(name);
	free(torn);
	buf_release(&lines);
	fixture_close(&fixture);
}

/* Two landings of one stream, as when the lock of one did not hold. */
static void open_two(struct fixture *one, struct fixture *other)
{
	fixture_open(one);
	*other = *one;
	fixture_landing(other, 0, 1);
}

static void another_collectors_commit_in_between_is_detected(void **state)
{
	struct fixture ours, theirs;
	struct buf lines = { 0 };
	struct landing_published published;
	struct err err = { 0 };
	(void)state;
	open_two(&ours, &theirs);
	for (unsigned i = 0; i < 6; i++)
		add_post(&lines, HOUR_7, i);
	fixture_add(&ours, buf_str(&lines));
	fixture_add(&theirs, str_make(lines.ptr, lines.len / 3));
	fixture_publish(&theirs);
	assert_fails(landing_publish(ours.landing, NULL, NULL, &published, &err), err, ERR_FATAL,
		     "another collector committed up to byte");
	landing_close(ours.landing);
	/* From the committed place on, nothing is missing and nothing is there twice. */
	ours.chain = theirs.chain;
	fixture_landing(&ours, lines.len / 3, 1);
	fixture_add(&ours, str_make(lines.ptr + lines.len / 3, lines.len / 3 * 2));
	assert_int_equal(fixture_publish(&ours).rows, 4);
	assert_answer(
		&ours, "twitter-landing-data/**/*.parquet",
		"SELECT count(*) || ' ' || count(DISTINCT stream_offset) FROM read_parquet(%s)",
		"6 6");
	assert_settled(&ours);
	landing_close(theirs.landing);
	buf_release(&lines);
	fixture_close(&ours);
}

static void other_bytes_of_the_same_length_are_detected_by_the_chain(void **state)
{
	struct fixture ours, theirs;
	struct buf lines = { 0 };
	struct landing_published published;
	struct err err = { 0 };
	(void)state;
	open_two(&ours, &theirs);
	add_post(&lines, HOUR_7, 1);
	fixture_add(&ours, buf_str(&lines));
	buf_reset(&lines);
	add_post(&lines, HOUR_7, 2);
	fixture_add(&theirs, buf_str(&lines));
	fixture_publish(&theirs);
	assert_fails(landing_publish(ours.landing, NULL, NULL, &published, &err), err, ERR_FATAL,
		     "another collector");
	landing_close(theirs.landing);
	buf_release(&lines);
	fixture_close(&ours);
}

static void the_same_batch_from_another_collector_counts_as_done(void **state)
{
	struct fixture ours, theirs;
	struct buf lines = { 0 };
	(void)state;
	open_two(&ours, &theirs);
	add_post(&lines, HOUR_7, 1);
	fixture_add(&ours, buf_str(&lines));
	fixture_add(&theirs, buf_str(&lines));
	fixture_publish(&theirs);
	struct landing_published published = fixture_publish(&ours);
	assert_int_equal(published.record, 1);
	assert_int_equal(published.to, lines.len);
	assert_answer(&ours, "twitter-landing-data/**/*.parquet",
		      "SELECT count(*) FROM read_parquet(%s)", "1");
	assert_settled(&ours);
	landing_close(theirs.landing);
	buf_release(&lines);
	fixture_close(&ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_records_land_in_a_table_of_their_own),
		cmocka_unit_test(posts_of_several_hours_become_a_file_an_hour),
		cmocka_unit_test(rows_say_where_in_the_stream_they_came_from),
		cmocka_unit_test(a_second_batch_goes_on_behind_the_first),
		cmocka_unit_test(the_hour_is_that_of_the_id_where_the_time_is_no_use),
		cmocka_unit_test(an_hour_guessed_wrong_is_found_and_the_batch_comes_again),
		cmocka_unit_test(many_hours_with_a_post_each_land),
		cmocka_unit_test(publishing_nothing_leaves_no_record),
		cmocka_unit_test(finished_imports_are_listed_in_the_next_record_only),
		cmocka_unit_test(what_was_not_published_is_forgotten_on_closing),
		cmocka_unit_test(progress_ends_at_all_lines),
		cmocka_unit_test(after_a_failed_write_nothing_is_lost),
		cmocka_unit_test(a_batch_half_written_is_written_anew),
		cmocka_unit_test(another_collectors_commit_in_between_is_detected),
		cmocka_unit_test(other_bytes_of_the_same_length_are_detected_by_the_chain),
		cmocka_unit_test(the_same_batch_from_another_collector_counts_as_done),
	};
	return cmocka_run_group_tests(tests, fixture_engine_open, fixture_engine_close);
}
