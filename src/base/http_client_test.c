#include "base/test.h"

#include "base/http_client.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/net.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A server that knows nothing of HTTP: it hears a request up to its blank line, says a script, and closes,
 * or hears the next request on the same connection. */
struct peer {
	const char *const *answers; /* one a request; NULL ends */
	bool reuse;                 /* keeps the connection */
	int silent_ms;              /* before it closes: it says nothing more for so long */
	int listen_fd, port;
	pthread_t thread;
	size_t connections;
	struct buf heard; /* everything it was asked */
};

static bool hear_request(int fd, struct buf *heard)
{
	size_t from = heard->len;
	for (;;) {
		char piece[4096];
		struct pollfd poller = { .fd = fd, .events = POLLIN };
		if (poll(&poller, 1, 5000) <= 0)
			return false;
		ssize_t got = recv(fd, piece, sizeof piece, 0);
		if (got <= 0)
			return false;
		buf_add(heard, piece, (size_t)got);
		if (memmem(heard->ptr + from, heard->len - from, "\r\n\r\n", 4))
			return true;
	}
}

static void *run_peer(void *context)
{
	struct peer *peer = context;
	int fd = -1;
	for (const char *const *answer = peer->answers; *answer; answer++) {
		struct pollfd poller = { .fd = peer->listen_fd, .events = POLLIN };
		if (fd < 0 && poll(&poller, 1, 5000) > 0) {
			fd = accept(peer->listen_fd, NULL, NULL);
			peer->connections++;
		}
		if (fd < 0 || !hear_request(fd, &peer->heard))
			break;
		send(fd, *answer, strlen(*answer), MSG_NOSIGNAL);
		if (peer->silent_ms) {
			poller.fd = fd; /* until the client leaves */
			poll(&poller, 1, peer->silent_ms);
		}
		if (!peer->reuse) {
			close(fd);
			fd = -1;
		}
	}
	if (fd >= 0)
		close(fd);
	return NULL;
}

static void peer_start(struct peer *peer)
{
	struct err err;
	assert_ok(net_listen("127.0.0.1", 0, &peer->listen_fd, &peer->port, &err), err);
	assert_int_equal(pthread_create(&peer->thread, NULL, run_peer, peer), 0);
}

static void peer_stop(struct peer *peer)
{
	pthread_join(peer->thread, NULL);
	close(peer->listen_fd);
	buf_release(&peer->heard);
}

static struct http_client *open_client(const struct http_client_options *options)
{
	struct http_client *client;
	struct err err;
	assert_ok(http_client_open(options, &client, &err), err);
	return client;
}

static enum err_kind ask(struct http_client *client, int port, struct http_reply *reply,
			 struct err *err)
{
	static const char *const headers[] = { "Authorization: Bearer secret", NULL };
	char *url = mem_printf("http://127.0.0.1:%d/2/x?a=b", port);
	struct http_ask request = { .url = url, .headers = headers };
	enum err_kind kind = http_client_ask(client, &request, reply, err);
	free(url);
	return kind;
}

static const struct http_client_options DEFAULTS = { .user_agent = "aviary/test" };

static void status_headers_and_body_arrive(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Rate-Limit-Reset:  17 \r\nx-two: a\r\n"
		"X-Two: b\r\n\r\nhello",
		NULL
	};
	struct peer peer = { .answers = answers };
	struct http_client *client = open_client(&DEFAULTS);
	struct http_reply reply;
	struct err err;
	peer_start(&peer);
	assert_ok(ask(client, peer.port, &reply, &err), err);
	assert_int_equal(reply.status, 200);
	assert_str(reply.body, "hello");
	assert_str(http_client_reply_header(client, "x-rate-limit-reset"), "17");
	assert_str(http_client_reply_header(client, "X-TWO"), "b");
	assert_null(http_client_reply_header(client, "x-tw").ptr);
	pthread_join(peer.thread, NULL);
	assert_non_null(strstr(buf_text(&peer.heard), "GET /2/x?a=b HTTP/1.1\r\n"));
	assert_non_null(strstr(buf_text(&peer.heard), "\r\nAuthorization: Bearer secret\r\n"));
	assert_non_null(strstr(buf_text(&peer.heard), "\r\nUser-Agent: aviary/test\r\n"));
	close(peer.listen_fd);
	buf_release(&peer.heard);
	http_client_close(client);
}

