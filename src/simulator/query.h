/* X's query language for recent search (private to the room; facts of the product's X-API document
 * and of X's "Build a query").
 *
 *     either  = all { OR all }              OR in capitals
 *     all     = part { part }               a space is AND, which binds closer than OR
 *     part    = [-] ( ( either ) | term )
 *     term    = word | "words in a row" | #tag | $TAG | @name | operator:value
 *
 * Operators: from: to: url: lang: conversation_id: has: is:. A word holds letters, digits, '_' and
 * pictographs; anything else is quoted. A query must be anchored: every way to satisfy it asks for
 * something that is not negated, not lang:, not has: and not is:. */
#pragma once
#include "base/err.h"
#include "simulator/facts.h"

struct query;

enum { QUERY_CHARACTERS_MAX = 512 };

/* Everything lives in the arena. What X would refuse: ERR_REJECT with X's words. */
MUST_CHECK enum err_kind query_parse(struct str text, struct arena *arena,
				     const struct query **ret_query, struct err *err);
bool query_matches(const struct query *query, const struct facts *facts);
