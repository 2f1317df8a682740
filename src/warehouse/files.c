#include "warehouse/files.h"

#include "base/mem.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdlib.h>
#include <stdio.h>

static const char partition_types[] =
	"hive_partitioning=true, hive_types={'year': INTEGER, 'month': INTEGER, 'day': INTEGER, "
	"'hour': INTEGER}";

bool stored_name_parse(const char *name, struct stored_name *ret)
{
	char attempt[9];
	int end = 0;
	struct stored_name stored;
	if (sscanf(name, "%20" SCNu64 "-%16" SCNx64 "-%8[0-9a-f].parquet%n", &stored.snapshot,
		   &stored.hash, attempt, &end) != 3 ||
	    end == 0 || name[end] != '\0')
		return false;
	*ret = stored;
	return true;
}

char *stored_name_make(uint64_t snapshot, uint64_t hash)
{
	char uuid[UUID_TEXT];
	uuid_new(uuid);
	return mem_printf("%020" PRIu64 "-%016" PRIx64 "-%.8s.parquet", snapshot, hash, uuid);
}

static enum err_kind table_hour_is_current(struct lake *lake, const struct warehouse_table *table,
					   const struct lake_hour *hour, uint64_t hash,
					   bool *ret_current, struct err *err)
{
	char partition[PARTITION_PATH_MAX];
	struct name_list names = { 0 };
	struct stored_name stored;
	char *dir = mem_printf("%s/%s", table->dir, lake_partition_path(hour->hour, partition));
	enum err_kind kind = store_list(lake_store(lake), dir, &names, err);
	*ret_current = kind == ERR_NONE && names.count == 1 &&
		       stored_name_parse(names.names[0], &stored) &&
		       stored.snapshot >= hour->last_record && stored.hash == hash;
	name_list_release(&names);
	free(dir);
	return kind;
}

static bool is_refined(const struct lake_refined *refined, const struct lake_hour *hour,
		       uint64_t hash)
{
	const struct lake_refined_hour *known = lake_refined_hour(refined, hour->hour);
	return known && !known->unsure && known->snapshot >= hour->last_record &&
	       known->hash == hash;
}

enum err_kind hour_is_current(struct lake *lake, const struct lake_refined *refined,
			      const struct lake_hour *hour, uint64_t hash, bool *ret_current,
			      struct err *err)
{
	if (refined) {
		*ret_current = is_refined(refined, hour, hash);
		return ERR_NONE;
	}
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	bool current = true;
	for (size_t i = 0; i < count && current; i++) {
		if (table[i].kind == TABLE_DIMENSION || table[i].kind == TABLE_FACT)
			TRY(table_hour_is_current(lake, &table[i], hour, hash, &current, err));
	}
	*ret_current = current;
	return ERR_NONE;
}

static void add_stored_file(struct stored_list *list, char *path, const char *name)
{
	struct stored_file stored = { .file.path = path, .hour = INT64_MIN };
	if (!lake_partition_parse(str_from(path), &stored.hour))
		stored.hour = INT64_MIN;
	if (!stored_name_parse(name, &stored.name))
		stored.name = (struct stored_name){ 0 };
	MEM_GROW(list->files, list->cap, list->count + 1);
	list->files[list->count++] = stored;
}

/* Walks year=/month=/day=/hour= and takes the files at the bottom. */
static enum err_kind walk(struct lake *lake, const char *dir, int levels, struct stored_list *ret,
			  struct err *err)
{
	static const char *const parts[] = { "hour=", "day=", "month=", "year=" };
	struct name_list names = { 0 };
	enum err_kind kind = store_list(lake_store(lake), dir, &names, err);
	for (size_t i = 0; i < names.count && kind == ERR_NONE; i++) {
		struct str name = str_from(names.names[i]);
		char *path = mem_printf("%s/%s", dir, names.names[i]);
		if (levels == 0 && str_ends(name, STR(".parquet"))) {
			add_stored_file(ret, path, names.names[i]);
			path = NULL;
		} else if (levels > 0 && str_starts(name, str_from(parts[levels - 1]))) {
			kind = walk(lake, path, levels - 1, ret, err);
		}
		free(path);
	}
	name_list_release(&names);
	return kind;
}

static int by_hour(const void *a, const void *b)
{
	int64_t left = ((const struct stored_file *)a)->hour;
	int64_t right = ((const struct stored_file *)b)->hour;
	return (left > right) - (left < right);
}

/* Its files have names without a snapshot; the lake tells. */
static void list_refined(const struct lake_refined *refined, const struct warehouse_table *table,
			 struct stored_list *ret)
{
	for (size_t i = 0; i < refined->hour_count; i++) {
		const struct lake_refined_hour *hour = &refined->hours[i];
		const struct lake_table_file *file = lake_refined_file(hour, table->dir);
		if (!file || hour->unsure)
			continue;
		MEM_GROW(ret->files, ret->cap, ret->count + 1);
		ret->files[ret->count++] = (struct stored_file){
			.file = { .path = lake_refined_path(table->dir, hour->hour),
				  .bytes = file->bytes,
				  .checksum = file->checksum },
			.hour = hour->hour,
			.name = { .snapshot = hour->snapshot, .hash = hour->hash },
		};
	}
}

