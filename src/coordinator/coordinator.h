/* The coordinator keeps the roles alive: starts them in order, watches, restarts and drains them.
 *
 * In: a table of programs to run. Out: what becomes of them, told to a reporter. Promised: a role starts
 * when those above it have said that they are ready; one that dies comes back, after 1 s, 2 s, 4 s … a
 * minute; none outlives the coordinator, however it ends (PR_SET_PDEATHSIG), and none is told to end by
 * anything but its pid. One thread; it sleeps until something happens.
 *
 * Signals, while coordinator_run() is at work: SIGTERM and SIGINT drain, a second one ends all at once.
 * SIGHUP and SIGUSR1 are passed on to the roles that are ready. One that is ignored stays ignored. Each role is a process group of its own, so
 * that the Ctrl-C of a terminal reaches the coordinator alone and what is drained is drained in order. */
#pragma once
#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Where a role stands. */
enum role_state {
	ROLE_WAITING,  /* for those above it */
	ROLE_STARTING, /* its process runs and has not said that it is ready */
	ROLE_READY,
	ROLE_RESTING, /* it died and will be started again */
	ROLE_ENDING,  /* told to end, or doing its last work */
	ROLE_ENDED,
};

/* A role, in the order of starting. The texts are borrowed and outlive coordinator_run(). */
struct role_plan {
	const char *name;
	char **arguments; /* NULL-terminated, [0] is the name of the command; see on_ready */
	char **last; /* run once when it is drained and has ended: its last work; may be NULL */
	char **variables;  /* "NAME=value" of its environment, NULL-terminated; may be NULL */
	int drain_step;    /* lower ones are told to end, and have ended, before higher ones */
	bool may_finish;   /* an exit status of 0 unasked means that it has done its work */
	bool silent_start; /* never says that it is ready: it is as soon as it runs */
};

struct role_status {
	enum role_state state;
	pid_t pid;        /* 0 while none runs */
	int64_t since_us; /* when it came into this state */
	unsigned restarts;
	int port; /* it said; 0: none */
};

enum role_event {
	ROLE_STARTED,
	ROLE_IS_SLOW, /* a minute after its start it has not said that it is ready */
	ROLE_DIED,    /* and will be started again */
	ROLE_FINISHED,
	ROLE_ASKED,   /* to end */
	ROLE_GONE,    /* it has ended, being asked to */
	ROLE_KILLED,  /* it took too long to end */
	ROLE_REFUSED, /* its configuration: all will be drained */
};

struct coordinator_options {
	const char
		*program; /* NULL: ourselves, /proc/self/exe, even when it was replaced on disk */
	const struct role_plan *roles;
	size_t role_count; /* at most ROLES_MAX */
	int64_t drain_us;  /* a role may take so long to end, and as long for its last work */
	int64_t rest_first_us, rest_max_us; /* 0: 1 s, 1 min */
	int64_t steady_us; /* who ran for so long starts afresh with rest_first_us; 0: 1 min */
	bool hangup_ends;  /* SIGHUP drains: the terminal has gone */
	void *context;
	/* A line that a role wrote to stdout or stderr, without its end; lines longer than 8 KiB come in
	 * pieces. The text lives during the call. */
	void (*on_line)(void *context, size_t role, struct str line);
	/* `why` is how it ended ("exit status 1", "signal 9") for ROLE_DIED, GONE, FINISHED, REFUSED; else
	 * "". rest_us: until it is started again. */
	void (*on_event)(void *context, size_t role, enum role_event event, const char *why,
			 int64_t rest_us);
	/* It is ready, for the first time or again. Its arguments may be changed now, for its next start,
	 * and those of the roles below it. May be NULL. */
	void (*on_ready)(void *context, size_t role, int port);
	/* Some status has changed. May be NULL. */
	void (*on_change)(void *context, const struct role_status *status);
};
enum { ROLES_MAX = 8 };

enum coordinator_end {
	COORDINATOR_DRAINED, /* asked to end, and every role ended well */
	COORDINATOR_CUT,     /* asked to end, and some role was killed or failed */
	COORDINATOR_REFUSED, /* a role exited with 2: its configuration is wrong */
};
/* Runs until all has ended. ERR_FATAL when the system gives no signals or pipes. */
MUST_CHECK enum err_kind coordinator_run(const struct coordinator_options *options,
					 enum coordinator_end *ret_end, struct err *err);
