/* The whole way of a batch onto HDFS, from the staged file to the record, while one thing goes wrong at
 * the first, second, third … WebHDFS call. Every round ends as one record with whole files. What the
 * other processes hold on this machine they hold elsewhere here: no lock helps.
 *
 *     child: stage, commit ──► stand-in or proxy: the Nth call is lost, late, or kills or pauses the child
 *     then:  recover, and commit what is not committed, as a collector does that starts anew */
#include "base/clock.h"
#include "base/stand_in.h"
#include "lake/commit_fixture.h"

#include <time.h>

static struct stand_in stand_in;

/* Staging as code does that writes its files itself. */
static void stage_outside(struct lake *lake, const struct lake_file_entry *entry, const char *text)
{
	char *dir = NULL;
	struct err err;
	if (store_scratch(lake_store(lake), STAGING_DIR, &dir, &err) != ERR_NONE)
		_exit(3);
	char *local = mem_printf("%s/%s", dir, entry->staging);
	char *path = mem_printf(STAGING_DIR "/%s", entry->staging);
	FILE *file = fopen(local, "w");
	if (!file || fputs(text, file) < 0 || fclose(file) != 0 ||
	    store_put_file(lake_store(lake), local, path, &err) != ERR_NONE) {
		fprintf(stderr, "%s\n", err.msg);
		_exit(3);
	}
	free(local);
	free(path);
	free(dir);
}

/* A batch of one hour and a quarantine file. */
static struct lake_record new_batch(struct lake *lake, uint64_t from, const char *attempt)
{
	struct lake_record batch = fixture_batch(STREAM_A, from, from + 100);
	char *text = mem_printf("attempt %s of %" PRIu64, attempt, from);
	char *staging = mem_printf("%s-%020" PRIu64 "-%s-%d", STREAM_A, from, attempt, HOUR_0);
	MEM_GROW(batch.files, batch.file_cap, 1);
	batch.files[batch.file_count++] =
		fixture_entry(text, fixture_name(&batch, HOUR_0), staging, HOUR_0);
	batch.quarantine = fixture_entry(
		text, mem_printf(QUARANTINE_DIR "/%s-%020" PRIu64 ".jsonl", batch.stream, from),
		mem_printf("%s-%020" PRIu64 "-%s-refused", STREAM_A, from, attempt), -1);
	stage_outside(lake, &batch.files[0], text);
	stage_outside(lake, &batch.quarantine, text);
	free(text);
	return batch;
}

/* A collector in a process of its own, with a scratch directory of its own, that waits for a word. */
struct collector {
	pid_t pid;
	int go;
};

/* Attempt "0" is an empty record for a finished import. */
static void collect(const char *location, uint64_t from, const char *attempt)
{
	struct lake *lake = NULL;
	struct lake_committed committed;
	struct err err;
	if (lake_open(location, &lake, &err) != ERR_NONE)
		_exit(2);
	bool empty = *attempt == '0';
	struct lake_record batch = empty ? fixture_batch(STREAM_A, from, from) :
					   new_batch(lake, from, attempt);
	if (empty)
		fixture_import(&batch, "aa11");
	enum err_kind kind = lake_commit(lake, &batch, &committed, &err);
	if (kind != ERR_NONE)
		fprintf(stderr, "%s\n", err.msg);
	lake_close(lake);
	_exit(kind == ERR_NONE && committed.to >= batch.to ? 0 : 1);
}

static struct collector collector_start(const char *location, uint64_t from, const char *attempt)
{
	int fds[2];
	char word;
	struct collector collector;
	const char *scratch = test_dir();
	assert_int_equal(pipe(fds), 0);
	collector.pid = fork();
	if (collector.pid == 0) {
		setenv("AVIARY_SCRATCH", scratch, 1);
		close(fds[1]);
		if (read(fds[0], &word, 1) != 1)
			_exit(4);
		collect(location, from, attempt);
	}
	close(fds[0]);
	collector.go = fds[1];
	return collector;
}

static void collector_go(struct collector *collector)
{
	assert_int_equal(write(collector->go, "x", 1), 1);
	close(collector->go);
}

/* Several rounds share a lake, since making one costs as much as they. */
enum { ROUNDS_A_LAKE = 8 };
struct rounds {
	char *location;
	struct lake *lake;
	uint64_t number; /* records so far */
};

static void rounds_next(struct rounds *rounds)
{
	struct err err;
	if (rounds->lake && rounds->number < ROUNDS_A_LAKE)
		return;
	lake_close(rounds->lake);
	free(rounds->location);
	rounds->location = hdfs_location(stand_in.namenode);
	assert_ok(lake_create(rounds->location, &err), err);
	rounds->lake = fixture_open(rounds->location);
	rounds->number = 0;
}

static void rounds_end(struct rounds *rounds)
{
	lake_close(rounds->lake);
	free(rounds->location);
}

