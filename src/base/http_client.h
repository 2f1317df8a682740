/* Asks HTTP servers, through libcurl: one request at a time a client, connections are kept and reused.
 *
 * In: a method, an address, headers, and perhaps a body. Out: status, headers, body. Promised: any
 * answer of a server is ERR_NONE, whatever its status; certificates and host names are verified;
 * proxies come from the environment, credentials never from the address; redirects are not followed
 * unless asked for; no byte beyond the limits is kept; secrets (header values) never reach messages. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct http_client; /* used by one thread */

struct http_client_options {
	const char *user_agent; /* "aviary/0.1.0" */
	int connect_timeout_ms; /* 0: 10 s */
	int stall_timeout_ms;   /* no byte for so long ends the request; 0: 30 s */
	int timeout_ms;         /* of the whole request; 0: 5 min */
	size_t body_bytes_max;  /* of an answer, unpacked; 0: 128 MiB */
	/* Every request has a connection of its own. On a kept one that turns out to be dead a request is
	 * sent again, which is not for those that may be done once only. */
	bool send_once;
	/* Asked several times a second while waiting; true ends the request with ERR_RETRY. May be
	 * NULL. */
	bool (*stop)(void *context);
	void *context;
};
MUST_CHECK enum err_kind http_client_open(const struct http_client_options *options,
					  struct http_client **ret_client, struct err *err);
void http_client_close(struct http_client *client); /* NULL is fine */

struct http_ask {
	const char *method; /* NULL: "GET" */
	const char *url;
	const char *const *headers; /* "name: value", NULL-terminated; may be NULL */
	struct str body;            /* STR_NONE: none */
	/* A local file that is streamed instead of `body`, with its length. One that cannot be read or
	 * ends early: ERR_FATAL. NULL: none. */
	const char *body_path;
	/* Takes the body of a 2xx answer piece by piece: then it is neither limited nor kept, and the
	 * reply's is empty. False ends the request with ERR_REJECT. May be NULL. */
	bool (*take)(void *take_context, struct str piece);
	void *take_context;
};

/* Lives with the client until its next request. */
struct http_reply {
	int status;
	struct str body;
	bool sent;         /* the server may have seen the request */
	bool is_too_large; /* it failed since the body would have passed body_bytes_max */
};
/* After an error the reply still tells `sent`, and the status if a head had come. No answer (address unknown, refused, TLS, cut off, stalled, too large, stopped): ERR_RETRY, or
 * ERR_REJECT where trying again cannot help (a malformed address, a certificate that is not theirs).
 * The message names host and cause. */
MUST_CHECK enum err_kind http_client_ask(struct http_client *client, const struct http_ask *ask,
					 struct http_reply *ret_reply, struct err *err);
/* A header of the last reply, its name in any case; STR_NONE when absent. */
struct str http_client_reply_header(const struct http_client *client, const char *name);
/* When the server says it answered (the header Date, whole seconds); false when it does not say. */
bool http_client_reply_date(const struct http_client *client, int64_t *ret_us);
/* Adds `text` percent-encoded for a query (RFC 3986, unreserved characters stay). */
void http_add_encoded(struct buf *buf, struct str text);
