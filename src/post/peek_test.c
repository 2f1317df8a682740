#include "base/mem.h"
#include "post/line_fixture.h"
#include "post/post.h"

static struct post_peek peeked(struct str line)
{
	struct post_peek peek, key;
	memset(&peek, 0xa5, sizeof peek);
	memset(&key, 0xa5, sizeof key);
	post_peek(line, &peek);
	post_peek_key(line, &key);
	assert_int_equal(key.sure, peek.sure);
	if (peek.sure) {
		struct post_key guess;
		assert_int_equal(key.key.id, peek.key.id);
		assert_int_equal(key.key.time_us, peek.key.time_us);
		assert_true(post_guess_key(line, &guess));
		assert_int_equal(guess.id, peek.key.id);
		assert_int_equal(guess.time_us, peek.key.time_us);
	}
	return peek;
}

/* Whatever the peek is sure of is what a full reading says. */
static bool assert_agrees(struct post_reader *reader, struct json_doc *doc, struct str line)
{
	struct err err;
	struct post_key key;
	struct post_peek peek = peeked(line);
	if (!peek.sure || json_read(doc, line, &err) != ERR_NONE)
		return false;
	if (post_reader_key(reader, line, &key, &err) != ERR_NONE)
		fail_msg("sure of a line that is no post (%s): %.*s", err.msg, STR_ARG(line));
	if (key.id != peek.key.id || key.time_us != peek.key.time_us)
		fail_msg("%llu at %lld is read as %llu at %lld: %.*s", (unsigned long long)key.id,
			 (long long)key.time_us, (unsigned long long)peek.key.id,
			 (long long)peek.key.time_us, STR_ARG(line));
	assert_true(peek.is_object);
	assert_int_equal(peek.has_text, json_get(doc->root, "text") != NULL);
	assert_int_equal(peek.has_data, json_get(doc->root, "data") != NULL);
	assert_int_equal(peek.has_includes, json_get(doc->root, "includes") != NULL);
	assert_int_equal(peek.has_meta, json_get(doc->root, "meta") != NULL);
	assert_int_equal(peek.has_batch_id, json_get(doc->root, "batch_id") != NULL);
	return true;
}

#define ID "\"id\":\"2083157183716917248\""
#define TIME "\"created_at\":\"2026-11-23T07:00:00.123Z\""
enum { UNSURE, SURE };

static void assert_sure(const char *line, int sure, const char *expected_time)
{
	char time[TIME_TEXT_MAX];
	struct post_peek peek = peeked(str_from(line));
	if (peek.sure != (sure == SURE))
		fail_msg("%ssure of %s", peek.sure ? "" : "not ", line);
	if (!peek.sure)
		return;
	assert_int_equal(peek.key.id, 2083157183716917248);
	assert_string_equal(time_format(peek.key.time_us, time), expected_time);
}

static void an_ordinary_line_is_sure(void **state)
{
	(void)state;
	assert_sure("{" ID "," TIME "}", SURE, "2026-11-23T07:00:00.123Z");
	assert_sure("{" TIME "," ID ",\"text\":\"a\"}", SURE, "2026-11-23T07:00:00.123Z");
	assert_sure("{" ID "}", SURE, "2026-07-31T11:45:50.444Z");
	assert_sure("{ " ID " , \"created_at\" :\t\"2026-11-23T07:00:00.123Z\" }", SURE,
		    "2026-11-23T07:00:00.123Z");
	assert_sure("{\"text\":\"\\\"id\\\":\\\"5\\\"\\\\\"," ID "," TIME "}", SURE,
		    "2026-11-23T07:00:00.123Z");
}

