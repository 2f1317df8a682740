/* From a row back to its line, as docs/tables.md says: render the columns, then apply extra. Written
 * apart from row.c, so that the two check each other. */
#pragma once
#include "post/row_fixture.h"

struct rebuild {
	yyjson_mut_doc *doc;
	yyjson_mut_val *line;
	yyjson_doc *extra; /* NULL: the column is NULL */
	struct str vocabulary;
};

/* --- pointers ------------------------------------------------------------------------------------- */

static inline struct str unescape_name(yyjson_mut_doc *doc, struct str name)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '~') {
			i++;
			assert_true(i < name.len && (name.ptr[i] == '0' || name.ptr[i] == '1'));
			buf_add_byte(&text, name.ptr[i] == '0' ? '~' : '/');
		} else {
			buf_add_byte(&text, name.ptr[i]);
		}
	}
	yyjson_mut_val *copy = yyjson_mut_strncpy(doc, buf_text(&text), text.len);
	buf_release(&text);
	return str_make(yyjson_mut_get_str(copy), yyjson_mut_get_len(copy));
}

static inline size_t array_index(struct str name, yyjson_mut_val *array)
{
	int64_t index;
	if (!str_to_i64(name, &index) || index < 0 || (size_t)index >= yyjson_mut_arr_size(array))
		fail_msg("extra: no item %.*s", STR_ARG(name));
	return (size_t)index;
}

/* The value under the name, made where an object has none. */
static inline yyjson_mut_val *step_into(yyjson_mut_doc *doc, yyjson_mut_val *node, struct str name)
{
	if (yyjson_mut_is_arr(node))
		return yyjson_mut_arr_get(node, array_index(name, node));
	if (!yyjson_mut_is_obj(node))
		fail_msg("extra: a pointer goes through a value at %.*s", STR_ARG(name));
	yyjson_mut_val *child = yyjson_mut_obj_getn(node, name.ptr, name.len);
	if (!child) {
		child = yyjson_mut_obj(doc);
		object_put(doc, node, name, child);
	}
	return child;
}

static inline void set_pointer(yyjson_mut_doc *doc, yyjson_mut_val *root, struct str pointer,
			       yyjson_mut_val *val)
{
	yyjson_mut_val *node = root;
	struct str rest = str_make(pointer.ptr + 1, pointer.len - 1), part;
	assert_true(pointer.len > 0 && pointer.ptr[0] == '/');
	while (str_split(&rest, '/', &part)) {
		struct str name = unescape_name(doc, part);
		if (rest.ptr)
			node = step_into(doc, node, name);
		else if (yyjson_mut_is_arr(node))
			yyjson_mut_arr_replace(node, array_index(name, node), val);
		else if (yyjson_mut_is_obj(node))
			object_put(doc, node, name, val);
		else
			fail_msg("extra: %.*s goes through a value", STR_ARG(pointer));
	}
}

/* --- columns -------------------------------------------------------------------------------------- */

static inline bool list_has(yyjson_val *list, struct str wanted)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(list, at, max, item) {
		if (str_equal(json_text(item), wanted))
			return true;
	}
	return false;
}

static inline yyjson_val *extra_list(const struct rebuild *rebuild, const char *name)
{
	yyjson_val *list = yyjson_obj_get(yyjson_doc_get_root(rebuild->extra), name);
	assert_true(!list || (yyjson_is_arr(list) && yyjson_arr_size(list) > 0));
	return list;
}

/* Adds the column's pointer with the old (0) or the new (1) spelling of a segment `a|b`. */
static inline void add_spelling(const char *path, int spelling, struct buf *ret)
{
	struct str rest = str_from(path + 1), segment, name, other;
	while (str_split(&rest, '/', &segment)) {
		bool several = str_split(&segment, '|', &name) && str_split(&segment, '|', &other);
		buf_add_byte(ret, '/');
		buf_add_str(ret, several && spelling == 1 ? other : name);
	}
}

