/* The table function wire_lines(feed): wire lines parsed straight into DuckDB's vectors. Each scanning
 * thread has a post_reader and a group of lines of its own. */
#include "engine/duckdb_vectors.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* --- the table function ----------------------------------------------------------------------------- */

struct scan {
	const struct line_feed *feed;
	struct post_reader *reader;
	struct column_vector *vectors;
	size_t column_count;
	struct text_heap texts;
	void *group;
	const struct line *lines;
	size_t count, next;
};

static void scan_free(void *data)
{
	struct scan *scan = data;
	scan->feed->release_group(scan->feed->context, scan->group);
	post_reader_free(scan->reader);
	for (size_t i = 0; i < scan->column_count; i++)
		vector_unshape(&scan->vectors[i]);
	free(scan->vectors);
	text_heap_release(&scan->texts);
	free(scan);
}

static void bind(duckdb_bind_info info)
{
	struct engine *engine = duckdb_bind_get_extra_info(info);
	duckdb_value parameter = duckdb_bind_get_parameter(info, 0);
	int64_t index = duckdb_is_null_value(parameter) ? -1 : duckdb_get_int64(parameter);
	duckdb_destroy_value(&parameter);
	pthread_mutex_lock(&engine->lock);
	const struct line_feed *feed = index >= 0 && index < FEEDS_MAX ? engine->feeds[index] :
									 NULL;
	pthread_mutex_unlock(&engine->lock);
	if (!feed) {
		duckdb_bind_set_error(info, "wire_lines: no such feed");
		return;
	}
	size_t count;
	const struct post_column *columns = post_columns(&count);
	for (size_t i = 0; i < count; i++) {
		duckdb_logical_type type = vector_logical_type(&columns[i].type);
		duckdb_bind_add_result_column(info, columns[i].name, type);
		duckdb_destroy_logical_type(&type);
	}
	duckdb_bind_set_bind_data(info, (void *)feed, NULL);
}

static void init(duckdb_init_info info)
{
	const struct line_feed *feed = duckdb_init_get_bind_data(info);
	duckdb_init_set_max_threads(info, (idx_t)feed->threads_max);
}

static void init_thread(duckdb_init_info info)
{
	const struct line_feed *feed = duckdb_init_get_bind_data(info);
	struct scan *scan = mem_zalloc(1, sizeof *scan);
	scan->feed = feed;
	scan->reader = post_reader_new(feed->stream_id, &lent_vectors);
	const struct post_column *columns = post_columns(&scan->column_count);
	scan->vectors = mem_zalloc(scan->column_count, sizeof *scan->vectors);
	for (size_t i = 0; i < scan->column_count; i++)
		vector_shape(&scan->vectors[i], &columns[i].type, &scan->texts);
	duckdb_init_set_init_data(info, scan, scan_free);
}

static void lend_chunk(struct scan *scan, duckdb_data_chunk chunk)
{
	text_heap_reset(&scan->texts);
	for (size_t i = 0; i < scan->column_count; i++)
		vector_lend(&scan->vectors[i], duckdb_data_chunk_get_vector(chunk, (idx_t)i));
}

/* A chunk ends early when its lines are long: DuckDB counts rows, memory counts bytes. */
enum { CHUNK_BYTES = 4 << 20 };

static enum err_kind fill_chunk(struct scan *scan, size_t *ret_rows, struct err *err)
{
	size_t rows = 0, bytes = 0;
	while (rows < duckdb_vector_size() && bytes < CHUNK_BYTES) {
		if (scan->next == scan->count) {
			TRY(scan->feed->next(scan->feed->context, &scan->group, &scan->lines,
					     &scan->count, err));
			scan->next = 0;
			if (scan->count == 0)
				break;
		}
		const struct line *line = &scan->lines[scan->next++];
		enum err_kind kind = post_reader_fill(scan->reader, line->text, line->offset,
						      scan->vectors, rows, err);
		if (kind == ERR_NONE) {
			rows++;
			bytes += line->text.len;
		} else if (kind == ERR_REJECT) {
			scan->feed->reject(scan->feed->context, line, err->msg);
		} else {
			return kind;
		}
	}
	*ret_rows = rows;
	return ERR_NONE;
}

