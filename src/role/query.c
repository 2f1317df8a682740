#include "role/output.h"
#include "role/role.h"

#include <stdio.h>
#include <string.h>

/* Files are replaced while we look: who finds that an hour was exchanged between listing and opening asks
 * again, with a new snapshot; for the last time while refine has to wait. */
enum { ATTEMPTS = 3 };

static enum output_format format_of(const struct settings *settings)
{
	return strcmp(settings->format, "csv") == 0  ? OUTPUT_CSV :
	       strcmp(settings->format, "json") == 0 ? OUTPUT_JSON :
						       OUTPUT_TABLE;
}

static void print_snapshot(const struct lake_snapshot *snapshot, uint64_t rows)
{
	char time[TIME_TEXT_MAX], count[32];
	fprintf(stderr, "%s row%s; snapshot %llu%s%s\n", grouped(rows, count), rows == 1 ? "" : "s",
		(unsigned long long)snapshot->number, snapshot->number ? " of " : "",
		snapshot->number ? time_format(snapshot->time_us, time) : "");
}

static enum err_kind ask_once(const struct settings *settings, struct lake *lake, const char *sql,
			      bool *ret_printed, struct err *err)
{
	struct engine *engine = NULL;
	struct session *session = NULL;
	struct lake_snapshot *snapshot = NULL;
	struct result *result = NULL;
	uint64_t rows = 0;
	enum err_kind kind = lake_snapshot_read(lake, &snapshot, err);
	if (kind == ERR_NONE)
		kind = open_engine(settings, lake, thread_count(settings), &engine, err);
	if (kind == ERR_NONE)
		kind = session_open(engine, &session, err);
	if (kind == ERR_NONE)
		kind = warehouse_attach(session, lake, snapshot, &settings->warehouse, err);
	if (kind == ERR_NONE)
		kind = session_query(session, sql, &result, err);
	if (kind == ERR_NONE) {
		kind = output_result(result, format_of(settings), &rows, ret_printed, err);
	}
	if (kind == ERR_NONE && format_of(settings) == OUTPUT_TABLE)
		print_snapshot(snapshot, rows);
	result_free(result);
	session_close(session);
	engine_close(engine);
	lake_snapshot_free(snapshot);
	return kind;
}

static bool is_overtaken(const struct err *err)
{
	return strstr(err->msg, "No such file") || strstr(err->msg, "No files found");
}

static enum err_kind ask(const struct settings *settings, struct lake *lake, const char *sql,
			 struct err *err)
{
	struct file_lock refine = { .fd = -1 };
	struct err ignored;
	bool printed = false, held = false;
	enum err_kind kind = ask_once(settings, lake, sql, &printed, err);
	for (int attempt = 1;
	     kind != ERR_NONE && !printed && is_overtaken(err) && attempt <= ATTEMPTS; attempt++) {
		if (attempt == ATTEMPTS &&
		    lake_lock(lake, "refine", true, &refine, &held, &ignored) != ERR_NONE)
			break; /* who may only read cannot make anybody wait */
		kind = ask_once(settings, lake, sql, &printed, err);
	}
	file_lock_drop(&refine);
	return kind;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct lake *lake = NULL;
	if (argc != 2) {
		err_set(&err, ERR_REJECT, "query: %s",
			argc < 2 ? "no SQL" : "more than one SQL text");
		err_hint(&err, "aviary query \"SELECT count(*) FROM landing\"");
		return say_error(&err, EXIT_USAGE);
	}
	enum err_kind kind = open_lake(settings, &lake, &err);
	if (kind == ERR_NONE)
		kind = ask(settings, lake, argv[1], &err);
	lake_close(lake);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "query");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",    "format",       "threads", "memory",
				     "weekend", "weekend_zone", NULL };
const struct command command_query = {
	.name = "query",
	.arguments = "SQL",
	.summary = "Asks the tables, in DuckDB's SQL",
	.flags = flags,
	.examples = "  aviary query \"SELECT lang, count(*) FROM landing GROUP BY lang\"\n"
		    "  aviary query --format csv \"SELECT * FROM posts\" > posts.csv\n",
	.run = run,
};
