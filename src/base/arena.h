/* Memory dropped all at once: the batch lifetime. Zero-initialised is empty and valid.
 * Pointers live until arena_reset() or arena_release(). */
#pragma once
#include "base/str.h"

struct arena {
	struct arena_block *blocks;
	size_t used;
};

void *arena_alloc(struct arena *arena, size_t size);      /* 16-byte aligned, contents undefined */
char *arena_strdup(struct arena *arena, struct str text); /* copy, zero-terminated */
void arena_reset(struct arena *arena);                    /* keeps the newest block for reuse */
void arena_release(struct arena *arena);
