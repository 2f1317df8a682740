/* What posts bring along: users, media, places, polls. */
#include "base/clock.h"
#include "invent/render.h"

enum { CAST_MEDIUM = 221, CAST_VOTES };

static const int64_t minute_us = 60 * 1000000LL;

static bool shows_user(const struct render *render, int field)
{
	return view_shows(render->view, INVENT_USER_FIELDS, field);
}

static bool classic(const struct render *render)
{
	return render->view->vocabulary == INVENT_TWEET;
}

static void write_profile(const struct render *render, const struct person *person)
{
	struct buf *out = render->out;
	struct str url = person->url.url;

	if (shows_user(render, USER_DESCRIPTION))
		put_text_member(out, "description", person->description.text);
	if (shows_user(render, USER_LOCATION) && person->location.len > 0)
		put_text_member(out, "location", person->location);
	if (shows_user(render, USER_URL))
		put_text_member(out, "url", url.ptr ? url : STR(""));
	if (shows_user(render, USER_PROFILE_IMAGE)) {
		put_key(out, "profile_image_url");
		buf_add_text(out, "\"https://pbs.twimg.com/profile_images/");
		put_number(out, person->picture);
		buf_add_text(out, "/perch_normal.jpg\"");
	}
	if (shows_user(render, USER_PROFILE_BANNER) && person->banner) {
		put_key(out, "profile_banner_url");
		buf_add_text(out, "\"https://pbs.twimg.com/profile_banners/");
		put_number(out, person->id);
		buf_add_text(out, "/1750000000\"");
	}
}

static void write_user_entities(const struct render *render, const struct person *person)
{
	struct buf *out = render->out;
	size_t before;

	if (!shows_user(render, USER_ENTITIES) ||
	    (person->description.entity_count == 0 && !person->url.url.ptr))
		return;
	put_key(out, "entities");
	buf_add_byte(out, '{');
	if (person->url.url.ptr) {
		buf_add_text(out, "\"url\":{\"urls\":[{\"start\":0,\"end\":23");
		put_text_member(out, "url", person->url.url);
		put_text_member(out, "expanded_url", person->url.expanded);
		put_text_member(out, "display_url", person->url.display);
		buf_add_text(out, "}]}");
	}
	before = out->len;
	put_key(out, "description");
	buf_add_byte(out, '{');
	render_entities(render, &person->description, false);
	if (out->ptr[out->len - 1] == '{')
		out->len = before;
	else
		buf_add_byte(out, '}');
	buf_add_byte(out, '}');
}

static void write_standing(const struct render *render, const struct person *person)
{
	static const char *const types[] = { "none", "blue", "business", "government" };
	struct buf *out = render->out;

	if (shows_user(render, USER_PROTECTED)) {
		put_key(out, "protected");
		put_bool(out, person->protected);
	}
	if (shows_user(render, USER_VERIFIED)) {
		put_key(out, "verified");
		put_bool(out, person->badge != BADGE_NONE);
	}
	if (shows_user(render, USER_VERIFIED_TYPE))
		put_text_member(out, "verified_type", str_from(types[person->badge]));
	if (shows_user(render, USER_IDENTITY_VERIFIED) && person->badge != BADGE_NONE) {
		put_key(out, "is_identity_verified");
		put_bool(out, person->number % 2 == 0);
	}
	if (shows_user(render, USER_VERIFIED_FOLLOWERS))
		put_number_member(out, "verified_followers_count", person->followers / 40);
	if (shows_user(render, USER_SUBSCRIPTION_TYPE))
		put_text_member(out, "subscription_type", STR("None"));
	if (shows_user(render, USER_PARODY) && person->parody) {
		put_key(out, "parody");
		put_bool(out, true);
	}
	if (shows_user(render, USER_WITHHELD) && person->withheld) {
		put_key(out, "withheld");
		buf_add_text(out, "{\"country_codes\":[\"DE\",\"AT\"],\"scope\":\"user\"}");
	}
	if (shows_user(render, USER_AFFILIATION) && classic(render) &&
	    person->badge >= BADGE_BUSINESS) {
		put_key(out, "affiliation");
		buf_add_text(out,
			     "{\"badge_url\":\"https://pbs.twimg.com/profile_images/1/tea.jpg\","
			     "\"description\":\"Tea Room &amp; Sons\","
			     "\"url\":\"https://towncrier.example\",\"user_id\":[");
		put_id(out, people_id(render->invention->seed, person->number % 9));
		buf_add_text(out, "]}");
	}
}

