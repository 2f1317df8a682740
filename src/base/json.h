/* One JSON document, read so that nothing of its spelling is lost.
 *
 * A thin layer over yyjson (whose own API is used on the values): it limits depth, it keeps numbers
 * as they are spelled (YYJSON_TYPE_RAW), and it can give back the source text of every string, since
 * yyjson's in-place reader leaves a value where it stood. A lone surrogate escape (\ud83d without
 * its partner), which RFC 8259 section 8.2 permits and yyjson refuses, is read as U+FFFD; the source
 * text still has it. Duplicate keys are kept, in order. Every byte is checked to be valid UTF-8. */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include <yyjson.h>

struct json_doc {
	struct str source; /* the document's text; borrowed from the caller of json_read() */
	yyjson_doc *doc;
	yyjson_val *root;
	char *copy; /* source, unescaped in place; what yyjson's strings point into */
	size_t copy_cap;
	char *pool; /* memory for the values; grows to the largest document seen */
	size_t pool_cap;
	bool repaired; /* it holds a lone surrogate */
};

enum { JSON_DEPTH_MAX = 100 };

/* Reads one document; white space may stand around it, nothing else. Values live until the next
 * json_read() or json_release() of this json_doc, which is reused for speed. Zero-initialised is
 * valid. A document deeper than JSON_DEPTH_MAX, or bad in any other way: ERR_REJECT with the place
 * ("byte 17: ..."). */
MUST_CHECK enum err_kind json_read(struct json_doc *doc, struct str source, struct err *err);
/* As json_read(), but stops behind the first document: *ret_end is the byte after it. */
MUST_CHECK enum err_kind json_read_first(struct json_doc *doc, struct str source, size_t *ret_end,
					 struct err *err);
void json_release(struct json_doc *doc);

/* A string's value or a number's spelling; STR_NONE for other types. */
struct str json_text(yyjson_val *val);
/* A string or number as the source spells it (a string with its quotes). */
struct str json_source(const struct json_doc *doc, yyjson_val *val);
/* True when a string's source has a lone surrogate, so that its value is not what was sent. */
bool json_is_repaired(const struct json_doc *doc, yyjson_val *val);
/* Adds the value on one line: source spelling of strings and numbers, member order kept, no white
 * space. */
void json_write(struct buf *buf, const struct json_doc *doc, yyjson_val *val);
/* Member of an object by name, the last where it is repeated; NULL when absent or not an object. */
yyjson_val *json_get(yyjson_val *object, const char *name);
/* As json_get(), when it is a string; STR_NONE otherwise. */
struct str json_get_text(yyjson_val *object, const char *name);
bool json_get_i64(yyjson_val *object, const char *name, int64_t *ret_value);
