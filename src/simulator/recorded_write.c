/* A member is written when the view shows it, by its name in the view's vocabulary; inside it, ids of
 * posts, times and counts' names are made new where they stand:
 *
 *     known members ── shown? ──► name of the vocabulary ──► value, rewritten by the names on its path
 */
#include "simulator/recorded_write.h"

#include "base/clock.h"

enum { NO_FIELD = -1 };

/* The bit of a field or expansion by its name in either vocabulary. */
static int find_field(enum invent_parameter parameter, struct str name)
{
	const char *classic, *newer;
	for (int i = 0; (classic = invent_view_name(INVENT_TWEET, parameter, i)); i++) {
		newer = invent_view_name(INVENT_POST, parameter, i);
		if (name.len > 0 &&
		    (str_equal(name, str_from(classic)) || str_equal(name, str_from(newer))))
			return i;
	}
	return NO_FIELD;
}

static bool shows(const struct invent_view *view, enum invent_parameter parameter, struct str name)
{
	int field = find_field(parameter, name);
	return field != NO_FIELD && (view->shown[parameter] >> field & 1);
}

bool recorded_expands(const struct invent_view *view, const char *name)
{
	return shows(view, INVENT_EXPANSIONS, str_from(name));
}

/* --- names -------------------------------------------------------------------------------------- */

static const struct {
	struct str classic, newer;
} twins[] = {
#define TWINS(classic, newer)                                                                      \
	{                                                                                          \
		{ classic, sizeof classic - 1 },                                                   \
		{                                                                                  \
			newer, sizeof newer - 1                                                    \
		}                                                                                  \
	}
	TWINS("note_tweet", "note_post"),
	TWINS("referenced_tweets", "referenced_posts"),
	TWINS("edit_history_tweet_ids", "edit_history_post_ids"),
	TWINS("retweet_count", "repost_count"),
	TWINS("tweet_count", "post_count"),
	TWINS("pinned_tweet_id", "pinned_post_id"),
	TWINS("most_recent_tweet_id", "most_recent_post_id"),
#undef TWINS
};

/* The name as the classic vocabulary has it, or as the view's has it. */
static struct str name_in(enum invent_vocabulary vocabulary, struct str name)
{
	for (size_t i = 0; i < sizeof twins / sizeof *twins; i++) {
		if (str_equal(name, twins[i].classic) || str_equal(name, twins[i].newer))
			return vocabulary == INVENT_TWEET ? twins[i].classic : twins[i].newer;
	}
	return name;
}

static bool is_any(struct str name, const char *const *names)
{
	for (; *names; names++) {
		if (str_equal(name, str_from(*names)))
			return true;
	}
	return false;
}

static void put_name(struct recorded_writer *writer, struct str name)
{
	char last = writer->out->ptr[writer->out->len - 1];
	if (last != '{' && last != '[')
		buf_add_byte(writer->out, ',');
	buf_add_json(writer->out, name_in(writer->view->vocabulary, name));
	buf_add_byte(writer->out, ':');
}

/* --- values ------------------------------------------------------------------------------------- */

static void put_id(struct recorded_writer *writer, struct str text)
{
	uint64_t id;
	if (str_to_u64(text, &id))
		buf_addf(writer->out, "\"%llu\"",
			 (unsigned long long)recorded_new_id(writer->recorded, writer->pace,
							     writer->round, id));
	else
		buf_add_json(writer->out, text);
}

/* Whole seconds, as X has them. */
static void put_time(struct recorded_writer *writer, int64_t time_us)
{
	char text[TIME_TEXT_MAX];
	time_format(time_us - (time_us % 1000000 + 1000000) % 1000000, text);
	buf_add_json(writer->out, str_from(text));
}

/* "https://x.com/somebody/status/123/photo/1": the number is a post's id. */
static void put_address(struct recorded_writer *writer, struct str text)
{
	static const struct str before = { "/status/", 8 };
	const char *found = memmem(text.ptr, text.len, before.ptr, before.len);
	size_t start = found ? (size_t)(found - text.ptr) + before.len : text.len, end = start;
	uint64_t id;
	while (end < text.len && text.ptr[end] >= '0' && text.ptr[end] <= '9')
		end++;
	if (!str_to_u64(str_make(text.ptr + start, end - start), &id)) {
		buf_add_json(writer->out, text);
		return;
	}
	struct buf address = { 0 };
	buf_add(&address, text.ptr, start);
	buf_addf(&address, "%llu",
		 (unsigned long long)recorded_new_id(writer->recorded, writer->pace, writer->round,
						     id));
	buf_add(&address, text.ptr + end, text.len - end);
	buf_add_json(writer->out, buf_str(&address));
	buf_release(&address);
}

/* `name` is the classic name of the member the value is of, or is in an array of; `inside` of the one
 * that holds that. */
