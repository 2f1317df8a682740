#include "base/json.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"

#include <stdlib.h>

static struct err err;

static int release(void **state)
{
	struct json_doc *doc = *state;
	json_release(doc);
	free(doc);
	return 0;
}

static int prepare(void **state)
{
	*state = mem_zalloc(1, sizeof(struct json_doc));
	return 0;
}

static void assert_read(struct json_doc *doc, const char *text)
{
	assert_ok(json_read(doc, str_from(text), &err), err);
}

static void assert_refused(struct json_doc *doc, struct str text)
{
	if (json_read(doc, text, &err) != ERR_REJECT)
		fail_msg("'%.*s' is taken for JSON", STR_ARG(text));
	assert_true(strlen(err.msg) > 0);
	assert_null(doc->root);
}

/* Fails unless the document is a text or number with this value that the source spells as `text`. */
static void assert_value(struct json_doc *doc, const char *text, struct str value)
{
	assert_read(doc, text);
	if (!str_equal(json_text(doc->root), value))
		fail_msg("the value of %s is '%.*s'", text, STR_ARG(json_text(doc->root)));
	assert_str(json_source(doc, doc->root), text);
}

static void assert_written(struct json_doc *doc, const char *text, const char *expected)
{
	struct buf written = { 0 };
	assert_read(doc, text);
	json_write(&written, doc, doc->root);
	assert_string_equal(buf_text(&written), expected);
	buf_release(&written);
}

static void strings_keep_their_spelling(void **state)
{
	struct json_doc *doc = *state;
	assert_value(doc, "\"\"", STR(""));
	assert_value(doc, "\"abc\"", STR("abc"));
	assert_value(doc, "\"a\\u00e9b\"",
		     STR("a\xc3\xa9"
			 "b"));
	assert_value(doc, "\"\\u00E9\"", STR("\xc3\xa9"));
	assert_value(doc, "\"\xc3\xa9\"", STR("\xc3\xa9"));
	assert_value(doc, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", STR("\"\\/\b\f\n\r\t"));
	assert_value(doc, "\"a\\u0000b\"", STR("a\0b"));
	assert_value(doc, "\"\\\\\"", STR("\\"));
	assert_value(doc, "\"\\\\u0041\"", STR("\\u0041"));
	assert_value(doc, "\"\\ud83d\\ude00\"", STR("\xf0\x9f\x98\x80"));
	assert_value(doc, "\"\\uD83D\\uDE00x\"", STR("\xf0\x9f\x98\x80x"));
	assert_value(doc, "\"\xf0\x9f\x98\x80\"", STR("\xf0\x9f\x98\x80"));
	assert_value(doc, "\"\x7f\xef\xbf\xbf\"", STR("\x7f\xef\xbf\xbf"));
	assert_value(doc, "\"\\ufffd\"", STR("\xef\xbf\xbd"));
	assert_false(doc->repaired);
	assert_false(json_is_repaired(doc, doc->root));
}

static void strings_deep_inside_keep_their_spelling(void **state)
{
	struct json_doc *doc = *state;
	assert_read(doc, " { \"\\u0061\" : [ \"\\n\" , {\"b\":\"\\\"}\",\"c\":\"\"} ] } ");
	yyjson_val *key = unsafe_yyjson_get_first(doc->root), *list = json_get(doc->root, "a");
	assert_str(json_source(doc, key), "\"\\u0061\"");
	assert_str(json_source(doc, yyjson_arr_get(list, 0)), "\"\\n\"");
	assert_str(json_source(doc, json_get(yyjson_arr_get(list, 1), "b")), "\"\\\"}\"");
	assert_str(json_source(doc, json_get(yyjson_arr_get(list, 1), "c")), "\"\"");
}

static void numbers_keep_their_spelling(void **state)
{
	static const char *const numbers[] = {
		"0",
		"-0",
		"1.0",
		"-0.0",
		"1e400",
		"1E+2",
		"1e-999999",
		"123456789012345678901234567890",
		"0.1000000000000000055511151231257827",
		"18446744073709551615",
		"-9223372036854775809",
	};
	struct json_doc *doc = *state;
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		char *inside = mem_printf("[%s,{\"a\":%s}]", numbers[i], numbers[i]);
		assert_value(doc, numbers[i], str_from(numbers[i]));
		assert_written(doc, inside, inside);
		assert_str(json_source(doc, json_get(yyjson_arr_get(doc->root, 1), "a")),
			   numbers[i]);
		free(inside);
	}
}

