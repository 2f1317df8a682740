/* What of a page belongs to no single post.
 *
 * The envelope's members as sent but `data` and `includes`; of each list in includes the order of
 * the ids, and the objects no kept line carries; which posts were dropped. Whoever has the page's
 * lines and this can put the page together again. A member of the envelope whose name is taken here
 * (`dropped`, `_aviary`, `data` and `includes` that a later one by the same name outdoes,
 * `includes` that is no object) stands under `_aviary`. */
#include "source/page_joiner.h"

static void write_member(struct buf *buf, size_t empty_len, const struct json_doc *doc,
			 yyjson_val *key, yyjson_val *val)
{
	if (buf->len > empty_len)
		buf_add_byte(buf, ',');
	buf_add_str(buf, json_source(doc, key));
	buf_add_byte(buf, ':');
	json_write(buf, doc, val);
}

static void write_name(struct buf *buf, size_t empty_len, const char *name)
{
	if (buf->len > empty_len)
		buf_add_byte(buf, ',');
	buf_add_byte(buf, '"');
	buf_add_text(buf, name);
	buf_add(buf, "\":", 2);
}

/* {"order":[id or null, …],"rest":[object, …]}; *item counts through includes.items. */
static void write_list(struct page_joiner *joiner, enum included_kind kind, yyjson_val *list,
		       size_t *item, struct buf *ret)
{
	const struct includes *includes = &joiner->includes;
	size_t at, max;
	yyjson_val *object;
	buf_reset(&joiner->rest);
	buf_add_text(ret, "{\"order\":[");
	yyjson_arr_foreach(list, at, max, object) {
		size_t entry = includes->items[(*item)++];
		if (at > 0)
			buf_add_byte(ret, ',');
		if (entry != NOT_FOUND_HERE && includes->entries[entry].carried) {
			buf_add_str(ret, json_source(joiner->doc,
						     included_id(joiner->doc, kind, object)));
			continue;
		}
		buf_add(ret, "null", 4);
		if (joiner->rest.len > 0)
			buf_add_byte(&joiner->rest, ',');
		json_write(&joiner->rest, joiner->doc, object);
	}
	buf_add_text(ret, "],\"rest\":[");
	buf_add_str(ret, buf_str(&joiner->rest));
	buf_add(ret, "]}", 2);
}

static void write_includes(struct page_joiner *joiner, yyjson_val *includes, struct buf *ret)
{
	size_t at, max, item = 0;
	yyjson_val *key, *val;
	buf_add_byte(ret, '{');
	size_t empty_len = ret->len;
	yyjson_obj_foreach(includes, at, max, key, val) {
		enum included_kind kind = included_kind_of(key, val);
		if (ret->len > empty_len)
			buf_add_byte(ret, ',');
		buf_add_str(ret, json_source(joiner->doc, key));
		buf_add_byte(ret, ':');
		if (kind == INCLUDED_OTHER) {
			buf_add_text(ret, "{\"raw\":");
			json_write(ret, joiner->doc, val);
			buf_add_byte(ret, '}');
		} else {
			write_list(joiner, kind, val, &item, ret);
		}
	}
	buf_add_byte(ret, '}');
}

static void write_dropped(const struct page_joiner *joiner, struct buf *ret)
{
	buf_add_byte(ret, '[');
	for (size_t i = 0; i < joiner->dropped_count; i++) {
		buf_addf(ret, "%s[%zu,", i > 0 ? "," : "", joiner->dropped[i].position);
		buf_add_str(ret, json_source(joiner->doc, joiner->dropped[i].id));
		buf_add_byte(ret, ']');
	}
	buf_add_byte(ret, ']');
}

void page_leftovers_write(struct page_joiner *joiner, struct buf *ret)
{
	yyjson_val *root = joiner->doc->root;
	yyjson_val *data = json_get(root, "data"), *includes = json_get(root, "includes");
	size_t at, max;
	yyjson_val *key, *val;
	struct buf *moved = &joiner->moved;
	buf_reset(moved);
	buf_add_byte(ret, '{');
	size_t empty_len = ret->len;
	yyjson_obj_foreach(root, at, max, key, val) {
		if (val == data || (val == includes && yyjson_is_obj(val)))
			continue;
		bool is_taken =
			yyjson_equals_str(key, "data") || yyjson_equals_str(key, "includes") ||
			yyjson_equals_str(key, "dropped") || yyjson_equals_str(key, "_aviary");
		if (is_taken)
			write_member(moved, 0, joiner->doc, key, val);
		else
			write_member(ret, empty_len, joiner->doc, key, val);
	}
	if (yyjson_is_obj(includes)) {
		write_name(ret, empty_len, "includes");
		write_includes(joiner, includes, ret);
	}
	if (joiner->dropped_count > 0) {
		write_name(ret, empty_len, "dropped");
		write_dropped(joiner, ret);
	}
	if (moved->len > 0) {
		write_name(ret, empty_len, "_aviary");
		buf_add_byte(ret, '{');
		buf_add_str(ret, buf_str(moved));
		buf_add_byte(ret, '}');
	}
	buf_add_byte(ret, '}');
}
