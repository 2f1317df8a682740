/* What the lake promises: a log of what is in it, and files that readers can trust.
 *
 *     LAKE/_aviary/format                lake UUID and version
 *     LAKE/_aviary/log/N                 record N (20 digits): one committed batch; never removed
 *     LAKE/_aviary/checkpoint/N          a cache of records 1..N
 *     LAKE/_aviary/intent/STREAM-FROM    a decided batch that is being published; STREAM-FROM-TIME
 *                                        where it is an empty record
 *     LAKE/_aviary/staging/              files being written
 *     LAKE/_aviary/quarantine/           lines that are no posts
 *     LAKE/_aviary/lock/NAME             flock files: stream-UUID, publish, refine, import,
 *                                        checkpoint
 *     LAKE/_aviary/sources/STREAM        where a stream's journal and address are
 *     LAKE/_aviary/imports/SHA256        files taken by import
 *     LAKE/_aviary/retired/TIME-…        hours of tables that were exchanged out
 *     LAKE/_aviary/refine/               how far tables are refined, on HDFS
 *     LAKE/twitter-landing-data/year=2026/month=11/day=23/hour=7/STREAM-FROM.parquet
 *     LAKE/request_log/year=2026/…       the same, of a stream of request records
 *
 * In: batches of finished staging files with the stream bytes [from, to) they hold. Out: snapshots.
 * Promised: a batch is published exactly once or not at all, whatever is killed when; a published
 * file never changes; records are never removed. Knows bytes and offsets, no posts and no sockets.
 * Locks must be held as told. All of its files are reached through store/. */
#pragma once
#include "base/clock.h"
#include "base/err.h"
#include "base/file.h"
#include "base/hash.h"
#include "store/store.h"

struct lake;

/* Makes an empty lake in `path` (made when missing; a directory that holds anything else is refused:
 * ERR_REJECT), durably. Refuses a file system without RENAME_EXCHANGE, RENAME_NOREPLACE, flock or
 * fsync, naming what it lacks. A location of store_open() is as good as a path: on HDFS nothing is
 * exchanged (lake_publish_hour() fails there), and locks hold on one machine only, see store_lock(). */
MUST_CHECK enum err_kind lake_create(const char *path, struct err *err);
/* Opens an existing lake. Not a lake, or a newer format: ERR_REJECT and the lake is untouched. */
MUST_CHECK enum err_kind lake_open(const char *path, struct lake **ret_lake, struct err *err);
void lake_close(struct lake *lake);
const char *lake_path(const struct lake *lake); /* as given to lake_open() */
struct store *lake_store(struct lake *lake);
const char *lake_id(const struct lake *lake); /* UUID text */
/* Whether it is in a directory of this machine: what others do there can be watched, and hours exchanged. */
bool lake_is_local(const struct lake *lake);
/* LAKE/_aviary/… or LAKE/… path built from a printf format; the caller frees it. Only of a local lake it
 * is a file name; elsewhere it is for messages, and files are written as store_scratch() tells. */
