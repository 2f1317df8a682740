/* Recursive descent over the bytes, three functions a level, QUERY_DEPTH_MAX levels deep at most. The
 * messages are X's own wording as its users quote it. Positions count characters from 1. */
#include "query/operators.h"

#include <stdio.h>

struct parser {
	struct str text;
	const struct query_limits *limits;
	size_t at, depth;
	struct arena *arena;
	struct word_list words;
	struct err *err;
};

enum { SHOWN_MAX = 40 }; /* bytes of the query in a hint */

static enum err_kind parse_either(struct parser *parser, struct query **ret);

/* --- characters --------------------------------------------------------------------------------- */

static size_t count_points(struct str text)
{
	size_t count = 0;
	for (size_t i = 0; i < text.len; i++)
		count += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
	return count;
}

static size_t position(const struct parser *parser, size_t at)
{
	return count_points(str_make(parser->text.ptr, at)) + 1;
}

/* The character at a place of valid UTF-8; *ret_len is 0 at the end. */
static uint32_t point_at(struct str text, size_t at, size_t *ret_len)
{
	if (at >= text.len) {
		*ret_len = 0;
		return 0;
	}
	unsigned char lead = (unsigned char)text.ptr[at];
	size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
	uint32_t point = len == 1 ? lead : lead & (0xffu >> (len + 1));
	for (size_t i = 1; i < len; i++)
		point = point << 6 | ((unsigned char)text.ptr[at + i] & 0x3f);
	*ret_len = len;
	return point;
}

static bool is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool ends_term(const struct parser *parser, size_t at)
{
	if (at >= parser->text.len)
		return true;
	char byte = parser->text.ptr[at];
	return is_space(byte) || byte == '(' || byte == ')' || byte == '"';
}

static void skip_spaces(struct parser *parser)
{
	while (parser->at < parser->text.len && is_space(parser->text.ptr[parser->at]))
		parser->at++;
}

static struct str rest_of(const struct parser *parser)
{
	return str_make(parser->text.ptr + parser->at, parser->text.len - parser->at);
}

/* Up to what ends a term. */
static struct str take_bare(struct parser *parser)
{
	size_t start = parser->at;
	while (!ends_term(parser, parser->at))
		parser->at++;
	return str_make(parser->text.ptr + start, parser->at - start);
}

static enum err_kind refuse_character(struct parser *parser, size_t at)
{
	size_t len;
	if (at >= parser->text.len) {
		err_set(parser->err, ERR_REJECT, "missing EOF at '<EOF>' (at position %zu)",
			position(parser, at));
		return err_hint(parser->err, "something is missing at its end");
	}
	point_at(parser->text, at, &len);
	err_set(parser->err, ERR_REJECT,
		"no viable alternative at character '%.*s' (at position %zu)", (int)len,
		parser->text.ptr + at, position(parser, at));
	return err_hint(parser->err,
			"'%.*s' at position %zu cannot stand there; text with signs is quoted",
			(int)len, parser->text.ptr + at, position(parser, at));
}

/* --- terms -------------------------------------------------------------------------------------- */

static struct query *new_node(struct parser *parser, enum query_kind kind)
{
	struct query *node = arena_alloc(parser->arena, sizeof *node);
	*node = (struct query){ .kind = kind };
	return node;
}

static struct words words_of(struct parser *parser, struct str text)
{
	word_list_add(&parser->words, text, parser->arena);
	return word_list_take(&parser->words, parser->arena);
}

static enum err_kind parse_quoted(struct parser *parser, struct str *ret)
{
	size_t start = ++parser->at;
	while (parser->at < parser->text.len && parser->text.ptr[parser->at] != '"')
		parser->at++;
	if (parser->at >= parser->text.len) {
		refuse_character(parser, start - 1);
		return err_hint(parser->err, "the quote at position %zu is not closed",
				position(parser, start - 1));
	}
	*ret = str_make(parser->text.ptr + start, parser->at - start);
	parser->at++;
	return ERR_NONE;
}

static enum err_kind finish_words(struct parser *parser, struct str text, size_t start,
				  struct query *node)
{
	node->words = words_of(parser, text);
	return node->words.count > 0 ? ERR_NONE : refuse_character(parser, start);
}

/* Unquoted words that X takes for a slip of the pen. */
static enum err_kind refuse_ambiguous(struct parser *parser, struct str word, size_t start)
{
	struct str folded = words_fold(word, parser->arena);
	if (str_equal(folded, STR("and")))
		return err_set(parser->err, ERR_REJECT,
			       "Ambiguous use of and as a keyword. Use a space to logically join "
			       "two clauses, or \"and\" to find occurrences of and in text (at "
			       "position %zu)",
			       position(parser, start));
	if (str_equal(folded, STR("or")))
		return err_set(parser->err, ERR_REJECT,
			       "Ambiguous use of or as a keyword. Use OR to logically join two "
			       "clauses, or \"or\" to find occurrences of or in text (at position "
			       "%zu)",
			       position(parser, start));
	return ERR_NONE;
}

