#include "wire/wire_fixture.h"

#include "wire/opening.h"

/* A journal of posts and one of request records, served together. */
struct fixture {
	struct journal *posts, *requests;
	struct wire_server *server;
	int port;
};

static void add_record(struct buf *buf, uint64_t number)
{
	buf_addf(buf, "{\"number\":%" PRIu64 ",\"kind\":\"request\",\"rule\":\"%0*d\"}\n", number,
		 (int)(number * 37 % 211) + 1, 7);
}

static void append_record(struct journal *journal, uint64_t number)
{
	struct buf line = { 0 };
	struct err err;
	add_record(&line, number);
	struct extent extent = { .lines = buf_str(&line) };
	assert_ok(journal_append(journal, &extent, &err), err);
	assert_ok(journal_sync(journal, &err), err);
	buf_release(&line);
}

static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(1, sizeof *fixture);
	struct journal_options options = options_for(test_dir());
	char *dir = mem_printf("%s/requests", options.dir);
	struct err err;
	fixture->posts = open_with(&options);
	options.dir = dir;
	options.stream_id = OTHER_UUID;
	options.segment_bytes = 1000;
	fixture->requests = open_with(&options);
	for (uint64_t number = 1; number <= 40; number++)
		append_record(fixture->requests, number);
	struct wire_server_options served = { .host = "127.0.0.1",
					      .hello_timeout_ms = 5000,
					      .clients_max = 8,
					      .requests = fixture->requests };
	assert_ok(wire_server_start(fixture->posts, &served, &fixture->server, &err), err);
	fixture->port = wire_server_port(fixture->server);
	free(dir);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	struct err err;
	assert_ok(wire_server_stop(fixture->server, &err), err);
	journal_close(fixture->posts);
	journal_close(fixture->requests);
	free(fixture);
	return 0;
}

static void assert_hears_from(const struct fixture *fixture, const char *hello, uint64_t first,
			      uint64_t last)
{
	struct buf line = { 0 }, wanted = { 0 };
	struct answer answer;
	struct err err;
	int fd = connect_bare(fixture->port);
	say(fd, hello);
	assert_true(hear_line(fd, &line));
	assert_ok(answer_parse(buf_str(&line), &answer, &err), err);
	assert_string_equal(answer.stream, OTHER_UUID);
	for (uint64_t number = first; number <= last; number++)
		add_record(&wanted, number);
	buf_reset(&line);
	assert_true(hear(fd, &line, wanted.len));
	assert_bytes(&line, &wanted);
	close(fd);
	buf_release(&line);
	buf_release(&wanted);
}

static void request_records_are_heard_from_a_number_on(void **state)
{
	struct fixture *fixture = *state;
	assert_hears_from(fixture, "{\"aviary\":1,\"requests\":{\"from\":0}}\n", 1, 40);
	assert_hears_from(fixture, "{\"aviary\":1,\"requests\":{\"from\":17}}\n", 17, 40);
	assert_hears_from(fixture, "{\"aviary\":1,\"requests\":{\"from\":40}}\n", 40, 40);
	assert_hears_from(fixture, "{\"aviary\":1,\"requests\":{\"from\":999}}\n", 41, 40);
}

static struct wire_client *consumer(const struct fixture *fixture, bool requests)
{
	struct wire_resume resume = { .lake = TEST_LAKE, .requests = requests };
	struct wire_client *client = NULL;
	struct err err;
	assert_ok(wire_client_open("127.0.0.1", fixture->port, &resume, &client, &err), err);
	return client;
}

static void they_have_a_consumer_of_their_own_beside_that_of_the_posts(void **state)
{
	struct fixture *fixture = *state;
	struct wire_client *posts = consumer(fixture, false), *requests = consumer(fixture, true);
	struct position at;
	struct str lines;
	struct err err;
	uint64_t end = journal_end(fixture->requests).offset;
	assert_string_equal(wire_client_stream(posts), TEST_STREAM);
	assert_string_equal(wire_client_stream(requests), OTHER_UUID);
	do
		assert_ok(wire_client_read(requests, 2000, &lines, &at, &err), err);
	while (lines.len > 0 && at.offset < end);
	assert_int_equal(at.offset, end);
	assert_ok(wire_client_acknowledge(requests, end, &err), err);
	wait_for_acknowledged(fixture->requests, end);
	assert_int_equal(journal_acknowledged(fixture->posts), 0);

	/* What comes in either reaches its own consumer alone. */
	append_record(fixture->requests, 41);
	assert_ok(wire_client_read(requests, 2000, &lines, &at, &err), err);
	assert_true(str_starts(lines, STR("{\"number\":41,")));
	assert_ok(wire_client_read(posts, 50, &lines, &at, &err), err);
	assert_int_equal(lines.len, 0);
	wire_client_close(posts);
	wire_client_close(requests);

	/* Acknowledged segments are gone. */
	assert_hears_from(fixture, "{\"aviary\":1,\"requests\":{\"from\":41}}\n", 41, 41);
	assert_true(journal_oldest(fixture->requests) > 0);
}

static void the_status_tells_how_far_they_have_come(void **state)
{
	struct fixture *fixture = *state;
	struct buf text = { 0 };
	struct err err;
	assert_ok(wire_status("127.0.0.1", fixture->port, 5000, &text, &err), err);
	char *wanted = mem_printf("\"requests\":{\"stream\":\"" OTHER_UUID "\",\"end\":%" PRIu64
				  ",\"acknowledged\":0}",
				  journal_end(fixture->requests).offset);
	assert_non_null(strstr(buf_text(&text), wanted));
	free(wanted);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(request_records_are_heard_from_a_number_on, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			they_have_a_consumer_of_their_own_beside_that_of_the_posts, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(the_status_tells_how_far_they_have_come, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
