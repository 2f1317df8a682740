/* Reads a recorded file piece by piece. What a piece is depends on the file's mode
 * (document_scan.h):
 *
 *     FILE_LINES       each line        {"data":[…],…}\n{"data":[…],…}\n{"id":"1",…,"batch_id":7}\n
 *     FILE_DOCUMENTS   each document    {\n  "data": […],\n  …\n}\n{\n  …\n}\n
 *
 *     piece ──► wire line ──► group ──► take()        byte for byte, and never held to be known:
 *           │                                         its page stands on the page's first line,
 *           │                                         which means nothing without the others
 *           ├─► page ──► page_join() ──► take()
 *           ├─► other JSON ──► refuse()
 *           └─► broken ──► on one line: group ──► take();  else quarantine()
 *
 * The window of recorded_input.h is moved only when it is filled, so lines of a group point into it
 * and the group is taken before, or with the first piece that does not belong into it. `place` is
 * always the place behind the last piece, the group has a place of its own. */
#include "source/source.h"

#include "base/mem.h"
#include "post/post.h"
#include "source/document_scan.h"
#include "source/recorded_input.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { GROUP_LINES_MAX = 512 };

struct reader {
	const struct recorded_file_options *options;
	const struct source_sink *sink;
	struct recorded_input input;
	struct source_place place;
	uint64_t taken_byte; /* of the place the sink has */
	struct source_line group[GROUP_LINES_MAX];
	size_t group_count;
	struct source_place group_place; /* behind its last line */
	struct page_joiner *joiner;
	struct json_doc doc;
	struct buf line;   /* one that had no '\n', or stood on several */
	struct buf excess; /* the beginning of a piece that is too long */
};

/* --- giving away ------------------------------------------------------------------------------ */

static enum err_kind take_at(struct reader *reader, const struct source_line *lines, size_t count,
			     const struct source_place *place, struct err *err)
{
	TRY(reader->sink->take(reader->sink->context, lines, count, place, err));
	reader->taken_byte = place->byte;
	return ERR_NONE;
}

static enum err_kind take(struct reader *reader, const struct source_line *lines, size_t count,
			  struct err *err)
{
	return take_at(reader, lines, count, &reader->place, err);
}

/* With the place behind the group: the piece that comes next may be consumed already. */

static enum err_kind take_group(struct reader *reader, struct err *err)
{
	size_t count = reader->group_count;
	if (count == 0)
		return ERR_NONE;
	reader->group_count = 0;
	return take_at(reader, reader->group, count, &reader->group_place, err);
}

static enum err_kind fill(struct reader *reader, struct err *err)
{
	TRY(take_group(reader, err));
	return recorded_input_fill(&reader->input, err);
}

/* Adds a line that stays where it is until the next fill(). */
static enum err_kind group_add(struct reader *reader, const struct source_line *line,
			       struct err *err)
{
	reader->group[reader->group_count++] = *line;
	reader->group_place = reader->place;
	size_t max = reader->options->group_lines_max;
	bool is_full = reader->group_count ==
		       (max > 0 && max < GROUP_LINES_MAX ? max : GROUP_LINES_MAX);
	return is_full ? take_group(reader, err) : ERR_NONE;
}

/* `whole` is how long the piece was before it was cut to line_bytes_max. */
static enum err_kind quarantine(struct reader *reader, struct str piece, uint64_t whole,
				uint64_t file_line, const char *reason, struct err *err)
{
	char text[ERR_MSG_MAX + 128];
	size_t max = reader->options->line_bytes_max;
	TRY(take_group(reader, err));
	if (whole > max) {
		snprintf(text, sizeof text, "%s; the first %zu of its %llu bytes are kept", reason,
			 max, (unsigned long long)whole);
		reason = text;
	}
	if (piece.len > max)
		piece.len = max;
	reader->place.quarantined++;
	TRY(reader->sink->quarantine(reader->sink->context, piece, file_line, reason, err));
	return take(reader, NULL, 0, err);
}

/* --- pieces ----------------------------------------------------------------------------------- */

struct piece {
	struct str text; /* trimmed */
	struct str line; /* with its newline, in the window; STR_NONE: not on a line of its own */
	uint64_t file_line;
};

static enum err_kind piece_as_line(struct reader *reader, const struct piece *piece,
				   struct source_line *line, struct err *err)
{
	line->line = piece->line;
	if (piece->line.ptr)
		return group_add(reader, line, err);
	TRY(take_group(reader, err));
	line->line = buf_str(&reader->line);
	return take(reader, line, 1, err);
}

/* Copies a piece that is not on a line of its own; on several lines it is JSON, and written on
 * one. */
