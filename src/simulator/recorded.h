/* Recorded pages that happen again, and again (private to the room).
 *
 * The posts of all pages, oldest first and each once, are a round; post n of the timeline is post
 * n % count of round n / count. In every round ids and times are new: those of posts, of what they
 * refer to, of conversations and of edits, the same one wherever it stands. What is in no page as a
 * post of its own keeps its distance in time. Users, media, places and polls stay who they are.
 * Reposts are left out, since no search finds them. */
#pragma once
#include "invent/invent.h"
#include "simulator/facts.h"

enum { RECORDED_BYTES_MAX = 256 << 20 }; /* of a file */

struct recorded_page {
	struct json_doc doc;
	yyjson_val *includes; /* may be NULL */
	struct recorded_page *next;
};

struct recorded_post {
	uint64_t id; /* as recorded */
	yyjson_val *post;
	const struct recorded_page *page;
	struct facts facts; /* ids as recorded */
};

struct recorded {
	struct recorded_page *pages; /* the newest first */
	struct recorded_post *posts; /* by id, after recorded_finish() */
	size_t post_count, post_cap;
	struct arena arena; /* what facts hold */
};

/* Adds the pages of a file: one pretty document, or one a line. A broken document, or no page at all:
 * ERR_REJECT naming file and place. */
MUST_CHECK enum err_kind recorded_read(struct recorded *recorded, const char *path,
				       struct err *err);
/* Behind the last file. No post that a search could find: ERR_REJECT. */
MUST_CHECK enum err_kind recorded_finish(struct recorded *recorded, struct err *err);
void recorded_release(struct recorded *recorded);

/* NULL when it is none of the posts. */
const struct recorded_post *recorded_find(const struct recorded *recorded, uint64_t id);
/* A recorded id as it is in a round. */
uint64_t recorded_new_id(const struct recorded *recorded, const struct invention *pace,
			 uint64_t round, uint64_t id);
/* As invent_render_page(), from what was recorded: a member that was not cannot be shown, but for
 * created_at. */
void recorded_render(const struct recorded *recorded, const struct invention *pace,
		     const struct invent_page *page, const struct invent_view *view,
		     struct buf *out, struct arena *arena);
