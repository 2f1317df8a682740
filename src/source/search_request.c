/* What a request asks for, as data: fields and expansions. */
#include "source/source.h"

#include "base/clock.h"
#include "base/http_client.h"

#include <inttypes.h>
#include <stdio.h>

/* The classic vocabulary (X-API section 0). Left out are fields that need a user's own token. */
static const char tweet_fields[] =
	"article,attachments,author_id,card_uri,community_id,context_annotations,conversation_id,"
	"created_at,display_text_range,edit_controls,edit_history_tweet_ids,entities,geo,id,"
	"in_reply_to_user_id,lang,matched_media_notes,media_metadata,note_request_suggestions,"
	"note_tweet,paid_partnership,possibly_sensitive,public_metrics,referenced_tweets,"
	"reply_settings,scopes,source,suggested_source_links,"
	"suggested_source_links_with_counts,text,withheld";
static const char user_fields[] =
	"affiliation,created_at,description,entities,id,is_identity_verified,location,"
	"most_recent_tweet_id,name,parody,pinned_tweet_id,profile_banner_url,profile_image_url,"
	"protected,public_metrics,subscription_type,url,username,verified,"
	"verified_followers_count,verified_type,withheld";
static const char media_fields[] =
	"alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,"
	"width";
static const char place_fields[] =
	"contained_within,country,country_code,full_name,geo,id,name,place_type";
/* Author, place and media: what the original asked for. Each more may be billed (section 8). */
static const char expansions[] = "author_id,geo.place_id,attachments.media_keys";

/* X refuses to look back further than 7 days; a request takes a moment to get there. */
static const int64_t reach_us = (7 * 24 * 3600 - 60) * INT64_C(1000000);

/* --- requests --------------------------------------------------------------------------------------- */

static void add_argument(struct buf *buf, const char *name, struct str value)
{
	buf_addf(buf, "&%s=", name);
	http_add_encoded(buf, value);
}

static void add_id(struct buf *buf, const char *name, uint64_t id)
{
	if (id > 0)
		buf_addf(buf, "&%s=%" PRIu64, name, id);
}

/* To the second, as X wants it. */
static void add_start(struct buf *buf, int64_t start_us, int64_t now_us)
{
	char time[TIME_TEXT_MAX], text[TIME_TEXT_MAX];
	int64_t oldest_us = now_us - reach_us;
	time_format(start_us > oldest_us ? start_us : oldest_us, time);
	snprintf(text, sizeof text, "%.19sZ", time);
	add_argument(buf, "start_time", str_from(text));
}

void search_poll_request(const struct search_poll *poll, int page_posts, int64_t now_us,
			 struct buf *ret)
{
	buf_add_text(ret, "/2/tweets/search/recent?query=");
	http_add_encoded(ret, str_from(poll->query));
	buf_addf(ret, "&max_results=%d&sort_order=recency", page_posts);
	if (poll->place.since_id > 0)
		add_id(ret, "since_id", poll->place.since_id);
	else
		add_start(ret, poll->place.start_us, now_us);
	add_id(ret, "until_id", poll->below_id);
	if (poll->next_token)
		add_argument(ret, "next_token", str_from(poll->next_token));
	buf_addf(ret, "&tweet.fields=%s&user.fields=%s&media.fields=%s&place.fields=%s",
		 tweet_fields, user_fields, media_fields, place_fields);
	buf_addf(ret, "&expansions=%s", expansions);
}
