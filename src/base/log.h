/* Log lines for people and machines: key=value on stderr, one line an event. Only role/ logs; rooms
 * return errors. Values are quoted when they hold spaces or quotes; secrets never reach here. */
#pragma once
#include "base/err.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO };
/* log_event(LOG_INFO, "published", "batch=%d hour=%d", 7, 3) */
void log_event(enum log_level level, const char *event, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* "aviary: what: where: why" and, when there is one, "hint: ..." on stderr. */
void log_error(const struct err *err);
