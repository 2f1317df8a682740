#include "base/test.h"
#include "invent/text.h"

static struct arena arena;

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static void places_count_code_points(void **state)
{
	struct draft draft;
	struct minted_text text;

	(void)state;
	draft_begin(&draft, &arena);
	draft_add(&draft, "é👩🏾‍💻 ");
	draft_hashtag(&draft, "#", "鳥Bird");
	draft_add(&draft, " ");
	draft_mention(&draft, "mina", 3);
	text = draft_finish(&draft);
	assert_str(text.text, "é👩🏾‍💻 #鳥Bird @mina");
	assert_int_equal(text.length, 18);
	assert_int_equal(text.entity_count, 2);
	assert_int_equal(text.entities[0].start, 6);
	assert_int_equal(text.entities[0].end, 12);
	assert_str(text.entities[0].text, "鳥Bird");
	assert_int_equal(text.entities[1].start, 13);
	assert_int_equal(text.entities[1].end, 18);
	assert_int_equal(text.entities[1].person, 3);
}

static void slots_are_filled_and_cities_annotated(void **state)
{
	const struct language *english = &words_languages[LANGUAGE_ENGLISH];
	struct dice dice = dice_for(1, 2, 3);
	struct draft draft;
	struct minted_text text;
	struct minted_entity city;

	(void)state;
	draft_begin(&draft, &arena);
	draft_say(&draft, &dice, english, "{n} swifts at {t} over {c}!");
	text = draft_finish(&draft);
	assert_null(memchr(text.text.ptr, '{', text.text.len));
	assert_int_equal(text.entity_count, 1);
	city = text.entities[0];
	assert_int_equal(city.kind, MINTED_ANNOTATION);
	assert_int_equal(city.end, text.length - 1);
	assert_memory_equal(text.text.ptr + city.start, city.text.ptr, city.text.len);
	assert_int_equal(city.end - city.start, city.text.len);
}

/* What is kept of `whole` when it may weigh `weight`. */
static struct str part(const char *whole, uint32_t weight, bool *ret_all)
{
	struct draft draft;
	struct minted_text text;

	draft_begin(&draft, &arena);
	draft_add(&draft, whole);
	text = draft_finish(&draft);
	draft_begin(&draft, &arena);
	*ret_all = draft_add_part(&draft, &text, weight);
	text = draft_finish(&draft);
	return text.text;
}

static void a_text_is_cut_between_words(void **state)
{
	bool all;

	(void)state;
	assert_str(part("one two three", 13, &all), "one two three");
	assert_true(all);
	assert_str(part("one two three", 12, &all), "one two");
	assert_false(all);
	assert_str(part("一二三四", 5, &all), "一二");
}

static void a_cut_tears_nothing_apart(void **state)
{
	bool all;

	(void)state;
	assert_str(part("ab&amp;cd", 5, &all), "ab");
	assert_str(part("abe\xCC\x81", 3, &all), "ab");
	assert_str(part("a👩🏾‍💻b", 5, &all), "a");
	assert_str(part("a🇵🇹🇯🇵", 4, &all), "a");
	assert_str(part("a🇵🇹🇯🇵", 8, &all), "a🇵🇹");
}

static void entities_behind_a_cut_are_dropped(void **state)
{
	struct draft draft;
	struct minted_text whole, cut;

	(void)state;
	draft_begin(&draft, &arena);
	draft_hashtag(&draft, "#", "one");
	draft_add(&draft, " and ");
	draft_hashtag(&draft, "#", "other");
	whole = draft_finish(&draft);
	draft_begin(&draft, &arena);
	draft_add(&draft, "RT: ");
	assert_false(draft_add_part(&draft, &whole, 10));
	cut = draft_finish(&draft);
	assert_str(cut.text, "RT: #one and");
	assert_int_equal(cut.entity_count, 1);
	assert_int_equal(cut.entities[0].start, 4);
	assert_int_equal(cut.entities[0].end, 8);
}

static void a_full_draft_leaves_out_what_does_not_fit(void **state)
{
	struct draft draft;
	struct minted_text text;

	(void)state;
	draft_begin(&draft, &arena);
	for (int i = 0; i < 2000; i++)
		draft_hashtag(&draft, "#", "starlings");
	text = draft_finish(&draft);
	assert_true(text.text.len <= DRAFT_BYTES_MAX);
	assert_int_equal(text.entity_count, DRAFT_ENTITIES_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(places_count_code_points, forget),
		cmocka_unit_test_teardown(slots_are_filled_and_cities_annotated, forget),
		cmocka_unit_test_teardown(a_text_is_cut_between_words, forget),
		cmocka_unit_test_teardown(a_cut_tears_nothing_apart, forget),
		cmocka_unit_test_teardown(entities_behind_a_cut_are_dropped, forget),
		cmocka_unit_test_teardown(a_full_draft_leaves_out_what_does_not_fit, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
