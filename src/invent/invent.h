/* An invented X: people, places and posts that never were, rendered as X's API v2 renders its own.
 *
 * In: a struct invention (seed and pace) and a post's number n. Out: the same post for the same
 * numbers, on every machine, in any order, as often as asked: nothing is stored, so posts that
 * refer to earlier posts invent those again. Everything rendered is valid JSON on one line in X's
 * spelling: UTF-8, characters beyond the BMP as \uD83D\uDE00, members without a value absent.
 *
 * Nothing here fails: sizes are bounded, memory comes from the caller's arena or buf. No function
 * keeps a pointer; all are safe to call from several threads. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

struct invention {
	uint64_t seed;
	int64_t start_us; /* post 0 is written at this time or a little later */
	uint64_t posts;   /* so many posts... */
	int64_t span_us;  /* ...in so long (both > 0); n may go beyond, at the same pace */
	bool rhythm;      /* quiet nights and busy evenings (UTC); false: an even pace */
	bool oddities;    /* also what X rarely or never sends and a lossless reader survives:
			    * unknown members, null, {}, other spellings of times and numbers,
			    * control characters; and rare members become frequent */
	bool topical;     /* most posts say in English what they are about, by a hashtag: #birds
			    * #weather #trains #football #code #food #elections */
};

/* When post n is written, and its id, a snowflake of that time. Both grow with n. */
int64_t invent_time_us(const struct invention *invention, uint64_t n);
uint64_t invent_id(const struct invention *invention, uint64_t n);
/* Whether post n is a repost of an earlier one; cheap, the post is not invented for it. */
bool invent_is_repost(const struct invention *invention, uint64_t n);
/* How many posts were written before a time, or have an id below one: the number of the first that
 * was not or has not. */
uint64_t invent_count_before(const struct invention *invention, int64_t time_us);
uint64_t invent_count_below(const struct invention *invention, uint64_t id);
/* Unix time of a snowflake, and the lowest id of a time (0 before snowflakes began). */
int64_t invent_id_time_us(uint64_t id);
uint64_t invent_id_floor(int64_t time_us);

enum invent_vocabulary { INVENT_TWEET, INVENT_POST };

enum invent_parameter {
	INVENT_POST_FIELDS, /* tweet.fields, post.fields */
	INVENT_USER_FIELDS,
	INVENT_MEDIA_FIELDS,
	INVENT_PLACE_FIELDS,
	INVENT_POLL_FIELDS,
	INVENT_EXPANSIONS,
	INVENT_PARAMETERS,
};

/* Which members an answer shows, and when it is given: counts grow with the time that has passed
 * since a post was written, in steps of ten minutes. */
struct invent_view {
	enum invent_vocabulary vocabulary;
	uint64_t shown[INVENT_PARAMETERS]; /* bit sets of view.h */
	int64_t now_us;
};

/* The fields X sends unasked, and everything there is. */
struct invent_view invent_view_default(enum invent_vocabulary vocabulary, int64_t now_us);
struct invent_view invent_view_all(enum invent_vocabulary vocabulary, int64_t now_us);
/* Adds what a comma list names. As X does, a name of the other vocabulary is silently without
 * effect; a name of neither returns false, and *ret_name is it. */
bool invent_view_add(struct invent_view *view, enum invent_parameter parameter, struct str names,
		     struct str *ret_name);
/* The names a parameter takes: what member `index` is called in a vocabulary, "" where it has none,
 * NULL behind the last. */
const char *invent_view_name(enum invent_vocabulary vocabulary, enum invent_parameter parameter,
			     int index);

struct invent_page {
	const uint64_t *posts; /* numbers, in the order they are sent (X: newest first) */
	size_t post_count;
	struct str next_token; /* STR_NONE on the last page */
};

/* One answer of search/recent: {data, includes, errors, meta}, without what is empty. */
void invent_render_page(struct buf *out, const struct invention *invention,
			const struct invent_page *page, const struct invent_view *view,
			struct arena *arena);

struct invent_line {
	uint64_t batch_id;
	struct str rule;
	int64_t fetched_us;
};

/* The post as one line of the wire, with '\n' (the members that listeners add included). */
void invent_render_line(struct buf *out, const struct invention *invention, uint64_t n,
			const struct invent_line *line, const struct invent_view *view,
			struct arena *arena);

/* What a page shows: "reply", "place_city", "lang_ka"... Counts, by looking at the JSON alone, the
 * posts, users, media, places or errors of that form. */
enum { INVENT_FORMS_MAX = 128 };
const char *invent_form_name(int form); /* NULL behind the last */
MUST_CHECK enum err_kind invent_count_forms(struct str page, uint64_t counts[INVENT_FORMS_MAX],
					    struct err *err);

/* Writes JSON that stands on one line differently: indented by four; or as Python's json.dumps
 * does, which is how twarc keeps pages: a space behind , and : and nothing but ASCII. */
void invent_add_pretty(struct buf *out, struct str json);
void invent_add_dumped(struct buf *out, struct str json);
