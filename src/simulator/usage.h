/* What each token has read (private to the room): posts, each once a UTC day however often it was given
 * out, as X bills them. Kept while the simulator runs. Beyond USAGE_TOKENS the token that was idle
 * longest is forgotten. */
#pragma once
#include "simulator/reading.h"

enum { USAGE_TOKENS = 64, USAGE_DAYS_MAX = 90 };

struct usage;

struct usage *usage_new(void);
void usage_free(struct usage *usage); /* NULL is fine */
void usage_note(struct usage *usage, struct str token, const uint64_t *posts, size_t count,
		int64_t now_us);
/* The answer of GET /2/usage/tweets to these arguments. False when X would answer 400: then *ret_errors
 * has the elements of its `errors`. */
bool usage_answer(struct usage *usage, struct str token, const struct argument *arguments,
		  size_t argument_count, int64_t now_us, struct buf *ret, struct buf *ret_errors);
