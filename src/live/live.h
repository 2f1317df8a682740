/* The live view: what query and serve see: everything published and, behind it, what is
 * journalled and not yet published (DESIGN.md section 4).
 *
 * In: a lake, and the journals its streams come from (_aviary/sources/): tapped over TCP, or read in
 * place when nobody serves them. Out: sessions in which every table and view is as if the tail had been
 * published and refined. Promised: a session sees one moment, each line once; who cannot be reached is
 * named, with since when its posts are missing. */
#pragma once
#include "engine/engine.h"
#include "lake/lake.h"
#include "warehouse/warehouse.h"

struct live;

struct live_options {
	struct lake *lake;
	struct engine *engine;
	const struct warehouse_settings *settings;
	uint64_t bytes_max; /* of lines held in memory; more of them go to scratch files */
	/* Hears every line that comes, once, in the order of its stream, within live_advance(): what is
	 * not published when it opens, and all that comes later but for what was published and removed
	 * while nobody could be reached. May be NULL. */
	void (*on_line)(void *context, const char *stream, struct str line, uint64_t offset);
	void *context;
};
MUST_CHECK enum err_kind live_open(const struct live_options *options, struct live **ret_live,
				   struct err *err);
void live_close(struct live *live); /* NULL is fine; sessions that it was attached to first */

enum live_way {
	LIVE_TAPPED,         /* its server answers */
	LIVE_IN_PLACE,       /* its journal is read where it lies */
	LIVE_PUBLISHED_ONLY, /* neither: what is published is all there is */
};

struct live_stream {
	char id[UUID_TEXT];
	enum live_way way;
	const char *source;   /* "X", "simulated", "replayed", "imported" */
	uint64_t tail_lines;  /* journalled, not published */
	int64_t published_us; /* when its newest batch was */
	const char *trouble;  /* why it is not LIVE_TAPPED, or NULL */
};

struct live_state {
	uint64_t snapshot; /* the newest record */
	int64_t snapshot_us;
	uint64_t rows; /* published and tail */
	uint64_t tail_lines, tail_bytes;
	const struct live_stream *streams;
	size_t stream_count;
};
/* As of the last live_advance(); lives until the next. */
const struct live_state *live_state(const struct live *live);

/* Goes on to the newest snapshot and takes what has come, as far as each journal reaches now. With
 * timeout_ms > 0 it waits that long for something to come; *ret_changed tells whether it did. The first
 * one waits for servers, too, a second for an answer and two for one that stalls. */
MUST_CHECK enum err_kind live_advance(struct live *live, int timeout_ms, bool *ret_changed,
				      struct err *err);

/* Gives the session all tables and views as of the last live_advance(), or of a newer snapshot where the
 * lake has gone on; again after another one. From any thread, while another one advances: the session
 * keeps its moment. A statement that fails for live_was_overtaken() is asked again after attaching again.
 * With a `statement` only tables that it can mean are made ready, see warehouse.h; NULL: all. */
MUST_CHECK enum err_kind live_attach(struct live *live, struct session *session,
				     const char *statement, struct err *err);
/* Whether a file that the session knew has been replaced since. */
bool live_was_overtaken(const struct err *err);
