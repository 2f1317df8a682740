/* A form is a place to look (a path below each object of one list of the page) and what must be
 * found there. '|' in a path tries names of both vocabularies, '*' any element of an array. */
#include "base/json.h"
#include "invent/invent.h"

enum test { THERE, EMPTY, NOTHING, IS, LIKE, COUNTS, OBJECT, ARRAY, ABSENT, MATCHES };
/* EMPTY {} or []; NOTHING null; IS a text; LIKE a text with a part; COUNTS elements at least;
 * MATCHES a function of the text. */

struct form {
	const char *name, *list, *path;
	enum test test;
	const char *text;
	size_t at_least;
	bool (*matches)(struct str text);
};

/* Does any code point of the text lie in [low, high]? */
static bool has_point(struct str text, uint32_t low, uint32_t high)
{
	size_t i = 0;

	while (i < text.len) {
		unsigned char lead = (unsigned char)text.ptr[i];
		size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
		uint32_t point = len == 1 ? lead : lead & (0xffu >> (len + 1));

		for (size_t k = 1; k < len; k++)
			point = point << 6 | ((unsigned char)text.ptr[i + k] & 0x3fu);
		if (point >= low && point <= high)
			return true;
		i += len;
	}
	return false;
}

static bool has_emoji(struct str text)
{
	return has_point(text, 0x10000, 0x10ffff);
}

static bool has_joined_emoji(struct str text)
{
	return has_point(text, 0x200d, 0x200d) && has_emoji(text);
}

static bool has_flag(struct str text)
{
	return has_point(text, 0x1f1e6, 0x1f1ff);
}

static bool is_right_to_left(struct str text)
{
	return has_point(text, 0x590, 0x6ff);
}

static bool has_line_break(struct str text)
{
	return has_point(text, '\n', '\n');
}

static bool has_control(struct str text)
{
	return has_point(text, 0, 9) || has_point(text, 11, 31) || has_point(text, 0x80, 0x9f) ||
	       has_point(text, 0x2028, 0x2029);
}

static bool is_decomposed(struct str text)
{
	return has_point(text, 0x300, 0x36f) || has_point(text, 0x1160, 0x11ff) ||
	       has_point(text, 0x3099, 0x3099);
}

static bool is_foreign(struct str text)
{
	return has_point(text, 0x80, 0x10ffff);
}

static bool is_mixed_case(struct str text)
{
	return has_point(text, 'a', 'z') && has_point(text, 'A', 'Z');
}

static bool is_cut_repost(struct str text)
{
	return str_starts(text, STR("RT @")) && str_ends(text, STR("…"));
}

static bool is_offset(struct str text)
{
	return str_ends(text, STR("+00:00"));
}

static bool is_without_milliseconds(struct str text)
{
	return text.len == strlen("2026-11-22T00:00:00Z");
}

#define FORM(form, in, at, how, ...)                                                               \
	{                                                                                          \
		.name = (form), .list = (in), .path = (at), .test = (how), __VA_ARGS__             \
	}
#define HAS(name, list, path) FORM(name, list, path, THERE, .text = NULL)
#define MANY(name, list, path, least) FORM(name, list, path, COUNTS, .at_least = (least))
#define MATCH(name, list, path, function) FORM(name, list, path, MATCHES, .matches = (function))
#define WORD(name, list, path, word) FORM(name, list, path, IS, .text = (word))
#define LANG(code) WORD("lang_" code, "data", "lang", code)
#define SETTING(value) WORD("reply_settings_" value, "data", "reply_settings", value)
#define PLACE(type) WORD("place_" type, "places", "place_type", type)
#define REFERENCE(name, type) WORD(name, "data", "referenced_tweets|referenced_posts/*/type", type)
#define PART(name, list, path, part) FORM(name, list, path, LIKE, .text = (part))
#define PROBLEM(name, type) PART(name, "errors", "type", type)

