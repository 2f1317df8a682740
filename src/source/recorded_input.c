#include "source/recorded_input.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { READ_BYTES = 256 << 10 };

enum err_kind recorded_input_open(struct recorded_input *input, const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_errno(err, ERR_REJECT, "%s", path);
	*input = (struct recorded_input){
		.path = path, .fd = fd, .limit = UINT64_MAX, .hash = hash_stream_new(HASH_XXH3)
	};
	return ERR_NONE;
}

void recorded_input_close(struct recorded_input *input)
{
	close(input->fd);
	hash_stream_free(input->hash);
	buf_release(&input->window);
}

/* Moved only when at least half of the window was consumed: each byte is moved once or so, however
 * long the document is that is being collected. */
static void close_gap(struct recorded_input *input)
{
	size_t left = input->window.len - input->start;
	if (input->start < left || input->start == 0)
		return;
	memmove(input->window.ptr, input->window.ptr + input->start, left);
	input->window.len = left;
	input->start = 0;
}

enum err_kind recorded_input_fill(struct recorded_input *input, struct err *err)
{
	close_gap(input);
	buf_reserve(&input->window, READ_BYTES);
	char *to = input->window.ptr + input->window.len;
	uint64_t left = input->limit - input->read;
	size_t want = left < READ_BYTES ? (size_t)left : READ_BYTES;
	ssize_t got;
	do {
		got = read(input->fd, to, want);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return err_errno(err, ERR_REJECT, "%s: byte %llu", input->path,
				 (unsigned long long)input->read + 1);
	hash_stream_add(input->hash, str_make(to, (size_t)got));
	input->window.len += (size_t)got;
	input->read += (uint64_t)got;
	input->ended = got == 0;
	if (input->progress && !input->progress(input->context, input->read))
		return err_set(err, ERR_RETRY, "%s: stopped", input->path);
	return ERR_NONE;
}
