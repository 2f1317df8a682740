#include "role/source_journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the lake that consumed it has not acknowledged is the next one's. */
static enum err_kind release(const struct settings *settings, struct err *err)
{
	struct source_journal home = { 0 };
	char stream[UUID_TEXT], *dir = NULL;
	struct position end;
	TRY(journal_dir(settings, &dir, err));
	enum err_kind kind = journal_look(dir, stream, &end, err);
	if (kind == ERR_NONE)
		kind = source_journal_open(&home, settings, err);
	if (kind == ERR_NONE)
		kind = journal_release_lake(home.requests.journal, err);
	if (kind == ERR_NONE)
		kind = journal_release_lake(home.journal, err);
	if (kind == ERR_NONE)
		printf("journal %s is free: the next lake that collects it gets what is not yet "
		       "acknowledged\n",
		       home.dir);
	source_journal_close(&home);
	free(dir);
	return kind;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	if (argc != 2 || strcmp(argv[1], "release") != 0) {
		err_set(&err, ERR_REJECT, "journal: 'release' is what can be done with one");
		return say_error(&err, EXIT_USAGE);
	}
	if (release(settings, &err) == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "journal");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake", "journal", NULL };
const struct command command_journal = {
	.name = "journal",
	.arguments = "release",
	.summary = "Lets another lake collect a journal",
	.flags = flags,
	.examples = "  aviary journal release --journal journal\n",
	.run = run,
};
