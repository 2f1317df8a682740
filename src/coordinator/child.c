#include "coordinator/child.h"

#include "base/clock.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { READY_FD = 3, READ_BYTES = 16384, LAST_READS = 64 };

extern char **environ;

/* --- starting ------------------------------------------------------------------------------------- */

static bool is_overridden(const char *variable, char *const *by)
{
	const char *equals = strchr(variable, '=');
	size_t len = equals ? (size_t)(equals - variable) + 1 : strlen(variable);
	if (strncmp(variable, "AVIARY_READY_FD=", len) == 0)
		return true;
	for (; by && *by; by++) {
		if (strncmp(variable, *by, len) == 0)
			return true;
	}
	return false;
}

/* Ours with `more` put over it; the array is the caller's, the texts are not. */
static char **make_environment(char *const *more)
{
	static char ready[] = "AVIARY_READY_FD=3";
	size_t count = 0, cap = 0;
	char **variables = NULL;
	for (char **old = environ; old && *old; old++) {
		if (is_overridden(*old, more))
			continue;
		MEM_GROW(variables, cap, count + 1);
		variables[count++] = *old;
	}
	for (; more && *more; more++) {
		MEM_GROW(variables, cap, count + 1);
		variables[count++] = *more;
	}
	MEM_GROW(variables, cap, count + 2);
	variables[count++] = ready;
	variables[count] = NULL;
	return variables;
}

/* A descriptor that is where it should be already would keep its close-on-exec flag. */
static void put_fd(int fd, int to)
{
	if (fd == to)
		fcntl(fd, F_SETFD, 0);
	else
		dup2(fd, to);
}

static _Noreturn void become(const struct child_start *start, char **variables, pid_t parent,
			     int output, int ready)
{
	sigset_t none;
	sigemptyset(&none);
	/* The parent may have died before this call: then nothing would ever end us. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(127);
	setpgid(0, 0);
	int null = open("/dev/null", O_RDONLY);
	put_fd(null, STDIN_FILENO);
	put_fd(output, STDOUT_FILENO);
	put_fd(output, STDERR_FILENO);
	put_fd(ready, READY_FD);
	close_range(READY_FD + 1, ~0U, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGHUP, SIG_DFL); /* who started us may ignore it, as nohup does */
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Not the path: an upgrade in place must not mix two versions. */
	const char *program = start->program ? start->program : "/proc/self/exe";
	execve(program, start->arguments, variables);
	dprintf(STDERR_FILENO, "aviary: %s: %s\n", program, strerror(errno));
	_exit(127);
}

static void close_pair(int pair[2])
{
	close(pair[0]);
	close(pair[1]);
}

enum err_kind child_start(const struct child_start *start, struct child *ret, struct err *err)
{
	int output[2], ready[2];
	pid_t parent = getpid();
	if (pipe2(output, O_CLOEXEC) != 0)
		return err_errno(err, ERR_RETRY, "pipe");
	if (pipe2(ready, O_CLOEXEC) != 0) {
		err_errno(err, ERR_RETRY, "pipe");
		close_pair(output);
		return ERR_RETRY;
	}
	char **variables = make_environment(start->variables);
	pid_t pid = fork();
	if (pid == 0)
		become(start, variables, parent, output[1], ready[1]);
	free(variables);
	if (pid < 0) {
		err_errno(err, ERR_RETRY, "fork");
		close_pair(output);
		close_pair(ready);
		return ERR_RETRY;
	}
	close(output[1]);
	close(ready[1]);
	fcntl(output[0], F_SETFL, O_NONBLOCK);
	fcntl(ready[0], F_SETFL, O_NONBLOCK);
	*ret = (struct child){ .pid = pid,
			       .output_fd = output[0],
			       .ready_fd = ready[0],
			       .line = ret->line,
			       .started_us = clock_monotonic_us() };
	return ERR_NONE;
}

/* --- hearing -------------------------------------------------------------------------------------- */

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void take_output(struct child *child, struct str bytes,
			void (*on_line)(void *context, struct str line), void *context)
{
	while (bytes.len > 0) {
		const char *end = memchr(bytes.ptr, '\n', bytes.len);
		size_t len = end ? (size_t)(end - bytes.ptr) : bytes.len;
		size_t room = CHILD_LINE_MAX - child->line.len;
		bool whole = end && len <= room;
		len = len < room ? len : room;
		buf_add(&child->line, bytes.ptr, len);
		if (whole || child->line.len == CHILD_LINE_MAX) {
			on_line(context, buf_str(&child->line));
			buf_reset(&child->line);
		}
		len += whole;
		bytes = str_make(bytes.ptr + len, bytes.len - len);
	}
}

bool child_read_output(struct child *child, int reads_max,
		       void (*on_line)(void *context, struct str line), void *context)
{
	char bytes[READ_BYTES];
	for (int i = 0; i < reads_max && child->output_fd >= 0; i++) {
		ssize_t len = read(child->output_fd, bytes, sizeof bytes);
		if (len > 0)
			take_output(child, str_make(bytes, (size_t)len), on_line, context);
		else if (len == 0)
			close_fd(&child->output_fd);
		else if (errno != EINTR)
			break;
	}
	return child->output_fd >= 0;
}

bool child_read_ready(struct child *child, int *ret_port)
{
	if (child->ready_fd < 0)
		return false;
	size_t room = sizeof child->ready_text - child->ready_len;
	ssize_t len = read(child->ready_fd, child->ready_text + child->ready_len, room);
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	child->ready_len += len > 0 ? (size_t)len : 0;
	const char *end = memchr(child->ready_text, '\n', child->ready_len);
	if (!end && len > 0 && child->ready_len < sizeof child->ready_text)
		return false;
	close_fd(&child->ready_fd);
	uint64_t port = 0;
	if (!end ||
	    !str_to_u64(str_make(child->ready_text, (size_t)(end - child->ready_text)), &port) ||
	    port > UINT16_MAX)
		return false;
	*ret_port = (int)port;
	return true;
}

void child_release(struct child *child, void (*on_line)(void *context, struct str line),
		   void *context)
{
	if (child->pid > 0) {
		/* Bounded: a grandchild may hold the pipe and go on writing. */
		child_read_output(child, LAST_READS, on_line, context);
		close_fd(&child->output_fd);
		close_fd(&child->ready_fd);
	}
	if (child->line.len > 0)
		on_line(context, buf_str(&child->line));
	buf_release(&child->line);
	*child = (struct child){ .output_fd = -1, .ready_fd = -1 };
}
