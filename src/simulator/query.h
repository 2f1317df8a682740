/* Whether a post is what a query asks for (private to the room). */
#pragma once
#include "query/query.h"
#include "simulator/facts.h"

bool query_matches(const struct query *query, const struct facts *facts);
