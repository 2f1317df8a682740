/* What a server is told of the lake's tables. It is asked what it knows, and told what it lacks: so nothing has to
 * be remembered, and a run that was killed is made good by the next one. */
#include "warehouse/files.h"
#include "warehouse/schema.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTITIONS_AT_ONCE = 200 };

struct registering {
	const struct register_options *options;
	const struct warehouse_table *table;
	struct register_report *report;
	struct err *err;
};

/* --- asking ---------------------------------------------------------------------------------------------------- */

/* Calls `each` with the first two cells of every row, until it says false. */
static enum err_kind each_row(const struct registering *run, const char *sql,
			      bool (*each)(void *context, const char *first, const char *second),
			      void *context)
{
	struct result *result = NULL;
	struct buf first = { 0 }, second = { 0 };
	bool row = true, more = true;
	enum err_kind kind = session_query(run->options->server, sql, &result, run->err);
	while (kind == ERR_NONE && more &&
	       (kind = result_next(result, &row, run->err)) == ERR_NONE && row) {
		buf_reset(&first);
		buf_reset(&second);
		result_add_text(result, 0, &first);
		if (result_columns(result) > 1)
			result_add_text(result, 1, &second);
		more = each(context, buf_text(&first), buf_text(&second));
	}
	result_free(result);
	buf_release(&first);
	buf_release(&second);
	return kind;
}

static enum err_kind tell(const struct registering *run, const char *format, ...) PRINTF_LIKE(2, 3);
static enum err_kind tell(const struct registering *run, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *sql = NULL;
	if (vasprintf(&sql, format, args) < 0)
		abort();
	va_end(args);
	enum err_kind kind = session_run(run->options->server, sql, run->err);
	free(sql);
	return kind;
}

/* --- columns ---------------------------------------------------------------------------------------------------- */

/* DESCRIBE lists columns, then those of the partition, then an empty line or a heading. */
static bool take_column(void *context, const char *name, const char *type)
{
	struct table_columns *columns = context;
	if (!name[0] || name[0] == '#' || is_partition_column(name))
		return false;
	table_columns_add(columns, mem_strdup(name), mem_strdup(type));
	return true;
}

/* Servers spell types in lower case, without spaces and quotes. */
static bool same_type(const char *a, const char *b)
{
	for (;; a++, b++) {
		while (*a == ' ' || *a == '`')
			a++;
		while (*b == ' ' || *b == '`')
			b++;
		if (tolower((unsigned char)*a) != tolower((unsigned char)*b))
			return false;
		if (!*a)
			return true;
	}
}

static bool begins_with(const struct table_columns *all, const struct table_columns *first)
{
	for (size_t i = 0; i < first->count; i++) {
		if (i == all->count ||
		    strcasecmp(all->columns[i].name, first->columns[i].name) != 0 ||
		    !same_type(all->columns[i].type, first->columns[i].type))
			return false;
	}
	return true;
}

static bool note_row(void *context, const char *first, const char *second)
{
	(void)first;
	(void)second;
	*(bool *)context = true;
	return false;
}

static enum err_kind is_there(const struct registering *run, bool *ret_there)
{
	char *sql =
		mem_printf("SHOW TABLES IN %s LIKE '%s'", run->table->database, run->table->name);
	*ret_there = false;
	enum err_kind kind = each_row(run, sql, note_row, ret_there);
	free(sql);
	return kind;
}

static enum err_kind make_table(const struct registering *run, const struct table_columns *columns)
{
	struct buf sql = { 0 };
	table_add_create(run->table, columns, run->options->lake_uri, &sql);
	enum err_kind kind = session_run(run->options->server, buf_text(&sql), run->err);
	buf_release(&sql);
	return kind;
}

/* New columns at the end are added; a table that differs in another way is made again. Hive keeps columns with
 * every partition, so there they are told as well. */
static enum err_kind alter_table(const struct registering *run, const struct table_columns *wanted,
				 const struct table_columns *known)
{
	const struct warehouse_table *table = run->table;
	struct buf added = { 0 };
	if (begins_with(wanted, known) && wanted->count == known->count)
		return ERR_NONE;
	run->report->altered++;
	if (!begins_with(wanted, known)) {
		TRY(tell(run, "DROP TABLE IF EXISTS %s.%s", table->database, table->name));
		return make_table(run, wanted);
	}
	table_columns_list(wanted, known->count, &added);
	bool hive = session_product(run->options->server) == ENGINE_HIVE;
	enum err_kind kind = tell(run, "ALTER TABLE %s.%s ADD COLUMNS (%s)%s", table->database,
				  table->name, buf_text(&added), hive ? " CASCADE" : "");
	buf_release(&added);
	return kind;
}

static enum err_kind register_columns(const struct registering *run)
{
	struct table_columns wanted = { 0 }, known = { 0 };
	const struct warehouse_table *table = run->table;
	char *describe = mem_printf("DESCRIBE %s.%s", table->database, table->name);
	bool there = false;
	enum err_kind kind = table_columns_read(run->options->schema, table, &wanted, run->err);
	if (kind == ERR_NONE)
		kind = tell(run, "CREATE DATABASE IF NOT EXISTS %s", table->database);
	if (kind == ERR_NONE)
		kind = is_there(run, &there);
	if (kind == ERR_NONE && there) {
		kind = each_row(run, describe, take_column, &known);
		if (kind == ERR_NONE)
			kind = alter_table(run, &wanted, &known);
	} else if (kind == ERR_NONE) {
		kind = make_table(run, &wanted);
		run->report->made += kind == ERR_NONE;
	}
	free(describe);
	table_columns_release(&wanted);
	table_columns_release(&known);
	return kind;
}

