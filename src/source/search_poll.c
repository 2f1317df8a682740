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
 * No poll asks for posts of the last seconds, so that
 * its upper bound stands still while it pages (since_id may not be combined with end_time). What becomes
 * findable late, below since_id, is found by reading `overlap` below it again; the journal's window drops
 * what it knows.
 *
 * A page without posts may have a next_token, so only its absence ends a poll; and that only in a page
 * that has a meta, where the token would stand, and does not have errors in the place of posts. Pages that
 * lead no further down end it as well: the next poll goes on below, without the token.
 *
 * A rule that finds nothing must not fall behind X's reach: once a day its since_id is set from the clock.
 *
 * An id from the future is none: as a since_id it would silence the rule until then. A page that nobody
 * can read (JSON too deep, too large an answer) is asked for once more with the fewest posts X gives;
 * then it is passed over, by the ids that can be seen in it if there are any, and is a gap. */
#include "source/search_private.h"

#include "base/clock.h"
#include "base/mem.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { UNREADABLE_MAX = 2, IDLE_PAGES_MAX = 3 };

/* X shows posts when they are half a minute old, and takes no end_time of the last 10 seconds. */
static const int64_t latest_us = 10 * INT64_C(1000000);
/* Clocks differ; what is further ahead is a lie. */
static const int64_t future_us = 10 * 60 * INT64_C(1000000);
/* A rule that finds nothing moves on so seldom, and stays so far behind. */
static const int64_t quiet_us = 24 * 3600 * INT64_C(1000000);
static const int64_t margin_us = 60 * INT64_C(1000000);
/* X looks back 7 days; a request takes a moment to get there. */
static const int64_t reach_us = (7 * 24 * 3600 - 60) * INT64_C(1000000);

/* --- the poll ---------------------------------------------------------------------------------------------- */

static int64_t time_of(uint64_t id, int64_t otherwise_us)
{
	int64_t time_us;
	return post_id_time(id, &time_us) ? time_us : otherwise_us;
}

static bool is_in_future(uint64_t id, int64_t now_us)
{
	return time_of(id, 0) > now_us + future_us;
}

/* Ids that are no snowflakes, which are older than 2010, are left to X. */
static bool is_beyond_reach(uint64_t id, int64_t now_us)
{
	return time_of(id, now_us) < now_us - reach_us;
}

/* One that is there already is widened. */
static void note_gap(struct search_poll *poll, const char *cause, int64_t from_us, int64_t to_us)
{
	struct search_gap *gap = &poll->gap;
	if (from_us >= to_us)
		return;
	if (!gap->cause)
		*gap = (struct search_gap){ .cause = cause, .from_us = from_us, .to_us = to_us };
	gap->from_us = from_us < gap->from_us ? from_us : gap->from_us;
	gap->to_us = to_us > gap->to_us ? to_us : gap->to_us;
}

/* Where the poll's requests begin, as a time. */
static int64_t beginning_of(const struct search_poll *poll)
{
	const struct search_place *place = &poll->place;
	return place->since_id > 0 ? time_of(place->since_id, poll->begun_us) : place->start_us;
}

/* A cursor that a lie has moved into the future (an older listener believed it) silences its rule. */
static void repair(struct search_poll *poll, int64_t now_us)
{
	struct search_place *place = &poll->place;
	int64_t begin_us = now_us - poll->options.reach_us;
	if (place->since_id == 0 && place->start_us > now_us)
		place->start_us = begin_us; /* by a clock of ours that was ahead */
	if (!is_in_future(place->since_id, now_us) && !is_in_future(place->newest_id, now_us) &&
	    !is_in_future(place->until_id, now_us))
		return;
	if (is_in_future(place->since_id, now_us)) {
		note_gap(poll, "cursor", place->start_us, begin_us);
		place->since_id = 0;
		place->start_us = begin_us;
	}
	place->newest_id = place->until_id = 0;
}