static void put_text(struct recorded_writer *writer, struct str inside, struct str name,
		     struct str text)
{
	static const char *const ids[] = { "conversation_id",       "edit_history_tweet_ids",
					   "media_source_tweet_id", "pinned_tweet_id",
					   "most_recent_tweet_id",  NULL };
	static const char *const times[] = { "editable_until", "end_datetime", NULL };
	static const char *const addresses[] = { "expanded_url", "unwound_url", NULL };
	int64_t time_us;
	bool is_new = writer->view->vocabulary == INVENT_POST;
	if (is_any(name, ids) ||
	    (str_equal(name, STR("id")) && str_equal(inside, STR("referenced_tweets"))))
		put_id(writer, text);
	else if (is_any(name, times) && time_parse(text, &time_us) != TIME_BAD)
		put_time(writer, time_us + writer->shift_us);
	else if (is_any(name, addresses))
		put_address(writer, text);
	else if (str_equal(inside, STR("withheld")) && str_equal(name, STR("scope")) &&
		 (str_equal(text, STR("tweet")) || str_equal(text, STR("post"))))
		buf_add_json(writer->out, is_new ? STR("post") : STR("tweet"));
	else
		buf_add_json(writer->out, text);
}

/* The reader limits the depth. */
static void put_value(struct recorded_writer *writer, struct str inside, struct str name,
		      yyjson_val *value)
{
	size_t at, max;
	yyjson_val *key, *item;
	struct buf *out = writer->out;
	if (yyjson_is_obj(value)) {
		buf_add_byte(out, '{');
		yyjson_obj_foreach(value, at, max, key, item) {
			put_name(writer, json_text(key));
			put_value(writer, name, name_in(INVENT_TWEET, json_text(key)), item);
		}
		buf_add_byte(out, '}');
	} else if (yyjson_is_arr(value)) {
		buf_add_byte(out, '[');
		yyjson_arr_foreach(value, at, max, item) {
			if (at > 0)
				buf_add_byte(out, ',');
			put_value(writer, inside, name, item);
		}
		buf_add_byte(out, ']');
	} else if (yyjson_is_str(value)) {
		put_text(writer, inside, name, json_text(value));
	} else if (yyjson_is_raw(value)) {
		buf_add_str(out, json_text(value));
	} else {
		buf_add_text(out, yyjson_is_true(value)  ? "true" :
				  yyjson_is_false(value) ? "false" :
							   "null");
	}
}

/* --- objects ------------------------------------------------------------------------------------ */

/* Some members come with an expansion, too. */
static bool shows_post_member(const struct invent_view *view, struct str name)
{
	static const struct {
		const char *name, *expansion;
	} brought[] = {
		{ "author_id", "author_id" },
		{ "in_reply_to_user_id", "in_reply_to_user_id" },
		{ "referenced_tweets", "referenced_tweets.id" },
		{ "edit_history_tweet_ids", "edit_history_tweet_ids" },
		{ "attachments", "attachments.media_keys" },
		{ "attachments", "attachments.poll_ids" },
		{ "geo", "geo.place_id" },
		{ "username", "username" },
	};
	if (shows(view, INVENT_POST_FIELDS, name))
		return true;
	for (size_t i = 0; i < sizeof brought / sizeof *brought; i++) {
		if (str_equal(name, str_from(brought[i].name)) &&
		    recorded_expands(view, brought[i].expansion))
			return true;
	}
	return false;
}

/* These have another type in each vocabulary, so one that was recorded in the other is left out. */
static bool fits(const struct invent_view *view, struct str name, yyjson_val *value)
{
	static const char *const lists[] = { "matched_media_notes", "note_request_suggestions",
					     "suggested_source_links_with_counts", NULL };
	bool is_new = view->vocabulary == INVENT_POST;
	if (is_any(name, lists))
		return yyjson_is_arr(value) == is_new;
	if (str_equal(name, STR("suggested_source_links")))
		return yyjson_is_str(yyjson_arr_get_first(value)) == is_new;
	return !yyjson_is_null(value);
}

void recorded_write_post(struct recorded_writer *writer, yyjson_val *post)
{
	size_t at, max;
	yyjson_val *key, *value;
	struct str id = json_get_text(post, "id");
	uint64_t old_id = 0, new_id;
	if (id.len > 19 || !str_to_u64(id, &old_id))
		old_id = 0;
	new_id = recorded_new_id(writer->recorded, writer->pace, writer->round, old_id);
	writer->shift_us = invent_id_time_us(new_id) - invent_id_time_us(old_id);
	buf_addf(writer->out, "{\"id\":\"%llu\"", (unsigned long long)new_id);
	if (shows(writer->view, INVENT_POST_FIELDS, STR("created_at"))) {
		put_name(writer, STR("created_at"));
		put_time(writer, invent_id_time_us(new_id));
	}
	yyjson_obj_foreach(post, at, max, key, value) {
		struct str name = name_in(INVENT_TWEET, json_text(key));
		if (str_equal(name, STR("id")) || str_equal(name, STR("created_at")) ||
		    !shows_post_member(writer->view, name) || !fits(writer->view, name, value))
			continue;
		put_name(writer, name);
		put_value(writer, STR_NONE, name, value);
	}
	buf_add_byte(writer->out, '}');
}

void recorded_write_object(struct recorded_writer *writer, enum invent_parameter fields,
			   yyjson_val *object)
{
	size_t at, max;
	yyjson_val *key, *value;
	buf_add_byte(writer->out, '{');
	yyjson_obj_foreach(object, at, max, key, value) {
		struct str name = name_in(INVENT_TWEET, json_text(key));
		if (!shows(writer->view, fields, name) || yyjson_is_null(value))
			continue;
		put_name(writer, name);
		put_value(writer, STR_NONE, name, value);
	}
	buf_add_byte(writer->out, '}');
}
