#include "engine/engine.h"

#include "base/mem.h"
#include "base/test.h"
#include "post/post.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STREAM "11111111-2222-4333-8444-555555555555"

static struct engine *engine;
static struct session *session;

static int open_it(void **state)
{
	struct err err;
	(void)state;
	struct engine_options options = { .threads = 4 };
	assert_ok(engine_open(&options, &engine, &err), err);
	assert_ok(session_open(engine, &session, &err), err);
	return 0;
}

static int close_it(void **state)
{
	(void)state;
	session_close(session);
	engine_close(engine);
	return 0;
}

/* --- a feed of lines in memory ----------------------------------------------------------------------- */

enum { REJECTED_MAX = 64 };

struct fake_feed {
	pthread_mutex_t lock;
	struct line *lines;
	size_t count, cap, next, group_size;
	size_t fail_at; /* a group that reaches this line fails; 0: none does */
	size_t groups_held;
	uint64_t rejected[REJECTED_MAX];
	size_t rejected_count;
	char reason[256]; /* of the last one */
};

static void feed_init(struct fake_feed *feed, size_t group_size)
{
	*feed = (struct fake_feed){ .group_size = group_size };
	pthread_mutex_init(&feed->lock, NULL);
}

static void feed_release(struct fake_feed *feed)
{
	assert_int_equal(feed->groups_held, 0);
	for (size_t i = 0; i < feed->count; i++)
		free((char *)feed->lines[i].text.ptr);
	free(feed->lines);
	pthread_mutex_destroy(&feed->lock);
}

/* Takes the text; its offset is its number. */
static void feed_add(struct fake_feed *feed, char *text)
{
	MEM_GROW(feed->lines, feed->cap, feed->count + 1);
	feed->lines[feed->count] = (struct line){ .text = str_from(text), .offset = feed->count };
	feed->count++;
}

static void feed_add_buf(struct fake_feed *feed, struct buf *line)
{
	feed_add(feed, mem_strdup(buf_text(line)));
	buf_reset(line);
}

/* Each group is a copy that is overwritten by the next one, as the door allows. */
struct group {
	struct line *lines;
	size_t count;
};

static void group_empty(struct group *group)
{
	for (size_t i = 0; i < group->count; i++) {
		memset((char *)group->lines[i].text.ptr, '#', group->lines[i].text.len);
		free((char *)group->lines[i].text.ptr);
	}
	free(group->lines);
	*group = (struct group){ 0 };
}

static enum err_kind next(void *context, void **ret_group, const struct line **ret_lines,
			  size_t *ret_count, struct err *err)
{
	struct fake_feed *feed = context;
	struct group *group = *ret_group;
	pthread_mutex_lock(&feed->lock);
	if (!group) {
		*ret_group = group = mem_zalloc(1, sizeof *group);
		feed->groups_held++;
	}
	group_empty(group);
	size_t first = feed->next, left = feed->count - feed->next;
	size_t count = left < feed->group_size ? left : feed->group_size;
	feed->next += count;
	pthread_mutex_unlock(&feed->lock);
	if (feed->fail_at && first + count >= feed->fail_at)
		return err_set(err, ERR_FATAL, "the disk said 'no' at line %zu", feed->fail_at);
	group->lines = mem_zalloc(count, sizeof *group->lines);
	for (size_t i = 0; i < count; i++) {
		const struct line *line = &feed->lines[first + i];
		char *copy = mem_alloc(line->text.len + 1);
		memcpy(copy, line->text.ptr, line->text.len);
		group->lines[i] = (struct line){ .text = str_make(copy, line->text.len),
						 .offset = line->offset };
	}
	group->count = count;
	*ret_lines = group->lines;
	*ret_count = count;
	return ERR_NONE;
}

static void release_group(void *context, void *held)
{
	struct fake_feed *feed = context;
	if (!held)
		return;
	group_empty(held);
	free(held);
	pthread_mutex_lock(&feed->lock);
	feed->groups_held--;
	pthread_mutex_unlock(&feed->lock);
}

static void reject(void *context, const struct line *line, const char *reason)
{
	struct fake_feed *feed = context;
	pthread_mutex_lock(&feed->lock);
	if (feed->rejected_count < REJECTED_MAX)
		feed->rejected[feed->rejected_count] = line->offset;
	feed->rejected_count++;
	snprintf(feed->reason, sizeof feed->reason, "%s", reason);
	pthread_mutex_unlock(&feed->lock);
}

