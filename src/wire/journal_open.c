/* Opening a journal, and closing it.
 *
 *     lock ─► consumer file ─► drop drafts and acknowledged segments ─► check all but the newest
 *          ─► take the newest's state, copying its valid extents to a new file ─► ready to append
 *
 * The copy is made because after a failed fdatasync the kernel may call pages clean that never
 * reached the disk: what we read may be what only memory holds. Writing it anew and syncing the new
 * file is the one way to be sure. A journal that was closed in good order has no such pages.
 *
 * Where the newest segment's extents end in bad bytes, they are what a crash left if nothing says
 * that they had been synced. If an extent behind them does, or the consumer file (of a journal that
 * was once closed in good order), or a later segment exists, it is damage. So is an end before what
 * the consumer file says. */
#include "wire/journal_private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static enum err_kind damaged(const struct segment *segment, struct err *err)
{
	return err_set(err, ERR_FATAL, "%s is damaged at byte %" PRIu64, segment->path,
		       segment->at);
}

static enum err_kind remove_drafts(const char *dir, struct err *err)
{
	struct name_list list = { 0 };
	enum err_kind kind = dir_list(dir, &list, err);
	for (size_t i = 0; i < list.count && kind == ERR_NONE; i++) {
		if (!segment_is_draft(str_from(list.names[i])))
			continue;
		char *path = mem_printf("%s/%s", dir, list.names[i]);
		if (unlink(path) != 0)
			kind = err_errno(err, ERR_FATAL, "remove %s", path);
		free(path);
	}
	name_list_release(&list);
	return kind;
}

/* Segments may come back after a power cut, and not all that were removed together: so they are
 * dropped before anyone looks for gaps. */
static enum err_kind drop_acknowledged(struct journal *journal, struct err *err)
{
	size_t keep = 0;
	while (keep + 1 < journal->segment_count &&
	       journal->segments[keep + 1] <= journal->acknowledged)
		keep++;
	for (size_t i = 0; i < keep; i++) {
		char *path = segment_path(journal->dir, journal->segments[i]);
		int result = unlink(path);
		if (result != 0)
			err_errno(err, ERR_FATAL, "remove %s", path);
		free(path);
		if (result != 0)
			return ERR_FATAL;
	}
	journal->segment_count -= keep;
	memmove(journal->segments, journal->segments + keep,
		journal->segment_count * sizeof *journal->segments);
	return ERR_NONE;
}

/* Opens the segment numbered `index`, which has to go on where `end` is. */
static enum err_kind open_following(struct journal *journal, size_t index,
				    const struct position *end, struct segment *ret,
				    struct buf *scratch, struct err *err)
{
	struct segment segment;
	char *path = segment_path(journal->dir, journal->segments[index]);
	enum err_kind kind = segment_open(path, &segment, scratch, err);
	free(path);
	TRY(kind);
	if (segment.head.first.offset != journal->segments[index])
		kind = err_set(err, ERR_FATAL, "%s says it begins at %" PRIu64, segment.path,
			       segment.head.first.offset);
	else if (end && (end->offset != segment.next.offset || end->chain != segment.next.chain))
		kind = err_set(err, ERR_FATAL,
			       "gap before %s: the segment before it ends at %" PRIu64,
			       segment.path, end->offset);
	else if (journal->stream[0] && strcmp(journal->stream, segment.head.stream) != 0)
		kind = err_set(err, ERR_FATAL, "%s is of stream %s, the one before it of %s",
			       segment.path, segment.head.stream, journal->stream);
	if (kind != ERR_NONE) {
		segment_close(&segment);
		return kind;
	}
	memcpy(journal->stream, segment.head.stream, UUID_TEXT);
	*ret = segment;
	return ERR_NONE;
}

/* Reads a segment that has a successor: it must be whole. */
static enum err_kind check_older(struct segment *segment, struct buf *scratch, struct err *err)
{
	for (;;) {
		struct extent_place place;
		enum extent_state state;
		TRY(segment_load(segment, scratch, &place, &state, err));
		if (state == EXTENT_NONE)
			return ERR_NONE;
		if (state == EXTENT_BAD)
			return damaged(segment, err);
		segment_advance(segment, &place);
	}
}

static enum err_kind apply(struct journal *journal, const struct segment *segment,
			   struct str record, struct err *err)
{
	if (journal_state_apply(&journal->state, record))
		return ERR_NONE;
	return err_set(err, ERR_FATAL, "%s: the record at byte %" PRIu64 " makes no sense",
		       segment->path, segment->at);
}

static void at_least(uint64_t *value, uint64_t least)
{
	if (*value < least)
		*value = least;
}

