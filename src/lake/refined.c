/* What the files of _aviary/refine/ say together. In the order of their numbers:
 *
 *     K.all    [{"tables":[DIR,…],"hours":[[HOUR,SNAPSHOT,"SQL HASH",[[BYTES,"XXH3"],…]],…]},…]
 *     K.done   the same, of the hours that K claimed
 *     K        {"snapshot":N,"sql_hash":"…","host":"…","until_us":T,"hours":[HOUR,…]}
 *
 * A claim without its K.done leaves its hours unsure until a later K.done has them: their files may be old
 * ones or its. Hashes are text, see record.c. */
#include "lake/refined_private.h"

#include "base/json.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { READ_TRIES = 5 };
static const size_t REFINED_BYTES_MAX = (size_t)1 << 30;

bool refined_name_parse(const char *name, uint64_t *ret_number, enum refined_kind *ret_kind)
{
	static const char *const endings[] = {
		[REFINED_CLAIM] = "", [REFINED_DONE] = ".done", [REFINED_ALL] = ".all"
	};
	if (!place_parse(str_from(name), ret_number))
		return false;
	for (int kind = 0; kind < 3; kind++) {
		*ret_kind = (enum refined_kind)kind;
		if (strcmp(name + PLACE_DIGITS, endings[kind]) == 0)
			return true;
	}
	return false;
}

static void free_names(struct lake_table_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->dirs[i]);
	free(names->dirs);
	free(names);
}

struct lake_refined *refined_new(void)
{
	return mem_zalloc(1, sizeof(struct lake_refined));
}

void lake_refined_free(struct lake_refined *refined)
{
	if (!refined)
		return;
	for (size_t i = 0; i < refined->hour_count; i++)
		free(refined->hours[i].files);
	while (refined->names) {
		struct lake_table_names *next = refined->names->next;
		free_names(refined->names);
		refined->names = next;
	}
	free(refined->hours);
	free(refined);
}

/* --- hours ------------------------------------------------------------------------------------------- */

