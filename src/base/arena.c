/* Blocks in a list, the newest first; an allocation moves a mark in the newest block. A block is at
 * least twice as large as the one before, so a batch of any size needs few of them. */
#include "base/arena.h"

#include "base/mem.h"

#include <stdlib.h>

struct arena_block {
	struct arena_block *next;
	size_t cap, used;
	_Alignas(16) char bytes[];
};

enum { FIRST_BLOCK = 4096, BLOCK_MAX = 4 << 20 };

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t need = (size + 15) & ~(size_t)15;
	if (!block || block->cap - block->used < need) {
		size_t cap = block ? block->cap * 2 : FIRST_BLOCK;
		if (cap > BLOCK_MAX)
			cap = BLOCK_MAX;
		if (cap < need)
			cap = need;
		block = mem_alloc(sizeof *block + cap);
		*block = (struct arena_block){ .next = arena->blocks, .cap = cap };
		arena->blocks = block;
	}
	void *ptr = block->bytes + block->used;
	block->used += need;
	arena->used += need;
	return ptr;
}

char *arena_strdup(struct arena *arena, struct str text)
{
	char *copy = arena_alloc(arena, text.len + 1);
	if (text.len > 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

static void free_blocks(struct arena_block *block)
{
	while (block) {
		struct arena_block *next = block->next;
		free(block);
		block = next;
	}
}

void arena_reset(struct arena *arena)
{
	arena->used = 0;
	if (!arena->blocks)
		return;
	free_blocks(arena->blocks->next);
	arena->blocks->next = NULL;
	arena->blocks->used = 0;
}

void arena_release(struct arena *arena)
{
	free_blocks(arena->blocks);
	*arena = (struct arena){ 0 };
}
