#include "wire/wire_fixture.h"

#include "wire/opening.h"

#include <stdio.h>
#include <sys/resource.h>

enum { LINES = 60, LINES_AN_EXTENT = 3 };

struct fixture {
	const char *dir;
	struct journal *journal;
	struct wire_server *server;
	int port;
	struct buf all; /* the bytes of the journal */
};

/* A served journal of LINES lines in several segments. */
static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(1, sizeof *fixture);
	fixture->dir = test_dir();
	struct journal_options options = options_for(fixture->dir);
	options.segment_bytes = 1500;
	fixture->journal = open_with(&options);
	for (uint64_t i = 0; i < LINES; i += LINES_AN_EXTENT)
		sync_lines(fixture->journal, i, LINES_AN_EXTENT);
	add_lines(&fixture->all, 0, LINES);
	fixture->server = serve(fixture->journal);
	fixture->port = wire_server_port(fixture->server);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	if (fixture->server)
		stop(fixture->server);
	journal_close(fixture->journal);
	buf_release(&fixture->all);
	free(fixture);
	return 0;
}

static struct hello hello_at(const struct fixture *fixture, enum hello_kind kind, uint64_t offset)
{
	struct hello hello = { .kind = kind, .lake = TEST_LAKE, .stream = TEST_STREAM };
	hello.from.offset = offset;
	if (offset <= fixture->all.len)
		hello.from.chain = chain_lines(0, str_make(fixture->all.ptr, offset));
	return hello;
}

static int say_hello(int port, const struct hello *hello)
{
	struct buf text = { 0 };
	hello_write(&text, hello);
	buf_add_byte(&text, '\n');
	int fd = connect_bare(port);
	say(fd, buf_text(&text));
	buf_release(&text);
	return fd;
}

static struct answer hear_answer(int fd)
{
	struct buf line = { 0 };
	struct answer answer;
	struct err err;
	assert_true(hear_line(fd, &line));
	assert_ok(answer_parse(buf_str(&line), &answer, &err), err);
	buf_release(&line);
	return answer;
}

/* A peer that resumed at an offset and was accepted. */
static int resumed_at(const struct fixture *fixture, uint64_t offset)
{
	struct hello hello = hello_at(fixture, HELLO_RESUME, offset);
	int fd = say_hello(fixture->port, &hello);
	hear_answer(fd);
	return fd;
}

static void assert_refused(int fd, enum err_kind kind, const char *words)
{
	struct buf line = { 0 };
	struct answer answer;
	struct err err;
	assert_true(hear_line(fd, &line));
	assert_fails(answer_parse(buf_str(&line), &answer, &err), err, kind, words);
	assert_true(is_closed(fd));
	buf_release(&line);
	close(fd);
}

static void assert_hears(int fd, const struct fixture *fixture, size_t from, size_t to)
{
	struct buf heard = { 0 };
	assert_true(hear(fd, &heard, to - from));
	assert_memory_equal(heard.ptr, fixture->all.ptr + from, to - from);
	buf_release(&heard);
}

/* More lines behind what is there. */
static void append_more(struct fixture *fixture, uint64_t from, uint64_t count)
{
	sync_lines(fixture->journal, from, count);
	add_lines(&fixture->all, from, count);
}

static void assert_starts_at(const struct fixture *fixture, enum hello_kind kind, size_t at)
{
	struct hello hello = hello_at(fixture, kind, at);
	int fd = say_hello(fixture->port, &hello);
	struct answer answer = hear_answer(fd);
	assert_string_equal(answer.stream, TEST_STREAM);
	assert_int_equal(answer.start.offset, at);
	assert_int_equal(answer.start.chain, hello.from.chain);
	assert_int_equal(answer.end, fixture->all.len);
	assert_hears(fd, fixture, at, fixture->all.len);
	close(fd);
}

