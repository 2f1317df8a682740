/* An hour may have any number of posts, and sorting, joining and writing them holds them in memory. So a
 * table is computed in slices of its keys, as many as keep each one small, and these are put together:
 *
 *     landing ──► tweet_id below A ─────────► slice ─┐
 *             ──► tweet_id from A, below B ─► slice ─┼─► the hour's file
 *             ──► tweet_id from B on ───────► slice ─┘
 *
 * All rows that decide one key's row are in its slice. The bounds are quantiles of the keys of some rows
 * of landing, so slices are about the same size, and the file is sorted as a whole. DuckDB applies a slice's
 * condition where it reads: ids grow with time, so each slice of posts opens its own part of landing. Facts
 * are computed from the files of dimensions in the same way. */
#include "warehouse/hour.h"

#include "base/mem.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SAMPLE_ROWS = 20000 };

/* What is not here has few rows. */
static const struct slicing {
	const char *table;
	const char *key;     /* its first column */
	const char *sampled; /* where that comes from, of what take_sample() keeps of landing */
	uint64_t rows;       /* so many make a slice */
} slicings[] = {
	{ "tweet_data_raw", "tweet_id", "id", 60000 },
	{ "user_data_raw", "user_id", "user_id", 120000 },
	{ "place_data_raw", "place_id", "place_id", 120000 },
	{ "media_data_raw", "media_id", "unnest(media_keys)", 120000 },
	{ "tweet_engagement_processed", "tweet_id", "id", 240000 },
	{ "users_tweets_processed", "tweet_id", "id", 240000 },
	{ "user_activity_processed", "user_id", "user_id", 240000 },
};

struct slices {
	const struct slicing *slicing;
	size_t count; /* 1: the whole table */
};

static void add_path(struct buf *sql, const struct hour_job *job, const char *name)
{
	char *path = lake_file(job->lake, "_aviary/staging/%s", name);
	buf_add_sql(sql, str_from(path));
	free(path);
}

static char *slice_name(const struct hour_job *job, size_t slice)
{
	return mem_printf("refine-slice-%" PRId64 "-%zu.parquet", job->hour->hour, slice);
}

/* --- how many slices, and where they end -------------------------------------------------------------------- */

static enum err_kind take_sample(const struct hour_job *job, struct err *err)
{
	struct buf sql = { 0 };
	buf_addf(&sql,
		 "CREATE TEMP TABLE sampled AS SELECT id, user_id, place_id, CASE WHEN media_all "
		 "IS NULL THEN [media_media_key] ELSE [item.media_key FOR item IN media_all] END "
		 "AS media_keys FROM twitter_landing_data USING SAMPLE reservoir(%d ROWS)",
		 SAMPLE_ROWS);
	enum err_kind kind = session_run(job->session, buf_text(&sql), err);
	buf_release(&sql);
	return kind;
}

static enum err_kind count_sampled(const struct hour_job *job, const struct slicing *slicing,
				   uint64_t *ret, struct err *err)
{
	struct buf sql = { 0 };
	struct result *result = NULL;
	bool row = false;
	buf_addf(&sql, "SELECT count(key) FROM (SELECT %s AS key FROM sampled)", slicing->sampled);
	enum err_kind kind = session_query(job->session, buf_text(&sql), &result, err);
	if (kind == ERR_NONE)
		kind = result_next(result, &row, err);
	if (kind == ERR_NONE)
		*ret = row ? (uint64_t)result_int(result, 0) : 0;
	result_free(result);
	buf_release(&sql);
	return kind;
}

/* The bounds are a variable of the session, so no key is ever part of a statement. */
static enum err_kind set_bounds(const struct hour_job *job, const struct slices *slices,
				struct err *err)
{
	struct buf sql = { 0 };
	buf_add_text(&sql, "SET VARIABLE bounds = (SELECT quantile_disc(key, [");
	for (size_t i = 1; i < slices->count; i++)
		buf_addf(&sql, "%s%zu / %zu", i > 1 ? ", " : "", i, slices->count);
	buf_addf(&sql, "]) FROM (SELECT %s AS key FROM sampled))", slices->slicing->sampled);
	enum err_kind kind = session_run(job->session, buf_text(&sql), err);
	buf_release(&sql);
	return kind;
}

static enum err_kind find_slices(const struct hour_job *job, const struct warehouse_table *table,
				 struct slices *ret, struct err *err)
{
	uint64_t rows = job->hour->rows, sampled = 0;
	*ret = (struct slices){ .count = 1 };
	for (size_t i = 0; i < sizeof slicings / sizeof *slicings; i++) {
		if (strcmp(slicings[i].table, table->name) == 0)
			ret->slicing = &slicings[i];
	}
	if (!ret->slicing || rows <= SAMPLE_ROWS)
		return ERR_NONE;
	TRY(count_sampled(job, ret->slicing, &sampled, err));
	ret->count = (size_t)(rows * sampled / SAMPLE_ROWS / ret->slicing->rows + 1);
	return ret->count > 1 ? set_bounds(job, ret, err) : ERR_NONE;
}

