#include "engine/engine.h"

#include "base/mem.h"
#include "base/test.h"
#include "post/post.h"

#include <pthread.h>
#include <stdatomic.h>
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

/* --- lines in memory --------------------------------------------------------------------------------- */

/* Lines in groups of one size; their numbers are in their ids. */
struct lines {
	struct buf bytes;
	uint32_t *starts; /* one more than there are lines */
	int64_t *times_us;
	_Atomic uint8_t *states;
	size_t count, cap, group_size;
	atomic_int retained;
};

static void lines_init(struct lines *lines, size_t group_size)
{
	*lines = (struct lines){ .group_size = group_size };
}

static void lines_release(struct lines *lines)
{
	assert_int_equal(lines->retained, 0);
	buf_release(&lines->bytes);
	free(lines->starts);
	free(lines->times_us);
	free(lines->states);
}

static void lines_add(struct lines *lines, struct buf *line)
{
	struct post_peek peek;
	post_peek_key(buf_str(line), &peek);
	MEM_GROW(lines->starts, lines->cap, lines->count + 2);
	lines->starts[lines->count] = (uint32_t)lines->bytes.len;
	buf_add_str(&lines->bytes, buf_str(line));
	buf_add_byte(&lines->bytes, '\n');
	lines->times_us = mem_resize(lines->times_us, lines->cap * sizeof *lines->times_us);
	lines->times_us[lines->count] = peek.sure ? peek.key.time_us : 0;
	lines->starts[++lines->count] = (uint32_t)lines->bytes.len;
	buf_reset(line);
}

static void group(void *context, size_t index, struct held_lines *ret)
{
	struct lines *lines = context;
	size_t first = index * lines->group_size, end = first + lines->group_size;
	*ret = (struct held_lines){ .stream_id = STREAM,
				    .bytes = lines->bytes.ptr,
				    .starts = lines->starts,
				    .times_us = lines->times_us,
				    .states = lines->states,
				    .first = first,
				    .end = end < lines->count ? end : lines->count,
				    .not_before_us = INT64_MIN };
}

static void retain(void *context)
{
	((struct lines *)context)->retained++;
}

static void release(void *context)
{
	((struct lines *)context)->retained--;
}

static void hold(struct session *with, struct lines *lines)
{
	struct held_table table = { .context = lines,
				    .group_count = (lines->count + lines->group_size - 1) /
						   lines->group_size,
				    .group = group,
				    .retain = retain,
				    .release = release };
	free(lines->states);
	lines->states = mem_zalloc(lines->count, sizeof *lines->states);
	session_hold(with, &table);
}

/* DuckDB keeps the last statement of a session until there is another. */
static void let_go(struct session *with)
{
	struct err err;
	session_hold(with, NULL);
	assert_ok(session_run(with, "SELECT 1", &err), err);
}

/* Asks "SELECT … FROM file", which is what is held, for one number. */
static int64_t number_in(struct session *with, const char *what)
{
	struct buf sql = { 0 };
	struct result *result = NULL;
	struct err err;
	bool row = false;
	buf_addf(&sql,
		 "WITH file AS (SELECT *, id::BIGINT - 1992856700000000000 AS n FROM %s) "
		 "SELECT %s",
		 session_held_name(with), what);
	assert_ok(session_query(with, buf_text(&sql), &result, &err), err);
	assert_ok(result_next(result, &row, &err), err);
	assert_true(row);
	int64_t number = result_int(result, 0);
	result_free(result);
	buf_release(&sql);
	return number;
}

/* That `column` has this value in every row, NULL where it is NULL. */
static void assert_column(struct session *with, const char *column, const char *value)
{
	char *what =
		mem_printf("count(*) FROM file WHERE (%s) IS DISTINCT FROM (%s)", column, value);
	int64_t wrong = number_in(with, what);
	if (wrong > 0)
		fail_msg("%s is not %s in %lld rows", column, value, (long long)wrong);
	free(what);
}

static void begin_post(struct buf *line, size_t number)
{
	buf_addf(line, "{\"id\":\"%llu\",\"created_at\":\"2026-11-23T07:%02zu:%02zu.000Z\"",
		 1992856700000000000ULL + number, number / 60 % 60, number % 60);
}