/* As a collector that starts anew: finishes what was decided, and takes up what was not. */
static void settle(struct rounds *rounds)
{
	struct lake *lake = fixture_open(rounds->location);
	uint64_t from = rounds->number * 100;
	recover_ok(lake, STREAM_A);
	struct lake_snapshot *snapshot = fixture_snapshot(lake);
	const struct lake_stream *stream = lake_snapshot_stream(snapshot, STREAM_A);
	uint64_t to = stream ? stream->to : 0;
	lake_snapshot_free(snapshot);
	if (to == from) {
		struct lake_record batch = new_batch(lake, from, "2");
		assert_int_equal(commit_ok(lake, &batch).to, from + 100);
		lake_record_release(&batch);
		recover_ok(lake, STREAM_A); /* removes what the first attempt has staged */
	}
	rounds->number++;
	lake_close(lake);
}

/* One record for each batch, one whole file for each name, and no file besides. */
static void assert_once(struct rounds *rounds)
{
	char partition[PARTITION_PATH_MAX];
	char *dir = mem_printf(LANDING_DIR "/%s", lake_partition_path(HOUR_0, partition));
	assert_settled(rounds->lake, rounds->number);
	struct lake_snapshot *snapshot = fixture_snapshot(rounds->lake);
	for (size_t i = 0; i < snapshot->record_count; i++) {
		assert_int_equal(snapshot->records[i].from, i * 100);
		assert_int_equal(snapshot->records[i].to, i * 100 + 100);
	}
	lake_snapshot_free(snapshot);
	assert_int_equal(fixture_count(rounds->lake, dir), rounds->number);
	assert_int_equal(fixture_count(rounds->lake, QUARANTINE_DIR), rounds->number);
	free(dir);
}

static int await(struct collector *collector)
{
	int status;
	assert_int_equal(waitpid(collector->pid, &status, 0), collector->pid);
	return status;
}

static void await_late(void)
{
	struct timespec pause = { .tv_nsec = 10 * 1000 * 1000 };
	int64_t end_us = clock_monotonic_us() + 20 * INT64_C(1000000);
	while (stand_in_count(&stand_in).late > 0) {
		assert_true(clock_monotonic_us() < end_us);
		nanosleep(&pause, NULL);
	}
}

static void order_for(const struct collector *collector, const char *kind, int at)
{
	char *fault = mem_printf("kind=%s&at=%d&pid=%d", kind, at, (int)collector->pid);
	stand_in_calm(&stand_in);
	stand_in_order(&stand_in, fault);
	free(fault);
}

static struct collector start_with_fault(struct rounds *rounds, const char *kind, int at)
{
	rounds_next(rounds);
	struct collector collector = collector_start(rounds->location, rounds->number * 100, "1");
	order_for(&collector, kind, at);
	collector_go(&collector);
	return collector;
}

/* The fault strikes call after call until a commit is through before its turn. */
static void strike(const char *kind, bool deadly)
{
	struct rounds rounds = { 0 };
	bool hit = true;
	int at = 0;
	while (hit) {
		struct collector collector = start_with_fault(&rounds, kind, ++at);
		int status = await(&collector);
		hit = stand_in_count(&stand_in).hits > 0;
		if (deadly && hit)
			assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		else
			assert_int_equal(status, 0);
		await_late();
		stand_in_calm(&stand_in);
		settle(&rounds);
		assert_once(&rounds);
	}
	assert_true(at > 25);
	rounds_end(&rounds);
}

static void a_commit_killed_before_any_call_ends_as_one_record(void **state)
{
	(void)state;
	strike("kill_before", true);
}

static void a_commit_killed_after_any_call_ends_as_one_record(void **state)
{
	(void)state;
	strike("kill_after", true);
}

static void a_commit_that_loses_any_request_is_one_record(void **state)
{
	(void)state;
	strike("lose_request", false);
}

static void a_commit_that_loses_any_answer_is_one_record(void **state)
{
	(void)state;
	strike("lose_answer", false);
}

static void a_commit_with_any_call_done_late_is_one_record(void **state)
{
	(void)state;
	strike("late&seconds=0.15", false);
}

static void await_stop(const struct collector *collector, bool *ret_stopped)
{
	int status;
	assert_int_equal(waitpid(collector->pid, &status, WUNTRACED), collector->pid);
	*ret_stopped = WIFSTOPPED(status);
	if (!*ret_stopped)
		assert_int_equal(status, 0);
}

/* The predecessor sleeps at any call; its successor finishes its batch and commits the next, and only then
 * it wakes. It may say what it will, the lake is as if it had not been there. */
static void a_predecessor_that_wakes_late_changes_nothing(void **state)
{
	(void)state;
	struct rounds rounds = { 0 };
	bool stopped = true;
	int at = 0;
	while (stopped) {
		struct collector collector = start_with_fault(&rounds, "pause", ++at);
		await_stop(&collector, &stopped);
		stand_in_calm(&stand_in);
		settle(&rounds);
		settle(&rounds);
		if (stopped) {
			kill(collector.pid, SIGCONT);
			await(&collector);
		}
		struct lake *lake = fixture_open(rounds.location);
		recover_ok(lake, STREAM_A);
		lake_close(lake);
		assert_once(&rounds);
	}
	assert_true(at > 25);
	rounds_end(&rounds);
}