/* Since_id and until_id of the requests. */
static void bound(struct search_poll *poll, int64_t now_us)
{
	const struct search_place *place = &poll->place;
	uint64_t latest = post_id_floor(now_us - latest_us);
	int64_t since_us = time_of(place->since_id, 0);
	uint64_t above = post_id_floor(since_us - poll->options.overlap_us);
	poll->above_id = place->since_id;
	if (above > 0 && poll->options.overlap_us > 0 && !is_beyond_reach(above, now_us))
		poll->above_id = above;
	poll->from_until = poll->below_id = place->until_id;
	/* With a clock that is behind, X would be asked for nothing. */
	if (poll->below_id == 0 && poll->above_id > 0 && latest > place->since_id)
		poll->below_id = latest;
}

void search_poll_move_on(struct search_poll *poll, int64_t now_us)
{
	note_gap(poll, "reach", beginning_of(poll), now_us - reach_us);
	poll->place.since_id = 0;
	poll->place.start_us = now_us - reach_us;
	search_poll_forget_token(poll);
	bound(poll, now_us);
}

void search_poll_leave_rest(struct search_poll *poll, int64_t now_us)
{
	note_gap(poll, "reach", beginning_of(poll), time_of(poll->place.until_id, now_us));
	search_poll_end(poll);
	poll->done = false;
	search_poll_forget_token(poll);
	bound(poll, now_us);
}

void search_poll_begin(struct search_poll *poll, const struct search_options *options,
		       const struct search_place *place, int64_t batch_id, int64_t now_us)
{
	*poll = (struct search_poll){
		.options = *options,
		.place = *place,
		.batch_id = batch_id,
		.begun_us = now_us,
		.lowest_id = UINT64_MAX,
	};
	if (place->has_batch)
		poll->batch_id = place->batch_id;
	if (options->clock_is_x_s)
		repair(poll, now_us);
	if (poll->place.until_id > 0 && is_beyond_reach(poll->place.until_id, now_us))
		search_poll_leave_rest(poll, now_us);
	if (beginning_of(poll) < now_us - reach_us)
		search_poll_move_on(poll, now_us);
	bound(poll, now_us);
}

void search_poll_forget_token(struct search_poll *poll)
{
	free(poll->next_token);
	poll->next_token = NULL;
	if (poll->place.until_id > 0)
		poll->below_id = poll->place.until_id;
}

void search_poll_release(struct search_poll *poll)
{
	free(poll->next_token);
	poll->next_token = NULL;
}

void search_poll_has_lines(struct search_poll *poll)
{
	poll->place.batch_id = poll->batch_id;
	poll->place.has_batch = poll->place.newest_id > 0;
}

void search_poll_end(struct search_poll *poll)
{
	struct search_place *place = &poll->place;
	int64_t begun_us = poll->begun_us;
	if (place->newest_id > place->since_id)
		place->since_id = place->newest_id;
	else if (poll->options.clock_is_x_s && beginning_of(poll) < begun_us - quiet_us)
		place->since_id = post_id_floor(begun_us - margin_us);
	place->newest_id = place->until_id = 0;
	place->has_batch = false;
	poll->done = true;
}

void search_poll_pass_over(struct search_poll *poll, const char *cause, int64_t now_us)
{
	struct search_place *place = &poll->place;
	uint64_t below = place->until_id > 0 ? place->until_id : poll->below_id;
	if (below == 0)
		below = post_id_floor(now_us - latest_us);
	note_gap(poll, cause, beginning_of(poll), time_of(below, now_us));
	if (place->newest_id == 0 && below > 0)
		place->newest_id = below - 1;
	search_poll_end(poll);
}

/* Done, though not at the end. */
static void stop_poll(struct search_poll *poll)
{
	poll->done = true;
	poll->stuck = poll->place.until_id == poll->from_until;
	if (poll->stuck)
		snprintf(poll->trouble, sizeof poll->trouble,
			 "X's pages do not end and lead no further down, after %u of them",
			 poll->pages);
}

