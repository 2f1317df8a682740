/* What the tests of this room share: lines that can be told apart, and journals that hold them. */
#pragma once
#include "base/test.h"

#include "base/mem.h"
#include "wire/journal_private.h"

#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEST_STREAM "0b1e6f52-8b0c-4a37-9c5e-2f1d3a4b5c6d"
#define TEST_LAKE "7c9e6679-7425-40de-944b-e07fc1f90ae7"
#define OTHER_UUID "3f2504e0-4f89-41d3-9a0c-0305e82c3301"

/* Adds the lines numbered [from, from + count): of different lengths, all different. */
static inline void add_lines(struct buf *buf, uint64_t from, uint64_t count)
{
	for (uint64_t i = from; i < from + count; i++)
		buf_addf(buf, "{\"id\":\"%" PRIu64 "\",\"text\":\"%0*d\"}\n", i,
			 (int)(i * 37 % 211) + 1, 7);
}

static inline struct journal_options options_for(const char *dir)
{
	return (struct journal_options){
		.dir = dir,
		.segment_bytes = 64 << 20,
		.limit_bytes = UINT64_MAX,
		.window_entries = 16,
		.stream_id = TEST_STREAM,
	};
}

static inline struct journal *open_with(const struct journal_options *options)
{
	struct journal *journal = NULL;
	struct err err;
	assert_ok(journal_open(options, &journal, &err), err);
	return journal;
}

static inline struct journal *open_in(const char *dir)
{
	struct journal_options options = options_for(dir);
	return open_with(&options);
}

/* One extent with these lines, and the cursor "next" behind them. */
static inline void append_lines(struct journal *journal, uint64_t from, uint64_t count)
{
	struct buf lines = { 0 };
	char *next = mem_printf("%" PRIu64, from + count);
	struct cursor_change cursor = { .name = STR("next"), .value = str_from(next) };
	struct extent extent = { .cursors = &cursor, .cursor_count = 1 };
	struct err err;
	add_lines(&lines, from, count);
	extent.lines = buf_str(&lines);
	assert_ok(journal_append(journal, &extent, &err), err);
	buf_release(&lines);
	free(next);
}

static inline void sync_lines(struct journal *journal, uint64_t from, uint64_t count)
{
	struct err err;
	append_lines(journal, from, count);
	assert_ok(journal_sync(journal, &err), err);
}

/* Lets go of a journal as a kill would: nothing more is written. */
static inline void crash(struct journal *journal)
{
	journal->failure.kind = ERR_FATAL;
	journal_close(journal);
}

/* All that is readable in place from the oldest kept byte on. */
static inline void read_all(const char *dir, struct buf *ret)
{
	uint64_t *firsts;
	size_t count;
	struct err err;
	struct segment segment;
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	assert_true(count > 0);
	char *path = segment_path(dir, firsts[0]);
	assert_ok(segment_open(path, &segment, ret, &err), err);
	struct journal_reader *reader;
	assert_ok(journal_reader_open(dir, segment.head.stream, segment.head.first, &reader, &err),
		  err);
	segment_close(&segment);
	buf_reset(ret);
	struct str lines;
	struct position position;
	do {
		assert_ok(journal_reader_next(reader, &lines, &position, &err), err);
		buf_add_str(ret, lines);
	} while (lines.len > 0);
	journal_reader_close(reader);
	free(path);
	free(firsts);
}

static inline void assert_bytes(const struct buf *actual, const struct buf *expected)
{
	assert_int_equal(actual->len, expected->len);
	if (expected->len > 0)
		assert_memory_equal(actual->ptr, expected->ptr, expected->len);
}

static inline void assert_holds_lines(const char *dir, uint64_t from, uint64_t count)
{
	struct buf actual = { 0 }, expected = { 0 };
	read_all(dir, &actual);
	add_lines(&expected, from, count);
	assert_bytes(&actual, &expected);
	buf_release(&actual);
	buf_release(&expected);
}

static inline size_t segment_count(const char *dir)
{
	uint64_t *firsts;
	size_t count;
	struct err err;
	assert_ok(segment_list(dir, &firsts, &count, &err), err);
	free(firsts);
	return count;
}

static inline void read_file(const char *path, struct buf *ret)
{
	struct err err;
	assert_ok(file_read(path, SIZE_MAX, ret, &err), err);
}

/* In place of what was there, under a new inode, as fast as can be. */
static inline void write_file(const char *path, struct str bytes)
{
	struct err err;
	unlink(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	assert_true(fd >= 0);
	assert_ok(file_write_all(fd, path, bytes.ptr, bytes.len, &err), err);
	close(fd);
}

static inline char *first_segment(const char *dir)
{
	return segment_path(dir, 0);
}

static inline ino_t inode_of(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static inline void assert_cursor(const struct journal *journal, uint64_t next)
{
	char *text = mem_printf("%" PRIu64, next);
	assert_str(journal_cursor(journal, STR("next")), text);
	free(text);
}

/* A journal of small segments that holds lines [0, count), one extent each. */ static inline void
many_segments(const char *dir, uint64_t count)
{
	struct journal_options options = options_for(dir);
	options.segment_bytes = 600;
	struct journal *journal = open_with(&options);
	for (uint64_t i = 0; i < count; i++)
		sync_lines(journal, i, 1);
	journal_close(journal);
	assert_true(segment_count(dir) > 4);
}

enum { TEST_HELLO_TIMEOUT_MS = 100, TEST_CLIENTS_MAX = 4, PATIENCE_MS = 20000 };

static inline struct wire_server *serve(struct journal *journal)
{
	struct wire_server_options options = {
		.host = "127.0.0.1",
		.hello_timeout_ms = TEST_HELLO_TIMEOUT_MS,
		.clients_max = TEST_CLIENTS_MAX,
	};
	struct wire_server *server;
	struct err err;
	assert_ok(wire_server_start(journal, &options, &server, &err), err);
	return server;
}

static inline void stop(struct wire_server *server)
{
	struct err err;
	assert_ok(wire_server_stop(server, &err), err);
}

/* A bare connection, for peers that do as they please. */
static inline int connect_bare(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static inline void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

static inline bool readable(int fd, int timeout_ms)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	return poll(&poller, 1, timeout_ms) > 0;
}

/* Adds what comes until there are `len` bytes; false when the peer closes first. */
static inline bool hear(int fd, struct buf *buf, size_t len)
{
	while (buf->len < len) {
		assert_true(readable(fd, PATIENCE_MS));
		size_t want = len - buf->len < 65536 ? len - buf->len : 65536;
		buf_reserve(buf, want);
		ssize_t got = recv(fd, buf->ptr + buf->len, want, 0);
		if (got <= 0)
			return false;
		buf->len += (size_t)got;
	}
	return true;
}

/* One line, without its '\n'. */
static inline bool hear_line(int fd, struct buf *buf)
{
	buf_reset(buf);
	while (hear(fd, buf, buf->len + 1)) {
		if (buf->ptr[buf->len - 1] != '\n')
			continue;
		buf->len--;
		return true;
	}
	return false;
}

static inline bool is_closed(int fd)
{
	struct buf ignored = { 0 };
	bool open = hear(fd, &ignored, SIZE_MAX / 4);
	buf_release(&ignored);
	return !open;
}

static inline void wait_for_acknowledged(const struct journal *journal, uint64_t offset)
{
	for (int i = 0; i < PATIENCE_MS && journal_acknowledged(journal) < offset; i++)
		poll(NULL, 0, 1);
	assert_int_equal(journal_acknowledged(journal), offset);
}