char *lake_file(const struct lake *lake, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Takes LAKE/_aviary/lock/NAME; see file_lock_take(). */
MUST_CHECK enum err_kind lake_lock(const struct lake *lake, const char *name, bool wait,
				   struct file_lock *ret_lock, bool *ret_held, struct err *err);

/* --- where a stream comes from --------------------------------------------------------------------- */

/* LAKE/_aviary/sources/STREAM holds one JSON object:
 *
 *     {"journal":"/absolute/directory","address":"127.0.0.1:7777","source":"simulated"}
 *
 * Written by whoever collects the stream, for those who look on. What is not known is left out: a
 * journal on another machine, the address of an import, the source of a listener that has not heard
 * from anybody yet. */
struct lake_source {
	char *journal; /* an absolute directory of this machine */
	char *address; /* HOST:PORT, where the journal is served while its role runs */
	char *source;  /* "X", "simulated", "replayed", "imported" */
};
/* Members that are NULL or not UTF-8 are left out. */
MUST_CHECK enum err_kind lake_source_write(struct lake *lake, const char *stream,
					   const struct lake_source *source, struct err *err);
/* Members that are not known are NULL, all of them where there is no such file, or none that is JSON: that
 * must not stop who asks for other streams, and it is written again when its own is collected. */
MUST_CHECK enum err_kind lake_source_read(struct lake *lake, const char *stream,
					  struct lake_source *ret, struct err *err);
void lake_source_release(struct lake_source *source); /* frees what it holds, not itself */

/* --- records ------------------------------------------------------------------------------------ */

struct lake_file_entry {
	char *name; /* relative to the lake: "twitter-landing-data/year=…/STREAM-FROM.parquet" */
	char *staging; /* in an intent: its name under _aviary/staging/; NULL in a record */
	uint64_t bytes;
	uint64_t checksum; /* XXH3 of the file's bytes */
	uint64_t rows;
	int64_t hour; /* hour_index(); -1 for files of no hour (quarantine) */
};

enum record_kind {
	RECORD_BATCH,
	RECORD_ADOPT,
	RECORD_COMPACT,
	RECORD_EXPIRE,
	RECORD_REQUESTS, /* a batch of a stream of request records: its files are no landing */
};

struct lake_record {
	uint64_t number; /* 1, 2, 3 …; 0 while it is only an intent */
	enum record_kind kind;
	char stream[UUID_TEXT];
	uint64_t from, to; /* stream bytes [from, to) */
	uint64_t chain;    /* the stream's chain value at `to` */
	int64_t time_us;   /* when it was decided */
	struct lake_file_entry *files;
	size_t file_count, file_cap;
	struct lake_file_entry quarantine; /* name NULL when no line was refused */
	char **imports;                    /* SHA-256 of import files finished by this batch */
	size_t import_count, import_cap;
	uint64_t previous_hash; /* XXH3 of the previous record's bytes, 0 for the first */
};
void lake_record_release(struct lake_record *record); /* frees what it holds, not itself */

/* --- snapshots ---------------------------------------------------------------------------------- */

/* Everything the log says up to record `number`. Read-only; owned by the caller. */
struct lake_stream {
	char id[UUID_TEXT];
	uint64_t to, chain;   /* committed up to here */
	uint64_t last_record; /* the record that says so, */
	int64_t time_us;      /* when that was decided, */
	bool adopted;         /* and whether it is a RECORD_ADOPT */
	bool requests;        /* it is a stream of request records */
};
struct lake_hour {
	int64_t hour;         /* hour_index() */
	uint64_t last_record; /* the last batch that touched it */
	uint64_t rows, bytes;
	const struct lake_file_entry **files; /* the hour's landing files, oldest first */
	size_t file_count, file_cap;
};
struct lake_snapshot {
	uint64_t number;    /* 0: an empty lake */
	int64_t time_us;    /* of its newest record; 0 for an empty lake */
	uint64_t last_hash; /* XXH3 of record `number` */
	struct lake_record *records;
	size_t record_count, record_cap;
	struct lake_stream *streams;
	size_t stream_count, stream_cap;
	struct lake_hour *hours; /* ascending */
	size_t hour_count, hour_cap;
	uint64_t rows, bytes, file_count; /* published landing */
	uint64_t quarantined;
	const struct lake_file_entry **request_files; /* of request_log, in the log's order */
	size_t request_file_count, request_file_cap;
};
/* Reads the newest snapshot; found by probing upward from the newest checkpoint, so it stays below a
 * second with a million records. A record that is not ours to read (unknown kind, wrong previous
 * hash): ERR_FATAL naming it. */
MUST_CHECK enum err_kind lake_snapshot_read(const struct lake *lake,
					    struct lake_snapshot **ret_snapshot, struct err *err);
void lake_snapshot_free(struct lake_snapshot *snapshot);
/* Whether the log has gone on since: one look at the disk, for those who follow it. */
MUST_CHECK enum err_kind lake_snapshot_is_newest(const struct lake *lake,
						 const struct lake_snapshot *snapshot,
						 bool *ret_newest, struct err *err);
/* NULL when the stream has no record. */
const struct lake_stream *lake_snapshot_stream(const struct lake_snapshot *snapshot,
					       const char *stream);
bool lake_snapshot_imported(const struct lake_snapshot *snapshot, const char *sha256);

/* --- committing a batch (DESIGN: intent, rename, record) ------------------------------------------ */

/* Commits a batch (or one of request records) whose files lie finished in staging/: the five steps below. The caller holds the
 * stream's lock.
 *   1 fsync every staging file, then staging/
 *   2 claim intent/STREAM-FROM durably; if another was first, finish that one instead
 *   3 under the publish lock, read the log after the intent: `from` below the committed `to`: it is
 *     done or stale, remove the intent; above: ERR_FATAL, delete nothing; equal: rename each file
 *     without overwrite (source gone and destination with that checksum = done), fsync directories
 *     and every parent that gained one
 *   4 claim log/N from the first number after that reading, fsync log/, remove the intent
 * *ret_committed gets the stream's committed place (the winner's, if another intent won); the caller
 * acknowledges it to the source and goes on from there. After an error nothing is lost: the staging
 * files and the intent stay and lake_recover() finishes them. */
struct lake_committed {
	uint64_t number; /* the record that holds it */
	uint64_t to, chain;
	bool ours; /* false: another intent had been decided for this place, or it was done before */
};
/* Without locks between machines (HDFS) all of this holds as well, with several at it at once: a claim
 * decides, what is done twice is done the same way, and a record that was beaten to its number takes the
 * next. */
MUST_CHECK enum err_kind lake_commit(struct lake *lake, const struct lake_record *batch,
				     struct lake_committed *ret_committed, struct err *err);
/* Finishes what a killed predecessor decided for `stream`, and deletes its staging files that no
 * intent names and whose FROM lies below the committed place. Needs the stream's lock; never reads a
 * journal. Call before the first batch. */
MUST_CHECK enum err_kind lake_recover(struct lake *lake, const char *stream, struct err *err);

/* Test seam: called before every step that changes the disk, with a number that grows by one; kills
 * are made here by the torture. NULL normally. */
extern void (*lake_step_hook)(unsigned step);

/* --- publishing a table's hour (used by refine) --------------------------------------------------- */

/* Replaces TABLE_DIR/year=…/hour=… (TABLE_DIR relative to the lake: "twitter_raw_data/user_data_raw")
 * as a whole by one file, `staging` (a name in staging/), which becomes `name` in that directory.
 * Both parents are synced; the exchanged-out directory stays under _aviary/retired/ for
 * lake_retire(). Readers meet the old hour or the new one, or an error; never both. Needs the refine
 * lock. Durability of many hours at once: with `sync` false nothing is synced and the caller calls
 * lake_sync() before the first and after the last. */
struct lake_hour_file {
	const char *table_dir;
	int64_t hour;
	const char *staging;
	const char *name;
	bool sync;
};
MUST_CHECK enum err_kind lake_publish_hour(struct lake *lake, const struct lake_hour_file *file,
					   struct err *err);
/* syncfs() of the lake's file system. */
MUST_CHECK enum err_kind lake_sync(struct lake *lake, struct err *err);
/* Deletes what was exchanged out more than `grace_us` ago. Needs the refine lock. */
MUST_CHECK enum err_kind lake_retire(struct lake *lake, int64_t grace_us, struct err *err);

/* --- a table's hours where directories cannot be exchanged (HDFS) ----------------------------------- */

/* There an hour of a table is one file, TABLE_DIR/PARTITION/hour.parquet, over which the next one is renamed:
 * whoever lists or opens it meets the old one or the new one. What is in it stands in
 *
 *     LAKE/_aviary/refine/K        a refiner claims hours: from which record, by which SQL, until when
 *     LAKE/_aviary/refine/K.done   they are in place, with length and checksum of each file
 *     LAKE/_aviary/refine/K.all    the sum of all up to K; what is older is removed
 *
 * Who claims K removes what earlier refiners have staged, and a refiner looks for a newer claim between staging
 * and renaming. So one that sleeps and wakes late finds nothing to rename, whatever clocks say; deadlines only
 * keep refiners of several machines from disturbing each other. */
struct lake_table_file {
	uint64_t bytes, checksum;
};
struct lake_refined_hour {
	int64_t hour;
	uint64_t snapshot, hash; /* of the record it was made from and the SQL that made it; or 0 */
	bool unsure;             /* claimed and not done: its files may be these or newer ones */
	int64_t busy_until_us;   /* while unsure: until when another machine wants to be done */
	struct lake_table_file *files;
	const struct lake_table_names *names; /* of the tables they are of */
};
struct lake_refined {
	uint64_t newest; /* K; 0: nobody ever refined */
	struct lake_refined_hour *hours;
	size_t hour_count, hour_cap;
	struct lake_table_names *names;
};
/* A local lake's tables tell by the names of their files: *ret_refined is NULL. */
MUST_CHECK enum err_kind lake_refined_read(const struct lake *lake,
					   struct lake_refined **ret_refined, struct err *err);
void lake_refined_free(struct lake_refined *refined);
/* NULL: the hour was never refined. */
const struct lake_refined_hour *lake_refined_hour(const struct lake_refined *refined, int64_t hour);
/* Of the table in TABLE_DIR; NULL: it had none then. */
const struct lake_table_file *lake_refined_file(const struct lake_refined_hour *hour,
						const char *table_dir);
/* "TABLE_DIR/PARTITION/hour.parquet", freed by the caller. */
char *lake_refined_path(const char *table_dir, int64_t hour);

struct lake_refine_claim {
	uint64_t snapshot, hash;
	const int64_t *hours;
	size_t hour_count;
	int64_t until_us; /* when others may take over */
};
/* Claims the number behind `seen`, which was read before the snapshot was, so that who comes later never has an
 * older snapshot. *ret_number 0: another was faster, read again. Needs the refine lock, too. */
MUST_CHECK enum err_kind lake_refine_claim(struct lake *lake, uint64_t seen,
					   const struct lake_refine_claim *claim,
					   uint64_t *ret_number, struct err *err);
/* Gives a claim up of which nothing was published, so that its hours are what they were. */
MUST_CHECK enum err_kind lake_refine_withdraw(struct lake *lake, uint64_t number, struct err *err);
struct lake_table_hour {
	const char *table_dir;
	int64_t hour;
	const char *written; /* a finished file of this machine; gone afterwards */
};
/* Puts all files of a claim in place and says that it is done. Another refiner has taken over: ERR_RETRY. */
MUST_CHECK enum err_kind lake_refine_publish(struct lake *lake, uint64_t number,
					     const struct lake_refine_claim *claim,
					     const struct lake_table_hour *files, size_t count,
					     struct err *err);

/* "year=2026/month=11/day=23/hour=7" into ret_path. */
enum { PARTITION_PATH_MAX = 64 };
const char *lake_partition_path(int64_t hour, char ret_path[PARTITION_PATH_MAX]);
/* The reverse, from a path that contains such a part; false when it does not. */
bool lake_partition_parse(struct str path, int64_t *ret_hour);
