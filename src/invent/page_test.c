#include "base/json.h"
#include "base/test.h"
#include "invent/invent.h"

enum { POSTS = 100 };

static const int64_t now_us = 1795392000LL * 1000000; /* 2026-11-23 */

struct answer {
	struct arena arena;
	struct buf text;
	struct json_doc doc;
};

static struct invention busy(void)
{
	return (struct invention){
		.seed = 3,
		.start_us = now_us - 86400LL * 1000000,
		.posts = 1000,
		.span_us = 86400LL * 1000000,
		.oddities = true,
	};
}

/* Posts 900 to 999, newest first. */
static yyjson_val *ask(struct answer *answer, const struct invent_view *view, struct str token)
{
	struct invention invention = busy();
	struct invent_page page = { .post_count = POSTS, .next_token = token };
	uint64_t posts[POSTS];
	struct err err = { 0 };

	for (uint64_t i = 0; i < POSTS; i++)
		posts[i] = 999 - i;
	page.posts = posts;
	buf_reset(&answer->text);
	invent_render_page(&answer->text, &invention, &page, view, &answer->arena);
	assert_ok(json_read(&answer->doc, buf_str(&answer->text), &err), err);
	return answer->doc.root;
}

static void forget(struct answer *answer)
{
	json_release(&answer->doc);
	buf_release(&answer->text);
	arena_release(&answer->arena);
}

static size_t with_member(yyjson_val *array, const char *name)
{
	yyjson_arr_iter iter;
	yyjson_val *val;
	size_t count = 0;

	yyjson_arr_iter_init(array, &iter);
	while ((val = yyjson_arr_iter_next(&iter)))
		count += json_get(val, name) != NULL;
	return count;
}

static void a_vocabulary_is_kept_to(void **state)
{
	static const struct {
		const char *list, *classic, *new;
	} pairs[] = {
		{ "data", "note_tweet", "note_post" },
		{ "data", "edit_history_tweet_ids", "edit_history_post_ids" },
		{ "data", "referenced_tweets", "referenced_posts" },
		{ "users", "pinned_tweet_id", "pinned_post_id" },
		{ "users", "most_recent_tweet_id", "most_recent_post_id" },
	};
	struct answer answers[2] = { 0 };

	(void)state;
	for (int vocabulary = 0; vocabulary < 2; vocabulary++) {
		struct invent_view view =
			invent_view_all((enum invent_vocabulary)vocabulary, now_us);
		yyjson_val *root = ask(&answers[vocabulary], &view, STR_NONE);
		yyjson_val *includes = json_get(root, "includes");

		assert_true((json_get(includes, "tweets") != NULL) == (vocabulary == 0));
		assert_true((json_get(includes, "posts") != NULL) == (vocabulary == 1));
		for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
			yyjson_val *list = json_get(i < 3 ? root : includes, pairs[i].list);
			size_t classic = with_member(list, pairs[i].classic);
			size_t new = with_member(list, pairs[i].new);

			assert_true((vocabulary == 0 ? classic : new) > 0);
			assert_int_equal(vocabulary == 0 ? new : classic, 0);
		}
		forget(&answers[vocabulary]);
	}
}

static void defaults_show_little_and_include_nothing(void **state)
{
	struct invent_view view = invent_view_default(INVENT_TWEET, now_us);
	struct answer answer = { 0 };
	yyjson_val *root = ask(&answer, &view, STR("more")), *post;
	yyjson_arr_iter iter;

	(void)state;
	assert_null(json_get(root, "includes"));
	assert_null(json_get(root, "errors"));
	assert_str(json_get_text(json_get(root, "meta"), "next_token"), "more");
	yyjson_arr_iter_init(json_get(root, "data"), &iter);
	assert_int_equal(yyjson_arr_size(json_get(root, "data")), POSTS);
	while ((post = yyjson_arr_iter_next(&iter)))
		assert_int_equal(yyjson_obj_size(post), 3);
	forget(&answer);
}

static void an_empty_page_has_only_meta(void **state)
{
	struct invention invention = busy();
	struct invent_page page = { .post_count = 0 };
	struct invent_view view = invent_view_all(INVENT_TWEET, now_us);
	struct answer answer = { 0 };

	(void)state;
	invent_render_page(&answer.text, &invention, &page, &view, &answer.arena);
	assert_str(buf_str(&answer.text), "{\"meta\":{\"result_count\":0}}");
	forget(&answer);
}

