/* The invented people, each a pure function of seed and number (private to the room). */
#pragma once
#include "invent/text.h"

enum { PEOPLE = 600, USERNAME_MAX = 16 };

/* Whoever writes most in a language has rank 0 in it. */
int people_language(int person);
int people_rank(int person);
/* Somebody who speaks the language; the lower the rank, the likelier. */
int people_pick(struct dice *dice, int language);
/* ^[A-Za-z0-9_]{1,15}$, no two alike; the terminating zero included in USERNAME_MAX. */
void people_username(uint64_t seed, int person, char ret_name[USERNAME_MAX]);
uint64_t people_id(uint64_t seed, int person);
int64_t people_created_us(uint64_t seed, int person);

enum person_badge { BADGE_NONE, BADGE_BLUE, BADGE_BUSINESS, BADGE_GOVERNMENT };

struct person {
	int number;
	uint64_t id, pinned_id; /* pinned_id 0: none */
	int64_t created_us;
	char username[USERNAME_MAX];
	struct str name, location;      /* location may be empty */
	struct minted_text description; /* may be empty */
	struct minted_link url;         /* url.url may be STR_NONE */
	uint64_t picture;
	enum person_badge badge;
	bool protected, withheld, parody, banner;
	/* At the time asked for. */
	uint64_t followers, following, written, listed, liked, shown_media;
};

/* All about a person as of `now_us`; what it points to lives in the arena. */
struct person people_profile(uint64_t seed, int person, int64_t now_us, struct arena *arena);
