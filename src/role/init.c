#include "role/role.h"

#include <stdio.h>

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct lake *lake = NULL;
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "init: unexpected argument '%s'", argv[1]);
		err_hint(&err, "the lake is named with --lake DIR");
		return say_error(&err, EXIT_USAGE);
	}
	if (lake_create(settings->lake, &err) != ERR_NONE ||
	    lake_open(settings->lake, &lake, &err) != ERR_NONE) {
		err_wrap(&err, "init");
		return say_error(&err, EXIT_FAILED);
	}
	printf("lake %s is ready (id %s)\n"
	       "next: aviary import --lake %s FILE…\n"
	       "or:   aviary run --lake %s --keyword K --token-file FILE --budget-usd-month 10\n",
	       settings->lake, lake_id(lake), settings->lake, settings->lake);
	lake_close(lake);
	return EXIT_DONE;
}

static const char *const flags[] = { "lake", NULL };
const struct command command_init = {
	.name = "init",
	.arguments = "",
	.summary = "Makes an empty lake",
	.flags = flags,
	.examples = "  aviary init --lake lake\n",
	.run = run,
};