static void a_resume_at_every_line_boundary_gets_the_bytes_behind_it(void **state)
{
	struct fixture *fixture = *state;
	for (size_t at = 0; at <= fixture->all.len; at++) {
		if (at > 0 && fixture->all.ptr[at - 1] != '\n')
			continue;
		assert_starts_at(fixture, HELLO_TAP, at);
		/* It acknowledges, so that what is below may go. */
		assert_starts_at(fixture, HELLO_RESUME, at);
		assert_int_equal(journal_acknowledged(fixture->journal), at);
	}
}

static void what_does_not_fit_is_refused_with_clear_words(void **state)
{
	struct fixture *fixture = *state;
	const struct hello good = hello_at(fixture, HELLO_RESUME, fixture->all.len);
	struct hello hello = good;
	hello.from.chain++;
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "wrong chain");
	hello = good;
	memcpy(hello.stream, OTHER_UUID, UUID_TEXT);
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "unknown stream");
	hello = good;
	hello.from.offset++;
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "beyond the synced end");
	hello.from.offset = UINT64_MAX;
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "beyond the synced end");
	hello.from.offset = good.from.offset - 1;
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "not between two lines");
	/* None of these was the first lake. */
	memcpy(hello.lake, OTHER_UUID, UUID_TEXT);
	hello.from = good.from;
	close(say_hello(fixture->port, &hello));
	wait_for_acknowledged(fixture->journal, fixture->all.len);
	assert_refused(say_hello(fixture->port, &good), ERR_FATAL, "another lake");
	hello = hello_at(fixture, HELLO_TAP, 0);
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "below the oldest");
}

static void requests_that_nobody_has_are_refused(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_bare(fixture->port);
	say(fd, "{\"aviary\":1,\"requests\":{\"from\":0}}\n");
	assert_refused(fd, ERR_FATAL, "\"requests\" is not served");
}

static void the_first_contact_starts_at_the_oldest_unacknowledged_byte(void **state)
{
	struct fixture *fixture = *state;
	const struct hello first = { .kind = HELLO_RESUME, .lake = TEST_LAKE };
	int fd = say_hello(fixture->port, &first);
	assert_int_equal(hear_answer(fd).start.offset, 0);
	assert_hears(fd, fixture, 0, fixture->all.len);
	const char *newline = memchr(fixture->all.ptr + 500, '\n', fixture->all.len - 500);
	uint64_t offset = (uint64_t)(newline + 1 - fixture->all.ptr);
	char text[64];
	snprintf(text, sizeof text, "{\"ack\":%" PRIu64 "}\n", offset);
	say(fd, text);
	wait_for_acknowledged(fixture->journal, offset);
	close(fd);
	fd = say_hello(fixture->port, &first);
	struct answer answer = hear_answer(fd);
	assert_int_equal(answer.start.offset, offset);
	assert_int_equal(answer.start.chain, chain_lines(0, str_make(fixture->all.ptr, offset)));
	assert_hears(fd, fixture, offset, fixture->all.len);
	close(fd);
}

static void a_new_consumer_takes_over_from_the_one_before(void **state)
{
	struct fixture *fixture = *state;
	int before = resumed_at(fixture, 0);
	assert_hears(before, fixture, 0, fixture->all.len);
	int after = resumed_at(fixture, 0);
	assert_true(is_closed(before));
	assert_hears(after, fixture, 0, fixture->all.len);
	append_more(fixture, LINES, 2);
	struct buf heard = { 0 }, expected = { 0 };
	add_lines(&expected, LINES, 2);
	assert_true(hear(after, &heard, expected.len));
	assert_bytes(&heard, &expected);
	buf_release(&heard);
	buf_release(&expected);
	close(before);
	close(after);
}