enum err_kind stored_files(struct lake *lake, const struct lake_refined *refined,
			   const struct warehouse_table *table, struct stored_list *ret,
			   struct err *err)
{
	if (refined) {
		list_refined(refined, table, ret);
		return ERR_NONE;
	}
	TRY(walk(lake, table->dir, 4, ret, err));
	if (ret->count > 1)
		qsort(ret->files, ret->count, sizeof *ret->files, by_hour);
	for (size_t i = 1; i < ret->count; i++) {
		if (ret->files[i - 1].hour == ret->files[i].hour)
			ret->files[i - 1].name = ret->files[i].name = (struct stored_name){ 0 };
	}
	return ERR_NONE;
}

void stored_list_release(struct stored_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free((char *)list->files[i].file.path);
	free(list->files);
	*list = (struct stored_list){ 0 };
}

void file_list_add(struct file_list *list, const struct store_file *file)
{
	MEM_GROW(list->files, list->cap, list->count + 1);
	list->files[list->count++] = *file;
}

void file_list_add_hour(struct file_list *list, const struct lake_hour *hour)
{
	for (size_t i = 0; i < hour->file_count; i++) {
		const struct lake_file_entry *entry = hour->files[i];
		struct store_file file = { .path = entry->name,
					   .bytes = entry->bytes,
					   .checksum = entry->checksum };
		file_list_add(list, &file);
	}
}

/* Where the lake's own path has a NAME=VALUE in it, DuckDB would take that for a partition, too. */
static void add_partition_of_path(struct buf *sql)
{
	static const char *const names[] = { "year", "month", "day", "hour" };
	buf_add_text(sql, "SELECT * EXCLUDE (filename)");
	for (int i = 0; i < 4; i++)
		buf_addf(
			sql,
			", CAST(regexp_extract(filename, "
			"'/year=(\\d+)/month=(\\d+)/day=(\\d+)/hour=(\\d+)/[^/]*$', %d) AS INTEGER) "
			"AS %s",
			i + 1, names[i]);
}

void add_parquet_scan(struct buf *sql, struct lake *lake, const struct file_list *files)
{
	buf_add_text(sql,
		     "SELECT * EXCLUDE (year, month, day, hour), year, month, day, hour FROM ");
	add_parquet_files(sql, lake, files);
}

/* Whether the place where files are read has no NAME=VALUE in it; then DuckDB has partitions by their names. */
static bool is_plain(struct store *store)
{
	struct store_file none = { .path = "" };
	char *above = store_read_path(store, &none);
	bool plain = !strchr(above, '=');
	free(above);
	return plain;
}

void add_parquet_files(struct buf *sql, struct lake *lake, const struct file_list *files)
{
	struct store *store = lake_store(lake);
	bool plain = is_plain(store);
	if (!plain) {
		buf_add_byte(sql, '(');
		add_partition_of_path(sql);
		buf_add_text(sql, " FROM ");
	}
	buf_add_text(sql, "read_parquet([");
	for (size_t i = 0; i < files->count; i++) {
		char *path = store_read_path(store, &files->files[i]);
		if (i > 0)
			buf_add_byte(sql, ',');
		buf_add_sql(sql, str_from(path));
		free(path);
	}
	buf_addf(sql, "], %s)",
		 plain ? partition_types : "hive_partitioning=false, filename=true)");
}

static void add_nulls(struct buf *sql, const struct post_column *columns, size_t count)
{
	buf_add_text(sql, "SELECT ");
	for (size_t i = 0; i < count; i++) {
		buf_add_text(sql, "CAST(NULL AS ");
		post_column_sql_type(&columns[i].type, sql);
		buf_addf(sql, ") AS %s, ", columns[i].name);
	}
	buf_add_text(sql, "CAST(NULL AS INTEGER) AS year, CAST(NULL AS INTEGER) AS month, "
			  "CAST(NULL AS INTEGER) AS day, CAST(NULL AS INTEGER) AS hour");
}

void add_landing_nulls(struct buf *sql)
{
	size_t count;
	const struct post_column *columns = post_columns(&count);
	add_nulls(sql, columns, count);
}

void add_empty_landing(struct buf *sql)
{
	add_landing_nulls(sql);
	buf_add_text(sql, " WHERE false");
}

void add_empty_requests(struct buf *sql)
{
	size_t count;
	const struct post_column *columns = request_columns(&count);
	add_nulls(sql, columns, count);
	buf_add_text(sql, " WHERE false");
}

void add_landing_columns(struct buf *sql)
{
	size_t count;
	const struct post_column *columns = post_columns(&count);
	for (size_t i = 0; i < count; i++)
		buf_addf(sql, "%s, ", columns[i].name);
	buf_add_text(sql, "year, month, day, hour");
}
