#include "dashboard/feed.h"

#include "base/clock.h"
#include "base/mem.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdlib.h>

/* In characters; a person reads no more of a post here, and X has the rest. */
enum { TEXT_SHOWN = 600, NAME_SHOWN = 60 };

void feed_release(struct feed *feed)
{
	for (size_t i = 0; i < feed->count; i++)
		free(feed->posts[i].json);
	feed->count = 0;
}

/* --- as JSON ----------------------------------------------------------------------------------------- */

/* The first `max` characters. */
static struct str cut(struct str text, size_t max)
{
	size_t characters = 0;
	for (size_t i = 0; i < text.len; i++) {
		bool begins = ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
		if (begins && characters++ == max)
			return str_make(text.ptr, i);
	}
	return text;
}

static void add_member(struct buf *ret, const char *name, struct str text)
{
	if (text.len == 0)
		return;
	buf_addf(ret, ",\"%s\":", name);
	buf_add_json(ret, cut(text, NAME_SHOWN));
}

static void add_text(struct buf *ret, struct str text, bool is_clean)
{
	struct buf clean = { 0 };
	if (!is_clean)
		post_clean(text, &clean);
	struct str whole = is_clean ? text : buf_str(&clean), shown = cut(whole, TEXT_SHOWN);
	buf_add_text(ret, ",\"text\":");
	buf_add_json(ret, shown);
	if (shown.len < whole.len)
		buf_add_text(ret, ",\"cut\":true");
	buf_release(&clean);
}

static char *make_json(const struct feed_fields *fields)
{
	struct buf json = { 0 };
	buf_addf(&json, "{\"id\":\"%" PRIu64 "\",\"at\":%" PRId64, fields->id,
		 fields->at_us / 1000);
	add_text(&json, fields->text, fields->text_is_clean);
	add_member(&json, "name", fields->name);
	add_member(&json, "username", fields->username);
	add_member(&json, "lang", fields->lang);
	buf_addf(&json, ",\"media\":%zu}", fields->media);
	return buf_detach(&json);
}

/* --- in order ---------------------------------------------------------------------------------------- */

static bool is_newer(const struct feed_post *a, const struct feed_post *b)
{
	return a->at_us != b->at_us ? a->at_us > b->at_us : a->id > b->id;
}

static void remove_at(struct feed *feed, size_t at)
{
	free(feed->posts[at].json);
	feed->count--;
	memmove(&feed->posts[at], &feed->posts[at + 1], (feed->count - at) * sizeof feed->posts[0]);
}

static void insert(struct feed *feed, struct feed_post post)
{
	size_t at = feed->count;
	while (at > 0 && is_newer(&post, &feed->posts[at - 1]))
		at--;
	memmove(&feed->posts[at + 1], &feed->posts[at], (feed->count - at) * sizeof feed->posts[0]);
	feed->posts[at] = post;
	feed->count++;
}

void feed_add(struct feed *feed, const struct feed_fields *fields)
{
	struct feed_post post = { .id = fields->id, .at_us = fields->at_us, .fresh = true };
	for (size_t i = 0; i < feed->count; i++) {
		if (feed->posts[i].id != post.id)
			continue;
		post.json = make_json(fields);
		if (strcmp(post.json, feed->posts[i].json) == 0) {
			free(post.json);
			return;
		}
		remove_at(feed, i);
		insert(feed, post);
		return;
	}
	if (feed->count == FEED_POSTS_MAX) {
		if (!is_newer(&post, &feed->posts[feed->count - 1]))
			return;
		remove_at(feed, feed->count - 1);
	}
	post.json = make_json(fields);
	insert(feed, post);
}

bool feed_has_fresh(const struct feed *feed)
{
	for (size_t i = 0; i < feed->count; i++) {
		if (feed->posts[i].fresh)
			return true;
	}
	return false;
}

static void add_posts(const struct feed *feed, bool fresh_only, struct buf *ret)
{
	const char *separator = "{\"posts\":[";
	for (size_t i = 0; i < feed->count; i++) {
		if (fresh_only && !feed->posts[i].fresh)
			continue;
		buf_addf(ret, "%s%s", separator, feed->posts[i].json);
		separator = ",";
	}
	buf_add_text(ret, *separator == '{' ? "{\"posts\":[]}" : "]}");
}

void feed_add_all(const struct feed *feed, struct buf *ret)
{
	add_posts(feed, false, ret);
}

void feed_take_fresh(struct feed *feed, struct buf *ret)
{
	add_posts(feed, true, ret);
	for (size_t i = 0; i < feed->count; i++)
		feed->posts[i].fresh = false;
}

/* --- lines -------------------------------------------------------------------------------------------- */

static struct str text_of(yyjson_val *post)
{
	struct str full = json_get_text(json_get(post, "note_tweet"), "text");
	if (!full.ptr)
		full = json_get_text(json_get(post, "note_post"), "text");
	return full.ptr ? full : json_get_text(post, "text");
}

bool feed_read_line(struct json_doc *doc, struct str line, struct feed_fields *ret)
{
	struct err err;
	if (json_read(doc, line, &err) != ERR_NONE ||
	    !post_id_parse(json_get_text(doc->root, "id"), &ret->id))
		return false;
	if (time_parse(json_get_text(doc->root, "created_at"), &ret->at_us) == TIME_BAD &&
	    !post_id_time(ret->id, &ret->at_us))
		return false;
	yyjson_val *user = json_get(doc->root, "user");
	ret->text = text_of(doc->root);
	ret->name = json_get_text(user, "name");
	ret->username = json_get_text(user, "username");
	ret->lang = json_get_text(doc->root, "lang");
	ret->media = yyjson_arr_size(json_get(json_get(doc->root, "attachments"), "media_keys"));
	return true;
}
