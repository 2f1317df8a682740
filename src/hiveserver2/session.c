/* Sessions and statements. A session is opened, told to be in UTC, and opened again when its server does not
 * know it any more or the connection has gone while nobody used it; a statement that may have begun is never
 * sent twice. */
#include "hiveserver2/private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROTOCOL_V7 = 6, INFO_NAME = 17, INFO_VERSION = 18, AGAIN_MS = 200 };
enum {
	STATUS_SUCCESS,
	STATUS_WITH_INFO,
	STATUS_STILL_EXECUTING,
	STATUS_ERROR,
	STATUS_INVALID_HANDLE
};
enum {
	STATE_INITIALIZED,
	STATE_RUNNING,
	STATE_FINISHED,
	STATE_CANCELED,
	STATE_CLOSED,
	STATE_ERROR,
	STATE_UNKNOWN,
	STATE_PENDING,
	STATE_TIMED_OUT,
};

/* --- servers ------------------------------------------------------------------------------------------------ */

enum err_kind hive_server_new(const struct hive_server_options *options,
			      struct hive_server **ret_server, struct err *err)
{
	struct hive_server *server = mem_zalloc(1, sizeof *server);
	server->stop = options->stop;
	server->context = options->context;
	if (options->password)
		server->password = mem_strdup(options->password);
	if (hive_location_parse(server, options->location, err) != ERR_NONE) {
		hive_server_free(server);
		return err->kind;
	}
	*ret_server = server;
	return ERR_NONE;
}

void hive_server_free(struct hive_server *server)
{
	if (!server)
		return;
	if (server->password)
		explicit_bzero(server->password, strlen(server->password));
	free(server->password);
	free(server->host);
	free(server->database);
	free(server->user);
	free(server->http_path);
	free(server);
}

bool hive_stopped(const struct hive_server *server)
{
	return server->stop && server->stop(server->context);
}

enum err_kind hive_wire_open(const struct hive_server *server, struct hive_wire **ret_wire,
			     struct err *err)
{
	return server->http ? hive_http_open(server, ret_wire, err) :
			      hive_socket_open(server, ret_wire, err);
}

/* --- what a server says is wrong ------------------------------------------------------------------------ */

/* Java's stack begins with the first "\n\tat". */
static struct str without_stack(struct str text)
{
	const char *stack = text.len ? memmem(text.ptr, text.len, "\n\tat ", 5) : NULL;
	return stack ? str_make(text.ptr, (size_t)(stack - text.ptr)) : text;
}

enum err_kind hive_set_error(const GByteArray *sqlstate, const GByteArray *message, struct err *err)
{
	struct str state = hive_bytes(sqlstate);
	struct str words = str_head(str_trim(without_stack(hive_bytes(message))), 900);
	/* Class 08 is the connection, 57 that somebody intervened (SQL:2016 and PostgreSQL). */
	bool away = str_starts(state, STR("08")) || str_starts(state, STR("57"));
	err_set(err, away ? ERR_RETRY : ERR_REJECT, "%.*s",
		words.len ? (int)words.len : (int)strlen("the statement failed"),
		words.len ? words.ptr : "the statement failed");
	return err_sqlstate(err, state);
}

enum err_kind hive_status_check(const HiveStatus *status, struct err *err)
{
	if (status->statusCode == STATUS_SUCCESS || status->statusCode == STATUS_WITH_INFO ||
	    status->statusCode == STATUS_STILL_EXECUTING)
		return ERR_NONE;
	return hive_set_error(status->sqlState, status->errorMessage, err);
}

/* --- one session -------------------------------------------------------------------------------------------- */

static void lose(struct hive_session *session)
{
	hive_channel_free(session->channel);
	session->channel = NULL;
	g_clear_object(&session->handle);
}

enum err_kind hive_session_call(struct hive_session *session, const char *name, void *request,
				void *response, struct err *err)
{
	if (!session->channel)
		return err_set(err, ERR_RETRY, "%s: the session was lost", name);
	if (hive_channel_call(session->channel, name, request, response, err) == ERR_NONE)
		return ERR_NONE;
	lose(session);
	return err->kind;
}

