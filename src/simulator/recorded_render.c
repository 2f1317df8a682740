/* Everything a page's posts bring along is looked up in the page it was recorded in; lists are short,
 * and what was included already is known by its id. */
#include "simulator/recorded_write.h"

#include <stdio.h>

enum list { USERS, POSTS, MEDIA, PLACES, POLLS, LISTS };

struct rendering {
	struct recorded_writer writer;
	const struct recorded_page *page; /* of the post at hand */
	struct arena *arena;
	struct buf lists[LISTS];
	struct {
		struct str *items;
		size_t count, cap;
	} met[LISTS];
};

static const struct {
	const char *name, *newer, *key;
	enum invent_parameter fields;
} lists[LISTS] = {
	[USERS] = { "users", "users", "id", INVENT_USER_FIELDS },
	[POSTS] = { "tweets", "posts", "id", INVENT_POST_FIELDS },
	[MEDIA] = { "media", "media", "media_key", INVENT_MEDIA_FIELDS },
	[PLACES] = { "places", "places", "id", INVENT_PLACE_FIELDS },
	[POLLS] = { "polls", "polls", "id", INVENT_POLL_FIELDS },
};

static yyjson_val *find_included(const struct recorded_page *page, enum list list, struct str key)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(facts_member(page->includes, lists[list].name, lists[list].newer), at,
			   max, item) {
		if (str_equal(json_get_text(item, lists[list].key), key))
			return item;
	}
	return NULL;
}

/* True when it is met for the first time. */
static bool meet(struct rendering *r, enum list list, struct str key)
{
	for (size_t i = 0; i < r->met[list].count; i++) {
		if (str_equal(r->met[list].items[i], key))
			return false;
	}
	if (r->met[list].count == r->met[list].cap) {
		size_t cap = 2 * r->met[list].cap + 64;
		struct str *items = arena_alloc(r->arena, cap * sizeof *items);
		if (r->met[list].count > 0)
			memcpy(items, r->met[list].items, r->met[list].count * sizeof *items);
		r->met[list].items = items;
		r->met[list].cap = cap;
	}
	r->met[list].items[r->met[list].count++] = key;
	return true;
}

static void include(struct rendering *r, enum list list, struct str key)
{
	yyjson_val *object = key.ptr ? find_included(r->page, list, key) : NULL;
	struct buf *buf = &r->lists[list];
	if (!object || !meet(r, list, key))
		return;
	if (buf->len > 0)
		buf_add_byte(buf, ',');
	r->writer.out = buf;
	recorded_write_object(&r->writer, lists[list].fields, object);
}

static void include_keys(struct rendering *r, enum list list, yyjson_val *keys)
{
	size_t at, max;
	yyjson_val *key;
	yyjson_arr_foreach(keys, at, max, key) {
		if (yyjson_is_str(key))
			include(r, list, json_text(key));
	}
}

static void include_mentioned(struct rendering *r, yyjson_val *entities)
{
	size_t at, max;
	yyjson_val *mention;
	yyjson_arr_foreach(json_get(entities, "mentions"), at, max, mention) {
		include(r, USERS, json_get_text(mention, "id"));
	}
}

/* A post that others refer to stands among the included ones, or is one of the posts itself. */
static void include_post(struct rendering *r, struct str id)
{
	const struct invent_view *view = r->writer.view;
	uint64_t number;
	if (!id.ptr || !str_to_u64(id, &number))
		return;
	yyjson_val *post = find_included(r->page, POSTS, id);
	const struct recorded_post *own = post ? NULL : recorded_find(r->writer.recorded, number);
	if (own)
		post = own->post;
	uint64_t new_id =
		recorded_new_id(r->writer.recorded, r->writer.pace, r->writer.round, number);
	char text[24];
	struct str key = str_make(
		text, (size_t)snprintf(text, sizeof text, "%llu", (unsigned long long)new_id));
	key.ptr = arena_strdup(r->arena, key);
	if (!post || !meet(r, POSTS, key))
		return;
	int64_t shift_us = r->writer.shift_us;
	const struct recorded_page *page = r->page;
	if (r->lists[POSTS].len > 0)
		buf_add_byte(&r->lists[POSTS], ',');
	r->writer.out = &r->lists[POSTS];
	recorded_write_post(&r->writer, post);
	if (own)
		r->page = own->page;
	if (recorded_expands(view, "referenced_tweets.id.author_id"))
		include(r, USERS, json_get_text(post, "author_id"));
	if (recorded_expands(view, "referenced_tweets.id.attachments.media_keys"))
		include_keys(r, MEDIA, json_get(json_get(post, "attachments"), "media_keys"));
	r->page = page;
	r->writer.shift_us = shift_us;
}