static void any_status_is_an_answer_and_redirects_are_not_followed(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 503 Busy\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
		"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/secret\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 204 None\r\n\r\n", NULL
	};
	static const int statuses[] = { 503, 302, 204 };
	static const char *const bodies[] = { "<html></html>", "", "" };
	struct peer peer = { .answers = answers, .reuse = true };
	struct http_client *client = open_client(&DEFAULTS);
	peer_start(&peer);
	for (size_t i = 0; i < 3; i++) {
		struct http_reply reply;
		struct err err;
		assert_ok(ask(client, peer.port, &reply, &err), err);
		assert_int_equal(reply.status, statuses[i]);
		assert_str(reply.body, bodies[i]);
	}
	pthread_join(peer.thread, NULL);
	assert_int_equal(peer.connections, 1); /* it was kept */
	close(peer.listen_fd);
	buf_release(&peer.heard);
	http_client_close(client);
}

static void assert_no_answer(const struct http_client_options *options, struct peer *peer,
			     const char *words)
{
	struct http_client *client = open_client(options);
	struct http_reply reply;
	struct err err;
	peer_start(peer);
	assert_fails(ask(client, peer->port, &reply, &err), err, ERR_RETRY, words);
	assert_non_null(strstr(err.msg, "127.0.0.1"));
	assert_null(strstr(err.msg, "secret"));
	assert_true(reply.sent);
	assert_null(reply.body.ptr);
	http_client_close(client);
	peer_stop(peer);
}

static void an_answer_that_is_cut_off_is_none(void **state)
{
	(void)state;
	static const char *const cut[] = { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
					   NULL };
	static const char *const chunk[] = {
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", NULL
	};
	static const char *const nothing[] = { "", NULL };
	struct peer peer = { .answers = cut };
	assert_no_answer(&DEFAULTS, &peer, "");
	peer = (struct peer){ .answers = chunk };
	assert_no_answer(&DEFAULTS, &peer, "");
	peer = (struct peer){ .answers = nothing };
	assert_no_answer(&DEFAULTS, &peer, "");
}

static void an_answer_that_stalls_is_given_up(void **state)
{
	(void)state;
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
					       NULL };
	struct peer peer = { .answers = answers, .silent_ms = 10000 };
	struct http_client_options options = { .stall_timeout_ms = 300 };
	int64_t start = clock_monotonic_us();
	assert_no_answer(&options, &peer, "no byte for 300 ms");
	assert_in_range(clock_monotonic_us() - start, 300000, 5000000);
}

static void a_request_has_an_end(void **state)
{
	(void)state;
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
					       NULL };
	struct peer peer = { .answers = answers, .silent_ms = 10000 };
	struct http_client_options options = { .timeout_ms = 300 };
	assert_no_answer(&options, &peer, "timed out");
}

static void an_answer_that_is_too_large_is_not_kept(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", NULL
	};
	struct peer peer = { .answers = answers };
	struct http_client_options options = { .body_bytes_max = 9 };
	assert_no_answer(&options, &peer, "larger than 9 bytes");
	options.body_bytes_max = 10;
	struct http_client *client = open_client(&options);
	struct http_reply reply;
	struct err err;
	peer = (struct peer){ .answers = answers };
	peer_start(&peer);
	assert_ok(ask(client, peer.port, &reply, &err), err);
	assert_str(reply.body, "0123456789");
	http_client_close(client);
	peer_stop(&peer);
}

static bool always(void *context)
{
	int *asked = context;
	++*asked;
	return *asked >= 2;
}

static void waiting_ends_when_asked_to_stop(void **state)
{
	(void)state;
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello",
					       NULL };
	int asked = 0;
	struct peer peer = { .answers = answers, .silent_ms = 10000 };
	struct http_client_options options = { .stop = always, .context = &asked };
	int64_t start = clock_monotonic_us();
	assert_no_answer(&options, &peer, "stopped");
	assert_true(clock_monotonic_us() - start < 5000000);
}

