/* What the files of this room share, and nobody else sees. */
#pragma once
#include "lake/lake.h"

#include "base/arena.h"

#include <inttypes.h>

#define LANDING_DIR "twitter-landing-data"
#define INTENT_DIR "_aviary/intent"
#define LOG_DIR "_aviary/log"
#define REQUESTS_DIR "request_log"
#define QUARANTINE_DIR "_aviary/quarantine"
#define RETIRED_DIR "_aviary/retired"
#define STAGING_DIR "_aviary/staging"
#define CHECKPOINT_DIR "_aviary/checkpoint"

enum {
	PLACE_DIGITS = 20,      /* record numbers and offsets in names, zero-padded: they sort */
	CHECKPOINT_EVERY = 256, /* records that may have to be read one by one */
	SYNC_EACH_MAX = 64,     /* more files or directories than this are synced by one syncfs() */
};

struct log_view;

struct lake {
	char *path; /* as given */
	char *root; /* what lake_file() begins with */
	struct store *store;
	bool local;
	char id[UUID_TEXT];
	struct log_view *places; /* what lake_commit() knows of the log; NULL before the first */
	bool leftovers_retired;
};

/* Calls the test seam; stands before every step that changes the disk. */
void lake_step(void);

/* Adds every directory above `path` (relative to the lake) but the lake's own, which gains none. */
void parents_add(struct name_list *dirs, const char *path);
/* Syncs each directory once. */
MUST_CHECK enum err_kind parents_sync(struct lake *lake, struct name_list *dirs, struct err *err);

/* The 20 digits at the start of `text`; false when they are not there. */
bool place_parse(struct str text, uint64_t *ret_place);

/* Record.c: records as one line of JSON. */

/* Number and previous hash stand in a record only, staging names in an intent (number 0) only. */
void record_write(struct buf *buf, const struct lake_record *record);
/* Anything that is not exactly such a line, or a kind we do not know: ERR_FATAL. */
MUST_CHECK enum err_kind record_read(struct str text, struct lake_record *ret_record,
				     struct err *err);

/* Spells "twitter-landing-data/PARTITION/STREAM-FROM.parquet", the name every landing file has, or the
 * same below request_log for a record of request records; fast
 * where hours come again soon. Zero-initialised is valid. "" for an hour without a partition. */
struct landing_name {
	struct {
		int64_t hour;
		bool requests;
		size_t len; /* 0: nothing is remembered here */
		char text[sizeof LANDING_DIR + PARTITION_PATH_MAX + 1];
	} dirs[16]; /* by the hour's last bits */
	char text[sizeof LANDING_DIR + PARTITION_PATH_MAX + UUID_TEXT + PLACE_DIGITS + 16];
};
const char *landing_name_spell(struct landing_name *name, const struct lake_record *record,
			       int64_t hour);

/* Log.c: records folded into what they say together. */

/* A set of texts by open addressing; it borrows them. */
struct text_set {
	const char **slots;
	size_t count, cap;
};

struct log_view {
	struct lake_snapshot snapshot; /* first: lake_snapshot_free() finds the rest behind it */
	bool places_only;              /* streams and imports, but neither records nor hours */
	struct buf checkpoint;         /* what the texts of the borrowed records point into */
	struct arena arena;            /* what else they hold */
	size_t borrowed;               /* so many records at the front own nothing themselves */
	uint64_t read_singly;          /* records read since the checkpoint */
	size_t newest_stream, newest_hour; /* where the next record most often goes on */
	struct text_set imports;
	uint32_t *hour_slots; /* hash of an hour -> its index in hours + 1 */
	size_t hour_slot_cap;
};

struct log_view *log_view_new(bool places_only);
void log_view_free(struct log_view *view);
/* Adds the next record, whose text has the hash `hash`. Unless the view is places_only it keeps the
 * record with all that it holds, also when it fails. */
MUST_CHECK enum err_kind log_fold(struct log_view *view, const struct lake_record *record,
				  uint64_t hash, struct err *err);
/* Reads every record behind the view's newest. After an error the view is of no more use. */
MUST_CHECK enum err_kind log_extend(const struct lake *lake, struct log_view *view,
				    struct err *err);
/* The newest checkpoint, extended. */
MUST_CHECK enum err_kind log_read(const struct lake *lake, bool places_only,
				  struct log_view **ret_view, struct err *err);
const struct lake_stream *log_stream(const struct log_view *view, const char *stream);
bool log_imported(const struct log_view *view, const char *sha256);

enum { LOG_PATH_MAX = 64 };
const char *log_path(uint64_t number, char ret_path[LOG_PATH_MAX]);

/* Checkpoint.c: a cache of the log. */

/* A view of the newest checkpoint that is whole and belongs to this log; an empty view when there is
 * none, since the log has it all. */
struct log_view *checkpoint_load(const struct lake *lake, bool places_only);
/* Writes what the view holds, keeps the newest two. Failing is no error: it is a cache. */
void checkpoint_save(const struct lake *lake, const struct log_view *view);
