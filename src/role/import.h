/* Inside role/: import is the whole chain in one process: a source that reads recorded files into a
 * journal, the journal's server, and a collector that takes its lines over TCP and publishes them. */
#pragma once
#include "role/input_file.h"
#include "role/intake.h"
#include "role/journal_sink.h"
#include "role/request_log.h"
#include "terminal/terminal.h"

#include <pthread.h>

/* --- the collector --------------------------------------------------------------------------------------- */

struct finished_file {
	char *sha256, *name;
	uint64_t end;     /* of its lines in the stream */
	uint64_t refused; /* documents of it that gave nothing: the claim remembers */
	bool listed;      /* in a committed record */
};

struct collector {
	const struct settings *settings;
	struct progress *progress;
	int port;
	const char *stream;             /* borrowed */
	struct intake intake, requests; /* its posts, its pages without posts */
	const struct journal *requests_journal;
	pthread_t thread;
	bool started;

	pthread_mutex_t lock; /* for what follows */
	uint64_t finish_at;   /* publish and end there; UINT64_MAX: not known yet */
	bool stop;            /* end at once, publish nothing more */
	bool failed;
	struct err err;
	struct finished_file *files;
	size_t file_count, file_cap;
	struct landing_published total;
};

/* Connects to the import's own journals, recovers what a killed predecessor decided, starts the thread. */
MUST_CHECK enum err_kind collector_start(struct collector *collector, const char *stream,
					 const struct journal *requests, struct err *err);
/* A file whose lines end at `end`; listed by the record that covers it. */
void collector_add_file(struct collector *collector, const char *sha256, const char *name,
			uint64_t end, uint64_t refused);
bool collector_has_file(struct collector *collector, const char *sha256);
/* Whether it gave up; *ret_err is why. */
bool collector_failed(struct collector *collector, struct err *ret_err);
/* Lets it publish everything up to `end` and joins it. */
MUST_CHECK enum err_kind collector_finish(struct collector *collector, uint64_t end,
					  struct err *err);
/* Ends it without publishing, if it still runs, and frees what it holds. */
void collector_release(struct collector *collector);

/* --- the source ------------------------------------------------------------------------------------------ */

/* Of whole files. */
struct import_counts {
	size_t files, skipped, failed;
	size_t barren; /* that gave nothing but what went to quarantine */
	uint64_t pages, posts, known, refused;
	uint64_t quarantined; /* pieces and broken lines */
	uint64_t told;        /* broken lines named now */
	/* Of these, what an import that was cut short had read. */
	uint64_t resumed_posts, resumed_quarantined;
};

struct import_source {
	const struct settings *settings;
	struct lake *lake;
	const struct lake_snapshot *snapshot; /* as it was when the import began; its owner's */
	struct journal_sink sink;
	struct request_log *requests;
	struct collector *collector;
	struct progress *progress;
	struct import_counts counts;
	uint64_t total_bytes, done_bytes; /* of all files */
	uint64_t unsynced;                /* appended since the last sync */

	/* of the file being read */
	struct input_file file;
	uint64_t file_posts;
	struct buf cursor;
};
/* Imports one file. What is wrong with it is said and counted; only what ends the whole import is an
 * error. */
MUST_CHECK enum err_kind import_source_file(struct import_source *source, const char *path,
					    struct err *err);
void import_source_release(struct import_source *source);
