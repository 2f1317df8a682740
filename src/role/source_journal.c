#include "role/source_journal.h"

#include "base/log.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLIENTS_MAX = 64 };

enum err_kind journal_dir(const struct settings *settings, char **ret_dir, struct err *err)
{
	if (!settings->journal)
		return local_lake_path(settings, "_aviary/journal", "--journal", ret_dir, err);
	*ret_dir = mem_strdup(settings->journal);
	return ERR_NONE;
}

/* A journal inside a lake must not be what makes its directory. */
static enum err_kind make_home(const struct settings *settings, struct err *err)
{
	struct lake *lake = NULL;
	if (settings->journal)
		return ERR_NONE;
	TRY(make_lake(settings, &lake, err));
	lake_close(lake);
	return ERR_NONE;
}

/* Its place is told to collectors and noted in lakes, as JSON. */
static enum err_kind refuse_untellable(const char *dir, struct err *err)
{
	if (str_is_utf8(str_from(dir)))
		return ERR_NONE;
	return err_set(err, ERR_REJECT, "the path of the journal is not UTF-8: %s", dir);
}

enum err_kind source_journal_open(struct source_journal *home, const struct settings *settings,
				  struct err *err)
{
	char *dir = NULL;
	TRY(journal_dir(settings, &dir, err));
	struct journal_options options = { .dir = dir,
					   .segment_bytes = (uint64_t)settings->segment_bytes,
					   .limit_bytes = (uint64_t)settings->journal_bytes,
					   .window_entries = (size_t)settings->window_entries };
	enum err_kind kind = refuse_untellable(dir, err);
	if (kind == ERR_NONE)
		kind = make_home(settings, err);
	if (kind == ERR_NONE)
		kind = journal_open(&options, &home->journal, err);
	if (kind == ERR_NONE)
		kind = request_log_open(&home->requests, dir, settings, options.limit_bytes, err);
	if (kind == ERR_NONE)
		home->dir = realpath(dir, NULL);
	if (!home->dir)
		home->dir = mem_strdup(dir);
	free(dir);
	return kind == ERR_NONE ? refuse_untellable(home->dir, err) : kind;
}

enum err_kind source_journal_serve(struct source_journal *home, const struct settings *settings,
				   const char *host, int port, struct err *err)
{
	struct wire_server_options options = { .host = host,
					       .port = port,
					       .hello_timeout_ms =
						       (int)(settings->hello_timeout / 1000),
					       .clients_max = CLIENTS_MAX,
					       .requests = home->requests.journal };
	return wire_server_start(home->journal, &options, &home->server, err);
}

void source_journal_close(struct source_journal *home)
{
	struct err err;
	if (home->server && wire_server_stop(home->server, &err) != ERR_NONE)
		log_error(&err);
	request_log_close(&home->requests);
	journal_close(home->journal);
	free(home->dir);
	*home = (struct source_journal){ 0 };
}

/* --- whose posts ------------------------------------------------------------------------------------------ */

/* The cursor "source" holds all there have been, the newest first: "replayed X". */
static bool holds(struct str sources, const char *source)
{
	struct str word;
	while (str_split(&sources, ' ', &word)) {
		if (str_equal(word, str_from(source)))
			return true;
	}
	return false;
}

const char *source_journal_source(const struct source_journal *home, char ret_name[16])
{
	struct str sources = journal_cursor(home->journal, STR("source")), first = STR_NONE;
	bool simulated = holds(sources, "simulated");
	if (!sources.ptr || !str_split(&sources, ' ', &first))
		first = STR("");
	snprintf(ret_name, 16, "%.*s", STR_ARG(simulated ? STR("simulated") : first));
	return ret_name;
}

static enum err_kind refuse_mixture(const struct source_journal *home, struct str sources,
				    const char *source, struct err *err)
{
	bool is_x = strcmp(source, "X") == 0, is_simulated = strcmp(source, "simulated") == 0;
	if (!(is_x && holds(sources, "simulated")) && !(is_simulated && holds(sources, "X")))
		return ERR_NONE;
	err_set(err, ERR_REJECT, "journal %s holds %s, and what comes now is %s: they would mix",
		home->dir, is_x ? "simulated posts" : "posts of X", is_x ? "from X" : "simulated");
	return err_hint(err, "keep them apart: another --lake, or another --journal");
}

enum err_kind source_journal_add_source(struct source_journal *home, const char *source,
					struct err *err)
{
	struct str sources = journal_cursor(home->journal, STR("source")), word;
	struct buf value = { 0 };
	TRY(refuse_mixture(home, sources, source, err));
	buf_add_text(&value, source);
	for (struct str rest = sources; str_split(&rest, ' ', &word);) {
		if (!str_equal(word, str_from(source)))
			buf_addf(&value, " %.*s", STR_ARG(word));
	}
	enum err_kind kind = ERR_NONE;
	if (!str_equal(buf_str(&value), sources)) {
		struct cursor_change change = { .name = STR("source"), .value = buf_str(&value) };
		struct extent extent = { .cursors = &change, .cursor_count = 1 };
		kind = journal_append(home->journal, &extent, err);
		if (kind == ERR_NONE)
			kind = journal_sync(home->journal, err);
	}
	buf_release(&value);
	return kind;
}
