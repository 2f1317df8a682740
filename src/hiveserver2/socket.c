/* Messages over TCP. Without SASL they follow each other as they are: only who reads one knows its end. With
 * SASL PLAIN a handshake comes first,
 *
 *     each step: status (1 byte) | length (4 bytes, big-endian) | payload
 *     us: START "PLAIN"   us: OK "\0USER\0PASSWORD"   server: COMPLETE, or BAD or ERROR and its reason
 *
 * and every message after it has its length in front, as in Thrift's framed transport. */
#include "hiveserver2/private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { SASL_START = 1, SASL_OK = 2, SASL_BAD = 3, SASL_ERROR = 4, SASL_COMPLETE = 5 };
enum { SASL_PAYLOAD_MAX = 4096, LOOK_MS = 200 };

struct socket_wire {
	struct hive_wire base;
	int fd;
	size_t frame_left; /* of the answer that is read; only with SASL */
	size_t at, len;    /* of `bytes`, not yet taken */
	char bytes[64 << 10];
};

static enum err_kind fail(const struct socket_wire *wire, struct err *err)
{
	return err_wrap(err, "%s:%d", wire->base.server->host, wire->base.server->port);
}

static enum err_kind wait_for(const struct socket_wire *wire, short events, struct err *err)
{
	const struct hive_server *server = wire->base.server;
	int64_t end_us = clock_monotonic_us() + server->stall_us;
	for (;;) {
		struct pollfd poller = { .fd = wire->fd, .events = events };
		int ready = poll(&poller, 1, LOOK_MS);
		if (ready > 0)
			return ERR_NONE;
		if (ready < 0 && errno != EINTR)
			return err_errno(err, ERR_FATAL, "poll");
		if (hive_stopped(server))
			return err_set(err, ERR_RETRY, "stopped");
		if (clock_monotonic_us() >= end_us)
			return err_set(err, ERR_RETRY, "silent for %lld seconds",
				       (long long)(server->stall_us / 1000000));
	}
}

/* --- connecting ------------------------------------------------------------------------------------------ */

static enum err_kind connect_to(struct socket_wire *wire, const struct addrinfo *address,
				struct err *err)
{
	int result = 0;
	socklen_t len = sizeof result;
	if (wire->fd >= 0)
		close(wire->fd);
	wire->fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (wire->fd < 0)
		return err_errno(err, ERR_FATAL, "socket");
	net_watch_peer(wire->fd);
	if (connect(wire->fd, address->ai_addr, address->ai_addrlen) == 0)
		return ERR_NONE;
	if (errno != EINPROGRESS)
		return err_errno(err, ERR_RETRY, "connect");
	TRY(wait_for(wire, POLLOUT, err));
	if (getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &result, &len) == 0)
		errno = result;
	return errno == 0 ? ERR_NONE : err_errno(err, ERR_RETRY, "connect");
}

static enum err_kind connect_any(struct socket_wire *wire, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list = NULL;
	char service[16];
	snprintf(service, sizeof service, "%d", wire->base.server->port);
	int result = getaddrinfo(wire->base.server->host, service, &hints, &list);
	if (result != 0)
		return err_set(err, ERR_RETRY, "%s", gai_strerror(result));
	enum err_kind kind = ERR_RETRY;
	for (const struct addrinfo *at = list; at && kind == ERR_RETRY; at = at->ai_next)
		kind = connect_to(wire, at, err);
	freeaddrinfo(list);
	return kind;
}

/* --- bytes ------------------------------------------------------------------------------------------------ */

