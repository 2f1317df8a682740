#include "engine/duckdb_private.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

const char *engine_version(void)
{
	static char version[64];
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	pthread_mutex_lock(&lock);
	if (!version[0]) {
		const char *number = duckdb_library_version();
		snprintf(version, sizeof version, "DuckDB %s", number + (number[0] == 'v'));
	}
	pthread_mutex_unlock(&lock);
	return version;
}

static enum err_kind configure(duckdb_config config, const struct engine_options *options,
			       struct err *err)
{
	char threads[16], memory[32];
	snprintf(threads, sizeof threads, "%d", options->threads);
	snprintf(memory, sizeof memory, "%lldB",
		 (long long)(options->memory_bytes ? options->memory_bytes : INT64_C(1) << 30));
	const char *pairs[][2] = {
		{ "memory_limit", memory },
		{ "enable_external_file_cache", "false" }, /* the kernel has one */
		{ "preserve_insertion_order", "false" },
		{ "autoinstall_known_extensions", "false" },
		{ "autoload_known_extensions", "false" },
		{ "allow_community_extensions", "false" },
		{ "temp_directory", options->temp_dir ? options->temp_dir : "" },
		{ "threads", options->threads ? threads : NULL },
	};
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		if (pairs[i][1] &&
		    duckdb_set_config(config, pairs[i][0], pairs[i][1]) != DuckDBSuccess)
			return err_set(err, ERR_FATAL, "DuckDB does not take %s = %s", pairs[i][0],
				       pairs[i][1]);
	}
	return ERR_NONE;
}

static enum err_kind open_database(const struct engine_options *options, duckdb_database *ret,
				   struct err *err)
{
	duckdb_config config;
	char *why = NULL;
	if (duckdb_create_config(&config) != DuckDBSuccess)
		return err_set(err, ERR_FATAL, "DuckDB: no configuration");
	enum err_kind kind = configure(config, options, err);
	if (kind == ERR_NONE && duckdb_open_ext(NULL, ret, config, &why) != DuckDBSuccess)
		kind = err_set(err, ERR_FATAL, "DuckDB: %s", why ? why : "cannot start");
	duckdb_free(why);
	duckdb_destroy_config(&config);
	return kind;
}

static void duckdb_engine_close(struct engine *base)
{
	struct duckdb_engine *engine = (struct duckdb_engine *)base;
	duckdb_close(&engine->database);
	pthread_mutex_destroy(&engine->lock);
	free(engine);
}

static enum err_kind duckdb_engine_open(const struct engine_options *options,
					struct engine **ret_engine, struct err *err)
{
	struct duckdb_engine *engine = mem_zalloc(1, sizeof *engine);
	engine->base.ops = &engine_duckdb;
	pthread_mutex_init(&engine->lock, NULL);
	enum err_kind kind = open_database(options, &engine->database, err);
	struct session *session = NULL;
	if (kind == ERR_NONE)
		kind = session_open(&engine->base, &session, err);
	if (kind == ERR_NONE)
		kind = held_register(engine, ((struct duckdb_session *)session)->connection, err);
	session_close(session);
	if (kind != ERR_NONE) {
		duckdb_engine_close(&engine->base);
		return kind;
	}
	*ret_engine = &engine->base;
	return ERR_NONE;
}

static enum err_kind duckdb_session_open(struct engine *base, struct session **ret_session,
					 struct err *err)
{
	struct duckdb_engine *engine = (struct duckdb_engine *)base;
	struct duckdb_session *session = mem_zalloc(1, sizeof *session);
	session->base.ops = &engine_duckdb;
	session->engine = engine;
	pthread_mutex_lock(&engine->lock);
	session->number = ++engine->newest_session;
	pthread_mutex_unlock(&engine->lock);
	snprintf(session->held_name, sizeof session->held_name, "held_lines(%lld)",
		 (long long)session->number);
	if (duckdb_connect(engine->database, &session->connection) != DuckDBSuccess) {
		free(session);
		return err_set(err, ERR_FATAL, "DuckDB: cannot connect");
	}
	enum err_kind kind = session_run(&session->base, "SET TimeZone = 'UTC'", err);
	if (kind != ERR_NONE) {
		session_close(&session->base);
		return kind;
	}
	*ret_session = &session->base;
	return ERR_NONE;
}

static void duckdb_session_close(struct session *base)
{
	struct duckdb_session *session = (struct duckdb_session *)base;
	duckdb_disconnect(&session->connection);
	duckdb_hold(base, NULL);
	free(session);
}

enum err_kind engine_set_memory(struct engine *engine, int64_t bytes, struct err *err)
{
	struct session *session = NULL;
	char sql[64];
	snprintf(sql, sizeof sql, "SET GLOBAL memory_limit = '%lldB'", (long long)bytes);
	enum err_kind kind = session_open(engine, &session, err);
	if (kind == ERR_NONE)
		kind = session_run(session, sql, err);
	session_close(session);
	return kind;
}

bool engine_was_short(const struct err *err)
{
	return strstr(err->msg, "Out of Memory Error") != NULL;
}

static enum engine_product duckdb_product(const struct session *session)
{
	(void)session;
	return ENGINE_DUCKDB;
}

static const char *duckdb_version(const struct session *session)
{
	(void)session;
	return engine_version();
}

enum err_kind duckdb_run(struct duckdb_session *session, const char *sql, duckdb_result *ret,
			 struct err *err)
{
	if (duckdb_query(session->connection, sql, ret) != DuckDBSuccess) {
		const char *why = duckdb_result_error(ret);
		err_set(err, ERR_REJECT, "%s", why ? why : "the statement failed");
		duckdb_destroy_result(ret);
		return ERR_REJECT;
	}
	return ERR_NONE;
}

static enum err_kind duckdb_session_run(struct session *session, const char *sql, struct err *err)
{
	duckdb_result result;
	TRY(duckdb_run((struct duckdb_session *)session, sql, &result, err));
	duckdb_destroy_result(&result);
	return ERR_NONE;
}

const struct engine_ops engine_duckdb = {
	.open = duckdb_engine_open,
	.close = duckdb_engine_close,
	.session_open = duckdb_session_open,
	.session_close = duckdb_session_close,
	.product = duckdb_product,
	.version = duckdb_version,
	.run = duckdb_session_run,
	.query = duckdb_ask,
	.hold = duckdb_hold,
	.held_name = duckdb_held_name,
	.free = duckdb_rows_free,
	.columns = duckdb_rows_columns,
	.column_name = duckdb_rows_column_name,
	.column_is_number = duckdb_rows_column_is_number,
	.next = duckdb_rows_next,
	.is_null = duckdb_rows_is_null,
	.integer = duckdb_rows_integer,
	.add_text = duckdb_rows_add_text,
	.add_json = duckdb_rows_add_json,
};
