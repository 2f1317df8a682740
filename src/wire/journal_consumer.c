/* What the journal keeps about its certain consumer: which lake it is and how far it acknowledged.
 *
 * The lake is written at once. The acknowledged offset is written lazily: with every extent, before
 * segments are removed, and at closing. After a crash it may be older than what was acknowledged,
 * which only makes the consumer acknowledge again. It never is newer, and it is on disk before a
 * segment goes, so opening can tell a removed segment from a lost one. */
#include "wire/journal_private.h"

#include "base/mem.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

static bool parse_line(struct str line, struct consumer *ret)
{
	struct str key, value, second;
	if (!str_split(&line, ' ', &key) || !str_split(&line, ' ', &value))
		return false;
	if (str_equal(key, STR("lake"))) {
		if (!uuid_valid(value))
			return false;
		memcpy(ret->lake, value.ptr, value.len);
		ret->lake[value.len] = '\0';
		return true;
	}
	if (str_equal(key, STR("acknowledged")))
		return str_to_u64(value, &ret->acknowledged);
	return str_equal(key, STR("closed")) && str_split(&line, ' ', &second) &&
	       str_to_u64(value, &ret->closed_first) && str_to_u64(second, &ret->closed_len);
}

enum err_kind consumer_read(const char *dir, struct consumer *ret, struct err *err)
{
	struct buf text = { 0 };
	char *path = mem_printf("%s/consumer", dir);
	struct consumer consumer = { 0 };
	enum err_kind kind = ERR_NONE;
	if (!file_exists(path))
		goto out;
	kind = file_read(path, CONSUMER_FILE_MAX, &text, err);
	if (kind != ERR_NONE)
		goto out;
	struct str rest = buf_str(&text), line;
	while (kind == ERR_NONE && str_split(&rest, '\n', &line))
		if (line.len > 0 && !parse_line(line, &consumer))
			kind = err_set(err, ERR_FATAL, "%s: cannot read \"%.*s\"", path,
				       STR_ARG(line));
out:
	if (kind == ERR_NONE)
		*ret = consumer;
	buf_release(&text);
	free(path);
	return kind;
}

enum err_kind consumer_write(const char *dir, const struct consumer *consumer, struct err *err)
{
	struct buf text = { 0 };
	char *path = mem_printf("%s/consumer", dir);
	if (consumer->lake[0])
		buf_addf(&text, "lake %s\n", consumer->lake);
	buf_addf(&text, "acknowledged %" PRIu64 "\n", consumer->acknowledged);
	if (consumer->closed_len > 0)
		buf_addf(&text, "closed %" PRIu64 " %" PRIu64 "\n", consumer->closed_first,
			 consumer->closed_len);
	enum err_kind kind = file_replace(path, buf_str(&text), err);
	buf_release(&text);
	free(path);
	return kind;
}

static struct consumer consumer_now(const struct journal *journal)
{
	struct consumer consumer = { .acknowledged = journal->acknowledged };
	memcpy(consumer.lake, journal->lake, sizeof consumer.lake);
	return consumer;
}

/* How many segments stand wholly below the acknowledged offset, the newest not counted. */
static size_t removable(const struct journal *journal)
{
	size_t count = 0;
	while (count + 1 < journal->segment_count &&
	       journal->segments[count + 1] <= journal->acknowledged)
		count++;
	return count;
}

static enum err_kind remove_segment(const char *dir, uint64_t first, struct err *err)
{
	char *path = segment_path(dir, first);
	enum err_kind kind = ERR_NONE;
	if (unlink(path) != 0 && errno != ENOENT)
		kind = err_errno(err, ERR_FATAL, "remove %s", path);
	free(path);
	return kind;
}

enum err_kind journal_acknowledge(struct journal *journal, uint64_t offset, struct err *err)
{
	pthread_mutex_lock(&journal->mutex);
	assert(offset <= journal->synced.offset);
	if (offset > journal->acknowledged)
		journal->acknowledged = offset;
	size_t count = removable(journal);
	struct consumer consumer = consumer_now(journal);
	pthread_mutex_unlock(&journal->mutex);
	if (count == 0)
		return ERR_NONE;

	/* Only this thread removes from the front, so it may let go of the mutex while it syncs. */
	TRY(consumer_write(journal->dir, &consumer, err));
	while (count-- > 0) {
		pthread_mutex_lock(&journal->mutex);
		uint64_t first = journal->segments[0];
		journal->segment_count--;
		memmove(journal->segments, journal->segments + 1,
			journal->segment_count * sizeof *journal->segments);
		pthread_mutex_unlock(&journal->mutex);
		TRY(remove_segment(journal->dir, first, err));
	}
	return ERR_NONE;
}

enum err_kind journal_claim(struct journal *journal, const char *lake, struct err *err)
{
	assert(uuid_valid(str_from(lake)));
	pthread_mutex_lock(&journal->mutex);
	struct consumer consumer = consumer_now(journal);
	pthread_mutex_unlock(&journal->mutex);
	if (strcmp(consumer.lake, lake) == 0)
		return ERR_NONE;
	if (consumer.lake[0])
		return err_set(err, ERR_REJECT,
			       "this journal belongs to another lake: %s, not %s "
			       "(aviary journal release sets it free)",
			       consumer.lake, lake);
	memcpy(consumer.lake, lake, UUID_TEXT);
	TRY(consumer_write(journal->dir, &consumer, err));
	pthread_mutex_lock(&journal->mutex);
	memcpy(journal->lake, lake, UUID_TEXT);
	pthread_mutex_unlock(&journal->mutex);
	return ERR_NONE;
}

enum err_kind journal_release_lake(struct journal *journal, struct err *err)
{
	assert(!journal->served);
	struct consumer consumer = consumer_now(journal);
	consumer.lake[0] = '\0';
	TRY(consumer_write(journal->dir, &consumer, err));
	journal->lake[0] = '\0';
	return ERR_NONE;
}

uint64_t journal_oldest(struct journal *journal)
{
	pthread_mutex_lock(&journal->mutex);
	uint64_t oldest = journal->segments[0];
	pthread_mutex_unlock(&journal->mutex);
	return oldest;
}
