/* One poll of one rule: pages from the newest post down to since_id.
 *
 *     place before            pages, newest first              place stored with the page
 *     since=100               [190 180 170] ──► next_token     since=100 newest=190 until=170
 *                             [160 150 140] ──► next_token     since=100 newest=190 until=140
 *                             [130 120 110]     the last       since=190
 *
 * All requests of a poll have the same since_id. Only with the last page it becomes the newest id of the
 * first one: until then posts are missing below. The page's lines and the place are stored together, so
 * a poll that was killed loses nothing, and it repeats nothing: the next one finds newest and until, and
 * asks for what is between since_id and until_id, both exclusive, before anything newer. (An X that
 * ignores until_id costs only money: what comes again is known to the journal's window.) That also ends
 * paging that never ends: after SEARCH_PAGES_MAX pages, or a next_token that does not move, the poll
 * stops where it is, and the next goes on there, without the token. One that was stopped so and came no
 * further down is stuck, as the next one would be, at a price.
 *
 * A page without posts may have a next_token, so only its absence ends a poll; and that only in a page
 * that has a meta, where the token would stand, and does not have errors in the place of posts.
 *
 * One bad post keeps no other from us: a page that holds one is kept whole, and moves the poll on by the
 * ids and the token it does have. An id from the future is none: as a since_id it would silence the rule
 * until then.
 *
 * What X no longer has, it answers with 400 naming the argument (section 2): then what lies below is
 * lost, which is said, and reading goes on as far back as X goes; what was read is not asked for again. */
#include "source/source.h"

#include "base/clock.h"
#include "base/mem.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOVES_MAX = 3, HTTP_REDIRECT = 300, HTTP_BAD = 400, HTTP_MANY = 429, HTTP_TROUBLE = 500 };
enum { WORDS_MAX = 300 }; /* of X's, in bytes; with ours they are no longer than `why` */

static const int64_t second_us = 1000000;
static const int64_t window_us = 15 * 60 * INT64_C(1000000); /* of a rate limit */
static const int64_t margin_us = 1 * INT64_C(1000000);       /* behind its end */
static const int64_t connection_wait_us = 60 * INT64_C(1000000);
static const int64_t usage_wait_us = 3600 * INT64_C(1000000); /* asking costs nothing then */
/* A clock that is so much behind takes X's newest posts for lies, and pays for them again. */
static const int64_t future_us = 10 * 60 * INT64_C(1000000);
static const int64_t day_us = 24 * 3600 * INT64_C(1000000);

/* --- places -------------------------------------------------------------------------------------------- */

void search_place_write(struct buf *ret, const struct search_place *place)
{
	buf_addf(ret,
		 "{\"since_id\":\"%" PRIu64 "\",\"start_us\":%" PRId64 ",\"newest_id\":\"%" PRIu64
		 "\",\"until_id\":\"%" PRIu64 "\",\"batch_id\":%" PRId64
		 ",\"query_hash\":\"%" PRIu64 "\"}",
		 place->since_id, place->start_us, place->newest_id, place->until_id,
		 place->batch_id, place->query_hash);
}

static bool read_id(yyjson_val *root, const char *name, uint64_t *ret)
{
	return str_to_u64(json_get_text(root, name), ret);
}

bool search_place_read(struct str text, struct search_place *ret)
{
	struct json_doc doc = { 0 };
	struct err ignored;
	struct search_place place = { 0 };
	bool good = json_read(&doc, text, &ignored) == ERR_NONE &&
		    read_id(doc.root, "since_id", &place.since_id) &&
		    read_id(doc.root, "newest_id", &place.newest_id) &&
		    read_id(doc.root, "until_id", &place.until_id) &&
		    json_get_i64(doc.root, "start_us", &place.start_us) &&
		    json_get_i64(doc.root, "batch_id", &place.batch_id);
	if (good && !read_id(doc.root, "query_hash", &place.query_hash))
		place.query_hash = 0;
	json_release(&doc);
	if (good)
		*ret = place;
	return good;
}

/* --- the poll ---------------------------------------------------------------------------------------------- */

void search_poll_begin(struct search_poll *poll, const char *query,
		       const struct search_place *place, int64_t batch_id)
{
	*poll = (struct search_poll){
		.query = query, .place = *place, .batch_id = batch_id, .below_id = place->until_id
	};
	if (place->newest_id > 0)
		poll->batch_id = place->batch_id;
}

static void forget_token(struct search_poll *poll)
{
	free(poll->next_token);
	poll->next_token = NULL;
}

void search_poll_release(struct search_poll *poll)
{
	forget_token(poll);
}

/* --- words ---------------------------------------------------------------------------------------------------- */

static bool contains(struct str text, const char *words)
{
	return text.len > 0 && memmem(text.ptr, text.len, words, strlen(words)) != NULL;
}

