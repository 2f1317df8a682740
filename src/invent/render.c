/* A post as JSON: a table of members, each a function that writes it where it is asked for and has
 * a value. The order of members turns with the hour of the answer, since X promises none. */
#include "invent/render.h"
#include "base/clock.h"

enum { CAST_METRICS = 201, CAST_DETAILS };

static const int64_t minute_us = 60 * 1000000LL;

static bool classic(const struct render *render)
{
	return render->view->vocabulary == INVENT_TWEET;
}

static struct dice details_of(const struct render *render, const struct minted_post *post)
{
	return dice_for(render->invention->seed, post->n, CAST_DETAILS);
}

static bool has(const struct minted_post *post, enum trait trait)
{
	return minted_has(post->traits, trait);
}

void render_media_key(int kind, uint64_t id, char ret_key[MEDIA_KEY_MAX])
{
	static const char *const prefixes[] = { "3_", "7_", "16_" };
	struct str prefix = str_from(prefixes[kind]);
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + id % 10);
		id /= 10;
	} while (id > 0);
	memcpy(ret_key, prefix.ptr, prefix.len);
	memcpy(ret_key + prefix.len, digits + at, sizeof digits - at);
	ret_key[prefix.len + sizeof digits - at] = 0;
}

static void write_images(struct buf *out, struct str image)
{
	static const struct {
		const char *name;
		unsigned width, height;
	} sizes[] = { { "orig", 1200, 630 }, { "150x150", 150, 150 } };

	put_key(out, "images");
	buf_add_byte(out, '[');
	for (size_t i = 0; i < 2; i++) {
		put_comma(out);
		buf_add_text(out, "{\"url\":\"");
		buf_add_str(out, image);
		buf_add_text(out, "?format=jpg&name=");
		buf_add_text(out, sizes[i].name);
		buf_add_byte(out, '"');
		put_number_member(out, "width", sizes[i].width);
		put_number_member(out, "height", sizes[i].height);
		buf_add_byte(out, '}');
	}
	buf_add_byte(out, ']');
}

static void write_link(struct buf *out, const struct minted_link *link)
{
	char key[MEDIA_KEY_MAX];

	put_text_member(out, "url", link->url);
	put_text_member(out, "expanded_url", link->expanded);
	put_text_member(out, "display_url", link->display);
	if (link->media_id) {
		render_media_key(link->media_kind, link->media_id, key);
		put_text_member(out, "media_key", str_from(key));
	}
	if (link->image.ptr)
		write_images(out, link->image);
	if (!link->title.ptr)
		return;
	put_number_member(out, "status", 200);
	put_text_member(out, "title", link->title);
	put_text_member(out, "description", link->description);
	put_text_member(out, "unwound_url", link->expanded);
}

static void write_entity(const struct render *render, const struct minted_entity *entity)
{
	struct buf *out = render->out;
	bool annotation = entity->kind == MINTED_ANNOTATION;

	put_comma(out);
	buf_add_byte(out, '{');
	put_number_member(out, "start", entity->start);
	put_number_member(out, "end", annotation ? entity->end - 1 : entity->end);
	switch (entity->kind) {
	case MINTED_HASHTAG:
	case MINTED_CASHTAG:
		put_text_member(out, "tag", entity->text);
		break;
	case MINTED_MENTION:
		put_text_member(out, "username", entity->text);
		if (entity->person >= 0)
			put_id_member(out, "id",
				      people_id(render->invention->seed, entity->person));
		break;
	case MINTED_URL:
		write_link(out, &entity->link);
		break;
	case MINTED_ANNOTATION:
		buf_add_text(out, ",\"probability\":0.");
		put_number(out, 5001 + entity->start * 37 % 4990);
		buf_add_text(out, ",\"type\":\"Place\"");
		put_text_member(out, "normalized_text", entity->text);
		break;
	}
	buf_add_byte(out, '}');
}

