/* The rows of a statement, fetched in batches of columns until one is empty: what servers say of more rows
 * to come is not to be relied on. */
#include "hiveserver2/private.h"

#include "base/mem.h"

#include <stdlib.h>

enum { FETCH_NEXT = 0, ROWS_FIRST = 1000, ROWS_MIN = 10, ROWS_MAX = 10000 };
enum { BATCH_LOW = 4 << 20, BATCH_HIGH = 16 << 20, COLUMNS_MAX = 10000 };

struct hive_rows {
	struct hive_session *session;
	HiveOperationHandle *operation;
	uint64_t opened; /* the session was, when the statement ran */
	size_t columns;
	struct column {
		char *name;
		enum hive_type type;
	} * column;
	HiveFetchResultsResponse *batch;
	size_t row, rows; /* of the batch; row is behind the current one */
	size_t want;      /* rows in the next one */
	bool ended;
};

/* --- what the columns are ----------------------------------------------------------------------------------- */

/* As nested types are described by more entries than one, the first tells which it is. */
static enum hive_type type_of(const HiveColumnDescription *description)
{
	const GPtrArray *types = description->typeDesc->types;
	const HiveTypeEntry *entry = types->len > 0 ? types->pdata[0] : NULL;
	bool known = entry && entry->__isset_primitiveEntry && entry->primitiveEntry->type >= 0 &&
		     entry->primitiveEntry->type <= HIVE_TIMESTAMP_LOCAL;
	return known ? (enum hive_type)entry->primitiveEntry->type : HIVE_STRING;
}

static enum err_kind take_schema(struct hive_rows *rows, const HiveTableSchema *schema,
				 struct err *err)
{
	const GPtrArray *columns = schema->columns;
	if (columns->len > COLUMNS_MAX)
		return err_set(err, ERR_REJECT, "%u columns", columns->len);
	rows->column = mem_zalloc(columns->len + 1, sizeof *rows->column);
	for (rows->columns = 0; rows->columns < columns->len; rows->columns++) {
		const HiveColumnDescription *description = columns->pdata[rows->columns];
		rows->column[rows->columns] = (struct column){
			.name = mem_printf("%.*s", STR_ARG(hive_bytes(description->columnName))),
			.type = type_of(description),
		};
	}
	return ERR_NONE;
}

static enum err_kind read_schema(struct hive_rows *rows, struct err *err)
{
	HiveOperationRequest *request = g_object_new(HIVE_TYPE_OPERATION_REQUEST, NULL);
	HiveMetadataResponse *response = g_object_new(HIVE_TYPE_METADATA_RESPONSE, NULL);
	g_set_object(&request->operationHandle, rows->operation);
	enum err_kind kind =
		hive_session_call(rows->session, "GetResultSetMetadata", request, response, err);
	if (kind == ERR_NONE)
		kind = hive_status_check(response->status, err);
	if (kind == ERR_NONE && response->__isset_schema)
		kind = take_schema(rows, response->schema, err);
	g_object_unref(request);
	g_object_unref(response);
	return kind;
}

enum err_kind hive_rows_open(struct hive_session *session, HiveOperationHandle *operation,
			     struct hive_rows **ret_rows, struct err *err)
{
	struct hive_rows *rows = mem_zalloc(1, sizeof *rows);
	rows->session = session;
	rows->operation = operation;
	rows->opened = session->opened;
	rows->want = ROWS_FIRST;
	rows->ended = !operation->hasResultSet;
	if (!rows->ended && read_schema(rows, err) != ERR_NONE) {
		hive_rows_free(rows);
		return err->kind;
	}
	*ret_rows = rows;
	return ERR_NONE;
}

void hive_rows_free(struct hive_rows *rows)
{
	if (!rows)
		return;
	if (rows->opened == rows->session->opened)
		hive_operation_end(rows->session, rows->operation, false);
	g_object_unref(rows->operation);
	g_clear_object(&rows->batch);
	for (size_t i = 0; i < rows->columns; i++)
		free(rows->column[i].name);
	free(rows->column);
	free(rows);
}

size_t hive_rows_columns(const struct hive_rows *rows)
{
	return rows->columns;
}

const char *hive_rows_name(const struct hive_rows *rows, size_t column)
{
	return rows->column[column].name;
}

enum hive_type hive_rows_type(const struct hive_rows *rows, size_t column)
{
	return rows->column[column].type;
}

/* --- batches -------------------------------------------------------------------------------------------------- */

/* A column on the wire is one of several lists with the same two members. */
struct values {
	const GArray *numbers;  /* or */
	const GPtrArray *texts; /* of GByteArray */
	const GByteArray *nulls;
};

static struct values values_of(const HiveColumn *column)
{
	if (column->__isset_boolVal)
		return (struct values){ column->boolVal->values, NULL, column->boolVal->nulls };
	if (column->__isset_byteVal)
		return (struct values){ column->byteVal->values, NULL, column->byteVal->nulls };
	if (column->__isset_i16Val)
		return (struct values){ column->i16Val->values, NULL, column->i16Val->nulls };
	if (column->__isset_i32Val)
		return (struct values){ column->i32Val->values, NULL, column->i32Val->nulls };
	if (column->__isset_i64Val)
		return (struct values){ column->i64Val->values, NULL, column->i64Val->nulls };
	if (column->__isset_doubleVal)
		return (struct values){ column->doubleVal->values, NULL, column->doubleVal->nulls };
	if (column->__isset_stringVal)
		return (struct values){ NULL, column->stringVal->values, column->stringVal->nulls };
	if (column->__isset_binaryVal)
		return (struct values){ NULL, column->binaryVal->values, column->binaryVal->nulls };
	return (struct values){ NULL, NULL, NULL };
}

