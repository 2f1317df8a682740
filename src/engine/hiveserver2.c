/* The engine that is a server: HiveServer2 or Spark's Thrift Server. */
#include "engine/backend.h"
#include "engine/statements.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "hiveserver2/hiveserver2.h"

#include <stdio.h>
#include <stdlib.h>

struct server_engine {
	struct engine base;
	struct hive_server *server;
};
struct server_session {
	struct session base;
	struct hive_session *session;
	uint64_t renewals; /* that the notes are of */
};
struct server_result {
	struct result base;
	struct hive_rows *rows;
};

/* --- engines and sessions ------------------------------------------------------------------------------------ */

static enum err_kind server_open(const struct engine_options *options, struct engine **ret_engine,
				 struct err *err)
{
	struct hive_server_options server = { .location = options->location,
					      .password = options->password,
					      .stop = options->stop,
					      .context = options->context };
	struct server_engine *engine = mem_zalloc(1, sizeof *engine);
	engine->base.ops = &engine_hiveserver2;
	if (hive_server_new(&server, &engine->server, err) != ERR_NONE) {
		free(engine);
		return err->kind;
	}
	*ret_engine = &engine->base;
	return ERR_NONE;
}

static void server_close(struct engine *engine)
{
	hive_server_free(((struct server_engine *)engine)->server);
	free(engine);
}

static enum err_kind server_session_open(struct engine *engine, struct session **ret_session,
					 struct err *err)
{
	struct hive_session *opened = NULL;
	TRY(hive_session_open(((struct server_engine *)engine)->server, &opened, err));
	struct server_session *session = mem_zalloc(1, sizeof *session);
	session->base.ops = &engine_hiveserver2;
	session->session = opened;
	*ret_session = &session->base;
	return ERR_NONE;
}

static void server_session_close(struct session *session)
{
	hive_session_close(((struct server_session *)session)->session);
	free(session);
}

static enum engine_product server_product(const struct session *session)
{
	const struct hive_session *hive = ((const struct server_session *)session)->session;
	return hive_session_product(hive) == HIVE_SPARK ? ENGINE_SPARK : ENGINE_HIVE;
}

static const char *server_version(const struct session *session)
{
	return hive_session_version(((const struct server_session *)session)->session);
}

/* --- statements ------------------------------------------------------------------------------------------------ */

static enum err_kind execute(struct session *base, struct str statement,
			     struct hive_rows **ret_rows, struct err *err)
{
	struct server_session *session = (struct server_session *)base;
	char *sql = mem_printf("%.*s", STR_ARG(statement));
	enum err_kind kind = hive_session_execute(session->session, sql, ret_rows, err);
	free(sql);
	if (hive_session_renewals(session->session) != session->renewals) {
		session->renewals = hive_session_renewals(session->session);
		memset(base->notes, 0, sizeof base->notes);
	}
	return kind;
}

static enum err_kind server_run(struct session *session, const char *sql, struct err *err)
{
	struct str rest = str_from(sql), statement;
	while (statement_next(&rest, &statement))
		TRY(execute(session, statement, NULL, err));
	return ERR_NONE;
}

static enum err_kind server_query(struct session *session, const char *sql,
				  struct result **ret_result, struct err *err)
{
	struct hive_rows *rows = NULL;
	struct str rest = str_from(sql), statement, next;
	if (!statement_next(&rest, &statement))
		return err_set(err, ERR_REJECT, "no statement");
	for (bool more = true; more; statement = next) {
		if (!statement_only_reads(statement))
			return err_set(err, ERR_REJECT,
				       "a question may not write or change anything");
		more = statement_next(&rest, &next);
		TRY(execute(session, statement, more ? NULL : &rows, err));
	}
	struct server_result *result = mem_zalloc(1, sizeof *result);
	result->base.ops = &engine_hiveserver2;
	result->rows = rows;
	*ret_result = &result->base;
	return ERR_NONE;
}

/* --- results --------------------------------------------------------------------------------------------------- */

static const struct hive_rows *rows_of(const struct result *result)
{
	return ((const struct server_result *)result)->rows;
}

static void server_free(struct result *result)
{
	hive_rows_free(((struct server_result *)result)->rows);
	free(result);
}

static size_t server_columns(const struct result *result)
{
	return hive_rows_columns(rows_of(result));
}

static const char *server_column_name(const struct result *result, size_t column)
{
	return hive_rows_name(rows_of(result), column);
}

