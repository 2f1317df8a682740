#include "lake/commit_fixture.h"

/* One after the other. */

static void a_batch_becomes_a_record_and_its_files(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = large_batch(lake, 0, "1");
	struct lake_committed committed = commit_ok(lake, &batch);
	assert_true(committed.ours);
	assert_int_equal(committed.number, 1);
	assert_int_equal(committed.to, 1000);
	assert_true(committed.chain == batch.chain);
	assert_settled(lake, 1);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(snapshot->hour_count, 3);
	assert_int_equal(snapshot->rows, 30);
	assert_int_equal(snapshot->quarantined, 10);
	assert_int_equal(snapshot->time_us, batch.time_us);
	assert_true(lake_snapshot_imported(snapshot, "bb22"));
	lake_snapshot_free(snapshot);
	lake_record_release(&batch);
	lake_close(lake);
}

static void batches_of_two_streams_share_one_log(void **state)
{
	(void)state;
	struct lake *one = fixture_lake();
	struct lake *two = fixture_open(lake_path(one));
	for (uint64_t i = 0; i < 6; i++) {
		struct lake_record batch =
			fixture_batch(i % 2 ? STREAM_A : STREAM_B, i / 2 * 100, i / 2 * 100 + 100);
		fixture_stage(one, &batch, HOUR_0, "1");
		struct lake_committed committed = commit_ok(i % 2 ? one : two, &batch);
		assert_true(committed.ours);
		assert_int_equal(committed.number, i + 1);
		lake_record_release(&batch);
	}
	assert_settled(one, 6);
	lake_close(one);
	lake_close(two);
}

static void the_same_batch_again_changes_nothing(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = large_batch(lake, 0, "1");
	commit_ok(lake, &batch);
	struct lake_committed again = commit_ok(lake, &batch);
	assert_false(again.ours);
	assert_int_equal(again.number, 1);
	assert_int_equal(again.to, 1000);
	assert_true(again.chain == batch.chain);
	assert_settled(lake, 1);
	lake_record_release(&batch);
	lake_close(lake);
}

static void a_stale_batch_changes_nothing_and_its_staging_goes(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record first = small_batch(lake, 0, "1");
	commit_ok(lake, &first);
	uint64_t before = checksum_of(lake, first.files[0].name);
	struct lake_record stale = small_batch(lake, 0, "other");
	stale.to = 5000;
	struct lake_committed committed = commit_ok(lake, &stale);
	assert_false(committed.ours);
	assert_int_equal(committed.to, 100);
	assert_true(checksum_of(lake, first.files[0].name) == before);
	assert_settled(lake, 1);
	lake_record_release(&first);
	lake_record_release(&stale);
	lake_close(lake);
}

static void a_batch_beyond_the_committed_place_stops_and_deletes_nothing(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_committed committed;
	struct err err;
	struct lake_record first = small_batch(lake, 0, "1"), beyond = small_batch(lake, 101, "1");
	commit_ok(lake, &first);
	assert_fails(lake_commit(lake, &beyond, &committed, &err), err, ERR_FATAL,
		     "only the first 100 bytes");
	assert_fails(lake_recover(lake, STREAM_A, &err), err, ERR_FATAL, "only the first 100");
	assert_int_equal(fixture_count(lake, STAGING_DIR), 1);
	assert_int_equal(fixture_count(lake, INTENT_DIR), 1);
	assert_int_equal(fixture_count(lake, LOG_DIR), 1);
	assert_true(fixture_exists(lake, first.files[0].name));
	lake_record_release(&first);
	lake_record_release(&beyond);
	lake_close(lake);
}

static void an_unknown_stream_begins_at_nought_or_enters_empty(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_committed committed;
	struct err err;
	struct lake_record enter = fixture_batch(STREAM_B, 700, 700);
	struct lake_record next = fixture_batch(STREAM_B, 700, 800);
	assert_fails(lake_commit(lake, &next, &committed, &err), err, ERR_FATAL, "first 0 bytes");
	char *intent = lake_file(lake, INTENT_DIR "/" STREAM_B "-%020d", 700);
	unlink(intent);
	free(intent);
	committed = commit_ok(lake, &enter);
	assert_true(committed.ours);
	assert_int_equal(committed.to, 700);
	assert_false(commit_ok(lake, &enter).ours);
	assert_true(commit_ok(lake, &next).ours);
	assert_settled(lake, 2);
	lake_close(lake);
}

