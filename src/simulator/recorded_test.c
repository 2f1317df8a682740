#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/test.h"
#include "simulator/timeline.h"

#include <stdio.h>
#include <stdlib.h>

/* 100 and 200 (one edited), a repost; 200 answers 100 and quotes 50, which only is included. The ids are
 * of 2021-01-06: 1346889436626259968 is 18:40:40.344. */
#define FIRST "1346889436626259968"
#define SECOND "1346889436626260100"
#define EDITED "1346889436626260000"
#define OLDER "1346000000000000000"
#define GONE "1346889436626260050"

static const char recorded[] =
	"{\"data\":["
	"{\"id\":\"1346889436626260200\",\"text\":\"RT\",\"referenced_tweets\":[{\"type\":"
	"\"retweeted\",\"id\":\"" FIRST "\"}]},\n"
	"{\"id\":\"" SECOND
	"\",\"text\":\"an answer\",\"author_id\":\"1\",\"conversation_id\":\"" FIRST
	"\",\"created_at\":\"2021-01-06T18:40:40.000Z\",\"lang\":\"en\","
	"\"referenced_tweets\":[{\"type\":\"replied_to\",\"id\":\"" FIRST
	"\"},{\"type\":\"quoted\",\"id\":\"" OLDER "\"},{\"type\":\"quoted\",\"id\":\"" GONE "\"}],"
	"\"edit_history_tweet_ids\":[\"" EDITED "\",\"" SECOND "\"],"
	"\"edit_controls\":{\"edits_remaining\":4,\"editable_until\":\"2021-01-06T19:10:40.000Z\"},"
	"\"attachments\":{\"poll_ids\":[\"77\"]},\"entities\":{\"urls\":[{\"start\":0,\"end\":9,"
	"\"expanded_url\":\"https://x.com/a/status/" OLDER "/photo/1\"}]},"
	"\"public_metrics\":{\"retweet_count\":1.50,\"like_count\":2}},"
	"{\"id\":\"" FIRST
	"\",\"text\":\"a question 🐦\",\"author_id\":\"2\",\"conversation_id\":\"" FIRST
	"\",\"created_at\":\"2021-01-06T18:40:40.000Z\"}],"
	"\"includes\":{\"users\":[{\"id\":\"1\",\"username\":\"Ann\",\"name\":\"A\",\"pinned_tweet_id\":\"" OLDER
	"\",\"created_at\":\"2010-01-01T00:00:00.000Z\",\"public_metrics\":{\"tweet_count\":7}},"
	"{\"id\":\"2\",\"username\":\"Bob\",\"name\":\"B\"}],"
	"\"tweets\":[{\"id\":\"" OLDER "\",\"text\":\"of old\",\"author_id\":\"2\",\"created_at\":"
	"\"2021-01-04T07:46:24.000Z\"}],"
	"\"polls\":[{\"id\":\"77\",\"end_datetime\":\"2021-01-06T20:40:40.000Z\",\"options\":[]}]}}";

struct fixture {
	struct timeline *timeline;
	struct json_doc doc;
	struct buf out;
	uint64_t last; /* number of the newest of two posts of a round */
};

/* A timeline of ten posts a second: rounds of two, the older one on even numbers. */
static int begin(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct timeline_options options = { .seed = 1, .rate = 10 };
	char *path = mem_printf("%s/pages", test_dir());
	const char *const paths[] = { path };
	struct err err = { 0 };
	assert_ok(file_replace(path, STR(recorded), &err), err);
	fixture->timeline = timeline_new(&options);
	assert_ok(timeline_record(fixture->timeline, paths, 1, &err), err);
	fixture->last = 900000001;
	free(path);
	*state = fixture;
	return 0;
}

static int end(void **state)
{
	struct fixture *fixture = *state;
	timeline_free(fixture->timeline);
	json_release(&fixture->doc);
	buf_release(&fixture->out);
	free(fixture);
	return 0;
}

static yyjson_val *render(struct fixture *fixture, const uint64_t *posts, size_t count,
			  struct invent_view view)
{
	struct invent_page page = { .posts = posts, .post_count = count };
	struct err err = { 0 };
	buf_reset(&fixture->out);
	timeline_render(fixture->timeline, &page, &view, &fixture->out);
	assert_ok(json_read(&fixture->doc, buf_str(&fixture->out), &err), err);
	return fixture->doc.root;
}

