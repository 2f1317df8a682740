#include "lake/lake_fixture.h"

enum { RECORDS = 1000, HOURS = 37 };

static void assert_is_fixture_log(const struct lake_snapshot *snapshot, uint64_t records)
{
	assert_int_equal(snapshot->number, records);
	assert_int_equal(snapshot->record_count, records);
	assert_int_equal(snapshot->file_count, records);
	assert_int_equal(snapshot->rows, records * 10);
	assert_int_equal(snapshot->bytes, records * strlen("contents"));
	assert_int_equal(snapshot->hour_count, HOURS);
	size_t files = 0;
	for (size_t i = 0; i < snapshot->hour_count; i++) {
		const struct lake_hour *hour = &snapshot->hours[i];
		assert_int_equal(hour->hour, HOUR_0 + (int)i);
		assert_int_equal(hour->rows, hour->file_count * 10);
		const struct lake_file_entry *newest = hour->files[hour->file_count - 1];
		struct lake_record *last = &snapshot->records[hour->last_record - 1];
		assert_ptr_equal(newest, &last->files[0]);
		files += hour->file_count;
	}
	assert_int_equal(files, records);
	const struct lake_stream *stream = lake_snapshot_stream(snapshot, STREAM_A);
	assert_int_equal(stream->to, records * 10);
	assert_int_equal(stream->last_record, records);
	for (uint64_t i = 0; i < records; i++) {
		char *name = fixture_name(&snapshot->records[i], snapshot->records[i].files->hour);
		assert_int_equal(snapshot->records[i].number, i + 1);
		assert_string_equal(snapshot->records[i].files->name, name);
		free(name);
	}
}

static void an_empty_log_is_an_empty_snapshot(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(snapshot->number, 0);
	assert_int_equal(snapshot->hour_count + snapshot->stream_count + snapshot->rows, 0);
	assert_null(lake_snapshot_stream(snapshot, STREAM_A));
	assert_false(lake_snapshot_imported(snapshot, "x"));
	lake_snapshot_free(snapshot);
	lake_close(lake);
}

static void a_snapshot_says_what_a_thousand_records_say(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	fixture_log(lake, 0, RECORDS, HOURS, &hash);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_is_fixture_log(snapshot, RECORDS);
	assert_true(snapshot->last_hash == hash);
	lake_snapshot_free(snapshot);
	lake_close(lake);
}

static uint64_t read_singly(struct lake *lake, bool places_only)
{
	struct log_view *view;
	struct err err;
	assert_ok(log_read(lake, places_only, &view, &err), err);
	uint64_t count = view->read_singly;
	log_view_free(view);
	return count;
}

static void a_long_reading_leaves_a_checkpoint(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	fixture_log(lake, 0, CHECKPOINT_EVERY, HOURS, &hash);
	lake_snapshot_free(fixture_snapshot(lake));
	assert_int_equal(fixture_count(lake, CHECKPOINT_DIR), 0);
	fixture_log(lake, CHECKPOINT_EVERY, 1, HOURS, &hash);
	lake_snapshot_free(fixture_snapshot(lake));
	assert_int_equal(fixture_count(lake, CHECKPOINT_DIR), 1);
	assert_int_equal(read_singly(lake, false), 0);
	fixture_log(lake, CHECKPOINT_EVERY + 1, 5, HOURS, &hash);
	assert_int_equal(read_singly(lake, false), 5);
	assert_int_equal(read_singly(lake, true), 5);
	lake_close(lake);
}

/* A lake with RECORDS records and checkpoints at 300, 600 and 900. */
static struct lake *lake_with_checkpoints(void)
{
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	for (uint64_t number = 0; number < 900; number += 300) {
		fixture_log(lake, number, 300, HOURS, &hash);
		lake_snapshot_free(fixture_snapshot(lake));
	}
	fixture_log(lake, 900, RECORDS - 900, HOURS, &hash);
	return lake;
}

