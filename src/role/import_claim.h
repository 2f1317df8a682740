/* Inside role/: which import file belongs to whom. LAKE/_aviary/imports/SHA256 holds one JSON object:
 * {"stream":UUID,"file":"name","finished":bool,"refused":N}. A file is finished when a record of the
 * log lists it; the claim only saves looking there. */
#pragma once
#include "lake/lake.h"

enum claim_state {
	CLAIM_OURS,     /* new, or begun by our stream: read it from its cursor */
	CLAIM_FINISHED, /* nothing to do */
	CLAIM_OTHERS,   /* begun by another stream and not finished */
};
struct claim {
	enum claim_state state;
	char stream[UUID_TEXT];
	uint64_t refused; /* documents that were not understood when it was finished */
};
MUST_CHECK enum err_kind claim_take(struct lake *lake, const char *sha256, const char *stream,
				    const char *file, struct claim *ret, struct err *err);
MUST_CHECK enum err_kind claim_finish(struct lake *lake, const char *sha256, const char *stream,
				      const char *file, uint64_t refused, struct err *err);
