/* SQL is only looked at as far as it takes to find words outside of strings, names in quotes and comments. */
#include "engine/statements.h"

#include <ctype.h>

/* --- pieces -------------------------------------------------------------------------------------------------- */

static bool begins(struct str text, size_t at, const char *words)
{
	return str_starts(str_make(text.ptr + at, text.len - at), str_from(words));
}

/* The end of a comment that begins at `at`; `at` itself where none does. */
static size_t skip_comment(struct str text, size_t at)
{
	if (begins(text, at, "--")) {
		while (at < text.len && text.ptr[at] != '\n')
			at++;
	} else if (begins(text, at, "/*")) {
		at += 2;
		while (at < text.len && !begins(text, at, "*/"))
			at++;
		at = at < text.len ? at + 2 : at;
	}
	return at;
}

/* The same for what stands in quotes. */
static size_t skip_quoted(struct str text, size_t at)
{
	char quote = text.ptr[at];
	if (quote != '\'' && quote != '"' && quote != '`')
		return at;
	for (at++; at < text.len && text.ptr[at] != quote; at++) {
		if (text.ptr[at] == '\\' && quote != '`')
			at++;
	}
	return at < text.len ? at + 1 : text.len;
}

/* Without white space and comments in front. */
static struct str trim_front(struct str text)
{
	size_t at = 0, before;
	do {
		before = at;
		while (at < text.len && isspace((unsigned char)text.ptr[at]))
			at++;
		if (at < text.len)
			at = skip_comment(text, at);
	} while (at != before);
	return str_make(text.ptr + at, text.len - at);
}

bool statement_next(struct str *rest, struct str *ret_statement)
{
	do {
		struct str text = trim_front(*rest);
		size_t at = 0, end = 0; /* behind the last byte that is no space and no comment */
		while (at < text.len && text.ptr[at] != ';') {
			size_t next = skip_comment(text, at);
			if (next == at) {
				next = skip_quoted(text, at);
				next = next == at ? at + 1 : next;
				if (!isspace((unsigned char)text.ptr[at]))
					end = next;
			}
			at = next;
		}
		*ret_statement = str_make(text.ptr, end);
		at += at < text.len;
		*rest = str_make(text.ptr + at, text.len - at);
	} while (ret_statement->len == 0 && rest->len > 0);
	return ret_statement->len > 0;
}

/* --- what statements do ---------------------------------------------------------------------------------------- */

/* The next word in lower case; "" at the end. Everything else is skipped. */
static void take_word(struct str *text, char ret[16])
{
	size_t at = 0, len = 0;
	while (at < text->len && !isalpha((unsigned char)text->ptr[at])) {
		size_t next = skip_comment(*text, at);
		next = next == at ? skip_quoted(*text, at) : next;
		at = next == at ? at + 1 : next;
	}
	for (; at < text->len && (isalnum((unsigned char)text->ptr[at]) || text->ptr[at] == '_');
	     at++) {
		if (len < 15)
			ret[len++] = (char)tolower((unsigned char)text->ptr[at]);
	}
	ret[len] = '\0';
	*text = str_make(text->ptr + at, text->len - at);
}

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(word, *words) == 0)
			return true;
	}
	return false;
}

/* CREATE [OR REPLACE] TEMPORARY … */
static bool makes_what_is_its_own(struct str rest)
{
	static const char *const between[] = { "or", "replace", "global", NULL };
	char word[16];
	do
		take_word(&rest, word);
	while (is_one_of(word, between));
	return strcmp(word, "temporary") == 0 || strcmp(word, "temp") == 0;
}

/* WITH … INSERT, and EXPLAIN ANALYZE, which runs what it explains; no more is looked for in them. */
static bool has_word_that_writes(struct str rest)
{
	static const char *const writing[] = { "insert", "overwrite", "update",  "delete",
					       "merge",  "create",    "analyze", NULL };
	char word[16];
	do
		take_word(&rest, word);
	while (word[0] && !is_one_of(word, writing));
	return word[0] != '\0';
}

bool statement_only_reads(struct str statement)
{
	static const char *const reading[] = { "select", "values", "show", "describe", "desc",
					       "table",  "set",    "use",  "reset",    NULL };
	static const char *const perhaps[] = { "with", "from", "explain", NULL };
	char word[16];
	struct str rest = statement;
	take_word(&rest, word);
	if (strcmp(word, "create") == 0)
		return makes_what_is_its_own(rest);
	if (is_one_of(word, perhaps))
		return !has_word_that_writes(rest);
	return is_one_of(word, reading);
}
