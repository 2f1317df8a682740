/* Inside role/: what X says of token, rules, quota and clock, asked in requests that cost nothing. */
#pragma once
#include "role/role.h"

/* Prints a verdict, line by line; *ret_good: aviary can work so. Nothing to ask with (no token, a bad
 * address): ERR_REJECT. */
MUST_CHECK enum err_kind check_online(const struct settings *settings, bool *ret_good,
				      struct err *err);
