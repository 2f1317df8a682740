/* Who serves a journal may come, go, stall and lie; the view goes on with what is true. */
#include "live/live_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>

#define OTHER_STREAM "2b1e6f52-8b0c-4a37-9c5e-2f1d3a4b5c6d"

/* Good lines, so that each counts. */
static void append_good(struct world *world, struct source *source, int lines)
{
	static uint64_t id = UINT64_C(2124329529328533504);
	struct buf text = { 0 };
	(void)world;
	for (int i = 0; i < lines; i++)
		buf_addf(
			&text,
			"{\"id\":\"%llu\",\"created_at\":\"2026-11-22T05:%02d:00.000Z\",\"text\":\"t\"}\n",
			(unsigned long long)id++, i % 60);
	source_append(source, buf_str(&text));
	buf_release(&text);
}

/* How many rows a fresh session sees; no line twice. */
static int64_t rows_seen(struct world *world, struct live *live)
{
	static const char sql[] = "SELECT count(*) AS seen, "
				  "count(DISTINCT (stream_id, stream_offset)) FROM landing";
	struct session *session = attached(world, live, sql);
	char *answer = answer_of(session, sql), *bar = strchr(answer + 1, '|');
	assert_int_equal(strtoll(answer + 1, NULL, 10), strtoll(bar + 1, NULL, 10));
	int64_t rows = strtoll(answer + 1, NULL, 10);
	free(answer);
	session_close(session);
	return rows;
}

static const struct live_stream *stream_told(const struct live *live, const char *id)
{
	const struct live_state *state = live_state(live);
	for (size_t i = 0; i < state->stream_count; i++) {
		if (strcmp(state->streams[i].id, id) == 0)
			return &state->streams[i];
	}
	fail_msg("stream %s is not told of", id);
	return NULL;
}

static int64_t advance_for(struct live *live, int timeout_ms)
{
	int64_t start_us = clock_monotonic_us();
	struct err err;
	bool changed;
	assert_ok(live_advance(live, timeout_ms, &changed, &err), err);
	return (clock_monotonic_us() - start_us) / 1000;
}

static void wait_for_way(struct live *live, const char *id, enum live_way way)
{
	int64_t deadline_us = clock_monotonic_us() + 20 * INT64_C(1000000);
	while (stream_told(live, id)->way != way) {
		if (clock_monotonic_us() > deadline_us)
			fail_msg("way %d does not become %d: %s", stream_told(live, id)->way, way,
				 stream_told(live, id)->trouble);
		advance_for(live, 20);
	}
}

/* --- moments --------------------------------------------------------------------------------------------- */

static void a_session_keeps_its_moment(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	struct err err;
	static const char sql[] = "SELECT count(*) + 0 FROM landing";
	world_open(&world, 1);
	source_open_in(&world, LIVE_STREAM, &source);
	source_tell(&world, &source, true, false);
	append_good(&world, &source, 10);
	struct live *live = live_of(&world);
	advance(live);
	struct session *session = attached(&world, live, sql);
	assert_int_equal(number_of(session, sql), 10);
	append_good(&world, &source, 5);
	advance_to(live, &source);
	assert_int_equal(number_of(session, sql), 10);
	world_publish(world.lake, &source, 0);
	append_good(&world, &source, 1);
	advance_to(live, &source);
	assert_int_equal(live_state(live)->tail_lines, 1);
	assert_int_equal(number_of(session, sql), 10);
	assert_ok(live_attach(live, session, sql, &err), err);
	assert_int_equal(number_of(session, sql), 16);
	live_close(live); /* what the session holds outlives it */
	assert_int_equal(number_of(session, sql), 16);
	session_close(session);
	source_close(&source);
	world_close(&world);
}

static void what_is_refined_beyond_the_snapshot_takes_a_newer_one(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	static const char sql[] = "SELECT (SELECT count(*) FROM tweet_data_raw), "
				  "(SELECT count(*) FROM tweet_engagement_processed), "
				  "(SELECT count(*) FROM landing)";
	world_open(&world, 10);
	source_open_in(&world, LIVE_STREAM, &source);
	source_tell(&world, &source, true, false);
	append_good(&world, &source, 10);
	world_publish(world.lake, &source, 0);
	world_refine(&world, world.lake);
	append_good(&world, &source, 5);
	struct live *live = live_of(&world);
	advance(live);
	for (int i = 0; i < 2; i++) {
		append_good(&world, &source, 1);
		world_publish(world.lake, &source, 0);
		world_refine(&world, world.lake);
		struct session *session = attached(&world, live, sql);
		char *expected = mem_printf("|%d|%d|%d\n", 16 + i, 16 + i, 16 + i);
		char *answer = answer_of(session, sql);
		assert_string_equal(answer, expected);
		session_close(session);
		free(answer);
		free(expected);
	}
	live_close(live);
	source_close(&source);
	world_close(&world);
}

