/* The coordinator's role: everything at once, on one lake. It starts roles, passes on what they say, and
 * tells who asks (status) how they are. */
#include "role/run.h"
#include "role/listen.h"
#include "role/run_state.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NAME_COLUMN = 9, LOCK_TRIES = 50, LOCK_TRY_US = 20000 };

struct run {
	const struct settings *settings;
	struct lake *lake;
	struct file_lock lock;
	struct run_plan plan;
	int64_t since_us;
	bool introduced;
};

static const char *role_name(const struct run *run, size_t role)
{
	return run->plan.roles[role].name;
}

/* --- what is said --------------------------------------------------------------------------------- */

static void pass_line(void *context, size_t role, struct str line)
{
	const struct run *run = context;
	fprintf(stderr, "%-*s%.*s\n", NAME_COLUMN, role_name(run, role), STR_ARG(line));
}

static void say_event(enum log_level level, const char *event, const char *role, const char *more)
{
	fprintf(stderr, "%-*s", NAME_COLUMN, "run");
	log_event(level, event, "role=%s%s", role, more);
}

static void tell_event(void *context, size_t role, enum role_event event, const char *why,
		       int64_t rest_us)
{
	const char *name = role_name(context, role);
	char more[128];
	snprintf(more, sizeof more, " why=\"%s\"", why);
	switch (event) {
	case ROLE_STARTED:
		say_event(LOG_INFO, "started", name, "");
		break;
	case ROLE_IS_SLOW:
		say_event(LOG_WARN, "not_ready", name, " for=60s");
		break;
	case ROLE_DIED:
		snprintf(more, sizeof more, " why=\"%s\" again_in_ms=%lld", why,
			 (long long)rest_us / 1000);
		say_event(LOG_WARN, "died", name, more);
		break;
	case ROLE_FINISHED:
		say_event(LOG_INFO, "finished", name, "");
		break;
	case ROLE_ASKED:
		say_event(LOG_INFO, "ending", name, "");
		break;
	case ROLE_GONE:
		say_event(LOG_INFO, "ended", name, more);
		break;
	case ROLE_KILLED:
		say_event(LOG_WARN, "killed", name, " why=\"longer than drain_timeout\"");
		break;
	case ROLE_REFUSED:
		say_event(LOG_ERROR, "refused", name, " why=\"its configuration\"");
		break;
	}
}

static void introduce(const struct run *run)
{
	static const char *const words[RUN_PARTS] = {
		[RUN_SIMULATE] = "simulated X", [RUN_LISTEN] = "the wire", [RUN_SERVE] = "the page"
	};
	const struct run_plan *plan = &run->plan;
	fprintf(stderr, "\naviary keeps %s up to date:", run->settings->lake);
	for (size_t i = 0; i < plan->count; i++)
		fprintf(stderr, "%s %s", i > 0 ? "," : "", role_name(run, i));
	fputs("\n", stderr);
	for (enum run_part part = 0; part < RUN_PARTS; part++) {
		if (words[part] && plan->addresses[part])
			fprintf(stderr, "  %-12s %s\n", words[part], plan->addresses[part]);
	}
	fputs("Ctrl-C ends\n\n", stderr);
}

/* --- what is known -------------------------------------------------------------------------------- */

static void note_ready(void *context, size_t role, int port)
{
	struct run *run = context;
	char more[32] = "";
	run_plan_ready(&run->plan, role, port);
	if (port > 0)
		snprintf(more, sizeof more, " port=%d", port);
	say_event(LOG_INFO, "ready", role_name(run, role), more);
	if (role + 1 < run->plan.count || run->introduced)
		return;
	run->introduced = true;
	if (isatty(STDERR_FILENO))
		introduce(run);
}

