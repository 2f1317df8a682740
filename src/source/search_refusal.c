/* What X refuses, and what that means (xapi/X-API.md, section 5).
 *
 * What X no longer has, it answers with 400 naming the argument (section 2): then what lies below is a
 * gap, and reading goes on as far back as X goes; what was read is not asked for again. */
#include "source/search_private.h"

#include <stdio.h>
#include <string.h>

enum { MOVES_MAX = 3, HTTP_REDIRECT = 300, HTTP_BAD = 400, HTTP_MANY = 429, HTTP_TROUBLE = 500 };
enum { WORDS_MAX = 300 }; /* of X's, in bytes; with ours they are no longer than `why` */

static const int64_t second_us = 1000000;
static const int64_t window_us = 15 * 60 * INT64_C(1000000); /* of a rate limit */
static const int64_t margin_us = 1 * INT64_C(1000000);       /* behind its end */
static const int64_t connection_wait_us = 60 * INT64_C(1000000);
static const int64_t hour_us = 3600 * INT64_C(1000000); /* asking costs nothing then */
static const int64_t day_us = 24 * 3600 * INT64_C(1000000);

static bool contains(struct str text, const char *words)
{
	return text.len > 0 && memmem(text.ptr, text.len, words, strlen(words)) != NULL;
}

void search_judge(struct search_verdict *ret, enum search_outcome outcome, struct str words,
		  const char *fmt, ...)
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

/* --- rate limits ---------------------------------------------------------------------------------- */

/* Unix seconds of a header; false when it says nothing a clock could. */
static bool read_reset(const struct search_reply *reply, int64_t *ret_us)
{
	uint64_t seconds;
	if (!str_to_u64(reply->rate_limit_reset, &seconds) || seconds > INT64_MAX / 2000000)
		return false;
	*ret_us = (int64_t)seconds * second_us;
	return true;
}

/* A reset that has passed (our clock is ahead of X's) is believed once. */
static int64_t reset_us(const struct search_reply *reply, unsigned limited, int64_t now_us)
{
	int64_t until_us, least_us = limited > 1 ? connection_wait_us : margin_us;
	if (!read_reset(reply, &until_us))
		return now_us + connection_wait_us;
	until_us += margin_us;
	if (until_us < now_us + least_us)
		return now_us + least_us;
	return until_us < now_us + window_us + margin_us ? until_us :
							   now_us + window_us + margin_us;
}

int64_t search_pace_us(const struct search_reply *reply, int64_t now_us)
{
	int64_t reset;
	uint64_t limit, left;
	if (!str_to_u64(reply->rate_limit_limit, &limit) ||
	    !str_to_u64(reply->rate_limit_remaining, &left) || !read_reset(reply, &reset) ||
	    left >= limit - limit / 2)
		return 0;
	int64_t window_left_us = reset - now_us;
	if (window_left_us <= 0 || window_left_us > window_us)
		return 0;
	return left == 0 ? window_left_us + margin_us : window_left_us / ((int64_t)left + 1);
}

/* 429 means three things; only the body tells which. */
static void judge_429(struct search_poll *poll, const struct search_reply *reply, struct str words,
		      int64_t now_us, struct search_verdict *ret)
{
	if (contains(reply->body, "UsageCapExceeded") || contains(reply->body, "usage-capped")) {
		search_judge(ret, SEARCH_WAIT, words, "the usage cap is reached");
		int64_t midnight_us = (now_us / day_us + 1) * day_us;
		bool daily = contains(reply->body, "\"Daily\"");
		ret->until_us = daily ? midnight_us + margin_us : now_us + hour_us;
	} else if (contains(reply->body, "TooManyConnections")) {
		search_judge(ret, SEARCH_WAIT, words, "too many connections");
		ret->until_us = now_us + connection_wait_us;
	} else {
		search_judge(ret, SEARCH_WAIT, STR_NONE, "the rate limit is used up");
		ret->until_us = reset_us(reply, ++poll->limited, now_us);
	}
}

/* --- refusals ----------------------------------------------------------------------------------------- */

/* Whether 400 complains of where the request begins or ends, so that it can be asked otherwise. */
static bool ask_otherwise(struct search_poll *poll, struct str body, int64_t now_us,
			  struct search_verdict *ret)
{
	const struct search_place *place = &poll->place;
	bool since = poll->above_id > 0 && contains(body, "'since_id' must be");
	bool until = poll->below_id > 0 && contains(body, "'until_id' must be");
	bool start = poll->above_id == 0 && contains(body, "'start_time' must be on or after");
	bool token = poll->next_token && place->until_id > 0 && contains(body, "_token`");
	if ((!since && !until && !start && !token) || poll->moved >= MOVES_MAX)
		return false;
	poll->moved++;
	if (token) {
		search_judge(ret, SEARCH_AGAIN, STR_NONE, "X no longer knows its page token");
		search_poll_forget_token(poll);
		return true;
	}
	if (until && place->until_id == 0) {
		search_judge(ret, SEARCH_AGAIN, STR_NONE, "this machine's clock is not X's");
		poll->below_id = 0;
		return true;
	}
	search_judge(ret, SEARCH_AGAIN, STR_NONE,
		     "X goes back 7 days only: what lies before that is lost");
	if (until)
		search_poll_leave_rest(poll, now_us);
	else
		search_poll_move_on(poll, now_us);
	return true;
}

static void judge_400(struct search_poll *poll, const struct search_reply *reply, struct str words,
		      int64_t now_us, struct search_verdict *ret)
{
	if (ask_otherwise(poll, reply->body, now_us, ret))
		return;
	search_judge(ret, SEARCH_DENIED, words, "X does not understand the request (400)");
	ret->is_dialect = contains(reply->body, "tweet.fields") ||
			  contains(reply->body, "post.fields");
}

/* X's reasons, in words that say what to do. */
static const char *explain_403(struct str body)
{
	static const struct {
		const char *reason, *words;
	} known[] = {
		{ "client-not-enrolled",
		  "X forbids it (403): the app is in no project that may search; see its page at "
		  "developer.x.com" },
		{ "official-client-forbidden",
		  "X forbids it (403): the app may not use this part of the API" },
		{ "unsupported-authentication",
		  "X forbids it (403): search wants an app's own bearer token, this is one of "
		  "another kind" },
		{ "suspended", "X forbids it (403): the app or its account is suspended" },
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (contains(body, known[i].reason))
			return known[i].words;
	}
	return "X forbids it (403)";
}

void search_judge_status(struct search_poll *poll, const struct search_reply *reply,
			 struct str words, int64_t now_us, struct search_verdict *ret)
{
	switch (reply->status) {
	case HTTP_BAD:
		judge_400(poll, reply, words, now_us, ret);
		break;
	case 401:
		search_judge(ret, SEARCH_DENIED, STR_NONE,
			     "X does not accept the token (401): it was revoked, or is not whole; "
			     "make a new bearer token at developer.x.com");
		break;
	case 402:
		search_judge(ret, SEARCH_DENIED, words,
			     "the account has no credits (402): buy some at developer.x.com, or "
			     "wait for its next cycle");
		ret->until_us = now_us + hour_us;
		break;
	case 403:
		search_judge(ret, SEARCH_DENIED, words, "%s", explain_403(reply->body));
		break;
	case HTTP_MANY:
		judge_429(poll, reply, words, now_us, ret);
		break;
	default:
		search_judge(ret,
			     reply->status >= HTTP_TROUBLE || reply->status < HTTP_REDIRECT ?
				     SEARCH_BACK_OFF :
				     SEARCH_DENIED,
			     words, "X answered with status %d", reply->status);
	}
}
