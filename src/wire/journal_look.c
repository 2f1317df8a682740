#include "wire/segment.h"

#include <stdlib.h>

static enum err_kind walk_headers(struct segment *segment, struct err *err)
{
	struct extent_place place;
	enum extent_state state;
	TRY(segment_peek(segment, &place, &state, err));
	while (state == EXTENT_VALID) {
		segment_advance(segment, &place);
		TRY(segment_peek(segment, &place, &state, err));
	}
	return ERR_NONE;
}

enum err_kind journal_look(const char *dir, char ret_stream[UUID_TEXT], struct position *ret_end,
			   struct err *err)
{
	uint64_t *firsts = NULL;
	size_t count = 0;
	TRY(segment_list(dir, &firsts, &count, err));
	if (count == 0) {
		free(firsts);
		return err_set(err, ERR_RETRY, "no journal in %s", dir);
	}
	char *path = segment_path(dir, firsts[count - 1]);
	struct segment segment = SEGMENT_NONE;
	struct buf scratch = { 0 };
	enum err_kind kind = segment_open(path, &segment, &scratch, err);
	if (kind == ERR_NONE)
		kind = walk_headers(&segment, err);
	if (kind == ERR_NONE) {
		memcpy(ret_stream, segment.head.stream, UUID_TEXT);
		*ret_end = segment.next;
	}
	segment_close(&segment);
	buf_release(&scratch);
	free(path);
	free(firsts);
	return kind;
}