static void write_user_metrics(const struct render *render, const struct person *person)
{
	struct buf *out = render->out;

	if (!shows_user(render, USER_PUBLIC_METRICS))
		return;
	put_key(out, "public_metrics");
	buf_add_byte(out, '{');
	put_number_member(out, "followers_count", person->followers);
	put_number_member(out, "following_count", person->following);
	put_number_member(out, classic(render) ? "tweet_count" : "post_count", person->written);
	put_number_member(out, "listed_count", person->listed);
	put_number_member(out, "like_count", person->liked);
	if (render->invention->oddities)
		put_number_member(out, "media_count", person->shown_media);
	buf_add_byte(out, '}');
	if (render->invention->oddities && person->number % 5 == 1) {
		put_key(out, "nest");
		buf_add_text(out, "{\"eggs\":3,\"warmth\":3.70E+1,\"built\":null}");
	}
}

void render_user(const struct render *render, int number)
{
	struct person person = people_profile(render->invention->seed, number, render->view->now_us,
					      render->arena);
	struct buf *out = render->out;

	put_comma(out);
	buf_add_byte(out, '{');
	put_id_member(out, "id", person.id);
	put_text_member(out, "username", str_from(person.username));
	put_text_member(out, "name", person.name);
	if (shows_user(render, USER_CREATED_AT)) {
		put_key(out, "created_at");
		put_time(out, person.created_us);
	}
	write_standing(render, &person);
	write_user_metrics(render, &person);
	write_profile(render, &person);
	write_user_entities(render, &person);
	if (shows_user(render, USER_PINNED) && person.pinned_id)
		put_id_member(out, classic(render) ? "pinned_tweet_id" : "pinned_post_id",
			      person.pinned_id);
	if (shows_user(render, USER_MOST_RECENT))
		put_id_member(
			out, classic(render) ? "most_recent_tweet_id" : "most_recent_post_id",
			invent_id_floor(render->view->now_us / (60 * minute_us) * 60 * minute_us) |
				(uint64_t)number);
	buf_add_byte(out, '}');
}

static bool shows_medium(const struct render *render, int field)
{
	return view_shows(render->view, INVENT_MEDIA_FIELDS, field);
}

static void write_variants(struct buf *out, const struct minted_medium *medium)
{
	static const unsigned bit_rates[] = { 256000, 832000, 2176000 };
	size_t count = medium->kind == MEDIUM_GIF ? 1 : 3;

	put_key(out, "variants");
	buf_add_byte(out, '[');
	for (size_t i = 0; i < count; i++) {
		put_comma(out);
		buf_add_byte(out, '{');
		put_number_member(out, "bit_rate", medium->kind == MEDIUM_GIF ? 0 : bit_rates[i]);
		buf_add_text(out, ",\"content_type\":\"video/mp4\",\"url\":"
				  "\"https://video.twimg.com/ext_tw_video/");
		put_number(out, medium->id);
		buf_add_text(out, "/pu/vid/");
		put_number(out, i);
		buf_add_text(out, ".mp4?tag=12\"}");
	}
	if (medium->kind == MEDIUM_VIDEO) {
		buf_add_text(out, ",{\"content_type\":\"application/x-mpegURL\",\"url\":"
				  "\"https://video.twimg.com/ext_tw_video/");
		put_number(out, medium->id);
		buf_add_text(out, "/pu/pl/list.m3u8?tag=12\"}");
	}
	buf_add_byte(out, ']');
}

static void write_picture(struct buf *out, const char *name, uint64_t id, struct dice *dice)
{
	char code[12];

	text_code(dice, 11, code);
	put_key(out, name);
	buf_add_text(out, "\"https://pbs.twimg.com/media/");
	buf_add_text(out, code);
	put_number(out, id % 9973);
	buf_add_text(out, ".jpg\"");
}

void render_medium(const struct render *render, const struct minted_post *post, size_t index)
{
	static const char *const types[] = { "photo", "video", "animated_gif" };
	const struct minted_medium *medium = &post->media[index];
	struct dice dice = dice_for(render->invention->seed, medium->id, CAST_MEDIUM);
	int64_t age = (render->view->now_us - post->created_us) / (10 * minute_us);
	struct buf *out = render->out;
	char key[MEDIA_KEY_MAX];

	render_media_key(medium->kind, medium->id, key);
	put_comma(out);
	buf_add_byte(out, '{');
	put_text_member(out, "media_key", str_from(key));
	put_text_member(out, "type", str_from(types[medium->kind]));
	if (shows_medium(render, MEDIA_WIDTH))
		put_number_member(out, "width", medium->width);
	if (shows_medium(render, MEDIA_HEIGHT))
		put_number_member(out, "height", medium->height);
	if (shows_medium(render, MEDIA_ALT_TEXT) && medium->alt_text.ptr)
		put_text_member(out, "alt_text", medium->alt_text);
	if (medium->kind == MEDIUM_PHOTO) {
		if (shows_medium(render, MEDIA_URL))
			write_picture(out, "url", medium->id, &dice);
	} else {
		if (shows_medium(render, MEDIA_PREVIEW))
			write_picture(out, "preview_image_url", medium->id, &dice);
		if (shows_medium(render, MEDIA_VARIANTS))
			write_variants(out, medium);
	}
	if (medium->kind == MEDIUM_VIDEO) {
		if (shows_medium(render, MEDIA_DURATION))
			put_number_member(out, "duration_ms", medium->duration_ms);
		if (shows_medium(render, MEDIA_PUBLIC_METRICS)) {
			put_key(out, "public_metrics");
			buf_add_text(out, "{\"view_count\":");
			put_number(out, (age > 0 ? (uint64_t)age : 0) * dice_below(&dice, 90));
			buf_add_byte(out, '}');
		}
	}
	if (minted_has(post->traits, TRAIT_UNKNOWN_MEDIA) && shows_medium(render, MEDIA_WIDTH)) {
		put_key(out, "palette");
		buf_add_text(out, "[\"#0b3d2e\",\"#f4a259\"],\"focus\":{\"x\":0.50,\"y\":1.0}");
	}
	buf_add_byte(out, '}');
}

