/* Reading a journal in place.
 *
 * A reader holds one segment open and stands at the beginning of an extent of it, or inside one.
 * Segments may be removed under it, which the open file outlives, and the newest may be replaced:
 * by a repair, which keeps every byte that ever was served, or by a successor of the same name, if
 * it had no lines. So where a file ends, the reader looks what the directory has now. */
#include "wire/journal_read.h"

#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>

/* How often a segment may vanish between listing and opening before we give up. */
enum { LISTINGS_MAX = 16 };

void extent_reader_init(struct extent_reader *reader, const char *dir)
{
	*reader = (struct extent_reader){ .dir = dir,
					  .segment = SEGMENT_NONE,
					  .trusted_from = UINT64_MAX };
}

void extent_reader_release(struct extent_reader *reader)
{
	segment_close(&reader->segment);
	reader->inside = false;
}

static enum err_kind damaged(const struct segment *segment, struct err *err)
{
	return err_set(err, ERR_FATAL, "%s is damaged at byte %" PRIu64, segment->path,
		       segment->at);
}

/* Opens the segment that begins at `first` in the place of the present one. Missing: ERR_RETRY. */
static enum err_kind open_segment(struct extent_reader *reader, uint64_t first, struct buf *scratch,
				  struct err *err)
{
	struct segment segment;
	char *path = segment_path(reader->dir, first);
	enum err_kind kind = segment_open(path, &segment, scratch, err);
	free(path);
	TRY(kind);
	segment_close(&reader->segment);
	reader->segment = segment;
	return ERR_NONE;
}

static enum err_kind find_segment(const char *dir, uint64_t offset, uint64_t *ret_first,
				  struct err *err)
{
	uint64_t *firsts;
	size_t count, at = 0;
	enum err_kind kind = ERR_NONE;
	TRY(segment_list(dir, &firsts, &count, err));
	while (at + 1 < count && firsts[at + 1] <= offset)
		at++;
	if (count == 0)
		kind = err_set(err, ERR_RETRY, "no journal in %s", dir);
	else if (firsts[at] > offset)
		kind = err_set(err, ERR_RETRY,
			       "offset %" PRIu64 " is below the oldest kept byte %" PRIu64, offset,
			       firsts[at]);
	else
		*ret_first = firsts[at];
	free(firsts);
	return kind;
}

/* Opens the segment that an offset lies in. */
static enum err_kind open_around(struct extent_reader *reader, uint64_t offset, struct buf *scratch,
				 struct err *err)
{
	enum err_kind kind = ERR_RETRY;
	for (int i = 0; i < LISTINGS_MAX && kind == ERR_RETRY; i++) {
		uint64_t first = 0;
		TRY(find_segment(reader->dir, offset, &first, err));
		kind = open_segment(reader, first, scratch, err);
	}
	return kind;
}

/* Goes into the extent before us, which ends behind `offset`. */
static enum err_kind enter_at(struct extent_reader *reader, uint64_t offset, struct buf *scratch,
			      uint64_t *ret_chain, struct err *err)
{
	struct extent_place place;
	enum extent_state state;
	TRY(segment_load(&reader->segment, scratch, &place, &state, err));
	if (state != EXTENT_VALID)
		return damaged(&reader->segment, err);
	struct str before = extent_lines(&place, scratch);
	before.len = offset - place.start.offset;
	if (before.ptr[before.len - 1] != '\n')
		return err_set(err, ERR_REJECT, "offset %" PRIu64 " is not between two lines",
			       offset);
	*ret_chain = chain_lines(place.start.chain, before);
	reader->extent = place;
	reader->inside = true;
	return ERR_NONE;
}

/* Whether our segment's name now belongs to another file. */
static bool is_replaced(const struct segment *segment)
{
	struct stat ours, named;
	return fstat(segment->fd, &ours) == 0 && stat(segment->path, &named) == 0 &&
	       (ours.st_ino != named.st_ino || ours.st_dev != named.st_dev);
}