static yyjson_val *nth(yyjson_val *object, const char *list, size_t index)
{
	yyjson_val *found = yyjson_arr_get(json_get(object, list), index);
	assert_non_null(found);
	return found;
}

static uint64_t id_of(yyjson_val *object, const char *name)
{
	uint64_t id;
	assert_true(str_to_u64(json_get_text(object, name), &id));
	return id;
}

static uint64_t id_text(yyjson_val *text)
{
	uint64_t id;
	assert_true(str_to_u64(json_text(text), &id));
	return id;
}

static void ids_are_new_and_agree(void **state)
{
	struct fixture *fixture = *state;
	const struct invention *pace = timeline_pace(fixture->timeline);
	uint64_t posts[] = { fixture->last, fixture->last - 1 };
	yyjson_val *page = render(fixture, posts, 2, invent_view_all(INVENT_TWEET, 0));
	yyjson_val *answer = nth(page, "data", 0), *question = nth(page, "data", 1);
	uint64_t first = invent_id(pace, posts[1]), second = invent_id(pace, posts[0]);
	assert_int_equal(id_of(question, "id"), first);
	assert_int_equal(id_of(question, "conversation_id"), first);
	assert_int_equal(id_of(answer, "id"), second);
	assert_int_equal(id_of(answer, "conversation_id"), first);
	assert_int_equal(id_of(nth(answer, "referenced_tweets", 0), "id"), first);
	uint64_t edited = id_text(nth(answer, "edit_history_tweet_ids", 0));
	assert_true(edited > first && edited < second);
	assert_int_equal(id_text(nth(answer, "edit_history_tweet_ids", 1)), second);
	/* What is included keeps its distance from the oldest post. */
	uint64_t older = id_of(nth(answer, "referenced_tweets", 1), "id");
	assert_int_equal(invent_id_time_us(first) - invent_id_time_us(older),
			 invent_id_time_us(1346889436626259968) -
				 invent_id_time_us(1346000000000000000));
	yyjson_val *includes = json_get(page, "includes");
	assert_int_equal(id_of(nth(includes, "tweets", 0), "id"), first);
	assert_int_equal(id_of(nth(includes, "tweets", 1), "id"), older);
	assert_int_equal(yyjson_arr_size(json_get(includes, "tweets")), 2);
	assert_int_equal(id_of(nth(includes, "users", 0), "pinned_tweet_id"), older);
	char address[80];
	snprintf(address, sizeof address, "https://x.com/a/status/%llu/photo/1",
		 (unsigned long long)older);
	assert_str(json_get_text(nth(json_get(answer, "entities"), "urls", 0), "expanded_url"),
		   address);
	/* People and polls stay who they are. */
	assert_str(json_get_text(nth(includes, "users", 0), "id"), "1");
	assert_str(json_get_text(nth(includes, "polls", 0), "id"), "77");
	assert_str(json_get_text(nth(includes, "users", 0), "created_at"),
		   "2010-01-01T00:00:00.000Z");
}

static int64_t time_in(yyjson_val *object, const char *name)
{
	int64_t time_us;
	assert_int_equal(time_parse(json_get_text(object, name), &time_us), TIME_CANONICAL);
	return time_us;
}

static void times_move_with_their_posts(void **state)
{
	struct fixture *fixture = *state;
	const struct invention *pace = timeline_pace(fixture->timeline);
	uint64_t posts[] = { fixture->last };
	yyjson_val *page = render(fixture, posts, 1, invent_view_all(INVENT_TWEET, 0));
	yyjson_val *answer = nth(page, "data", 0), *includes = json_get(page, "includes");
	int64_t written_us = invent_time_us(pace, fixture->last) / 1000000 * 1000000;
	assert_int_equal(time_in(answer, "created_at"), written_us);
	int64_t late = time_in(json_get(answer, "edit_controls"), "editable_until") - written_us;
	assert_true(late >= 1799 * 1000000LL && late <= 1801 * 1000000LL);
	late = time_in(nth(includes, "polls", 0), "end_datetime") - written_us;
	assert_true(late >= 7199 * 1000000LL && late <= 7201 * 1000000LL);
	assert_int_equal(time_in(nth(includes, "tweets", 1), "created_at") / 1000000,
			 invent_id_time_us(id_of(nth(includes, "tweets", 1), "id")) / 1000000);
}

