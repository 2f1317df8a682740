/* The members that can be asked for: (BIT, name in the classic vocabulary, name in the new one);
 * NULL where a vocabulary has none (private; facts of X's API documents 2.166 and 2.167). */
#pragma once
#include "invent/invent.h"

#define VIEW_POST_FIELDS(FIELD)                                                                    \
	FIELD(ID, "id", "id")                                                                      \
	FIELD(TEXT, "text", "text")                                                                \
	FIELD(CREATED_AT, "created_at", "created_at")                                              \
	FIELD(AUTHOR_ID, "author_id", NULL)                                                        \
	FIELD(CONVERSATION_ID, "conversation_id", "conversation_id")                               \
	FIELD(IN_REPLY_TO, "in_reply_to_user_id", NULL)                                            \
	FIELD(REFERENCED, "referenced_tweets", NULL)                                               \
	FIELD(LANG, "lang", "lang")                                                                \
	FIELD(PUBLIC_METRICS, "public_metrics", "public_metrics")                                  \
	FIELD(ENTITIES, "entities", "entities")                                                    \
	FIELD(NOTE, "note_tweet", "note_post")                                                     \
	FIELD(ATTACHMENTS, "attachments", "attachments")                                           \
	FIELD(GEO, "geo", "geo")                                                                   \
	FIELD(CONTEXT_ANNOTATIONS, "context_annotations", "context_annotations")                   \
	FIELD(EDIT_HISTORY, "edit_history_tweet_ids", NULL)                                        \
	FIELD(EDIT_CONTROLS, "edit_controls", "edit_controls")                                     \
	FIELD(DISPLAY_TEXT_RANGE, "display_text_range", "display_text_range")                      \
	FIELD(REPLY_SETTINGS, "reply_settings", "reply_settings")                                  \
	FIELD(POSSIBLY_SENSITIVE, "possibly_sensitive", "possibly_sensitive")                      \
	FIELD(SOURCE, "source", "source")                                                          \
	FIELD(WITHHELD, "withheld", "withheld")                                                    \
	FIELD(COMMUNITY_ID, "community_id", "community_id")                                        \
	FIELD(CARD_URI, "card_uri", "card_uri")                                                    \
	FIELD(SCOPES, "scopes", "scopes")                                                          \
	FIELD(ARTICLE, "article", "article")                                                       \
	FIELD(ARTICLE_TITLE, NULL, "article_title")                                                \
	FIELD(PAID_PARTNERSHIP, "paid_partnership", "paid_partnership")                            \
	FIELD(MEDIA_METADATA, "media_metadata", "media_metadata")                                  \
	FIELD(MEDIA_NOTES, "matched_media_notes", "matched_media_notes")                           \
	FIELD(NOTE_REQUESTS, "note_request_suggestions", "note_request_suggestions")               \
	FIELD(SOURCE_LINKS, "suggested_source_links", "suggested_source_links")                    \
	FIELD(SOURCE_LINK_COUNTS, "suggested_source_links_with_counts",                            \
	      "suggested_source_links_with_counts")                                                \
	/* Only an author sees these of their own posts; never with an app's token. */             \
	FIELD(NON_PUBLIC_METRICS, "non_public_metrics", "non_public_metrics")                      \
	FIELD(ORGANIC_METRICS, "organic_metrics", "organic_metrics")                               \
	FIELD(PROMOTED_METRICS, "promoted_metrics", "promoted_metrics")

#define VIEW_USER_FIELDS(FIELD)                                                                    \
	FIELD(ID, "id", "id")                                                                      \
	FIELD(NAME, "name", "name")                                                                \
	FIELD(USERNAME, "username", "username")                                                    \
	FIELD(CREATED_AT, "created_at", "created_at")                                              \
	FIELD(DESCRIPTION, "description", "description")                                           \
	FIELD(ENTITIES, "entities", "entities")                                                    \
	FIELD(LOCATION, "location", "location")                                                    \
	FIELD(URL, "url", "url")                                                                   \
	FIELD(PROFILE_IMAGE, "profile_image_url", "profile_image_url")                             \
	FIELD(PROFILE_BANNER, "profile_banner_url", "profile_banner_url")                          \
	FIELD(PROTECTED, "protected", "protected")                                                 \
	FIELD(VERIFIED, "verified", "verified")                                                    \
	FIELD(VERIFIED_TYPE, "verified_type", "verified_type")                                     \
	FIELD(IDENTITY_VERIFIED, "is_identity_verified", "is_identity_verified")                   \
	FIELD(VERIFIED_FOLLOWERS, "verified_followers_count", "verified_followers_count")          \
	FIELD(PUBLIC_METRICS, "public_metrics", "public_metrics")                                  \
	FIELD(PINNED, "pinned_tweet_id", NULL)                                                     \
	FIELD(MOST_RECENT, "most_recent_tweet_id", NULL)                                           \
	FIELD(SUBSCRIPTION_TYPE, "subscription_type", "subscription_type")                         \
	FIELD(PARODY, "parody", "parody")                                                          \
	FIELD(AFFILIATION, "affiliation", NULL)                                                    \
	FIELD(WITHHELD, "withheld", "withheld")                                                    \
	/* Only with a user's token. */                                                            \
	FIELD(CONFIRMED_EMAIL, "confirmed_email", "confirmed_email")                               \
	FIELD(CONNECTION_STATUS, "connection_status", "connection_status")                         \
	FIELD(RECEIVES_YOUR_DM, "receives_your_dm", "receives_your_dm")                            \
	FIELD(SUBSCRIBES_TO_YOU, NULL, "subscribes_to_you")                                        \
	FIELD(SUBSCRIPTION, "subscription", "subscription")

