/* The door hands every call to the engine that the location's scheme names. */
#include "engine/backend.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct scheme {
	const char *name; /* what a location begins with */
	const struct engine_ops *ops;
} schemes[] = {
	{ "duckdb", &engine_duckdb },
	{ "hive2://", &engine_hiveserver2 },
	{ "jdbc:hive2://", &engine_hiveserver2 },
};

/* --- engines and sessions ------------------------------------------------------------------------------------ */

enum err_kind engine_open(const struct engine_options *options, struct engine **ret_engine,
			  struct err *err)
{
	struct engine_options rest = *options;
	if (!rest.location)
		return engine_duckdb.open(&rest, ret_engine, err);
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		if (!str_starts(str_from(rest.location), str_from(schemes[i].name)))
			continue;
		rest.location += strlen(schemes[i].name);
		if (schemes[i].ops->open(&rest, ret_engine, err) == ERR_NONE)
			return ERR_NONE;
		return err_wrap(err, "engine %s", options->location);
	}
	err_set(err, ERR_REJECT, "engine %s: there is no such engine", rest.location);
	return err_hint(err, "duckdb, or hive2://HOST:PORT/;auth=noSasl");
}

void engine_close(struct engine *engine)
{
	if (engine)
		engine->ops->close(engine);
}

enum err_kind session_open(struct engine *engine, struct session **ret_session, struct err *err)
{
	return engine->ops->session_open(engine, ret_session, err);
}

void session_close(struct session *session)
{
	if (session)
		session->ops->session_close(session);
}

enum engine_product session_product(const struct session *session)
{
	return session->ops->product(session);
}

const char *session_version(const struct session *session)
{
	return session->ops->version(session);
}

uint64_t *session_notes(struct session *session)
{
	return session->notes;
}

enum err_kind session_run(struct session *session, const char *sql, struct err *err)
{
	return session->ops->run(session, sql, err);
}

enum err_kind session_query(struct session *session, const char *sql, struct result **ret_result,
			    struct err *err)
{
	return session->ops->query(session, sql, ret_result, err);
}

void session_hold(struct session *session, const struct held_table *table)
{
	if (session->ops->hold)
		session->ops->hold(session, table);
}

const char *session_held_name(const struct session *session)
{
	return session->ops->held_name ? session->ops->held_name(session) : NULL;
}

/* --- results --------------------------------------------------------------------------------------------------- */

void result_free(struct result *result)
{
	if (result)
		result->ops->free(result);
}

size_t result_columns(const struct result *result)
{
	return result->ops->columns(result);
}

const char *result_column_name(const struct result *result, size_t column)
{
	return result->ops->column_name(result, column);
}

bool result_column_is_number(const struct result *result, size_t column)
{
	return result->ops->column_is_number(result, column);
}

enum err_kind result_next(struct result *result, bool *ret_row, struct err *err)
{
	return result->ops->next(result, ret_row, err);
}

bool result_is_null(const struct result *result, size_t column)
{
	return result->ops->is_null(result, column);
}

int64_t result_int(const struct result *result, size_t column)
{
	return result->ops->integer(result, column);
}

void result_add_text(const struct result *result, size_t column, struct buf *ret)
{
	result->ops->add_text(result, column, ret);
}

void result_add_json(const struct result *result, size_t column, struct buf *ret)
{
	result->ops->add_json(result, column, ret);
}

/* --- spellings that all engines share --------------------------------------------------------------------------- */

void engine_add_double(double value, bool single, bool json, struct buf *ret)
{
	char text[40];
	if (!isfinite(value)) {
		buf_addf(ret, json ? "\"%s\"" : "%s",
			 isnan(value) ? "NaN" :
			 value > 0    ? "Infinity" :
					"-Infinity");
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

void engine_add_blob(struct str bytes, bool json, struct buf *ret)
{
	struct buf text = { 0 };
	for (size_t i = 0; i < bytes.len; i++) {
		unsigned char byte = (unsigned char)bytes.ptr[i];
		if (byte >= 0x20 && byte < 0x7f && !strchr("\\\"'", byte))
			buf_add_byte(&text, (char)byte);
		else
			buf_addf(&text, "\\x%02X", byte);
	}
	if (json)
		buf_add_json(ret, buf_str(&text));
	else
		buf_add_str(ret, buf_str(&text));
	buf_release(&text);
}
