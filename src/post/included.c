/* Columns made of included objects: each item keeps the object's source in `json`, which gives it back
 * whole; its other members are there to be asked for without parsing JSON. */
#include "post/reader.h"

#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

static struct column_vector *member(struct column_vector *item, const char *name)
{
	for (size_t i = 0; i < item->type->child_count; i++) {
		if (str_equal(item->type->children[i].name, str_from(name)))
			return &item->children[i];
	}
	return NULL;
}

static void put_text(struct post_reader *reader, struct column_vector *item, const char *name,
		     size_t row, struct str text)
{
	if (text.ptr)
		fill_text(reader, member(item, name), row, text);
}

static void put_json(struct post_reader *reader, struct column_vector *item, size_t row,
		     yyjson_val *object)
{
	buf_reset(&reader->json);
	json_write(&reader->json, &reader->doc, object);
	fill_text(reader, member(item, "json"), row, buf_str(&reader->json));
}

yyjson_val *our_member(const struct post_reader *reader, enum root_member which)
{
	return reader->moved[which] ? reader->moved[which] : reader->root[which];
}

/* The reader keeps values in the order of the document. */
yyjson_val *post_note(yyjson_val *note_tweet, yyjson_val *note_post)
{
	yyjson_val *old = json_get(note_tweet, "text"), *new = json_get(note_post, "text");
	return new && (!old || new < old) ? note_post : note_tweet;
}

struct str post_full_text(yyjson_val *note, yyjson_val *text)
{
	struct str long_text = json_get_text(note, "text");
	return long_text.ptr || !yyjson_is_str(text) ? long_text : json_text(text);
}

static struct str full_text_of(yyjson_val *post)
{
	yyjson_val *note = post_note(json_get(post, "note_tweet"), json_get(post, "note_post"));
	return post_full_text(note, json_get(post, "text"));
}

/* Lists up to this are looked through; copies of other objects' texts are not longer: a name of a megabyte
 * would be there again for each post that refers to it. Nothing is lost, the object itself has it. */
enum { LIST_SHORT = 64, COPIED_BYTES_MAX = 256 };

static yyjson_val *find_in_short(yyjson_val *list, struct str id)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(list, at, max, item) {
		struct str text = json_get_text(item, "id");
		if (text.ptr && str_equal(text, id))
			return item;
	}
	return NULL;
}

/* Where the object with that id is, or would be. */
static yyjson_val **slot_of(const struct id_index *index, struct str id)
{
	size_t at = (size_t)hash_xxh3(id) & (index->cap - 1);
	while (index->slots[at] && !str_equal(json_get_text(index->slots[at], "id"), id))
		at = (at + 1) & (index->cap - 1);
	return &index->slots[at];
}

static void make_index(struct id_index *index, yyjson_val *list)
{
	size_t at, max, cap = 2 * LIST_SHORT;
	yyjson_val *item;
	while (cap < 2 * yyjson_arr_size(list))
		cap *= 2;
	free(index->slots);
	index->slots = mem_zalloc(cap, sizeof(yyjson_val *));
	index->cap = cap;
	yyjson_arr_foreach(list, at, max, item) {
		struct str id = json_get_text(item, "id");
		yyjson_val **slot = id.ptr ? slot_of(index, id) : NULL;
		if (slot && !*slot) /* the first of an id counts */
			*slot = item;
	}
}

/* The object in a list that has this id. */
static yyjson_val *find(const struct post_reader *reader, struct id_index *index, yyjson_val *list,
			struct str id)
{
	if (!id.ptr)
		return NULL;
	if (yyjson_arr_size(list) <= LIST_SHORT)
		return find_in_short(list, id);
	if (index->line_number != reader->line_number) {
		make_index(index, list);
		index->line_number = reader->line_number;
	}
	return *slot_of(index, id);
}

static struct str if_short(struct str text)
{
	return text.len <= COPIED_BYTES_MAX ? text : STR_NONE;
}

static struct str username_of(struct post_reader *reader, struct str id)
{
	yyjson_val *user = find(reader, &reader->users, our_member(reader, ROOT_USERS_ALL), id);
	if (!user) {
		user = our_member(reader, ROOT_USER);
		struct str own = json_get_text(user, "id");
		if (!own.ptr || !id.ptr || !str_equal(own, id))
			return STR_NONE;
	}
	return json_get_text(user, "username");
}

static void fill_post(struct post_reader *reader, struct column_vector *item, size_t row,
		      yyjson_val *post)
{
	yyjson_val *references = reader->root[ROOT_REFERENCED_TWEETS] ?
					 reader->root[ROOT_REFERENCED_TWEETS] :
					 reader->root[ROOT_REFERENCED_POSTS];
	struct str id = json_get_text(post, "id"), author = json_get_text(post, "author_id");
	struct str created_at = json_get_text(post, "created_at");
	int64_t time;
	put_text(reader, item, "id", row, id);
	yyjson_val *reference = find(reader, &reader->references, references, id);
	put_text(reader, item, "type", row, if_short(json_get_text(reference, "type")));
	put_text(reader, item, "author_id", row, author);
	put_text(reader, item, "author_username", row, if_short(username_of(reader, author)));
	if (created_at.ptr && time_parse(created_at, &time) != TIME_BAD)
		fill_int(member(item, "created_at"), row, time);
	put_text(reader, item, "text", row, full_text_of(post));
}

static void fill_user(struct post_reader *reader, struct column_vector *item, size_t row,
		      yyjson_val *user)
{
	int64_t followers;
	yyjson_val *verified = json_get(user, "verified");
	put_text(reader, item, "id", row, json_get_text(user, "id"));
	put_text(reader, item, "username", row, json_get_text(user, "username"));
	put_text(reader, item, "name", row, json_get_text(user, "name"));
	if (json_get_i64(json_get(user, "public_metrics"), "followers_count", &followers))
		fill_int(member(item, "followers_count"), row, followers);
	if (yyjson_is_bool(verified)) {
		struct column_vector *vector = member(item, "verified");
		((bool *)vector->data)[row] = yyjson_get_bool(verified);
		fill_valid(vector, row);
	}
}

static void fill_objects(struct post_reader *reader, struct column_vector *vector, yyjson_val *val,
			 void (*fill)(struct post_reader *, struct column_vector *, size_t,
				      yyjson_val *))
{
	size_t at, max;
	yyjson_val *object;
	if (!yyjson_is_arr(val)) {
		extra_add(reader, val);
		return;
	}
	size_t first = fill_list(reader, vector, reader->row, yyjson_arr_size(val));
	struct column_vector *item = &vector->children[0];
	yyjson_arr_foreach(val, at, max, object) {
		path_push_index(reader, at);
		if (yyjson_is_obj(object)) {
			fill_valid(item, first + at);
			fill(reader, item, first + at, object);
			put_json(reader, item, first + at, object);
		} else {
			extra_add(reader, object);
		}
		path_pop(reader);
	}
}

void fill_referenced(struct post_reader *reader, struct column_vector *vector, yyjson_val *val)
{
	fill_objects(reader, vector, val, fill_post);
}

void fill_users_all(struct post_reader *reader, struct column_vector *vector, yyjson_val *val)
{
	fill_objects(reader, vector, val, fill_user);
}
