/* A simulator without a socket, for tests: a question is a query string; the arguments are split here,
 * without decoding. */
#pragma once
#include "base/clock.h"
#include "base/test.h"
#include "simulator/answer.h"

#include <stdio.h>
#include <stdlib.h>

static const int64_t minute_us = 60 * INT64_C(1000000);
/* 2026-11-24T12:00:00.25Z */
static const int64_t noon_us = INT64_C(1795521600) * 1000000 + 250000;

struct house {
	struct answerer answerer;
	struct http_answer last;
	struct json_doc doc;
	struct err err;
	int64_t now_us;
};

static inline int begin(void **state)
{
	struct house *house = calloc(1, sizeof *house);
	struct timeline_options options = { .seed = 3, .rate = 2 };
	answerer_init(&house->answerer, timeline_new(&options), 0, 450);
	house->now_us = noon_us;
	*state = house;
	return 0;
}

static inline int end(void **state)
{
	struct house *house = *state;
	answerer_release(&house->answerer);
	buf_release(&house->last.body);
	json_release(&house->doc);
	free(house);
	return 0;
}

static inline void ask_as(struct house *house, const char *authorization, const char *path,
			  const char *arguments)
{
	struct argument list[32];
	struct question question = { .path = str_from(path),
				     .authorization = str_from(authorization),
				     .arguments = list,
				     .now_us = house->now_us };
	struct str rest = str_from(arguments), part;
	while (str_split(&rest, '&', &part)) {
		struct argument *argument = &list[question.argument_count++];
		str_split(&part, '=', &argument->name);
		argument->value = part.ptr ? part : STR("");
	}
	buf_release(&house->last.body);
	house->last = (struct http_answer){ .status = 200 };
	answer(&house->answerer, &question, &house->last);
	assert_ok(json_read(&house->doc, buf_str(&house->last.body), &house->err), house->err);
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, end)

static inline void ask(struct house *house, const char *arguments)
{
	ask_as(house, "Bearer abc%2Fd", "/2/tweets/search/recent", arguments);
}

static inline void expect(struct house *house, int status, const char *words)
{
	if (house->last.status != status || !strstr(buf_text(&house->last.body), words))
		fail_msg("%d %s: %d and \"%s\" are wanted", house->last.status,
			 buf_text(&house->last.body), status, words);
}

static inline struct str meta(struct house *house, const char *name)
{
	return json_get_text(json_get(house->doc.root, "meta"), name);
}

static inline const char *header(struct house *house, const char *name)
{
	for (size_t i = 0; i < house->last.header_count; i++) {
		if (strcmp(house->last.headers[i].name, name) == 0)
			return house->last.headers[i].value;
	}
	return "";
}
