/* The consuming side of the wire.
 *
 *     socket ──► buffer: [ lines handed out | part of a line ]
 *                the part moves to the front, the next bytes go behind it
 *
 * The buffer takes BUFFER_BYTES, and up to LINE_BYTES_MAX only for a line that does not fit. */
#include "wire/opening.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/net.h"
#include "wire/segment.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	CONNECT_TIMEOUT_MS = 5000,
	ANSWER_TIMEOUT_MS = 10000,
	SEND_TIMEOUT_MS = 10000, /* an acknowledgement */
	CLOSE_TIMEOUT_MS = 200,  /* for the peer to read the last acknowledgement */
	BUFFER_BYTES = 1 << 20,
	INTERRUPT_LOOK_US = 100000,
};

static bool (*is_interrupted)(void); /* NULL: never */

void wire_client_interrupt_when(bool (*asked)(void))
{
	is_interrupted = asked;
}

struct wire_client {
	int fd;
	char *peer; /* HOST:PORT, for people */
	struct answer answer;
	struct position position; /* behind what was handed out */
	bool acknowledged;        /* we have sent at least one */
	int connect_timeout_ms;
	char *buffer;
	size_t cap;
	size_t start, end; /* what came and was not handed out */
	size_t scanned;    /* no newline before this */
};

static int64_t after_ms(int ms)
{
	return clock_monotonic_us() + (int64_t)ms * 1000;
}

/* Waits until the socket is ready or the time is over. Woken by a signal: not ready, too. */
static enum err_kind wait_for(const struct wire_client *client, short events, int64_t deadline_us,
			      bool *ret_ready, struct err *err)
{
	struct pollfd poller = { .fd = client->fd, .events = events };
	int64_t left_us = deadline_us - clock_monotonic_us();
	int result = poll(&poller, 1, left_us <= 0 ? 0 : (int)((left_us + 999) / 1000));
	if (result < 0 && errno != EINTR)
		return err_errno(err, ERR_FATAL, "poll %s", client->peer);
	*ret_ready = result > 0;
	return ERR_NONE;
}

/* As wait_for(), but goes on after signals; too late is ERR_RETRY. A signal may come just before the waiting
 * begins, so what it asked for is looked at again and again. */
static enum err_kind wait_until(const struct wire_client *client, short events, int64_t deadline_us,
				const char *what, struct err *err)
{
	bool ready = false;
	while (!ready) {
		int64_t look_us = clock_monotonic_us() + INTERRUPT_LOOK_US;
		TRY(wait_for(client, events, look_us < deadline_us ? look_us : deadline_us, &ready,
			     err));
		if (!ready && is_interrupted && is_interrupted())
			return err_set(err, ERR_RETRY, "%s: interrupted", client->peer);
		if (!ready && clock_monotonic_us() >= deadline_us)
			return err_set(err, ERR_RETRY, "%s: %s in time", client->peer, what);
	}
	return ERR_NONE;
}

static enum err_kind connect_to(struct wire_client *client, const struct addrinfo *address,
				struct err *err)
{
	client->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0)
		return err_errno(err, ERR_FATAL, "socket");
	net_watch_peer(client->fd);
	if (connect(client->fd, address->ai_addr, address->ai_addrlen) == 0)
		return ERR_NONE;
	if (errno != EINPROGRESS)
		return err_errno(err, ERR_RETRY, "connect to %s", client->peer);
	TRY(wait_until(client, POLLOUT, after_ms(client->connect_timeout_ms), "no connection",
		       err));
	int result = 0;
	socklen_t len = sizeof result;
	if (getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &result, &len) == 0)
		errno = result;
	return errno == 0 ? ERR_NONE : err_errno(err, ERR_RETRY, "connect to %s", client->peer);
}

static enum err_kind connect_any(struct wire_client *client, const char *host, int port,
				 struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char service[16];
	snprintf(service, sizeof service, "%d", port);
	int result = getaddrinfo(host, service, &hints, &list);
	if (result != 0)
		return err_set(err, ERR_RETRY, "connect to %s: %s", client->peer,
			       gai_strerror(result));
	enum err_kind kind = ERR_RETRY;
	for (const struct addrinfo *at = list; at && kind != ERR_NONE; at = at->ai_next) {
		if (client->fd >= 0)
			close(client->fd);
		kind = connect_to(client, at, err);
	}
	freeaddrinfo(list);
	return kind;
}

static enum err_kind send_text(struct wire_client *client, struct str text, struct err *err)
{
	int64_t deadline_us = after_ms(SEND_TIMEOUT_MS);
	while (text.len > 0) {
		ssize_t put = send(client->fd, text.ptr, text.len, MSG_NOSIGNAL);
		if (put >= 0)
			text = str_make(text.ptr + put, text.len - (size_t)put);
		else if (errno == EAGAIN)
			TRY(wait_until(client, POLLOUT, deadline_us, "nothing could be sent", err));
		else if (errno != EINTR)
			return err_errno(err, ERR_RETRY, "send to %s", client->peer);
	}
	return ERR_NONE;
}

