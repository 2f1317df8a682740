/* Once: everything stale, then the end. Otherwise the log is followed: a batch is committed, the hours
 * it touched are computed anew, and until the next one nothing runs. */
#include "role/role.h"
#include "role/ready.h"
#include "role/stop.h"

#include "base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* A quarter of the time at most: an hour of many posts takes long, and is computed at every batch. */
enum { DUTY = 4, LOOK_MS = 60000, LOOK_ELSEWHERE_MS = 1000, LOCK_MS = 500 };
enum { RETRY_FIRST_US = 1000000, RETRY_MAX_US = 60000000 };

/* The engine goes with the run: what it has cached is of no use half a minute later. */
static enum err_kind refine_with_engine(const struct settings *settings, struct lake *lake,
					int threads, bool (*stop)(void *context),
					struct refine_report *ret, struct err *err)
{
	struct refine_options options = { .lake = lake, .stop = stop };
	TRY(open_engine(settings, lake, threads, &options.engine, err));
	enum err_kind kind = refine_under_lock(settings, &options, ret, err);
	engine_close(options.engine);
	return kind;
}

static enum err_kind refine_once(const struct settings *settings, struct lake *lake,
				 struct err *err)
{
	struct refine_report report;
	struct file_lock lock;
	bool held;
	TRY(lake_lock(lake, "refine", true, &lock, &held, err));
	enum err_kind kind =
		refine_with_engine(settings, lake, thread_count(settings), NULL, &report, err);
	file_lock_drop(&lock);
	if (kind == ERR_NONE)
		printf("refined %zu hours up to record %" PRIu64 "; %zu were current\n",
		       report.hours, report.snapshot, report.current);
	return kind;
}

/* --- following ------------------------------------------------------------------------------------ */

struct following {
	const struct settings *settings;
	struct lake *lake;
	int watch_fd;           /* tells that the log has grown; -1: looked at once a minute */
	uint64_t seen;          /* the record refined up to */
	int64_t retry_us;       /* how long a busy world made us wait; 0: it is not */
	char told[ERR_MSG_MAX]; /* the last failure, so that it is not told again and again */
};

/* What cannot be watched is looked at now and then, which is done anyway: a network file system does not
 * tell what others write. HDFS tells nothing at all. */
static int watch_log(const struct lake *lake)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char *path = lake_file(lake, "_aviary/log");
	if (fd >= 0 && inotify_add_watch(fd, path, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) < 0) {
		close(fd);
		fd = -1;
	}
	free(path);
	return fd;
}

static bool is_asked_to_stop(void *context)
{
	(void)context;
	return stop_requested();
}

static bool wait_until(int64_t time_us)
{
	int64_t left_us;
	while ((left_us = time_us - clock_monotonic_us()) > 0) {
		int64_t left_ms = left_us / 1000 + 1;
		if (stop_wait(-1, left_ms < LOOK_MS ? (int)left_ms : LOOK_MS))
			return true;
	}
	return stop_requested();
}

/* Another refiner does our work as well: nothing is said, and we are asked to end meanwhile. */
static enum err_kind wait_for_lock(const struct following *following, struct file_lock *ret_lock,
				   bool *ret_held, struct err *err)
{
	do
		TRY(lake_lock(following->lake, "refine", false, ret_lock, ret_held, err));
	while (!*ret_held && !stop_wait(-1, LOCK_MS));
	return ERR_NONE;
}

/* Until the log has gone on; true when asked to end. */
static enum err_kind wait_for_record(const struct following *following, bool *ret_stop,
				     struct err *err)
{
	struct lake_snapshot seen = { .number = following->seen };
	_Alignas(struct inotify_event) char events[4096];
	bool newest = true;
	*ret_stop = stop_requested();
	while (!*ret_stop) {
		while (following->watch_fd >= 0 &&
		       read(following->watch_fd, events, sizeof events) > 0)
			continue;
		TRY(lake_snapshot_is_newest(following->lake, &seen, &newest, err));
		if (!newest)
			break;
		*ret_stop = stop_wait(following->watch_fd,
				      lake_is_local(following->lake) ? LOOK_MS : LOOK_ELSEWHERE_MS);
	}
	return ERR_NONE;
}

static void tell_run(const struct refine_report *report, int64_t took_us)
{
	if (report->hours > 0)
		log_event(LOG_INFO, "refined", "hours=%zu record=%" PRIu64 " ms=%" PRId64,
			  report->hours, report->snapshot, took_us / 1000);
}

