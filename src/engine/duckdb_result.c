/* Results, streamed chunk by chunk, and their values as text and as JSON. The types that hold others
 * are walked by their vectors; a type we have no spelling for is refused before the first row. */
#include "engine/duckdb_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct result {
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

/* --- values ----------------------------------------------------------------------------------------- */

struct cell {
	duckdb_vector vector;
	duckdb_logical_type type;
	idx_t row;
	bool json;
};

static void add_cell(const struct cell *cell, struct buf *ret);

static bool is_null(duckdb_vector vector, idx_t row)
{
	uint64_t *validity = duckdb_vector_get_validity(vector);
	return validity && !duckdb_validity_row_is_valid(validity, row);
}

static void add_quoted(const struct cell *cell, struct str text, struct buf *ret)
{
	if (cell->json)
		buf_add_json(ret, text);
	else
		buf_add_str(ret, text);
}

static void add_hugeint(__int128 value, int scale, struct buf *ret)
{
	char digits[64];
	size_t at = sizeof digits;
	bool negative = value < 0;
	unsigned __int128 rest = negative ? -(unsigned __int128)value : (unsigned __int128)value;
	for (int place = 0; rest > 0 || place <= scale; place++) {
		if (place == scale && scale > 0)
			digits[--at] = '.';
		digits[--at] = (char)('0' + (int)(rest % 10));
		rest /= 10;
	}
	if (negative)
		digits[--at] = '-';
	buf_add(ret, digits + at, sizeof digits - at);
}

/* The shortest spelling that reads back as the same number. */
static void add_double(const struct cell *cell, double value, bool single, struct buf *ret)
{
	char text[40];
	if (!isfinite(value)) {
		add_quoted(cell,
			   isnan(value) ? STR("NaN") :
			   value > 0    ? STR("Infinity") :
					  STR("-Infinity"),
			   ret);
		return;
	}
	/* Subnormal numbers have fewer digits that mean anything. */
	bool normal = fabs(value) >= (single ? (double)FLT_MIN : DBL_MIN);
	int digits = !normal ? 1 : single ? 6 : 15;
	do
		snprintf(text, sizeof text, "%.*g", digits++, value);
	while (digits <= (single ? 9 : 17) &&
	       (single ? (double)strtof(text, NULL) != value : strtod(text, NULL) != value));
	buf_add_text(ret, text);
}

static __int128 integer_at(duckdb_type type, const void *data, idx_t row)
{
	switch (type) {
	case DUCKDB_TYPE_TINYINT:
		return ((const int8_t *)data)[row];
	case DUCKDB_TYPE_SMALLINT:
		return ((const int16_t *)data)[row];
	case DUCKDB_TYPE_INTEGER:
		return ((const int32_t *)data)[row];
	case DUCKDB_TYPE_BIGINT:
		return ((const int64_t *)data)[row];
	case DUCKDB_TYPE_UTINYINT:
		return ((const uint8_t *)data)[row];
	case DUCKDB_TYPE_USMALLINT:
		return ((const uint16_t *)data)[row];
	case DUCKDB_TYPE_UINTEGER:
		return ((const uint32_t *)data)[row];
	case DUCKDB_TYPE_UBIGINT:
		return ((const uint64_t *)data)[row];
	default: {
		const duckdb_hugeint *huge = (const duckdb_hugeint *)data + row;
		return (__int128)((unsigned __int128)(uint64_t)huge->upper << 64 | huge->lower);
	}
	}
}

/* Years outside 1..9999 have no ISO 8601 spelling and stay empty. */
static void add_time(const struct cell *cell, int64_t time_us, struct buf *ret)
{
	char text[TIME_TEXT_MAX];
	if (time_us == INT64_MAX || time_us == -INT64_MAX)
		add_quoted(cell, time_us > 0 ? STR("infinity") : STR("-infinity"), ret);
	else
		add_quoted(cell, str_from(time_format(time_us, text)), ret);
}

static void add_date(const struct cell *cell, int32_t days, struct buf *ret)
{
	enum { DAYS_MAX = 4000000 }; /* more than 9999 years, and no overflow below */
	char text[TIME_TEXT_MAX] = "";
	if (days == INT32_MAX || days == -INT32_MAX) {
		add_quoted(cell, days > 0 ? STR("infinity") : STR("-infinity"), ret);
		return;
	}
	if (days >= -DAYS_MAX && days <= DAYS_MAX)
		time_format(days * INT64_C(86400000000), text);
	add_quoted(cell, str_make(text, text[0] ? 10 : 0), ret);
}

