/* How long a post is journalled before a running reader's SQL sees it, and what memory that takes, while
 * batches are published. As a measurement:
 *
 *     AVIARY_LIVE_SECONDS=300 AVIARY_LIVE_RATE=1000 AVIARY_LIVE_PUBLISH_MS=5000 \
 *     AVIARY_LIVE_SQL='SELECT count(lang) FROM landing' build/live-pace_test
 */
#include "live/live_fixture.h"

#include <pthread.h>

enum { GROUPS_A_SECOND = 100 };

struct pace {
	struct world *world;
	struct source source;
	int seconds, rate, publish_ms;
	const char *sql; /* counts all posts */
	pthread_mutex_t lock;
	struct mark {
		uint64_t end; /* of a group of lines, in the stream */
		int64_t synced_us;
	} * marks;
	size_t count, cap;
	bool ended;
};

static int number_from(const char *name, int otherwise)
{
	const char *text = getenv(name);
	return text ? atoi(text) : otherwise;
}

static bool has_ended(struct pace *pace)
{
	pthread_mutex_lock(&pace->lock);
	bool ended = pace->ended;
	pthread_mutex_unlock(&pace->lock);
	return ended;
}

static void *journal_at_pace(void *context)
{
	struct pace *pace = context;
	int64_t start_us = clock_monotonic_us();
	uint64_t id = UINT64_C(2124329529328533504);
	struct buf lines = { 0 };
	for (int group = 0; group < pace->seconds * GROUPS_A_SECOND; group++) {
		int64_t due_us = start_us + group * INT64_C(1000000) / GROUPS_A_SECOND;
		int64_t early_us = due_us - clock_monotonic_us();
		if (early_us > 0)
			usleep((useconds_t)early_us);
		buf_reset(&lines);
		for (int i = 0; i < pace->rate / GROUPS_A_SECOND; i++)
			buf_addf(&lines,
				 "{\"id\":\"%llu\",\"created_at\":\"2026-11-22T05:%02d:00.000Z\","
				 "\"author_id\":\"7\",\"lang\":\"en\",\"text\":\"%01000d\"}\n",
				 (unsigned long long)id++, group / GROUPS_A_SECOND / 10 % 60, i);
		source_append(&pace->source, buf_str(&lines));
		pthread_mutex_lock(&pace->lock);
		MEM_GROW(pace->marks, pace->cap, pace->count + 1);
		pace->marks[pace->count++] =
			(struct mark){ journal_end(pace->source.journal).offset,
				       clock_monotonic_us() };
		pthread_mutex_unlock(&pace->lock);
	}
	buf_release(&lines);
	pthread_mutex_lock(&pace->lock);
	pace->ended = true;
	pthread_mutex_unlock(&pace->lock);
	return NULL;
}

/* Publishes what has come in, and acknowledges it, as a collector does. */
static void *publish_meanwhile(void *context)
{
	struct pace *pace = context;
	struct wire_client *client = NULL;
	struct wire_resume resume = { .lake = lake_id(pace->world->lake) };
	struct landing *landing = NULL;
	struct landing_options options = { .lake = pace->world->lake,
					   .stream = pace->source.stream,
					   .threads = 1 };
	struct err err;
	assert_ok(wire_client_open("127.0.0.1", pace->source.port, &resume, &client, &err), err);
	assert_ok(landing_open(&options, &landing, &err), err);
	while (!has_ended(pace)) {
		int64_t until_us = clock_monotonic_us() + pace->publish_ms * INT64_C(1000);
		struct landing_published published;
		while (clock_monotonic_us() < until_us) {
			struct str lines;
			struct position at;
			assert_ok(wire_client_read(client, 20, &lines, &at, &err), err);
			if (lines.len > 0)
				assert_ok(landing_add(landing, lines, at.chain, &err), err);
		}
		assert_ok(landing_publish(landing, NULL, NULL, &published, &err), err);
		assert_ok(wire_client_acknowledge(client, published.to, &err), err);
	}
	landing_close(landing);
	wire_client_close(client);
	return NULL;
}

