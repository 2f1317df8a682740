#include "dashboard/counters.h"
#include "dashboard/feed.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdlib.h>

#define AT INT64_C(1795500000000000)

static void add(struct feed *feed, uint64_t id, int64_t at_us, const char *text)
{
	feed_add(feed, &(struct feed_fields){ .id = id, .at_us = at_us, .text = str_from(text) });
}

static void assert_fresh(struct feed *feed, const char *expected)
{
	struct buf text = { 0 };
	feed_take_fresh(feed, &text);
	assert_str(buf_str(&text), expected);
	buf_release(&text);
}

static void newest_come_first_and_each_once(void **state)
{
	(void)state;
	struct feed feed = { 0 };
	struct buf text = { 0 };
	add(&feed, 1, AT, "one");
	add(&feed, 3, AT + 2000, "three");
	add(&feed, 2, AT + 2000, "two");
	add(&feed, 1, AT, "one");
	feed_add_all(&feed, &text);
	assert_str(buf_str(&text),
		   "{\"posts\":["
		   "{\"id\":\"3\",\"at\":1795500000002,\"text\":\"three\",\"media\":0},"
		   "{\"id\":\"2\",\"at\":1795500000002,\"text\":\"two\",\"media\":0},"
		   "{\"id\":\"1\",\"at\":1795500000000,\"text\":\"one\",\"media\":0}]}");
	buf_release(&text);
	feed_release(&feed);
}

static void only_what_is_new_or_changed_is_fresh(void **state)
{
	(void)state;
	struct feed feed = { 0 };
	add(&feed, 1, AT, "one");
	assert_true(feed_has_fresh(&feed));
	assert_fresh(&feed, "{\"posts\":[{\"id\":\"1\",\"at\":1795500000000,\"text\":\"one\","
			    "\"media\":0}]}");
	add(&feed, 1, AT, "one");
	assert_false(feed_has_fresh(&feed));
	assert_fresh(&feed, "{\"posts\":[]}");
	add(&feed, 1, AT, "edited");
	assert_int_equal(feed.count, 1);
	assert_fresh(&feed, "{\"posts\":[{\"id\":\"1\",\"at\":1795500000000,\"text\":\"edited\","
			    "\"media\":0}]}");
	feed_release(&feed);
}

static void a_full_feed_drops_its_oldest(void **state)
{
	(void)state;
	struct feed feed = { 0 };
	for (uint64_t id = 1; id <= FEED_POSTS_MAX + 5; id++)
		add(&feed, id, AT + (int64_t)id, "x");
	assert_int_equal(feed.count, FEED_POSTS_MAX);
	assert_int_equal(feed.posts[0].id, FEED_POSTS_MAX + 5);
	assert_int_equal(feed.posts[FEED_POSTS_MAX - 1].id, 6);
	add(&feed, 1, AT, "older than all");
	assert_int_equal(feed.posts[FEED_POSTS_MAX - 1].id, 6);
	feed_release(&feed);
}

static char *item_of(const char *line)
{
	struct feed feed = { 0 };
	struct json_doc doc = { 0 };
	struct feed_fields fields = { 0 };
	if (!feed_read_line(&doc, str_from(line), &fields)) {
		json_release(&doc);
		return NULL;
	}
	feed_add(&feed, &fields);
	char *item = mem_strdup(feed.posts[0].json);
	feed_release(&feed);
	json_release(&doc);
	return item;
}

static void assert_item(const char *line, const char *expected)
{
	char *item = item_of(line);
	assert_non_null(item);
	assert_string_equal(item, expected);
	free(item);
}

