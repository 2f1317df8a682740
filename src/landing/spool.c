#include "landing/spool.h"

#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXTENT_BYTES = 128 << 10 };

/* Before each line in an extent. */
struct record_head {
	uint64_t offset;
	uint64_t len;
};

static enum err_kind open_scratch(const char *dir, struct spool *spool, struct err *err)
{
	spool->path = mem_printf("%s/spool.XXXXXX", dir);
	spool->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (spool->fd >= 0)
		return ERR_NONE;
	spool->fd = mkostemp(spool->path, O_CLOEXEC);
	if (spool->fd < 0)
		return err_errno(err, ERR_FATAL, "create %s", spool->path);
	unlink(spool->path);
	return ERR_NONE;
}

enum err_kind spool_open(const char *dir, size_t memory_max, struct spool *ret, struct err *err)
{
	struct spool spool = { .fd = -1,
			       .open_bytes_max = memory_max,
			       .held_bytes_max = memory_max };
	enum err_kind kind = open_scratch(dir, &spool, err);
	if (kind != ERR_NONE) {
		spool_release(&spool);
		return kind;
	}
	*ret = spool;
	return ERR_NONE;
}

static void free_buckets(struct spool *spool)
{
	for (size_t i = 0; i < spool->count; i++) {
		struct bucket *bucket = spool->buckets[i];
		hash_stream_free(bucket->hash);
		for (size_t extent = 0; extent < bucket->extent_count; extent++)
			free(bucket->extents[extent].held);
		free(bucket->extents);
		buf_release(&bucket->open);
		free(bucket);
	}
	free(spool->buckets);
	free(spool->slots);
	spool->buckets = NULL;
	spool->slots = NULL;
	spool->count = spool->cap = spool->slot_count = 0;
	spool->open_bytes = spool->held_bytes = 0;
}

void spool_release(struct spool *spool)
{
	free_buckets(spool);
	if (spool->fd >= 0)
		close(spool->fd);
	spool->fd = -1;
	free(spool->path);
	spool->path = NULL;
}

enum err_kind spool_reset(struct spool *spool, struct err *err)
{
	free_buckets(spool);
	spool->end = 0;
	if (ftruncate(spool->fd, 0) != 0)
		return err_errno(err, ERR_FATAL, "truncate %s", spool->path);
	return ERR_NONE;
}

static size_t slot_of(const struct spool *spool, int64_t hour)
{
	size_t at = (size_t)((uint64_t)hour * UINT64_C(0x9e3779b97f4a7c15) >> 20);
	while (spool->slots[at & (spool->slot_count - 1)]) {
		size_t index = spool->slots[at & (spool->slot_count - 1)] - 1;
		if (spool->buckets[index]->hour == hour)
			break;
		at++;
	}
	return at & (spool->slot_count - 1);
}

static void grow_slots(struct spool *spool)
{
	spool->slot_count = spool->slot_count ? spool->slot_count * 2 : 64;
	free(spool->slots);
	spool->slots = mem_zalloc(spool->slot_count, sizeof *spool->slots);
	for (size_t i = 0; i < spool->count; i++)
		spool->slots[slot_of(spool, spool->buckets[i]->hour)] = i + 1;
}

struct bucket *spool_bucket(struct spool *spool, int64_t hour)
{
	if ((spool->count + 1) * 2 > spool->slot_count)
		grow_slots(spool);
	size_t slot = slot_of(spool, hour);
	if (spool->slots[slot])
		return spool->buckets[spool->slots[slot] - 1];
	struct bucket *bucket = mem_zalloc(1, sizeof *bucket);
	bucket->hour = hour;
	bucket->hash = hash_stream_new(HASH_XXH64);
	MEM_GROW(spool->buckets, spool->cap, spool->count + 1);
	spool->buckets[spool->count++] = bucket;
	spool->slots[slot] = spool->count;
	return bucket;
}

