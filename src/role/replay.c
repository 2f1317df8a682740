/* Recorded files go into a journal at a pace, and the journal is served.
 *
 *     file ──► recorded_file_read() ──► group of lines ──► wait until it is due ──► journal ──► server
 *
 * A group and the place behind it in its file are one extent, so a replay that was killed goes on where
 * it was. A file that has been read to its end is finished, in this journal: given again, it is skipped.
 * (Its cursor "replay:SHA256" ends with "done".) Another journal replays it again.
 *
 * The pace: group k is due when all posts before it took their time at `rate`, or when its newest post
 * is as old in replayed time (`speed`). A page's lines are never parted, so at a slow rate they come by
 * the page, as from X. */
#include "role/input_file.h"
#include "role/journal_sink.h"
#include "role/ready.h"
#include "role/source_journal.h"
#include "role/stop.h"

#include "base/log.h"
#include "base/mem.h"
#include "post/post.h"
#include "terminal/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
	SYNC_BYTES = 16 << 20,
	SYNC_EVERY_US = 50000, /* what is journalled is seen by then */
	STATUS_EVERY_US = 200000,
	FULL_WAIT_MS = 100,
	GROUPS_A_SECOND = 50, /* at a given rate */
	TELL_MAX = 20,
};

struct replay {
	const struct settings *settings;
	struct source_journal home;
	struct journal_sink sink;
	struct buf cursor;
	struct input_file file;
	int file_count;

	uint64_t files_done, files_skipped, files_failed;
	uint64_t posts, known, refused, quarantined; /* of this run */
	struct source_place last;                    /* in the present file */
	uint64_t unsynced, told;
	int64_t synced_us, status_us;
	int64_t start_us, first_time_us; /* when the pace began, and with which post */
	bool full, is_cut_short;
};

/* --- what it says ------------------------------------------------------------------------------------------ */

static void tell_status(struct replay *replay, bool now)
{
	int64_t time = clock_monotonic_us();
	if (!replay->home.server || (!now && time - replay->status_us < STATUS_EVERY_US))
		return;
	struct buf text = { 0 };
	replay->status_us = time;
	buf_add_text(&text, "{\"role\":\"replay\",\"source\":\"replayed\",\"journal\":");
	buf_add_json(&text, str_from(replay->home.dir));
	buf_addf(&text,
		 ",\"files\":%d,\"files_done\":%" PRIu64 ",\"posts\":%" PRIu64 ",\"rate\":%" PRId64
		 ",\"speed\":%" PRId64 "}",
		 replay->file_count,
		 replay->files_done + replay->files_skipped + replay->files_failed, replay->posts,
		 replay->settings->rate, replay->settings->speed);
	wire_server_set_status(replay->home.server, buf_str(&text));
	buf_release(&text);
}

/* --- the pace ------------------------------------------------------------------------------------------------- */

/* The newest of its posts; 0 where none has a time. */
static int64_t newest_time(const struct source_line *lines, size_t count)
{
	int64_t newest = 0;
	for (size_t i = 0; i < count; i++) {
		struct post_peek peek;
		post_peek_key(str_make(lines[i].line.ptr, lines[i].line.len - 1), &peek);
		if (peek.sure && peek.key.time_us > newest)
			newest = peek.key.time_us;
	}
	return newest;
}

static int64_t due_us(struct replay *replay, const struct source_line *lines, size_t count)
{
	if (replay->settings->rate > 0)
		return replay->start_us +
		       (int64_t)((double)replay->posts * 1e6 / (double)replay->settings->rate);
	if (replay->settings->speed == 0)
		return 0;
	int64_t time_us = newest_time(lines, count);
	if (time_us == 0)
		return 0;
	if (replay->first_time_us == 0)
		replay->first_time_us = time_us;
	return replay->start_us + (time_us - replay->first_time_us) / replay->settings->speed;
}

