/* Inside dashboard/: what is answered to which path. */
#pragma once
#include "base/http_server.h"
#include "dashboard/events.h"

struct routes {
	struct events *events;
	_Atomic(struct http_server *) server; /* NULL until it has begun */
	bool loopback;                        /* only loopback's names are answered */
};
/* Fills the answer of any request; `context` is a struct routes. */
void routes_answer(void *context, const struct http_request *request, struct http_answer *ret);
/* Whether a Host header names this machine to itself: 127.…, [::1] or localhost, with any port, since a
 * tunnel may have its own. */
bool routes_host_is_local(struct str host);