static void a_snapshot_through_a_checkpoint_is_the_same(void **state)
{
	(void)state;
	struct lake *lake = lake_with_checkpoints();
	assert_int_equal(read_singly(lake, false), 100);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_is_fixture_log(snapshot, RECORDS);
	lake_snapshot_free(snapshot);
	lake_close(lake);
}

static void the_newest_two_checkpoints_are_kept(void **state)
{
	(void)state;
	struct lake *lake = lake_with_checkpoints();
	assert_int_equal(fixture_count(lake, CHECKPOINT_DIR), 2);
	assert_true(fixture_exists(lake, CHECKPOINT_DIR "/00000000000000000600"));
	assert_true(fixture_exists(lake, CHECKPOINT_DIR "/00000000000000000900"));
	lake_close(lake);
}

static void what_a_killed_checkpoint_left_is_removed_by_the_next(void **state)
{
	(void)state;
	struct lake *lake = lake_with_checkpoints();
	uint64_t hash;
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	hash = snapshot->last_hash;
	lake_snapshot_free(snapshot);
	fixture_write(lake, CHECKPOINT_DIR "/00000000000000001000.aB3xYz", "half");
	fixture_log(lake, RECORDS, 300, HOURS, &hash);
	lake_snapshot_free(fixture_snapshot(lake));
	assert_false(fixture_exists(lake, CHECKPOINT_DIR "/00000000000000001000.aB3xYz"));
	assert_int_equal(fixture_count(lake, CHECKPOINT_DIR), 2);
	lake_close(lake);
}

/* Flips one byte of the file, or cuts the file there. */
static void damage(const char *path, long at, bool cut)
{
	FILE *file = fopen(path, "r+");
	assert_non_null(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	int byte = fgetc(file);
	assert_int_equal(fseek(file, at, SEEK_SET), 0);
	fputc(byte ^ 1, file);
	fclose(file);
	if (cut)
		assert_int_equal(truncate(path, at), 0);
}

static void a_damaged_checkpoint_is_passed_over(void **state)
{
	(void)state;
	static const long places[] = { 0, 8, 16, 24, 32, 60, 5000 };
	struct lake *lake = lake_with_checkpoints();
	char *path = lake_file(lake, CHECKPOINT_DIR "/%s", "00000000000000000900");
	for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
		damage(path, places[i], false);
		assert_int_equal(read_singly(lake, false), 400);
		damage(path, places[i], false);
		assert_int_equal(read_singly(lake, false), 100);
	}
	damage(path, 5000, true);
	assert_int_equal(read_singly(lake, false), 400);
	struct lake_snapshot *snapshot = fixture_snapshot(lake); /* and writes one at RECORDS */
	assert_is_fixture_log(snapshot, RECORDS);
	lake_snapshot_free(snapshot);
	assert_int_equal(read_singly(lake, false), 0);
	free(path);
	lake_close(lake);
}

static void without_any_good_checkpoint_the_log_is_read(void **state)
{
	(void)state;
	struct lake *lake = lake_with_checkpoints();
	fixture_write(lake, CHECKPOINT_DIR "/00000000000000000600", "");
	fixture_write(lake, CHECKPOINT_DIR "/00000000000000000900", "no checkpoint");
	assert_int_equal(read_singly(lake, false), RECORDS);
	lake_close(lake);
}

static void a_checkpoint_of_another_log_is_passed_over(void **state)
{
	(void)state;
	struct lake *lake = lake_with_checkpoints();
	uint64_t hash = 1; /* as if the log had been put back to an older copy and gone on */
	char path[LOG_PATH_MAX];
	char *last = lake_file(lake, "%s", log_path(900, path));
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	hash = snapshot->records[898].previous_hash;
	lake_snapshot_free(snapshot);
	for (uint64_t number = 900; number <= RECORDS; number++) {
		char *file = lake_file(lake, "%s", log_path(number, path));
		unlink(file);
		free(file);
	}
	assert_int_equal(read_singly(lake, false), 899 - 600);
	fixture_log(lake, 898, 1, HOURS, &hash);
	fixture_log(lake, 899, 1, HOURS + 1, &hash);
	assert_int_equal(read_singly(lake, false), 900 - 600);
	free(last);
	lake_close(lake);
}