static void after_a_failure_the_next_request_is_good(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 50\r\nX-Old: 1\r\n\r\nhello",
		"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nnew", NULL
	};
	struct peer peer = { .answers = answers };
	struct http_client *client = open_client(&DEFAULTS);
	struct http_reply reply;
	struct err err;
	peer_start(&peer);
	assert_int_equal(ask(client, peer.port, &reply, &err), ERR_RETRY);
	assert_ok(ask(client, peer.port, &reply, &err), err);
	assert_str(reply.body, "new");
	assert_null(http_client_reply_header(client, "x-old").ptr);
	http_client_close(client);
	peer_stop(&peer);
}

static void nobody_there_may_be_tried_again(void **state)
{
	(void)state;
	struct http_client *client = open_client(&DEFAULTS);
	struct http_reply reply;
	struct err err;
	int fd, port;
	assert_ok(net_listen("127.0.0.1", 0, &fd, &port, &err), err);
	close(fd);
	assert_fails(ask(client, port, &reply, &err), err, ERR_RETRY, "127.0.0.1");
	assert_false(reply.sent);
	http_client_close(client);
}

static void a_failed_request_tells_whether_it_was_sent_and_what_status_came(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 503 Over\r\nContent-Length: 50\r\n\r\nhello", NULL
	};
	struct peer peer = { .answers = answers };
	struct http_client *client = open_client(&DEFAULTS);
	struct http_reply reply;
	struct err err;
	peer_start(&peer);
	assert_int_equal(ask(client, peer.port, &reply, &err), ERR_RETRY);
	assert_true(reply.sent);
	assert_int_equal(reply.status, 503);
	int port = peer.port;
	peer_stop(&peer);
	assert_int_equal(ask(client, port, &reply, &err), ERR_RETRY); /* nobody is there */
	assert_false(reply.sent);
	assert_int_equal(reply.status, 0);
	http_client_close(client);
}

static void a_bad_address_is_rejected_and_credentials_are_no_part_of_it(void **state)
{
	(void)state;
	static const struct {
		const char *url, *words;
	} cases[] = {
		{ "", "cannot be read" },
		{ "no address", "cannot be read" },
		{ "http://127.0.0.1:99999/", "cannot be read" },
		{ "file:///etc/passwd", "" },
		{ "ftp://127.0.0.1/", "ftp" },
		{ "http://name:secret@127.0.0.1/", "credentials" },
	};
	struct http_client *client = open_client(&DEFAULTS);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct http_ask request = { .url = cases[i].url };
		struct http_reply reply;
		struct err err;
		assert_fails(http_client_ask(client, &request, &reply, &err), err, ERR_REJECT,
			     cases[i].words);
		assert_null(strstr(err.msg, "secret"));
	}
	http_client_close(client);
}

static void a_proxy_of_the_environment_is_not_asked_for_loopback(void **state)
{
	(void)state;
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
					       NULL };
	struct peer peer = { .answers = answers };
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	struct http_client *client = open_client(&DEFAULTS);
	struct http_reply reply;
	struct err err;
	peer_start(&peer);
	assert_ok(ask(client, peer.port, &reply, &err), err);
	unsetenv("http_proxy");
	http_client_close(client);
	peer_stop(&peer);
}

static void a_body_is_sent_with_its_method(void **state)
{
	(void)state;
	static const char *const answers[] = { "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
					       NULL };
	struct peer peer = { .answers = answers };
	struct http_client *client = open_client(&DEFAULTS);
	struct http_reply reply;
	struct err err;
	peer_start(&peer);
	char *url = mem_printf("http://127.0.0.1:%d/", peer.port);
	struct http_ask request = { .method = "PUT", .url = url, .body = STR("a=1") };
	assert_ok(http_client_ask(client, &request, &reply, &err), err);
	pthread_join(peer.thread, NULL);
	assert_non_null(strstr(buf_text(&peer.heard), "PUT / HTTP/1.1\r\n"));
	assert_non_null(strstr(buf_text(&peer.heard), "Content-Length: 3\r\n"));
	close(peer.listen_fd);
	buf_release(&peer.heard);
	http_client_close(client);
	free(url);
}

