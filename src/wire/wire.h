/* The wire carries posts: a journal on disk, served over TCP, one JSON object per line.
 *
 * In: whole lines (each ends with one '\n' and holds no other), appended in groups with the cursors
 * that produced them. Out: the same bytes, in order, to one certain consumer that resumes by byte
 * offset and acknowledges, and to any number of taps. Promised: what journal_sync() has confirmed
 * survives kill -9 and power cuts and is served byte for byte; nothing unsynced is ever served;
 * nothing is dropped before the certain consumer has acknowledged it; a place in the stream is
 * proven by its chain value, so a journal restored from a copy, or another stream, is refused, never
 * guessed at.
 *
 *     segment file   NNNNNNNNNNNNNNNNNNNN.segment, NN… its first byte's offset, zero-padded to 20
 *     = head         magic, version, stream UUID, first offset, chain there, all cursors, the window
 *     + extents      header {magic, lengths, offset, chain behind its lines}, then line bytes, then a
 *                    record of cursors and window entries, then XXH3 of all that
 *     consumer       the lake that may consume, and how far it has acknowledged
 *
 * Offsets count line bytes only, from the stream's birth. Integers are little-endian. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

/* A place in a stream. chain is 0 at birth and after each line XXH64(line with '\n', seed chain). */
struct position {
	uint64_t offset;
	uint64_t chain;
};

struct journal_options {
	const char *dir;        /* made when missing */
	uint64_t segment_bytes; /* a segment is closed when it reaches this; 64 MiB */
	uint64_t limit_bytes;  /* appending beyond this much unacknowledged: ERR_RETRY "full"; where
				 * nothing is unacknowledged an extent of any size is taken */
	size_t window_entries; /* how many recent observations are remembered; 65,536 */
	const char *stream_id; /* NULL: a new stream gets a random UUID (tests pass theirs) */
};

struct journal;

/* Opens for writing: takes the directory's lock (held elsewhere: ERR_RETRY, message names the
 * directory), repairs the last segment after a crash (its valid extents are copied to a temporary
 * file, synced, renamed over it). Damage that is not what a crash leaves at the very end: ERR_FATAL
 * naming file and byte; so is a missing segment. Reads every byte that is kept. The caller closes
 * it, after the server. */
MUST_CHECK enum err_kind journal_open(const struct journal_options *options,
				      struct journal **ret_journal, struct err *err);
void journal_close(struct journal *journal); /* NULL is fine */

const char *journal_stream(const struct journal *journal);  /* UUID text; lives with the journal */
struct position journal_end(const struct journal *journal); /* behind the last synced line */
uint64_t journal_acknowledged(const struct journal *journal);

/* What was recently journalled, so that a re-delivery is known: post id, hash of the rule that asked,
 * hash of the line without batch_id, fetched_at and page. Written with the lines' extent. */
struct window_entry {
	uint64_t id;
	uint64_t rule;
	uint64_t content;
};
bool journal_knows(const struct journal *journal, struct window_entry entry);
/* Forgets the lake that consumes, so that another may; durable. Only while nobody serves it. */
MUST_CHECK enum err_kind journal_release_lake(struct journal *journal, struct err *err);

/* One extent: lines, the window entries they add, and cursors that are set with them (name -> value,
 * any bytes; an empty value deletes). Either may be empty. All of it is kept, or after a crash none. */
struct cursor_change {
	struct str name;  /* at most 255 bytes */
	struct str value; /* at most 64 KiB */
};
struct extent {
	struct str lines;
	const struct window_entry *window;
	size_t window_count;
	const struct cursor_change *cursors;
	size_t cursor_count;
};
/* Buffers the extent for the next journal_sync(). Lines that do not end with '\n', a line above
 * line_bytes_max or more than EXTENT_LINES_MAX of lines are the caller's bug (assert). Full: ERR_RETRY, and
 * cursors of more than 64 MiB: ERR_REJECT; nothing was taken. Disk full or a failed write:
 * ERR_FATAL; the journal must be closed and opened again. What is not synced when it is closed may
 * be kept or not. */
MUST_CHECK enum err_kind journal_append(struct journal *journal, const struct extent *extent,
					struct err *err);
/* Writes and fdatasyncs what was appended; from then on it is served. */
MUST_CHECK enum err_kind journal_sync(struct journal *journal, struct err *err);
/* A cursor's value as last appended, STR_NONE when there is none. Valid until the next append. */
struct str journal_cursor(const struct journal *journal, struct str name);

/* --- serving it -------------------------------------------------------------------------------- */

struct wire_server_options {
	const char *host;     /* numeric; "127.0.0.1" */
	int port;             /* 0: any free one */
	int hello_timeout_ms; /* no first byte by then: the peer is a tap; 300 */
	size_t clients_max;   /* taps, and as many that have not said hello; further ones are
				    * answered with an error and closed; 64 */
	/* Request records of the same source, one a line that begins {"number":N, with N growing by
	 * one; served beside the posts to those who ask for "requests". NULL: none. */
	struct journal *requests;
};

struct wire_server;

/* Serves a journal from a thread of its own until wire_server_stop(). The journal may be appended
 * to and synced by the caller's thread meanwhile (the journal locks itself). */
