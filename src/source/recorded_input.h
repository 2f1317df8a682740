/* A file read once, from its beginning to its end, through a window; every byte is hashed. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

struct recorded_input {
	const char *path;
	int fd;
	struct hash_stream *hash;
	struct buf window;
	size_t start;   /* in the window, of the first byte that was not consumed */
	uint64_t read;  /* bytes so far */
	uint64_t limit; /* nothing behind this many is read */
	bool ended;     /* the window holds all that is left */
	bool (*progress)(void *context, uint64_t bytes);
	void *context;
};

MUST_CHECK enum err_kind recorded_input_open(struct recorded_input *input, const char *path,
					     struct err *err);
void recorded_input_close(struct recorded_input *input);
/* Reads some more. What recorded_input_rest() gave before is no longer valid. */
MUST_CHECK enum err_kind recorded_input_fill(struct recorded_input *input, struct err *err);

/* What was read and not consumed. */
static inline struct str recorded_input_rest(const struct recorded_input *input)
{
	struct str all = buf_str(&input->window);
	return str_make(all.ptr + input->start, all.len - input->start);
}
