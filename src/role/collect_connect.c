/* How a collector comes to its stream.
 *
 *     status ──► stream ──► lock/stream-UUID ──► the log: committed to N ──► resume at N, proven
 *
 * The name is asked for before the connection is made, since only the holder of the stream's lock may
 * take over from a predecessor that is half gone. */
#include "role/collect.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { STATUS_TIMEOUT_MS = 5000, LOCK_WAIT_MS = 300 };

/* --- who is there ----------------------------------------------------------------------------------------- */

static char *copy_text(struct str text)
{
	return text.len > 0 ? mem_printf("%.*s", STR_ARG(text)) : NULL;
}

static bool read_u64(yyjson_val *root, const char *name, uint64_t *ret)
{
	return str_to_u64(json_text(json_get(root, name)), ret);
}

static enum err_kind read_requests(struct collect *collect, yyjson_val *requests, struct err *err)
{
	struct str stream = json_get_text(requests, "stream");
	collect->requests_stream[0] = '\0';
	if (!yyjson_is_obj(requests))
		return ERR_NONE;
	if (!uuid_valid(stream) || !read_u64(requests, "end", &collect->requests_end) ||
	    !read_u64(requests, "acknowledged", &collect->requests_acknowledged))
		return err_set(err, ERR_RETRY, "the server's status lacks members");
	snprintf(collect->requests_stream, UUID_TEXT, "%.*s", STR_ARG(stream));
	return ERR_NONE;
}

static enum err_kind read_status(struct collect *collect, struct str text, struct err *err)
{
	struct json_doc doc = { 0 };
	enum err_kind kind = json_read(&doc, text, err);
	if (kind == ERR_NONE) {
		yyjson_val *status = json_get(doc.root, "status");
		struct str stream = json_get_text(doc.root, "stream");
		lake_source_release(&collect->source);
		snprintf(collect->stream, sizeof collect->stream, "%.*s", STR_ARG(stream));
		if (!read_u64(doc.root, "end", &collect->end) ||
		    !read_u64(doc.root, "acknowledged", &collect->acknowledged))
			kind = err_set(err, ERR_RETRY, "the server's status lacks members");
		if (kind == ERR_NONE)
			kind = read_requests(collect, json_get(doc.root, "requests"), err);
		/* A directory of another machine says nothing here. */
		if (net_is_loopback(collect->host))
			collect->source.journal = copy_text(json_get_text(status, "journal"));
		collect->source.source = copy_text(json_get_text(status, "source"));
		collect->source.address = mem_strdup(collect->address);
	}
	json_release(&doc);
	return kind;
}

/* A journal of our own tells us itself. */
static void look_at_home(struct collect *collect)
{
	char source[16];
	lake_source_release(&collect->source);
	memcpy(collect->stream, journal_stream(collect->home.journal), UUID_TEXT);
	collect->end = journal_end(collect->home.journal).offset;
	collect->acknowledged = journal_acknowledged(collect->home.journal);
	const struct journal *requests = collect->home.requests.journal;
	memcpy(collect->requests_stream, journal_stream(requests), UUID_TEXT);
	collect->requests_end = journal_end(requests).offset;
	collect->requests_acknowledged = journal_acknowledged(requests);
	collect->source = (struct lake_source){
		.journal = mem_strdup(collect->home.dir),
		.address = mem_strdup(collect->address),
		.source = copy_text(str_from(source_journal_source(&collect->home, source))),
	};
}

static enum err_kind ask_status(struct collect *collect, struct err *err)
{
	struct buf text = { 0 };
	if (collect->home.server) {
		look_at_home(collect);
		return ERR_NONE;
	}
	enum err_kind kind =
		wire_status(collect->host, collect->port, STATUS_TIMEOUT_MS, &text, err);
	if (kind == ERR_NONE)
		kind = read_status(collect, buf_str(&text), err);
	buf_release(&text);
	return kind;
}

enum err_kind collect_note_source(struct collect *collect, struct err *err)
{
	if (collect->source.source)
		return ERR_NONE;
	TRY(ask_status(collect, err));
	return lake_source_write(collect->lake, collect->stream, &collect->source, err);
}

enum err_kind collect_serve_itself(struct collect *collect, struct err *err)
{
	char stream[UUID_TEXT], *dir = NULL;
	struct position end;
	struct err ignored;
	TRY(journal_dir(collect->settings, &dir, err));
	enum err_kind kind = journal_look(dir, stream, &end, &ignored);
	if (kind != ERR_NONE)
		kind = err_set(err, ERR_FATAL, "nobody serves %s, and there is no journal in %s",
			       collect->settings->from, dir);
	free(dir);
	TRY(kind);
	TRY(source_journal_open(&collect->home, collect->settings, err));
	TRY(source_journal_serve(&collect->home, collect->settings, "127.0.0.1", 0, err));
	snprintf(collect->host, sizeof collect->host, "127.0.0.1");
	collect->port = wire_server_port(collect->home.server);
	return ERR_NONE;
}

/* --- the lock ------------------------------------------------------------------------------------------------- */