/* Waits until the lines are due; what came before them is seen meanwhile. */
static enum err_kind wait_until_due(struct replay *replay, const struct source_line *lines,
				    size_t count, struct err *err)
{
	int64_t left_us;
	if (replay->start_us == 0)
		replay->start_us = clock_monotonic_us();
	int64_t due = due_us(replay, lines, count);
	while ((left_us = due - clock_monotonic_us()) > 0 && !stop_requested()) {
		TRY(journal_sync(replay->home.journal, err));
		tell_status(replay, false);
		stop_wait(-1, left_us > 3600000000 ? 3600000 : (int)((left_us + 999) / 1000));
	}
	return stop_requested() ? err_set(err, ERR_RETRY, "stopped") : ERR_NONE;
}

static size_t group_lines_max(const struct settings *settings)
{
	if (settings->rate == 0)
		return settings->speed > 0 ? 1 : 0;
	return (size_t)(settings->rate / GROUPS_A_SECOND) + 1;
}

/* --- the sink -------------------------------------------------------------------------------------------------- */

static bool knows(void *context, const struct source_line *line)
{
	struct replay *replay = context;
	return journal_sink_knows(&replay->sink, line);
}

/* A full journal waits for its collector. */
static enum err_kind append(struct replay *replay, const struct source_line *lines, size_t count,
			    const struct cursor_change *cursors, size_t cursor_count,
			    struct err *err)
{
	enum err_kind kind;
	while ((kind = journal_sink_append(&replay->sink, lines, count, cursors, cursor_count,
					   err)) == ERR_RETRY) {
		if (!replay->home.server)
			return err->kind = ERR_FATAL;
		if (!replay->full)
			log_event(LOG_WARN, "full", "why=\"%s\"", err->msg);
		replay->full = true;
		TRY(journal_sync(replay->home.journal, err));
		if (stop_wait(-1, FULL_WAIT_MS))
			return err_set(err, ERR_RETRY, "stopped");
	}
	replay->full = false;
	return kind;
}

static enum err_kind sync_now_and_then(struct replay *replay, size_t bytes, struct err *err)
{
	int64_t now = clock_monotonic_us();
	replay->unsynced += bytes;
	if (replay->unsynced < SYNC_BYTES && now - replay->synced_us < SYNC_EVERY_US)
		return ERR_NONE;
	replay->unsynced = 0;
	replay->synced_us = now;
	return journal_sync(replay->home.journal, err);
}

static enum err_kind store(struct replay *replay, const struct source_line *lines, size_t count,
			   const struct source_place *place, bool done, struct err *err)
{
	char name[80], batch[24];
	snprintf(name, sizeof name, "replay:%s", replay->file.sha256);
	snprintf(batch, sizeof batch, "%" PRId64, place->batch_id);
	buf_reset(&replay->cursor);
	input_place_write(&replay->cursor, place);
	buf_add_text(&replay->cursor, done ? " done" : "");
	struct cursor_change cursors[] = {
		{ .name = str_from(name), .value = buf_str(&replay->cursor) },
		{ .name = STR("batch_id"), .value = str_from(batch) },
	};
	TRY(append(replay, lines, count, cursors, 2, err));
	replay->posts += place->posts - replay->last.posts;
	replay->known += place->known - replay->last.known;
	replay->last = *place;
	return sync_now_and_then(replay, replay->sink.lines.len, err);
}

static enum err_kind take(void *context, const struct source_line *lines, size_t count,
			  const struct source_place *place, struct err *err)
{
	struct replay *replay = context;
	if (count > 0)
		TRY(wait_until_due(replay, lines, count, err));
	TRY(store(replay, lines, count, place, false, err));
	tell_status(replay, false);
	return ERR_NONE;
}

static enum err_kind quarantine(void *context, struct str bytes, uint64_t file_line,
				const char *reason, struct err *err)
{
	struct replay *replay = context;
	struct buf entry = { 0 };
	char *dir = mem_printf("%s/quarantine", replay->home.dir);
	char *path = mem_printf("%s/%s-%" PRIu64 ".jsonl", dir, replay->file.sha256, file_line);
	input_piece_write(&entry, replay->file.name, file_line, reason, bytes);
	enum err_kind kind = dir_make(dir, true, err);
	if (kind == ERR_NONE)
		kind = file_replace(path, buf_str(&entry), err);
	if (kind == ERR_NONE)
		fprintf(stderr, "aviary: replay: %s: line %" PRIu64 ": %s: kept in %s\n",
			replay->file.name, file_line, reason, path);
	replay->quarantined++;
	buf_release(&entry);
	free(path);
	free(dir);
	return kind;
}

