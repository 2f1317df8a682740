/* The opening of a connection, as text. One JSON object a line:
 *
 *     {"aviary":1,"resume":{"lake":UUID[,"stream":UUID,"offset":N,"chain":H]}}   certain consumer
 *     {"aviary":1,"tap":{"stream":UUID,"offset":N,"chain":H}}                    live reader
 *     {"aviary":1,"requests":{"lake":UUID[,"stream":UUID,"offset":N,"chain":H]}} the same, of the
 *     {"aviary":1,"requests":{"from":K}}                                         request records
 *     {"aviary":1,"stream":UUID,"offset":N,"chain":H,"end":E}                    the answer
 *     {"aviary":1,"status":{}}                                                   whoever asks, answered
 *     {"aviary":1,"stream":UUID,"end":E,"acknowledged":A,                        so, and closed
 *      "requests":{"stream":UUID,"end":E,"acknowledged":A}|null,"status":{…}|null}
 *     {"aviary":1,"error":"…"[,"retry":true]}                                    or this
 *     {"ack":N}                                                                  the consumer
 *
 * Members we do not know are ignored, so that a later version may add some. */
#include "wire/opening.h"

#include <inttypes.h>
#include <yyjson.h>

enum { PROTOCOL_VERSION = 1 };

static struct str text_of(yyjson_val *val)
{
	return yyjson_is_str(val) ? str_make(yyjson_get_str(val), yyjson_get_len(val)) : STR_NONE;
}

static bool get_uuid(yyjson_val *object, const char *name, char ret_text[UUID_TEXT])
{
	struct str text = text_of(yyjson_obj_get(object, name));
	if (!uuid_valid(text))
		return false;
	memcpy(ret_text, text.ptr, text.len);
	ret_text[text.len] = '\0';
	return true;
}

static bool get_u64(yyjson_val *object, const char *name, uint64_t *ret_value)
{
	yyjson_val *val = yyjson_obj_get(object, name);
	if (!yyjson_is_uint(val))
		return false;
	*ret_value = yyjson_get_uint(val);
	return true;
}

static bool get_position(yyjson_val *object, struct position *ret)
{
	return get_u64(object, "offset", &ret->offset) && get_u64(object, "chain", &ret->chain);
}

static enum err_kind parse_resume(yyjson_val *resume, struct hello *ret, struct err *err)
{
	ret->kind = HELLO_RESUME;
	if (!get_uuid(resume, "lake", ret->lake))
		return err_set(err, ERR_REJECT, "resume needs \"lake\", a UUID in lower case");
	if (!yyjson_obj_get(resume, "stream"))
		return ERR_NONE;
	if (!get_uuid(resume, "stream", ret->stream) || !get_position(resume, &ret->from))
		return err_set(err, ERR_REJECT,
			       "resume with \"stream\", a UUID, needs \"offset\" and \"chain\"");
	return ERR_NONE;
}

static enum err_kind parse_tap(yyjson_val *tap, struct hello *ret, struct err *err)
{
	ret->kind = HELLO_TAP;
	if (!get_uuid(tap, "stream", ret->stream) || !get_position(tap, &ret->from))
		return err_set(err, ERR_REJECT,
			       "tap needs \"stream\", a UUID, \"offset\" and \"chain\"");
	return ERR_NONE;
}

/* The consumer of request records names its lake, whoever only looks the first record he wants. */
static enum err_kind parse_requests(yyjson_val *requests, struct hello *ret, struct err *err)
{
	ret->requests = true;
	if (yyjson_obj_get(requests, "lake"))
		return parse_resume(requests, ret, err);
	ret->kind = HELLO_TAP;
	if (!get_u64(requests, "from", &ret->number))
		return err_set(err, ERR_REJECT,
			       "requests needs \"from\", the number of the first record wanted");
	return ERR_NONE;
}

static enum err_kind parse_root(yyjson_val *root, struct hello *ret, struct err *err)
{
	uint64_t version;
	if (!get_u64(root, "aviary", &version))
		return err_set(err, ERR_REJECT, "a hello begins with {\"aviary\":1");
	if (version != PROTOCOL_VERSION)
		return err_set(err, ERR_REJECT, "protocol version %" PRIu64 ", this server has %d",
			       version, PROTOCOL_VERSION);
	yyjson_val *resume = yyjson_obj_get(root, "resume"), *tap = yyjson_obj_get(root, "tap"),
		   *status = yyjson_obj_get(root, "status"),
		   *requests = yyjson_obj_get(root, "requests");
	if (!!resume + !!tap + !!status + !!requests != 1)
		return err_set(err, ERR_REJECT,
			       "a hello asks for one of \"resume\", \"tap\", \"requests\" and "
			       "\"status\"");
	if (resume)
		return parse_resume(resume, ret, err);
	if (tap)
		return parse_tap(tap, ret, err);
	if (requests)
		return parse_requests(requests, ret, err);
	ret->kind = HELLO_STATUS;
	return ERR_NONE;
}