/* Behind the last newline of what came; `start` when there is none. */
static size_t whole_lines_end(const struct wire_client *client)
{
	const char *newline =
		memrchr(client->buffer + client->scanned, '\n', client->end - client->scanned);
	return newline ? (size_t)(newline + 1 - client->buffer) : client->start;
}

static enum err_kind make_room(struct wire_client *client, struct err *err)
{
	if (client->start > 0) {
		memmove(client->buffer, client->buffer + client->start,
			client->end - client->start);
		client->end -= client->start;
		client->scanned -= client->start;
		client->start = 0;
	}
	if (client->end < client->cap)
		return ERR_NONE;
	if (client->cap == LINE_BYTES_MAX)
		return err_set(err, ERR_FATAL, "%s sent a line above %d bytes at offset %" PRIu64,
			       client->peer, LINE_BYTES_MAX, client->position.offset);
	client->cap = 2 * client->cap < LINE_BYTES_MAX ? 2 * client->cap : LINE_BYTES_MAX;
	client->buffer = mem_resize(client->buffer, client->cap);
	return ERR_NONE;
}

/* Takes what the socket has. *ret_got is false when that is nothing. */
static enum err_kind receive(struct wire_client *client, bool *ret_got, struct err *err)
{
	TRY(make_room(client, err));
	ssize_t got = recv(client->fd, client->buffer + client->end, client->cap - client->end, 0);
	*ret_got = got > 0;
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		return err_errno(err, ERR_RETRY, "receive from %s", client->peer);
	if (got == 0)
		return err_set(err, ERR_RETRY, "%s closed the connection", client->peer);
	if (got > 0)
		client->end += (size_t)got;
	return ERR_NONE;
}

/* The first line, which is borrowed until the next read. */
static enum err_kind read_first_line(struct wire_client *client, int timeout_ms, size_t max,
				     struct str *ret_line, struct err *err)
{
	int64_t deadline_us = after_ms(timeout_ms);
	const char *newline = NULL;
	while (!newline) {
		bool got;
		TRY(wait_until(client, POLLIN, deadline_us, "no answer", err));
		TRY(receive(client, &got, err));
		newline = memchr(client->buffer, '\n', client->end);
		if (!newline && client->end > max)
			return err_set(err, ERR_RETRY, "%s did not answer the hello", client->peer);
	}
	*ret_line = str_make(client->buffer, (size_t)(newline - client->buffer));
	client->start = client->scanned = ret_line->len + 1;
	return ERR_NONE;
}

static enum err_kind read_answer(struct wire_client *client, struct err *err)
{
	struct str line;
	struct err inner;
	TRY(read_first_line(client, ANSWER_TIMEOUT_MS, ANSWER_BYTES_MAX, &line, err));
	enum err_kind kind = answer_parse(line, &client->answer, &inner);
	return kind == ERR_NONE ? kind : err_set(err, kind, "%s: %s", client->peer, inner.msg);
}

/* The answer must be to what we asked. */
static enum err_kind check_answer(const struct wire_client *client, const struct hello *hello,
				  struct err *err)
{
	const struct answer *answer = &client->answer;
	if (hello->stream[0] && (strcmp(answer->stream, hello->stream) != 0 ||
				 answer->start.offset != hello->from.offset ||
				 answer->start.chain != hello->from.chain))
		return err_set(err, ERR_FATAL,
			       "%s answered with another place: stream %s offset %" PRIu64,
			       client->peer, answer->stream, answer->start.offset);
	return ERR_NONE;
}

static struct wire_client *client_new(const char *host, int port, size_t buffer_bytes)
{
	struct wire_client *client = mem_zalloc(1, sizeof *client);
	client->fd = -1;
	client->peer = mem_printf("%s:%d", host, port);
	client->connect_timeout_ms = CONNECT_TIMEOUT_MS;
	client->cap = buffer_bytes;
	client->buffer = mem_alloc(client->cap);
	return client;
}

static enum err_kind connect_and_send(struct wire_client *client, const char *host, int port,
				      const struct hello *hello, struct err *err)
{
	struct buf text = { 0 };
	TRY(connect_any(client, host, port, err));
	hello_write(&text, hello);
	buf_add_byte(&text, '\n');
	enum err_kind kind = send_text(client, buf_str(&text), err);
	buf_release(&text);
	return kind;
}

static enum err_kind open_with(const char *host, int port, const struct hello *hello,
			       struct wire_client **ret_client, struct err *err)
{
	struct wire_client *client = client_new(host, port, BUFFER_BYTES);
	enum err_kind kind = connect_and_send(client, host, port, hello, err);
	if (kind == ERR_NONE)
		kind = read_answer(client, err);
	if (kind == ERR_NONE)
		kind = check_answer(client, hello, err);
	client->position = client->answer.start;
	if (kind == ERR_NONE)
		*ret_client = client;
	else
		wire_client_close(client);
	return kind;
}

