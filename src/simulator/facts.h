/* What a query asks of a post, read once from its JSON (private to the room).
 *
 * The post is one of X's API in either vocabulary, with the fields id, text, note_tweet, entities,
 * lang, author_id, conversation_id, in_reply_to_user_id, referenced_tweets, attachments and geo, and
 * the users and media that its page includes. Members that are missing or of a wrong type are as
 * absent. */
#pragma once
#include "base/json.h"
#include "simulator/words.h"

enum trait {
	HAS_HASHTAGS,
	HAS_CASHTAGS,
	HAS_LINKS,
	HAS_MENTIONS,
	HAS_MEDIA,
	HAS_IMAGES,
	HAS_VIDEOS,
	HAS_GEO,
	IS_REPLY,
	IS_QUOTE,
	IS_REPOST,
	IS_VERIFIED,
};

struct person_facts {
	struct str id, username; /* the name is folded; STR_NONE where unknown */
};

struct facts {
	uint32_t traits;    /* bits of enum trait */
	struct words text;  /* of the whole text, then of its links' addresses */
	struct words links; /* of the links' addresses alone */
	struct words hashtags, cashtags, mentions; /* folded, without sign */
	struct str lang, conversation_id;
	struct person_facts author, reply_to;
};

static inline bool facts_have(const struct facts *facts, enum trait trait)
{
	return facts->traits >> trait & 1;
}

/* All it holds is in the arena, nothing in the document. `includes` may be NULL. `scratch` is for
 * reuse; released with word_list_release(). */
struct facts facts_read(yyjson_val *post, yyjson_val *includes, struct word_list *scratch,
			struct arena *arena);
/* A member by its name in one vocabulary or the other. */
yyjson_val *facts_member(yyjson_val *object, const char *classic, const char *newer);
