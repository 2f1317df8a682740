/* A session's tables are temporary views over files and, in the live view, over the tail. What a name
 * means is put together as text:
 *
 *     landing      files of the snapshot  +  the tail
 *     dimension    stored files of hours not touched  +  its SQL WITH landing AS (touched hours, tail)
 *     fact         stored files of hours not touched  +  its SQL WITH those dimensions
 *
 * so that nothing is read before it is asked for. An hour is touched by the tail, or by a record newer
 * than the one its stored file was made from. DATABASE.NAME is one view for all sessions: it means the
 * temporary view of whoever asks. */
#include "warehouse/files.h"

#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>

struct attaching {
	struct session *session;
	struct lake *lake;
	const struct lake_snapshot *snapshot;
	const struct lake_refined *refined; /* read behind the snapshot; NULL: names tell */
	const struct warehouse_settings *settings;
	const struct warehouse_tail *tail; /* NULL: hours stay as they are stored */
	const char *statement;
	int64_t not_before_us;
	bool only_counts;
};

/* --- which tables ---------------------------------------------------------------------------------------- */

static bool mentions(const char *sql, const char *name)
{
	return strcasestr(sql, name) != NULL;
}

/* Whether the statement can mean the table, by itself or through views. */
static bool is_needed(const struct attaching *attaching, const struct warehouse_table *table)
{
	size_t count;
	const struct warehouse_table *tables = warehouse_tables(&count);
	if (!attaching->statement || mentions(attaching->statement, table->name))
		return true;
	for (size_t i = 0; i < count; i++) {
		if (tables[i].kind == TABLE_VIEW && &tables[i] != table &&
		    mentions(tables[i].sql, table->name) && is_needed(attaching, &tables[i]))
			return true;
	}
	return false;
}

/* Whether the statement may look at what tables there are, or make their names as it runs. */
static bool looks_around(const struct attaching *attaching)
{
	static const char *const words[] = {
		"information_schema", "pg_",   "duckdb_", "sqlite_", "pragma", "show",
		"describe",           "query", "execute"
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!attaching->statement || mentions(attaching->statement, words[i]))
			return true;
	}
	return false;
}

/* --- hours ----------------------------------------------------------------------------------------------- */

struct hour_set {
	int64_t *hours; /* ascending */
	size_t count, cap;
};

static int by_hour(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
	return (left > right) - (left < right);
}

static bool hour_set_has(const struct hour_set *set, int64_t hour)
{
	return set->count > 0 &&
	       bsearch(&hour, set->hours, set->count, sizeof hour, by_hour) != NULL;
}

static void hour_set_add(struct hour_set *set, int64_t hour)
{
	MEM_GROW(set->hours, set->cap, set->count + 1);
	set->hours[set->count++] = hour;
}

/* Hours of the table that its stored files do not answer for. */
static enum err_kind find_touched(const struct attaching *attaching,
				  const struct stored_list *stored, struct hour_set *ret,
				  struct err *err)
{
	const struct lake_snapshot *snapshot = attaching->snapshot;
	const struct warehouse_tail *tail = attaching->tail;
	const struct stored_file *files = stored->files;
	size_t count = stored->count, at = 0;
	for (size_t i = 0; i < count; i++) {
		if (files[i].name.snapshot > snapshot->number)
			return err_set(err, ERR_RETRY,
				       "refined up to record %" PRIu64
				       ", which is newer than %" PRIu64,
				       files[i].name.snapshot, snapshot->number);
	}
	for (size_t i = 0; i < snapshot->hour_count; i++) {
		const struct lake_hour *hour = &snapshot->hours[i];
		while (at < count && files[at].hour < hour->hour)
			at++;
		if (at == count || files[at].hour != hour->hour ||
		    files[at].name.snapshot < hour->last_record)
			hour_set_add(ret, hour->hour);
	}
	for (size_t i = 0; i < tail->hour_count; i++)
		hour_set_add(ret, tail->hours[i]);
	if (ret->count > 1)
		qsort(ret->hours, ret->count, sizeof *ret->hours, by_hour);
	return ERR_NONE;
}

