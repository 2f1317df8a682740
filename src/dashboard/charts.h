/* Inside dashboard/: the files under sql/30_dashboard/, asked. Their first line is a title. One with a
 * number before its name makes a temporary table of that name, for those after it. Words in double
 * braces are filled in:
 *
 *     {{in_window}} {{before_window}} {{in_week}}   whether the row's hour is in the window, in as many
 *                                                   hours before it, in the seven days up to its end
 *     {{now}} {{hour_number}} {{weekday TIME}}      hours since 1970; 0 is Sunday
 */
#pragma once
#include "engine/engine.h"

struct chart {
	const char *name; /* "hashtags" */
	const char *sql;
	bool is_table;
};
/* Process lifetime; tables first, in their order. */
const struct chart *chart_list(size_t *ret_count);
const struct chart *chart_find(const char *name); /* NULL when there is none */

struct chart_window {
	int64_t now_us;
	int64_t from_us, to_us; /* whole hours, [from, to) */
	const char *zone;       /* of weekdays */
};
void chart_add_sql(const struct chart *chart, const struct chart_window *window, struct buf *ret);
void chart_add_title(const struct chart *chart, struct buf *ret);
/* Adds {"columns":[…],"rows":[[…],…]}; of a table, nothing. */
MUST_CHECK enum err_kind chart_ask(const struct chart *chart, const struct chart_window *window,
				   struct session *session, struct buf *ret, struct err *err);