static void a_file_is_sent_with_its_length_or_not_at_all(void **state)
{
	(void)state;
	static const char *const answers[] = { "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
					       NULL };
	struct peer peer = { .answers = answers };
	struct http_client *client = open_client(&DEFAULTS);
	struct http_reply reply;
	struct err err;
	char *path = mem_printf("%s/file", test_dir());
	FILE *file = fopen(path, "w");
	fputs("0123456789", file);
	fclose(file);
	peer_start(&peer);
	char *url = mem_printf("http://127.0.0.1:%d/", peer.port);
	struct http_ask request = { .method = "PUT", .url = url, .body_path = path };
	assert_ok(http_client_ask(client, &request, &reply, &err), err);
	assert_int_equal(reply.status, 201);
	pthread_join(peer.thread, NULL);
	assert_non_null(strstr(buf_text(&peer.heard), "PUT / HTTP/1.1\r\n"));
	assert_non_null(strstr(buf_text(&peer.heard), "Content-Length: 10\r\n"));
	close(peer.listen_fd);
	buf_release(&peer.heard);
	unlink(path);
	assert_fails(http_client_ask(client, &request, &reply, &err), err, ERR_FATAL, path);
	http_client_close(client);
	free(url);
	free(path);
}

static bool take_piece(void *context, struct str piece)
{
	struct buf *taken = context;
	buf_add_str(taken, piece);
	return taken->len < 20;
}

static void a_taker_gets_what_it_wants_of_a_good_answer(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\ntwelve bytes",
		"HTTP/1.1 403 No\r\nContent-Length: 7\r\n\r\nbecause",
		"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\ntwelve bytes", NULL
	};
	struct peer peer = { .answers = answers };
	const struct http_client_options small = { .body_bytes_max = 10 };
	struct http_client *client = open_client(&small);
	struct http_reply reply;
	struct buf taken = { 0 };
	struct err err;
	peer_start(&peer);
	char *url = mem_printf("http://127.0.0.1:%d/", peer.port);
	struct http_ask request = { .url = url, .take = take_piece, .take_context = &taken };
	assert_ok(http_client_ask(client, &request, &reply, &err), err);
	assert_int_equal(reply.body.len, 0);
	assert_str(buf_str(&taken), "twelve bytes");
	assert_ok(http_client_ask(client, &request, &reply, &err), err);
	assert_str(reply.body, "because");
	assert_int_equal(taken.len, 12);
	assert_fails(http_client_ask(client, &request, &reply, &err), err, ERR_REJECT, "takes");
	peer_stop(&peer);
	buf_release(&taken);
	http_client_close(client);
	free(url);
}

static void encoding_leaves_unreserved_characters_alone(void **state)
{
	(void)state;
	struct buf text = { 0 };
	http_add_encoded(&text, STR("aZ09-._~"));
	http_add_encoded(&text, STR(" \"#&+%/:=?\xc3\xa9\n"));
	assert_string_equal(buf_text(&text), "aZ09-._~%20%22%23%26%2B%25%2F%3A%3D%3F%C3%A9%0A");
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_headers_and_body_arrive),
		cmocka_unit_test(any_status_is_an_answer_and_redirects_are_not_followed),
		cmocka_unit_test(an_answer_that_is_cut_off_is_none),
		cmocka_unit_test(an_answer_that_stalls_is_given_up),
		cmocka_unit_test(a_request_has_an_end),
		cmocka_unit_test(an_answer_that_is_too_large_is_not_kept),
		cmocka_unit_test(waiting_ends_when_asked_to_stop),
		cmocka_unit_test(after_a_failure_the_next_request_is_good),
		cmocka_unit_test(nobody_there_may_be_tried_again),
		cmocka_unit_test(a_failed_request_tells_whether_it_was_sent_and_what_status_came),
		cmocka_unit_test(a_bad_address_is_rejected_and_credentials_are_no_part_of_it),
		cmocka_unit_test(a_proxy_of_the_environment_is_not_asked_for_loopback),
		cmocka_unit_test(a_body_is_sent_with_its_method),
		cmocka_unit_test(a_file_is_sent_with_its_length_or_not_at_all),
		cmocka_unit_test(a_taker_gets_what_it_wants_of_a_good_answer),
		cmocka_unit_test(encoding_leaves_unreserved_characters_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