static bool shows_place(const struct render *render, int field)
{
	return view_shows(render->view, INVENT_PLACE_FIELDS, field);
}

void render_place(const struct render *render, int place)
{
	const struct gazetteer_entry *entry = &words_places[place];
	struct str full_name = str_from(entry->name);
	struct buf *out = render->out;

	put_comma(out);
	buf_add_byte(out, '{');
	put_text_member(out, "id", str_from(entry->id));
	if (strcmp(entry->name, entry->country) != 0)
		full_name = text_format(render->arena, "%s, %s", entry->name, entry->country);
	put_text_member(out, "full_name", full_name);
	if (shows_place(render, PLACE_NAME))
		put_text_member(out, "name", str_from(entry->name));
	if (shows_place(render, PLACE_COUNTRY))
		put_text_member(out, "country", str_from(entry->country));
	if (shows_place(render, PLACE_COUNTRY_CODE))
		put_text_member(out, "country_code", str_from(entry->country_code));
	if (shows_place(render, PLACE_TYPE))
		put_text_member(out, "place_type", str_from(entry->type));
	if (shows_place(render, PLACE_CONTAINED_WITHIN) && entry->within >= 0) {
		put_key(out, "contained_within");
		buf_add_byte(out, '[');
		put_text(out, str_from(words_places[entry->within].id));
		buf_add_byte(out, ']');
	}
	if (shows_place(render, PLACE_GEO)) {
		put_key(out, "geo");
		buf_add_text(out, "{\"type\":\"Feature\",\"bbox\":[");
		for (int i = 0; i < 4; i++) {
			put_comma(out);
			put_degrees(out, entry->box_e5[i]);
		}
		buf_add_text(out, "],\"properties\":{}}");
	}
	buf_add_byte(out, '}');
}

static bool shows_poll(const struct render *render, int field)
{
	return view_shows(render->view, INVENT_POLL_FIELDS, field);
}

static const struct language *language_of(const char *code)
{
	for (int i = 0; i < LANGUAGES; i++)
		if (strcmp(words_languages[i].code, code) == 0)
			return &words_languages[i];
	return &words_languages[LANGUAGE_ENGLISH];
}

void render_poll(const struct render *render, const struct minted_post *post)
{
	struct dice dice = dice_for(render->invention->seed, post->n, CAST_VOTES);
	const char *const *answers = language_of(post->lang)->answers;
	uint64_t minutes = 60 * (1 + dice_below(&dice, 36));
	int64_t end_us = post->created_us + (int64_t)minutes * minute_us;
	int64_t until_us = render->view->now_us < end_us ? render->view->now_us : end_us;
	uint64_t age = until_us > post->created_us ?
			       (uint64_t)((until_us - post->created_us) / (10 * minute_us)) :
			       0;
	struct buf *out = render->out;

	put_comma(out);
	buf_add_byte(out, '{');
	put_id_member(out, "id", post->poll_id);
	put_key(out, "options");
	buf_add_byte(out, '[');
	for (int i = 0; i < post->poll_options; i++) {
		put_comma(out);
		buf_add_byte(out, '{');
		put_number_member(out, "position", (uint64_t)i + 1);
		put_text_member(out, "label", str_from(answers[i]));
		put_number_member(out, "votes", age * dice_below(&dice, 30));
		buf_add_byte(out, '}');
	}
	buf_add_byte(out, ']');
	if (shows_poll(render, POLL_VOTING_STATUS))
		put_text_member(out, "voting_status",
				render->view->now_us < end_us ? STR("open") : STR("closed"));
	if (shows_poll(render, POLL_DURATION))
		put_number_member(out, "duration_minutes", minutes);
	if (shows_poll(render, POLL_END)) {
		put_key(out, "end_datetime");
		put_time(out, end_us);
	}
	buf_add_byte(out, '}');
}
