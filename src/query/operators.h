/* Between parse.c and operators.c: operators and what they take. */
#pragma once
#include "query/query.h"

/* What an operator of this name and value asks for, into kind, trait and value (folded, in the arena).
 * Their words are the caller's to make. */
enum operator_verdict { OPERATOR_GOOD, OPERATOR_UNKNOWN, OPERATOR_BAD_VALUE };
enum operator_verdict operator_read(struct str name, struct str value, struct arena *arena,
				    struct query *ret);
/* All names, "from: to: …". */
void operators_list(bool no_beyond, struct buf *ret);
