/* A text in the making, with the entities it holds and their places (private to the room).
 *
 * Places count code points, as X counts. `weight` is X's own measure of length, by which a post may
 * have 280: code points from U+1100 on (CJK, emoji) count two, every URL 23. */
#pragma once
#include "base/arena.h"
#include "invent/mint.h"

enum { DRAFT_BYTES_MAX = 8192, DRAFT_ENTITIES_MAX = 40, TEXT_WEIGHT_MAX = 280 };

struct draft {
	struct arena *arena; /* holds what entities point to */
	size_t len, entity_count;
	uint32_t length, weight;
	char bytes[DRAFT_BYTES_MAX];
	struct minted_entity entities[DRAFT_ENTITIES_MAX];
};

void draft_begin(struct draft *draft, struct arena *arena);
/* What does not fit any more is left out whole. */
void draft_add(struct draft *draft, const char *text);
/* A sentence of words.def with its {n}, {t} and {c} filled; a {c} is annotated. */
void draft_say(struct draft *draft, struct dice *dice, const struct language *language,
	       const char *sentence);
void draft_hashtag(struct draft *draft, const char *sign, const char *tag);
void draft_cashtag(struct draft *draft, const char *symbol);
void draft_mention(struct draft *draft, const char *username, int person);
/* A short URL; link->url and the rest must live in the arena. */
void draft_url(struct draft *draft, const struct minted_link *link);

/* The finished text, copied into the arena. */
struct minted_text draft_finish(const struct draft *draft);
/* Adds the part of `text` that weighs at most `weight_max`, cut between words where it can be, and
 * the entities that lie in it whole; false when something was left out. */
bool draft_add_part(struct draft *draft, const struct minted_text *text, uint32_t weight_max);

/* "https://t.co/" and ten letters and digits. */
struct str text_short_url(struct arena *arena, struct dice *dice);
/* `count` letters and digits, zero-terminated. */
void text_code(struct dice *dice, size_t count, char *ret_text);
/* printf into the arena. */
struct str text_format(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
