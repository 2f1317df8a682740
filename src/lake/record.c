/* A record as one line of JSON:
 *
 *     {"number":5,"kind":"batch","stream":"UUID","from":0,"to":812,"chain":"16 hex digits",
 *      "time_us":1795417200000000,"files":[{"name":"twitter-landing-data/…","bytes":9,
 *      "checksum":"16 hex digits","rows":1,"hour":498727}],"quarantine":{…},"imports":["SHA-256"],
 *      "previous":"16 hex digits"}
 *
 * Hashes are text because readers that take every JSON number for a double would ruin them. An intent
 * has no number and no previous, and its files have "staging". Members that we do not know are passed
 * over; what makes a record unreadable is a new kind or a new format of the lake. */
#include "lake/lake_private.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const kind_names[] = {
	[RECORD_BATCH] = "batch",   [RECORD_ADOPT] = "adopt",       [RECORD_COMPACT] = "compact",
	[RECORD_EXPIRE] = "expire", [RECORD_REQUESTS] = "requests",
};

enum { KIND_COUNT = sizeof kind_names / sizeof kind_names[0], HASH_DIGITS = 16 };

static void release_entry(struct lake_file_entry *entry)
{
	free(entry->name);
	free(entry->staging);
}

void lake_record_release(struct lake_record *record)
{
	for (size_t i = 0; i < record->file_count; i++)
		release_entry(&record->files[i]);
	for (size_t i = 0; i < record->import_count; i++)
		free(record->imports[i]);
	release_entry(&record->quarantine);
	free(record->files);
	free(record->imports);
	*record = (struct lake_record){ 0 };
}

/* Names. */

const char *landing_name_spell(struct landing_name *name, const struct lake_record *record,
			       int64_t hour)
{
	size_t slot = (size_t)hour % (sizeof name->dirs / sizeof name->dirs[0]);
	char partition[PARTITION_PATH_MAX];
	char *dir = name->dirs[slot].text, *at = name->text;
	bool requests = record->kind == RECORD_REQUESTS;
	if (name->dirs[slot].len == 0 || name->dirs[slot].hour != hour ||
	    name->dirs[slot].requests != requests) {
		name->dirs[slot].hour = hour;
		name->dirs[slot].requests = requests;
		name->dirs[slot].len = 0;
		if (!lake_partition_path(hour, partition)[0])
			return "";
		name->dirs[slot].len = (size_t)snprintf(dir, sizeof name->dirs[slot].text, "%s/%s/",
							requests ? REQUESTS_DIR : LANDING_DIR,
							partition);
	}
	/* By hand: a checkpoint spells millions of them. */
	memcpy(at, dir, name->dirs[slot].len);
	at += name->dirs[slot].len;
	memcpy(at, record->stream, UUID_TEXT - 1);
	at += UUID_TEXT - 1;
	*at++ = '-';
	uint64_t rest = record->from;
	for (int i = PLACE_DIGITS - 1; i >= 0; i--, rest /= 10)
		at[i] = (char)('0' + rest % 10);
	memcpy(at + PLACE_DIGITS, ".parquet", sizeof ".parquet");
	return name->text;
}

/* Writing. */

static void write_entry(struct buf *buf, const struct lake_file_entry *entry, bool intent)
{
	buf_add_text(buf, "{\"name\":");
	buf_add_json(buf, str_from(entry->name));
	if (intent && entry->staging) {
		buf_add_text(buf, ",\"staging\":");
		buf_add_json(buf, str_from(entry->staging));
	}
	buf_addf(buf,
		 ",\"bytes\":%" PRIu64 ",\"checksum\":\"%016" PRIx64 "\",\"rows\":%" PRIu64
		 ",\"hour\":%" PRId64 "}",
		 entry->bytes, entry->checksum, entry->rows, entry->hour);
}

void record_write(struct buf *buf, const struct lake_record *record)
{
	bool intent = record->number == 0;
	buf_add_byte(buf, '{');
	if (!intent)
		buf_addf(buf, "\"number\":%" PRIu64 ",", record->number);
	buf_addf(buf, "\"kind\":\"%s\",\"stream\":", kind_names[record->kind]);
	buf_add_json(buf, str_from(record->stream));
	buf_addf(buf,
		 ",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"chain\":\"%016" PRIx64
		 "\",\"time_us\":%" PRId64 ",\"files\":[",
		 record->from, record->to, record->chain, record->time_us);
	for (size_t i = 0; i < record->file_count; i++) {
		if (i > 0)
			buf_add_byte(buf, ',');
		write_entry(buf, &record->files[i], intent);
	}
	buf_add_byte(buf, ']');
	if (record->quarantine.name) {
		buf_add_text(buf, ",\"quarantine\":");
		write_entry(buf, &record->quarantine, intent);
	}
	buf_add_text(buf, ",\"imports\":[");
	for (size_t i = 0; i < record->import_count; i++) {
		if (i > 0)
			buf_add_byte(buf, ',');
		buf_add_json(buf, str_from(record->imports[i]));
	}
	buf_add_byte(buf, ']');
	if (!intent)
		buf_addf(buf, ",\"previous\":\"%016" PRIx64 "\"", record->previous_hash);
	buf_add_text(buf, "}\n");
}

/* Reading. */

/* Remembers the first member that is missing or not what it should be; the rest is then read on, but
 * counts for nothing. */
struct members {
	const char *bad;
};

static void mark_bad(struct members *in, const char *name)
{
	if (!in->bad)
		in->bad = name;
}

