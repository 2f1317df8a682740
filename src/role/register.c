/* Keeps a server's tables in step with the lake: once, or whenever a batch has come. */
#include "role/role.h"
#include "role/stop.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
	const struct settings *settings;
	struct lake *lake;
	struct engine *duckdb, *engine;
	struct session *schema, *server;
	char *uri;
	bool views; /* are to be made: in the first round */
};

char *lake_uri(const struct settings *settings)
{
	char *absolute = realpath(settings->lake, NULL);
	char *uri = strstr(settings->lake, "://") ?
			    mem_printf("%.*s", (int)strcspn(settings->lake, "?"), settings->lake) :
			    mem_printf("file://%s", absolute ? absolute : settings->lake);
	free(absolute);
	return uri;
}

static enum err_kind open_all(struct work *work, struct err *err)
{
	TRY(open_lake(work->settings, &work->lake, err));
	TRY(open_engine(work->settings, work->lake, 1, &work->duckdb, err));
	TRY(session_open(work->duckdb, &work->schema, err));
	TRY(warehouse_schema_prepare(work->schema, err));
	TRY(open_server(work->settings, &work->engine, err));
	work->uri = lake_uri(work->settings);
	return session_open(work->engine, &work->server, err);
}

static void close_all(struct work *work)
{
	session_close(work->server);
	engine_close(work->engine);
	session_close(work->schema);
	engine_close(work->duckdb);
	lake_close(work->lake);
	free(work->uri);
}

static enum err_kind register_round(struct work *work, struct register_report *ret, struct err *err)
{
	struct register_options options = { .lake = work->lake,
					    .lake_uri = work->uri,
					    .server = work->server,
					    .schema = work->schema,
					    .settings = &work->settings->warehouse,
					    .views = work->views };
	TRY(warehouse_register(&options, ret, err));
	work->views = false;
	return ERR_NONE;
}

/* A server that is away is asked again in the next round. */
static enum err_kind follow(struct work *work, struct err *err)
{
	struct register_report report;
	do {
		enum err_kind kind = register_round(work, &report, err);
		if (kind != ERR_NONE && (kind != ERR_RETRY || stop_requested()))
			return stop_requested() ? ERR_NONE : kind;
		if (kind == ERR_RETRY)
			log_event(LOG_WARN, "register", "why=\"%s\"", err->msg);
		else if (report.made + report.altered + report.added + report.dropped > 0)
			log_event(LOG_INFO, "registered",
				  "made=%zu altered=%zu partitions=%zu dropped=%zu", report.made,
				  report.altered, report.added, report.dropped);
	} while (!stop_wait(-1, (int)(work->settings->refine_interval / 1000)));
	return ERR_NONE;
}

static enum err_kind once(struct work *work, struct err *err)
{
	struct register_report report;
	TRY(register_round(work, &report, err));
	printf("%s knows the lake: %zu tables made, %zu altered, %zu partitions added, "
	       "%zu dropped\n",
	       session_version(work->server), report.made, report.altered, report.added,
	       report.dropped);
	return ERR_NONE;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct work work = { .settings = settings, .views = true };
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "register: unexpected argument '%s'", argv[1]);
		return say_error(&err, EXIT_USAGE);
	}
	if (!has_server(settings)) {
		err_set(&err, ERR_REJECT, "register: no server is named, and DuckDB needs none");
		err_hint(&err, "--engine 'hive2://127.0.0.1:10000/;auth=noSasl'");
		return say_error(&err, EXIT_USAGE);
	}
	stop_install();
	enum err_kind kind = open_all(&work, &err);
	if (kind == ERR_NONE)
		kind = settings->once ? once(&work, &err) : follow(&work, &err);
	close_all(&work);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "register");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",   "engine",          "engine_password_file",
				     "memory", "weekend",         "weekend_zone",
				     "once",   "refine_interval", NULL };
const struct command command_register = {
	.name = "register",
	.arguments = "",
	.summary = "Makes the lake's tables known to Hive or Spark",
	.flags = flags,
	.examples = "  aviary register --once --engine 'hive2://127.0.0.1:10000/;auth=noSasl'\n"
		    "  aviary register --config etc/aviary.conf\n",
	.run = run,
};
