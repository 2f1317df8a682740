/* Text becomes values in one place, conf_set(); a file and the flags are two ways to get there.
 *
 *     file  -> next_line() -> inih -> take_pair() -.
 *                                                   >- conf_set() -> conf_values.c -> the struct
 *     flags ------------------> conf_flags.c ------'
 *
 * inih is fed line by line, each line already checked, trimmed and without its comment: so a value may
 * hold what inih would take for one ("#bird"), an indented line is a line like any other, and every
 * error knows its line. A comment begins at a # or ; that begins the line or stands alone, as a word. */
#include "base/conf.h"

#include "base/conf_private.h"
#include "base/file.h"
#include "base/mem.h"

#include <assert.h>
#include <ini.h>
#include <stdlib.h>

enum { FILE_BYTES_MAX = 1 << 20, LINE_BYTES_MAX = 1 << 16 };

void *conf_slot(const struct conf *conf, const struct conf_key *key)
{
	return (char *)conf->values + key->offset;
}

static bool is_in_section(const struct conf_key *key, const char *section)
{
	return key->section && strcmp(key->section, section) == 0;
}

static void check_table(const struct conf_key *keys, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(strlen(keys[i].name) <= CONF_NAME_MAX);
		assert(!keys[i].section || strlen(keys[i].section) <= CONF_NAME_MAX);
		assert(keys[i].min <= keys[i].max);
		assert((keys[i].type == CONF_CHOICE) == (keys[i].choices != NULL));
		for (size_t j = 0; j < i; j++)
			assert(strcmp(keys[i].name, keys[j].name) != 0);
	}
}

void conf_init(struct conf *conf, const struct conf_key *keys, size_t count, void *values)
{
	check_table(keys, count);
	*conf = (struct conf){ .keys = keys, .count = count, .values = values };
	conf->origins = mem_zalloc(count, sizeof *conf->origins);
	for (size_t i = 0; i < count; i++) {
		struct err err;
		enum err_kind kind = ERR_NONE;
		conf_set_origin(conf, &keys[i], "default");
		if (keys[i].default_text)
			kind = conf_set(conf, &keys[i], str_from(keys[i].default_text), "default",
					&err);
		assert(kind == ERR_NONE);
	}
}

void conf_release(struct conf *conf)
{
	if (conf->group)
		conf_group_release(conf->group);
	for (size_t i = 0; i < conf->count; i++) {
		conf_value_release(&conf->keys[i], conf_slot(conf, &conf->keys[i]));
		free((char *)conf->origins[i]);
	}
	free(conf->origins);
	*conf = (struct conf){ 0 };
}

void conf_set_origin(struct conf *conf, const struct conf_key *key, const char *origin)
{
	const char **slot = &conf->origins[key - conf->keys];
	char *copy = mem_strdup(origin);
	free((char *)*slot);
	*slot = copy;
}

const char *conf_origin(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->count; i++) {
		if (strcmp(conf->keys[i].name, name) == 0)
			return conf->origins[i];
	}
	return "";
}

enum err_kind conf_set(struct conf *conf, const struct conf_key *key, struct str text,
		       const char *origin, struct err *err)
{
	enum err_kind kind = conf_value_set(key, conf_slot(conf, key), text, err);
	if (kind == ERR_NONE)
		conf_set_origin(conf, key, origin);
	else if (strncmp(origin, "--", 2) == 0)
		err_wrap(err, "%s", origin);
	else
		err_wrap(err, "%s: %s", origin, key->name);
	return kind;
}

struct reading {
	struct conf *conf;
	const char *name;
	struct str rest;
	int line;
	int *first_lines;       /* per key: where this file sets it; 0: nowhere yet */
	struct conf_item *item; /* the section of a group that is being read; NULL: any other */
	int *item_lines;        /* as first_lines, of it */
	bool failed;            /* err is set */
	struct err *err;
};

/* Adds what may help against a name nobody knows: the nearest one, else a hint with all of them. */
static void fail_unknown(struct reading *reading, const char *what, const char *guess,
			 const char *all)
{
	reading->failed = true;
	if (guess)
		err_set(reading->err, ERR_REJECT, "%s:%d: %s; did you mean %s?", reading->name,
			reading->line, what, guess);
	else
		err_set(reading->err, ERR_REJECT, "%s:%d: %s", reading->name, reading->line, what);
	if (!guess && all)
		err_hint(reading->err, "known are %s", all);
}

static bool fail_here(struct reading *reading, const char *what)
{
	fail_unknown(reading, what, NULL, NULL);
	return false;
}