static void add_interval(const struct cell *cell, const duckdb_interval *interval, struct buf *ret)
{
	char text[96];
	uint64_t micros = interval->micros < 0 ? 0 - (uint64_t)interval->micros :
						 (uint64_t)interval->micros;
	int len = snprintf(text, sizeof text, "P%dM%dDT%s%llu.%06u", interval->months,
			   interval->days, interval->micros < 0 ? "-" : "",
			   (unsigned long long)(micros / 1000000), (unsigned)(micros % 1000000));
	while (text[len - 1] == '0')
		len--;
	len -= text[len - 1] == '.';
	text[len++] = 'S';
	add_quoted(cell, str_make(text, (size_t)len), ret);
}

static void add_list(const struct cell *cell, struct buf *ret)
{
	const duckdb_list_entry *entry =
		(const duckdb_list_entry *)duckdb_vector_get_data(cell->vector) + cell->row;
	struct cell item = { .vector = duckdb_list_vector_get_child(cell->vector),
			     .type = duckdb_list_type_child_type(cell->type),
			     .json = true };
	buf_add_byte(ret, '[');
	for (idx_t i = 0; i < entry->length; i++) {
		if (i > 0)
			buf_add_byte(ret, ',');
		item.row = entry->offset + i;
		add_cell(&item, ret);
	}
	buf_add_byte(ret, ']');
	duckdb_destroy_logical_type(&item.type);
}

static void add_struct(const struct cell *cell, struct buf *ret)
{
	idx_t count = duckdb_struct_type_child_count(cell->type);
	buf_add_byte(ret, '{');
	for (idx_t i = 0; i < count; i++) {
		char *name = duckdb_struct_type_child_name(cell->type, i);
		struct cell item = { .vector = duckdb_struct_vector_get_child(cell->vector, i),
				     .type = duckdb_struct_type_child_type(cell->type, i),
				     .row = cell->row,
				     .json = true };
		if (i > 0)
			buf_add_byte(ret, ',');
		buf_add_json(ret, str_from(name));
		buf_add_byte(ret, ':');
		add_cell(&item, ret);
		duckdb_destroy_logical_type(&item.type);
		duckdb_free(name);
	}
	buf_add_byte(ret, '}');
}

/* A map is a list of {key, value}; JSON has names for keys, whatever their type. */
static void add_map(const struct cell *cell, struct buf *ret)
{
	const duckdb_list_entry *entry =
		(const duckdb_list_entry *)duckdb_vector_get_data(cell->vector) + cell->row;
	duckdb_vector pairs = duckdb_list_vector_get_child(cell->vector);
	struct cell key = { .vector = duckdb_struct_vector_get_child(pairs, 0),
			    .type = duckdb_map_type_key_type(cell->type) };
	struct cell value = { .vector = duckdb_struct_vector_get_child(pairs, 1),
			      .type = duckdb_map_type_value_type(cell->type),
			      .json = true };
	struct buf name = { 0 };
	buf_add_byte(ret, '{');
	for (idx_t i = 0; i < entry->length; i++) {
		if (i > 0)
			buf_add_byte(ret, ',');
		key.row = value.row = entry->offset + i;
		buf_reset(&name);
		add_cell(&key, &name);
		buf_add_json(ret, buf_str(&name));
		buf_add_byte(ret, ':');
		add_cell(&value, ret);
	}
	buf_add_byte(ret, '}');
	buf_release(&name);
	duckdb_destroy_logical_type(&key.type);
	duckdb_destroy_logical_type(&value.type);
}

static void add_enum(const struct cell *cell, const void *data, struct buf *ret)
{
	static const duckdb_type kinds[] = { DUCKDB_TYPE_UTINYINT, DUCKDB_TYPE_USMALLINT,
					     DUCKDB_TYPE_UINTEGER };
	duckdb_type kind = duckdb_enum_internal_type(cell->type);
	for (size_t i = 0; i < 3; i++) {
		if (kinds[i] == kind) {
			char *word = duckdb_enum_dictionary_value(
				cell->type, (idx_t)integer_at(kind, data, cell->row));
			add_quoted(cell, str_from(word), ret);
			duckdb_free(word);
		}
	}
}