static void set_text(GHashTable *table, const char *name, const char *value)
{
	g_hash_table_insert(table, g_strdup(name), g_strdup(value));
}

static enum err_kind open_session(struct hive_session *session, struct err *err)
{
	HiveOpenSessionRequest *request = g_object_new(HIVE_TYPE_OPEN_SESSION_REQUEST, NULL);
	HiveOpenSessionResponse *response = g_object_new(HIVE_TYPE_OPEN_SESSION_RESPONSE, NULL);
	request->clientProtocol = PROTOCOL_V7;
	request->username = g_strdup(session->server->user);
	request->__isset_username = TRUE;
	request->__isset_configuration = TRUE;
	/* Asked how a statement does, the server lets us wait so long; then we look for a stop. */
	set_text(request->configuration, "set:hiveconf:hive.server2.long.polling.timeout", "500ms");
	if (session->server->database[0])
		set_text(request->configuration, "use:database", session->server->database);
	enum err_kind kind = hive_session_call(session, "OpenSession", request, response, err);
	if (kind == ERR_NONE)
		kind = hive_status_check(response->status, err);
	if (kind == ERR_NONE && !response->__isset_sessionHandle)
		kind = err_set(err, ERR_REJECT, "OpenSession: no session in the answer");
	if (kind == ERR_NONE && response->serverProtocolVersion < PROTOCOL_V7 - 1)
		kind = err_set(err, ERR_REJECT,
			       "the server speaks protocol version %d, version 6 is needed",
			       response->serverProtocolVersion + 1);
	if (kind == ERR_NONE)
		session->handle = g_object_ref(response->sessionHandle);
	g_object_unref(request);
	g_object_unref(response);
	return kind;
}

static enum err_kind ask_info(struct hive_session *session, int what, char *ret, size_t size,
			      struct err *err)
{
	HiveGetInfoRequest *request = g_object_new(HIVE_TYPE_GET_INFO_REQUEST, NULL);
	HiveGetInfoResponse *response = g_object_new(HIVE_TYPE_GET_INFO_RESPONSE, NULL);
	g_set_object(&request->sessionHandle, session->handle);
	request->infoType = what;
	enum err_kind kind = hive_session_call(session, "GetInfo", request, response, err);
	if (kind == ERR_NONE)
		kind = hive_status_check(response->status, err);
	if (kind == ERR_NONE)
		snprintf(ret, size, "%.*s",
			 STR_ARG(str_head(hive_bytes(response->infoValue->stringValue), 40)));
	g_object_unref(request);
	g_object_unref(response);
	return kind;
}

static enum err_kind execute(struct hive_session *session, const char *sql,
			     struct hive_rows **ret_rows, struct err *err);

static enum err_kind make_session(struct hive_session *session, struct err *err)
{
	char name[48] = "", version[48] = "";
	struct hive_wire *wire = NULL;
	TRY(hive_wire_open(session->server, &wire, err));
	session->channel = hive_channel_new(wire);
	TRY(open_session(session, err));
	TRY(ask_info(session, INFO_NAME, name, sizeof name, err));
	TRY(ask_info(session, INFO_VERSION, version, sizeof version, err));
	session->product = strstr(name, "Spark") ? HIVE_SPARK : HIVE_APACHE_HIVE;
	snprintf(session->version, sizeof session->version, "%s %s", name, version);
	const char *zone = session->product == HIVE_SPARK ? "SET spark.sql.session.timeZone=UTC" :
							    "SET hive.local.time.zone=UTC";
	return execute(session, zone, NULL, err);
}

/* The port is open before the server is ready, so a server that is away is tried again. */
static enum err_kind renew(struct hive_session *session, struct err *err)
{
	int64_t end_us = clock_monotonic_us() + session->server->patience_us;
	for (;;) {
		lose(session);
		enum err_kind kind = make_session(session, err);
		if (kind == ERR_NONE) {
			session->opened++;
			return ERR_NONE;
		}
		if (kind != ERR_RETRY || hive_stopped(session->server) ||
		    clock_monotonic_us() >= end_us) {
			lose(session);
			return kind;
		}
		poll(NULL, 0, AGAIN_MS);
	}
}

