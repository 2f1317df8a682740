#include "base/log.h"
#include "role/role.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
	&command_run,    &command_import, &command_listen, &command_replay,  &command_collect,
	&command_refine, &command_serve,  &command_query,  &command_sql,     &command_register,
	&command_status, &command_init,   &command_check,  &command_journal, &command_simulate,
	&command_try,    &command_search,
};
enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static void print_usage(FILE *to)
{
	fputs("usage: aviary COMMAND [ARGUMENT…]\n\n"
	      "  aviary import --lake lake posts.json      recorded posts become tables\n"
	      "  aviary query --lake lake \"SELECT count(*) FROM landing\"\n\n",
	      to);
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		fprintf(to, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\naviary COMMAND --help tells more; --version prints the version.\n", to);
}

static int print_command_help(const struct command *command)
{
	struct buf help = { 0 };
	settings_help(command, &help);
	printf("usage: aviary %s [FLAG…] %s\n\n%s.\n\n%s\n%s", command->name, command->arguments,
	       command->summary, command->examples, buf_text(&help));
	buf_release(&help);
	return EXIT_DONE;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMAND_COUNT; i++) {
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	}
	return NULL;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static int run_command(const struct command *command, int argc, char **argv)
{
	struct settings settings;
	struct err err = { 0 };
	int left = argc;
	if (wants_help(argc, argv))
		return print_command_help(command);
	if (settings_read(command, argc, argv, &settings, &left, &err) != ERR_NONE) {
		if (!err.hint[0])
			err_hint(&err, "aviary %s --help", command->name);
		return say_error(&err, EXIT_USAGE);
	}
	int code = command->run(&settings, left, argv);
	settings_release(&settings);
	return code;
}

/* What could not be printed was not done. */
static int after_printing(int code)
{
	struct err err = { 0 };
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	err_errno(&err, ERR_FATAL, "write to standard output");
	return say_error(&err, EXIT_FAILED);
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8"); /* for the width of characters; numbers stay as they are */
	signal(SIGPIPE, SIG_IGN);
	if (argc >= 2 && strcmp(argv[1], "--version") == 0) {
		printf("aviary %s (%s)\n", AVIARY_VERSION, engine_version());
		return after_printing(EXIT_DONE);
	}
	if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
		print_usage(argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_USAGE : EXIT_DONE;
	}
	const struct command *command = find_command(argv[1]);
	if (!command) {
		struct err err = { 0 };
		char names[128] = "";
		for (size_t i = 0; i < COMMAND_COUNT; i++)
			snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
				 i > 0 ? ", " : "", commands[i]->name);
		err_set(&err, ERR_REJECT, "unknown command '%s'", argv[1]);
		err_hint(&err, "commands: %s", names);
		return say_error(&err, EXIT_USAGE);
	}
	return after_printing(run_command(command, argc - 1, argv + 1));
}