static bool server_column_is_number(const struct result *result, size_t column)
{
	enum hive_type type = hive_rows_type(rows_of(result), column);
	return (type >= HIVE_TINYINT && type <= HIVE_DOUBLE) || type == HIVE_DECIMAL;
}

static enum err_kind server_next(struct result *result, bool *ret_row, struct err *err)
{
	return hive_rows_next(((struct server_result *)result)->rows, ret_row, err);
}

static bool server_is_null(const struct result *result, size_t column)
{
	return hive_rows_value(rows_of(result), column).kind == HIVE_IS_NULL;
}

static int64_t server_integer(const struct result *result, size_t column)
{
	struct hive_value value = hive_rows_value(rows_of(result), column);
	return value.kind == HIVE_IS_INTEGER ? value.integer : 0;
}

/* --- spellings --------------------------------------------------------------------------------------------------- */

static void add_text(struct str text, bool json, struct buf *ret)
{
	if (json)
		buf_add_json(ret, text);
	else
		buf_add_str(ret, text);
}

/* "2026-11-23 07:00:00[.123]", in UTC as the session is; Hive's TIMESTAMP WITH LOCAL TIME ZONE says so. */
static void add_time(struct str text, bool json, struct buf *ret)
{
	char spelled[TIME_TEXT_MAX], iso[TIME_TEXT_MAX];
	int64_t time_us;
	struct str plain = str_ends(text, STR(" UTC")) ? str_make(text.ptr, text.len - 4) : text;
	int len = snprintf(spelled, sizeof spelled, "%.*sZ", STR_ARG(plain));
	bool read = len < (int)sizeof spelled &&
		    time_parse(str_from(spelled), &time_us) != TIME_BAD;
	add_text(read ? str_from(time_format(time_us, iso)) : text, json, ret);
}

/* Servers spell lists, maps and structs nearly as JSON; where it is not quite that, it is a string. */
static void add_nested(struct str text, bool json, struct buf *ret)
{
	struct json_doc doc = { 0 };
	struct err ignored;
	if (json && json_read(&doc, text, &ignored) == ERR_NONE)
		json_write(ret, &doc, doc.root);
	else
		add_text(text, json, ret);
	json_release(&doc);
}

static void add_value(const struct result *result, size_t column, bool json, struct buf *ret)
{
	struct hive_value value = hive_rows_value(rows_of(result), column);
	enum hive_type type = hive_rows_type(rows_of(result), column);
	if (value.kind == HIVE_IS_NULL && json)
		buf_add_text(ret, "null");
	else if (value.kind == HIVE_IS_BOOLEAN)
		buf_add_text(ret, value.integer ? "true" : "false");
	else if (value.kind == HIVE_IS_INTEGER)
		buf_addf(ret, "%lld", (long long)value.integer);
	else if (value.kind == HIVE_IS_REAL)
		engine_add_double(value.real, type == HIVE_FLOAT, json, ret);
	else if (value.kind == HIVE_IS_TEXT && type == HIVE_BINARY)
		engine_add_blob(value.text, json, ret);
	else if (value.kind == HIVE_IS_TEXT &&
		 (type == HIVE_TIMESTAMP || type == HIVE_TIMESTAMP_LOCAL))
		add_time(value.text, json, ret);
	else if (value.kind == HIVE_IS_TEXT &&
		 (type == HIVE_DECIMAL || (type >= HIVE_ARRAY && type <= HIVE_STRUCT)))
		add_nested(value.text, json, ret);
	else if (value.kind == HIVE_IS_TEXT)
		add_text(value.text, json, ret);
}

static void server_add_text(const struct result *result, size_t column, struct buf *ret)
{
	add_value(result, column, false, ret);
}

static void server_add_json(const struct result *result, size_t column, struct buf *ret)
{
	add_value(result, column, true, ret);
}

const struct engine_ops engine_hiveserver2 = {
	.open = server_open,
	.close = server_close,
	.session_open = server_session_open,
	.session_close = server_session_close,
	.product = server_product,
	.version = server_version,
	.run = server_run,
	.query = server_query,
	.free = server_free,
	.columns = server_columns,
	.column_name = server_column_name,
	.column_is_number = server_column_is_number,
	.next = server_next,
	.is_null = server_is_null,
	.integer = server_integer,
	.add_text = server_add_text,
	.add_json = server_add_json,
};
