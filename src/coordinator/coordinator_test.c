/* The roles are small shell scripts: they tell what happens by lines, and the coordinator's own calls drive
 * the test. */
#include "coordinator/coordinator.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/test.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MS = 1000 };
/* Says that it is ready, ends when asked. */
#define GOOD "trap 'echo asked; exit 0' TERM; echo 0 >&3; while :; do sleep 0.01; done"

struct trial {
	struct role_plan plans[ROLES_MAX];
	char *arguments[ROLES_MAX][4], *lasts[ROLES_MAX][4];
	struct coordinator_options options;
	struct buf story; /* what happened, a word each */
	unsigned ready, died;
	int64_t rests[8];
	/* When it has become so many times ready, or died so often, this is sent to ourselves. */
	unsigned ready_limit, died_limit;
	int number;
	const char *number_at_line;
	enum role_state states[ROLES_MAX];
	unsigned restarts[ROLES_MAX];
	int ports[ROLES_MAX];
};

static void send_number(struct trial *trial)
{
	kill(getpid(), trial->number ? trial->number : SIGTERM);
}

static void on_line(void *context, size_t role, struct str line)
{
	struct trial *trial = context;
	buf_addf(&trial->story, "%s:%.*s ", trial->plans[role].name, STR_ARG(line));
	if (trial->number_at_line && str_equal(line, str_from(trial->number_at_line)))
		send_number(trial);
}

static void on_event(void *context, size_t role, enum role_event event, const char *why,
		     int64_t rest_us)
{
	static const char *const words[] = { "started", "slow", "died",   "finished",
					     "asked",   "gone", "killed", "refused" };
	struct trial *trial = context;
	buf_addf(&trial->story, "%s-%s%s%s ", trial->plans[role].name, words[event],
		 why[0] ? "," : "", why);
	if (event != ROLE_DIED)
		return;
	if (trial->died < 8)
		trial->rests[trial->died] = rest_us;
	if (++trial->died == trial->died_limit)
		send_number(trial);
}

static void on_ready(void *context, size_t role, int port)
{
	struct trial *trial = context;
	buf_addf(&trial->story, "%s-ready,%d ", trial->plans[role].name, port);
	if (++trial->ready == trial->ready_limit)
		send_number(trial);
}

static void on_change(void *context, const struct role_status *status)
{
	struct trial *trial = context;
	for (size_t i = 0; i < trial->options.role_count; i++) {
		trial->states[i] = status[i].state;
		trial->restarts[i] = status[i].restarts;
		trial->ports[i] = status[i].port;
	}
}

static void set_script(char **arguments, const char *script)
{
	static char shell[] = "sh", option[] = "-c";
	arguments[0] = shell;
	arguments[1] = option;
	arguments[2] = (char *)script;
	arguments[3] = NULL;
}

static struct role_plan *add_role(struct trial *trial, const char *name, const char *script)
{
	size_t at = trial->options.role_count++;
	set_script(trial->arguments[at], script);
	trial->plans[at] = (struct role_plan){ .name = name,
					       .arguments = trial->arguments[at],
					       .drain_step = (int)at };
	return &trial->plans[at];
}

static void add_last(struct trial *trial, const char *script)
{
	size_t at = trial->options.role_count - 1;
	set_script(trial->lasts[at], script);
	trial->plans[at].last = trial->lasts[at];
}

static int set_up(void **state)
{
	struct trial *trial = mem_zalloc(1, sizeof *trial);
	trial->options = (struct coordinator_options){ .program = "/bin/sh",
						       .roles = trial->plans,
						       .drain_us = 10000 * MS,
						       .rest_first_us = 5 * MS,
						       .rest_max_us = 20 * MS,
						       .context = trial,
						       .on_line = on_line,
						       .on_event = on_event,
						       .on_ready = on_ready,
						       .on_change = on_change };
	*state = trial;
	return 0;
}

static int tear_down(void **state)
{
	struct trial *trial = *state;
	buf_release(&trial->story);
	free(trial);
	return 0;
}

static void coordinate(struct trial *trial, enum coordinator_end expected)
{
	struct err err = { 0 };
	enum coordinator_end end;
	assert_ok(coordinator_run(&trial->options, &end, &err), err);
	if (end != expected)
		fail_msg("ended as %d: %s", (int)end, buf_text(&trial->story));
	for (size_t i = 0; i < trial->options.role_count; i++)
		assert_int_equal(trial->states[i], ROLE_ENDED);
}

