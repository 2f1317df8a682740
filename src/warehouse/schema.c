/* Tables as Spark and Hive know them: external, Parquet, partitioned by hour. Their columns are what the SQL
 * gives, asked of DuckDB over an empty landing table, so there is no second list of them. */
#include "warehouse/schema.h"

#include "warehouse/dialect.h"
#include "warehouse/files.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

/* --- types ---------------------------------------------------------------------------------------- */

struct type_reader {
	const char *at; /* in DuckDB's spelling: STRUCT("type" VARCHAR, id VARCHAR)[] */
	struct buf *ret;
};

static bool skip_text(struct type_reader *reader, const char *text)
{
	size_t len = strlen(text);
	if (strncmp(reader->at, text, len) != 0)
		return false;
	reader->at += len;
	return true;
}

/* The end of the type that begins here: the first ')' or ',' outside of its own brackets and quotes. */
static const char *type_end(const char *at)
{
	int depth = 0;
	bool quoted = false;
	for (; *at; at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (!quoted && *at == '(')
			depth++;
		else if (!quoted && (*at == ')' || *at == ',') && depth == 0)
			return at;
		else if (!quoted && *at == ')')
			depth--;
	}
	return at;
}

static void add_type(struct type_reader *reader);

static void add_member_name(struct type_reader *reader)
{
	buf_add_byte(reader->ret, '`');
	bool quoted = skip_text(reader, "\"");
	while (*reader->at && *reader->at != (quoted ? '"' : ' '))
		buf_add_byte(reader->ret, *reader->at++);
	if (quoted)
		reader->at++;
	buf_add_text(reader->ret, "`:");
	skip_text(reader, " ");
}

static void add_struct_type(struct type_reader *reader)
{
	buf_add_text(reader->ret, "STRUCT<");
	for (bool first = true; first || skip_text(reader, ", "); first = false) {
		if (!first)
			buf_add_text(reader->ret, ", ");
		add_member_name(reader);
		add_type(reader);
	}
	bool closed = skip_text(reader, ")");
	assert(closed);
	buf_add_byte(reader->ret, '>');
}

static void add_plain_type(struct type_reader *reader)
{
	static const struct {
		const char *duckdb, *hive;
	} names[] = {
		{ "VARCHAR", "STRING" },
		{ "BIGINT", "BIGINT" },
		{ "BOOLEAN", "BOOLEAN" },
		{ "DOUBLE", "DOUBLE" },
		{ "TIMESTAMP WITH TIME ZONE", "TIMESTAMP" },
		{ "INTEGER", "INT" },
		{ "JSON", "STRING" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (skip_text(reader, names[i].duckdb)) {
			buf_add_text(reader->ret, names[i].hive);
			return;
		}
	}
	assert(!"a type that no column has");
}

static void add_type(struct type_reader *reader)
{
	const char *end = type_end(reader->at);
	int lists = 0;
	while (end - reader->at > 2 && end[-1 - 2 * lists] == ']' && end[-2 - 2 * lists] == '[')
		lists++;
	for (int i = 0; i < lists; i++)
		buf_add_text(reader->ret, "ARRAY<");
	if (skip_text(reader, "STRUCT("))
		add_struct_type(reader);
	else
		add_plain_type(reader);
	for (int i = 0; i < lists; i++) {
		bool skipped = skip_text(reader, "[]");
		assert(skipped);
		buf_add_byte(reader->ret, '>');
	}
}

/* --- tables ---------------------------------------------------------------------------------------- */

/* Every table and view, empty, so that the next ones can be made from it. */
static enum err_kind make_empty(struct session *session, const struct warehouse_table *table,
				struct err *err)
{
	static const char *const no_days[] = { NULL };
	static const struct warehouse_settings plain = { .weekend = no_days,
							 .weekend_zone = "UTC" };
	struct buf sql = { 0 };
	buf_addf(&sql, "CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM (", table->name);
	if (table->kind == TABLE_LANDING)
		add_empty_landing(&sql);
	else if (table->kind == TABLE_REQUESTS)
		add_empty_requests(&sql);
	else
		warehouse_sql(table, &plain, &sql);
	buf_add_text(&sql, ") WHERE false");
	enum err_kind kind = session_run(session, buf_text(&sql), err);
	buf_release(&sql);
	return kind;
}

enum err_kind warehouse_schema_prepare(struct session *session, struct err *err)
{
	size_t count;
	const struct warehouse_table *table = warehouse_tables(&count);
	for (size_t i = 0; i < count; i++) {
		if (table[i].kind != TABLE_VIEW)
			TRY(make_empty(session, &table[i], err));
	}
	return ERR_NONE;
}

bool is_partition_column(const char *name)
{
	return strcmp(name, "year") == 0 || strcmp(name, "month") == 0 ||
	       strcmp(name, "day") == 0 || strcmp(name, "hour") == 0;
}

enum err_kind table_columns_read(struct session *session, const struct warehouse_table *table,
				 struct table_columns *ret, struct err *err)
{
	struct result *result = NULL;
	struct buf cell = { 0 };
	char *sql = mem_printf("SELECT column_name, column_type FROM (DESCRIBE %s)", table->name);
	bool row = false;
	enum err_kind kind = session_query(session, sql, &result, err);
	while (kind == ERR_NONE && (kind = result_next(result, &row, err)) == ERR_NONE && row) {
		struct buf type = { 0 };
		buf_reset(&cell);
		result_add_text(result, 0, &cell);
		if (is_partition_column(buf_text(&cell)))
			continue;
		char *name = mem_strdup(buf_text(&cell));
		buf_reset(&cell);
		result_add_text(result, 1, &cell);
		struct type_reader reader = { .at = buf_text(&cell), .ret = &type };
		add_type(&reader);
		table_columns_add(ret, name, buf_detach(&type));
	}
	result_free(result);
	buf_release(&cell);
	free(sql);
	return kind;
}

void table_columns_add(struct table_columns *columns, char *name, char *type)
{
	MEM_GROW(columns->columns, columns->cap, columns->count + 1);
	columns->columns[columns->count++] = (struct table_column){ .name = name, .type = type };
}

void table_columns_release(struct table_columns *columns)
{
	for (size_t i = 0; i < columns->count; i++) {
		free(columns->columns[i].name);
		free(columns->columns[i].type);
	}
	free(columns->columns);
	*columns = (struct table_columns){ 0 };
}

void table_columns_list(const struct table_columns *columns, size_t first, struct buf *ret)
{
	for (size_t i = first; i < columns->count; i++)
		buf_addf(ret, "%s  %s %s", i > first ? ",\n" : "", columns->columns[i].name,
			 columns->columns[i].type);
}

/* Spark and Hive escape with a backslash; a quote that is doubled means two literals to them. */
static void add_literal(struct buf *ret, struct str text)
{
	buf_add_byte(ret, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'' || text.ptr[i] == '\\')
			buf_add_byte(ret, '\\');
		buf_add_byte(ret, text.ptr[i]);
	}
	buf_add_byte(ret, '\'');
}

