/* Inside dashboard/: server-sent events (WHATWG HTML, section 9.2), one text shared by all who listen.
 * From any thread. */
#pragma once
#include "base/http_server.h"

struct events;

struct events *events_new(void);
/* Ends every stream and takes no more; before the server stops. */
void events_close(struct events *events);
void events_free(struct events *events);

/* Sends `sent` to all and keeps `kept` for newcomers, in place of what was kept by that name. Either may
 * be STR_NONE: nothing is sent, or what was kept stays. */
void events_put(struct events *events, const char *name, struct str kept, struct str sent);
/* Whether this is what is kept; with STR_NONE, whether anything is. */
bool events_keeps(struct events *events, const char *name, struct str text);
/* Adds one event as it goes over the wire. */
void events_add(struct buf *ret, const char *id, const char *name, struct str data);
/* Takes over the stream. `last_id` is what the peer heard last (STR_NONE: nothing): it gets what was put
 * since, or everything when that was not ours. */
void events_join(struct events *events, struct http_stream *stream, struct str last_id);
size_t events_listeners(struct events *events);
/* Calls `each` for everything that is kept. */
void events_each(struct events *events,
		 void (*each)(void *context, const char *name, struct str text), void *context);
