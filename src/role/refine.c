#include "role/role.h"

#include <stdio.h>

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct lake *lake = NULL;
	struct engine *engine = NULL;
	struct refine_report report;
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "refine: unexpected argument '%s'", argv[1]);
		return say_error(&err, EXIT_USAGE);
	}
	enum err_kind kind = open_lake(settings, &lake, &err);
	if (kind == ERR_NONE)
		kind = open_engine(settings, lake, thread_count(settings), &engine, &err);
	if (kind == ERR_NONE)
		kind = refine_lake(settings, lake, engine, NULL, NULL, &report, &err);
	if (kind == ERR_NONE)
		printf("refined %zu hours up to record %llu; %zu were current\n", report.hours,
		       (unsigned long long)report.snapshot, report.current);
	engine_close(engine);
	lake_close(lake);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "refine");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",         "threads",      "memory", "weekend",
				     "weekend_zone", "retire_grace", NULL };
const struct command command_refine = {
	.name = "refine",
	.arguments = "",
	.summary = "Brings dimensions and facts up to date, then ends",
	.flags = flags,
	.examples = "  aviary refine --lake lake\n",
	.run = run,
};