enum err_kind hive_session_open(struct hive_server *server, struct hive_session **ret_session,
				struct err *err)
{
	struct hive_session *session = mem_zalloc(1, sizeof *session);
	session->server = server;
	if (renew(session, err) != ERR_NONE) {
		free(session);
		return err->kind;
	}
	*ret_session = session;
	return ERR_NONE;
}

void hive_session_close(struct hive_session *session)
{
	if (!session)
		return;
	if (session->handle) {
		struct err ignored;
		HiveSessionRequest *request = g_object_new(HIVE_TYPE_SESSION_REQUEST, NULL);
		HiveStatusResponse *response = g_object_new(HIVE_TYPE_STATUS_RESPONSE, NULL);
		g_set_object(&request->sessionHandle, session->handle);
		if (hive_session_call(session, "CloseSession", request, response, &ignored) !=
		    ERR_NONE)
			ignored.kind = ERR_NONE; /* the server ends it when the connection ends */
		g_object_unref(request);
		g_object_unref(response);
	}
	lose(session);
	free(session);
}

enum hive_product hive_session_product(const struct hive_session *session)
{
	return session->product;
}

const char *hive_session_version(const struct hive_session *session)
{
	return session->version;
}

uint64_t hive_session_renewals(const struct hive_session *session)
{
	return session->opened - 1;
}

/* --- statements --------------------------------------------------------------------------------------------- */

static void end_call(struct hive_session *session, const char *name, HiveOperationHandle *operation)
{
	struct err ignored;
	HiveOperationRequest *request = g_object_new(HIVE_TYPE_OPERATION_REQUEST, NULL);
	HiveStatusResponse *response = g_object_new(HIVE_TYPE_STATUS_RESPONSE, NULL);
	g_set_object(&request->operationHandle, operation);
	if (hive_session_call(session, name, request, response, &ignored) != ERR_NONE)
		ignored.kind = ERR_NONE; /* the connection has gone, and the operation with it */
	g_object_unref(request);
	g_object_unref(response);
}

void hive_operation_end(struct hive_session *session, HiveOperationHandle *operation, bool cancel)
{
	if (cancel && session->channel)
		end_call(session, "CancelOperation", operation);
	if (session->channel)
		end_call(session, "CloseOperation", operation);
}

/* *ret_unknown: the server does not know the session, so nothing was begun. */
static enum err_kind begin(struct hive_session *session, const char *sql,
			   HiveOperationHandle **ret_operation, bool *ret_unknown, struct err *err)
{
	HiveExecuteStatementRequest *request =
		g_object_new(HIVE_TYPE_EXECUTE_STATEMENT_REQUEST, NULL);
	HiveExecuteStatementResponse *response =
		g_object_new(HIVE_TYPE_EXECUTE_STATEMENT_RESPONSE, NULL);
	g_set_object(&request->sessionHandle, session->handle);
	request->statement = g_strdup(sql);
	request->runAsync = request->__isset_runAsync = TRUE;
	request->queryTimeout = session->server->timeout_us / 1000000;
	request->__isset_queryTimeout = TRUE;
	enum err_kind kind = hive_session_call(session, "ExecuteStatement", request, response, err);
	if (kind == ERR_NONE) {
		struct str words = hive_bytes(response->status->errorMessage);
		kind = hive_status_check(response->status, err);
		*ret_unknown =
			kind != ERR_NONE &&
			(response->status->statusCode == STATUS_INVALID_HANDLE ||
			 (words.len && memmem(words.ptr, words.len, "Invalid SessionHandle", 21)));
	}
	if (kind == ERR_NONE && !response->__isset_operationHandle)
		kind = err_set(err, ERR_REJECT, "ExecuteStatement: no operation in the answer");
	if (kind == ERR_NONE)
		*ret_operation = g_object_ref(response->operationHandle);
	g_object_unref(request);
	g_object_unref(response);
	return kind;
}

