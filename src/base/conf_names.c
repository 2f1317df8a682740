#include "base/conf_private.h"

#include "base/mem.h"

struct str conf_excerpt(struct str text)
{
	enum { EXCERPT_MAX = 60 };
	if (text.len <= EXCERPT_MAX)
		return text;
	size_t len = EXCERPT_MAX;
	while (len > EXCERPT_MAX - 4 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return str_make(text.ptr, len);
}

char *conf_flag_of(const char *name)
{
	char *flag = mem_printf("--%s", name);
	for (char *at = flag; *at; at++) {
		if (*at == '_')
			*at = '-';
	}
	return flag;
}

/* A slip of the shift key is no edit, and words may be joined by _ or -. */
static char fold(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c == '_' ? '-' : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that make b of a (optimal string
 * alignment); three rows of the usual table. */
static size_t edit_distance(struct str a, struct str b)
{
	size_t rows[3][CONF_NAME_MAX + 1];
	if (a.len > CONF_NAME_MAX || b.len > CONF_NAME_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			char x = fold(a.ptr[i - 1]), y = fold(b.ptr[j - 1]);
			row[j] = least(above[j - 1] + (x != y), least(above[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && x == fold(b.ptr[j - 2]) && y == fold(a.ptr[i - 2]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return rows[a.len % 3][b.len];
}

void conf_guess_try(struct conf_guess *guess, const char *name)
{
	size_t near = guess->wrong.len / 3 > 1 ? guess->wrong.len / 3 : 1;
	size_t distance = edit_distance(guess->wrong, str_from(name));
	if (distance <= near && (!guess->name || distance < guess->distance)) {
		guess->name = name;
		guess->distance = distance;
	}
}
