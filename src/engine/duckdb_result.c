/* Results, streamed chunk by chunk, and their values as text and as JSON. The types that hold others
 * are walked by their vectors; a type we have no spelling for is refused before the first row. */
#include "engine/duckdb_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

struct duckdb_rows {
	struct result base;
	duckdb_prepared_statement statement;
	duckdb_result result;
	duckdb_data_chunk chunk;
	size_t columns, row, rows; /* row is behind the current one */
	bool ended;
};

/* --- types ------------------------------------------------------------------------------------------ */

/* Calls `each` for the types directly inside `type`; false as soon as one call is. */
static bool each_inner(duckdb_logical_type type, bool (*each)(duckdb_logical_type))
{
	duckdb_logical_type inner;
	bool fine = true;
	idx_t count;
	switch (duckdb_get_type_id(type)) {
	case DUCKDB_TYPE_LIST:
		inner = duckdb_list_type_child_type(type);
		fine = each(inner);
		duckdb_destroy_logical_type(&inner);
		return fine;
	case DUCKDB_TYPE_MAP:
		inner = duckdb_map_type_key_type(type);
		fine = each(inner);
		duckdb_destroy_logical_type(&inner);
		inner = duckdb_map_type_value_type(type);
		fine = fine && each(inner);
		duckdb_destroy_logical_type(&inner);
		return fine;
	case DUCKDB_TYPE_STRUCT:
		count = duckdb_struct_type_child_count(type);
		for (idx_t i = 0; i < count && fine; i++) {
			inner = duckdb_struct_type_child_type(type, i);
			fine = each(inner);
			duckdb_destroy_logical_type(&inner);
		}
		return fine;
	default:
		return true;
	}
}

static bool can_show(duckdb_logical_type type)
{
	switch (duckdb_get_type_id(type)) {
	case DUCKDB_TYPE_BOOLEAN:
	case DUCKDB_TYPE_TINYINT:
	case DUCKDB_TYPE_SMALLINT:
	case DUCKDB_TYPE_INTEGER:
	case DUCKDB_TYPE_BIGINT:
	case DUCKDB_TYPE_UTINYINT:
	case DUCKDB_TYPE_USMALLINT:
	case DUCKDB_TYPE_UINTEGER:
	case DUCKDB_TYPE_UBIGINT:
	case DUCKDB_TYPE_HUGEINT:
	case DUCKDB_TYPE_FLOAT:
	case DUCKDB_TYPE_DOUBLE:
	case DUCKDB_TYPE_DECIMAL:
	case DUCKDB_TYPE_VARCHAR:
	case DUCKDB_TYPE_DATE:
	case DUCKDB_TYPE_TIMESTAMP:
	case DUCKDB_TYPE_TIMESTAMP_TZ:
	case DUCKDB_TYPE_TIMESTAMP_S:
	case DUCKDB_TYPE_TIMESTAMP_MS:
	case DUCKDB_TYPE_TIMESTAMP_NS:
	case DUCKDB_TYPE_TIME:
	case DUCKDB_TYPE_UUID:
	case DUCKDB_TYPE_BLOB:
	case DUCKDB_TYPE_INTERVAL:
	case DUCKDB_TYPE_ENUM:
	case DUCKDB_TYPE_SQLNULL:
		return true;
	case DUCKDB_TYPE_LIST:
	case DUCKDB_TYPE_STRUCT:
	case DUCKDB_TYPE_MAP:
		return each_inner(type, can_show);
	default:
		return false;
	}
}

/* --- the result --------------------------------------------------------------------------------------- */

static enum err_kind refuse_strange_types(struct duckdb_rows *result, struct err *err)
{
	for (idx_t i = 0; i < result->columns; i++) {
		duckdb_logical_type type = duckdb_column_logical_type(&result->result, i);
		bool fine = can_show(type);
		duckdb_destroy_logical_type(&type);
		if (!fine)
			return err_set(
				err, ERR_REJECT,
				"column %s has a type that cannot be shown: cast it to VARCHAR",
				duckdb_column_name(&result->result, i));
	}
	return ERR_NONE;
}

/* Questions only read: what writes files, loads code or hides what it runs is refused. Tables of the
 * session live in memory and may be made and changed. */
static enum err_kind refuse_writing(duckdb_prepared_statement statement, const char *sql,
				    struct err *err)
{
	switch (duckdb_prepared_statement_type(statement)) {
	case DUCKDB_STATEMENT_TYPE_COPY:
	case DUCKDB_STATEMENT_TYPE_EXPORT:
	case DUCKDB_STATEMENT_TYPE_ATTACH:
	case DUCKDB_STATEMENT_TYPE_COPY_DATABASE:
	case DUCKDB_STATEMENT_TYPE_UPDATE_EXTENSIONS:
	case DUCKDB_STATEMENT_TYPE_LOAD:
	case DUCKDB_STATEMENT_TYPE_EXTENSION:
	case DUCKDB_STATEMENT_TYPE_PREPARE:
	case DUCKDB_STATEMENT_TYPE_EXECUTE:
		return err_set(err, ERR_REJECT,
			       "a question may not write files, attach or load anything");
	case DUCKDB_STATEMENT_TYPE_EXPLAIN: /* with ANALYZE it is run */
		if (strcasestr(sql, "analyze"))
			return err_set(err, ERR_REJECT, "EXPLAIN ANALYZE is not for questions");
		return ERR_NONE;
	default:
		return ERR_NONE;
	}
}

