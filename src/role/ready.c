#include "role/ready.h"

#include "base/str.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void say_ready(int port)
{
	const char *text = getenv("AVIARY_READY_FD");
	int64_t fd;
	if (!text || !str_to_i64(str_from(text), &fd) || fd <= STDERR_FILENO || fd > INT_MAX)
		return;
	unsetenv("AVIARY_READY_FD");
	dprintf((int)fd, "%d\n", port); /* nobody may be listening any more: no matter */
	close((int)fd);
}