static void nested_members_do_not_count(void **state)
{
	(void)state;
	assert_sure("{\"user\":{\"id\":\"1\",\"created_at\":\"2010-01-01T00:00:00.000Z\"}," ID "}",
		    SURE, "2026-07-31T11:45:50.444Z");
	assert_sure("{" ID ",\"a\":[{\"id\":1},[{\"created_at\":5}]]," TIME "}", SURE,
		    "2026-11-23T07:00:00.123Z");
	assert_sure("{\"user\":{" ID "}}", UNSURE, NULL);
	assert_sure("{\"data\":[{" ID "}]}", UNSURE, NULL);
	struct post_peek peek = peeked(STR("{" ID ",\"a\":{\"text\":1,\"data\":2,\"meta\":3}}"));
	assert_false(peek.has_text || peek.has_data || peek.has_meta);
}

static void brackets_in_strings_do_not_count(void **state)
{
	(void)state;
	assert_sure("{\"text\":\"}{][,:\"," ID "}", SURE, "2026-07-31T11:45:50.444Z");
	assert_sure("{\"text\":\"\\\"}\"," ID "}", SURE, "2026-07-31T11:45:50.444Z");
	assert_sure("{\"text\":\"\\\\\"," ID "}", SURE, "2026-07-31T11:45:50.444Z");
	assert_sure("{\"text\":\"\\\\\\\",\\\"id\\\":\\\"7\"," ID "}", SURE,
		    "2026-07-31T11:45:50.444Z");
	assert_sure("{\"}\":\"{\",\"],\":1," ID "}", SURE, "2026-07-31T11:45:50.444Z");
}

static void what_may_be_read_otherwise_is_unsure(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"",
		" ",
		"{",
		"}",
		"{}",
		"[]",
		"null",
		"5",
		"\"id\"",
		"[{" ID "}]",
		/* no id, an unusual one, two */
		"{" TIME "}",
		"{\"id\":2083157183716917248}",
		"{\"id\":null}",
		"{\"id\":\"\"}",
		"{\"id\":\"x\"}",
		"{\"id\":\"20831571837169172489\"}",
		"{\"id\":\"208315718371691724\\u0038\"}",
		"{" ID "," ID "}",
		"{\"id\":\"20\"}",
		"{\"id\":[\"2083157183716917248\"]}",
		/* created_at likewise */
		"{" ID "," TIME "," TIME "}",
		"{" ID ",\"created_at\":null}",
		"{" ID ",\"created_at\":5}",
		"{" ID ",\"created_at\":\"\"}",
		"{" ID ",\"created_at\":\"2026-11-23T07:00:00Z\"}",
		"{" ID ",\"created_at\":\"2026-11-23T07:00:00.123+00:00\"}",
		"{" ID ",\"created_at\":\"2026\\u002d11-23T07:00:00.123Z\"}",
		"{" ID ",\"created_at\":\"1970-01-01T00:00:00.000Z\"}",
		"{" ID ",\"created_at\":\"2100-01-01T00:00:00.000Z\"}",
		"{" ID ",\"created_at\":\"2026-02-30T00:00:00.000Z\"}",
		/* escapes in names */
		"{" ID ",\"\\u0069d\":\"1\"}",
		"{" ID ",\"a\\\"b\":1}",
		"{" ID ",\"created\\u005fat\":1}",
		/* more than the object */
		" {" ID "}",
		"{" ID "} ",
		"{" ID "}{}",
		"{" ID "}}",
		"{" ID "}]",
		"{" ID "}x",
		"{" ID "},",
		"x{" ID "}",
		"{" ID,
		"{" ID ",}",
		"{," ID "}",
		"{" ID ",5}",
		"{" ID ",a:5}",
		"{" ID ",\"a\"}",
		"{" ID ",\"a\":}",
		"{" ID ",\"a\":\"}",
		"{" ID "]",
		"{" ID ",\"a\":[}",
	};
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		assert_sure(lines[i], UNSURE, NULL);
	assert_false(peeked(STR("[1]")).is_object);
	assert_true(peeked(STR("{}")).is_object);
	peeked(STR_NONE);
}