static const struct form forms[] = {
	LANG("en"),
	LANG("ja"),
	LANG("es"),
	LANG("ar"),
	LANG("pt"),
	LANG("fr"),
	LANG("de"),
	LANG("tr"),
	LANG("ru"),
	LANG("ko"),
	LANG("zh"),
	LANG("hi"),
	LANG("fa"),
	LANG("iw"),
	LANG("ur"),
	LANG("bn"),
	LANG("ta"),
	LANG("th"),
	LANG("uk"),
	LANG("el"),
	LANG("vi"),
	LANG("am"),
	LANG("ka"),
	MATCH("emoji", "data", "text", has_emoji),
	MATCH("emoji_joined", "data", "text", has_joined_emoji),
	MATCH("emoji_flag", "data", "text", has_flag),
	MATCH("right_to_left", "data", "text", is_right_to_left),
	MATCH("line_break", "data", "text", has_line_break),
	MATCH("control", "data", "text", has_control),
	MATCH("decomposed", "data", "text", is_decomposed),
	PART("html_entity", "data", "text", "&amp;"),
	PART("html_entity_lt", "data", "text", "&lt;"),
	PART("html_entity_gt", "data", "text", "&gt;"),
	HAS("long", "data", "note_tweet|note_post/text"),
	HAS("long_entities", "data", "note_tweet|note_post/entities/*"),
	REFERENCE("reply", "replied_to"),
	REFERENCE("quote", "quoted"),
	REFERENCE("repost", "retweeted"),
	MATCH("repost_cut", "data", "text", is_cut_repost),
	MANY("edited", "data", "edit_history_tweet_ids|edit_history_post_ids", 2),
	HAS("edit_controls", "data", "edit_controls/editable_until"),
	MANY("media_several", "data", "attachments/media_keys", 2),
	WORD("photo", "media", "type", "photo"),
	WORD("video", "media", "type", "video"),
	WORD("gif", "media", "type", "animated_gif"),
	HAS("video_duration", "media", "duration_ms"),
	MANY("video_variants", "media", "variants", 2),
	HAS("alt_text", "media", "alt_text"),
	HAS("poll", "polls", "options/*/votes"),
	HAS("place", "data", "geo/place_id"),
	PLACE("city"),
	PLACE("admin"),
	PLACE("country"),
	PLACE("neighborhood"),
	PLACE("poi"),
	HAS("place_within", "places", "contained_within/*"),
	MANY("place_bbox", "places", "geo/bbox", 4),
	MANY("coordinates", "data", "geo/coordinates/coordinates", 2),
	HAS("withheld", "data", "withheld/country_codes"),
	PROBLEM("error_not_found", "resource-not-found"),
	PROBLEM("error_not_authorized", "not-authorized-for-resource"),
	HAS("unknown_post", "data", "perch"),
	HAS("unknown_user", "users", "nest"),
	HAS("unknown_medium", "media", "palette"),
	HAS("unknown_entity", "data", "entities/emoji"),
	MATCH("hashtag_mixed", "data", "entities/hashtags/*/tag", is_mixed_case),
	MATCH("hashtag_foreign", "data", "entities/hashtags/*/tag", is_foreign),
	HAS("cashtag", "data", "entities/cashtags/*/tag"),
	HAS("mention", "data", "entities/mentions/*/username"),
	HAS("url_images", "data", "entities/urls/*/images/*/url"),
	HAS("url_unwound", "data", "entities/urls/*/unwound_url"),
	HAS("annotation", "data", "entities/annotations/*/probability"),
	HAS("context", "data", "context_annotations/*/entity/name"),
	HAS("community", "data", "community_id"),
	SETTING("everyone"),
	SETTING("mentionedUsers"),
	SETTING("following"),
	SETTING("subscribers"),
	SETTING("verified"),
	SETTING("other"),
	WORD("sensitive", "data", "possibly_sensitive", "true"),
	HAS("article", "data", "article/title"),
	HAS("media_metadata", "data", "media_metadata/*/media_key"),
	FORM("notes_object", "data", "matched_media_notes", OBJECT, .text = NULL),
	FORM("notes_array", "data", "matched_media_notes", ARRAY, .text = NULL),
	HAS("bookmarks", "data", "public_metrics/bookmark_count"),
	HAS("impressions", "data", "public_metrics/impression_count"),
	HAS("scopes", "data", "scopes/followers"),
	FORM("without_created_at", "data", "created_at", ABSENT, .text = NULL),
	FORM("without_author", "data", "author_id", ABSENT, .text = NULL),
	MATCH("time_offset", "data", "created_at", is_offset),
	MATCH("time_seconds", "data", "created_at", is_without_milliseconds),
	FORM("geo_empty", "data", "geo", EMPTY, .text = NULL),
	FORM("attachments_empty", "data", "attachments", EMPTY, .text = NULL),
	FORM("null_member", "data", "geo", NOTHING, .text = NULL),
	WORD("number_1.0", "data", "perch/height", "1.0"),
	WORD("number_1e3", "data", "perch/weight", "1e3"),
	WORD("number_large", "data", "perch/ring", "12345678901234567890123"),
	HAS("classic_metrics", "data", "public_metrics/retweet_count"),
	HAS("new_metrics", "data", "public_metrics/repost_count"),
};
enum { FORM_COUNT = sizeof forms / sizeof forms[0] };
_Static_assert((int)FORM_COUNT < (int)INVENT_FORMS_MAX, "room for every form");

