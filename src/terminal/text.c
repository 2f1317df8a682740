/* How wide a text is on a terminal, and what of it may be shown there. */
#include "terminal/terminal_private.h"

#include <stdio.h>
#include <wchar.h>

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
	size_t width;
	text_fitting(text, SIZE_MAX, &width);
	return width;
}

size_t text_fitting(struct str text, size_t width, size_t *ret_width)
{
	size_t at = 0, used = 0, one;
	while (at < text.len) {
		size_t len = next_character(str_make(text.ptr + at, text.len - at), &one);
		if (used + one > width)
			break;
		used += one;
		at += len;
	}
	*ret_width = used;
	return at;
}

/* How many bytes of such a character stand at the beginning: C0, DEL, C1; U+2028, U+2029; U+202A to
 * U+202E and U+2066 to U+2069, the embeddings, overrides and isolates of bidirectional text. */
static size_t unshowable(const unsigned char *at, size_t left)
{
	if (at[0] < 0x20 || at[0] == 0x7f)
		return 1;
	if (left >= 2 && at[0] == 0xc2 && at[1] < 0xa0)
		return 2;
	if (left < 3 || at[0] != 0xe2)
		return 0;
	bool separator_or_embedding = at[1] == 0x80 && at[2] >= 0xa8 && at[2] <= 0xae;
	bool isolate = at[1] == 0x81 && at[2] >= 0xa6 && at[2] <= 0xa9;
	return separator_or_embedding || isolate ? 3 : 0;
}

void output_add_visible(struct str text, struct buf *ret)
{
	for (size_t at = 0; at < text.len;) {
		size_t len = unshowable((const unsigned char *)text.ptr + at, text.len - at);
		buf_add_byte(ret, len > 0 ? ' ' : text.ptr[at]);
		at += len > 0 ? len : 1;
	}
}

const char *grouped(uint64_t number, char ret_text[32])
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
	int to = 0;
	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			ret_text[to++] = ',';
		ret_text[to++] = digits[i];
	}
	ret_text[to] = '\0';
	return ret_text;
}
