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

/* The same for texts that are mostly short, as names are: without a call from 4 to 16 bytes. */
static inline bool str_equal_short(struct str a, struct str b)
{
	uint64_t a_first, a_last, b_first, b_last;
	uint32_t a_start, a_end, b_start, b_end;
	if (a.len != b.len)
		return false;
	if (a.len < sizeof a_start || a.len > 2 * sizeof a_first)
		return str_equal(a, b);
	if (a.len < sizeof a_first) {
		memcpy(&a_start, a.ptr, sizeof a_start);
		memcpy(&b_start, b.ptr, sizeof b_start);
		memcpy(&a_end, a.ptr + a.len - sizeof a_end, sizeof a_end);
		memcpy(&b_end, b.ptr + b.len - sizeof b_end, sizeof b_end);
		return a_start == b_start && a_end == b_end;
	}
	memcpy(&a_first, a.ptr, sizeof a_first);
	memcpy(&b_first, b.ptr, sizeof b_first);
	memcpy(&a_last, a.ptr + a.len - sizeof a_last, sizeof a_last);
	memcpy(&b_last, b.ptr + b.len - sizeof b_last, sizeof b_last);
	return a_first == b_first && a_last == b_last;
}

bool str_starts(struct str text, struct str prefix);
bool str_ends(struct str text, struct str suffix);
/* Without spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str text);
/* Takes the part before the first `separator` off `*rest`; false when nothing is left. */
bool str_split(struct str *rest, char separator, struct str *ret_part);
/* At most the first `len_max` bytes, ending between two characters if the text is UTF-8. */
struct str str_head(struct str text, size_t len_max);
/* Whether the bytes are UTF-8 as RFC 3629 has it: shortest forms, no surrogates, up to U+10FFFF. */
bool str_is_utf8(struct str text);
/* Decimal digits only, no sign, no space. False when empty, not digits or beyond the type. */
bool str_to_u64(struct str text, uint64_t *ret_value);
/* As JSON spells an integer: optional minus, no leading zeros. False on anything else. */
bool str_to_i64(struct str text, int64_t *ret_value);
