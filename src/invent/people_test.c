#include "base/test.h"
#include "invent/people.h"

static struct arena arena;

static int forget(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

static bool is_username(const char *name)
{
	size_t len = strlen(name);

	return len >= 1 && len <= 15 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			    "0123456789_") == len;
}

static void no_two_people_share_a_name_or_an_id(void **state)
{
	static char names[PEOPLE][USERNAME_MAX];
	static uint64_t ids[PEOPLE];

	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		for (int person = 0; person < PEOPLE; person++) {
			people_username(seed, person, names[person]);
			ids[person] = people_id(seed, person);
			assert_true(is_username(names[person]));
			assert_true(ids[person] > 0);
			for (int other = 0; other < person; other++) {
				assert_true(ids[other] != ids[person]);
				assert_int_not_equal(strcasecmp(names[other], names[person]), 0);
			}
		}
	}
}

static void every_language_has_speakers_who_are_picked(void **state)
{
	struct dice dice = dice_for(7, 7, 7);

	(void)state;
	for (int language = 0; language < LANGUAGES; language++) {
		bool met[PEOPLE] = { false };
		int different = 0;

		for (int i = 0; i < 2000; i++) {
			int person = people_pick(&dice, language);

			assert_in_range(person, 0, PEOPLE - 1);
			assert_int_equal(people_language(person), language);
			different += !met[person];
			met[person] = true;
		}
		assert_true(different >= 15);
	}
}

static void all_popularities_occur_and_counts_never_fall(void **state)
{
	int64_t now_us = 1795305600LL * 1000000, later_us = now_us + 5 * 3600LL * 1000000;
	int high = 0, middle = 0, low = 0, grown = 0;

	(void)state;
	for (int number = 0; number < PEOPLE; number++) {
		struct person now = people_profile(1, number, now_us, &arena);
		struct person later = people_profile(1, number, later_us, &arena);

		high += now.followers > 5000;
		middle += now.followers >= 1000 && now.followers <= 5000;
		low += now.followers < 1000;
		grown += later.followers > now.followers;
		assert_true(later.followers >= now.followers);
		assert_true(later.written >= now.written);
		assert_true(str_equal(now.name, later.name));
		assert_true(now.name.len > 0 && now.name.ptr[now.name.len - 1] != ' ');
	}
	assert_true(high > 60 && middle > 60 && low > 60);
	assert_true(grown > 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_two_people_share_a_name_or_an_id),
		cmocka_unit_test(every_language_has_speakers_who_are_picked),
		cmocka_unit_test_teardown(all_popularities_occur_and_counts_never_fall, forget),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