const char *invent_form_name(int form)
{
	return form < FORM_COUNT ? forms[form].name : NULL;
}

static struct str text_of(yyjson_val *val)
{
	return yyjson_is_true(val) ? STR("true") : json_text(val);
}

static bool passes(const struct form *form, yyjson_val *val)
{
	size_t size = yyjson_is_ctn(val) ? yyjson_get_len(val) : 0;
	struct str text = text_of(val);

	switch (form->test) {
	case EMPTY:
		return yyjson_is_ctn(val) && size == 0;
	case NOTHING:
		return yyjson_is_null(val);
	case IS:
		return str_equal(text, str_from(form->text));
	case LIKE:
		return text.len > 0 && memmem(text.ptr, text.len, form->text, strlen(form->text));
	case COUNTS:
		return size >= form->at_least;
	case OBJECT:
		return yyjson_is_obj(val);
	case ARRAY:
		return yyjson_is_arr(val);
	case MATCHES:
		return text.ptr && form->matches(text);
	case ABSENT:
		return false;
	default:
		return val && !yyjson_is_null(val);
	}
}

/* Does a value at the path below `val` pass? */
static bool found(const struct form *form, yyjson_val *val, struct str path)
{
	struct str step, name;
	yyjson_val *child;
	size_t i, count;

	if (!str_split(&path, '/', &step))
		return passes(form, val);
	if (str_equal(step, STR("*"))) {
		yyjson_arr_iter elements;
		yyjson_obj_iter members;

		if (yyjson_is_arr(val)) {
			yyjson_arr_iter_init(val, &elements);
			count = yyjson_arr_size(val);
			for (i = 0; i < count; i++)
				if (found(form, yyjson_arr_iter_next(&elements), path))
					return true;
		} else if (yyjson_is_obj(val)) {
			yyjson_obj_iter_init(val, &members);
			while ((child = yyjson_obj_iter_next(&members)))
				if (found(form, yyjson_obj_iter_get_val(child), path))
					return true;
		}
		return false;
	}
	while (str_split(&step, '|', &name)) {
		child = yyjson_obj_getn(val, name.ptr, name.len);
		if (child)
			return found(form, child, path);
	}
	return form->test == ABSENT;
}

enum err_kind invent_count_forms(struct str page, uint64_t counts[INVENT_FORMS_MAX],
				 struct err *err)
{
	struct json_doc doc = { 0 };
	enum err_kind kind = json_read(&doc, page, err);

	for (int form = 0; kind == ERR_NONE && form < FORM_COUNT; form++) {
		bool own = strcmp(forms[form].list, "data") == 0 ||
			   strcmp(forms[form].list, "errors") == 0;
		yyjson_val *root = own ? doc.root : json_get(doc.root, "includes"), *val;
		yyjson_arr_iter elements;

		if (!yyjson_arr_iter_init(json_get(root, forms[form].list), &elements))
			continue;
		while ((val = yyjson_arr_iter_next(&elements)))
			counts[form] += found(&forms[form], val, str_from(forms[form].path));
	}
	json_release(&doc);
	return kind;
}
