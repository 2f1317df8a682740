/* Inside hiveserver2/: from bytes to calls. */
#pragma once
#include "hiveserver2/hiveserver2.h"

#include "base/http_client.h"

#include <hive_service_types.h>

/* --- where ---------------------------------------------------------------------------------------------- */

struct hive_server {
	char *host, *database, *user, *http_path;
	int port;
	bool sasl, http, tls;
	int64_t patience_us, stall_us, timeout_us;
	char *password; /* wiped when it goes */
	bool (*stop)(void *context);
	void *context;
};
MUST_CHECK enum err_kind hive_location_parse(struct hive_server *server, const char *location,
					     struct err *err);
bool hive_stopped(const struct hive_server *server);

/* --- bytes ---------------------------------------------------------------------------------------------- */

/* A connection that carries messages. After an error it is only good for closing. */
struct hive_wire {
	const struct hive_wire_ops *ops;
	const struct hive_server *server;
};
struct hive_wire_ops {
	enum err_kind (*send)(struct hive_wire *wire, struct str message, struct err *err);
	/* At least one byte of the answer; the end of it is an error. */
	enum err_kind (*receive)(struct hive_wire *wire, void *ret, size_t max, size_t *ret_len,
				 struct err *err);
	/* Whether a message may be sent: nothing has come unasked, and the other end is there. */
	bool (*is_idle)(const struct hive_wire *wire);
	void (*close)(struct hive_wire *wire);
};
/* As the server's location says. */
MUST_CHECK enum err_kind hive_wire_open(const struct hive_server *server,
					struct hive_wire **ret_wire, struct err *err);
/* One a file; the first speaks with and without SASL. */
MUST_CHECK enum err_kind hive_socket_open(const struct hive_server *server,
					  struct hive_wire **ret_wire, struct err *err);
MUST_CHECK enum err_kind hive_http_open(const struct hive_server *server,
					struct hive_wire **ret_wire, struct err *err);

enum { HIVE_MESSAGE_MAX = 256 << 20 }; /* bytes of an answer */

/* --- calls ---------------------------------------------------------------------------------------------- */

/* Thrift's protocol over a wire. */
struct hive_channel;
/* Owns the wire. */
struct hive_channel *hive_channel_new(struct hive_wire *wire);
void hive_channel_free(struct hive_channel *channel);
/* Sends the request as the call's only argument and fills the response. After an error the channel can
 * only be freed. */
MUST_CHECK enum err_kind hive_channel_call(struct hive_channel *channel, const char *name,
					   ThriftStruct *request, ThriftStruct *response,
					   struct err *err);
bool hive_channel_is_idle(const struct hive_channel *channel);
/* Bytes of the last answer. */
size_t hive_channel_answer_bytes(const struct hive_channel *channel);

/* --- sessions -------------------------------------------------------------------------------------------- */

struct hive_session {
	struct hive_server *server;
	struct hive_channel *channel; /* NULL: lost */
	HiveSessionHandle *handle;
	enum hive_product product;
	char version[96];
	uint64_t opened; /* times */
};
/* A call whose error, when it is one of the connection, loses the session. */
MUST_CHECK enum err_kind hive_session_call(struct hive_session *session, const char *name,
					   void *request, void *response, struct err *err);
/* What a server's status says as an error. */
MUST_CHECK enum err_kind hive_status_check(const HiveStatus *status, struct err *err);
/* An error in a server's words; bytes may be missing. */
MUST_CHECK enum err_kind hive_set_error(const GByteArray *sqlstate, const GByteArray *message,
					struct err *err);
static inline struct str hive_bytes(const GByteArray *bytes)
{
	return bytes ? str_make((const char *)bytes->data, bytes->len) : STR_NONE;
}
/* The operation belongs to the rows from here on. Reads the names and types of columns. */
MUST_CHECK enum err_kind hive_rows_open(struct hive_session *session,
					HiveOperationHandle *operation, struct hive_rows **ret_rows,
					struct err *err);
/* Ends an operation on the server as far as that is possible; first cancels it where asked for. */
void hive_operation_end(struct hive_session *session, HiveOperationHandle *operation, bool cancel);
