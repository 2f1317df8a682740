/* A journal, the lake that it is collected into, and a twin lake into which everything is published and
 * refined at once, for the tests of the live view. */
#pragma once
#include "base/test.h"

#include "base/clock.h"
#include "base/mem.h"
#include "invent/invent.h"
#include "landing/landing.h"
#include "live/live_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LIVE_STREAM "0b1e6f52-8b0c-4a37-9c5e-2f1d3a4b5c6d"
#define LIVE_STREAM_2 "1b1e6f52-8b0c-4a37-9c5e-2f1d3a4b5c6d"

static const char *const live_weekend[] = { "saturday", "sunday", NULL };

struct world {
	struct warehouse_settings settings;
	uint64_t bytes_max;
	char *dir;
	struct lake *lake, *twin;
	struct engine *engine; /* writes, and answers for the twin */
	uint64_t dice;
};

static inline uint64_t world_roll(struct world *world, uint64_t sides)
{
	world->dice = world->dice * 6364136223846793005u + 1442695040888963407u;
	return (world->dice >> 33) % sides;
}

static inline struct lake *world_lake(struct world *world, const char *name)
{
	struct lake *lake = NULL;
	struct err err;
	char *path = mem_printf("%s/%s", world->dir, name);
	assert_ok(lake_create(path, &err), err);
	assert_ok(lake_open(path, &lake, &err), err);
	free(path);
	return lake;
}

static inline void world_open(struct world *world, uint64_t seed)
{
	struct engine_options options = { .threads = 2, .memory_bytes = 256 << 20 };
	struct err err;
	*world = (struct world){ .dice = seed, .dir = mem_strdup(test_dir()) };
	world->bytes_max = 256 << 20;
	world->settings =
		(struct warehouse_settings){ .weekend = live_weekend, .weekend_zone = "UTC" };
	world->lake = world_lake(world, "lake");
	world->twin = world_lake(world, "twin");
	assert_ok(engine_open(&options, &world->engine, &err), err);
}

static inline void world_close(struct world *world)
{
	engine_close(world->engine);
	lake_close(world->lake);
	lake_close(world->twin);
	free(world->dir);
}

/* --- journals -------------------------------------------------------------------------------------------- */

struct source {
	const char *stream;
	char *dir;
	struct journal *journal;
	struct wire_server *server; /* NULL: it is not served */
	int port;
};

static inline void source_open_in(struct world *world, const char *stream, struct source *source)
{
	struct err err;
	*source = (struct source){ .stream = stream,
				   .dir = mem_printf("%s/journal-%.4s", world->dir, stream) };
	struct journal_options options = { .dir = source->dir,
					   .segment_bytes = 64 << 10,
					   .limit_bytes = UINT64_MAX,
					   .window_entries = 16,
					   .stream_id = stream };
	assert_ok(journal_open(&options, &source->journal, &err), err);
}

static inline void source_serve(struct source *source)
{
	struct wire_server_options options = { .host = "127.0.0.1",
					       .port = source->port,
					       .hello_timeout_ms = 300,
					       .clients_max = 64 };
	struct err err;
	assert_ok(wire_server_start(source->journal, &options, &source->server, &err), err);
	source->port = wire_server_port(source->server);
}

static inline void source_stop(struct source *source)
{
	struct err err;
	if (source->server)
		assert_ok(wire_server_stop(source->server, &err), err);
	source->server = NULL;
}

static inline void source_close(struct source *source)
{
	source_stop(source);
	journal_close(source->journal);
	free(source->dir);
}

/* As a collector writes it: journal and address as far as they are given. */
static inline void source_tell(struct world *world, const struct source *source, bool journal,
			       bool address)
{
	char *at = mem_printf("127.0.0.1:%d", source->port), kind[] = "simulated";
	struct lake_source told = { .journal = journal ? source->dir : NULL,
				    .address = address ? at : NULL,
				    .source = kind };
	struct err err;
	assert_ok(lake_source_write(world->lake, source->stream, &told, &err), err);
	free(at);
}

static inline void source_append(struct source *source, struct str lines)
{
	struct extent extent = { .lines = lines };
	struct err err;
	assert_ok(journal_append(source->journal, &extent, &err), err);
	assert_ok(journal_sync(source->journal, &err), err);
}

/* Invented posts of four hours, a few of which come again and again, and lines that are none. */
static inline void add_world_line(struct world *world, struct buf *ret)
{
	static const char *const broken[] = {
		"",
		"not json",
		"{\"id\":\"1\"}",
		"{}",
		"[]",
		"{\"id\":\"2124329529328533504\",",
		"{\"created_at\":\"2026-11-22T05:10:00.000Z\",\"id\":\"2124329529328533504\" x}",
		"{\"id\":\"2124329529328533504\",\"created_at\":\"2026-11-22T05:10:00.000Z\",\"text\":\"\xff\"}",
	};
	struct invention invention = { .seed = 5,
				       .start_us = INT64_C(1795323600000000),
				       .posts = 300,
				       .span_us = INT64_C(4) * 3600 * 1000000,
				       .oddities = true };
	struct invent_view view = invent_view_all(
		world_roll(world, 3) ? INVENT_TWEET : INVENT_POST,
		INT64_C(1795323600000000) + (int64_t)world_roll(world, 86400) * 1000000);
	struct invent_line line = { .batch_id = world_roll(world, 50),
				    .rule = STR("birds"),
				    .fetched_us = view.now_us };
	struct arena arena = { 0 };
	if (world_roll(world, 12) == 0)
		buf_addf(ret, "%s\n", broken[world_roll(world, sizeof broken / sizeof *broken)]);
	else
		invent_render_line(ret, &invention, world_roll(world, 300), &line, &view, &arena);
	arena_release(&arena);
}