/* --- pages ------------------------------------------------------------------------------------------------ */

/* Those of a page: newest and oldest, 0 both when it has none that can be believed. */
struct page_ids {
	uint64_t newest, oldest;
};

/* Numbers are taken, too: the page is odd then, but its ids are no less true. What was asked for in vain
 * (X need not heed since_id) says nothing about where the poll is. */
static struct page_ids find_ids(const struct search_poll *poll, yyjson_val *data, int64_t now_us,
				struct search_verdict *ret)
{
	struct page_ids ids = { 0 };
	size_t at, max;
	yyjson_val *post;
	uint64_t id;
	yyjson_arr_foreach(data, at, max, post) {
		if (!post_id_parse(json_text(json_get(post, "id")), &id) || id <= poll->above_id)
			continue;
		if (is_in_future(id, now_us)) {
			search_judge(ret, SEARCH_PAGE, STR_NONE,
				     "the id %" PRIu64 " is from the future", id);
			continue;
		}
		ids.newest = id > ids.newest ? id : ids.newest;
		ids.oldest = ids.oldest == 0 || id < ids.oldest ? id : ids.oldest;
	}
	return ids;
}

static void note_ids(struct search_poll *poll, struct page_ids ids, bool has_posts)
{
	struct search_place *place = &poll->place;
	bool is_lower = ids.oldest > 0 && ids.oldest < poll->lowest_id;
	poll->idle = is_lower ? 0 : poll->idle + has_posts;
	if (is_lower)
		poll->lowest_id = ids.oldest;
	if (ids.newest == 0)
		return;
	/* The first page that has posts has the newest of all. */
	if (place->newest_id == 0)
		place->newest_id = ids.newest;
	if (place->until_id == 0 || ids.oldest < place->until_id)
		place->until_id = ids.oldest;
}

static void follow(struct search_poll *poll, struct str token)
{
	bool repeats = poll->next_token && str_equal(str_from(poll->next_token), token);
	if (poll->pages >= SEARCH_PAGES_MAX || poll->idle >= IDLE_PAGES_MAX || repeats) {
		stop_poll(poll);
		return;
	}
	free(poll->next_token);
	poll->next_token = mem_printf("%.*s", STR_ARG(token));
}

static void take_page(struct search_poll *poll, const struct json_doc *doc, int64_t now_us,
		      struct search_verdict *ret)
{
	yyjson_val *meta = json_get(doc->root, "meta"), *data = json_get(doc->root, "data");
	struct str token = json_get_text(meta, "next_token");
	bool has_errors = yyjson_arr_size(json_get(doc->root, "errors")) > 0;
	ret->outcome = SEARCH_PAGE;
	ret->posts = yyjson_arr_size(data);
	note_ids(poll, find_ids(poll, data, now_us, ret), ret->posts > 0);
	poll->pages++;
	poll->limited = poll->unreadable = 0;
	poll->page_posts_max = 0;
	if (token.len > 0)
		follow(poll, token);
	else if (!yyjson_is_obj(meta) || (ret->posts == 0 && has_errors)) {
		poll->done = true;
		snprintf(poll->trouble, sizeof poll->trouble,
			 "X's page has %s: the next poll goes on below it",
			 has_errors ? "errors and no next one" : "no word of a next one");
	} else if (ret->is_odd && poll->place.until_id == 0) {
		/* Posts, but nothing to go on by: it would be the same page again. */
		search_poll_pass_over(poll, "unreadable", now_us);
	} else {
		search_poll_end(poll);
	}
}

/* --- pages that nobody can read ---------------------------------------------------------------------------- */

/* A whole object by its ends, so that it is not a page of a gateway and was not cut. */
static bool looks_like_json(struct str body)
{
	struct str text = str_trim(body);
	return text.len > 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}';
}