/* The file ends before `offset`: goes to where it goes on. */
static enum err_kind open_next(struct extent_reader *reader, uint64_t offset, struct buf *scratch,
			       struct err *err)
{
	struct segment *segment = &reader->segment;
	enum err_kind kind = ERR_RETRY;
	if (segment->next.offset > segment->head.first.offset)
		kind = open_segment(reader, segment->next.offset, scratch, err);
	if (kind == ERR_RETRY && is_replaced(segment))
		return open_around(reader, offset, scratch, err);
	if (kind == ERR_RETRY)
		return err_set(err, ERR_REJECT, "offset %" PRIu64 " is beyond the end %" PRIu64,
			       offset, segment->next.offset);
	return kind;
}

enum err_kind extent_reader_seek(struct extent_reader *reader, uint64_t offset, struct buf *scratch,
				 uint64_t *ret_chain, struct err *err)
{
	struct segment *segment = &reader->segment;
	uint64_t chain = 0;
	reader->inside = false;
	if (segment->fd < 0 || segment->next.offset > offset)
		TRY(open_around(reader, offset, scratch, err));
	while (segment->next.offset < offset && !reader->inside) {
		struct extent_place place;
		enum extent_state state;
		TRY(segment_peek(segment, &place, &state, err));
		if (state == EXTENT_BAD)
			return damaged(segment, err);
		if (state == EXTENT_VALID && place.end.offset <= offset) {
			segment_advance(segment, &place);
		} else if (state == EXTENT_VALID) {
			TRY(enter_at(reader, offset, scratch, &chain, err));
		} else {
			TRY(open_next(reader, offset, scratch, err));
		}
	}
	reader->offset = offset;
	*ret_chain = reader->inside ? chain : segment->next.chain;
	return ERR_NONE;
}

static enum err_kind follow_replacement(struct extent_reader *reader, struct buf *scratch,
					struct err *err)
{
	uint64_t known = reader->segment.next.chain, chain;
	segment_close(&reader->segment);
	TRY(extent_reader_seek(reader, reader->offset, scratch, &chain, err));
	if (chain != known)
		return err_set(err, ERR_FATAL, "wrong chain at offset %" PRIu64 " of %s",
			       reader->offset, reader->dir);
	return ERR_NONE;
}

/* The first segment that begins at or behind our place and is not ours; none: UINT64_MAX. */
static enum err_kind find_later(const struct extent_reader *reader, uint64_t *ret_first,
				struct err *err)
{
	uint64_t *firsts, next = reader->segment.next.offset;
	size_t count, at = 0;
	TRY(segment_list(reader->dir, &firsts, &count, err));
	while (at < count && (firsts[at] < next || firsts[at] == reader->segment.head.first.offset))
		at++;
	*ret_first = at < count ? firsts[at] : UINT64_MAX;
	free(firsts);
	return ERR_NONE;
}

/* No valid extent stands where we are in this file. *ret_moved: go on looking, otherwise there is
 * nothing more for now. */
static enum err_kind at_edge(struct extent_reader *reader, enum extent_state state,
			     struct buf *scratch, bool *ret_moved, struct err *err)
{
	struct segment *segment = &reader->segment;
	uint64_t later;
	*ret_moved = true;
	if (state == EXTENT_NONE && segment->next.offset > segment->head.first.offset) {
		enum err_kind kind = open_segment(reader, segment->next.offset, scratch, err);
		if (kind != ERR_RETRY)
			return kind;
	}
	if (is_replaced(segment))
		return follow_replacement(reader, scratch, err);
	TRY(find_later(reader, &later, err));
	if (later == UINT64_MAX) {
		*ret_moved = false;
		return ERR_NONE;
	}
	/* The writer may have gone on between our look at the file and that at the directory. */
	if (state == EXTENT_NONE && later == segment->next.offset)
		return ERR_NONE;
	struct extent_place place;
	TRY(segment_load(segment, scratch, &place, &state, err));
	if (state == EXTENT_VALID)
		return ERR_NONE;
	struct stat st;
	if (state == EXTENT_BAD && stat(segment->path, &st) == 0)
		return damaged(segment, err);
	return err_set(err, ERR_RETRY,
		       "the journal %s no longer has offset %" PRIu64 ", its next byte is %" PRIu64,
		       reader->dir, reader->offset, later);
}

