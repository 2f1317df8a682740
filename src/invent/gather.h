/* What a page's posts bring along, each once, in the order of first mention (private). */
#pragma once
#include "invent/render.h"

struct gathered_medium {
	const struct minted_post *post;
	size_t index;
};

struct gathered_loss {
	const char *parameter; /* which expansion met it */
	uint64_t post_id;      /* 0: an account, by name */
	struct str username;
	bool forbidden; /* it is there, but not for us */
};

struct gathered {
	const struct minted_post **referenced, **polls;
	struct gathered_medium *media;
	struct gathered_loss *losses;
	int *people, *places;
	size_t referenced_count, poll_count, medium_count, loss_count, person_count, place_count;
};

/* As the view's expansions ask. Everything lives in render->arena. */
struct gathered gather(const struct render *render, const struct minted_post *const *posts,
		       size_t count);