static long resident_kib(void)
{
	long all = 0, resident = 0;
	FILE *file = fopen("/proc/self/statm", "r");
	if (file && fscanf(file, "%ld %ld", &all, &resident) != 2)
		resident = 0;
	if (file)
		fclose(file);
	return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

static int by_number(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

/* Asks again and again; writes how long each group was waited for. */
static size_t watch(struct pace *pace, struct live *live, int64_t *waits_us, long peaks_kib[3])
{
	const char *sql = pace->sql;
	int64_t start_us = clock_monotonic_us(), seen = 0;
	struct session *session = attached(pace->world, live, sql);
	size_t next = 0;
	for (bool last = false; !last;) {
		struct err err;
		bool changed;
		last = has_ended(pace);
		assert_ok(live_advance(live, 200, &changed, &err), err);
		assert_ok(live_attach(live, session, sql, &err), err);
		int64_t rows = number_of(session, sql), now_us = clock_monotonic_us();
		assert_true(rows >= seen);
		seen = rows;
		pthread_mutex_lock(&pace->lock);
		int64_t lines = pace->rate / GROUPS_A_SECOND;
		while (next < pace->count && (int64_t)(next + 1) * lines <= rows) {
			waits_us[next] = now_us - pace->marks[next].synced_us;
			next++;
		}
		pthread_mutex_unlock(&pace->lock);
		int64_t third = (now_us - start_us) * 3 / (pace->seconds * INT64_C(1000000));
		long *peak = &peaks_kib[third < 2 ? third : 2], resident = resident_kib();
		*peak = resident > *peak ? resident : *peak;
	}
	session_close(session);
	return next;
}

static void assert_seen_soon(const char *sql)
{
	struct world world;
	struct pace pace = { .world = &world,
			     .sql = sql,
			     .seconds = number_from("AVIARY_LIVE_SECONDS", 3),
			     .rate = number_from("AVIARY_LIVE_RATE", 1000),
			     .publish_ms = number_from("AVIARY_LIVE_PUBLISH_MS", 700) };
	pthread_t writer, publisher;
	long peaks_kib[3] = { 0 };
	world_open(&world, 1);
	source_open_in(&world, LIVE_STREAM, &pace.source);
	source_serve(&pace.source);
	source_tell(&world, &pace.source, true, true);
	pthread_mutex_init(&pace.lock, NULL);
	size_t groups = (size_t)(pace.seconds * GROUPS_A_SECOND);
	int64_t *waits_us = mem_zalloc(groups, sizeof *waits_us);
	struct live *live = live_of(&world);
	advance(live);
	assert_int_equal(pthread_create(&writer, NULL, journal_at_pace, &pace), 0);
	assert_int_equal(pthread_create(&publisher, NULL, publish_meanwhile, &pace), 0);
	size_t seen = watch(&pace, live, waits_us, peaks_kib);
	pthread_join(writer, NULL);
	pthread_join(publisher, NULL);
	assert_int_equal(seen, groups);
	qsort(waits_us, seen, sizeof *waits_us, by_number);
	printf("%s: %zu posts at %d a second: seen after %.0f ms (median), %.0f ms (p99), %.0f ms (longest); "
	       "%.1f, %.1f, %.1f MiB in the thirds, snapshot %llu\n",
	       sql, seen * (size_t)(pace.rate / GROUPS_A_SECOND), pace.rate,
	       (double)waits_us[seen / 2] / 1e3, (double)waits_us[seen * 99 / 100] / 1e3,
	       (double)waits_us[seen - 1] / 1e3, (double)peaks_kib[0] / 1024,
	       (double)peaks_kib[1] / 1024, (double)peaks_kib[2] / 1024,
	       (unsigned long long)live_state(live)->snapshot);
	/* Half a second is what is promised; sanitizers and neighbours on the machine take their share. */
	assert_true(waits_us[seen * 99 / 100] < (getenv("AVIARY_LIVE_SECONDS") ? 500000 : 5000000));
	live_close(live);
	free(waits_us);
	free(pace.marks);
	source_close(&pace.source);
	world_close(&world);
}

static void what_is_journalled_is_seen_soon(void **state)
{
	const char *sql = getenv("AVIARY_LIVE_SQL");
	(void)state;
	assert_seen_soon(sql ? sql : "SELECT count(*) FROM landing");
}

static void by_who_asks_for_columns_too(void **state)
{
	(void)state;
	if (getenv("AVIARY_LIVE_SECONDS"))
		skip();
	assert_seen_soon("SELECT count(lang) FROM landing");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_journalled_is_seen_soon),
		cmocka_unit_test(by_who_asks_for_columns_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
