/* For tests of searches: when they happen, pages of posts by their age, and what a request says. */
#pragma once
#include "base/test.h"

#include "source/source.h"

#include "base/clock.h"
#include "base/mem.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const int64_t NOW_US = 1795522500000000; /* 2026-11-24T12:15:00Z */
static const int64_t S = 1000000;
static const struct search_options plain = { .query = "x" };
static const struct search_wants nothing; /* no fields, no expansions */

static inline uint64_t argument(const char *url, const char *name)
{
	const char *at = strstr(url, name);
	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static inline uint64_t id_of(int64_t seconds_ago)
{
	return post_id_floor(NOW_US - seconds_ago * S) + 7;
}

/* A page of posts of these ages, in seconds; 0 ends them. */
static inline const char *page_of(const int64_t *ages, const char *token, char ret[1024])
{
	int len = snprintf(ret, 1024, "{\"data\":[");
	for (size_t i = 0; ages[i] != 0; i++)
		len += snprintf(ret + len, (size_t)(1024 - len),
				"%s{\"id\":\"%" PRIu64 "\",\"text\":\"t\"}", i > 0 ? "," : "",
				id_of(ages[i]));
	snprintf(ret + len, (size_t)(1024 - len), "],\"meta\":{%s%s%s}}",
		 token ? "\"next_token\":\"" : "\"a\":\"", token ? token : "", "\"");
	return ret;
}

static inline void answer_page(struct search_poll *poll, const int64_t *ages, const char *token,
			       struct search_verdict *verdict)
{
	char body[1024];
	struct json_doc doc = { 0 };
	struct search_reply reply = { .status = 200, .body = str_from(page_of(ages, token, body)) };
	search_poll_answer(poll, &reply, NOW_US, &doc, verdict);
	json_release(&doc);
}
