/* What only a real HDFS shows: its nodes are killed while we write, and how long things take. Skipped where
 * ./dev cluster-test has not started one. */
#include "base/test.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/stand_in.h"
#include "store/store.h"

#include <inttypes.h>
#include <pthread.h>
#include <sys/resource.h>
#include <time.h>

struct place {
	char *location;
	struct store *store;
	struct err err;
};

static int set_up(void **state)
{
	struct place *place = mem_zalloc(1, sizeof *place);
	*state = place;
	if (!real_namenode())
		return 0;
	place->location = mem_printf("webhdfs://127.0.0.1:%d/killed/%d-%" PRId64
				     "?user=root&patience=90",
				     real_namenode(), (int)getpid(), clock_monotonic_us());
	assert_ok(store_open(place->location, &place->store, &place->err), place->err);
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	store_close(place->store);
	free(place->location);
	free(place);
	return 0;
}

static void need_hdfs(bool numbers)
{
	bool wanted = getenv("AVIARY_TEST_NUMBERS") != NULL;
	if (!real_namenode() || !getenv("AVIARY_TEST_HDFS") || wanted != numbers)
		skip();
}

/* tests/cluster/hdfs COMMAND DIR [NODE] */
static void hdfs(const char *command, const char *node)
{
	const char *root = getenv("AVIARY_ROOT");
	char *words = mem_printf("%s/tests/cluster/hdfs %s '%s' %s", root ? root : ".", command,
				 getenv("AVIARY_TEST_HDFS"), node);
	assert_int_equal(system(words), 0);
	free(words);
}

static void nap(long ms)
{
	struct timespec pause = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
	nanosleep(&pause, NULL);
}

/* A file of `mib` MiB whose contents differ everywhere; *ret_xxh3 is its checksum. */
static char *large_file(int mib, uint64_t *ret_xxh3)
{
	char *path = mem_printf("%s/large", test_dir());
	FILE *file = fopen(path, "w");
	uint64_t *piece = mem_alloc(1 << 20), number = 88172645463325252;
	struct hash_stream *hash = hash_stream_new(HASH_XXH3);
	assert_non_null(file);
	for (int i = 0; i < mib; i++) {
		for (int at = 0; at < (1 << 20) / 8; at++) {
			number ^= number << 13; /* Marsaglia's xorshift */
			number ^= number >> 7;
			number ^= number << 17;
			piece[at] = number;
		}
		assert_int_equal(fwrite(piece, 1, 1 << 20, file), 1 << 20);
		hash_stream_add(hash, str_make((char *)piece, 1 << 20));
	}
	fclose(file);
	*ret_xxh3 = hash_stream_u64(hash);
	hash_stream_free(hash);
	free(piece);
	return path;
}

/* --- deaths ----------------------------------------------------------------------------------------- */

enum { CLAIMS = 60 };

struct claimer {
	const char *location;
	pthread_mutex_t lock;
	int done, won;
	char why[ERR_MSG_MAX];
};

static void *claim_all(void *data)
{
	struct claimer *claimer = data;
	struct store *store = NULL;
	struct err err;
	if (store_open(claimer->location, &store, &err) != ERR_NONE)
		return NULL;
	for (int i = 0; i < CLAIMS; i++) {
		char path[16];
		bool won = false;
		snprintf(path, sizeof path, "c%d", i);
		enum err_kind kind = store_claim(store, path, str_from(path), &won, &err);
		pthread_mutex_lock(&claimer->lock);
		claimer->done++;
		claimer->won += kind == ERR_NONE && won;
		if (kind != ERR_NONE)
			snprintf(claimer->why, sizeof claimer->why, "%s", err.msg);
		pthread_mutex_unlock(&claimer->lock);
	}
	store_close(store);
	return NULL;
}

static int claims_done(struct claimer *claimer)
{
	pthread_mutex_lock(&claimer->lock);
	int done = claimer->done;
	pthread_mutex_unlock(&claimer->lock);
	return done;
}

static void claim_while_it_dies(struct place *place, const char *node)
{
	struct claimer claimer = { .location = place->location };
	pthread_t thread;
	pthread_mutex_init(&claimer.lock, NULL);
	assert_int_equal(pthread_create(&thread, NULL, claim_all, &claimer), 0);
	for (int wait = 0; claims_done(&claimer) < 10 && wait < 60000; wait += 5)
		nap(5);
	hdfs("kill", node);
	hdfs("revive", node);
	pthread_join(thread, NULL);
	pthread_mutex_destroy(&claimer.lock);
	hdfs("ready", "");
	assert_string_equal(claimer.why, "");
	assert_int_equal(claimer.won, CLAIMS);
	for (int i = 0; i < CLAIMS; i++) {
		char path[16];
		bool found, again = true;
		struct buf text = { 0 };
		snprintf(path, sizeof path, "c%d", i);
		assert_ok(store_read(place->store, path, 100, &text, &found, &place->err),
			  place->err);
		assert_str(buf_str(&text), path);
		buf_release(&text);
		assert_ok(store_claim(place->store, path, STR("x"), &again, &place->err),
			  place->err);
		assert_false(again);
	}
}

static void claims_live_through_the_death_of_the_name_node(void **state)
{
	need_hdfs(false);
	claim_while_it_dies(*state, "namenode");
}

static void claims_live_through_the_death_of_the_data_node(void **state)
{
	need_hdfs(false);
	claim_while_it_dies(*state, "datanode");
}

struct putting {
	struct store *store;
	const char *local;
	enum err_kind kind;
	struct err err;
};