struct asker {
	struct world *world;
	struct live *live;
	atomic_bool ends;
	int asked;
};

static void *ask_on(void *context)
{
	struct asker *asker = context;
	int64_t last = 0;
	while (!asker->ends) {
		int64_t rows = rows_seen(asker->world, asker->live);
		assert_true(rows >= last);
		last = rows;
		asker->asked++;
	}
	return NULL;
}

static void one_thread_asks_while_another_advances(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	pthread_t thread;
	world_open(&world, 9);
	source_open_in(&world, LIVE_STREAM, &source);
	source_tell(&world, &source, true, false);
	struct live *live = live_of(&world);
	struct asker asker = { .world = &world, .live = live };
	advance(live);
	assert_int_equal(pthread_create(&thread, NULL, ask_on, &asker), 0);
	for (int i = 0; i < 30 || asker.asked < 5; i++) {
		append_good(&world, &source, 20);
		if (i % 5 == 4)
			world_publish(world.lake, &source, 0);
		advance_for(live, 20);
	}
	asker.ends = true;
	pthread_join(thread, NULL);
	advance_to(live, &source);
	live_close(live);
	source_close(&source);
	world_close(&world);
}

static void heard(void *context, const char *stream, struct str line, uint64_t offset)
{
	uint64_t *next = context;
	assert_string_equal(stream, LIVE_STREAM);
	assert_int_equal(offset, *next);
	*next += line.len + 1;
}

static void every_line_is_heard_once(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	struct live *live = NULL;
	struct err err;
	uint64_t next = 0;
	world_open(&world, 2);
	source_open_in(&world, LIVE_STREAM, &source);
	source_serve(&source);
	source_tell(&world, &source, true, true);
	append_good(&world, &source, 10);
	struct live_options options = { .lake = world.lake,
					.engine = world.engine,
					.settings = &world.settings,
					.bytes_max = world.bytes_max,
					.on_line = heard,
					.context = &next };
	assert_ok(live_open(&options, &live, &err), err);
	advance(live);
	wait_for_way(live, LIVE_STREAM, LIVE_TAPPED);
	for (int i = 0; i < 6; i++) {
		append_good(&world, &source, 7);
		if (i == 2)
			source_stop(&source);
		if (i == 4)
			source_serve(&source);
		if (i % 2 == 1)
			world_publish(world.lake, &source, 0);
		advance_to(live, &source);
		assert_int_equal(next, journal_end(source.journal).offset);
	}
	live_close(live);
	source_close(&source);
	world_close(&world);
}

/* --- servers --------------------------------------------------------------------------------------------- */

static void a_server_that_goes_and_comes_is_survived(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	world_open(&world, 3);
	source_open_in(&world, LIVE_STREAM, &source);
	source_serve(&source);
	source_tell(&world, &source, true, true);
	append_good(&world, &source, 10);
	struct live *live = live_of(&world);
	advance(live);
	assert_int_equal(stream_told(live, LIVE_STREAM)->way, LIVE_TAPPED);
	assert_null(stream_told(live, LIVE_STREAM)->trouble);
	assert_int_equal(rows_seen(&world, live), 10);
	source_stop(&source);
	append_good(&world, &source, 10);
	wait_for_way(live, LIVE_STREAM, LIVE_IN_PLACE);
	advance_to(live, &source);
	assert_non_null(stream_told(live, LIVE_STREAM)->trouble);
	assert_int_equal(rows_seen(&world, live), 20);
	append_good(&world, &source, 3);
	source_serve(&source);
	wait_for_way(live, LIVE_STREAM, LIVE_TAPPED);
	advance_to(live, &source);
	assert_int_equal(rows_seen(&world, live), 23);
	live_close(live);
	source_close(&source);
	world_close(&world);
}

/* Accepts, says `words`, and nothing more. */
struct peer {
	int fd, port;
	const char *words;
	pthread_t thread;
};

static void *peer_run(void *context)
{
	struct peer *peer = context;
	int fd;
	while ((fd = accept(peer->fd, NULL, NULL)) >= 0) {
		if (send(fd, peer->words, strlen(peer->words), MSG_NOSIGNAL) < 0)
			break;
		/* left open: it stalls */
	}
	return NULL;
}

static void peer_open(struct peer *peer, const char *words)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof address;
	*peer = (struct peer){ .words = words, .fd = socket(AF_INET, SOCK_STREAM, 0) };
	assert_return_code(bind(peer->fd, (struct sockaddr *)&address, len), 0);
	assert_return_code(listen(peer->fd, 16), 0);
	assert_return_code(getsockname(peer->fd, (struct sockaddr *)&address, &len), 0);
	peer->port = ntohs(address.sin_port);
	assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static void peer_close(struct peer *peer)
{
	shutdown(peer->fd, SHUT_RDWR);
	pthread_join(peer->thread, NULL);
	close(peer->fd);
}