static void tell_broken(void *context, uint64_t file_line, const char *reason)
{
	struct replay *replay = context;
	if (replay->told++ >= TELL_MAX)
		return;
	fprintf(stderr, "aviary: replay: %s: line %" PRIu64 ": %s: the collector's quarantine\n",
		replay->file.name, file_line, reason);
	if (replay->told == TELL_MAX)
		fprintf(stderr, "further broken lines are not named\n");
}

static enum err_kind keep_page(void *context, struct str page, uint64_t file_line, struct err *err)
{
	struct replay *replay = context;
	return request_log_keep_page(&replay->home.requests, &replay->file, file_line, page, err);
}

static void refuse(void *context, uint64_t file_line, const char *what_it_is)
{
	struct replay *replay = context;
	replay->refused++;
	fprintf(stderr, "aviary: replay: %s: line %" PRIu64 ": %s, not a search page: left out\n",
		replay->file.name, file_line, what_it_is);
}

static bool go_on(void *context, uint64_t bytes)
{
	(void)context;
	(void)bytes;
	return !stop_requested();
}

/* --- one file --------------------------------------------------------------------------------------------------- */

/* Where reading goes on; *ret_done when there is nothing left. */
static struct source_place begin_place(struct replay *replay, bool *ret_done)
{
	char name[80];
	int64_t last = 0;
	snprintf(name, sizeof name, "replay:%s", replay->file.sha256);
	struct str cursor = journal_cursor(replay->home.journal, str_from(name));
	struct source_place place = { 0 };
	*ret_done = cursor.ptr && str_ends(cursor, STR(" done"));
	if (cursor.ptr)
		place = input_place_read(cursor);
	struct str batch = journal_cursor(replay->home.journal, STR("batch_id"));
	if (batch.ptr && str_to_i64(batch, &last) && last > place.batch_id)
		place.batch_id = last;
	return place;
}

static enum err_kind replay_open_file(struct replay *replay, struct err *err)
{
	bool done;
	struct source_place to = replay->last = begin_place(replay, &done);
	struct recorded_file_options options = {
		.path = replay->file.path,
		.line_bytes_max = (size_t)replay->settings->line_bytes_max,
		.document_bytes_max = (uint64_t)replay->settings->document_bytes_max,
		.group_lines_max = group_lines_max(replay->settings),
		.from = to,
		.xxh3 = replay->file.xxh3,
		.bytes = replay->file.bytes,
		.progress = go_on,
	};
	struct source_sink sink = { .context = replay,
				    .knows = knows,
				    .take = take,
				    .quarantine = quarantine,
				    .tell_broken = tell_broken,
				    .keep_page = keep_page,
				    .refuse = refuse };
	if (done) {
		replay->files_skipped++;
		log_event(LOG_INFO, "skipped", "file=\"%s\" why=\"replayed before\"",
			  replay->file.name);
		return ERR_NONE;
	}
	TRY(recorded_file_read(&options, &sink, &to, err));
	TRY(store(replay, NULL, 0, &to, true, err));
	replay->files_done++;
	return ERR_NONE;
}

/* What is wrong with a file is said and counted; a journal that fails, or being stopped, ends it all. */
static enum err_kind replay_file(struct replay *replay, const char *path, struct err *err)
{
	enum err_kind kind = input_file_open(path, replay->home.dir, &replay->file, err);
	if (kind == ERR_NONE)
		kind = replay_open_file(replay, err);
	input_file_close(&replay->file);
	if (kind != ERR_REJECT)
		return kind;
	bool named = str_starts(str_from(err->msg), str_from(replay->file.name));
	fprintf(stderr, "aviary: replay: %s%s%s\n", named ? "" : replay->file.name,
		named ? "" : ": ", err->msg);
	replay->files_failed++;
	return ERR_NONE;
}

