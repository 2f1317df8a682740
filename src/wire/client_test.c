#include "wire/wire_fixture.h"

#include "base/clock.h"
#include "base/net.h"
#include "wire/opening.h"

#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

static const struct wire_resume FIRST_CONTACT = { .lake = TEST_LAKE };

static struct wire_client *connected(int port, const struct wire_resume *resume)
{
	struct wire_client *client;
	struct err err;
	assert_ok(wire_client_open("127.0.0.1", port, resume, &client, &err), err);
	return client;
}

/* Reads until the place `end`; checks chain and whole lines at every step. */
static struct position read_to(struct wire_client *client, uint64_t end, struct buf *ret)
{
	struct position position = wire_client_start(client);
	while (position.offset < end) {
		struct position before = position;
		struct str lines;
		struct err err;
		assert_ok(wire_client_read(client, PATIENCE_MS, &lines, &position, &err), err);
		assert_true(lines.len > 0);
		assert_int_equal(lines.ptr[lines.len - 1], '\n');
		assert_int_equal(position.offset, before.offset + lines.len);
		assert_int_equal(position.chain, chain_lines(before.chain, lines));
		buf_add_str(ret, lines);
	}
	return position;
}

static void ten_thousand_lines_arrive_byte_for_byte(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal_options options = options_for(dir);
	options.segment_bytes = 200000;
	struct journal *journal = open_with(&options);
	struct wire_server *server = serve(journal);
	struct buf expected = { 0 }, actual = { 0 };
	struct err err;
	for (uint64_t i = 0; i < 5000; i += 50)
		sync_lines(journal, i, 50);
	struct wire_client *client = connected(wire_server_port(server), &FIRST_CONTACT);
	assert_string_equal(wire_client_stream(client), TEST_STREAM);
	assert_int_equal(wire_client_start(client).offset, 0);
	assert_int_equal(wire_client_end(client), journal_end(journal).offset);
	for (uint64_t i = 5000; i < 10000; i += 50)
		sync_lines(journal, i, 50);
	add_lines(&expected, 0, 10000);
	struct position position = read_to(client, expected.len, &actual);
	assert_bytes(&actual, &expected);
	assert_int_equal(position.offset, journal_end(journal).offset);
	assert_int_equal(position.chain, journal_end(journal).chain);
	assert_ok(wire_client_acknowledge(client, position.offset, &err), err);
	wire_client_close(client);
	stop(server);
	assert_int_equal(journal_acknowledged(journal), position.offset);
	journal_close(journal);
	buf_release(&expected);
	buf_release(&actual);
}

static void a_consumer_resumes_where_it_was(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	int port = wire_server_port(server);
	struct buf actual = { 0 }, expected = { 0 };
	sync_lines(journal, 0, 10);
	struct wire_client *client = connected(port, &FIRST_CONTACT);
	struct wire_resume resume = { .lake = TEST_LAKE, .stream = TEST_STREAM };
	resume.from = read_to(client, wire_client_end(client), &actual);
	wire_client_close(client);
	sync_lines(journal, 10, 10);
	client = connected(port, &resume);
	assert_int_equal(wire_client_start(client).offset, resume.from.offset);
	read_to(client, wire_client_end(client), &actual);
	add_lines(&expected, 0, 20);
	assert_bytes(&actual, &expected);
	assert_int_equal(journal_acknowledged(journal), resume.from.offset);
	wire_client_close(client);
	stop(server);
	journal_close(journal);
	buf_release(&actual);
	buf_release(&expected);
}

static void a_tap_reads_and_releases_nothing(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	struct wire_client *tap;
	struct buf actual = { 0 }, expected = { 0 };
	struct err err;
	sync_lines(journal, 0, 10);
	assert_ok(wire_client_tap("127.0.0.1", wire_server_port(server), TEST_STREAM,
				  (struct position){ 0 }, &tap, &err),
		  err);
	read_to(tap, wire_client_end(tap), &actual);
	add_lines(&expected, 0, 10);
	assert_bytes(&actual, &expected);
	assert_int_equal(journal_acknowledged(journal), 0);
	wire_client_close(tap);
	stop(server);
	journal_close(journal);
	buf_release(&actual);
	buf_release(&expected);
}