/* Fails unless the words are in the story in this order; what stands between them is free. */
static void assert_in_order(struct trial *trial, const char *words)
{
	const char *at = buf_text(&trial->story);
	struct str rest = str_from(words), word;
	while (str_split(&rest, ' ', &word)) {
		char *text = mem_printf("%.*s ", STR_ARG(word));
		const char *found = strstr(at, text);
		if (!found)
			fail_msg("'%s' is not at its place in: %s", text, buf_text(&trial->story));
		at = found ? found + strlen(text) : at;
		free(text);
	}
}

static void roles_start_in_order_each_when_those_above_are_ready(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "sleep 0.05; echo about-to; echo 4711 >&3; sleep 60");
	add_role(trial, "b", "sleep 60")->silent_start = true;
	add_role(trial, "c", "echo 0 >&3; sleep 60");
	trial->ready_limit = 3;
	coordinate(trial, COORDINATOR_DRAINED);
	assert_in_order(trial, "a-started a:about-to a-ready,4711 b-started b-ready,0 c-started "
			       "c-ready,0");
	assert_int_equal(trial->ports[0], 4711);
}

static void draining_goes_by_steps_and_ends_with_the_last_work(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "simulate", GOOD)->drain_step = 1;
	add_role(trial, "listen", GOOD)->drain_step = 0;
	add_role(trial, "collect", GOOD)->drain_step = 2;
	add_last(trial, "echo published");
	add_role(trial, "serve", GOOD)->drain_step = 3;
	trial->ready_limit = 4;
	coordinate(trial, COORDINATOR_DRAINED);
	assert_in_order(trial, "serve-ready,0 listen-asked listen:asked simulate-asked "
			       "simulate:asked collect-asked collect:asked collect:published "
			       "serve-asked serve:asked");
}

static void a_role_that_dies_comes_back_later_each_time(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "echo 0 >&3; exit 1");
	add_role(trial, "b", "echo 0 >&3; kill -9 $$")->silent_start = true;
	trial->died_limit = 8;
	coordinate(trial, COORDINATOR_DRAINED);
	assert_true(trial->restarts[0] + trial->restarts[1] >= 4);
	bool grew = false;
	for (size_t i = 0; i < 8; i++) {
		grew = grew || trial->rests[i] == 10 * MS;
		assert_true(trial->rests[i] >= 5 * MS && trial->rests[i] <= 20 * MS);
	}
	assert_true(grew);
	assert_non_null(strstr(buf_text(&trial->story), "a-died,exit status 1"));
	assert_non_null(strstr(buf_text(&trial->story), "b-died,signal 9"));
}

static void a_role_that_lived_long_enough_rests_shortly(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "echo 0 >&3; exit 3");
	trial->options.steady_us = 1;
	trial->died_limit = 4;
	coordinate(trial, COORDINATOR_DRAINED);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(trial->rests[i], 5 * MS);
}

static void a_role_that_refuses_its_configuration_ends_all(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", GOOD);
	add_role(trial, "b", "echo bad configuration >&2; exit 2");
	add_role(trial, "c", GOOD);
	coordinate(trial, COORDINATOR_REFUSED);
	assert_non_null(strstr(buf_text(&trial->story), "b:bad configuration b-refused"));
	assert_in_order(trial, "a-asked a:asked");
	assert_null(strstr(buf_text(&trial->story), "c-started"));
}

static void who_may_finish_is_not_started_again(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "exit 0")->may_finish = true;
	add_role(trial, "b", GOOD);
	trial->ready_limit = 1;
	coordinate(trial, COORDINATOR_DRAINED);
	assert_int_equal(trial->restarts[0], 0);
	assert_in_order(trial, "b-started b-ready,0 b-asked");
}

static void who_does_not_end_is_killed_and_its_last_work_is_done(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "trap '' TERM; echo 0 >&3; while :; do sleep 0.01; done");
	add_last(trial, "echo made good");
	trial->options.drain_us = 300 * MS;
	trial->ready_limit = 1;
	coordinate(trial, COORDINATOR_DRAINED);
	assert_in_order(trial, "a-asked a-killed");
	assert_non_null(strstr(buf_text(&trial->story), "a:made good"));
}

