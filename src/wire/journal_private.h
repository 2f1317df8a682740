/* What the files of the journal share, and what the server asks of it. */
#pragma once
#include "base/file.h"
#include "wire/journal_state.h"
#include "wire/segment.h"

#include <pthread.h>

enum {
	EXTENT_BYTES = 512 << 10, /* appended extents are written as one up to about this */
	CONSUMER_FILE_MAX = 4096,
};

struct journal {
	char *dir;
	char stream[UUID_TEXT];
	uint64_t segment_bytes, limit_bytes;
	struct file_lock lock;
	int wake_fd; /* an eventfd that becomes readable when the synced end moves */
	bool served;

	/* Under the mutex. The owner's thread moves `synced` and adds segments; the server's thread
	 * acknowledges, claims and removes segments. */
	pthread_mutex_t mutex;
	struct position synced;
	uint64_t acknowledged;
	char lake[UUID_TEXT]; /* "": none yet */
	uint64_t *segments;   /* first offsets, ascending; never empty */
	size_t segment_count, segment_cap;

	/* The owner's thread alone. */
	struct segment current; /* at, next: behind what was written */
	uint64_t synced_len;    /* of the current segment's file */
	struct position appended;
	struct buf pending; /* the extent being gathered: room for its header, then lines */
	struct buf pending_record;
	struct journal_state state;
	struct err failure; /* of a write: nothing more is written */
};

/* Puts a published segment in the place of the current one. */
void journal_adopt_segment(struct journal *journal, struct segment segment);

/* What the journal knows of its certain consumer, as kept in the file DIR/consumer. */
struct consumer {
	char lake[UUID_TEXT];
	uint64_t acknowledged;
	/* The newest segment and its length when the journal was closed in good order, so that the
	 * next opening need not copy it. Length 0: it was not. */
	uint64_t closed_first, closed_len;
};
MUST_CHECK enum err_kind consumer_read(const char *dir, struct consumer *ret, struct err *err);
MUST_CHECK enum err_kind consumer_write(const char *dir, const struct consumer *consumer,
					struct err *err);

/* For the server's thread. Everything below `offset`, a synced place between two lines, is
 * committed: segments wholly below it are removed, except the newest. */
MUST_CHECK enum err_kind journal_acknowledge(struct journal *journal, uint64_t offset,
					     struct err *err);
/* Durably makes `lake` the only lake that may consume; ERR_REJECT when another is. */
MUST_CHECK enum err_kind journal_claim(struct journal *journal, const char *lake, struct err *err);
uint64_t journal_oldest(struct journal *journal);