enum err_kind hello_parse(struct str text, struct hello *ret, struct err *err)
{
	yyjson_doc *doc = yyjson_read(text.ptr, text.len, YYJSON_READ_NOFLAG);
	if (!doc)
		return err_set(err, ERR_REJECT, "the hello is not JSON");
	struct hello hello = { 0 };
	enum err_kind kind = parse_root(yyjson_doc_get_root(doc), &hello, err);
	yyjson_doc_free(doc);
	if (kind == ERR_NONE)
		*ret = hello;
	return kind;
}

void hello_write(struct buf *buf, const struct hello *hello)
{
	static const char *const names[] = { "resume", "tap", "status" };
	bool resume = hello->kind == HELLO_RESUME;
	buf_addf(buf, "{\"aviary\":%d,\"%s\":{", PROTOCOL_VERSION,
		 hello->requests ? "requests" : names[hello->kind]);
	if (hello->requests && !resume)
		buf_addf(buf, "\"from\":%" PRIu64, hello->number);
	if (resume)
		buf_addf(buf, "\"lake\":\"%s\"", hello->lake);
	if (hello->stream[0])
		buf_addf(buf, "%s\"stream\":\"%s\",\"offset\":%" PRIu64 ",\"chain\":%" PRIu64,
			 resume ? "," : "", hello->stream, hello->from.offset, hello->from.chain);
	buf_add_text(buf, "}}");
}

void answer_write(struct buf *buf, const struct answer *answer)
{
	buf_addf(buf,
		 "{\"aviary\":%d,\"stream\":\"%s\",\"offset\":%" PRIu64 ",\"chain\":%" PRIu64
		 ",\"end\":%" PRIu64 "}\n",
		 PROTOCOL_VERSION, answer->stream, answer->start.offset, answer->start.chain,
		 answer->end);
}

static void add_progress(struct buf *buf, const struct progress_of *progress)
{
	buf_addf(buf, "\"stream\":\"%s\",\"end\":%" PRIu64 ",\"acknowledged\":%" PRIu64,
		 progress->stream, progress->end, progress->acknowledged);
}

void status_write(struct buf *buf, const struct progress_of *posts,
		  const struct progress_of *requests, struct str status)
{
	buf_addf(buf, "{\"aviary\":%d,", PROTOCOL_VERSION);
	add_progress(buf, posts);
	buf_add_text(buf, ",\"requests\":");
	if (requests->stream) {
		buf_add_byte(buf, '{');
		add_progress(buf, requests);
		buf_add_byte(buf, '}');
	} else {
		buf_add_text(buf, "null");
	}
	buf_add_text(buf, ",\"status\":");
	buf_add_str(buf, status.len > 0 ? status : STR("null"));
	buf_add_text(buf, "}\n");
}

void refusal_write(struct buf *buf, const char *words, bool busy)
{
	buf_addf(buf, "{\"aviary\":%d,\"error\":", PROTOCOL_VERSION);
	buf_add_json(buf, str_from(words));
	buf_add_text(buf, busy ? ",\"retry\":true}\n" : "}\n");
}

/* What every answer has in common. */
static enum err_kind check_answered(yyjson_val *root, struct err *err)
{
	yyjson_val *words = yyjson_obj_get(root, "error");
	uint64_t version;
	if (!get_u64(root, "aviary", &version) || version != PROTOCOL_VERSION)
		return err_set(err, ERR_RETRY, "the server did not answer the hello");
	if (yyjson_is_str(words))
		return err_set(
			err, yyjson_is_true(yyjson_obj_get(root, "retry")) ? ERR_RETRY : ERR_FATAL,
			"refused: %s", yyjson_get_str(words));
	return ERR_NONE;
}

enum err_kind status_check(struct str text, struct err *err)
{
	yyjson_doc *doc = yyjson_read(text.ptr, text.len, YYJSON_READ_NOFLAG);
	yyjson_val *root = yyjson_doc_get_root(doc);
	char stream[UUID_TEXT];
	uint64_t number;
	enum err_kind kind = check_answered(root, err);
	if (kind == ERR_NONE &&
	    (!get_uuid(root, "stream", stream) || !get_u64(root, "end", &number) ||
	     !get_u64(root, "acknowledged", &number) || !yyjson_obj_get(root, "status")))
		kind = err_set(err, ERR_RETRY, "the server's status lacks members");
	yyjson_doc_free(doc);
	return kind;
}

enum err_kind answer_parse(struct str text, struct answer *ret, struct err *err)
{
	yyjson_doc *doc = yyjson_read(text.ptr, text.len, YYJSON_READ_NOFLAG);
	yyjson_val *root = yyjson_doc_get_root(doc);
	struct answer answer = { 0 };
	enum err_kind kind = check_answered(root, err);
	if (kind == ERR_NONE &&
	    (!get_uuid(root, "stream", answer.stream) || !get_position(root, &answer.start) ||
	     !get_u64(root, "end", &answer.end)))
		kind = err_set(err, ERR_RETRY, "the server's answer lacks members");
	yyjson_doc_free(doc);
	if (kind == ERR_NONE)
		*ret = answer;
	return kind;
}

bool ack_parse(struct str text, uint64_t *ret_offset)
{
	yyjson_doc *doc = yyjson_read(text.ptr, text.len, YYJSON_READ_NOFLAG);
	bool good = get_u64(yyjson_doc_get_root(doc), "ack", ret_offset);
	yyjson_doc_free(doc);
	return good;
}
