#include "dashboard/routes.h"

#include "base/net.h"
#include "dashboard/page.h"

#include <ctype.h>
#include <stdio.h>

/* One who listens may be so far behind: everything a newcomer gets fits in many times. */
enum { STREAM_BYTES_MAX = 8 << 20 };

/* Nothing but our own files, no inline script or style; nobody may frame the page; nothing is kept. */
static const struct http_header headers[] = {
	{ "Content-Security-Policy",
	  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'" },
	{ "X-Content-Type-Options", "nosniff" },
	{ "Referrer-Policy", "no-referrer" },
	{ "Cross-Origin-Resource-Policy", "same-origin" },
	{ "Cross-Origin-Opener-Policy", "same-origin" },
	{ "Cache-Control", "no-store" },
};

bool routes_host_is_local(struct str host)
{
	char name[64];
	size_t len = host.len;
	const char *colon = host.len > 0 ? memrchr(host.ptr, ':', host.len) : NULL;
	if (colon && !memchr(colon, ']', host.len - (size_t)(colon - host.ptr)))
		len = (size_t)(colon - host.ptr);
	if (len == 0 || len >= sizeof name)
		return false;
	for (size_t i = len + 1; i < host.len; i++) {
		if (!isdigit((unsigned char)host.ptr[i]))
			return false;
	}
	bool bracketed = len > 2 && host.ptr[0] == '[' && host.ptr[len - 1] == ']';
	snprintf(name, sizeof name, "%.*s", (int)(bracketed ? len - 2 : len),
		 host.ptr + (bracketed ? 1 : 0));
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return net_is_loopback(name);
}

static void refuse(struct http_answer *ret, int status, const char *words)
{
	ret->status = status;
	ret->content_type = "text/plain; charset=utf-8";
	buf_addf(&ret->body, "%s\n", words);
}

void routes_answer(void *context, const struct http_request *request, struct http_answer *ret)
{
	struct routes *routes = context;
	struct str path = http_request_path(request);
	ret->headers = headers;
	ret->header_count = sizeof headers / sizeof *headers;
	if (routes->loopback && !routes_host_is_local(http_request_header(request, "Host"))) {
		refuse(ret, 403, "this page is for this machine: ask for it as 127.0.0.1");
	} else if (str_equal(path, STR("/events")) && !routes->server) {
		refuse(ret, 503, "not yet");
	} else if (str_equal(path, STR("/events"))) {
		ret->content_type = "text/event-stream; charset=utf-8";
		ret->stream = http_stream_open(routes->server, STREAM_BYTES_MAX);
		events_join(routes->events, ret->stream,
			    http_request_header(request, "Last-Event-ID"));
	} else if (str_equal(path, STR("/healthz"))) {
		refuse(ret, 200, "ok");
	} else {
		ret->content_type = page_add_file(path, &ret->body);
		if (!ret->content_type)
			refuse(ret, 404, "there is no such page");
	}
}
