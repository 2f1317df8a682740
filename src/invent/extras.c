/* The members of a post that few have, the types of which differ between the vocabularies, and what
 * X has never sent. */
#include "base/clock.h"
#include "invent/render.h"

enum { CAST_EXTRAS = 211 };

static bool has(const struct render *render, const struct minted_post *post, enum trait trait,
		int field)
{
	return minted_has(post->traits, trait) && view_post(render->view, field);
}

static const char *pick_reply_settings(struct dice *dice)
{
	static const char *const limited[] = {
		"mentionedUsers", "following", "subscribers", "verified", "other",
	};

	return dice_permille(dice, 800) ? "everyone" : limited[dice_below(dice, 5)];
}

static void write_plain(const struct render *render, const struct minted_post *post,
			struct dice *dice)
{
	static const char *const sources[] = {
		"Perch for Web",
		"Perch for Phones",
		"Tea Room Terminal",
		"Heron Scheduler",
	};
	const char *settings = pick_reply_settings(dice);
	const char *source = sources[dice_zipf(dice, 4)];
	const struct invent_view *view = render->view;
	struct buf *out = render->out;

	if (view_post(view, POST_REPLY_SETTINGS))
		put_text_member(out, "reply_settings", str_from(settings));
	if (view_post(view, POST_SOURCE))
		put_text_member(out, "source", str_from(source));
	if (view_post(view, POST_POSSIBLY_SENSITIVE)) {
		put_key(out, "possibly_sensitive");
		put_bool(out, minted_has(post->traits, TRAIT_SENSITIVE));
	}
	if (view_post(view, POST_DISPLAY_TEXT_RANGE)) {
		put_key(out, "display_text_range");
		buf_add_byte(out, '[');
		put_number(out, post->display_start);
		buf_add_byte(out, ',');
		put_number(out, post->display_end);
		buf_add_byte(out, ']');
	}
}

static void write_rights(const struct render *render, const struct minted_post *post,
			 struct dice *dice)
{
	static const char *const countries[] = {
		"[\"DE\"]",
		"[\"FR\",\"BE\"]",
		"[\"TR\",\"IN\",\"BR\"]",
	};
	struct buf *out = render->out;

	if (has(render, post, TRAIT_WITHHELD, POST_WITHHELD)) {
		put_key(out, "withheld");
		buf_add_text(out, "{\"copyright\":");
		put_bool(out, dice_permille(dice, 300));
		put_key(out, "country_codes");
		buf_add_text(out, countries[dice_below(dice, 3)]);
		put_text_member(out, "scope",
				render->view->vocabulary == INVENT_TWEET ? STR("tweet") :
									   STR("post"));
		buf_add_byte(out, '}');
	}
	if (has(render, post, TRAIT_COMMUNITY, POST_COMMUNITY_ID))
		put_id_member(out, "community_id",
			      1600000000000000000u + dice_below(dice, 12) * 4096);
	if (has(render, post, TRAIT_SCOPES, POST_SCOPES)) {
		put_key(out, "scopes");
		buf_add_text(out, "{\"followers\":");
		put_bool(out, dice_permille(dice, 700));
		buf_add_byte(out, '}');
	}
	if (has(render, post, TRAIT_PAID, POST_PAID_PARTNERSHIP)) {
		put_key(out, "paid_partnership");
		put_bool(out, true);
	}
}

static void write_article(const struct render *render, const struct minted_post *post,
			  struct dice *dice)
{
	struct buf *out = render->out;
	const char *city = words_any(dice, words_languages[LANGUAGE_ENGLISH].cities);

	if (!minted_has(post->traits, TRAIT_ARTICLE))
		return;
	if (view_post(render->view, POST_ARTICLE)) {
		put_key(out, "article");
		buf_add_text(out, "{\"title\":\"A year of ");
		buf_add_text(out, words_topic_name((enum topic)post->topic));
		buf_add_text(out, " in ");
		buf_add_text(out, city);
		buf_add_text(out, "\",\"preview_text\":\"First, a cup of tea. Then\\u2026\"}");
	}
	if (render->view->vocabulary == INVENT_POST &&
	    view_post(render->view, POST_ARTICLE_TITLE)) {
		put_key(out, "article_title");
		buf_add_text(out, "{\"title\":\"");
		buf_add_text(out, words_topic_name((enum topic)post->topic));
		buf_add_text(out, "\"}");
	}
}

/* Members that are an object in the classic vocabulary and an array of them in the new one. */
static void open_single(const struct render *render, const char *name)
{
	put_key(render->out, name);
	buf_add_text(render->out, render->view->vocabulary == INVENT_TWEET ? "{" : "[{");
}

