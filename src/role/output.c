#include "role/output.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* Rows looked at before the widths of a table are settled; later ones are cut to fit. */
enum { ROWS_MEASURED = 1000, WIDTH_MIN = 4, FLUSH_BYTES = 1 << 16 };

static enum err_kind flush_out(struct buf *out, size_t above, bool *ret_begun, struct err *err)
{
	if (out->len < above || out->len == 0)
		return ERR_NONE;
	*ret_begun = true;
	size_t put = fwrite(out->ptr, 1, out->len, stdout);
	if (put != out->len || fflush(stdout) != 0)
		return err_errno(err, ERR_FATAL, "write to standard output");
	buf_reset(out);
	return ERR_NONE;
}

/* --- CSV and JSON ------------------------------------------------------------------------------------- */

static void add_csv_row(const struct result *result, struct buf *cell, struct buf *out)
{
	for (size_t i = 0; i < result_columns(result); i++) {
		buf_reset(cell);
		if (i > 0)
			buf_add_byte(out, ',');
		if (result_is_null(result, i))
			continue;
		result_add_text(result, i, cell);
		if (cell->len == 0)
			buf_add_text(out, "\"\""); /* empty is not NULL */
		else
			buf_add_csv(out, buf_str(cell));
	}
	buf_add_text(out, "\r\n");
}

static void add_json_row(const struct result *result, struct buf *out)
{
	buf_add_byte(out, '{');
	for (size_t i = 0; i < result_columns(result); i++) {
		if (i > 0)
			buf_add_byte(out, ',');
		buf_add_json(out, str_from(result_column_name(result, i)));
		buf_add_byte(out, ':');
		result_add_json(result, i, out);
	}
	buf_add_byte(out, '}');
}

static void add_csv_header(const struct result *result, struct buf *out)
{
	for (size_t i = 0; i < result_columns(result); i++) {
		if (i > 0)
			buf_add_byte(out, ',');
		buf_add_csv(out, str_from(result_column_name(result, i)));
	}
	buf_add_text(out, "\r\n");
}

static enum err_kind stream_rows(struct result *result, enum output_format format,
				 uint64_t *ret_rows, bool *ret_begun, struct err *err)
{
	struct buf out = { 0 }, cell = { 0 };
	bool row = true;
	enum err_kind kind = ERR_NONE;
	if (format == OUTPUT_CSV)
		add_csv_header(result, &out);
	else
		buf_add_byte(&out, '[');
	while (kind == ERR_NONE && (kind = result_next(result, &row, err)) == ERR_NONE && row) {
		if (format == OUTPUT_JSON) {
			buf_add_text(&out, *ret_rows > 0 ? ",\n" : "\n");
			add_json_row(result, &out);
		} else {
			add_csv_row(result, &cell, &out);
		}
		++*ret_rows;
		kind = flush_out(&out, FLUSH_BYTES, ret_begun, err);
	}
	if (format == OUTPUT_JSON)
		buf_add_text(&out, "\n]\n");
	if (kind == ERR_NONE)
		kind = flush_out(&out, 1, ret_begun, err);
	buf_release(&out);
	buf_release(&cell);
	return kind;
}

/* --- tables --------------------------------------------------------------------------------------------- */

/* Reads one character; its width, at least 0, and its bytes. Broken bytes count as one column. */
static size_t next_character(struct str rest, size_t *ret_width)
{
	wchar_t character;
	mbstate_t state = { 0 };
	size_t len = mbrtowc(&character, rest.ptr, rest.len, &state);
	if (len == 0 || len > rest.len) {
		*ret_width = 1;
		return 1;
	}
	int width = wcwidth(character);
	*ret_width = width > 0 ? (size_t)width : 0;
	return len;
}

size_t text_width(struct str text)
{
	size_t total = 0, width;
	for (size_t at = 0; at < text.len;) {
		at += next_character(str_make(text.ptr + at, text.len - at), &width);
		total += width;
	}
	return total;
}

/* A cell on one line: control characters, which could move the cursor, become spaces. */
static void add_visible(struct str text, struct buf *ret)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0;
		if (c1)
			i++;
		buf_add_byte(ret, c < 0x20 || c == 0x7f || c1 ? ' ' : (char)c);
	}
}

