/* Inside role/: being asked to end. SIGTERM and SIGINT ask a role to finish what it has begun and leave;
 * SIGUSR1 asks a collector to publish now, SIGHUP, which a coordinator passes on, a listener to
 * look at its rules again; it changes nothing for others. */
#pragma once
#include <stdbool.h>

void stop_install(void);
bool stop_requested(void);
/* Waits until a signal comes, or fd (-1: none) can be read, or so long; true when asked to stop. */
bool stop_wait(int fd, int timeout_ms);
bool stop_wait_both(int fd, int other_fd, int timeout_ms); /* either of them */
/* Whether it came since the last call. */
bool stop_take_publish(void);
bool stop_reload_asked(void); /* and not taken yet */
bool stop_take_reload(void);
