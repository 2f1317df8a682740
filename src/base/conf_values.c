#include "base/conf_private.h"

#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct unit {
	const char *suffix;
	int64_t size;
};

/* From large to small, the unit itself last. */
static const struct unit byte_units[] = {
	{ "TiB", INT64_C(1) << 40 }, { "GiB", 1 << 30 }, { "MiB", 1 << 20 },
	{ "KiB", 1 << 10 },          { "", 1 },          { NULL, 0 },
};
static const struct unit time_units[] = {
	{ "d", INT64_C(86400000000) },
	{ "h", INT64_C(3600000000) },
	{ "m", 60000000 },
	{ "s", 1000000 },
	{ "ms", 1000 },
	{ "us", 1 },
	{ NULL, 0 },
};

static bool parse_units(struct str text, const struct unit *units, int64_t *ret)
{
	size_t digits = 0;
	uint64_t count;
	int64_t value;
	while (digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9')
		digits++;
	struct str suffix = str_make(text.ptr + digits, text.len - digits);
	while (units->suffix && !str_equal(suffix, str_from(units->suffix)))
		units++;
	if (!units->suffix || !str_to_u64(str_make(text.ptr, digits), &count) ||
	    __builtin_mul_overflow(count, units->size, &value))
		return false;
	*ret = value;
	return true;
}

bool conf_parse_bytes(struct str text, int64_t *ret_bytes)
{
	return parse_units(text, byte_units, ret_bytes);
}

bool conf_parse_duration(struct str text, int64_t *ret_us)
{
	return parse_units(text, time_units, ret_us);
}

/* Six digits behind the point are as many as there are millionths. */
bool conf_parse_usd(struct str text, int64_t *ret_micros)
{
	enum { MICROS = 1000000, DECIMALS = 6 };
	struct str whole, rest = text;
	uint64_t dollars, decimals = 0;
	int64_t micros;
	if (!str_split(&rest, '.', &whole) || !str_to_u64(whole, &dollars))
		return false;
	bool has_point = whole.len < text.len;
	if (has_point && (rest.len > DECIMALS || !str_to_u64(rest, &decimals)))
		return false;
	for (size_t i = rest.len; i < DECIMALS; i++)
		decimals *= 10;
	if (__builtin_mul_overflow(dollars, MICROS, &micros) ||
	    __builtin_add_overflow(micros, has_point ? decimals : 0, &micros))
		return false;
	*ret_micros = micros;
	return true;
}

static void print_usd(int64_t micros, struct buf *ret)
{
	char text[32];
	size_t len = (size_t)snprintf(text, sizeof text, "%" PRId64 ".%06" PRId64, micros / 1000000,
				      micros % 1000000);
	while (text[len - 1] == '0')
		len--;
	if (text[len - 1] == '.')
		len--;
	buf_add(ret, text, len);
}

static void print_units(int64_t value, const struct unit *units, struct buf *ret)
{
	while (units->size > 1 && value % units->size != 0)
		units++;
	buf_addf(ret, "%" PRId64 "%s", value / units->size, units->suffix);
}

static void print_number(enum conf_type type, int64_t value, struct buf *ret)
{
	if (type == CONF_BYTES && value != 0)
		print_units(value, byte_units, ret);
	else if (type == CONF_DURATION && value != 0)
		print_units(value, time_units, ret);
	else if (type == CONF_USD)
		print_usd(value, ret);
	else
		buf_addf(ret, "%" PRId64 "%s", value, type == CONF_DURATION ? "s" : "");
}

static const char *what_is_expected(enum conf_type type)
{
	switch (type) {
	case CONF_INT:
		return "a whole number";
	case CONF_BYTES:
		return "a size such as 512, 64KiB, 1MiB or 2GiB";
	case CONF_DURATION:
		return "a time with its unit such as 250ms, 5s, 5m, 2h or 1d";
	case CONF_USD:
		return "dollars such as 10 or 0.005";
	case CONF_BOOL:
		return "yes or no";
	case CONF_CHOICE:
		return "one of ";
	case CONF_TEXT:
	case CONF_LIST:
		break;
	}
	return "text without zero bytes";
}

static enum err_kind unexpected(const struct conf_key *key, struct str text, struct err *err)
{
	struct buf expected = { 0 };
	buf_add_text(&expected, what_is_expected(key->type));
	if (key->type == CONF_CHOICE)
		buf_add_text(&expected, key->choices);
	if (key->min != 0 || key->max != 0) {
		buf_add_text(&expected, key->max == INT64_MAX ? ", at least " : ", from ");
		print_number(key->type, key->min, &expected);
		if (key->max != INT64_MAX) {
			buf_add_text(&expected, " to ");
			print_number(key->type, key->max, &expected);
		}
	}
	struct str shown = conf_excerpt(text);
	err_set(err, ERR_REJECT, "expected %s, not '%.*s%s'", buf_text(&expected), STR_ARG(shown),
		shown.len < text.len ? "..." : "");
	buf_release(&expected);
	return err->kind;
}

static char *copy_of(struct str text)
{
	char *copy = mem_alloc(text.len + 1);
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

static enum err_kind set_number(const struct conf_key *key, int64_t *slot, struct str text,
				struct err *err)
{
	int64_t value;
	bool ok = key->type == CONF_INT   ? str_to_i64(text, &value) :
		  key->type == CONF_BYTES ? conf_parse_bytes(text, &value) :
		  key->type == CONF_USD   ? conf_parse_usd(text, &value) :
					    conf_parse_duration(text, &value);
	if (!ok || ((key->min != 0 || key->max != 0) && (value < key->min || value > key->max)))
		return unexpected(key, text, err);
	*slot = value;
	return ERR_NONE;
}

static enum err_kind set_bool(const struct conf_key *key, bool *slot, struct str text,
			      struct err *err)
{
	static const char *const names[] = { "no", "yes", "false", "true", "off", "on", "0", "1" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (str_equal(text, str_from(names[i]))) {
			*slot = i % 2 == 1;
			return ERR_NONE;
		}
	}
	return unexpected(key, text, err);
}

static void set_text(char **slot, struct str text)
{
	free(*slot);
	*slot = text.len > 0 ? copy_of(text) : NULL;
}

static enum err_kind set_choice(const struct conf_key *key, char **slot, struct str text,
				struct err *err)
{
	struct str rest = str_from(key->choices), choice;
	while (str_split(&rest, ',', &choice)) {
		if (text.len > 0 && str_equal(choice, text)) {
			set_text(slot, text);
			return ERR_NONE;
		}
	}
	return unexpected(key, text, err);
}

static void release_list(char ***slot)
{
	for (char **item = *slot; item && *item; item++)
		free(*item);
	free(*slot);
	*slot = NULL;
}

void conf_value_append(void *slot, struct str item)
{
	char ***list = slot;
	size_t count = 0;
	while (*list && (*list)[count])
		count++;
	*list = mem_resize(*list, (count + 2) * sizeof **list);
	(*list)[count] = copy_of(item);
	(*list)[count + 1] = NULL;
}

/* As str_split() at commas, but for those inside quotes. A quote without its other is a character. */
static bool split_list(struct str *rest, struct str *ret_item)
{
	size_t at = 0;
	if (!rest->ptr)
		return false;
	while (at < rest->len && rest->ptr[at] != ',') {
		const char *quote = rest->ptr[at] != '"' ?
					    NULL :
					    memchr(rest->ptr + at + 1, '"', rest->len - at - 1);
		at = quote ? (size_t)(quote - rest->ptr) + 1 : at + 1;
	}
	*ret_item = str_make(rest->ptr, at);
	*rest = at < rest->len ? str_make(rest->ptr + at + 1, rest->len - at - 1) : STR_NONE;
	return true;
}

static void set_list(char ***slot, struct str text)
{
	struct str item;
	size_t cap = 2, count = 0;
	for (size_t i = 0; i < text.len; i++)
		cap += text.ptr[i] == ',';
	release_list(slot);
	char **list = mem_alloc(cap * sizeof *list);
	while (split_list(&text, &item)) {
		item = str_trim(item);
		if (item.len > 0)
			list[count++] = copy_of(item);
	}
	list[count] = NULL;
	*slot = list;
	if (count == 0)
		release_list(slot);
}

enum err_kind conf_value_set(const struct conf_key *key, void *slot, struct str text,
			     struct err *err)
{
	if (text.len > 0 && memchr(text.ptr, '\0', text.len))
		return unexpected(key, str_make(text.ptr, strlen(text.ptr)), err);
	switch (key->type) {
	case CONF_TEXT:
		set_text(slot, text);
		return ERR_NONE;
	case CONF_INT:
	case CONF_BYTES:
	case CONF_DURATION:
	case CONF_USD:
		return set_number(key, slot, text, err);
	case CONF_BOOL:
		return set_bool(key, slot, text, err);
	case CONF_CHOICE:
		return set_choice(key, slot, text, err);
	case CONF_LIST:
		set_list(slot, text);
		return ERR_NONE;
	}
	assert(!"a type of the table");
	return ERR_FATAL;
}

void conf_value_print(const struct conf_key *key, const void *slot, struct buf *ret)
{
	const char *text = NULL;
	switch (key->type) {
	case CONF_TEXT:
	case CONF_CHOICE:
		text = *(char *const *)slot;
		break;
	case CONF_INT:
	case CONF_BYTES:
	case CONF_DURATION:
	case CONF_USD:
		print_number(key->type, *(const int64_t *)slot, ret);
		break;
	case CONF_BOOL:
		text = *(const bool *)slot ? "yes" : "no";
		break;
	case CONF_LIST:
		for (char *const *item = *(char **const *)slot; item && *item; item++)
			buf_addf(ret, "%s%s", item == *(char **const *)slot ? "" : ", ", *item);
		break;
	}
	if (text)
		buf_add_text(ret, text);
}

void conf_value_release(const struct conf_key *key, void *slot)
{
	if (key->type == CONF_LIST)
		release_list(slot);
	else if (key->type == CONF_TEXT || key->type == CONF_CHOICE)
		set_text(slot, STR_NONE);
}
