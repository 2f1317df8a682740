/* Rows for people. Where each column can keep a readable width they are lines of a table; otherwise each
 * row is a record, a line a column, without those that are NULL:
 *
 *     hashtag   posts          ─ row 1 ───────────────────────────────
 *     ───────   ─────          id    1987…
 *     #birds       12          text  Long text goes on in the next
 *                                    line, below where it began. */
#include "base/mem.h"
#include "terminal/terminal_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Rows looked at before the layout is settled; later ones are cut to fit. */
enum { ROWS_MEASURED = 1000, WIDTH_MIN = 8, RECORD_LINES_MAX = 12 };

struct table {
	struct result *result;
	size_t columns, *widths, terminal;
	struct buf *cells; /* columns * rows measured */
	bool *nulls;       /* as many */
	size_t rows;
	uint64_t shown; /* rows printed before those */
	bool records;
};

static void add_many(struct buf *out, const char *text, size_t count)
{
	for (; count > 0; count--)
		buf_add_text(out, text);
}

/* Adds the text in exactly `width` columns, cut with an ellipsis or filled up. */
static void add_fitted(struct str text, size_t width, bool right, struct buf *out)
{
	size_t whole = text_width(text), used;
	size_t bytes = text_fitting(text, whole > width ? width - 1 : width, &used);
	if (right && whole < width)
		add_many(out, " ", width - whole);
	buf_add(out, text.ptr, bytes);
	if (whole > width) {
		buf_add_text(out, "…");
		used++;
	}
	if (!right && used < width)
		add_many(out, " ", width - used);
}

static void end_line(struct buf *out)
{
	while (out->len > 0 && out->ptr[out->len - 1] == ' ')
		out->len--;
	buf_add_byte(out, '\n');
}

static void read_cells(struct table *table)
{
	struct buf text = { 0 };
	size_t cells = (table->rows + 1) * table->columns;
	table->cells = mem_resize(table->cells, cells * sizeof *table->cells);
	table->nulls = mem_resize(table->nulls, cells * sizeof *table->nulls);
	for (size_t i = 0; i < table->columns; i++) {
		size_t at = table->rows * table->columns + i;
		struct buf *cell = &table->cells[at];
		*cell = (struct buf){ 0 };
		buf_reset(&text);
		table->nulls[at] = result_is_null(table->result, i);
		if (!table->nulls[at])
			result_add_text(table->result, i, &text);
		output_add_visible(buf_str(&text), cell);
		size_t width = text_width(buf_str(cell));
		if (width > table->widths[i])
			table->widths[i] = width;
	}
	buf_release(&text);
	table->rows++;
}

/* Numbers and ids are only of use whole. */
static bool may_cut(const struct table *table, size_t column)
{
	const char *name = result_column_name(table->result, column);
	struct str text = str_from(name);
	return !result_column_is_number(table->result, column) && !str_equal(text, STR("id")) &&
	       !str_ends(text, STR("_id"));
}

/* Cuts the widest column, again and again, until all fit; false when they cannot. */
static bool fit_widths(struct table *table)
{
	for (;;) {
		size_t total = 0, widest = table->columns;
		for (size_t i = 0; i < table->columns; i++) {
			total += table->widths[i] + (i > 0 ? 2 : 0);
			if (may_cut(table, i) && table->widths[i] > WIDTH_MIN &&
			    (widest == table->columns || table->widths[i] > table->widths[widest]))
				widest = i;
		}
		if (total <= table->terminal)
			return true;
		if (widest == table->columns)
			return false;
		table->widths[widest]--;
	}
}

/* --- lines ---------------------------------------------------------------------------------------- */

static void add_row(const struct table *table, size_t row, struct buf *out)
{
	for (size_t i = 0; i < table->columns; i++) {
		if (i > 0)
			buf_add_text(out, "  ");
		add_fitted(buf_str(&table->cells[row * table->columns + i]), table->widths[i],
			   result_column_is_number(table->result, i), out);
	}
	end_line(out);
}

