/* One loop over signals, pipes and deadlines. A role goes round the upper line for ever, until all are
 * drained:
 *
 *     WAITING ──► STARTING ──► READY ──► (died) RESTING ──► STARTING …
 *        │            │          │                 │
 *        │            └──────────┴──► ENDING ◄─────┘   SIGTERM; then its last work
 *        └───────────────────────────► ENDED ◄── ENDING
 *
 * Draining goes by steps: the roles of a step are told to end when all roles of lower steps have ended. */
#include "coordinator/coordinator.h"

#include "base/clock.h"
#include "base/mem.h"
#include "coordinator/child.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEVER INT64_MAX
enum { SLOW_US = 60000000, OUTPUT_READS = 4 };

struct role {
	struct child child;
	bool was_started, was_ready, told_slow;
	bool last_begun; /* of its last work */
	bool killed;     /* since it took too long */
	int64_t rest_us; /* how long it rested last; 0: it has not */
	int64_t due_us; /* monotonic: RESTING: start again; ENDING: kill; STARTING: say it is slow */
};

struct coordinator {
	const struct coordinator_options *options;
	struct role roles[ROLES_MAX];
	struct role_status status[ROLES_MAX];
	size_t count;
	int signal_fd;
	bool draining, cut; /* cut: no more patience */
	bool failed, refused, changed;
};

struct line_context {
	const struct coordinator *coordinator;
	size_t role;
};

static void pass_line(void *context, struct str line)
{
	const struct line_context *to = context;
	const struct coordinator_options *options = to->coordinator->options;
	options->on_line(options->context, to->role, line);
}

static void report(const struct coordinator *coordinator, size_t at, enum role_event event,
		   const char *why, int64_t rest_us)
{
	const struct coordinator_options *options = coordinator->options;
	options->on_event(options->context, at, event, why, rest_us);
}

static void set_state(struct coordinator *coordinator, size_t at, enum role_state state)
{
	struct role_status *status = &coordinator->status[at];
	status->state = state;
	status->pid = coordinator->roles[at].child.pid;
	status->since_us = clock_now_us();
	coordinator->changed = true;
}

static bool is_running(const struct coordinator *coordinator, size_t at)
{
	return coordinator->roles[at].child.pid > 0;
}

/* --- starting ------------------------------------------------------------------------------------- */

static void become_ready(struct coordinator *coordinator, size_t at, int port)
{
	const struct coordinator_options *options = coordinator->options;
	struct role *role = &coordinator->roles[at];
	role->was_ready = true;
	role->due_us = NEVER;
	coordinator->status[at].port = port;
	set_state(coordinator, at, ROLE_READY);
	if (options->on_ready)
		options->on_ready(options->context, at, port);
}

static void rest(struct coordinator *coordinator, size_t at, const char *why)
{
	const struct coordinator_options *options = coordinator->options;
	struct role *role = &coordinator->roles[at];
	int64_t now = clock_monotonic_us();
	bool steady = role->child.started_us > 0 &&
		      now - role->child.started_us >= options->steady_us;
	if (steady || role->rest_us == 0)
		role->rest_us = options->rest_first_us;
	else
		role->rest_us = role->rest_us < options->rest_max_us / 2 ? role->rest_us * 2 :
									   options->rest_max_us;
	role->due_us = now + role->rest_us;
	report(coordinator, at, ROLE_DIED, why, role->rest_us);
}

static bool start_child(struct coordinator *coordinator, size_t at, char **arguments,
			struct err *err)
{
	const struct role_plan *plan = &coordinator->options->roles[at];
	struct child_start start = { .program = coordinator->options->program,
				     .arguments = arguments,
				     .variables = plan->variables };
	return child_start(&start, &coordinator->roles[at].child, err) == ERR_NONE;
}

