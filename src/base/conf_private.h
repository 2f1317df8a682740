/* What the files of conf share. A slot is the place of a value in the caller's struct; texts in slots
 * are owned by the slot. */
#pragma once
#include "base/conf.h"

/* Reads `text` into the slot. The message says what is expected, not where: "expected yes or no, not
 * 'maybe'". A failed call leaves the slot alone. An empty text and an empty list are NULL. */
MUST_CHECK enum err_kind conf_value_set(const struct conf_key *key, void *slot, struct str text,
					struct err *err);
/* Adds one item, taken whole, to a CONF_LIST. */
void conf_value_append(void *slot, struct str item);
/* Adds the value as it would be written in a file; nothing for NULL. */
void conf_value_print(const struct conf_key *key, const void *slot, struct buf *ret);
void conf_value_release(const struct conf_key *key, void *slot);

void conf_group_release(struct conf_group *group);

void *conf_slot(const struct conf *conf, const struct conf_key *key);
void conf_set_origin(struct conf *conf, const struct conf_key *key, const char *origin);

enum { CONF_NAME_MAX = 48 };

/* The nearest of the names tried, by edits; far ones do not count. */
struct conf_guess {
	struct str wrong;
	const char *name; /* the nearest so far, NULL while nothing is near */
	size_t distance;
};
void conf_guess_try(struct conf_guess *guess, const char *name);

/* "--publish-interval"; the caller frees it. */
char *conf_flag_of(const char *name);
/* The text, cut at a character's start to what fits into a message. */
struct str conf_excerpt(struct str text);
