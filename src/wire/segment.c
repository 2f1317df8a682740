/* The segment file.
 *
 *     head     magic 8 | version 8 | stream 36 | 0 4 | first offset 8 | chain there 8
 *              | acknowledged 8 | record length 8 || record || XXH3 of all before
 *     extent   magic 8 | lines length 8 | record length 8 | offset 8 | chain behind the lines 8
 *              | acknowledged 8 | synced length 8 | XXH3 of the header so far 8
 *              || lines || record || XXH3 of all before
 *
 * The header has a checksum of its own so that a reader who only looks for an offset can step from
 * header to header without reading the lines. Both magics begin with a byte that never occurs in
 * UTF-8, so lines cannot be taken for a header. */
#include "wire/segment.h"

#include "base/file.h"
#include "base/mem.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char SEGMENT_MAGIC[8] = "\xff"
				     "segment";
static const char EXTENT_MAGIC[8] = "\xff"
				    "extent\xfe";
static const struct str SUFFIX = { ".segment", 8 };
static const struct str DRAFT_SUFFIX = { ".segment.draft", 14 };
enum { NAME_DIGITS = 20 };

static void put_u64(void *at, uint64_t value)
{
	value = htole64(value);
	memcpy(at, &value, sizeof value);
}

static uint64_t get_u64(const void *at)
{
	uint64_t value;
	memcpy(&value, at, sizeof value);
	return le64toh(value);
}

uint64_t chain_lines(uint64_t chain, struct str lines)
{
	const char *at = lines.ptr, *end = lines.ptr + lines.len;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		assert(newline);
		struct str line = str_make(at, (size_t)(newline + 1 - at));
		assert(line.len <= LINE_BYTES_MAX);
		chain = hash_xxh64(line, chain);
		at += line.len;
	}
	return chain;
}

char *segment_path(const char *dir, uint64_t first)
{
	return mem_printf("%s/%0*" PRIu64 ".segment", dir, NAME_DIGITS, first);
}

static bool name_offset(struct str name, struct str suffix, uint64_t *ret_first)
{
	return name.len == NAME_DIGITS + suffix.len && str_ends(name, suffix) &&
	       str_to_u64(str_make(name.ptr, NAME_DIGITS), ret_first);
}

bool segment_is_draft(struct str name)
{
	uint64_t first;
	return name_offset(name, DRAFT_SUFFIX, &first);
}

enum err_kind segment_list(const char *dir, uint64_t **ret_firsts, size_t *ret_count,
			   struct err *err)
{
	struct name_list list = { 0 };
	enum err_kind kind = dir_list(dir, &list, err);
	if (kind == ERR_NONE) {
		uint64_t *firsts = mem_alloc(list.count * sizeof *firsts);
		size_t count = 0;
		for (size_t i = 0; i < list.count; i++)
			count += name_offset(str_from(list.names[i]), SUFFIX, &firsts[count]);
		*ret_firsts = firsts;
		*ret_count = count;
	}
	name_list_release(&list);
	return kind;
}

static void head_encode(struct buf *buf, const struct segment_head *head, struct str record)
{
	char bytes[SEGMENT_HEAD_BYTES] = { 0 };
	memcpy(bytes, SEGMENT_MAGIC, 8);
	put_u64(bytes + 8, SEGMENT_VERSION);
	memcpy(bytes + 16, head->stream, UUID_TEXT - 1);
	put_u64(bytes + 56, head->first.offset);
	put_u64(bytes + 64, head->first.chain);
	put_u64(bytes + 72, head->acknowledged);
	put_u64(bytes + 80, record.len);
	buf_add(buf, bytes, sizeof bytes);
	buf_add_str(buf, record);
	put_u64(bytes, hash_xxh3(buf_str(buf)));
	buf_add(buf, bytes, CHECKSUM_BYTES);
}

static bool checksum_holds(const struct buf *whole)
{
	size_t len = whole->len - CHECKSUM_BYTES;
	return get_u64(whole->ptr + len) == hash_xxh3(str_make(whole->ptr, len));
}

static enum err_kind head_damaged(const struct segment *segment, struct err *err)
{
	return err_set(err, ERR_FATAL, "%s: the head is damaged", segment->path);
}