static enum err_kind send_all(struct socket_wire *wire, struct str bytes, struct err *err)
{
	while (bytes.len > 0) {
		ssize_t put = send(wire->fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
		if (put >= 0)
			bytes = str_make(bytes.ptr + put, bytes.len - (size_t)put);
		else if (errno == EAGAIN)
			TRY(wait_for(wire, POLLOUT, err));
		else if (errno != EINTR)
			return err_errno(err, ERR_RETRY, "send");
	}
	return ERR_NONE;
}

static enum err_kind fill(struct socket_wire *wire, struct err *err)
{
	for (;;) {
		ssize_t got = recv(wire->fd, wire->bytes, sizeof wire->bytes, 0);
		if (got > 0) {
			wire->at = 0;
			wire->len = (size_t)got;
			return ERR_NONE;
		}
		if (got == 0)
			return err_set(err, ERR_RETRY, "the server closed the connection");
		if (errno == EAGAIN)
			TRY(wait_for(wire, POLLIN, err));
		else if (errno != EINTR)
			return err_errno(err, ERR_RETRY, "receive");
	}
}

static enum err_kind take(struct socket_wire *wire, void *ret, size_t max, size_t *ret_len,
			  struct err *err)
{
	if (wire->at == wire->len)
		TRY(fill(wire, err));
	*ret_len = max < wire->len - wire->at ? max : wire->len - wire->at;
	memcpy(ret, wire->bytes + wire->at, *ret_len);
	wire->at += *ret_len;
	return ERR_NONE;
}

static enum err_kind take_all(struct socket_wire *wire, void *ret, size_t len, struct err *err)
{
	for (size_t done = 0, got; done < len; done += got)
		TRY(take(wire, (char *)ret + done, len - done, &got, err));
	return ERR_NONE;
}

static void add_length(struct buf *buf, size_t len)
{
	uint32_t number = htonl((uint32_t)len);
	buf_add(buf, &number, sizeof number);
}

static enum err_kind take_length(struct socket_wire *wire, size_t max, size_t *ret_len,
				 struct err *err)
{
	uint32_t number;
	TRY(take_all(wire, &number, sizeof number, err));
	*ret_len = ntohl(number);
	if (*ret_len <= max)
		return ERR_NONE;
	return err_set(err, ERR_REJECT, "a length of %zu bytes: no answer is that long", *ret_len);
}

/* --- SASL -------------------------------------------------------------------------------------------------- */

static enum err_kind send_steps(struct socket_wire *wire, struct err *err)
{
	const struct hive_server *server = wire->base.server;
	const char *password = server->password ? server->password : "anonymous";
	size_t user_len = strlen(server->user), password_len = strlen(password);
	struct buf steps = { 0 };
	buf_add_byte(&steps, SASL_START);
	add_length(&steps, strlen("PLAIN"));
	buf_add_text(&steps, "PLAIN");
	buf_add_byte(&steps, SASL_OK);
	add_length(&steps, 2 + user_len + password_len);
	buf_add_byte(&steps, '\0');
	buf_add(&steps, server->user, user_len);
	buf_add_byte(&steps, '\0');
	buf_add(&steps, password, password_len);
	enum err_kind kind = send_all(wire, buf_str(&steps), err);
	explicit_bzero(steps.ptr, steps.cap);
	buf_release(&steps);
	return kind;
}

static enum err_kind read_verdict(struct socket_wire *wire, struct err *err)
{
	unsigned char status;
	size_t len;
	char reason[SASL_PAYLOAD_MAX];
	TRY(take_all(wire, &status, 1, err));
	if (status < SASL_START || status > SASL_COMPLETE)
		return err_set(err, ERR_REJECT, "0x%02x is no answer to a SASL handshake", status);
	TRY(take_length(wire, sizeof reason, &len, err));
	TRY(take_all(wire, reason, len, err));
	if (status == SASL_COMPLETE)
		return ERR_NONE;
	return err_set(err, ERR_REJECT, "user %s is not let in: %.*s", wire->base.server->user,
		       (int)len, reason);
}

static enum err_kind shake_hands(struct socket_wire *wire, struct err *err)
{
	enum err_kind kind = send_steps(wire, err);
	if (kind == ERR_NONE)
		kind = read_verdict(wire, err);
	if (kind == ERR_NONE)
		return ERR_NONE;
	err_wrap(err, "SASL");
	return err_hint(err, "a server with hive.server2.authentication=NOSASL wants ;auth=noSasl");
}

/* --- the wire ---------------------------------------------------------------------------------------------- */

static enum err_kind socket_send(struct hive_wire *base, struct str message, struct err *err)
{
	struct socket_wire *wire = (struct socket_wire *)base;
	struct buf head = { 0 };
	enum err_kind kind = ERR_NONE;
	wire->frame_left = 0;
	if (base->server->sasl) {
		add_length(&head, message.len);
		kind = send_all(wire, buf_str(&head), err);
		buf_release(&head);
	}
	if (kind == ERR_NONE)
		kind = send_all(wire, message, err);
	return kind == ERR_NONE ? ERR_NONE : fail(wire, err);
}

static enum err_kind socket_receive(struct hive_wire *base, void *ret, size_t max, size_t *ret_len,
				    struct err *err)
{
	struct socket_wire *wire = (struct socket_wire *)base;
	enum err_kind kind = ERR_NONE;
	while (kind == ERR_NONE && base->server->sasl && wire->frame_left == 0)
		kind = take_length(wire, HIVE_MESSAGE_MAX, &wire->frame_left, err);
	if (kind == ERR_NONE && base->server->sasl && max > wire->frame_left)
		max = wire->frame_left;
	if (kind == ERR_NONE)
		kind = take(wire, ret, max, ret_len, err);
	if (kind != ERR_NONE)
		return fail(wire, err);
	if (base->server->sasl)
		wire->frame_left -= *ret_len;
	return ERR_NONE;
}

static bool socket_is_idle(const struct hive_wire *base)
{
	const struct socket_wire *wire = (const struct socket_wire *)base;
	struct pollfd poller = { .fd = wire->fd, .events = POLLIN };
	return wire->at == wire->len && poll(&poller, 1, 0) == 0;
}

static void socket_close(struct hive_wire *base)
{
	struct socket_wire *wire = (struct socket_wire *)base;
	if (wire->fd >= 0)
		close(wire->fd);
	free(wire);
}

enum err_kind hive_socket_open(const struct hive_server *server, struct hive_wire **ret_wire,
			       struct err *err)
{
	static const struct hive_wire_ops ops = { .send = socket_send,
						  .receive = socket_receive,
						  .is_idle = socket_is_idle,
						  .close = socket_close };
	struct socket_wire *wire = mem_alloc(sizeof *wire);
	wire->base = (struct hive_wire){ .ops = &ops, .server = server };
	wire->fd = -1;
	wire->frame_left = wire->at = wire->len = 0;
	enum err_kind kind = connect_any(wire, err);
	if (kind == ERR_NONE && server->sasl)
		kind = shake_hands(wire, err);
	if (kind != ERR_NONE) {
		fail(wire, err);
		socket_close(&wire->base);
		return kind;
	}
	*ret_wire = &wire->base;
	return ERR_NONE;
}
