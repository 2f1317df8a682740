/* Inside role/: where X is, and who asks. For all that asks X: listen, try, search, check. */
#pragma once
#include "base/http_client.h"
#include "base/net.h"
#include "role/role.h"

struct access {
	char *base; /* the base URL without a slash at its end */
	char host[NET_HOST_MAX];
	bool is_loopback;
	const char *token_from; /* for people; the settings' or static */
	char *authorization;    /* the header with the token: never printed */
	struct http_client *client;
	struct buf url;
};

/* Address and token of the settings. What is wrong with them: ERR_REJECT. */
MUST_CHECK enum err_kind access_read(struct access *access, const struct settings *settings,
				     struct err *err);
MUST_CHECK enum err_kind access_open(struct access *access, struct err *err);
void access_close(struct access *access); /* zeroed, or failed half-way, is fine */

/* The address of the next request, to add path and arguments to. */
struct buf *access_url(struct access *access);
/* Asks what access_url() holds. As http_client_ask(). */
MUST_CHECK enum err_kind access_ask(struct access *access, struct http_reply *ret, struct err *err);
