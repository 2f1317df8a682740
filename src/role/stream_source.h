/* Inside role/: where a lake's streams come from. LAKE/_aviary/sources/STREAM holds one JSON object:
 *
 *     {"journal":"/absolute/directory","address":"127.0.0.1:7777","source":"simulated"}
 *
 * Written by whoever collects the stream, for those who look on. What is not known is left out: a
 * journal on another machine, the address of an import, the source of a listener that has not heard
 * from anybody yet. */
#pragma once
#include "lake/lake.h"

struct stream_source {
	char *journal; /* an absolute directory of this machine */
	char *address; /* HOST:PORT, where the journal is served while its role runs */
	char *source;  /* "X", "simulated", "replayed", "imported" */
};
/* Members that are NULL or not UTF-8 are left out. */
MUST_CHECK enum err_kind stream_source_write(struct lake *lake, const char *stream,
					     const struct stream_source *source, struct err *err);
/* Members that are not known are NULL, all of them where there is no such file, or none that is JSON: that
 * must not stop who asks for other streams, and it is written again when its own is collected. */
MUST_CHECK enum err_kind stream_source_read(struct lake *lake, const char *stream,
					    struct stream_source *ret, struct err *err);
void stream_source_release(struct stream_source *source); /* frees what it holds, not itself */

/* How many bytes of the stream are journalled and not committed; *ret_known false when its journal is
 * not there to be looked at. */
MUST_CHECK enum err_kind stream_source_lag(struct lake *lake, const char *stream,
					   uint64_t committed, bool *ret_known, uint64_t *ret_bytes,
					   struct err *err);