static void include_all(struct rendering *r, yyjson_val *post)
{
	const struct invent_view *view = r->writer.view;
	yyjson_val *attachments = json_get(post, "attachments"), *reference;
	yyjson_val *note = facts_member(post, "note_tweet", "note_post");
	size_t at, max;
	if (recorded_expands(view, "author_id"))
		include(r, USERS, json_get_text(post, "author_id"));
	if (recorded_expands(view, "in_reply_to_user_id"))
		include(r, USERS, json_get_text(post, "in_reply_to_user_id"));
	if (recorded_expands(view, "entities.mentions.username"))
		include_mentioned(r, json_get(post, "entities"));
	if (recorded_expands(view, "entities.note.mentions.username"))
		include_mentioned(r, json_get(note, "entities"));
	if (recorded_expands(view, "attachments.media_keys"))
		include_keys(r, MEDIA, json_get(attachments, "media_keys"));
	if (recorded_expands(view, "attachments.poll_ids"))
		include_keys(r, POLLS, json_get(attachments, "poll_ids"));
	if (recorded_expands(view, "geo.place_id"))
		include(r, PLACES, json_get_text(json_get(post, "geo"), "place_id"));
	if (!recorded_expands(view, "referenced_tweets.id"))
		return;
	yyjson_arr_foreach(facts_member(post, "referenced_tweets", "referenced_posts"), at, max,
			   reference) {
		include_post(r, json_get_text(reference, "id"));
	}
}

static void write_includes(struct rendering *r, struct buf *out)
{
	bool any = false;
	for (int list = 0; list < LISTS; list++) {
		if (r->lists[list].len == 0)
			continue;
		buf_addf(out, "%s\"%s\":[", any ? "," : "\"includes\":{",
			 r->writer.view->vocabulary == INVENT_TWEET ? lists[list].name :
								      lists[list].newer);
		buf_add_str(out, buf_str(&r->lists[list]));
		buf_add_byte(out, ']');
		any = true;
	}
	if (any)
		buf_add_text(out, "},");
}

static void write_meta(const struct invention *pace, const struct invent_page *page,
		       struct buf *out)
{
	uint64_t newest = 0, oldest = UINT64_MAX;
	for (size_t i = 0; i < page->post_count; i++) {
		uint64_t id = invent_id(pace, page->posts[i]);
		newest = id > newest ? id : newest;
		oldest = id < oldest ? id : oldest;
	}
	buf_add_text(out, "\"meta\":{");
	if (page->post_count > 0)
		buf_addf(out, "\"newest_id\":\"%llu\",\"oldest_id\":\"%llu\",",
			 (unsigned long long)newest, (unsigned long long)oldest);
	buf_addf(out, "\"result_count\":%zu", page->post_count);
	if (page->next_token.ptr) {
		buf_add_text(out, ",\"next_token\":");
		buf_add_json(out, page->next_token);
	}
	buf_add_text(out, "}}");
}

void recorded_render(const struct recorded *recorded, const struct invention *pace,
		     const struct invent_page *page, const struct invent_view *view,
		     struct buf *out, struct arena *arena)
{
	struct rendering r = {
		.writer = { .recorded = recorded, .pace = pace, .view = view },
		.arena = arena,
	};
	buf_add_byte(out, '{');
	for (size_t i = 0; i < page->post_count; i++) {
		const struct recorded_post *post =
			&recorded->posts[page->posts[i] % recorded->post_count];
		buf_add_text(out, i == 0 ? "\"data\":[" : ",");
		r.page = post->page;
		r.writer.round = page->posts[i] / recorded->post_count;
		r.writer.out = out;
		recorded_write_post(&r.writer, post->post);
		include_all(&r, post->post);
	}
	if (page->post_count > 0)
		buf_add_text(out, "],");
	write_includes(&r, out);
	write_meta(pace, page, out);
	for (int list = 0; list < LISTS; list++)
		buf_release(&r.lists[list]);
}
