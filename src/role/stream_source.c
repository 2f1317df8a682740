#include "role/stream_source.h"

#include "base/json.h"
#include "base/mem.h"
#include "wire/wire.h"

#include <stdlib.h>

enum { SOURCE_BYTES_MAX = 65536 };

enum err_kind stream_source_write(struct lake *lake, const char *stream, const char *journal_dir,
				  struct err *err)
{
	struct buf text = { 0 };
	char *path = mem_printf("_aviary/sources/%s", stream);
	char *absolute = realpath(journal_dir, NULL);
	buf_add_text(&text, "{\"journal\":");
	buf_add_json(&text, str_from(absolute ? absolute : journal_dir));
	buf_add_text(&text, "}\n");
	enum err_kind kind = store_replace(lake_store(lake), path, buf_str(&text), err);
	buf_release(&text);
	free(absolute);
	free(path);
	return kind;
}

static enum err_kind read_journal_dir(struct lake *lake, const char *stream, char **ret_dir,
				      struct err *err)
{
	struct buf text = { 0 };
	struct json_doc doc = { 0 };
	bool found = false;
	char *path = mem_printf("_aviary/sources/%s", stream);
	enum err_kind kind =
		store_read(lake_store(lake), path, SOURCE_BYTES_MAX, &text, &found, err);
	if (kind == ERR_REJECT && !found)
		kind = ERR_NONE;
	if (kind == ERR_NONE && found)
		kind = json_read(&doc, buf_str(&text), err);
	if (kind == ERR_NONE && found) {
		struct str dir = json_get_text(doc.root, "journal");
		*ret_dir = dir.ptr ? mem_printf("%.*s", STR_ARG(dir)) : NULL;
	}
	json_release(&doc);
	buf_release(&text);
	free(path);
	return kind;
}

enum err_kind stream_source_lag(struct lake *lake, const char *stream, uint64_t committed,
				bool *ret_known, uint64_t *ret_bytes, struct err *err)
{
	char *dir = NULL, found[UUID_TEXT];
	struct position end;
	*ret_known = false;
	TRY(read_journal_dir(lake, stream, &dir, err));
	enum err_kind kind = dir ? journal_look(dir, found, &end, err) : ERR_RETRY;
	free(dir);
	if (kind == ERR_RETRY)
		return ERR_NONE;
	TRY(kind);
	if (strcmp(found, stream) == 0) {
		*ret_known = true;
		*ret_bytes = end.offset > committed ? end.offset - committed : 0;
	}
	return ERR_NONE;
}
