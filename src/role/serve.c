#include "role/serve.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "role/stream_source.h"

#include <stdio.h>
#include <stdlib.h>

/* What is published is all that is looked at. */
static enum err_kind tell_published(struct dashboard *dashboard, struct lake *lake,
				    const struct lake_snapshot *snapshot, struct err *err)
{
	struct live_state state = { .snapshot = snapshot->number,
				    .snapshot_us = snapshot->time_us,
				    .rows = snapshot->rows,
				    .stream_count = snapshot->stream_count };
	struct live_stream *streams = mem_zalloc(snapshot->stream_count, sizeof *streams);
	struct stream_source *sources = mem_zalloc(snapshot->stream_count, sizeof *sources);
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < snapshot->stream_count && kind == ERR_NONE; i++) {
		const struct lake_stream *stream = &snapshot->streams[i];
		snprintf(streams[i].id, sizeof streams[i].id, "%s", stream->id);
		streams[i].way = LIVE_PUBLISHED_ONLY;
		streams[i].published_us = stream->time_us;
		kind = stream_source_read(lake, stream->id, &sources[i], err);
		streams[i].source = sources[i].source;
	}
	state.streams = streams;
	if (kind == ERR_NONE)
		serve_tell_health(dashboard,
				  &(struct serve_health){ .lake = lake, .state = &state });
	for (size_t i = 0; i < snapshot->stream_count; i++)
		stream_source_release(&sources[i]);
	free(sources);
	free(streams);
	return kind;
}

/* Writes the page as one file, for cron and mail. */
static enum err_kind write_once(const struct settings *settings, struct lake *lake,
				struct dashboard *dashboard, struct err *err)
{
	struct engine *engine = NULL;
	struct session *session = NULL;
	struct lake_snapshot *snapshot = NULL;
	struct buf page = { 0 };
	enum err_kind kind = lake_snapshot_read(lake, &snapshot, err);
	if (kind == ERR_NONE)
		kind = open_engine(settings, lake, thread_count(settings), &engine, err);
	if (kind == ERR_NONE)
		kind = session_open(engine, &session, err);
	if (kind == ERR_NONE)
		kind = warehouse_attach(session, lake, snapshot, &settings->warehouse, err);
	if (kind == ERR_NONE)
		kind = dashboard_ask(dashboard, session, clock_now_us(), err);
	if (kind == ERR_NONE)
		kind = tell_published(dashboard, lake, snapshot, err);
	if (kind == ERR_NONE) {
		dashboard_page(dashboard, &page);
		kind = file_replace(settings->out, buf_str(&page), err);
	}
	if (kind == ERR_NONE)
		printf("wrote %s\n", settings->out);
	session_close(session);
	engine_close(engine);
	lake_snapshot_free(snapshot);
	buf_release(&page);
	return kind;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct lake *lake = NULL;
	struct dashboard_options options = { .zone = settings->warehouse.weekend_zone };
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "serve: unexpected argument '%s'", argv[1]);
		return say_error(&err, EXIT_USAGE);
	}
	if (!settings->once || !settings->out) {
		err_set(&err, ERR_REJECT, "serve: it is written once, for now");
		err_hint(&err, "aviary serve --once --out page.html");
		return say_error(&err, EXIT_USAGE);
	}
	struct dashboard *dashboard = dashboard_new(&options);
	enum err_kind kind = open_lake(settings, &lake, &err);
	if (kind == ERR_NONE)
		kind = write_once(settings, lake, dashboard, &err);
	dashboard_free(dashboard);
	lake_close(lake);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "serve");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",    "http",   "once",    "out",          "live_bytes",
				     "threads", "memory", "weekend", "weekend_zone", NULL };
const struct command command_serve = {
	.name = "serve",
	.arguments = "",
	.summary = "Shows the lake as a page that follows it",
	.flags = flags,
	.examples = "  aviary serve --lake lake --http 127.0.0.1:8080\n"
		    "  aviary serve --lake lake --once --out page.html\n",
	.run = run,
};
