/* libmicrohttpd with its own epoll thread. A stream's connection is suspended while there is nothing to
 * send and resumed by whoever sends; the stream itself is held twice, by its maker and by the answer it
 * belongs to.
 *
 *     maker ──send──► pending ──reader callback──► peer
 *                        │ too much waits: ended
 *
 * Lock order: the server's list, then a stream. libmicrohttpd is called under a stream's lock only to
 * suspend and resume, which take none of ours. */
#include "base/http_server.h"

#include "base/mem.h"
#include "base/net.h"

#include <assert.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	HEAD_BYTES_MAX = 64 << 10,
	STREAM_BLOCK = 16 << 10,
	DEFAULT_CONNECTIONS = 256,
	DEFAULT_TIMEOUT_MS = 30000,
};

struct http_stream {
	struct http_server *server;
	pthread_mutex_t lock;
	struct MHD_Connection *connection; /* while its answer lives */
	struct buf pending;
	size_t sent; /* of pending */
	size_t bytes_max;
	bool suspended, ended, released;
	int holders;
	struct http_stream *next; /* in the server's list */
};

struct http_server {
	struct MHD_Daemon *daemon;
	int port;
	void *context;
	void (*handle)(void *context, const struct http_request *request, struct http_answer *ret);
	pthread_mutex_t lock;
	struct http_stream *streams; /* whose answers live */
};

struct http_request {
	struct MHD_Connection *connection;
	struct str path;
};

/* What is known of a request before its headers are. */
struct arrival {
	bool has_zero; /* an encoded zero byte, which C strings would hide */
	bool begun, has_body;
};

/* --- streams -------------------------------------------------------------------------------------- */

static void stream_drop(struct http_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	int left = --stream->holders;
	pthread_mutex_unlock(&stream->lock);
	if (left > 0)
		return;
	pthread_mutex_destroy(&stream->lock);
	buf_release(&stream->pending);
	free(stream);
}

/* Lets the reader callback run again; the stream is locked. */
static void wake(struct http_stream *stream)
{
	if (!stream->suspended)
		return;
	stream->suspended = false;
	MHD_resume_connection(stream->connection);
}

static ssize_t read_stream(void *context, uint64_t position, char *into, size_t max)
{
	(void)position;
	struct http_stream *stream = context;
	ssize_t count = 0;
	pthread_mutex_lock(&stream->lock);
	size_t left = stream->pending.len - stream->sent;
	if (stream->ended) {
		count = MHD_CONTENT_READER_END_WITH_ERROR;
	} else if (left > 0) {
		count = (ssize_t)(left < max ? left : max);
		memcpy(into, stream->pending.ptr + stream->sent, (size_t)count);
		stream->sent += (size_t)count;
		if (stream->sent == stream->pending.len) {
			buf_reset(&stream->pending);
			stream->sent = 0;
		}
	} else if (stream->released) {
		count = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		stream->suspended = true;
		MHD_suspend_connection(stream->connection);
	}
	pthread_mutex_unlock(&stream->lock);
	return count;
}

/* The answer is gone, and with it the peer. */
static void forget_stream(void *context)
{
	struct http_stream *stream = context;
	struct http_server *server = stream->server;
	pthread_mutex_lock(&server->lock);
	struct http_stream **link = &server->streams;
	while (*link && *link != stream)
		link = &(*link)->next;
	if (*link)
		*link = stream->next;
	pthread_mutex_unlock(&server->lock);
	pthread_mutex_lock(&stream->lock);
	stream->ended = true;
	stream->suspended = false;
	pthread_mutex_unlock(&stream->lock);
	stream_drop(stream);
}

struct http_stream *http_stream_open(struct http_server *server, size_t bytes_max)
{
	struct http_stream *stream = mem_zalloc(1, sizeof *stream);
	stream->server = server;
	stream->bytes_max = bytes_max;
	stream->holders = 1;
	pthread_mutex_init(&stream->lock, NULL);
	return stream;
}