#define VIEW_MEDIA_FIELDS(FIELD)                                                                   \
	FIELD(KEY, "media_key", "media_key")                                                       \
	FIELD(TYPE, "type", "type")                                                                \
	FIELD(URL, "url", "url")                                                                   \
	FIELD(PREVIEW, "preview_image_url", "preview_image_url")                                   \
	FIELD(WIDTH, "width", "width")                                                             \
	FIELD(HEIGHT, "height", "height")                                                          \
	FIELD(DURATION, "duration_ms", "duration_ms")                                              \
	FIELD(ALT_TEXT, "alt_text", "alt_text")                                                    \
	FIELD(VARIANTS, "variants", "variants")                                                    \
	FIELD(PUBLIC_METRICS, "public_metrics", "public_metrics")                                  \
	FIELD(NON_PUBLIC_METRICS, "non_public_metrics", "non_public_metrics")                      \
	FIELD(ORGANIC_METRICS, "organic_metrics", "organic_metrics")                               \
	FIELD(PROMOTED_METRICS, "promoted_metrics", "promoted_metrics")

#define VIEW_PLACE_FIELDS(FIELD)                                                                   \
	FIELD(ID, "id", "id")                                                                      \
	FIELD(FULL_NAME, "full_name", "full_name")                                                 \
	FIELD(NAME, "name", "name")                                                                \
	FIELD(COUNTRY, "country", "country")                                                       \
	FIELD(COUNTRY_CODE, "country_code", "country_code")                                        \
	FIELD(TYPE, "place_type", "place_type")                                                    \
	FIELD(CONTAINED_WITHIN, "contained_within", "contained_within")                            \
	FIELD(GEO, "geo", "geo")

#define VIEW_POLL_FIELDS(FIELD)                                                                    \
	FIELD(ID, "id", "id")                                                                      \
	FIELD(OPTIONS, "options", "options")                                                       \
	FIELD(VOTING_STATUS, "voting_status", "voting_status")                                     \
	FIELD(DURATION, "duration_minutes", "duration_minutes")                                    \
	FIELD(END, "end_datetime", "end_datetime")

#define VIEW_EXPANSIONS(FIELD)                                                                     \
	FIELD(AUTHOR, "author_id", "author_id")                                                    \
	FIELD(MENTIONS, "entities.mentions.username", "entities.mentions.username")                \
	FIELD(NOTE_MENTIONS, "entities.note.mentions.username", NULL)                              \
	FIELD(IN_REPLY_TO, "in_reply_to_user_id", "in_reply_to_user_id")                           \
	FIELD(MEDIA, "attachments.media_keys", "attachments.media_keys")                           \
	FIELD(MEDIA_SOURCE, "attachments.media_source_tweet", "attachments.media_source_tweet")    \
	FIELD(POLLS, "attachments.poll_ids", "attachments.poll_ids")                               \
	FIELD(PLACE, "geo.place_id", "geo.place_id")                                               \
	FIELD(EDIT_HISTORY, "edit_history_tweet_ids", "edit_history_post_ids")                     \
	FIELD(REFERENCED, "referenced_tweets.id", "referenced_posts")                              \
	/* The new vocabulary has no finer words: referenced_posts brings all of it. */            \
	FIELD(REFERENCED_AUTHOR, "referenced_tweets.id.author_id", "referenced_posts")             \
	FIELD(REFERENCED_MEDIA, "referenced_tweets.id.attachments.media_keys", "referenced_posts") \
	FIELD(ARTICLE_COVER, "article.cover_media", "article.cover_media")                         \
	FIELD(ARTICLE_MEDIA, "article.media_entities", "article.media_entities")                   \
	FIELD(USERNAME, NULL, "username")

#define VIEW_POST_BIT(bit, classic, new) POST_##bit,
#define VIEW_USER_BIT(bit, classic, new) USER_##bit,
#define VIEW_MEDIA_BIT(bit, classic, new) MEDIA_##bit,
#define VIEW_PLACE_BIT(bit, classic, new) PLACE_##bit,
#define VIEW_POLL_BIT(bit, classic, new) POLL_##bit,
#define VIEW_EXPANSION_BIT(bit, classic, new) EXPAND_##bit,

enum { VIEW_POST_FIELDS(VIEW_POST_BIT) POST_FIELD_COUNT };
enum { VIEW_USER_FIELDS(VIEW_USER_BIT) USER_FIELD_COUNT };
enum { VIEW_MEDIA_FIELDS(VIEW_MEDIA_BIT) MEDIA_FIELD_COUNT };
enum { VIEW_PLACE_FIELDS(VIEW_PLACE_BIT) PLACE_FIELD_COUNT };
enum { VIEW_POLL_FIELDS(VIEW_POLL_BIT) POLL_FIELD_COUNT };
enum { VIEW_EXPANSIONS(VIEW_EXPANSION_BIT) EXPANSION_COUNT };

static inline bool view_shows(const struct invent_view *view, enum invent_parameter parameter,
			      int bit)
{
	return view->shown[parameter] >> bit & 1;
}

static inline bool view_post(const struct invent_view *view, int field)
{
	return view_shows(view, INVENT_POST_FIELDS, field);
}

static inline bool view_expands(const struct invent_view *view, int expansion)
{
	return view_shows(view, INVENT_EXPANSIONS, expansion);
}
