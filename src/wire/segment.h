/* The segment file: how a journal's bytes lie on disk, and how good ones are told from bad ones.
 *
 * In: the path of a segment. Out: its head and its extents, one after another. Promised: an extent
 * that segment_load() calls valid is byte for byte what was written. I/O errors are ERR_FATAL;
 * bytes that are no valid extent are not an error here, since at the end of the newest segment they
 * are what a crash leaves: the caller knows which it is. */
#pragma once
#include "wire/wire.h"

enum {
	SEGMENT_VERSION = 1,
	SEGMENT_HEAD_BYTES = 88, /* before the head's record */
	EXTENT_HEAD_BYTES = 64,
	CHECKSUM_BYTES = 8, /* behind every record */
};

struct segment_head {
	char stream[UUID_TEXT];
	struct position first;
	uint64_t acknowledged; /* as known when it was written; a lower bound */
};

/* An open segment and the place in it where the next extent begins. */
struct segment {
	int fd; /* -1: none is open */
	char *path;
	struct segment_head head;
	uint64_t head_len;
	uint64_t at; /* byte of the file */
	struct position next;
};

#define SEGMENT_NONE ((struct segment){ .fd = -1 })

/* What an extent's header tells. */
struct extent_place {
	uint64_t at; /* byte of the file where the header begins */
	uint64_t lines_len, record_len;
	struct position start, end; /* around its lines */
	uint64_t acknowledged;
	uint64_t synced_len; /* this much of the file was known to be on disk when it was written */
};

enum extent_state {
	EXTENT_NONE, /* the file ends here */
	EXTENT_BAD,  /* there are bytes, but no valid extent (yet) */
	EXTENT_VALID,
};

static inline uint64_t extent_lines_at(const struct extent_place *place)
{
	return place->at + EXTENT_HEAD_BYTES;
}

static inline uint64_t extent_bytes(const struct extent_place *place)
{
	return EXTENT_HEAD_BYTES + place->lines_len + place->record_len + CHECKSUM_BYTES;
}

/* The chain value behind whole lines. A line above LINE_BYTES_MAX is the caller's bug. */
uint64_t chain_lines(uint64_t chain, struct str lines);

/* DIR/NN….segment; the caller frees it. */
char *segment_path(const char *dir, uint64_t first);
/* The first offsets of the segments in `dir`, ascending; other files are ignored. Freed by the
 * caller. */
MUST_CHECK enum err_kind segment_list(const char *dir, uint64_t **ret_firsts, size_t *ret_count,
				      struct err *err);

/* Opens a segment at its first extent and checks its head, which is left in `scratch`. Missing:
 * ERR_RETRY. */
MUST_CHECK enum err_kind segment_open(const char *path, struct segment *ret, struct buf *scratch,
				      struct err *err);
void segment_close(struct segment *segment); /* then it is SEGMENT_NONE */
/* The record in a head that segment_open() left in `scratch`. */
struct str segment_head_record(const struct segment *segment, const struct buf *scratch);

/* Looks at the next extent's header alone: EXTENT_VALID means that the header is whole. */
MUST_CHECK enum err_kind segment_peek(const struct segment *segment, struct extent_place *ret_place,
				      enum extent_state *ret_state, struct err *err);
/* As segment_peek(), and reads the whole extent into `scratch` and checks it. */
MUST_CHECK enum err_kind segment_load(const struct segment *segment, struct buf *scratch,
				      struct extent_place *ret_place, enum extent_state *ret_state,
				      struct err *err);
struct str extent_lines(const struct extent_place *place, const struct buf *scratch);
struct str extent_record(const struct extent_place *place, const struct buf *scratch);
void segment_advance(struct segment *segment, const struct extent_place *place);
/* Whether bytes behind the bad extent at segment->at prove that it had been synced: a later extent
 * says so. Then it is damage, and not what a crash leaves. */
MUST_CHECK enum err_kind segment_was_synced(const struct segment *segment, struct buf *scratch,
					    bool *ret_synced, struct err *err);

/* Makes a buffer ready for lines: room for the header. */
void extent_begin(struct buf *buf);
/* Adds record and checksum behind the lines in `buf` and fills in the header. */
void extent_finish(struct buf *buf, const struct extent_place *place, struct str record);

/* A new segment is written under a temporary name and takes its own by a rename, so that a head is
 * never torn: draft, write to ret->fd, publish (durable). A draft that fails is removed. */
MUST_CHECK enum err_kind segment_draft(const char *dir, const struct segment_head *head,
				       struct str record, struct segment *ret, struct err *err);
MUST_CHECK enum err_kind segment_publish(struct segment *segment, const char *dir, struct err *err);
void segment_abandon(struct segment *segment);
/* Whether a name is that of a draft which a crash left. */
bool segment_is_draft(struct str name);