static void members_that_matter_are_found(void **state)
{
	(void)state;
	struct post_peek peek = peeked(STR("{" ID ",\"text\":\"a\",\"batch_id\":1}"));
	assert_true(peek.is_object && peek.has_text && peek.has_batch_id);
	assert_false(peek.has_data || peek.has_includes || peek.has_meta);
	peek = peeked(STR("{\"data\":[],\"includes\":{},\"meta\":{}}"));
	assert_true(peek.is_object && peek.has_data && peek.has_includes && peek.has_meta);
	assert_false(peek.sure || peek.has_text || peek.has_batch_id);
	peek = peeked(STR("{" ID ",\"texts\":1,\"tex\":1,\"Data\":1,\"batch_ids\":1,\"metb\":1}"));
	assert_true(peek.sure);
	assert_false(peek.has_text || peek.has_data || peek.has_meta || peek.has_batch_id);
}

static uint64_t hash_of(const char *line)
{
	struct post_peek peek = peeked(str_from(line));
	assert_true(peek.sure);
	return peek.content_hash;
}

static void a_delivery_does_not_change_the_hash(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"{" ID ",\"text\":\"a\",\"batch_id\":1}",
		"{" ID ",\"text\":\"a\",\"batch_id\":2}",
		"{\"batch_id\":[1,{\"a\":\"}\"}]," ID ",\"text\":\"a\"}",
		"{" ID ",\"fetched_at\":\"2026-11-23T07:00:00.123Z\",\"text\":\"a\"}",
		"{" ID ",\"page\":{\"a\":[1,2,{}]},\"text\":\"a\"}",
		"{\"page\":{},\"batch_id\":1," ID ",\"fetched_at\":null,\"text\":\"a\"}",
		"{ " ID ",\"text\":\"a\" , \"page\" : {} }",
		"{" ID ",\"batch_id\":1,\"text\":\"a\",\"batch_id\":2}",
	};
	uint64_t expected = hash_of("{" ID ",\"text\":\"a\"}");
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		if (hash_of(lines[i]) != expected)
			fail_msg("another hash: %s", lines[i]);
	}
}

static void everything_else_changes_the_hash(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"{" ID ",\"text\":\"a\"}",
		"{" ID ",\"text\":\"b\"}",
		"{" ID ",\"text\":\"a\",\"x\":1}",
		"{" ID ",\"text\":\"a\",\"x\":2}",
		"{\"text\":\"a\"," ID "}",
		"{" ID ",\"text\":\"a\"," TIME "}",
		"{" ID ",\"Text\":\"a\"}",
		"{" ID ",\"text\":\"a\\u0000\"}",
		"{" ID ",\"text\":\"a\",\"pages\":1}",
		"{" ID ",\"text\":\"a\",\"pag\":1}",
		"{" ID ",\"text\":\"a\",\"batch_ie\":1}",
		"{" ID ",\"text\":\"a\",\"fetched_by\":1}",
		"{" ID ",\"text\":\"a\",\"fetched_via\":\"search\"}",
		"{" ID ",\"text\":\"a\",\"user\":{\"batch_id\":1}}",
		"{" ID ",\"text\":\"a\",\"user\":{\"batch_id\":2}}",
		"{\"id\":\"2083157183716917249\",\"text\":\"a\"}",
		"{" ID "}",
		"{" ID ",\"x\":1,\"text\":\"a\"}",
		"{" ID ", \"text\":\"a\"}",
	};
	enum { COUNT = sizeof lines / sizeof *lines };
	for (size_t i = 0; i < COUNT; i++) {
		for (size_t other = 0; other < i; other++) {
			if (hash_of(lines[i]) == hash_of(lines[other]))
				fail_msg("equal hashes: %s and %s", lines[i], lines[other]);
		}
	}
}

/* --- the borders of blocks ------------------------------------------------------------------------ */

static int prepare(void **state)
{
	*state = post_reader_new("s", NULL);
	return 0;
}

static int dispose(void **state)
{
	post_reader_free(*state);
	return 0;
}

static void add_times(struct buf *buf, const char *text, int times)
{
	while (times-- > 0)
		buf_add_text(buf, text);
}

static void assert_is_sure(struct post_reader *reader, struct json_doc *doc, struct buf *line)
{
	char *exact = test_malloc(line->len);
	memcpy(exact, line->ptr, line->len);
	if (!assert_agrees(reader, doc, str_make(exact, line->len)))
		fail_msg("not sure of %s", buf_text(line));
	test_free(exact);
}