/* --- landing --------------------------------------------------------------------------------------------- */

/* The snapshot's files of these hours, or of all. */
static void landing_files(const struct attaching *attaching, const struct hour_set *hours,
			  struct file_list *ret)
{
	const struct lake_snapshot *snapshot = attaching->snapshot;
	int64_t first = attaching->not_before_us == INT64_MIN ?
				INT64_MIN :
				hour_index(attaching->not_before_us);
	for (size_t i = 0; i < snapshot->hour_count; i++) {
		const struct lake_hour *hour = &snapshot->hours[i];
		if (hours ? hour_set_has(hours, hour->hour) : hour->hour >= first)
			file_list_add_hour(ret, hour);
	}
}

/* Before the view over them is made. */
static enum err_kind fetch_landing(const struct attaching *attaching, const struct hour_set *hours,
				   struct err *err)
{
	struct file_list files = { 0 };
	if (attaching->only_counts && !hours)
		return ERR_NONE;
	landing_files(attaching, hours, &files);
	enum err_kind kind =
		store_fetch(lake_store(attaching->lake), files.files, files.count, err);
	free(files.files);
	return kind;
}

/* The rows of these hours, or all. Where no column of all is asked for, DuckDB reads the first one on each
 * side of UNION ALL: the stream's name takes no room in a file and no parsing in the tail. */
static void add_landing(struct buf *sql, const struct attaching *attaching,
			const struct hour_set *hours)
{
	const struct warehouse_tail *tail = attaching->tail;
	struct file_list files = { 0 };
	bool any = false;
	bool only_counts = attaching->only_counts && !hours;
	if (!only_counts)
		landing_files(attaching, hours, &files);
	const char *first = hours ? "SELECT " : "SELECT stream_id, ";
	if (!hours) {
		buf_add_text(sql, "SELECT ");
		add_landing_columns(sql);
		buf_add_text(sql, " FROM (");
	}
	if (files.count > 0) {
		buf_add_text(sql, first);
		add_landing_columns(sql);
		buf_add_text(sql, " FROM ");
		add_parquet_files(sql, attaching->lake, &files);
		any = true;
	}
	if (only_counts) { /* the log has counted them */
		buf_add_text(sql, "SELECT stream_id, * FROM (");
		add_landing_nulls(sql);
		buf_addf(sql, " FROM range(%" PRIu64 "))", attaching->snapshot->rows);
		any = true;
	}
	for (size_t i = 0; tail && i < tail->scan_count; i++) {
		buf_addf(sql, "%s%s", any ? " UNION ALL " : "", first);
		add_landing_columns(sql);
		buf_addf(sql, " FROM %s", tail->scans[i]);
		any = true;
	}
	if (!any)
		add_empty_landing(sql);
	if (!hours)
		buf_add_byte(sql, ')');
	free(files.files);
}

/* --- stored tables --------------------------------------------------------------------------------------- */

/* The table's SQL over these hours of landing, as a subquery. */
static void add_computed(struct buf *sql, const struct attaching *attaching,
			 const struct warehouse_table *table, const struct hour_set *hours)
{
	size_t count;
	const struct warehouse_table *tables = warehouse_tables(&count);
	buf_addf(sql, "(WITH %s AS NOT MATERIALIZED (", tables[0].name);
	add_landing(sql, attaching, hours);
	buf_add_byte(sql, ')');
	for (size_t i = 0; i < count && table->kind == TABLE_FACT; i++) {
		if (tables[i].kind != TABLE_DIMENSION || !mentions(table->sql, tables[i].name))
			continue;
		buf_addf(sql, ", %s AS NOT MATERIALIZED (", tables[i].name);
		warehouse_sql(&tables[i], attaching->settings, sql);
		buf_add_byte(sql, ')');
	}
	buf_add_byte(sql, '\n');
	warehouse_sql(table, attaching->settings, sql);
	buf_add_byte(sql, ')');
}