static void start(struct coordinator *coordinator, size_t at)
{
	const struct role_plan *plan = &coordinator->options->roles[at];
	struct role *role = &coordinator->roles[at];
	struct err err = { 0 };
	if (coordinator->status[at].state == ROLE_RESTING)
		coordinator->status[at].restarts++;
	if (!start_child(coordinator, at, plan->arguments, &err)) {
		role->child.started_us = 0;
		rest(coordinator, at, err.msg);
		set_state(coordinator, at, ROLE_RESTING);
		return;
	}
	role->was_started = true;
	role->told_slow = false;
	role->due_us = role->child.started_us + SLOW_US;
	set_state(coordinator, at, ROLE_STARTING);
	report(coordinator, at, ROLE_STARTED, "", 0);
	if (plan->silent_start)
		become_ready(coordinator, at, 0);
}

/* Who waits starts when all above have been ready once. */
static void start_waiting(struct coordinator *coordinator)
{
	for (size_t i = 0; i < coordinator->count && !coordinator->draining; i++) {
		if (coordinator->status[i].state == ROLE_WAITING)
			start(coordinator, i);
		if (!coordinator->roles[i].was_ready && coordinator->status[i].state != ROLE_ENDED)
			return;
	}
}

/* --- ending --------------------------------------------------------------------------------------- */

static void set_end_due(struct coordinator *coordinator, size_t at)
{
	coordinator->roles[at].due_us = clock_monotonic_us() + coordinator->options->drain_us;
	set_state(coordinator, at, ROLE_ENDING);
}

/* Who has not been started has nothing to make good, unless somebody above it was at work already. */
static bool may_have_work(const struct coordinator *coordinator, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (coordinator->roles[i].was_ready)
			return true;
	}
	return coordinator->roles[at].was_started;
}

/* What the coordinator asks of a role when its process has ended; false when there is no such thing. */
static bool begin_last_work(struct coordinator *coordinator, size_t at)
{
	const struct role_plan *plan = &coordinator->options->roles[at];
	struct role *role = &coordinator->roles[at];
	struct err err = { 0 };
	if (!plan->last || role->last_begun || coordinator->cut || coordinator->refused ||
	    !may_have_work(coordinator, at))
		return false;
	role->last_begun = true;
	role->killed = false;
	if (!start_child(coordinator, at, plan->last, &err)) {
		coordinator->failed = true;
		return false;
	}
	set_end_due(coordinator, at);
	return true;
}

static void ask_to_end(struct coordinator *coordinator, size_t at)
{
	if (is_running(coordinator, at)) {
		kill(coordinator->roles[at].child.pid, SIGTERM);
		set_end_due(coordinator, at);
		report(coordinator, at, ROLE_ASKED, "", 0);
	} else if (!begin_last_work(coordinator, at)) {
		set_state(coordinator, at, ROLE_ENDED);
	}
}

/* Tells the roles of the lowest step that has not ended. */
static void drain_on(struct coordinator *coordinator)
{
	int step = INT_MAX;
	const struct role_plan *plans = coordinator->options->roles;
	for (size_t i = 0; i < coordinator->count; i++) {
		if (coordinator->status[i].state != ROLE_ENDED && plans[i].drain_step < step)
			step = plans[i].drain_step;
	}
	for (size_t i = 0; i < coordinator->count; i++) {
		enum role_state state = coordinator->status[i].state;
		if (plans[i].drain_step == step && state != ROLE_ENDED && state != ROLE_ENDING)
			ask_to_end(coordinator, i);
	}
}

static void cut(struct coordinator *coordinator)
{
	coordinator->cut = coordinator->failed = true;
	for (size_t i = 0; i < coordinator->count; i++) {
		if (is_running(coordinator, i)) {
			kill(coordinator->roles[i].child.pid, SIGKILL);
			coordinator->roles[i].due_us = NEVER;
			set_state(coordinator, i, ROLE_ENDING);
		} else {
			set_state(coordinator, i, ROLE_ENDED);
		}
	}
}

