#include "base/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { KEEPALIVE_IDLE_S = 30, KEEPALIVE_INTERVAL_S = 10, KEEPALIVE_PROBES = 3 };

union address {
	struct sockaddr any;
	struct sockaddr_in four;
	struct sockaddr_in6 six;
};

static bool parse_numeric(const char *host, int port, union address *ret, socklen_t *ret_len)
{
	*ret = (union address){ 0 };
	if (inet_pton(AF_INET, host, &ret->four.sin_addr) == 1) {
		ret->four.sin_family = AF_INET;
		ret->four.sin_port = htons((uint16_t)port);
		*ret_len = sizeof ret->four;
		return true;
	}
	if (inet_pton(AF_INET6, host, &ret->six.sin6_addr) == 1) {
		ret->six.sin6_family = AF_INET6;
		ret->six.sin6_port = htons((uint16_t)port);
		*ret_len = sizeof ret->six;
		return true;
	}
	return false;
}

static enum err_kind bind_and_listen(int fd, const char *host, int port, union address *address,
				     socklen_t len, int *ret_port, struct err *err)
{
	int on = 1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, &address->any, len) != 0 || listen(fd, SOMAXCONN) != 0)
		return err_errno(err, errno == EADDRINUSE ? ERR_RETRY : ERR_FATAL,
				 "listen on %s port %d", host, port);
	if (getsockname(fd, &address->any, &len) != 0)
		return err_errno(err, ERR_FATAL, "getsockname");
	*ret_port = ntohs(address->any.sa_family == AF_INET ? address->four.sin_port :
							      address->six.sin6_port);
	return ERR_NONE;
}

enum err_kind net_listen(const char *host, int port, int *ret_fd, int *ret_port, struct err *err)
{
	union address address;
	socklen_t len;
	if (!parse_numeric(host, port, &address, &len))
		return err_set(err, ERR_FATAL, "listen on \"%s\": not a numeric address", host);
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "socket");
	enum err_kind kind = bind_and_listen(fd, host, port, &address, len, ret_port, err);
	if (kind != ERR_NONE)
		close(fd);
	else
		*ret_fd = fd;
	return kind;
}

enum err_kind net_parse_address(const char *text, char ret_host[NET_HOST_MAX], int *ret_port,
				struct err *err)
{
	struct str whole = str_from(text), host = STR("127.0.0.1"), port = whole;
	const char *colon = strrchr(text, ':');
	uint64_t number;
	if (colon) {
		host = str_make(text, (size_t)(colon - text));
		port = str_from(colon + 1);
	}
	if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
		host = str_make(host.ptr + 1, host.len - 2);
	else if (memchr(host.ptr, ':', host.len))
		return err_set(err, ERR_REJECT, "'%s': an IPv6 address stands in [brackets]", text);
	if (host.len == 0 || host.len >= NET_HOST_MAX)
		return err_set(err, ERR_REJECT, "'%s' has no host; HOST:PORT is expected", text);
	if (!str_to_u64(port, &number) || number > UINT16_MAX)
		return err_set(err, ERR_REJECT, "'%s' has no port from 0 to 65535", text);
	memcpy(ret_host, host.ptr, host.len);
	ret_host[host.len] = '\0';
	*ret_port = (int)number;
	return ERR_NONE;
}

bool net_is_loopback(const char *host)
{
	union address address;
	socklen_t len;
	if (strcmp(host, "localhost") == 0)
		return true;
	if (!parse_numeric(host, 0, &address, &len))
		return false;
	if (address.any.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&address.six.sin6_addr);
	return ntohl(address.four.sin_addr.s_addr) >> 24 == 127;
}

void net_watch_peer(int fd)
{
	static const struct {
		int level, name, value;
	} options[] = {
		{ IPPROTO_TCP, TCP_NODELAY, 1 },
		{ SOL_SOCKET, SO_KEEPALIVE, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S },
		{ IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S },
		{ IPPROTO_TCP, TCP_KEEPCNT, KEEPALIVE_PROBES },
	};
	for (size_t i = 0; i < sizeof options / sizeof *options; i++)
		(void)setsockopt(fd, options[i].level, options[i].name, &options[i].value,
				 sizeof options[i].value);
}