bool http_stream_send(struct http_stream *stream, struct str bytes)
{
	pthread_mutex_lock(&stream->lock);
	if (stream->pending.len - stream->sent + bytes.len > stream->bytes_max)
		stream->ended = true;
	bool open = !stream->ended;
	if (open && stream->sent > stream->pending.len / 2) {
		memmove(stream->pending.ptr, stream->pending.ptr + stream->sent,
			stream->pending.len - stream->sent);
		stream->pending.len -= stream->sent;
		stream->sent = 0;
	}
	if (open)
		buf_add_str(&stream->pending, bytes);
	wake(stream);
	pthread_mutex_unlock(&stream->lock);
	return open;
}

void http_stream_release(struct http_stream *stream)
{
	if (!stream)
		return;
	pthread_mutex_lock(&stream->lock);
	stream->released = true;
	wake(stream);
	pthread_mutex_unlock(&stream->lock);
	stream_drop(stream);
}

/* --- requests ------------------------------------------------------------------------------------- */

struct str http_request_path(const struct http_request *request)
{
	return request->path;
}

struct str http_request_header(const struct http_request *request, const char *name)
{
	return str_from(MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, name));
}

struct each_argument {
	void (*each)(void *context, struct str name, struct str value);
	void *context;
};

static enum MHD_Result pass_argument(void *context, enum MHD_ValueKind kind, const char *name,
				     size_t name_len, const char *value, size_t value_len)
{
	(void)kind;
	const struct each_argument *to = context;
	to->each(to->context, str_make(name, name_len),
		 value ? str_make(value, value_len) : STR(""));
	return MHD_YES;
}

void http_request_each_argument(const struct http_request *request,
				void (*each)(void *context, struct str name, struct str value),
				void *context)
{
	struct each_argument to = { .each = each, .context = context };
	MHD_get_connection_values_n(request->connection, MHD_GET_ARGUMENT_KIND, pass_argument, &to);
}

/* --- answers -------------------------------------------------------------------------------------- */

static struct MHD_Response *stream_response(struct http_server *server,
					    struct MHD_Connection *connection,
					    struct http_stream *stream)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, stream, forget_stream);
	assert(response); /* out of memory only */
	pthread_mutex_lock(&server->lock);
	stream->next = server->streams;
	server->streams = stream;
	pthread_mutex_unlock(&server->lock);
	pthread_mutex_lock(&stream->lock);
	stream->connection = connection;
	stream->holders++;
	pthread_mutex_unlock(&stream->lock);
	return response;
}

static enum MHD_Result send_answer(struct http_server *server, struct MHD_Connection *connection,
				   struct http_answer *answer)
{
	struct MHD_Response *response;
	if (answer->stream) {
		response = stream_response(server, connection, answer->stream);
		buf_release(&answer->body);
	} else {
		size_t len = answer->body.len;
		response = MHD_create_response_from_buffer(len, buf_detach(&answer->body),
							   MHD_RESPMEM_MUST_FREE);
	}
	assert(response);
	if (answer->content_type)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
					answer->content_type);
	for (size_t i = 0; i < answer->header_count; i++)
		MHD_add_response_header(response, answer->headers[i].name,
					answer->headers[i].value);
	enum MHD_Result result =
		MHD_queue_response(connection, (unsigned int)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct http_server *server, struct MHD_Connection *connection,
			      int status, const char *words)
{
	static const struct http_header headers[] = { { "Allow", "GET, HEAD" },
						      { "Connection", "close" } };
	struct http_answer answer = { .status = status,
				      .content_type = "text/plain; charset=utf-8",
				      .headers = status == 405 ? headers : headers + 1,
				      .header_count = status == 405 ? 2 : 1 };
	buf_addf(&answer.body, "%s\n", words);
	return send_answer(server, connection, &answer);
}

