/* X's query language for recent search, read and checked as X does (facts of the product's X-API document
 * and of X's "Build a query").
 *
 *     either  = all { OR all }              OR in capitals
 *     all     = part { part }               a space is AND, which binds closer than OR
 *     part    = [-] ( ( either ) | term )
 *     term    = word | "words in a row" | #tag | $TAG | @name | operator:value
 *
 * In: a query's text, from a configuration or a request. Out: its tree, or why X would refuse it: in X's
 * words, with a hint in plain ones. Operators are those of operators.c. A word holds letters,
 * digits, '_' and pictographs; anything else is quoted. A query must be anchored: every way to satisfy it
 * asks for something that is not negated, not lang:, not has: and not is:. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "query/words.h"

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
	QUERY_BEYOND, /* what the post alone does not tell */
};

enum trait {
	HAS_HASHTAGS,
	HAS_CASHTAGS,
	HAS_LINKS,
	HAS_MENTIONS,
	HAS_MEDIA,
	HAS_IMAGES,
	HAS_VIDEOS,
	HAS_GEO,
	IS_REPLY,
	IS_QUOTE,
	IS_REPOST,
	IS_VERIFIED,
};

struct query {
	enum query_kind kind;
	enum trait trait;
	struct str value;    /* folded, but of QUERY_CONVERSATION and ids */
	struct words words;  /* QUERY_WORDS, QUERY_URL */
	struct query *parts; /* the first part */
	struct query *next;  /* the next part of the same whole */
};

/* What most accounts may send, and what any may. */
enum { QUERY_CHARACTERS_MAX = 512, QUERY_CHARACTERS_EVER = 4096, QUERY_DEPTH_MAX = 256 };

struct query_limits {
	size_t characters_max;
	bool no_beyond; /* operators that are QUERY_BEYOND are none */
};

/* Everything lives in the arena. What X would refuse: ERR_REJECT. */
MUST_CHECK enum err_kind query_parse(struct str text, const struct query_limits *limits,
				     struct arena *arena, const struct query **ret_query,
				     struct err *err);
/* Whether an operator of that name ("has", "lang") takes the text as its value. */
bool query_is_value(struct str name, struct str value);

/* What people wish for, each NULL-terminated, or NULL. */
struct query_wish {
	char *const *keywords;           /* literal terms, any of them; quoted where X needs it */
	char *const *from, *const *lang; /* any of them */
	char *const *has;                /* all of them: hashtags, links, media … */
	char *const *exclude;            /* none of them: reposts, replies, quotes, or as `has` */
};
/* Adds it as a query; nothing unasked is in it. No keyword, one that is empty or not UTF-8, an unknown
 * word: ERR_REJECT. Whether X takes the query, query_parse() tells. */
MUST_CHECK enum err_kind query_compose(const struct query_wish *wish, struct buf *ret,
				       struct err *err);
