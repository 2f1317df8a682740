#include "base/test.h"

#include "source/source.h"

static enum document_kind classify(const char *text, const char **ret_what)
{
	static struct json_doc doc;
	struct err err;
	json_release(&doc);
	assert_ok(json_read(&doc, str_from(text), &err), err);
	enum document_kind kind = page_classify(&doc, ret_what);
	json_release(&doc);
	return kind;
}

static void a_page_is_a_list_of_posts_with_id_and_text(void **state)
{
	(void)state;
	const char *what;
	static const char *const pages[] = {
		"{\"data\":[{\"id\":\"1\",\"text\":\"\"}]}",
		"{\"data\":[{\"id\":\"1\",\"text\":\"\"},{\"text\":\"\",\"id\":\"x\"}],\"meta\":0}",
		"{\"errors\":[],\"data\":[],\"data\":[{\"id\":\"1\",\"text\":\"\"}]}",
	};
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		assert_int_equal(classify(pages[i], &what), DOCUMENT_PAGE);
}

static void an_empty_page_says_so_in_its_meta(void **state)
{
	(void)state;
	const char *what;
	static const char *const pages[] = {
		"{\"meta\":{\"result_count\":0}}",
		"{\"data\":[],\"meta\":{\"result_count\":0,\"next_token\":\"a\"}}",
		"{\"errors\":[{}],\"meta\":{\"result_count\":0}}",
	};
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++)
		assert_int_equal(classify(pages[i], &what), DOCUMENT_EMPTY_PAGE);
}

static void whatever_else_is_named_for_people(void **state)
{
	(void)state;
	static const struct {
		const char *text, *what;
	} others[] = {
		{ "5", "not an object" },
		{ "null", "not an object" },
		{ "[]", "an empty list" },
		{ "{}", "an empty object" },
		{ "[{\"id\":\"1\",\"text\":\"\"}]", "a list of posts without their page" },
		{ "[{\"data\":[],\"meta\":{}}]",
		  "a list of answers (one document a line is read)" },
		{ "[1,{}]", "a list of various things" },
		{ "{\"data\":[]}", "an empty answer without result_count" },
		{ "{\"data\":[],\"meta\":{\"result_count\":\"0\"}}",
		  "an empty answer without result_count" },
		{ "{\"meta\":{}}", "an empty answer without result_count" },
		{ "{\"meta\":{\"result_count\":2}}", "an answer whose posts are missing" },
		{ "{\"data\":[{\"id\":\"1\",\"text\":\"\"}],\"data\":[],"
		  "\"meta\":{\"result_count\":0}}",
		  "an answer whose data is repeated and in the end empty" },
		{ "{\"data\":null}", "an answer whose data is neither a list nor an object" },
		{ "{\"data\":[{\"id\":1,\"text\":\"\"}]}", "a list of v1.1 tweets" },
		{ "{\"data\":[{\"id\":\"1\",\"text\":\"\"},{\"id\":\"2\"}]}",
		  "an answer whose items are not all posts (id and text, both strings)" },
		{ "{\"data\":[{\"id\":\"1\",\"username\":\"a\"}]}", "a list of users" },
		{ "{\"data\":[{\"start\":\"a\",\"end\":\"b\",\"tweet_count\":1}]}",
		  "posts counts" },
		{ "{\"data\":{\"id\":\"1\",\"text\":\"\"}}", "a single post lookup" },
		{ "{\"data\":{\"id\":\"1\",\"username\":\"a\"}}", "a single user lookup" },
		{ "{\"data\":{\"id\":\"1\",\"text\":\"\"},\"matching_rules\":[]}",
		  "a stream line (data is one post)" },
		{ "{\"data\":{}}", "an answer about one thing" },
		{ "{\"errors\":[{}]}", "an error answer" },
		{ "{\"title\":\"a\",\"status\":429}", "an error answer" },
		{ "{\"statuses\":[]}", "a v1.1 search answer" },
		{ "{\"id\":1,\"text\":\"\"}", "a v1.1 tweet" },
		{ "{\"id\":\"1\",\"text\":\"\",\"author\":{}}", "a flattened post" },
		{ "{\"id\":\"1\",\"text\":\"\"}", "a post without its page" },
		{ "{\"id\":\"1\",\"batch_id\":1}", "a wire line" },
		{ "{\"includes\":{}}", "includes without their posts" },
		{ "{\"a\":1}", "an object of another kind" },
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		const char *what = "nothing";
		assert_int_equal(classify(others[i].text, &what), DOCUMENT_OTHER);
		assert_string_equal(what, others[i].what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_a_list_of_posts_with_id_and_text),
		cmocka_unit_test(an_empty_page_says_so_in_its_meta),
		cmocka_unit_test(whatever_else_is_named_for_people),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