static size_t place_of(const struct lake_refined *refined, int64_t hour)
{
	size_t low = 0, high = refined->hour_count;
	if (high > 0 && refined->hours[high - 1].hour < hour)
		return high; /* most often */
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (refined->hours[middle].hour < hour)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct lake_refined_hour *lake_refined_hour(const struct lake_refined *refined, int64_t hour)
{
	size_t at = place_of(refined, hour);
	bool found = at < refined->hour_count && refined->hours[at].hour == hour;
	return found ? &refined->hours[at] : NULL;
}

struct lake_refined_hour *refined_take_hour(struct lake_refined *refined, int64_t hour)
{
	size_t at = place_of(refined, hour);
	if (at < refined->hour_count && refined->hours[at].hour == hour)
		return &refined->hours[at];
	MEM_GROW(refined->hours, refined->hour_cap, refined->hour_count + 1);
	memmove(refined->hours + at + 1, refined->hours + at,
		(refined->hour_count - at) * sizeof *refined->hours);
	refined->hour_count++;
	refined->hours[at] = (struct lake_refined_hour){ .hour = hour };
	return &refined->hours[at];
}

const struct lake_table_file *lake_refined_file(const struct lake_refined_hour *hour,
						const char *table_dir)
{
	for (size_t i = 0; hour->files && i < hour->names->count; i++) {
		if (strcmp(hour->names->dirs[i], table_dir) == 0)
			return &hour->files[i];
	}
	return NULL;
}

/* --- reading ----------------------------------------------------------------------------------------- */

static bool take_number(yyjson_val *val, uint64_t *ret)
{
	return yyjson_is_raw(val) && str_to_u64(json_text(val), ret);
}

static bool take_hour_number(yyjson_val *val, int64_t *ret)
{
	return yyjson_is_raw(val) && str_to_i64(json_text(val), ret);
}

static bool take_hash(yyjson_val *val, uint64_t *ret)
{
	struct str text = yyjson_is_str(val) ? json_text(val) : STR_NONE;
	char *end = NULL;
	if (text.len != 16)
		return false;
	*ret = strtoull(text.ptr, &end, 16);
	return end == text.ptr + text.len;
}

static bool take_file(yyjson_val *val, struct lake_table_file *ret)
{
	return yyjson_arr_size(val) == 2 && take_number(yyjson_arr_get(val, 0), &ret->bytes) &&
	       take_hash(yyjson_arr_get(val, 1), &ret->checksum);
}

static bool fold_hour(struct lake_refined *refined, const struct lake_table_names *names,
		      yyjson_val *val)
{
	struct lake_refined_hour hour = { .names = names };
	yyjson_val *files = yyjson_arr_get(val, 3);
	if (!take_hour_number(yyjson_arr_get(val, 0), &hour.hour) ||
	    !take_number(yyjson_arr_get(val, 1), &hour.snapshot) ||
	    !take_hash(yyjson_arr_get(val, 2), &hour.hash) ||
	    yyjson_arr_size(files) != names->count)
		return false;
	hour.files = mem_zalloc(names->count + 1, sizeof *hour.files);
	for (size_t i = 0; i < names->count; i++) {
		if (!take_file(yyjson_arr_get(files, i), &hour.files[i])) {
			free(hour.files);
			return false;
		}
	}
	struct lake_refined_hour *place = refined_take_hour(refined, hour.hour);
	free(place->files);
	*place = hour;
	return true;
}

static bool are_same(const struct lake_table_names *one, const struct lake_table_names *two)
{
	bool same = one->count == two->count;
	for (size_t i = 0; i < one->count && same; i++)
		same = strcmp(one->dirs[i], two->dirs[i]) == 0;
	return same;
}

const struct lake_table_names *refined_keep_names(struct lake_refined *refined,
						  struct lake_table_names *names)
{
	for (const struct lake_table_names *known = refined->names; known; known = known->next) {
		if (are_same(known, names)) {
			free_names(names);
			return known;
		}
	}
	names->next = refined->names;
	return refined->names = names;
}

static const struct lake_table_names *take_names(struct lake_refined *refined, yyjson_val *val)
{
	struct lake_table_names *names = mem_zalloc(1, sizeof *names);
	yyjson_val *item;
	size_t at, max;
	MEM_GROW(names->dirs, names->cap, yyjson_arr_size(val));
	yyjson_arr_foreach(val, at, max, item)
		names->dirs[names->count++] = mem_printf("%.*s", STR_ARG(json_text(item)));
	return refined_keep_names(refined, names);
}

static bool fold_done(struct lake_refined *refined, yyjson_val *root)
{
	yyjson_val *part, *hour;
	size_t at, max, i, count;
	if (!yyjson_is_arr(root))
		return false;
	yyjson_arr_foreach(root, at, max, part) {
		const struct lake_table_names *names =
			take_names(refined, json_get(part, "tables"));
		yyjson_arr_foreach(json_get(part, "hours"), i, count, hour) {
			if (!fold_hour(refined, names, hour))
				return false;
		}
	}
	return true;
}

static bool fold_claim(struct lake_refined *refined, yyjson_val *root)
{
	yyjson_val *item;
	size_t at, max;
	int64_t hour, until_us = 0;
	char host[REFINED_HOST_MAX];
	bool here = str_equal(json_get_text(root, "host"), str_from(refined_host(host)));
	if (!json_get_i64(root, "until_us", &until_us))
		return false;
	yyjson_arr_foreach(json_get(root, "hours"), at, max, item) {
		if (!take_hour_number(item, &hour))
			return false;
		struct lake_refined_hour *place = refined_take_hour(refined, hour);
		place->unsure = true;
		place->busy_until_us = here ? 0 : until_us;
	}
	return true;
}

const char *refined_host(char ret_host[REFINED_HOST_MAX])
{
	const char *test = getenv("AVIARY_TEST_HOST");
	if (test)
		snprintf(ret_host, REFINED_HOST_MAX, "%s", test);
	else if (gethostname(ret_host, REFINED_HOST_MAX) != 0)
		snprintf(ret_host, REFINED_HOST_MAX, "?");
	ret_host[REFINED_HOST_MAX - 1] = '\0';
	return ret_host;
}

/* *ret_found false: it was removed, because there is a newer sum. */
static enum err_kind fold_file(const struct lake *lake, const char *name, enum refined_kind kind,
			       struct lake_refined *refined, bool *ret_found, struct err *err)
{
	struct buf text = { 0 };
	struct json_doc doc = { 0 };
	char *path = mem_printf(REFINE_DIR "/%s", name);
	*ret_found = true;
	enum err_kind result =
		store_read(lake->store, path, REFINED_BYTES_MAX, &text, ret_found, err);
	if (result == ERR_NONE)
		result = json_read(&doc, buf_str(&text), err);
	if (result == ERR_NONE &&
	    !(kind == REFINED_CLAIM ? fold_claim(refined, doc.root) : fold_done(refined, doc.root)))
		result = err_set(err, ERR_FATAL, "%s: is none that this aviary reads", path);
	if (!*ret_found)
		result = ERR_NONE;
	json_release(&doc);
	buf_release(&text);
	free(path);
	return result;
}

static bool has_done(const struct name_list *names, size_t claim)
{
	uint64_t number, other;
	enum refined_kind kind;
	return refined_name_parse(names->names[claim], &number, &kind) &&
	       claim + 1 < names->count &&
	       refined_name_parse(names->names[claim + 1], &other, &kind) && other == number &&
	       kind == REFINED_DONE;
}

/* Sorted by name K comes before K.all and that before K.done, which it holds. */
static enum err_kind fold_names(const struct lake *lake, const struct name_list *names,
				struct lake_refined *refined, bool *ret_found, struct err *err)
{
	size_t from = 0;
	uint64_t number;
	enum refined_kind kind;
	for (size_t i = 0; i < names->count; i++) {
		if (refined_name_parse(names->names[i], &number, &kind) && kind == REFINED_ALL)
			from = i;
	}
	*ret_found = true;
	for (size_t i = from; i < names->count && *ret_found; i++) {
		if (!refined_name_parse(names->names[i], &number, &kind))
			continue;
		refined->newest = number;
		if (kind == REFINED_CLAIM && has_done(names, i))
			continue;
		TRY(fold_file(lake, names->names[i], kind, refined, ret_found, err));
	}
	return ERR_NONE;
}

enum err_kind lake_refined_read(const struct lake *lake, struct lake_refined **ret_refined,
				struct err *err)
{
	bool found = false;
	if (lake_is_local(lake)) {
		*ret_refined = NULL;
		return ERR_NONE;
	}
	for (int i = 0; i < READ_TRIES && !found; i++) {
		struct name_list names = { 0 };
		struct lake_refined *refined = refined_new();
		enum err_kind kind = store_list(lake->store, REFINE_DIR, &names, err);
		if (kind == ERR_NONE)
			kind = fold_names(lake, &names, refined, &found, err);
		name_list_release(&names);
		if (kind == ERR_NONE && found) {
			*ret_refined = refined;
			return ERR_NONE;
		}
		lake_refined_free(refined);
		if (kind != ERR_NONE)
			return err_wrap(err, "refined hours");
	}
	return err_set(err, ERR_RETRY, "refined hours: their list changes faster than it is read");
}

/* --- writing ----------------------------------------------------------------------------------------- */

static void add_hour(struct buf *ret, const struct lake_refined_hour *hour)
{
	buf_addf(ret, "[%" PRId64 ",%" PRIu64 ",\"%016" PRIx64 "\",[", hour->hour, hour->snapshot,
		 hour->hash);
	for (size_t i = 0; i < hour->names->count; i++)
		buf_addf(ret, "%s[%" PRIu64 ",\"%016" PRIx64 "\"]", i > 0 ? "," : "",
			 hour->files[i].bytes, hour->files[i].checksum);
	buf_add_text(ret, "]]");
}

static void add_part(struct buf *ret, const struct lake_table_names *names)
{
	buf_add_text(ret, "{\"tables\":[");
	for (size_t i = 0; i < names->count; i++) {
		buf_add_text(ret, i > 0 ? "," : "");
		buf_add_json(ret, str_from(names->dirs[i]));
	}
	buf_add_text(ret, "],\"hours\":[");
}

void refined_write(struct buf *ret, const struct lake_refined *refined)
{
	bool any = false;
	buf_add_byte(ret, '[');
	for (const struct lake_table_names *names = refined->names; names; names = names->next) {
		bool first = true;
		for (size_t i = 0; i < refined->hour_count; i++) {
			if (refined->hours[i].names != names)
				continue;
			buf_add_text(ret, first && any ? "," : "");
			if (first)
				add_part(ret, names);
			buf_add_text(ret, first ? "" : ",");
			add_hour(ret, &refined->hours[i]);
			first = false;
			any = true;
		}
		buf_add_text(ret, first ? "" : "]}");
	}
	buf_add_text(ret, "]\n");
}
