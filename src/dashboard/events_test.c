#include "dashboard/events.h"

#include "base/mem.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

static void a_line_break_in_data_ends_no_field(void **state)
{
	(void)state;
	struct buf text = { 0 };
	events_add(&text, "p-1", "note", STR("one\ntwo\r\nthree\rfour\n\nevent: evil"));
	assert_str(buf_str(&text), "id: p-1\nevent: note\ndata: one\ndata: two\ndata: three\n"
				   "data: four\ndata: \ndata: event: evil\n\n");
	buf_reset(&text);
	events_add(&text, "p-2", "note", STR(""));
	assert_str(buf_str(&text), "id: p-2\nevent: note\ndata: \n\n");
	buf_release(&text);
}

static void what_is_kept_is_the_last_of_its_name(void **state)
{
	(void)state;
	struct events *events = events_new();
	assert_false(events_keeps(events, "a", STR_NONE));
	events_put(events, "a", STR("1"), STR("1"));
	events_put(events, "a", STR_NONE, STR("sent only"));
	assert_true(events_keeps(events, "a", STR("1")));
	events_put(events, "a", STR("2"), STR_NONE);
	assert_false(events_keeps(events, "a", STR("1")));
	assert_true(events_keeps(events, "a", STR("2")));
	assert_true(events_keeps(events, "a", STR_NONE));
	events_free(events);
}

static void more_names_than_fit_are_sent_and_not_kept(void **state)
{
	(void)state;
	struct events *events = events_new();
	for (int i = 0; i < 200; i++) {
		char name[16];
		snprintf(name, sizeof name, "n%d", i);
		events_put(events, name, STR("x"), STR("x"));
	}
	assert_true(events_keeps(events, "n0", STR("x")));
	assert_false(events_keeps(events, "n199", STR_NONE));
	events_free(events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_break_in_data_ends_no_field),
		cmocka_unit_test(what_is_kept_is_the_last_of_its_name),
		cmocka_unit_test(more_names_than_fit_are_sent_and_not_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