/* Members that are there in some rows only, in a pattern SQL can compute again. */
static void add_patterned_post(struct lines *lines, size_t n)
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
	lines_add(lines, &line);
	buf_release(&line);
}

static void assert_patterned(struct session *with)
{
	assert_column(with, "id", "(1992856700000000000 + n)::VARCHAR");
	assert_column(with, "stream_id", "'" STREAM "'");
	assert_column(with, "created_at",
		      "TIMESTAMPTZ '2026-11-23 07:00:00+00' + to_seconds(n % 3600)");
	assert_column(
		with, "text",
		"CASE WHEN n % 3 <> 0 THEN repeat('abcdefghijklmnopqrstuvwxyz', 2)[1:n % 40] END");
	assert_column(with, "text_clean", "text");
	assert_column(with, "public_metrics_like_count", "CASE WHEN n % 4 <> 0 THEN n END");
	assert_column(with, "possibly_sensitive", "CASE WHEN n % 5 <> 0 THEN n % 2 = 1 END");
	assert_column(with, "attachments_media_keys",
		      "CASE WHEN n % 7 <> 0 THEN list_transform(range(n % 6), "
		      "lambda i: '3_' || (n + i)) END");
	assert_column(with, "place_geo_bbox", "CASE WHEN n % 11 <> 0 THEN [n + 0.5, -1] END");
	assert_column(with, "len(entities_urls)", "CASE WHEN n % 13 = 0 THEN n % 4 END");
	assert_column(with, "list_transform(entities_urls, lambda u: u.status)",
		      "CASE WHEN n % 13 = 0 THEN [200, NULL, 200][1:n % 4] END");
	assert_column(
		with, "entities_urls[2].images",
		"CASE WHEN n % 13 = 0 AND n % 4 >= 2 THEN [{'url': NULL::VARCHAR, 'width': n, "
		"'height': NULL::BIGINT}, {'url': NULL, 'width': NULL, 'height': NULL}] END");
	assert_column(with, "lang", "NULL");
	assert_column(with, "user_created_at", "NULL");
	assert_column(with, "polls", "NULL");
}

/* --- tests ------------------------------------------------------------------------------------------- */

static void five_thousand_rows_with_nulls_everywhere_come_back_equal(void **state)
{
	(void)state;
	for (size_t group_size = 37; group_size < 2000; group_size += 1000) {
		struct lines lines;
		lines_init(&lines, group_size);
		for (size_t i = 0; i < 5000; i++)
			add_patterned_post(&lines, i);
		hold(session, &lines);
		assert_int_equal(number_in(session, "count(DISTINCT n) FROM file"), 5000);
		assert_patterned(session);
		let_go(session);
		lines_release(&lines);
	}
}

static void lines_that_are_no_posts_are_left_out(void **state)
{
	struct lines lines;
	struct buf line = { 0 };
	(void)state;
	lines_init(&lines, 7);
	for (size_t i = 0; i < 3000; i++) {
		begin_post(&line, i);
		/* An object that never ends, and members that were there in the row before. */
		buf_add_text(&line, i % 500 == 499 ? ",\"lang\":\"no\"" : ",\"lang\":\"en\"}");
		lines_add(&lines, &line);
	}
	hold(session, &lines);
	assert_int_equal(number_in(session, "count(*) FROM file"), 2994);
	assert_int_equal(number_in(session, "count(*) FROM file WHERE n % 500 = 499"), 0);
	assert_column(session, "lang", "'en'");
	for (size_t i = 0; i < 3000; i++)
		assert_int_equal(lines.states[i], i % 500 == 499 ? HELD_REFUSED : HELD_POST);
	let_go(session);
	lines_release(&lines);
	buf_release(&line);
}

