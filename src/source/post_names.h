/* The members of a post that joining looks at, found in one pass over it. */
#pragma once
#include "base/json.h"

enum post_name {
	X_ID,
	X_TEXT,
	X_AUTHOR_ID,
	X_GEO,
	X_ATTACHMENTS,
	X_ENTITIES,
	X_NOTE_TWEET,
	X_NOTE_POST,
	X_IN_REPLY_TO_USER_ID,
	X_REFERENCED_TWEETS,
	X_REFERENCED_POSTS,
	X_EDIT_HISTORY_TWEET_IDS,
	X_EDIT_HISTORY_POST_IDS,
	X_AVIARY, /* the name below which ours stand when X took theirs */
	/* Ours, in the order they are written. */
	OUR_BATCH_ID,
	OUR_HASHTAGS,
	OUR_USER,
	OUR_PLACE,
	OUR_MEDIA,
	OUR_MEDIA_ALL,
	OUR_POLLS,
	OUR_REFERENCED,
	OUR_USERS_ALL,
	OUR_RULES,
	OUR_FETCHED_AT,
	OUR_FETCHED_VIA,
	OUR_PAGE,
	POST_NAME_COUNT,
	POST_NAME_OTHER = POST_NAME_COUNT,
};

enum post_name post_name_find(struct str name);
const char *post_name_text(enum post_name name); /* of ours only */

struct post_members {
	yyjson_val *of[POST_NAME_COUNT]; /* the last by that name; NULL: none */
};
/* Anything but an object has no members. */
void post_members_read(yyjson_val *post, struct post_members *ret);
