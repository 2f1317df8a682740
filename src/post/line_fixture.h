/* Lines by chance, the same ones every time: members that columns.def knows and others, mostly of the
 * right type, and every trap that JSON has. For the tests of this room. */
#pragma once
#include "base/test.h"

#include "post/columns.h"

struct dice {
	uint64_t state;
	unsigned member_share; /* of 100: how many of the known members a line has */
};

/* 0 … sides - 1 */
static inline unsigned roll(struct dice *dice, unsigned sides)
{
	dice->state = dice->state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((dice->state >> 33) % sides);
}

static inline bool chance(struct dice *dice, unsigned percent)
{
	return roll(dice, 100) < percent;
}

#define PICK(dice, list) ((list)[roll((dice), sizeof(list) / sizeof *(list))])

static inline void add_random_string(struct dice *dice, struct buf *ret)
{
	static const char *const common[] = { "a",          "Zed",   "7",    " ",   "#Tag",
					      "caf\u00e9",  "&amp;", "&lt;", "\\n", "\u4e2d",
					      "\U0001f600", "{",     "]",    ",",   ":",
					      "~",          "/" };
	static const char *const rare[] = {
		"\\u0000", "\\\"",           "\\\\",     "\\/",      "\\u0041",
		"\\u00e9", "\\ud83d\\ude00", "e\u0301",  "\xc2\x85", "\u2028",
		"\\t",     "\\\\\\\\",       "\\\\\\\"", "\\u002f",  "\\u007e"
	};
	static const char *const lone[] = { "\\ud83d", "\\uDC00", "\\udfff", "\\ud800\\ud800",
					    "\\ud83d\\n" };
	buf_add_byte(ret, '"');
	for (unsigned left = roll(dice, 4); left > 0; left--) {
		unsigned kind = roll(dice, 200);
		buf_add_text(ret, kind == 0 ? PICK(dice, lone) :
				  kind < 20 ? PICK(dice, rare) :
					      PICK(dice, common));
	}
	buf_add_byte(ret, '"');
}

static inline void add_unknown_name(struct dice *dice, struct buf *ret)
{
	static const char *const names[] = {
		"new",       "a",       "",        "0",       "-",           "a/b",
		"~1",        "~",       "/",       "\\u0000", "\\ud83d",     "\\ud83d\\u002f",
		"\\u0069d",  "id ",     "ID",      "derived", "moved",       "extra",
		"stream_id", "json",    "user_id", "\\\"",    "text\\u0000", "\\\\",
		"\u00e9",    "\\ud800", "\\uD83D",
	};
	buf_addf(ret, "\"%s\"", PICK(dice, names));
}

static inline void add_random_number(struct dice *dice, struct buf *ret)
{
	static const char *const numbers[] = {
		"0",
		"-0",
		"1.0",
		"1e3",
		"-0.0",
		"1E-2",
		"9007199254740993",
		"-9007199254740993",
		"9223372036854775807",
		"-9223372036854775808",
		"9223372036854775808",
		"99999999999999999999",
		"1e400",
		"0.1",
		"-73.98765432109876",
		"1e1",
		"2.5E+10",
		"123456789012345678901234567890123456789012345678901234567890123456789"
	};
	if (chance(dice, 70))
		buf_addf(ret, "%u", roll(dice, 1000));
	else
		buf_add_text(ret, PICK(dice, numbers));
}

static inline void add_random_time(struct dice *dice, struct buf *ret)
{
	static const char *const times[] = {
		"2026-07-31T11:45:50Z",      "2026-07-31T11:45:50.444+00:00",
		"2026-07-31t11:45:50.444z",  "2026-02-30T00:00:00.000Z",
		"1970-01-01T00:00:00.000Z",  "2105-01-01T00:00:00.000Z",
		"2026-07-31T23:59:60.000Z",  "2026-07-31T11:45:50.123456Z",
		"2026-07-31 11:45:50.444Z",  "now",
		"2026-07-31T11:45:50.4441Z", "2026\\u002d07-31T11:45:50.444Z"
	};
	if (chance(dice, 75))
		buf_addf(ret, "\"20%02u-%02u-%02uT%02u:%02u:%02u.%03uZ\"", roll(dice, 100),
			 roll(dice, 12) + 1, roll(dice, 28) + 1, roll(dice, 24), roll(dice, 60),
			 roll(dice, 60), roll(dice, 1000));
	else
		buf_addf(ret, "\"%s\"", PICK(dice, times));
}