/* Runs all statements but the last, and prepares that one. */
static enum err_kind prepare_last(struct duckdb_session *session, const char *sql,
				  duckdb_prepared_statement *ret, struct err *err)
{
	duckdb_extracted_statements all;
	enum err_kind kind = ERR_NONE;
	idx_t count = duckdb_extract_statements(session->connection, sql, &all);
	if (count == 0) {
		const char *why = duckdb_extract_statements_error(all);
		kind = err_set(err, ERR_REJECT, "%s", why ? why : "no statement");
	}
	for (idx_t i = 0; i < count && kind == ERR_NONE; i++) {
		duckdb_result done;
		if (duckdb_prepare_extracted_statement(session->connection, all, i, ret) !=
		    DuckDBSuccess) {
			kind = err_set(err, ERR_REJECT, "%s", duckdb_prepare_error(*ret));
			duckdb_destroy_prepare(ret);
		} else if ((kind = refuse_writing(*ret, sql, err)) != ERR_NONE) {
			duckdb_destroy_prepare(ret);
		} else if (i + 1 < count) {
			if (duckdb_execute_prepared(*ret, &done) != DuckDBSuccess)
				kind = err_set(err, ERR_REJECT, "%s", duckdb_result_error(&done));
			duckdb_destroy_result(&done);
			duckdb_destroy_prepare(ret);
		}
	}
	duckdb_destroy_extracted(&all);
	return kind;
}

enum err_kind duckdb_ask(struct session *session, const char *sql, struct result **ret_result,
			 struct err *err)
{
	duckdb_prepared_statement statement = NULL;
	TRY(prepare_last((struct duckdb_session *)session, sql, &statement, err));
	struct duckdb_rows *result = mem_zalloc(1, sizeof *result);
	result->base.ops = &engine_duckdb;
	result->statement = statement;
	enum err_kind kind;
	if (duckdb_execute_prepared_streaming(statement, &result->result) != DuckDBSuccess) {
		kind = err_set(err, ERR_REJECT, "%s", duckdb_result_error(&result->result));
	} else {
		result->columns = duckdb_column_count(&result->result);
		kind = refuse_strange_types(result, err);
	}
	if (kind != ERR_NONE) {
		duckdb_rows_free(&result->base);
		return kind;
	}
	*ret_result = &result->base;
	return ERR_NONE;
}

void duckdb_rows_free(struct result *base)
{
	struct duckdb_rows *result = (struct duckdb_rows *)base;
	if (result->chunk)
		duckdb_destroy_data_chunk(&result->chunk);
	duckdb_destroy_result(&result->result);
	duckdb_destroy_prepare(&result->statement);
	free(result);
}

static const struct duckdb_rows *rows_of(const struct result *result)
{
	return (const struct duckdb_rows *)result;
}

size_t duckdb_rows_columns(const struct result *result)
{
	return rows_of(result)->columns;
}

const char *duckdb_rows_column_name(const struct result *result, size_t column)
{
	return duckdb_column_name((duckdb_result *)&rows_of(result)->result, column);
}

bool duckdb_rows_column_is_number(const struct result *result, size_t column)
{
	duckdb_type type = duckdb_column_type((duckdb_result *)&rows_of(result)->result, column);
	return (type >= DUCKDB_TYPE_TINYINT && type <= DUCKDB_TYPE_DOUBLE) ||
	       type == DUCKDB_TYPE_HUGEINT || type == DUCKDB_TYPE_DECIMAL;
}

enum err_kind duckdb_rows_next(struct result *base, bool *ret_row, struct err *err)
{
	struct duckdb_rows *result = (struct duckdb_rows *)base;
	*ret_row = false;
	if (result->ended)
		return ERR_NONE;
	while (result->row >= result->rows) {
		if (result->chunk)
			duckdb_destroy_data_chunk(&result->chunk);
		result->chunk = duckdb_fetch_chunk(result->result);
		result->row = 0;
		result->rows = result->chunk ? duckdb_data_chunk_get_size(result->chunk) : 0;
		if (result->rows == 0) {
			const char *why = duckdb_result_error(&result->result);
			if (why && why[0])
				return err_set(err, ERR_REJECT, "%s", why);
			result->ended = true;
			return ERR_NONE;
		}
	}
	result->row++;
	*ret_row = true;
	return ERR_NONE;
}

static struct cell cell_of(const struct result *result, size_t column, bool json)
{
	return (struct cell){
		.vector = duckdb_data_chunk_get_vector(rows_of(result)->chunk, column),
		.type = duckdb_column_logical_type((duckdb_result *)&rows_of(result)->result,
						   column),
		.row = rows_of(result)->row - 1,
		.json = json,
	};
}

bool duckdb_rows_is_null(const struct result *result, size_t column)
{
	return cell_is_null(duckdb_data_chunk_get_vector(rows_of(result)->chunk, column),
			    rows_of(result)->row - 1);
}

int64_t duckdb_rows_integer(const struct result *result, size_t column)
{
	duckdb_type type = duckdb_column_type((duckdb_result *)&rows_of(result)->result, column);
	bool integer = (type >= DUCKDB_TYPE_TINYINT && type <= DUCKDB_TYPE_UBIGINT) ||
		       type == DUCKDB_TYPE_HUGEINT;
	if (!integer || duckdb_rows_is_null(result, column))
		return 0;
	const void *data = duckdb_vector_get_data(
		duckdb_data_chunk_get_vector(rows_of(result)->chunk, column));
	return (int64_t)cell_integer_at(type, data, rows_of(result)->row - 1);
}

void duckdb_rows_add_text(const struct result *result, size_t column, struct buf *ret)
{
	struct cell cell = cell_of(result, column, false);
	cell_add(&cell, ret);
	duckdb_destroy_logical_type(&cell.type);
}

void duckdb_rows_add_json(const struct result *result, size_t column, struct buf *ret)
{
	struct cell cell = cell_of(result, column, true);
	cell_add(&cell, ret);
	duckdb_destroy_logical_type(&cell.type);
}