enum err_kind extent_reader_fill(struct extent_reader *reader, uint64_t end, struct buf *scratch,
				 struct err *err)
{
	bool moved = true;
	while (moved && !reader->inside && reader->offset < end) {
		struct extent_place place;
		enum extent_state state;
		assert(reader->segment.next.offset == reader->offset);
		if (reader->offset >= reader->trusted_from)
			TRY(segment_peek(&reader->segment, &place, &state, err));
		else
			TRY(segment_load(&reader->segment, scratch, &place, &state, err));
		if (state != EXTENT_VALID) {
			TRY(at_edge(reader, state, scratch, &moved, err));
		} else if (place.lines_len == 0) {
			segment_advance(&reader->segment, &place);
		} else {
			reader->extent = place;
			reader->inside = true;
		}
	}
	return ERR_NONE;
}

uint64_t extent_reader_file_at(const struct extent_reader *reader)
{
	return extent_lines_at(&reader->extent) + reader->offset - reader->extent.start.offset;
}

uint64_t extent_reader_left(const struct extent_reader *reader)
{
	return reader->inside ? reader->extent.end.offset - reader->offset : 0;
}

void extent_reader_consume(struct extent_reader *reader, uint64_t len)
{
	assert(len <= extent_reader_left(reader));
	reader->offset += len;
	if (extent_reader_left(reader) == 0) {
		segment_advance(&reader->segment, &reader->extent);
		reader->inside = false;
	}
}

struct journal_reader {
	struct extent_reader reader;
	char *dir, *stream;
	struct buf scratch;
};

static enum err_kind check_stream(const struct journal_reader *journal, struct err *err)
{
	const char *found = journal->reader.segment.head.stream;
	if (strcmp(journal->stream, found) == 0)
		return ERR_NONE;
	return err_set(err, ERR_FATAL, "%s holds stream %s, not %s", journal->dir, found,
		       journal->stream);
}

enum err_kind journal_reader_open(const char *dir, const char *stream, struct position from,
				  struct journal_reader **ret_reader, struct err *err)
{
	struct journal_reader *journal = mem_zalloc(1, sizeof *journal);
	uint64_t chain = 0;
	journal->dir = mem_strdup(dir);
	journal->stream = mem_strdup(stream);
	extent_reader_init(&journal->reader, journal->dir);
	enum err_kind kind =
		extent_reader_seek(&journal->reader, from.offset, &journal->scratch, &chain, err);
	if (kind == ERR_REJECT)
		kind = err_set(err, ERR_FATAL, "offset %" PRIu64 " is no place in journal %s",
			       from.offset, dir);
	if (kind == ERR_NONE)
		kind = check_stream(journal, err);
	if (kind == ERR_NONE && chain != from.chain)
		kind = err_set(err, ERR_FATAL, "wrong chain at offset %" PRIu64 " of %s",
			       from.offset, dir);
	if (kind == ERR_NONE)
		*ret_reader = journal;
	else
		journal_reader_close(journal);
	return kind;
}

void journal_reader_close(struct journal_reader *journal)
{
	if (!journal)
		return;
	extent_reader_release(&journal->reader);
	buf_release(&journal->scratch);
	free(journal->stream);
	free(journal->dir);
	free(journal);
}

enum err_kind journal_reader_next(struct journal_reader *journal, struct str *ret_lines,
				  struct position *ret_position, struct err *err)
{
	struct extent_reader *reader = &journal->reader;
	TRY(extent_reader_fill(reader, UINT64_MAX, &journal->scratch, err));
	TRY(check_stream(journal, err));
	struct str lines = STR_NONE;
	struct position position = reader->segment.next;
	if (reader->inside) {
		uint64_t skip = reader->offset - reader->extent.start.offset;
		lines = extent_lines(&reader->extent, &journal->scratch);
		lines = str_make(lines.ptr + skip, lines.len - skip);
		position = reader->extent.end;
		extent_reader_consume(reader, lines.len);
	}
	*ret_lines = lines;
	*ret_position = position;
	return ERR_NONE;
}
