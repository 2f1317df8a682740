/* One request, one answer, without a socket (private to the room). */
#pragma once
#include "base/http_server.h"
#include "simulator/allowance.h"
#include "simulator/search.h"
#include "simulator/usage.h"

struct question {
	struct str path, authorization; /* ptr NULL: no such header */
	const struct argument *arguments;
	size_t argument_count;
	int64_t now_us;
};

enum { ANSWER_HEADERS_MAX = 4, ANSWER_NUMBER_MAX = 24 };

struct answerer {
	struct timeline *timeline;
	struct allowance allowance;
	struct usage *usage;
	uint64_t seed;
	/* Of the last answer. */
	struct http_header headers[ANSWER_HEADERS_MAX];
	char numbers[ANSWER_HEADERS_MAX][ANSWER_NUMBER_MAX];
	struct arena arena;
};

/* Takes the timeline over. */
void answerer_init(struct answerer *answerer, struct timeline *timeline, uint64_t seed,
		   int64_t requests_per_window);
void answerer_release(struct answerer *answerer);
/* Fills *ret, which was zero; its headers live until the next call. */
void answer(struct answerer *answerer, const struct question *question, struct http_answer *ret);
