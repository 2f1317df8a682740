/* The order in which X looks at a request: who asks, what for, how often, and only then how. Whoever
 * scripts faults puts them between these. */
#include "simulator/answer.h"

#include <stdio.h>

#define PROBLEMS "https://api.twitter.com/2/problems/"

static void say_json(struct http_answer *ret, int status, const char *content_type)
{
	ret->status = status;
	ret->content_type = content_type;
}

static void add_header(struct answerer *answerer, struct http_answer *ret, const char *name,
		       int64_t value)
{
	size_t at = ret->header_count++;
	snprintf(answerer->numbers[at], ANSWER_NUMBER_MAX, "%lld", (long long)value);
	answerer->headers[at] =
		(struct http_header){ .name = name, .value = answerer->numbers[at] };
	ret->headers = answerer->headers;
}

/* What has a status and no more to say. */
static void answer_plain(struct http_answer *ret, int status, const char *title)
{
	say_json(ret, status, "application/problem+json");
	buf_addf(&ret->body,
		 "{\"title\":\"%s\",\"detail\":\"%s\",\"type\":\"about:blank\",\"status\":%d}",
		 title, title, status);
}

static void answer_invalid(struct http_answer *ret, struct str errors)
{
	say_json(ret, 400, "application/problem+json");
	buf_add_text(&ret->body, "{\"errors\":[");
	buf_add_str(&ret->body, errors);
	buf_add_text(&ret->body,
		     "],\"title\":\"Invalid Request\",\"detail\":\"One or more parameters to your "
		     "request was invalid.\",\"type\":\"" PROBLEMS "invalid-request\"}");
}

enum { TOKEN_BYTES_MAX = 1024 };

/* RFC 6750's b64token, and % since X's tokens have it. STR_NONE when it is none. */
static struct str bearer_token(struct str authorization)
{
	static const struct str scheme = { "bearer ", 7 };
	if (authorization.len <= scheme.len)
		return STR_NONE;
	for (size_t i = 0; i < scheme.len; i++) {
		if ((authorization.ptr[i] | 0x20) != (scheme.ptr[i] | 0x20))
			return STR_NONE;
	}
	struct str token =
		str_trim(str_make(authorization.ptr + scheme.len, authorization.len - scheme.len));
	for (size_t i = 0; i < token.len; i++) {
		char byte = token.ptr[i];
		bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
		if (!letter && !(byte >= '0' && byte <= '9') &&
		    (!byte || !strchr("-._~+/=%", byte)))
			return STR_NONE;
	}
	return token.len > 0 && token.len <= TOKEN_BYTES_MAX ? token : STR_NONE;
}

static void answer_search(struct answerer *answerer, const struct question *question,
			  struct http_answer *ret)
{
	struct search search;
	struct findings findings;
	struct buf errors = { 0 };
	char token[SEARCH_TOKEN_MAX];
	if (!search_read(question->arguments, question->argument_count, question->now_us,
			 answerer->seed, &answerer->arena, &search, &errors)) {
		answer_invalid(ret, buf_str(&errors));
	} else {
		search_run(&search, answerer->timeline, &findings);
		struct invent_page page = { .posts = findings.posts, .post_count = findings.count };
		if (findings.below_id > 0) {
			search_token_write(findings.below_id, search.binding, token);
			page.next_token = str_from(token);
		}
		timeline_render(answerer->timeline, &page, &search.view, &ret->body);
		say_json(ret, 200, "application/json; charset=utf-8");
	}
	buf_release(&errors);
	arena_reset(&answerer->arena);
}

void answer(struct answerer *answerer, const struct question *question, struct http_answer *ret)
{
	struct str token = bearer_token(question->authorization);
	add_header(answerer, ret, "x-aviary-simulator", 1);
	if (!token.ptr) {
		answer_plain(ret, 401, "Unauthorized");
		return;
	}
	if (!str_equal(question->path, STR("/2/tweets/search/recent"))) {
		answer_plain(ret, 404, "Not Found");
		return;
	}
	struct allowance_state state =
		allowance_take(&answerer->allowance, token, question->now_us);
	add_header(answerer, ret, "x-rate-limit-limit", state.limit);
	add_header(answerer, ret, "x-rate-limit-remaining", state.remaining);
	add_header(answerer, ret, "x-rate-limit-reset", state.reset_s);
	if (!state.granted)
		answer_plain(ret, 429, "Too Many Requests");
	else
		answer_search(answerer, question, ret);
}

void answerer_release(struct answerer *answerer)
{
	timeline_free(answerer->timeline);
	arena_release(&answerer->arena);
}