static void every_round_is_new(void **state)
{
	struct fixture *fixture = *state;
	uint64_t posts[] = { fixture->last, fixture->last - 2 };
	yyjson_val *page = render(fixture, posts, 2, invent_view_all(INVENT_TWEET, 0));
	yyjson_val *one = nth(page, "data", 0), *other = nth(page, "data", 1);
	assert_true(id_of(one, "id") > id_of(other, "id"));
	assert_true(id_of(one, "conversation_id") > id_of(other, "conversation_id"));
	for (size_t i = 0; i < 3; i++)
		assert_true(id_of(nth(one, "referenced_tweets", i), "id") >
			    id_of(nth(other, "referenced_tweets", i), "id"));
	assert_int_equal(yyjson_arr_size(json_get(json_get(page, "includes"), "tweets")), 4);
	assert_int_equal(yyjson_arr_size(json_get(json_get(page, "includes"), "users")), 2);
	uint64_t conversation;
	assert_true(str_to_u64(timeline_facts(fixture->timeline, fixture->last)->conversation_id,
			       &conversation));
	assert_int_equal(conversation, id_of(one, "conversation_id"));
}

static void only_what_is_asked_for_is_shown(void **state)
{
	struct fixture *fixture = *state;
	uint64_t posts[] = { fixture->last };
	render(fixture, posts, 1, invent_view_default(INVENT_TWEET, 0));
	assert_null(strstr(buf_text(&fixture->out), "includes"));
	assert_null(strstr(buf_text(&fixture->out), "lang"));
	assert_non_null(strstr(buf_text(&fixture->out), "\"text\":\"an answer\""));
	assert_non_null(strstr(buf_text(&fixture->out), "\"edit_history_tweet_ids\":["));
	assert_non_null(strstr(buf_text(&fixture->out), "\"result_count\":1}}"));
}

static void the_new_vocabulary_is_spoken(void **state)
{
	struct fixture *fixture = *state;
	uint64_t posts[] = { fixture->last };
	render(fixture, posts, 1, invent_view_all(INVENT_POST, 0));
	static const char *const there[] = {
		"\"repost_count\":1.50", "\"referenced_posts\"", "\"edit_history_post_ids\"",
		"\"author_id\":\"1\"",   "\"posts\":[",          "\"post_count\":7",
	};
	for (size_t i = 0; i < sizeof there / sizeof *there; i++)
		assert_non_null(strstr(buf_text(&fixture->out), there[i]));
	assert_null(strstr(buf_text(&fixture->out), "tweet"));
}

static void reposts_are_left_out(void **state)
{
	struct fixture *fixture = *state;
	for (uint64_t n = fixture->last - 3; n <= fixture->last; n++) {
		assert_false(timeline_is_repost(fixture->timeline, n));
		assert_int_equal(facts_have(timeline_facts(fixture->timeline, n), IS_REPLY), n % 2);
	}
}

static void what_is_no_page_is_refused_by_name(void **state)
{
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "{\"data\":[}", "/bad: the document at byte 0" },
		{ "\n{\"meta\":{\"result_count\":0}}\n{\"data\":",
		  "/bad: the document at byte 29" },
		{ "{\"users\":[]}", "/bad: no page of posts is in it" },
		{ "", "/bad: no page of posts is in it" },
		{ "{\"meta\":{\"result_count\":0}}", "no post that a search could find" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct timeline_options options = { .seed = 1, .rate = 1 };
		struct timeline *timeline = timeline_new(&options);
		struct err err = { 0 };
		char *path = mem_printf("%s/bad", test_dir());
		const char *const paths[] = { path };
		assert_ok(file_replace(path, str_from(cases[i].text), &err), err);
		assert_fails(timeline_record(timeline, paths, 1, &err), err, ERR_REJECT,
			     cases[i].words);
		timeline_free(timeline);
		free(path);
	}
}

#define CLAIM(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLAIM(ids_are_new_and_agree),
		CLAIM(times_move_with_their_posts),
		CLAIM(every_round_is_new),
		CLAIM(only_what_is_asked_for_is_shown),
		CLAIM(the_new_vocabulary_is_spoken),
		CLAIM(reposts_are_left_out),
		cmocka_unit_test(what_is_no_page_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
