/* Hours are recomputed in groups. A group's landing files are one view; every table is made from it once
 * for all hours of the group, as a temporary table with partition columns; then each table's hours are
 * written out, a file each, and put in place. Groups share nothing, so threads take them in turn.
 *
 *     landing files ──► tweet_data_raw ─┬─► facts      year month day hour ──► a file per table and hour
 *                  ──► user_data_raw  ──┘ */
#include "warehouse/files.h"

#include "base/mem.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

enum { GROUP_HOURS = 48, GROUP_ROWS = 200000, THREADS_MAX = 16 };

struct refine {
	const struct refine_options *options;
	const struct lake_snapshot *snapshot;
	uint64_t hash;
	const struct lake_hour **stale; /* ascending */
	size_t stale_count;
	pthread_mutex_t lock;
	size_t next, done;
	enum err_kind kind; /* the first failure that ends it all */
	struct err err;
	size_t bad_hours; /* whose rows the SQL could not take */
	struct err bad_hour;
};

struct group {
	const struct lake_hour **hours;
	size_t count;
};

/* --- one group ----------------------------------------------------------------------------------------- */

static enum err_kind add_landing_view(struct buf *sql, struct lake *lake, const struct group *group,
				      struct err *err)
{
	struct file_list files = { 0 };
	for (size_t i = 0; i < group->count; i++)
		file_list_add_hour(&files, group->hours[i]);
	enum err_kind kind = store_fetch(lake_store(lake), files.files, files.count, err);
	if (kind == ERR_NONE) {
		buf_add_text(sql, "CREATE OR REPLACE TEMP VIEW twitter_landing_data AS ");
		add_parquet_scan(sql, lake, &files);
	}
	free(files.files);
	return kind;
}

static enum err_kind make_tables(const struct refine *refine, struct session *session,
				 const struct group *group, struct err *err)
{
	size_t count;
	struct buf sql = { 0 };
	const struct warehouse_table *table = warehouse_tables(&count);
	enum err_kind kind = add_landing_view(&sql, refine->options->lake, group, err);
	if (kind == ERR_NONE)
		kind = session_run(session, buf_text(&sql), err);
	for (size_t i = 0; i < count && kind == ERR_NONE; i++) {
		if (table[i].kind != TABLE_DIMENSION && table[i].kind != TABLE_FACT)
			continue;
		buf_reset(&sql);
		buf_addf(&sql, "CREATE OR REPLACE TEMP TABLE %s AS ", table[i].name);
		warehouse_sql(&table[i], refine->options->settings, &sql);
		kind = session_run(session, buf_text(&sql), err);
		if (kind != ERR_NONE)
			kind = err_wrap(err, "%s", table[i].name);
	}
	buf_release(&sql);
	return kind;
}

static enum err_kind write_table_hour(const struct refine *refine, struct session *session,
				      const struct warehouse_table *table, int64_t hour_number,
				      const char *staging, struct err *err)
{
	struct hour hour = hour_of(hour_number * INT64_C(3600000000));
	struct buf sql = { 0 };
	char *path = lake_file(refine->options->lake, "_aviary/staging/%s", staging);
	buf_addf(&sql,
		 "COPY (SELECT * EXCLUDE (year, month, day, hour) FROM %s WHERE year = %d AND "
		 "month = %d AND day = %d AND hour = %d ORDER BY 1) TO ",
		 table->name, hour.year, hour.month, hour.day, hour.hour);
	buf_add_sql(&sql, str_from(path));
	buf_addf(&sql,
		 " (FORMAT parquet, COMPRESSION zstd, KV_METADATA {snapshot: '%" PRIu64
		 "', sql_hash: '%016" PRIx64 "'})",
		 refine->snapshot->number, refine->hash);
	enum err_kind kind = session_run(session, buf_text(&sql), err);
	buf_release(&sql);
	free(path);
	return kind;
}

static enum err_kind publish_table_hour(struct refine *refine, struct session *session,
					const struct warehouse_table *table, int64_t hour,
					struct err *err)
{
	char *name = stored_name_make(refine->snapshot->number, refine->hash);
	char *staging = mem_printf("refine-%s-%" PRId64 "-%s", table->name, hour, name);
	struct lake_hour_file file = {
		.table_dir = table->dir, .hour = hour, .staging = staging, .name = name
	};
	enum err_kind kind = write_table_hour(refine, session, table, hour, staging, err);
	if (kind == ERR_NONE) {
		pthread_mutex_lock(&refine->lock);
		kind = lake_publish_hour(refine->options->lake, &file, err);
		pthread_mutex_unlock(&refine->lock);
	}
	free(staging);
	free(name);
	return kind == ERR_NONE ? ERR_NONE : err_wrap(err, "%s", table->name);
}

static void tell_progress(struct refine *refine)
{
	pthread_mutex_lock(&refine->lock);
	refine->done++;
	if (refine->options->progress)
		refine->options->progress(refine->options->context, refine->done,
					  refine->stale_count);
	pthread_mutex_unlock(&refine->lock);
}

static enum err_kind refine_group(struct refine *refine, struct session *session,
				  const struct group *group, struct err *err)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	TRY(make_tables(refine, session, group, err));
	for (size_t hour = 0; hour < group->count; hour++) {
		for (size_t i = 0; i < count; i++) {
			if (table[i].kind == TABLE_DIMENSION || table[i].kind == TABLE_FACT)
				TRY(publish_table_hour(refine, session, &table[i],
						       group->hours[hour]->hour, err));
		}
		tell_progress(refine);
	}
	return ERR_NONE;
}

/* --- all groups ---------------------------------------------------------------------------------------- */

