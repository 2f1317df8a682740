/* Inside role/: what a coordinator is doing, for those who look on. LAKE/_aviary/run holds one JSON object
 * while the lock "run" is held; what is there without the lock is of a coordinator that was killed. */
#pragma once
#include "coordinator/coordinator.h"
#include "lake/lake.h"

struct run_role {
	char *name, *state; /* "waiting", "starting", "ready", "resting", "ending", "ended" */
	char *address;      /* what it serves there, "http://127.0.0.1:8080"; NULL: nothing */
	int64_t pid;        /* 0 while none runs */
	int64_t since_us;   /* in this state */
	uint64_t restarts;
};
struct run_state {
	int64_t pid; /* 0: nothing runs */
	int64_t since_us;
	struct run_role roles[ROLES_MAX];
	size_t count;
};
void run_state_release(struct run_state *state);

const char *role_state_name(enum role_state state);
/* As it stands in the file. */
void run_state_add_json(const struct run_state *state, struct buf *ret);
MUST_CHECK enum err_kind run_state_write(struct lake *lake, const struct run_state *state,
					 struct err *err);
MUST_CHECK enum err_kind run_state_remove(struct lake *lake, struct err *err);
/* Whoever may not look whether the coordinator lives takes its word for it. */
MUST_CHECK enum err_kind run_state_read(struct lake *lake, struct run_state *ret, struct err *err);