static void set_stream(struct hello *hello, const char *stream, struct position from)
{
	assert(uuid_valid(str_from(stream)));
	memcpy(hello->stream, stream, UUID_TEXT);
	hello->from = from;
}

enum err_kind wire_client_open(const char *host, int port, const struct wire_resume *resume,
			       struct wire_client **ret_client, struct err *err)
{
	struct hello hello = { .kind = HELLO_RESUME, .requests = resume->requests };
	assert(uuid_valid(str_from(resume->lake)));
	memcpy(hello.lake, resume->lake, UUID_TEXT);
	if (resume->stream)
		set_stream(&hello, resume->stream, resume->from);
	return open_with(host, port, &hello, ret_client, err);
}

enum err_kind wire_client_tap(const char *host, int port, const char *stream, struct position from,
			      struct wire_client **ret_client, struct err *err)
{
	struct hello hello = { .kind = HELLO_TAP };
	set_stream(&hello, stream, from);
	return open_with(host, port, &hello, ret_client, err);
}

static enum err_kind read_status(struct wire_client *client, int timeout_ms, struct buf *ret,
				 struct err *err)
{
	struct str line;
	struct err inner;
	TRY(read_first_line(client, timeout_ms, STATUS_BYTES_MAX + ANSWER_BYTES_MAX, &line, err));
	enum err_kind kind = status_check(line, &inner);
	if (kind != ERR_NONE)
		return err_set(err, kind, "%s: %s", client->peer, inner.msg);
	buf_add_str(ret, line);
	return ERR_NONE;
}

enum err_kind wire_status(const char *host, int port, int timeout_ms, struct buf *ret,
			  struct err *err)
{
	struct hello hello = { .kind = HELLO_STATUS };
	struct wire_client *client = client_new(host, port, ANSWER_BYTES_MAX);
	client->connect_timeout_ms = timeout_ms;
	enum err_kind kind = connect_and_send(client, host, port, &hello, err);
	if (kind == ERR_NONE)
		kind = read_status(client, timeout_ms, ret, err);
	wire_client_close(client);
	return kind;
}

/* Closing while bytes are unread resets the connection, and the peer might lose an acknowledgement
 * that is under way: so it gets a moment to read it and to close first. */
static void say_goodbye(struct wire_client *client)
{
	struct err ignored;
	int64_t deadline_us = after_ms(CLOSE_TIMEOUT_MS);
	bool open = shutdown(client->fd, SHUT_WR) == 0;
	while (open && clock_monotonic_us() < deadline_us) {
		bool ready;
		ssize_t got = recv(client->fd, client->buffer, client->cap, 0);
		open = got > 0 ||
		       (got < 0 && errno == EAGAIN &&
			wait_for(client, POLLIN, deadline_us, &ready, &ignored) == ERR_NONE);
	}
}

void wire_client_close(struct wire_client *client)
{
	if (!client)
		return;
	if (client->acknowledged)
		say_goodbye(client);
	if (client->fd >= 0)
		close(client->fd);
	free(client->buffer);
	free(client->peer);
	free(client);
}

const char *wire_client_stream(const struct wire_client *client)
{
	return client->answer.stream;
}

int wire_client_fd(const struct wire_client *client)
{
	return client->fd;
}

struct position wire_client_start(const struct wire_client *client)
{
	return client->answer.start;
}

uint64_t wire_client_end(const struct wire_client *client)
{
	return client->answer.end;
}

enum err_kind wire_client_read(struct wire_client *client, int timeout_ms, struct str *ret_lines,
			       struct position *ret_position, struct err *err)
{
	int64_t deadline_us = after_ms(timeout_ms);
	bool ready = true;
	size_t lines_end;
	while ((lines_end = whole_lines_end(client)) == client->start && ready) {
		bool got;
		client->scanned = client->end;
		TRY(receive(client, &got, err));
		if (!got)
			TRY(wait_for(client, POLLIN, deadline_us, &ready, err));
	}
	struct str lines = str_make(client->buffer + client->start, lines_end - client->start);
	if (lines.len > 0) {
		client->position.offset += lines.len;
		client->position.chain = chain_lines(client->position.chain, lines);
		client->start = client->scanned = lines_end;
	}
	*ret_lines = lines;
	*ret_position = client->position;
	return ERR_NONE;
}

enum err_kind wire_client_acknowledge(struct wire_client *client, uint64_t offset, struct err *err)
{
	char text[48];
	int len = snprintf(text, sizeof text, "{\"ack\":%" PRIu64 "}\n", offset);
	client->acknowledged = true;
	return send_text(client, str_make(text, (size_t)len), err);
}