static inline void add_pointer(const struct rebuild *rebuild, const char *path, struct buf *ret)
{
	struct str rest = str_from(path + 1), name;
	assert_true(str_split(&rest, '/', &name));
	if (list_has(extra_list(rebuild, "moved"), name))
		buf_add_text(ret, "/_aviary");
	size_t prefix = ret->len;
	add_spelling(path, 1, ret);
	bool new = str_equal(rebuild->vocabulary, STR("post"));
	if (str_equal(rebuild->vocabulary, STR("mixed")))
		new = list_has(extra_list(rebuild, "new_names"), buf_str(ret));
	if (!new) {
		ret->len = prefix;
		add_spelling(path, 0, ret);
	}
}

/* Of a list of included objects each item's `json` is the item. */
static inline yyjson_mut_val *show_objects(yyjson_mut_doc *doc, const struct column_vector *vector,
					   size_t row)
{
	struct list_entry entry = ((struct list_entry *)vector->data)[row];
	const struct column_vector *item = &vector->children[0];
	const struct column_vector *json = &item->children[item->type->child_count - 1];
	yyjson_mut_val *array = yyjson_mut_arr(doc);
	assert_string_equal(json->type->name.ptr, "json");
	for (size_t i = entry.offset; i < entry.offset + entry.len; i++)
		yyjson_mut_arr_append(array, vector_has(item, i) ?
						     load_text(doc, ((struct str *)json->data)[i]) :
						     yyjson_mut_null(doc));
	return array;
}

static inline const char *wire_path(const struct post_column *column)
{
	if (strcmp(column->name, "referenced_posts") == 0)
		return "/referenced";
	return strcmp(column->name, "users_all") == 0 ? "/users_all" : column->path;
}

static inline void rebuild_column(struct rebuild *rebuild, const struct post_column *column,
				  const struct column_vector *vector, size_t row)
{
	struct buf pointer = { 0 };
	const char *path = wire_path(column);
	if (!path || !vector_has(vector, row) ||
	    list_has(extra_list(rebuild, "derived"), str_from(path)))
		return;
	add_pointer(rebuild, path, &pointer);
	set_pointer(rebuild->doc, rebuild->line, buf_str(&pointer),
		    column->path ? show(rebuild->doc, vector, row) :
				   show_objects(rebuild->doc, vector, row));
	buf_release(&pointer);
}

static inline void apply_extra(struct rebuild *rebuild)
{
	size_t at, max;
	yyjson_val *key, *val;
	yyjson_obj_foreach(yyjson_doc_get_root(rebuild->extra), at, max, key, val) {
		struct str name = json_text(key);
		if (name.len > 0 && name.ptr[0] == '/')
			set_pointer(rebuild->doc, rebuild->line, name,
				    load_value(rebuild->doc, val));
		else if (!str_equal(name, STR("derived")) && !str_equal(name, STR("moved")) &&
			 !str_equal(name, STR("new_names")) && !str_equal(name, STR("duplicates")))
			fail_msg("extra: what is '%.*s'?", STR_ARG(name));
	}
}

/* The line of a row; in `doc`. */
static inline yyjson_mut_val *rebuild_line(const struct table *table, size_t row,
					   yyjson_mut_doc *doc)
{
	struct rebuild rebuild = { .doc = doc, .line = yyjson_mut_obj(doc) };
	struct str extra = table_text(table, "extra", row);
	rebuild.vocabulary = table_text(table, "vocabulary", row);
	if (extra.ptr) {
		rebuild.extra = read_marked(extra);
		if (!yyjson_is_obj(yyjson_doc_get_root(rebuild.extra)))
			fail_msg("extra is no object: %.*s", STR_ARG(extra));
	}
	for (size_t i = 0; i < table->column_count; i++)
		rebuild_column(&rebuild, &table->columns[i], &table->vectors[i], row);
	apply_extra(&rebuild);
	yyjson_doc_free(rebuild.extra);
	return rebuild.line;
}

/* --- comparing ------------------------------------------------------------------------------------ */