static enum err_kind copy_in(struct session *with, struct fake_feed *feed, int threads,
			     const char *path, uint64_t *ret_rows, struct err *err)
{
	struct line_feed door = { .context = feed,
				  .stream_id = STREAM,
				  .threads_max = threads,
				  .next = next,
				  .release_group = release_group,
				  .reject = reject };
	struct lines_copy copy = { .feed = &door, .path = path };
	return session_copy_lines(with, &copy, ret_rows, err);
}

static uint64_t copy_ok(struct fake_feed *feed, int threads, const char *path)
{
	uint64_t rows = UINT64_MAX;
	struct err err;
	assert_ok(copy_in(session, feed, threads, path, &rows, &err), err);
	return rows;
}

static char *new_path(void)
{
	return mem_printf("%s/it's a file.parquet", test_dir());
}

/* Asks "SELECT … FROM the file" for one number. */
static int64_t number_in(const char *path, const char *what)
{
	struct buf sql = { 0 };
	struct result *result = NULL;
	struct err err;
	bool row = false;
	buf_addf(&sql, "WITH file AS (SELECT *, stream_offset AS n FROM read_parquet(");
	buf_add_sql(&sql, str_from(path));
	buf_addf(&sql, ")) SELECT %s", what);
	assert_ok(session_query(session, buf_text(&sql), &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	assert_true(row);
	int64_t number = result_int(result, 0);
	result_free(result);
	buf_release(&sql);
	return number;
}

/* That `column` has this value in every row, NULL where it is NULL. */
static void assert_column(const char *path, const char *column, const char *value)
{
	char *what =
		mem_printf("count(*) FROM file WHERE (%s) IS DISTINCT FROM (%s)", column, value);
	int64_t wrong = number_in(path, what);
	if (wrong > 0)
		fail_msg("%s is not %s in %lld rows", column, value, (long long)wrong);
	free(what);
}

static void begin_post(struct buf *line, size_t number)
{
	buf_addf(line, "{\"id\":\"%llu\",\"created_at\":\"2026-11-23T07:%02zu:%02zu.000Z\"",
		 1992856700000000000ULL + number, number / 60 % 60, number % 60);
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void no_lines_make_an_empty_file_with_all_columns(void **state)
{
	struct fake_feed feed;
	size_t columns;
	(void)state;
	char *path = new_path();
	feed_init(&feed, 10);
	post_columns(&columns);
	assert_int_equal(copy_ok(&feed, 2, path), 0);
	assert_int_equal(number_in(path, "count(*) FROM file"), 0);
	assert_int_equal(number_in(path, "count(*) - 1 FROM (DESCRIBE file)"), columns);
	feed_release(&feed);
	free(path);
}

/* Members that are there in some rows only, in a pattern SQL can compute again. */
static void add_patterned_post(struct fake_feed *feed, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz";
	struct buf line = { 0 };
	begin_post(&line, n);
	if (n % 3 != 0)
		buf_addf(&line, ",\"text\":\"%.*s\"", (int)(n % 40), letters);
	if (n % 4 != 0)
		buf_addf(&line, ",\"public_metrics\":{\"like_count\":%zu}", n);
	if (n % 5 != 0)
		buf_addf(&line, ",\"possibly_sensitive\":%s", n % 2 ? "true" : "false");
	if (n % 7 != 0) {
		buf_add_text(&line, ",\"attachments\":{\"media_keys\":[");
		for (size_t i = 0; i < n % 6; i++)
			buf_addf(&line, "%s\"3_%zu\"", i ? "," : "", n + i);
		buf_add_text(&line, "]}");
	}
	if (n % 11 != 0)
		buf_addf(&line, ",\"place\":{\"geo\":{\"bbox\":[%zu.5,-1]}}", n);
	if (n % 13 == 0) {
		buf_add_text(&line, ",\"entities\":{\"urls\":[");
		for (size_t i = 0; i < n % 4; i++)
			buf_addf(&line, "%s{\"url\":\"u%zu\"%s,\"images\":[{\"width\":%zu},{}]}",
				 i ? "," : "", i, i == 1 ? "" : ",\"status\":200", n);
		buf_add_text(&line, "]}");
	}
	buf_add_byte(&line, '}');
	feed_add_buf(feed, &line);
	buf_release(&line);
}

static void assert_patterned(const char *path)
{
	assert_column(path, "id", "(1992856700000000000 + n)::VARCHAR");
	assert_column(path, "stream_id", "'" STREAM "'");
	assert_column(path, "created_at",
		      "TIMESTAMPTZ '2026-11-23 07:00:00+00' + to_seconds(n % 3600)");
	assert_column(
		path, "text",
		"CASE WHEN n % 3 <> 0 THEN repeat('abcdefghijklmnopqrstuvwxyz', 2)[1:n % 40] END");
	assert_column(path, "text_clean", "text");
	assert_column(path, "public_metrics_like_count", "CASE WHEN n % 4 <> 0 THEN n END");
	assert_column(path, "possibly_sensitive", "CASE WHEN n % 5 <> 0 THEN n % 2 = 1 END");
	assert_column(path, "attachments_media_keys",
		      "CASE WHEN n % 7 <> 0 THEN list_transform(range(n % 6), "
		      "lambda i: '3_' || (n + i)) END");
	assert_column(path, "place_geo_bbox", "CASE WHEN n % 11 <> 0 THEN [n + 0.5, -1] END");
	assert_column(path, "len(entities_urls)", "CASE WHEN n % 13 = 0 THEN n % 4 END");
	assert_column(path, "list_transform(entities_urls, lambda u: u.status)",
		      "CASE WHEN n % 13 = 0 THEN [200, NULL, 200][1:n % 4] END");
	assert_column(
		path, "entities_urls[2].images",
		"CASE WHEN n % 13 = 0 AND n % 4 >= 2 THEN [{'url': NULL::VARCHAR, 'width': n, "
		"'height': NULL::BIGINT}, {'url': NULL, 'width': NULL, 'height': NULL}] END");
	assert_column(path, "lang", "NULL");
	assert_column(path, "user_created_at", "NULL");
	assert_column(path, "polls", "NULL");
}

static void five_thousand_rows_with_nulls_everywhere_come_back_equal(void **state)
{
	(void)state;
	for (int threads = 1; threads <= 4; threads += 3) {
		struct fake_feed feed;
		char *path = new_path();
		feed_init(&feed, threads == 1 ? 1000 : 37);
		for (size_t i = 0; i < 5000; i++)
			add_patterned_post(&feed, i);
		assert_int_equal(copy_ok(&feed, threads, path), 5000);
		assert_int_equal(number_in(path, "count(DISTINCT n) FROM file"), 5000);
		assert_patterned(path);
		feed_release(&feed);
		free(path);
	}
}

static void lines_that_are_no_posts_are_handed_back(void **state)
{
	struct fake_feed feed;
	struct buf line = { 0 };
	(void)state;
	char *path = new_path();
	feed_init(&feed, 7);
	for (size_t i = 0; i < 3000; i++) {
		begin_post(&line, i);
		/* An object that never ends, and members that were there in the row before. */
		buf_add_text(&line, i % 500 == 499 ? ",\"lang\":\"no\"" : ",\"lang\":\"en\"}");
		feed_add_buf(&feed, &line);
	}
	assert_int_equal(copy_ok(&feed, 1, path), 2994);
	assert_int_equal(feed.rejected_count, 6);
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(feed.rejected[i], i * 500 + 499);
	assert_non_null(strstr(feed.reason, "byte "));
	assert_int_equal(number_in(path, "count(*) FROM file WHERE n % 500 = 499"), 0);
	assert_column(path, "lang", "'en'");
	feed_release(&feed);
	buf_release(&line);
	free(path);
}

static void a_feed_of_nothing_but_bad_lines_makes_no_row(void **state)
{
	struct fake_feed feed;
	(void)state;
	char *path = new_path();
	feed_init(&feed, 100);
	for (size_t i = 0; i < 2500; i++)
		feed_add(&feed, mem_strdup(i % 2 ? "[]" : ""));
	assert_int_equal(copy_ok(&feed, 2, path), 0);
	assert_int_equal(feed.rejected_count, 2500);
	assert_int_equal(number_in(path, "count(*) FROM file"), 0);
	feed_release(&feed);
	free(path);
}

static void a_feeds_error_comes_through_in_its_words(void **state)
{
	(void)state;
	/* More often than there are places for feeds, so that one that was not given back shows. */
	for (int round = 0; round < 70; round++) {
		struct fake_feed feed;
		struct err err = { 0 };
		uint64_t rows;
		char *path = new_path();
		feed_init(&feed, 50);
		for (size_t i = 0; i < 120; i++)
			add_patterned_post(&feed, i);
		feed.fail_at = 120;
		assert_fails(copy_in(session, &feed, 2, path, &rows, &err), err, ERR_FATAL,
			     "the disk said 'no' at line 120");
		assert_int_equal(err.kind, ERR_FATAL);
		feed_release(&feed);
		free(path);
	}
}

static void a_file_that_cannot_be_made_is_an_error(void **state)
{
	struct fake_feed feed;
	struct err err = { 0 };
	uint64_t rows;
	(void)state;
	char *path = mem_printf("%s/missing/file.parquet", test_dir());
	feed_init(&feed, 50);
	add_patterned_post(&feed, 1);
	assert_fails(copy_in(session, &feed, 1, path, &rows, &err), err, ERR_FATAL, path);
	feed_release(&feed);
	free(path);
}

static void text_around_the_inlined_length_and_beyond_a_block_is_whole(void **state)
{
	static const size_t sizes[] = {
		0, 1, 3, 4, 11, 12, 13, 14, 4096, 1 << 20, (1 << 20) + 1, 3 << 20, (1 << 20) - 5, 7
	};
	struct fake_feed feed;
	struct buf line = { 0 };
	(void)state;
	char *path = new_path();
	feed_init(&feed, 5);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		begin_post(&line, i);
		buf_add_text(&line, ",\"source\":\"");
		for (size_t at = 0; at < sizes[i]; at++)
			buf_add_byte(&line, (char)('a' + at % 26));
		buf_addf(&line,
			 "\",\"text\":\"behind it %zu\",\"public_metrics\":{\"like_count\":%zu}}",
			 i, sizes[i]);
		feed_add_buf(&feed, &line);
	}
	assert_int_equal(copy_ok(&feed, 1, path), sizeof sizes / sizeof *sizes);
	assert_column(path, "source",
		      "repeat('abcdefghijklmnopqrstuvwxyz', 130000)[1:public_metrics_like_count]");
	assert_column(path, "text", "'behind it ' || n");
	feed_release(&feed);
	buf_release(&line);
	free(path);
}

static void lists_grow_beyond_a_chunks_first_room(void **state)
{
	struct fake_feed feed;
	struct buf line = { 0 };
	(void)state;
	char *path = new_path();
	feed_init(&feed, 64);
	for (size_t n = 0; n < 2500; n++) {
		begin_post(&line, n);
		buf_add_text(&line, ",\"entities\":{\"urls\":[");
		for (size_t i = 0; i < (n == 1000 ? 5000 : n % 4); i++)
			buf_addf(
				&line,
				"%s{\"start\":%zu%s,\"images\":[{\"url\":\"image %zu of post %zu\"},"
				"{\"width\":%zu},{\"height\":%zu}]}",
				i ? "," : "", i, i % 2 ? ",\"url\":\"x\"" : "", i, n, n, i);
		buf_addf(&line, "]},\"edit_history_tweet_ids\":[\"%zu\",\"%zu\"]}", n, n + 1);
		feed_add_buf(&feed, &line);
	}
	assert_int_equal(copy_ok(&feed, 1, path), 2500);
	assert_column(path, "edit_history_tweet_ids", "[n::VARCHAR, (n + 1)::VARCHAR]");
	assert_column(path, "len(entities_urls)", "CASE WHEN n = 1000 THEN 5000 ELSE n % 4 END");
	assert_column(path, "list_transform(entities_urls, lambda u: u.start)",
		      "range(len(entities_urls))");
	assert_column(path, "list_transform(entities_urls, lambda u: u.url)",
		      "list_transform(range(len(entities_urls)), "
		      "lambda i: CASE WHEN i % 2 = 1 THEN 'x' END)");
	assert_column(path, "list_transform(entities_urls, lambda u: u.images)",
		      "list_transform(range(len(entities_urls)), lambda i: ["
		      "{'url': 'image ' || i || ' of post ' || n, 'width': NULL, 'height': NULL}, "
		      "{'url': NULL, 'width': n, 'height': NULL}, "
		      "{'url': NULL, 'width': NULL, 'height': i}])");
	feed_release(&feed);
	buf_release(&line);
	free(path);
}

static void the_footer_keeps_names_and_values_as_given(void **state)
{
	const struct str metadata[] = { STR("stream"),        STR(STREAM),  STR("it's \"odd\""),
					STR("a 'b' \"c\" é"), STR("empty"), STR("") };
	struct fake_feed feed;
	struct buf sql = { 0 }, text = { 0 };
	struct result *result = NULL;
	struct err err;
	uint64_t rows;
	bool row;
	(void)state;
	char *path = new_path();
	feed_init(&feed, 1);
	struct line_feed door = { .context = &feed,
				  .stream_id = STREAM,
				  .threads_max = 1,
				  .next = next,
				  .release_group = release_group,
				  .reject = reject };
	struct lines_copy copy = {
		.feed = &door, .path = path, .metadata = metadata, .metadata_count = 3
	};
	assert_ok(session_copy_lines(session, &copy, &rows, &err), err);
	buf_add_text(
		&sql,
		"SELECT string_agg(decode(key) || '=' || decode(value), ';' ORDER BY key DESC) "
		"FROM parquet_kv_metadata(");
	buf_add_sql(&sql, str_from(path));
	buf_add_text(&sql, ")");
	assert_ok(session_query(session, buf_text(&sql), &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	result_add_text(result, 0, &text);
	assert_str(buf_str(&text), "stream=" STREAM ";it's \"odd\"=a 'b' \"c\" é;empty=");
	result_free(result);
	feed_release(&feed);
	buf_release(&sql);
	buf_release(&text);
	free(path);
}

static void only_a_feed_that_is_being_read_can_be_asked_for(void **state)
{
	static const char *const calls[] = { "0", "63", "64", "-1", "9223372036854775807", "NULL" };
	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct err err = { 0 };
		char *sql = mem_printf("SELECT * FROM wire_lines(%s)", calls[i]);
		assert_fails(session_run(session, sql, &err), err, ERR_REJECT, "no such feed");
		free(sql);
	}
}

struct copier {
	struct fake_feed feed;
	struct session *session;
	char *path;
	uint64_t rows;
	enum err_kind kind;
	struct err err;
};

static void *copy_alone(void *context)
{
	struct copier *copier = context;
	copier->kind = copy_in(copier->session, &copier->feed, 2, copier->path, &copier->rows,
			       &copier->err);
	return NULL;
}

static void two_sessions_copy_at_once_without_mixing(void **state)
{
	struct copier copiers[2] = { 0 };
	pthread_t threads[2];
	struct err err;
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		feed_init(&copiers[i].feed, 20);
		for (size_t n = 0; n < 3000 + i; n++)
			add_patterned_post(&copiers[i].feed, n);
		copiers[i].path = new_path();
		assert_ok(session_open(engine, &copiers[i].session, &err), err);
	}
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, copy_alone, &copiers[i]), 0);
	for (size_t i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		assert_ok(copiers[i].kind, copiers[i].err);
		assert_int_equal(copiers[i].rows, 3000 + i);
		assert_int_equal(number_in(copiers[i].path, "count(DISTINCT n) FROM file"),
				 3000 + i);
		assert_patterned(copiers[i].path);
		session_close(copiers[i].session);
		feed_release(&copiers[i].feed);
		free(copiers[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_lines_make_an_empty_file_with_all_columns),
		cmocka_unit_test(five_thousand_rows_with_nulls_everywhere_come_back_equal),
		cmocka_unit_test(lines_that_are_no_posts_are_handed_back),
		cmocka_unit_test(a_feed_of_nothing_but_bad_lines_makes_no_row),
		cmocka_unit_test(a_feeds_error_comes_through_in_its_words),
		cmocka_unit_test(a_file_that_cannot_be_made_is_an_error),
		cmocka_unit_test(text_around_the_inlined_length_and_beyond_a_block_is_whole),
		cmocka_unit_test(lists_grow_beyond_a_chunks_first_room),
		cmocka_unit_test(the_footer_keeps_names_and_values_as_given),
		cmocka_unit_test(only_a_feed_that_is_being_read_can_be_asked_for),
		cmocka_unit_test(two_sessions_copy_at_once_without_mixing),
	};
	return cmocka_run_group_tests(tests, open_it, close_it);
}