static void note_change(void *context, const struct role_status *status)
{
	struct run *run = context;
	struct run_plan *plan = &run->plan;
	struct run_state state = { .pid = getpid(), .since_us = run->since_us };
	struct err err;
	for (; state.count < plan->count; state.count++) {
		size_t i = state.count;
		state.roles[i] = (struct run_role){
			.name = (char *)role_name(run, i),
			.state = (char *)role_state_name(status[i].state),
			.address = plan->addresses[plan->parts[i]],
			.pid = status[i].pid,
			.since_us = status[i].since_us,
			.restarts = status[i].restarts,
		};
	}
	/* What people look at is not worth ending what is looked at. */
	if (run_state_write(run->lake, &state, &err) != ERR_NONE)
		log_error(&err);
}

/* --- the command ---------------------------------------------------------------------------------- */

/* Who asks how we are (status) tries the lock for a moment; our predecessor's kill may take one. */
static enum err_kind take_lock(struct run *run, struct err *err)
{
	struct run_state other;
	bool held = false;
	for (int i = 0; i < LOCK_TRIES && !held; i++) {
		if (i > 0)
			usleep(LOCK_TRY_US);
		TRY(lake_lock(run->lake, "run", false, &run->lock, &held, err));
	}
	if (held)
		return ERR_NONE;
	TRY(run_state_read(run->lake, &other, err));
	err_set(err, ERR_RETRY, "%s: another run keeps it up to date, pid %lld",
		run->settings->lake, (long long)other.pid);
	run_state_release(&other);
	return err_hint(err, "aviary status --lake %s", run->settings->lake);
}

static enum err_kind coordinate(struct run *run, enum coordinator_end *ret_end, struct err *err)
{
	struct coordinator_options options = {
		.roles = run->plan.roles,
		.role_count = run->plan.count,
		.drain_us = run->settings->drain_timeout,
		.hangup_ends = isatty(STDERR_FILENO),
		.context = run,
		.on_line = pass_line,
		.on_event = tell_event,
		.on_ready = note_ready,
		.on_change = note_change,
	};
	TRY(make_lake(run->settings, &run->lake, err));
	TRY(take_lock(run, err));
	TRY(coordinator_run(&options, ret_end, err));
	return run_state_remove(run->lake, err);
}

static int run(struct settings *settings, int argc, char **argv)
{
	static const int codes[] = { [COORDINATOR_DRAINED] = EXIT_DONE,
				     [COORDINATOR_CUT] = EXIT_FAILED,
				     [COORDINATOR_REFUSED] = EXIT_USAGE };
	struct err err = { 0 };
	struct run run = { .settings = settings, .lock.fd = -1, .since_us = clock_now_us() };
	enum coordinator_end end = COORDINATOR_CUT;
	if (argc > 1)
		err_set(&err, ERR_REJECT, "unexpected argument '%s'", argv[1]);
	if (argc > 1 || run_plan_make(settings, &run.plan, &err) != ERR_NONE) {
		err_wrap(&err, "run");
		run_plan_release(&run.plan);
		return say_error(&err, EXIT_USAGE);
	}
	enum err_kind kind = coordinate(&run, &end, &err);
	run_plan_release(&run.plan);
	file_lock_drop(&run.lock);
	lake_close(run.lake);
	if (kind == ERR_NONE)
		return codes[end];
	err_wrap(&err, "run");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",           "threads",       "memory",
				     "cache_bytes",    ASKING_FLAGS,    "host",
				     "port",           "journal",       "journal_bytes",
				     "line_bytes_max", "segment_bytes", "window_entries",
				     "hello_timeout",  "from",          "publish_interval",
				     "publish_bytes",  "refine",        "refine_interval",
				     "weekend",        "weekend_zone",  "retire_grace",
				     "http",           "live_bytes",    "simulate",
				     "simulate_port",  "simulate_rate", "requests_per_window",
				     "seed",           "drain_timeout", NULL };
const struct command command_run = {
	.name = "run",
	.arguments = "",
	.summary = "Everything at once, started in order and kept running",
	.flags = flags,
	.examples = "  aviary run --lake lake --simulate --interval 5s\n"
		    "  aviary run --config /etc/aviary/aviary.conf\n",
	.run = run,
};