static void an_empty_batch_is_recorded_for_its_imports_once(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record first = small_batch(lake, 0, "1");
	struct lake_record empty = fixture_batch(STREAM_A, 100, 100);
	commit_ok(lake, &first);
	assert_false(commit_ok(lake, &empty).ours);
	fixture_import(&empty, "cc33");
	assert_true(commit_ok(lake, &empty).ours);
	assert_false(commit_ok(lake, &empty).ours);
	assert_settled(lake, 2);
	lake_record_release(&first);
	lake_record_release(&empty);
	lake_close(lake);
}

static void an_adoption_is_recorded_once_whoever_writes_between(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record first = small_batch(lake, 0, "1");
	struct lake_record adopt = fixture_batch(STREAM_A, 100, 100);
	struct lake_record other = fixture_batch(STREAM_B, 0, 5);
	adopt.kind = RECORD_ADOPT;
	commit_ok(lake, &first);
	assert_true(commit_ok(lake, &adopt).ours);
	assert_true(commit_ok(lake, &other).ours);
	assert_false(commit_ok(lake, &adopt).ours);
	assert_settled(lake, 3);
	lake_record_release(&first);
	lake_close(lake);
}

static void a_batch_of_hundreds_of_hours_is_one_record(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = fixture_batch(STREAM_A, 0, 1000);
	for (int hour = 0; hour < 300; hour++)
		fixture_stage(lake, &batch, HOUR_0 + hour, "1");
	assert_true(commit_ok(lake, &batch).ours);
	assert_settled(lake, 1);
	lake_record_release(&batch);
	lake_close(lake);
}

static void every_256th_commit_writes_a_checkpoint(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	uint64_t hash = 0;
	fixture_log(lake, 0, CHECKPOINT_EVERY - 1, 1, &hash);
	struct lake_record batch = fixture_batch(STREAM_A, (CHECKPOINT_EVERY - 1) * 10, 2560);
	commit_ok(lake, &batch);
	assert_true(fixture_exists(lake, CHECKPOINT_DIR "/00000000000000000256"));
	batch = fixture_batch(STREAM_A, 2560, 2570);
	commit_ok(lake, &batch);
	assert_int_equal(fixture_count(lake, CHECKPOINT_DIR), 1);
	/* Another process knows the streams from the checkpoint. */
	struct lake *other = fixture_open(lake_path(lake));
	batch = fixture_batch(STREAM_A, 2570, 2580);
	assert_true(commit_ok(other, &batch).ours);
	lake_close(other);
	lake_close(lake);
}

/* What is not as it should be. */

static void another_file_at_the_destination_stops_and_deletes_nothing(void **state)
{
	(void)state;
	static const char *const contents[] = { "of another length",
						"ATTEMPT 1 hour 498727 from 0" };
	for (size_t i = 0; i < 2; i++) {
		struct lake *lake = fixture_lake();
		struct lake_record batch = small_batch(lake, 0, "1");
		struct lake_committed committed;
		struct err err;
		char *dir = mem_printf(
			"%.*s", (int)(strrchr(batch.files[0].name, '/') - batch.files[0].name),
			batch.files[0].name);
		assert_ok(store_make_dir(lake_store(lake), dir, false, &err), err);
		fixture_write(lake, batch.files[0].name, contents[i]);
		uint64_t before = checksum_of(lake, batch.files[0].name);
		assert_fails(lake_commit(lake, &batch, &committed, &err), err, ERR_FATAL,
			     "another file is there");
		assert_non_null(strstr(err.msg, batch.files[0].name));
		assert_true(checksum_of(lake, batch.files[0].name) == before);
		assert_int_equal(fixture_count(lake, STAGING_DIR), 1);
		assert_int_equal(fixture_count(lake, INTENT_DIR), 1);
		assert_int_equal(fixture_count(lake, LOG_DIR), 0);
		free(dir);
		lake_record_release(&batch);
		lake_close(lake);
	}
}

static void a_staging_file_of_another_size_is_not_decided(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = small_batch(lake, 0, "1");
	struct lake_committed committed;
	struct err err;
	batch.files[0].bytes++;
	assert_fails(lake_commit(lake, &batch, &committed, &err), err, ERR_FATAL, "bytes, not");
	assert_int_equal(fixture_count(lake, INTENT_DIR), 0);
	lake_record_release(&batch);
	lake_close(lake);
}

