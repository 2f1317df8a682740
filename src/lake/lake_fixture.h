/* A lake of their own, and batches to put into it, for the tests of this room. */
#pragma once
#include "base/test.h"

#include "base/mem.h"
#include "lake/lake_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define STREAM_A "11111111-2222-4333-8444-555555555555"
#define STREAM_B "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"

enum { HOUR_0 = 498727 }; /* year=2026/month=11/day=23/hour=7 */

static inline char *fixture_path(void)
{
	return mem_printf("%s/lake", test_dir());
}

static inline struct lake *fixture_open(const char *path)
{
	struct lake *lake = NULL;
	struct err err;
	assert_ok(lake_open(path, &lake, &err), err);
	return lake;
}

static inline struct lake *fixture_lake(void)
{
	struct err err;
	char *path = fixture_path();
	assert_ok(lake_create(path, &err), err);
	struct lake *lake = fixture_open(path);
	free(path);
	return lake;
}

static inline void fixture_write(struct lake *lake, const char *path, const char *text)
{
	struct err err;
	char *full = store_local_path(lake_store(lake), path);
	if (!full) {
		assert_ok(store_replace(lake_store(lake), path, str_from(text), &err), err);
		return;
	}
	unlink(full);
	FILE *file = fopen(full, "w");
	if (!file)
		fail_msg("cannot make %s", full);
	fputs(text, file);
	fclose(file);
	free(full);
}

static inline bool fixture_exists(struct lake *lake, const char *path)
{
	struct store_stat stat;
	struct err err;
	assert_ok(store_stat(lake_store(lake), path, &stat, &err), err);
	return stat.found;
}

/* How many names a directory of the lake holds. */
static inline size_t fixture_count(struct lake *lake, const char *dir)
{
	struct name_list list = { 0 };
	struct err err;
	assert_ok(store_list(lake_store(lake), dir, &list, &err), err);
	size_t count = list.count;
	name_list_release(&list);
	return count;
}

static inline struct lake_record fixture_batch(const char *stream, uint64_t from, uint64_t to)
{
	struct lake_record batch = { .kind = RECORD_BATCH,
				     .from = from,
				     .to = to,
				     .chain = 0xfedcba9876543210 ^ to,
				     .time_us = 1795417200000000 + (int64_t)to };
	memcpy(batch.stream, stream, UUID_TEXT);
	return batch;
}

static inline struct lake_file_entry fixture_entry(const char *text, char *name, char *staging,
						   int64_t hour)
{
	return (struct lake_file_entry){ .name = name,
					 .staging = staging,
					 .bytes = strlen(text),
					 .checksum = hash_xxh3(str_from(text)),
					 .rows = 10,
					 .hour = hour };
}

static inline char *fixture_name(const struct lake_record *batch, int64_t hour)
{
	char partition[PARTITION_PATH_MAX];
	return mem_printf(LANDING_DIR "/%s/%s-%020" PRIu64 ".parquet",
			  lake_partition_path(hour, partition), batch->stream, batch->from);
}

/* Stages a file of that hour and adds it to the batch; its contents tell attempt and hour. */
static inline void fixture_stage(struct lake *lake, struct lake_record *batch, int64_t hour,
				 const char *attempt)
{
	char *text =
		mem_printf("attempt %s hour %" PRId64 " from %" PRIu64, attempt, hour, batch->from);
	char *staging = mem_printf("%s-%020" PRIu64 "-%s-%" PRId64, batch->stream, batch->from,
				   attempt, hour);
	char *path = mem_printf(STAGING_DIR "/%s", staging);
	fixture_write(lake, path, text);
	MEM_GROW(batch->files, batch->file_cap, batch->file_count + 1);
	batch->files[batch->file_count++] =
		fixture_entry(text, fixture_name(batch, hour), staging, hour);
	free(text);
	free(path);
}

static inline void fixture_quarantine(struct lake *lake, struct lake_record *batch,
				      const char *attempt)
{
	char *staging =
		mem_printf("%s-%020" PRIu64 "-%s-quarantine", batch->stream, batch->from, attempt);
	char *path = mem_printf(STAGING_DIR "/%s", staging);
	fixture_write(lake, path, attempt);
	batch->quarantine = fixture_entry(
		attempt,
		mem_printf(QUARANTINE_DIR "/%s-%020" PRIu64 ".jsonl", batch->stream, batch->from),
		staging, -1);
	free(path);
}

static inline void fixture_import(struct lake_record *batch, const char *sha256)
{
	MEM_GROW(batch->imports, batch->import_cap, batch->import_count + 1);
	batch->imports[batch->import_count++] = mem_strdup(sha256);
}

static inline struct lake_snapshot *fixture_snapshot(struct lake *lake)
{
	struct lake_snapshot *snapshot = NULL;
	struct err err;
	assert_ok(lake_snapshot_read(lake, &snapshot, &err), err);
	return snapshot;
}

/* Writes records number+1 … number+count of one stream straight into the log, ten bytes and one file
 * each, going through `hours` hours. *hash is that of the record before, then of the last one. */
static inline void fixture_log(struct lake *lake, uint64_t number, uint64_t count, int hours,
			       uint64_t *hash)
{
	struct buf text = { 0 };
	char path[LOG_PATH_MAX];
	for (uint64_t i = number; i < number + count; i++) {
		struct lake_record record = fixture_batch(STREAM_A, i * 10, i * 10 + 10);
		int64_t hour = HOUR_0 + (int64_t)(i % (uint64_t)hours);
		struct lake_file_entry entry =
			fixture_entry("contents", fixture_name(&record, hour), NULL, hour);
		record.number = i + 1;
		record.previous_hash = *hash;
		record.files = &entry;
		record.file_count = 1;
		buf_reset(&text);
		record_write(&text, &record);
		*hash = hash_xxh3(buf_str(&text));
		fixture_write(lake, log_path(record.number, path), buf_text(&text));
		free(entry.name);
	}
	buf_release(&text);
}