/* One run; *ret_next_us is when the next may begin. */
static enum err_kind refine_now(struct following *following, int64_t *ret_next_us, struct err *err)
{
	struct refine_report report = { .snapshot = following->seen };
	struct file_lock lock;
	bool held = false;
	TRY(wait_for_lock(following, &lock, &held, err));
	if (!held)
		return ERR_NONE;
	int64_t began_us = clock_monotonic_us();
	/* One thread an hour takes two thirds of the CPU and four fifths of the memory that two take;
	 * groups of hours have threads of their own. */
	enum err_kind kind = refine_with_engine(following->settings, following->lake, 1,
						is_asked_to_stop, &report, err);
	file_lock_drop(&lock);
	int64_t took_us = clock_monotonic_us() - began_us;
	int64_t apart_us = following->settings->refine_interval;
	following->seen = report.snapshot;
	*ret_next_us = began_us + (took_us * DUTY > apart_us ? took_us * DUTY : apart_us);
	tell_run(&report, took_us);
	return kind;
}

/* Neither a bad hour nor a busy world is the end. A bad hour is tried again with the next batch, and named
 * again when it is another one; a busy world is tried again without one. */
static enum err_kind bear_failure(struct following *following, enum err_kind kind, int64_t *next_us,
				  const struct err *err)
{
	if (kind == ERR_FATAL)
		return kind;
	if (kind != ERR_RETRY)
		following->retry_us = 0;
	if (kind != ERR_NONE && strcmp(following->told, err->msg) != 0)
		log_error(err);
	snprintf(following->told, sizeof following->told, "%s", kind == ERR_NONE ? "" : err->msg);
	if (kind != ERR_RETRY)
		return ERR_NONE;
	following->retry_us = following->retry_us == 0 ? RETRY_FIRST_US : following->retry_us * 2;
	if (following->retry_us > RETRY_MAX_US)
		following->retry_us = RETRY_MAX_US;
	int64_t earliest_us = clock_monotonic_us() + following->retry_us;
	*next_us = *next_us > earliest_us ? *next_us : earliest_us;
	return ERR_NONE;
}

/* What is wrong with the configuration is told before anything waits for us. */
static enum err_kind try_engine(const struct settings *settings, struct lake *lake, struct err *err)
{
	struct engine *engine = NULL;
	TRY(open_engine(settings, lake, 1, &engine, err));
	engine_close(engine);
	return ERR_NONE;
}

static enum err_kind follow(const struct settings *settings, struct lake *lake, struct err *err)
{
	struct following following = { .settings = settings, .lake = lake, .watch_fd = -1 };
	bool stop = false;
	enum err_kind kind = try_engine(settings, lake, err);
	if (kind == ERR_NONE) {
		following.watch_fd = watch_log(lake);
		say_ready(0);
	}
	while (kind == ERR_NONE && !stop) {
		int64_t next_us = clock_monotonic_us();
		kind = bear_failure(&following, refine_now(&following, &next_us, err), &next_us,
				    err);
		stop = wait_until(kind == ERR_NONE ? next_us : 0);
		if (kind == ERR_NONE && !stop && following.retry_us == 0)
			kind = wait_for_record(&following, &stop, err);
	}
	if (following.watch_fd >= 0)
		close(following.watch_fd);
	return kind;
}

/* --- the command ---------------------------------------------------------------------------------- */

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct lake *lake = NULL;
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "refine: unexpected argument '%s'", argv[1]);
		return say_error(&err, EXIT_USAGE);
	}
	if (!settings->once)
		stop_install();
	int refused = EXIT_FAILED;
	enum err_kind kind = open_lake(settings, &lake, &err);
	if (kind == ERR_NONE && settings->once) {
		kind = refine_once(settings, lake, &err);
	} else if (kind == ERR_NONE) {
		kind = follow(settings, lake, &err);
		refused = EXIT_USAGE;
	}
	lake_close(lake);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "refine");
	return say_error(&err, kind == ERR_REJECT ? refused : EXIT_FAILED);
}

static const char *const flags[] = { "lake",    "once",         "refine_interval",
				     "threads", "memory",       "cache_bytes",
				     "weekend", "weekend_zone", "retire_grace",
				     NULL };
const struct command command_refine = {
	.name = "refine",
	.arguments = "",
	.summary = "Keeps dimensions and facts up to date",
	.flags = flags,
	.examples = "  aviary refine --lake lake\n  aviary refine --lake lake --once\n",
	.run = run,
};