static enum err_kind write_at(const struct spool *spool, const char *bytes, size_t len, uint64_t at,
			      struct err *err)
{
	while (len > 0) {
		ssize_t put = pwrite(spool->fd, bytes, len, (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(err, ERR_FATAL, "write %s", spool->path);
		bytes += put;
		len -= (size_t)put;
		at += (uint64_t)put;
	}
	return ERR_NONE;
}

/* The open records become an extent. */
static enum err_kind end_extent(struct spool *spool, struct bucket *bucket, struct err *err)
{
	struct buf *open = &bucket->open;
	struct spool_extent extent = { .at = spool->end, .len = open->len };
	if (spool->held_bytes + open->cap <= spool->held_bytes_max) {
		spool->held_bytes += open->cap;
		spool->open_bytes -= open->cap;
		extent.held = buf_detach(open);
	} else {
		TRY(write_at(spool, open->ptr, open->len, spool->end, err));
		spool->end += open->len;
		buf_reset(open);
	}
	MEM_GROW(bucket->extents, bucket->extent_cap, bucket->extent_count + 1);
	bucket->extents[bucket->extent_count++] = extent;
	return ERR_NONE;
}

/* Many hours with a little each: all of it becomes extents, and its memory is given back. */
static enum err_kind end_all_open(struct spool *spool, struct err *err)
{
	for (size_t i = 0; i < spool->count; i++) {
		struct bucket *bucket = spool->buckets[i];
		if (bucket->open.len > 0)
			TRY(end_extent(spool, bucket, err));
		buf_release(&bucket->open);
	}
	spool->open_bytes = 0;
	return ERR_NONE;
}

enum err_kind spool_add(struct spool *spool, struct bucket *bucket, const struct line *line,
			struct err *err)
{
	struct record_head head = { .offset = line->offset, .len = line->text.len };
	struct buf *open = &bucket->open;
	if (open->len > 0 && open->len + sizeof head + line->text.len > EXTENT_BYTES)
		TRY(end_extent(spool, bucket, err));
	size_t before = open->len, cap = open->cap;
	buf_add(open, &head, sizeof head);
	buf_add_str(open, line->text);
	buf_add_byte(open, '\n');
	struct str with_end = str_make(open->ptr + before + sizeof head, line->text.len + 1);
	hash_stream_add(bucket->hash, with_end);
	bucket->lines++;
	bucket->bytes += with_end.len;
	spool->open_bytes += open->cap - cap;
	if (spool->open_bytes > spool->open_bytes_max)
		return end_all_open(spool, err);
	return ERR_NONE;
}

size_t spool_extents(const struct bucket *bucket)
{
	return bucket->extent_count + (bucket->open.len > 0);
}

static void part_lines(struct spool_group *group, const char *bytes, size_t len)
{
	group->count = 0;
	for (size_t at = 0; at < len;) {
		struct record_head head;
		memcpy(&head, bytes + at, sizeof head);
		at += sizeof head;
		MEM_GROW(group->lines, group->line_cap, group->count + 1);
		group->lines[group->count++] =
			(struct line){ .text = str_make(bytes + at, head.len),
				       .offset = head.offset };
		at += head.len + 1;
	}
}

enum err_kind spool_read(const struct spool *spool, const struct bucket *bucket, size_t extent,
			 struct spool_group *group, struct err *err)
{
	if (extent == bucket->extent_count) {
		part_lines(group, bucket->open.ptr, bucket->open.len);
		return ERR_NONE;
	}
	const struct spool_extent *where = &bucket->extents[extent];
	if (where->held) {
		part_lines(group, where->held, where->len);
		return ERR_NONE;
	}
	if (group->cap < where->len) {
		free(group->bytes);
		group->bytes = mem_alloc(where->len);
		group->cap = where->len;
	}
	TRY(file_read_at(spool->fd, spool->path, group->bytes, where->len, where->at, err));
	part_lines(group, group->bytes, where->len);
	return ERR_NONE;
}

void spool_group_release(struct spool_group *group)
{
	free(group->bytes);
	free(group->lines);
	*group = (struct spool_group){ 0 };
}
