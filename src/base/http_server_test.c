#include "base/http_server.h"
#include "base/mem.h"
#include "base/test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { STREAM_MAX = 1 << 20 };

struct house {
	struct http_server *server;
	pthread_mutex_t lock;
	struct http_stream *stream;
	struct buf seen; /* what the handler saw last */
};

static void note_argument(void *context, struct str name, struct str value)
{
	struct buf *seen = context;
	buf_addf(seen, "[%.*s=%.*s]", STR_ARG(name), STR_ARG(value));
}

static void handle(void *context, const struct http_request *request, struct http_answer *ret)
{
	static const struct http_header headers[] = { { "X-Kind", "test" } };
	struct house *house = context;
	struct str path = http_request_path(request);
	ret->content_type = "text/plain; charset=utf-8";
	ret->headers = headers;
	ret->header_count = 1;
	if (str_equal(path, STR("/stream"))) {
		pthread_mutex_lock(&house->lock);
		house->stream = ret->stream = http_stream_open(house->server, STREAM_MAX);
		pthread_mutex_unlock(&house->lock);
		return;
	}
	if (str_equal(path, STR("/missing"))) {
		ret->status = 404;
		return;
	}
	struct str header = http_request_header(request, "x-asked"),
		   absent = http_request_header(request, "x-not-asked");
	buf_addf(&ret->body, "path=%.*s header=%.*s absent=%d ", STR_ARG(path), STR_ARG(header),
		 absent.ptr == NULL);
	http_request_each_argument(request, note_argument, &ret->body);
}

static int start(void **state)
{
	struct house *house = mem_zalloc(1, sizeof *house);
	struct err err = { 0 };
	pthread_mutex_init(&house->lock, NULL);
	struct http_server_options options = {
		.host = "127.0.0.1", .context = house, .handle = handle, .timeout_ms = 1000
	};
	*state = house;
	return http_server_start(&options, &house->server, &err) == ERR_NONE ? 0 : -1;
}

static int stop(void **state)
{
	struct house *house = *state;
	http_stream_release(house->stream);
	http_server_stop(house->server);
	free(house);
	return 0;
}

static int dial(const struct house *house)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = 10 };
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)http_server_port(house->server)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Until the peer closes, or `until` has come. */
static char *hear(int fd, const char *until)
{
	struct buf heard = { 0 };
	char piece[4096];
	ssize_t got;
	while ((!until || !heard.ptr || !strstr(buf_text(&heard), until)) &&
	       (got = recv(fd, piece, sizeof piece, 0)) > 0)
		buf_add(&heard, piece, (size_t)got);
	return buf_detach(&heard);
}

static char *ask(const struct house *house, const char *request)
{
	int fd = dial(house);
	say(fd, request);
	char *answer = hear(fd, NULL);
	close(fd);
	return answer;
}

static void has(char *answer, const char *part)
{
	if (!strstr(answer, part))
		fail_msg("no \"%s\" in:\n%s", part, answer);
}

#define CLOSING "Host: h\r\nConnection: close\r\n\r\n"

static void a_request_is_decoded_and_answered(void **state)
{
	char *answer = ask(*state, "GET /a%20b?a=1%262&b&a=caf%C3%A9+x HTTP/1.1\r\nX-Asked: "
				   "yes\r\n" CLOSING);
	has(answer, "HTTP/1.1 200 ");
	has(answer, "X-Kind: test\r\n");
	has(answer, "Content-Type: text/plain; charset=utf-8\r\n");
	has(answer, "path=/a b header=yes absent=1 [a=1&2][b=][a=caf\xc3\xa9 x]");
	free(answer);
	answer = ask(*state, "GET /missing HTTP/1.1\r\n" CLOSING);
	has(answer, "HTTP/1.1 404 ");
	free(answer);
	answer = ask(*state, "HEAD /a HTTP/1.1\r\n" CLOSING);
	has(answer, "HTTP/1.1 200 ");
	assert_null(strstr(answer, "path="));
	free(answer);
}

static void what_is_no_plain_question_is_refused(void **state)
{
	static const struct {
		const char *request, *status;
	} cases[] = {
		{ "POST / HTTP/1.1\r\nContent-Length: 3\r\n" CLOSING "abc", "HTTP/1.1 405 " },
		{ "DELETE /x HTTP/1.1\r\n" CLOSING, "HTTP/1.1 405 " },
		{ "GET /a%00b HTTP/1.1\r\n" CLOSING, "HTTP/1.1 400 " },
		{ "GET /?a=%00 HTTP/1.1\r\n" CLOSING, "HTTP/1.1 400 " },
		{ "GET / HTTP/1.1\r\nContent-Length: 3\r\n" CLOSING "abc", "HTTP/1.1 400 " },
		{ "GET / HTTP/1.1\r\nContent-Length: x\r\n" CLOSING, "HTTP/1.1 400 " },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *answer = ask(*state, cases[i].request);
		has(answer, cases[i].status);
		free(answer);
	}
	struct buf large = { 0 };
	buf_add_text(&large, "GET / HTTP/1.1\r\nX: ");
	for (int i = 0; i < 100000; i++)
		buf_add_byte(&large, 'x');
	int fd = dial(*state);
	ssize_t ignored = send(fd, large.ptr, large.len, MSG_NOSIGNAL);
	(void)ignored;
	free(hear(fd, NULL)); /* an answer or a reset, but an end */
	close(fd);
	buf_release(&large);
	char *answer = ask(*state, "GET /still HTTP/1.1\r\n" CLOSING);
	has(answer, "path=/still");
	free(answer);
}

