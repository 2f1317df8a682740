/* Hours are recomputed in groups. A group's landing files are one view; every table is made from it once
 * for all hours of the group, as a temporary table with partition columns; then each table's hours are
 * written out, a file each, and put in place. An hour of many rows is a group by itself and goes from
 * landing to files without such tables (hour.c). Groups share nothing, so threads take them in turn. Where hours
 * cannot be exchanged (HDFS) a group is claimed first and put in place as a whole, one after the other.
 *
 *     landing files ──► tweet_data_raw ─┬─► facts      year month day hour ──► a file per table and hour
 *                  ──► user_data_raw  ──┘ */
#include "warehouse/files.h"
#include "warehouse/hour.h"

#include "base/mem.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { GROUP_HOURS = 48, GROUP_ROWS = 30000, THREADS_MAX = 16, LOOK_US = 200000 };

/* Longer than any group takes; after that another machine may take over. */
static const int64_t CLAIM_US = 600000000;

struct refine {
	const struct refine_options *options;
	const struct lake_snapshot *snapshot;
	const struct lake_refined
		*refined; /* read before the snapshot; NULL: hours are exchanged */
	uint64_t newest_claim;
	bool overtaken; /* another one has claimed hours since */
	char *dir;      /* of this machine, where files are written */
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

static bool is_stored(const struct warehouse_table *table)
{
	return table->kind == TABLE_DIMENSION || table->kind == TABLE_FACT;
}

static void tell_progress(struct refine *refine, size_t hours)
{
	pthread_mutex_lock(&refine->lock);
	refine->done += hours;
	if (refine->options->progress)
		refine->options->progress(refine->options->context, refine->done,
					  refine->stale_count);
	pthread_mutex_unlock(&refine->lock);
}

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
		if (!is_stored(&table[i]))
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

/* Of COPY. Whole row groups are held in memory by whoever writes or reads them. zstd's first level takes
 * two thirds of the third's time, for one per cent of size. */
static char *file_options(const struct refine *refine)
{
	return mem_printf("(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE "
			  "30720, KV_METADATA {snapshot: '%" PRIu64 "', sql_hash: '%016" PRIx64
			  "'})",
			  refine->snapshot->number, refine->hash);
}

static enum err_kind write_table_hour(const struct refine *refine, struct session *session,
				      const struct warehouse_table *table, int64_t hour_number,
				      const char *path, struct err *err)
{
	struct hour hour = hour_of(hour_number * INT64_C(3600000000));
	struct buf sql = { 0 };
	char *options = file_options(refine);
	buf_addf(&sql,
		 "COPY (SELECT * EXCLUDE (year, month, day, hour) FROM %s WHERE year = %d AND "
		 "month = %d AND day = %d AND hour = %d ORDER BY 1) TO ",
		 table->name, hour.year, hour.month, hour.day, hour.hour);
	buf_add_sql(&sql, str_from(path));
	buf_addf(&sql, " %s", options);
	enum err_kind kind = session_run(session, buf_text(&sql), err);
	buf_release(&sql);
	free(options);
	return kind;
}

static enum err_kind publish_table_hour(struct refine *refine, struct session *session,
					const struct warehouse_table *table, int64_t hour,
					struct err *err)
{
	char *name = stored_name_make(refine->snapshot->number, refine->hash);
	char *staging = mem_printf("refine-%s-%" PRId64 "-%s", table->name, hour, name);
	char *path = mem_printf("%s/%s", refine->dir, staging);
	struct lake_hour_file file = {
		.table_dir = table->dir, .hour = hour, .staging = staging, .name = name
	};
	enum err_kind kind = write_table_hour(refine, session, table, hour, path, err);
	if (kind == ERR_NONE) {
		pthread_mutex_lock(&refine->lock);
		kind = lake_publish_hour(refine->options->lake, &file, err);
		pthread_mutex_unlock(&refine->lock);
	}
	free(staging);
	free(name);
	free(path);
	return kind == ERR_NONE ? ERR_NONE : err_wrap(err, "%s", table->name);
}

/* --- an hour that is alone ------------------------------------------------------------------------------ */

static enum err_kind publish_computed(struct refine *refine, const struct hour_job *job,
				      char *const *staging, struct err *err)
{
	size_t count;
	enum err_kind kind = ERR_NONE;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count && kind == ERR_NONE; i++) {
		if (!is_stored(&table[i]))
			continue;
		char *name = stored_name_make(refine->snapshot->number, refine->hash);
		struct lake_hour_file file = { .table_dir = table[i].dir,
					       .hour = job->hour->hour,
					       .staging = staging[i],
					       .name = name };
		pthread_mutex_lock(&refine->lock);
		kind = lake_publish_hour(refine->options->lake, &file, err);
		pthread_mutex_unlock(&refine->lock);
		free(name);
	}
	return kind;
}

