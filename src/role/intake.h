/* Inside role/: one stream's way into the lake, for import and collect: lines that come over the wire are
 * held by landing, published as batches, and acknowledged.
 *
 * The stream's lock is the caller's. What a predecessor decided is finished first; then the stream goes
 * on where the log says it is committed, proven by its chain. A stream the log does not know begins at
 * its oldest unacknowledged byte; where that is not its birth, an empty record [N, N) says so. */
#pragma once
#include "landing/landing.h"
#include "role/role.h"
#include "wire/wire.h"

struct intake {
	struct lake *lake;
	int threads;
	bool requests;              /* the stream is one of request records */
	bool careful;               /* as of landing_options; once set it stays */
	struct wire_client *client; /* NULL: not connected */
	struct landing *landing;
	struct position at; /* behind what was received */
};

/* Connects as the lake's consumer of `stream`. Errors as of wire_client_open(). */
MUST_CHECK enum err_kind intake_open(struct intake *intake, const char *host, int port,
				     const char *stream, struct err *err);
/* Receives what has come; nothing within timeout_ms, or a signal: *ret_got is false. The connection is
 * lost: ERR_RETRY; what was received can still be published. */
MUST_CHECK enum err_kind intake_receive(struct intake *intake, int timeout_ms, bool *ret_got,
					struct err *err);
/* Commits what was received and, while connected, acknowledges it: that failed: ERR_RETRY, but *ret is
 * filled, and the next connection acknowledges. What was received has to come again, as of
 * landing_publish(): ERR_RETRY, *ret stays as it was, and it is no longer connected. Otherwise nothing was
 * committed: ERR_FATAL. */
MUST_CHECK enum err_kind intake_publish(
	struct intake *intake, void (*progress)(void *context, uint64_t done, uint64_t total),
	void *context, struct landing_published *ret, struct err *err);
void intake_disconnect(struct intake *intake); /* what was received stays */
void intake_close(struct intake *intake);      /* what was not published is forgotten, not lost */