static void add_cell(const struct cell *cell, struct buf *ret)
{
	duckdb_type type = duckdb_get_type_id(cell->type);
	const void *data = duckdb_vector_get_data(cell->vector);
	if (type == DUCKDB_TYPE_SQLNULL || is_null(cell->vector, cell->row)) {
		if (cell->json)
			buf_add_text(ret, "null");
		return;
	}
	switch (type) {
	case DUCKDB_TYPE_BOOLEAN:
		buf_add_text(ret, ((const bool *)data)[cell->row] ? "true" : "false");
		break;
	case DUCKDB_TYPE_FLOAT:
		add_double(cell, (double)((const float *)data)[cell->row], true, ret);
		break;
	case DUCKDB_TYPE_DOUBLE:
		add_double(cell, ((const double *)data)[cell->row], false, ret);
		break;
	case DUCKDB_TYPE_DECIMAL:
		add_hugeint(integer_at(duckdb_decimal_internal_type(cell->type), data, cell->row),
			    duckdb_decimal_scale(cell->type), ret);
		break;
	case DUCKDB_TYPE_VARCHAR: {
		duckdb_string_t *text = (duckdb_string_t *)data + cell->row;
		add_quoted(cell,
			   str_make(duckdb_string_t_data(text), duckdb_string_t_length(*text)),
			   ret);
		break;
	}
	case DUCKDB_TYPE_DATE:
		add_date(cell, ((const int32_t *)data)[cell->row], ret);
		break;
	case DUCKDB_TYPE_TIMESTAMP:
	case DUCKDB_TYPE_TIMESTAMP_TZ:
		add_time(cell, ((const int64_t *)data)[cell->row], ret);
		break;
	case DUCKDB_TYPE_INTERVAL:
		add_interval(cell, (const duckdb_interval *)data + cell->row, ret);
		break;
	case DUCKDB_TYPE_ENUM:
		add_enum(cell, data, ret);
		break;
	case DUCKDB_TYPE_LIST:
		add_list(cell, ret);
		break;
	case DUCKDB_TYPE_STRUCT:
		add_struct(cell, ret);
		break;
	case DUCKDB_TYPE_MAP:
		add_map(cell, ret);
		break;
	default:
		add_hugeint(integer_at(type, data, cell->row), 0, ret);
	}
}

/* --- the result --------------------------------------------------------------------------------------- */

static enum err_kind refuse_strange_types(struct result *result, struct err *err)
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
static enum err_kind prepare_last(struct session *session, const char *sql,
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

enum err_kind session_query(struct session *session, const char *sql, struct result **ret_result,
			    struct err *err)
{
	duckdb_prepared_statement statement = NULL;
	TRY(prepare_last(session, sql, &statement, err));
	struct result *result = mem_zalloc(1, sizeof *result);
	result->statement = statement;
	enum err_kind kind;
	if (duckdb_execute_prepared_streaming(statement, &result->result) != DuckDBSuccess) {
		kind = err_set(err, ERR_REJECT, "%s", duckdb_result_error(&result->result));
	} else {
		result->columns = duckdb_column_count(&result->result);
		kind = refuse_strange_types(result, err);
	}
	if (kind != ERR_NONE) {
		result_free(result);
		return kind;
	}
	*ret_result = result;
	return ERR_NONE;
}

void result_free(struct result *result)
{
	if (!result)
		return;
	if (result->chunk)
		duckdb_destroy_data_chunk(&result->chunk);
	duckdb_destroy_result(&result->result);
	duckdb_destroy_prepare(&result->statement);
	free(result);
}

size_t result_columns(const struct result *result)
{
	return result->columns;
}

const char *result_column_name(const struct result *result, size_t column)
{
	return duckdb_column_name((duckdb_result *)&result->result, column);
}

bool result_column_is_number(const struct result *result, size_t column)
{
	duckdb_type type = duckdb_column_type((duckdb_result *)&result->result, column);
	return (type >= DUCKDB_TYPE_TINYINT && type <= DUCKDB_TYPE_DOUBLE) ||
	       type == DUCKDB_TYPE_HUGEINT || type == DUCKDB_TYPE_DECIMAL;
}

enum err_kind result_next(struct result *result, bool *ret_row, struct err *err)
{
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
		.vector = duckdb_data_chunk_get_vector(result->chunk, column),
		.type = duckdb_column_logical_type((duckdb_result *)&result->result, column),
		.row = result->row - 1,
		.json = json,
	};
}

bool result_is_null(const struct result *result, size_t column)
{
	return is_null(duckdb_data_chunk_get_vector(result->chunk, column), result->row - 1);
}

int64_t result_int(const struct result *result, size_t column)
{
	duckdb_type type = duckdb_column_type((duckdb_result *)&result->result, column);
	bool integer = (type >= DUCKDB_TYPE_TINYINT && type <= DUCKDB_TYPE_UBIGINT) ||
		       type == DUCKDB_TYPE_HUGEINT;
	if (!integer || result_is_null(result, column))
		return 0;
	const void *data =
		duckdb_vector_get_data(duckdb_data_chunk_get_vector(result->chunk, column));
	return (int64_t)integer_at(type, data, result->row - 1);
}

void result_add_text(const struct result *result, size_t column, struct buf *ret)
{
	struct cell cell = cell_of(result, column, false);
	add_cell(&cell, ret);
	duckdb_destroy_logical_type(&cell.type);
}

void result_add_json(const struct result *result, size_t column, struct buf *ret)
{
	struct cell cell = cell_of(result, column, true);
	add_cell(&cell, ret);
	duckdb_destroy_logical_type(&cell.type);
}