/* X's own words, from whichever member has them. */
static struct str words_of(const struct json_doc *doc, bool is_json)
{
	if (!is_json)
		return STR_NONE;
	yyjson_val *first = yyjson_arr_get_first(json_get(doc->root, "errors"));
	struct str words = json_get_text(first, "message");
	if (!words.ptr)
		words = json_get_text(first, "detail");
	if (!words.ptr)
		words = json_get_text(doc->root, "detail");
	if (!words.ptr)
		words = json_get_text(doc->root, "title");
	return words;
}

static void __attribute__((format(printf, 4, 5)))
judge(struct search_verdict *ret, enum search_outcome outcome, struct str words, const char *fmt,
      ...)
{
	va_list args;
	va_start(args, fmt);
	ret->outcome = outcome;
	int len = vsnprintf(ret->why, sizeof ret->why, fmt, args);
	va_end(args);
	if (words.ptr)
		snprintf(ret->why + len, sizeof ret->why - (size_t)len, ": %.*s",
			 STR_ARG(str_head(words, WORDS_MAX)));
	for (char *at = ret->why; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == '"')
			*at = *at == '"' ? '\'' : ' ';
	}
}

/* --- pages ------------------------------------------------------------------------------------------------ */

static bool is_in_future(uint64_t id, int64_t now_us)
{
	int64_t id_us;
	return post_id_time(id, &id_us) && id_us > now_us + future_us;
}

/* Numbers are taken, too: the page is odd then, but its ids are no less true. *ret_found counts those
 * that can be. */
static void note_ids(struct search_poll *poll, yyjson_val *data, int64_t now_us, size_t *ret_found,
		     struct search_verdict *ret)
{
	struct search_place *place = &poll->place;
	size_t at, max;
	yyjson_val *post;
	uint64_t newest = 0, oldest = UINT64_MAX, id;
	yyjson_arr_foreach(data, at, max, post) {
		if (!post_id_parse(json_text(json_get(post, "id")), &id) || id <= place->since_id)
			continue;
		if (is_in_future(id, now_us)) {
			judge(ret, SEARCH_PAGE, STR_NONE, "the id %" PRIu64 " is from the future",
			      id);
			continue;
		}
		newest = id > newest ? id : newest;
		oldest = id < oldest ? id : oldest;
		++*ret_found;
	}
	if (ret->posts > 0)
		place->batch_id = poll->batch_id;
	if (newest == 0)
		return;
	/* The first page that has posts has the newest of all. */
	if (place->newest_id == 0)
		place->newest_id = newest;
	if (place->until_id == 0 || oldest < place->until_id)
		place->until_id = oldest;
}

static void end_poll(struct search_poll *poll)
{
	struct search_place *place = &poll->place;
	if (place->newest_id > place->since_id)
		place->since_id = place->newest_id;
	place->newest_id = place->until_id = 0;
	poll->done = true;
}

/* Done, though not at the end. */
static void stop_poll(struct search_poll *poll)
{
	poll->done = true;
	poll->stuck = poll->place.until_id == poll->below_id;
	if (poll->stuck)
		snprintf(poll->trouble, sizeof poll->trouble,
			 "X's pages do not end and lead no further down, after %u of them",
			 poll->pages);
}

static void take_page(struct search_poll *poll, const struct json_doc *doc, int64_t now_us,
		      struct search_verdict *ret)
{
	yyjson_val *meta = json_get(doc->root, "meta"), *data = json_get(doc->root, "data");
	struct str token = json_get_text(meta, "next_token");
	bool has_errors = yyjson_arr_size(json_get(doc->root, "errors")) > 0;
	size_t found = 0;
	ret->outcome = SEARCH_PAGE;
	ret->posts = yyjson_arr_size(data);
	note_ids(poll, data, now_us, &found, ret);
	if (ret->is_odd && found == 0 && token.len == 0) {
		judge(ret, SEARCH_DENIED, STR_NONE, "X's page has no post with an id");
		return;
	}
	poll->pages++;
	poll->limited = 0;
	if (token.len == 0 && yyjson_is_obj(meta) && (ret->posts > 0 || !has_errors)) {
		end_poll(poll);
	} else if (token.len == 0) {
		poll->done = true;
		snprintf(poll->trouble, sizeof poll->trouble,
			 "X's page has %s: the next poll goes on below it",
			 has_errors ? "errors and no next one" : "no word of a next one");
	} else if (poll->pages >= SEARCH_PAGES_MAX ||
		   (poll->next_token && str_equal(str_from(poll->next_token), token))) {
		stop_poll(poll);
	} else {
		forget_token(poll);
		poll->next_token = mem_printf("%.*s", STR_ARG(token));
	}
}

/* One that is no page of posts by its shape, but holds some. */
static void take_odd_page(struct search_poll *poll, const struct json_doc *doc, const char *what,
			  int64_t now_us, struct search_verdict *ret)
{
	ret->is_odd = true;
	judge(ret, SEARCH_PAGE, STR_NONE, "X's page is %s", what);
	take_page(poll, doc, now_us, ret);
}

/* --- refusals ---------------------------------------------------------------------------------------------- */

