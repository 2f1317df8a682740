/* Files that are inside the binary: everything under sql/ and web/. The table is made by the build and sorted
 * bytewise by name, so that files come in the order their numbers give: "sql/10_dims/…" before
 * "sql/20_facts/…". Texts end with a zero byte that `len` does not count. */
#pragma once
#include <stddef.h>

struct embedded_file {
	const char *name; /* path in the checkout: "sql/10_dims/user_data_raw.sql" */
	const char *text;
	size_t len;
};

extern const struct embedded_file embedded_files[]; /* behind the last one, a NULL name */
extern const size_t embedded_file_count;