static enum err_kind parse_word(struct parser *parser, struct query **ret)
{
	size_t start = parser->at, len;
	struct str word = take_bare(parser);
	for (size_t i = 0; i < word.len; i += len) {
		uint32_t point = point_at(word, i, &len);
		if (point < 0x80 && !words_have(point))
			return refuse_character(parser, start + i);
	}
	TRY(refuse_ambiguous(parser, word, start));
	*ret = new_node(parser, QUERY_WORDS);
	return finish_words(parser, word, start, *ret);
}

/* #tag, $TAG and @name: the sign is `sign_len` bytes long. */
static enum err_kind parse_signed(struct parser *parser, enum query_kind kind, size_t sign_len,
				  struct query **ret)
{
	size_t start = parser->at, len;
	parser->at += sign_len;
	struct str name = take_bare(parser);
	for (size_t i = 0; i < name.len; i += len) {
		uint32_t point = point_at(name, i, &len);
		bool dot = kind == QUERY_CASHTAG && point == '.' && i > 0;
		if (point < 0x80 && !words_have(point) && !dot)
			return refuse_character(parser, start + sign_len + i);
	}
	if (name.len == 0)
		return refuse_character(parser, start);
	*ret = new_node(parser, kind);
	(*ret)->value = words_fold(name, parser->arena);
	return ERR_NONE;
}

static enum err_kind refuse_operator(struct parser *parser, struct str name, size_t start)
{
	struct buf known = { 0 };
	err_set(parser->err, ERR_REJECT,
		"Reference to invalid operator '%.*s'. Operator is not available in "
		"current product or product packaging. Please refer to complete "
		"available operator list at "
		"https://docs.x.com/x-api/posts/search/integrate/build-a-query (at "
		"position %zu)",
		STR_ARG(name), position(parser, start));
	operators_list(parser->limits->no_beyond, &known);
	err_hint(parser->err, "%.*s: is no operator; known are %s",
		 STR_ARG(str_head(name, SHOWN_MAX)), buf_text(&known));
	buf_release(&known);
	return ERR_REJECT;
}

static enum err_kind parse_value(struct parser *parser, struct str name, struct str value,
				 size_t start, struct query *node)
{
	enum operator_verdict verdict = operator_read(name, value, parser->arena, node);
	if (verdict == OPERATOR_UNKNOWN ||
	    (node->kind == QUERY_BEYOND && parser->limits->no_beyond))
		return refuse_operator(parser, name, start);
	if (verdict == OPERATOR_GOOD && node->kind != QUERY_URL)
		return ERR_NONE;
	if (verdict == OPERATOR_GOOD)
		return finish_words(parser, value, start, node);
	err_set(parser->err, ERR_REJECT,
		"Reference to invalid value '%.*s' of operator '%.*s' (at position %zu)",
		STR_ARG(value), STR_ARG(name), position(parser, start));
	return err_hint(parser->err, "%.*s: does not take '%.*s'",
			STR_ARG(str_head(name, SHOWN_MAX)), STR_ARG(str_head(value, SHOWN_MAX)));
}

/* The length of an operator's name if one stands here with its colon, or 0. */
static size_t operator_length(const struct parser *parser)
{
	struct str rest = rest_of(parser);
	size_t len = 0;
	while (len < rest.len && ((rest.ptr[len] >= 'a' && rest.ptr[len] <= 'z') ||
				  (rest.ptr[len] >= 'A' && rest.ptr[len] <= 'Z') ||
				  (len > 0 && rest.ptr[len] == '_')))
		len++;
	return len < rest.len && rest.ptr[len] == ':' ? len : 0;
}

/* [ to ], with spaces between; without the latter all there is. */
static struct str take_bracketed(struct parser *parser)
{
	struct str rest = rest_of(parser);
	const char *end = memchr(rest.ptr, ']', rest.len);
	size_t len = end ? (size_t)(end - rest.ptr) + 1 : rest.len;
	parser->at += len;
	return str_make(rest.ptr, len);
}

static enum err_kind parse_operator(struct parser *parser, size_t len, struct query **ret)
{
	size_t start = parser->at;
	struct str operator= str_make(parser->text.ptr + start, len), value;
	parser->at += len + 1;
	if (parser->at < parser->text.len && parser->text.ptr[parser->at] == '"')
		TRY(parse_quoted(parser, &value));
	else if (parser->at < parser->text.len && parser->text.ptr[parser->at] == '[')
		value = take_bracketed(parser);
	else
		value = take_bare(parser);
	*ret = new_node(parser, QUERY_NEVER);
	return parse_value(parser, operator, value, start, *ret);
}

static enum err_kind parse_term(struct parser *parser, struct query **ret)
{
	struct str rest = rest_of(parser), quoted;
	size_t start = parser->at, len;
	if (rest.len == 0)
		return refuse_character(parser, start);
	if (rest.ptr[0] == '"') {
		TRY(parse_quoted(parser, &quoted));
		*ret = new_node(parser, QUERY_WORDS);
		return finish_words(parser, quoted, start, *ret);
	}
	if (rest.ptr[0] == '#')
		return parse_signed(parser, QUERY_HASHTAG, 1, ret);
	if (str_starts(rest, STR("＃")))
		return parse_signed(parser, QUERY_HASHTAG, strlen("＃"), ret);
	if (rest.ptr[0] == '$')
		return parse_signed(parser, QUERY_CASHTAG, 1, ret);
	if (rest.ptr[0] == '@')
		return parse_signed(parser, QUERY_MENTION, 1, ret);
	if ((len = operator_length(parser)) > 0)
		return parse_operator(parser, len, ret);
	return parse_word(parser, ret);
}