/* A reset that has passed (our clock is ahead of X's) is believed once. */
static int64_t reset_us(const struct search_reply *reply, unsigned limited, int64_t now_us)
{
	uint64_t seconds;
	int64_t least_us = limited > 1 ? connection_wait_us : margin_us;
	if (!str_to_u64(reply->rate_limit_reset, &seconds) || seconds > INT64_MAX / 2000000)
		return now_us + connection_wait_us;
	int64_t until_us = (int64_t)seconds * second_us + margin_us;
	if (until_us < now_us + least_us)
		return now_us + least_us;
	return until_us < now_us + window_us + margin_us ? until_us :
							   now_us + window_us + margin_us;
}

/* 429 means three things (section 5); only the body tells which. */
static void judge_429(struct search_poll *poll, const struct search_reply *reply, struct str words,
		      int64_t now_us, struct search_verdict *ret)
{
	if (contains(reply->body, "UsageCapExceeded") || contains(reply->body, "usage-capped")) {
		judge(ret, SEARCH_WAIT, words, "the usage cap is reached");
		int64_t midnight_us = (now_us / day_us + 1) * day_us;
		bool daily = contains(reply->body, "\"Daily\"");
		ret->until_us = daily ? midnight_us + margin_us : now_us + usage_wait_us;
	} else if (contains(reply->body, "TooManyConnections")) {
		judge(ret, SEARCH_WAIT, words, "too many connections");
		ret->until_us = now_us + connection_wait_us;
	} else {
		judge(ret, SEARCH_WAIT, STR_NONE, "the rate limit is used up");
		ret->until_us = reset_us(reply, ++poll->limited, now_us);
	}
}

/* Whether 400 complains of a place too far back; then the poll goes on from one that X has: between its
 * newest and its until_id everything was read, so that much is never asked for again. */
static bool move_on(struct search_poll *poll, struct str body, int64_t now_us,
		    struct search_verdict *ret)
{
	struct search_place *place = &poll->place;
	bool since = place->since_id > 0 && contains(body, "'since_id' must be");
	bool until = poll->below_id > 0 && contains(body, "'until_id' must be");
	bool start = place->since_id == 0 && contains(body, "'start_time' must be on or after");
	if ((!since && !until && !start) || poll->moved >= MOVES_MAX)
		return false;
	judge(ret, SEARCH_AGAIN, STR_NONE,
	      "X goes back 7 days only: what lies before that is lost");
	if (until) {
		end_poll(poll); /* below it X has nothing more */
		poll->done = false;
	} else {
		place->since_id = 0;
		place->start_us = now_us - 7 * day_us; /* a request goes not further than it may */
	}
	poll->below_id = place->until_id;
	forget_token(poll);
	poll->moved++;
	return true;
}

static void judge_400(struct search_poll *poll, const struct search_reply *reply, struct str words,
		      int64_t now_us, struct search_verdict *ret)
{
	if (move_on(poll, reply->body, now_us, ret))
		return;
	judge(ret, SEARCH_DENIED, words, "X does not understand the request (400)");
	ret->is_dialect = contains(reply->body, "tweet.fields") ||
			  contains(reply->body, "post.fields");
}

static void judge_status(struct search_poll *poll, const struct search_reply *reply,
			 struct str words, int64_t now_us, struct search_verdict *ret)
{
	switch (reply->status) {
	case HTTP_BAD:
		judge_400(poll, reply, words, now_us, ret);
		break;
	case 401:
		judge(ret, SEARCH_DENIED, STR_NONE, "X does not accept the token (401)");
		break;
	case 402:
		judge(ret, SEARCH_DENIED, words, "the account has no credits (402)");
		break;
	case 403:
		judge(ret, SEARCH_DENIED, words, "X forbids it (403)");
		break;
	case HTTP_MANY:
		judge_429(poll, reply, words, now_us, ret);
		break;
	default:
		judge(ret,
		      reply->status >= HTTP_TROUBLE || reply->status < HTTP_REDIRECT ?
			      SEARCH_BACK_OFF :
			      SEARCH_DENIED,
		      words, "X answered with status %d", reply->status);
	}
}

void search_poll_answer(struct search_poll *poll, const struct search_reply *reply, int64_t now_us,
			struct json_doc *doc, struct search_verdict *ret)
{
	struct err why;
	const char *what = "";
	*ret = (struct search_verdict){ 0 };
	bool is_json = json_read(doc, reply->body, &why) == ERR_NONE;
	struct str words = words_of(doc, is_json);
	if (reply->status != 200)
		judge_status(poll, reply, words, now_us, ret);
	else if (!is_json)
		judge(ret, SEARCH_BACK_OFF, str_from(why.msg), "X's answer is not JSON");
	else if (page_classify(doc, &what) != DOCUMENT_OTHER)
		take_page(poll, doc, now_us, ret);
	else if (yyjson_arr_size(json_get(doc->root, "data")) > 0)
		take_odd_page(poll, doc, what, now_us, ret);
	else
		judge(ret, SEARCH_BACK_OFF, words, "X's answer is no page of posts");
}