/* The id behind `name`, wherever it stands last. Inside a text of JSON the quotes would be escaped. */
static uint64_t find_id(struct str body, const char *name)
{
	uint64_t id = 0;
	size_t len = strlen(name);
	const char *at = body.ptr, *end = body.ptr + body.len;
	while ((at = memmem(at, (size_t)(end - at), name, len))) {
		at += len;
		const char *quote = memchr(at, '"', (size_t)(end - at));
		if (!quote || !post_id_parse(str_make(at, (size_t)(quote - at)), &id))
			id = 0;
	}
	return id;
}

/* Passes over as little as can be told. */
static void pass_page_over(struct search_poll *poll, struct str body, int64_t now_us)
{
	static const char next_token[] = "\"next_token\":\"";
	struct page_ids ids = { 0 };
	if (body.len > 0) {
		ids.newest = find_id(body, "\"newest_id\":\"");
		ids.oldest = find_id(body, "\"oldest_id\":\"");
	}
	uint64_t below = poll->below_id > 0 ? poll->below_id : UINT64_MAX;
	if (ids.oldest <= poll->above_id || ids.newest < ids.oldest || ids.newest >= below ||
	    is_in_future(ids.newest, now_us) || poll->pages >= SEARCH_PAGES_MAX) {
		search_poll_pass_over(poll, "unreadable", now_us);
		return;
	}
	note_ids(poll, ids, true);
	note_gap(poll, "unreadable", time_of(ids.oldest, now_us),
		 time_of(ids.newest, now_us) + 1000);
	poll->pages++;
	poll->unreadable = 0;
	poll->page_posts_max = 0;
	if (memmem(body.ptr, body.len, next_token, strlen(next_token)))
		search_poll_forget_token(poll);
	else
		search_poll_end(poll);
}

static void judge_unreadable(struct search_poll *poll, const struct search_reply *reply,
			     const char *why, int64_t now_us, struct search_verdict *ret)
{
	if (++poll->unreadable < UNREADABLE_MAX) {
		search_judge(ret, SEARCH_AGAIN, str_from(why), "X's page cannot be read");
		poll->page_posts_max = SEARCH_PAGE_POSTS_MIN;
		search_poll_forget_token(poll);
		return;
	}
	search_judge(ret, SEARCH_UNREADABLE, str_from(why),
		     "X's page cannot be read and is passed over");
	pass_page_over(poll, reply->body, now_us);
}

/* --- answers ---------------------------------------------------------------------------------------------- */

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

void search_poll_answer(struct search_poll *poll, const struct search_reply *reply, int64_t now_us,
			struct json_doc *doc, struct search_verdict *ret)
{
	struct err why = { 0 };
	const char *what = "";
	*ret = (struct search_verdict){ 0 };
	bool is_json = !reply->is_too_large && json_read(doc, reply->body, &why) == ERR_NONE;
	struct str words = words_of(doc, is_json);
	if (reply->is_too_large)
		judge_unreadable(poll, reply, "it is too large", now_us, ret);
	else if (reply->status != 200)
		search_judge_status(poll, reply, words, now_us, ret);
	else if (!is_json && looks_like_json(reply->body))
		judge_unreadable(poll, reply, why.msg, now_us, ret);
	else if (!is_json)
		search_judge(ret, SEARCH_BACK_OFF, str_from(why.msg), "X's answer is not JSON");
	else if (page_classify(doc, &what) != DOCUMENT_OTHER)
		take_page(poll, doc, now_us, ret);
	else if (yyjson_arr_size(json_get(doc->root, "data")) > 0) {
		search_judge(ret, SEARCH_PAGE, STR_NONE, "X's page is %s", what);
		ret->is_odd = true;
		take_page(poll, doc, now_us, ret);
	} else
		search_judge(ret, SEARCH_BACK_OFF, words, "X's answer is no page of posts");
}