void render_entities(const struct render *render, const struct minted_text *text, bool annotations)
{
	static const struct {
		enum minted_entity_kind kind;
		const char *name;
	} lists[] = {
		{ MINTED_MENTION, "mentions" },
		{ MINTED_HASHTAG, "hashtags" },
		{ MINTED_URL, "urls" },
		{ MINTED_CASHTAG, "cashtags" },
		{ MINTED_ANNOTATION, "annotations" },
	};

	for (size_t list = 0; list < sizeof lists / sizeof lists[0]; list++) {
		bool any = false;

		if (lists[list].kind == MINTED_ANNOTATION && (!annotations || !classic(render)))
			continue;
		for (size_t i = 0; i < text->entity_count; i++) {
			if (text->entities[i].kind != lists[list].kind)
				continue;
			if (!any) {
				put_key(render->out, lists[list].name);
				buf_add_byte(render->out, '[');
			}
			any = true;
			write_entity(render, &text->entities[i]);
		}
		if (any)
			buf_add_byte(render->out, ']');
	}
}

static void write_entities(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;
	size_t before = out->len, inside;

	if (!view_post(render->view, POST_ENTITIES))
		return;
	put_key(out, "entities");
	buf_add_byte(out, '{');
	inside = out->len;
	render_entities(render, &post->text, true);
	if (has(post, TRAIT_UNKNOWN_ENTITIES)) {
		put_key(out, "emoji");
		buf_add_text(out, "[{\"start\":0,\"end\":1,\"name\":\"sparrow\",\"weight\":1.0}]");
	}
	if (out->len == inside)
		out->len = before;
	else
		buf_add_byte(out, '}');
}

static void write_note(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;
	size_t before;

	if (!view_post(render->view, POST_NOTE) || !post->note.text.ptr)
		return;
	put_key(out, classic(render) ? "note_tweet" : "note_post");
	buf_add_byte(out, '{');
	put_text_member(out, "text", post->note.text);
	before = out->len;
	buf_add_text(out, ",\"entities\":{");
	render_entities(render, &post->note, false);
	if (out->ptr[out->len - 1] == '{')
		out->len = before;
	else
		buf_add_byte(out, '}');
	buf_add_byte(out, '}');
}

static void write_names(const struct render *render, const struct minted_post *post)
{
	put_id_member(render->out, "id", post->id);
	put_text_member(render->out, "text", post->text.text);
	if (view_post(render->view, POST_LANG))
		put_text_member(render->out, "lang", str_from(post->lang));
}

static void write_created_at(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;

	if (!view_post(render->view, POST_CREATED_AT) || has(post, TRAIT_TIME_ABSENT))
		return;
	put_key(out, "created_at");
	put_time(out, post->created_us);
	if (has(post, TRAIT_TIME_SECONDS)) {
		out->len -= strlen(".000Z\"");
		buf_add_text(out, "Z\"");
	}
	if (has(post, TRAIT_TIME_OFFSET)) {
		out->len -= strlen("Z\"");
		buf_add_text(out, "+00:00\"");
	}
}

static void write_author(const struct render *render, const struct minted_post *post)
{
	const struct invent_view *view = render->view;
	uint64_t seed = render->invention->seed;
	char username[USERNAME_MAX];

	if ((view_post(view, POST_AUTHOR_ID) || view_expands(view, EXPAND_AUTHOR)) &&
	    !has(post, TRAIT_AUTHOR_ABSENT))
		put_id_member(render->out, "author_id", people_id(seed, post->author));
	if (!classic(render) && view_expands(view, EXPAND_USERNAME)) {
		people_username(seed, post->author, username);
		put_text_member(render->out, "username", str_from(username));
	}
	if ((view_post(view, POST_IN_REPLY_TO) || view_expands(view, EXPAND_IN_REPLY_TO)) &&
	    post->reply_to >= 0)
		put_id_member(render->out, "in_reply_to_user_id", people_id(seed, post->reply_to));
	if (view_post(view, POST_CONVERSATION_ID))
		put_id_member(render->out, "conversation_id", post->conversation_id);
}

