#include "role/rules.h"

#include "base/file.h"
#include "base/test.h"

#include <stdio.h>

struct trial {
	struct settings settings;
	struct rules rules;
};

/* The rules of a configuration; *err tells why there are none. */
static enum err_kind read_rules(struct trial *trial, const char *text, const char *flag,
				struct err *err)
{
	char path[256], config[280], more[256], *argv[] = { "listen", config, more, NULL };
	int left;
	snprintf(path, sizeof path, "%s/a.conf", test_dir());
	snprintf(config, sizeof config, "--config=%s", path);
	snprintf(more, sizeof more, "%s", flag ? flag : "");
	*trial = (struct trial){ 0 };
	*err = (struct err){ 0 };
	TRY(file_replace(path, str_from(text), err));
	TRY(settings_read(&command_listen, flag ? 3 : 2, argv, &trial->settings, &left, err));
	return rules_read(&trial->settings, &trial->rules, err);
}

static void end_trial(struct trial *trial)
{
	rules_release(&trial->rules);
	settings_release(&trial->settings);
}

static void a_section_becomes_a_query(void **state)
{
	struct trial trial;
	struct err err;
	(void)state;
	assert_ok(read_rules(&trial,
			     "[rule birds]\nkeywords = bird\nlang = en\nhas = hashtags\n"
			     "[rule song]\nkeywords = aviary, \"bird, song\", #d\n"
			     "exclude = reposts\n"
			     "[rule own]\nquery = (a OR b) -is:retweet min_likes:5\n",
			     "--keyword=owl", &err),
		  err);
	static const char *const wanted[][2] = {
		{ "owl", "owl" },
		{ "birds", "bird lang:en has:hashtags" },
		{ "song", "(aviary OR \"bird, song\" OR #d) -is:retweet" },
		{ "own", "(a OR b) -is:retweet min_likes:5" },
	};
	assert_int_equal(trial.rules.count, 4);
	for (size_t i = 0; i < 4; i++) {
		assert_null(trial.rules.items[i].why);
		assert_string_equal(trial.rules.items[i].name, wanted[i][0]);
		assert_string_equal(trial.rules.items[i].query, wanted[i][1]);
	}
	end_trial(&trial);
}

/* Lesson of others: one bad rule fails the whole harvest. */
static void a_bad_rule_is_disabled_and_its_neighbours_are_not(void **state)
{
	static const struct {
		const char *section, *why; /* behind "FILE:"; NULL: it is good */
	} cases[] = {
		{ "[rule good]\nkeywords = bird\n", NULL },
		{ "[rule open]\nquery = (a OR b\n",
		  "4: rule open: the parenthesis at position 1 is not closed (X would say: There" },
		{ "[rule typo]\nquery = a sample:10\n",
		  "6: rule typo: sample: is no operator; known are has: is: from:" },
		{ "[rule cats]\nkeywords = a\nhas = cats\n",
		  "7: rule cats: has: 'cats' is not known; known are hashtags" },
		{ "[rule none]\nlang = en\n",
		  "10: rule none: it has neither keywords nor a query" },
		{ "[rule both]\nkeywords = b\nquery = a\n",
		  "14: rule both: it has keywords and a query: one of them" },
		{ "[rule opts]\nlang = en\nquery = a\n",
		  "17: rule opts: a query is sent as it is: what `lang` means belongs into it" },
		{ "[rule only]\nquery = lang:en\n", "19: rule only: lang:, has:, is: and what is" },
		{ "[rule last]\nquery = a lang:en\n", NULL },
	};
	enum { COUNT = sizeof cases / sizeof *cases };
	struct buf text = { 0 };
	struct trial trial;
	struct err err;
	for (size_t i = 0; i < COUNT; i++)
		buf_add_text(&text, cases[i].section);
	assert_ok(read_rules(&trial, buf_text(&text), NULL, &err), err);
	assert_int_equal(trial.rules.count, COUNT);
	assert_int_equal(rules_good(&trial.rules), 2);
	for (size_t i = 0; i < COUNT; i++) {
		const char *why = trial.rules.items[i].why;
		const char *said = why ? strstr(why, "a.conf:") : NULL;
		if (!cases[i].why)
			assert_null(why);
		else if (!said || strncmp(said + 7, cases[i].why, strlen(cases[i].why)) != 0)
			fail_msg("\"%s\" is not \"%s\"", why ? why : "good", cases[i].why);
	}
	buf_release(&text);
	end_trial(&trial);
	(void)state;
}

static void a_query_is_as_long_as_it_may_be(void **state)
{
	struct buf text = { 0 };
	struct trial trial;
	struct err err;
	buf_add_text(&text, "[rule long]\nquery = ");
	for (int i = 0; i < 600; i++)
		buf_add_text(&text, "ü");
	assert_ok(read_rules(&trial, buf_text(&text), NULL, &err), err);
	assert_non_null(strstr(trial.rules.items[0].why, "it has 600 characters, and at most 512"));
	end_trial(&trial);
	assert_ok(read_rules(&trial, buf_text(&text), "--query-max=600", &err), err);
	assert_null(trial.rules.items[0].why);
	end_trial(&trial);
	buf_release(&text);
	(void)state;
}

static void two_rules_of_one_name_are_refused(void **state)
{
	struct trial trial;
	struct err err;
	assert_fails(read_rules(&trial, "[rule owl]\nkeywords = a\n", "--keyword=owl", &err), err,
		     ERR_REJECT, "two rules are named 'owl'");
	end_trial(&trial);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_section_becomes_a_query),
		cmocka_unit_test(a_bad_rule_is_disabled_and_its_neighbours_are_not),
		cmocka_unit_test(a_query_is_as_long_as_it_may_be),
		cmocka_unit_test(two_rules_of_one_name_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