static void a_missing_staging_file_is_not_decided(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = large_batch(lake, 0, "1");
	struct lake_committed committed;
	struct err err;
	char *staged = lake_file(lake, STAGING_DIR "/%s", batch.files[1].staging);
	unlink(staged);
	assert_fails(lake_commit(lake, &batch, &committed, &err), err, ERR_FATAL,
		     "staging file is missing");
	assert_int_equal(fixture_count(lake, INTENT_DIR), 0);
	assert_int_equal(fixture_count(lake, STAGING_DIR), 3);
	free(staged);
	lake_record_release(&batch);
	lake_close(lake);
}

static void assert_not_committed(struct lake *lake, const struct lake_record *batch)
{
	struct lake_committed committed;
	struct err err;
	assert_int_equal(lake_commit(lake, batch, &committed, &err), ERR_FATAL);
	assert_int_equal(fixture_count(lake, INTENT_DIR), 0);
}

static void names_that_do_not_belong_to_the_batch_are_refused(void **state)
{
	(void)state;
	static const char *const names[] = {
		"../outside",
		"twitter-landing-data/x.parquet",
		LANDING_DIR "/year=2026/month=11/day=23/hour=7/" STREAM_B
			    "-00000000000000000000.parquet",
		LANDING_DIR "/year=2026/month=11/day=23/hour=8/" STREAM_A
			    "-00000000000000000000.parquet",
	};
	struct lake *lake = fixture_lake();
	struct lake_record batch = small_batch(lake, 0, "1");
	char *good = batch.files[0].name;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		batch.files[0].name = (char *)names[i];
		assert_not_committed(lake, &batch);
	}
	batch.files[0].name = good;
	batch.kind = RECORD_EXPIRE;
	assert_not_committed(lake, &batch);
	batch.kind = RECORD_BATCH;
	batch.to = 0;
	assert_not_committed(lake, &batch);
	batch.to = 100;
	char *staging = batch.files[0].staging;
	batch.files[0].staging = (char *)"no-stream";
	assert_not_committed(lake, &batch);
	batch.files[0].staging = staging;
	assert_true(commit_ok(lake, &batch).ours);
	lake_record_release(&batch);
	lake_close(lake);
}

static void what_could_not_be_read_again_is_not_decided(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = fixture_batch(STREAM_A, 0, 10);
	fixture_import(&batch, "\xff\xfe is no UTF-8");
	assert_not_committed(lake, &batch);
	lake_record_release(&batch);
	lake_close(lake);
}

static struct lake *watched;
static unsigned steps_behind_intent, steps_without_lock;

static void watch_lock(unsigned step)
{
	struct file_lock lock;
	struct err err;
	bool held = false;
	(void)step;
	if (fixture_count(watched, INTENT_DIR) == 0)
		return;
	assert_ok(lake_lock(watched, "publish", false, &lock, &held, &err), err);
	steps_behind_intent++;
	steps_without_lock += held;
	file_lock_drop(&lock);
}

static void every_step_behind_the_intent_is_under_the_publish_lock(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = large_batch(lake, 0, "1");
	watched = lake;
	lake_step_hook = watch_lock;
	commit_ok(lake, &batch);
	lake_step_hook = NULL;
	assert_true(steps_behind_intent > 10);
	assert_int_equal(steps_without_lock, 0);
	lake_record_release(&batch);
	lake_close(lake);
}

/* Intents of others, and staging. */

static void write_intent(struct lake *lake, const struct lake_record *batch)
{
	struct buf text = { 0 };
	record_write(&text, batch);
	char *path = mem_printf(INTENT_DIR "/%s-%020" PRIu64, batch->stream, batch->from);
	fixture_write(lake, path, buf_text(&text));
	free(path);
	buf_release(&text);
}

static void the_loser_of_a_place_finishes_the_winners_batch(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record winner = small_batch(lake, 0, "1");
	write_intent(lake, &winner);
	struct lake_record loser = large_batch(lake, 0, "2");
	struct lake_committed committed = commit_ok(lake, &loser);
	assert_false(committed.ours);
	assert_int_equal(committed.to, 100);
	assert_true(committed.chain == winner.chain);
	assert_int_equal(committed.number, 1);
	assert_settled(lake, 1);
	assert_true(checksum_of(lake, winner.files[0].name) == winner.files[0].checksum);
	lake_record_release(&winner);
	lake_record_release(&loser);
	lake_close(lake);
}

