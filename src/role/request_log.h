/* Inside role/: the request records of a source, a journal of their own below that of the posts:
 * DIR/requests. One line a record, {"number":N,…} with the columns of request_log (docs/tables.md) as
 * members; N grows by one and none is left out. Collected as posts are, and removed as they are. */
#pragma once
#include "role/spend.h"
#include "wire/wire.h"

struct request_log {
	struct journal *journal; /* NULL: not open */
	uint64_t next;           /* number of the next record */
	struct buf lines;
};

/* What is said of a request or a gap; what is zero, NULL or negative is left out. */
struct request_record {
	const char *kind; /* "request", "gap", "page" (of a file) */
	int64_t asked_us;
	const char *rule, *endpoint;
	int status;       /* 0: no answer */
	int64_t batch_id; /* 0: none */
	int64_t posts, new_posts, repeated_posts;
	bool is_charged; /* `charged` is known, or taken to be so */
	struct spend_sum charged;
	int64_t took_us, wait_us;
	const char *error;
	int64_t gap_from_us, gap_to_us;
	const char *gap_cause;
	const char *file; /* of an import */
	uint64_t file_line;
};
/* Its members, as they stand behind the number. */
void request_record_write(struct buf *ret, const struct request_record *record);

/* Opens DIR/requests; ERR_RETRY when another process has it. It may hold `limit_bytes` that are not
 * collected. */
MUST_CHECK enum err_kind request_log_open(struct request_log *log, const char *dir,
					  const struct settings *settings, uint64_t limit_bytes,
					  struct err *err);
void request_log_close(struct request_log *log); /* zeroed is fine */
/* Adds records, members of each on a line of its own, durably and together, and with them cursors of the
 * journal. `page`, if it is not empty, is kept with the first as it is; a long one goes on in records of kind "rest" behind it. Full: ERR_RETRY. */
MUST_CHECK enum err_kind request_log_add(struct request_log *log, struct str members,
					 struct str page, const struct cursor_change *cursors,
					 size_t cursor_count, struct err *err);
/* Keeps a page of a recorded file that gave no line. Read again after a kill, it is known: pages of a file
 * are kept in their order. */
struct input_file;
MUST_CHECK enum err_kind request_log_keep_page(struct request_log *log,
					       const struct input_file *file, uint64_t file_line,
					       struct str page, struct err *err);
/* The file will not be read again. */
MUST_CHECK enum err_kind request_log_forget_file(struct request_log *log, const char *sha256,
						 struct err *err);
