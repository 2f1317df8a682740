/* Messages over HTTP: each one is the body of a POST, and its answer the body of the reply. */
#include "hiveserver2/private.h"

#include "base/mem.h"

#include <stdlib.h>

struct http_wire {
	struct hive_wire base;
	struct http_client *client;
	char *url, *authorization;
	struct str answer; /* what is not yet taken; the client's */
};

static char *basic_authorization(const struct hive_server *server)
{
	const char *password = server->password ? server->password : "anonymous";
	char *pair = mem_printf("%s:%s", server->user, password);
	gchar *coded = g_base64_encode((const guchar *)pair, strlen(pair));
	char *header = mem_printf("Authorization: Basic %s", coded);
	explicit_bzero(pair, strlen(pair));
	explicit_bzero(coded, strlen(coded));
	free(pair);
	g_free(coded);
	return header;
}

static enum err_kind refuse(const struct http_reply *reply, const char *url, struct err *err)
{
	int status = reply->status;
	bool away = status == 429 || status >= 500;
	struct str words = str_head(str_trim(reply->body), 200);
	err_set(err, away ? ERR_RETRY : ERR_REJECT, "%s: HTTP %d %.*s", url, status,
		STR_ARG(words));
	if (status == 401 || status == 403)
		return err_hint(err, "user=NAME in the location, and engine_password_file");
	if (status == 404)
		return err_hint(err, "httpPath=PATH is what hive.server2.thrift.http.path says");
	return err->kind;
}

static enum err_kind http_send(struct hive_wire *base, struct str message, struct err *err)
{
	struct http_wire *wire = (struct http_wire *)base;
	const char *headers[] = { "Content-Type: application/x-thrift",
				  "Accept: application/x-thrift", "X-XSRF-HEADER: true",
				  wire->authorization, NULL };
	struct http_ask ask = {
		.method = "POST", .url = wire->url, .headers = headers, .body = message
	};
	struct http_reply reply;
	TRY(http_client_ask(wire->client, &ask, &reply, err));
	if (reply.status != 200)
		return refuse(&reply, wire->url, err);
	wire->answer = reply.body;
	return ERR_NONE;
}

static enum err_kind http_receive(struct hive_wire *base, void *ret, size_t max, size_t *ret_len,
				  struct err *err)
{
	struct http_wire *wire = (struct http_wire *)base;
	if (wire->answer.len == 0)
		return err_set(err, ERR_RETRY, "%s: the answer ends too early", wire->url);
	*ret_len = max < wire->answer.len ? max : wire->answer.len;
	memcpy(ret, wire->answer.ptr, *ret_len);
	wire->answer = str_make(wire->answer.ptr + *ret_len, wire->answer.len - *ret_len);
	return ERR_NONE;
}

/* Every request may have a connection of its own. */
static bool http_is_idle(const struct hive_wire *base)
{
	(void)base;
	return true;
}

static void http_close(struct hive_wire *base)
{
	struct http_wire *wire = (struct http_wire *)base;
	http_client_close(wire->client);
	explicit_bzero(wire->authorization, strlen(wire->authorization));
	free(wire->authorization);
	free(wire->url);
	free(wire);
}

enum err_kind hive_http_open(const struct hive_server *server, struct hive_wire **ret_wire,
			     struct err *err)
{
	static const struct hive_wire_ops ops = { .send = http_send,
						  .receive = http_receive,
						  .is_idle = http_is_idle,
						  .close = http_close };
	struct http_client_options options = {
		.user_agent = "aviary/" AVIARY_VERSION,
		.stall_timeout_ms = (int)(server->stall_us / 1000),
		.timeout_ms = (int)((server->stall_us + server->timeout_us) / 1000),
		.body_bytes_max = HIVE_MESSAGE_MAX,
		.send_once = true, /* rows that are fetched are gone on the server */
		.stop = server->stop,
		.context = server->context,
	};
	bool bare_ipv6 = strchr(server->host, ':') != NULL;
	struct http_wire *wire = mem_zalloc(1, sizeof *wire);
	wire->base = (struct hive_wire){ .ops = &ops, .server = server };
	wire->url = mem_printf("%s://%s%s%s:%d/%s", server->tls ? "https" : "http",
			       bare_ipv6 ? "[" : "", server->host, bare_ipv6 ? "]" : "",
			       server->port, server->http_path);
	wire->authorization = basic_authorization(server);
	if (http_client_open(&options, &wire->client, err) != ERR_NONE) {
		http_close(&wire->base);
		return err->kind;
	}
	*ret_wire = &wire->base;
	return ERR_NONE;
}