static void write_referenced(const struct render *render, const struct minted_post *post)
{
	static const char *const types[] = { NULL, "replied_to", "quoted", "retweeted" };
	struct buf *out = render->out;

	if (post->reference_count == 0 || !(view_post(render->view, POST_REFERENCED) ||
					    view_expands(render->view, EXPAND_REFERENCED)))
		return;
	put_key(out, classic(render) ? "referenced_tweets" : "referenced_posts");
	buf_add_byte(out, '[');
	for (size_t i = 0; i < post->reference_count; i++) {
		put_comma(out);
		buf_add_byte(out, '{');
		put_text_member(out, "type", str_from(types[post->references[i].kind]));
		put_id_member(out, "id", post->references[i].id);
		buf_add_byte(out, '}');
	}
	buf_add_byte(out, ']');
}

static void write_edits(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;
	int64_t first_us = invent_id_time_us(post->edits[0]);

	if ((classic(render) && view_post(render->view, POST_EDIT_HISTORY)) ||
	    view_expands(render->view, EXPAND_EDIT_HISTORY)) {
		put_key(out, classic(render) ? "edit_history_tweet_ids" : "edit_history_post_ids");
		buf_add_byte(out, '[');
		for (size_t i = 0; i < post->edit_count; i++) {
			put_comma(out);
			put_id(out, post->edits[i]);
		}
		buf_add_byte(out, ']');
	}
	if (!view_post(render->view, POST_EDIT_CONTROLS) || post->kind == MINTED_REPOST)
		return;
	put_key(out, "edit_controls");
	buf_add_byte(out, '{');
	put_number_member(out, "edits_remaining", 6 - post->edit_count);
	put_key(out, "is_edit_eligible");
	put_bool(out, post->kind != MINTED_REPLY && post->poll_id == 0);
	put_key(out, "editable_until");
	put_time(out, first_us + 30 * minute_us);
	buf_add_byte(out, '}');
}

struct metrics {
	uint64_t reposts, replies, likes, quotes, bookmarks, impressions;
};

/* Half of what a post will ever get has come after six hours. */
static struct metrics metrics_of(const struct render *render, uint64_t n, int author,
				 int64_t created_us)
{
	struct dice dice = dice_for(render->invention->seed, n, CAST_METRICS);
	int64_t age = (render->view->now_us - created_us) / (10 * minute_us);
	uint64_t likes = dice_below(&dice, (uint64_t)1 << dice_below(&dice, 11));
	uint64_t grown = age > 0 ? (uint64_t)age : 0;
	struct metrics metrics;

	likes *= people_rank(author) < 3 ? 9 : 1;
	likes = likes * grown / (grown + 36);
	metrics.likes = likes;
	metrics.reposts = likes / (3 + dice_below(&dice, 9));
	metrics.replies = likes / (4 + dice_below(&dice, 12));
	metrics.quotes = likes / (20 + dice_below(&dice, 60));
	metrics.bookmarks = likes / (7 + dice_below(&dice, 40));
	metrics.impressions = likes * (15 + dice_below(&dice, 90));
	metrics.impressions += grown * dice_below(&dice, 9);
	return metrics;
}

static void write_metrics(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;
	struct metrics metrics;

	if (!view_post(render->view, POST_PUBLIC_METRICS))
		return;
	metrics = metrics_of(render, post->n, post->author, post->created_us);
	if (post->kind == MINTED_REPOST) {
		const struct minted_reference *target = &post->references[0];
		struct metrics theirs = metrics_of(render, target->n, target->author,
						   invent_time_us(render->invention, target->n));

		metrics = (struct metrics){ .reposts = theirs.reposts + 1 };
	}
	put_key(out, "public_metrics");
	buf_add_byte(out, '{');
	put_number_member(out, classic(render) ? "retweet_count" : "repost_count", metrics.reposts);
	put_number_member(out, "reply_count", metrics.replies);
	put_number_member(out, "like_count", metrics.likes);
	put_number_member(out, "quote_count", metrics.quotes);
	put_number_member(out, "bookmark_count", metrics.bookmarks);
	put_number_member(out, "impression_count", metrics.impressions);
	buf_add_byte(out, '}');
}

