/* Lines by chance, each of which is given back or refused. */
#include "post/line_fixture.h"
#include "post/rebuild_fixture.h"

enum { BATCH_ROWS = 130 };

static struct str last_member(yyjson_val *root, const char *name)
{
	yyjson_val *val = json_get(root, name);
	return yyjson_is_str(val) ? json_text(val) : STR_NONE;
}

/* Whether the line has to be taken for a post, found out without the code that is tested. */
static bool is_surely_a_post(struct str line)
{
	uint64_t id = 0;
	yyjson_doc *doc = is_utf8(line) ? read_marked(line) : NULL;
	yyjson_val *root = yyjson_doc_get_root(doc);
	struct str text = yyjson_is_obj(root) ? last_member(root, "id") : STR_NONE;
	bool sure = text.len > 0 && text.len < 19 && str_to_u64(text, &id) && id >= 29700859247;
	yyjson_doc_free(doc);
	return sure;
}

static void fill_line(struct table *table, size_t row, struct str line, size_t *ret_taken)
{
	struct err err, key_err;
	struct post_key key;
	enum err_kind kind =
		post_reader_fill(table->reader, line, row, table->vectors, row, NULL, &err);
	bool is_null = table_row_is_null(table, row);
	if (kind == ERR_NONE && !is_null)
		++*ret_taken;
	else if (kind != ERR_REJECT || !is_null || err.msg[0] == '\0' || is_surely_a_post(line))
		fail_msg("%d, %s: %.*s", kind, kind ? err.msg : "no error", STR_ARG(line));
	if (post_reader_key(table->reader, line, &key, &key_err) != kind)
		fail_msg("the key is refused otherwise: %.*s", STR_ARG(line));
	if (kind != ERR_NONE)
		return;
	struct str id = table_text(table, "id", row);
	uint64_t number;
	int64_t *times = table->vectors[column_named("created_at")].data;
	assert_true(str_to_u64(id, &number) && number == key.id);
	assert_int_equal(times[row], key.time_us);
}

static void every_line_is_given_back_or_refused(void **state)
{
	(void)state;
	struct dice dice = { .state = 2026 };
	struct table *table = table_new(BATCH_ROWS);
	struct buf lines[BATCH_ROWS] = { 0 };
	size_t taken = 0, total = 0;
	while (total < 50000) {
		table_reset(table);
		for (size_t row = 0; row < BATCH_ROWS; row++, total++) {
			buf_reset(&lines[row]);
			add_line(&dice, &lines[row]);
			if (chance(&dice, 25))
				mutate(&dice, &lines[row]);
			fill_line(table, row, buf_str(&lines[row]), &taken);
		}
		/* only now, so that a row that spoils another is seen */
		for (size_t row = 0; row < BATCH_ROWS; row++) {
			if (!table_row_is_null(table, row))
				assert_rebuilt(table, row, buf_str(&lines[row]));
		}
	}
	assert_true(taken > total * 6 / 10);
	assert_true(taken < total * 95 / 100);
	for (size_t row = 0; row < BATCH_ROWS; row++)
		buf_release(&lines[row]);
	table_free(table);
}

/* A comparison that takes everything for equal would find nothing. */
static void the_comparison_finds_what_is_different(void **state)
{
	(void)state;
	static const struct {
		const char *sent, *rebuilt;
		bool same;
	} pairs[] = {
		{ "{\"a\":1,\"b\":[null]}", "{\"b\":[null],\"a\":1}", true },
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}", true },
		{ "{\"a\":1}", "{}", false },
		{ "{}", "{\"a\":1}", false },
		{ "{\"a\":1}", "{\"b\":1}", false },
		{ "{\"a\":null}", "{}", false },
		{ "{}", "[]", false },
		{ "[1,2]", "[2,1]", false },
		{ "[1]", "[1,1]", false },
		{ "1.0", "1", false },
		{ "1", "\"1\"", false },
		{ "true", "false", false },
		{ "null", "false", false },
		{ "\"\\ud800\"", "\"\\ud801\"", false },
		{ "\"\\ud800\"", "\"\\ufffd\"", false },
		{ "\"\\ud800\"", "\"\\uD800\"", true },
		{ "\"\\u0000\"", "\"\"", false },
		{ "\"a\\u0000b\"", "\"a\\u0000c\"", false },
		{ "{\"a\\u0000b\":1}", "{\"a\":1}", false },
		{ "\"\\\\ud800\"", "\"\\ud800\"", false },
		{ "\"\\ud83d\\ude00\"", "\"\U0001f600\"", true },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
		bool found = same(load_text(doc, str_from(pairs[i].sent)),
				  load_text(doc, str_from(pairs[i].rebuilt)));
		if (found != pairs[i].same)
			fail_msg("%s is%s the same as %s", pairs[i].sent, found ? "" : " not",
				 pairs[i].rebuilt);
		yyjson_mut_doc_free(doc);
	}
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	assert_true(same(load_text(doc, STR("1e1")), yyjson_mut_real(doc, 10)));
	assert_false(same(load_text(doc, STR("9007199254740993")),
			  yyjson_mut_real(doc, 9007199254740992.0)));
	assert_false(same(load_text(doc, STR("\"1\"")), yyjson_mut_real(doc, 1)));
	yyjson_mut_doc_free(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_comparison_finds_what_is_different),
		cmocka_unit_test(every_line_is_given_back_or_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