static void a_peer_that_stalls_or_lies_holds_nobody_up(void **state)
{
	(void)state;
	static const char *const words[] = {
		"",
		"HTTP/1.1 400 Bad Request\r\n\r\n",
		"{\"aviary\":1,\"stream\":\"" LIVE_STREAM
		"\",\"offset\":0,\"chain\":0,\"end\":9999999}\n",
		"{\"aviary\":1,\"stream\":\"" LIVE_STREAM
		"\",\"offset\":0,\"chain\":0,\"end\":99}\n"
		"{\"id\":\"2124329529328533504\",\"half",
		"{\"aviary\":1,\"stream\":\"" OTHER_STREAM
		"\",\"offset\":0,\"chain\":0,\"end\":0}\n",
		"{\"aviary\":1,\"error\":\"unknown stream\"}\n",
		"\xff\xfe{\n\n\n",
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct world world;
		struct source source;
		struct peer peer;
		world_open(&world, 4);
		peer_open(&peer, words[i]);
		source_open_in(&world, LIVE_STREAM, &source);
		source.port = peer.port;
		source_tell(&world, &source, true, true);
		append_good(&world, &source, 10);
		struct live *live = live_of(&world);
		int64_t first_ms = advance_for(live, 0);
		if (first_ms > 4500)
			fail_msg("%zu: it took %lld ms", i, (long long)first_ms);
		wait_for_way(live, LIVE_STREAM, LIVE_IN_PLACE);
		advance_to(live, &source);
		assert_int_equal(rows_seen(&world, live), 10);
		append_good(&world, &source, 1);
		assert_true(advance_for(live, 1000) < 900);
		advance_to(live, &source);
		assert_int_equal(rows_seen(&world, live), 11);
		live_close(live);
		peer_close(&peer);
		source_close(&source);
		world_close(&world);
	}
}

/* --- what sources/ says ---------------------------------------------------------------------------------- */

static void nobody_there_leaves_what_is_published_and_says_so(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	world_open(&world, 5);
	source_open_in(&world, LIVE_STREAM, &source);
	append_good(&world, &source, 10);
	world_publish(world.lake, &source, 0);
	append_good(&world, &source, 5);
	struct live *live = live_of(&world);
	advance(live);
	assert_int_equal(stream_told(live, LIVE_STREAM)->way, LIVE_PUBLISHED_ONLY);
	assert_non_null(stream_told(live, LIVE_STREAM)->trouble);
	assert_true(stream_told(live, LIVE_STREAM)->published_us > 0);
	assert_int_equal(rows_seen(&world, live), 10);
	source_tell(&world, &source, true, false);
	wait_for_way(live, LIVE_STREAM, LIVE_IN_PLACE);
	advance_to(live, &source);
	assert_int_equal(rows_seen(&world, live), 15);
	live_close(live);
	source_close(&source);
	world_close(&world);
}