/* Behind the last valid extent. What is acknowledged and lost is check_acknowledged()'s to say. */
static enum err_kind check_end(const struct journal *journal, const struct segment *segment,
			       enum extent_state state, uint64_t synced_len, struct buf *scratch,
			       struct err *err)
{
	bool synced = segment->at < synced_len;
	if (state == EXTENT_NONE && synced && journal->acknowledged <= segment->next.offset)
		return err_set(err, ERR_FATAL,
			       "%s lost its end: byte %" PRIu64 " of at least %" PRIu64,
			       segment->path, segment->at, synced_len);
	if (state == EXTENT_NONE)
		return ERR_NONE;
	if (!synced)
		TRY(segment_was_synced(segment, scratch, &synced, err));
	return synced ? damaged(segment, err) : ERR_NONE;
}

/* Takes the state of the newest segment, whose head `scratch` holds and of which `synced_len` bytes
 * are known to have been on disk. With a draft, its valid extents are copied there as they were
 * checked. */
static enum err_kind replay_newest(struct journal *journal, struct segment *segment,
				   struct segment *draft, uint64_t synced_len, struct buf *scratch,
				   struct err *err)
{
	at_least(&journal->acknowledged, segment->head.acknowledged);
	TRY(apply(journal, segment, segment_head_record(segment, scratch), err));
	for (;;) {
		struct extent_place place;
		enum extent_state state;
		TRY(segment_load(segment, scratch, &place, &state, err));
		if (state != EXTENT_VALID)
			return check_end(journal, segment, state, synced_len, scratch, err);
		TRY(apply(journal, segment, extent_record(&place, scratch), err));
		at_least(&journal->acknowledged, place.acknowledged);
		if (draft) {
			TRY(file_write_all(draft->fd, draft->path, scratch->ptr, scratch->len,
					   err));
			segment_advance(draft, &place);
		}
		segment_advance(segment, &place);
	}
}

/* The newest segment as a journal closed it in good order: nothing to repair, only to go on. */
static enum err_kind take_closed(struct journal *journal, struct segment *newest,
				 uint64_t closed_len, struct buf *scratch, struct err *err)
{
	TRY(replay_newest(journal, newest, NULL, closed_len, scratch, err));
	int fd = open(newest->path, O_RDWR | O_APPEND | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "open %s", newest->path);
	close(newest->fd);
	newest->fd = fd;
	journal_adopt_segment(journal, *newest);
	*newest = SEGMENT_NONE;
	return ERR_NONE;
}

static enum err_kind take_copied(struct journal *journal, struct segment *newest,
				 uint64_t synced_len, struct buf *scratch, struct err *err)
{
	struct segment draft = SEGMENT_NONE;
	TRY(segment_draft(journal->dir, &newest->head, segment_head_record(newest, scratch), &draft,
			  err));
	enum err_kind kind = replay_newest(journal, newest, &draft, synced_len, scratch, err);
	if (kind == ERR_NONE)
		kind = segment_publish(&draft, journal->dir, err);
	if (kind == ERR_NONE)
		journal_adopt_segment(journal, draft);
	else
		segment_abandon(&draft);
	return kind;
}

/* How much of the newest segment was on disk when the journal was last closed in good order; 0: none
 * of it is known to have been. */
static uint64_t closed_len_of(const struct segment *newest, const struct consumer *consumer)
{
	return consumer->closed_first == newest->head.first.offset ? consumer->closed_len : 0;
}

static enum err_kind take_newest(struct journal *journal, struct segment *newest,
				 const struct consumer *consumer, struct buf *scratch,
				 struct err *err)
{
	uint64_t closed_len = closed_len_of(newest, consumer);
	if (closed_len > 0 && (off_t)closed_len == lseek(newest->fd, 0, SEEK_END))
		return take_closed(journal, newest, closed_len, scratch, err);
	return take_copied(journal, newest, closed_len, scratch, err);
}

static enum err_kind take_segments(struct journal *journal, const struct consumer *consumer,
				   struct err *err)
{
	struct buf scratch = { 0 };
	struct segment segment = SEGMENT_NONE;
	struct position end;
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < journal->segment_count && kind == ERR_NONE; i++) {
		kind = open_following(journal, i, i > 0 ? &end : NULL, &segment, &scratch, err);
		if (kind != ERR_NONE)
			break;
		if (i + 1 < journal->segment_count)
			kind = check_older(&segment, &scratch, err);
		else
			kind = take_newest(journal, &segment, consumer, &scratch, err);
		end = segment.next;
		segment_close(&segment);
	}
	buf_release(&scratch);
	return kind;
}