static void add_head(const struct table *table, struct buf *out)
{
	for (size_t i = 0; i < table->columns; i++) {
		if (i > 0)
			buf_add_text(out, "  ");
		add_fitted(str_from(result_column_name(table->result, i)), table->widths[i],
			   result_column_is_number(table->result, i), out);
	}
	end_line(out);
	for (size_t i = 0; i < table->columns; i++) {
		if (i > 0)
			buf_add_text(out, "  ");
		add_many(out, "─", table->widths[i]);
	}
	buf_add_byte(out, '\n');
}

/* --- records -------------------------------------------------------------------------------------- */

static size_t widest_name(const struct table *table)
{
	size_t widest = 0;
	for (size_t i = 0; i < table->columns; i++) {
		size_t width = text_width(str_from(result_column_name(table->result, i)));
		widest = width > widest ? width : widest;
	}
	return widest < table->terminal / 2 ? widest : table->terminal / 2;
}

/* In as many lines as it needs, but for very long ones. */
static void add_wrapped(struct str text, size_t indent, size_t width, struct buf *out)
{
	for (int line = 1;; line++) {
		size_t used, bytes = text_fitting(text, width, &used);
		if (line == RECORD_LINES_MAX || bytes == text.len || bytes == 0) {
			add_fitted(text, width, false, out);
			end_line(out);
			return;
		}
		buf_add(out, text.ptr, bytes);
		end_line(out);
		add_many(out, " ", indent);
		text = str_make(text.ptr + bytes, text.len - bytes);
	}
}

static void add_record(const struct table *table, size_t row, struct buf *out)
{
	size_t names = widest_name(table), nulls = 0;
	char title[48], number[32];
	snprintf(title, sizeof title, "─ row %s ", grouped(table->shown + row + 1, number));
	buf_add_text(out, title);
	size_t used = text_width(str_from(title));
	add_many(out, "─", used < table->terminal ? table->terminal - used : 0);
	buf_add_byte(out, '\n');
	for (size_t i = 0; i < table->columns; i++) {
		size_t at = row * table->columns + i;
		if (table->nulls[at]) {
			nulls++;
			continue;
		}
		add_fitted(str_from(result_column_name(table->result, i)), names, false, out);
		buf_add_text(out, "  ");
		add_wrapped(buf_str(&table->cells[at]), names + 2, table->terminal - names - 2,
			    out);
	}
	if (nulls > 0)
		buf_addf(out, "(%zu NULL)\n", nulls);
}

/* --- either --------------------------------------------------------------------------------------- */

static void free_cells(struct table *table)
{
	for (size_t i = 0; i < table->rows * table->columns; i++)
		buf_release(&table->cells[i]);
	table->shown += table->rows;
	table->rows = 0;
}

static size_t terminal_width(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

static void settle(struct table *table, struct buf *out)
{
	table->records = !fit_widths(table);
	if (!table->records)
		add_head(table, out);
}

static void add_rows(struct table *table, struct buf *out)
{
	for (size_t i = 0; i < table->rows; i++) {
		if (table->records)
			add_record(table, i, out);
		else
			add_row(table, i, out);
	}
	free_cells(table);
}

enum err_kind output_table(struct result *result, uint64_t *ret_rows, bool *ret_begun,
			   struct err *err)
{
	struct buf out = { 0 };
	struct table table = { .result = result,
			       .columns = result_columns(result),
			       .terminal = terminal_width() };
	table.widths = mem_zalloc(table.columns, sizeof *table.widths);
	for (size_t i = 0; i < table.columns; i++)
		table.widths[i] = text_width(str_from(result_column_name(result, i)));
	bool row = true, settled = false;
	enum err_kind kind = ERR_NONE;
	while (kind == ERR_NONE && row) {
		kind = result_next(result, &row, err);
		if (kind == ERR_NONE && row) {
			read_cells(&table);
			++*ret_rows;
		}
		if (kind != ERR_NONE || (row && !settled && table.rows < ROWS_MEASURED))
			continue;
		if (!settled)
			settle(&table, &out);
		settled = true;
		add_rows(&table, &out);
		kind = output_flush(&out, row ? OUTPUT_BLOCK : 1, ret_begun, err);
	}
	free_cells(&table);
	free(table.cells);
	free(table.nulls);
	free(table.widths);
	buf_release(&out);
	return kind;
}
