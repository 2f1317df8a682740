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

static void answer_page(struct answerer *answerer, const struct question *question,
			const struct search *search, struct str token, struct buf *ret)
{
	struct findings findings;
	char next_token[SEARCH_TOKEN_MAX];
	search_run(search, answerer->timeline, &findings);
	struct invent_page page = { .posts = findings.posts, .post_count = findings.count };
	if (findings.below_id > 0) {
		search_token_write(findings.below_id, search->binding, next_token);
		page.next_token = str_from(next_token);
	}
	timeline_render(answerer->timeline, &page, &search->view, ret);
	usage_note(answerer->usage, token, findings.posts, findings.count, question->now_us);
}

/* What is asked for, by whom, once that may be answered. */
static void answer_endpoint(struct answerer *answerer, const struct question *question,
			    enum endpoint endpoint, struct str token, struct http_answer *ret)
{
	struct search_question asked = { .endpoint = endpoint,
					 .arguments = question->arguments,
					 .argument_count = question->argument_count,
					 .now_us = question->now_us };
	struct search search;
	struct buf errors = { 0 };
	bool good;
	if (endpoint == ENDPOINT_USAGE)
		good = usage_answer(answerer->usage, token, question->arguments,
				    question->argument_count, question->now_us, &ret->body,
				    &errors);
	else
		good = search_read(&asked, answerer->seed, &answerer->arena, &search, &errors);
	if (!good)
		answer_invalid(ret, buf_str(&errors));
	else
		say_json(ret, 200, "application/json; charset=utf-8");
	if (good && endpoint == ENDPOINT_COUNTS)
		search_count(&search, answerer->timeline, &ret->body);
	else if (good && endpoint == ENDPOINT_SEARCH)
		answer_page(answerer, question, &search, token, &ret->body);
	buf_release(&errors);
	arena_reset(&answerer->arena);
}

static bool find_endpoint(struct str path, enum endpoint *ret)
{
	static const char *const paths[] = {
		[ENDPOINT_SEARCH] = "/2/tweets/search/recent",
		[ENDPOINT_COUNTS] = "/2/tweets/counts/recent",
		[ENDPOINT_USAGE] = "/2/usage/tweets",
	};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		if (str_equal(path, str_from(paths[i]))) {
			*ret = (enum endpoint)i;
			return true;
		}
	}
	return false;
}

void answerer_init(struct answerer *answerer, struct timeline *timeline, uint64_t seed,
		   int64_t requests_per_window)
{
	*answerer = (struct answerer){ .timeline = timeline, .usage = usage_new(), .seed = seed };
	answerer->allowance.requests_per_window = requests_per_window;
}

void answer(struct answerer *answerer, const struct question *question, struct http_answer *ret)
{
	struct str token = bearer_token(question->authorization);
	enum endpoint endpoint;
	add_header(answerer, ret, "x-aviary-simulator", 1);
	if (!token.ptr) {
		answer_plain(ret, 401, "Unauthorized");
		return;
	}
	if (!find_endpoint(question->path, &endpoint)) {
		answer_plain(ret, 404, "Not Found");
		return;
	}
	struct allowance_state state =
		allowance_take(&answerer->allowance, endpoint, token, question->now_us);
	add_header(answerer, ret, "x-rate-limit-limit", state.limit);
	add_header(answerer, ret, "x-rate-limit-remaining", state.remaining);
	add_header(answerer, ret, "x-rate-limit-reset", state.reset_s);
	if (!state.granted)
		answer_plain(ret, 429, "Too Many Requests");
	else
		answer_endpoint(answerer, question, endpoint, token, ret);
}

void answerer_release(struct answerer *answerer)
{
	timeline_free(answerer->timeline);
	usage_free(answerer->usage);
	arena_release(&answerer->arena);
}
