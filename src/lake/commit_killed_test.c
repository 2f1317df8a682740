/* A commit whose process is killed at any step, or meets another, ends as one record. */
#include "lake/commit_fixture.h"

/* Killed at every step. */

static unsigned die_at;

static void die(unsigned step)
{
	if (step == die_at)
		_exit(42);
}

/* Whether the child was killed at that step; false when it got through. */
static bool killed_at(unsigned step, const char *path, const struct lake_record *batch)
{
	int status;
	pid_t child = fork();
	if (child == 0) {
		struct lake *lake = NULL;
		struct lake_committed committed;
		struct err err;
		if (lake_open(path, &lake, &err) != ERR_NONE)
			_exit(1);
		die_at = step;
		lake_step_hook = die;
		enum err_kind kind = batch ? lake_commit(lake, batch, &committed, &err) :
					     lake_recover(lake, STREAM_A, &err);
		if (kind != ERR_NONE)
			fprintf(stderr, "%s\n", err.msg);
		_exit(kind == ERR_NONE ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) != 42)
		assert_int_equal(WEXITSTATUS(status), 0);
	return WEXITSTATUS(status) == 42;
}

/* One lake for all rounds, since making one costs more than the rounds: round N commits record N. */
struct rounds {
	struct lake *lake;
	uint64_t number; /* records so far */
	uint64_t to;
};

static void settle(struct rounds *rounds, struct lake_committed committed)
{
	assert_int_equal(committed.number, ++rounds->number);
	assert_settled(rounds->lake, rounds->number);
	rounds->to = committed.to;
}

/* The caller was killed, starts anew, and commits the same batch again. */
static void a_commit_killed_at_any_step_ends_as_one_record(void **state)
{
	(void)state;
	struct rounds rounds = { .lake = fixture_lake() };
	unsigned step = 0;
	for (bool killed = true; killed;) {
		struct lake_record batch = large_batch(rounds.lake, rounds.to, "1");
		killed = killed_at(++step, lake_path(rounds.lake), &batch);
		struct lake *lake = fixture_open(lake_path(rounds.lake));
		recover_ok(lake, STREAM_A);
		struct lake_committed committed = commit_ok(lake, &batch);
		assert_int_equal(committed.to, batch.to);
		settle(&rounds, committed);
		lake_close(lake);
		lake_record_release(&batch);
	}
	assert_true(step > 15);
	lake_close(rounds.lake);
}

/* As above, without recovery before it, and with a batch that was written anew and came out longer. */
static void a_killed_commit_is_settled_by_another_attempt(void **state)
{
	(void)state;
	struct rounds rounds = { .lake = fixture_lake() };
	unsigned step = 0, first_won = 0;
	for (bool killed = true; killed;) {
		struct lake_record batch = large_batch(rounds.lake, rounds.to, "1");
		killed = killed_at(++step, lake_path(rounds.lake), &batch);
		struct lake_record again = small_batch(rounds.lake, rounds.to, "2");
		again.to = again.from + 2000;
		struct lake_committed committed = commit_ok(rounds.lake, &again);
		assert_int_equal(committed.to, committed.ours ? again.to : batch.to);
		first_won += !committed.ours;
		recover_ok(rounds.lake, STREAM_A);
		settle(&rounds, committed);
		lake_record_release(&again);
		lake_record_release(&batch);
	}
	assert_true(first_won > 0 && first_won < step);
	lake_close(rounds.lake);
}

static void a_recovery_killed_at_any_step_is_recovered(void **state)
{
	(void)state;
	struct rounds rounds = { .lake = fixture_lake() };
	bool commit_killed = true, recovery_killed;
	for (unsigned step = 1; commit_killed; step++) {
		unsigned second = 0;
		do {
			struct lake_record batch = small_batch(rounds.lake, rounds.to, "1");
			commit_killed = killed_at(step, lake_path(rounds.lake), &batch);
			recovery_killed = killed_at(++second, lake_path(rounds.lake), NULL);
			recover_ok(rounds.lake, STREAM_A);
			settle(&rounds, commit_ok(rounds.lake, &batch));
			lake_record_release(&batch);
		} while (recovery_killed);
	}
	lake_close(rounds.lake);
}

/* Two at once. */

static pid_t start_commit(const char *path, const struct lake_record *batch)
{
	pid_t child = fork();
	if (child == 0) {
		struct lake *lake = NULL;
		struct lake_committed committed;
		struct err err;
		enum err_kind kind = lake_open(path, &lake, &err);
		if (kind == ERR_NONE)
			kind = lake_commit(lake, batch, &committed, &err);
		if (kind != ERR_NONE)
			fprintf(stderr, "%s\n", err.msg);
		_exit(kind == ERR_NONE && committed.to > batch->from ? 0 : 1);
	}
	return child;
}

static void race(struct rounds *rounds, const struct lake_record *a, const struct lake_record *b)
{
	pid_t first = start_commit(lake_path(rounds->lake), a);
	pid_t second = start_commit(lake_path(rounds->lake), b);
	int status;
	assert_int_equal(waitpid(first, &status, 0), first);
	assert_int_equal(status, 0);
	assert_int_equal(waitpid(second, &status, 0), second);
	assert_int_equal(status, 0);
	settle(rounds, commit_ok(rounds->lake, a));
}

enum { RACES = 15 };

static void two_processes_with_one_batch_make_one_record(void **state)
{
	(void)state;
	struct rounds rounds = { .lake = fixture_lake() };
	for (int i = 0; i < RACES; i++) {
		struct lake_record batch = large_batch(rounds.lake, rounds.to, "1");
		race(&rounds, &batch, &batch);
		lake_record_release(&batch);
	}
	lake_close(rounds.lake);
}

static void two_processes_with_two_batches_for_one_place_make_one_record(void **state)
{
	(void)state;
	struct rounds rounds = { .lake = fixture_lake() };
	for (int i = 0; i < RACES; i++) {
		struct lake_record large = large_batch(rounds.lake, rounds.to, "1");
		struct lake_record small = small_batch(rounds.lake, rounds.to, "2");
		race(&rounds, &large, &small);
		lake_record_release(&large);
		lake_record_release(&small);
	}
	lake_close(rounds.lake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_commit_killed_at_any_step_ends_as_one_record),
		cmocka_unit_test(a_killed_commit_is_settled_by_another_attempt),
		cmocka_unit_test(a_recovery_killed_at_any_step_is_recovered),
		cmocka_unit_test(two_processes_with_one_batch_make_one_record),
		cmocka_unit_test(two_processes_with_two_batches_for_one_place_make_one_record),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