static struct http_stream *the_stream(struct house *house)
{
	struct http_stream *stream = NULL;
	for (int i = 0; i < 5000 && !stream; i++) {
		pthread_mutex_lock(&house->lock);
		stream = house->stream;
		pthread_mutex_unlock(&house->lock);
		if (!stream)
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	assert_non_null(stream);
	return stream;
}

static void what_is_sent_into_a_stream_arrives_at_once(void **state)
{
	struct house *house = *state;
	int fd = dial(house);
	say(fd, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
	struct http_stream *stream = the_stream(house);
	for (int i = 0; i < 50; i++) {
		char text[32];
		snprintf(text, sizeof text, "event %d;", i);
		assert_true(http_stream_send(stream, str_from(text)));
		char *heard = hear(fd, text);
		has(heard, text);
		free(heard);
	}
	http_stream_send(stream, STR("the last"));
	house->stream = NULL;
	http_stream_release(stream);
	char *rest = hear(fd, "0\r\n\r\n");
	has(rest, "the last");
	has(rest, "0\r\n\r\n");
	free(rest);
	close(fd);
}

static void a_peer_that_does_not_read_is_dropped_and_harms_nobody(void **state)
{
	struct house *house = *state;
	int fd = dial(house);
	struct buf much = { 0 };
	for (int i = 0; i < 64 << 10; i++)
		buf_add_byte(&much, 'x');
	say(fd, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
	struct http_stream *stream = the_stream(house);
	bool open = true;
	for (int i = 0; i < 10000 && open; i++)
		open = http_stream_send(stream, buf_str(&much));
	assert_false(open);
	char *answer = ask(house, "GET /other HTTP/1.1\r\n" CLOSING);
	has(answer, "path=/other");
	free(answer);
	buf_release(&much);
	close(fd);
}

static void a_stream_whose_peer_left_is_known_to_have_ended(void **state)
{
	struct house *house = *state;
	int fd = dial(house);
	say(fd, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
	struct http_stream *stream = the_stream(house);
	close(fd);
	bool open = true;
	for (int i = 0; i < 5000 && open; i++) {
		open = http_stream_send(stream, STR("anybody?"));
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	}
	assert_false(open);
}

static void stopping_ends_open_streams_and_silent_peers(void **state)
{
	struct house *house = *state;
	int fds[8];
	for (int i = 0; i < 8; i++) {
		fds[i] = dial(house);
		say(fds[i], i == 0 ? "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n" : "GET /st");
	}
	the_stream(house); /* released by stop(), before the server ends */
	for (int i = 1; i < 8; i++) {
		free(hear(fds[i], NULL)); /* timed out by the server */
		close(fds[i]);
	}
	close(fds[0]);
}

struct sender {
	struct http_stream *stream;
	atomic_int sent;
};

static void *send_many(void *context)
{
	struct sender *sender = context;
	for (int i = 0; i < 20000; i++) {
		if (!http_stream_send(sender->stream, STR("0123456789abcdeg")))
			return NULL;
		atomic_fetch_add(&sender->sent, 16);
		if (i % 64 == 0)
			nanosleep(&(struct timespec){ .tv_nsec = 50000 }, NULL);
	}
	return NULL;
}

static void threads_may_send_while_the_peer_reads(void **state)
{
	struct house *house = *state;
	int fd = dial(house);
	pthread_t threads[2];
	say(fd, "GET /stream HTTP/1.1\r\nHost: h\r\n\r\n");
	struct sender sender = { .stream = the_stream(house) };
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, send_many, &sender);
	char *head = hear(fd, "\r\n\r\n"); /* may hold the first letters, too */
	size_t letters = 0;
	for (const char *at = strstr(head, "\r\n\r\n"); at && *at; at++)
		letters += *at == 'g';
	free(head);
	char piece[65536];
	while (letters < (size_t)2 * 20000) {
		ssize_t got = recv(fd, piece, sizeof piece, 0);
		assert_true(got > 0);
		for (ssize_t i = 0; i < got; i++)
			letters += piece[i] == 'g'; /* no digit of a chunk's length */
	}
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(atomic_load(&sender.sent), 2 * 20000 * 16);
	assert_int_equal(letters, 2 * 20000);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_request_is_decoded_and_answered, start, stop),
		cmocka_unit_test_setup_teardown(what_is_no_plain_question_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(what_is_sent_into_a_stream_arrives_at_once, start,
						stop),
		cmocka_unit_test_setup_teardown(
			a_peer_that_does_not_read_is_dropped_and_harms_nobody, start, stop),
		cmocka_unit_test_setup_teardown(a_stream_whose_peer_left_is_known_to_have_ended,
						start, stop),
		cmocka_unit_test_setup_teardown(stopping_ends_open_streams_and_silent_peers, start,
						stop),
		cmocka_unit_test_setup_teardown(threads_may_send_while_the_peer_reads, start, stop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