static void add_nothing(struct buf *sql, const struct attaching *attaching,
			const struct warehouse_table *table)
{
	static const struct hour_set none = { 0 };
	static const struct warehouse_tail no_tail = { 0 };
	struct attaching empty = *attaching;
	empty.tail = &no_tail;
	buf_add_text(sql, "SELECT * FROM ");
	add_computed(sql, &empty, table, &none);
}

/* The files of all other hours. */
static void keep_untouched(const struct stored_list *stored, const struct hour_set *touched,
			   struct file_list *ret)
{
	for (size_t i = 0; i < stored->count; i++) {
		if (!hour_set_has(touched, stored->files[i].hour))
			file_list_add(ret, &stored->files[i].file);
	}
}

static void add_stored_and_computed(struct buf *sql, const struct attaching *attaching,
				    const struct warehouse_table *table,
				    const struct file_list *files, const struct hour_set *touched)
{
	if (files->count > 0)
		add_parquet_scan(sql, attaching->lake, files);
	if (touched->count > 0) {
		buf_add_text(sql,
			     files->count > 0 ? " UNION ALL SELECT * FROM " : "SELECT * FROM ");
		add_computed(sql, attaching, table, touched);
	}
	if (files->count == 0 && touched->count == 0)
		add_nothing(sql, attaching, table);
}

static enum err_kind add_stored(struct buf *sql, const struct attaching *attaching,
				const struct warehouse_table *table, struct err *err)
{
	struct stored_list stored = { 0 };
	struct file_list files = { 0 };
	struct hour_set touched = { 0 };
	enum err_kind kind = stored_files(attaching->lake, attaching->refined, table, &stored, err);
	if (kind == ERR_NONE && attaching->tail)
		kind = find_touched(attaching, &stored, &touched, err);
	if (kind == ERR_NONE && touched.count > 0)
		kind = fetch_landing(attaching, &touched, err);
	if (kind == ERR_NONE) {
		keep_untouched(&stored, &touched, &files);
		kind = store_fetch(lake_store(attaching->lake), files.files, files.count, err);
	}
	if (kind == ERR_NONE)
		add_stored_and_computed(sql, attaching, table, &files, &touched);
	stored_list_release(&stored);
	free(files.files);
	free(touched.hours);
	return kind;
}

/* --- views ----------------------------------------------------------------------------------------------- */

/* What was not made ready has its columns, and tells so when it is read. */
static void add_unready(struct buf *sql, const struct attaching *attaching,
			const struct warehouse_table *table)
{
	if (table->kind == TABLE_LANDING) {
		add_empty_landing(sql);
	} else if (table->kind == TABLE_REQUESTS) {
		add_empty_requests(sql);
	} else if (table->kind == TABLE_VIEW) {
		buf_add_text(sql, "SELECT * FROM (");
		warehouse_sql(table, attaching->settings, sql);
		buf_add_byte(sql, ')');
		return; /* what it is made of tells */
	} else {
		add_nothing(sql, attaching, table);
	}
	buf_addf(sql,
		 " UNION ALL BY NAME SELECT CAST(NULL AS INTEGER) AS year WHERE "
		 "error('table %s can only be asked by its name') IS NULL",
		 table->name);
}

/* The same for all sessions, made by the first. */
static enum err_kind name_in_database(const struct attaching *attaching,
				      const struct warehouse_table *table, struct err *err)
{
	static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
	struct buf sql = { 0 };
	buf_addf(&sql,
		 "CREATE SCHEMA IF NOT EXISTS %s; "
		 "CREATE VIEW IF NOT EXISTS %s.%s AS SELECT * FROM temp.main.%s",
		 table->database, table->database, table->name, table->name);
	pthread_mutex_lock(&one_at_a_time);
	enum err_kind kind = session_run(attaching->session, buf_text(&sql), err);
	pthread_mutex_unlock(&one_at_a_time);
	buf_release(&sql);
	return kind;
}

