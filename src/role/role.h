/* The commands. Only here do stages meet, and only here is anything printed or logged. */
#pragma once
#include "base/conf.h"
#include "base/err.h"
#include "engine/engine.h"
#include "lake/lake.h"
#include "warehouse/warehouse.h"

#include <stdbool.h>

enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* Everything that can be configured, flags included. */
struct settings {
	struct conf conf;
	const char *lake;
	const char *engine, *engine_password_file;
	int64_t threads, memory, cache_bytes;
	char **keyword, **query;
	struct conf_group rules; /* [rule NAME]; role/rules.h reads them */
	int64_t query_max;
	char **expansions;
	const char *api_dialect;
	const char *base_url, *token_file;
	int64_t interval, page_posts, first_reach, overlap;
	int64_t budget_usd_month; /* millionths, as the prices; 0: none */
	int64_t price_post_usd, price_user_usd, price_counts_usd;
	const char *host, *journal;
	int64_t port, journal_bytes;
	int64_t line_bytes_max, segment_bytes, window_entries, hello_timeout;
	const char *from;
	int64_t publish_interval, publish_bytes;
	int64_t import_bytes, document_bytes_max;
	char **weekend;
	const char *weekend_zone;
	int64_t refine_interval, retire_grace;
	const char *http;
	int64_t live_bytes;
	int64_t simulate_port, simulate_rate, requests_per_window, seed;
	int64_t rate, speed, drain_timeout;
	const char *config, *format, *dialect, *out;
	bool simulate, refine, json, once, yes, online;
	int64_t limit;
	struct warehouse_settings warehouse;
};

struct command {
	const char *name, *arguments, *summary;
	const char *const *flags; /* names of the keys it takes, NULL-terminated */
	const char *examples;     /* two that a newcomer wants */
	int (*run)(struct settings *settings, int argc, char **argv); /* argv[1..] without flags */
};
extern const struct command command_run, command_import, command_listen, command_replay,
	command_collect, command_refine, command_serve, command_query, command_sql, command_status,
	command_init, command_check, command_register, command_journal, command_simulate,
	command_try, command_search;

/* Reads configuration file and flags for a command; *ret_argc arguments are left, argv[0] included.
 * Released with settings_release(). */
MUST_CHECK enum err_kind settings_read(const struct command *command, int argc, char **argv,
				       struct settings *ret, int *ret_argc, struct err *err);
/* The same again, from the same flags and a file that may have changed. */
MUST_CHECK enum err_kind settings_reread(const struct command *command,
					 const struct settings *settings, struct settings *ret,
					 struct err *err);
void settings_release(struct settings *settings);
/* Whether the command has this flag. */
bool command_takes(const struct command *command, const char *name);
void settings_help(const struct command *command, struct buf *ret);

/* Prints the error the way people read it; returns the exit code. */
int say_error(const struct err *err, int exit_code);

/* Opens the lake of the settings and tells what to do when there is none. */
MUST_CHECK enum err_kind open_lake(const struct settings *settings, struct lake **ret,
				   struct err *err);
/* As open_lake(), but makes it when there is none yet. */
MUST_CHECK enum err_kind make_lake(const struct settings *settings, struct lake **ret,
				   struct err *err);
/* LAKE/PATH as a file name of this machine, freed by the caller. A lake that is elsewhere: ERR_REJECT, with
 * what to name instead. */
MUST_CHECK enum err_kind local_lake_path(const struct settings *settings, const char *path,
					 const char *instead, char **ret_path, struct err *err);
/* DuckDB as configured, spilling into the lake's staging directory, or beside it. `threads` are DuckDB's own; with
 * 1 the work is done by whoever asks, which is cheapest where several sessions ask at once. */
MUST_CHECK enum err_kind open_engine(const struct settings *settings, struct lake *lake,
				     int threads, struct engine **ret, struct err *err);
/* "file:///srv/lake", as far as the path is one; freed by the caller. */
char *lake_uri(const struct settings *settings);
/* Whether `engine` names a server, and the engine that it is. Nothing is asked of it yet; a signal to stop ends
 * what it runs, where stop_install() was called. */
bool has_server(const struct settings *settings);
MUST_CHECK enum err_kind open_server(const struct settings *settings, struct engine **ret,
				     struct err *err);
/* Reads a file that holds a secret; says so where everybody can read it. Wiped by the caller. */
MUST_CHECK enum err_kind read_secret(const char *path, struct buf *ret, struct err *err);
/* For those who need it only later: whether the engine will know the zone. */
MUST_CHECK enum err_kind check_weekend_zone(const struct settings *settings, struct err *err);
int thread_count(const struct settings *settings);
/* Refines everything stale and retires what is old enough; waits for the refine lock. */
MUST_CHECK enum err_kind refine_lake(const struct settings *settings, struct lake *lake,
				     struct engine *engine,
				     void (*progress)(void *context, size_t done, size_t total),
				     void *context, struct refine_report *ret, struct err *err);
/* The same for who holds the refine lock. Of the options lake, engine, progress and stop are the caller's. */
MUST_CHECK enum err_kind refine_under_lock(const struct settings *settings,
					   const struct refine_options *options,
					   struct refine_report *ret, struct err *err);