static void a_line_is_read_in_both_vocabularies(void **state)
{
	(void)state;
	assert_item(
		"{\"id\":\"17\",\"text\":\"cut\",\"note_tweet\":{\"text\":\"a &lt;b&gt; &amp;amp;"
		"\\nlong\"},\"created_at\":\"2026-11-24T05:20:00.000Z\",\"lang\":\"en\","
		"\"user\":{\"name\":\"A \\\"B\\\"\",\"username\":\"ab\"},"
		"\"attachments\":{\"media_keys\":[\"1\",\"2\"]}}",
		"{\"id\":\"17\",\"at\":1795497600000,\"text\":\"a <b> &amp; long\",\"name\":\"A "
		"\\\"B\\\"\",\"username\":\"ab\",\"lang\":\"en\",\"media\":2}");
	assert_item("{\"id\":\"18\",\"text\":\"cut\",\"note_post\":{\"text\":\"whole\"},"
		    "\"created_at\":\"2026-11-24T05:20:00.000Z\"}",
		    "{\"id\":\"18\",\"at\":1795497600000,\"text\":\"whole\",\"media\":0}");
}

static void what_is_no_post_is_passed_over(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"", "{", "[]", "7", "{}", "{\"id\":7}", "{\"id\":\"x\"}", "{\"id\":\"17\"}"
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_null(item_of(lines[i]));
}

static void long_texts_are_cut_between_characters(void **state)
{
	(void)state;
	struct buf line = { 0 };
	buf_add_text(&line,
		     "{\"id\":\"17\",\"created_at\":\"2026-11-24T05:20:00.000Z\",\"text\":\"");
	for (int i = 0; i < 10000; i++)
		buf_add_text(&line, "\xf0\x9f\x90\xa6"); /* a bird */
	buf_add_text(&line, "\",\"user\":{\"username\":\"");
	for (int i = 0; i < 10000; i++)
		buf_add_byte(&line, 'u');
	buf_add_text(&line, "\"}}");
	char *item = item_of(buf_text(&line));
	assert_true(strlen(item) < 4000);
	assert_true(str_is_utf8(str_from(item)));
	assert_non_null(strstr(item, ",\"cut\":true"));
	free(item);
	buf_release(&line);
}

static void posts_are_counted_once_and_by_minute(void **state)
{
	(void)state;
	struct counters *counters = mem_zalloc(1, sizeof *counters);
	struct buf text = { 0 };
	int64_t minute = AT / 60000000;
	counters_set_posts(counters, 100);
	counters_set_minute(counters, minute, 7);
	counters_count(counters, 1, AT);
	counters_count(counters, 1, AT);
	counters_count(counters, 2, AT);
	counters_count(counters, 3, AT + 60000000);
	counters_add(counters, 10, &text);
	char *expected = mem_printf("{\"posts\":103,\"minutes\":[[%lld,9],[%lld,1]]}",
				    (long long)minute, (long long)minute + 1);
	assert_str(buf_str(&text), expected);
	free(expected);
	buf_reset(&text);
	counters_count(counters, 4, AT + 4 * INT64_C(86400) * 1000000); /* takes AT's place */
	counters_count(counters, 5, AT);
	counters_add(counters, 1, &text);
	assert_non_null(strstr(buf_text(&text), "{\"posts\":105,\"minutes\":[["));
	buf_release(&text);
	free(counters);
}

static void what_came_after_the_tables_were_asked_is_on_top_of_their_answer(void **state)
{
	(void)state;
	struct counters *counters = mem_zalloc(1, sizeof *counters);
	struct buf text = { 0 };
	counters_count(counters, 1, AT);
	counters_mark(counters);
	counters_count(counters, 2, AT);
	counters_settle(counters);
	counters_set_posts(counters, 50);
	counters_set_minute(counters, AT / 60000000, 20);
	counters_add(counters, 1, &text);
	assert_str(buf_str(&text), "{\"posts\":51,\"minutes\":[[29925000,21]]}");
	buf_release(&text);
	free(counters);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(newest_come_first_and_each_once),
		cmocka_unit_test(only_what_is_new_or_changed_is_fresh),
		cmocka_unit_test(a_full_feed_drops_its_oldest),
		cmocka_unit_test(a_line_is_read_in_both_vocabularies),
		cmocka_unit_test(what_is_no_post_is_passed_over),
		cmocka_unit_test(long_texts_are_cut_between_characters),
		cmocka_unit_test(posts_are_counted_once_and_by_minute),
		cmocka_unit_test(what_came_after_the_tables_were_asked_is_on_top_of_their_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