/* A number as sent, and as a column (a double) or extra (text) gives it back. */
static inline bool same_number(const char *sent, yyjson_mut_val *rebuilt)
{
	if (yyjson_mut_is_raw(rebuilt))
		return strcmp(sent, yyjson_mut_get_raw(rebuilt)) == 0;
	if (!yyjson_mut_is_real(rebuilt))
		return false;
	int64_t whole;
	bool integer = strspn(sent, "-0123456789") == strlen(sent);
	bool exact = str_to_i64(str_from(sent), &whole) && whole <= INT64_C(1) << 53 &&
		     whole >= -(INT64_C(1) << 53);
	return (!integer || exact) && strtod(sent, NULL) == yyjson_mut_get_real(rebuilt);
}

static inline bool same(yyjson_mut_val *sent, yyjson_mut_val *rebuilt)
{
	size_t at, max;
	yyjson_mut_val *key, *item;
	if (yyjson_mut_is_raw(sent))
		return same_number(yyjson_mut_get_raw(sent), rebuilt);
	if (yyjson_mut_get_tag(sent) != yyjson_mut_get_tag(rebuilt) &&
	    yyjson_mut_get_type(sent) != yyjson_mut_get_type(rebuilt))
		return false;
	if (yyjson_mut_is_arr(sent)) {
		if (yyjson_mut_arr_size(sent) != yyjson_mut_arr_size(rebuilt))
			return false;
		yyjson_mut_val *other = yyjson_mut_arr_get_first(rebuilt);
		yyjson_mut_arr_foreach(sent, at, max, item) {
			if (!same(item, other))
				return false;
			other = other->next;
		}
		return true;
	}
	if (yyjson_mut_is_obj(sent)) {
		if (yyjson_mut_obj_size(sent) != yyjson_mut_obj_size(rebuilt))
			return false;
		yyjson_mut_obj_foreach(sent, at, max, key, item) {
			yyjson_mut_val *other = yyjson_mut_obj_getn(
				rebuilt, yyjson_mut_get_str(key), yyjson_mut_get_len(key));
			if (!other || !same(item, other))
				return false;
		}
		return true;
	}
	return yyjson_mut_equals(sent, rebuilt);
}

/* The object one of our members stands in; NULL when the line has none. */
static inline yyjson_mut_val *holder_of(yyjson_mut_val *line, const char *name)
{
	yyjson_mut_val *aside = yyjson_mut_obj_get(line, "_aviary");
	if (yyjson_mut_obj_get(aside, name))
		return aside;
	return yyjson_mut_obj_get(line, name) ? line : NULL;
}

/* `media` that repeats the first of media_all is not kept and not compared. */
static inline void drop_repeated_medium(yyjson_mut_val *sent, yyjson_mut_val *rebuilt)
{
	yyjson_mut_val *holder = holder_of(sent, "media");
	yyjson_mut_val *all = holder_of(sent, "media_all");
	yyjson_mut_val *first = yyjson_mut_arr_get_first(yyjson_mut_obj_get(all, "media_all"));
	if (!holder || !first || !yyjson_mut_equals(yyjson_mut_obj_get(holder, "media"), first))
		return;
	bool aside = holder != sent;
	yyjson_mut_val *other = aside ? yyjson_mut_obj_get(rebuilt, "_aviary") : rebuilt;
	yyjson_mut_obj_remove_key(holder, "media");
	yyjson_mut_obj_remove_key(other, "media");
	if (aside && yyjson_mut_obj_size(holder) == 0) {
		yyjson_mut_obj_remove_key(sent, "_aviary");
		if (yyjson_mut_obj_size(other) == 0)
			yyjson_mut_obj_remove_key(rebuilt, "_aviary");
	}
}

static inline void fail_rebuild(struct str line, struct str extra, yyjson_mut_val *rebuilt)
{
	char *text = yyjson_mut_val_write(rebuilt, YYJSON_WRITE_ALLOW_INF_AND_NAN, NULL);
	print_error("sent    %.*s\nrebuilt %s\nextra   %.*s\n", STR_ARG(line), text ? text : "?",
		    STR_ARG(extra.ptr ? extra : STR("NULL")));
	free(text);
	fail_msg("the line is not given back");
}