static void a_lone_surrogate_is_read_and_given_back(void **state)
{
	static const struct {
		const char *text, *value;
	} cases[] = {
		{ "\"\\ud83d\"", "\xef\xbf\xbd" },
		{ "\"\\uDE00\"", "\xef\xbf\xbd" },
		{ "\"a\\ud83dx\"", "a\xef\xbf\xbdx" },
		{ "\"\\ud83d\\n\"", "\xef\xbf\xbd\n" },
		{ "\"\\ud83d\\u0041\"", "\xef\xbf\xbd"
					"A" },
		{ "\"\\ude00\\ud83d\"", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\"\\ud83d\\ud83d\\ude00\"", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ "\"\\\\\\ud83d\\\\\"", "\\\xef\xbf\xbd\\" },
		{ "\"\\ud83d\\ude0\x30\\udfff\"", "\xf0\x9f\x98\x80\xef\xbf\xbd" },
	};
	struct json_doc *doc = *state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_value(doc, cases[i].text, str_from(cases[i].value));
		assert_true(doc->repaired);
		assert_true(json_is_repaired(doc, doc->root));
		assert_written(doc, cases[i].text, cases[i].text);
	}
}

static void only_the_string_with_it_is_repaired(void **state)
{
	struct json_doc *doc = *state;
	assert_written(
		doc,
		"{\"\\udc00\":1,\"a\":\"\\ud800\",\"b\":\"\\\\ud800\",\"c\":\"\\ufffd\",\"d\":2}",
		"{\"\\udc00\":1,\"a\":\"\\ud800\",\"b\":\"\\\\ud800\",\"c\":\"\\ufffd\",\"d\":2}");
	assert_true(doc->repaired);
	assert_true(json_is_repaired(doc, unsafe_yyjson_get_first(doc->root)));
	assert_true(json_is_repaired(doc, json_get(doc->root, "a")));
	assert_false(json_is_repaired(doc, json_get(doc->root, "b")));
	assert_false(json_is_repaired(doc, json_get(doc->root, "c")));
	assert_false(json_is_repaired(doc, json_get(doc->root, "d")));
	assert_read(doc, "\"\\\\ud800\"");
	assert_false(doc->repaired);
}

static void a_surrogate_does_not_excuse_other_faults(void **state)
{
	struct json_doc *doc = *state;
	assert_refused(doc, STR("[\"\\ud800\",]"));
	assert_refused(doc, STR("\"\\ud800\\u12\""));
	assert_refused(doc, STR("\"\\ud800\\"));
	assert_refused(doc, STR("\"\\ud800"));
	assert_refused(doc, STR("\\ud800"));
	assert_refused(doc, STR("\"\\ud80\""));
	assert_refused(doc, STR("\"\xed\xa0\x80\""));
}

static char *nested(size_t levels, const char *open, const char *inside, const char *close)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < levels; i++)
		buf_add_text(&text, open);
	buf_add_text(&text, inside);
	for (size_t i = 0; i < levels; i++)
		buf_add_text(&text, close);
	return buf_detach(&text);
}

static void depth_has_a_limit(void **state)
{
	static const char *const kinds[][3] = { { "[", "0", "]" },
						{ "{\"a\":", "0", "}" },
						{ "[1,{\"a\":2,\"b\":[", "0", "],\"c\":[]}]" } };
	struct json_doc *doc = *state;
	for (size_t i = 0; i < 3; i++) {
		size_t levels = i == 2 ? 33 : JSON_DEPTH_MAX;
		char *fits = nested(levels, kinds[i][0], kinds[i][1], kinds[i][2]);
		char *deeper = nested(levels + 1, kinds[i][0], kinds[i][1], kinds[i][2]);
		assert_written(doc, fits, fits);
		assert_fails(json_read(doc, str_from(deeper), &err), err, ERR_REJECT, "100 levels");
		free(fits);
		free(deeper);
	}
	char *empty = nested(JSON_DEPTH_MAX + 1, "[", "", "]");
	assert_fails(json_read(doc, str_from(empty), &err), err, ERR_REJECT, "100 levels");
	free(empty);
}