static void last_work_is_done_by_who_was_about_to_start(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", GOOD);
	add_role(trial, "b", "echo starting; exec sleep 60");
	add_last(trial, "echo b-made-good");
	add_role(trial, "c", GOOD);
	add_last(trial, "echo c-made-good");
	trial->number_at_line = "starting";
	coordinate(trial, COORDINATOR_DRAINED);
	assert_in_order(trial, "b:starting b:b-made-good c:c-made-good");
	assert_null(strstr(buf_text(&trial->story), "c-started"));
}

static void nothing_is_made_good_where_nothing_ran(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "echo starting; exec sleep 60");
	add_role(trial, "b", GOOD);
	add_last(trial, "echo never");
	trial->number_at_line = "starting";
	coordinate(trial, COORDINATOR_DRAINED);
	assert_null(strstr(buf_text(&trial->story), "never"));
}

static void last_work_that_fails_or_never_ends_is_told(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", GOOD);
	add_last(trial, "trap '' TERM; while :; do sleep 0.01; done");
	trial->options.drain_us = 300 * MS;
	trial->ready_limit = 1;
	coordinate(trial, COORDINATOR_CUT);
	assert_in_order(trial, "a-asked a:asked a-killed");
}

static void a_second_signal_ends_all_at_once(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "trap 'echo stubborn' TERM; echo 0 >&3; while :; do sleep 0.01; done");
	add_last(trial, "echo never");
	add_role(trial, "b", GOOD);
	trial->ready_limit = 2;
	trial->number_at_line = "stubborn";
	int64_t began = clock_monotonic_us();
	coordinate(trial, COORDINATOR_CUT);
	assert_true(clock_monotonic_us() - began < 8000 * MS);
	assert_null(strstr(buf_text(&trial->story), "never"));
	assert_non_null(strstr(buf_text(&trial->story), "a-gone,signal 9"));
}

static void a_hangup_is_passed_on(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a",
		 "trap 'echo reloaded; exit 2' HUP; echo 0 >&3; while :; do sleep 0.01; done");
	trial->ready_limit = 1;
	trial->number = SIGHUP;
	coordinate(trial, COORDINATOR_REFUSED);
	assert_in_order(trial, "a-ready,0 a:reloaded");
}

static void a_hangup_ends_all_when_the_terminal_has_gone(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", GOOD);
	trial->options.hangup_ends = true;
	trial->ready_limit = 1;
	trial->number = SIGHUP;
	coordinate(trial, COORDINATOR_DRAINED);
	assert_in_order(trial, "a-ready,0 a-asked a:asked");
}

static void an_ignored_signal_stays_ignored(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", GOOD);
	add_role(trial, "b", "echo 0 >&3; kill -INT $PPID; kill -TERM $PPID; exec sleep 60");
	signal(SIGINT, SIG_IGN);
	coordinate(trial, COORDINATOR_DRAINED);
	signal(SIGINT, SIG_DFL);
	assert_in_order(trial, "a-asked a:asked");
}

static void lines_come_whole_and_long_ones_in_pieces(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a",
		 "printf one; sleep 0.02; printf 'two\\n\\nthree\\n'; "
		 "printf '%20000s\\n' x; printf unfinished; echo 0 >&3; exec sleep 60");
	trial->ready_limit = 1;
	coordinate(trial, COORDINATOR_DRAINED);
	const char *story = buf_text(&trial->story);
	assert_non_null(strstr(story, "a:onetwo a: a:three a:  "));
	unsigned pieces = 0;
	for (const char *at = story; (at = strstr(at, "a:  ")); at++)
		pieces++;
	assert_int_equal(pieces, 3);
	assert_non_null(strstr(story, "a:unfinished "));
}

static void a_child_has_no_descriptor_of_ours(void **state)
{
	struct trial *trial = *state;
	int leaked = fcntl(STDIN_FILENO, F_DUPFD, 7); /* not close-on-exec */
	char *script =
		mem_printf("for n in 0 1 2 3 %d; do test -e /proc/$$/fd/$n && echo $n; done; "
			   "readlink /proc/$$/fd/0; exit 2",
			   leaked);
	add_role(trial, "a", script);
	coordinate(trial, COORDINATOR_REFUSED);
	close(leaked);
	free(script);
	assert_non_null(strstr(buf_text(&trial->story), "a:0 a:1 a:2 a:3 a:/dev/null "));
}