static enum err_kind first_segment(struct journal *journal, const char *stream, struct err *err)
{
	struct segment segment;
	struct segment_head head = { .first = { 0, 0 } };
	if (stream)
		memcpy(journal->stream, stream, UUID_TEXT);
	else
		uuid_new(journal->stream);
	memcpy(head.stream, journal->stream, UUID_TEXT);
	TRY(segment_draft(journal->dir, &head, STR_NONE, &segment, err));
	enum err_kind kind = segment_publish(&segment, journal->dir, err);
	if (kind == ERR_NONE)
		journal_adopt_segment(journal, segment);
	else
		segment_abandon(&segment);
	return kind;
}

/* What is not acknowledged was never removed by us, and what is was here once. */
static enum err_kind check_acknowledged(const struct journal *journal, struct err *err)
{
	uint64_t end = journal->synced.offset;
	if (journal->acknowledged > end) {
		err_set(err, ERR_FATAL,
			"journal %s ends at %" PRIu64 " but %" PRIu64
			" was acknowledged: it lost its end",
			journal->dir, end, journal->acknowledged);
		err_hint(err, "all that is left in it is in the lake; move the directory away");
		return ERR_FATAL;
	}
	if (journal->acknowledged < journal->segments[0])
		return err_set(err, ERR_FATAL,
			       "gap before %s/%020" PRIu64 ".segment: only bytes below %" PRIu64
			       " were acknowledged",
			       journal->dir, journal->segments[0], journal->acknowledged);
	return ERR_NONE;
}

static enum err_kind take_directory(struct journal *journal, const char *stream, struct err *err)
{
	struct consumer consumer;
	TRY(consumer_read(journal->dir, &consumer, err));
	memcpy(journal->lake, consumer.lake, UUID_TEXT);
	journal->acknowledged = consumer.acknowledged;
	TRY(remove_drafts(journal->dir, err));
	TRY(segment_list(journal->dir, &journal->segments, &journal->segment_count, err));
	journal->segment_cap = journal->segment_count;
	TRY(drop_acknowledged(journal, err));
	if (journal->segment_count > 0)
		TRY(take_segments(journal, &consumer, err));
	else if (consumer.acknowledged == 0)
		TRY(first_segment(journal, stream, err));
	journal->appended = journal->synced = journal->current.next;
	return check_acknowledged(journal, err);
}

enum err_kind journal_open(const struct journal_options *options, struct journal **ret_journal,
			   struct err *err)
{
	assert(options->segment_bytes > 0);
	assert(!options->stream_id || uuid_valid(str_from(options->stream_id)));
	TRY(dir_make(options->dir, true, err));
	struct journal *journal = mem_zalloc(1, sizeof *journal);
	journal->dir = mem_strdup(options->dir);
	journal->segment_bytes = options->segment_bytes;
	journal->limit_bytes = options->limit_bytes;
	journal->lock.fd = journal->current.fd = -1;
	journal->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&journal->mutex, NULL);
	journal_state_init(&journal->state, options->window_entries);
	extent_begin(&journal->pending);

	enum err_kind kind = ERR_NONE;
	bool held = false;
	char *lock_path = mem_printf("%s/lock", options->dir);
	if (journal->wake_fd < 0)
		kind = err_errno(err, ERR_FATAL, "eventfd");
	if (kind == ERR_NONE)
		kind = file_lock_take(&journal->lock, lock_path, false, &held, err);
	if (kind == ERR_NONE && !held)
		kind = err_set(err, ERR_RETRY, "journal %s is open in another process",
			       options->dir);
	if (kind == ERR_NONE)
		kind = take_directory(journal, options->stream_id, err);
	if (kind == ERR_NONE) {
		*ret_journal = journal;
	} else {
		journal->failure.kind = ERR_FATAL;
		journal_close(journal);
	}
	free(lock_path);
	return kind;
}

/* What was appended but not synced is given up, as the caller chose. */
static void write_closing(const struct journal *journal)
{
	struct consumer consumer = {
		.acknowledged = journal->acknowledged,
		.closed_first = journal->current.head.first.offset,
		.closed_len = journal->synced_len,
	};
	memcpy(consumer.lake, journal->lake, UUID_TEXT);
	/* Without it the next opening copies the newest segment, and hears some
	 * acknowledgements again: slower, not wrong. */
	struct err ignored;
	if (consumer_write(journal->dir, &consumer, &ignored) != ERR_NONE)
		return;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	assert(!journal->served);
	if (journal->failure.kind == ERR_NONE)
		write_closing(journal);
	segment_close(&journal->current);
	journal_state_release(&journal->state);
	buf_release(&journal->pending);
	buf_release(&journal->pending_record);
	free(journal->segments);
	pthread_mutex_destroy(&journal->mutex);
	if (journal->wake_fd >= 0)
		close(journal->wake_fd);
	file_lock_drop(&journal->lock);
	free(journal->dir);
	free(journal);
}
