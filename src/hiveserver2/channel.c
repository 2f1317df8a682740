/* Thrift's binary protocol over a wire.
 *
 * Requests are written into memory and sent whole. Answers are read by libthrift-c-glib, which trusts its peer:
 * it allocates what a length says, recurses as deep as a message nests, takes a negative length for a large
 * one, frees what a failed read has not set, and may write an error over another. So what it reads with is
 * ours:
 * `struct guard` stands in for its readers of everything that has a length or nests, and `struct pipe` counts
 * the bytes. GObject wants typedefs with certain names; they are seen in this file only. */
#include "hiveserver2/private.h"

#include "base/mem.h"

#include <stdlib.h>
#include <thrift/c_glib/protocol/thrift_binary_protocol.h>
#include <thrift/c_glib/transport/thrift_transport.h>
#include <thrift/c_glib/thrift_application_exception.h>

enum { DEPTH_MAX = 32, TEXT_PIECE = 1 << 20, ITEMS_MAX = 8 << 20, NAME_MAX_BYTES = 64 };

/* --- bytes ------------------------------------------------------------------------------------------------ */

typedef struct pipe {
	ThriftTransport parent;
	struct hive_wire *wire;
	struct buf request;
	size_t answer_bytes;
	struct err *err; /* of the call that is made, where the wire tells what is wrong */
	bool failed;     /* and has told it */
} Pipe;
typedef struct {
	ThriftTransportClass parent;
} PipeClass;

static GType pipe_get_type(void);
G_DEFINE_TYPE(Pipe, pipe, THRIFT_TYPE_TRANSPORT)

static gint32 refuse(GError **error, const char *what, long long number)
{
	if (error && !*error)
		g_set_error(error, THRIFT_PROTOCOL_ERROR, THRIFT_PROTOCOL_ERROR_INVALID_DATA,
			    "%s: %lld", what, number);
	return -1;
}

static gboolean pipe_is_open(ThriftTransport *transport)
{
	(void)transport;
	return TRUE;
}

static gint32 pipe_read(ThriftTransport *transport, gpointer bytes, guint32 len, GError **error)
{
	Pipe *pipe = (Pipe *)transport;
	size_t got;
	if (pipe->answer_bytes + len > HIVE_MESSAGE_MAX)
		return refuse(error, "an answer of more bytes than", HIVE_MESSAGE_MAX);
	if (pipe->wire->ops->receive(pipe->wire, bytes, len, &got, pipe->err) != ERR_NONE) {
		pipe->failed = true;
		return refuse(error, "no answer", 0);
	}
	pipe->answer_bytes += got;
	return (gint32)got;
}

static gboolean pipe_write(ThriftTransport *transport, const gpointer bytes, const guint32 len,
			   GError **error)
{
	(void)error;
	buf_add(&((Pipe *)transport)->request, bytes, len);
	return TRUE;
}

static void pipe_init(Pipe *pipe)
{
	(void)pipe;
}

static void pipe_class_init(PipeClass *class)
{
	ThriftTransportClass *transport = (ThriftTransportClass *)class;
	transport->is_open = pipe_is_open;
	transport->read = pipe_read;
	transport->write = pipe_write;
}

/* --- what has a length, and what nests --------------------------------------------------------------------- */

typedef struct guard {
	ThriftBinaryProtocol parent;
	int depth;
	int64_t items_left;
} Guard;
typedef struct {
	ThriftBinaryProtocolClass parent;
} GuardClass;

static GType guard_get_type(void);
G_DEFINE_TYPE(Guard, guard, THRIFT_TYPE_BINARY_PROTOCOL)

static gint32 enter(ThriftProtocol *protocol, GError **error)
{
	return ++((Guard *)protocol)->depth <= DEPTH_MAX ? 0 : refuse(error, "nests", DEPTH_MAX);
}

static gint32 leave(ThriftProtocol *protocol, GError **error)
{
	(void)error;
	((Guard *)protocol)->depth--;
	return 0;
}

static gint32 guard_struct_begin(ThriftProtocol *protocol, gchar **name, GError **error)
{
	*name = NULL;
	return enter(protocol, error);
}

static bool is_type(gint8 type)
{
	return type == T_BOOL || type == T_BYTE || type == T_DOUBLE || type == T_I16 ||
	       type == T_I32 || type == T_I64 || (type >= T_STRING && type <= T_LIST);
}

static gint32 read_type(ThriftProtocol *protocol, ThriftType *ret, GError **error)
{
	gint8 type;
	if (thrift_protocol_read_byte(protocol, &type, error) < 0)
		return -1;
	*ret = (ThriftType)type;
	return is_type(type) ? 1 : refuse(error, "an unknown type", type);
}

