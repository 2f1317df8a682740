#include "lake/lake.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdlib.h>

enum { SOURCE_BYTES_MAX = 65536 };

static void add_member(struct buf *text, const char *name, const char *value)
{
	if (!value || !str_is_utf8(str_from(value)))
		return;
	buf_addf(text, "%s\"%s\":", text->len > 1 ? "," : "", name);
	buf_add_json(text, str_from(value));
}

enum err_kind lake_source_write(struct lake *lake, const char *stream,
				const struct lake_source *source, struct err *err)
{
	struct buf text = { 0 };
	char *path = mem_printf("_aviary/sources/%s", stream);
	char *absolute = source->journal ? realpath(source->journal, NULL) : NULL;
	buf_add_byte(&text, '{');
	add_member(&text, "journal", absolute ? absolute : source->journal);
	add_member(&text, "address", source->address);
	add_member(&text, "source", source->source);
	buf_add_text(&text, "}\n");
	enum err_kind kind = store_replace(lake_store(lake), path, buf_str(&text), err);
	buf_release(&text);
	free(absolute);
	free(path);
	return kind;
}

static char *copy_member(yyjson_val *root, const char *name)
{
	struct str value = json_get_text(root, name);
	return value.ptr ? mem_printf("%.*s", STR_ARG(value)) : NULL;
}

enum err_kind lake_source_read(struct lake *lake, const char *stream, struct lake_source *ret,
			       struct err *err)
{
	struct buf text = { 0 };
	struct json_doc doc = { 0 };
	struct lake_source source = { 0 };
	bool found = false;
	char *path = mem_printf("_aviary/sources/%s", stream);
	enum err_kind kind =
		store_read(lake_store(lake), path, SOURCE_BYTES_MAX, &text, &found, err);
	if (kind == ERR_REJECT && !found)
		kind = ERR_NONE;
	struct err unreadable;
	if (kind == ERR_NONE && found && json_read(&doc, buf_str(&text), &unreadable) == ERR_NONE) {
		source.journal = copy_member(doc.root, "journal");
		source.address = copy_member(doc.root, "address");
		source.source = copy_member(doc.root, "source");
	}
	if (kind == ERR_NONE)
		*ret = source;
	json_release(&doc);
	buf_release(&text);
	free(path);
	return kind;
}

void lake_source_release(struct lake_source *source)
{
	free(source->journal);
	free(source->address);
	free(source->source);
	*source = (struct lake_source){ 0 };
}
