/* Inside role/: what the two files of collect share. collect.c is the command and its loop,
 * collect_connect.c finds the stream, its lock and its place. */
#pragma once
#include "base/net.h"
#include "role/intake.h"
#include "role/source_journal.h"
#include "lake/lake.h"

struct collect {
	const struct settings *settings;
	struct lake *lake;
	struct intake intake, requests; /* posts, and request records where the source has any */
	char host[NET_HOST_MAX];
	int port;
	char *address;              /* of --from, spelled out */
	struct source_journal home; /* --once, when nobody else serves it */
	struct file_lock lock;      /* of `locked` */
	char locked[UUID_TEXT];

	/* what the server said last */
	char stream[UUID_TEXT];
	uint64_t end, acknowledged;
	char requests_stream[UUID_TEXT]; /* "": it has none */
	uint64_t requests_end, requests_acknowledged;
	struct lake_source source;

	uint64_t goal, requests_goal; /* --once: everything below is to be acknowledged */
	char goal_of[UUID_TEXT];      /* in this stream; "": not known yet */
	int64_t progress_us; /* when the last bytes or the last acknowledgement were seen */
	int64_t pending_since_us;
	bool asked_to_publish, is_away;
	struct landing_published total;
};

enum { QUIET_MAX_US = 20000000 }; /* --once: how long nothing may move while somebody is there */

/* Asks the server who it is, takes the stream's lock (waiting for another collector), and connects where
 * the log says the stream is committed. Nobody there, or asked to stop: ERR_RETRY. Refused, or the
 * stream of this journal or address was another one: ERR_FATAL. With --once, *ret_done tells that the
 * other collector has done it all; that it does nothing is ERR_FATAL. */
MUST_CHECK enum err_kind collect_connect(struct collect *collect, bool *ret_done, struct err *err);
/* Notes where the stream comes from, if the server knows more than before. */
MUST_CHECK enum err_kind collect_note_source(struct collect *collect, struct err *err);
/* Nobody serves the journal: does it itself. There is none: ERR_FATAL; it is in use: ERR_RETRY. */
MUST_CHECK enum err_kind collect_serve_itself(struct collect *collect, struct err *err);