static inline void add_random_value(struct dice *dice, struct buf *ret, int levels)
{
	static const char *const words[] = { "null", "true", "false", "{}", "[]" };
	unsigned kind = roll(dice, levels > 0 ? 6 : 4);
	if (kind == 0)
		buf_add_text(ret, PICK(dice, words));
	else if (kind == 1)
		add_random_number(dice, ret);
	else if (kind < 4)
		add_random_string(dice, ret);
	if (kind < 4)
		return;
	buf_add_byte(ret, kind == 4 ? '{' : '[');
	for (unsigned left = roll(dice, 4), first = left; left > 0; left--) {
		if (left < first)
			buf_add_byte(ret, ',');
		if (kind == 4) {
			add_unknown_name(dice, ret);
			buf_add_byte(ret, ':');
		}
		add_random_value(dice, ret, levels - 1);
	}
	buf_add_byte(ret, kind == 4 ? '}' : ']');
}

static inline void add_comma(struct buf *ret)
{
	if (ret->ptr[ret->len - 1] != '{')
		buf_add_byte(ret, ',');
}

static inline void add_unknown_member(struct dice *dice, struct buf *ret)
{
	add_comma(ret);
	add_unknown_name(dice, ret);
	buf_add_byte(ret, ':');
	add_random_value(dice, ret, 3);
}

static inline void add_typed(struct dice *dice, const struct column_type *type, struct buf *ret);

static inline void add_struct(struct dice *dice, const struct column_type *type, struct buf *ret)
{
	buf_add_byte(ret, '{');
	for (size_t i = 0; i < type->child_count; i++) {
		for (int times = chance(dice, 60) + (roll(dice, 100) == 0); times > 0; times--) {
			add_comma(ret);
			buf_addf(ret, "\"%s\":", type->children[i].name.ptr);
			add_typed(dice, &type->children[i], ret);
		}
	}
	if (chance(dice, 5))
		add_unknown_member(dice, ret);
	buf_add_byte(ret, '}');
}

static inline void add_list(struct dice *dice, const struct column_type *type, struct buf *ret)
{
	buf_add_byte(ret, '[');
	for (unsigned left = chance(dice, 2) ? 40 : roll(dice, 4), first = left; left > 0; left--) {
		if (left < first)
			buf_add_byte(ret, ',');
		add_typed(dice, &type->children[0], ret);
	}
	buf_add_byte(ret, ']');
}

/* A value that mostly fits the type. */
static inline void add_typed(struct dice *dice, const struct column_type *type, struct buf *ret)
{
	if (chance(dice, 4)) {
		add_random_value(dice, ret, 2);
		return;
	}
	switch (type->kind) {
	case COLUMN_TEXT:
		add_random_string(dice, ret);
		return;
	case COLUMN_BOOL:
		buf_add_text(ret, chance(dice, 50) ? "true" : "false");
		return;
	case COLUMN_INT:
	case COLUMN_DOUBLE:
		add_random_number(dice, ret);
		return;
	case COLUMN_TIME:
		add_random_time(dice, ret);
		return;
	case COLUMN_JSON:
		add_random_value(dice, ret, 3);
		return;
	case COLUMN_LIST:
		add_list(dice, type, ret);
		return;
	case COLUMN_STRUCT:
		add_struct(dice, type, ret);
		return;
	}
}

static inline void add_known_members(struct dice *dice, const struct column_node *node,
				     bool only_ours, struct buf *ret);

static inline void add_known_member(struct dice *dice, const struct column_node *node,
				    struct buf *ret)
{
	size_t count;
	const struct post_column *columns = post_columns(&count);
	add_comma(ret);
	buf_addf(ret, "\"%.*s\":", STR_ARG(node->name));
	if (node->column >= 0) {
		add_typed(dice, &columns[node->column].type, ret);
	} else if (chance(dice, 6)) {
		add_random_value(dice, ret, 2);
	} else {
		buf_add_byte(ret, '{');
		if (node->root == ROOT_AVIARY)
			add_known_members(dice, column_tree()->root, true, ret);
		else
			add_known_members(dice, node, false, ret);
		buf_add_byte(ret, '}');
	}
}

