#include "base/buf.h"
#include "base/test.h"
#include "query/words.h"

static struct arena arena;
static struct buf joined;

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	buf_release(&joined);
	return 0;
}

/* The words with bars between them. */
static struct str split(const char *text)
{
	struct word_list list = { 0 };
	word_list_add(&list, str_from(text), &arena);
	struct words words = word_list_take(&list, &arena);
	buf_reset(&joined);
	for (size_t i = 0; i < words.count; i++) {
		if (i > 0)
			buf_add_byte(&joined, '|');
		buf_add_str(&joined, words.items[i]);
	}
	word_list_release(&list);
	return buf_str(&joined);
}

static void punctuation_separates(void **state)
{
	(void)state;
	assert_str(split("I like coca-cola, don't you?"), "i|like|coca|cola|don|t|you");
	assert_str(split(""), "");
	assert_str(split(" ... "), "");
	assert_str(split("snake_case #Birds @Bob $OWL"), "snake_case|birds|bob|owl");
	assert_str(split("https://t.co/aB9"), "https|t|co|ab9");
}

static void case_and_accents_do_not_matter(void **state)
{
	(void)state;
	assert_str(split("MÚSIC Straße İzmir ΣΊΣΥΦΟΣ"), "music|strasse|izmir|σισυφοσ");
	/* The same, decomposed. */
	assert_str(split("MU\xCC\x81SIC"), "music");
}

static void escaped_characters_are_read_once(void **state)
{
	(void)state;
	assert_str(split("Q&amp;A &lt;3 &amp;amp; &nbsp;"), "q|a|3|amp|nbsp");
}

static void scripts_without_spaces_give_a_word_a_letter(void **state)
{
	(void)state;
	assert_str(split("天気はDuckDB晴れ"), "天|気|は|duckdb|晴|れ");
	/* A mark stays with its letter: か with U+3099. */
	assert_str(split("が"), "か\xE3\x82\x99");
	assert_str(split("Привет мир"), "привет|мир");
}

static void pictographs_are_words(void **state)
{
	(void)state;
	assert_str(split("ok🐦🦉!"), "ok|🐦|🦉");
	/* Joined ones are several, and the wish for colour is left out. */
	assert_str(split("👩🏾‍💻 ☀️"), "👩|🏾|💻|☀");
}

static void words_in_a_row_are_found(void **state)
{
	(void)state;
	struct word_list list = { 0 };
	word_list_add(&list, STR("one two two three"), &arena);
	word_list_add(&list, STR("four"), &arena);
	struct words text = word_list_take(&list, &arena);
	static const struct {
		const char *wanted;
		bool found;
	} cases[] = {
		{ "Two Three", true },      { "two", true },        { "three two", false },
		{ "three four", false },    { "four", true },       { "", false },
		{ "one two three", false }, { "four five", false },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		word_list_add(&list, str_from(cases[i].wanted), &arena);
		assert_int_equal(words_contain(text, word_list_take(&list, &arena)),
				 cases[i].found);
	}
	word_list_release(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(punctuation_separates),
		cmocka_unit_test(case_and_accents_do_not_matter),
		cmocka_unit_test(escaped_characters_are_read_once),
		cmocka_unit_test(scripts_without_spaces_give_a_word_a_letter),
		cmocka_unit_test(pictographs_are_words),
		cmocka_unit_test(words_in_a_row_are_found),
	};
	return cmocka_run_group_tests(tests, NULL, forget);
}
