/* Committing, for the tests that do it. */
#pragma once
#include "lake/lake_fixture.h"

static inline uint64_t checksum_of(struct lake *lake, const char *path)
{
	uint64_t checksum = 0;
	struct err err;
	assert_ok(store_checksum(lake_store(lake), path, &checksum, &err), err);
	return checksum;
}

/* Every file a record names is there, whole; nothing is on its way. */
static inline void assert_settled(struct lake *lake, uint64_t records)
{
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	assert_int_equal(snapshot->number, records);
	for (size_t i = 0; i < snapshot->record_count; i++) {
		const struct lake_record *record = &snapshot->records[i];
		for (size_t j = 0; j < record->file_count; j++)
			assert_true(checksum_of(lake, record->files[j].name) ==
				    record->files[j].checksum);
		if (record->quarantine.name)
			assert_true(checksum_of(lake, record->quarantine.name) ==
				    record->quarantine.checksum);
	}
	lake_snapshot_free(snapshot);
	assert_int_equal(fixture_count(lake, INTENT_DIR), 0);
	assert_int_equal(fixture_count(lake, STAGING_DIR), 0);
	assert_int_equal(fixture_count(lake, LOG_DIR), records);
}

static inline struct lake_committed commit_ok(struct lake *lake, const struct lake_record *batch)
{
	struct lake_committed committed = { 0 };
	struct err err;
	assert_ok(lake_commit(lake, batch, &committed, &err), err);
	return committed;
}

static inline void recover_ok(struct lake *lake, const char *stream)
{
	struct err err;
	assert_ok(lake_recover(lake, stream, &err), err);
}

/* Three hours in two months, a quarantine file, two finished imports. */
static inline struct lake_record large_batch(struct lake *lake, uint64_t from, const char *attempt)
{
	struct lake_record batch = fixture_batch(STREAM_A, from, from + 1000);
	fixture_stage(lake, &batch, HOUR_0, attempt);
	fixture_stage(lake, &batch, HOUR_0 + 1, attempt);
	fixture_stage(lake, &batch, HOUR_0 + 24 * 40, attempt);
	fixture_quarantine(lake, &batch, attempt);
	fixture_import(&batch, "aa11");
	fixture_import(&batch, "bb22");
	return batch;
}

static inline struct lake_record small_batch(struct lake *lake, uint64_t from, const char *attempt)
{
	struct lake_record batch = fixture_batch(STREAM_A, from, from + 100);
	fixture_stage(lake, &batch, HOUR_0, attempt);
	return batch;
}