/* Where it has SQL, that begins with a line that says what it is. */
static struct str comment_of(const struct warehouse_table *table)
{
	struct str text = str_from(table->sql), line;
	if (table->kind == TABLE_LANDING)
		return STR("Landing: every observation of a post, one row a line of the wire.");
	if (table->kind == TABLE_REQUESTS)
		return STR(
			"Requests: what X was asked, one row a request, a gap, or a page that gave no row.");
	str_split(&text, '\n', &line);
	assert(str_starts(line, STR("-- ")));
	return str_make(line.ptr + 3, line.len - 3);
}

void table_add_create(const struct warehouse_table *table, const struct table_columns *columns,
		      const char *lake_uri, struct buf *ret)
{
	char *location = mem_printf("%s/%s", lake_uri, table->dir);
	buf_addf(ret, "CREATE EXTERNAL TABLE IF NOT EXISTS %s.%s (\n", table->database,
		 table->name);
	table_columns_list(columns, 0, ret);
	buf_add_text(ret, "\n)\nCOMMENT ");
	add_literal(ret, comment_of(table));
	buf_add_text(ret, "\nPARTITIONED BY (year INT, month INT, day INT, hour INT)\n"
			  "STORED AS PARQUET\nLOCATION ");
	add_literal(ret, str_from(location));
	free(location);
}

enum err_kind warehouse_schema_add(struct session *session, const struct warehouse_table *table,
				   const char *lake_uri, struct buf *ret, struct err *err)
{
	struct table_columns columns = { 0 };
	enum err_kind kind = table_columns_read(session, table, &columns, err);
	if (kind == ERR_NONE) {
		buf_addf(ret, "CREATE DATABASE IF NOT EXISTS %s;\n\n", table->database);
		table_add_create(table, &columns, lake_uri, ret);
		buf_addf(ret, ";\n\nMSCK REPAIR TABLE %s.%s;\n\n", table->database, table->name);
	}
	table_columns_release(&columns);
	return kind;
}

void warehouse_refine_sql(const struct warehouse_table *table,
			  const struct warehouse_settings *settings, struct buf *ret)
{
	if (table->kind == TABLE_VIEW) {
		buf_addf(ret, "CREATE OR REPLACE VIEW " WAREHOUSE_VIEWS ".%s AS\n", table->name);
	} else {
		buf_addf(ret, "INSERT OVERWRITE TABLE %s.%s PARTITION (year, month, day, hour)\n",
			 table->database, table->name);
	}
	warehouse_sql(table, settings, ret);
	while (ret->len > 0 && ret->ptr[ret->len - 1] == '\n')
		ret->len--;
	buf_add_text(ret, ";\n\n");
}
