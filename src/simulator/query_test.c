#include "base/test.h"
#include "simulator/query.h"

#include <stdio.h>
#include <stdlib.h>

static const char page[] =
	"{\"data\":[{\"id\":\"9\",\"lang\":\"en\",\"author_id\":\"1\",\"conversation_id\":\"7\","
	"\"in_reply_to_user_id\":\"2\",\"text\":\"@Bob Rain over the old town… https://t.co/x\","
	"\"note_tweet\":{\"text\":\"@Bob Rain over the old town, and tea &amp; buns for $OWL "
	"#BirdWatching\",\"entities\":{\"hashtags\":[{\"tag\":\"BirdWatching\"}],"
	"\"cashtags\":[{\"tag\":\"OWL\"}]}},"
	"\"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"8\"}],"
	"\"entities\":{\"mentions\":[{\"username\":\"Bob\",\"id\":\"2\"}],\"urls\":[{\"url\":"
	"\"https://t.co/x\",\"expanded_url\":\"https://soup.example/Leek?n=1\"}]},"
	"\"attachments\":{\"media_keys\":[\"7_1\"]},\"geo\":{\"place_id\":\"a\"}}],"
	"\"includes\":{\"users\":[{\"id\":\"1\",\"username\":\"Ann\",\"verified\":true}],"
	"\"media\":[{\"media_key\":\"7_1\",\"type\":\"video\"}]}}";

static const struct query_limits limits = { QUERY_CHARACTERS_MAX, .no_beyond = true };

struct fixture {
	struct arena arena;
	struct facts_reader reader;
	struct json_doc doc;
	struct facts facts;
};

static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct err err;
	assert_ok(json_read(&fixture->doc, STR(page), &err), err);
	facts_reader_begin(&fixture->reader, json_get(fixture->doc.root, "includes"));
	fixture->facts = facts_read(&fixture->reader,
				    yyjson_arr_get_first(json_get(fixture->doc.root, "data")),
				    &fixture->arena);
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	arena_release(&fixture->arena);
	facts_reader_release(&fixture->reader);
	json_release(&fixture->doc);
	free(fixture);
	return 0;
}

static void check(struct fixture *fixture, const char *text, bool wanted)
{
	const struct query *query;
	struct err err = { 0 };
	if (query_parse(str_from(text), &limits, &fixture->arena, &query, &err) != ERR_NONE)
		fail_msg("%s: %s", text, err.msg);
	if (query_matches(query, &fixture->facts) != wanted)
		fail_msg("%s: should %smatch", text, wanted ? "" : "not ");
}

static void every_operator_looks_where_it_should(void **state)
{
	static const char *const that_match[] = {
		"rain",
		"RAIN",
		"\"old town\"",
		"\"Tea & buns\"",
		"#birdwatching",
		"#BirdWatching",
		"$owl",
		"@bob",
		"from:ann",
		"from:1",
		"to:bob",
		"to:2",
		"soup",
		"url:soup.example",
		"url:\"example/leek\"",
		"conversation_id:7",
		"birdwatching",
		"rain lang:en",
		"rain has:hashtags",
		"rain has:links",
		"rain has:mentions",
		"rain has:media",
		"rain has:videos",
		"rain has:geo",
		"rain has:cashtags",
		"rain is:reply",
		"rain is:verified",
		"buns",
	};
	static const char *const that_do_not[] = {
		"rai",
		"\"town old\"",
		"#bird",
		"#rain",
		"$tern",
		"@ann",
		"from:bob",
		"to:ann",
		"url:tea",
		"conversation_id:9",
		"rain lang:de",
		"rain has:images",
		"rain is:quote",
		"rain is:retweet",
		"rain is:nullcast",
		"\"town and\" -tea",
	};
	for (size_t i = 0; i < sizeof that_match / sizeof *that_match; i++)
		check(*state, that_match[i], true);
	for (size_t i = 0; i < sizeof that_do_not / sizeof *that_do_not; i++)
		check(*state, that_do_not[i], false);
}

static void and_binds_closer_than_or(void **state)
{
	check(*state, "rain OR snow ice", true);
	check(*state, "ice snow OR rain", true);
	check(*state, "(rain OR snow) ice", false);
	check(*state, "rain (snow OR (ice OR tea))", true);
	check(*state, "rain -snow -ice", true);
	check(*state, "rain -(snow OR tea)", false);
	check(*state, "rain -(snow tea)", true);
	check(*state, "rain -\"old town\"", false);
	check(*state, "rain -is:reply", false);
	check(*state, "(rain)(tea)", true);
	check(*state, "rain ORtea", false);
	check(*state, "(snow)OR rain", true);
}

/* Whatever the bytes are: taken or refused, and what is taken can be asked. */
static void no_text_does_harm(void **state)
{
	static const char *const pieces[] = {
		"(",
		")",
		"-",
		"\"",
		" ",
		"OR",
		"#",
		"$",
		"@",
		":",
		"from:",
		"url:",
		"is:",
		"rain",
		"\xf0\x9f\x90\xa6",
		"\xf0\x9f",
		"\xff",
		"has:media",
		".",
		"＃",
		"\n",
		"\xe3\x81\x8b",
		"\xcc\x81",
		"lang:",
		"conversation_id:1",
		"ß",
		"\x01",
		"&amp;",
	};
	struct fixture *fixture = *state;
	struct buf text = { 0 };
	uint32_t dice = 7;
	size_t taken = 0;
	for (int i = 0; i < 20000; i++) {
		const struct query *query;
		struct err err = { 0 };
		buf_reset(&text);
		for (uint32_t left = 1 + (dice >> 16) % 12; left > 0; left--) {
			dice = dice * 1664525 + 1013904223;
			buf_add_text(&text, pieces[(dice >> 8) % (sizeof pieces / sizeof *pieces)]);
		}
		if (query_parse(buf_str(&text), &limits, &fixture->arena, &query, &err) ==
		    ERR_NONE) {
			taken++;
			(void)query_matches(query, &fixture->facts);
		}
	}
	assert_true(taken > 200);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operator_looks_where_it_should),
		cmocka_unit_test(and_binds_closer_than_or),
		cmocka_unit_test(no_text_does_harm),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
