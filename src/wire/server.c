/* The server: one thread, one epoll loop.
 *
 *     listen socket ──► accept ──► connection (connection.c)
 *     journals' eventfds ──► the synced end moved: every stream that waits gets the rest
 *     deadlines ──► hello timeouts, goodbyes
 *
 * The thread reads segment files itself and touches the journal only through its mutex. All signals
 * are blocked in it: they belong to the process's own loop, and sendfile() to a closed socket would
 * raise SIGPIPE. */
#include "wire/server.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/net.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	EVENTS_MAX = 64,
	ACCEPT_PAUSE_MS = 100, /* after accept() failed for want of descriptors or memory */
};

void wire_server_note(struct wire_server *server, const struct err *err)
{
	if (server->err.kind == ERR_NONE)
		server->err = *err;
}

size_t wire_server_count(const struct wire_server *server, enum connection_state state)
{
	size_t count = 0;
	for (size_t i = 0; i < server->count; i++)
		count += server->connections[i]->state == state;
	return count;
}

int wire_server_port(const struct wire_server *server)
{
	return server->port;
}

/* Of those who have no place yet, or are about to go, there may be as many as there may be taps. */
static bool has_room(const struct wire_server *server)
{
	return wire_server_count(server, CONNECTION_OPENING) +
		       wire_server_count(server, CONNECTION_LINGER) <
	       server->clients_max;
}

static void listen_for(struct wire_server *server, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = server };
	struct err err;
	if (epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, server->listen_fd, &event) != 0) {
		err_errno(&err, ERR_FATAL, "epoll_ctl");
		wire_server_note(server, &err);
	}
}

static void accept_one(struct wire_server *server)
{
	int fd = accept4(server->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			listen_for(server, 0);
			server->accept_again_us = clock_monotonic_us() + ACCEPT_PAUSE_MS * 1000;
		}
		return;
	}
	if (!has_room(server)) {
		buf_reset(&server->answer);
		refusal_write(&server->answer, "too many connections", true);
		ssize_t ignored = send(fd, server->answer.ptr, server->answer.len, MSG_NOSIGNAL);
		(void)ignored;
		close(fd);
		return;
	}
	net_watch_peer(fd);
	MEM_GROW(server->connections, server->cap, server->count + 1);
	server->connections[server->count++] = wire_connection_new(server, fd);
}

static int timeout_ms(const struct wire_server *server)
{
	int64_t next = server->accept_again_us;
	for (size_t i = 0; i < server->count; i++) {
		int64_t deadline = server->connections[i]->deadline_us;
		if (deadline && (!next || deadline < next))
			next = deadline;
	}
	if (!next)
		return -1;
	int64_t wait_us = next - clock_monotonic_us();
	return wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
}

static void expire(struct wire_server *server)
{
	int64_t now = clock_monotonic_us();
	if (server->accept_again_us && server->accept_again_us <= now) {
		server->accept_again_us = 0;
		listen_for(server, EPOLLIN);
	}
	for (size_t i = 0; i < server->count; i++) {
		struct connection *connection = server->connections[i];
		if (connection->deadline_us && connection->deadline_us <= now)
			wire_connection_expire(server, connection);
	}
}

static void forget_closed(struct wire_server *server)
{
	size_t kept = 0;
	for (size_t i = 0; i < server->count; i++) {
		if (server->connections[i]->state == CONNECTION_CLOSED)
			wire_connection_free(server->connections[i]);
		else
			server->connections[kept++] = server->connections[i];
	}
	server->count = kept;
}

static void end_moved(struct wire_server *server, const struct journal *journal)
{
	uint64_t ignored;
	ssize_t got = read(journal->wake_fd, &ignored, sizeof ignored);
	(void)got;
	for (size_t i = 0; i < server->count; i++) {
		struct connection *connection = server->connections[i];
		if (connection->journal == journal && !(connection->events & EPOLLOUT))
			wire_connection_send(server, connection);
	}
}

static void dispatch(struct wire_server *server, const struct epoll_event *event)
{
	if (event->data.ptr == server)
		accept_one(server);
	else if (event->data.ptr == server->journal || event->data.ptr == server->requests)
		end_moved(server, event->data.ptr);
	else
		wire_connection_event(server, event->data.ptr, event->events);
}