static void a_refused_consumer_takes_nothing_over(void **state)
{
	struct fixture *fixture = *state;
	int holder = resumed_at(fixture, 0);
	assert_hears(holder, fixture, 0, fixture->all.len);
	struct hello hello = hello_at(fixture, HELLO_RESUME, fixture->all.len);
	hello.from.chain ^= 1;
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "wrong chain");
	hello.from.chain ^= 1;
	memcpy(hello.lake, OTHER_UUID, UUID_TEXT);
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "another lake");
	size_t end = fixture->all.len;
	append_more(fixture, LINES, 1);
	assert_hears(holder, fixture, end, fixture->all.len);
	close(holder);
}

static void a_silent_peer_gets_whole_lines_from_the_oldest_byte(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_bare(fixture->port);
	assert_hears(fd, fixture, 0, fixture->all.len);
	size_t end = fixture->all.len;
	append_more(fixture, LINES, 5);
	assert_hears(fd, fixture, end, fixture->all.len);
	assert_int_equal(journal_acknowledged(fixture->journal), 0);
	assert_int_equal(journal_oldest(fixture->journal), 0);
	say(fd, "\n");
	assert_false(readable(fd, 50));
	struct hello late = hello_at(fixture, HELLO_RESUME, end);
	struct buf text = { 0 };
	hello_write(&text, &late);
	say(fd, buf_text(&text));
	assert_true(is_closed(fd));
	assert_int_equal(journal_acknowledged(fixture->journal), 0);
	buf_release(&text);
	close(fd);
}

static void a_silent_peer_that_closed_its_side_is_served_too(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_bare(fixture->port);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_hears(fd, fixture, 0, fixture->all.len);
	size_t end = fixture->all.len;
	append_more(fixture, LINES, 1);
	assert_hears(fd, fixture, end, fixture->all.len);
	close(fd);
}

static void a_silent_peer_starts_where_deletion_has_got_to(void **state)
{
	struct fixture *fixture = *state;
	int consumer = resumed_at(fixture, fixture->all.len);
	uint64_t oldest = journal_oldest(fixture->journal);
	assert_true(oldest > 0);
	int fd = connect_bare(fixture->port);
	assert_hears(fd, fixture, oldest, fixture->all.len);
	close(fd);
	close(consumer);
}

static void only_synced_lines_are_served(void **state)
{
	struct fixture *fixture = *state;
	struct hello hello = hello_at(fixture, HELLO_TAP, fixture->all.len);
	int fd = say_hello(fixture->port, &hello);
	hear_answer(fd);
	/* So many that some are written long before they are synced. */
	struct buf expected = { 0 };
	for (uint64_t i = 0; i < 100; i++) {
		struct buf lines = { 0 };
		struct err err;
		add_lines(&lines, i * 100, 100);
		struct extent extent = { .lines = buf_str(&lines) };
		fixture->journal->segment_bytes = UINT64_MAX;
		assert_ok(journal_append(fixture->journal, &extent, &err), err);
		buf_add_str(&expected, buf_str(&lines));
		buf_release(&lines);
	}
	assert_true(fixture->journal->current.at > fixture->journal->synced_len);
	assert_false(readable(fd, 50));
	struct err err;
	assert_ok(journal_sync(fixture->journal, &err), err);
	struct buf heard = { 0 };
	assert_true(hear(fd, &heard, expected.len));
	assert_bytes(&heard, &expected);
	buf_release(&heard);
	buf_release(&expected);
	close(fd);
}

static void an_acknowledgement_removes_segments(void **state)
{
	struct fixture *fixture = *state;
	int fd = resumed_at(fixture, 0);
	assert_hears(fd, fixture, 0, fixture->all.len);
	size_t before = segment_count(fixture->dir);
	size_t at = 0;
	while (at < fixture->all.len) {
		const char *newline = memchr(fixture->all.ptr + at, '\n', fixture->all.len - at);
		at = (size_t)(newline + 1 - fixture->all.ptr);
		char text[64];
		snprintf(text, sizeof text, "{\"ack\":%zu}\n", at);
		say(fd, text);
	}
	wait_for_acknowledged(fixture->journal, at);
	stop(fixture->server);
	fixture->server = NULL;
	assert_true(before > 3);
	assert_int_equal(segment_count(fixture->dir), 1);
	close(fd);
}