static void write_attachments(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;
	char key[MEDIA_KEY_MAX];

	if (!view_post(render->view, POST_ATTACHMENTS) && !view_expands(render->view, EXPAND_MEDIA))
		return;
	if (post->media_count > 0) {
		put_key(out, "attachments");
		buf_add_text(out, "{\"media_keys\":[");
		for (size_t i = 0; i < post->media_count; i++) {
			render_media_key(post->media[i].kind, post->media[i].id, key);
			put_comma(out);
			put_text(out, str_from(key));
		}
		buf_add_text(out, "]}");
	} else if (post->poll_id) {
		put_key(out, "attachments");
		buf_add_text(out, "{\"poll_ids\":[");
		put_id(out, post->poll_id);
		buf_add_text(out, "]}");
	} else if (has(post, TRAIT_ATTACHMENTS_EMPTY)) {
		put_key(out, "attachments");
		buf_add_text(out, "{}");
	}
	if (post->poll_id && view_post(render->view, POST_CARD_URI)) {
		put_key(out, "card_uri");
		buf_add_text(out, "\"card://");
		put_number(out, post->poll_id);
		buf_add_byte(out, '"');
	}
}

static void write_geo(const struct render *render, const struct minted_post *post)
{
	struct buf *out = render->out;

	if (!view_post(render->view, POST_GEO) && !view_expands(render->view, EXPAND_PLACE))
		return;
	if (post->place < 0) {
		if (!has(post, TRAIT_GEO_EMPTY) && !has(post, TRAIT_NULLS))
			return;
		put_key(out, "geo");
		buf_add_text(out, has(post, TRAIT_GEO_EMPTY) ? "{}" : "null");
		return;
	}
	put_key(out, "geo");
	buf_add_byte(out, '{');
	if (post->pinpointed) {
		buf_add_text(out, "\"coordinates\":{\"type\":\"Point\",\"coordinates\":[");
		put_degrees(out, post->longitude_e5);
		buf_add_byte(out, ',');
		put_degrees(out, post->latitude_e5);
		buf_add_text(out, "]}");
	}
	put_text_member(out, "place_id", str_from(words_places[post->place].id));
	buf_add_byte(out, '}');
}

static void write_context(const struct render *render, const struct minted_post *post)
{
	struct dice dice = details_of(render, post);
	struct buf *out = render->out;
	uint64_t count = 1 + dice_below(&dice, 2);

	if (!view_post(render->view, POST_CONTEXT_ANNOTATIONS) || !has(post, TRAIT_CONTEXT))
		return;
	put_key(out, "context_annotations");
	buf_add_byte(out, '[');
	for (uint64_t i = 0; i < count; i++) {
		enum topic topic = (enum topic)((post->topic + (int)i * 3) % TOPICS);
		const char *const *tags = words_languages[LANGUAGE_ENGLISH].topics[topic].tags;

		put_comma(out);
		buf_add_text(out, "{\"domain\":{\"id\":\"90");
		put_number(out, (uint64_t)topic);
		buf_add_byte(out, '"');
		put_text_member(out, "name", str_from(words_topic_name(topic)));
		if (i == 0)
			put_text_member(out, "description", STR("What people here talk about"));
		buf_add_text(out, "},\"entity\":{\"id\":\"1700000000000000");
		put_number(out, 100 + (uint64_t)topic);
		buf_add_byte(out, '"');
		put_text_member(out, "name", str_from(words_any(&dice, tags)));
		buf_add_text(out, "}}");
	}
	buf_add_byte(out, ']');
}

static void (*const members[])(const struct render *render, const struct minted_post *post) = {
	write_names,   write_entities,    write_created_at, write_author,
	write_metrics, write_referenced,  write_note,       write_edits,
	render_extras, write_attachments, write_context,    write_geo,
};

void render_post(const struct render *render, const struct minted_post *post)
{
	size_t count = sizeof members / sizeof members[0];
	size_t turn = (size_t)(render->view->now_us / (60 * minute_us)) % count;

	put_comma(render->out);
	buf_add_byte(render->out, '{');
	for (size_t i = 0; i < count; i++)
		members[(turn + i) % count](render, post);
	buf_add_byte(render->out, '}');
}
