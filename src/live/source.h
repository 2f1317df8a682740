/* Inside live/: where the bytes of one stream's tail come from.
 *
 *     its server answers ──► tap        it fails or ends ──► in place, and the server is asked again
 *     it does not ─────────► the journal, read where it lies
 *     nor is that there ───► nothing for now, and both are tried again
 *
 * A server is asked by a thread of its own, which may take as long as a stalled peer likes; nobody waits
 * for it longer than he wants. */
#pragma once
#include "live/live.h"
#include "lake/lake.h"
#include "wire/wire.h"

struct tap_attempt;

struct live_source {
	char stream[UUID_TEXT];
	struct lake_source place;
	enum live_way way;
	char *trouble; /* why it is not tapped; NULL when it is */
	struct wire_client *client;
	struct journal_reader *reader;
	struct tap_attempt *attempt;
	struct position at;      /* of client or reader: where its next bytes begin */
	uint64_t end;            /* how far the server had come when it answered */
	int64_t tap_us, read_us; /* not before; monotonic */
	int tap_failures;
	bool unopened; /* the journal could not be opened where we asked, the last time */
	bool refused;  /* the place we asked for is none of that journal */
	bool restarts; /* after that, bytes now come from another: what was held is void */
};

void source_init(struct live_source *source, const char *stream);
void source_release(struct live_source *source);
/* What _aviary/sources/ says now; taken over, released here. */
void source_place(struct live_source *source, struct lake_source *place);

/* Begins to ask the server where that is due and nobody does. */
void source_ask(struct live_source *source, struct position from);
/* Takes the answer when it is there. */
void source_answer(struct live_source *source);
bool source_is_asking(const struct live_source *source);
/* Waits for answers of any of them. */
void source_wait_for_answers(int timeout_ms);

/* Lines that are there now and begin at *ret_offset, borrowed until the next call; none: that is all for
 * now. Whatever fails is in `trouble`, and tried again when it is due. */
void source_read(struct live_source *source, struct position next, struct str *ret_lines,
		 uint64_t *ret_offset, struct position *ret_end);
/* The server has stalled: ends the tap. */
void source_give_up_tap(struct live_source *source, const char *why);
/* Ends tap and reader; both begin anew. */
void source_forget(struct live_source *source);
int source_fd(const struct live_source *source); /* -1: not a tap */
