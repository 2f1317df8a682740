#include "base/test.h"
#include "query/query.h"

#include <stdlib.h>

static const struct query_limits limits = { QUERY_CHARACTERS_MAX, .no_beyond = true };
static const struct query_limits all = { QUERY_CHARACTERS_EVER, .no_beyond = false };

static int begin(void **state)
{
	*state = calloc(1, sizeof(struct arena));
	return 0;
}

static int end(void **state)
{
	arena_release(*state);
	free(*state);
	return 0;
}

static void what_x_refuses_is_refused(void **state)
{
	struct arena *arena = *state;
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "can not be empty" },
		{ "  ", "can not be empty" },
		{ "-rain", "at least one positive" },
		{ "-rain -tea", "at least one positive" },
		{ "lang:en", "at least one positive" },
		{ "has:media is:reply", "at least one positive" },
		{ "rain OR -tea", "at least one positive" },
		{ "rain OR lang:en", "at least one positive" },
		{ "rain AND tea", "Ambiguous use of and" },
		{ "rain or tea", "Ambiguous use of or" },
		{ "rain OR", "missing EOF" },
		{ "OR rain", "character 'O' (at position 1)" },
		{ "rain OR OR tea", "character 'O' (at position 9)" },
		{ "(rain", "missing EOF" },
		{ "rain)", "character ')' (at position 5)" },
		{ "()", "character ')' (at position 2)" },
		{ "\"rain", "character '\"' (at position 1)" },
		{ "\"...\"", "character '\"' (at position 1)" },
		{ "für coca-cola", "character '-' (at position 9)" },
		{ "rain - tea", "character '-' (at position 6)" },
		{ "--rain", "character '-' (at position 2)" },
		{ "#", "character '#'" },
		{ "#a!b", "character '!' (at position 3)" },
		{ "sample:10", "invalid operator 'sample'" },
		{ "rain bio:x", "invalid operator 'bio'. Operator is not available" },
		{ "rain has:cats", "invalid value 'cats' of operator 'has'" },
		{ "is:", "invalid value '' of operator 'is'" },
		{ "from:", "invalid value" },
		{ "from:a.b", "invalid value 'a.b' of operator 'from'" },
		{ "conversation_id:x", "invalid value" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct query *query;
		struct err err = { 0 };
		if (query_parse(str_from(cases[i].text), &limits, arena, &query, &err) !=
		    ERR_REJECT)
			fail_msg("%s is taken", cases[i].text);
		if (!strstr(err.msg, cases[i].words))
			fail_msg("%s: \"%s\" is not in \"%s\"", cases[i].text, cases[i].words,
				 err.msg);
	}
}

static void characters_are_counted_not_bytes(void **state)
{
	struct arena *arena = *state;
	struct buf text = { 0 };
	const struct query *query;
	struct err err = { 0 };
	for (int i = 0; i < QUERY_CHARACTERS_MAX; i++)
		buf_add_text(&text, "ü");
	assert_ok(query_parse(buf_str(&text), &limits, arena, &query, &err), err);
	buf_add_byte(&text, 'u');
	assert_fails(query_parse(buf_str(&text), &limits, arena, &query, &err), err, ERR_REJECT,
		     "longer than 512 characters");
	buf_reset(&text);
	buf_add_text(&text, "a \xff");
	assert_fails(query_parse(buf_str(&text), &limits, arena, &query, &err), err, ERR_REJECT,
		     "");
	/* As deep as it can be. */
	buf_reset(&text);
	for (int i = 0; i < 255; i++)
		buf_add_byte(&text, '(');
	buf_add_byte(&text, 'a');
	for (int i = 0; i < 255; i++)
		buf_add_byte(&text, ')');
	assert_ok(query_parse(buf_str(&text), &limits, arena, &query, &err), err);
	buf_release(&text);
}

static void operators_beyond_the_post_are_known(void **state)
{
	static const char *const texts[] = {
		"rain retweets_of:bob",      "rain context:65.852262932607926273",
		"rain min_likes:100",        "rain entity:\"Michael Jordan\"",
		"rain place_country:EG",     "rain point_radius:[31.24 30.04 16km]",
		"rain place:\"new york\"",   "rain bounding_box:[-105.30 39.91 -105.17 40.09]",
		"rain quotes_of_tweet_id:1", "rain lang:zh-tw",
	};
	struct arena *arena = *state;
	const struct query *query;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct err err = { 0 };
		assert_ok(query_parse(str_from(texts[i]), &all, arena, &query, &err), err);
		if (!strstr(texts[i], "lang"))
			assert_fails(query_parse(str_from(texts[i]), &limits, arena, &query, &err),
				     err, ERR_REJECT, "invalid operator");
	}
}

static void what_is_wrong_is_said_in_plain_words(void **state)
{
	static const struct {
		const char *text, *hint;
	} cases[] = {
		{ "(rain", "the parenthesis at position 1 is not closed" },
		{ "a (b OR (c d)", "the parenthesis at position 3 is not closed" },
		{ "rain) tea", "the parenthesis at position 5 closes nothing" },
		{ "tea \"rain", "the quote at position 5 is not closed" },
		{ "coca-cola", "'-' at position 5 cannot stand there; text with signs is quoted" },
		{ "rain OR", "something is missing at its end" },
		{ "lang:en", "lang:, has:, is: and what is excluded only narrow a search: each "
			     "alternative needs a word, tag or name, too" },
		{ "rain sample:10", "sample: is no operator; known are has: is: from: to:" },
		{ "rain has:cats", "has: does not take 'cats'" },
		{ "rain point_radius:[1 2", "point_radius: does not take '[1 2'" },
		{ "rain min_likes:many", "min_likes: does not take 'many'" },
	};
	struct arena *arena = *state;
	const struct query *query;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct err err = { 0 };
		assert_int_equal(query_parse(str_from(cases[i].text), &all, arena, &query, &err),
				 ERR_REJECT);
		if (!str_starts(str_from(err.hint), str_from(cases[i].hint)))
			fail_msg("%s: \"%s\"", cases[i].text, err.hint);
	}
}

static void a_query_as_deep_as_it_can_be_is_refused(void **state)
{
	struct buf text = { 0 };
	const struct query *query;
	struct err err = { 0 };
	for (int i = 0; i < QUERY_CHARACTERS_EVER; i++)
		buf_add_byte(&text, '(');
	assert_int_equal(query_parse(buf_str(&text), &all, *state, &query, &err), ERR_REJECT);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_x_refuses_is_refused),
		cmocka_unit_test(characters_are_counted_not_bytes),
		cmocka_unit_test(operators_beyond_the_post_are_known),
		cmocka_unit_test(what_is_wrong_is_said_in_plain_words),
		cmocka_unit_test(a_query_as_deep_as_it_can_be_is_refused),
	};
	return cmocka_run_group_tests(tests, begin, end);
}
