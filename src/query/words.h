/* Text as a search index sees it (part of the room's door).
 *
 * Folded: full case folding, canonical decomposition, accents (U+0300 to U+036F) and variation
 * selectors left out, `&lt; &gt; &amp;` read as the characters they stand for. Split into words: runs
 * of letters, marks, numbers and '_'. Every letter of a script that sets no spaces (Han, Kana, Thai,
 * Lao, Burmese, Khmer) is a word, and so is every pictograph (category So, skin tones); all else
 * separates. So music finds Músic, 天気 is two words in a row, and coca-cola is, too. */
#pragma once
#include "base/arena.h"

struct words {
	const struct str *items; /* folded; an empty one stands between two texts */
	size_t count;
};

/* Makes words of one text after another. */
struct word_list {
	struct str *items;
	size_t count, cap;
};
void word_list_release(struct word_list *list);
/* Adds the words of a text (valid UTF-8), which live in the arena; an empty word first, unless the
 * list is empty. */
void word_list_add(struct word_list *list, struct str text, struct arena *arena);
/* What was gathered, copied into the arena; the list is empty again. */
struct words word_list_take(struct word_list *list, struct arena *arena);

/* The folded text as a whole, in the arena. */
struct str words_fold(struct str text, struct arena *arena);
/* Whether a character may be part of a word: what is none separates. */
bool words_have(uint32_t point);

/* Whether the words of `wanted` stand in a row in `text`. None: false. */
bool words_contain(struct words text, struct words wanted);
/* Whether one of the items equals the text. */
bool words_have_item(struct words items, struct str wanted);
