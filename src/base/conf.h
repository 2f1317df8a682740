/* Configuration: one typed table of keys makes the parser, --help, the example file and the effective
 * configuration.
 *
 * In: an INI file (inih) and command-line flags, which win. Out: typed values. Every key is also a flag
 * (`publish_interval` is --publish-interval). An unknown key or a bad value is ERR_REJECT naming file,
 * line, key, what is expected and, for an unknown key, the nearest known name; so is a key that one
 * file sets twice. Durations are written with a unit (250ms, 5s, 5m, 2h, 1d), sizes too (512, 64KiB,
 * 1MiB, 2GiB). In a file a comment is a line that begins with # or ;, or what follows a # or ; that
 * stands alone, as a word ("#bird" is a value). Dollars are written as a decimal number (10, 0.005).
 * A file is at most 1 MiB. */
#pragma once
#include "base/buf.h"
#include "base/err.h"

enum conf_type {
	CONF_TEXT,     /* const char *, NULL when empty */
	CONF_INT,      /* int64_t */
	CONF_BYTES,    /* int64_t, bytes */
	CONF_DURATION, /* int64_t, microseconds */
	CONF_USD,      /* int64_t, millionths of a dollar */
	CONF_BOOL,     /* bool: yes/no, true/false, on/off, 1/0 */
	CONF_CHOICE,   /* const char *, one of `choices` */
	CONF_LIST, /* char **, NULL-terminated, NULL when empty; in a file with commas between (one
			  inside "…" is part of the item); repeated as a flag, each taken whole */
};

struct conf_key {
	const char *section; /* as in the file: "lake", "wire" …; NULL: flag only, not in a file */
	const char *name;    /* at most 48 bytes and unique, whatever the section */
	enum conf_type type;
	size_t offset;            /* of the value in the caller's struct */
	const char *default_text; /* as it would be written; NULL: none (zero, NULL) */
	const char *choices;      /* CONF_CHOICE: "table,csv,json" */
	const char *value_name;   /* for --help: "DIR"; NULL: by type; "" a flag without value */
	const char *help;         /* one line, names the unit; NULL: not in --help */
	int64_t min, max;         /* numbers; both 0: any; max INT64_MAX: no upper bound */
};

struct conf {
	const struct conf_key *keys;
	size_t count;
	void *values;             /* the caller's struct */
	const char **origins;     /* per key: "default", "FILE:LINE", "--flag"; owned */
	struct conf_group *group; /* the caller's, or NULL; see conf_add_group() */
};

/* Sections of one kind that may stand many times, each with a name of its own: [rule NAME]. NAME is
 * letters, digits, _ - and ., at most 48; one twice is an error, whatever file it is in. */
struct conf_item {
	char *name;
	char *origin;     /* "FILE:LINE" of its section */
	struct conf conf; /* of this section; its values are owned */
};
struct conf_group {
	const char *section;         /* "rule" */
	const struct conf_key *keys; /* all in that section; none is a flag */
	size_t key_count, item_bytes;
	struct conf_item *items; /* in the order of the file */
	size_t item_count, item_cap;
};

/* Sets the defaults; `values` is zeroed by the caller and outlives `conf`. */
void conf_init(struct conf *conf, const struct conf_key *keys, size_t count, void *values);
/* Before anything is read; conf_release() empties it. */
void conf_add_group(struct conf *conf, struct conf_group *group);
/* Adds one section of the group as if a file had it; its values are the defaults. NULL and *err when the
 * name is bad or taken. */
struct conf_item *conf_add_item(struct conf_group *group, struct str name, const char *origin,
				struct err *err);
void conf_release(struct conf *conf); /* frees text values too */
/* Reads a file. Missing or unreadable: ERR_REJECT. After a failure some values may be set. */
MUST_CHECK enum err_kind conf_read_file(struct conf *conf, const char *path, struct err *err);
/* As conf_read_file() from memory; `name` is used in messages. */
MUST_CHECK enum err_kind conf_read_text(struct conf *conf, const char *name, struct str text,
					struct err *err);
/* Takes flags out of argv[1..], "--name value" and "--name=value", up to "--"; what is left stays in
 * argv, *ret_argc many with argv[0]. Only keys for which `accepted` (name -> bool) is true are known;
 * NULL: all. A flag given twice: the later wins, but lists grow. "-" is no flag; "-x" is an unknown
 * one. A value that begins with "--" is written --name=value; an empty one is refused. */
MUST_CHECK enum err_kind conf_read_flags(struct conf *conf, int argc, char **argv,
					 bool (*accepted)(const char *name), int *ret_argc,
					 struct err *err);
/* Adds what flags have set, as flags again: "--publish-interval=1s", for a program of the same keys. Only
 * keys for which `accepted` is true; the texts are owned by `ret`. */
struct name_list;
void conf_add_flags(const struct conf *conf, bool (*accepted)(const char *name),
		    struct name_list *ret);
/* Sets one value from its text, with a word on where it comes from. */
MUST_CHECK enum err_kind conf_set(struct conf *conf, const struct conf_key *key, struct str text,
				  const char *origin, struct err *err);
/* Where a key's value comes from; "" when there is no such key. */
const char *conf_origin(const struct conf *conf, const char *name);
/* The effective configuration, "key = value   # origin" by section, without keys that are flags only;
 * can be read again unless a value has a comma in a list or a comment's mark. Values of secrets never
 * stand in a configuration, only the files that hold them. */
void conf_print(const struct conf *conf, struct buf *ret);
/* The flags part of --help, 80 columns. */
void conf_help(const struct conf *conf, bool (*accepted)(const char *name), struct buf *ret);
/* Parsers of values, for those who need them alone. */
bool conf_parse_bytes(struct str text, int64_t *ret_bytes);
bool conf_parse_duration(struct str text, int64_t *ret_us);
bool conf_parse_usd(struct str text, int64_t *ret_micros);
