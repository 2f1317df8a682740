#include "role/import_claim.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { CLAIM_BYTES_MAX = 65536 };

static void add_claim(struct buf *buf, const char *stream, const char *file, bool finished,
		      uint64_t refused)
{
	buf_addf(buf, "{\"stream\":\"%s\",\"file\":", stream);
	buf_add_json(buf, str_from(file));
	buf_addf(buf, ",\"finished\":%s,\"refused\":%llu}\n", finished ? "true" : "false",
		 (unsigned long long)refused);
}

static enum err_kind read_claim(struct lake *lake, const char *path, const char *stream,
				struct claim *ret, struct err *err)
{
	struct buf text = { 0 };
	struct json_doc doc = { 0 };
	bool found = false;
	int64_t refused = 0;
	enum err_kind kind =
		store_read(lake_store(lake), path, CLAIM_BYTES_MAX, &text, &found, err);
	if (kind == ERR_NONE)
		kind = json_read(&doc, buf_str(&text), err);
	if (kind == ERR_NONE) {
		struct str owner = json_get_text(doc.root, "stream");
		bool finished = yyjson_is_true(json_get(doc.root, "finished"));
		json_get_i64(doc.root, "refused", &refused);
		ret->refused = (uint64_t)refused;
		snprintf(ret->stream, sizeof ret->stream, "%.*s", STR_ARG(owner));
		ret->state = finished                           ? CLAIM_FINISHED :
			     str_equal(owner, str_from(stream)) ? CLAIM_OURS :
								  CLAIM_OTHERS;
	}
	json_release(&doc);
	buf_release(&text);
	return kind == ERR_NONE ? ERR_NONE : err_wrap(err, "%s", path);
}

enum err_kind claim_take(struct lake *lake, const char *sha256, const char *stream,
			 const char *file, struct claim *ret, struct err *err)
{
	struct buf text = { 0 };
	struct claim claim = { .state = CLAIM_OURS };
	bool claimed = false;
	char *path = mem_printf("_aviary/imports/%s", sha256);
	add_claim(&text, stream, file, false, 0);
	enum err_kind kind = store_claim(lake_store(lake), path, buf_str(&text), &claimed, err);
	if (kind == ERR_NONE && !claimed)
		kind = read_claim(lake, path, stream, &claim, err);
	if (kind == ERR_NONE)
		*ret = claim;
	buf_release(&text);
	free(path);
	return kind;
}

enum err_kind claim_finish(struct lake *lake, const char *sha256, const char *stream,
			   const char *file, uint64_t refused, struct err *err)
{
	struct buf text = { 0 };
	char *path = mem_printf("_aviary/imports/%s", sha256);
	add_claim(&text, stream, file, true, refused);
	enum err_kind kind = store_replace(lake_store(lake), path, buf_str(&text), err);
	buf_release(&text);
	free(path);
	return kind;
}
