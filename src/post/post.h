/* What a post is: from a line of the wire to a row of the landing table.
 *
 * In: one JSON object as the wire carries it (DESIGN.md section 3). Out: one row of the columns in
 * columns.def, written into column vectors that somebody else owns. Promised: a column holds a member
 * only if rendering the column gives the member back; whatever it does not give back stands in the
 * column `extra`, so that the line can be rebuilt, member for member. A line that is no post is
 * refused with a reason and leaves the row NULL. Nothing here crashes on any bytes. */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"

/* A line of the wire. */
struct line {
	struct str text; /* without '\n' */
	uint64_t offset; /* in its stream */
};

/* --- columns ------------------------------------------------------------------------------------ */

enum column_kind {
	COLUMN_TEXT,   /* put_text() */
	COLUMN_BOOL,   /* bool */
	COLUMN_INT,    /* int64_t */
	COLUMN_DOUBLE, /* double */
	COLUMN_TIME,   /* int64_t microseconds UTC */
	COLUMN_JSON,   /* put_text(), source text of a JSON value */
	COLUMN_LIST,   /* struct list_entry; one child */
	COLUMN_STRUCT, /* no data of its own; children */
};

struct column_type {
	enum column_kind kind;
	struct str name;              /* of a struct's member, with a zero behind; none elsewhere */
	struct column_type *children; /* LIST: one, the item; STRUCT: its members */
	size_t child_count;
};

struct post_column {
	const char *name;
	const char *path; /* NULL for a computed one */
	struct column_type type;
};

/* The columns in file order; process lifetime. */
const struct post_column *post_columns(size_t *ret_count);
enum { POST_CONTRACT_COLUMNS = 44 }; /* the first so many are the historical ones */
/* The SQL type, in DuckDB's spelling: STRUCT("type" VARCHAR, "id" VARCHAR)[]. */
void post_column_sql_type(const struct column_type *type, struct buf *ret);

/* --- column vectors ------------------------------------------------------------------------------ */

struct list_entry {
	uint64_t offset, len; /* of the items in the child vector */
};

/* A place to write a column in, lent by whoever owns the memory (an engine; a test). All validity
 * bits are 0 (NULL) when it is lent; writing a value sets the row's bit. */
struct column_vector {
	const struct column_type *type;
	void *data;
	uint64_t *validity;
	struct column_vector *children; /* as the type's */
	size_t used, cap;               /* rows; `used` counts in list children only */
	void *handle, *context;         /* the lender's */
};

struct column_lender {
	/* Copies the text into the vector. Valid UTF-8. */
	void (*put_text)(struct column_vector *vector, size_t row, struct str text);
	/* Makes room for `cap` items in the child of a list vector; fresh rows are NULL. */
	void (*grow)(struct column_vector *list, size_t cap);
};

/* --- rows ---------------------------------------------------------------------------------------- */

struct post_reader; /* reusable, one a thread */
struct post_reader *post_reader_new(const char *stream_id, const struct column_lender *lender);
void post_reader_free(struct post_reader *reader);

/* From now on only columns whose `wanted` (post_columns() many) is set are filled, and vectors of the
 * others are never touched. What depends on the whole line (`extra`, `vocabulary`, source text of JSON)
 * needs them all: with one of those wanted, all get set. At first all are wanted. */
void post_reader_want(struct post_reader *reader, bool *wanted);

/* What decides where a line goes: the post's id and the time of its partition, which is created_at,
 * or where there is none that can be read, the id's own time. */
struct post_key {
	uint64_t id;
	int64_t time_us;
};
/* Writes the line as row `row` of `columns` (post_columns() many). The line has no '\n'. A line that
 * is no post: ERR_REJECT, the message is the reason, every column of the row stays NULL, wanted or not.
 * `ret_key` may be NULL. */
MUST_CHECK enum err_kind post_reader_fill(struct post_reader *reader, struct str line,
					  uint64_t stream_offset, struct column_vector *columns,
					  size_t row, struct post_key *ret_key, struct err *err);
