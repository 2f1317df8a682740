/* What a query asks of a post, read once from its JSON (private to the room).
 *
 * The post is one of X's API in either vocabulary, with the fields id, text, note_tweet, entities,
 * lang, author_id, conversation_id, in_reply_to_user_id, referenced_tweets, attachments and geo, and
 * the users and media that its page includes. Members that are missing or of a wrong type are as
 * absent. */
#pragma once
#include "base/json.h"
#include "query/query.h"

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

/* Reads the posts of one page after another; reusable. Zero-initialised is empty. */
struct facts_reader {
	struct word_list words;
	yyjson_val **users; /* by hash of their id */
	size_t user_slots;  /* a power of two */
	yyjson_val *media;
};
/* A page's includes, which may be NULL; its document must live while its posts are read. */
void facts_reader_begin(struct facts_reader *reader, yyjson_val *includes);
/* All that the facts hold is in the arena, nothing in the document. */
struct facts facts_read(struct facts_reader *reader, yyjson_val *post, struct arena *arena);
void facts_reader_release(struct facts_reader *reader);
/* A member by its name in one vocabulary or the other. */
yyjson_val *facts_member(yyjson_val *object, const char *classic, const char *newer);
