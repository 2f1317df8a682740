#include "base/buf.h"

#include "base/test.h"

#include <stdlib.h>

/* Fails unless adding `text` with `add` to "<" gives `expected`. */
static void assert_added(void (*add)(struct buf *, struct str), struct str text,
			 const char *expected)
{
	struct buf buf = { 0 };
	buf_add_byte(&buf, '<');
	add(&buf, text);
	assert_int_equal(buf.ptr[buf.len], '\0');
	assert_str(str_make(buf.ptr + 1, buf.len - 1), expected);
	buf_release(&buf);
}

static void an_empty_buffer_has_a_text(void **state)
{
	struct buf buf = { 0 };
	assert_int_equal(buf_str(&buf).len, 0);
	assert_non_null(buf_str(&buf).ptr);
	assert_string_equal(buf_text(&buf), "");
	buf_release(&buf);
	assert_null(buf.ptr);
	buf_release(&buf);
	char *text = buf_detach(&buf);
	assert_string_equal(text, "");
	free(text);
	(void)state;
}

static void it_grows_and_keeps_its_bytes(void **state)
{
	struct buf buf = { 0 };
	for (int i = 0; i < 100000; i++)
		buf_add_byte(&buf, (char)i);
	assert_int_equal(buf.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf.ptr[i], (char)i);
	assert_int_equal(buf.ptr[buf.len], 0);
	buf_add_str(&buf, STR_NONE);
	buf_add(&buf, NULL, 0);
	assert_int_equal(buf.len, 100000);
	buf_release(&buf);
	(void)state;
}

static void a_reset_buffer_is_empty_and_keeps_its_memory(void **state)
{
	struct buf buf = { 0 };
	buf_add_text(&buf, "abc");
	const char *memory = buf.ptr;
	buf_reset(&buf);
	assert_string_equal(buf_text(&buf), "");
	buf_add_text(&buf, "d");
	assert_ptr_equal(buf.ptr, memory);
	assert_string_equal(buf.ptr, "d");
	buf_release(&buf);
	(void)state;
}

static void a_detached_text_is_the_callers(void **state)
{
	struct buf buf = { 0 };
	buf_add_text(&buf, "abc");
	char *text = buf_detach(&buf);
	assert_null(buf.ptr);
	assert_int_equal(buf.cap, 0);
	buf_add_text(&buf, "d");
	assert_string_equal(text, "abc");
	free(text);
	buf_release(&buf);
	(void)state;
}

static void formatted_text_of_any_length_fits(void **state)
{
	for (int len = 0; len < 300; len++) {
		struct buf buf = { 0 };
		buf_addf(&buf, "%s%*d", "ab", len, 7);
		buf_addf(&buf, "|");
		assert_int_equal(buf.len, 3 + (len > 1 ? len : 1));
		assert_int_equal(strlen(buf.ptr), buf.len);
		assert_int_equal(buf.ptr[buf.len - 2], '7');
		buf_release(&buf);
	}
	(void)state;
}

static void json_escapes_only_what_it_must(void **state)
{
	assert_added(buf_add_json, STR("a/\xc3\xa9\x7f"), "\"a/\xc3\xa9\x7f\"");
	assert_added(buf_add_json, STR("\"\\\n\r\t\b\x1f"), "\"\\\"\\\\\\n\\r\\t\\u0008\\u001f\"");
	assert_added(buf_add_json, STR("\0x"), "\"\\u0000x\"");
	assert_added(buf_add_json, STR_NONE, "\"\"");
	(void)state;
}

static void sql_quotes_are_written_twice(void **state)
{
	assert_added(buf_add_sql, STR("O'Neil''\\\""), "'O''Neil''''\\\"'");
	assert_added(buf_add_sql, STR(""), "''");
	assert_added(buf_add_sql_name, STR("a\"b'"), "\"a\"\"b'\"");
	(void)state;
}

static void csv_is_quoted_when_it_has_to_be(void **state)
{
	assert_added(buf_add_csv, STR("plain text;'"), "plain text;'");
	assert_added(buf_add_csv, STR(""), "");
	assert_added(buf_add_csv, STR("a,b"), "\"a,b\"");
	assert_added(buf_add_csv, STR("a\nb"), "\"a\nb\"");
	assert_added(buf_add_csv, STR("a\r"), "\"a\r\"");
	assert_added(buf_add_csv, STR("say \"x\""), "\"say \"\"x\"\"\"");
	(void)state;
}

static void html_cannot_leave_text_or_attribute(void **state)
{
	assert_added(buf_add_html, STR("<a href=\"'&\">"), "&lt;a href=&quot;&#39;&amp;&quot;&gt;");
	assert_added(buf_add_html, STR("&amp;"), "&amp;amp;");
	(void)state;
}

static void spell(struct buf *buf, struct str word, const void *context)
{
	buf_addf(buf, "<%.*s%s>", STR_ARG(word), (const char *)context);
}

static void a_template_has_its_words_replaced(void **state)
{
	struct buf buf = { 0 };
	(void)state;
	buf_add_template(&buf, "a {{b c}}{{}} { } }} {{d}}", spell, "!");
	assert_string_equal(buf_text(&buf), "a <b c!><!> { } }} <d!>");
	buf_reset(&buf);
	buf_add_template(&buf, "no word", spell, "");
	assert_string_equal(buf_text(&buf), "no word");
	buf_release(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_has_a_text),
		cmocka_unit_test(it_grows_and_keeps_its_bytes),
		cmocka_unit_test(a_reset_buffer_is_empty_and_keeps_its_memory),
		cmocka_unit_test(a_detached_text_is_the_callers),
		cmocka_unit_test(formatted_text_of_any_length_fits),
		cmocka_unit_test(json_escapes_only_what_it_must),
		cmocka_unit_test(sql_quotes_are_written_twice),
		cmocka_unit_test(csv_is_quoted_when_it_has_to_be),
		cmocka_unit_test(html_cannot_leave_text_or_attribute),
		cmocka_unit_test(a_template_has_its_words_replaced),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