static void many_containers_beside_each_other_are_not_deep(void **state)
{
	struct json_doc *doc = *state;
	struct buf text = { 0 };
	buf_add_text(&text, "[[]");
	for (int i = 0; i < 1000; i++)
		buf_add_text(&text, ",{\"[\":[]}");
	buf_add_text(&text, "]");
	assert_written(doc, buf_text(&text), buf_text(&text));
	buf_release(&text);
}

static void millions_of_brackets_are_refused_quickly(void **state)
{
	static const char *const kinds[] = { "[", "{\"a\":", "]" };
	struct json_doc *doc = *state;
	for (size_t i = 0; i < 3; i++) {
		struct buf text = { 0 };
		while (text.len < 10000000)
			buf_add_text(&text, kinds[i]);
		int64_t start = clock_monotonic_us();
		assert_refused(doc, buf_str(&text));
		assert_true(clock_monotonic_us() - start < 5000000);
		buf_release(&text);
	}
	char *closed = nested(2000000, "[", "", "]");
	assert_refused(doc, str_from(closed));
	free(closed);
	assert_read(doc, "[1]");
}

static void what_is_not_json_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"nul",
		"nulll",
		"True",
		"01",
		"-",
		"-01",
		"+1",
		"1.",
		".5",
		"1e",
		"1e+",
		"0x1",
		"NaN",
		"Infinity",
		"-Infinity",
		"{",
		"}",
		"[1",
		"[1,]",
		"[,1]",
		"{\"a\"}",
		"{\"a\":}",
		"{\"a\":1,}",
		"{a:1}",
		"{1:1}",
		"'a'",
		"\"a",
		"\"\\\"",
		"\"\\x41\"",
		"\"\\u12g4\"",
		"\"\t\"",
		"\"\n\"",
		"\"\x01\"",
		"{} {}",
		"{},",
		"1 2",
		"[]]",
		"// c\n1",
		"/**/1",
		"\xef\xbb\xbf{}",
		"\"\x80\"",
		"\"\xc3\"",
		"\"\xc0\xaf\"",
		"\"\xe0\x80\xaf\"",
		"\"\xf4\x90\x80\x80\"",
		"\"\xff\"",
		"{\"\xc3\x28\":1}",
		"\xc2\xa0[]",
		"\v1",
	};
	struct json_doc *doc = *state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_refused(doc, str_from(texts[i]));
}

static void zero_bytes_are_refused(void **state)
{
	struct json_doc *doc = *state;
	assert_refused(doc, STR("\0"));
	assert_refused(doc, STR("{}\0"));
	assert_refused(doc, STR("\0{}"));
	assert_refused(doc, STR("[1,\0 2]"));
	assert_refused(doc, STR("\"a\0b\""));
	assert_refused(doc, STR("1\0"));
	assert_refused(doc, STR("12\0\0\0\0"));
	assert_refused(doc, STR("null\0null"));
}

static void a_refusal_names_the_place(void **state)
{
	struct json_doc *doc = *state;
	assert_fails(json_read(doc, STR("[1,2,x]"), &err), err, ERR_REJECT, "byte 6: ");
	assert_fails(json_read(doc, STR("x"), &err), err, ERR_REJECT, "byte 1: ");
	assert_fails(json_read(doc, STR(""), &err), err, ERR_REJECT, "empty");
}

static void white_space_may_stand_around(void **state)
{
	struct json_doc *doc = *state;
	assert_written(doc, "\r\n\t {\n \"a\" :\t[ 1 ,2 ] , \"b c\":\" d \" }\r\n",
		       "{\"a\":[1,2],\"b c\":\" d \"}");
	assert_written(doc, " null ", "null");
	assert_written(doc, "[true,false,null,[],{}]", "[true,false,null,[],{}]");
}

static void repeated_keys_stay_and_the_last_counts(void **state)
{
	struct json_doc *doc = *state;
	int64_t value = 0;
	assert_written(doc, "{\"a\":1,\"b\":2,\"a\":3,\"\\u0061\":4}",
		       "{\"a\":1,\"b\":2,\"a\":3,\"\\u0061\":4}");
	assert_true(json_get_i64(doc->root, "a", &value));
	assert_int_equal(value, 4);
}