/* --- partitions ---------------------------------------------------------------------------------------------- */

struct hours {
	int64_t *hours; /* ascending, once sorted */
	size_t count, cap;
};

static void add_hour(struct hours *hours, int64_t hour)
{
	MEM_GROW(hours->hours, hours->cap, hours->count + 1);
	hours->hours[hours->count++] = hour;
}

static bool take_partition(void *context, const char *path, const char *second)
{
	int64_t hour;
	(void)second;
	if (lake_partition_parse(str_from(path), &hour))
		add_hour(context, hour);
	return true;
}

static int by_hour(const void *a, const void *b)
{
	int64_t one = *(const int64_t *)a, other = *(const int64_t *)b;
	return (one > other) - (one < other);
}

static enum err_kind known_hours(const struct registering *run, struct hours *ret)
{
	char *sql = mem_printf("SHOW PARTITIONS %s.%s", run->table->database, run->table->name);
	enum err_kind kind = each_row(run, sql, take_partition, ret);
	free(sql);
	if (ret->count > 1)
		qsort(ret->hours, ret->count, sizeof *ret->hours, by_hour);
	return kind;
}

static enum err_kind stored_hours(const struct registering *run, struct hours *ret)
{
	struct stored_list list = { 0 };
	enum err_kind kind = stored_files(run->options->lake, NULL, run->table, &list, run->err);
	for (size_t i = 0; kind == ERR_NONE && i < list.count; i++) {
		int64_t hour = list.files[i].hour;
		if (hour != INT64_MIN && (ret->count == 0 || ret->hours[ret->count - 1] != hour))
			add_hour(ret, hour);
	}
	stored_list_release(&list);
	return kind;
}

/* Those of the first that are not in the second. */
static void subtract(const struct hours *from, const struct hours *others, struct hours *ret)
{
	for (size_t i = 0, at = 0; i < from->count; i++) {
		while (at < others->count && others->hours[at] < from->hours[i])
			at++;
		if (at == others->count || others->hours[at] != from->hours[i])
			add_hour(ret, from->hours[i]);
	}
}

static enum err_kind change_partitions(const struct registering *run, const char *verb,
				       const char *between, const struct hours *hours)
{
	struct buf sql = { 0 };
	enum err_kind kind = ERR_NONE;
	for (size_t first = 0; first < hours->count && kind == ERR_NONE;
	     first += PARTITIONS_AT_ONCE) {
		buf_reset(&sql);
		buf_addf(&sql, "ALTER TABLE %s.%s %s", run->table->database, run->table->name,
			 verb);
		for (size_t i = first; i < hours->count && i < first + PARTITIONS_AT_ONCE; i++) {
			struct hour hour = hour_of(hours->hours[i] * INT64_C(3600000000));
			buf_addf(&sql, "%s PARTITION (year=%d, month=%d, day=%d, hour=%d)",
				 i > first ? between : "", hour.year, hour.month, hour.day,
				 hour.hour);
		}
		kind = session_run(run->options->server, buf_text(&sql), run->err);
	}
	buf_release(&sql);
	return kind;
}

static enum err_kind register_partitions(const struct registering *run)
{
	struct hours known = { 0 }, stored = { 0 }, missing = { 0 }, gone = { 0 };
	enum err_kind kind = stored_hours(run, &stored);
	if (kind == ERR_NONE)
		kind = known_hours(run, &known);
	if (kind == ERR_NONE) {
		subtract(&stored, &known, &missing);
		subtract(&known, &stored, &gone);
		kind = change_partitions(run, "ADD IF NOT EXISTS", "", &missing);
	}
	if (kind == ERR_NONE) {
		run->report->added += missing.count;
		kind = change_partitions(run, "DROP IF EXISTS", ",", &gone);
	}
	if (kind == ERR_NONE)
		run->report->dropped += gone.count;
	if (kind == ERR_NONE && session_product(run->options->server) == ENGINE_SPARK)
		kind = tell(run, "REFRESH TABLE %s.%s", run->table->database, run->table->name);
	free(known.hours);
	free(stored.hours);
	free(missing.hours);
	free(gone.hours);
	return kind;
}

/* --- all of it --------------------------------------------------------------------------------------------------- */

static enum err_kind make_view(const struct registering *run)
{
	struct warehouse_settings settings = *run->options->settings;
	struct buf sql = { 0 };
	settings.dialect = session_product(run->options->server) == ENGINE_HIVE ? DIALECT_HIVE :
										  DIALECT_SPARK;
	TRY(tell(run, "CREATE DATABASE IF NOT EXISTS " WAREHOUSE_VIEWS));
	warehouse_refine_sql(run->table, &settings, &sql);
	enum err_kind kind = session_run(run->options->server, buf_text(&sql), run->err);
	buf_release(&sql);
	return kind;
}

enum err_kind warehouse_register(const struct register_options *options,
				 struct register_report *ret, struct err *err)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	struct registering run = { .options = options, .report = ret, .err = err };
	*ret = (struct register_report){ 0 };
	for (size_t i = 0; i < count; i++) {
		run.table = &table[i];
		enum err_kind kind = ERR_NONE;
		if (table[i].kind != TABLE_VIEW) {
			kind = register_columns(&run);
			if (kind == ERR_NONE)
				kind = register_partitions(&run);
		} else if (options->views) {
			kind = make_view(&run);
		}
		if (kind != ERR_NONE)
			return err_wrap(err, "register %s", table[i].name);
	}
	return ERR_NONE;
}
