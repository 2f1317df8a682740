#include "live/live.h"
#include "role/role.h"
#include "role/stop.h"
#include "terminal/terminal.h"

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

static void print_seen(const struct live_state *state, uint64_t rows)
{
	char time[TIME_TEXT_MAX], count[32];
	fprintf(stderr, "%s row%s; snapshot %llu%s%s", grouped(rows, count), rows == 1 ? "" : "s",
		(unsigned long long)state->snapshot, state->snapshot ? " of " : "",
		state->snapshot ? time_format(state->snapshot_us, time) : "");
	if (state->tail_lines > 0)
		fprintf(stderr, " and %s post%s behind it", grouped(state->tail_lines, count),
			state->tail_lines == 1 ? "" : "s");
	fputc('\n', stderr);
	for (size_t i = 0; i < state->stream_count; i++) {
		const struct live_stream *stream = &state->streams[i];
		if (stream->way == LIVE_PUBLISHED_ONLY)
			fprintf(stderr, "stream %s is seen up to %s only: %s\n", stream->id,
				stream->published_us ? time_format(stream->published_us, time) :
						       "its beginning",
				stream->trouble ? stream->trouble : "its journal is not here");
	}
}

struct question {
	const struct settings *settings;
	struct lake *lake;
	const char *sql;
	struct engine *engine;
	struct session *session;
	struct live *live;
	bool printed;
};

static enum err_kind ask_once(struct question *question, struct err *err)
{
	struct result *result = NULL;
	uint64_t rows = 0;
	enum output_format format = format_of(question->settings);
	TRY(live_attach(question->live, question->session, question->sql, err));
	TRY(session_query(question->session, question->sql, &result, err));
	enum err_kind kind = output_result(result, format, &rows, &question->printed, err);
	if (kind == ERR_NONE && format == OUTPUT_TABLE)
		print_seen(live_state(question->live), rows);
	result_free(result);
	return kind;
}

static enum err_kind ask_again_when_overtaken(struct question *question, struct err *err)
{
	struct file_lock refine = { .fd = -1 };
	struct err ignored;
	bool held = false;
	enum err_kind kind = ask_once(question, err);
	for (int attempt = 1; kind != ERR_NONE && !question->printed && live_was_overtaken(err) &&
			      attempt <= ATTEMPTS;
	     attempt++) {
		if (attempt == ATTEMPTS &&
		    lake_lock(question->lake, "refine", true, &refine, &held, &ignored) != ERR_NONE)
			break; /* who may only read cannot make anybody wait */
		kind = ask_once(question, err);
	}
	file_lock_drop(&refine);
	return kind;
}

static enum err_kind ask(const struct settings *settings, struct lake *lake, const char *sql,
			 struct err *err)
{
	struct question question = { .settings = settings, .lake = lake, .sql = sql };
	bool changed;
	enum err_kind kind =
		open_engine(settings, lake, thread_count(settings), &question.engine, err);
	struct live_options options = { .lake = lake,
					.engine = question.engine,
					.settings = &settings->warehouse,
					.bytes_max = (uint64_t)settings->live_bytes };
	if (kind == ERR_NONE)
		kind = session_open(question.engine, &question.session, err);
	if (kind == ERR_NONE)
		kind = live_open(&options, &question.live, err);
	if (kind == ERR_NONE)
		kind = live_advance(question.live, 0, &changed, err);
	if (kind == ERR_NONE)
		kind = ask_again_when_overtaken(&question, err);
	session_close(question.session);
	live_close(question.live);
	engine_close(question.engine);
	return kind;
}

/* A server answers from the tables that are published; it knows no snapshots. */
static enum err_kind ask_server(const struct settings *settings, const char *sql, struct err *err)
{
	struct engine *engine = NULL;
	struct session *session = NULL;
	struct result *result = NULL;
	enum output_format format = format_of(settings);
	uint64_t rows = 0;
	bool printed;
	char count[32];
	stop_install();
	enum err_kind kind = open_server(settings, &engine, err);
	if (kind == ERR_NONE)
		kind = session_open(engine, &session, err);
	if (kind == ERR_NONE)
		kind = session_query(session, sql, &result, err);
	if (kind == ERR_NONE)
		kind = output_result(result, format, &rows, &printed, err);
	if (kind == ERR_NONE && format == OUTPUT_TABLE)
		fprintf(stderr, "%s row%s; published tables, by %s\n", grouped(rows, count),
			rows == 1 ? "" : "s", session_version(session));
	result_free(result);
	session_close(session);
	engine_close(engine);
	return kind;
}

static enum err_kind ask_lake(const struct settings *settings, const char *sql, struct err *err)
{
	struct lake *lake = NULL;
	enum err_kind kind = open_lake(settings, &lake, err);
	if (kind == ERR_NONE)
		kind = ask(settings, lake, sql, err);
	lake_close(lake);
	return kind;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	if (argc != 2) {
		err_set(&err, ERR_REJECT, "query: %s",
			argc < 2 ? "no SQL" : "more than one SQL text");
		err_hint(&err, "aviary query \"SELECT count(*) FROM landing\"");
		return say_error(&err, EXIT_USAGE);
	}
	if ((has_server(settings) ? ask_server : ask_lake)(settings, argv[1], &err) == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "query");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",        "engine",  "engine_password_file",
				     "format",      "threads", "memory",
				     "cache_bytes", "weekend", "weekend_zone",
				     "live_bytes",  NULL };
const struct command command_query = {
	.name = "query",
	.arguments = "SQL",
	.summary = "Asks the tables, in the engine's SQL",
	.flags = flags,
	.examples =
		"  aviary query \"SELECT lang, count(*) FROM landing GROUP BY lang\"\n"
		"  aviary query --engine 'hive2://127.0.0.1:10000/;auth=noSasl' 'SHOW DATABASES'\n"
		"  aviary query --format csv \"SELECT * FROM posts\" > posts.csv\n",
	.run = run,
};