static void write_as_line(struct reader *reader, const struct piece *piece)
{
	if (piece->line.ptr)
		return;
	buf_reset(&reader->line);
	if (memchr(piece->text.ptr, '\n', piece->text.len))
		json_write(&reader->line, &reader->doc, reader->doc.root);
	else
		buf_add_str(&reader->line, piece->text);
	buf_add_byte(&reader->line, '\n');
}

static enum err_kind wire_line(struct reader *reader, const struct piece *piece, struct err *err)
{
	struct source_line line = { 0 };
	write_as_line(reader, piece);
	reader->place.posts++;
	return piece_as_line(reader, piece, &line, err);
}

static enum err_kind broken(struct reader *reader, const struct piece *piece, const char *reason,
			    struct err *err)
{
	size_t max = reader->options->line_bytes_max;
	if (memchr(piece->text.ptr, '\n', piece->text.len) || piece->text.len >= max)
		return quarantine(reader, piece->text, piece->text.len, piece->file_line, reason,
				  err);
	struct source_line line = { 0 };
	if (reader->sink->tell_broken)
		reader->sink->tell_broken(reader->sink->context, piece->file_line, reason);
	write_as_line(reader, piece);
	reader->place.quarantined++;
	return piece_as_line(reader, piece, &line, err);
}

static enum err_kind page(struct reader *reader, const struct piece *piece, bool has_posts,
			  struct err *err)
{
	const struct source_line *lines;
	size_t count, dropped;
	struct err why;
	reader->place.batch_id += has_posts;
	struct page_options options = {
		.batch_id = reader->place.batch_id,
		.fetched_via = "replay",
		.fetched_at = json_get_text(json_get(reader->doc.root, "__twarc"), "retrieved_at"),
	};
	TRY(take_group(reader, err));
	enum err_kind kind = page_join(reader->joiner, &reader->doc, &options, reader->sink,
				       reader->options->line_bytes_max, &lines, &count, &dropped,
				       &why);
	if (kind == ERR_REJECT)
		return quarantine(reader, piece->text, piece->text.len, piece->file_line, why.msg,
				  err);
	if (kind != ERR_NONE) {
		*err = why;
		return kind;
	}
	reader->place.pages++;
	reader->place.posts += count;
	reader->place.known += dropped;
	if (count == 0 && reader->sink->keep_page)
		TRY(reader->sink->keep_page(reader->sink->context, piece->text, piece->file_line,
					    err));
	return take(reader, lines, count, err);
}

static enum err_kind parsed(struct reader *reader, const struct piece *piece, struct err *err)
{
	yyjson_val *root = reader->doc.root;
	const char *what;
	enum document_kind kind = page_classify(&reader->doc, &what);
	if (kind != DOCUMENT_OTHER)
		return page(reader, piece, kind == DOCUMENT_PAGE, err);
	if (json_get_text(root, "id").ptr && json_get(root, "batch_id"))
		return wire_line(reader, piece, err);
	reader->place.refused++;
	if (reader->sink->refuse)
		reader->sink->refuse(reader->sink->context, piece->file_line, what);
	return ERR_NONE;
}

/* The place is behind the piece already. */
static enum err_kind handle(struct reader *reader, const struct piece *piece, struct err *err)
{
	struct post_peek peek;
	struct err why;
	post_peek_key(piece->text, &peek);
	if (piece->line.ptr && peek.sure && peek.is_object && peek.has_batch_id)
		return wire_line(reader, piece, err);
	if (json_read(&reader->doc, piece->text, &why) != ERR_NONE)
		return broken(reader, piece, why.msg, err);
	return parsed(reader, piece, err);
}

/* --- the two modes ---------------------------------------------------------------------------- */

static uint64_t count_newlines(struct str text)
{
	uint64_t count = 0;
	const char *end = text.ptr + text.len;
	for (const char *at = text.ptr; at < end; at++, count++) {
		at = memchr(at, '\n', (size_t)(end - at));
		if (!at)
			break;
	}
	return count;
}

static void consume_lines(struct reader *reader, size_t len, uint64_t newlines)
{
	reader->place.file_line += newlines;
	reader->place.byte += len;
	reader->input.start += len;
}

static void consume(struct reader *reader, size_t len)
{
	struct str text = recorded_input_rest(&reader->input);
	consume_lines(reader, len, count_newlines(str_make(text.ptr, len)));
}

/* As consume(), of a piece that is too long: its beginning is kept aside. */
static void consume_excess(struct reader *reader, size_t len)
{
	size_t room = reader->options->line_bytes_max - reader->excess.len;
	buf_add(&reader->excess, recorded_input_rest(&reader->input).ptr, len < room ? len : room);
	consume(reader, len);
}