static void *arrive(void *context, const char *uri, struct MHD_Connection *connection)
{
	(void)context;
	(void)connection;
	struct arrival *arrival = mem_zalloc(1, sizeof *arrival);
	arrival->has_zero = strstr(uri, "%00") != NULL;
	return arrival;
}

static void depart(void *context, struct MHD_Connection *connection, void **arrival,
		   enum MHD_RequestTerminationCode code)
{
	(void)context;
	(void)connection;
	(void)code;
	free(*arrival);
	*arrival = NULL;
}

static enum MHD_Result answer_request(void *context, struct MHD_Connection *connection,
				      const char *url, const char *method, const char *version,
				      const char *body, size_t *body_len, void **arrived)
{
	(void)version;
	(void)body;
	struct http_server *server = context;
	struct arrival *arrival = *arrived;
	bool known = strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
	if (!arrival->begun) {
		arrival->begun = true;
		if (!known)
			return refuse(server, connection, 405, "only GET and HEAD are answered");
		return MHD_YES;
	}
	if (*body_len > 0) {
		*body_len = 0;
		arrival->has_body = true;
		return MHD_YES;
	}
	if (arrival->has_zero || arrival->has_body)
		return refuse(server, connection, 400,
			      arrival->has_body ? "a body was not expected" : "a zero byte");
	struct http_request request = { .connection = connection, .path = str_from(url) };
	struct http_answer answer = { .status = 200 };
	server->handle(server->context, &request, &answer);
	return send_answer(server, connection, &answer);
}

/* --- beginning and end ------------------------------------------------------------------------------- */

enum err_kind http_server_start(const struct http_server_options *options,
				struct http_server **ret_server, struct err *err)
{
	struct http_server *server = mem_zalloc(1, sizeof *server);
	int fd = -1;
	size_t connections = options->connections_max ? options->connections_max :
							DEFAULT_CONNECTIONS;
	int timeout_ms = options->timeout_ms ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
	server->context = options->context;
	server->handle = options->handle;
	pthread_mutex_init(&server->lock, NULL);
	enum err_kind kind = net_listen(options->host, options->port, &fd, &server->port, err);
	if (kind == ERR_NONE) {
		server->daemon = MHD_start_daemon(
			MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
			answer_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
			MHD_OPTION_URI_LOG_CALLBACK, arrive, NULL, MHD_OPTION_NOTIFY_COMPLETED,
			depart, NULL, MHD_OPTION_CONNECTION_LIMIT, (unsigned int)connections,
			MHD_OPTION_CONNECTION_TIMEOUT, (unsigned int)((timeout_ms + 999) / 1000),
			MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX,
			MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
		if (!server->daemon)
			kind = err_errno(err, ERR_FATAL, "start an HTTP server on %s port %d",
					 options->host, server->port);
	}
	if (kind != ERR_NONE) {
		if (fd >= 0)
			close(fd);
		pthread_mutex_destroy(&server->lock);
		free(server);
		return kind == ERR_RETRY ? (err->kind = ERR_FATAL) : kind;
	}
	*ret_server = server;
	return ERR_NONE;
}

int http_server_port(const struct http_server *server)
{
	return server->port;
}

/* libmicrohttpd does not stop while connections are suspended. */
static void end_streams(struct http_server *server)
{
	pthread_mutex_lock(&server->lock);
	for (struct http_stream *stream = server->streams; stream; stream = stream->next) {
		pthread_mutex_lock(&stream->lock);
		stream->ended = true;
		wake(stream);
		pthread_mutex_unlock(&stream->lock);
	}
	pthread_mutex_unlock(&server->lock);
}

void http_server_stop(struct http_server *server)
{
	if (!server)
		return;
	MHD_socket listening = MHD_quiesce_daemon(server->daemon);
	end_streams(server);
	MHD_stop_daemon(server->daemon);
	if (listening != MHD_INVALID_SOCKET)
		close(listening);
	pthread_mutex_destroy(&server->lock);
	free(server);
}