static void nothing_in_time_is_no_error(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	struct wire_client *client = connected(wire_server_port(server), &FIRST_CONTACT);
	struct str lines;
	struct position position;
	struct err err;
	int64_t start_us = clock_monotonic_us();
	assert_ok(wire_client_read(client, 30, &lines, &position, &err), err);
	assert_int_equal(lines.len, 0);
	assert_int_equal(position.offset, 0);
	assert_true(clock_monotonic_us() - start_us >= 30000);
	sync_lines(journal, 0, 1);
	assert_ok(wire_client_read(client, PATIENCE_MS, &lines, &position, &err), err);
	assert_true(lines.len > 0);
	wire_client_close(client);
	stop(server);
	journal_close(journal);
}

static void on_alarm(int number)
{
	(void)number;
}

static void a_signal_ends_the_waiting(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	struct wire_client *client = connected(wire_server_port(server), &FIRST_CONTACT);
	struct sigaction action = { .sa_handler = on_alarm };
	/* Again and again, so that one comes while it waits. */
	struct itimerval timer = { { 0, 20000 }, { 0, 20000 } }, off = { 0 };
	struct str lines;
	struct position position;
	struct err err;
	int64_t start_us = clock_monotonic_us();
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
	assert_ok(wire_client_read(client, PATIENCE_MS, &lines, &position, &err), err);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_int_equal(lines.len, 0);
	assert_true(clock_monotonic_us() - start_us < PATIENCE_MS * 1000 / 2);
	wire_client_close(client);
	stop(server);
	journal_close(journal);
}

static void a_server_that_stops_may_be_tried_again(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	int port = wire_server_port(server);
	struct wire_client *client = connected(port, &FIRST_CONTACT);
	struct str lines;
	struct position position;
	struct err err;
	stop(server);
	assert_fails(wire_client_read(client, PATIENCE_MS, &lines, &position, &err), err, ERR_RETRY,
		     "closed the connection");
	wire_client_close(client);
	assert_fails(wire_client_open("127.0.0.1", port, &FIRST_CONTACT, &client, &err), err,
		     ERR_RETRY, "Connection refused");
	journal_close(journal);
}

static void a_refusal_is_fatal_and_keeps_its_words(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	int port = wire_server_port(server);
	struct wire_client *client = connected(port, &FIRST_CONTACT), *other;
	struct wire_resume resume = { .lake = OTHER_UUID };
	struct err err;
	assert_fails(wire_client_open("127.0.0.1", port, &resume, &other, &err), err, ERR_FATAL,
		     "another lake");
	resume = (struct wire_resume){ .lake = TEST_LAKE, .stream = OTHER_UUID };
	assert_fails(wire_client_open("127.0.0.1", port, &resume, &other, &err), err, ERR_FATAL,
		     "unknown stream");
	resume.stream = TEST_STREAM;
	resume.from.chain = 5;
	assert_fails(wire_client_open("127.0.0.1", port, &resume, &other, &err), err, ERR_FATAL,
		     "wrong chain");
	wire_client_close(client);
	stop(server);
	journal_close(journal);
}

/* A server that hears one line and says what it is told to, then closes. */
struct parrot {
	int listen_fd, port;
	struct str text;
	pthread_t thread;
};

static void *parrot_run(void *arg)
{
	struct parrot *parrot = arg;
	char heard[1024];
	int fd = accept(parrot->listen_fd, NULL, NULL);
	if (fd >= 0 && recv(fd, heard, sizeof heard, 0) > 0)
		for (size_t sent = 0; sent < parrot->text.len;) {
			ssize_t put = send(fd, parrot->text.ptr + sent, parrot->text.len - sent,
					   MSG_NOSIGNAL);
			if (put <= 0)
				break;
			sent += (size_t)put;
		}
	close(fd);
	return NULL;
}

static void parrot_start(struct parrot *parrot, struct str text)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	parrot->text = text;
	parrot->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(parrot->listen_fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(parrot->listen_fd, 1), 0);
	assert_int_equal(getsockname(parrot->listen_fd, (struct sockaddr *)&address, &len), 0);
	parrot->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&parrot->thread, NULL, parrot_run, parrot), 0);
}

static void parrot_stop(struct parrot *parrot)
{
	pthread_join(parrot->thread, NULL);
	close(parrot->listen_fd);
}

static void assert_answer_fails(const char *text, enum err_kind kind, const char *words)
{
	struct parrot parrot;
	struct wire_client *client;
	struct wire_resume resume = { .lake = TEST_LAKE, .stream = TEST_STREAM, .from = { 5, 6 } };
	struct err err;
	parrot_start(&parrot, str_from(text));
	assert_fails(wire_client_open("127.0.0.1", parrot.port, &resume, &client, &err), err, kind,
		     words);
	parrot_stop(&parrot);
}