static bool next_group(struct refine *refine, struct group *ret)
{
	const struct refine_options *options = refine->options;
	uint64_t rows = 0;
	*ret = (struct group){ 0 };
	if (options->stop && options->stop(options->context))
		return false;
	pthread_mutex_lock(&refine->lock);
	while (refine->kind == ERR_NONE && refine->next < refine->stale_count &&
	       ret->count < GROUP_HOURS) {
		const struct lake_hour *hour = refine->stale[refine->next];
		if (ret->count > 0 && rows + hour->rows > GROUP_ROWS)
			break;
		if (ret->count == 0)
			ret->hours = &refine->stale[refine->next];
		rows += hour->rows;
		ret->count++;
		refine->next++;
	}
	pthread_mutex_unlock(&refine->lock);
	return ret->count > 0;
}

static void fail(struct refine *refine, enum err_kind kind, const struct err *err)
{
	pthread_mutex_lock(&refine->lock);
	if (refine->kind == ERR_NONE) {
		refine->kind = kind;
		refine->err = *err;
	}
	pthread_mutex_unlock(&refine->lock);
}

static void note_bad_hour(struct refine *refine, int64_t hour, struct err *err)
{
	char partition[PARTITION_PATH_MAX];
	err_wrap(err, "%s", lake_partition_path(hour, partition));
	pthread_mutex_lock(&refine->lock);
	if (refine->bad_hours++ == 0)
		refine->bad_hour = *err;
	pthread_mutex_unlock(&refine->lock);
}

/* One hour's rows must not keep the others from being refined. */
static enum err_kind refine_hours_apart(struct refine *refine, struct session *session,
					const struct group *group, struct err *err)
{
	for (size_t i = 0; i < group->count; i++) {
		struct group alone = { .hours = group->hours + i, .count = 1 };
		enum err_kind kind = refine_group(refine, session, &alone, err);
		if (kind == ERR_REJECT)
			note_bad_hour(refine, group->hours[i]->hour, err);
		else if (kind != ERR_NONE)
			return kind;
	}
	return ERR_NONE;
}

static void *refine_groups(void *context)
{
	struct refine *refine = context;
	struct session *session = NULL;
	struct group group;
	struct err err = { 0 };
	enum err_kind kind = session_open(refine->options->engine, &session, &err);
	while (kind == ERR_NONE && next_group(refine, &group)) {
		kind = refine_group(refine, session, &group, &err);
		if (kind == ERR_REJECT)
			kind = refine_hours_apart(refine, session, &group, &err);
	}
	if (kind != ERR_NONE)
		fail(refine, kind, &err);
	session_close(session);
	return NULL;
}

static enum err_kind refine_stale(struct refine *refine, struct err *err)
{
	pthread_t threads[THREADS_MAX];
	int wanted = refine->options->threads < THREADS_MAX ? refine->options->threads :
							      THREADS_MAX;
	int started = 0;
	TRY(lake_sync(refine->options->lake, err));
	pthread_mutex_init(&refine->lock, NULL);
	while (started + 1 < wanted && (size_t)started + 1 < refine->stale_count / GROUP_HOURS &&
	       pthread_create(&threads[started], NULL, refine_groups, refine) == 0)
		started++;
	refine_groups(refine);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&refine->lock);
	if (refine->kind != ERR_NONE) {
		*err = refine->err;
		return refine->kind;
	}
	TRY(lake_sync(refine->options->lake, err));
	if (refine->bad_hours == 0)
		return ERR_NONE;
	*err = refine->bad_hour;
	return refine->bad_hours == 1 ? ERR_REJECT :
					err_wrap(err, "%zu hours, the first", refine->bad_hours);
}

static enum err_kind find_stale(struct lake *lake, const struct lake_snapshot *snapshot,
				uint64_t hash, const struct lake_hour **stale, size_t *ret_count,
				struct err *err)
{
	size_t count = 0;
	for (size_t i = 0; i < snapshot->hour_count; i++) {
		bool current = false;
		TRY(hour_is_current(lake, &snapshot->hours[i], hash, &current, err));
		if (!current)
			stale[count++] = &snapshot->hours[i];
	}
	*ret_count = count;
	return ERR_NONE;
}

enum err_kind warehouse_stale_hours(struct lake *lake, const struct lake_snapshot *snapshot,
				    const struct warehouse_settings *settings, size_t *ret_hours,
				    struct err *err)
{
	const struct lake_hour **stale = mem_zalloc(snapshot->hour_count + 1, sizeof *stale);
	enum err_kind kind =
		find_stale(lake, snapshot, warehouse_hash(settings), stale, ret_hours, err);
	free(stale);
	return kind;
}

enum err_kind warehouse_refine(const struct refine_options *options, struct refine_report *ret,
			       struct err *err)
{
	struct lake_snapshot *snapshot = NULL;
	TRY(lake_snapshot_read(options->lake, &snapshot, err));
	struct refine refine = { .options = options,
				 .snapshot = snapshot,
				 .hash = warehouse_hash(options->settings) };
	refine.stale = mem_zalloc(snapshot->hour_count + 1, sizeof *refine.stale);
	enum err_kind kind = find_stale(options->lake, snapshot, refine.hash, refine.stale,
					&refine.stale_count, err);
	if (kind == ERR_NONE && refine.stale_count > 0)
		kind = refine_stale(&refine, err);
	size_t hours = refine.next - refine.bad_hours;
	if (kind == ERR_NONE || kind == ERR_REJECT)
		*ret = (struct refine_report){
			.snapshot = snapshot->number,
			.hours = hours,
			.current = snapshot->hour_count - refine.stale_count,
			.left = refine.stale_count - hours,
		};
	free(refine.stale);
	lake_snapshot_free(snapshot);
	return kind == ERR_NONE ? ERR_NONE : err_wrap(err, "refine");
}
