/* Inside terminal/. */
#pragma once
#include "terminal/terminal.h"

enum { OUTPUT_BLOCK = 1 << 16 };

/* Writes what has gathered, once it is `above` bytes or more. */
MUST_CHECK enum err_kind output_flush(struct buf *out, size_t above, bool *ret_begun,
				      struct err *err);
MUST_CHECK enum err_kind output_table(struct result *result, uint64_t *ret_rows, bool *ret_begun,
				      struct err *err);
/* The first `width` columns of a text, whole characters: how many bytes they are. */
size_t text_fitting(struct str text, size_t width, size_t *ret_width);
/* How many columns the text takes. */
size_t text_width(struct str text);
