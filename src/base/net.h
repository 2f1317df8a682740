/* Sockets that listen, those that are connected, and HOST:PORT. */
#pragma once
#include "base/err.h"
#include "base/str.h"

/* A listening TCP socket, non-blocking, on a numeric address (IPv4 or IPv6); port 0 takes any free one.
 * *ret_port is the port it has. An address in use: ERR_RETRY; all else: ERR_FATAL. The caller closes it. */
MUST_CHECK enum err_kind net_listen(const char *host, int port, int *ret_fd, int *ret_port,
				    struct err *err);

/* "127.0.0.1:8080", "[::1]:8080" or "8080" (then the host is 127.0.0.1). ERR_REJECT with what is wrong. */
enum { NET_HOST_MAX = 256 };
MUST_CHECK enum err_kind net_parse_address(const char *text, char ret_host[NET_HOST_MAX],
					   int *ret_port, struct err *err);
/* Whether only this machine can reach a numeric address (127.0.0.0/8, ::1) or "localhost". */
bool net_is_loopback(const char *host);

/* A connected socket sends at once, and learns within about a minute that its peer's machine is gone without
 * a word; until then that costs a descriptor, no more, so errors are let pass. */
void net_watch_peer(int fd);