/* The session notes which text it has each view from: most often only the tail has grown. */
static enum err_kind make_view(const struct attaching *attaching,
			       const struct warehouse_table *table, struct buf *sql,
			       struct err *err)
{
	size_t count;
	uint64_t *note = &session_notes(attaching->session)[table - warehouse_tables(&count)];
	uint64_t text = hash_xxh3(buf_str(sql)), before = *note;
	assert(count <= SESSION_NOTES);
	if (text == before)
		return ERR_NONE;
	*note = 0;
	TRY(session_run(attaching->session, buf_text(sql), err));
	if (table->database && before == 0)
		TRY(name_in_database(attaching, table, err));
	*note = text;
	return ERR_NONE;
}

/* Those that the snapshot has; what is only journalled comes with the next batch. */
static enum err_kind add_requests(struct buf *sql, const struct attaching *attaching,
				  struct err *err)
{
	const struct lake_snapshot *snapshot = attaching->snapshot;
	struct file_list files = { 0 };
	for (size_t i = 0; i < snapshot->request_file_count; i++) {
		const struct lake_file_entry *entry = snapshot->request_files[i];
		struct store_file file = { .path = entry->name,
					   .bytes = entry->bytes,
					   .checksum = entry->checksum };
		file_list_add(&files, &file);
	}
	enum err_kind kind =
		store_fetch(lake_store(attaching->lake), files.files, files.count, err);
	if (kind == ERR_NONE && files.count > 0)
		add_parquet_scan(sql, attaching->lake, &files);
	else if (kind == ERR_NONE)
		add_empty_requests(sql);
	free(files.files);
	return kind;
}

static enum err_kind attach_table(const struct attaching *attaching,
				  const struct warehouse_table *table, struct err *err)
{
	struct buf sql = { 0 };
	enum err_kind kind = ERR_NONE;
	bool needed = is_needed(attaching, table);
	if (!needed && !looks_around(attaching))
		return ERR_NONE;
	buf_addf(&sql, "CREATE OR REPLACE TEMP VIEW %s AS ", table->name);
	if (!needed)
		add_unready(&sql, attaching, table);
	else if (table->kind == TABLE_LANDING)
		kind = fetch_landing(attaching, NULL, err);
	else if (table->kind == TABLE_VIEW)
		warehouse_sql(table, attaching->settings, &sql);
	else if (table->kind == TABLE_REQUESTS)
		kind = add_requests(&sql, attaching, err);
	else
		kind = add_stored(&sql, attaching, table, err);
	if (kind == ERR_NONE && needed && table->kind == TABLE_LANDING)
		add_landing(&sql, attaching, NULL);
	if (kind == ERR_NONE)
		kind = make_view(attaching, table, &sql, err);
	buf_release(&sql);
	return kind == ERR_NONE ? ERR_NONE : err_wrap(err, "table %s", table->name);
}

static enum err_kind attach(struct attaching *attaching, struct err *err)
{
	size_t count;
	struct lake_refined *refined = NULL;
	const struct warehouse_table *table = warehouse_tables(&count);
	enum err_kind kind = lake_refined_read(attaching->lake, &refined, err);
	attaching->refined = refined;
	for (size_t i = 0; i < count && kind == ERR_NONE; i++)
		kind = attach_table(attaching, &table[i], err);
	lake_refined_free(refined);
	return kind;
}

enum err_kind warehouse_attach(struct session *session, struct lake *lake,
			       const struct lake_snapshot *snapshot,
			       const struct warehouse_settings *settings, struct err *err)
{
	struct attaching attaching = {
		.session = session,
		.lake = lake,
		.snapshot = snapshot,
		.settings = settings,
		.not_before_us = INT64_MIN,
	};
	return attach(&attaching, err);
}

enum err_kind warehouse_attach_live(struct session *session, const struct warehouse_live *live,
				    struct err *err)
{
	struct attaching attaching = { .session = session,
				       .lake = live->lake,
				       .snapshot = live->snapshot,
				       .settings = live->settings,
				       .tail = live->tail,
				       .statement = live->statement,
				       .not_before_us = live->not_before_us };
	attaching.only_counts = live->statement && statement_only_counts_landing(live->statement);
	return attach(&attaching, err);
}
