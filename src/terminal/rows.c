#include "terminal/terminal_private.h"

#include <stdio.h>

enum err_kind output_flush(struct buf *out, size_t above, bool *ret_begun, struct err *err)
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
		kind = output_flush(&out, OUTPUT_BLOCK, ret_begun, err);
	}
	if (format == OUTPUT_JSON)
		buf_add_text(&out, "\n]\n");
	if (kind == ERR_NONE)
		kind = output_flush(&out, 1, ret_begun, err);
	buf_release(&out);
	buf_release(&cell);
	return kind;
}

enum err_kind output_result(struct result *result, enum output_format format, uint64_t *ret_rows,
			    bool *ret_begun, struct err *err)
{
	*ret_rows = 0;
	*ret_begun = false;
	return format == OUTPUT_TABLE ? output_table(result, ret_rows, ret_begun, err) :
					stream_rows(result, format, ret_rows, ret_begun, err);
}