static enum err_kind quarantine_excess(struct reader *reader, uint64_t from, uint64_t file_line,
				       const char *reason, struct err *err)
{
	return quarantine(reader, buf_str(&reader->excess), reader->place.byte - from, file_line,
			  reason, err);
}

static enum err_kind skip_long_line(struct reader *reader, struct err *err)
{
	uint64_t from = reader->place.byte, file_line = reader->place.file_line;
	char reason[64];
	buf_reset(&reader->excess);
	for (;;) {
		struct str rest = recorded_input_rest(&reader->input);
		const char *end = rest.len ? memchr(rest.ptr, '\n', rest.len) : NULL;
		consume_excess(reader, end ? (size_t)(end - rest.ptr) : rest.len);
		if (end || reader->input.ended)
			break;
		TRY(fill(reader, err));
	}
	snprintf(reason, sizeof reason, "longer than %zu bytes", reader->options->line_bytes_max);
	return quarantine_excess(reader, from, file_line, reason, err);
}

/* How long a piece may get before it is given up; what is no document is of no use when whole. */
static uint64_t bytes_max(const struct reader *reader, const struct document_scan *scan)
{
	return scan->is_document ? reader->options->document_bytes_max :
				   reader->options->line_bytes_max;
}

static enum err_kind read_line(struct reader *reader, size_t len, bool is_ended_by_newline,
			       struct err *err)
{
	struct str text = str_make(recorded_input_rest(&reader->input).ptr, len);
	struct piece piece = { .text = str_trim(text), .file_line = reader->place.file_line };
	if (is_ended_by_newline)
		piece.line = str_make(text.ptr, len + 1);
	consume_lines(reader, len + is_ended_by_newline, is_ended_by_newline);
	return piece.text.len > 0 ? handle(reader, &piece, err) : ERR_NONE;
}

static enum err_kind read_lines(struct reader *reader, struct err *err)
{
	size_t seen = 0; /* bytes of the rest that hold no newline */
	for (;;) {
		struct str rest = recorded_input_rest(&reader->input);
		const char *end = memchr(rest.ptr + seen, '\n', rest.len - seen);
		size_t len = end ? (size_t)(end - rest.ptr) : rest.len;
		bool is_long = len >= reader->options->line_bytes_max;
		if (!end && !is_long && !reader->input.ended) {
			seen = len;
			TRY(fill(reader, err));
			continue;
		}
		if (rest.len == 0)
			return ERR_NONE;
		seen = 0;
		if (is_long)
			TRY(skip_long_line(reader, err));
		else
			TRY(read_line(reader, len, end != NULL, err));
	}
}

/* Scans on to the end of a document that is too long to be held. */
static enum err_kind skip_long_document(struct reader *reader, struct document_scan *scan,
					enum scan_result result, struct err *err)
{
	uint64_t from = reader->place.byte, file_line = reader->place.file_line;
	char reason[64];
	buf_reset(&reader->excess);
	consume_excess(reader, scan->at);
	while (result == SCAN_MORE && !reader->input.ended) {
		TRY(fill(reader, err));
		scan->at = 0;
		result = document_scan(scan, recorded_input_rest(&reader->input));
		consume_excess(reader, scan->at);
	}
	snprintf(reason, sizeof reason, "%s than %llu bytes",
		 scan->is_document ? "a document longer" : "no document, and longer",
		 (unsigned long long)bytes_max(reader, scan));
	return quarantine_excess(reader, from, file_line, reason, err);
}

static enum err_kind read_document(struct reader *reader, const struct document_scan *scan,
				   enum scan_result result, struct err *err)
{
	struct str text = str_make(recorded_input_rest(&reader->input).ptr, scan->at);
	struct piece piece = { .text = str_trim(text), .file_line = reader->place.file_line };
	consume(reader, scan->at);
	if (scan->is_document && result == SCAN_MORE)
		return broken(reader, &piece, "cut short: the file ends inside it", err);
	if (scan->is_document && result == SCAN_CUT)
		return broken(reader, &piece, "cut short: another document begins inside it", err);
	return handle(reader, &piece, err);
}

static void skip_blanks(struct reader *reader)
{
	struct str rest = recorded_input_rest(&reader->input);
	size_t len = 0;
	while (len < rest.len && memchr(" \t\r\n", rest.ptr[len], 4))
		len++;
	consume(reader, len);
}

