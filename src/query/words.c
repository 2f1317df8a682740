/* Plain ASCII, which most words are, needs no library: its fold is its lower case. */
#include "query/words.h"

#include "base/mem.h"

#include <stdlib.h>
#include <utf8proc.h>

enum { POINT_FIRST_ACCENT = 0x300, POINT_LAST_ACCENT = 0x36f };

void word_list_release(struct word_list *list)
{
	free(list->items);
	*list = (struct word_list){ 0 };
}

static void push(struct word_list *list, struct str word)
{
	MEM_GROW(list->items, list->cap, list->count + 1);
	list->items[list->count++] = word;
}

struct words word_list_take(struct word_list *list, struct arena *arena)
{
	struct str *items = arena_alloc(arena, (list->count + 1) * sizeof *items);
	struct words words = { .items = items, .count = list->count };
	if (list->count > 0)
		memcpy(items, list->items, list->count * sizeof *items);
	list->count = 0;
	return words;
}

/* --- folding ------------------------------------------------------------------------------------ */

static bool is_ascii(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] >= 0x80)
			return false;
	}
	return true;
}

/* X's text has these three, and no other, escaped. Not longer than before; returns the length. */
static size_t unescape(struct str text, char *ret_text)
{
	static const struct {
		struct str name;
		char byte;
	} entities[] = { { { "&amp;", 5 }, '&' }, { { "&lt;", 4 }, '<' }, { { "&gt;", 4 }, '>' } };
	size_t len = 0;
	for (size_t i = 0; i < text.len;) {
		struct str rest = str_make(text.ptr + i, text.len - i);
		size_t skip = 1;
		ret_text[len] = text.ptr[i];
		for (size_t k = 0; text.ptr[i] == '&' && k < 3; k++) {
			if (!str_starts(rest, entities[k].name))
				continue;
			ret_text[len] = entities[k].byte;
			skip = entities[k].name.len;
			break;
		}
		len++;
		i += skip;
	}
	return len;
}

static struct str fold_ascii(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] + ('a' - 'A'));
	}
	return str_make(text, len);
}

static bool is_dropped(utf8proc_int32_t point)
{
	return (point >= POINT_FIRST_ACCENT && point <= POINT_LAST_ACCENT) ||
	       (point >= 0xfe00 && point <= 0xfe0f);
}

struct str words_fold(struct str text, struct arena *arena)
{
	static const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_DECOMPOSE |
					     UTF8PROC_CASEFOLD;
	char *plain = arena_alloc(arena, text.len + 1);
	size_t len = unescape(text, plain);
	if (is_ascii(str_make(plain, len)))
		return fold_ascii(plain, len);
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)plain;
	utf8proc_ssize_t cap = (utf8proc_ssize_t)len + 16;
	utf8proc_int32_t *points = arena_alloc(arena, (size_t)cap * sizeof *points);
	utf8proc_ssize_t count = utf8proc_decompose(bytes, (utf8proc_ssize_t)len, points, cap, how);
	if (count > cap) { /* rare: characters that become several */
		points = arena_alloc(arena, (size_t)count * sizeof *points);
		count = utf8proc_decompose(bytes, (utf8proc_ssize_t)len, points, count, how);
	}
	char *folded = arena_alloc(arena, (size_t)(count > 0 ? count : 0) * 4 + 1);
	size_t used = 0;
	for (utf8proc_ssize_t i = 0; i < count; i++) {
		if (!is_dropped(points[i]))
			used += (size_t)utf8proc_encode_char(points[i],
							     (utf8proc_uint8_t *)folded + used);
	}
	return str_make(folded, used);
}

/* --- splitting ---------------------------------------------------------------------------------- */

enum role { SEPARATES, JOINS, CLINGS, STANDS_ALONE };

static bool is_unspaced(utf8proc_int32_t point)
{
	static const utf8proc_int32_t ranges[][2] = {
		{ 0x0e00, 0x0eff }, { 0x1000, 0x109f },   { 0x1780, 0x17ff }, { 0x3040, 0x30ff },
		{ 0x31f0, 0x31ff }, { 0x3400, 0x4dbf },   { 0x4e00, 0x9fff }, { 0xf900, 0xfaff },
		{ 0xff66, 0xff9f }, { 0x20000, 0x3ffff },
	};
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
		if (point >= ranges[i][0] && point <= ranges[i][1])
			return true;
	}
	return false;
}

static enum role role_of(utf8proc_int32_t point)
{
	if (point < 0x80) {
		bool letter = (point >= 'a' && point <= 'z') || (point >= 'A' && point <= 'Z');
		return letter || (point >= '0' && point <= '9') || point == '_' ? JOINS : SEPARATES;
	}
	switch (utf8proc_category(point)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return is_unspaced(point) ? STANDS_ALONE : JOINS;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return CLINGS;
	case UTF8PROC_CATEGORY_SO:
		return STANDS_ALONE;
	default:
		return point >= 0x1f3fb && point <= 0x1f3ff ? STANDS_ALONE : SEPARATES;
	}
}

bool words_have(uint32_t point)
{
	return role_of((utf8proc_int32_t)point) != SEPARATES;
}

void word_list_add(struct word_list *list, struct str text, struct arena *arena)
{
	struct str folded = words_fold(text, arena);
	size_t start = 0, at = 0;
	enum role last = SEPARATES; /* of the character before, marks not counted */
	if (list->count > 0)
		push(list, STR(""));
	while (at < folded.len) {
		utf8proc_int32_t point;
		utf8proc_ssize_t len = utf8proc_iterate((const utf8proc_uint8_t *)folded.ptr + at,
							(utf8proc_ssize_t)(folded.len - at),
							&point);
		enum role role = len > 0 ? role_of(point) : SEPARATES;
		bool goes_on = last != SEPARATES &&
			       (role == CLINGS || (role == JOINS && last == JOINS));
		if (!goes_on) {
			if (last != SEPARATES)
				push(list, str_make(folded.ptr + start, at - start));
			start = at;
			last = role == CLINGS ? JOINS : role;
		}
		at += len > 0 ? (size_t)len : 1;
	}
	if (last != SEPARATES)
		push(list, str_make(folded.ptr + start, at - start));
}

bool words_contain(struct words text, struct words wanted)
{
	if (wanted.count == 0)
		return false;
	for (size_t i = 0; i + wanted.count <= text.count; i++) {
		size_t k = 0;
		while (k < wanted.count && str_equal(text.items[i + k], wanted.items[k]))
			k++;
		if (k == wanted.count)
			return true;
	}
	return false;
}

bool words_have_item(struct words items, struct str wanted)
{
	for (size_t i = 0; i < items.count; i++) {
		if (str_equal(items.items[i], wanted))
			return true;
	}
	return false;
}