static enum err_kind look(struct hive_session *session, HiveOperationHandle *operation,
			  bool *ret_ended, struct err *err)
{
	HiveOperationRequest *request = g_object_new(HIVE_TYPE_OPERATION_REQUEST, NULL);
	HiveOperationStatusResponse *response =
		g_object_new(HIVE_TYPE_OPERATION_STATUS_RESPONSE, NULL);
	g_set_object(&request->operationHandle, operation);
	enum err_kind kind =
		hive_session_call(session, "GetOperationStatus", request, response, err);
	if (kind == ERR_NONE)
		kind = hive_status_check(response->status, err);
	if (kind == ERR_NONE && !response->__isset_operationState)
		kind = err_set(err, ERR_REJECT, "GetOperationStatus: no state in the answer");
	*ret_ended = false;
	if (kind == ERR_NONE) {
		switch (response->operationState) {
		case STATE_INITIALIZED:
		case STATE_RUNNING:
		case STATE_UNKNOWN:
		case STATE_PENDING:
			break;
		case STATE_FINISHED:
			*ret_ended = true;
			break;
		case STATE_CANCELED:
		case STATE_CLOSED:
		case STATE_TIMED_OUT:
			kind = err_set(err, ERR_RETRY, "the server has %s the statement",
				       response->operationState == STATE_TIMED_OUT ?
					       "run out of time with" :
					       "cancelled");
			break;
		default:
			kind = hive_set_error(response->sqlState, response->errorMessage, err);
		}
	}
	g_object_unref(request);
	g_object_unref(response);
	return kind;
}

/* Waits until the statement has ended; one that may not go on is cancelled. */
static enum err_kind wait_for_end(struct hive_session *session, HiveOperationHandle *operation,
				  struct err *err)
{
	enum { WAIT_MAX_MS = 100 };
	int64_t end_us = clock_monotonic_us() + session->server->timeout_us;
	bool ended = false;
	for (int wait_ms = 1;; wait_ms = wait_ms < WAIT_MAX_MS ? 2 * wait_ms : WAIT_MAX_MS) {
		TRY(look(session, operation, &ended, err));
		if (ended)
			return ERR_NONE;
		bool late = clock_monotonic_us() >= end_us;
		if (late || hive_stopped(session->server)) {
			hive_operation_end(session, operation, true);
			return late ? err_set(err, ERR_RETRY,
					      "cancelled: it took more than %lld seconds",
					      (long long)(session->server->timeout_us / 1000000)) :
				      err_set(err, ERR_RETRY, "cancelled");
		}
		poll(NULL, 0, wait_ms);
	}
}

static enum err_kind finish(struct hive_session *session, HiveOperationHandle *operation,
			    struct hive_rows **ret_rows, struct err *err)
{
	enum err_kind kind = wait_for_end(session, operation, err);
	if (kind == ERR_NONE && ret_rows)
		return hive_rows_open(session, operation, ret_rows, err);
	if (kind != ERR_RETRY)
		hive_operation_end(session, operation, false);
	g_object_unref(operation);
	return kind;
}

static enum err_kind execute(struct hive_session *session, const char *sql,
			     struct hive_rows **ret_rows, struct err *err)
{
	HiveOperationHandle *operation = NULL;
	bool unknown;
	TRY(begin(session, sql, &operation, &unknown, err));
	return finish(session, operation, ret_rows, err);
}

enum err_kind hive_session_execute(struct hive_session *session, const char *sql,
				   struct hive_rows **ret_rows, struct err *err)
{
	HiveOperationHandle *operation = NULL;
	bool unknown = false;
	if (!session->channel || !hive_channel_is_idle(session->channel))
		TRY(renew(session, err));
	enum err_kind kind = begin(session, sql, &operation, &unknown, err);
	if (kind != ERR_NONE && unknown) {
		TRY(renew(session, err));
		kind = begin(session, sql, &operation, &unknown, err);
	}
	return kind == ERR_NONE ? finish(session, operation, ret_rows, err) : kind;
}
