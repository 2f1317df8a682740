#include "role/keys.h"
#include "role/role.h"

#include "base/file.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *current; /* whose flags are being read */

bool command_takes(const struct command *command, const char *name)
{
	if (strcmp(name, "config") == 0)
		return true;
	for (const char *const *flag = command->flags; flag && *flag; flag++) {
		if (strcmp(*flag, name) == 0)
			return true;
	}
	return false;
}

static bool takes_flag(const char *name)
{
	return command_takes(current, name);
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
		TRY(conf_set(&settings->conf, &setting_keys[0], str_from(given ? lake : "lake"),
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
	conf_init(&ret->conf, setting_keys, setting_key_count, ret);
	ret->rules = (struct conf_group){ .section = "rule",
					  .keys = rule_keys,
					  .key_count = rule_key_count,
					  .item_bytes = sizeof(struct rule_values) };
	conf_add_group(&ret->conf, &ret->rules);
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

enum err_kind settings_reread(const struct command *command, const struct settings *settings,
			      struct settings *ret, struct err *err)
{
	struct name_list flags = { 0 };
	int left;
	current = command;
	conf_add_flags(&settings->conf, takes_flag, &flags);
	char **argv = mem_zalloc(flags.count + 2, sizeof *argv);
	argv[0] = (char *)command->name;
	for (size_t i = 0; i < flags.count; i++)
		argv[i + 1] = flags.names[i];
	enum err_kind kind = settings_read(command, (int)flags.count + 1, argv, ret, &left, err);
	free(argv);
	name_list_release(&flags);
	return kind;
}

void settings_release(struct settings *settings)
{
	conf_release(&settings->conf);
}

void settings_help(const struct command *command, struct buf *ret)
{
	struct settings settings = { 0 };
	conf_init(&settings.conf, setting_keys, setting_key_count, &settings);
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
