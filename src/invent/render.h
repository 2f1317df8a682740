/* Posts and what they include as JSON (private to the room). */
#pragma once
#include "invent/mint.h"
#include "invent/people.h"
#include "invent/view.h"

struct render {
	struct buf *out;
	const struct invention *invention;
	const struct invent_view *view;
	struct arena *arena; /* scratch */
};

void render_post(const struct render *render, const struct minted_post *post);
void render_user(const struct render *render, int person);
void render_medium(const struct render *render, const struct minted_post *post, size_t index);
void render_place(const struct render *render, int place);
void render_poll(const struct render *render, const struct minted_post *post);

/* The members of a post that few have: render_post() calls it. */
void render_extras(const struct render *render, const struct minted_post *post);

/* "3_1234", zero-terminated. */
enum { MEDIA_KEY_MAX = 32 };
void render_media_key(int kind, uint64_t id, char ret_key[MEDIA_KEY_MAX]);
/* "urls":[...],"hashtags":[...], ... as far as there are any; `annotations` also where they are
 * still part of the vocabulary. */
void render_entities(const struct render *render, const struct minted_text *text, bool annotations);

/* A comma where one is due, and the name. */
void put_key(struct buf *out, const char *name);
/* A comma where one is due, for the next element of an array. */
void put_comma(struct buf *out);
/* "text" as X escapes it. */
void put_text(struct buf *out, struct str text);
void put_number(struct buf *out, uint64_t number);
void put_id(struct buf *out, uint64_t id);       /* in quotes */
void put_time(struct buf *out, int64_t time_us); /* whole seconds: "…:07.000Z" */
void put_degrees(struct buf *out, int32_t e5);

static inline void put_bool(struct buf *out, bool value)
{
	buf_add_text(out, value ? "true" : "false");
}

static inline void put_text_member(struct buf *out, const char *name, struct str text)
{
	put_key(out, name);
	put_text(out, text);
}

static inline void put_number_member(struct buf *out, const char *name, uint64_t number)
{
	put_key(out, name);
	put_number(out, number);
}

static inline void put_id_member(struct buf *out, const char *name, uint64_t id)
{
	put_key(out, name);
	put_id(out, id);
}