static uint64_t take_u64(struct members *in, yyjson_val *object, const char *name)
{
	yyjson_val *val = json_get(object, name);
	uint64_t value = 0;
	if (!yyjson_is_raw(val) || !str_to_u64(json_text(val), &value))
		mark_bad(in, name);
	return value;
}

static int64_t take_i64(struct members *in, yyjson_val *object, const char *name)
{
	yyjson_val *val = json_get(object, name);
	int64_t value = 0;
	if (!yyjson_is_raw(val) || !str_to_i64(json_text(val), &value))
		mark_bad(in, name);
	return value;
}

static uint64_t take_hash(struct members *in, yyjson_val *object, const char *name)
{
	struct str text = json_get_text(object, name);
	uint64_t value = 0;
	if (text.len != HASH_DIGITS)
		mark_bad(in, name);
	for (size_t i = 0; i < text.len; i++) {
		const char *digits = "0123456789abcdef";
		const char *digit = memchr(digits, text.ptr[i], HASH_DIGITS);
		if (!digit)
			mark_bad(in, name);
		else
			value = value << 4 | (uint64_t)(digit - digits);
	}
	return value;
}

/* A copy of a text; one with a zero byte inside is none of ours. */
static char *take_text(struct members *in, yyjson_val *val, const char *name)
{
	struct str text = yyjson_is_str(val) ? json_text(val) : STR_NONE;
	if (!text.ptr || memchr(text.ptr, '\0', text.len)) {
		mark_bad(in, name);
		text = STR("");
	}
	char *copy = mem_alloc(text.len + 1);
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

static void take_entry(struct members *in, yyjson_val *object, struct lake_file_entry *ret)
{
	yyjson_val *staging = json_get(object, "staging");
	*ret = (struct lake_file_entry){
		.name = take_text(in, json_get(object, "name"), "name"),
		.staging = staging ? take_text(in, staging, "staging") : NULL,
		.bytes = take_u64(in, object, "bytes"),
		.checksum = take_hash(in, object, "checksum"),
		.rows = take_u64(in, object, "rows"),
		.hour = take_i64(in, object, "hour"),
	};
}

static void take_files(struct members *in, yyjson_val *array, struct lake_record *ret)
{
	size_t at, max;
	yyjson_val *item;
	if (!yyjson_is_arr(array))
		mark_bad(in, "files");
	MEM_GROW(ret->files, ret->file_cap, yyjson_arr_size(array));
	yyjson_arr_foreach(array, at, max, item)
		take_entry(in, item, &ret->files[at]);
	ret->file_count = yyjson_arr_size(array);
}

static void take_imports(struct members *in, yyjson_val *array, struct lake_record *ret)
{
	size_t at, max;
	yyjson_val *item;
	if (!yyjson_is_arr(array))
		mark_bad(in, "imports");
	MEM_GROW(ret->imports, ret->import_cap, yyjson_arr_size(array));
	yyjson_arr_foreach(array, at, max, item)
		ret->imports[at] = take_text(in, item, "imports");
	ret->import_count = yyjson_arr_size(array);
}

static enum err_kind take_kind(yyjson_val *root, enum record_kind *ret_kind, struct err *err)
{
	struct str name = json_get_text(root, "kind");
	for (int i = 0; i < KIND_COUNT; i++) {
		if (str_equal(name, str_from(kind_names[i]))) {
			*ret_kind = (enum record_kind)i;
			return ERR_NONE;
		}
	}
	err_set(err, ERR_FATAL, "unknown kind of record \"%.*s\"", STR_ARG(name));
	return err_hint(err, "a newer aviary wrote it: use that one");
}

static enum err_kind take_record(struct json_doc *doc, struct lake_record *ret, struct err *err)
{
	struct members in = { 0 };
	yyjson_val *root = doc->root;
	TRY(take_kind(root, &ret->kind, err));
	struct str stream = json_get_text(root, "stream");
	if (uuid_valid(stream))
		memcpy(ret->stream, stream.ptr, stream.len);
	else
		mark_bad(&in, "stream");
	ret->from = take_u64(&in, root, "from");
	ret->to = take_u64(&in, root, "to");
	if (ret->to < ret->from)
		mark_bad(&in, "to");
	ret->chain = take_hash(&in, root, "chain");
	ret->time_us = take_i64(&in, root, "time_us");
	take_files(&in, json_get(root, "files"), ret);
	yyjson_val *quarantine = json_get(root, "quarantine");
	if (quarantine)
		take_entry(&in, quarantine, &ret->quarantine);
	take_imports(&in, json_get(root, "imports"), ret);
	if (json_get(root, "number")) {
		ret->number = take_u64(&in, root, "number");
		ret->previous_hash = take_hash(&in, root, "previous");
		if (ret->number == 0)
			mark_bad(&in, "number");
	}
	if (in.bad)
		return err_set(err, ERR_FATAL, "no usable \"%s\"", in.bad);
	return ERR_NONE;
}

enum err_kind record_read(struct str text, struct lake_record *ret_record, struct err *err)
{
	struct json_doc doc = { 0 };
	struct lake_record record = { 0 };
	enum err_kind kind = json_read(&doc, text, err);
	if (kind == ERR_NONE)
		kind = take_record(&doc, &record, err);
	else
		kind = err->kind =
			ERR_FATAL; /* our own file: there is no neighbour to go on with */
	if (kind == ERR_NONE)
		*ret_record = record;
	else
		lake_record_release(&record);
	json_release(&doc);
	return kind;
}
