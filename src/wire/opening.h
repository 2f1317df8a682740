/* The opening of a connection: the hello, its answer, and acknowledgements, as text.
 *
 * In: bytes from a peer whom nobody trusts. Out: structs whose members have been checked one by
 * one; whether they fit a journal is for the server to say. */
#pragma once
#include "wire/wire.h"

enum {
	HELLO_BYTES_MAX = 4096,
	ACK_BYTES_MAX = 256,
	ANSWER_BYTES_MAX = 4096,
};

enum hello_kind { HELLO_RESUME, HELLO_TAP, HELLO_STATUS };

struct hello {
	enum hello_kind kind;
	char lake[UUID_TEXT];   /* HELLO_RESUME */
	char stream[UUID_TEXT]; /* "": first contact */
	struct position from;   /* with a stream */
	bool requests;          /* the source's request records are meant, not its posts */
	uint64_t number;        /* HELLO_TAP of those: of the first one wanted */
};

/* A hello we do not understand or do not serve: ERR_REJECT, words for the peer. */
MUST_CHECK enum err_kind hello_parse(struct str text, struct hello *ret, struct err *err);
/* Without the '\n' that ends it. */
void hello_write(struct buf *buf, const struct hello *hello);

struct answer {
	char stream[UUID_TEXT];
	struct position start;
	uint64_t end;
};
void answer_write(struct buf *buf, const struct answer *answer);
/* With `busy` the peer may try again later. */
void refusal_write(struct buf *buf, const char *words, bool busy);
/* How far a journal has come. */
struct progress_of {
	const char *stream; /* NULL: there is none */
	uint64_t end, acknowledged;
};
/* `status` is one JSON value on one line, or empty for none. */
void status_write(struct buf *buf, const struct progress_of *posts,
		  const struct progress_of *requests, struct str status);
/* Whether a line is such a status, whole; a refusal is told apart as in answer_parse(). */
MUST_CHECK enum err_kind status_check(struct str text, struct err *err);
/* A refusal: ERR_FATAL with its words, ERR_RETRY when busy. Anything but an answer: ERR_RETRY,
 * since a server that took us for a raw tap sends a post. */
MUST_CHECK enum err_kind answer_parse(struct str text, struct answer *ret, struct err *err);

bool ack_parse(struct str text, uint64_t *ret_offset);
