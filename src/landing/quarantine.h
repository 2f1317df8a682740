/* Inside landing/: lines that are no posts, kept with the reason, one JSON object a line:
 * {"stream":UUID,"offset":N,"reason":"…","line":"…"}, or "line_hex" when the bytes are not UTF-8. */
#pragma once
#include "landing/spool.h"

MUST_CHECK enum err_kind quarantine_write(const struct spool *spool, const struct bucket *bucket,
					  const char *stream, bool requests, const char *path,
					  struct err *err);