static void close_single(const struct render *render)
{
	buf_add_text(render->out, render->view->vocabulary == INVENT_TWEET ? "}" : "}]");
}

/* A link is an URL entity in the classic vocabulary and a string in the new one. */
static void put_source_link(const struct render *render, struct str url)
{
	bool classic = render->view->vocabulary == INVENT_TWEET;

	if (classic)
		buf_add_text(render->out, "{\"start\":0,\"end\":23,\"url\":");
	put_text(render->out, url);
	if (classic)
		buf_add_byte(render->out, '}');
}

static void write_notes(const struct render *render, const struct minted_post *post,
			struct dice *dice)
{
	struct buf *out = render->out;
	char key[MEDIA_KEY_MAX];

	if (has(render, post, TRAIT_MEDIA_NOTES, POST_MEDIA_NOTES)) {
		open_single(render, "matched_media_notes");
		put_text_member(out, "match_status", STR("matched"));
		put_id_member(out, "note_id", post->id - dice_below(dice, 1 << 30));
		close_single(render);
	}
	if (has(render, post, TRAIT_NOTE_REQUEST, POST_NOTE_REQUESTS)) {
		open_single(render, "note_request_suggestions");
		put_text_member(out, "suggestion", STR("That is a heron, not a crane"));
		put_id_member(out, "suggestion_id", post->id - dice_below(dice, 1 << 30));
		put_key(out, "source_link");
		put_source_link(render, STR("https://birdnotes.example/herons"));
		close_single(render);
	}
	if (!has(render, post, TRAIT_MEDIA_METADATA, POST_MEDIA_METADATA) || post->media_count == 0)
		return;
	put_key(out, "media_metadata");
	buf_add_byte(out, '[');
	for (size_t i = 0; i < post->media_count; i++) {
		render_media_key(post->media[i].kind, post->media[i].id, key);
		put_comma(out);
		buf_add_byte(out, '{');
		put_text_member(out, "media_key", str_from(key));
		if (post->media[i].alt_text.ptr)
			put_text_member(out, "alt_text", post->media[i].alt_text);
		put_text_member(out, "title", STR("From the balcony"));
		buf_add_byte(out, '}');
	}
	buf_add_byte(out, ']');
}

static void write_sources(const struct render *render, const struct minted_post *post,
			  struct dice *dice)
{
	static const char url[] = "https://slowtrains.example/timetable";
	struct buf *out = render->out;
	if (has(render, post, TRAIT_SOURCE_LINKS, POST_SOURCE_LINKS)) {
		put_key(out, "suggested_source_links");
		buf_add_byte(out, '[');
		put_source_link(render, str_from(url));
		buf_add_byte(out, ']');
	}
	if (has(render, post, TRAIT_SOURCE_LINKS, POST_SOURCE_LINK_COUNTS)) {
		open_single(render, "suggested_source_links_with_counts");
		put_number_member(out, "count", 1 + dice_below(dice, 40));
		put_key(out, "url");
		put_source_link(render, str_from(url));
		close_single(render);
	}
}

/* Only in answers that show more than the defaults, as X does not invent members for those. */
static void write_unknown(const struct render *render, const struct minted_post *post,
			  struct dice *dice)
{
	struct buf *out = render->out;

	if (!view_post(render->view, POST_PUBLIC_METRICS))
		return;
	if (minted_has(post->traits, TRAIT_UNKNOWN)) {
		put_key(out, "perch");
		buf_add_text(out, "{\"height\":1.0,\"weight\":1e3,\"ring\":12345678901234567890123,"
				  "\"seen\":9007199254740993,\"drift\":-0.0,\"note\":\"\","
				  "\"signs\":[\"a\",null,true,{\"deep\":[]}],\"rank\":");
		put_number(out, dice_below(dice, 100));
		buf_add_byte(out, '}');
	}
	if (minted_has(post->traits, TRAIT_NULLS)) {
		put_key(out, "in_view_of");
		buf_add_text(out, "null");
		if (!minted_has(post->traits, TRAIT_WITHHELD)) {
			put_key(out, "withheld");
			buf_add_text(out, "null");
		}
	}
}

void render_extras(const struct render *render, const struct minted_post *post)
{
	struct dice dice = dice_for(render->invention->seed, post->n, CAST_EXTRAS);

	write_plain(render, post, &dice);
	write_rights(render, post, &dice);
	write_article(render, post, &dice);
	write_notes(render, post, &dice);
	write_sources(render, post, &dice);
	write_unknown(render, post, &dice);
}
