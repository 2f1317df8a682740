/* The journal's writing side.
 *
 *     journal_append ──► pending extent ──► segment file ──► fdatasync ──► synced end, wake server
 *                        (memory)           (EXTENT_BYTES or journal_sync)
 *
 * Several appended extents become one on disk, which makes them all or nothing together; that costs
 * nothing, since none of them is promised before journal_sync(). A segment that is full is left
 * before an extent is taken, when everything appended so far is in it: its successor's head then
 * holds exactly the state behind the last line before it. A segment that got cursors but no lines
 * is replaced by its successor, which has its name.
 *
 * After a failed write or sync nothing more is written: what the kernel says about those pages can
 * no longer be trusted, and opening the journal again copies what is valid to a new file. */
#include "wire/journal_private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

const char *journal_stream(const struct journal *journal)
{
	return journal->stream;
}

/* The mutex guards what a const journal only reads. */
static pthread_mutex_t *mutex_of(const struct journal *journal)
{
	return (pthread_mutex_t *)&journal->mutex;
}

struct position journal_end(const struct journal *journal)
{
	pthread_mutex_lock(mutex_of(journal));
	struct position synced = journal->synced;
	pthread_mutex_unlock(mutex_of(journal));
	return synced;
}

uint64_t journal_acknowledged(const struct journal *journal)
{
	pthread_mutex_lock(mutex_of(journal));
	uint64_t acknowledged = journal->acknowledged;
	pthread_mutex_unlock(mutex_of(journal));
	return acknowledged;
}

bool journal_knows(const struct journal *journal, struct window_entry entry)
{
	return journal_state_knows(&journal->state, entry);
}

struct str journal_cursor(const struct journal *journal, struct str name)
{
	return journal_state_get(&journal->state, name);
}

/* Remembers the first failure, for which the caller has to close and open again. */
static enum err_kind fail(struct journal *journal, const struct err *why, struct err *err)
{
	journal->failure = *why;
	journal->failure.kind = ERR_FATAL;
	return err_set(err, ERR_FATAL, "%s", why->msg);
}

static enum err_kind failed_before(const struct journal *journal, struct err *err)
{
	if (journal->failure.kind == ERR_NONE)
		return ERR_NONE;
	return err_set(err, ERR_FATAL, "journal %s failed before: %s", journal->dir,
		       journal->failure.msg);
}

static bool nothing_pending(const struct journal *journal)
{
	return journal->pending.len == EXTENT_HEAD_BYTES && journal->pending_record.len == 0;
}

static uint64_t pending_bytes(const struct journal *journal)
{
	return journal->pending.len + journal->pending_record.len;
}

/* Writes the pending extent, unsynced. */
static enum err_kind write_pending(struct journal *journal, struct err *err)
{
	if (nothing_pending(journal))
		return ERR_NONE;
	struct extent_place place = {
		.at = journal->current.at,
		.lines_len = journal->pending.len - EXTENT_HEAD_BYTES,
		.record_len = journal->pending_record.len,
		.start = journal->current.next,
		.end = journal->appended,
		.acknowledged = journal_acknowledged(journal),
		.synced_len = journal->synced_len,
	};
	extent_finish(&journal->pending, &place, buf_str(&journal->pending_record));
	struct err local;
	if (file_write_all(journal->current.fd, journal->current.path, journal->pending.ptr,
			   journal->pending.len, &local) != ERR_NONE)
		return fail(journal, &local, err);
	segment_advance(&journal->current, &place);
	extent_begin(&journal->pending);
	buf_reset(&journal->pending_record);
	return ERR_NONE;
}

static void wake(const struct journal *journal)
{
	uint64_t one = 1;
	ssize_t put;
	do
		put = write(journal->wake_fd, &one, sizeof one);
	while (put < 0 && errno == EINTR);
}

static enum err_kind sync_current(struct journal *journal, struct err *err)
{
	if (journal->synced_len == journal->current.at)
		return ERR_NONE;
	if (fdatasync(journal->current.fd) != 0) {
		struct err local;
		err_errno(&local, ERR_FATAL, "fdatasync %s", journal->current.path);
		return fail(journal, &local, err);
	}
	journal->synced_len = journal->current.at;
	pthread_mutex_lock(&journal->mutex);
	journal->synced = journal->current.next;
	pthread_mutex_unlock(&journal->mutex);
	wake(journal);
	return ERR_NONE;
}

