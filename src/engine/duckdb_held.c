/* The table function held_lines(session): wire lines that stay in memory, parsed when they are asked for.
 *
 * Its columns are year, month, day, hour and then those of post/: where none is asked for, DuckDB takes the
 * first. Some of them are known without parsing
 * ("known" below); a scan that wants only such columns parses a line at most once in its life, to learn
 * whether it is a post. Threads take groups in turn. */
#include "engine/duckdb_vectors.h"

#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTITION_COLUMNS = 4, THREADS_MAX = 16, CHUNK_BYTES = 4 << 20 };

static const int64_t HOUR_US = INT64_C(3600000000);

/* --- what a session holds ------------------------------------------------------------------------------ */

static void retain(const struct held_table *table)
{
	if (table->group)
		table->retain(table->context);
}

static void release(const struct held_table *table)
{
	if (table->group)
		table->release(table->context);
}

void duckdb_hold(struct session *base, const struct held_table *table)
{
	struct duckdb_session *session = (struct duckdb_session *)base;
	struct duckdb_engine *engine = session->engine;
	struct held_table before = session->held;
	if (table)
		retain(table);
	pthread_mutex_lock(&engine->lock);
	struct duckdb_session **link = &engine->sessions;
	while (*link && *link != session)
		link = &(*link)->next;
	if (*link)
		*link = session->next;
	session->held = table ? *table : (struct held_table){ 0 };
	if (table) {
		session->next = engine->sessions;
		engine->sessions = session;
	}
	pthread_mutex_unlock(&engine->lock);
	release(&before);
}

const char *duckdb_held_name(const struct session *session)
{
	return ((const struct duckdb_session *)session)->held_name;
}

/* Retained, where there is one. */
static struct held_table held_by(struct duckdb_engine *engine, int64_t number)
{
	struct held_table table = { 0 };
	pthread_mutex_lock(&engine->lock);
	struct duckdb_session *session = engine->sessions;
	while (session && session->number != number)
		session = session->next;
	if (session) {
		table = session->held;
		retain(&table);
	}
	pthread_mutex_unlock(&engine->lock);
	return table;
}

/* --- binding ------------------------------------------------------------------------------------------- */

static void table_free(void *data)
{
	release(data);
	free(data);
}

static size_t count_lines(const struct held_table *table)
{
	size_t lines = 0;
	for (size_t i = 0; i < table->group_count; i++) {
		struct held_lines group;
		table->group(table->context, i, &group);
		lines += group.end - group.first;
	}
	return lines;
}

static void bind(duckdb_bind_info info)
{
	static const char *const partition[] = { "year", "month", "day", "hour" };
	duckdb_value parameter = duckdb_bind_get_parameter(info, 0);
	int64_t number = duckdb_is_null_value(parameter) ? 0 : duckdb_get_int64(parameter);
	duckdb_destroy_value(&parameter);
	struct held_table *table = mem_zalloc(1, sizeof *table);
	*table = held_by(duckdb_bind_get_extra_info(info), number);
	duckdb_bind_set_bind_data(info, table, table_free);
	if (!table->group) {
		duckdb_bind_set_error(info, "held_lines: that session holds no lines");
		return;
	}
	duckdb_logical_type integer = duckdb_create_logical_type(DUCKDB_TYPE_INTEGER);
	for (int i = 0; i < PARTITION_COLUMNS; i++)
		duckdb_bind_add_result_column(info, partition[i], integer);
	duckdb_destroy_logical_type(&integer);
	size_t count;
	const struct post_column *columns = post_columns(&count);
	for (size_t i = 0; i < count; i++) {
		duckdb_logical_type type = vector_logical_type(&columns[i].type);
		duckdb_bind_add_result_column(info, columns[i].name, type);
		duckdb_destroy_logical_type(&type);
	}
	duckdb_bind_set_cardinality(info, count_lines(table), false);
}

/* --- one thread's scan --------------------------------------------------------------------------------- */

struct shared {
	_Atomic size_t next_group;
};

static void init(duckdb_init_info info)
{
	const struct held_table *table = duckdb_init_get_bind_data(info);
	struct shared *shared = mem_zalloc(1, sizeof *shared);
	duckdb_init_set_init_data(info, shared, free);
	size_t threads = table->group_count < THREADS_MAX ? table->group_count : THREADS_MAX;
	duckdb_init_set_max_threads(info, threads > 0 ? threads : 1);
}

struct scan {
	const struct held_table *table;
	struct post_reader *reader; /* of the stream that `lines` is of */
	size_t column_count;        /* of a post */
	idx_t *projected;           /* chunk column -> column of the function */
	size_t projected_count;
	bool *wanted; /* per column of a post: to be parsed */
	bool parses;
	int known[3]; /* created_at, stream_id, stream_offset */
	struct column_vector *vectors;
	duckdb_data_chunk unseen; /* columns that must be parsed but are not asked for, or NULL */
	struct text_heap texts;
	struct held_lines lines;
	size_t next; /* line */
	bool ended;
	int64_t hour; /* that `civil` is */
	struct hour civil;
};

