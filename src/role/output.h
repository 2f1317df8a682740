/* Inside role/: results on stdout. */
#pragma once
#include "engine/engine.h"

enum output_format { OUTPUT_TABLE, OUTPUT_CSV, OUTPUT_JSON };

/* Prints all rows. CSV as RFC 4180 with a header; JSON as one array of objects, times ISO 8601 with Z;
 * a table fits the terminal, or 80 columns, by cutting its widest columns, never numbers and ids; with too
 * many columns for that each row is a record, a line a column.
 * *ret_begun tells, after an error too, whether anything was printed. */
MUST_CHECK enum err_kind output_result(struct result *result, enum output_format format,
				       uint64_t *ret_rows, bool *ret_begun, struct err *err);
/* How many columns of a terminal the text takes. */
size_t text_width(struct str text);