static void end_asked_role(struct coordinator *coordinator, size_t at, int status, const char *why)
{
	struct role *role = &coordinator->roles[at];
	bool well = !role->killed && ((WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
				      (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM));
	report(coordinator, at, ROLE_GONE, why, 0);
	/* Its last work makes good what it could not finish. */
	if (begin_last_work(coordinator, at))
		return;
	coordinator->failed = coordinator->failed || !well;
	set_state(coordinator, at, ROLE_ENDED);
}

static void end_role(struct coordinator *coordinator, size_t at, int status)
{
	const struct role_plan *plan = &coordinator->options->roles[at];
	char *why = WIFEXITED(status) ? mem_printf("exit status %d", WEXITSTATUS(status)) :
					mem_printf("signal %d", WTERMSIG(status));
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	if (coordinator->status[at].state == ROLE_ENDING) {
		end_asked_role(coordinator, at, status, why);
	} else if (code == 2) {
		report(coordinator, at, ROLE_REFUSED, why, 0);
		coordinator->refused = coordinator->draining = true;
		set_state(coordinator, at, ROLE_ENDED);
	} else if (code == 0 && plan->may_finish) {
		report(coordinator, at, ROLE_FINISHED, why, 0);
		set_state(coordinator, at, ROLE_ENDED);
	} else {
		rest(coordinator, at, why);
		set_state(coordinator, at, ROLE_RESTING);
	}
	free(why);
}

static void reap(struct coordinator *coordinator)
{
	for (size_t i = 0; i < coordinator->count; i++) {
		struct child *child = &coordinator->roles[i].child;
		struct line_context context = { .coordinator = coordinator, .role = i };
		int status;
		if (!is_running(coordinator, i) || waitpid(child->pid, &status, WNOHANG) <= 0)
			continue;
		int64_t started_us = child->started_us;
		child_release(child, pass_line, &context);
		child->started_us = started_us; /* how long it lived counts */
		coordinator->roles[i].due_us = NEVER;
		end_role(coordinator, i, status);
	}
}

/* --- the loop ------------------------------------------------------------------------------------- */

static void pass_signal(struct coordinator *coordinator, int number)
{
	/* A process that is still starting has no handler yet: the signal would end it. */
	for (size_t i = 0; i < coordinator->count; i++) {
		if (coordinator->status[i].state == ROLE_READY &&
		    !coordinator->options->roles[i].silent_start)
			kill(coordinator->roles[i].child.pid, number);
	}
}

static void take_signals(struct coordinator *coordinator)
{
	struct signalfd_siginfo signal;
	while (read(coordinator->signal_fd, &signal, sizeof signal) == (ssize_t)sizeof signal) {
		int number = (int)signal.ssi_signo;
		bool end = number == SIGTERM || number == SIGINT;
		if (end && coordinator->draining)
			cut(coordinator);
		else if (end || (number == SIGHUP && coordinator->options->hangup_ends))
			coordinator->draining = true;
		else if (number != SIGCHLD)
			pass_signal(coordinator, number);
	}
}

static void take_due(struct coordinator *coordinator)
{
	int64_t now = clock_monotonic_us();
	for (size_t i = 0; i < coordinator->count; i++) {
		struct role *role = &coordinator->roles[i];
		enum role_state state = coordinator->status[i].state;
		if (role->due_us > now)
			continue;
		role->due_us = NEVER;
		if (state == ROLE_RESTING && !coordinator->draining) {
			start(coordinator, i);
		} else if (state == ROLE_STARTING && !role->told_slow) {
			role->told_slow = true;
			report(coordinator, i, ROLE_IS_SLOW, "", 0);
		} else if (state == ROLE_ENDING && is_running(coordinator, i)) {
			role->killed = true;
			kill(role->child.pid, SIGKILL);
			report(coordinator, i, ROLE_KILLED, "", 0);
		}
	}
}

static int timeout_ms(const struct coordinator *coordinator)
{
	int64_t due = NEVER;
	for (size_t i = 0; i < coordinator->count; i++) {
		if (coordinator->roles[i].due_us < due)
			due = coordinator->roles[i].due_us;
	}
	if (due == NEVER)
		return -1;
	int64_t left = due - clock_monotonic_us();
	return left <= 0 ? 0 : (int)(left / 1000 < 3600000 ? left / 1000 + 1 : 3600000);
}

static void wait_for_something(struct coordinator *coordinator)
{
	struct pollfd polled[1 + 2 * ROLES_MAX] = { { .fd = coordinator->signal_fd,
						      .events = POLLIN } };
	for (size_t i = 0; i < coordinator->count; i++) {
		const struct child *child = &coordinator->roles[i].child;
		polled[1 + 2 * i] = (struct pollfd){ .fd = child->output_fd, .events = POLLIN };
		polled[2 + 2 * i] = (struct pollfd){ .fd = child->ready_fd, .events = POLLIN };
	}
	if (poll(polled, 1 + 2 * coordinator->count, timeout_ms(coordinator)) <= 0)
		return;
	for (size_t i = 0; i < coordinator->count; i++) {
		struct line_context context = { .coordinator = coordinator, .role = i };
		int port;
		if (polled[1 + 2 * i].revents)
			child_read_output(&coordinator->roles[i].child, OUTPUT_READS, pass_line,
					  &context);
		if (polled[2 + 2 * i].revents &&
		    child_read_ready(&coordinator->roles[i].child, &port) &&
		    coordinator->status[i].state == ROLE_STARTING)
			become_ready(coordinator, i, port);
	}
	if (polled[0].revents)
		take_signals(coordinator);
}

static bool has_ended(const struct coordinator *coordinator)
{
	for (size_t i = 0; i < coordinator->count; i++) {
		if (coordinator->status[i].state != ROLE_ENDED)
			return false;
	}
	return true;
}

static void run(struct coordinator *coordinator)
{
	const struct coordinator_options *options = coordinator->options;
	while (!has_ended(coordinator)) {
		start_waiting(coordinator);
		if (coordinator->draining)
			drain_on(coordinator);
		if (coordinator->changed && options->on_change)
			options->on_change(options->context, coordinator->status);
		coordinator->changed = false;
		if (has_ended(coordinator))
			break;
		wait_for_something(coordinator);
		reap(coordinator);
		take_due(coordinator);
	}
	if (options->on_change)
		options->on_change(options->context, coordinator->status);
}

/* Pipes must not take the places of stdin, stdout and stderr. */
static bool fill_standard_fds(void)
{
	int fd;
	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* What is ignored stays so: a signalfd would hear it all the same, and nohup or a script's `&` mean it. */
static void set_signals(sigset_t *ret)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCHLD };
	struct sigaction now;
	sigemptyset(ret);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		if (sigaction(numbers[i], NULL, &now) != 0 || now.sa_handler != SIG_IGN ||
		    numbers[i] == SIGCHLD)
			sigaddset(ret, numbers[i]);
	}
}