static void assert_stops(struct lake *lake, const char *words)
{
	struct lake_snapshot *snapshot = NULL;
	struct err err;
	assert_fails(lake_snapshot_read(lake, &snapshot, &err), err, ERR_FATAL, words);
	if (!strstr(err.msg, "log/00000000000000000004"))
		fail_msg("the record is not named: %s", err.msg);
	assert_null(snapshot);
}

/* Three records, and then this one with the right number and previous hash. */
static struct lake *lake_with_fourth(struct lake_record record)
{
	struct lake *lake = fixture_lake();
	struct buf text = { 0 };
	char path[LOG_PATH_MAX];
	fixture_log(lake, 0, 3, HOURS, &record.previous_hash);
	record.number = 4;
	record_write(&text, &record);
	fixture_write(lake, log_path(4, path), buf_text(&text));
	buf_release(&text);
	return lake;
}

static void a_record_that_does_not_follow_stops_the_reader(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0, wrong = 17;
	fixture_log(lake, 0, 3, HOURS, &hash);
	fixture_log(lake, 3, 1, HOURS, &wrong);
	assert_stops(lake, "does not follow");
	lake_close(lake);
}

static void an_unknown_kind_stops_the_reader(void **state)
{
	(void)state;
	struct lake *lake = lake_with_fourth(fixture_batch(STREAM_A, 30, 40));
	struct buf text = { 0 };
	struct err err;
	char path[LOG_PATH_MAX];
	char *file = lake_file(lake, "%s", log_path(4, path));
	assert_ok(file_read(file, 4096, &text, &err), err);
	char *kind = strstr(buf_text(&text), "\"batch\"");
	memcpy(kind, "\"merge\"", 7);
	fixture_write(lake, path, buf_text(&text));
	assert_stops(lake, "unknown kind of record \"merge\"");
	buf_release(&text);
	free(file);
	lake_close(lake);

	struct lake_record compact = fixture_batch(STREAM_A, 30, 30);
	compact.kind = RECORD_COMPACT;
	lake = lake_with_fourth(compact);
	assert_stops(lake, "compaction");
	lake_close(lake);
}

static void a_torn_or_misnamed_record_stops_the_reader(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	char path[LOG_PATH_MAX];
	fixture_log(lake, 0, 3, HOURS, &hash);
	fixture_write(lake, log_path(4, path), "{\"number\":4,");
	assert_stops(lake, "byte");
	fixture_log(lake, 5, 1, HOURS, &hash); /* makes log/6 */
	char *from = lake_file(lake, "%s", log_path(6, path));
	char *to = lake_file(lake, "%s", log_path(4, path));
	assert_int_equal(rename(from, to), 0);
	assert_stops(lake, "record 6");
	free(from);
	free(to);
	lake_close(lake);
}

static void a_hole_in_the_log_stops_the_reader(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	char path[LOG_PATH_MAX];
	fixture_log(lake, 0, 5, HOURS, &hash);
	char *file = lake_file(lake, "%s", log_path(4, path));
	unlink(file);
	assert_stops(lake, "missing");
	free(file);
	lake_close(lake);
}

static void a_gap_or_an_overlap_in_a_stream_stops_the_reader(void **state)
{
	(void)state;
	struct lake *lake = lake_with_fourth(fixture_batch(STREAM_A, 31, 40));
	assert_stops(lake, "goes on at 31, but ended at 30");
	lake_close(lake);
	lake = lake_with_fourth(fixture_batch(STREAM_A, 29, 40));
	assert_stops(lake, "goes on at 29, but ended at 30");
	lake_close(lake);
	lake = lake_with_fourth(fixture_batch(STREAM_B, 5, 40));
	assert_stops(lake, "goes on at 5, but ended at 0");
	lake_close(lake);
}

