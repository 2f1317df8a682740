/* The length of a document without white space follows from its values: each string's length and
 * its quotes, each number's spelling, brackets, commas and colons. What strings are longer in the
 * source than in memory is found at their escapes, and a backslash stands nowhere else. If the sum
 * is the source's length, there is no white space. yyjson keeps values one behind the other, keys
 * included, so this is one straight pass. */
#include "source/compact.h"

static size_t value_len(yyjson_val *val)
{
	size_t count;
	switch (yyjson_get_type(val)) {
	case YYJSON_TYPE_STR:
		return yyjson_get_len(val) + 2;
	case YYJSON_TYPE_RAW:
		return yyjson_get_len(val);
	case YYJSON_TYPE_BOOL:
		return yyjson_get_bool(val) ? 4 : 5;
	case YYJSON_TYPE_NULL:
		return 4;
	case YYJSON_TYPE_ARR:
		count = yyjson_arr_size(val);
		return count > 0 ? count + 1 : 2;
	case YYJSON_TYPE_OBJ:
		count = yyjson_obj_size(val);
		return count > 0 ? 2 * count + 1 : 2;
	default:
		return 0;
	}
}

static unsigned hex4(const char *at)
{
	unsigned value = 0;
	for (int i = 0; i < 4; i++) {
		unsigned char c = (unsigned char)at[i];
		value = value * 16 + (c <= '9' ? c - (unsigned)'0' : (c | 0x20U) - 'a' + 10U);
	}
	return value;
}

/* How much shorter the escape at `at` is in memory; *ret_len is its length in the source. The
 * document was read, so every escape is whole and every surrogate has its partner. */
static size_t escape_excess(const char *at, size_t *ret_len)
{
	*ret_len = at[1] == 'u' ? 6 : 2;
	if (at[1] != 'u')
		return 1;
	unsigned unit = hex4(at + 2);
	if (unit >= 0xd800 && unit <= 0xdfff) {
		*ret_len = 12;
		return 12 - 4;
	}
	return 6 - (unit < 0x80 ? 1U : unit < 0x800 ? 2U : 3U);
}

static size_t all_escapes_excess(struct str source)
{
	const char *at = source.ptr, *end = source.ptr + source.len;
	size_t excess = 0, len;
	while ((at = memchr(at, '\\', (size_t)(end - at)))) {
		excess += escape_excess(at, &len);
		at += len;
	}
	return excess;
}

bool compact_check(const struct json_doc *doc)
{
	size_t count = yyjson_doc_get_val_count(doc->doc), len = 0;
	if (doc->repaired)
		return false;
	for (size_t i = 0; i < count; i++)
		len += value_len(doc->root + i);
	return len + all_escapes_excess(doc->source) == doc->source.len;
}

/* NULL unless it is an object that has a member. */
static const char *object_start(const struct json_doc *doc, yyjson_val *object)
{
	if (yyjson_obj_size(object) == 0)
		return NULL;
	return json_source(doc, unsafe_yyjson_get_first(object)).ptr - 1;
}

struct str compact_item(const struct json_doc *doc, yyjson_val *item, yyjson_val *next)
{
	const char *start = object_start(doc, item), *end = object_start(doc, next);
	return start && end ? str_make(start, (size_t)(end - start) - 1) : STR_NONE;
}
