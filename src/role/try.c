/* What a query would bring, and cost, before anything is spent on it: how many posts X counts, ten of
 * them, and a month's price. */
#include "role/ask.h"
#include "terminal/terminal.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = SEARCH_PAGE_POSTS_MIN, PAGE_POSTS = 100, MONTH_DAYS = 30 };

static const int64_t day_us = 24 * 3600 * INT64_C(1000000);
static const int64_t window_us = 15 * 60 * INT64_C(1000000);
enum { WINDOW_REQUESTS = 450 };

struct trial {
	const struct settings *settings;
	char *query;
	struct access x;
	struct search_wants wants;
	struct json_doc doc;
	uint64_t total;
	int64_t counted_us; /* over how long */
};

static int64_t count_of(yyjson_val *object, const char *classic, const char *newer)
{
	int64_t count = 0;
	if (!json_get_i64(object, classic, &count) && !json_get_i64(object, newer, &count))
		return 0;
	return count > 0 ? count : 0;
}

/* --- asking --------------------------------------------------------------------------------------------- */

static enum err_kind agree(struct trial *trial, struct err *err)
{
	const struct settings *settings = trial->settings;
	char counts[USD_TEXT_MAX], posts[USD_TEXT_MAX], all[USD_TEXT_MAX], what[512];
	int64_t posts_usd = SAMPLES * settings->price_post_usd;
	snprintf(what, sizeof what, "asking %s costs up to %s: a count (%s) and %d posts (%s)%s",
		 trial->x.base, usd_text(settings->price_counts_usd + posts_usd, all),
		 usd_text(settings->price_counts_usd, counts), SAMPLES, usd_text(posts_usd, posts),
		 trial->x.is_loopback ? "; this machine charges nothing" : "");
	return ask_person(settings, what, err);
}

static enum err_kind count_posts(struct trial *trial, struct err *err)
{
	struct buf *url = access_url(&trial->x);
	size_t at, max;
	yyjson_val *day;
	buf_add_text(url, "/2/tweets/counts/recent?query=");
	http_add_encoded(url, str_from(trial->query));
	buf_add_text(url, "&granularity=day");
	TRY(ask_json(&trial->x, &trial->doc, err));
	yyjson_val *root = trial->doc.root, *data = json_get(root, "data");
	trial->total =
		(uint64_t)count_of(json_get(root, "meta"), "total_tweet_count", "total_post_count");
	yyjson_arr_foreach(data, at, max, day) {
		int64_t start_us, end_us;
		if (time_parse(json_get_text(day, "start"), &start_us) != TIME_BAD &&
		    time_parse(json_get_text(day, "end"), &end_us) != TIME_BAD && end_us > start_us)
			trial->counted_us += end_us - start_us;
	}
	if (trial->counted_us <= 0)
		return err_set(err, ERR_RETRY, "X's counts name no days");
	return ERR_NONE;
}

/* --- telling ---------------------------------------------------------------------------------------------- */

static void print_days(yyjson_val *data)
{
	size_t at, max;
	yyjson_val *day;
	char number[32];
	yyjson_arr_foreach(data, at, max, day) {
		struct str start = str_head(json_get_text(day, "start"), 16);
		uint64_t count = (uint64_t)count_of(day, "tweet_count", "post_count");
		printf("  from %.*s   %s\n", STR_ARG(start), grouped(count, number));
	}
}

static void print_price(const struct trial *trial, uint64_t a_day)
{
	const struct settings *settings = trial->settings;
	struct price month = price_of(settings, trial->wants.expansions, a_day * MONTH_DAYS);
	char number[32], usd[USD_TEXT_MAX], usd_max[USD_TEXT_MAX], budget[USD_TEXT_MAX];
	printf("a month   %s posts: %s", grouped(a_day * MONTH_DAYS, number),
	       usd_text(month.usd, usd));
	if (month.usd_max > month.usd)
		printf("; up to %s if what comes with them is charged, too",
		       usd_text(month.usd_max, usd_max));
	printf("\n");
	if (settings->budget_usd_month > 0 && month.usd_max > settings->budget_usd_month)
		printf("budget    %s a month is not enough for all of them\n",
		       usd_text(settings->budget_usd_month, budget));
}