static void a_stream_may_enter_anywhere_by_an_empty_record(void **state)
{
	(void)state;
	struct lake *lake = lake_with_fourth(fixture_batch(STREAM_B, 500, 500));
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(lake_snapshot_stream(snapshot, STREAM_B)->to, 500);
	assert_int_equal(lake_snapshot_stream(snapshot, STREAM_A)->to, 30);
	assert_false(lake_snapshot_stream(snapshot, STREAM_B)->adopted);
	lake_snapshot_free(snapshot);
	lake_close(lake);
}

static void an_adoption_moves_the_stream_over_a_gap(void **state)
{
	(void)state;
	struct lake_record adopt = fixture_batch(STREAM_A, 30, 99);
	adopt.kind = RECORD_ADOPT;
	struct lake *lake = lake_with_fourth(adopt);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(lake_snapshot_stream(snapshot, STREAM_A)->to, 99);
	assert_true(lake_snapshot_stream(snapshot, STREAM_A)->adopted);
	lake_snapshot_free(snapshot);
	lake_close(lake);
}

static void quarantine_and_imports_are_counted(void **state)
{
	(void)state;
	struct lake_record record = fixture_batch(STREAM_A, 30, 40);
	record.quarantine = (struct lake_file_entry){ .name = (char *)"q", .rows = 3, .hour = -1 };
	fixture_import(&record, "one");
	fixture_import(&record, "two");
	struct lake *lake = lake_with_fourth(record);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(snapshot->quarantined, 3);
	assert_int_equal(snapshot->rows, 30);
	assert_true(lake_snapshot_imported(snapshot, "one"));
	assert_true(lake_snapshot_imported(snapshot, "two"));
	assert_false(lake_snapshot_imported(snapshot, "three"));
	lake_snapshot_free(snapshot);
	record.quarantine.name = NULL;
	lake_record_release(&record);
	lake_close(lake);
}

static void assert_same_record(const struct lake_record *a, const struct lake_record *b)
{
	struct buf left = { 0 }, right = { 0 };
	record_write(&left, a);
	record_write(&right, b);
	assert_str(buf_str(&left), buf_text(&right));
	buf_release(&left);
	buf_release(&right);
}

static void a_checkpoint_carries_all_of_a_record(void **state)
{
	(void)state;
	struct err err;
	struct lake_record record = fixture_batch(STREAM_A, 30, UINT64_MAX);
	record.quarantine = (struct lake_file_entry){ .name = (char *)"q", .rows = 3, .hour = -1 };
	fixture_import(&record, "one");
	fixture_import(&record, "");
	static const int64_t hours[] = { HOUR_0, -1, HOUR_0 + 16, INT64_MIN, 70389528, 0 };
	for (size_t i = 0; i < sizeof hours / sizeof hours[0]; i++) {
		char *name = i % 2 ? mem_strdup("a name of its own") :
				     fixture_name(&record, hours[i]);
		MEM_GROW(record.files, record.file_cap, record.file_count + 1);
		record.files[record.file_count++] = fixture_entry("x", name, NULL, hours[i]);
	}
	struct lake *lake = lake_with_fourth(record);
	struct log_view *read = NULL, *loaded = NULL;
	assert_ok(log_read(lake, false, &read, &err), err);
	checkpoint_save(lake, read);
	assert_ok(log_read(lake, false, &loaded, &err), err);
	assert_int_equal(loaded->read_singly, 0);
	assert_int_equal(loaded->snapshot.record_count, 4);
	for (size_t i = 0; i < 4; i++)
		assert_same_record(&read->snapshot.records[i], &loaded->snapshot.records[i]);
	assert_true(log_imported(loaded, "one") && log_imported(loaded, ""));
	assert_int_equal(loaded->snapshot.quarantined, 3);
	log_view_free(read);
	log_view_free(loaded);
	record.quarantine.name = NULL;
	lake_record_release(&record);
	lake_close(lake);
}

