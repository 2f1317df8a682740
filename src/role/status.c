#include "role/role.h"
#include "role/run_state.h"
#include "role/status_streams.h"
#include "terminal/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct status {
	struct lake *lake;
	struct lake_snapshot *snapshot;
	size_t stale_hours;
	uint64_t quarantined;       /* lines, and what import kept beside them */
	char newest[TIME_TEXT_MAX]; /* created_at of the newest post; "" without any */
	struct stream_list streams;
	struct run_state run;
};

static enum err_kind add_newest(const struct status *status, const struct lake_hour *hour,
				struct buf *sql, struct err *err)
{
	struct store *store = lake_store(status->lake);
	buf_add_text(sql, "SELECT epoch_us(max(created_at)) FROM read_parquet([");
	for (size_t i = 0; i < hour->file_count; i++) {
		const struct lake_file_entry *entry = hour->files[i];
		struct store_file file = { .path = entry->name,
					   .bytes = entry->bytes,
					   .checksum = entry->checksum };
		TRY(store_fetch(store, &file, 1, err));
		char *path = store_read_path(store, &file);
		buf_add_text(sql, i > 0 ? "," : "");
		buf_add_sql(sql, str_from(path));
		free(path);
	}
	buf_add_text(sql, "])");
	return ERR_NONE;
}

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
	enum err_kind kind = add_newest(status, hour, &sql, err);
	if (kind == ERR_NONE)
		kind = open_engine(settings, status->lake, 1, &engine, err);
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

/* The log counts lines; a piece of a file that was none has a file of its own. */
static enum err_kind count_quarantined(struct status *status, struct err *err)
{
	struct name_list names = { 0 };
	TRY(store_list(lake_store(status->lake), "_aviary/quarantine", &names, err));
	status->quarantined = status->snapshot->quarantined;
	for (size_t i = 0; i < names.count; i++)
		status->quarantined += str_starts(str_from(names.names[i]), STR("import-"));
	name_list_release(&names);
	return ERR_NONE;
}

static void print_run(const struct run_state *run)
{
	char since[TIME_TEXT_MAX];
	if (run->pid == 0)
		return;
	printf("run         pid %lld, since %s\n", (long long)run->pid,
	       time_format(run->since_us, since));
	for (size_t i = 0; i < run->count; i++) {
		const struct run_role *role = &run->roles[i];
		printf("%-11s %s since %s", role->name, role->state,
		       time_format(role->since_us, since));
		if (role->pid > 0)
			printf(", pid %lld", (long long)role->pid);
		if (role->restarts > 0)
			printf(", restarted %llu time%s", (unsigned long long)role->restarts,
			       role->restarts == 1 ? "" : "s");
		printf("%s%s\n", role->address ? ", " : "", role->address ? role->address : "");
	}
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
	printf("quarantine  %s lines\n", grouped(status->quarantined, number));
	status_streams_print(&status->streams);
	print_run(&status->run);
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
		 ",\"stale_hours\":%zu,\"quarantined\":%" PRIu64 ",\"streams\":",
		 snapshot->rows, snapshot->hour_count, snapshot->file_count, snapshot->bytes,
		 status->stale_hours, status->quarantined);
	status_streams_add_json(&status->streams, &out);
	buf_add_text(&out, ",\"run\":");
	if (status->run.pid > 0)
		run_state_add_json(&status->run, &out);
	else
		buf_add_text(&out, "null");
	buf_add_text(&out, "}\n");
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
		kind = count_quarantined(&status, &err);
	if (kind == ERR_NONE)
		kind = status_streams_find(status.lake, status.snapshot, &status.streams, &err);
	if (kind == ERR_NONE)
		kind = find_newest(settings, &status, &err);
	if (kind == ERR_NONE)
		kind = run_state_read(status.lake, &status.run, &err);
	if (kind == ERR_NONE)
		(settings->json ? print_json : print_text)(settings, &status);
	status_streams_release(&status.streams);
	run_state_release(&status.run);
	lake_snapshot_free(status.snapshot);
	lake_close(status.lake);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "status");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = {
	"lake", "cache_bytes", "json", "weekend", "weekend_zone", NULL
};
const struct command command_status = {
	.name = "status",
	.arguments = "",
	.summary = "Tells what is in the lake and how current it is",
	.flags = flags,
	.examples = "  aviary status --lake lake\n  aviary status --lake lake --json\n",
	.run = run,
};
