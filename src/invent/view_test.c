#include "base/test.h"
#include "invent/view.h"

static void names_of_the_other_vocabulary_are_silently_without_effect(void **state)
{
	struct invent_view view = invent_view_default(INVENT_POST, 0);
	struct str unknown = STR_NONE;

	(void)state;
	assert_true(invent_view_add(&view, INVENT_POST_FIELDS, STR("note_tweet,author_id,lang"),
				    &unknown));
	assert_false(view_post(&view, POST_NOTE));
	assert_false(view_post(&view, POST_AUTHOR_ID));
	assert_true(view_post(&view, POST_LANG));
	assert_true(invent_view_add(&view, INVENT_POST_FIELDS, STR("note_post"), &unknown));
	assert_true(view_post(&view, POST_NOTE));
}

static void an_unknown_name_is_reported(void **state)
{
	struct invent_view view = invent_view_default(INVENT_TWEET, 0);
	struct str unknown = STR_NONE;

	(void)state;
	assert_false(invent_view_add(&view, INVENT_EXPANSIONS,
				     STR("author_id,nest_id,geo.place_id"), &unknown));
	assert_str(unknown, "nest_id");
	assert_false(invent_view_add(&view, INVENT_USER_FIELDS, STR("lang"), &unknown));
}

static void defaults_are_those_of_the_vocabulary(void **state)
{
	struct invent_view classic = invent_view_default(INVENT_TWEET, 0);
	struct invent_view new = invent_view_default(INVENT_POST, 0);

	(void)state;
	assert_true(view_post(&classic, POST_EDIT_HISTORY));
	assert_false(view_post(&new, POST_EDIT_HISTORY));
	assert_true(view_post(&new, POST_ID) && view_post(&new, POST_TEXT));
	assert_false(view_post(&classic, POST_CREATED_AT));
	assert_false(view_expands(&classic, EXPAND_AUTHOR));
}

static void referenced_posts_stands_for_three_classic_expansions(void **state)
{
	struct invent_view view = invent_view_default(INVENT_POST, 0);
	struct str unknown;

	(void)state;
	assert_true(invent_view_add(&view, INVENT_EXPANSIONS, STR("referenced_posts"), &unknown));
	assert_true(view_expands(&view, EXPAND_REFERENCED));
	assert_true(view_expands(&view, EXPAND_REFERENCED_AUTHOR));
	assert_true(view_expands(&view, EXPAND_REFERENCED_MEDIA));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_the_other_vocabulary_are_silently_without_effect),
		cmocka_unit_test(an_unknown_name_is_reported),
		cmocka_unit_test(defaults_are_those_of_the_vocabulary),
		cmocka_unit_test(referenced_posts_stands_for_three_classic_expansions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
