#include "landing/quarantine.h"

#include "post/post.h"

#include <fcntl.h>
#include <unistd.h>

/* Whether the bytes are UTF-8 of RFC 3629: shortest forms, no surrogates, up to U+10FFFF. */
static bool is_utf8(struct str text)
{
	const unsigned char *at = (const unsigned char *)text.ptr, *end = at + text.len;
	while (at < end) {
		unsigned char c = *at++;
		int more = c < 0x80 ? 0 :
			   c < 0xc2 ? -1 :
			   c < 0xe0 ? 1 :
			   c < 0xf0 ? 2 :
			   c < 0xf5 ? 3 :
				      -1;
		if (more < 0 || end - at < more)
			return false;
		if (more > 0) {
			unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
			unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
			if (*at < low || *at > high)
				return false;
		}
		for (int i = 0; i < more; i++) {
			if ((at[i] & 0xc0) != 0x80)
				return false;
		}
		at += more;
	}
	return true;
}

static void add_entry(struct buf *buf, const char *stream, const struct line *line,
		      const char *reason)
{
	buf_addf(buf, "{\"stream\":\"%s\",\"offset\":%llu,\"reason\":", stream,
		 (unsigned long long)line->offset);
	buf_add_json(buf, str_from(reason));
	if (is_utf8(line->text)) {
		buf_add_text(buf, ",\"line\":");
		buf_add_json(buf, line->text);
	} else {
		buf_add_text(buf, ",\"line_hex\":\"");
		for (size_t i = 0; i < line->text.len; i++)
			buf_addf(buf, "%02x", (unsigned char)line->text.ptr[i]);
		buf_add_byte(buf, '"');
	}
	buf_add_text(buf, "}\n");
}

static enum err_kind write_entries(const struct spool *spool, const struct bucket *bucket,
				   const char *stream, int fd, const char *path, struct err *err)
{
	static const struct column_lender none;
	struct post_reader *reader = post_reader_new(stream, &none);
	struct spool_group group = { 0 };
	struct buf entry = { 0 };
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < spool_extents(bucket) && kind == ERR_NONE; i++) {
		kind = spool_read(spool, bucket, i, &group, err);
		for (size_t line = 0; line < group.count && kind == ERR_NONE; line++) {
			struct post_key key;
			struct err why = { 0 };
			if (post_reader_key(reader, group.lines[line].text, &key, &why) == ERR_NONE)
				err_set(&why, ERR_REJECT, "unknown");
			buf_reset(&entry);
			add_entry(&entry, stream, &group.lines[line], why.msg);
			kind = file_write_all(fd, path, entry.ptr, entry.len, err);
		}
	}
	buf_release(&entry);
	spool_group_release(&group);
	post_reader_free(reader);
	return kind;
}

enum err_kind quarantine_write(const struct spool *spool, const struct bucket *bucket,
			       const char *stream, const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "create %s", path);
	enum err_kind kind = write_entries(spool, bucket, stream, fd, path, err);
	if (close(fd) != 0 && kind == ERR_NONE)
		kind = err_errno(err, ERR_FATAL, "close %s", path);
	return kind;
}
