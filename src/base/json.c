/* yyjson in place: the text is copied once, yyjson unescapes each string where it stands (a value
 * never grows), and so the distance of a value from the copy's start is its distance in the source.
 *
 *     source   {"text":"a\u00e9b","n":1.0}
 *     copy     {"text":"aéb\0...","n":1.0}      value of "text" starts at the same byte
 *
 * A lone surrogate escape is replaced by "\ufffd" in the copy alone: as long, so nothing moves. */
#include "base/json.h"

#include "base/mem.h"

#include <stdlib.h>

void json_release(struct json_doc *doc)
{
	yyjson_doc_free(doc->doc);
	free(doc->copy);
	free(doc->pool);
	*doc = (struct json_doc){ 0 };
}

static int hex4(const char *at)
{
	int value = 0;
	for (int i = 0; i < 4; i++) {
		char c = at[i];
		int digit = c >= '0' && c <= '9' ? c - '0' :
			    c >= 'a' && c <= 'f' ? c - 'a' + 10 :
			    c >= 'A' && c <= 'F' ? c - 'A' + 10 :
						   -1;
		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static bool is_escape(const char *text, size_t len, size_t at, int *ret_unit)
{
	if (len - at < 6 || text[at] != '\\' || text[at + 1] != 'u')
		return false;
	*ret_unit = hex4(text + at + 2);
	return *ret_unit >= 0;
}

/* Finds the next lone surrogate escape from `at` on; len when there is none. */
static size_t next_lone_surrogate(const char *text, size_t len, size_t at)
{
	while (at < len) {
		const char *slash = memchr(text + at, '\\', len - at);
		int unit, low;
		if (!slash)
			return len;
		at = (size_t)(slash - text);
		if (!is_escape(text, len, at, &unit)) {
			at += 2;
			continue;
		}
		if (unit < 0xd800 || unit > 0xdfff) {
			at += 6;
			continue;
		}
		bool high = unit <= 0xdbff;
		if (high && is_escape(text, len, at + 6, &low) && low >= 0xdc00 && low <= 0xdfff) {
			at += 12;
			continue;
		}
		return at;
	}
	return len;
}

static bool repair_surrogates(char *text, size_t len)
{
	bool repaired = false;
	for (size_t at = 0; (at = next_lone_surrogate(text, len, at)) < len; at += 6) {
		memcpy(text + at, "\\ufffd", 6);
		repaired = true;
	}
	return repaired;
}

static bool is_container(yyjson_val *val)
{
	return yyjson_is_arr(val) || yyjson_is_obj(val);
}

static bool deeper_than(yyjson_val *val, int levels)
{
	if (!is_container(val))
		return false;
	if (levels == 0)
		return true;
	size_t at, max;
	yyjson_val *key, *item;
	if (yyjson_is_arr(val)) {
		yyjson_arr_foreach(val, at, max, item)
			if (deeper_than(item, levels - 1))
				return true;
	} else {
		yyjson_obj_foreach(val, at, max, key, item)
			if (deeper_than(item, levels - 1))
				return true;
	}
	return false;
}

/* Values stand one behind the other, so counting containers is much cheaper than walking, and enough
 * for nearly every document. */
static bool too_deep(yyjson_val *root, size_t value_count)
{
	size_t containers = 0;
	for (size_t i = 0; i < value_count; i++)
		containers += is_container(&root[i]);
	return containers > JSON_DEPTH_MAX && deeper_than(root, JSON_DEPTH_MAX);
}

static yyjson_doc *parse(struct json_doc *doc, yyjson_read_flag flags, yyjson_read_err *bad)
{
	size_t len = doc->source.len;
	if (doc->copy_cap < len + YYJSON_PADDING_SIZE) {
		doc->copy_cap = 2 * len + YYJSON_PADDING_SIZE;
		free(doc->copy);
		doc->copy = mem_alloc(doc->copy_cap);
	}
	memcpy(doc->copy, doc->source.ptr, len);
	memset(doc->copy + len, 0, YYJSON_PADDING_SIZE);
	if (doc->repaired)
		repair_surrogates(doc->copy, len);
	size_t need = yyjson_read_max_memory_usage(len, flags);
	if (doc->pool_cap < need) {
		doc->pool_cap = 2 * need;
		free(doc->pool);
		doc->pool = mem_alloc(doc->pool_cap);
	}
	yyjson_alc alc;
	bool ok = yyjson_alc_pool_init(&alc, doc->pool, doc->pool_cap);
	return ok ? yyjson_read_opts(doc->copy, len, flags, &alc, bad) : NULL;
}

static enum err_kind read_document(struct json_doc *doc, struct str source, yyjson_read_flag more,
				   struct err *err)
{
	yyjson_read_flag flags = YYJSON_READ_INSITU | YYJSON_READ_NUMBER_AS_RAW | more;
	yyjson_read_err bad = { 0 };
	doc->source = source;
	doc->repaired = false;
	doc->root = NULL;
	if (source.len == 0)
		return err_set(err, ERR_REJECT, "empty");
	doc->doc = parse(doc, flags, &bad);
	if (!doc->doc && next_lone_surrogate(source.ptr, source.len, 0) < source.len) {
		doc->repaired = true;
		doc->doc = parse(doc, flags, &bad);
	}
	if (!doc->doc)
		return err_set(err, ERR_REJECT, "byte %zu: %s", bad.pos + 1,
			       bad.msg ? bad.msg : "not JSON");
	yyjson_val *root = yyjson_doc_get_root(doc->doc);
	if (too_deep(root, yyjson_doc_get_val_count(doc->doc)))
		return err_set(err, ERR_REJECT, "nested deeper than %d levels", JSON_DEPTH_MAX);
	doc->root = root;
	return ERR_NONE;
}

enum err_kind json_read(struct json_doc *doc, struct str source, struct err *err)
{
	return read_document(doc, source, 0, err);
}

enum err_kind json_read_first(struct json_doc *doc, struct str source, size_t *ret_end,
			      struct err *err)
{
	TRY(read_document(doc, source, YYJSON_READ_STOP_WHEN_DONE, err));
	*ret_end = yyjson_doc_get_read_size(doc->doc);
	return ERR_NONE;
}

struct str json_text(yyjson_val *val)
{
	if (yyjson_is_str(val))
		return str_make(yyjson_get_str(val), yyjson_get_len(val));
	if (yyjson_is_raw(val))
		return str_make(yyjson_get_raw(val), yyjson_get_len(val));
	return STR_NONE;
}

/* Where a string's source ends, behind its closing quote: no escape makes a value longer than its source, so
 * that quote stands as far as the value is long or behind, and before it an even number of backslashes. */
static const char *string_end(const char *from, size_t value_len)
{
	for (const char *at = from + value_len;; at++) {
		size_t backslashes = 0;
		while (*at != '"')
			at++;
		while (at - from > (ptrdiff_t)backslashes &&
		       at[-1 - (ptrdiff_t)backslashes] == '\\')
			backslashes++;
		if (backslashes % 2 == 0)
			return at + 1;
	}
}

struct str json_source(const struct json_doc *doc, yyjson_val *val)
{
	struct str value = json_text(val);
	const char *from = doc->source.ptr + (value.ptr - doc->copy);
	if (yyjson_is_raw(val))
		return str_make(from, value.len);
	return str_make(from - 1, (size_t)(string_end(from, value.len) - from) + 1);
}

bool json_is_repaired(const struct json_doc *doc, yyjson_val *val)
{
	if (!doc->repaired || !yyjson_is_str(val))
		return false;
	struct str source = json_source(doc, val);
	return next_lone_surrogate(source.ptr, source.len, 0) < source.len;
}

/* Writes to where there is room for the source, which is never shorter. */
static char *write_value(char *to, const struct json_doc *doc, yyjson_val *val);

static char *write_bytes(char *to, struct str bytes)
{
	memcpy(to, bytes.ptr, bytes.len);
	return to + bytes.len;
}

static char *write_members(char *to, const struct json_doc *doc, yyjson_val *val)
{
	size_t at, max;
	yyjson_val *key, *item;
	*to++ = '{';
	yyjson_obj_foreach(val, at, max, key, item) {
		if (at > 0)
			*to++ = ',';
		to = write_bytes(to, json_source(doc, key));
		*to++ = ':';
		to = write_value(to, doc, item);
	}
	*to++ = '}';
	return to;
}

static char *write_items(char *to, const struct json_doc *doc, yyjson_val *val)
{
	size_t at, max;
	yyjson_val *item;
	*to++ = '[';
	yyjson_arr_foreach(val, at, max, item) {
		if (at > 0)
			*to++ = ',';
		to = write_value(to, doc, item);
	}
	*to++ = ']';
	return to;
}

static char *write_value(char *to, const struct json_doc *doc, yyjson_val *val)
{
	if (yyjson_is_obj(val))
		return write_members(to, doc, val);
	if (yyjson_is_arr(val))
		return write_items(to, doc, val);
	if (yyjson_is_null(val))
		return write_bytes(to, STR("null"));
	if (yyjson_is_bool(val))
		return write_bytes(to, yyjson_get_bool(val) ? STR("true") : STR("false"));
	return write_bytes(to, json_source(doc, val));
}

void json_write(struct buf *buf, const struct json_doc *doc, yyjson_val *val)
{
	buf_reserve(buf, doc->source.len);
	char *end = write_value(buf->ptr + buf->len, doc, val);
	buf->len = (size_t)(end - buf->ptr);
	*end = '\0';
}

yyjson_val *json_get(yyjson_val *object, const char *name)
{
	size_t at, max, len = strlen(name);
	yyjson_val *key, *item, *found = NULL;
	if (!yyjson_is_obj(object))
		return NULL;
	yyjson_obj_foreach(object, at, max, key, item) {
		if (yyjson_equals_strn(key, name, len))
			found = item;
	}
	return found;
}

struct str json_get_text(yyjson_val *object, const char *name)
{
	yyjson_val *val = json_get(object, name);
	return yyjson_is_str(val) ? json_text(val) : STR_NONE;
}

bool json_get_i64(yyjson_val *object, const char *name, int64_t *ret_value)
{
	yyjson_val *val = json_get(object, name);
	return yyjson_is_raw(val) && str_to_i64(json_text(val), ret_value);
}
