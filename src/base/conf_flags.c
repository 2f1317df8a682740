/* The command line's way to conf_set(): flags are taken out, what is left moves up. */
#include "base/conf.h"

#include "base/conf_private.h"
#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>

struct flags {
	struct conf *conf;
	bool (*accepted)(const char *name);
	bool *lists_begun; /* per key: this command line has an item for it */
	int argc, at;      /* at: the next argument to look at */
	char **argv;
};

/* Words may be joined by _ as in a file. */
static bool same_name(struct str flag, const char *name)
{
	if (flag.len != strlen(name))
		return false;
	for (size_t i = 0; i < flag.len; i++) {
		if (flag.ptr[i] != name[i] && !(flag.ptr[i] == '-' && name[i] == '_'))
			return false;
	}
	return true;
}

static enum err_kind unknown_flag(const struct flags *flags, struct str name, struct err *err)
{
	const struct conf *conf = flags->conf;
	struct conf_guess guess = { .wrong = name };
	bool elsewhere = false;
	for (size_t i = 0; i < conf->count; i++) {
		const char *known = conf->keys[i].name;
		if (!flags->accepted || flags->accepted(known))
			conf_guess_try(&guess, known);
		else if (same_name(name, known))
			elsewhere = true;
	}
	struct str shown = conf_excerpt(str_from(flags->argv[flags->at - 1]));
	char *flag = guess.name ? conf_flag_of(guess.name) : NULL;
	if (elsewhere)
		err_set(err, ERR_REJECT, "'%.*s' is a flag of other commands, not of this one",
			STR_ARG(shown));
	else if (flag)
		err_set(err, ERR_REJECT, "unknown flag '%.*s'; did you mean '%s'?", STR_ARG(shown),
			flag);
	else
		err_set(err, ERR_REJECT, "unknown flag '%.*s'", STR_ARG(shown));
	free(flag);
	return ERR_REJECT;
}

static const struct conf_key *find_flag(const struct flags *flags, struct str name)
{
	const struct conf *conf = flags->conf;
	for (size_t i = 0; i < conf->count; i++) {
		const char *known = conf->keys[i].name;
		if (same_name(name, known) && (!flags->accepted || flags->accepted(known)))
			return &conf->keys[i];
	}
	return NULL;
}

static enum err_kind set_flag(struct flags *flags, const struct conf_key *key, const char *value,
			      const char *flag, struct err *err)
{
	struct conf *conf = flags->conf;
	if (*value == '\0')
		return err_set(err, ERR_REJECT, "%s: the value is empty", flag);
	if (key->type != CONF_LIST)
		return conf_set(conf, key, str_from(value), flag, err);
	if (!flags->lists_begun[key - conf->keys])
		conf_value_release(key, conf_slot(conf, key));
	flags->lists_begun[key - conf->keys] = true;
	conf_value_append(conf_slot(conf, key), str_from(value));
	conf_set_origin(conf, key, flag);
	return ERR_NONE;
}

static enum err_kind take_flag(struct flags *flags, struct err *err)
{
	const char *arg = flags->argv[flags->at++];
	const char *equals = strchr(arg, '=');
	size_t dashes = arg[1] == '-' ? 2 : 1;
	struct str name =
		str_make(arg + dashes, (equals ? (size_t)(equals - arg) : strlen(arg)) - dashes);
	const struct conf_key *key = dashes == 2 ? find_flag(flags, name) : NULL;
	if (!key)
		return unknown_flag(flags, name, err);
	char *flag = conf_flag_of(key->name);
	const char *value = equals ? equals + 1 : NULL;
	enum err_kind kind = ERR_NONE;
	if (!value && key->value_name && key->value_name[0] == '\0')
		value = "yes";
	else if (!value && flags->at < flags->argc && strncmp(flags->argv[flags->at], "--", 2) != 0)
		value = flags->argv[flags->at++];
	if (value)
		kind = set_flag(flags, key, value, flag, err);
	else
		kind = err_set(err, ERR_REJECT, "%s: a value is missing", flag);
	free(flag);
	return kind;
}

enum err_kind conf_read_flags(struct conf *conf, int argc, char **argv,
			      bool (*accepted)(const char *name), int *ret_argc, struct err *err)
{
	struct flags flags = {
		.conf = conf, .accepted = accepted, .argc = argc, .at = 1, .argv = argv
	};
	int left = argc > 0 ? 1 : 0;
	enum err_kind kind = ERR_NONE;
	flags.lists_begun = mem_zalloc(conf->count, sizeof *flags.lists_begun);
	while (flags.at < argc && strcmp(argv[flags.at], "--") != 0 && kind == ERR_NONE) {
		if (argv[flags.at][0] == '-' && argv[flags.at][1] != '\0')
			kind = take_flag(&flags, err);
		else
			argv[left++] = argv[flags.at++];
	}
	free(flags.lists_begun);
	TRY(kind);
	for (flags.at++; flags.at < argc; flags.at++)
		argv[left++] = argv[flags.at];
	if (left < argc)
		argv[left] = NULL;
	*ret_argc = left;
	return ERR_NONE;
}

static void add_flag(const struct conf_key *key, struct str value, struct name_list *ret)
{
	char *flag = conf_flag_of(key->name);
	MEM_GROW(ret->names, ret->cap, ret->count + 1);
	ret->names[ret->count++] = mem_printf("%s=%.*s", flag, STR_ARG(value));
	free(flag);
}

void conf_add_flags(const struct conf *conf, bool (*accepted)(const char *name),
		    struct name_list *ret)
{
	struct buf value = { 0 };
	for (size_t i = 0; i < conf->count; i++) {
		const struct conf_key *key = &conf->keys[i];
		if (strncmp(conf->origins[i], "--", 2) != 0 || !accepted(key->name))
			continue;
		if (key->type == CONF_LIST) {
			char **items = *(char ***)conf_slot(conf, key);
			for (size_t item = 0; items && items[item]; item++)
				add_flag(key, str_from(items[item]), ret);
			continue;
		}
		buf_reset(&value);
		conf_value_print(key, conf_slot(conf, key), &value);
		add_flag(key, buf_str(&value), ret);
	}
	buf_release(&value);
}
