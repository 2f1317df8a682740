/* Inside role/: what run starts, and with which arguments. run_plan.c settles it, run.c coordinates. */
#pragma once
#include "coordinator/coordinator.h"
#include "role/role.h"

enum run_part { RUN_SIMULATE, RUN_LISTEN, RUN_COLLECT, RUN_REFINE, RUN_SERVE, RUN_PARTS };

/* Words that end with NULL, for execve(). */
struct run_words {
	char **at;
	size_t count, cap;
};

struct run_plan {
	const struct settings *settings;
	struct role_plan roles[RUN_PARTS]; /* those that are started, in that order */
	enum run_part parts[RUN_PARTS];    /* which they are */
	size_t count;
	struct run_words arguments[RUN_PARTS], last[RUN_PARTS]; /* by part */
	char *addresses
		[RUN_PARTS]; /* by part: where it serves, for people; NULL: not known, or nowhere */
};

/* ERR_REJECT when the configuration names nothing to do. */
MUST_CHECK enum err_kind run_plan_make(const struct settings *settings, struct run_plan *ret,
				       struct err *err);
void run_plan_release(struct run_plan *plan);
/* A role serves on this port: it will have the same one when it is started again, and those that ask it
 * are told. */
void run_plan_ready(struct run_plan *plan, size_t role, int port);
