/* Inside role/: the one table of what can be configured. */
#pragma once
#include "base/conf.h"

extern const struct conf_key setting_keys[];
extern const size_t setting_key_count;