/* The names of all sections, or of the keys of one. */
static char *known_names(const struct conf *conf, const char *section)
{
	struct buf names = { 0 };
	const char *last = "";
	for (size_t i = 0; i < conf->count; i++) {
		const struct conf_key *key = &conf->keys[i];
		const char *name = section ? key->name : key->section;
		if (!name || (section && !is_in_section(key, section)) || strcmp(name, last) == 0)
			continue;
		buf_addf(&names, section ? "%s%s" : "%s[%s]", names.len > 0 ? ", " : "", name);
		last = name;
	}
	return buf_detach(&names);
}

/* [rule NAME]: *ret_name is the name; false when it is no section of the group. */
static bool is_item(const struct conf_group *group, struct str section, struct str *ret_name)
{
	struct str kind = str_from(group ? group->section : "");
	if (kind.len == 0 || !str_starts(section, kind) ||
	    (section.len > kind.len && section.ptr[kind.len] != ' ' &&
	     section.ptr[kind.len] != '\t'))
		return false;
	*ret_name = str_trim(str_make(section.ptr + kind.len, section.len - kind.len));
	return true;
}

static bool begin_item(struct reading *reading, struct str name)
{
	struct conf_group *group = reading->conf->group;
	char *origin = mem_printf("%s:%d", reading->name, reading->line);
	reading->item = conf_add_item(group, name, origin, reading->err);
	free(origin);
	free(reading->item_lines);
	reading->item_lines = mem_zalloc(group->key_count, sizeof *reading->item_lines);
	reading->failed = !reading->item;
	return reading->item;
}

static bool check_section(struct reading *reading, struct str section)
{
	const struct conf *conf = reading->conf;
	struct conf_guess guess = { .wrong = section };
	struct str name;
	reading->item = NULL;
	if (is_item(conf->group, section, &name))
		return begin_item(reading, name);
	for (size_t i = 0; i < conf->count; i++) {
		if (!conf->keys[i].section)
			continue;
		if (str_equal(section, str_from(conf->keys[i].section)))
			return true;
		conf_guess_try(&guess, conf->keys[i].section);
	}
	char *what = mem_printf("unknown section [%.*s]", STR_ARG(conf_excerpt(section)));
	char *nearest = guess.name ? mem_printf("[%s]", guess.name) : NULL;
	char *some = known_names(conf, NULL);
	char *all = !conf->group ? mem_strdup(some) :
				   mem_printf("%s, [%s NAME]", some, conf->group->section);
	fail_unknown(reading, what, nearest, all);
	free(some);
	free(what);
	free(nearest);
	free(all);
	return false;
}

static struct str without_comment(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] != '#' && line.ptr[i] != ';')
			continue;
		bool begins = i == 0 || line.ptr[i - 1] == ' ' || line.ptr[i - 1] == '\t';
		bool ends = i + 1 == line.len || line.ptr[i + 1] == ' ' || line.ptr[i + 1] == '\t';
		if (i == 0 || (begins && ends))
			return str_trim(str_make(line.ptr, i));
	}
	return line;
}

