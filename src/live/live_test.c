/* The live view of every table is what publishing and refining everything would give, whatever has been
 * published and refined so far, wherever the lines come from and are kept. */
#include "live/live_fixture.h"

static uint64_t share; /* of 100 tables */

/* A few tables and views a time, whole: asking is slow under sanitizers. */
static void assert_as_published(struct world *world, struct live *live, const char *where)
{
	size_t count;
	struct err err;
	struct session *twin = NULL, *session = attached(world, live, NULL);
	struct lake_snapshot *snapshot = NULL;
	const struct warehouse_table *tables = warehouse_tables(&count);
	assert_ok(session_open(world->engine, &twin, &err), err);
	assert_ok(lake_snapshot_read(world->twin, &snapshot, &err), err);
	assert_ok(warehouse_attach(twin, world->twin, snapshot, &world->settings, &err), err);
	for (size_t i = 0; i < count; i++) {
		if (world_roll(world, 100) >= share)
			continue;
		char *sql = mem_printf("SELECT * FROM %s ORDER BY ALL", tables[i].name);
		char *expected = answer_of(twin, sql), *found = answer_of(session, sql);
		if (strcmp(expected, found) != 0) {
			size_t at = 0;
			while (expected[at] == found[at])
				at++;
			at = at > 100 ? at - 100 : 0;
			fail_msg("%s: %s at %zu:\n%.300s\nis not\n%.300s", where, tables[i].name,
				 at, found + at, expected + at);
		}
		free(expected);
		free(found);
		free(sql);
	}
	char *sql = "SELECT count(*) FROM landing";
	assert_int_equal(number_of(session, sql), snapshot->rows);
	session_close(session);
	session = attached(world, live, sql);
	assert_int_equal(number_of(session, sql), snapshot->rows);
	session_close(session);
	session_close(twin);
	lake_snapshot_free(snapshot);
}

enum { STEPS = 8, CHECK_EVERY = 4 };

struct way {
	const char *name;
	bool in_place, tapped;
	uint64_t bytes_max;
};

static void run(const struct way *way, uint64_t seed)
{
	struct world world;
	struct source sources[2];
	world_open(&world, seed);
	world.bytes_max = way->bytes_max;
	source_open_in(&world, LIVE_STREAM, &sources[0]);
	source_open_in(&world, LIVE_STREAM_2, &sources[1]);
	for (int i = 0; i < 2; i++) {
		if (way->tapped)
			source_serve(&sources[i]);
		source_tell(&world, &sources[i], way->in_place, way->tapped);
	}
	struct live *live = live_of(&world);
	for (int step = 0; step < STEPS; step++) {
		struct source *source = &sources[world_roll(&world, 3) == 0];
		source_append_some(&world, source, world_roll(&world, 40));
		if (world_roll(&world, 3) == 0)
			world_publish(world.lake, source, world_roll(&world, 3));
		if (world_roll(&world, 4) == 0)
			world_refine(&world, world.lake);
		if (world_roll(&world, 6) == 0) {
			live_close(live);
			live = live_of(&world);
		}
		if (step % CHECK_EVERY != CHECK_EVERY - 1)
			continue;
		for (int i = 0; i < 2; i++) {
			world_publish(world.twin, &sources[i], 0);
			advance_to(live, &sources[i]);
		}
		world_refine(&world, world.twin);
		char *where = mem_printf("%s, seed %llu, step %d", way->name,
					 (unsigned long long)seed, step);
		assert_as_published(&world, live, where);
		free(where);
	}
	live_close(live);
	for (int i = 0; i < 2; i++)
		source_close(&sources[i]);
	world_close(&world);
}

/* AVIARY_LIVE_SEEDS: so many more runs, with all tables compared. */
static void run_seeds(const struct way *way, uint64_t seed)
{
	const char *more = getenv("AVIARY_LIVE_SEEDS");
	share = more ? 100 : 25;
	for (uint64_t i = 0; i <= (more ? strtoull(more, NULL, 10) : 0); i++)
		run(way, seed + 3 * i);
}

static void a_journal_read_in_place_is_as_if_published(void **state)
{
	(void)state;
	static const struct way way = { "in place", true, false, 256 << 20 };
	run_seeds(&way, 1);
}

static void a_tapped_server_is_as_if_published(void **state)
{
	(void)state;
	static const struct way way = { "tapped", false, true, 256 << 20 };
	run_seeds(&way, 2);
}

static void a_tail_on_the_disk_is_as_if_published(void **state)
{
	(void)state;
	static const struct way way = { "spilled", true, true, 20 << 10 };
	run_seeds(&way, 3);
}

/* Landing's columns would be copied whole, once for all who read them in one statement. */
static void what_is_computed_reads_the_columns_it_needs(void **state)
{
	static const char *const asked[] = { "tweet_data_raw", "user_data_raw", "media_data_raw",
					     "totals_metrics_processed" };
	struct world world;
	struct source source;
	(void)state;
	world_open(&world, 4);
	source_open_in(&world, LIVE_STREAM, &source);
	source_tell(&world, &source, true, false);
	source_append_some(&world, &source, 40);
	world_publish(world.lake, &source, 0);
	source_append_some(&world, &source, 40);
	struct live *live = live_of(&world);
	advance_to(live, &source);
	struct session *session = attached(&world, live, NULL);
	for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
		char *sql = mem_printf("EXPLAIN SELECT count(*) FROM %s", asked[i]);
		char *plan = answer_of(session, sql);
		assert_non_null(strstr(plan, "READ_PARQUET"));
		assert_null(strstr(plan, "CTE"));
		free(plan);
		free(sql);
	}
	session_close(session);
	live_close(live);
	source_close(&source);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_journal_read_in_place_is_as_if_published),
		cmocka_unit_test(a_tapped_server_is_as_if_published),
		cmocka_unit_test(a_tail_on_the_disk_is_as_if_published),
		cmocka_unit_test(what_is_computed_reads_the_columns_it_needs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