static void members_are_found_by_name(void **state)
{
	struct json_doc *doc = *state;
	int64_t value = 7;
	assert_read(doc,
		    "{\"a\":\"x\",\"n\":-5,\"f\":1.0,\"z\":null,\"\":\"empty\",\"a\\u0000b\":1}");
	assert_str(json_get_text(doc->root, "a"), "x");
	assert_str(json_get_text(doc->root, ""), "empty");
	assert_null(json_get_text(doc->root, "n").ptr);
	assert_null(json_get_text(doc->root, "gone").ptr);
	assert_null(json_text(json_get(doc->root, "z")).ptr);
	assert_null(json_get(json_get(doc->root, "a"), "a"));
	assert_null(json_get(NULL, "a"));
	assert_null(json_get_text(NULL, "a").ptr);
	assert_false(json_get_i64(doc->root, "a", &value));
	assert_false(json_get_i64(doc->root, "f", &value));
	assert_false(json_get_i64(doc->root, "gone", &value));
	assert_int_equal(value, 7);
	assert_true(json_get_i64(doc->root, "n", &value));
	assert_int_equal(value, -5);
}

static void one_doc_reads_many_documents(void **state)
{
	struct json_doc *doc = *state;
	for (int i = 0; i < 2000; i++) {
		char *inside = nested((size_t)(i * 7919 % 3000), "\\\"", "\xc3\xa9", "x");
		char *text = mem_printf("{\"n\":%d,\"t\":\"%s\"}", i, inside);
		int64_t value;
		assert_written(doc, text, text);
		assert_true(json_get_i64(doc->root, "n", &value) && value == i);
		if (i % 3 == 0)
			assert_refused(doc, str_make(text, strlen(text) - 1));
		if (i % 5 == 0)
			assert_refused(doc, STR(""));
		free(inside);
		free(text);
	}
	json_release(doc);
	assert_read(doc, "1");
}

static void documents_in_a_row_are_read_one_by_one(void **state)
{
	struct json_doc *doc = *state;
	struct str rest = STR(" {\"a\":1}{\"b\":\"\\ud800\"}\n[2] 3 \"x\" nul");
	static const char *const expected[] = { "{\"a\":1}", "{\"b\":\"\\ud800\"}", "[2]", "3",
						"\"x\"" };
	for (size_t i = 0; i < 5; i++) {
		size_t end = 0;
		struct buf written = { 0 };
		assert_ok(json_read_first(doc, rest, &end, &err), err);
		json_write(&written, doc, doc->root);
		assert_string_equal(buf_text(&written), expected[i]);
		buf_release(&written);
		assert_in_range(end, strlen(expected[i]), rest.len);
		rest = str_make(rest.ptr + end, rest.len - end);
	}
	size_t end = 77;
	assert_int_equal(json_read_first(doc, rest, &end, &err), ERR_REJECT);
	assert_int_equal(end, 77);
	assert_str(str_trim(rest), "nul");
}

static void the_end_of_the_first_is_the_byte_after_it(void **state)
{
	struct json_doc *doc = *state;
	size_t end;
	assert_ok(json_read_first(doc, STR("  [1]  [2]"), &end, &err), err);
	assert_int_equal(end, 5);
	assert_ok(json_read_first(doc, STR("[1]"), &end, &err), err);
	assert_int_equal(end, 3);
}

/* Whatever the bytes: no crash, and what is accepted keeps its spelling. */

static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

/* The source without the white space between tokens: what json_write() has to give, found without
 * any parser. */
static void squeeze(struct str source, struct buf *ret)
{
	bool inside = false;
	for (size_t i = 0; i < source.len; i++) {
		char c = source.ptr[i];
		if (!inside && (c == ' ' || c == '\t' || c == '\n' || c == '\r'))
			continue;
		buf_add_byte(ret, c);
		if (inside && c == '\\' && i + 1 < source.len)
			buf_add_byte(ret, source.ptr[++i]);
		else if (c == '"')
			inside = !inside;
	}
}

/* Replaces, removes, repeats or inserts bytes. Returns the new length; `text` has room for 32 more. */
static size_t mutate(char *text, size_t len, uint64_t *random)
{
	static const char *const tokens[] = {
		"\"", "\\",      "\\ud83d",  "\\ude00",      "{", "}", "[",
		"]",  ",",       ":",        "null",         "1", "-", "e9",
		"\n", "\\u00e9", "\xc3\xa9", "\xed\xa0\x80", " "
	};
	uint64_t choice = next_random(random);
	size_t at = len > 0 ? next_random(random) % len : 0;
	const char *token = tokens[next_random(random) % (sizeof tokens / sizeof *tokens)];
	size_t added = strlen(token);
	switch (choice % 4) {
	case 0:
		if (len > 0)
			text[at] = (char)next_random(random);
		return len;
	case 1:
		if (len == 0)
			return len;
		memmove(text + at, text + at + 1, len - at - 1);
		return len - 1;
	case 2:
		if (len > 0)
			text[at] = token[0];
		return len;
	default:
		memmove(text + at + added, text + at, len - at);
		memcpy(text + at, token, added);
		return len + added;
	}
}

