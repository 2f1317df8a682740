/* Whether a document has white space between its tokens. Where it has none, an object's text can be
 * copied as it stands instead of being written member by member, which costs several times as
 * much. */
#pragma once
#include "base/json.h"

bool compact_check(const struct json_doc *doc);

/* In a compact document, the source text of `item`, whose next sibling in a list is `next`.
 * STR_NONE when that cannot be told: the last item (`next` is NULL), an empty object, anything but
 * objects. */
struct str compact_item(const struct json_doc *doc, yyjson_val *item, yyjson_val *next);