static bool check_line(struct reading *reading, struct str line, struct str *ret_line)
{
	if (line.len >= LINE_BYTES_MAX - 3)
		return fail_here(reading, "a line longer than 65532 bytes");
	line = str_trim(line);
	for (size_t i = 0; i < line.len; i++) {
		unsigned char c = (unsigned char)line.ptr[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return fail_here(reading, "a control character: is this a text file?");
	}
	line = without_comment(line);
	if (line.len > 0 && line.ptr[0] == '[') {
		if (line.ptr[line.len - 1] != ']')
			return fail_here(reading, "a section that does not end with ]");
		struct str name = str_trim(str_make(line.ptr + 1, line.len - 2));
		if (!check_section(reading, name))
			return false;
	}
	*ret_line = line;
	return true;
}

/* What inih calls for the next line, as fgets(). It cuts long names of sections and takes blanks between
 * the brackets as part of them. */
static char *next_line(char *ret, int size, void *stream)
{
	struct reading *reading = stream;
	struct str line;
	if (reading->failed || !str_split(&reading->rest, '\n', &line))
		return NULL;
	reading->line++;
	if (!check_line(reading, line, &line))
		return NULL;
	assert(line.len < (size_t)size);
	size_t len = 0;
	bool section = line.len > 0 && line.ptr[0] == '[';
	if (section && reading->item)
		line = STR("[item]");
	for (size_t i = 0; i < line.len; i++) {
		if (!section || (line.ptr[i] != ' ' && line.ptr[i] != '\t'))
			ret[len++] = line.ptr[i];
	}
	ret[len] = '\0';
	return ret;
}

/* "'port' in [wire]" or "the flag --once" when the name is right and the section is wrong. */
static char *find_elsewhere(const struct conf *conf, const char *name)
{
	for (size_t i = 0; i < conf->count; i++) {
		const struct conf_key *key = &conf->keys[i];
		if (strcmp(key->name, name) != 0)
			continue;
		if (key->section)
			return mem_printf("'%s' in [%s]", name, key->section);
		char *flag = conf_flag_of(name);
		char *found = mem_printf("the flag %s", flag);
		free(flag);
		return found;
	}
	return NULL;
}

static int fail_unknown_key(struct reading *reading, const struct conf *conf, const char *section,
			    const char *name)
{
	struct conf_guess guess = { .wrong = str_from(name) };
	char *what = mem_printf("unknown key '%.*s' in [%s]", STR_ARG(conf_excerpt(str_from(name))),
				section);
	char *nearest = find_elsewhere(reading->conf, name), *all = known_names(conf, section);
	for (size_t i = 0; i < conf->count && !nearest; i++) {
		if (is_in_section(&conf->keys[i], section))
			conf_guess_try(&guess, conf->keys[i].name);
	}
	if (guess.name)
		nearest = mem_printf("'%s'", guess.name);
	fail_unknown(reading, what, nearest, all);
	free(what);
	free(nearest);
	free(all);
	return 0;
}

static int fail_repeated(struct reading *reading, const struct conf_key *key, int first_line)
{
	char *what = mem_printf("'%s' in [%s] is set again, line %d had it first", key->name,
				key->section, first_line);
	fail_here(reading, what);
	free(what);
	return 0;
}

/* What inih calls for every "name = value"; 0 stops it. */
static int take_pair(void *user, const char *section, const char *name, const char *value)
{
	struct reading *reading = user;
	struct conf *conf = reading->item ? &reading->item->conf : reading->conf;
	int *first_lines = reading->item ? reading->item_lines : reading->first_lines;
	const struct conf_key *key = NULL;
	if (*name == '\0')
		return fail_here(reading, "a value without a key");
	if (*section == '\0')
		return fail_here(reading, "a key before the first [section]");
	if (reading->item)
		section = reading->conf->group->section;
	for (size_t i = 0; i < conf->count && !key; i++) {
		if (is_in_section(&conf->keys[i], section) && strcmp(conf->keys[i].name, name) == 0)
			key = &conf->keys[i];
	}
	if (!key)
		return fail_unknown_key(reading, conf, section, name);
	if (first_lines[key - conf->keys] != 0)
		return fail_repeated(reading, key, first_lines[key - conf->keys]);
	first_lines[key - conf->keys] = reading->line;
	char *origin = mem_printf("%s:%d", reading->name, reading->line);
	reading->failed = conf_set(conf, key, str_from(value), origin, reading->err) != ERR_NONE;
	free(origin);
	return !reading->failed;
}

enum err_kind conf_read_text(struct conf *conf, const char *name, struct str text, struct err *err)
{
	struct reading reading = { .conf = conf, .name = name, .rest = text, .err = err };
	if (str_starts(text, STR("\xef\xbb\xbf")))
		reading.rest = str_make(text.ptr + 3, text.len - 3);
	reading.first_lines = mem_zalloc(conf->count, sizeof *reading.first_lines);
	ini_allow_multiline = ini_allow_inline_comments = ini_allow_no_value = false;
	ini_stop_on_first_error = ini_use_stack = true;
	ini_max_line = LINE_BYTES_MAX;
	int bad_line = ini_parse_stream(next_line, &reading, take_pair, &reading);
	free(reading.first_lines);
	free(reading.item_lines);
	if (bad_line != 0 && !reading.failed)
		fail_here(&reading, "expected 'key = value' or '[section]'");
	return reading.failed ? ERR_REJECT : ERR_NONE;
}

enum err_kind conf_read_file(struct conf *conf, const char *path, struct err *err)
{
	struct buf text = { 0 };
	enum err_kind kind = file_read(path, FILE_BYTES_MAX, &text, err);
	if (kind == ERR_NONE)
		kind = conf_read_text(conf, path, buf_str(&text), err);
	else
		kind = err->kind = ERR_REJECT;
	buf_release(&text);
	return kind;
}
