#include "role/role.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *yes_no(bool has)
{
	return has ? "yes" : "NO";
}

/* The path, or what of it there is: looking must not make directories. */
static char *nearest_existing(const char *path)
{
	char *found = mem_strdup(path);
	while (!file_exists(found)) {
		char *slash = strrchr(found, '/');
		if (slash && slash != found) {
			*slash = '\0';
			continue;
		}
		free(found);
		return mem_strdup(slash ? "/" : ".");
	}
	return found;
}

/* What the disk under the lake, or under where it would be made, can promise. */
static enum err_kind print_promises(const struct settings *settings, bool *ret_all, struct err *err)
{
	struct store *store = NULL;
	struct store_promises promises = { 0 };
	char *parent = nearest_existing(settings->lake);
	enum err_kind kind = store_open(parent, &store, err);
	if (kind == ERR_NONE)
		kind = store_probe(store, "_aviary.probe", &promises, err);
	store_close(store);
	if (kind == ERR_NONE)
		printf("# the disk under %s\n"
		       "#   swaps two directories at once   %s\n"
		       "#   renames without overwriting     %s\n"
		       "#   locks files                     %s\n"
		       "#   syncs files and directories     %s\n",
		       parent, yes_no(promises.exchange), yes_no(promises.rename_new),
		       yes_no(promises.lock), yes_no(promises.sync));
	*ret_all = promises.exchange && promises.rename_new && promises.lock && promises.sync;
	free(parent);
	return kind;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct buf text = { 0 };
	bool all = false;
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "check: unexpected argument '%s'", argv[1]);
		return say_error(&err, EXIT_USAGE);
	}
	conf_print(&settings->conf, &text);
	fputs(buf_text(&text), stdout);
	buf_release(&text);
	struct engine *engine = NULL;
	if (open_engine(settings, NULL, 1, &engine, &err) != ERR_NONE)
		return say_error(&err, EXIT_USAGE);
	engine_close(engine);
	printf("\n# %s\n", engine_version());
	if (print_promises(settings, &all, &err) != ERR_NONE) {
		err_wrap(&err, "check");
		return say_error(&err, EXIT_FAILED);
	}
	if (!all) {
		err_set(&err, ERR_REJECT, "check: %s: the disk cannot promise what a lake needs",
			settings->lake);
		err_hint(&err, "a local file system such as ext4 or xfs can");
		return say_error(&err, EXIT_FAILED);
	}
	return EXIT_DONE;
}

static const char *const flags[] = { "lake",
				     "threads",
				     "memory",
				     "line_bytes_max",
				     "segment_bytes",
				     "window_entries",
				     "hello_timeout",
				     "import_bytes",
				     "document_bytes_max",
				     "weekend",
				     "weekend_zone",
				     "retire_grace",
				     NULL };
const struct command command_check = {
	.name = "check",
	.arguments = "",
	.summary = "Prints the effective configuration and what the disk can promise",
	.flags = flags,
	.examples = "  aviary check\n  aviary check --config etc/aviary.conf\n",
	.run = run,
};