enum err_kind coordinator_run(const struct coordinator_options *options,
			      enum coordinator_end *ret_end, struct err *err)
{
	struct coordinator_options own = *options;
	struct coordinator coordinator = { .options = &own, .count = options->role_count };
	sigset_t signals, before;
	assert(options->role_count <= ROLES_MAX);
	own.rest_first_us = own.rest_first_us ? own.rest_first_us : 1000000;
	own.rest_max_us = own.rest_max_us ? own.rest_max_us : 60000000;
	own.steady_us = own.steady_us ? own.steady_us : 60000000;
	set_signals(&signals);
	signal(SIGCHLD, SIG_DFL); /* who ignores it has no children to wait for */
	for (size_t i = 0; i < coordinator.count; i++) {
		coordinator.roles[i].child = (struct child){ .output_fd = -1, .ready_fd = -1 };
		coordinator.roles[i].due_us = NEVER;
		set_state(&coordinator, i, ROLE_WAITING);
	}
	if (!fill_standard_fds() || sigprocmask(SIG_BLOCK, &signals, &before) != 0)
		return err_errno(err, ERR_FATAL, "coordinator");
	coordinator.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (coordinator.signal_fd >= 0)
		run(&coordinator);
	else
		err_errno(err, ERR_FATAL, "signalfd");
	enum err_kind kind = coordinator.signal_fd >= 0 ? ERR_NONE : ERR_FATAL;
	if (coordinator.signal_fd >= 0)
		close(coordinator.signal_fd);
	sigprocmask(SIG_SETMASK, &before, NULL);
	*ret_end = coordinator.refused ? COORDINATOR_REFUSED :
		   coordinator.failed  ? COORDINATOR_CUT :
					 COORDINATOR_DRAINED;
	return kind;
}