static void print_counts(const struct trial *trial)
{
	const struct settings *settings = trial->settings;
	double days = (double)trial->counted_us / (double)day_us;
	uint64_t a_day = (uint64_t)((double)trial->total / days + 0.5);
	uint64_t a_poll =
		(uint64_t)((double)a_day * (double)settings->interval / (double)day_us + 1);
	double requests = (double)window_us / (double)settings->interval *
			  (double)((a_poll + PAGE_POSTS - 1) / PAGE_POSTS);
	char total[32], each[32], poll[32];
	printf("query     %s\n", trial->query);
	printf("posts     %s in %.1f days: %s a day\n", grouped(trial->total, total), days,
	       grouped(a_day, each));
	print_days(json_get(trial->doc.root, "data"));
	printf("a poll    about %s posts every %.10g s: %.1f of %d requests in 15 minutes%s\n",
	       grouped(a_poll, poll), (double)settings->interval / 1e6, requests, WINDOW_REQUESTS,
	       requests > WINDOW_REQUESTS ? ", more than X allows" : "");
	print_price(trial, a_day);
}

static enum err_kind print_samples(struct trial *trial, struct err *err)
{
	struct search_wants wants = { .dialect = trial->wants.dialect };
	struct buf *url = access_url(&trial->x), line = { 0 };
	size_t at, max;
	yyjson_val *post;
	buf_add_text(url, "/2/tweets/search/recent?query=");
	http_add_encoded(url, str_from(trial->query));
	buf_addf(url, "&max_results=%d", SAMPLES);
	search_wants_write(&wants, url);
	TRY(ask_json(&trial->x, &trial->doc, err));
	yyjson_val *data = json_get(trial->doc.root, "data");
	printf("the newest\n");
	yyjson_arr_foreach(data, at, max, post) {
		struct str time = str_head(json_get_text(post, "created_at"), 19);
		buf_reset(&line);
		buf_addf(&line, "  %.*s %.*s  ", STR_ARG(time),
			 STR_ARG(json_get_text(post, "lang")));
		buf_add_str(&line, str_head(json_get_text(post, "text"), 200));
		struct buf shown = { 0 };
		output_add_visible(buf_str(&line), &shown);
		printf("%s\n", buf_text(&shown));
		buf_release(&shown);
	}
	buf_release(&line);
	return ERR_NONE;
}

static enum err_kind ask_all(struct trial *trial, struct err *err)
{
	TRY(access_open(&trial->x, err));
	TRY(count_posts(trial, err));
	print_counts(trial);
	return print_samples(trial, err);
}

/* --- the command ------------------------------------------------------------------------------------------- */

static enum err_kind prepare(struct trial *trial, int argc, char **argv, struct err *err)
{
	if (argc != 2) {
		err_set(err, ERR_REJECT, "one query, or the name of a rule, is needed");
		return err_hint(err, "aviary try 'birds lang:en'");
	}
	TRY(ask_which(trial->settings, argv[1], &trial->query, err));
	TRY(ask_wants(trial->settings, &trial->wants, err));
	TRY(access_read(&trial->x, trial->settings, err));
	return agree(trial, err);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct trial trial = { .settings = settings };
	int code = EXIT_DONE;
	enum err_kind kind = prepare(&trial, argc, argv, &err);
	if (kind != ERR_NONE)
		code = kind == ERR_REJECT ? EXIT_USAGE : EXIT_FAILED;
	else if (ask_all(&trial, &err) != ERR_NONE)
		code = EXIT_FAILED;
	access_close(&trial.x);
	json_release(&trial.doc);
	free(trial.query);
	if (code == EXIT_DONE)
		return code;
	err_wrap(&err, "try");
	return say_error(&err, code);
}

static const char *const flags[] = { "yes",
				     "interval",
				     "expansions",
				     "api_dialect",
				     "query_max",
				     "base_url",
				     "token_file",
				     "budget_usd_month",
				     "price_post_usd",
				     "price_user_usd",
				     "price_counts_usd",
				     NULL };
const struct command command_try = {
	.name = "try",
	.arguments = "QUERY|RULE",
	.summary = "How many posts a query would bring, and what a month would cost",
	.flags = flags,
	.examples = "  aviary try '\"bird song\" lang:en' --token-file token\n"
		    "  aviary try birds --config aviary.conf\n",
	.run = run,
};