static void produce(duckdb_function_info info, duckdb_data_chunk chunk)
{
	struct scan *scan = duckdb_function_get_local_init_data(info);
	struct err err = { 0 };
	size_t rows = 0;
	lend_chunk(scan, chunk);
	if (fill_chunk(scan, &rows, &err) != ERR_NONE) {
		duckdb_function_set_error(info, err.msg);
		return;
	}
	for (size_t i = 0; i < scan->column_count; i++)
		vector_finish(&scan->vectors[i]);
	duckdb_data_chunk_set_size(chunk, rows);
}

enum err_kind lines_register(struct engine *engine, duckdb_connection connection, struct err *err)
{
	duckdb_table_function function = duckdb_create_table_function();
	duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
	duckdb_table_function_set_name(function, "wire_lines");
	duckdb_table_function_add_parameter(function, bigint);
	duckdb_table_function_set_extra_info(function, engine, NULL);
	duckdb_table_function_set_bind(function, bind);
	duckdb_table_function_set_init(function, init);
	duckdb_table_function_set_local_init(function, init_thread);
	duckdb_table_function_set_function(function, produce);
	duckdb_state state = duckdb_register_table_function(connection, function);
	duckdb_destroy_logical_type(&bigint);
	duckdb_destroy_table_function(&function);
	return state == DuckDBSuccess ? ERR_NONE :
					err_set(err, ERR_FATAL, "DuckDB: no table function");
}

/* --- the COPY ---------------------------------------------------------------------------------------- */

static int take_slot(struct engine *engine, const struct line_feed *feed)
{
	int slot = 0;
	pthread_mutex_lock(&engine->lock);
	while (slot < FEEDS_MAX && engine->feeds[slot])
		slot++;
	assert(slot < FEEDS_MAX);
	engine->feeds[slot] = feed;
	pthread_mutex_unlock(&engine->lock);
	return slot;
}

static void free_slot(struct engine *engine, int slot)
{
	pthread_mutex_lock(&engine->lock);
	engine->feeds[slot] = NULL;
	pthread_mutex_unlock(&engine->lock);
}

enum err_kind session_copy_lines(struct session *session, const struct lines_copy *copy,
				 uint64_t *ret_rows, struct err *err)
{
	struct buf sql = { 0 };
	duckdb_result result;
	int slot = take_slot(session->engine, copy->feed);
	buf_addf(&sql, "COPY (SELECT * FROM wire_lines(%d)) TO ", slot);
	buf_add_sql(&sql, str_from(copy->path));
	buf_add_text(&sql, " (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, "
			   "DICTIONARY_SIZE_LIMIT 2048, ROW_GROUP_SIZE 30720, "
			   "ROW_GROUP_SIZE_BYTES 67108864");
	for (size_t i = 0; i < copy->metadata_count; i++) {
		buf_add_text(&sql, i > 0 ? ", " : ", KV_METADATA {");
		buf_add_sql_name(&sql, copy->metadata[2 * i]);
		buf_add_text(&sql, ": ");
		buf_add_sql(&sql, copy->metadata[2 * i + 1]);
	}
	buf_add_text(&sql, copy->metadata_count > 0 ? "})" : ")");
	enum err_kind kind = duckdb_run(session, buf_text(&sql), &result, err);
	if (kind == ERR_NONE) {
		duckdb_data_chunk chunk = duckdb_fetch_chunk(result);
		assert(chunk && duckdb_data_chunk_get_size(chunk) == 1);
		int64_t *count = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
		*ret_rows = (uint64_t)*count;
		duckdb_destroy_data_chunk(&chunk);
		duckdb_destroy_result(&result);
	} else {
		/* The disk, or the feed: bad lines are rejected one by one. */
		kind = err->kind = ERR_FATAL;
	}
	free_slot(session->engine, slot);
	buf_release(&sql);
	return kind;
}
