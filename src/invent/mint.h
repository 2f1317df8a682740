/* An invented post, before it is spelled as JSON (private to the room). */
#pragma once
#include "invent/invent.h"
#include "invent/words.h"

/* What some posts have and most have not. */
enum trait {
	TRAIT_SENSITIVE,
	TRAIT_WITHHELD,
	TRAIT_COMMUNITY,
	TRAIT_ARTICLE,
	TRAIT_PAID,
	TRAIT_SCOPES,
	TRAIT_MEDIA_NOTES,
	TRAIT_NOTE_REQUEST,
	TRAIT_SOURCE_LINKS,
	TRAIT_MEDIA_METADATA,
	TRAIT_CONTEXT,
	/* Oddities, see struct invention. */
	TRAIT_TIME_OFFSET,  /* +00:00 for Z */
	TRAIT_TIME_SECONDS, /* no milliseconds */
	TRAIT_TIME_ABSENT,
	TRAIT_AUTHOR_ABSENT,
	TRAIT_GEO_EMPTY,
	TRAIT_ATTACHMENTS_EMPTY,
	TRAIT_NULLS,
	TRAIT_UNKNOWN,
	TRAIT_UNKNOWN_ENTITIES,
	TRAIT_UNKNOWN_MEDIA,
	TRAITS,
};

static inline bool minted_has(uint64_t traits, enum trait trait)
{
	return traits >> trait & 1;
}

enum medium_kind { MEDIUM_PHOTO, MEDIUM_VIDEO, MEDIUM_GIF };

enum minted_kind { MINTED_ORIGINAL, MINTED_REPLY, MINTED_QUOTE, MINTED_REPOST };

enum minted_entity_kind {
	MINTED_HASHTAG,
	MINTED_CASHTAG,
	MINTED_MENTION,
	MINTED_URL,
	MINTED_ANNOTATION,
};

/* A web page an URL leads to. Everything but url and expanded may be STR_NONE. */
struct minted_link {
	struct str url, expanded, display, title, description, image;
	uint64_t media_id; /* != 0: the URL stands for this medium of the post */
	int media_kind;
};

struct minted_entity {
	enum minted_entity_kind kind;
	uint32_t start, end; /* code points, end exclusive (rendered as X does for annotations) */
	struct str text;     /* tag without its sign, user name without @, the annotated text */
	int person;          /* a mention's person; -1: an account that is gone */
	struct minted_link link;
};

struct minted_text {
	struct str text;
	const struct minted_entity *entities; /* in order of start */
	size_t entity_count;
	uint32_t length; /* code points */
};

struct minted_medium {
	uint64_t id;
	int kind; /* enum medium_kind */
	uint32_t width, height, duration_ms;
	struct str alt_text; /* or STR_NONE */
};

enum minted_fate { FATE_THERE, FATE_DELETED, FATE_PROTECTED };

struct minted_reference {
	enum minted_kind kind; /* how it is referred to: reply, quote or repost */
	uint64_t n, id;        /* n is meaningless unless the post is there */
	int author;
	enum minted_fate fate;
};

enum { MINTED_MEDIA_MAX = 4, MINTED_REFERENCES_MAX = 2, MINTED_EDITS_MAX = 6 };

struct minted_post {
	uint64_t n, id, conversation_id;
	int64_t created_us;
	enum minted_kind kind;
	int author; /* number of a person */
	const char *lang;
	int topic;
	uint64_t traits;         /* enum trait */
	struct minted_text text; /* as `text`: a long post's is cut */
	struct minted_text note; /* the whole of a long post; .text.ptr NULL otherwise */
	uint32_t display_start, display_end;
	struct minted_medium media[MINTED_MEDIA_MAX];
	size_t media_count;
	struct minted_reference references[MINTED_REFERENCES_MAX];
	size_t reference_count;
	int reply_to;    /* person, -1 none */
	int place;       /* -1 none */
	bool pinpointed; /* with coordinates */
	int32_t longitude_e5, latitude_e5;
	uint64_t poll_id; /* 0 none */
	int poll_options;
	uint64_t edits[MINTED_EDITS_MAX]; /* ids of its versions, the newest (id) last */
	size_t edit_count;
};

/* Invents post n; all it holds lives in the arena. */
const struct minted_post *mint_post(const struct invention *invention, uint64_t n,
				    struct arena *arena);