static inline void add_known_members(struct dice *dice, const struct column_node *node,
				     bool only_ours, struct buf *ret)
{
	for (unsigned i = 0; i < node->slot_count; i++) {
		const struct column_node *child = node->slots[i];
		unsigned share = child && child->root == ROOT_AVIARY ? 10 : dice->member_share;
		if (!child || child->root == ROOT_ID || child->root == ROOT_CREATED_AT ||
		    (only_ours && (child->root <= ROOT_AVIARY || child->root == ROOT_NONE)))
			continue;
		for (int times = chance(dice, share) + (roll(dice, 500) == 0); times > 0; times--)
			add_known_member(dice, child, ret);
	}
	if (chance(dice, 8))
		add_unknown_member(dice, ret);
}

static inline void add_random_id(struct dice *dice, struct buf *ret)
{
	static const char *const ids[] = { "\"20\"",
					   "\"\"",
					   "5",
					   "null",
					   "\"20831571837169172480\"",
					   "\"208315718371691724\\u0038\"",
					   "\"1\\ud83d\"" };
	add_comma(ret);
	if (chance(dice, 96))
		buf_addf(ret, "\"id\":\"20831571837%02u917%03u\"", roll(dice, 100),
			 roll(dice, 1000));
	else
		buf_addf(ret, "\"id\":%s", PICK(dice, ids));
}

static inline void add_random_created_at(struct dice *dice, struct buf *ret)
{
	add_comma(ret);
	buf_add_text(ret, "\"created_at\":");
	if (chance(dice, 92))
		add_random_time(dice, ret);
	else
		add_random_value(dice, ret, 1);
}

/* A medium, and a list that begins with it: as sent, or nearly. */
static inline void add_media(struct dice *dice, struct buf *ret)
{
	size_t count;
	const struct post_column *columns = post_columns(&count);
	struct buf medium = { 0 };
	add_typed(dice, &columns[column_named("media_all")].type.children[0], &medium);
	add_comma(ret);
	buf_addf(ret, "\"media\":%.*s,\"media_all\":[", STR_ARG(buf_str(&medium)));
	if (chance(dice, 20) && medium.ptr[medium.len - 1] == '}') {
		medium.len--;
		add_unknown_member(dice, &medium);
		buf_add_byte(&medium, '}');
	}
	buf_addf(ret, "%.*s%s]", STR_ARG(buf_str(&medium)), chance(dice, 50) ? ",{}" : "");
	buf_release(&medium);
}

static inline void add_line(struct dice *dice, struct buf *ret)
{
	static const unsigned shares[] = { 0, 3, 10, 10, 20, 50 };
	bool id_first = chance(dice, 50);
	dice->member_share = PICK(dice, shares);
	buf_add_byte(ret, '{');
	if (id_first)
		add_random_id(dice, ret);
	if (chance(dice, 45))
		add_random_created_at(dice, ret);
	add_known_members(dice, column_tree()->root, false, ret);
	if (chance(dice, 45))
		add_random_created_at(dice, ret);
	if (chance(dice, 10))
		add_media(dice, ret);
	if (!id_first || chance(dice, 2))
		add_random_id(dice, ret);
	buf_add_byte(ret, '}');
}

/* Changes a few bytes: flips, leaves out, puts in, doubles. */
static inline void mutate(struct dice *dice, struct buf *line)
{
	static const char bytes[] = "\"\\{}[]:,0123456789eE.-+truefalsn \t\x80\xed\xff\x01u/";
	for (unsigned left = 1 + roll(dice, 3); left > 0 && line->len > 1; left--) {
		unsigned at = roll(dice, (unsigned)line->len), kind = roll(dice, 4);
		unsigned len = 1 + roll(dice, 1 + roll(dice, 40));
		if (at + len > line->len)
			len = (unsigned)line->len - at;
		if (kind == 0) {
			line->ptr[at] = bytes[roll(dice, sizeof bytes - 1)];
		} else if (kind == 1) {
			memmove(line->ptr + at, line->ptr + at + len, line->len - at - len);
			line->len -= len;
		} else {
			buf_reserve(line, len);
			memmove(line->ptr + at + len, line->ptr + at, line->len - at);
			line->len += len;
			if (kind == 2)
				memset(line->ptr + at, bytes[roll(dice, sizeof bytes - 1)], len);
		}
	}
}