static enum err_kind compute_and_publish(struct refine *refine, const struct hour_job *job,
					 struct err *err)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	char **staging = mem_zalloc(count, sizeof *staging);
	for (size_t i = 0; i < count; i++)
		staging[i] =
			mem_printf("refine-%s-%" PRId64 ".parquet", table[i].name, job->hour->hour);
	enum err_kind kind = hour_compute(job, staging, err);
	if (kind == ERR_NONE)
		kind = publish_computed(refine, job, staging, err);
	for (size_t i = 0; i < count; i++)
		free(staging[i]);
	free(staging);
	return kind;
}

static enum err_kind refine_alone(struct refine *refine, const struct group *group, struct err *err)
{
	struct session *session = NULL; /* a view takes the name of no table of another group */
	struct buf sql = { 0 };
	char *options = file_options(refine);
	struct hour_job job = { .lake = refine->options->lake,
				.settings = refine->options->settings,
				.hour = group->hours[0],
				.options = options };
	enum err_kind kind = session_open(refine->options->engine, &session, err);
	if (kind == ERR_NONE)
		kind = add_landing_view(&sql, refine->options->lake, group, err);
	if (kind == ERR_NONE)
		kind = session_run(session, buf_text(&sql), err);
	job.session = session;
	if (kind == ERR_NONE)
		kind = compute_and_publish(refine, &job, err);
	if (kind == ERR_NONE)
		tell_progress(refine, 1);
	session_close(session);
	buf_release(&sql);
	free(options);
	return kind;
}

/* --- a group that is claimed --------------------------------------------------------------------------- */

/* What a claim's group has been written to, an hour's tables side by side. */
struct written {
	struct lake_table_hour *files;
	size_t count, cap;
};

static void written_release(struct written *written)
{
	for (size_t i = 0; i < written->count; i++) {
		unlink(written->files[i].written); /* what was put in place is gone */
		free((char *)written->files[i].written);
	}
	free(written->files);
}

static enum err_kind write_group(const struct refine *refine, struct session *session,
				 const struct group *group, struct written *ret, struct err *err)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	TRY(make_tables(refine, session, group, err));
	for (size_t i = 0; i < group->count * count; i++) {
		int64_t hour = group->hours[i / count]->hour;
		if (!is_stored(&table[i % count]))
			continue;
		char *path = mem_printf("%s/refine-%s-%" PRId64 ".parquet", refine->dir,
					table[i % count].name, hour);
		MEM_GROW(ret->files, ret->cap, ret->count + 1);
		ret->files[ret->count++] = (struct lake_table_hour){
			.table_dir = table[i % count].dir, .hour = hour, .written = path
		};
		TRY(write_table_hour(refine, session, &table[i % count], hour, path, err));
	}
	return ERR_NONE;
}

/* Where that fails, who comes next does the hours again. */
static void withdraw(struct lake *lake, uint64_t number)
{
	struct err ignored;
	if (lake_refine_withdraw(lake, number, &ignored) != ERR_NONE)
		ignored.kind = ERR_NONE;
}

static enum err_kind refine_claimed(struct refine *refine, struct session *session,
				    const struct group *group, struct err *err)
{
	struct lake *lake = refine->options->lake;
	struct written written = { 0 };
	uint64_t number = 0;
	int64_t *hours = mem_zalloc(group->count, sizeof *hours);
	struct lake_refine_claim claim = { .snapshot = refine->snapshot->number,
					   .hash = refine->hash,
					   .hours = hours,
					   .hour_count = group->count,
					   .until_us = clock_now_us() + CLAIM_US };
	for (size_t i = 0; i < group->count; i++)
		hours[i] = group->hours[i]->hour;
	enum err_kind kind = lake_refine_claim(lake, refine->newest_claim, &claim, &number, err);
	refine->overtaken = kind == ERR_NONE && number == 0;
	if (kind == ERR_NONE && number > 0) {
		kind = write_group(refine, session, group, &written, err);
		if (kind != ERR_NONE)
			withdraw(lake, number);
		else
			kind = lake_refine_publish(lake, number, &claim, written.files,
						   written.count, err);
	}
	if (kind == ERR_NONE && number > 0) {
		refine->newest_claim = number;
		tell_progress(refine, group->count);
	}
	written_release(&written);
	free(hours);
	return kind;
}

/* --- any group ------------------------------------------------------------------------------------------ */

static enum err_kind refine_exchanged(struct refine *refine, struct session *session,
				      const struct group *group, struct err *err)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	if (group->count == 1)
		return refine_alone(refine, group, err);
	TRY(make_tables(refine, session, group, err));
	for (size_t hour = 0; hour < group->count; hour++) {
		for (size_t i = 0; i < count; i++) {
			if (is_stored(&table[i]))
				TRY(publish_table_hour(refine, session, &table[i],
						       group->hours[hour]->hour, err));
		}
		tell_progress(refine, 1);
	}
	return ERR_NONE;
}

