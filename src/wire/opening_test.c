#include "base/test.h"

#include "wire/opening.h"

#define STREAM "0b1e6f52-8b0c-4a37-9c5e-2f1d3a4b5c6d"
#define LAKE "7c9e6679-7425-40de-944b-e07fc1f90ae7"

static void a_hello_that_is_written_is_read_back(void **state)
{
	(void)state;
	static const struct hello hellos[] = {
		{ .kind = HELLO_RESUME, .lake = LAKE },
		{ .kind = HELLO_RESUME, .lake = LAKE, .stream = STREAM, .from = { 0, 0 } },
		{ .kind = HELLO_RESUME,
		  .lake = LAKE,
		  .stream = STREAM,
		  .from = { UINT64_MAX, UINT64_MAX } },
		{ .kind = HELLO_TAP, .stream = STREAM, .from = { 17, 1ull << 63 } },
		{ .kind = HELLO_STATUS },
	};
	for (size_t i = 0; i < sizeof hellos / sizeof *hellos; i++) {
		struct buf text = { 0 };
		struct hello hello;
		struct err err;
		hello_write(&text, &hellos[i]);
		assert_ok(hello_parse(buf_str(&text), &hello, &err), err);
		assert_int_equal(hello.kind, hellos[i].kind);
		assert_string_equal(hello.lake, hellos[i].lake);
		assert_string_equal(hello.stream, hellos[i].stream);
		assert_int_equal(hello.from.offset, hellos[i].from.offset);
		assert_int_equal(hello.from.chain, hellos[i].from.chain);
		buf_release(&text);
	}
}

static void a_hello_is_spelled_as_agreed(void **state)
{
	(void)state;
	struct buf text = { 0 };
	hello_write(&text, &(struct hello){ .kind = HELLO_RESUME, .lake = LAKE });
	assert_string_equal(buf_text(&text), "{\"aviary\":1,\"resume\":{\"lake\":\"" LAKE "\"}}");
	buf_reset(&text);
	hello_write(
		&text,
		&(struct hello){ .kind = HELLO_TAP, .stream = STREAM, .from = { 5, UINT64_MAX } });
	assert_string_equal(buf_text(&text), "{\"aviary\":1,\"tap\":{\"stream\":\"" STREAM
					     "\",\"offset\":5,\"chain\":18446744073709551615}}");
	buf_release(&text);
}

static void a_bad_hello_is_refused_with_words(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} cases[] = {
		{ "", "not JSON" },
		{ "GET / HTTP/1.1\r", "not JSON" },
		{ "[]", "begins with" },
		{ "1", "begins with" },
		{ "{}", "begins with" },
		{ "{\"aviary\":\"1\",\"tap\":{}}", "begins with" },
		{ "{\"aviary\":2,\"tap\":{}}", "version 2" },
		{ "{\"aviary\":1}", "one of" },
		{ "{\"aviary\":1,\"tap\":{},\"resume\":{}}", "one of" },
		{ "{\"aviary\":1,\"requests\":{}}", "needs \"from\"" },
		{ "{\"aviary\":1,\"requests\":{\"lake\":\"x\"}}", "needs \"lake\"" },
		{ "{\"aviary\":1,\"status\":{},\"tap\":{}}", "one of" },
		{ "{\"aviary\":1,\"resume\":{}}", "lake" },
		{ "{\"aviary\":1,\"resume\":7}", "lake" },
		{ "{\"aviary\":1,\"resume\":{\"lake\":\"x\"}}", "lake" },
		{ "{\"aviary\":1,\"resume\":{\"lake\":\"" LAKE "\",\"stream\":null}}", "stream" },
		{ "{\"aviary\":1,\"resume\":{\"lake\":\"" LAKE "\",\"stream\":\"" STREAM
		  "\",\"offset\":0}}",
		  "chain" },
		{ "{\"aviary\":1,\"tap\":{\"stream\":\"" STREAM "\",\"offset\":-1,\"chain\":0}}",
		  "offset" },
		{ "{\"aviary\":1,\"tap\":{\"stream\":\"" STREAM
		  "\",\"offset\":0,\"chain\":18446744073709551616}}",
		  "chain" },
		{ "{\"aviary\":1,\"tap\":{\"stream\":\"" STREAM "\",\"offset\":1.0,\"chain\":0}}",
		  "offset" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct hello hello;
		struct err err;
		assert_fails(hello_parse(str_from(cases[i].text), &hello, &err), err, ERR_REJECT,
			     cases[i].words);
	}
}

static void an_answer_that_is_written_is_read_back(void **state)
{
	(void)state;
	struct answer answer = { .stream = STREAM, .start = { 12, UINT64_MAX }, .end = 99 }, found;
	struct buf text = { 0 };
	struct err err;
	answer_write(&text, &answer);
	assert_string_equal(buf_text(&text),
			    "{\"aviary\":1,\"stream\":\"" STREAM
			    "\",\"offset\":12,\"chain\":18446744073709551615,\"end\":99}\n");
	assert_ok(answer_parse(buf_str(&text), &found, &err), err);
	assert_string_equal(found.stream, STREAM);
	assert_int_equal(found.start.offset, 12);
	assert_int_equal(found.start.chain, UINT64_MAX);
	assert_int_equal(found.end, 99);
	buf_release(&text);
}

static void a_refusal_carries_its_words_and_whether_to_try_again(void **state)
{
	(void)state;
	struct buf text = { 0 };
	struct answer answer;
	struct err err;
	refusal_write(&text, "say \"please\"\n", false);
	assert_fails(answer_parse(buf_str(&text), &answer, &err), err, ERR_FATAL,
		     "refused: say \"please\"\n");
	buf_reset(&text);
	refusal_write(&text, "later", true);
	assert_fails(answer_parse(buf_str(&text), &answer, &err), err, ERR_RETRY, "later");
	assert_fails(answer_parse(STR("{\"id\":\"1\"}"), &answer, &err), err, ERR_RETRY,
		     "did not answer");
	assert_fails(answer_parse(STR("what"), &answer, &err), err, ERR_RETRY, "did not answer");
	buf_release(&text);
}

static void an_acknowledgement_is_one_number(void **state)
{
	(void)state;
	uint64_t offset = 0;
	assert_true(ack_parse(STR("{\"ack\":18446744073709551615}"), &offset));
	assert_int_equal(offset, UINT64_MAX);
	assert_false(ack_parse(STR(""), &offset));
	assert_false(ack_parse(STR("7"), &offset));
	assert_false(ack_parse(STR("{\"ack\":-7}"), &offset));
	assert_false(ack_parse(STR("{\"ack\":\"7\"}"), &offset));
	assert_int_equal(offset, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hello_that_is_written_is_read_back),
		cmocka_unit_test(a_hello_is_spelled_as_agreed),
		cmocka_unit_test(a_bad_hello_is_refused_with_words),
		cmocka_unit_test(an_answer_that_is_written_is_read_back),
		cmocka_unit_test(a_refusal_carries_its_words_and_whether_to_try_again),
		cmocka_unit_test(an_acknowledgement_is_one_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
