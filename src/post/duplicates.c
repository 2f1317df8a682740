/* A line with repeated members is rare and allowed (RFC 8259 section 4 leaves the meaning open). Like
 * nearly every reader we take the last; the others are noted in extra, so nothing is lost. */
#include "base/mem.h"
#include "post/reader.h"

#include <stdlib.h>

struct member {
	struct str name;
	size_t at;
	yyjson_val *key, *val;
	bool replaced; /* by a later one */
};

static int by_name_then_place(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	size_t common = a->name.len < b->name.len ? a->name.len : b->name.len;
	int order = common ? memcmp(a->name.ptr, b->name.ptr, common) : 0;
	if (order == 0 && a->name.len != b->name.len)
		order = a->name.len < b->name.len ? -1 : 1;
	return order ? order : (a->at > b->at) - (a->at < b->at);
}

static int by_place(const void *left, const void *right)
{
	const struct member *a = left, *b = right;
	return (a->at > b->at) - (a->at < b->at);
}

static void note(struct post_reader *reader, yyjson_val *val)
{
	struct buf *item = &reader->text;
	buf_reset(item);
	buf_add_byte(item, '[');
	path_add(reader, item);
	buf_add_byte(item, ',');
	json_write(item, &reader->doc, val);
	buf_add_byte(item, ']');
	extra_list_add(&reader->duplicates, buf_str(item));
}

/* What tells names apart: two with lone surrogates may be read as the same, but were not sent so. */
static struct str name_of(const struct post_reader *reader, yyjson_val *key)
{
	return json_is_repaired(&reader->doc, key) ? json_source(&reader->doc, key) :
						     json_text(key);
}

static struct member *members_of(const struct post_reader *reader, yyjson_val *object,
				 size_t *ret_count)
{
	size_t at, max, count = 0;
	yyjson_val *key, *val;
	struct member *members = mem_zalloc(yyjson_obj_size(object) + 1, sizeof *members);
	yyjson_obj_foreach(object, at, max, key, val)
		members[count++] = (struct member){
			.name = name_of(reader, key), .at = at, .key = key, .val = val
		};
	qsort(members, count, sizeof *members, by_name_then_place);
	for (size_t i = 0; i + 1 < count; i++)
		members[i].replaced = str_equal(members[i].name, members[i + 1].name);
	qsort(members, count, sizeof *members, by_place);
	*ret_count = count;
	return members;
}

static void write_value(struct post_reader *reader, struct buf *ret, yyjson_val *val);

static void write_object(struct post_reader *reader, struct buf *ret, yyjson_val *object)
{
	size_t count;
	bool first = true;
	struct member *members = members_of(reader, object, &count);
	buf_add_byte(ret, '{');
	for (size_t i = 0; i < count; i++) {
		path_push_key(reader, members[i].key);
		if (members[i].replaced) {
			note(reader, members[i].val);
		} else {
			if (!first)
				buf_add_byte(ret, ',');
			first = false;
			buf_add_str(ret, json_source(&reader->doc, members[i].key));
			buf_add_byte(ret, ':');
			write_value(reader, ret, members[i].val);
		}
		path_pop(reader);
	}
	buf_add_byte(ret, '}');
	free(members);
}

static void write_value(struct post_reader *reader, struct buf *ret, yyjson_val *val)
{
	size_t at, max;
	yyjson_val *item;
	if (yyjson_is_obj(val)) {
		write_object(reader, ret, val);
	} else if (yyjson_is_arr(val)) {
		buf_add_byte(ret, '[');
		yyjson_arr_foreach(val, at, max, item) {
			if (at > 0)
				buf_add_byte(ret, ',');
			path_push_index(reader, at);
			write_value(reader, ret, item);
			path_pop(reader);
		}
		buf_add_byte(ret, ']');
	} else {
		json_write(ret, &reader->doc, val);
	}
}

void duplicates_remove(struct post_reader *reader, struct buf *ret)
{
	buf_reset(ret);
	write_value(reader, ret, reader->doc.root);
}