static void a_wrong_answer_is_not_taken_for_a_good_one(void **state)
{
	(void)state;
	assert_answer_fails("{\"id\":\"1\",\"text\":\"a post\"}\n", ERR_RETRY, "did not answer");
	assert_answer_fails("HTTP/1.1 400 Bad Request\r\n", ERR_RETRY, "did not answer");
	assert_answer_fails("", ERR_RETRY, "closed the connection");
	assert_answer_fails("{\"aviary\":1,\"stream\":\"" TEST_STREAM
			    "\",\"offset\":5,\"chain\":7,\"end\":5}\n",
			    ERR_FATAL, "another place");
	assert_answer_fails("{\"aviary\":1,\"stream\":\"" OTHER_UUID
			    "\",\"offset\":5,\"chain\":6,\"end\":5}\n",
			    ERR_FATAL, "another place");
	char *endless = mem_alloc(100000);
	memset(endless, 'x', 99999);
	endless[99999] = '\0';
	assert_answer_fails(endless, ERR_RETRY, "did not answer");
	free(endless);
}

/* What a client gets from a server that answers well and then sends one line of `len` bytes. */
static enum err_kind read_line_of(size_t len, struct str *ret_lines,
				  struct wire_client **ret_client, struct err *err)
{
	struct parrot parrot;
	struct buf text = { 0 };
	struct answer answer = { .stream = TEST_STREAM };
	struct position position;
	answer_write(&text, &answer);
	buf_reserve(&text, len);
	memset(text.ptr + text.len, 'x', len - 1);
	text.len += len;
	text.ptr[text.len - 1] = '\n';
	parrot_start(&parrot, buf_str(&text));
	*ret_client = connected(parrot.port, &FIRST_CONTACT);
	enum err_kind kind = wire_client_read(*ret_client, PATIENCE_MS, ret_lines, &position, err);
	shutdown(parrot.listen_fd, SHUT_RDWR);
	if (kind != ERR_NONE) {
		wire_client_close(*ret_client);
		*ret_client = NULL;
	}
	parrot_stop(&parrot);
	buf_release(&text);
	return kind;
}

static void a_line_of_the_greatest_length_passes_and_no_longer_one(void **state)
{
	(void)state;
	struct wire_client *client;
	struct str lines;
	struct err err;
	assert_ok(read_line_of(LINE_BYTES_MAX, &lines, &client, &err), err);
	assert_int_equal(lines.len, LINE_BYTES_MAX);
	wire_client_close(client);
	assert_fails(read_line_of(LINE_BYTES_MAX + 1, &lines, &client, &err), err, ERR_FATAL,
		     "sent a line above");
}

static void the_greatest_line_goes_through_journal_and_server(void **state)
{
	(void)state;
	const char *dir = test_dir();
	struct journal *journal = open_in(dir);
	struct wire_server *server = serve(journal);
	struct buf line = { 0 }, actual = { 0 };
	struct err err;
	buf_reserve(&line, LINE_BYTES_MAX);
	memset(line.ptr, 'y', LINE_BYTES_MAX);
	line.len = LINE_BYTES_MAX;
	line.ptr[line.len - 1] = '\n';
	struct extent extent = { .lines = buf_str(&line) };
	assert_ok(journal_append(journal, &extent, &err), err);
	assert_ok(journal_sync(journal, &err), err);
	struct wire_client *client = connected(wire_server_port(server), &FIRST_CONTACT);
	read_to(client, line.len, &actual);
	assert_bytes(&actual, &line);
	wire_client_close(client);
	stop(server);
	journal_close(journal);
	buf_release(&line);
	buf_release(&actual);
}

static void assert_option(int fd, int level, int name, int wanted)
{
	int value = 0;
	socklen_t len = sizeof value;
	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	assert_int_equal(value, wanted);
}

/* Bytes may be long in coming, so only the kernel can tell that the server's machine is gone. */
static void a_machine_that_is_gone_is_missed_within_a_minute(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	struct wire_client *client = connected(wire_server_port(server), &FIRST_CONTACT);
	int fd = wire_client_fd(client);
	assert_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	assert_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	assert_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	assert_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	wire_client_close(client);
	stop(server);
	journal_close(journal);
}

static bool yes(void)
{
	return true;
}