/* The text grows by one byte a line, so that each byte behind it stands at every place of a block. */
static void quotes_may_stand_at_every_border(void **state)
{
	static const char *const texts[] = { "\\\"",
					     "\\\\",
					     "}",
					     "{",
					     ",",
					     "\\\\\\\"",
					     "\\n",
					     "[\\\"]",
					     "\u00e9",
					     "\\\\\\\\",
					     ",\\\"id\\\":\\\"5\\\"," };
	struct json_doc doc = { 0 };
	struct buf line = { 0 };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		for (int pad = 0; pad < 200; pad++) {
			buf_reset(&line);
			buf_add_text(&line, "{\"text\":\"");
			add_times(&line, "x", pad);
			buf_addf(&line, "%s\",%s,\"batch_id\":{\"a\":[\"%s\"]},%s}", texts[i], ID,
				 texts[i], TIME);
			assert_is_sure(*state, &doc, &line);
		}
	}
	json_release(&doc);
	buf_release(&line);
}

/* An even number of backslashes lets the quote behind it end the string, an odd one does not. */
static void backslashes_may_run_across_a_border(void **state)
{
	struct json_doc doc = { 0 };
	struct buf line = { 0 };
	for (int pad = 40; pad < 72; pad++) {
		for (int pairs = 0; pairs < 80; pairs++) {
			buf_reset(&line);
			buf_add_text(&line, "{\"text\":\"");
			add_times(&line, "x", pad);
			add_times(&line, "\\\\", pairs);
			if (pairs % 3 == 0)
				buf_add_text(&line, "\\\",\\\"id\\\":\\\"1");
			buf_addf(&line, "\",%s,%s}", ID, TIME);
			assert_is_sure(*state, &doc, &line);
		}
	}
	json_release(&doc);
	buf_release(&line);
}

static void nothing_behind_a_line_is_looked_at(void **state)
{
	(void)state;
	for (size_t name = 1; name < 40; name++) {
		struct buf text = { 0 };
		struct post_peek peek;
		buf_add_text(&text, "{\"id\":\"1\",\"");
		for (size_t i = 0; i < name; i++)
			buf_add_byte(&text, 'a');
		buf_add_text(&text, "\":");
		char *exact = mem_alloc(text.len); /* the sanitizer stands behind it */
		memcpy(exact, text.ptr, text.len);
		post_peek_key(str_make(exact, text.len), &peek);
		post_peek(str_make(exact, text.len), &peek);
		free(exact);
		buf_release(&text);
	}
}

static void lines_of_every_length_are_read_to_their_end(void **state)
{
	struct json_doc doc = { 0 };
	struct buf line = { 0 };
	for (int len = 1; len <= 200; len++) {
		char *filled = test_malloc((size_t)len);
		static const char fills[] = "{}[]\"\\, x:0";
		for (size_t i = 0; i < sizeof fills - 1; i++) {
			memset(filled, fills[i], (size_t)len);
			assert_false(peeked(str_make(filled, (size_t)len)).sure);
			filled[0] = '{';
			assert_false(peeked(str_make(filled, (size_t)len)).sure);
		}
		test_free(filled);
		buf_reset(&line);
		buf_add_text(&line, "{" ID ",\"a\":\"\"}");
		if ((int)line.len > len)
			continue;
		line.len -= 2;
		add_times(&line, "x", len - (int)line.len - 2);
		buf_add_text(&line, "\"}");
		assert_int_equal(line.len, len);
		assert_is_sure(*state, &doc, &line);
		/* and every beginning of it */
		for (size_t cut = 0; cut < line.len; cut++)
			assert_false(peeked(str_make(line.ptr, cut)).sure);
	}
	json_release(&doc);
	buf_release(&line);
}

/* --- by chance ------------------------------------------------------------------------------------ */

