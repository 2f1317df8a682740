/* What the server's two files share: the loop and its connections. */
#pragma once
#include "wire/journal_private.h"
#include "wire/journal_read.h"
#include "wire/opening.h"

#include <stdatomic.h>

enum {
	HELLO_LINE_TIMEOUT_MS = 5000, /* from a hello's first byte to its end */
	LINGER_MS = 1000,             /* how long a refused peer may take to hear why */
	LINGER_BYTES_MAX = 1 << 20,   /* and how much it may still send */
	SEND_SLICE_BYTES = 1 << 20,   /* to one connection before the others get their turn */
};

enum connection_state {
	CONNECTION_OPENING, /* no hello yet */
	CONNECTION_RAW,     /* never said hello: a tap from the oldest kept byte */
	CONNECTION_TAP,
	CONNECTION_CERTAIN, /* the consumer that acknowledges */
	CONNECTION_LINGER,  /* was told why, and is about to be closed */
	CONNECTION_CLOSED,  /* freed at the end of the round */
};

struct connection {
	int fd;
	struct journal *journal; /* which it is given */
	enum connection_state state;
	int64_t deadline_us; /* 0: none */
	uint32_t events;     /* what epoll is asked for */
	bool input_ended;
	size_t input_len;
	size_t lingered;
	struct extent_reader reader;       /* what is sent */
	struct extent_reader acknowledged; /* what the consumer has acknowledged */
	char input[HELLO_BYTES_MAX];
};

struct wire_server {
	struct journal *journal;
	struct journal *requests; /* NULL: none */
	uint64_t trusted_from;    /* what is behind was written while we serve */
	int hello_timeout_ms;
	size_t clients_max;
	int port;
	int listen_fd, epoll_fd;
	pthread_t thread;
	atomic_bool stopping;
	pthread_mutex_t status_mutex;
	struct buf status; /* under it: what the role tells about itself */

	/* The server's thread alone, until it is joined. */
	struct connection **connections;
	size_t count, cap;
	int64_t accept_again_us; /* 0: accepting */
	struct buf scratch, answer;
	struct err err; /* the first thing that went wrong, if any */
};

/* Remembers what went wrong for wire_server_stop(). */
void wire_server_note(struct wire_server *server, const struct err *err);
size_t wire_server_count(const struct wire_server *server, enum connection_state state);

struct connection *wire_connection_new(struct wire_server *server, int fd);
void wire_connection_free(struct connection *connection);
/* What epoll reported. */
void wire_connection_event(struct wire_server *server, struct connection *connection,
			   uint32_t events);
/* Its deadline has passed. */
void wire_connection_expire(struct wire_server *server, struct connection *connection);
/* The synced end has moved. */
void wire_connection_send(struct wire_server *server, struct connection *connection);
/* Tells the peer why, and closes soon. */
void wire_connection_refuse(struct wire_server *server, struct connection *connection,
			    const char *words, bool busy);
