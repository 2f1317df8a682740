/* Answers HTTP/1.1 requests on a thread of its own, for pages, events and a simulated X.
 *
 * In: GET and HEAD requests (others are answered 405 here), at most 64 KiB of head and no body. Out:
 * whole answers, or streams that bytes are pushed into for as long as the peer stays. Promised: the
 * handler sees decoded text only, one request at a time, on the server's thread; a peer that stalls
 * delays nobody and is dropped; hostile requests end with 4xx. Never reaches out. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

struct http_server;
struct http_request; /* lives during the handler's call */
struct http_stream;

struct http_header {
	const char *name, *value;
};

struct http_answer {
	int status;                        /* 200, 404 … */
	const char *content_type;          /* "text/html; charset=utf-8" */
	struct buf body;                   /* the server takes it over */
	const struct http_header *headers; /* further ones; copied when the handler returns */
	size_t header_count;
	struct http_stream *stream; /* instead of a body; from http_stream_open() */
};

struct http_server_options {
	const char *host;       /* numeric; "127.0.0.1" */
	int port;               /* 0: any free one */
	size_t connections_max; /* further ones are closed at once; 0: 256 */
	int timeout_ms;         /* a silent connection that is no stream is closed; 0: 30 s */
	void *context;
	/* Fills *ret, which is zero with status 200. Called on the server's thread: what takes long
	 * stalls everybody. */
	void (*handle)(void *context, const struct http_request *request, struct http_answer *ret);
};

/* The address in use, or forbidden: ERR_FATAL naming it. */
MUST_CHECK enum err_kind http_server_start(const struct http_server_options *options,
					   struct http_server **ret_server, struct err *err);
int http_server_port(const struct http_server *server);
/* Ends every connection and stream, joins the thread. NULL is fine. */
void http_server_stop(struct http_server *server);

/* --- requests ------------------------------------------------------------------------------------ */

struct str http_request_path(const struct http_request *request); /* "/2/tweets", decoded */
/* A header's value; STR_NONE when absent. */
struct str http_request_header(const struct http_request *request, const char *name);
/* The decoded arguments behind '?', in order, repeated ones too; one without a value has an empty one. */
void http_request_each_argument(const struct http_request *request,
				void (*each)(void *context, struct str name, struct str value),
				void *context);

/* --- streams -------------------------------------------------------------------------------------- */

/* A stream for an answer of this server. The maker holds it until http_stream_release(), whether the peer
 * is there or not. `bytes_max` may wait for a peer that reads slowly; beyond it the stream is closed. */
struct http_stream *http_stream_open(struct http_server *server, size_t bytes_max);
/* From any thread. False when it has ended: the peer left, was too slow, or the server stopped. */
bool http_stream_send(struct http_stream *stream, struct str bytes);
/* Ends it when all has been sent, and lets it go. Before http_server_stop(). NULL is fine. */
void http_stream_release(struct http_stream *stream);