static void an_expiry_takes_an_hour_out_of_the_snapshot(void **state)
{
	(void)state;
	struct lake_record first = fixture_batch(STREAM_A, 0, 10);
	struct lake_file_entry gone =
		fixture_entry("contents", fixture_name(&first, HOUR_0), NULL, HOUR_0);
	struct lake_record expire = fixture_batch(STREAM_A, 0, 0);
	expire.kind = RECORD_EXPIRE;
	expire.files = &gone;
	expire.file_count = 1;
	struct lake *lake = lake_with_fourth(expire);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(snapshot->hour_count, 2);
	assert_int_equal(snapshot->hours[0].hour, HOUR_0 + 1);
	assert_int_equal(snapshot->file_count, 2);
	assert_int_equal(snapshot->rows, 20);
	assert_int_equal(lake_snapshot_stream(snapshot, STREAM_A)->to, 30);
	lake_snapshot_free(snapshot);
	free(gone.name);
	lake_close(lake);
}

static void hours_are_sorted_whatever_order_they_came_in(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record record = fixture_batch(STREAM_A, 0, 10);
	struct buf text = { 0 };
	char path[LOG_PATH_MAX];
	for (int i = 0; i < 2000; i++) {
		int64_t hour = HOUR_0 - (i * 7) % 2000;
		MEM_GROW(record.files, record.file_cap, record.file_count + 1);
		record.files[record.file_count++] =
			fixture_entry("contents", fixture_name(&record, hour), NULL, hour);
	}
	record.number = 1;
	record_write(&text, &record);
	fixture_write(lake, log_path(1, path), buf_text(&text));
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(snapshot->hour_count, 2000);
	for (size_t i = 0; i < 2000; i++) {
		int64_t hour = HOUR_0 - 1999 + (int64_t)i;
		assert_int_equal(snapshot->hours[i].hour, hour);
		assert_int_equal(snapshot->hours[i].files[0]->hour, hour);
	}
	lake_snapshot_free(snapshot);
	buf_release(&text);
	lake_record_release(&record);
	lake_close(lake);
}

static void a_follower_sees_with_one_look_that_the_log_went_on(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct err err;
	bool newest = false;
	uint64_t hash = 0;
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_ok(lake_snapshot_is_newest(lake, snapshot, &newest, &err), err);
	assert_true(newest);
	fixture_log(lake, 0, 1, 1, &hash);
	assert_ok(lake_snapshot_is_newest(lake, snapshot, &newest, &err), err);
	assert_false(newest);
	lake_snapshot_free(snapshot);
	lake_close(lake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_log_is_an_empty_snapshot),
		cmocka_unit_test(a_snapshot_says_what_a_thousand_records_say),
		cmocka_unit_test(a_long_reading_leaves_a_checkpoint),
		cmocka_unit_test(a_snapshot_through_a_checkpoint_is_the_same),
		cmocka_unit_test(the_newest_two_checkpoints_are_kept),
		cmocka_unit_test(what_a_killed_checkpoint_left_is_removed_by_the_next),
		cmocka_unit_test(a_damaged_checkpoint_is_passed_over),
		cmocka_unit_test(without_any_good_checkpoint_the_log_is_read),
		cmocka_unit_test(a_checkpoint_of_another_log_is_passed_over),
		cmocka_unit_test(a_record_that_does_not_follow_stops_the_reader),
		cmocka_unit_test(an_unknown_kind_stops_the_reader),
		cmocka_unit_test(a_torn_or_misnamed_record_stops_the_reader),
		cmocka_unit_test(a_hole_in_the_log_stops_the_reader),
		cmocka_unit_test(a_gap_or_an_overlap_in_a_stream_stops_the_reader),
		cmocka_unit_test(a_stream_may_enter_anywhere_by_an_empty_record),
		cmocka_unit_test(an_adoption_moves_the_stream_over_a_gap),
		cmocka_unit_test(quarantine_and_imports_are_counted),
		cmocka_unit_test(a_checkpoint_carries_all_of_a_record),
		cmocka_unit_test(an_expiry_takes_an_hour_out_of_the_snapshot),
		cmocka_unit_test(hours_are_sorted_whatever_order_they_came_in),
		cmocka_unit_test(a_follower_sees_with_one_look_that_the_log_went_on),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
