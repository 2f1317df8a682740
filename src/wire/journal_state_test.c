#include "base/test.h"

#include "wire/journal_state.h"

#include <stdio.h>
#include <stdlib.h>

static struct window_entry entry_of(uint64_t id)
{
	return (struct window_entry){ .id = id, .rule = id % 3, .content = id * 31 };
}

static void set(struct journal_state *state, struct str name, struct str value)
{
	journal_state_set(state, (struct cursor_change){ .name = name, .value = value });
}

static void a_cursor_is_set_changed_and_deleted(void **unused)
{
	(void)unused;
	struct journal_state state;
	journal_state_init(&state, 0);
	set(&state, STR("b"), STR("2"));
	set(&state, STR("a"), STR("1"));
	set(&state, STR("ab"), STR("\0\n\xff"));
	set(&state, STR("b"), STR("22"));
	assert_str(journal_state_get(&state, STR("a")), "1");
	assert_str(journal_state_get(&state, STR("b")), "22");
	assert_true(str_equal(journal_state_get(&state, STR("ab")), STR("\0\n\xff")));
	assert_int_equal(state.cursor_bytes, 2 + 3 + 5);
	set(&state, STR("a"), STR_NONE);
	set(&state, STR("never"), STR_NONE);
	assert_null(journal_state_get(&state, STR("a")).ptr);
	assert_int_equal(state.cursor_count, 2);
	journal_state_release(&state);
}

/* The window against a plain list of the newest ids: adding known ones changes nothing. */
static void the_window_remembers_exactly_the_newest(void **unused)
{
	(void)unused;
	enum { CAP = 7, STEPS = 5000, IDS = 40 };
	struct journal_state state;
	uint64_t newest[CAP];
	size_t count = 0;
	uint64_t random = 1;
	journal_state_init(&state, CAP);
	for (int step = 0; step < STEPS; step++) {
		random = random * 6364136223846793005u + 1442695040888963407u;
		uint64_t id = (random >> 33) % IDS;
		bool known = false;
		for (size_t i = 0; i < count; i++)
			known |= newest[i] == id;
		assert_int_equal(journal_state_knows(&state, entry_of(id)), known);
		journal_state_remember(&state, entry_of(id));
		if (known)
			continue;
		if (count == CAP)
			memmove(newest, newest + 1, --count * sizeof *newest);
		newest[count++] = id;
		for (uint64_t other = 0; other < IDS; other++) {
			known = false;
			for (size_t i = 0; i < count; i++)
				known |= newest[i] == other;
			assert_int_equal(journal_state_knows(&state, entry_of(other)), known);
		}
	}
	journal_state_release(&state);
}

static void entries_differ_in_id_rule_or_content(void **unused)
{
	(void)unused;
	struct journal_state state;
	journal_state_init(&state, 10);
	journal_state_remember(&state, (struct window_entry){ 1, 2, 3 });
	assert_true(journal_state_knows(&state, (struct window_entry){ 1, 2, 3 }));
	assert_false(journal_state_knows(&state, (struct window_entry){ 9, 2, 3 }));
	assert_false(journal_state_knows(&state, (struct window_entry){ 1, 9, 3 }));
	assert_false(journal_state_knows(&state, (struct window_entry){ 1, 2, 9 }));
	journal_state_release(&state);
}

static void a_window_of_none_knows_nothing(void **unused)
{
	(void)unused;
	struct journal_state state;
	journal_state_init(&state, 0);
	journal_state_remember(&state, entry_of(1));
	assert_false(journal_state_knows(&state, entry_of(1)));
	journal_state_release(&state);
}

static void a_written_state_comes_back(void **unused)
{
	(void)unused;
	struct journal_state state, again;
	struct buf first = { 0 }, second = { 0 };
	journal_state_init(&state, 5);
	journal_state_init(&again, 5);
	set(&state, STR("rule/1"), STR("since"));
	set(&state, STR("rule/2"), STR("\0"));
	for (uint64_t id = 0; id < 8; id++)
		journal_state_remember(&state, entry_of(id));
	journal_state_write(&first, &state);
	assert_true(journal_state_apply(&again, buf_str(&first)));
	for (uint64_t id = 0; id < 8; id++)
		assert_int_equal(journal_state_knows(&again, entry_of(id)), id >= 3);
	assert_str(journal_state_get(&again, STR("rule/1")), "since");
	/* The oldest goes first there, too. */
	journal_state_remember(&again, entry_of(100));
	assert_false(journal_state_knows(&again, entry_of(3)));
	journal_state_remember(&state, entry_of(100));
	buf_reset(&first);
	journal_state_write(&first, &state);
	journal_state_write(&second, &again);
	assert_int_equal(first.len, second.len);
	buf_release(&first);
	buf_release(&second);
	journal_state_release(&state);
	journal_state_release(&again);
}

static void a_record_that_is_cut_or_unknown_is_refused(void **unused)
{
	(void)unused;
	struct buf record = { 0 };
	struct window_entry entry = entry_of(1);
	journal_record_cursor(&record, (struct cursor_change){ STR("name"), STR("value") });
	size_t boundary = record.len;
	journal_record_window(&record, &entry, 1);
	for (size_t len = 0; len <= record.len; len++) {
		struct journal_state state;
		char *exact = malloc(len + 1);
		memcpy(exact, record.ptr, len);
		journal_state_init(&state, 4);
		assert_int_equal(journal_state_apply(&state, str_make(exact, len)),
				 len == 0 || len == boundary || len == record.len);
		journal_state_release(&state);
		free(exact);
	}
	struct journal_state state;
	journal_state_init(&state, 4);
	assert_false(journal_state_apply(&state, STR("x")));
	assert_false(journal_state_apply(&state, STR("w\xff\xff\xff\xff")));
	journal_state_release(&state);
	buf_release(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cursor_is_set_changed_and_deleted),
		cmocka_unit_test(the_window_remembers_exactly_the_newest),
		cmocka_unit_test(entries_differ_in_id_rule_or_content),
		cmocka_unit_test(a_window_of_none_knows_nothing),
		cmocka_unit_test(a_written_state_comes_back),
		cmocka_unit_test(a_record_that_is_cut_or_unknown_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