static void scan_free(void *data)
{
	struct scan *scan = data;
	post_reader_free(scan->reader);
	for (size_t i = 0; i < scan->column_count; i++)
		vector_unshape(&scan->vectors[i]);
	if (scan->unseen)
		duckdb_destroy_data_chunk(&scan->unseen);
	text_heap_release(&scan->texts);
	free(scan->vectors);
	free(scan->projected);
	free(scan->wanted);
	free(scan);
}

enum { KNOWN_CREATED_AT, KNOWN_STREAM_ID, KNOWN_STREAM_OFFSET, KNOWN_COUNT };

static void find_known(struct scan *scan, const struct post_column *columns)
{
	static const char *const names[KNOWN_COUNT] = { "created_at", "stream_id",
							"stream_offset" };
	for (size_t i = 0; i < scan->column_count; i++) {
		for (int known = 0; known < KNOWN_COUNT; known++) {
			if (strcmp(columns[i].name, names[known]) == 0)
				scan->known[known] = (int)i;
		}
	}
}

/* From a column of the function to that of a post. */
static bool is_post_column(const struct scan *scan, idx_t *column)
{
	if (*column < PARTITION_COLUMNS || *column >= PARTITION_COLUMNS + scan->column_count)
		return false;
	*column -= PARTITION_COLUMNS;
	return true;
}

/* Once one column has to be parsed the known ones come with it. */
static void choose_columns(struct scan *scan, duckdb_init_info info)
{
	scan->projected_count = duckdb_init_get_column_count(info);
	scan->projected = mem_zalloc(scan->projected_count, sizeof *scan->projected);
	for (size_t i = 0; i < scan->projected_count; i++) {
		idx_t column = duckdb_init_get_column_index(info, i);
		scan->projected[i] = column;
		if (!is_post_column(scan, &column))
			continue;
		scan->wanted[column] = true;
		bool known = false;
		for (int k = 0; k < KNOWN_COUNT; k++)
			known |= scan->known[k] == (int)column;
		scan->parses |= !known;
	}
}

/* What the reader wants besides goes into a chunk that nobody sees. */
static void make_unseen(struct scan *scan, const struct post_column *columns, const bool *asked)
{
	bool any = false;
	duckdb_logical_type *types = mem_zalloc(scan->column_count, sizeof *types);
	for (size_t i = 0; i < scan->column_count; i++) {
		types[i] = vector_logical_type(&columns[i].type);
		any |= scan->wanted[i] && !asked[i];
	}
	if (any)
		scan->unseen = duckdb_create_data_chunk(types, scan->column_count);
	for (size_t i = 0; i < scan->column_count; i++)
		duckdb_destroy_logical_type(&types[i]);
	free(types);
}

static void init_thread(duckdb_init_info info)
{
	struct scan *scan = mem_zalloc(1, sizeof *scan);
	const struct post_column *columns = post_columns(&scan->column_count);
	scan->table = duckdb_init_get_bind_data(info);
	scan->hour = INT64_MIN;
	scan->wanted = mem_zalloc(scan->column_count, sizeof *scan->wanted);
	scan->vectors = mem_zalloc(scan->column_count, sizeof *scan->vectors);
	for (size_t i = 0; i < scan->column_count; i++)
		vector_shape(&scan->vectors[i], &columns[i].type, &scan->texts);
	find_known(scan, columns);
	choose_columns(scan, info);
	if (scan->parses) {
		bool *asked = mem_alloc(scan->column_count * sizeof *asked);
		struct post_reader *reader = post_reader_new("", &lent_vectors);
		memcpy(asked, scan->wanted, scan->column_count * sizeof *asked);
		post_reader_want(reader, scan->wanted);
		make_unseen(scan, columns, asked);
		post_reader_free(reader);
		free(asked);
	}
	duckdb_init_set_init_data(info, scan, scan_free);
}

/* The next group with lines; false when there is none. */
static bool next_group(struct scan *scan, struct shared *shared)
{
	const struct held_table *table = scan->table;
	const char *stream = scan->lines.stream_id;
	do {
		size_t index = atomic_fetch_add(&shared->next_group, 1);
		if (index >= table->group_count)
			return false;
		table->group(table->context, index, &scan->lines);
	} while (scan->lines.first == scan->lines.end);
	scan->next = scan->lines.first;
	if (!stream || strcmp(stream, scan->lines.stream_id) != 0) {
		post_reader_free(scan->reader);
		scan->reader = post_reader_new(scan->lines.stream_id, &lent_vectors);
		if (scan->parses)
			post_reader_want(scan->reader, scan->wanted);
	}
	return true;
}

static struct str line_text(const struct held_lines *lines, size_t line)
{
	return str_make(lines->bytes + lines->starts[line],
			lines->starts[line + 1] - lines->starts[line] - 1);
}

