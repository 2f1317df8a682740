#include "base/conf.h"
#include "base/mem.h"
#include "base/test.h"

#include <stdlib.h>

struct settings {
	const char *lake;
};
struct rule {
	char **keywords;
	const char *lang;
	int64_t interval;
};

static const struct conf_key keys[] = {
	{ .section = "lake",
	  .name = "lake",
	  .type = CONF_TEXT,
	  .offset = offsetof(struct settings, lake) },
};
static const struct conf_key rule_keys[] = {
	{ .section = "rule",
	  .name = "keywords",
	  .type = CONF_LIST,
	  .offset = offsetof(struct rule, keywords) },
	{ .section = "rule",
	  .name = "lang",
	  .type = CONF_TEXT,
	  .default_text = "en",
	  .offset = offsetof(struct rule, lang) },
	{ .section = "rule",
	  .name = "interval",
	  .type = CONF_DURATION,
	  .default_text = "5m",
	  .offset = offsetof(struct rule, interval),
	  .min = 1000000,
	  .max = INT64_MAX },
};

struct fixture {
	struct settings values;
	struct conf conf;
	struct conf_group rules;
	struct err err;
};

static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(1, sizeof *fixture);
	fixture->rules = (struct conf_group){ .section = "rule",
					      .keys = rule_keys,
					      .key_count = sizeof rule_keys / sizeof *rule_keys,
					      .item_bytes = sizeof(struct rule) };
	conf_init(&fixture->conf, keys, sizeof keys / sizeof *keys, &fixture->values);
	conf_add_group(&fixture->conf, &fixture->rules);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	conf_release(&fixture->conf);
	assert_int_equal(fixture->rules.item_count, 0);
	free(fixture);
	return 0;
}

static enum err_kind read_text(struct fixture *fixture, const char *text)
{
	return conf_read_text(&fixture->conf, "a.conf", str_from(text), &fixture->err);
}

static void assert_refused(struct fixture *fixture, const char *text, const char *message)
{
	assert_int_equal(read_text(fixture, text), ERR_REJECT);
	assert_string_equal(fixture->err.msg, message);
}

static const struct rule *rule_at(const struct fixture *fixture, size_t at)
{
	assert_true(at < fixture->rules.item_count);
	return fixture->rules.items[at].conf.values;
}

static void each_section_has_values_of_its_own(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(read_text(fixture, "[rule birds]\nkeywords = owl, heron\nlang = de\n"
					    "[lake]\nlake = here\n"
					    "[ rule\tnight-birds.2 ]\ninterval = 10s\n"
					    "[rule empty]\n"),
			 ERR_NONE);
	assert_int_equal(fixture->rules.item_count, 3);
	assert_string_equal(fixture->rules.items[0].name, "birds");
	assert_string_equal(fixture->rules.items[0].origin, "a.conf:1");
	assert_string_equal(fixture->rules.items[1].name, "night-birds.2");
	assert_string_equal(rule_at(fixture, 0)->keywords[1], "heron");
	assert_string_equal(rule_at(fixture, 0)->lang, "de");
	assert_int_equal(rule_at(fixture, 0)->interval, 300000000);
	assert_string_equal(rule_at(fixture, 1)->lang, "en");
	assert_int_equal(rule_at(fixture, 1)->interval, 10000000);
	assert_null(rule_at(fixture, 2)->keywords);
	assert_string_equal(fixture->values.lake, "here");
}

static void long_names_are_told_apart(void **state)
{
	struct fixture *fixture = *state;
	assert_int_equal(read_text(fixture,
				   "[rule a23456789-123456789-123456789-123456789-1234567a]\n"
				   "lang = aa\n"
				   "[rule a23456789-123456789-123456789-123456789-1234567b]\n"
				   "lang = bb\n"),
			 ERR_NONE);
	assert_int_equal(fixture->rules.item_count, 2);
	assert_string_equal(rule_at(fixture, 0)->lang, "aa");
	assert_string_equal(rule_at(fixture, 1)->lang, "bb");
}

static void a_name_that_is_none_or_taken_is_refused(void **state)
{
	struct fixture *fixture = *state;
	assert_refused(fixture, "[rule]\n",
		       "a.conf:1: [rule ] needs a name of letters, digits, _ - and .");
	assert_string_equal(fixture->err.hint, "write [rule birds]");
	assert_refused(fixture, "\n[rule a b]\n",
		       "a.conf:2: [rule a b] needs a name of letters, digits, _ - and .");
	assert_int_equal(read_text(fixture, "[rule owl]\n"), ERR_NONE);
	assert_refused(fixture, "[rule heron]\n[rule owl]\n",
		       "a.conf:2: [rule owl] stands twice, first at a.conf:1");
	assert_refused(fixture, "[ruler owl]\n", "a.conf:1: unknown section [ruler owl]");
	assert_non_null(strstr(fixture->err.hint, "[rule NAME]"));
}

static void what_is_wrong_inside_names_line_and_key(void **state)
{
	struct fixture *fixture = *state;
	assert_refused(fixture, "[rule a]\nkeyword = owl\n",
		       "a.conf:2: unknown key 'keyword' in [rule]; did you mean 'keywords'?");
	assert_refused(fixture, "[rule b]\nlang = de\nlang = en\n",
		       "a.conf:3: 'lang' in [rule] is set again, line 2 had it first");
	assert_refused(fixture, "[rule c]\nlake = x\n",
		       "a.conf:2: unknown key 'lake' in [rule]; did you mean 'lake' in [lake]?");
	assert_int_equal(read_text(fixture, "[rule d]\nlang = de\n[rule e]\nlang = en\n"),
			 ERR_NONE);
}

static void what_is_printed_reads_back_equal(void **state)
{
	struct fixture *first = *state, *second;
	struct buf once = { 0 };
	void *other;
	set_up(&other);
	second = other;
	assert_int_equal(read_text(first, "[rule a]\nkeywords = x, y z\n[rule b]\nlang = de\n"),
			 ERR_NONE);
	conf_print(&first->conf, &once);
	assert_non_null(strstr(buf_text(&once), "[rule a]\nkeywords = x, y z"));
	assert_int_equal(read_text(second, buf_text(&once)), ERR_NONE);
	assert_int_equal(second->rules.item_count, 2);
	assert_string_equal(rule_at(second, 1)->lang, "de");
	assert_string_equal(rule_at(second, 0)->keywords[1], "y z");
	buf_release(&once);
	tear_down(&other);
}

static void a_comma_inside_quotes_ends_no_item(void **state)
{
	struct fixture *fixture = *state;
	static const char *const wanted[] = { "a", "\"b, c\"", "5\"", "d" };
	assert_ok(read_text(fixture, "[rule x]\nkeywords = a, \"b, c\", 5\", d\n"), fixture->err);
	char **keywords = rule_at(fixture, 0)->keywords;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		assert_string_equal(keywords[i], wanted[i]);
	assert_null(keywords[sizeof wanted / sizeof *wanted]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_section_has_values_of_its_own, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(long_names_are_told_apart, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_name_that_is_none_or_taken_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_wrong_inside_names_line_and_key, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(what_is_printed_reads_back_equal, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_comma_inside_quotes_ends_no_item, set_up,
						tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
