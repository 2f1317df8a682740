/* Inside role/: a role says that it can be used. Who started it may have left a descriptor for that,
 * named by $AVIARY_READY_FD; without one nothing happens. */
#pragma once

/* Once, when the role's door is open: writes "PORT\n" and closes the descriptor. The port that it serves
 * on, or 0 where it serves none. */
void say_ready(int port);
