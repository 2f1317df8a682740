/* What can be told of a statement by its text, without parsing SQL: only a few shapes are known, word for
 * word, and everything else depends on all rows. They are the ones people type first, and in a lake of
 * tens of thousands of hours opening every file for them takes minutes. */
#include "warehouse/files.h"

#include <ctype.h>

/* Lower case, one space for each run of white space, none at the ends; a last ';' is left out. */
static void normalize(const char *statement, struct buf *ret)
{
	for (const char *c = statement; *c; c++) {
		if (!isspace((unsigned char)*c))
			buf_add_byte(ret, (char)tolower((unsigned char)*c));
		else if (ret->len > 0 && ret->ptr[ret->len - 1] != ' ')
			buf_add_byte(ret, ' ');
	}
	while (ret->len > 0 && (ret->ptr[ret->len - 1] == ' ' || ret->ptr[ret->len - 1] == ';'))
		ret->len--;
}

static bool take(struct str *text, const char *words)
{
	if (!str_starts(*text, str_from(words)))
		return false;
	size_t len = strlen(words);
	*text = str_make(text->ptr + len, text->len - len);
	return true;
}

static bool take_landing(struct str *text)
{
	static const char *const names[] = { "twitter_landing_data.twitter_landing_data",
					     "twitter_landing_data", "landing" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (take(text, names[i]))
			return true;
	}
	return false;
}

/* "*" or names with commas between: each row alone decides what it gives. */
static bool take_columns(struct str *text)
{
	struct str item;
	const char *from = memmem(text->ptr, text->len, " from ", 6);
	if (!from)
		return false;
	struct str list = str_make(text->ptr, (size_t)(from - text->ptr));
	*text = str_make(from + 1, text->len - list.len - 1);
	while (str_split(&list, ',', &item)) {
		item = str_trim(item);
		size_t at = 0;
		while (at < item.len &&
		       (islower((unsigned char)item.ptr[at]) ||
			isdigit((unsigned char)item.ptr[at]) || item.ptr[at] == '_'))
			at++;
		if (item.len == 0 || (at < item.len && !str_equal(item, STR("*"))))
			return false;
	}
	return true;
}

bool statement_only_counts_landing(const char *statement)
{
	struct buf buf = { 0 };
	normalize(statement, &buf);
	struct str text = buf_str(&buf);
	bool found = take(&text, "select count(*) from ") && take_landing(&text) && text.len == 0;
	buf_release(&buf);
	return found;
}

bool warehouse_asks_newest(const char *statement, uint64_t *ret_rows)
{
	struct buf buf = { 0 };
	normalize(statement, &buf);
	struct str text = buf_str(&buf);
	bool found = take(&text, "select ") && take_columns(&text) && take(&text, "from ") &&
		     take_landing(&text) && take(&text, " order by created_at desc limit ") &&
		     str_to_u64(text, ret_rows) && *ret_rows > 0;
	buf_release(&buf);
	return found;
}