static void *put_large(void *data)
{
	struct putting *putting = data;
	putting->kind =
		store_put_file(putting->store, putting->local, "staging/large", &putting->err);
	return NULL;
}

/* The node is killed when the upload has begun: its temporary file is there. */
static void put_while_it_dies(struct place *place, const char *node)
{
	uint64_t expected, checksum;
	char *local = large_file(300, &expected);
	struct putting putting = { .store = place->store, .local = local };
	struct name_list names = { 0 };
	struct store_stat stat;
	struct err err;
	pthread_t thread;
	assert_int_equal(pthread_create(&thread, NULL, put_large, &putting), 0);
	for (int wait = 0; names.count == 0 && wait < 30000; wait += 2) {
		assert_ok(store_list(place->store, ".aviary-temporary", &names, &err), err);
		nap(2);
	}
	assert_int_equal(names.count, 1);
	assert_ok(store_stat(place->store, "staging/large", &stat, &err), err);
	assert_false(stat.found); /* or we came too late to harm it */
	hdfs("kill", node);
	hdfs("revive", node);
	pthread_join(thread, NULL);
	hdfs("ready", "");
	if (putting.kind != ERR_NONE)
		fail_msg("%s", putting.err.msg);
	assert_ok(store_checksum(place->store, "staging/large", &checksum, &place->err),
		  place->err);
	assert_true(checksum == expected);
	assert_false(file_exists(local));
	name_list_release(&names);
	free(local);
}

static void an_upload_lives_through_the_death_of_the_data_node(void **state)
{
	need_hdfs(false);
	put_while_it_dies(*state, "datanode");
}

static void an_upload_lives_through_the_death_of_the_name_node(void **state)
{
	need_hdfs(false);
	put_while_it_dies(*state, "namenode");
}

/* --- numbers ---------------------------------------------------------------------------------------- */

static double cpu_s(void)
{
	struct rusage usage;
	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double since_s(int64_t begin_us)
{
	return (double)(clock_monotonic_us() - begin_us) / 1e6;
}

/* 100 MiB onto another local file system's place would be a copy; that is what it is compared to. */
static void putting_100_mib_costs_little(void **state)
{
	struct place *place = *state;
	struct store *disk = NULL;
	uint64_t expected, checksum;
	double cpu[2], wall[2];
	need_hdfs(true);
	assert_ok(store_open(test_dir(), &disk, &place->err), place->err);
	struct store *stores[] = { disk, place->store };
	for (int i = 0; i < 2; i++) {
		char *local = large_file(100, &expected);
		struct buf copy = { 0 };
		int64_t begin_us = clock_monotonic_us();
		double begin = cpu_s();
		if (i == 0) { /* a rename costs nothing, so the bytes are written as a copy is */
			assert_ok(file_read(local, 1 << 28, &copy, &place->err), place->err);
			assert_ok(store_replace(stores[i], "f", buf_str(&copy), &place->err),
				  place->err);
		} else {
			assert_ok(store_put_file(stores[i], local, "f", &place->err), place->err);
		}
		cpu[i] = cpu_s() - begin;
		wall[i] = since_s(begin_us);
		buf_release(&copy);
		assert_ok(store_checksum(stores[i], "f", &checksum, &place->err), place->err);
		assert_true(checksum == expected);
		free(local);
	}
	store_close(disk);
	printf("# measured: 100 MiB put: local copy and fsync %.3f CPU-s, %.2f s; HDFS %.3f CPU-s of ours, %.2f s\n",
	       cpu[0], wall[0], cpu[1], wall[1]);
	assert_true(cpu[1] < 1.0);
}

static int by_size(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static void a_claim_takes_milliseconds(void **state)
{
	enum { COUNT = 200 };
	struct place *place = *state;
	double took[COUNT];
	need_hdfs(true);
	for (int i = 0; i < COUNT; i++) {
		char path[16];
		bool won;
		snprintf(path, sizeof path, "c%d", i);
		int64_t begin_us = clock_monotonic_us();
		assert_ok(store_claim(place->store, path, STR("{\"a\":1}"), &won, &place->err),
			  place->err);
		took[i] = since_s(begin_us) * 1000;
		assert_true(won);
	}
	qsort(took, COUNT, sizeof took[0], by_size);
	printf("# measured: a claim: median %.1f ms, 99%% below %.1f ms\n", took[COUNT / 2],
	       took[COUNT * 99 / 100]);
	assert_true(took[COUNT / 2] < 500);
}

static void a_thousand_names_are_listed_fast(void **state)
{
	struct place *place = *state;
	struct name_list names = { 0 };
	need_hdfs(true);
	for (int i = 0; i < 1000; i++) {
		char path[32];
		snprintf(path, sizeof path, "day/%04d", i);
		assert_ok(store_make_dir(place->store, path, false, &place->err), place->err);
	}
	int64_t begin_us = clock_monotonic_us();
	assert_ok(store_list(place->store, "day", &names, &place->err), place->err);
	double took = since_s(begin_us);
	assert_int_equal(names.count, 1000);
	printf("# measured: 1,000 names listed in %.1f ms\n", took * 1000);
	assert_true(took < 5);
	name_list_release(&names);
}

#define CLAIM(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(claims_live_through_the_death_of_the_name_node),
		CLAIM(claims_live_through_the_death_of_the_data_node),
		CLAIM(an_upload_lives_through_the_death_of_the_data_node),
		CLAIM(an_upload_lives_through_the_death_of_the_name_node),
		CLAIM(putting_100_mib_costs_little),
		CLAIM(a_claim_takes_milliseconds),
		CLAIM(a_thousand_names_are_listed_fast),
	};
	setenv("AVIARY_SCRATCH", test_dir(), 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