static void add_condition(struct buf *sql, const struct slices *slices, size_t slice)
{
	const char *before = " WHERE ";
	if (slice > 0) {
		buf_addf(sql, "%s%s >= getvariable('bounds')[%zu]", before, slices->slicing->key,
			 slice);
		before = " AND ";
	}
	if (slice + 1 < slices->count)
		buf_addf(sql, "%s%s < getvariable('bounds')[%zu]", before, slices->slicing->key,
			 slice + 1);
}

/* --- files ------------------------------------------------------------------------------------------- */

static enum err_kind write_slice(const struct hour_job *job, const struct warehouse_table *table,
				 const struct slices *slices, size_t slice, const char *name,
				 struct err *err)
{
	struct buf sql = { 0 };
	buf_add_text(&sql, "COPY (SELECT * EXCLUDE (year, month, day, hour) FROM (");
	warehouse_sql(table, job->settings, &sql);
	buf_add_byte(&sql, ')');
	add_condition(&sql, slices, slice);
	buf_add_text(&sql, " ORDER BY 1) TO ");
	add_path(&sql, job, name);
	buf_addf(&sql, " %s", job->options);
	enum err_kind kind = session_run(job->session, buf_text(&sql), err);
	buf_release(&sql);
	return kind;
}

static enum err_kind join_slices(const struct hour_job *job, size_t count, const char *name,
				 struct err *err)
{
	struct buf sql = { 0 };
	buf_add_text(&sql, "COPY (FROM read_parquet([");
	for (size_t i = 0; i < count; i++) {
		char *slice = slice_name(job, i);
		buf_add_text(&sql, i > 0 ? ", " : "");
		add_path(&sql, job, slice);
		free(slice);
	}
	buf_add_text(&sql, "], hive_partitioning=false)) TO ");
	add_path(&sql, job, name);
	buf_addf(&sql, " %s", job->options);
	enum err_kind kind = session_run(job->session, buf_text(&sql), err);
	buf_release(&sql);
	return kind;
}

static enum err_kind remove_slices(const struct hour_job *job, size_t count, struct err *err)
{
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < count && kind == ERR_NONE; i++) {
		char *name = slice_name(job, i);
		char *path = mem_printf("_aviary/staging/%s", name);
		kind = store_remove(lake_store(job->lake), path, err);
		free(path);
		free(name);
	}
	return kind;
}

static enum err_kind write_table(const struct hour_job *job, const struct warehouse_table *table,
				 const char *name, struct err *err)
{
	struct slices slices;
	enum err_kind kind = find_slices(job, table, &slices, err);
	if (kind == ERR_NONE && slices.count == 1)
		return write_slice(job, table, &slices, 0, name, err);
	for (size_t i = 0; i < slices.count && kind == ERR_NONE; i++) {
		char *slice = slice_name(job, i);
		kind = write_slice(job, table, &slices, i, slice, err);
		free(slice);
	}
	if (kind == ERR_NONE)
		kind = join_slices(job, slices.count, name, err);
	return kind == ERR_NONE ? remove_slices(job, slices.count, err) : kind;
}

/* For the facts: what has been written of a dimension. */
static enum err_kind read_table(const struct hour_job *job, const struct warehouse_table *table,
				const char *name, struct err *err)
{
	struct buf sql = { 0 };
	struct hour hour = hour_of(job->hour->hour * INT64_C(3600000000));
	buf_addf(&sql,
		 "CREATE TEMP VIEW %s AS SELECT *, %d AS year, %d AS month, %d AS day, %d AS hour "
		 "FROM read_parquet(",
		 table->name, hour.year, hour.month, hour.day, hour.hour);
	add_path(&sql, job, name);
	buf_add_text(&sql, ", hive_partitioning=false)");
	enum err_kind kind = session_run(job->session, buf_text(&sql), err);
	buf_release(&sql);
	return kind;
}

static enum err_kind make_tables(const struct hour_job *job, char *const *names, struct err *err)
{
	size_t count;
	enum err_kind kind = ERR_NONE;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count && kind == ERR_NONE; i++) {
		if (table[i].kind != TABLE_DIMENSION && table[i].kind != TABLE_FACT)
			continue;
		kind = write_table(job, &table[i], names[i], err);
		if (kind == ERR_NONE && table[i].kind == TABLE_DIMENSION)
			kind = read_table(job, &table[i], names[i], err);
		if (kind != ERR_NONE)
			err_wrap(err, "%s", table[i].name);
	}
	return kind;
}

enum err_kind hour_compute(const struct hour_job *job, char *const *names, struct err *err)
{
	if (job->hour->rows > SAMPLE_ROWS)
		TRY(take_sample(job, err));
	return make_tables(job, names, err);
}