static void assert_acknowledgement_closes(struct fixture *fixture, const char *text)
{
	int fd = resumed_at(fixture, 0);
	assert_hears(fd, fixture, 0, fixture->all.len);
	say(fd, text);
	assert_true(is_closed(fd));
	assert_int_equal(journal_acknowledged(fixture->journal), 0);
	close(fd);
}

static void a_bad_acknowledgement_closes_and_releases_nothing(void **state)
{
	struct fixture *fixture = *state;
	char text[1024];
	snprintf(text, sizeof text, "{\"ack\":%zu}\n", fixture->all.len + 1);
	assert_acknowledgement_closes(fixture, text);
	snprintf(text, sizeof text, "{\"ack\":%zu}\n", fixture->all.len - 1);
	assert_acknowledgement_closes(fixture, text);
	assert_acknowledgement_closes(fixture, "{\"ack\":18446744073709551615}\n");
	assert_acknowledgement_closes(fixture, "what\n");
	memset(text, ' ', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_acknowledgement_closes(fixture, text);
	/* Nobody has what was not sent, and the socket holds less than this. */
	struct buf lines = { 0 };
	struct err err;
	add_lines(&lines, 0, 100000);
	struct extent extent = { .lines = buf_str(&lines) };
	for (int i = 0; i < 3; i++)
		assert_ok(journal_append(fixture->journal, &extent, &err), err);
	assert_ok(journal_sync(fixture->journal, &err), err);
	int slow = resumed_at(fixture, 0);
	snprintf(text, sizeof text, "{\"ack\":%" PRIu64 "}\n",
		 journal_end(fixture->journal).offset);
	say(slow, text);
	assert_true(is_closed(slow));
	assert_int_equal(journal_acknowledged(fixture->journal), 0);
	close(slow);
	buf_release(&lines);
	/* A tap has nothing to acknowledge. */
	struct hello hello = hello_at(fixture, HELLO_TAP, fixture->all.len);
	int fd = say_hello(fixture->port, &hello);
	hear_answer(fd);
	say(fd, "{\"ack\":0}\n");
	assert_true(is_closed(fd));
	close(fd);
}

static void garbage_and_endless_hellos_are_refused(void **state)
{
	struct fixture *fixture = *state;
	int fd = connect_bare(fixture->port);
	say(fd, "\x16\x03\x01 this is no JSON\n");
	assert_refused(fd, ERR_FATAL, "not JSON");
	fd = connect_bare(fixture->port);
	char block[65536];
	memset(block, '[', sizeof block);
	size_t taken = 0;
	ssize_t put;
	while (taken < 1u << 30 && (put = send(fd, block, sizeof block, MSG_NOSIGNAL)) > 0)
		taken += (size_t)put;
	assert_true(taken < 1u << 30);
	close(fd);
	fd = connect_bare(fixture->port);
	memset(block, '[', sizeof block);
	assert_int_equal(send(fd, block, HELLO_BYTES_MAX, MSG_NOSIGNAL), HELLO_BYTES_MAX);
	assert_refused(fd, ERR_FATAL, "too long");
}

static void a_hello_in_pieces_is_understood(void **state)
{
	struct fixture *fixture = *state;
	struct hello hello = hello_at(fixture, HELLO_RESUME, 0);
	struct buf text = { 0 };
	hello_write(&text, &hello);
	buf_add_text(&text, "\n{\"ack\":0}\n");
	int fd = connect_bare(fixture->port);
	for (size_t i = 0; i < text.len; i++) {
		assert_int_equal(send(fd, text.ptr + i, 1, MSG_NOSIGNAL), 1);
		if (i % 16 == 0)
			poll(NULL, 0, TEST_HELLO_TIMEOUT_MS / 10);
	}
	hear_answer(fd);
	assert_hears(fd, fixture, 0, fixture->all.len);
	buf_release(&text);
	close(fd);
}

static void a_slow_reader_blocks_nobody_and_costs_no_memory(void **state)
{
	struct fixture *fixture = *state;
	struct buf lines = { 0 };
	struct err err;
	fixture->journal->segment_bytes = UINT64_MAX;
	add_lines(&lines, 0, 10000);
	for (int i = 0; i < 32; i++) {
		struct extent extent = { .lines = buf_str(&lines) };
		assert_ok(journal_append(fixture->journal, &extent, &err), err);
	}
	assert_ok(journal_sync(fixture->journal, &err), err);
	struct hello hello = hello_at(fixture, HELLO_TAP, 0);
	int slow = say_hello(fixture->port, &hello);
	int half_open = connect_bare(fixture->port);
	say(half_open, "{");
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	int fd = resumed_at(fixture, 0);
	assert_hears(fd, fixture, 0, fixture->all.len);
	struct buf heard = { 0 };
	for (int i = 0; i < 32; i++) {
		buf_reset(&heard);
		assert_true(hear(fd, &heard, lines.len));
		assert_bytes(&heard, &lines);
	}
	getrusage(RUSAGE_SELF, &after);
	assert_true(after.ru_maxrss - before.ru_maxrss < 32 << 10);
	/* The slow one gets it all when it wants it. */
	hear_answer(slow);
	assert_hears(slow, fixture, 0, fixture->all.len);
	for (int i = 0; i < 32; i++) {
		buf_reset(&heard);
		assert_true(hear(slow, &heard, lines.len));
		assert_bytes(&heard, &lines);
	}
	buf_release(&lines);
	buf_release(&heard);
	close(slow);
	close(half_open);
	close(fd);
}

static void too_many_taps_are_refused_but_not_the_consumer(void **state)
{
	struct fixture *fixture = *state;
	struct hello hello = hello_at(fixture, HELLO_TAP, fixture->all.len);
	int taps[TEST_CLIENTS_MAX];
	for (int i = 0; i < TEST_CLIENTS_MAX; i++) {
		taps[i] = say_hello(fixture->port, &hello);
		hear_answer(taps[i]);
	}
	assert_refused(say_hello(fixture->port, &hello), ERR_RETRY, "too many connections");
	assert_refused(connect_bare(fixture->port), ERR_RETRY, "too many connections");
	close(resumed_at(fixture, fixture->all.len));
	for (int i = 0; i < TEST_CLIENTS_MAX; i++)
		close(taps[i]);
}

static void peers_that_never_end_their_hello_are_bounded(void **state)
{
	struct fixture *fixture = *state;
	int fds[TEST_CLIENTS_MAX];
	for (int i = 0; i < TEST_CLIENTS_MAX; i++) {
		fds[i] = connect_bare(fixture->port);
		say(fds[i], "{");
	}
	int fd = connect_bare(fixture->port);
	struct buf line = { 0 };
	assert_true(hear_line(fd, &line));
	assert_non_null(strstr(buf_text(&line), "too many connections"));
	close(fd);
	assert_refused(fds[0], ERR_FATAL, "took too long");
	for (int i = 1; i < TEST_CLIENTS_MAX; i++)
		assert_refused(fds[i], ERR_FATAL, "took too long");
	close(resumed_at(fixture, 0));
	buf_release(&line);
}

static void a_tap_that_is_overtaken_by_deletion_is_closed(void **state)
{
	struct fixture *fixture = *state;
	struct hello hello = hello_at(fixture, HELLO_TAP, 0);
	struct buf lines = { 0 };
	struct err err;
	add_lines(&lines, 0, 10000);
	struct extent extent = { .lines = buf_str(&lines) };
	for (int i = 0; i < 32; i++) {
		assert_ok(journal_append(fixture->journal, &extent, &err), err);
		assert_ok(journal_sync(fixture->journal, &err), err);
	}
	int tap = say_hello(fixture->port, &hello);
	hear_answer(tap);
	struct hello first = { .kind = HELLO_RESUME, .lake = TEST_LAKE };
	int consumer = say_hello(fixture->port, &first);
	uint64_t end = hear_answer(consumer).end;
	struct buf heard = { 0 };
	assert_true(hear(consumer, &heard, end));
	char text[64];
	snprintf(text, sizeof text, "{\"ack\":%" PRIu64 "}\n", end);
	say(consumer, text);
	wait_for_acknowledged(fixture->journal, end);
	buf_reset(&heard);
	assert_false(hear(tap, &heard, end));
	assert_true(heard.len < end);
	buf_release(&heard);
	buf_release(&lines);
	close(tap);
	close(consumer);
}

static void damage_is_told_to_who_resumes_there_and_to_who_stops(void **state)
{
	struct fixture *fixture = *state;
	char *path = segment_path(fixture->dir, 0);
	struct buf bytes = { 0 };
	read_file(path, &bytes);
	size_t head_len = SEGMENT_HEAD_BYTES + CHECKSUM_BYTES;
	bytes.ptr[head_len + EXTENT_HEAD_BYTES + 3] ^= 1;
	write_file(path, buf_str(&bytes));
	struct hello hello = hello_at(fixture, HELLO_RESUME, 0);
	assert_refused(say_hello(fixture->port, &hello), ERR_FATAL, "damaged at byte");
	assert_int_equal(journal_acknowledged(fixture->journal), 0);
	struct err err;
	assert_fails(wire_server_stop(fixture->server, &err), err, ERR_FATAL, path);
	fixture->server = NULL;
	buf_release(&bytes);
	free(path);
}

static void a_port_that_is_taken_may_be_tried_again(void **state)
{
	struct fixture *fixture = *state;
	struct journal *journal = open_in(test_dir());
	struct wire_server_options options = { .host = "127.0.0.1",
					       .port = fixture->port,
					       .hello_timeout_ms = 100,
					       .clients_max = 1 };
	struct wire_server *server;
	struct err err;
	assert_fails(wire_server_start(journal, &options, &server, &err), err, ERR_RETRY,
		     "listen on 127.0.0.1");
	options.host = "localhost";
	assert_fails(wire_server_start(journal, &options, &server, &err), err, ERR_FATAL,
		     "not a numeric address");
	options.host = "::1";
	options.port = 0;
	if (wire_server_start(journal, &options, &server, &err) == ERR_NONE)
		stop(server);
	journal_close(journal);
}

#define with_server(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_server(a_resume_at_every_line_boundary_gets_the_bytes_behind_it),
		with_server(what_does_not_fit_is_refused_with_clear_words),
		with_server(requests_that_nobody_has_are_refused),
		with_server(the_first_contact_starts_at_the_oldest_unacknowledged_byte),
		with_server(a_new_consumer_takes_over_from_the_one_before),
		with_server(a_refused_consumer_takes_nothing_over),
		with_server(a_silent_peer_gets_whole_lines_from_the_oldest_byte),
		with_server(a_silent_peer_that_closed_its_side_is_served_too),
		with_server(a_silent_peer_starts_where_deletion_has_got_to),
		with_server(only_synced_lines_are_served),
		with_server(an_acknowledgement_removes_segments),
		with_server(a_bad_acknowledgement_closes_and_releases_nothing),
		with_server(garbage_and_endless_hellos_are_refused),
		with_server(a_hello_in_pieces_is_understood),
		with_server(a_slow_reader_blocks_nobody_and_costs_no_memory),
		with_server(too_many_taps_are_refused_but_not_the_consumer),
		with_server(peers_that_never_end_their_hello_are_bounded),
		with_server(a_tap_that_is_overtaken_by_deletion_is_closed),
		with_server(damage_is_told_to_who_resumes_there_and_to_who_stops),
		with_server(a_port_that_is_taken_may_be_tried_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
