/* Inside role/: the one table of what can be configured. */
#pragma once
#include "base/conf.h"

extern const struct conf_key setting_keys[];
extern const size_t setting_key_count;

/* Of a [rule NAME]. */
struct rule_values {
	char **keywords, **from, **lang, **has, **exclude;
	const char *query;
};
extern const struct conf_key rule_keys[];
extern const size_t rule_key_count;
