#include "role/input_file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- cursors ---------------------------------------------------------------------------------------------- */

void input_place_write(struct buf *ret, const struct source_place *place)
{
	buf_addf(ret,
		 "%" PRIu64 " %" PRIu64 " %" PRId64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		 " %" PRIu64,
		 place->byte, place->file_line, place->batch_id, place->pages, place->posts,
		 place->known, place->refused, place->quarantined);
}

struct source_place input_place_read(struct str text)
{
	struct source_place place = { 0 };
	char copy[256];
	snprintf(copy, sizeof copy, "%.*s", STR_ARG(text));
	sscanf(copy,
	       "%" SCNu64 " %" SCNu64 " %" SCNd64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
	       " %" SCNu64,
	       &place.byte, &place.file_line, &place.batch_id, &place.pages, &place.posts,
	       &place.known, &place.refused, &place.quarantined);
	return place;
}

void input_piece_write(struct buf *ret, const char *name, uint64_t file_line, const char *reason,
		       struct str bytes)
{
	buf_add_text(ret, "{\"file\":");
	buf_add_json(ret, str_from(name));
	buf_addf(ret, ",\"file_line\":%" PRIu64 ",\"reason\":", file_line);
	buf_add_json(ret, str_from(reason));
	buf_add_byte(ret, ',');
	buf_add_json_bytes(ret, "line", bytes);
	buf_add_text(ret, "}\n");
}

/* --- files -------------------------------------------------------------------------------------------------- */

static enum err_kind copy_from(struct input_file *file, int from, const char *copy_dir,
			       struct err *err)
{
	file->fd = open(copy_dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (file->fd < 0)
		return err_errno(err, ERR_FATAL, "spool a copy");
	snprintf(file->copy, sizeof file->copy, "/proc/self/fd/%d", file->fd);
	file->path = file->copy;
	char piece[65536];
	ssize_t got;
	while ((got = read(from, piece, sizeof piece)) != 0) {
		if (got < 0 && errno != EINTR)
			return err_errno(err, ERR_FATAL, "read");
		if (got > 0)
			TRY(file_write_all(file->fd, "a copy", piece, (size_t)got, err));
	}
	return ERR_NONE;
}

static enum err_kind make_readable_twice(struct input_file *file, const char *copy_dir,
					 struct err *err)
{
	struct stat st;
	if (strcmp(file->path, "-") == 0)
		return copy_from(file, STDIN_FILENO, copy_dir, err);
	if (stat(file->path, &st) != 0 || S_ISREG(st.st_mode))
		return ERR_NONE;
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_REJECT, "is a directory");
	int from = open(file->path, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return err_errno(err, ERR_REJECT, "open");
	enum err_kind kind = copy_from(file, from, copy_dir, err);
	close(from);
	return kind;
}

/* Archives are often compressed, and nothing in them looks like JSON then. */
static enum err_kind refuse_gzip(const struct input_file *file, struct err *err)
{
	unsigned char magic[2] = { 0 };
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? pread(fd, magic, sizeof magic, 0) : -1;
	if (fd >= 0)
		close(fd);
	if (got == 2 && magic[0] == 0x1f && magic[1] == 0x8b)
		return err_set(err, ERR_REJECT, "is compressed: zcat %s | aviary import -",
			       file->name);
	return ERR_NONE;
}

enum err_kind input_file_open(const char *path, const char *copy_dir, struct input_file *ret,
			      struct err *err)
{
	*ret = (struct input_file){ .name = strcmp(path, "-") == 0 ? "standard input" : path,
				    .path = path,
				    .fd = -1 };
	enum err_kind kind = make_readable_twice(ret, copy_dir, err);
	if (kind == ERR_NONE)
		kind = refuse_gzip(ret, err);
	if (kind == ERR_NONE)
		kind = recorded_file_hash(ret->path, ret->sha256, &ret->xxh3, &ret->bytes, err);
	if (kind == ERR_NONE)
		return ERR_NONE;
	input_file_close(ret);
	return err->kind = ERR_REJECT;
}

void input_file_close(struct input_file *file)
{
	if (file->fd >= 0)
		close(file->fd);
	file->fd = -1;
}
