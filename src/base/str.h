/* A borrowed piece of text: pointer and length, by value, no terminating zero promised.
 * Whoever hands one out says how long it lives. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *ptr;
	size_t len;
};

#define STR(literal) ((struct str){ .ptr = (literal), .len = sizeof(literal) - 1 })
#define STR_NONE ((struct str){ .ptr = NULL, .len = 0 })
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, (s).ptr

static inline struct str str_make(const char *ptr, size_t len)
{
	return (struct str){ .ptr = ptr, .len = len };
}

static inline struct str str_from(const char *text)
{
	return str_make(text, text ? strlen(text) : 0);
}

static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_starts(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
/* Without spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str text);
/* Takes the part before the first `separator` off `*rest`; false when nothing is left. */
bool str_split(struct str *rest, char separator, struct str *ret_part);
/* Whether the bytes are UTF-8 as RFC 3629 has it: shortest forms, no surrogates, up to U+10FFFF. */
bool str_is_utf8(struct str text);
/* Decimal digits only, no sign, no space. False when empty, not digits or beyond the type. */
bool str_to_u64(struct str text, uint64_t *ret_value);
/* As JSON spells an integer: optional minus, no leading zeros. False on anything else. */
bool str_to_i64(struct str text, int64_t *ret_value);
