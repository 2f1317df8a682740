/* Once a day our count of yesterday's posts is compared with X's own: prices are X's to know, and a
 * difference means that somebody else uses the token, or that we count wrongly. Asking costs nothing. */
#include "role/listen.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdio.h>

enum { TOLERATED_PERCENT = 2 };
static const int64_t day_us = 24 * 3600 * INT64_C(1000000);
/* X's counting takes a while. */
static const int64_t patience_us = 3600 * INT64_C(1000000);

/* What X counted on that day; false: it does not say. */
static bool find_usage(const struct json_doc *doc, int64_t day, uint64_t *ret)
{
	char date[TIME_TEXT_MAX];
	size_t at, max;
	yyjson_val *item;
	yyjson_val *project = json_get(json_get(doc->root, "data"), "daily_project_usage");
	time_format(day * day_us, date);
	yyjson_arr_foreach(json_get(project, "usage"), at, max, item) {
		struct str of = json_get_text(item, "date");
		if (of.len >= 10 && memcmp(of.ptr, date, 10) == 0)
			return str_to_u64(json_text(json_get(item, "usage")), ret);
	}
	return false;
}

static void compare(struct listen *listen, uint64_t theirs)
{
	char ours_text[32], theirs_text[32];
	uint64_t ours = listen->ledger.spend.day_before;
	uint64_t larger = ours > theirs ? ours : theirs, smaller = ours > theirs ? theirs : ours;
	bool differs = (larger - smaller) * 100 > larger * TOLERATED_PERCENT;
	snprintf(listen->usage, sizeof listen->usage, "ours %s, X %s", grouped(ours, ours_text),
		 grouped(theirs, theirs_text));
	log_event(differs ? LOG_WARN : LOG_INFO, "usage", "why=\"posts of yesterday: %s\"",
		  listen->usage);
}

/* Its record, whatever came of it. */
static enum err_kind ask(struct listen *listen, uint64_t *ret_usage, bool *ret_known,
			 struct err *err)
{
	struct request_record record = { .kind = "request",
					 .asked_us = clock_now_us(),
					 .endpoint = "/2/usage/tweets",
					 .posts = -1,
					 .new_posts = -1,
					 .repeated_posts = -1 };
	struct http_reply reply;
	struct err why = { 0 };
	int64_t start_us = clock_monotonic_us();
	buf_add_text(access_url(&listen->x),
		     "/2/usage/tweets?days=3&usage.fields=daily_project_usage");
	enum err_kind kind = access_ask(&listen->x, &reply, &why);
	record.took_us = clock_monotonic_us() - start_us;
	record.status = kind == ERR_NONE ? reply.status : 0;
	if (kind == ERR_NONE)
		kind = json_read(&listen->doc, reply.body, &why);
	*ret_known = kind == ERR_NONE && record.status == 200 &&
		     find_usage(&listen->doc, listen->ledger.spend.day - 1, ret_usage);
	if (!*ret_known && kind == ERR_NONE)
		err_set(&why, ERR_REJECT, "X does not tell yesterday's usage");
	if (!*ret_known)
		log_event(LOG_WARN, "usage", "why=\"%s\"", why.msg);
	record.error = *ret_known ? NULL : why.msg;
	ledger_take(&listen->ledger, &record, 1);
	return ledger_add(&listen->ledger, STR_NONE, err);
}

enum err_kind listen_compare_usage(struct listen *listen, struct err *err)
{
	struct spend *spend = &listen->ledger.spend;
	uint64_t theirs = 0;
	bool known = false;
	spend_roll(spend, clock_now_us());
	if (spend->day_before == 0 || spend->compared >= spend->day ||
	    clock_now_us() < spend->day * day_us + patience_us)
		return ERR_NONE;
	spend->compared = spend->day;
	TRY(ask(listen, &theirs, &known, err));
	if (known)
		compare(listen, theirs);
	return ERR_NONE;
}
