/* What people read of a configuration: the effective one, and the flags part of --help. */
#include "base/conf.h"

#include "base/conf_private.h"

#include <stdlib.h>

enum { HELP_WIDTH = 80, HELP_INDENT = 30, ORIGIN_COLUMN = 36 };

/* What nobody set is a comment: not every key may be set to nothing. */
static void print_key(const struct conf *conf, const struct conf_key *key, struct buf *ret)
{
	size_t start = ret->len;
	const char *origin = conf->origins[key - conf->keys];
	bool unset = !key->default_text && strcmp(origin, "default") == 0;
	buf_addf(ret, "%s%s = ", unset ? "# " : "", key->name);
	if (!unset)
		conf_value_print(key, conf_slot(conf, key), ret);
	while (ret->len - start < ORIGIN_COLUMN)
		buf_add_byte(ret, ' ');
	buf_addf(ret, " # %s\n", unset ? "not set" : origin);
}

static bool begins_section(const struct conf *conf, size_t at)
{
	if (!conf->keys[at].section)
		return false;
	for (size_t i = 0; i < at; i++) {
		if (conf->keys[i].section &&
		    strcmp(conf->keys[i].section, conf->keys[at].section) == 0)
			return false;
	}
	return true;
}

static void print_group(const struct conf_group *group, struct buf *ret)
{
	for (size_t i = 0; i < group->item_count; i++) {
		const struct conf_item *item = &group->items[i];
		buf_addf(ret, "%s[%s %s]\n", ret->len > 0 ? "\n" : "", group->section, item->name);
		for (size_t j = 0; j < group->key_count; j++)
			print_key(&item->conf, &group->keys[j], ret);
	}
}

void conf_print(const struct conf *conf, struct buf *ret)
{
	size_t start = ret->len;
	for (size_t i = 0; i < conf->count; i++) {
		if (!begins_section(conf, i))
			continue;
		const char *section = conf->keys[i].section;
		buf_addf(ret, "%s[%s]\n", ret->len > start ? "\n" : "", section);
		for (size_t j = i; j < conf->count; j++) {
			const struct conf_key *key = &conf->keys[j];
			if (key->section && strcmp(key->section, section) == 0)
				print_key(conf, key, ret);
		}
	}
	if (conf->group)
		print_group(conf->group, ret);
}

static void add_value_name(const struct conf_key *key, struct buf *ret)
{
	static const char *const by_type[] = {
		[CONF_TEXT] = "TEXT",     [CONF_INT] = "N",       [CONF_BYTES] = "SIZE",
		[CONF_DURATION] = "TIME", [CONF_BOOL] = "yes|no", [CONF_LIST] = "TEXT",
		[CONF_USD] = "USD",
	};
	if (key->value_name && key->value_name[0] == '\0')
		return;
	buf_add_byte(ret, ' ');
	if (key->value_name || key->type != CONF_CHOICE) {
		buf_add_text(ret, key->value_name ? key->value_name : by_type[key->type]);
		return;
	}
	for (const char *at = key->choices; *at; at++)
		buf_add_byte(ret, *at == ',' ? '|' : *at);
}

static void add_help_text(const struct conf_key *key, struct buf *ret)
{
	bool plain_flag = key->value_name && key->value_name[0] == '\0';
	buf_add_text(ret, key->help);
	if (key->type == CONF_LIST)
		buf_add_text(ret, " (may be repeated)");
	if (key->default_text && key->default_text[0] && !plain_flag)
		buf_addf(ret, " (default %s)", key->default_text);
}

/* Adds words from column `column` on; lines go on at HELP_INDENT. A word too long for a line is cut. */
static void add_wrapped(struct buf *ret, size_t column, struct str words)
{
	struct str word;
	bool first = true;
	while (str_split(&words, ' ', &word)) {
		if (!first && column + 1 + word.len > HELP_WIDTH) {
			buf_addf(ret, "\n%*s", HELP_INDENT, "");
			column = HELP_INDENT;
		} else if (!first) {
			buf_add_byte(ret, ' ');
			column++;
		}
		while (column + word.len > HELP_WIDTH) {
			size_t fits = HELP_WIDTH - column;
			buf_addf(ret, "%.*s\n%*s", (int)fits, word.ptr, HELP_INDENT, "");
			word = str_make(word.ptr + fits, word.len - fits);
			column = HELP_INDENT;
		}
		buf_add_str(ret, word);
		column += word.len;
		first = false;
	}
	buf_add_byte(ret, '\n');
}

void conf_help(const struct conf *conf, bool (*accepted)(const char *name), struct buf *ret)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < conf->count; i++) {
		const struct conf_key *key = &conf->keys[i];
		if (!key->help || (accepted && !accepted(key->name)))
			continue;
		buf_reset(&text);
		char *flag = conf_flag_of(key->name);
		buf_addf(&text, "  %s", flag);
		free(flag);
		add_value_name(key, &text);
		buf_add_str(ret, buf_str(&text));
		size_t column = text.len;
		if (column + 2 > HELP_INDENT) {
			buf_add_byte(ret, '\n');
			column = 0;
		}
		buf_addf(ret, "%*s", (int)(HELP_INDENT - column), "");
		buf_reset(&text);
		add_help_text(key, &text);
		add_wrapped(ret, HELP_INDENT, buf_str(&text));
	}
	buf_release(&text);
}
