/* Inside role/: where a lake's streams come from. LAKE/_aviary/sources/STREAM holds one JSON object:
 * {"journal":"directory"}. Written by whoever collects the stream, for those who look on. */
#pragma once
#include "lake/lake.h"

MUST_CHECK enum err_kind stream_source_write(struct lake *lake, const char *stream,
					     const char *journal_dir, struct err *err);
/* How many bytes of the stream are journalled and not committed; *ret_known false when its journal is
 * not there to be looked at. */
MUST_CHECK enum err_kind stream_source_lag(struct lake *lake, const char *stream,
					   uint64_t committed, bool *ret_known, uint64_t *ret_bytes,
					   struct err *err);
