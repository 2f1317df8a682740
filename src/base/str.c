#include "base/str.h"

bool str_starts(struct str text, struct str prefix)
{
	return text.len >= prefix.len && str_equal(str_make(text.ptr, prefix.len), prefix);
}

bool str_ends(struct str text, struct str suffix)
{
	if (text.len < suffix.len)
		return false;
	return str_equal(str_make(text.ptr + text.len - suffix.len, suffix.len), suffix);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str str_trim(struct str text)
{
	while (text.len > 0 && is_blank(text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	while (text.len > 0 && is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

struct str str_head(struct str text, size_t len_max)
{
	size_t len = len_max;
	if (text.len <= len_max)
		return text;
	while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return str_make(text.ptr, len);
}

bool str_split(struct str *rest, char separator, struct str *ret_part)
{
	if (rest->ptr == NULL)
		return false;
	const char *at = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
	if (!at) {
		*ret_part = *rest;
		*rest = STR_NONE;
		return true;
	}
	size_t len = (size_t)(at - rest->ptr);
	*ret_part = str_make(rest->ptr, len);
	*rest = str_make(at + 1, rest->len - len - 1);
	return true;
}

bool str_to_u64(struct str text, uint64_t *ret_value)
{
	uint64_t value = 0;
	if (text.len == 0)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = (unsigned)(unsigned char)text.ptr[i] - '0';
		if (digit > 9 || __builtin_mul_overflow(value, 10U, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

bool str_to_i64(struct str text, int64_t *ret_value)
{
	bool negative = text.len > 0 && text.ptr[0] == '-';
	struct str digits = negative ? str_make(text.ptr + 1, text.len - 1) : text;
	uint64_t value;
	if (!str_to_u64(digits, &value) || (digits.len > 1 && digits.ptr[0] == '0'))
		return false;
	if (value > (uint64_t)INT64_MAX + (negative ? 1 : 0) || (negative && value == 0))
		return false;
	*ret_value = (int64_t)(negative ? 0 - value : value);
	return true;
}

bool str_is_utf8(struct str text)
{
	const unsigned char *at = (const unsigned char *)text.ptr, *end = at + text.len;
	while (at < end) {
		unsigned char c = *at++;
		int more = c < 0x80 ? 0 :
			   c < 0xc2 ? -1 :
			   c < 0xe0 ? 1 :
			   c < 0xf0 ? 2 :
			   c < 0xf5 ? 3 :
				      -1;
		if (more < 0 || end - at < more)
			return false;
		if (more > 0) {
			unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
			unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
			if (*at < low || *at > high)
				return false;
		}
		for (int i = 0; i < more; i++) {
			if ((at[i] & 0xc0) != 0x80)
				return false;
		}
		at += more;
	}
	return true;
}
