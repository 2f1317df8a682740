/* Inside live/: the lines of one stream that are journalled and perhaps not published, in memory.
 *
 *     [ chunk: 1 MiB of lines, as they came ][ chunk ][ chunk … being filled
 *       └ where each begins, the time that decides its hour, what is known of it
 *
 * A chunk never moves and what is in it never changes, so that whoever holds a moment of the tail reads
 * on while it grows. Chunks go when nobody holds them. */
#pragma once
#include "engine/engine.h"
#include "post/post.h"
#include "wire/wire.h"

#include <stdatomic.h>
#include <stdbool.h>

struct tail_chunk {
	atomic_size_t holders;
	char stream[UUID_TEXT];
	uint64_t offset; /* of its first line */
	char *bytes;
	size_t len, cap;
	uint32_t *starts; /* count + 1 */
	int64_t *times_us;
	_Atomic uint8_t *states;
	size_t count;
};
void tail_chunk_hold(struct tail_chunk *chunk);
void tail_chunk_drop(struct tail_chunk *chunk); /* the last one frees it */

struct tail {
	char stream[UUID_TEXT];
	struct tail_chunk **chunks;
	size_t count, cap;
	uint64_t from;        /* lines below this offset do not count: they are published */
	struct position next; /* behind the newest line */
	struct post_reader *reader;
	uint64_t bytes; /* memory that the chunks' lines take */
};

void tail_init(struct tail *tail, const char *stream, struct position from);
void tail_release(struct tail *tail);
/* Forgets every line; the next one is expected at `from`. */
void tail_restart(struct tail *tail, struct position from);

/* Takes whole lines that begin at `offset`, which is not behind `next`; those that it has are skipped.
 * `each` hears of the others. With `check` each is parsed, to know whether it is a post. */
struct tail_lines {
	struct str lines;
	uint64_t offset;
	struct position end;
	bool check;
	void (*each)(void *context, const char *stream, struct str line, uint64_t offset);
	void *context;
};
void tail_add(struct tail *tail, const struct tail_lines *lines);

/* Lines below `committed` are published. False: it is no place between two lines that are here. */
bool tail_publish(struct tail *tail, uint64_t committed);

/* Forgets the first chunks; somebody else has their lines. */
void tail_forget(struct tail *tail, size_t chunks);

/* Which lines of a chunk count; `first` to `end`. */
struct tail_part {
	struct tail_chunk *chunk;
	size_t first, end;
};
struct tail_part tail_part(const struct tail *tail, size_t chunk);
uint64_t tail_line_count(const struct tail *tail); /* without those known to be none */