enum err_kind journal_sync(struct journal *journal, struct err *err)
{
	TRY(failed_before(journal, err));
	TRY(write_pending(journal, err));
	return sync_current(journal, err);
}

void journal_adopt_segment(struct journal *journal, struct segment segment)
{
	segment_close(&journal->current);
	journal->current = segment;
	journal->synced_len = segment.at;
	uint64_t first = segment.head.first.offset;
	pthread_mutex_lock(&journal->mutex);
	if (journal->segment_count == 0 || journal->segments[journal->segment_count - 1] != first) {
		MEM_GROW(journal->segments, journal->segment_cap, journal->segment_count + 1);
		journal->segments[journal->segment_count++] = first;
	}
	pthread_mutex_unlock(&journal->mutex);
}

/* Leaves the current segment, synced, for a new one. */
static enum err_kind next_segment(struct journal *journal, struct err *err)
{
	TRY(journal_sync(journal, err));
	struct buf record = { 0 };
	struct segment segment;
	struct err local;
	struct segment_head head = { .first = journal->appended,
				     .acknowledged = journal_acknowledged(journal) };
	memcpy(head.stream, journal->stream, UUID_TEXT);
	journal_state_write(&record, &journal->state);
	enum err_kind kind = segment_draft(journal->dir, &head, buf_str(&record), &segment, &local);
	if (kind == ERR_NONE) {
		kind = segment_publish(&segment, journal->dir, &local);
		if (kind == ERR_NONE)
			journal_adopt_segment(journal, segment);
		else
			segment_abandon(&segment);
	}
	buf_release(&record);
	return kind == ERR_NONE ? ERR_NONE : fail(journal, &local, err);
}

/* Bytes of the current segment behind its head, with what is pending. */
static uint64_t segment_fill(const struct journal *journal)
{
	uint64_t written = journal->current.at - journal->current.head_len;
	return nothing_pending(journal) ? written : written + pending_bytes(journal);
}

static enum err_kind check_room(const struct journal *journal, const struct extent *extent,
				struct err *err)
{
	uint64_t waiting = journal->appended.offset - journal_acknowledged(journal);
	/* A page that is larger than the limit would otherwise wait for ever. */
	if (extent->lines.len > 0 && waiting > 0 &&
	    waiting + extent->lines.len > journal->limit_bytes)
		return err_set(err, ERR_RETRY,
			       "journal %s is full: %" PRIu64 " bytes wait for their consumer",
			       journal->dir, waiting);
	size_t cursor_bytes = journal->state.cursor_bytes;
	for (size_t i = 0; i < extent->cursor_count; i++)
		cursor_bytes += extent->cursors[i].name.len + extent->cursors[i].value.len;
	if (cursor_bytes > CURSOR_BYTES_MAX)
		return err_set(err, ERR_REJECT, "journal %s: cursors would pass %d bytes",
			       journal->dir, CURSOR_BYTES_MAX);
	return ERR_NONE;
}

static void assert_well_formed(const struct extent *extent)
{
	struct str lines = extent->lines;
	assert(lines.len <= EXTENT_LINES_MAX);
	assert(lines.len == 0 || lines.ptr[lines.len - 1] == '\n');
	for (size_t i = 0; i < extent->cursor_count; i++) {
		const struct cursor_change *change = &extent->cursors[i];
		assert(change->name.len > 0 && change->name.len <= CURSOR_NAME_MAX);
		assert(change->value.len <= CURSOR_VALUE_MAX);
	}
}

enum err_kind journal_append(struct journal *journal, const struct extent *extent, struct err *err)
{
	assert_well_formed(extent);
	TRY(failed_before(journal, err));
	TRY(check_room(journal, extent, err));
	if (segment_fill(journal) >= journal->segment_bytes)
		TRY(next_segment(journal, err));
	if (extent->lines.len > 0) {
		buf_add_str(&journal->pending, extent->lines);
		journal->appended.chain = chain_lines(journal->appended.chain, extent->lines);
		journal->appended.offset += extent->lines.len;
	}
	for (size_t i = 0; i < extent->cursor_count; i++) {
		journal_record_cursor(&journal->pending_record, extent->cursors[i]);
		journal_state_set(&journal->state, extent->cursors[i]);
	}
	journal_record_window(&journal->pending_record, extent->window, extent->window_count);
	for (size_t i = 0; i < extent->window_count; i++)
		journal_state_remember(&journal->state, extent->window[i]);
	if (pending_bytes(journal) >= EXTENT_BYTES)
		return write_pending(journal, err);
	return ERR_NONE;
}
