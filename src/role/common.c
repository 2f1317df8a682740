#include "role/role.h"

#include "base/log.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int say_error(const struct err *err, int exit_code)
{
	log_error(err);
	return exit_code;
}

enum err_kind open_lake(const struct settings *settings, struct lake **ret, struct err *err)
{
	TRY(lake_open(settings->lake, ret, err));
	store_limit_cache(lake_store(*ret), (uint64_t)settings->cache_bytes);
	return ERR_NONE;
}

enum err_kind make_lake(const struct settings *settings, struct lake **ret, struct err *err)
{
	struct store *store = NULL;
	struct store_stat format;
	TRY(store_open(settings->lake, &store, err));
	enum err_kind kind = store_stat(store, "_aviary/format", &format, err);
	store_close(store);
	if (kind != ERR_NONE)
		return err_wrap(err, "%s", settings->lake);
	if (!format.found)
		TRY(lake_create(settings->lake, err));
	return open_lake(settings, ret, err);
}

enum err_kind local_lake_path(const struct settings *settings, const char *path,
			      const char *instead, char **ret_path, struct err *err)
{
	struct store *store = NULL;
	TRY(store_open(settings->lake, &store, err));
	char *local = store_local_path(store, path);
	store_close(store);
	if (local) {
		*ret_path = local;
		return ERR_NONE;
	}
	err_set(err, ERR_REJECT, "%s is not on this machine, where %s has to be", settings->lake,
		path);
	return err_hint(err, "name a directory of this machine with %s", instead);
}

/* Only the engine has the list of time zones. */
static enum err_kind try_weekend_zone(const struct settings *settings, struct engine *engine,
				      struct err *err)
{
	struct session *session = NULL;
	struct buf sql = { 0 };
	buf_add_text(&sql, "SELECT timezone(");
	buf_add_sql(&sql, str_from(settings->warehouse.weekend_zone));
	buf_add_text(&sql, ", TIMESTAMPTZ '2026-01-01 00:00:00Z')");
	enum err_kind kind = session_open(engine, &session, err);
	if (kind == ERR_NONE && session_run(session, buf_text(&sql), err) != ERR_NONE)
		kind = err_set(err, ERR_REJECT, "weekend_zone: '%s' is no time zone",
			       settings->warehouse.weekend_zone);
	session_close(session);
	buf_release(&sql);
	return kind;
}

enum err_kind open_engine(const struct settings *settings, struct lake *lake, int threads,
			  struct engine **ret, struct err *err)
{
	/* One of its own for each engine: DuckDB gives spill files the same names in every process. */
	char uuid[UUID_TEXT], *dir = NULL;
	uuid_new(uuid);
	if (lake)
		TRY(store_scratch(lake_store(lake), "_aviary/staging", &dir, err));
	char *temp = lake ? mem_printf("%s/spill-%s", dir, uuid) : NULL;
	free(dir);
	struct engine_options options = { .threads = threads,
					  .memory_bytes = settings->memory,
					  .temp_dir = temp };
	struct engine *engine = NULL;
	enum err_kind kind = engine_open(&options, &engine, err);
	free(temp);
	if (kind == ERR_NONE)
		kind = try_weekend_zone(settings, engine, err);
	if (kind != ERR_NONE) {
		engine_close(engine);
		return kind;
	}
	*ret = engine;
	return ERR_NONE;
}

enum err_kind check_weekend_zone(const struct settings *settings, struct err *err)
{
	struct engine *engine = NULL;
	if (strcmp(settings->warehouse.weekend_zone, "UTC") == 0)
		return ERR_NONE;
	TRY(open_engine(settings, NULL, 1, &engine, err));
	engine_close(engine);
	return ERR_NONE;
}

/* What a refine that was killed had begun to write; under the refine lock nobody else writes there. */
static enum err_kind remove_leftovers(struct lake *lake, struct err *err)
{
	struct name_list names = { 0 };
	enum err_kind kind = store_list(lake_store(lake), "_aviary/staging", &names, err);
	for (size_t i = 0; i < names.count && kind == ERR_NONE; i++) {
		if (!str_starts(str_from(names.names[i]), STR("refine-")))
			continue;
		char *path = mem_printf("_aviary/staging/%s", names.names[i]);
		kind = store_remove(lake_store(lake), path, err);
		free(path);
	}
	name_list_release(&names);
	return kind;
}

enum err_kind refine_under_lock(const struct settings *settings,
				const struct refine_options *options, struct refine_report *ret,
				struct err *err)
{
	struct refine_options all = *options;
	all.settings = &settings->warehouse;
	all.threads = thread_count(settings);
	TRY(remove_leftovers(all.lake, err));
	TRY(lake_retire(all.lake, settings->retire_grace, err));
	return warehouse_refine(&all, ret, err);
}

enum err_kind refine_lake(const struct settings *settings, struct lake *lake, struct engine *engine,
			  void (*progress)(void *context, size_t done, size_t total), void *context,
			  struct refine_report *ret, struct err *err)
{
	struct refine_options options = {
		.lake = lake, .engine = engine, .progress = progress, .context = context
	};
	struct file_lock lock;
	bool held;
	TRY(lake_lock(lake, "refine", true, &lock, &held, err));
	enum err_kind kind = refine_under_lock(settings, &options, ret, err);
	file_lock_drop(&lock);
	return kind;
}