/* Adds the text in exactly `width` columns, cut with an ellipsis or filled up. */
static void add_fitted(struct str text, size_t width, bool right, struct buf *out)
{
	size_t whole = text_width(text), used = 0, one;
	size_t room = whole > width ? width - 1 : width;
	for (size_t i = whole; right && i < width; i++)
		buf_add_byte(out, ' ');
	for (size_t at = 0; at < text.len;) {
		size_t len = next_character(str_make(text.ptr + at, text.len - at), &one);
		if (used + one > room)
			break;
		buf_add(out, text.ptr + at, len);
		used += one;
		at += len;
	}
	if (whole > width) {
		buf_add_text(out, "…");
		used++;
	}
	for (; !right && used < width; used++)
		buf_add_byte(out, ' ');
}

struct table {
	struct result *result;
	size_t columns, *widths, terminal;
	struct buf *cells; /* columns * rows measured */
	size_t rows;
};

static void read_cells(struct table *table)
{
	struct buf text = { 0 };
	table->cells =
		mem_resize(table->cells, (table->rows + 1) * table->columns * sizeof *table->cells);
	for (size_t i = 0; i < table->columns; i++) {
		struct buf *cell = &table->cells[table->rows * table->columns + i];
		*cell = (struct buf){ 0 };
		buf_reset(&text);
		if (!result_is_null(table->result, i))
			result_add_text(table->result, i, &text);
		add_visible(buf_str(&text), cell);
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

static void fit_widths(struct table *table)
{
	for (;;) {
		size_t total = 0, widest = table->columns;
		for (size_t i = 0; i < table->columns; i++) {
			total += table->widths[i] + (i > 0 ? 2 : 0);
			if (may_cut(table, i) && table->widths[i] > WIDTH_MIN &&
			    (widest == table->columns || table->widths[i] > table->widths[widest]))
				widest = i;
		}
		if (total <= table->terminal || widest == table->columns)
			return;
		table->widths[widest]--;
	}
}

static void add_row(const struct table *table, size_t row, struct buf *out)
{
	for (size_t i = 0; i < table->columns; i++) {
		if (i > 0)
			buf_add_text(out, "  ");
		add_fitted(buf_str(&table->cells[row * table->columns + i]), table->widths[i],
			   result_column_is_number(table->result, i), out);
	}
	while (out->len > 0 && out->ptr[out->len - 1] == ' ')
		out->len--;
	buf_add_byte(out, '\n');
}

static void add_head(const struct table *table, struct buf *out)
{
	for (size_t i = 0; i < table->columns; i++) {
		if (i > 0)
			buf_add_text(out, "  ");
		add_fitted(str_from(result_column_name(table->result, i)), table->widths[i],
			   result_column_is_number(table->result, i), out);
	}
	buf_add_byte(out, '\n');
	for (size_t i = 0; i < table->columns; i++) {
		if (i > 0)
			buf_add_text(out, "  ");
		for (size_t dash = 0; dash < table->widths[i]; dash++)
			buf_add_text(out, "─");
	}
	buf_add_byte(out, '\n');
}

static void free_cells(struct table *table)
{
	for (size_t i = 0; i < table->rows * table->columns; i++)
		buf_release(&table->cells[i]);
	table->rows = 0;
}

static size_t terminal_width(void)
{
	struct winsize size;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

static enum err_kind print_table(struct result *result, uint64_t *ret_rows, bool *ret_begun,
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
		if (!settled) {
			fit_widths(&table);
			add_head(&table, &out);
			settled = true;
		}
		for (size_t i = 0; i < table.rows; i++)
			add_row(&table, i, &out);
		free_cells(&table);
		kind = flush_out(&out, row ? FLUSH_BYTES : 1, ret_begun, err);
	}
	free_cells(&table);
	free(table.cells);
	free(table.widths);
	buf_release(&out);
	return kind;
}

enum err_kind output_result(struct result *result, enum output_format format, uint64_t *ret_rows,
			    bool *ret_begun, struct err *err)
{
	*ret_rows = 0;
	*ret_begun = false;
	return format == OUTPUT_TABLE ? print_table(result, ret_rows, ret_begun, err) :
					stream_rows(result, format, ret_rows, ret_begun, err);
}