static void recovery_finishes_what_was_decided_and_cleans_what_is_past(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record decided = small_batch(lake, 0, "1"), past = small_batch(lake, 0, "2");
	struct lake_record coming = small_batch(lake, 100, "1");
	struct lake_record other = fixture_batch(STREAM_B, 0, 10);
	fixture_stage(lake, &other, HOUR_0, "1");
	fixture_write(lake, STAGING_DIR "/refine-scratch", "not of a stream");
	fixture_write(lake, INTENT_DIR "/" STREAM_A "-00000000000000000000.x1Y2z3", "torn");
	write_intent(lake, &decided);
	recover_ok(lake, STREAM_A);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(snapshot->number, 1);
	assert_int_equal(lake_snapshot_stream(snapshot, STREAM_A)->to, 100);
	lake_snapshot_free(snapshot);
	char *gone = mem_printf(STAGING_DIR "/%s", past.files[0].staging);
	char *kept = mem_printf(STAGING_DIR "/%s", coming.files[0].staging);
	char *others = mem_printf(STAGING_DIR "/%s", other.files[0].staging);
	assert_false(fixture_exists(lake, gone));
	assert_true(fixture_exists(lake, kept));
	assert_true(fixture_exists(lake, others));
	assert_true(fixture_exists(lake, STAGING_DIR "/refine-scratch"));
	assert_int_equal(fixture_count(lake, INTENT_DIR), 0);
	free(gone);
	free(kept);
	free(others);
	lake_record_release(&decided);
	lake_record_release(&past);
	lake_record_release(&coming);
	lake_record_release(&other);
	lake_close(lake);
}

static void recovery_of_a_stream_leaves_the_intents_of_others(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record other = fixture_batch(STREAM_B, 0, 10);
	fixture_stage(lake, &other, HOUR_0, "1");
	write_intent(lake, &other);
	recover_ok(lake, STREAM_A);
	assert_int_equal(fixture_count(lake, INTENT_DIR), 1);
	assert_int_equal(fixture_count(lake, LOG_DIR), 0);
	recover_ok(lake, STREAM_B);
	assert_settled(lake, 1);
	lake_record_release(&other);
	lake_close(lake);
}

static void a_damaged_intent_stops_recovery(void **state)
{
	(void)state;
	struct lake *lake = fixture_lake();
	struct lake_record batch = small_batch(lake, 0, "1");
	struct err err;
	fixture_write(lake, INTENT_DIR "/" STREAM_A "-00000000000000000000", "{\"kind\":");
	assert_fails(lake_recover(lake, STREAM_A, &err), err, ERR_FATAL, INTENT_DIR);
	write_intent(lake, &batch);
	char *from = lake_file(lake, INTENT_DIR "/%s", STREAM_A "-00000000000000000000");
	char *to = lake_file(lake, INTENT_DIR "/%s", STREAM_A "-00000000000000000007");
	assert_int_equal(rename(from, to), 0);
	assert_fails(lake_recover(lake, STREAM_A, &err), err, ERR_FATAL, "another place");
	assert_int_equal(fixture_count(lake, STAGING_DIR), 1);
	free(from);
	free(to);
	lake_record_release(&batch);
	lake_close(lake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_batch_becomes_a_record_and_its_files),
		cmocka_unit_test(batches_of_two_streams_share_one_log),
		cmocka_unit_test(the_same_batch_again_changes_nothing),
		cmocka_unit_test(a_stale_batch_changes_nothing_and_its_staging_goes),
		cmocka_unit_test(a_batch_beyond_the_committed_place_stops_and_deletes_nothing),
		cmocka_unit_test(an_unknown_stream_begins_at_nought_or_enters_empty),
		cmocka_unit_test(an_empty_batch_is_recorded_for_its_imports_once),
		cmocka_unit_test(an_adoption_is_recorded_once_whoever_writes_between),
		cmocka_unit_test(a_batch_of_hundreds_of_hours_is_one_record),
		cmocka_unit_test(every_256th_commit_writes_a_checkpoint),
		cmocka_unit_test(another_file_at_the_destination_stops_and_deletes_nothing),
		cmocka_unit_test(a_staging_file_of_another_size_is_not_decided),
		cmocka_unit_test(a_missing_staging_file_is_not_decided),
		cmocka_unit_test(names_that_do_not_belong_to_the_batch_are_refused),
		cmocka_unit_test(what_could_not_be_read_again_is_not_decided),
		cmocka_unit_test(every_step_behind_the_intent_is_under_the_publish_lock),
		cmocka_unit_test(the_loser_of_a_place_finishes_the_winners_batch),
		cmocka_unit_test(recovery_finishes_what_was_decided_and_cleans_what_is_past),
		cmocka_unit_test(recovery_of_a_stream_leaves_the_intents_of_others),
		cmocka_unit_test(a_damaged_intent_stops_recovery),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
