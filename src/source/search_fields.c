/* What is asked for of each post, as data: fields in both of X's vocabularies (X-API section 0), and what
 * is to come with the posts. X adds some and renames others: an edit here is all it takes.
 *
 * Every field is asked for, as none is charged; left out are those that need a user's own token. An object
 * that comes with a post may be charged like one that is read by itself (section 8: nobody knows), so
 * only author, place and media come unasked. */
#include "source/source.h"

#include "base/http_client.h"

static const char *const post_fields[] = {
	[DIALECT_TWEET] =
		"article,attachments,author_id,card_uri,community_id,context_annotations,"
		"conversation_id,created_at,display_text_range,edit_controls,edit_history_tweet_ids,"
		"entities,geo,id,in_reply_to_user_id,lang,matched_media_notes,media_metadata,"
		"note_request_suggestions,note_tweet,paid_partnership,possibly_sensitive,"
		"public_metrics,referenced_tweets,reply_settings,scopes,source,"
		"suggested_source_links,suggested_source_links_with_counts,text,withheld",
	[DIALECT_POST] =
		"article,article_title,attachments,card_uri,community_id,context_annotations,"
		"conversation_id,created_at,display_text_range,edit_controls,entities,geo,id,lang,"
		"matched_media_notes,media_metadata,note_post,note_request_suggestions,"
		"paid_partnership,possibly_sensitive,public_metrics,reply_settings,scopes,source,"
		"suggested_source_links,suggested_source_links_with_counts,text,withheld",
};
static const char *const user_fields[] = {
	[DIALECT_TWEET] =
		"affiliation,created_at,description,entities,id,is_identity_verified,location,"
		"most_recent_tweet_id,name,parody,pinned_tweet_id,profile_banner_url,"
		"profile_image_url,protected,public_metrics,subscription_type,url,username,"
		"verified,verified_followers_count,verified_type,withheld",
	[DIALECT_POST] =
		"created_at,description,entities,id,is_identity_verified,location,name,parody,"
		"profile_banner_url,profile_image_url,protected,public_metrics,subscription_type,"
		"url,username,verified,verified_followers_count,verified_type,withheld",
};
static const char media_fields[] =
	"alt_text,duration_ms,height,media_key,preview_image_url,public_metrics,type,url,variants,"
	"width";
static const char place_fields[] =
	"contained_within,country,country_code,full_name,geo,id,name,place_type";
static const char poll_fields[] = "duration_minutes,end_datetime,id,options,voting_status";

/* Those that X fills in every post, when it understands what is asked for. */
static const char *const always[][6] = {
	[DIALECT_TWEET] = { "created_at", "author_id", "conversation_id", "edit_history_tweet_ids",
			    "public_metrics", NULL },
	[DIALECT_POST] = { "created_at", "conversation_id", "public_metrics", NULL },
};

const struct search_expansion search_expansions[] = {
	{ "author", "author_id", "author_id", "the user who wrote it", .users = 1 },
	{ "place", "geo.place_id", "geo.place_id", "its place", .users = 0 },
	{ "media", "attachments.media_keys", "attachments.media_keys", "pictures and videos",
	  .users = 0 },
	{ "polls", "attachments.poll_ids", "attachments.poll_ids", "its poll", .users = 0 },
	{ "article", "article.cover_media,article.media_entities",
	  "article.cover_media,article.media_entities", "pictures of an article", .users = 0 },
	{ "referenced", "referenced_tweets.id", "referenced_posts", "posts it quotes or replies to",
	  .posts = 1 },
	{ "referenced_authors", "referenced_tweets.id.author_id", NULL, "and who wrote those",
	  .posts = 1, .users = 1 },
	{ "referenced_media", "referenced_tweets.id.attachments.media_keys", NULL,
	  "and their pictures", .posts = 1 },
	{ "media_source", "attachments.media_source_tweet", "attachments.media_source_tweet",
	  "the post its media are from", .posts = 1 },
	{ "edits", "edit_history_tweet_ids", "edit_history_post_ids", "its earlier versions",
	  .posts = 1 },
	{ "replied_to", "in_reply_to_user_id", "in_reply_to_user_id", "the user it replies to",
	  .users = 1 },
	{ "mentions", "entities.mentions.username,entities.note.mentions.username",
	  "entities.mentions.username", "each user it names", .users = 1 },
};
const size_t search_expansion_count = sizeof search_expansions / sizeof *search_expansions;

const char *search_dialect_name(enum search_dialect dialect)
{
	return dialect == DIALECT_TWEET ? "tweet" : "post";
}

static bool find_expansion(const char *name, uint32_t *ret)
{
	for (size_t i = 0; i < search_expansion_count; i++) {
		if (strcmp(search_expansions[i].name, name) == 0) {
			*ret |= UINT32_C(1) << i;
			return true;
		}
	}
	return false;
}

enum err_kind search_expansions_read(char *const *names, uint32_t *ret, struct err *err)
{
	uint32_t bits = 0;
	for (; names && *names; names++) {
		if (find_expansion(*names, &bits))
			continue;
		struct buf known = { 0 };
		for (size_t i = 0; i < search_expansion_count; i++)
			buf_addf(&known, "%s%s", i > 0 ? ", " : "", search_expansions[i].name);
		err_set(err, ERR_REJECT, "expansions: '%s' is not known", *names);
		err_hint(err, "known are %s", buf_text(&known));
		buf_release(&known);
		return err->kind;
	}
	*ret = bits;
	return ERR_NONE;
}

static bool wants(const struct search_wants *what, const char *name)
{
	uint32_t bit = 0;
	return find_expansion(name, &bit) && (what->expansions & bit) != 0;
}

static void add_expansions(const struct search_wants *what, struct buf *ret)
{
	bool any = false;
	for (size_t i = 0; i < search_expansion_count; i++) {
		const struct search_expansion *one = &search_expansions[i];
		const char *spelled = what->dialect == DIALECT_TWEET ? one->classic : one->newer;
		if (!(what->expansions >> i & 1) || !spelled)
			continue;
		buf_addf(ret, "%s%s", any ? "," : "&expansions=", spelled);
		any = true;
	}
}

void search_wants_write(const struct search_wants *what, struct buf *ret)
{
	enum search_dialect dialect = what->dialect;
	buf_addf(ret, "&%s.fields=%s", search_dialect_name(dialect), post_fields[dialect]);
	if (what->expansions == 0)
		return;
	buf_addf(ret, "&user.fields=%s&media.fields=%s&place.fields=%s", user_fields[dialect],
		 media_fields, place_fields);
	if (wants(what, "polls"))
		buf_addf(ret, "&poll.fields=%s", poll_fields);
	add_expansions(what, ret);
}

static bool any_has(yyjson_val *data, const char *name)
{
	size_t at, max;
	yyjson_val *post;
	yyjson_arr_foreach(data, at, max, post) {
		if (json_get(post, name))
			return true;
	}
	return false;
}

const char *search_missing_field(enum search_dialect dialect, const struct json_doc *page)
{
	yyjson_val *data = json_get(page->root, "data");
	if (yyjson_arr_size(data) == 0)
		return "";
	for (const char *const *name = always[dialect]; *name; name++) {
		if (!any_has(data, *name))
			return *name;
	}
	return "";
}
