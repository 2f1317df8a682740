#include "post/post.h"

#include "base/test.h"

static void add_to_list(void *context, struct str hashtag)
{
	buf_add_str(context, hashtag);
	buf_add_byte(context, '|');
}

static void assert_found(struct str text, const char *expected)
{
	struct buf found = { 0 };
	post_find_hashtags(text, add_to_list, &found);
	assert_string_equal(buf_text(&found), expected);
	buf_release(&found);
}

#define FOUND(text, expected) assert_found(STR(text), expected)

static void a_hashtag_has_a_letter(void **state)
{
	(void)state;
	FOUND("#a", "#a|");
	FOUND("see #News and #W2k_x.", "#News|#W2k_x|");
	FOUND("#2021 #_ #__1 #", "");
	FOUND("#2021a #1_a #a1 #_a", "#2021a|#1_a|#a1|#_a|");
	FOUND("", "");
	assert_found(STR_NONE, "");
	FOUND("no hashtag", "");
}

static void no_word_character_stands_before_it(void **state)
{
	(void)state;
	FOUND("a#b", "");
	FOUND("1#b _#b", "");
	FOUND("\u00e9#b", "");
	FOUND("\u0661#b", "");
	FOUND("(#b) &#b; /#b \"#b\" \u2019#b", "#b|#b|#b|#b|#b|");
	FOUND("#a#b", "#a|");
	FOUND("##b", "#b|");
	FOUND("\n#b\n#c", "#b|#c|");
	FOUND("\U0001f600#b", "#b|");
}

static void it_ends_with_its_last_word_character(void **state)
{
	(void)state;
	FOUND("#a-b #c'd #e.f #g,#h", "#a|#c|#e|#g|#h|");
	FOUND("#a\0b", "#a|");
	FOUND("\0#a", "#a|");
	FOUND("#a\u2026 #b\u00a0c", "#a|#b|");
}

static void letters_are_those_of_every_script(void **state)
{
	(void)state;
	FOUND("#Stra\u00dfe #\u00e9t\u00e9", "#Stra\u00dfe|#\u00e9t\u00e9|");
	FOUND("#\u0645\u0635\u0631_2021 #\u6771\u4eac #\ud55c\uad6d",
	      "#\u0645\u0635\u0631_2021|#\u6771\u4eac|#\ud55c\uad6d|");
	FOUND("#\U00010400x", "#\U00010400x|");
	FOUND("#\u0661\u0662", ""); /* digits alone */
	FOUND("#\u0661a\u0662", "#\u0661a\u0662|");
	FOUND("\uff03a", ""); /* the wide number sign is another character */
}

/* A combining mark is neither letter nor number: the pattern ends there. */
static void a_combining_mark_ends_it(void **state)
{
	(void)state;
	FOUND("#e\u0301t", "#e|");
	FOUND("#\u0939\u093f\u0928", "#\u0939|");
}

static void found_pieces_lie_in_the_text(void **state)
{
	(void)state;
	struct buf text = { 0 }, found = { 0 };
	for (int i = 0; i < 1000; i++)
		buf_addf(&text, "#t%d ", i);
	post_find_hashtags(buf_str(&text), add_to_list, &found);
	assert_int_equal(found.len, text.len);
	for (size_t i = 0; i < text.len; i++)
		assert_int_equal(found.ptr[i], text.ptr[i] == ' ' ? '|' : text.ptr[i]);
	buf_release(&text);
	buf_release(&found);
}

/* Longer than the number of steps PCRE2 takes before it gives up. */
static void long_numbers_do_not_hide_what_follows(void **state)
{
	(void)state;
	struct buf text = { 0 };
	buf_add_byte(&text, '#');
	for (int i = 0; i < 12000000; i++)
		buf_add_byte(&text, '1');
	buf_add_text(&text, " #after");
	assert_found(buf_str(&text), "#after|");
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hashtag_has_a_letter),
		cmocka_unit_test(no_word_character_stands_before_it),
		cmocka_unit_test(it_ends_with_its_last_word_character),
		cmocka_unit_test(letters_are_those_of_every_script),
		cmocka_unit_test(a_combining_mark_ends_it),
		cmocka_unit_test(found_pieces_lie_in_the_text),
		cmocka_unit_test(long_numbers_do_not_hide_what_follows),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