static enum err_kind refine_group(struct refine *refine, struct session *session,
				  const struct group *group, struct err *err)
{
	return refine->refined ? refine_claimed(refine, session, group, err) :
				 refine_exchanged(refine, session, group, err);
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
	while (refine->kind == ERR_NONE && !refine->overtaken &&
	       refine->next < refine->stale_count && ret->count < GROUP_HOURS) {
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
		if (kind == ERR_REJECT && group.count == 1) {
			note_bad_hour(refine, group.hours[0]->hour, &err);
			kind = ERR_NONE;
		} else if (kind == ERR_REJECT) {
			kind = refine_hours_apart(refine, session, &group, &err);
		}
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
	if (refine->refined)
		wanted = 1;
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

static enum err_kind find_stale(struct lake *lake, const struct lake_refined *refined,
				const struct lake_snapshot *snapshot, uint64_t hash,
				const struct lake_hour **stale, size_t *ret_count, struct err *err)
{
	size_t count = 0;
	for (size_t i = 0; i < snapshot->hour_count; i++) {
		bool current = false;
		TRY(hour_is_current(lake, refined, &snapshot->hours[i], hash, &current, err));
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
	struct lake_refined *refined = NULL;
	TRY(lake_refined_read(lake, &refined, err));
	const struct lake_hour **stale = mem_zalloc(snapshot->hour_count + 1, sizeof *stale);
	enum err_kind kind = find_stale(lake, refined, snapshot, warehouse_hash(settings), stale,
					ret_hours, err);
	free(stale);
	lake_refined_free(refined);
	return kind;
}

static bool is_busy(const struct lake_refined *refined)
{
	int64_t now_us = clock_now_us();
	for (size_t i = 0; refined && i < refined->hour_count; i++) {
		if (refined->hours[i].unsure && refined->hours[i].busy_until_us > now_us)
			return true;
	}
	return false;
}

/* Another machine's refiner is left the time it wants. *ret_stop: we were asked to end meanwhile. */
static enum err_kind read_refined(const struct refine_options *options,
				  struct lake_refined **ret_refined, bool *ret_stop,
				  struct err *err)
{
	TRY(lake_refined_read(options->lake, ret_refined, err));
	*ret_stop = false;
	while (is_busy(*ret_refined) && !*ret_stop) {
		lake_refined_free(*ret_refined);
		*ret_refined = NULL;
		usleep(LOOK_US);
		TRY(lake_refined_read(options->lake, ret_refined, err));
		*ret_stop = options->stop && options->stop(options->context);
	}
	return ERR_NONE;
}

/* As warehouse_refine(); *ret_overtaken: another refiner has claimed hours since we looked. */
static enum err_kind refine_newest(const struct refine_options *options, struct refine_report *ret,
				   bool *ret_overtaken, struct err *err)
{
	struct lake_snapshot *snapshot = NULL;
	struct lake_refined *refined = NULL;
	struct refine refine = { .options = options, .hash = warehouse_hash(options->settings) };
	bool stop = false;
	enum err_kind kind = read_refined(options, &refined, &stop, err);
	if (kind == ERR_NONE)
		kind = lake_snapshot_read(options->lake, &snapshot, err);
	if (kind == ERR_NONE)
		kind = store_scratch(lake_store(options->lake), "_aviary/staging", &refine.dir,
				     err);
	if (kind != ERR_NONE)
		goto out;
	refine.snapshot = snapshot;
	refine.refined = refined;
	refine.newest_claim = refined ? refined->newest : 0;
	refine.stale = mem_zalloc(snapshot->hour_count + 1, sizeof *refine.stale);
	kind = find_stale(options->lake, refined, snapshot, refine.hash, refine.stale,
			  &refine.stale_count, err);
	if (kind == ERR_NONE && refine.stale_count > 0 && !stop)
		kind = refine_stale(&refine, err);
	size_t hours = refine.done;
	if (kind == ERR_NONE || kind == ERR_REJECT)
		*ret = (struct refine_report){
			.snapshot = snapshot->number,
			.hours = hours,
			.current = snapshot->hour_count - refine.stale_count,
			.left = refine.stale_count - hours,
		};
	*ret_overtaken = refine.overtaken;
out:
	free(refine.stale);
	free(refine.dir);
	lake_snapshot_free(snapshot);
	lake_refined_free(refined);
	return kind;
}

enum err_kind warehouse_refine(const struct refine_options *options, struct refine_report *ret,
			       struct err *err)
{
	bool overtaken = false;
	size_t hours = 0;
	do {
		enum err_kind kind = refine_newest(options, ret, &overtaken, err);
		if (kind != ERR_NONE && kind != ERR_REJECT)
			return err_wrap(err, "refine");
		hours += ret->hours;
		ret->hours = hours;
		if (kind == ERR_REJECT)
			return err_wrap(err, "refine");
	} while (overtaken);
	return ERR_NONE;
}
