/* How what people wish for is spelled as a query.
 *
 * A keyword is a literal term. Letters, digits, '_' and what is not ASCII pass as they are, also behind
 * one of # @ $; all else is a phrase in quotes, in which X reads no operators. X has no way to write a
 * quote inside one, and matches words, not signs: a quote becomes a space. */
#include "query/query.h"

#include <strings.h>

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || (unsigned char)c >= 0x80;
}

/* X takes them for a slip of the pen in any case. */
static bool is_joiner(struct str term)
{
	static const char *const joiners[] = { "or", "and", "not" };
	for (size_t i = 0; i < sizeof joiners / sizeof *joiners; i++) {
		if (term.len == strlen(joiners[i]) &&
		    strncasecmp(term.ptr, joiners[i], term.len) == 0)
			return true;
	}
	return false;
}

static bool is_plain(struct str term)
{
	if (term.len > 1 && strchr("#@$", term.ptr[0]))
		term = str_make(term.ptr + 1, term.len - 1);
	for (size_t i = 0; i < term.len; i++) {
		if (!is_word_byte(term.ptr[i]))
			return false;
	}
	return !is_joiner(term);
}

static bool is_separator(char c)
{
	return (unsigned char)c <= ' ' || c == 0x7f || c == '"' || c == '\\';
}

/* Words with one space between them; without quotes, backslashes and control characters. */
static void add_words(struct buf *buf, struct str text)
{
	bool gap = false;
	size_t begin = buf->len;
	for (size_t i = 0; i < text.len; i++) {
		if (is_separator(text.ptr[i])) {
			gap = buf->len > begin;
			continue;
		}
		if (gap)
			buf_add_byte(buf, ' ');
		gap = false;
		buf_add_byte(buf, text.ptr[i]);
	}
}

static bool add_keyword(struct buf *buf, const char *keyword)
{
	struct buf term = { 0 };
	add_words(&term, str_from(keyword));
	bool plain = is_plain(buf_str(&term)), any = term.len > 0;
	buf_add_text(buf, plain ? "" : "\"");
	buf_add_str(buf, buf_str(&term));
	buf_add_text(buf, plain ? "" : "\"");
	buf_release(&term);
	return any;
}

static enum err_kind add_keywords(char *const *keywords, struct buf *ret, struct err *err)
{
	for (char *const *keyword = keywords; *keyword; keyword++) {
		if (!str_is_utf8(str_from(*keyword)))
			return err_set(err, ERR_REJECT, "keyword '%s' is not UTF-8", *keyword);
		buf_add_text(ret, keyword == keywords ? "" : " OR ");
		if (!add_keyword(ret, *keyword))
			return err_set(err, ERR_REJECT, "keyword '%s' is empty", *keyword);
	}
	return ERR_NONE;
}

static enum err_kind refuse_value(const char *option, const char *value, const char *known,
				  struct err *err)
{
	struct str shown = str_head(str_from(value), 60);
	err_set(err, ERR_REJECT, "%s: '%.*s' is not known", option, STR_ARG(shown));
	return err_hint(err, "%s", known);
}

static const char has_known[] =
	"known are hashtags, cashtags, links, mentions, media, images, videos, geo";
static const char exclude_known[] =
	"known are reposts, replies, quotes, and what `has` knows: hashtags, links, media …";

/* Any of them: " from:a", " (lang:en OR lang:ar)". */
static enum err_kind add_any(const char *option, char *const *values, const char *known,
			     struct buf *ret, struct err *err)
{
	if (!values || !*values)
		return ERR_NONE;
	buf_add_text(ret, values[1] ? " (" : " ");
	for (char *const *value = values; *value; value++) {
		const char *bare = *value + (strcmp(option, "from") == 0 && **value == '@');
		if (!query_is_value(str_from(option), str_from(bare)))
			return refuse_value(option, *value, known, err);
		buf_addf(ret, "%s%s:%s", value == values ? "" : " OR ", option, bare);
	}
	buf_add_text(ret, values[1] ? ")" : "");
	return ERR_NONE;
}

/* All of them. */
static enum err_kind add_has(char *const *values, struct buf *ret, struct err *err)
{
	for (; values && *values; values++) {
		if (!query_is_value(STR("has"), str_from(*values)))
			return refuse_value("has", *values, has_known, err);
		buf_addf(ret, " has:%s", *values);
	}
	return ERR_NONE;
}

/* None of them. */
static enum err_kind add_exclude(char *const *values, struct buf *ret, struct err *err)
{
	static const struct {
		const char *word, *operator;
	} words[] = { { "reposts", "is:retweet" },
		      { "retweets", "is:retweet" },
		      { "replies", "is:reply" },
		      { "quotes", "is:quote" } };
	for (; values && *values; values++) {
		const char *operator= NULL;
		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			operator= strcmp(*values, words[i].word) == 0 ? words[i].operator: operator;
		if (operator)
			buf_addf(ret, " -%s", operator);
		else if (query_is_value(STR("has"), str_from(*values)))
			buf_addf(ret, " -has:%s", *values);
		else
			return refuse_value("exclude", *values, exclude_known, err);
	}
	return ERR_NONE;
}

enum err_kind query_compose(const struct query_wish *wish, struct buf *ret, struct err *err)
{
	char *const *keywords = wish->keywords;
	size_t start = ret->len;
	if (!keywords || !*keywords)
		return err_set(err, ERR_REJECT, "no keyword");
	buf_add_byte(ret, '(');
	TRY(add_keywords(keywords, ret, err));
	buf_add_byte(ret, ')');
	size_t end = ret->len;
	TRY(add_any("from", wish->from, "a user name, without more", ret, err));
	TRY(add_any("lang", wish->lang, "a language's code: en, ar, pt", ret, err));
	TRY(add_has(wish->has, ret, err));
	TRY(add_exclude(wish->exclude, ret, err));
	/* One keyword, or keywords alone, need no parentheses. */
	if (!keywords[1] || ret->len == end) {
		memmove(ret->ptr + end - 1, ret->ptr + end, ret->len - end);
		memmove(ret->ptr + start, ret->ptr + start + 1, ret->len - start - 2);
		ret->len -= 2;
	}
	return ERR_NONE;
}
