/* Columns asked for alone are what they are among all others. */
#include "post/line_fixture.h"
#include "post/row_fixture.h"

enum { LINES = 20000 };

/* Two tables of one row: all columns, and those that `wanted` leaves; the others have no memory. */
static void want_some(struct dice *dice, struct table *table, bool *wanted)
{
	memset(wanted, 0, table->column_count);
	for (unsigned left = roll(dice, 5); left > 0; left--)
		wanted[roll(dice, (unsigned)table->column_count)] = true;
	post_reader_want(table->reader, wanted);
}

static char *shown(const struct column_vector *vector)
{
	yyjson_mut_doc *doc = yyjson_mut_doc_new(NULL);
	yyjson_mut_val *val = show(doc, vector, 0);
	yyjson_mut_doc_set_root(doc, val ? val : yyjson_mut_null(doc));
	char *text = yyjson_mut_write(doc, YYJSON_WRITE_ALLOW_INVALID_UNICODE, NULL);
	yyjson_mut_doc_free(doc);
	assert_non_null(text);
	return text;
}

static void assert_same(struct table *all, struct table *some, const bool *wanted, struct str line)
{
	for (size_t i = 0; i < all->column_count; i++) {
		if (!wanted[i])
			continue;
		char *expected = shown(&all->vectors[i]), *found = shown(&some->vectors[i]);
		if (strcmp(expected, found) != 0)
			fail_msg("%s is %.80s alone, %.80s among all, in %.*s",
				 all->columns[i].name, found, expected, STR_ARG(line));
		free(expected);
		free(found);
	}
}

static void a_column_does_not_depend_on_which_others_are_wanted(void **state)
{
	(void)state;
	struct dice dice = { .state = 7 };
	struct table *all = table_new(1), *some = table_new(1);
	struct column_vector *lent = mem_zalloc(some->column_count, sizeof *lent);
	bool *wanted = mem_zalloc(some->column_count, sizeof *wanted);
	struct buf line = { 0 };
	size_t taken = 0;
	for (int i = 0; i < LINES; i++) {
		struct err err, other;
		buf_reset(&line);
		add_line(&dice, &line);
		if (chance(&dice, 10))
			mutate(&dice, &line);
		table_reset(all);
		table_reset(some);
		want_some(&dice, some, wanted);
		for (size_t column = 0; column < some->column_count; column++)
			lent[column] = wanted[column] ? some->vectors[column] :
							(struct column_vector){ 0 };
		enum err_kind kind = post_reader_fill(all->reader, buf_str(&line), 5, all->vectors,
						      0, NULL, &err);
		assert_int_equal(
			post_reader_fill(some->reader, buf_str(&line), 5, lent, 0, NULL, &other),
			kind);
		for (size_t column = 0; column < some->column_count; column++) {
			if (wanted[column])
				some->vectors[column] = lent[column];
		}
		if (kind == ERR_NONE)
			assert_same(all, some, wanted, buf_str(&line));
		taken += kind == ERR_NONE;
	}
	assert_true(taken > LINES / 2);
	buf_release(&line);
	free(wanted);
	free(lent);
	table_free(all);
	table_free(some);
}

static void what_gives_back_the_rest_needs_all_columns(void **state)
{
	(void)state;
	struct table *table = table_new(1);
	static const char *const names[] = { "extra", "vocabulary" };
	bool *wanted = mem_zalloc(table->column_count, sizeof *wanted);
	for (size_t i = 0; i < 2; i++) {
		memset(wanted, 0, table->column_count);
		wanted[column_named(names[i])] = true;
		post_reader_want(table->reader, wanted);
		for (size_t column = 0; column < table->column_count; column++)
			assert_true(wanted[column]);
	}
	free(wanted);
	table_free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_column_does_not_depend_on_which_others_are_wanted),
		cmocka_unit_test(what_gives_back_the_rest_needs_all_columns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