static inline void source_append_some(struct world *world, struct source *source, uint64_t lines)
{
	struct buf text = { 0 };
	for (uint64_t i = 0; i < lines; i++)
		add_world_line(world, &text);
	if (lines > 0)
		source_append(source, buf_str(&text));
	buf_release(&text);
}

/* --- lakes ----------------------------------------------------------------------------------------------- */

/* Publishes what the journal holds behind the committed place, but for its last extents. */
static inline void world_publish(struct lake *lake, const struct source *source,
				 size_t extents_left)
{
	struct lake_snapshot *snapshot = NULL;
	struct journal_reader *reader = NULL;
	struct landing *landing = NULL;
	struct landing_published published;
	struct position from = { 0 }, ends[512];
	size_t count = 0;
	struct err err;
	assert_ok(lake_snapshot_read(lake, &snapshot, &err), err);
	const struct lake_stream *known = lake_snapshot_stream(snapshot, source->stream);
	if (known)
		from = (struct position){ .offset = known->to, .chain = known->chain };
	lake_snapshot_free(snapshot);
	struct landing_options options = { .lake = lake,
					   .stream = source->stream,
					   .from = from.offset,
					   .chain = from.chain,
					   .threads = 1 };
	for (int round = 0; round < 2; round++) {
		assert_ok(journal_reader_open(source->dir, source->stream, from, &reader, &err),
			  err);
		if (round == 1)
			assert_ok(landing_open(&options, &landing, &err), err);
		for (size_t i = 0; round == 0 || i + extents_left < count; i++) {
			struct str lines;
			struct position end;
			assert_ok(journal_reader_next(reader, &lines, &end, &err), err);
			if (lines.len == 0)
				break;
			if (round == 0) {
				assert_true(count < sizeof ends / sizeof *ends);
				ends[count++] = end;
			} else {
				assert_ok(landing_add(landing, lines, end.chain, &err), err);
			}
		}
		journal_reader_close(reader);
	}
	assert_ok(landing_publish(landing, NULL, NULL, &published, &err), err);
	landing_close(landing);
}

static inline void world_refine(struct world *world, struct lake *lake)
{
	struct refine_report report;
	struct refine_options options = {
		.lake = lake, .engine = world->engine, .settings = &world->settings, .threads = 1
	};
	struct err err;
	assert_ok(warehouse_refine(&options, &report, &err), err);
}

/* --- asking ---------------------------------------------------------------------------------------------- */

/* All rows as text, a line each. */
static inline char *answer_of(struct session *session, const char *sql)
{
	struct result *result = NULL;
	struct buf answer = { 0 };
	struct err err;
	bool row = true;
	assert_ok(session_query(session, sql, &result, &err), err);
	for (;;) {
		assert_ok(result_next(result, &row, &err), err);
		if (!row)
			break;
		for (size_t i = 0; i < result_columns(result); i++) {
			buf_add_byte(&answer, '|');
			if (result_is_null(result, i))
				buf_add_text(&answer, "NULL");
			else
				result_add_text(result, i, &answer);
		}
		buf_add_byte(&answer, '\n');
	}
	result_free(result);
	buf_add_byte(&answer, '\0');
	return buf_detach(&answer);
}

static inline int64_t number_of(struct session *session, const char *sql)
{
	char *answer = answer_of(session, sql);
	int64_t number = strtoll(answer + 1, NULL, 10);
	free(answer);
	return number;
}

static inline struct live *live_of(struct world *world)
{
	struct live *live = NULL;
	struct live_options options = { .lake = world->lake,
					.engine = world->engine,
					.settings = &world->settings,
					.bytes_max = world->bytes_max };
	struct err err;
	assert_ok(live_open(&options, &live, &err), err);
	return live;
}

static inline void advance(struct live *live)
{
	struct err err;
	bool changed;
	assert_ok(live_advance(live, 0, &changed, &err), err);
}

static inline struct session *attached(struct world *world, struct live *live,
				       const char *statement)
{
	struct session *session = NULL;
	struct err err;
	assert_ok(session_open(world->engine, &session, &err), err);
	assert_ok(live_attach(live, session, statement, &err), err);
	return session;
}

/* Waits until the live view has come up to a journal's end. */
static inline void advance_to(struct live *live, const struct source *source)
{
	int64_t deadline_us = clock_monotonic_us() + 20 * INT64_C(1000000);
	uint64_t end = journal_end(source->journal).offset;
	for (;;) {
		advance(live);
		for (size_t i = 0; i < live->stream_count; i++) {
			if (strcmp(live->streams[i]->source.stream, source->stream) == 0 &&
			    live->streams[i]->tail.next.offset >= end)
				return;
		}
		if (clock_monotonic_us() > deadline_us)
			fail_msg("the live view does not come up to byte %llu",
				 (unsigned long long)end);
		usleep(2000);
	}
}
