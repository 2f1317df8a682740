/* Inside role/: how the lines of a source get into a journal, for import, replay and listen. */
#pragma once
#include "source/source.h"
#include "wire/wire.h"

struct journal_sink {
	struct journal *journal;
	struct buf lines;
	struct window_entry *window;
	size_t window_cap;
};
/* Whether this observation was journalled before. */
bool journal_sink_knows(const struct journal_sink *sink, const struct source_line *line);
/* Appends lines, what makes them known, and cursors, as one extent. Errors as of journal_append(). */
MUST_CHECK enum err_kind journal_sink_append(struct journal_sink *sink,
					     const struct source_line *lines, size_t count,
					     const struct cursor_change *cursors,
					     size_t cursor_count, struct err *err);
void journal_sink_release(struct journal_sink *sink);
