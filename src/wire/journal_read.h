/* Reading a journal's line bytes at an offset, straight from its segment files.
 *
 * In: a directory and an offset. Out: extents, checked, one after another, and the chain value at
 * the offset. It knows no struct journal and takes no lock: the server reads this way up to the
 * synced end, and readers in place up to the last valid extent. */
#pragma once
#include "wire/segment.h"

struct extent_reader {
	const char *dir; /* borrowed from whoever made the reader */
	struct segment segment;
	bool inside;
	struct extent_place extent; /* while inside: the one around `offset`, checked */
	uint64_t offset;            /* the next byte */
	/* Extents that begin here or behind were written and synced by this process, which need not
	 * read them to know that they are whole. UINT64_MAX at first. */
	uint64_t trusted_from;
};

void extent_reader_init(struct extent_reader *reader, const char *dir);
void extent_reader_release(struct extent_reader *reader);

/* Goes to an offset, which must lie between two lines; *ret_chain is the chain there. Cheap when it
 * is not far ahead of where the reader is. Below the oldest byte: ERR_RETRY. Beyond what is there,
 * or inside a line: ERR_REJECT. */
MUST_CHECK enum err_kind extent_reader_seek(struct extent_reader *reader, uint64_t offset,
					    struct buf *scratch, uint64_t *ret_chain,
					    struct err *err);
/* Goes into the extent with the byte at `offset`, unless that is `end` or nothing valid is there
 * yet: then it is not inside. An extent it enters, if not a trusted one, is in `scratch`. Overtaken by deletion:
 * ERR_RETRY. Damaged bytes: ERR_FATAL. */
MUST_CHECK enum err_kind extent_reader_fill(struct extent_reader *reader, uint64_t end,
					    struct buf *scratch, struct err *err);
/* While inside: where in the file `offset` is, and how many bytes follow it in one piece. */
uint64_t extent_reader_file_at(const struct extent_reader *reader);
uint64_t extent_reader_left(const struct extent_reader *reader);
void extent_reader_consume(struct extent_reader *reader, uint64_t len);