static void a_sources_file_that_lies_harms_nobody(void **state)
{
	(void)state;
	struct world world;
	struct source source, other;
	struct err err;
	struct lake_snapshot *snapshot = NULL;
	world_open(&world, 6);
	source_open_in(&world, LIVE_STREAM, &source);
	source_open_in(&world, LIVE_STREAM_2, &other);
	append_good(&world, &source, 10);
	append_good(&world, &other, 20);
	world_publish(world.lake, &source, 0);
	char *fifo = mem_printf("%s/fifo", world.dir), *odd = mem_printf("%s/odd", world.dir);
	char *segment = mem_printf("%s/00000000000000000000.segment", odd);
	assert_return_code(mkdir(odd, 0700), 0);
	assert_return_code(mkfifo(segment, 0600), 0);
	assert_return_code(mkfifo(fifo, 0600), 0);
	const char *const lies[] = {
		other.dir, fifo, odd, "/dev/null", "/proc/self", "relative", ""
	};
	char *texts[] = { mem_printf("{\"journal\":\"%s\"", other.dir),
			  mem_strdup("\xff\xff"),
			  mem_strdup("[]"),
			  mem_strdup("{\"journal\":7,\"address\":[]}"),
			  mem_strdup("{\"address\":\"127.0.0.1:99999999\"}"),
			  mem_strdup("{\"address\":\":\"}"),
			  mem_strdup("{\"address\":\"[::1]\"}") };
	for (size_t i = 0; i < sizeof lies / sizeof *lies + sizeof texts / sizeof *texts; i++) {
		struct buf text = { 0 };
		if (i < sizeof lies / sizeof *lies)
			buf_addf(&text, "{\"journal\":\"%s\"}\n", lies[i]);
		else
			buf_add_text(&text, texts[i - sizeof lies / sizeof *lies]);
		assert_ok(store_replace(lake_store(world.lake), "_aviary/sources/" LIVE_STREAM,
					buf_str(&text), &err),
			  err);
		struct live *live = live_of(&world);
		alarm(30);
		advance(live);
		alarm(0);
		assert_int_equal(stream_told(live, LIVE_STREAM)->way, LIVE_PUBLISHED_ONLY);
		assert_int_equal(rows_seen(&world, live), 10);
		live_close(live);
		buf_release(&text);
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	lake_snapshot_free(snapshot);
	free(fifo);
	free(odd);
	free(segment);
	source_close(&other);
	source_close(&source);
	world_close(&world);
}

/* --- deletion -------------------------------------------------------------------------------------------- */

static void what_was_published_and_removed_meanwhile_is_published(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	struct wire_client *client = NULL;
	struct err err;
	world_open(&world, 7);
	source_open_in(&world, LIVE_STREAM, &source);
	source_tell(&world, &source, true, false);
	append_good(&world, &source, 10);
	struct live *live = live_of(&world);
	advance(live);
	assert_int_equal(rows_seen(&world, live), 10);
	for (int i = 0; i < 40; i++)
		append_good(&world, &source, 60); /* several segments */
	world_publish(world.lake, &source, 0);
	source_serve(&source);
	struct wire_resume resume = { .lake = lake_id(world.lake) };
	assert_ok(wire_client_open("127.0.0.1", source.port, &resume, &client, &err), err);
	assert_ok(wire_client_acknowledge(client, journal_end(source.journal).offset, &err), err);
	for (int i = 0; i < 1000 && journal_acknowledged(source.journal) == 0; i++)
		usleep(5000);
	wire_client_close(client);
	source_stop(&source);
	append_good(&world, &source, 3);
	advance_to(live, &source);
	assert_int_equal(rows_seen(&world, live), 10 + 40 * 60 + 3);
	live_close(live);
	live = live_of(&world);
	advance_to(live, &source);
	assert_int_equal(rows_seen(&world, live), 10 + 40 * 60 + 3);
	live_close(live);
	source_close(&source);
	world_close(&world);
}

/* --- files of our own ------------------------------------------------------------------------------------ */

static size_t staging_entries(const struct world *world)
{
	struct name_list names = { 0 };
	struct err err;
	assert_ok(store_list(lake_store(world->lake), "_aviary/staging", &names, &err), err);
	size_t count = names.count;
	name_list_release(&names);
	return count;
}

static void what_a_dead_reader_left_is_removed_and_ours_with_us(void **state)
{
	(void)state;
	struct world world;
	struct source source;
	struct err err;
	world_open(&world, 8);
	world.bytes_max = 4096;
	char *dead = lake_file(world.lake, "_aviary/staging/live-dead");
	char *dead_file = mem_printf("%s/7.parquet", dead), *lock = mem_printf("%s.lock", dead);
	assert_ok(dir_make(dead, false, &err), err);
	assert_ok(file_replace(dead_file, STR("x"), &err), err);
	assert_ok(file_replace(lock, STR(""), &err), err);
	source_open_in(&world, LIVE_STREAM, &source);
	source_tell(&world, &source, true, false);
	append_good(&world, &source, 300);
	struct live *live = live_of(&world), *second = live_of(&world);
	advance(live);
	assert_false(file_exists(dead_file));
	assert_false(file_exists(lock));
	assert_int_equal(staging_entries(&world), 2);
	advance(second);
	assert_int_equal(staging_entries(&world), 4); /* the living keep theirs */
	assert_int_equal(rows_seen(&world, live), 300);
	assert_int_equal(rows_seen(&world, second), 300);
	assert_int_equal(live_state(live)->rows, 300);
	live_close(live);
	live_close(second);
	assert_int_equal(staging_entries(&world), 0);
	free(dead);
	free(dead_file);
	free(lock);
	source_close(&source);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_keeps_its_moment),
		cmocka_unit_test(one_thread_asks_while_another_advances),
		cmocka_unit_test(what_is_refined_beyond_the_snapshot_takes_a_newer_one),
		cmocka_unit_test(every_line_is_heard_once),
		cmocka_unit_test(a_server_that_goes_and_comes_is_survived),
		cmocka_unit_test(a_peer_that_stalls_or_lies_holds_nobody_up),
		cmocka_unit_test(nobody_there_leaves_what_is_published_and_says_so),
		cmocka_unit_test(a_sources_file_that_lies_harms_nobody),
		cmocka_unit_test(what_was_published_and_removed_meanwhile_is_published),
		cmocka_unit_test(what_a_dead_reader_left_is_removed_and_ours_with_us),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