/* With --once the other collector may do it all; it may also publish only hours from now. */
static enum err_kind look_at_other(struct collect *collect, int64_t *seen_us, bool *ret_done,
				   struct err *err)
{
	uint64_t before = collect->acknowledged;
	TRY(ask_status(collect, err));
	if (strcmp(collect->stream, collect->locked) != 0)
		return err_set(err, ERR_RETRY, "%s: the stream changed meanwhile",
			       collect->settings->from);
	*ret_done = collect->acknowledged >= collect->goal &&
		    collect->requests_acknowledged >= collect->requests_goal;
	if (collect->acknowledged > before)
		*seen_us = collect->progress_us = clock_monotonic_us();
	if (*ret_done || clock_monotonic_us() - *seen_us <= QUIET_MAX_US)
		return ERR_NONE;
	err_set(err, ERR_FATAL,
		"another collector has stream %s, and has published nothing for %d s",
		collect->stream, QUIET_MAX_US / 1000000);
	return err_hint(err, "it publishes every --publish-interval, and when it gets SIGUSR1");
}

static enum err_kind wait_for_lock(struct collect *collect, const char *name, bool *ret_done,
				   struct err *err)
{
	bool held = false;
	int64_t seen_us = clock_monotonic_us();
	log_event(LOG_INFO, "waiting", "why=\"another collector has stream %s\"", collect->stream);
	while (!held) {
		if (stop_wait(-1, LOCK_WAIT_MS))
			return err_set(err, ERR_RETRY, "stopped");
		if (collect->settings->once) {
			TRY(look_at_other(collect, &seen_us, ret_done, err));
			if (*ret_done)
				return ERR_NONE;
		}
		TRY(lake_lock(collect->lake, name, false, &collect->lock, &held, err));
	}
	return ERR_NONE;
}

static enum err_kind take_lock(struct collect *collect, bool *ret_done, struct err *err)
{
	bool held = false;
	char name[64];
	if (collect->lock.fd >= 0 && strcmp(collect->locked, collect->stream) == 0)
		return ERR_NONE;
	file_lock_drop(&collect->lock);
	snprintf(name, sizeof name, "stream-%s", collect->stream);
	memcpy(collect->locked, collect->stream, UUID_TEXT);
	TRY(lake_lock(collect->lake, name, false, &collect->lock, &held, err));
	return held ? ERR_NONE : wait_for_lock(collect, name, ret_done, err);
}

/* --- the stream ----------------------------------------------------------------------------------------------- */

static bool is_same_directory(const char *one, const char *two)
{
	char *real_one = realpath(one, NULL), *real_two = realpath(two, NULL);
	bool same = real_one && real_two && strcmp(real_one, real_two) == 0;
	free(real_one);
	free(real_two);
	return same;
}

/* An address is less than a directory, since another journal may be served there on purpose; but it is
 * all that is known of another machine's. */
static bool is_same_place(const struct lake_source *one, const struct lake_source *two)
{
	if (one->journal || two->journal)
		return one->journal && two->journal &&
		       is_same_directory(one->journal, two->journal);
	return one->address && two->address && strcmp(one->address, two->address) == 0;
}

static enum err_kind refuse_successor(struct collect *collect, const char *stream, struct err *err)
{
	struct lake_source other = { 0 };
	if (strcmp(stream, collect->stream) == 0 || !uuid_valid(str_from(stream)))
		return ERR_NONE;
	TRY(lake_source_read(collect->lake, stream, &other, err));
	bool same = is_same_place(&other, &collect->source);
	lake_source_release(&other);
	if (!same)
		return ERR_NONE;
	err_set(err, ERR_FATAL,
		"%s%s holds stream %s now, but this lake knows it as that of stream %s: "
		"what that one had not published is gone",
		collect->source.journal ? "journal " : "the journal served at ",
		collect->source.journal ? collect->source.journal : collect->source.address,
		collect->stream, stream);
	return err_hint(err,
			"bring the journal back, or go on without it: rm %s/_aviary/sources/%s",
			collect->settings->lake, stream);
}

/* A journal that was removed and begun anew has lost what was in it: that must not pass unseen, whether
 * anything of it had been published or not. */
static enum err_kind refuse_successors(struct collect *collect, struct err *err)
{
	struct name_list names = { 0 };
	enum err_kind kind = store_list(lake_store(collect->lake), "_aviary/sources", &names, err);
	for (size_t i = 0; i < names.count && kind == ERR_NONE; i++)
		kind = refuse_successor(collect, names.names[i], err);
	name_list_release(&names);
	return kind;
}

enum err_kind collect_connect(struct collect *collect, bool *ret_done, struct err *err)
{
	*ret_done = false;
	TRY(ask_status(collect, err));
	if (strcmp(collect->goal_of, collect->stream) != 0) {
		collect->goal = collect->end;
		collect->requests_goal = collect->requests_stream[0] ? collect->requests_end : 0;
		memcpy(collect->goal_of, collect->stream, UUID_TEXT);
	}
	TRY(take_lock(collect, ret_done, err));
	if (*ret_done)
		return ERR_NONE;
	TRY(refuse_successors(collect, err));
	TRY(intake_open(&collect->intake, collect->host, collect->port, collect->stream, err));
	if (collect->requests_stream[0])
		TRY(intake_open(&collect->requests, collect->host, collect->port,
				collect->requests_stream, err));
	return lake_source_write(collect->lake, collect->stream, &collect->source, err);
}
