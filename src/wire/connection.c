/* One connection to the server.
 *
 *     OPENING ── no byte within hello_timeout ──► RAW
 *        │ ───── hello: tap ────────────────────► TAP
 *        │ ───── hello: resume ─────────────────► CERTAIN   (closes the one before it; there is one
 *        │                                                   of posts and one of request records)
 *        └────── status, or anything else ──► LINGER ──► CLOSED
 *
 * A connection that streams has no buffer of ours: bytes go from the file to the socket, and how
 * far it has got is all we remember. So a slow peer costs one file descriptor and nothing else, and
 * a fast one is stopped after SEND_SLICE_BYTES until the others had their turn. What a peer sends
 * us never takes more than `input`. */
#include "wire/server.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

static int64_t after_ms(int64_t ms)
{
	return clock_monotonic_us() + ms * 1000;
}

static void close_now(struct connection *connection)
{
	if (connection->state == CONNECTION_CLOSED)
		return;
	connection->state = CONNECTION_CLOSED;
	connection->deadline_us = 0;
	close(connection->fd);
	connection->fd = -1;
}

static void ask_for(struct wire_server *server, struct connection *connection, uint32_t events)
{
	if (connection->input_ended)
		events &= ~(uint32_t)EPOLLIN;
	if (events == connection->events)
		return;
	struct epoll_event event = { .events = events, .data.ptr = connection };
	connection->events = events;
	if (epoll_ctl(server->epoll_fd, EPOLL_CTL_MOD, connection->fd, &event) != 0)
		close_now(connection);
}

struct connection *wire_connection_new(struct wire_server *server, int fd)
{
	struct connection *connection = mem_zalloc(1, sizeof *connection);
	connection->fd = fd;
	connection->journal = server->journal;
	connection->state = CONNECTION_OPENING;
	connection->deadline_us = after_ms(server->hello_timeout_ms);
	connection->events = EPOLLIN;
	extent_reader_init(&connection->reader, server->journal->dir);
	extent_reader_init(&connection->acknowledged, server->journal->dir);
	connection->reader.trusted_from = server->trusted_from;
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };
	if (epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, fd, &event) != 0)
		close_now(connection);
	return connection;
}

void wire_connection_free(struct connection *connection)
{
	if (connection->fd >= 0)
		close(connection->fd);
	extent_reader_release(&connection->reader);
	extent_reader_release(&connection->acknowledged);
	free(connection);
}

/* Sends the few bytes in server->answer. A socket that cannot even take these is given up. */
static bool send_answer(struct wire_server *server, struct connection *connection)
{
	struct str answer = buf_str(&server->answer);
	ssize_t put = send(connection->fd, answer.ptr, answer.len, MSG_NOSIGNAL);
	if (put == (ssize_t)answer.len)
		return true;
	close_now(connection);
	return false;
}

/* Sends server->answer as the last words. */
static void send_and_linger(struct wire_server *server, struct connection *connection)
{
	if (!send_answer(server, connection))
		return;
	/* Closing while bytes of the peer are unread would reset the connection, and the peer might
	 * never read our words. */
	shutdown(connection->fd, SHUT_WR);
	connection->state = CONNECTION_LINGER;
	connection->deadline_us = after_ms(LINGER_MS);
	connection->input_len = 0;
	ask_for(server, connection, EPOLLIN);
}

void wire_connection_refuse(struct wire_server *server, struct connection *connection,
			    const char *words, bool busy)
{
	buf_reset(&server->answer);
	refusal_write(&server->answer, words, busy);
	send_and_linger(server, connection);
}

static struct progress_of progress_of(const struct journal *journal)
{
	if (!journal)
		return (struct progress_of){ 0 };
	return (struct progress_of){ .stream = journal_stream(journal),
				     .end = journal_end(journal).offset,
				     .acknowledged = journal_acknowledged(journal) };
}

static void tell_status(struct wire_server *server, struct connection *connection)
{
	struct progress_of posts = progress_of(server->journal),
			   requests = progress_of(server->requests);
	buf_reset(&server->answer);
	pthread_mutex_lock(&server->status_mutex);
	status_write(&server->answer, &posts, &requests, buf_str(&server->status));
	pthread_mutex_unlock(&server->status_mutex);
	send_and_linger(server, connection);
}