/* Fails unless the row gives the line back, member for member. */
static inline void assert_rebuilt(const struct table *table, size_t row, struct str line)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *sent = load_text(doc, line);
	yyjson_mut_val *rebuilt = rebuild_line(table, row, doc);
	drop_repeated_medium(sent, rebuilt);
	if (!same(sent, rebuilt))
		fail_rebuild(line, table_text(table, "extra", row), rebuilt);
	yyjson_mut_doc_free(doc);
}

/* --- claims about one line ------------------------------------------------------------------------ */

#define TEST_ID "\"id\":\"2083157183716917248\""
#define TEST_TIME "\"created_at\":\"2026-07-31T11:45:50.444Z\""
/* A line of which no column is derived: its extra is that of `members` alone. */
#define LINE(members) "{" TEST_ID "," TEST_TIME ",\"hashtags\":[]," members "}"

enum { GOLDEN_ROW = 65, GOLDEN_ROWS = 67 };

static inline int table_prepare(void **state)
{
	*state = table_new(GOLDEN_ROWS);
	return 0;
}

static inline int table_dispose(void **state)
{
	table_free(*state);
	return 0;
}

/* Fills a row, sees that its neighbours are left alone and that it gives the line back. */
static inline void assert_filled(struct table *table, struct str line)
{
	struct err err;
	table_reset(table);
	if (post_reader_fill(table->reader, line, 123, table->vectors, GOLDEN_ROW, NULL, &err))
		fail_msg("%s: %.*s", err.msg, STR_ARG(line));
	for (size_t row = 0; row < GOLDEN_ROWS; row++)
		assert_int_equal(table_row_is_null(table, row), row != GOLDEN_ROW);
	assert_rebuilt(table, GOLDEN_ROW, line);
}

static inline void assert_refused(struct table *table, struct str line, const char *words)
{
	struct err err;
	struct post_key key = { .id = 42, .time_us = 43 };
	table_reset(table);
	assert_fails(
		post_reader_fill(table->reader, line, 123, table->vectors, GOLDEN_ROW, NULL, &err),
		err, ERR_REJECT, words);
	for (size_t row = 0; row < GOLDEN_ROWS; row++)
		assert_true(table_row_is_null(table, row));
	assert_fails(post_reader_key(table->reader, line, &key, &err), err, ERR_REJECT, words);
	assert_true(key.id == 42 && key.time_us == 43);
}

/* `expected` is JSON; NULL for NULL. */
static inline void assert_column(const struct table *table, const char *name, const char *expected)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *val = show(doc, &table->vectors[column_named(name)], GOLDEN_ROW);
	bool right = expected ? val && same(load_text(doc, str_from(expected)), val) : !val;
	if (!right) {
		char *text = val ? yyjson_mut_val_write(val, 0, NULL) : NULL;
		print_error("%s is %s\n", name, text ? text : "NULL");
		fail_msg("%s is not %s", name, expected ? expected : "NULL");
	}
	yyjson_mut_doc_free(doc);
}

static inline void assert_extra(const struct table *table, const char *expected)
{
	struct str extra = table_text(table, "extra", GOLDEN_ROW);
	if (extra.ptr ? !expected || !str_equal(extra, str_from(expected)) : expected != NULL)
		fail_msg("extra is %.*s, not %s", STR_ARG(extra.ptr ? extra : STR("NULL")),
			 expected ? expected : "NULL");
}

/* What becomes of one column of LINE(members). */
struct golden {
	const char *line, *column, *value, *extra;
};

static inline void assert_goldens(struct table *table, const struct golden *goldens, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_filled(table, str_from(goldens[i].line));
		assert_column(table, goldens[i].column, goldens[i].value);
		assert_extra(table, goldens[i].extra);
	}
}

#define ASSERT_GOLDENS(table, goldens)                                                             \
	assert_goldens((table), (goldens), sizeof(goldens) / sizeof *(goldens))
