#include "base/mem.h"
#include "warehouse/files.h"

#include <stdlib.h>

static void add_landing(struct buf *sql, const struct lake *lake,
			const struct lake_snapshot *snapshot)
{
	struct name_list paths = { 0 };
	for (size_t i = 0; i < snapshot->hour_count; i++) {
		for (size_t file = 0; file < snapshot->hours[i].file_count; file++) {
			MEM_GROW(paths.names, paths.cap, paths.count + 1);
			paths.names[paths.count++] = snapshot->hours[i].files[file]->name;
		}
	}
	buf_add_text(sql, "CREATE VIEW twitter_landing_data AS ");
	if (paths.count > 0)
		add_parquet_scan(sql, lake, paths.names, paths.count);
	else
		add_empty_landing(sql);
	free(paths.names); /* the names are the snapshot's */
}

static enum err_kind add_stored(struct buf *sql, struct lake *lake,
				const struct warehouse_table *table,
				const struct warehouse_settings *settings, struct err *err)
{
	struct name_list files = { 0 };
	TRY(stored_files(lake, table, &files, err));
	if (files.count > 0) {
		buf_addf(sql, "CREATE VIEW %s AS ", table->name);
		add_parquet_scan(sql, lake, files.names, files.count);
	} else {
		buf_addf(sql, "CREATE TABLE %s AS SELECT * FROM (", table->name);
		warehouse_sql(table, settings, sql);
		buf_add_text(sql, ") WHERE false");
	}
	name_list_release(&files);
	return ERR_NONE;
}

static enum err_kind attach_table(struct session *session, struct lake *lake,
				  const struct lake_snapshot *snapshot,
				  const struct warehouse_table *table,
				  const struct warehouse_settings *settings, struct err *err)
{
	struct buf sql = { 0 };
	enum err_kind kind = ERR_NONE;
	switch (table->kind) {
	case TABLE_LANDING:
		add_landing(&sql, lake, snapshot);
		break;
	case TABLE_DIMENSION:
	case TABLE_FACT:
		kind = add_stored(&sql, lake, table, settings, err);
		break;
	case TABLE_VIEW:
		buf_addf(&sql, "CREATE VIEW %s AS ", table->name);
		warehouse_sql(table, settings, &sql);
		break;
	}
	if (table->database)
		buf_addf(&sql,
			 "; CREATE SCHEMA IF NOT EXISTS %s; "
			 "CREATE VIEW %s.%s AS SELECT * FROM main.%s",
			 table->database, table->database, table->name, table->name);
	if (kind == ERR_NONE)
		kind = session_run(session, buf_text(&sql), err);
	buf_release(&sql);
	return kind == ERR_NONE ? ERR_NONE : err_wrap(err, "table %s", table->name);
}

enum err_kind warehouse_attach(struct session *session, struct lake *lake,
			       const struct lake_snapshot *snapshot,
			       const struct warehouse_settings *settings, struct err *err)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++)
		TRY(attach_table(session, lake, snapshot, &table[i], settings, err));
	return ERR_NONE;
}