/* Sends up to `budget` bytes of what the reader is in. False: not now, or never. */
static bool send_some(struct connection *connection, size_t *budget)
{
	struct extent_reader *reader = &connection->reader;
	uint64_t left = extent_reader_left(reader);
	off_t at = (off_t)extent_reader_file_at(reader);
	ssize_t put = sendfile(connection->fd, reader->segment.fd, &at,
			       left < *budget ? (size_t)left : *budget);
	if (put < 0 && errno == EINTR)
		return true;
	if (put < 0 && errno == EAGAIN)
		return false;
	if (put <= 0) {
		close_now(connection);
		return false;
	}
	extent_reader_consume(reader, (uint64_t)put);
	*budget -= (size_t)put;
	return true;
}

/* Goes into the extent with the next byte below `end`. */
static enum err_kind fill(struct wire_server *server, struct extent_reader *reader, uint64_t end,
			  struct err *err)
{
	TRY(extent_reader_fill(reader, end, &server->scratch, err));
	if (reader->offset < end && !reader->inside)
		return err_set(err, ERR_FATAL, "%s: nothing valid at byte %" PRIu64,
			       reader->segment.path, reader->segment.at);
	return ERR_NONE;
}

void wire_connection_send(struct wire_server *server, struct connection *connection)
{
	if (connection->state != CONNECTION_RAW && connection->state != CONNECTION_TAP &&
	    connection->state != CONNECTION_CERTAIN)
		return;
	struct extent_reader *reader = &connection->reader;
	uint64_t end = journal_end(connection->journal).offset;
	size_t budget = SEND_SLICE_BYTES;
	bool more = true;
	while (more && budget > 0 && reader->offset < end) {
		struct err err;
		enum err_kind kind = fill(server, reader, end, &err);
		if (kind != ERR_NONE) {
			/* A peer that was overtaken by deletion is its own affair. */
			if (kind != ERR_RETRY)
				wire_server_note(server, &err);
			close_now(connection);
			return;
		}
		more = send_some(connection, &budget);
	}
	if (connection->state != CONNECTION_CLOSED)
		ask_for(server, connection,
			reader->offset < end ? EPOLLIN | EPOLLOUT : (uint32_t)EPOLLIN);
}

/* True when the peer may not become one more tap; it has been told. */
static bool too_many_taps(struct wire_server *server, struct connection *connection)
{
	if (wire_server_count(server, CONNECTION_RAW) + wire_server_count(server, CONNECTION_TAP) <
	    server->clients_max)
		return false;
	wire_connection_refuse(server, connection, "too many connections", true);
	return true;
}

static void become_raw(struct wire_server *server, struct connection *connection)
{
	struct err err;
	uint64_t oldest, chain;
	enum err_kind kind;
	if (too_many_taps(server, connection))
		return;
	do {
		oldest = journal_oldest(server->journal);
		kind = extent_reader_seek(&connection->reader, oldest, &server->scratch, &chain,
					  &err);
	} while (kind == ERR_RETRY && journal_oldest(server->journal) != oldest);
	if (kind != ERR_NONE) {
		wire_server_note(server, &err);
		wire_connection_refuse(server, connection, err.msg, false);
		return;
	}
	connection->state = CONNECTION_RAW;
	connection->deadline_us = 0;
	wire_connection_send(server, connection);
}

/* The number that a request record begins with. */
static bool read_number(struct str line, uint64_t *ret)
{
	static const char name[] = "{\"number\":";
	if (!str_starts(line, str_from(name)))
		return false;
	struct str rest = str_make(line.ptr + sizeof name - 1, line.len - sizeof name + 1), digits;
	return str_split(&rest, ',', &digits) && str_to_u64(digits, ret);
}

/* Where the first record that has at least this number begins. */
static enum err_kind find_record(struct wire_server *server, struct connection *connection,
				 uint64_t number, uint64_t *ret_offset, struct err *err)
{
	struct extent_reader *reader = &connection->reader;
	uint64_t end = journal_end(connection->journal).offset, chain, found;
	uint64_t offset = journal_oldest(connection->journal);
	TRY(extent_reader_seek(reader, offset, &server->scratch, &chain, err));
	while (offset < end) {
		struct str line;
		TRY(fill(server, reader, end, err));
		struct str rest = extent_lines(&reader->extent, &server->scratch);
		extent_reader_consume(reader, extent_reader_left(reader));
		while (rest.len > 0 && str_split(&rest, '\n', &line)) {
			if (read_number(line, &found) && found >= number)
				goto out;
			offset += line.len + 1;
		}
	}
out:
	*ret_offset = offset;
	return ERR_NONE;
}

