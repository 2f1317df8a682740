/* The requests of a poll. */
#include "source/source.h"

#include "base/clock.h"
#include "base/http_client.h"

#include <inttypes.h>
#include <stdio.h>

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

void search_poll_request(const struct search_poll *poll, const struct search_wants *wants,
			 int page_posts, int64_t now_us, struct buf *ret)
{
	buf_add_text(ret, "/2/tweets/search/recent?query=");
	if (poll->page_posts_max > 0 && page_posts > poll->page_posts_max)
		page_posts = poll->page_posts_max;
	http_add_encoded(ret, str_from(poll->options.query));
	buf_addf(ret, "&max_results=%d&sort_order=recency", page_posts);
	if (poll->above_id > 0)
		add_id(ret, "since_id", poll->above_id);
	else
		add_start(ret, poll->place.start_us, now_us);
	add_id(ret, "until_id", poll->below_id);
	if (poll->next_token)
		add_argument(ret, "next_token", str_from(poll->next_token));
	search_wants_write(wants, ret);
}