/* --- the whole ---------------------------------------------------------------------------------- */

static enum err_kind parse_part(struct parser *parser, struct query **ret)
{
	size_t start = parser->at;
	struct query *inner = NULL;
	if (str_starts(rest_of(parser), STR("-"))) {
		parser->at++;
		if (ends_term(parser, parser->at) && !str_starts(rest_of(parser), STR("(")) &&
		    !str_starts(rest_of(parser), STR("\"")))
			return refuse_character(parser, start);
		if (str_starts(rest_of(parser), STR("-")))
			return refuse_character(parser, parser->at);
		TRY(parse_part(parser, &inner));
		*ret = new_node(parser, QUERY_NOT);
		(*ret)->parts = inner;
		return ERR_NONE;
	}
	if (!str_starts(rest_of(parser), STR("(")))
		return parse_term(parser, ret);
	parser->at++;
	if (++parser->depth > QUERY_DEPTH_MAX)
		return refuse_character(parser, start);
	TRY(parse_either(parser, ret));
	parser->depth--;
	if (!str_starts(rest_of(parser), STR(")"))) {
		refuse_character(parser, parser->at);
		return err_hint(parser->err, "the parenthesis at position %zu is not closed",
				position(parser, start));
	}
	parser->at++;
	return ERR_NONE;
}

static bool at_or(const struct parser *parser)
{
	return str_starts(rest_of(parser), STR("OR")) && ends_term(parser, parser->at + 2);
}

static enum err_kind parse_all(struct parser *parser, struct query **ret)
{
	struct query **last;
	*ret = new_node(parser, QUERY_ALL);
	last = &(*ret)->parts;
	for (;;) {
		skip_spaces(parser);
		struct str rest = rest_of(parser);
		if (rest.len == 0 || rest.ptr[0] == ')' || at_or(parser))
			break;
		TRY(parse_part(parser, last));
		last = &(*last)->next;
	}
	return (*ret)->parts ? ERR_NONE : refuse_character(parser, parser->at);
}

static enum err_kind parse_either(struct parser *parser, struct query **ret)
{
	struct query **last;
	*ret = new_node(parser, QUERY_EITHER);
	last = &(*ret)->parts;
	for (;;) {
		TRY(parse_all(parser, last));
		last = &(*last)->next;
		if (!at_or(parser))
			return ERR_NONE;
		parser->at += 2;
	}
}

static bool is_anchored(const struct query *query)
{
	switch (query->kind) {
	case QUERY_ALL:
	case QUERY_EITHER:
		for (const struct query *part = query->parts; part; part = part->next) {
			if (is_anchored(part) == (query->kind == QUERY_ALL))
				return query->kind == QUERY_ALL;
		}
		return query->kind == QUERY_EITHER;
	case QUERY_NOT:
	case QUERY_LANG:
	case QUERY_TRAIT:
	case QUERY_NEVER:
		return false;
	default:
		return true;
	}
}

static enum err_kind refuse_end(struct parser *parser)
{
	refuse_character(parser, parser->at);
	return err_hint(parser->err, "the parenthesis at position %zu closes nothing",
			position(parser, parser->at));
}

static enum err_kind refuse_unanchored(struct parser *parser)
{
	err_set(parser->err, ERR_REJECT,
		"Rule must contain at least one positive, non-stopword clause (at position 1)");
	return err_hint(parser->err, "lang:, has:, is: and what is excluded only narrow a search: "
				     "each alternative needs a word, tag or name, too");
}

static enum err_kind refuse_length(struct parser *parser)
{
	size_t most = parser->limits->characters_max;
	err_set(parser->err, ERR_REJECT,
		"The `query` query parameter can not be longer than %zu characters", most);
	return err_hint(parser->err, "it has %zu characters, and at most %zu may be sent",
			count_points(parser->text), most);
}

enum err_kind query_parse(struct str text, const struct query_limits *limits, struct arena *arena,
			  const struct query **ret_query, struct err *err)
{
	struct parser parser = { .text = text, .limits = limits, .arena = arena, .err = err };
	struct query *query = NULL;
	if (!str_is_utf8(text) || str_trim(text).len == 0)
		return err_set(err, ERR_REJECT, "The `query` query parameter can not be empty");
	if (count_points(text) > limits->characters_max)
		return refuse_length(&parser);
	enum err_kind kind = parse_either(&parser, &query);
	if (kind == ERR_NONE && parser.at < text.len)
		kind = refuse_end(&parser);
	if (kind == ERR_NONE && !is_anchored(query))
		kind = refuse_unanchored(&parser);
	word_list_release(&parser.words);
	if (kind != ERR_NONE)
		return err_wrap(err, "There were errors processing your request");
	*ret_query = query;
	return ERR_NONE;
}
