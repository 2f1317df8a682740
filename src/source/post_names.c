#include "source/post_names.h"

#define IS(literal, name)                                                                          \
	do {                                                                                       \
		if (memcmp(text.ptr, literal, sizeof(literal) - 1) == 0)                           \
			return name;                                                               \
	} while (0)

/* Parted by length first: most members of a post are none of these, and every post has dozens. */
enum post_name post_name_find(struct str text)
{
	switch (text.len) {
	case 2:
		IS("id", X_ID);
		break;
	case 3:
		IS("geo", X_GEO);
		break;
	case 4:
		IS("text", X_TEXT);
		IS("user", OUR_USER);
		IS("page", OUR_PAGE);
		break;
	case 5:
		IS("place", OUR_PLACE);
		IS("media", OUR_MEDIA);
		IS("polls", OUR_POLLS);
		IS("rules", OUR_RULES);
		break;
	case 7:
		IS("_aviary", X_AVIARY);
		break;
	case 8:
		IS("entities", X_ENTITIES);
		IS("batch_id", OUR_BATCH_ID);
		IS("hashtags", OUR_HASHTAGS);
		break;
	case 9:
		IS("author_id", X_AUTHOR_ID);
		IS("note_post", X_NOTE_POST);
		IS("media_all", OUR_MEDIA_ALL);
		IS("users_all", OUR_USERS_ALL);
		break;
	case 10:
		IS("note_tweet", X_NOTE_TWEET);
		IS("referenced", OUR_REFERENCED);
		IS("fetched_at", OUR_FETCHED_AT);
		break;
	case 11:
		IS("attachments", X_ATTACHMENTS);
		IS("fetched_via", OUR_FETCHED_VIA);
		break;
	case 16:
		IS("referenced_posts", X_REFERENCED_POSTS);
		break;
	case 17:
		IS("referenced_tweets", X_REFERENCED_TWEETS);
		break;
	case 19:
		IS("in_reply_to_user_id", X_IN_REPLY_TO_USER_ID);
		break;
	case 21:
		IS("edit_history_post_ids", X_EDIT_HISTORY_POST_IDS);
		break;
	case 22:
		IS("edit_history_tweet_ids", X_EDIT_HISTORY_TWEET_IDS);
		break;
	}
	return POST_NAME_OTHER;
}

const char *post_name_text(enum post_name name)
{
	static const char *const texts[POST_NAME_COUNT] = {
		[OUR_BATCH_ID] = "batch_id",
		[OUR_HASHTAGS] = "hashtags",
		[OUR_USER] = "user",
		[OUR_PLACE] = "place",
		[OUR_MEDIA] = "media",
		[OUR_MEDIA_ALL] = "media_all",
		[OUR_POLLS] = "polls",
		[OUR_REFERENCED] = "referenced",
		[OUR_USERS_ALL] = "users_all",
		[OUR_RULES] = "rules",
		[OUR_FETCHED_AT] = "fetched_at",
		[OUR_FETCHED_VIA] = "fetched_via",
		[OUR_PAGE] = "page",
	};
	return texts[name];
}

void post_members_read(yyjson_val *post, struct post_members *ret)
{
	size_t at, max;
	yyjson_val *key, *val;
	*ret = (struct post_members){ 0 };
	if (!yyjson_is_obj(post))
		return;
	yyjson_obj_foreach(post, at, max, key, val) {
		enum post_name name = post_name_find(json_text(key));
		if (name != POST_NAME_OTHER)
			ret->of[name] = val;
	}
}