static enum err_kind find_offset(struct wire_server *server, struct connection *connection,
				 const struct hello *hello, uint64_t *ret_offset, struct err *err)
{
	if (hello->stream[0])
		*ret_offset = hello->from.offset;
	else if (hello->kind == HELLO_RESUME)
		*ret_offset = journal_acknowledged(connection->journal);
	else
		return find_record(server, connection, hello->number, ret_offset, err);
	return ERR_NONE;
}

/* Proves that the hello fits the journal and puts the reader there. */
static enum err_kind find_start(struct wire_server *server, struct connection *connection,
				const struct hello *hello, struct answer *ret, struct err *err)
{
	const struct journal *journal = connection->journal;
	struct extent_reader *reader = &connection->reader;
	bool known = hello->stream[0] != '\0';
	if (known && strcmp(hello->stream, journal_stream(journal)) != 0)
		return err_set(err, ERR_REJECT, "unknown stream %s: this journal is stream %s",
			       hello->stream, journal_stream(journal));
	struct answer answer = { .end = journal_end(journal).offset };
	memcpy(answer.stream, journal_stream(journal), UUID_TEXT);
	TRY(find_offset(server, connection, hello, &answer.start.offset, err));
	if (answer.start.offset > answer.end)
		return err_set(err, ERR_REJECT,
			       "offset %" PRIu64 " is beyond the synced end %" PRIu64,
			       answer.start.offset, answer.end);
	TRY(extent_reader_seek(reader, answer.start.offset, &server->scratch, &answer.start.chain,
			       err));
	if (known && answer.start.chain != hello->from.chain)
		return err_set(err, ERR_REJECT, "wrong chain at offset %" PRIu64,
			       answer.start.offset);
	TRY(fill(server, reader, answer.end, err));
	*ret = answer;
	return ERR_NONE;
}

/* The peer is the lake's consumer now, and has what is below its offset. */
static enum err_kind take_over(struct wire_server *server, struct connection *connection,
			       const struct hello *hello, uint64_t offset, struct err *err)
{
	TRY(journal_claim(connection->journal, hello->lake, err));
	TRY(journal_acknowledge(connection->journal, offset, err));
	for (size_t i = 0; i < server->count; i++) {
		struct connection *other = server->connections[i];
		if (other->state == CONNECTION_CERTAIN && other->journal == connection->journal)
			close_now(other);
	}
	return ERR_NONE;
}

/* Which of the journals is meant, before anything of it is read. */
static enum err_kind choose_journal(struct wire_server *server, struct connection *connection,
				    const struct hello *hello, struct err *err)
{
	if (!hello->requests)
		return ERR_NONE;
	if (!server->requests)
		return err_set(err, ERR_REJECT, "\"requests\" is not served here");
	connection->journal = server->requests;
	extent_reader_init(&connection->reader, server->requests->dir);
	extent_reader_init(&connection->acknowledged, server->requests->dir);
	return ERR_NONE;
}

static void say_hello(struct wire_server *server, struct connection *connection, struct str line)
{
	struct hello hello;
	struct answer answer;
	struct err err;
	enum err_kind kind = hello_parse(line, &hello, &err);
	if (kind == ERR_NONE && hello.kind == HELLO_STATUS) {
		tell_status(server, connection);
		return;
	}
	if (kind == ERR_NONE && hello.kind == HELLO_TAP && too_many_taps(server, connection))
		return;
	if (kind == ERR_NONE)
		kind = choose_journal(server, connection, &hello, &err);
	if (kind == ERR_NONE)
		kind = find_start(server, connection, &hello, &answer, &err);
	if (kind == ERR_NONE && hello.kind == HELLO_RESUME)
		kind = take_over(server, connection, &hello, answer.start.offset, &err);
	if (kind != ERR_NONE) {
		if (kind == ERR_FATAL)
			wire_server_note(server, &err);
		wire_connection_refuse(server, connection, err.msg, false);
		return;
	}
	buf_reset(&server->answer);
	answer_write(&server->answer, &answer);
	if (!send_answer(server, connection))
		return;
	connection->state = hello.kind == HELLO_TAP ? CONNECTION_TAP : CONNECTION_CERTAIN;
	connection->deadline_us = 0;
	wire_connection_send(server, connection);
}

