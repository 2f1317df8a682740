#include "role/journal_sink.h"

#include "base/mem.h"

#include <stdlib.h>

/* A page fits into an extent. */
_Static_assert((int)PAGE_LINES_BYTES_MAX <= (int)EXTENT_LINES_MAX, "a page must fit an extent");

static struct window_entry entry_of(const struct source_line *line)
{
	return (struct window_entry){ .id = line->id,
				      .rule = line->rule,
				      .content = line->content_hash };
}

bool journal_sink_knows(const struct journal_sink *sink, const struct source_line *line)
{
	return line->id != 0 && journal_knows(sink->journal, entry_of(line));
}

/* Lines of a recorded wire file stand one behind the other already. */
static bool are_adjacent(const struct source_line *lines, size_t count)
{
	for (size_t i = 0; i + 1 < count; i++) {
		if (lines[i].line.ptr + lines[i].line.len != lines[i + 1].line.ptr)
			return false;
	}
	return count > 0;
}

static struct str gather_lines(struct journal_sink *sink, const struct source_line *lines,
			       size_t count)
{
	if (are_adjacent(lines, count)) {
		const struct str *last = &lines[count - 1].line;
		return str_make(lines[0].line.ptr,
				(size_t)(last->ptr + last->len - lines[0].line.ptr));
	}
	buf_reset(&sink->lines);
	for (size_t i = 0; i < count; i++)
		buf_add_str(&sink->lines, lines[i].line);
	return buf_str(&sink->lines);
}

static size_t gather_window(struct journal_sink *sink, const struct source_line *lines,
			    size_t count)
{
	size_t entries = 0;
	MEM_GROW(sink->window, sink->window_cap, count);
	for (size_t i = 0; i < count; i++) {
		if (lines[i].id != 0)
			sink->window[entries++] = entry_of(&lines[i]);
	}
	return entries;
}

enum err_kind journal_sink_append(struct journal_sink *sink, const struct source_line *lines,
				  size_t count, const struct cursor_change *cursors,
				  size_t cursor_count, struct err *err)
{
	size_t entries = gather_window(sink, lines, count);
	struct extent extent = { .lines = gather_lines(sink, lines, count),
				 .window = sink->window,
				 .window_count = entries,
				 .cursors = cursors,
				 .cursor_count = cursor_count };
	return journal_append(sink->journal, &extent, err);
}

void journal_sink_release(struct journal_sink *sink)
{
	buf_release(&sink->lines);
	free(sink->window);
}
