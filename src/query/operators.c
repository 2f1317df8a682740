/* The operators of recent search, as data. X adds some and renames others: an edit here is all it takes.
 * Those of streams alone (sample:, bio: …) are not among them. */
#include "query/operators.h"

enum value_kind {
	VALUE_TRAIT,
	VALUE_PERSON, /* a user name or an id */
	VALUE_LANG,
	VALUE_ID,
	VALUE_NUMBER,
	VALUE_TEXT, /* at least one word */
	VALUE_PAIR, /* numbers with a point between */
	VALUE_AREA, /* numbers in brackets */
};

static const struct operator
{
	const char *name;
	enum query_kind kind;
	enum value_kind value;
}
operators[] = {
	{ "has", QUERY_TRAIT, VALUE_TRAIT },
	{ "is", QUERY_TRAIT, VALUE_TRAIT },
	{ "from", QUERY_FROM, VALUE_PERSON },
	{ "to", QUERY_TO, VALUE_PERSON },
	{ "url", QUERY_URL, VALUE_TEXT },
	{ "lang", QUERY_LANG, VALUE_LANG },
	{ "conversation_id", QUERY_CONVERSATION, VALUE_ID },
	{ "retweets_of", QUERY_BEYOND, VALUE_PERSON },
	{ "retweets_of_tweet_id", QUERY_BEYOND, VALUE_ID },
	{ "quotes_of_tweet_id", QUERY_BEYOND, VALUE_ID },
	{ "in_reply_to_tweet_id", QUERY_BEYOND, VALUE_ID },
	{ "list", QUERY_BEYOND, VALUE_ID },
	{ "context", QUERY_BEYOND, VALUE_PAIR },
	{ "entity", QUERY_BEYOND, VALUE_TEXT },
	{ "place", QUERY_BEYOND, VALUE_TEXT },
	{ "place_country", QUERY_BEYOND, VALUE_LANG },
	{ "point_radius", QUERY_BEYOND, VALUE_AREA },
	{ "bounding_box", QUERY_BEYOND, VALUE_AREA },
	{ "min_likes", QUERY_BEYOND, VALUE_NUMBER },
	{ "min_replies", QUERY_BEYOND, VALUE_NUMBER },
	{ "min_reposts", QUERY_BEYOND, VALUE_NUMBER },
	{ "url_title", QUERY_BEYOND, VALUE_TEXT },
	{ "url_description", QUERY_BEYOND, VALUE_TEXT },
	{ "url_contains", QUERY_BEYOND, VALUE_TEXT },
};
enum { OPERATOR_COUNT = sizeof operators / sizeof *operators };

static const struct {
	const char *operator, * value;
	enum trait trait;
} traits[] = {
	{ "has", "hashtags", HAS_HASHTAGS }, { "has", "cashtags", HAS_CASHTAGS },
	{ "has", "links", HAS_LINKS },       { "has", "mentions", HAS_MENTIONS },
	{ "has", "media", HAS_MEDIA },       { "has", "images", HAS_IMAGES },
	{ "has", "videos", HAS_VIDEOS },     { "has", "video_link", HAS_VIDEOS },
	{ "has", "geo", HAS_GEO },           { "is", "reply", IS_REPLY },
	{ "is", "quote", IS_QUOTE },         { "is", "retweet", IS_REPOST },
	{ "is", "verified", IS_VERIFIED },
};

enum { ID_DIGITS_MAX = 19, LANG_LETTERS_MAX = 8, NUMBER_DIGITS_MAX = 10, PAIR_MAX = 40 };

static bool consists_of(struct str text, size_t len_max, bool letters, const char *signs)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char byte = (unsigned char)text.ptr[i];
		bool good = (byte >= '0' && byte <= '9') ||
			    (letters && byte < 0x80 && words_have(byte)) ||
			    (byte != '\0' && strchr(signs, byte));
		if (!good)
			return false;
	}
	return text.len > 0 && text.len <= len_max;
}

static bool read_trait(struct str name, struct str value, struct query *ret)
{
	if (str_equal(name, STR("is")) && str_equal(value, STR("nullcast"))) {
		ret->kind = QUERY_NEVER;
		return true;
	}
	for (size_t i = 0; i < sizeof traits / sizeof *traits; i++) {
		if (str_equal(name, str_from(traits[i].operator)) &&
		    str_equal(value, str_from(traits[i].value))) {
			ret->trait = traits[i].trait;
			return true;
		}
	}
	return false;
}

static bool is_area(struct str value)
{
	enum { AREA_MAX = 120 };
	if (!str_starts(value, STR("[")) || !str_ends(value, STR("]")))
		return false;
	return consists_of(str_make(value.ptr + 1, value.len - 2), AREA_MAX, true, " .-");
}

static bool is_good(const struct operator* operator, struct str value, struct query *ret)
{
	switch (operator->value) {
	case VALUE_TRAIT:
		return read_trait(str_from(operator->name), value, ret);
	case VALUE_PERSON:
		return consists_of(value, ID_DIGITS_MAX, true, "");
	case VALUE_LANG:
		return consists_of(value, LANG_LETTERS_MAX, true, "-");
	case VALUE_ID:
		return consists_of(value, ID_DIGITS_MAX, false, "");
	case VALUE_NUMBER:
		return consists_of(value, NUMBER_DIGITS_MAX, false, "");
	case VALUE_PAIR:
		return consists_of(value, PAIR_MAX, false, ".*");
	case VALUE_AREA:
		return is_area(value);
	case VALUE_TEXT:
		break; /* the caller looks for words */
	}
	return true;
}

enum operator_verdict operator_read(struct str name, struct str value, struct arena *arena,
				    struct query *ret)
{
	for (size_t i = 0; i < OPERATOR_COUNT; i++) {
		if (!str_equal(name, str_from(operators[i].name)))
			continue;
		ret->kind = operators[i].kind;
		ret->value = words_fold(value, arena);
		return is_good(&operators[i], value, ret) ? OPERATOR_GOOD : OPERATOR_BAD_VALUE;
	}
	return OPERATOR_UNKNOWN;
}

void operators_list(bool no_beyond, struct buf *ret)
{
	for (size_t i = 0; i < OPERATOR_COUNT; i++) {
		if (!no_beyond || operators[i].kind != QUERY_BEYOND)
			buf_addf(ret, "%s%s:", ret->len > 0 ? " " : "", operators[i].name);
	}
}

bool query_is_value(struct str name, struct str value)
{
	struct arena arena = { 0 };
	struct query ignored = { 0 };
	bool good = operator_read(name, value, &arena, &ignored) == OPERATOR_GOOD;
	arena_release(&arena);
	return good;
}