static void *run(void *arg)
{
	struct wire_server *server = arg;
	struct epoll_event events[EVENTS_MAX];
	while (!atomic_load(&server->stopping)) {
		int count = epoll_wait(server->epoll_fd, events, EVENTS_MAX, timeout_ms(server));
		if (count < 0 && errno != EINTR) {
			struct err err;
			err_errno(&err, ERR_FATAL, "epoll_wait");
			wire_server_note(server, &err);
			break;
		}
		for (int i = 0; i < count; i++)
			dispatch(server, &events[i]);
		expire(server);
		forget_closed(server);
	}
	return NULL;
}

static enum err_kind watch(struct wire_server *server, int fd, void *what, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = what };
	if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		return err_errno(err, ERR_FATAL, "epoll_ctl");
	return ERR_NONE;
}

static enum err_kind start_thread(struct wire_server *server, struct err *err)
{
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int result = pthread_create(&server->thread, NULL, run, server);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = result;
	return result == 0 ? ERR_NONE : err_errno(err, ERR_FATAL, "start the server's thread");
}

void wire_server_set_status(struct wire_server *server, struct str status)
{
	assert(status.len <= STATUS_BYTES_MAX && !memchr(status.ptr, '\n', status.len));
	pthread_mutex_lock(&server->status_mutex);
	buf_reset(&server->status);
	buf_add_str(&server->status, status);
	pthread_mutex_unlock(&server->status_mutex);
}

static void server_free(struct wire_server *server)
{
	for (size_t i = 0; i < server->count; i++)
		wire_connection_free(server->connections[i]);
	free(server->connections);
	if (server->listen_fd >= 0)
		close(server->listen_fd);
	if (server->epoll_fd >= 0)
		close(server->epoll_fd);
	buf_release(&server->scratch);
	buf_release(&server->answer);
	buf_release(&server->status);
	pthread_mutex_destroy(&server->status_mutex);
	free(server);
}

enum err_kind wire_server_start(struct journal *journal, const struct wire_server_options *options,
				struct wire_server **ret_server, struct err *err)
{
	assert(!journal->served);
	assert(options->port >= 0 && options->port <= UINT16_MAX && options->clients_max > 0);
	struct wire_server *server = mem_zalloc(1, sizeof *server);
	server->journal = journal;
	server->requests = options->requests;
	server->trusted_from = journal_end(journal).offset;
	server->hello_timeout_ms = options->hello_timeout_ms;
	server->clients_max = options->clients_max;
	pthread_mutex_init(&server->status_mutex, NULL);
	server->listen_fd = -1;
	server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	enum err_kind kind = ERR_NONE;
	if (server->epoll_fd < 0)
		kind = err_errno(err, ERR_FATAL, "epoll_create");
	if (kind == ERR_NONE)
		kind = net_listen(options->host, options->port, &server->listen_fd, &server->port,
				  err);
	if (kind == ERR_NONE)
		kind = watch(server, server->listen_fd, server, err);
	if (kind == ERR_NONE)
		kind = watch(server, journal->wake_fd, journal, err);
	if (kind == ERR_NONE && server->requests)
		kind = watch(server, server->requests->wake_fd, server->requests, err);
	if (kind == ERR_NONE)
		kind = start_thread(server, err);
	if (kind != ERR_NONE) {
		server_free(server);
		return kind;
	}
	journal->served = true;
	if (server->requests)
		server->requests->served = true;
	*ret_server = server;
	return ERR_NONE;
}

enum err_kind wire_server_stop(struct wire_server *server, struct err *err)
{
	if (!server)
		return ERR_NONE;
	struct journal *journal = server->journal;
	uint64_t one = 1;
	atomic_store(&server->stopping, true);
	ssize_t put = write(journal->wake_fd, &one, sizeof one);
	assert(put == (ssize_t)sizeof one);
	pthread_join(server->thread, NULL);
	journal->served = false;
	if (server->requests)
		server->requests->served = false;
	enum err_kind kind = server->err.kind;
	if (kind != ERR_NONE)
		err_set(err, kind, "%s", server->err.msg);
	server_free(server);
	return kind;
}