static void text_around_the_inlined_length_and_beyond_a_block_is_whole(void **state)
{
	static const size_t sizes[] = {
		0, 1, 3, 4, 11, 12, 13, 14, 4096, 1 << 20, (1 << 20) + 1, 3 << 20, (1 << 20) - 5, 7
	};
	struct lines lines;
	struct buf line = { 0 };
	(void)state;
	lines_init(&lines, 5);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		begin_post(&line, i);
		buf_add_text(&line, ",\"source\":\"");
		for (size_t at = 0; at < sizes[i]; at++)
			buf_add_byte(&line, (char)('a' + at % 26));
		buf_addf(&line,
			 "\",\"text\":\"behind it %zu\",\"public_metrics\":{\"like_count\":%zu}}",
			 i, sizes[i]);
		lines_add(&lines, &line);
	}
	hold(session, &lines);
	assert_column(session, "source",
		      "repeat('abcdefghijklmnopqrstuvwxyz', 130000)[1:public_metrics_like_count]");
	assert_column(session, "text", "'behind it ' || n");
	let_go(session);
	lines_release(&lines);
	buf_release(&line);
}

static void lists_grow_beyond_a_chunks_first_room(void **state)
{
	struct lines lines;
	struct buf line = { 0 };
	(void)state;
	lines_init(&lines, 64);
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
		lines_add(&lines, &line);
	}
	hold(session, &lines);
	assert_column(session, "edit_history_tweet_ids", "[n::VARCHAR, (n + 1)::VARCHAR]");
	assert_column(session, "len(entities_urls)", "CASE WHEN n = 1000 THEN 5000 ELSE n % 4 END");
	assert_column(session, "list_transform(entities_urls, lambda u: u.start)",
		      "range(len(entities_urls))");
	assert_column(session, "list_transform(entities_urls, lambda u: u.url)",
		      "list_transform(range(len(entities_urls)), "
		      "lambda i: CASE WHEN i % 2 = 1 THEN 'x' END)");
	assert_column(session, "list_transform(entities_urls, lambda u: u.images)",
		      "list_transform(range(len(entities_urls)), lambda i: ["
		      "{'url': 'image ' || i || ' of post ' || n, 'width': NULL, 'height': NULL}, "
		      "{'url': NULL, 'width': n, 'height': NULL}, "
		      "{'url': NULL, 'width': NULL, 'height': i}])");
	let_go(session);
	lines_release(&lines);
	buf_release(&line);
}

static void only_a_session_that_holds_lines_can_be_asked_for(void **state)
{
	static const char *const calls[] = { "0", "63", "-1", "9223372036854775807", "NULL" };
	(void)state;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		struct err err = { 0 };
		char *sql = mem_printf("SELECT * FROM held_lines(%s)", calls[i]);
		assert_int_equal(session_run(session, sql, &err), ERR_REJECT);
		free(sql);
	}
}

struct asker {
	struct lines lines;
	struct session *session;
	size_t count;
};

static void *ask_alone(void *context)
{
	struct asker *asker = context;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(number_in(asker->session, "count(DISTINCT n) FROM file"),
				 (int64_t)asker->count);
		assert_patterned(asker->session);
	}
	return NULL;
}

static void two_sessions_ask_at_once_without_mixing(void **state)
{
	struct asker askers[2] = { 0 };
	pthread_t threads[2];
	struct err err;
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		lines_init(&askers[i].lines, 20);
		askers[i].count = 3000 + i;
		for (size_t n = 0; n < 3000 + i; n++)
			add_patterned_post(&askers[i].lines, n);
		assert_ok(session_open(engine, &askers[i].session, &err), err);
		hold(askers[i].session, &askers[i].lines);
	}
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_alone, &askers[i]), 0);
	for (size_t i = 0; i < 2; i++) {
		pthread_join(threads[i], NULL);
		session_close(askers[i].session);
		lines_release(&askers[i].lines);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(five_thousand_rows_with_nulls_everywhere_come_back_equal),
		cmocka_unit_test(lines_that_are_no_posts_are_left_out),
		cmocka_unit_test(text_around_the_inlined_length_and_beyond_a_block_is_whole),
		cmocka_unit_test(lists_grow_beyond_a_chunks_first_room),
		cmocka_unit_test(only_a_session_that_holds_lines_can_be_asked_for),
		cmocka_unit_test(two_sessions_ask_at_once_without_mixing),
	};
	return cmocka_run_group_tests(tests, open_it, close_it);
}