static void an_answer_is_the_same_within_ten_minutes_and_grows_later(void **state)
{
	struct invent_view view = invent_view_all(INVENT_TWEET, now_us);
	struct answer first = { 0 }, again = { 0 }, later = { 0 };

	(void)state;
	(void)ask(&first, &view, STR_NONE);
	(void)ask(&again, &view, STR_NONE);
	view.now_us += 5 * 3600LL * 1000000;
	(void)ask(&later, &view, STR_NONE);
	assert_true(str_equal(buf_str(&first.text), buf_str(&again.text)));
	assert_false(str_equal(buf_str(&first.text), buf_str(&later.text)));
	forget(&first);
	forget(&again);
	forget(&later);
}

static void only_what_is_lost_is_an_error(void **state)
{
	struct invent_view view = invent_view_all(INVENT_TWEET, now_us);
	struct answer answer = { 0 };
	yyjson_val *root = ask(&answer, &view, STR_NONE), *error, *post;
	yyjson_arr_iter errors, posts;

	(void)state;
	assert_true(yyjson_arr_size(json_get(root, "errors")) > 2);
	yyjson_arr_iter_init(json_get(root, "errors"), &errors);
	while ((error = yyjson_arr_iter_next(&errors))) {
		yyjson_arr_iter_init(json_get(json_get(root, "includes"), "tweets"), &posts);
		while ((post = yyjson_arr_iter_next(&posts)))
			assert_false(str_equal(json_get_text(post, "id"),
					       json_get_text(error, "resource_id")));
	}
	forget(&answer);
}

static void a_wire_line_is_one_line_with_what_listeners_add(void **state)
{
	static const char *const added[] = {
		"batch_id", "hashtags", "user", "rules", "fetched_at", "fetched_via", "id", "text",
	};
	struct invention invention = busy();
	struct invent_view view = invent_view_all(INVENT_TWEET, now_us);
	struct invent_line line = { .batch_id = 7, .rule = STR("birds"), .fetched_us = now_us };
	struct answer answer = { 0 };
	struct err err = { 0 };
	int64_t batch_id;

	(void)state;
	for (uint64_t n = 0; n < 300; n++) {
		buf_reset(&answer.text);
		invent_render_line(&answer.text, &invention, n, &line, &view, &answer.arena);
		assert_ptr_equal(memchr(answer.text.ptr, '\n', answer.text.len),
				 answer.text.ptr + answer.text.len - 1);
		assert_ok(json_read(&answer.doc, buf_str(&answer.text), &err), err);
		for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
			assert_non_null(json_get(answer.doc.root, added[i]));
		assert_true(json_get_i64(answer.doc.root, "batch_id", &batch_id));
		assert_int_equal(batch_id, 7);
		arena_reset(&answer.arena);
	}
	forget(&answer);
}

static void forms_are_counted_in_the_json_alone(void **state)
{
	uint64_t counts[INVENT_FORMS_MAX] = { 0 };
	struct err err = { 0 };
	int form = 0;

	(void)state;
	assert_ok(invent_count_forms(
			  STR("{\"data\":[{\"text\":\"a\\nb\",\"lang\":\"ka\",\"geo\":{}},"
			      "{\"note_post\":{\"text\":\"x\"},\"geo\":null}],\"meta\":{}}"),
			  counts, &err),
		  err);
	for (; invent_form_name(form); form++) {
		const char *name = invent_form_name(form);
		bool once = strcmp(name, "line_break") == 0 || strcmp(name, "lang_ka") == 0 ||
			    strcmp(name, "geo_empty") == 0 || strcmp(name, "long") == 0 ||
			    strcmp(name, "null_member") == 0;
		bool twice = strncmp(name, "without_", 8) == 0;

		assert_int_equal(counts[form], twice ? 2 : once ? 1 : 0);
	}
	assert_true(form > 90);
	assert_fails(invent_count_forms(STR("{"), counts, &err), err, ERR_REJECT, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vocabulary_is_kept_to),
		cmocka_unit_test(defaults_show_little_and_include_nothing),
		cmocka_unit_test(an_empty_page_has_only_meta),
		cmocka_unit_test(an_answer_is_the_same_within_ten_minutes_and_grows_later),
		cmocka_unit_test(only_what_is_lost_is_an_error),
		cmocka_unit_test(a_wire_line_is_one_line_with_what_listeners_add),
		cmocka_unit_test(forms_are_counted_in_the_json_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
