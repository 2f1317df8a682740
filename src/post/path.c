#include "base/hash.h"
#include "base/mem.h"
#include "post/reader.h"

#include <stdlib.h>
#include <strings.h>

/* RFC 6901: ~ and / inside a name are ~0 and ~1. */
static void add_name(struct buf *ret, struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '~')
			buf_add(ret, "~0", 2);
		else if (name.ptr[i] == '/')
			buf_add(ret, "~1", 2);
		else
			buf_add_byte(ret, name.ptr[i]);
	}
}

static bool has_repaired_key(const struct post_reader *reader)
{
	for (size_t i = 0; reader->doc.repaired && i < reader->depth; i++) {
		if (reader->path[i].key && json_is_repaired(&reader->doc, reader->path[i].key))
			return true;
	}
	return false;
}

/* Whether an escape in a valid string is this one, in either case of its digits. */
static bool escapes(const char *at, const char *escape)
{
	return at[1] == 'u' && strncasecmp(at, escape, 6) == 0;
}

/* A name with a lone surrogate is given back only by its source, which is escaped already. */
static void add_source_name(struct buf *ret, struct str source)
{
	for (size_t i = 1; i + 1 < source.len; i++) {
		char c = source.ptr[i];
		if (c == '\\' && source.ptr[i + 1] == '/') {
			buf_add(ret, "~1", 2);
			i++;
		} else if (c == '\\' && escapes(source.ptr + i, "\\u002f")) {
			buf_add(ret, "~1", 2);
			i += 5;
		} else if (c == '\\' && escapes(source.ptr + i, "\\u007e")) {
			buf_add(ret, "~0", 2);
			i += 5;
		} else if (c == '\\') {
			buf_add(ret, source.ptr + i, 2);
			i++;
		} else {
			add_name(ret, str_make(&c, 1));
		}
	}
}

static void add_repaired(const struct post_reader *reader, struct buf *ret)
{
	buf_add_byte(ret, '"');
	for (size_t i = 0; i < reader->depth; i++) {
		const struct path_step *step = &reader->path[i];
		buf_add_byte(ret, '/');
		if (step->key)
			add_source_name(ret, json_source(&reader->doc, step->key));
		else
			buf_addf(ret, "%zu", step->index);
	}
	buf_add_byte(ret, '"');
}

void path_add(const struct post_reader *reader, struct buf *ret)
{
	if (has_repaired_key(reader)) {
		add_repaired(reader, ret);
		return;
	}
	struct buf pointer = { 0 };
	for (size_t i = 0; i < reader->depth; i++) {
		const struct path_step *step = &reader->path[i];
		buf_add_byte(&pointer, '/');
		if (step->key)
			add_name(&pointer, json_text(step->key));
		else
			buf_addf(&pointer, "%zu", step->index);
	}
	buf_add_json(ret, buf_str(&pointer));
	buf_release(&pointer);
}

void extra_add(struct post_reader *reader, yyjson_val *val)
{
	if (reader->quiet || !reader->wants_extra)
		return;
	buf_add_byte(&reader->extra, reader->extra.len == 0 ? '{' : ',');
	size_t at = reader->extra.len;
	path_add(reader, &reader->extra);
	MEM_GROW(reader->pointers, reader->pointer_cap, reader->pointer_count + 1);
	reader->pointers[reader->pointer_count++] =
		hash_xxh3(str_make(reader->extra.ptr + at, reader->extra.len - at));
	buf_add_byte(&reader->extra, ':');
	json_write(&reader->extra, &reader->doc, val);
}

static int by_value(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
	return (a > b) - (a < b);
}

bool extra_repeats(struct post_reader *reader)
{
	size_t count = reader->pointer_count;
	bool repeats = false;
	if (count > 1)
		qsort(reader->pointers, count, sizeof *reader->pointers, by_value);
	for (size_t i = 1; i < count && !repeats; i++)
		repeats = reader->pointers[i] == reader->pointers[i - 1];
	return repeats;
}

void extra_list_add(struct buf *list, struct str item)
{
	if (list->len > 0)
		buf_add_byte(list, ',');
	buf_add_str(list, item);
}

static void finish_list(struct post_reader *reader, const char *name, const struct buf *list)
{
	if (list->len == 0)
		return;
	buf_addf(&reader->extra, "%c\"%s\":[", reader->extra.len == 0 ? '{' : ',', name);
	buf_add_str(&reader->extra, buf_str(list));
	buf_add_byte(&reader->extra, ']');
}

void extra_finish(struct post_reader *reader)
{
	if (reader->old_names && reader->new_names)
		finish_list(reader, "new_names", &reader->renamed);
	finish_list(reader, "derived", &reader->derived);
	finish_list(reader, "moved", &reader->moved_names);
	finish_list(reader, "duplicates", &reader->duplicates);
	if (reader->extra.len > 0)
		buf_add_byte(&reader->extra, '}');
}
