/* Inside engine/: SQL texts as servers want them, one statement at a time. */
#pragma once
#include "base/str.h"

/* Takes the next statement off *rest, without white space, comments and ';' around it; false when nothing is
 * left. Strings, names in quotes and comments are read as Spark and Hive do: a backslash escapes. */
bool statement_next(struct str *rest, struct str *ret_statement);
/* Whether it only reads, or changes nothing but the session it is run in. */
bool statement_only_reads(struct str statement);
