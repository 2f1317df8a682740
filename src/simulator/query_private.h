/* A parsed query (between query_parse.c and query_match.c). */
#pragma once
#include "simulator/query.h"

enum query_kind {
	QUERY_ALL, /* of its parts */
	QUERY_EITHER,
	QUERY_NOT,
	QUERY_WORDS,
	QUERY_HASHTAG,
	QUERY_CASHTAG,
	QUERY_MENTION,
	QUERY_FROM,
	QUERY_TO,
	QUERY_URL,
	QUERY_CONVERSATION,
	QUERY_LANG,
	QUERY_TRAIT,
	QUERY_NEVER,
};

struct query {
	enum query_kind kind;
	enum trait trait;
	struct str value;    /* folded, but of QUERY_CONVERSATION and ids */
	struct words words;  /* QUERY_WORDS, QUERY_URL */
	struct query *parts; /* the first part */
	struct query *next;  /* the next part of the same whole */
};