/* A short line, so that changes often hit what matters. */
static void add_short_line(struct dice *dice, struct buf *ret)
{
	static const char *const members[] = { TIME,
					       "\"text\":\"a\\\\\"",
					       "\"batch_id\":1",
					       "\"page\":{}",
					       "\"user\":{\"id\":\"1\"}",
					       "\"a\":[\"]\",{}]",
					       "\"text\":\"}\\\"{\"",
					       "\"data\":1",
					       "\"created_at\":null",
					       "\"\\u0069d\":\"1\"",
					       "\"meta\":{}",
					       "\"includes\":[]" };
	buf_add_byte(ret, '{');
	for (unsigned left = roll(dice, 4); left > 0; left--)
		buf_addf(ret, "%s,", PICK(dice, members));
	buf_add_text(ret, ID);
	for (unsigned left = roll(dice, 4); left > 0; left--)
		buf_addf(ret, ",%s", PICK(dice, members));
	buf_add_byte(ret, '}');
}

static void a_sure_peek_agrees_with_a_full_reading(void **state)
{
	struct dice dice = { .state = 64 };
	struct json_doc doc = { 0 };
	struct buf line = { 0 };
	int sure = 0;
	for (int i = 0; i < 200000; i++) {
		buf_reset(&line);
		if (i % 8 == 0)
			add_line(&dice, &line);
		else
			add_short_line(&dice, &line);
		if (i % 5 > 0)
			mutate(&dice, &line);
		sure += assert_agrees(*state, &doc, buf_str(&line));
	}
	assert_true(sure > 20000);
	json_release(&doc);
	buf_release(&line);
}

/* The three members, put at a random place of a random line, leave the hash alone. */
static void members_of_a_delivery_may_stand_anywhere(void **state)
{
	(void)state;
	static const char *const ours[] = { "\"batch_id\":7", "\"page\":{\"a\":\"}\\\"\"}",
					    "\"fetched_at\":\"2026-11-23T07:00:00.123Z\"" };
	static const char *const members[] = { "\"a\":[1,{}]", "\"text\":\"\\\\\"", TIME, ID };
	struct dice dice = { .state = 3 };
	struct buf plain = { 0 }, delivered = { 0 };
	for (int i = 0; i < 2000; i++) {
		buf_reset(&plain);
		buf_reset(&delivered);
		buf_add_byte(&plain, '{');
		buf_add_byte(&delivered, '{');
		for (size_t member = 0; member < sizeof members / sizeof *members; member++) {
			buf_addf(&plain, "%s%s", member ? "," : "", members[member]);
			if (chance(&dice, 50))
				buf_addf(&delivered, "%s,", PICK(&dice, ours));
			buf_addf(&delivered, "%s%s", members[member], member < 3 ? "," : "");
		}
		if (chance(&dice, 50))
			buf_addf(&delivered, ",%s", PICK(&dice, ours));
		buf_add_byte(&plain, '}');
		buf_add_byte(&delivered, '}');
		if (hash_of(buf_text(&plain)) != hash_of(buf_text(&delivered)))
			fail_msg("another hash: %s", buf_text(&delivered));
	}
	buf_release(&plain);
	buf_release(&delivered);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_line_is_sure),
		cmocka_unit_test(nested_members_do_not_count),
		cmocka_unit_test(brackets_in_strings_do_not_count),
		cmocka_unit_test(what_may_be_read_otherwise_is_unsure),
		cmocka_unit_test(members_that_matter_are_found),
		cmocka_unit_test(a_delivery_does_not_change_the_hash),
		cmocka_unit_test(everything_else_changes_the_hash),
		cmocka_unit_test(quotes_may_stand_at_every_border),
		cmocka_unit_test(backslashes_may_run_across_a_border),
		cmocka_unit_test(nothing_behind_a_line_is_looked_at),
		cmocka_unit_test(lines_of_every_length_are_read_to_their_end),
		cmocka_unit_test(a_sure_peek_agrees_with_a_full_reading),
		cmocka_unit_test(members_of_a_delivery_may_stand_anywhere),
	};
	return cmocka_run_group_tests(tests, prepare, dispose);
}
