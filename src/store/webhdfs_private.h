/* What the files of the HDFS backend share. */
#pragma once
#include "store/backend.h"

#include "base/http_client.h"
#include "store/cache.h"
#include "store/scratch.h"

#include <pthread.h>
#include <stdatomic.h>

enum { NAMENODES_MAX = 4, CLIENTS_KEPT = 8 };

struct webhdfs {
	struct store store;             /* first: what the door hands around */
	char *namenodes[NAMENODES_MAX]; /* "HOST:PORT" */
	size_t namenode_count;
	atomic_size_t active; /* the one that was last seen to answer */
	char *root;           /* "/lake"; "" for the file system's own */
	char *user;
	char *id; /* names this place among scratch directories */
	int64_t patience_us;
	int stall_ms;
	pthread_mutex_t lock; /* of what follows */
	struct http_client *idle[CLIENTS_KEPT];
	size_t idle_count;
	struct scratch *scratch; /* NULL until it is needed */
	struct cache *cache;     /* likewise */
	uint64_t cache_bytes;
	bool swept;
};

/* --- webhdfs_location.c ------------------------------------------------------------------------------ */

/* Reads "HOST:PORT[,…]/PATH?user=…" into a zeroed struct. ERR_REJECT says what is wrong. */
MUST_CHECK enum err_kind webhdfs_parse(struct webhdfs *hdfs, const char *location, struct err *err);

/* --- webhdfs_call.c: one operation, asked until there is an answer ----------------------------------- */

/* How long something is tried, by all calls that it takes: for so long from the first failure on, and
 * a few times at least, since one try may take hours. */
struct patience {
	int64_t length_us, end_us;
	int wait_ms; /* before the next try */
	int failures;
};
struct patience patience_begin(const struct webhdfs *hdfs);
struct patience patience_none(void); /* one try */
/* Sleeps before the next try, each time longer; false when there is no time left for one. */
bool patience_wait(struct patience *patience);

/* Why a server did not do it. */
enum refusal {
	REFUSED_NOT,       /* it did */
	REFUSED_MISSING,   /* the file, or a directory that is to hold one */
	REFUSED_EXISTS,    /* something of that name */
	REFUSED_FILE,      /* a file stands where a directory should */
	REFUSED_FOR_GOOD,  /* forbidden, over a quota, no such name or operation */
	REFUSED_OTHERWISE, /* may pass or may not */
	REFUSED_FOR_NOW,   /* safe mode, standby, overload, 5xx */
};

struct operation {
	const char *method, *name; /* "PUT", "RENAME" */
	const char *path;          /* relative to the root */
	const char *more;          /* further query, encoded: "&length=5"; NULL: none */
};

struct answer {
	enum refusal refusal;
	struct buf body;     /* of the last server that answered */
	struct buf location; /* where to go on, when that was told */
	struct err why;      /* words for a refusal */
};
void answer_release(struct answer *answer);

/* Asks a NameNode until it has done it or refused it for good. An earlier try whose answer was lost may
 * be what a refusal is about: who must know looks. ERR_RETRY: patience has ended. */
MUST_CHECK enum err_kind webhdfs_call(struct webhdfs *hdfs, const struct operation *operation,
				      struct patience *patience, struct answer *ret,
				      struct err *err);
/* As an error of the caller. */
MUST_CHECK enum err_kind answer_fails(const struct webhdfs *hdfs, const struct operation *operation,
				      const struct answer *answer, struct err *err);

/* Of a file or directory. */
struct webhdfs_status {
	bool found, directory;
	uint64_t bytes;
	uint64_t id; /* stays with a file through renames and is never used again */
	int64_t changed_ms;
};
MUST_CHECK enum err_kind webhdfs_status(struct webhdfs *hdfs, const char *path,
					struct patience *patience, struct webhdfs_status *ret,
					struct err *err);
/* Calls `each` with every name in a directory, in no promised order; a missing one has none. */
struct webhdfs_entry {
	struct str name;
	int64_t changed_ms;
};
MUST_CHECK enum err_kind webhdfs_list(struct webhdfs *hdfs, const char *dir,
				      void (*each)(void *context, const struct webhdfs_entry *),
				      void *context, struct err *err);

/* --- webhdfs_data.c: bytes, which DataNodes take and give --------------------------------------------- */

/* Either bytes or a local file. */
struct upload {
	struct str bytes;
	const char *local; /* NULL: bytes */
	uint64_t len;
};
/* Writes it under a temporary name of this attempt alone, until it is there, closed and of that length.
 * *ret_path is freed by the caller, *ret_id is the file's. */
MUST_CHECK enum err_kind webhdfs_upload(struct webhdfs *hdfs, const struct upload *upload,
					struct patience *patience, char **ret_path,
					uint64_t *ret_id, struct err *err);

/* Where a file's bytes go. */
struct download {
	void *context;
	void (*begin)(void *context);                  /* before the first byte of every try */
	bool (*take)(void *context, struct str piece); /* false: no more; the caller knows why */
	uint64_t max;                                  /* bytes asked for; 0: all */
};
/* *ret_found false: there is no such file. Stopped by take(): ERR_REJECT. */
MUST_CHECK enum err_kind webhdfs_download(struct webhdfs *hdfs, const char *path,
					  const struct download *download, bool *ret_found,
					  struct err *err);

/* --- webhdfs_fetch.c: files of this machine that are copies ------------------------------------------- */

/* NULL: err tells why there is none. */
struct cache *webhdfs_cache(struct webhdfs *hdfs, struct err *err);
MUST_CHECK enum err_kind webhdfs_fetch(struct webhdfs *hdfs, const struct store_file *files,
				       size_t count, struct err *err);

/* The directory of temporary files, relative to the root; store_list() does not tell it. */
#define TEMPORARY_DIR ".aviary-temporary"

/* A connection of one's own for a while. */
MUST_CHECK enum err_kind client_take(struct webhdfs *hdfs, struct http_client **ret_client,
				     struct err *err);
void client_give(struct webhdfs *hdfs, struct http_client *client);
/* What a body that is not the wanted one says: its exception, or the status. */
enum refusal refusal_read(const struct webhdfs *hdfs, const struct http_reply *reply,
			  struct err *ret_why);