static void who_is_asked_to_stop_waits_for_no_answer(void **state)
{
	(void)state;
	struct buf status = { 0 };
	struct wire_client *client;
	struct err err;
	int fd, port;
	assert_ok(net_listen("127.0.0.1", 0, &fd, &port, &err), err);
	wire_client_interrupt_when(yes);
	int64_t start_us = clock_monotonic_us();
	assert_fails(wire_status("127.0.0.1", port, PATIENCE_MS, &status, &err), err, ERR_RETRY,
		     "interrupted");
	assert_fails(wire_client_open("127.0.0.1", port, &FIRST_CONTACT, &client, &err), err,
		     ERR_RETRY, "interrupted");
	assert_true(clock_monotonic_us() - start_us < PATIENCE_MS * 500);
	wire_client_interrupt_when(NULL);
	close(fd);
}

static void assert_status(int port, const char *wanted)
{
	struct buf status = { 0 };
	struct err err;
	assert_ok(wire_status("127.0.0.1", port, PATIENCE_MS, &status, &err), err);
	assert_string_equal(buf_text(&status), wanted);
	buf_release(&status);
}

static void a_status_tells_the_stream_and_what_the_role_says(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	struct buf all = { 0 }, big = { 0 }, wanted = { 0 };
	int port = wire_server_port(server);
	assert_status(port, "{\"aviary\":1,\"stream\":\"" TEST_STREAM
			    "\",\"end\":0,\"acknowledged\":0,\"requests\":null,\"status\":null}");
	sync_lines(journal, 0, 3);
	add_lines(&all, 0, 3);
	struct wire_client *client = connected(port, &FIRST_CONTACT);
	wire_server_set_status(server, STR("{\"role\":\"first\"}"));
	wire_server_set_status(server, STR("{\"role\":\"test\"}"));
	buf_addf(
		&wanted,
		"{\"aviary\":1,\"stream\":\"" TEST_STREAM
		"\",\"end\":%zu,\"acknowledged\":0,\"requests\":null,\"status\":{\"role\":\"test\"}}",
		all.len);
	assert_status(port, buf_text(&wanted));
	/* Asking disturbs nobody, and the greatest status passes. */
	struct buf actual = { 0 };
	read_to(client, all.len, &actual);
	assert_bytes(&actual, &all);
	buf_add_byte(&big, '"');
	while (big.len < STATUS_BYTES_MAX - 1)
		buf_add_byte(&big, 'x');
	buf_add_byte(&big, '"');
	wire_server_set_status(server, buf_str(&big));
	buf_reset(&wanted);
	buf_addf(&wanted,
		 "{\"aviary\":1,\"stream\":\"" TEST_STREAM
		 "\",\"end\":%zu,\"acknowledged\":0,\"requests\":null,\"status\":%s}",
		 all.len, buf_text(&big));
	assert_status(port, buf_text(&wanted));
	wire_client_close(client);
	stop(server);
	journal_close(journal);
	buf_release(&all);
	buf_release(&actual);
	buf_release(&big);
	buf_release(&wanted);
}

static void nobody_there_has_no_status(void **state)
{
	(void)state;
	struct journal *journal = open_in(test_dir());
	struct wire_server *server = serve(journal);
	struct buf status = { 0 };
	struct err err;
	int port = wire_server_port(server);
	stop(server);
	journal_close(journal);
	assert_fails(wire_status("127.0.0.1", port, PATIENCE_MS, &status, &err), err, ERR_RETRY,
		     "connect to");
	assert_int_equal(status.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ten_thousand_lines_arrive_byte_for_byte),
		cmocka_unit_test(a_consumer_resumes_where_it_was),
		cmocka_unit_test(a_tap_reads_and_releases_nothing),
		cmocka_unit_test(nothing_in_time_is_no_error),
		cmocka_unit_test(a_signal_ends_the_waiting),
		cmocka_unit_test(a_server_that_stops_may_be_tried_again),
		cmocka_unit_test(a_refusal_is_fatal_and_keeps_its_words),
		cmocka_unit_test(a_wrong_answer_is_not_taken_for_a_good_one),
		cmocka_unit_test(a_line_of_the_greatest_length_passes_and_no_longer_one),
		cmocka_unit_test(the_greatest_line_goes_through_journal_and_server),
		cmocka_unit_test(a_machine_that_is_gone_is_missed_within_a_minute),
		cmocka_unit_test(who_is_asked_to_stop_waits_for_no_answer),
		cmocka_unit_test(a_status_tells_the_stream_and_what_the_role_says),
		cmocka_unit_test(nobody_there_has_no_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