static void assert_survives(struct json_doc *doc, struct str source, int *accepted)
{
	struct buf first = { 0 }, second = { 0 }, squeezed = { 0 };
	size_t end = 0;
	enum err_kind kind = json_read(doc, source, &err);
	assert_true(kind == ERR_NONE || kind == ERR_REJECT);
	if (kind == ERR_NONE) {
		json_write(&first, doc, doc->root);
		squeeze(source, &squeezed);
		assert_true(str_equal(buf_str(&first), buf_str(&squeezed)));
		assert_ok(json_read(doc, buf_str(&first), &err), err);
		json_write(&second, doc, doc->root);
		assert_true(str_equal(buf_str(&first), buf_str(&second)));
		(*accepted)++;
	}
	enum err_kind of_first = json_read_first(doc, source, &end, &err);
	if (kind == ERR_NONE)
		assert_int_equal(of_first, ERR_NONE);
	if (of_first == ERR_NONE)
		assert_in_range(end, 1, source.len);
	buf_release(&first);
	buf_release(&second);
	buf_release(&squeezed);
}

static void mutated_documents_crash_nothing_and_keep_their_spelling(void **state)
{
	static const char *const seeds[] = {
		"{\"id\":\"1\",\"text\":\"a\\u00e9 \\ud83d\\ude00 \\n\",\"n\":[1,-2.5e3,0],\"t\":true}",
		"{\"data\":[{\"a\":null},{\"a\":{\"b\":[[],[{}]]}}], \"x\\\"\" : \"\xc3\xa9\xf0\x9f\x98\x80\"}",
		"[\"\\ud83d\",\"\\\\\",\"\\/\",\"\", 1e400, -0, 1.0]",
		"\"\\ude00\\ud83d\"",
		"123456789",
	};
	struct json_doc *doc = *state;
	uint64_t random = 88172645463325252u;
	int accepted = 0;
	for (int round = 0; round < 20000; round++) {
		const char *seed = seeds[round % 5];
		size_t len = strlen(seed), changes = next_random(&random) % 4;
		char text[256];
		memcpy(text, seed, len);
		for (size_t i = 0; i < changes; i++)
			len = mutate(text, len, &random);
		/* Exactly as large as the source, so that reading beyond it is seen. */
		char *exact = mem_alloc(len);
		memcpy(exact, text, len);
		assert_survives(doc, str_make(exact, len), &accepted);
		free(exact);
	}
	assert_in_range(accepted, 5000, 19000);
}

#define WITH_DOC(test) cmocka_unit_test_setup_teardown(test, prepare, release)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DOC(strings_keep_their_spelling),
		WITH_DOC(strings_deep_inside_keep_their_spelling),
		WITH_DOC(numbers_keep_their_spelling),
		WITH_DOC(a_lone_surrogate_is_read_and_given_back),
		WITH_DOC(only_the_string_with_it_is_repaired),
		WITH_DOC(a_surrogate_does_not_excuse_other_faults),
		WITH_DOC(depth_has_a_limit),
		WITH_DOC(many_containers_beside_each_other_are_not_deep),
		WITH_DOC(millions_of_brackets_are_refused_quickly),
		WITH_DOC(what_is_not_json_is_refused),
		WITH_DOC(zero_bytes_are_refused),
		WITH_DOC(a_refusal_names_the_place),
		WITH_DOC(white_space_may_stand_around),
		WITH_DOC(repeated_keys_stay_and_the_last_counts),
		WITH_DOC(members_are_found_by_name),
		WITH_DOC(one_doc_reads_many_documents),
		WITH_DOC(documents_in_a_row_are_read_one_by_one),
		WITH_DOC(the_end_of_the_first_is_the_byte_after_it),
		WITH_DOC(mutated_documents_crash_nothing_and_keep_their_spelling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