static enum err_kind head_read(struct segment *segment, struct buf *scratch, struct err *err)
{
	struct stat st;
	if (fstat(segment->fd, &st) != 0)
		return err_errno(err, ERR_FATAL, "stat %s", segment->path);
	uint64_t size = (uint64_t)st.st_size;
	buf_reset(scratch);
	buf_reserve(scratch, SEGMENT_HEAD_BYTES);
	if (size < SEGMENT_HEAD_BYTES + CHECKSUM_BYTES)
		return head_damaged(segment, err);
	TRY(file_read_at(segment->fd, segment->path, scratch->ptr, SEGMENT_HEAD_BYTES, 0, err));
	uint64_t version = get_u64(scratch->ptr + 8), record_len = get_u64(scratch->ptr + 80);
	if (memcmp(scratch->ptr, SEGMENT_MAGIC, 8) != 0)
		return head_damaged(segment, err);
	if (version != SEGMENT_VERSION)
		return err_set(err, ERR_FATAL, "%s: version %" PRIu64 ", this program knows %d",
			       segment->path, version, SEGMENT_VERSION);
	if (record_len > size - SEGMENT_HEAD_BYTES - CHECKSUM_BYTES)
		return head_damaged(segment, err);
	segment->head_len = SEGMENT_HEAD_BYTES + record_len + CHECKSUM_BYTES;
	buf_reserve(scratch, segment->head_len);
	TRY(file_read_at(segment->fd, segment->path, scratch->ptr, segment->head_len, 0, err));
	scratch->len = segment->head_len;
	if (!checksum_holds(scratch))
		return head_damaged(segment, err);
	memcpy(segment->head.stream, scratch->ptr + 16, UUID_TEXT - 1);
	if (!uuid_valid(str_from(segment->head.stream)))
		return head_damaged(segment, err);
	segment->head.first.offset = get_u64(scratch->ptr + 56);
	segment->head.first.chain = get_u64(scratch->ptr + 64);
	segment->head.acknowledged = get_u64(scratch->ptr + 72);
	return ERR_NONE;
}

enum err_kind segment_open(const char *path, struct segment *ret, struct buf *scratch,
			   struct err *err)
{
	struct segment segment = SEGMENT_NONE;
	/* Readers go where they are told: a FIFO by that name must not make them wait. */
	segment.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (segment.fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_RETRY : ERR_FATAL, "open %s", path);
	segment.path = mem_strdup(path);
	enum err_kind kind = head_read(&segment, scratch, err);
	if (kind != ERR_NONE) {
		segment_close(&segment);
		return kind;
	}
	segment.at = segment.head_len;
	segment.next = segment.head.first;
	*ret = segment;
	return ERR_NONE;
}

void segment_close(struct segment *segment)
{
	if (segment->fd >= 0)
		close(segment->fd);
	free(segment->path);
	*segment = SEGMENT_NONE;
}

struct str segment_head_record(const struct segment *segment, const struct buf *scratch)
{
	return str_make(scratch->ptr + SEGMENT_HEAD_BYTES,
			segment->head_len - SEGMENT_HEAD_BYTES - CHECKSUM_BYTES);
}

static bool header_decode(const char *bytes, struct extent_place *ret)
{
	if (memcmp(bytes, EXTENT_MAGIC, 8) != 0 ||
	    get_u64(bytes + 56) != hash_xxh3(str_make(bytes, 56)))
		return false;
	ret->lines_len = get_u64(bytes + 8);
	ret->record_len = get_u64(bytes + 16);
	ret->start.offset = get_u64(bytes + 24);
	ret->end.offset = ret->start.offset + ret->lines_len;
	ret->end.chain = get_u64(bytes + 32);
	ret->acknowledged = get_u64(bytes + 40);
	ret->synced_len = get_u64(bytes + 48);
	return true;
}

enum err_kind segment_peek(const struct segment *segment, struct extent_place *ret_place,
			   enum extent_state *ret_state, struct err *err)
{
	char bytes[EXTENT_HEAD_BYTES];
	struct extent_place place = { .at = segment->at };
	struct stat st;
	if (fstat(segment->fd, &st) != 0)
		return err_errno(err, ERR_FATAL, "stat %s", segment->path);
	uint64_t size = (uint64_t)st.st_size;
	*ret_state = size <= segment->at ? EXTENT_NONE : EXTENT_BAD;
	if (size < segment->at + EXTENT_HEAD_BYTES + CHECKSUM_BYTES)
		return ERR_NONE;
	TRY(file_read_at(segment->fd, segment->path, bytes, sizeof bytes, segment->at, err));
	uint64_t room = size - segment->at - EXTENT_HEAD_BYTES - CHECKSUM_BYTES;
	if (!header_decode(bytes, &place) || place.lines_len > room ||
	    place.record_len > room - place.lines_len || place.start.offset != segment->next.offset)
		return ERR_NONE;
	place.start.chain = segment->next.chain;
	*ret_place = place;
	*ret_state = EXTENT_VALID;
	return ERR_NONE;
}

