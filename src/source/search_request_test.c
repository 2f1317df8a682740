#include "base/test.h"

#include "source/source.h"

#include "base/clock.h"

static const int64_t NOW_US = 1795522500123456; /* 2026-11-24T12:15:00.123456Z */

static const struct search_wants usual = { DIALECT_TWEET, .expansions = 7 };

static const char *request_of(const struct search_poll *poll, int posts, struct buf *buf)
{
	buf_reset(buf);
	search_poll_request(poll, &usual, posts, NOW_US, buf);
	return buf_text(buf);
}

static void the_first_poll_begins_at_a_time(void **state)
{
	(void)state;
	struct buf url = { 0 };
	struct search_place place = { .start_us = NOW_US - 300000000 };
	struct search_poll poll;
	search_poll_begin(&poll, &(struct search_options){ .query = "#birds OR \"a b\"" }, &place,
			  1, NOW_US);
	const char *text = request_of(&poll, 100, &url);
	assert_non_null(strstr(text, "/2/tweets/search/recent?query=%23birds%20OR%20%22a%20b%22&"));
	assert_non_null(strstr(text, "&max_results=100&"));
	assert_non_null(strstr(text, "&sort_order=recency&"));
	assert_non_null(strstr(text, "&start_time=2026-11-24T12%3A10%3A00Z&"));
	assert_null(strstr(text, "since_id"));
	assert_null(strstr(text, "until_id"));
	assert_null(strstr(text, "next_token"));
	buf_release(&url);
}

static void all_fields_and_author_place_and_media_are_asked_for(void **state)
{
	(void)state;
	struct buf url = { 0 };
	struct search_place place = { 0 };
	struct search_poll poll;
	search_poll_begin(&poll, &(struct search_options){ .query = "x" }, &place, 1, NOW_US);
	const char *text = request_of(&poll, 10, &url);
	assert_non_null(strstr(text, "&expansions=author_id,geo.place_id,attachments.media_keys"));
	static const char *const fields[] = { "note_tweet",    "public_metrics",
					      "created_at",    "edit_history_tweet_ids",
					      "verified_type", "duration_ms",
					      "place_type" };
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		assert_non_null(strstr(text, fields[i]));
	assert_null(strstr(text, "non_public_metrics")); /* needs the author's own token */
	assert_null(strstr(text, "confirmed_email"));
	buf_release(&url);
}

static void a_beginning_too_far_back_is_as_far_as_x_goes(void **state)
{
	(void)state;
	struct buf url = { 0 };
	struct search_place place = { .start_us = 1 };
	struct search_poll poll;
	search_poll_begin(&poll, &(struct search_options){ .query = "x" }, &place, 1, NOW_US);
	assert_non_null(
		strstr(request_of(&poll, 10, &url), "&start_time=2026-11-17T12%3A16%3A00Z&"));
	buf_release(&url);
}

static void since_id_and_start_time_never_meet(void **state)
{
	(void)state;
	struct buf url = { 0 };
	struct search_place place = { .since_id = 17, .start_us = NOW_US };
	struct search_poll poll;
	search_poll_begin(&poll, &(struct search_options){ .query = "x" }, &place, 1, NOW_US);
	const char *text = request_of(&poll, 10, &url);
	assert_non_null(strstr(text, "&since_id=17&"));
	assert_null(strstr(text, "start_time"));
	buf_release(&url);
}

static void each_vocabulary_has_its_names(void **state)
{
	struct buf text = { 0 };
	struct search_wants wants = { .dialect = DIALECT_POST };
	char *names[] = { "author", "polls", "referenced", "referenced_authors", NULL };
	struct err err;
	(void)state;
	assert_ok(search_expansions_read(names, &wants.expansions, &err), err);
	search_wants_write(&wants, &text);
	assert_non_null(strstr(buf_text(&text), "&post.fields=article,article_title"));
	assert_non_null(strstr(buf_text(&text), ",note_post,"));
	assert_null(strstr(buf_text(&text), "tweet"));
	assert_non_null(strstr(buf_text(&text), "&poll.fields="));
	assert_non_null(strstr(buf_text(&text),
			       "&expansions=author_id,attachments.poll_ids,referenced_posts"));
	buf_reset(&text);
	wants.dialect = DIALECT_TWEET;
	search_wants_write(&wants, &text);
	assert_non_null(strstr(buf_text(&text), ",note_tweet,"));
	assert_non_null(
		strstr(buf_text(&text), "referenced_tweets.id,referenced_tweets.id.author_id"));
	buf_reset(&text);
	wants.expansions = 0;
	search_wants_write(&wants, &text);
	assert_null(strstr(buf_text(&text), "expansions"));
	buf_release(&text);
	assert_fails(search_expansions_read((char *[]){ "authors", NULL }, &wants.expansions, &err),
		     err, ERR_REJECT, "expansions: 'authors' is not known");
}

static void a_field_no_post_has_is_missed(void **state)
{
	static const struct {
		const char *page, *tweet, *post;
	} cases[] = {
		{ "{\"meta\":{\"result_count\":0}}", "", "" },
		{ "{\"data\":[{\"id\":\"1\",\"text\":\"a\"}]}", "created_at", "created_at" },
		{ "{\"data\":[{\"created_at\":\"t\",\"conversation_id\":\"1\",\"public_metrics\":{}},"
		  "{\"id\":\"2\"}]}",
		  "author_id", "" },
		{ "{\"data\":[{\"created_at\":\"t\",\"conversation_id\":\"1\",\"public_metrics\":{}},"
		  "{\"author_id\":\"2\",\"edit_history_tweet_ids\":[]}]}",
		  "", "" },
	};
	struct json_doc doc = { 0 };
	struct err err;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_ok(json_read(&doc, str_from(cases[i].page), &err), err);
		assert_string_equal(search_missing_field(DIALECT_TWEET, &doc), cases[i].tweet);
		assert_string_equal(search_missing_field(DIALECT_POST, &doc), cases[i].post);
	}
	json_release(&doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_poll_begins_at_a_time),
		cmocka_unit_test(all_fields_and_author_place_and_media_are_asked_for),
		cmocka_unit_test(a_beginning_too_far_back_is_as_far_as_x_goes),
		cmocka_unit_test(since_id_and_start_time_never_meet),
		cmocka_unit_test(each_vocabulary_has_its_names),
		cmocka_unit_test(a_field_no_post_has_is_missed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