/* An empty record and the batch behind it begin at one place. The first's collector sleeps, its successor
 * decides the second and dies before the record of it, and then the first wakes and cleans up. */
static void an_empty_record_that_wakes_late_takes_no_intent_along(void **state)
{
	(void)state;
	bool stopped = true;
	int at = 0;
	while (stopped) {
		struct rounds rounds = { 0 };
		int status;
		rounds_next(&rounds);
		struct collector first = collector_start(rounds.location, 0, "0");
		order_for(&first, "pause", ++at);
		collector_go(&first);
		await_stop(&first, &stopped);
		stand_in_calm(&stand_in);
		recover_ok(rounds.lake, STREAM_A);
		/* Two are for staging, one for the intent, three for two files and a missing
		 * directory, and the seventh is the record's. */
		struct collector second = collector_start(rounds.location, 0, "1");
		order_for(&second, "kill_before&what=RENAME", 7);
		collector_go(&second);
		status = await(&second);
		assert_true(WIFSIGNALED(status));
		stand_in_calm(&stand_in);
		if (stopped) {
			kill(first.pid, SIGCONT);
			await(&first);
		}
		settle(&rounds);
		struct lake_snapshot *snapshot = fixture_snapshot(rounds.lake);
		assert_true(snapshot->number <= 2);
		assert_int_equal(lake_snapshot_stream(snapshot, STREAM_A)->to, 100);
		assert_settled(rounds.lake, snapshot->number);
		lake_snapshot_free(snapshot);
		rounds_end(&rounds);
	}
	assert_true(at > 10);
}

enum { RACES = 10 };

static void two_machines_with_one_place_make_one_record(void **state)
{
	(void)state;
	struct rounds rounds = { 0 };
	stand_in_calm(&stand_in);
	for (int i = 0; i < RACES; i++) {
		rounds_next(&rounds);
		struct collector a = collector_start(rounds.location, rounds.number * 100, "1");
		struct collector b = collector_start(rounds.location, rounds.number * 100, "2");
		collector_go(&a);
		collector_go(&b);
		assert_int_equal(await(&a), 0);
		assert_int_equal(await(&b), 0);
		struct lake *lake = fixture_open(rounds.location);
		recover_ok(lake, STREAM_A);
		lake_close(lake);
		rounds.number++;
		assert_once(&rounds);
	}
	rounds_end(&rounds);
}

/* An outage is no damage: the log is not refused, it is asked for again. */
static void while_hdfs_is_away_the_log_may_be_tried_again(void **state)
{
	(void)state;
	struct rounds rounds = { 0 };
	struct lake_snapshot *snapshot = NULL;
	struct lake *lake = NULL;
	struct err err;
	rounds_next(&rounds);
	settle(&rounds);
	char *hasty = mem_printf("%.*s?user=root&patience=1", (int)strcspn(rounds.location, "?"),
				 rounds.location);
	assert_ok(lake_open(hasty, &lake, &err), err);
	for (int i = 0; i < 2; i++) {
		stand_in_order(&stand_in, i ? "kind=unwell&times=100000&what=DOWNLOAD" :
					      "kind=safe_mode&times=100000");
		assert_int_equal(lake_snapshot_read(lake, &snapshot, &err), ERR_RETRY);
		assert_int_equal(lake_recover(lake, STREAM_A, &err), ERR_RETRY);
		stand_in_calm(&stand_in);
	}
	lake_close(lake);
	assert_once(&rounds);
	rounds_end(&rounds);
	free(hasty);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_killed_before_any_call_ends_as_one_record),
		cmocka_unit_test(a_commit_killed_after_any_call_ends_as_one_record),
		cmocka_unit_test(a_commit_that_loses_any_request_is_one_record),
		cmocka_unit_test(a_commit_that_loses_any_answer_is_one_record),
		cmocka_unit_test(a_commit_with_any_call_done_late_is_one_record),
		cmocka_unit_test(a_predecessor_that_wakes_late_changes_nothing),
		cmocka_unit_test(an_empty_record_that_wakes_late_takes_no_intent_along),
		cmocka_unit_test(while_hdfs_is_away_the_log_may_be_tried_again),
		cmocka_unit_test(two_machines_with_one_place_make_one_record),
	};
	char *real = mem_printf("127.0.0.1:%d", real_namenode());
	setenv("AVIARY_SCRATCH", test_dir(), 1);
	stand_in_start(&stand_in, real_namenode() ? "--before" : "--page",
		       real_namenode() ? real : "7");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	stand_in_stop(&stand_in);
	free(real);
	return failed;
}
