/* Inside coordinator/: one process of ours, and the two pipes that come from it. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

struct child {
	pid_t pid;     /* 0: none */
	int output_fd; /* its stdout and stderr; -1: ended */
	int ready_fd;  /* where it says that it is ready; -1: it has, or never will */
	struct buf line;
	char ready_text[16];
	size_t ready_len;
	int64_t started_us; /* monotonic */
};

struct child_start {
	const char *program; /* NULL: ourselves */
	char *const *arguments;
	char *const *variables; /* may be NULL */
};
/* Its stdin is /dev/null, descriptor 3 is for readiness, it has no others of ours and a process group of
 * its own. What cannot be executed exits with 127. `ret` is zeroed by the caller, or released. */
MUST_CHECK enum err_kind child_start(const struct child_start *start, struct child *ret,
				     struct err *err);

enum { CHILD_LINE_MAX = 8192 };
/* Reads what is there, at most `reads_max` times 16 KiB, and hands out whole lines. False when it has
 * ended. */
bool child_read_output(struct child *child, int reads_max,
		       void (*on_line)(void *context, struct str line), void *context);
/* True once, when it has said that it is ready. */
bool child_read_ready(struct child *child, int *ret_port);
/* After the process was reaped: hands out its last lines and closes the pipes. */
void child_release(struct child *child, void (*on_line)(void *context, struct str line),
		   void *context);