MUST_CHECK enum err_kind wire_server_start(struct journal *journal,
					   const struct wire_server_options *options,
					   struct wire_server **ret_server, struct err *err);
int wire_server_port(const struct wire_server *server);
/* What the role tells about itself to whoever asks {"aviary":1,"status":{}}: one JSON value on one
 * line, at most STATUS_BYTES_MAX. From any thread; copied. The answer holds it as "status", null until
 * there is one, beside "stream", "end" and "acknowledged", and these of "requests". */
void wire_server_set_status(struct wire_server *server, struct str status);
/* Stops and joins the thread. What went wrong in it, if anything, is in the error. */
MUST_CHECK enum err_kind wire_server_stop(struct wire_server *server, struct err *err);

/* --- reading it -------------------------------------------------------------------------------- */

struct wire_client;

struct wire_resume {
	const char *lake;   /* UUID of the lake that consumes */
	const char *stream; /* NULL: first contact, starts at the oldest unacknowledged byte */
	struct position from;
	bool requests; /* the source's request records, which are a stream of their own */
};

/* Connects as the certain consumer and waits for the answer. Refused by the server ("another lake",
 * "unknown stream", "wrong chain", ...): ERR_FATAL with its words. No connection, or a server that
 * is too busy: ERR_RETRY. */
MUST_CHECK enum err_kind wire_client_open(const char *host, int port,
					  const struct wire_resume *resume,
					  struct wire_client **ret_client, struct err *err);
/* As wire_client_open(), for a reader that never acknowledges and holds nothing back. */
MUST_CHECK enum err_kind wire_client_tap(const char *host, int port, const char *stream,
					 struct position from, struct wire_client **ret_client,
					 struct err *err);
void wire_client_close(struct wire_client *client);                  /* NULL is fine */
const char *wire_client_stream(const struct wire_client *client);    /* lives with the client */
struct position wire_client_start(const struct wire_client *client); /* where the bytes begin */
uint64_t wire_client_end(const struct wire_client *client); /* the server's synced end at opening */
/* The next whole lines ('\n' included), at least one, as many as have come; borrowed until the next
 * call. *ret_position is the place behind them; the chain has been computed over them. Nothing
 * within timeout_ms, or a signal: ERR_NONE and an empty *ret_lines. Closed by the peer: ERR_RETRY.
 * A line above line_bytes_max (16 MiB): ERR_FATAL. */
MUST_CHECK enum err_kind wire_client_read(struct wire_client *client, int timeout_ms,
					  struct str *ret_lines, struct position *ret_position,
					  struct err *err);
/* Tells the server that everything below `offset` is committed. */
MUST_CHECK enum err_kind wire_client_acknowledge(struct wire_client *client, uint64_t offset,
						 struct err *err);

/* Its socket, to wait on: after wire_client_read() gave no lines, more can come only when it is
 * readable. */
int wire_client_fd(const struct wire_client *client);

/* Before the first client, for the whole process: `asked` is looked at every 100 ms while a client waits
 * for a connection, an answer, or to send; true ends that with ERR_RETRY "interrupted". From any thread
 * that has a client. */
void wire_client_interrupt_when(bool (*asked)(void));

/* Asks a server for its status: one JSON object, {"aviary":1,"stream":UUID,"end":E,"acknowledged":A,
 * "requests":{"stream":UUID,"end":E,"acknowledged":A}|null,"status":{…}|null}, added to `ret`. Nobody
 * there, no answer within timeout_ms: ERR_RETRY; refused: ERR_FATAL with its words. */
MUST_CHECK enum err_kind wire_status(const char *host, int port, int timeout_ms, struct buf *ret,
				     struct err *err);

/* --- reading it in place ----------------------------------------------------------------------- */

/* Reads the journal of `dir` without a lock and without its writer's knowledge. `from` must be a
 * place in `stream`: another stream, a wrong chain, an offset that is none: ERR_FATAL. No journal
 * there, or already removed below a greater offset: ERR_RETRY. */
struct journal_reader;
MUST_CHECK enum err_kind journal_reader_open(const char *dir, const char *stream,
					     struct position from,
					     struct journal_reader **ret_reader, struct err *err);
void journal_reader_close(struct journal_reader *reader); /* NULL is fine */
/* The next whole lines, checked, borrowed until the next call, and the place behind them. Nothing
 * more for now: ERR_NONE and no lines; it does not wait. Overtaken by deletion: ERR_RETRY; damaged:
 * ERR_FATAL; then it can only be closed. */
MUST_CHECK enum err_kind journal_reader_next(struct journal_reader *reader, struct str *ret_lines,
					     struct position *ret_position, struct err *err);

/* Whose journal lies in `dir` and where it ends, by its headers alone: to tell how far a collector lags
 * behind, not to read by. No journal there: ERR_RETRY. */
MUST_CHECK enum err_kind journal_look(const char *dir, char ret_stream[UUID_TEXT],
				      struct position *ret_end, struct err *err);

enum {
	LINE_BYTES_MAX = 16 << 20,
	EXTENT_LINES_MAX = 256 << 20, /* lines in one journal_append() */
	STATUS_BYTES_MAX = 65536,     /* a role's words about itself */
};
