/* Inside role/: recorded files as import and replay take them. A file is known by its contents, so it is
 * read twice; what can be read only once (standard input, a pipe) is copied first. */
#pragma once
#include "source/source.h"

struct input_file {
	const char *name; /* for people; borrowed */
	const char *path; /* to be read; borrowed, or `copy` */
	char copy[64];
	int fd; /* of the copy; -1: none */
	char sha256[65];
	uint64_t xxh3, bytes;
};
/* "-" is standard input. A copy is a nameless file in `copy_dir`. Whatever is wrong with the file:
 * ERR_REJECT. */
MUST_CHECK enum err_kind input_file_open(const char *path, const char *copy_dir,
					 struct input_file *ret, struct err *err);
void input_file_close(struct input_file *file);

/* How far a file has been read, as a cursor's value. */
void input_place_write(struct buf *ret, const struct source_place *place);
struct source_place input_place_read(struct str text);

/* A piece of a file that cannot be a line, as one line of JSON. */
void input_piece_write(struct buf *ret, const char *name, uint64_t file_line, const char *reason,
		       struct str bytes);
