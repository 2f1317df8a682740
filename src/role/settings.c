#include "role/role.h"

#include "base/mem.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct settings, member)

static const struct conf_key keys[] = {
	{ .section = "lake",
	  .name = "lake",
	  .type = CONF_TEXT,
	  .offset = AT(lake),
	  .value_name = "DIR",
	  .help = "the lake (default: $AVIARY_LAKE, then ./lake)" },
	{ .section = "engine",
	  .name = "threads",
	  .type = CONF_INT,
	  .offset = AT(threads),
	  .default_text = "0",
	  .help = "threads that work at once; 0: one a core",
	  .max = 256 },
	{ .section = "engine",
	  .name = "memory",
	  .type = CONF_BYTES,
	  .offset = AT(memory),
	  .default_text = "512MiB",
	  .help = "memory DuckDB may use",
	  .min = 64 << 20,
	  .max = INT64_MAX },
	{ .section = "wire",
	  .name = "line_bytes_max",
	  .type = CONF_BYTES,
	  .offset = AT(line_bytes_max),
	  .default_text = "16MiB",
	  .help = "the longest line of the wire",
	  .min = 4096,
	  .max = 16 << 20 },
	{ .section = "wire",
	  .name = "segment_bytes",
	  .type = CONF_BYTES,
	  .offset = AT(segment_bytes),
	  .default_text = "64MiB",
	  .help = "size of a journal segment",
	  .min = 65536,
	  .max = INT64_C(1) << 32 },
	{ .section = "wire",
	  .name = "window_entries",
	  .type = CONF_INT,
	  .offset = AT(window_entries),
	  .default_text = "65536",
	  .help = "recent observations remembered, to know re-deliveries",
	  .max = 1 << 24 },
	{ .section = "wire",
	  .name = "hello_timeout",
	  .type = CONF_DURATION,
	  .offset = AT(hello_timeout),
	  .default_text = "300ms",
	  .help = "a silent connection is a tap after this long",
	  .min = 1000,
	  .max = 60000000 },
	{ .section = "import",
	  .name = "import_bytes",
	  .type = CONF_BYTES,
	  .offset = AT(import_bytes),
	  .default_text = "64GiB",
	  .help = "import publishes when so much is pending",
	  .min = 1 << 20,
	  .max = INT64_MAX },
	{ .section = "import",
	  .name = "document_bytes_max",
	  .type = CONF_BYTES,
	  .offset = AT(document_bytes_max),
	  .default_text = "1GiB",
	  .help = "the largest page spread over lines",
	  .min = 4096,
	  .max = INT64_C(4) << 30 },
	{ .section = "refine",
	  .name = "weekend",
	  .type = CONF_LIST,
	  .offset = AT(weekend),
	  .default_text = "saturday, sunday",
	  .value_name = "DAY",
	  .help = "days that count as weekend" },
	{ .section = "refine",
	  .name = "weekend_zone",
	  .type = CONF_TEXT,
	  .offset = AT(weekend_zone),
	  .default_text = "UTC",
	  .value_name = "ZONE",
	  .help = "time zone weekdays are taken in" },
	{ .section = "refine",
	  .name = "retire_grace",
	  .type = CONF_DURATION,
	  .offset = AT(retire_grace),
	  .default_text = "10m",
	  .help = "replaced files stay this long for their readers",
	  .max = INT64_MAX },
	{ .name = "config",
	  .type = CONF_TEXT,
	  .offset = AT(config),
	  .value_name = "FILE",
	  .help = "configuration file (default: $AVIARY_CONFIG, else none)" },
	{ .name = "format",
	  .type = CONF_CHOICE,
	  .offset = AT(format),
	  .default_text = "table",
	  .choices = "table,csv,json",
	  .help = "how rows are printed" },
	{ .name = "dialect",
	  .type = CONF_CHOICE,
	  .offset = AT(dialect),
	  .default_text = "duckdb",
	  .choices = "duckdb",
	  .help = "whose SQL" },
	{ .name = "refine",
	  .type = CONF_BOOL,
	  .offset = AT(refine),
	  .default_text = "yes",
	  .help = "bring dimensions and facts up to date at the end" },
	{ .name = "json",
	  .type = CONF_BOOL,
	  .offset = AT(json),
	  .default_text = "no",
	  .value_name = "",
	  .help = "for scripts" },
};
enum { KEY_COUNT = sizeof keys / sizeof *keys };

static const struct command *current; /* whose flags are being read */

static bool takes_flag(const char *name)
{
	if (strcmp(name, "config") == 0)
		return true;
	for (const char *const *flag = current->flags; flag && *flag; flag++) {
		if (strcmp(*flag, name) == 0)
			return true;
	}
	return false;
}

/* -c is --config. */
static void spell_out(int argc, char **argv)
{
	static char config[] = "--config";
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "-c") == 0)
			argv[i] = config;
	}
}

/* The configuration file has to be read before the flags that win over it. */
static enum err_kind read_config_file(int argc, char **argv, struct settings *settings,
				      struct err *err)
{
	const char *path = getenv("AVIARY_CONFIG");
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			path = argv[i + 1];
		else if (strncmp(argv[i], "--config=", 9) == 0)
			path = argv[i] + 9;
	}
	return path ? conf_read_file(&settings->conf, path, err) : ERR_NONE;
}

static enum err_kind finish(struct settings *settings, struct err *err)
{
	if (!settings->lake) {
		const char *lake = getenv("AVIARY_LAKE");
		bool given = lake && lake[0];
		TRY(conf_set(&settings->conf, &keys[0], str_from(given ? lake : "lake"),
			     given ? "$AVIARY_LAKE" : "default, no $AVIARY_LAKE", err));
	}
	settings->warehouse = (struct warehouse_settings){
		.weekend = (const char *const *)settings->weekend,
		.weekend_zone = settings->weekend_zone ? settings->weekend_zone : "UTC",
	};
	return warehouse_settings_check(&settings->warehouse, err);
}

enum err_kind settings_read(const struct command *command, int argc, char **argv,
			    struct settings *ret, int *ret_argc, struct err *err)
{
	memset(ret, 0, sizeof *ret);
	conf_init(&ret->conf, keys, KEY_COUNT, ret);
	current = command;
	spell_out(argc, argv);
	enum err_kind kind = read_config_file(argc, argv, ret, err);
	if (kind == ERR_NONE)
		kind = conf_read_flags(&ret->conf, argc, argv, takes_flag, ret_argc, err);
	if (kind == ERR_NONE)
		kind = finish(ret, err);
	if (kind != ERR_NONE)
		settings_release(ret);
	return kind;
}

void settings_release(struct settings *settings)
{
	conf_release(&settings->conf);
}

void settings_help(const struct command *command, struct buf *ret)
{
	struct settings settings = { 0 };
	conf_init(&settings.conf, keys, KEY_COUNT, &settings);
	current = command;
	conf_help(&settings.conf, takes_flag, ret);
	conf_release(&settings.conf);
}

int thread_count(const struct settings *settings)
{
	if (settings->threads > 0)
		return (int)settings->threads;
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores > 0 ? (int)cores : 1;
}
