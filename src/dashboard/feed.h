/* Inside dashboard/: the newest posts, each as JSON for the page:
 *
 *     {"id":"17…","at":MILLISECONDS,"text":"…","name":"…","username":"…","lang":"en","media":2}
 *
 * Texts are cleaned (post_clean()), cut at their limits ("cut":true where the text was) and still
 * hostile. */
#pragma once
#include "base/json.h"

enum { FEED_POSTS_MAX = 60 };

struct feed_post {
	uint64_t id;
	int64_t at_us;
	char *json;
	bool fresh; /* not given away yet */
};
/* Zero-initialised is empty. Newest first: by time, then id. */
struct feed {
	struct feed_post posts[FEED_POSTS_MAX];
	size_t count;
};
void feed_release(struct feed *feed);
/* Takes a post in, in place of one with its id; older than all of a full feed: left out. */
struct feed_fields {
	uint64_t id;
	int64_t at_us;
	struct str text, name, username, lang;
	bool text_is_clean; /* as a table has it */
	size_t media;
};
void feed_add(struct feed *feed, const struct feed_fields *fields);
bool feed_has_fresh(const struct feed *feed);
/* Adds {"posts":[…]}: all of them, or those that are fresh, which they are no longer then. */
void feed_add_all(const struct feed *feed, struct buf *ret);
void feed_take_fresh(struct feed *feed, struct buf *ret);

/* Reads a wire line. False when it is no post. Fields live until `doc` is read again. */
bool feed_read_line(struct json_doc *doc, struct str line, struct feed_fields *ret);
