/* What invented people say: languages, sentences, places (private to the room). */
#pragma once
#include "base/str.h"
#include "invent/dice.h"

enum topic { BIRDS, WEATHER, TRAINS, FOOTBALL, CODE, FOOD, ELECTIONS, TOPICS };

enum { CITIES_MAX = 6, NAMES_MAX = 9, ANSWERS_MAX = 5, REPLIES_MAX = 7, TAGS_MAX = 5, SAY_MAX = 8 };

/* All lists end with NULL. */
struct language {
	const char *code;
	unsigned weight;
	bool spaced; /* words are set apart by spaces */
	const char *cities[CITIES_MAX], *names[NAMES_MAX], *answers[ANSWERS_MAX];
	const char *replies[REPLIES_MAX];
	struct {
		const char *tags[TAGS_MAX], *say[SAY_MAX];
	} topics[TOPICS];
};

enum { LANGUAGES = 23, LANGUAGE_ENGLISH = 0 };
extern const struct language words_languages[LANGUAGES];

struct gazetteer_entry {
	const char *id, *name, *country, *country_code, *type;
	int within;        /* index of what contains it, -1 none */
	int32_t box_e5[4]; /* west, south, east, north in hundred-thousandths of a degree */
};

extern const struct gazetteer_entry words_places[];
extern const int words_place_count;

/* A language by weight; a topic as people turn to it at this hour of the day (UTC). */
int words_language(struct dice *dice);
enum topic words_topic(struct dice *dice, int hour);
/* A member of a list that ends with NULL; the earlier the likelier, or all alike. */
const char *words_favourite(struct dice *dice, const char *const *list);
const char *words_any(struct dice *dice, const char *const *list);

/* A place: cities twice as often as any other type. */
int words_place(struct dice *dice);
const char *words_emoji(struct dice *dice, enum topic topic);
const char *words_cashtag(struct dice *dice);
const char *words_domain(struct dice *dice);
/* " rain &amp; wind": with HTML entities; with letters spelled as base and combining marks; with
 * characters that control layout. */
const char *words_escaped(struct dice *dice);
const char *words_decomposed(struct dice *dice);
const char *words_control(struct dice *dice);
const char *words_topic_name(enum topic topic);
/* One plain English word, for a hashtag. */
const char *words_topic_tag(enum topic topic);