static size_t length_of(const HiveColumn *column)
{
	struct values values = values_of(column);
	return values.numbers ? values.numbers->len : values.texts ? values.texts->len : 0;
}

/* All columns are there and equally long. */
static enum err_kind take_batch(struct hive_rows *rows, struct err *err)
{
	const HiveFetchResultsResponse *batch = rows->batch;
	if (!batch->__isset_results || !batch->results->__isset_columns)
		return err_set(err, ERR_REJECT, "FetchResults: no columns in the answer");
	const GPtrArray *columns = batch->results->columns;
	rows->row = rows->rows = 0;
	rows->ended = columns->len == 0 || length_of(columns->pdata[0]) == 0;
	if (rows->ended)
		return ERR_NONE;
	if (columns->len != rows->columns)
		return err_set(err, ERR_REJECT, "FetchResults: %u columns instead of %zu",
			       columns->len, rows->columns);
	size_t len = length_of(columns->pdata[0]);
	for (guint i = 1; i < columns->len; i++) {
		if (length_of(columns->pdata[i]) != len)
			return err_set(err, ERR_REJECT,
				       "FetchResults: %zu values in column %u instead of %zu",
				       length_of(columns->pdata[i]), i + 1, len);
	}
	rows->rows = len;
	return ERR_NONE;
}

/* So many rows that an answer stays between two sizes, as far as rows are alike. */
static void adapt(struct hive_rows *rows)
{
	size_t bytes = hive_channel_answer_bytes(rows->session->channel);
	if (bytes < BATCH_LOW && 2 * rows->want <= ROWS_MAX)
		rows->want *= 2;
	else if (bytes > BATCH_HIGH && rows->want / 2 >= ROWS_MIN)
		rows->want /= 2;
}

static enum err_kind fetch(struct hive_rows *rows, struct err *err)
{
	if (rows->opened != rows->session->opened)
		return err_set(err, ERR_RETRY, "the session of these rows was lost");
	HiveFetchResultsRequest *request = g_object_new(HIVE_TYPE_FETCH_RESULTS_REQUEST, NULL);
	g_clear_object(&rows->batch);
	rows->row = rows->rows = 0;
	rows->batch = g_object_new(HIVE_TYPE_FETCH_RESULTS_RESPONSE, NULL);
	g_set_object(&request->operationHandle, rows->operation);
	request->orientation = FETCH_NEXT;
	request->maxRows = (gint64)rows->want;
	enum err_kind kind =
		hive_session_call(rows->session, "FetchResults", request, rows->batch, err);
	g_object_unref(request);
	if (kind == ERR_NONE)
		kind = hive_status_check(rows->batch->status, err);
	if (kind == ERR_NONE) {
		adapt(rows);
		kind = take_batch(rows, err);
	}
	return kind;
}

enum err_kind hive_rows_next(struct hive_rows *rows, bool *ret_row, struct err *err)
{
	*ret_row = false;
	if (!rows->ended && rows->row == rows->rows)
		TRY(fetch(rows, err));
	if (rows->ended)
		return ERR_NONE;
	rows->row++;
	*ret_row = true;
	return ERR_NONE;
}

/* --- values ---------------------------------------------------------------------------------------------------- */

static int64_t integer_at(const HiveColumn *column, const GArray *numbers, guint row)
{
	if (column->__isset_boolVal)
		return g_array_index(numbers, gboolean, row);
	if (column->__isset_byteVal)
		return g_array_index(numbers, gint8, row);
	if (column->__isset_i16Val)
		return g_array_index(numbers, gint16, row);
	if (column->__isset_i32Val)
		return g_array_index(numbers, gint32, row);
	return g_array_index(numbers, gint64, row);
}

struct hive_value hive_rows_value(const struct hive_rows *rows, size_t column)
{
	guint row = (guint)(rows->row - 1);
	const HiveColumn *from = rows->batch->results->columns->pdata[column];
	struct values values = values_of(from);
	const GByteArray *nulls = values.nulls;
	struct hive_value value = { .kind = HIVE_IS_NULL };
	if (nulls && row / 8 < nulls->len && nulls->data[row / 8] >> row % 8 & 1)
		return value;
	if (values.texts) {
		value.kind = HIVE_IS_TEXT;
		value.text = hive_bytes(values.texts->pdata[row]);
	} else if (from->__isset_doubleVal && values.numbers == from->doubleVal->values) {
		value.kind = HIVE_IS_REAL;
		value.real = g_array_index(values.numbers, gdouble, row);
	} else {
		value.kind = from->__isset_boolVal ? HIVE_IS_BOOLEAN : HIVE_IS_INTEGER;
		value.integer = integer_at(from, values.numbers, row);
	}
	return value;
}
