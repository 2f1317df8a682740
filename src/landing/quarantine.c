#include "landing/quarantine.h"

#include "post/post.h"

#include <fcntl.h>
#include <unistd.h>

static void add_entry(struct buf *buf, const char *stream, const struct line *line,
		      const char *reason)
{
	buf_addf(buf, "{\"stream\":\"%s\",\"offset\":%llu,\"reason\":", stream,
		 (unsigned long long)line->offset);
	buf_add_json(buf, str_from(reason));
	buf_add_text(buf, ",");
	buf_add_json_bytes(buf, "line", line->text);
	buf_add_text(buf, "}\n");
}

struct writing {
	const char *stream;
	bool requests;
	const char *path;
	int fd;
};

/* Why the line was refused, by reading it once more. */
static enum err_kind find_reason(struct post_reader *posts, struct request_reader *requests,
				 struct str line, struct err *ret)
{
	struct post_key key;
	int64_t time_us;
	return requests ? request_reader_time(requests, line, &time_us, ret) :
			  post_reader_key(posts, line, &key, ret);
}

static enum err_kind write_entries(const struct spool *spool, const struct bucket *bucket,
				   const struct writing *writing, struct err *err)
{
	static const struct column_lender none;
	struct post_reader *posts = post_reader_new(writing->stream, &none);
	struct request_reader *requests =
		writing->requests ? request_reader_new(writing->stream, &none) : NULL;
	struct spool_group group = { 0 };
	struct buf entry = { 0 };
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < spool_extents(bucket) && kind == ERR_NONE; i++) {
		kind = spool_read(spool, bucket, i, &group, err);
		for (size_t line = 0; line < group.count && kind == ERR_NONE; line++) {
			struct err why = { 0 };
			if (find_reason(posts, requests, group.lines[line].text, &why) == ERR_NONE)
				err_set(&why, ERR_REJECT, "unknown");
			buf_reset(&entry);
			add_entry(&entry, writing->stream, &group.lines[line], why.msg);
			kind = file_write_all(writing->fd, writing->path, entry.ptr, entry.len,
					      err);
		}
	}
	buf_release(&entry);
	spool_group_release(&group);
	post_reader_free(posts);
	request_reader_free(requests);
	return kind;
}

enum err_kind quarantine_write(const struct spool *spool, const struct bucket *bucket,
			       const char *stream, bool requests, const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return err_errno(err, ERR_FATAL, "create %s", path);
	struct writing writing = {
		.stream = stream,
		.requests = requests,
		.path = path,
		.fd = fd,
	};
	enum err_kind kind = write_entries(spool, bucket, &writing, err);
	if (close(fd) != 0 && kind == ERR_NONE)
		kind = err_errno(err, ERR_FATAL, "close %s", path);
	return kind;
}