static void variables_are_put_over_ours(void **state)
{
	struct trial *trial = *state;
	char token[] = "TOKEN=theirs", *variables[] = { token, NULL };
	setenv("TOKEN", "ours", 1);
	setenv("KEPT", "kept", 1);
	add_role(trial, "a", "echo $TOKEN $KEPT $AVIARY_READY_FD; exit 2")->variables = variables;
	coordinate(trial, COORDINATOR_REFUSED);
	assert_non_null(strstr(buf_text(&trial->story), "a:theirs kept 3 "));
	assert_string_equal(getenv("TOKEN"), "ours");
}

static void what_cannot_be_executed_is_tried_again(void **state)
{
	struct trial *trial = *state;
	add_role(trial, "a", "");
	trial->options.program = "/nowhere/aviary";
	trial->died_limit = 2;
	coordinate(trial, COORDINATOR_DRAINED);
	assert_non_null(strstr(buf_text(&trial->story),
			       "a:aviary: /nowhere/aviary: No such file or directory "
			       "a-died,exit status 127"));
}

/* Reaps them all within ten seconds: as subreaper we inherit what a killed coordinator leaves. */
static unsigned reap_for_10_s(void)
{
	unsigned reaped = 0;
	int64_t end = clock_monotonic_us() + 10000000;
	while (clock_monotonic_us() < end) {
		pid_t pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return reaped;
		if (pid > 0)
			reaped++;
		else
			poll(NULL, 0, 5);
	}
	fail_msg("something lives on");
	return 0;
}

static void nothing_outlives_a_killed_coordinator(void **state)
{
	struct trial *trial = *state;
	int ready[2];
	char byte;
	/* The scripts are deaf: nothing but the kernel ends them. */
	add_role(trial, "a", "trap '' TERM HUP INT; echo 0 >&3; exec sleep 60");
	add_role(trial, "b", "trap '' TERM HUP INT; echo 0 >&3; exec sleep 60");
	assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	assert_int_equal(pipe(ready), 0);
	pid_t pid = fork();
	if (pid == 0) {
		struct err err;
		enum coordinator_end end;
		trial->ready_limit = 2;
		trial->number = SIGKILL;
		close(ready[0]);
		if (write(ready[1], "", 1) != 1 ||
		    coordinator_run(&trial->options, &end, &err) != ERR_NONE)
			_exit(1);
		_exit(0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	assert_int_equal(reap_for_10_s(), 3);
	prctl(PR_SET_CHILD_SUBREAPER, 0);
}

#define WITH_TRIAL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TRIAL(roles_start_in_order_each_when_those_above_are_ready),
		WITH_TRIAL(draining_goes_by_steps_and_ends_with_the_last_work),
		WITH_TRIAL(a_role_that_dies_comes_back_later_each_time),
		WITH_TRIAL(a_role_that_lived_long_enough_rests_shortly),
		WITH_TRIAL(a_role_that_refuses_its_configuration_ends_all),
		WITH_TRIAL(who_may_finish_is_not_started_again),
		WITH_TRIAL(who_does_not_end_is_killed_and_its_last_work_is_done),
		WITH_TRIAL(last_work_is_done_by_who_was_about_to_start),
		WITH_TRIAL(nothing_is_made_good_where_nothing_ran),
		WITH_TRIAL(last_work_that_fails_or_never_ends_is_told),
		WITH_TRIAL(a_second_signal_ends_all_at_once),
		WITH_TRIAL(a_hangup_is_passed_on),
		WITH_TRIAL(a_hangup_ends_all_when_the_terminal_has_gone),
		WITH_TRIAL(an_ignored_signal_stays_ignored),
		WITH_TRIAL(lines_come_whole_and_long_ones_in_pieces),
		WITH_TRIAL(a_child_has_no_descriptor_of_ours),
		WITH_TRIAL(variables_are_put_over_ours),
		WITH_TRIAL(what_cannot_be_executed_is_tried_again),
		WITH_TRIAL(nothing_outlives_a_killed_coordinator),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