static enum err_kind read_documents(struct reader *reader, struct err *err)
{
	struct document_scan scan = { 0 };
	for (;;) {
		if (!scan.begun)
			skip_blanks(reader);
		struct str rest = recorded_input_rest(&reader->input);
		enum scan_result result = document_scan(&scan, rest);
		bool is_long = scan.at > bytes_max(reader, &scan);
		if (result == SCAN_MORE && !is_long && !reader->input.ended) {
			TRY(fill(reader, err));
			continue;
		}
		if (rest.len == 0)
			return ERR_NONE;
		if (is_long)
			TRY(skip_long_document(reader, &scan, result, err));
		else
			TRY(read_document(reader, &scan, result, err));
		scan = (struct document_scan){ 0 };
	}
}

/* --- the file --------------------------------------------------------------------------------- */

/* Reads the head, from which the mode follows also when reading is resumed far behind it. */
static enum err_kind read_head(struct reader *reader, enum file_mode *ret_mode, size_t *ret_bom,
			       struct err *err)
{
	struct recorded_input *input = &reader->input;
	const struct str bom = STR("\xef\xbb\xbf");
	do {
		TRY(recorded_input_fill(input, err));
		struct str head = recorded_input_rest(input);
		if (head.len < bom.len && !input->ended)
			continue;
		*ret_bom = str_starts(head, bom) ? bom.len : 0;
		head = str_make(head.ptr + *ret_bom, head.len - *ret_bom);
		*ret_mode = file_mode(head, input->ended, reader->options->line_bytes_max);
	} while (*ret_mode == FILE_UNDECIDED);
	return ERR_NONE;
}

static enum err_kind skip_to_place(struct reader *reader, struct err *err)
{
	struct recorded_input *input = &reader->input;
	uint64_t left = reader->place.byte;
	while (left > recorded_input_rest(input).len) {
		left -= recorded_input_rest(input).len;
		input->start = input->window.len;
		if (input->ended)
			return err_set(err, ERR_REJECT, "%s: it has no byte %llu", input->path,
				       (unsigned long long)reader->place.byte);
		TRY(recorded_input_fill(input, err));
	}
	input->start += (size_t)left;
	return ERR_NONE;
}

static enum err_kind read_file(struct reader *reader, struct err *err)
{
	enum file_mode mode = FILE_UNDECIDED;
	size_t bom = 0;
	reader->taken_byte = reader->place.byte;
	TRY(read_head(reader, &mode, &bom, err));
	if (reader->place.byte > 0) {
		TRY(skip_to_place(reader, err));
	} else {
		reader->place.file_line = 1;
		consume(reader, bom);
	}
	TRY(mode == FILE_LINES ? read_lines(reader, err) : read_documents(reader, err));
	if (hash_stream_u64(reader->input.hash) != reader->options->xxh3)
		return err_set(err, ERR_REJECT, "%s: changed while it was read",
			       reader->options->path);
	TRY(take_group(reader, err));
	return reader->taken_byte == reader->place.byte ? ERR_NONE : take(reader, NULL, 0, err);
}

enum err_kind recorded_file_read(const struct recorded_file_options *options,
				 const struct source_sink *sink, struct source_place *ret_place,
				 struct err *err)
{
	struct reader *reader = mem_zalloc(1, sizeof *reader);
	enum err_kind kind;
	reader->options = options;
	reader->sink = sink;
	reader->place = options->from;
	kind = recorded_input_open(&reader->input, options->path, err);
	if (kind != ERR_NONE)
		goto out;
	if (options->bytes > 0)
		reader->input.limit = options->bytes;
	reader->input.progress = options->progress;
	reader->input.context = sink->context;
	reader->joiner = page_joiner_new();
	kind = read_file(reader, err);
	if (kind == ERR_NONE)
		*ret_place = reader->place;
	recorded_input_close(&reader->input);
out:
	page_joiner_free(reader->joiner);
	json_release(&reader->doc);
	buf_release(&reader->line);
	buf_release(&reader->excess);
	free(reader);
	return kind;
}

enum err_kind recorded_file_hash(const char *path, char ret_sha256[65], uint64_t *ret_xxh3,
				 uint64_t *ret_bytes, struct err *err)
{
	struct recorded_input input;
	enum err_kind kind = ERR_NONE;
	TRY(recorded_input_open(&input, path, err));
	struct hash_stream *sha256 = hash_stream_new(HASH_SHA256);
	while (kind == ERR_NONE && !input.ended) {
		kind = recorded_input_fill(&input, err);
		hash_stream_add(sha256, recorded_input_rest(&input));
		input.start = input.window.len;
	}
	if (kind == ERR_NONE) {
		hash_stream_hex(sha256, ret_sha256);
		*ret_xxh3 = hash_stream_u64(input.hash);
		*ret_bytes = input.read;
	}
	hash_stream_free(sha256);
	recorded_input_close(&input);
	return kind;
}
