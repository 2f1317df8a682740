#include "role/role.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct status {
	struct lake *lake;
	struct lake_snapshot *snapshot;
	size_t stale_hours;
	char newest[TIME_TEXT_MAX]; /* created_at of the newest post; "" without any */
};

/* The newest post is in the newest hour. */
static enum err_kind find_newest(const struct settings *settings, struct status *status,
				 struct err *err)
{
	const struct lake_snapshot *snapshot = status->snapshot;
	if (snapshot->hour_count == 0)
		return ERR_NONE;
	const struct lake_hour *hour = &snapshot->hours[snapshot->hour_count - 1];
	struct engine *engine = NULL;
	struct session *session = NULL;
	struct result *result = NULL;
	struct buf sql = { 0 };
	bool row = false;
	buf_add_text(&sql, "SELECT epoch_us(max(created_at)) FROM read_parquet([");
	for (size_t i = 0; i < hour->file_count; i++) {
		char *path = lake_file(status->lake, "%s", hour->files[i]->name);
		buf_add_text(&sql, i > 0 ? "," : "");
		buf_add_sql(&sql, str_from(path));
		free(path);
	}
	buf_add_text(&sql, "])");
	enum err_kind kind = open_engine(settings, status->lake, 1, &engine, err);
	if (kind == ERR_NONE)
		kind = session_open(engine, &session, err);
	if (kind == ERR_NONE)
		kind = session_query(session, buf_text(&sql), &result, err);
	if (kind == ERR_NONE)
		kind = result_next(result, &row, err);
	if (kind == ERR_NONE && row)
		time_format(result_int(result, 0), status->newest);
	result_free(result);
	session_close(session);
	engine_close(engine);
	buf_release(&sql);
	return kind;
}

static void print_text(const struct settings *settings, const struct status *status)
{
	const struct lake_snapshot *snapshot = status->snapshot;
	char number[32], time[TIME_TEXT_MAX];
	printf("lake        %s (id %s)\n", settings->lake, lake_id(status->lake));
	printf("snapshot    record %" PRIu64 "%s%s\n", snapshot->number,
	       snapshot->number ? " of " : "",
	       snapshot->number ? time_format(snapshot->time_us, time) : "");
	printf("newest post %s\n", status->newest[0] ? status->newest : "none yet");
	printf("posts       %s rows\n", grouped(snapshot->rows, number));
	printf("hours       %s", grouped(snapshot->hour_count, number));
	printf(" in %s files,", grouped(snapshot->file_count, number));
	printf(" %s bytes\n", grouped(snapshot->bytes, number));
	printf("stale       %zu hours wait for refine\n", status->stale_hours);
	printf("quarantine  %s lines\n", grouped(snapshot->quarantined, number));
	for (size_t i = 0; i < snapshot->stream_count; i++)
		printf("stream      %s committed to byte %s\n", snapshot->streams[i].id,
		       grouped(snapshot->streams[i].to, number));
	if (snapshot->number == 0)
		printf("next: aviary import --lake %s FILE…\n", settings->lake);
}

static void print_json(const struct settings *settings, const struct status *status)
{
	const struct lake_snapshot *snapshot = status->snapshot;
	struct buf out = { 0 };
	buf_add_text(&out, "{\"lake\":");
	buf_add_json(&out, str_from(settings->lake));
	buf_addf(&out,
		 ",\"id\":\"%s\",\"record\":%" PRIu64 ",\"newest_post\":", lake_id(status->lake),
		 snapshot->number);
	if (status->newest[0])
		buf_add_json(&out, str_from(status->newest));
	else
		buf_add_text(&out, "null");
	buf_addf(&out,
		 ",\"posts\":%" PRIu64 ",\"hours\":%zu,\"files\":%" PRIu64 ",\"bytes\":%" PRIu64
		 ",\"stale_hours\":%zu,\"quarantined\":%" PRIu64 ",\"streams\":[",
		 snapshot->rows, snapshot->hour_count, snapshot->file_count, snapshot->bytes,
		 status->stale_hours, snapshot->quarantined);
	for (size_t i = 0; i < snapshot->stream_count; i++)
		buf_addf(&out, "%s{\"stream\":\"%s\",\"committed\":%" PRIu64 "}", i > 0 ? "," : "",
			 snapshot->streams[i].id, snapshot->streams[i].to);
	buf_add_text(&out, "]}\n");
	fputs(buf_text(&out), stdout);
	buf_release(&out);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct status status = { 0 };
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "status: unexpected argument '%s'", argv[1]);
		return say_error(&err, EXIT_USAGE);
	}
	enum err_kind kind = open_lake(settings, &status.lake, &err);
	if (kind == ERR_NONE)
		kind = lake_snapshot_read(status.lake, &status.snapshot, &err);
	if (kind == ERR_NONE)
		kind = warehouse_stale_hours(status.lake, status.snapshot, &settings->warehouse,
					     &status.stale_hours, &err);
	if (kind == ERR_NONE)
		kind = find_newest(settings, &status, &err);
	if (kind == ERR_NONE)
		(settings->json ? print_json : print_text)(settings, &status);
	lake_snapshot_free(status.snapshot);
	lake_close(status.lake);
	return kind == ERR_NONE ? EXIT_DONE : say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake", "json", "weekend", "weekend_zone", NULL };
const struct command command_status = {
	.name = "status",
	.arguments = "",
	.summary = "Tells what is in the lake and how current it is",
	.flags = flags,
	.examples = "  aviary status --lake lake\n  aviary status --lake lake --json\n",
	.run = run,
};