static gint32 read_count(ThriftProtocol *protocol, guint32 *ret, GError **error)
{
	gint32 count;
	if (thrift_protocol_read_i32(protocol, &count, error) < 0)
		return -1;
	Guard *guard = (Guard *)protocol;
	if (count < 0 || count > guard->items_left)
		return refuse(error, "a number of items", count);
	guard->items_left -= count;
	*ret = (guint32)count;
	return 4;
}

static gint32 guard_list_begin(ThriftProtocol *protocol, ThriftType *type, guint32 *size,
			       GError **error)
{
	if (read_type(protocol, type, error) < 0 || read_count(protocol, size, error) < 0 ||
	    enter(protocol, error) < 0)
		return -1;
	return 5;
}

/* An empty map may say nothing of its types. */
static gint32 guard_map_begin(ThriftProtocol *protocol, ThriftType *key, ThriftType *value,
			      guint32 *size, GError **error)
{
	gint8 key_type, value_type;
	if (thrift_protocol_read_byte(protocol, &key_type, error) < 0 ||
	    thrift_protocol_read_byte(protocol, &value_type, error) < 0 ||
	    read_count(protocol, size, error) < 0 || enter(protocol, error) < 0)
		return -1;
	if (*size > 0 && (!is_type(key_type) || !is_type(value_type)))
		return refuse(error, "an unknown type", key_type);
	*key = (ThriftType)key_type;
	*value = (ThriftType)value_type;
	return 6;
}

/* Grows with what comes, not with what is promised. Ends with a zero byte that *len does not count. */
static gint32 guard_binary(ThriftProtocol *protocol, gpointer *ret, guint32 *len, GError **error)
{
	gint32 size;
	*ret = NULL;
	*len = 0;
	if (thrift_protocol_read_i32(protocol, &size, error) < 0)
		return -1;
	if (size < 0 || size > HIVE_MESSAGE_MAX)
		return refuse(error, "a length", size);
	guint32 want = (guint32)size, done = 0;
	char *bytes = NULL;
	do {
		guint32 piece = want - done < TEXT_PIECE ? want - done : TEXT_PIECE;
		bytes = g_realloc(bytes, (gsize)done + piece + 1);
		if (piece > 0 && thrift_transport_read_all(protocol->transport, bytes + done, piece,
							   error) < 0) {
			g_free(bytes);
			return -1;
		}
		done += piece;
	} while (done < want);
	bytes[done] = '\0';
	*ret = bytes;
	*len = done;
	return size + 4;
}

static gint32 guard_string(ThriftProtocol *protocol, gchar **ret, GError **error)
{
	gpointer bytes;
	guint32 len;
	gint32 read = guard_binary(protocol, &bytes, &len, error);
	*ret = bytes;
	return read;
}

static gint32 guard_message_begin(ThriftProtocol *protocol, gchar **name, ThriftMessageType *type,
				  gint32 *sequence, GError **error)
{
	gint32 head;
	*name = NULL;
	if (thrift_protocol_read_i32(protocol, &head, error) < 0)
		return -1;
	if (((guint32)head & THRIFT_BINARY_PROTOCOL_VERSION_MASK) !=
	    THRIFT_BINARY_PROTOCOL_VERSION_1)
		return refuse(error, "not Thrift's binary protocol, it begins with", head);
	*type = (ThriftMessageType)(head & 0xff);
	if (guard_string(protocol, name, error) < 0 ||
	    thrift_protocol_read_i32(protocol, sequence, error) < 0) {
		g_free(*name);
		*name = NULL;
		return -1;
	}
	return 0;
}

static void guard_init(Guard *guard)
{
	(void)guard;
}

static void guard_class_init(GuardClass *class)
{
	ThriftProtocolClass *protocol = (ThriftProtocolClass *)class;
	protocol->read_message_begin = guard_message_begin;
	protocol->read_struct_begin = guard_struct_begin;
	protocol->read_struct_end = leave;
	protocol->read_map_begin = guard_map_begin;
	protocol->read_map_end = leave;
	protocol->read_list_begin = guard_list_begin;
	protocol->read_list_end = leave;
	protocol->read_set_begin = guard_list_begin;
	protocol->read_set_end = leave;
	protocol->read_string = guard_string;
	protocol->read_binary = guard_binary;
}

/* --- calls ------------------------------------------------------------------------------------------------- */

struct hive_channel {
	struct hive_wire *wire;
	Pipe *pipe;
	ThriftProtocol *protocol;
	gint32 sequence;
};

