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

enum hello_kind { HELLO_RESUME, HELLO_TAP };

struct hello {
	enum hello_kind kind;
	char lake[UUID_TEXT];   /* HELLO_RESUME */
	char stream[UUID_TEXT]; /* "": first contact */
	struct position from;   /* with a stream */
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
/* A refusal: ERR_FATAL with its words, ERR_RETRY when busy. Anything but an answer: ERR_RETRY,
 * since a server that took us for a raw tap sends a post. */
MUST_CHECK enum err_kind answer_parse(struct str text, struct answer *ret, struct err *err);

bool ack_parse(struct str text, uint64_t *ret_offset);
