/* What a post says (private to the room). */
#pragma once
#include "invent/text.h"

/* Fill text, note, display_start and display_end of a post that is otherwise complete. */
void compose_post(const struct invention *invention, struct minted_post *post,
		  const struct language *language, struct arena *arena);
void compose_repost(const struct invention *invention, struct minted_post *post,
		    const struct minted_post *target, struct arena *arena);