/* By reading the whole line; the same refusals as post_reader_fill(). */
MUST_CHECK enum err_kind post_reader_key(struct post_reader *reader, struct str line,
					 struct post_key *ret_key, struct err *err);

/* --- request records -------------------------------------------------------------------------------- */

/* What a source asked for and what came of it, and the gaps it left (docs/tables.md, request_log). A line
 * of their stream is one JSON object whose members have the columns' names. */
const struct post_column *request_columns(size_t *ret_count); /* in file order; process lifetime */
struct request_reader;                                        /* reusable, one a thread */
struct request_reader *request_reader_new(const char *stream_id,
					  const struct column_lender *lender);
void request_reader_free(struct request_reader *reader);
/* As post_reader_fill(): request_columns() many `columns`. */
MUST_CHECK enum err_kind request_reader_fill(struct request_reader *reader, struct str line,
					     uint64_t stream_offset, struct column_vector *columns,
					     size_t row, struct err *err);
/* The time that decides where the line goes. The same refusals. */
MUST_CHECK enum err_kind request_reader_time(struct request_reader *reader, struct str line,
					     int64_t *ret_us, struct err *err);

/* --- a look without parsing ---------------------------------------------------------------------- */

/* Finds the top-level members of a line that matter before it is parsed, at several times the speed
 * of parsing. `sure` is false where a full reading could say otherwise (repeated
 * members, escapes in names, unusual spellings), and then only post_reader_key() tells. A line that is
 * not valid JSON may come back as sure; whoever parses it later refuses it. */
struct post_peek {
	bool sure;
	bool is_object;
	struct post_key key; /* where sure */
	bool has_text, has_data, has_includes, has_meta, has_batch_id;
	bool whole; /* the members were told apart up to the end; also where the key is not sure */
	/* Where whole: the line without batch_id, fetched_at and page, hashed: equal for a
	 * re-delivery, unless blanks stand where one of these is missing. */
	uint64_t content_hash;
};
void post_peek(struct str line, struct post_peek *ret);
/* As post_peek() without content_hash, which is left 0: cheaper. */
void post_peek_key(struct str line, struct post_peek *ret);
/* Cheaper still: reads on only until it has seen an id and a created_at. False: it cannot tell. What it
 * tells is the key of every line for which a peek is sure; another may have a second id behind, so
 * whoever goes by the guess compares it with post_reader_fill()'s key later. */
bool post_guess_key(struct str line, struct post_key *ret);

/* --- ids ------------------------------------------------------------------------------------------ */

/* An id as X sends it: 1 to 19 digits, at most INT64_MAX. */
bool post_id_parse(struct str text, uint64_t *ret_id);
/* The time in a snowflake id (milliseconds exact), X-API section 4. False for ids made before
 * snowflakes, 4 November 2010 (the first is 29700859247). */
bool post_id_time(uint64_t id, int64_t *ret_us);
/* The lowest id of a time; 0 before snowflakes began. */
uint64_t post_id_floor(int64_t time_us);

/* --- text ----------------------------------------------------------------------------------------- */

/* The cleaning of DESIGN.md section 5, in this order: `&lt;` `&gt;` then `&amp;` decoded once; each
 * run of control characters (general category Cc) and line breaks (U+2028, U+2029) becomes one space;
 * NFC. Appends to `ret`. `text` is valid UTF-8. */
void post_clean(struct str text, struct buf *ret);
/* NFC of the full case fold of NFC: what makes two hashtags the same. Appends to `ret`. */
void post_fold(struct str text, struct buf *ret);

/* Calls `each` for every hashtag in a text, '#' included: \B#\w*[letter]+\w* where \w is a letter, a
 * number or '_' of any script. For posts without entities. */
void post_find_hashtags(struct str text, void (*each)(void *context, struct str hashtag),
			void *context);