/* --- all of them -------------------------------------------------------------------------------------------------- */

static enum err_kind start(struct replay *replay, struct err *err)
{
	const struct settings *settings = replay->settings;
	TRY(source_journal_open(&replay->home, settings, err));
	replay->sink.journal = replay->home.journal;
	TRY(source_journal_add_source(&replay->home, "replayed", err));
	if (settings->once)
		return ERR_NONE;
	TRY(source_journal_serve(&replay->home, settings, settings->host, (int)settings->port,
				 err));
	log_event(LOG_INFO, "serving", "address=%s:%d stream=%s journal=\"%s\"", settings->host,
		  wire_server_port(replay->home.server), journal_stream(replay->home.journal),
		  replay->home.dir);
	tell_status(replay, true);
	say_ready(wire_server_port(replay->home.server));
	return ERR_NONE;
}

static enum err_kind replay_all(struct replay *replay, int count, char **paths, struct err *err)
{
	enum err_kind kind = ERR_NONE;
	replay->file_count = count;
	TRY(start(replay, err));
	for (int i = 0; i < count && kind == ERR_NONE; i++) {
		kind = replay_file(replay, paths[i], err);
		tell_status(replay, true);
	}
	replay->is_cut_short = kind == ERR_RETRY && stop_requested();
	if (kind == ERR_NONE || replay->is_cut_short)
		kind = journal_sync(replay->home.journal, err);
	return kind;
}

static void print_summary(const struct replay *replay)
{
	char posts[32], known[32];
	printf("replayed %d file%s: %s posts journalled, %s already known%s\n", replay->file_count,
	       replay->file_count == 1 ? "" : "s", grouped(replay->posts, posts),
	       grouped(replay->known, known),
	       replay->is_cut_short ? "; stopped before the end" : "");
	if (replay->files_skipped > 0)
		printf("  %" PRIu64 " of them had been replayed before (into this journal)\n",
		       replay->files_skipped);
	if (replay->files_failed > 0)
		printf("  %" PRIu64 " could not be replayed (see above)\n", replay->files_failed);
	if (replay->refused > 0)
		printf("  %" PRIu64 " documents were no search pages and were left out\n",
		       replay->refused);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct replay replay = { .settings = settings, .file.fd = -1 };
	if (argc < 2) {
		err_set(&err, ERR_REJECT, "replay: no file");
		err_hint(&err, "aviary replay --rate 100 FILE…   (- reads standard input)");
		return say_error(&err, EXIT_USAGE);
	}
	if (settings->rate > 0 && settings->speed > 0) {
		err_set(&err, ERR_REJECT, "replay: --rate and --speed are two paces");
		return say_error(&err, EXIT_USAGE);
	}
	stop_install();
	enum err_kind kind = replay_all(&replay, argc - 1, argv + 1, &err);
	if (kind == ERR_NONE) {
		print_summary(&replay);
		fflush(stdout);
		while (!settings->once && !stop_wait(-1, -1))
			continue;
	}
	bool all = replay.files_failed == 0 && replay.refused == 0 &&
		   !(settings->once && replay.is_cut_short);
	source_journal_close(&replay.home);
	journal_sink_release(&replay.sink);
	buf_release(&replay.cursor);
	if (kind != ERR_NONE) {
		err_wrap(&err, "replay");
		return say_error(&err, EXIT_FAILED);
	}
	return all ? EXIT_DONE : EXIT_FAILED;
}

static const char *const flags[] = { "lake",          "host",
				     "port",          "journal",
				     "journal_bytes", "line_bytes_max",
				     "segment_bytes", "window_entries",
				     "hello_timeout", "document_bytes_max",
				     "rate",          "speed",
				     "once",          NULL };
const struct command command_replay = {
	.name = "replay",
	.arguments = "FILE…",
	.summary = "Recorded posts go over the wire again, at a pace",
	.flags = flags,
	.examples = "  aviary replay --port 7777 --rate 100 posts.jsonl\n"
		    "  aviary replay --once posts.json; aviary collect --once\n",
	.run = run,
};
