/* A rule is tried by asking for posts between two neighbouring ids. There can be none, so nothing is
 * charged, and X reads token and query all the same. What is left of the rate limit and X's clock stand in
 * the headers of that answer; the quota is told by /2/usage/tweets, which is free. */
#include "role/check_online.h"
#include "role/ask.h"
#include "role/rules.h"

#include "base/clock.h"
#include "post/post.h"
#include "terminal/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const int64_t minute_us = 60 * INT64_C(1000000);
enum { CLOCK_GOOD_S = 5, CLOCK_MAX_S = 60 };

struct online {
	const struct settings *settings;
	struct access x;
	struct json_doc doc;
	struct search_wants wants;
	int64_t asked_us, answered_us;
	bool token_bad, all_good;
};

static void say_bad(struct online *online, const char *what, const struct err *err)
{
	printf("%-8s NO: %s%s%s\n", what, err->msg, err->hint[0] ? "; " : "", err->hint);
	online->all_good = false;
}

static enum err_kind ask(struct online *online, struct err *err)
{
	struct http_reply reply;
	*err = (struct err){ 0 };
	online->asked_us = clock_now_us();
	TRY(access_ask(&online->x, &reply, err));
	online->answered_us = clock_now_us();
	online->token_bad |= reply.status == 401;
	if (reply.status != 200)
		return ask_refused(&reply, err);
	return json_read(&online->doc, reply.body, err);
}

static enum err_kind ask_rule(struct online *online, const char *query, struct err *err)
{
	uint64_t id = post_id_floor(clock_now_us() - 5 * minute_us);
	struct buf *url = access_url(&online->x);
	buf_add_text(url, "/2/tweets/search/recent?query=");
	http_add_encoded(url, str_from(query));
	buf_addf(url, "&max_results=%d&since_id=%" PRIu64 "&until_id=%" PRIu64,
		 SEARCH_PAGE_POSTS_MIN, id, id + 1);
	search_wants_write(&online->wants, url);
	return ask(online, err);
}

/* --- the parts of the verdict --------------------------------------------------------------------------- */

static void check_rules(struct online *online, const struct rules *rules)
{
	struct err err;
	for (size_t i = 0; i < rules->count && !online->token_bad; i++) {
		const struct rule *rule = &rules->items[i];
		struct buf name = { 0 };
		output_add_visible(str_from(rule->name), &name);
		if (rule->why) {
			printf("rule     %s NO: %s\n", buf_text(&name), rule->why);
			online->all_good = false;
		} else if (ask_rule(online, rule->query, &err) == ERR_NONE) {
			printf("rule     %s: X takes it\n", buf_text(&name));
		} else if (!online->token_bad) {
			printf("rule     %s ", buf_text(&name));
			say_bad(online, "", &err);
		}
		buf_release(&name);
	}
}

static void check_token(struct online *online)
{
	struct err err = { 0 };
	enum err_kind kind = ask_rule(online, "aviary", &err);
	if (kind == ERR_NONE)
		printf("token    good, from %s\n", online->x.token_from);
	else
		say_bad(online, "token", &err);
}

static void print_window(const struct online *online)
{
	const struct http_client *client = online->x.client;
	struct str left = http_client_reply_header(client, "x-rate-limit-remaining");
	struct str limit = http_client_reply_header(client, "x-rate-limit-limit");
	uint64_t left_count, limit_count;
	if (str_to_u64(left, &left_count) && str_to_u64(limit, &limit_count))
		printf("window   %" PRIu64 " of %" PRIu64
		       " searches are left in these 15 minutes\n",
		       left_count, limit_count);
}

/* X's Date has seconds, and its answer took a while. */
static void check_clock(struct online *online)
{
	char text[64];
	struct tm tm = { 0 };
	struct str date = http_client_reply_header(online->x.client, "date");
	snprintf(text, sizeof text, "%.*s", STR_ARG(str_head(date, sizeof text - 1)));
	if (date.len == 0 || !strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm)) {
		printf("clock    X does not tell the time\n");
		return;
	}
	int64_t x_us = (int64_t)timegm(&tm) * 1000000 + 500000;
	int64_t ours_us = online->asked_us + (online->answered_us - online->asked_us) / 2;
	int64_t off_s = (ours_us - x_us) / 1000000;
	const char *way = off_s < 0 ? "behind" : "ahead of";
	int64_t much = off_s < 0 ? -off_s : off_s;
	if (much <= CLOCK_GOOD_S)
		printf("clock    good, as X's\n");
	else
		printf("clock    %s%" PRId64 " s %s X's%s\n", much > CLOCK_MAX_S ? "NO: " : "",
		       much, way,
		       much > CLOCK_MAX_S ? "; let systemd-timesyncd or chrony set it" : "");
	online->all_good &= much <= CLOCK_MAX_S;
}

/* Numbers, or texts that hold them: X's documents disagree. */
static bool read_number(yyjson_val *object, const char *name, uint64_t *ret)
{
	int64_t number;
	if (json_get_i64(object, name, &number) && number >= 0) {
		*ret = (uint64_t)number;
		return true;
	}
	return str_to_u64(json_get_text(object, name), ret);
}

static void check_quota(struct online *online)
{
	struct err err = { 0 };
	struct buf *url = access_url(&online->x);
	uint64_t used, cap, day;
	char used_text[32], cap_text[32];
	buf_add_text(url,
		     "/2/usage/tweets?days=1&usage.fields=cap_reset_day,project_cap,project_usage");
	if (ask(online, &err) != ERR_NONE) {
		printf("quota    not known: %s\n", err.msg);
		return;
	}
	yyjson_val *data = json_get(online->doc.root, "data");
	if (!read_number(data, "project_usage", &used) || !read_number(data, "project_cap", &cap)) {
		printf("quota    X does not tell it\n");
		return;
	}
	bool good = used < cap;
	printf("quota    %s%s of %s posts are read", good ? "" : "NO: ", grouped(used, used_text),
	       grouped(cap, cap_text));
	if (read_number(data, "cap_reset_day", &day))
		printf("; it begins anew on day %" PRIu64 " of the month", day);
	printf("\n");
	online->all_good &= good;
}

enum err_kind check_online(const struct settings *settings, bool *ret_good, struct err *err)
{
	struct online online = { .settings = settings, .all_good = true };
	struct rules rules = { 0 };
	enum err_kind kind = rules_read(settings, &rules, err);
	if (kind == ERR_NONE)
		kind = ask_wants(settings, &online.wants, err);
	if (kind == ERR_NONE)
		kind = access_read(&online.x, settings, err);
	if (kind == ERR_NONE)
		kind = access_open(&online.x, err);
	if (kind == ERR_NONE) {
		printf("\n%s is asked; nothing of it costs money\n", online.x.base);
		check_token(&online);
		bool answered = online.all_good;
		if (answered) {
			check_clock(&online);
			print_window(&online);
			check_rules(&online, &rules);
			check_quota(&online);
		}
		printf("verdict  %s\n", online.all_good ? "ready to listen" : "not ready");
		*ret_good = online.all_good;
	}
	access_close(&online.x);
	json_release(&online.doc);
	rules_release(&rules);
	return kind;
}
