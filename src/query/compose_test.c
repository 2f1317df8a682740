#include "base/test.h"
#include "query/query.h"

static void assert_query(char *const *keywords, const char *wanted)
{
	struct buf query = { 0 };
	struct err err;
	assert_ok(query_compose(&(struct query_wish){ .keywords = keywords }, &query, &err), err);
	assert_string_equal(buf_text(&query), wanted);
	buf_release(&query);
}

#define WISH(...) ((struct query_wish){ .keywords = KEYWORDS(__VA_ARGS__) })
#define KEYWORDS(...) ((char *const[]){ __VA_ARGS__, NULL })

static void keywords_are_literal_terms_with_or_between(void **state)
{
	(void)state;
	assert_query(KEYWORDS("bird"), "bird");
	assert_query(KEYWORDS("bird", "climate change", "#Birds", "@aviary", "$TSLA"),
		     "bird OR \"climate change\" OR #Birds OR @aviary OR $TSLA");
	assert_query(KEYWORDS("  sea \t\n gull "), "\"sea gull\"");
	assert_query(KEYWORDS("m\xc3\xb6we", "\xe9\xb3\xa5"), "m\xc3\xb6we OR \xe9\xb3\xa5");
}

static void what_x_would_read_as_an_operator_is_quoted(void **state)
{
	(void)state;
	assert_query(KEYWORDS("OR"), "\"OR\"");
	assert_query(KEYWORDS("AND", "NOT"), "\"AND\" OR \"NOT\"");
	assert_query(KEYWORDS("or", "oR"), "\"or\" OR \"oR\"");
	assert_query(KEYWORDS("-bird"), "\"-bird\"");
	assert_query(
		KEYWORDS("lang:en", "(a", "C++", "it's", "#a-b", "#", "a#b"),
		"\"lang:en\" OR \"(a\" OR \"C++\" OR \"it's\" OR \"#a-b\" OR \"#\" OR \"a#b\"");
}

static void a_quote_cannot_end_the_phrase(void **state)
{
	(void)state;
	assert_query(KEYWORDS("say \"hi\" OR x"), "\"say hi OR x\"");
	assert_query(KEYWORDS("a\\\"b"), "\"a b\"");
	assert_query(KEYWORDS("\"bird\""), "bird");
}

static void nothing_to_ask_for_is_rejected(void **state)
{
	(void)state;
	struct buf query = { 0 };
	struct err err;
	assert_fails(query_compose(&WISH("bird", ""), &query, &err), err, ERR_REJECT, "empty");
	assert_fails(query_compose(&WISH(" \" \n"), &query, &err), err, ERR_REJECT, "empty");
	assert_fails(query_compose(&WISH("\xff"), &query, &err), err, ERR_REJECT, "UTF-8");
	assert_fails(query_compose(&(struct query_wish){ 0 }, &query, &err), err, ERR_REJECT,
		     "no keyword");
	buf_release(&query);
}

static void options_narrow_it_and_nothing_is_added_unasked(void **state)
{
	const struct {
		struct query_wish wish;
		const char *wanted;
	} cases[] = {
		{ { .keywords = KEYWORDS("bird"),
		    .lang = KEYWORDS("en"),
		    .has = KEYWORDS("hashtags") },
		  "bird lang:en has:hashtags" },
		{ { .keywords = KEYWORDS("a", "b c", "#d"), .lang = KEYWORDS("en", "ar") },
		  "(a OR \"b c\" OR #d) (lang:en OR lang:ar)" },
		{ { .keywords = KEYWORDS("a", "b"),
		    .exclude = KEYWORDS("reposts", "replies", "links") },
		  "(a OR b) -is:retweet -is:reply -has:links" },
		{ { .keywords = KEYWORDS("a"),
		    .from = KEYWORDS("@Bob", "ann"),
		    .has = KEYWORDS("media", "geo") },
		  "a (from:Bob OR from:ann) has:media has:geo" },
		{ { .keywords = KEYWORDS("a", "b") }, "a OR b" },
	};
	struct arena arena = { 0 };
	struct query_limits limits = { QUERY_CHARACTERS_MAX, false };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf query = { 0 };
		const struct query *parsed;
		struct err err;
		assert_ok(query_compose(&cases[i].wish, &query, &err), err);
		assert_string_equal(buf_text(&query), cases[i].wanted);
		assert_ok(query_parse(buf_str(&query), &limits, &arena, &parsed, &err), err);
		buf_release(&query);
	}
	arena_release(&arena);
	(void)state;
}

static void an_unknown_option_is_refused(void **state)
{
	struct buf query = { 0 };
	struct err err;
	struct query_wish wish = { .keywords = KEYWORDS("a"), .has = KEYWORDS("cats") };
	assert_fails(query_compose(&wish, &query, &err), err, ERR_REJECT, "has: 'cats'");
	assert_non_null(strstr(err.hint, "hashtags"));
	wish = (struct query_wish){ .keywords = KEYWORDS("a"), .exclude = KEYWORDS("ads") };
	assert_fails(query_compose(&wish, &query, &err), err, ERR_REJECT, "exclude: 'ads'");
	wish = (struct query_wish){ .keywords = KEYWORDS("a"), .lang = KEYWORDS("en OR x") };
	assert_fails(query_compose(&wish, &query, &err), err, ERR_REJECT, "lang: 'en OR x'");
	wish = (struct query_wish){ .keywords = KEYWORDS("a"), .from = KEYWORDS("a b") };
	assert_fails(query_compose(&wish, &query, &err), err, ERR_REJECT, "from: 'a b'");
	buf_release(&query);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keywords_are_literal_terms_with_or_between),
		cmocka_unit_test(what_x_would_read_as_an_operator_is_quoted),
		cmocka_unit_test(a_quote_cannot_end_the_phrase),
		cmocka_unit_test(nothing_to_ask_for_is_rejected),
		cmocka_unit_test(options_narrow_it_and_nothing_is_added_unasked),
		cmocka_unit_test(an_unknown_option_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