/* Fills a row, or finds that the line is no post. */
static enum err_kind read_line(struct scan *scan, size_t line, size_t row, struct err *err)
{
	const struct held_lines *lines = &scan->lines;
	uint8_t state = atomic_load_explicit(&lines->states[line], memory_order_relaxed);
	enum err_kind kind = ERR_NONE;
	struct post_key key;
	if (state == HELD_REFUSED || lines->times_us[line] < lines->not_before_us)
		return ERR_REJECT;
	if (scan->parses)
		kind = post_reader_fill(scan->reader, line_text(lines, line),
					lines->offset + lines->starts[line], scan->vectors, row,
					&key, err);
	else if (state == HELD_UNKNOWN)
		kind = post_reader_key(scan->reader, line_text(lines, line), &key, err);
	if (state == HELD_UNKNOWN && (kind == ERR_NONE || kind == ERR_REJECT))
		atomic_store_explicit(&lines->states[line],
				      kind == ERR_NONE ? HELD_POST : HELD_REFUSED,
				      memory_order_relaxed);
	return kind;
}

static void set_valid(struct column_vector *vector, size_t row)
{
	vector->validity[row / 64] |= UINT64_C(1) << row % 64;
}

static void fill_known(struct scan *scan, size_t line, size_t row)
{
	struct column_vector *created_at = &scan->vectors[scan->known[KNOWN_CREATED_AT]],
			     *stream_id = &scan->vectors[scan->known[KNOWN_STREAM_ID]],
			     *offset = &scan->vectors[scan->known[KNOWN_STREAM_OFFSET]];
	if (scan->wanted[scan->known[KNOWN_CREATED_AT]]) {
		((int64_t *)created_at->data)[row] = scan->lines.times_us[line];
		set_valid(created_at, row);
	}
	if (scan->wanted[scan->known[KNOWN_STREAM_ID]]) {
		lent_vectors.put_text(stream_id, row, str_from(scan->lines.stream_id));
		set_valid(stream_id, row);
	}
	if (scan->wanted[scan->known[KNOWN_STREAM_OFFSET]]) {
		((int64_t *)offset->data)[row] =
			(int64_t)(scan->lines.offset + scan->lines.starts[line]);
		set_valid(offset, row);
	}
}

static void fill_partition(struct scan *scan, int32_t *const *partition, size_t line, size_t row)
{
	int64_t hour = hour_index(scan->lines.times_us[line]);
	if (hour != scan->hour) {
		scan->hour = hour;
		scan->civil = hour_of(hour * HOUR_US);
	}
	int values[] = { scan->civil.year, scan->civil.month, scan->civil.day, scan->civil.hour };
	for (int i = 0; i < PARTITION_COLUMNS; i++) {
		if (partition[i])
			partition[i][row] = values[i];
	}
}

static void lend_chunk(struct scan *scan, duckdb_data_chunk chunk, int32_t **ret_partition)
{
	text_heap_reset(&scan->texts);
	if (scan->unseen) {
		duckdb_data_chunk_reset(scan->unseen);
		for (size_t i = 0; i < scan->column_count; i++)
			vector_lend(&scan->vectors[i],
				    duckdb_data_chunk_get_vector(scan->unseen, i));
	}
	for (size_t i = 0; i < scan->projected_count; i++) {
		idx_t column = scan->projected[i];
		duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, i);
		if (is_post_column(scan, &column))
			vector_lend(&scan->vectors[column], vector);
		else if (column < PARTITION_COLUMNS)
			ret_partition[column] = duckdb_vector_get_data(vector);
	}
}

static void produce(duckdb_function_info info, duckdb_data_chunk chunk)
{
	struct scan *scan = duckdb_function_get_local_init_data(info);
	struct shared *shared = duckdb_function_get_init_data(info);
	int32_t *partition[PARTITION_COLUMNS] = { NULL };
	struct err err = { 0 };
	size_t rows = 0, bytes = 0;
	lend_chunk(scan, chunk, partition);
	while (!scan->ended && rows < duckdb_vector_size() && bytes < CHUNK_BYTES) {
		if (scan->next == scan->lines.end && !next_group(scan, shared)) {
			scan->ended = true;
			break;
		}
		size_t line = scan->next++;
		enum err_kind kind = read_line(scan, line, rows, &err);
		if (kind == ERR_REJECT)
			continue;
		if (kind != ERR_NONE) {
			duckdb_function_set_error(info, err.msg);
			return;
		}
		if (!scan->parses)
			fill_known(scan, line, rows);
		fill_partition(scan, partition, line, rows++);
		bytes += scan->parses ? line_text(&scan->lines, line).len : 0;
	}
	for (size_t i = 0; i < scan->column_count && scan->parses; i++) {
		if (scan->wanted[i])
			vector_finish(&scan->vectors[i]);
	}
	duckdb_data_chunk_set_size(chunk, rows);
}

enum err_kind held_register(struct duckdb_engine *engine, duckdb_connection connection,
			    struct err *err)
{
	duckdb_table_function function = duckdb_create_table_function();
	duckdb_logical_type bigint = duckdb_create_logical_type(DUCKDB_TYPE_BIGINT);
	duckdb_table_function_set_name(function, "held_lines");
	duckdb_table_function_add_parameter(function, bigint);
	duckdb_table_function_set_extra_info(function, engine, NULL);
	duckdb_table_function_supports_projection_pushdown(function, true);
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