struct hive_channel *hive_channel_new(struct hive_wire *wire)
{
	struct hive_channel *channel = mem_zalloc(1, sizeof *channel);
	channel->wire = wire;
	channel->pipe = g_object_new(pipe_get_type(), NULL);
	channel->pipe->wire = wire;
	channel->protocol = g_object_new(guard_get_type(), "transport", channel->pipe, NULL);
	return channel;
}

void hive_channel_free(struct hive_channel *channel)
{
	if (!channel)
		return;
	buf_release(&channel->pipe->request);
	g_object_unref(channel->protocol);
	g_object_unref(channel->pipe);
	channel->wire->ops->close(channel->wire);
	free(channel);
}

bool hive_channel_is_idle(const struct hive_channel *channel)
{
	return channel->wire->ops->is_idle(channel->wire);
}

size_t hive_channel_answer_bytes(const struct hive_channel *channel)
{
	return channel->pipe->answer_bytes;
}

/* name_args { 1: req } */
static void write_call(struct hive_channel *channel, const char *name, ThriftStruct *request)
{
	ThriftProtocol *protocol = channel->protocol;
	buf_reset(&channel->pipe->request);
	thrift_protocol_write_message_begin(protocol, name, T_CALL, ++channel->sequence, NULL);
	thrift_protocol_write_struct_begin(protocol, "args", NULL);
	thrift_protocol_write_field_begin(protocol, "req", T_STRUCT, 1, NULL);
	thrift_struct_write(request, protocol, NULL);
	thrift_protocol_write_field_end(protocol, NULL);
	thrift_protocol_write_field_stop(protocol, NULL);
	thrift_protocol_write_struct_end(protocol, NULL);
	thrift_protocol_write_message_end(protocol, NULL);
}

static bool read_exception(ThriftProtocol *protocol, GError **error)
{
	ThriftApplicationException *exception =
		g_object_new(THRIFT_TYPE_APPLICATION_EXCEPTION, NULL);
	if (thrift_struct_read(THRIFT_STRUCT(exception), protocol, error) >= 0)
		g_set_error(error, THRIFT_PROTOCOL_ERROR, THRIFT_PROTOCOL_ERROR_UNKNOWN,
			    "the server says: %.500s",
			    exception->message ? exception->message : "nothing");
	g_object_unref(exception);
	return false;
}

/* name_result { 0: success } */
static bool read_result(ThriftProtocol *protocol, ThriftStruct *response, GError **error)
{
	gchar *name;
	ThriftType type;
	gint16 id;
	bool found = false;
	if (thrift_protocol_read_struct_begin(protocol, &name, error) < 0)
		return false;
	for (;;) {
		if (thrift_protocol_read_field_begin(protocol, &name, &type, &id, error) < 0)
			return false;
		if (type == T_STOP)
			break;
		bool wanted = id == 0 && type == T_STRUCT && !found;
		if ((wanted ? thrift_struct_read(response, protocol, error) :
			      thrift_protocol_skip(protocol, type, error)) < 0)
			return false;
		found = found || wanted;
	}
	return found || refuse(error, "an answer without a result", 0) >= 0;
}

static bool read_answer(struct hive_channel *channel, const char *name, ThriftStruct *response,
			GError **error)
{
	ThriftMessageType type;
	gchar *whose;
	gint32 sequence;
	Guard *guard = (Guard *)channel->protocol;
	guard->depth = 0;
	guard->items_left = ITEMS_MAX;
	channel->pipe->answer_bytes = 0;
	if (thrift_protocol_read_message_begin(channel->protocol, &whose, &type, &sequence, error) <
	    0)
		return false;
	bool ours = strcmp(whose, name) == 0 && sequence == channel->sequence;
	g_free(whose);
	if (type == T_EXCEPTION)
		return read_exception(channel->protocol, error);
	if (!ours || type != T_REPLY)
		return refuse(error, "an answer to something else", sequence) >= 0;
	return read_result(channel->protocol, response, error);
}

enum err_kind hive_channel_call(struct hive_channel *channel, const char *name,
				ThriftStruct *request, ThriftStruct *response, struct err *err)
{
	GError *error = NULL;
	struct hive_wire *wire = channel->wire;
	channel->pipe->err = err;
	channel->pipe->failed = false;
	write_call(channel, name, request);
	if (wire->ops->send(wire, buf_str(&channel->pipe->request), err) != ERR_NONE)
		return err_wrap(err, "%s", name);
	if (read_answer(channel, name, response, &error))
		return ERR_NONE;
	if (!channel->pipe->failed)
		err_set(err, ERR_REJECT, "%s:%d: %.600s", wire->server->host, wire->server->port,
			error ? error->message : "no answer of HiveServer2");
	g_clear_error(&error);
	return err_wrap(err, "%s", name);
}