enum err_kind segment_load(const struct segment *segment, struct buf *scratch,
			   struct extent_place *ret_place, enum extent_state *ret_state,
			   struct err *err)
{
	TRY(segment_peek(segment, ret_place, ret_state, err));
	if (*ret_state != EXTENT_VALID)
		return ERR_NONE;
	size_t len = extent_bytes(ret_place);
	buf_reset(scratch);
	buf_reserve(scratch, len);
	TRY(file_read_at(segment->fd, segment->path, scratch->ptr, len, segment->at, err));
	scratch->len = len;
	if (!checksum_holds(scratch))
		*ret_state = EXTENT_BAD;
	return ERR_NONE;
}

struct str extent_lines(const struct extent_place *place, const struct buf *scratch)
{
	return str_make(scratch->ptr + EXTENT_HEAD_BYTES, place->lines_len);
}

struct str extent_record(const struct extent_place *place, const struct buf *scratch)
{
	return str_make(scratch->ptr + EXTENT_HEAD_BYTES + place->lines_len, place->record_len);
}

void segment_advance(struct segment *segment, const struct extent_place *place)
{
	segment->at = place->at + extent_bytes(place);
	segment->next = place->end;
}

enum err_kind segment_was_synced(const struct segment *segment, struct buf *scratch,
				 bool *ret_synced, struct err *err)
{
	struct stat st;
	if (fstat(segment->fd, &st) != 0)
		return err_errno(err, ERR_FATAL, "stat %s", segment->path);
	size_t len = (size_t)((uint64_t)st.st_size - segment->at);
	buf_reset(scratch);
	buf_reserve(scratch, len);
	TRY(file_read_at(segment->fd, segment->path, scratch->ptr, len, segment->at, err));
	bool synced = false;
	const char *at = scratch->ptr, *end = scratch->ptr + len;
	while (!synced && (at = memmem(at, (size_t)(end - at), EXTENT_MAGIC, 8))) {
		struct extent_place place;
		synced = end - at >= EXTENT_HEAD_BYTES && header_decode(at, &place) &&
			 place.synced_len > segment->at;
		at++;
	}
	*ret_synced = synced;
	return ERR_NONE;
}

void extent_begin(struct buf *buf)
{
	char room[EXTENT_HEAD_BYTES] = { 0 };
	buf_reset(buf);
	buf_add(buf, room, sizeof room);
}

void extent_finish(struct buf *buf, const struct extent_place *place, struct str record)
{
	char *head = buf->ptr;
	char checksum[CHECKSUM_BYTES];
	memcpy(head, EXTENT_MAGIC, 8);
	put_u64(head + 8, buf->len - EXTENT_HEAD_BYTES);
	put_u64(head + 16, record.len);
	put_u64(head + 24, place->start.offset);
	put_u64(head + 32, place->end.chain);
	put_u64(head + 40, place->acknowledged);
	put_u64(head + 48, place->synced_len);
	put_u64(head + 56, hash_xxh3(str_make(head, 56)));
	buf_add_str(buf, record);
	put_u64(checksum, hash_xxh3(buf_str(buf)));
	buf_add(buf, checksum, sizeof checksum);
}

enum err_kind segment_draft(const char *dir, const struct segment_head *head, struct str record,
			    struct segment *ret, struct err *err)
{
	struct segment segment = SEGMENT_NONE;
	struct buf bytes = { 0 };
	segment.path = mem_printf("%s/%0*" PRIu64 "%s", dir, NAME_DIGITS, head->first.offset,
				  DRAFT_SUFFIX.ptr);
	enum err_kind kind = ERR_NONE;
	segment.fd = open(segment.path, O_RDWR | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (segment.fd < 0) {
		kind = err_errno(err, ERR_FATAL, "create %s", segment.path);
		goto out;
	}
	head_encode(&bytes, head, record);
	kind = file_write_all(segment.fd, segment.path, bytes.ptr, bytes.len, err);
	segment.head = *head;
	segment.head_len = segment.at = bytes.len;
	segment.next = head->first;
out:
	buf_release(&bytes);
	if (kind == ERR_NONE)
		*ret = segment;
	else
		segment_abandon(&segment);
	return kind;
}

enum err_kind segment_publish(struct segment *segment, const char *dir, struct err *err)
{
	TRY(file_sync(segment->fd, segment->path, err));
	char *path = segment_path(dir, segment->head.first.offset);
	if (rename(segment->path, path) != 0) {
		err_errno(err, ERR_FATAL, "rename %s to %s", segment->path, path);
		free(path);
		return ERR_FATAL;
	}
	free(segment->path);
	segment->path = path;
	return dir_sync(dir, err);
}

void segment_abandon(struct segment *segment)
{
	if (segment->fd >= 0)
		unlink(segment->path);
	segment_close(segment);
}
