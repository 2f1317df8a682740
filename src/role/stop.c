/* Signals write one byte into a pipe, so that whoever polls wakes up; flags tell which they were. */
#include "role/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

static atomic_bool asked_to_stop, asked_to_publish, asked_to_reload;
static int wake_pipe[2] = { -1, -1 };

static void on_signal(int number)
{
	int saved = errno;
	if (number == SIGUSR1)
		atomic_store(&asked_to_publish, true);
	else if (number == SIGHUP)
		atomic_store(&asked_to_reload, true);
	else
		atomic_store(&asked_to_stop, true);
	ssize_t written = write(wake_pipe[1], "", 1);
	(void)written; /* a full pipe wakes as well */
	errno = saved;
}

void stop_install(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGUSR1, SIGHUP };
	if (wake_pipe[0] >= 0 || pipe2(wake_pipe, O_CLOEXEC | O_NONBLOCK) != 0)
		return;
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaction(numbers[i], &action, NULL);
}

bool stop_requested(void)
{
	return atomic_load(&asked_to_stop);
}

bool stop_wait(int fd, int timeout_ms)
{
	return stop_wait_both(fd, -1, timeout_ms);
}

bool stop_wait_both(int fd, int other_fd, int timeout_ms)
{
	struct pollfd polled[3] = { { .fd = wake_pipe[0], .events = POLLIN },
				    { .fd = fd, .events = POLLIN },
				    { .fd = other_fd, .events = POLLIN } };
	char drained[64];
	if (!stop_requested() && poll(polled, 3, timeout_ms) > 0 && (polled[0].revents & POLLIN)) {
		while (read(wake_pipe[0], drained, sizeof drained) > 0)
			continue;
	}
	return stop_requested();
}

bool stop_take_publish(void)
{
	return atomic_exchange(&asked_to_publish, false);
}

bool stop_reload_asked(void)
{
	return atomic_load(&asked_to_reload);
}

bool stop_take_reload(void)
{
	return atomic_exchange(&asked_to_reload, false);
}