/* An acknowledged offset lies between two lines, and behind nothing that was not sent. */
static bool acknowledge(struct wire_server *server, struct connection *connection, struct str line)
{
	struct err err;
	uint64_t offset, chain;
	if (line.len > ACK_BYTES_MAX || !ack_parse(line, &offset) ||
	    offset > connection->reader.offset)
		return false;
	if (offset <= journal_acknowledged(connection->journal))
		return true;
	enum err_kind kind = extent_reader_seek(&connection->acknowledged, offset, &server->scratch,
						&chain, &err);
	if (kind == ERR_NONE)
		kind = journal_acknowledge(connection->journal, offset, &err);
	if (kind == ERR_FATAL)
		wire_server_note(server, &err);
	return kind == ERR_NONE;
}

/* Handles the whole lines in `input` and keeps the rest. False: the connection is to be closed. */
static bool take_lines(struct wire_server *server, struct connection *connection)
{
	size_t start = 0;
	char *newline;
	while ((newline = memchr(connection->input + start, '\n', connection->input_len - start))) {
		size_t len = (size_t)(newline - connection->input) - start;
		struct str line = str_make(connection->input + start, len);
		start += len + 1;
		if (connection->state == CONNECTION_OPENING)
			say_hello(server, connection, line);
		else if (connection->state != CONNECTION_CERTAIN ||
			 !acknowledge(server, connection, line))
			return false;
		if (connection->state == CONNECTION_LINGER ||
		    connection->state == CONNECTION_CLOSED)
			return true;
	}
	connection->input_len -= start;
	memmove(connection->input, connection->input + start, connection->input_len);
	return true;
}

static void take_input(struct wire_server *server, struct connection *connection)
{
	if (connection->state == CONNECTION_RAW) {
		if (memchr(connection->input, '{', connection->input_len))
			close_now(connection);
		connection->input_len = 0;
		return;
	}
	if (connection->state == CONNECTION_LINGER) {
		connection->lingered += connection->input_len;
		connection->input_len = 0;
		if (connection->lingered > LINGER_BYTES_MAX)
			close_now(connection);
		return;
	}
	if (!take_lines(server, connection))
		close_now(connection);
	else if (connection->state == CONNECTION_OPENING &&
		 connection->input_len == sizeof connection->input)
		wire_connection_refuse(server, connection, "the hello is too long", false);
	else if (connection->state == CONNECTION_CERTAIN && connection->input_len > ACK_BYTES_MAX)
		close_now(connection);
	else if (connection->state == CONNECTION_TAP && connection->input_len > 0)
		close_now(connection);
}

/* The peer sends no more. One that never said a word may still listen (nc with nothing to say). */
static void end_input(struct wire_server *server, struct connection *connection)
{
	connection->input_ended = true;
	if (connection->state == CONNECTION_OPENING && connection->input_len == 0) {
		ask_for(server, connection, 0);
		become_raw(server, connection);
	} else if (connection->state == CONNECTION_RAW) {
		ask_for(server, connection, connection->events);
	} else {
		close_now(connection);
	}
}

static void receive(struct wire_server *server, struct connection *connection)
{
	bool first = connection->input_len == 0;
	ssize_t got = recv(connection->fd, connection->input + connection->input_len,
			   sizeof connection->input - connection->input_len, 0);
	if (got < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (got < 0) {
		close_now(connection);
	} else if (got == 0) {
		end_input(server, connection);
	} else {
		if (connection->state == CONNECTION_OPENING && first)
			connection->deadline_us = after_ms(HELLO_LINE_TIMEOUT_MS);
		connection->input_len += (size_t)got;
		take_input(server, connection);
	}
}

void wire_connection_event(struct wire_server *server, struct connection *connection,
			   uint32_t events)
{
	if (connection->state == CONNECTION_CLOSED)
		return;
	/* What came before the end, an acknowledgement perhaps, is read first. */
	if (events & EPOLLIN)
		receive(server, connection);
	else if (events & (EPOLLERR | EPOLLHUP))
		close_now(connection);
	if (events & EPOLLOUT)
		wire_connection_send(server, connection);
}

void wire_connection_expire(struct wire_server *server, struct connection *connection)
{
	if (connection->state == CONNECTION_LINGER)
		close_now(connection);
	else if (connection->input_len > 0)
		wire_connection_refuse(server, connection, "the hello took too long", false);
	else
		become_raw(server, connection);
}
