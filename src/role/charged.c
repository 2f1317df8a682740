/* The file is the day, then ids, eight bytes each in the machine's order; what is torn at its end does not
 * count. Users have the highest bit set, which no id has. */
#include "role/spend.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "post/post.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static const uint64_t USER = UINT64_C(1) << 63;

/* --- the set ---------------------------------------------------------------------------------------------- */

static size_t slot_of(const struct charged *charged, uint64_t key)
{
	size_t at = hash_xxh3(str_make((const char *)&key, sizeof key)) & (charged->cap - 1);
	while (charged->slots[at] && charged->slots[at] != key)
		at = (at + 1) & (charged->cap - 1);
	return at;
}

/* Whether it is new. */
static bool add_key(struct charged *charged, uint64_t key)
{
	if (charged->cap < 2 * (charged->count + 1)) {
		struct charged larger = { .cap = charged->cap ? 2 * charged->cap : 1024 };
		larger.slots = mem_zalloc(larger.cap, sizeof *larger.slots);
		for (size_t i = 0; i < charged->cap; i++) {
			if (charged->slots[i])
				larger.slots[slot_of(&larger, charged->slots[i])] =
					charged->slots[i];
		}
		free(charged->slots);
		charged->slots = larger.slots;
		charged->cap = larger.cap;
	}
	size_t at = slot_of(charged, key);
	if (charged->slots[at])
		return false;
	charged->slots[at] = key;
	charged->count++;
	return true;
}

static void forget(struct charged *charged)
{
	free(charged->slots);
	charged->slots = NULL;
	charged->count = charged->cap = charged->fresh_count = 0;
}

/* --- the file --------------------------------------------------------------------------------------------- */

static enum err_kind begin_day(struct charged *charged, int64_t day, struct err *err)
{
	forget(charged);
	charged->day = day;
	if (charged->fd >= 0)
		close(charged->fd);
	charged->fd =
		open(charged->path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
	if (charged->fd < 0)
		return err_errno(err, ERR_FATAL, "open %s", charged->path);
	return file_write_all(charged->fd, charged->path, (const char *)&day, sizeof day, err);
}

/* False: it is of another day, or torn. */
static bool take_file(struct charged *charged, int64_t day, struct str bytes)
{
	int64_t of_day;
	if (bytes.len < sizeof of_day || bytes.len % sizeof of_day != 0)
		return false;
	memcpy(&of_day, bytes.ptr, sizeof of_day);
	if (of_day != day)
		return false;
	for (size_t at = sizeof of_day; at < bytes.len; at += sizeof(uint64_t)) {
		uint64_t key;
		memcpy(&key, bytes.ptr + at, sizeof key);
		if (key != 0)
			add_key(charged, key);
	}
	return true;
}

enum err_kind charged_open(struct charged *charged, const char *dir, int64_t day, struct err *err)
{
	static const size_t bytes_max = (size_t)1 << 30;
	struct buf bytes = { 0 };
	struct err ignored;
	*charged = (struct charged){ .fd = -1, .path = mem_printf("%s/charged", dir), .day = day };
	bool taken = file_exists(charged->path) &&
		     file_read(charged->path, bytes_max, &bytes, &ignored) == ERR_NONE &&
		     take_file(charged, day, buf_str(&bytes));
	buf_release(&bytes);
	if (!taken)
		return begin_day(charged, day, err);
	charged->fd = open(charged->path, O_WRONLY | O_APPEND | O_CLOEXEC);
	return charged->fd >= 0 ? ERR_NONE : err_errno(err, ERR_FATAL, "open %s", charged->path);
}

void charged_close(struct charged *charged)
{
	if (!charged->path)
		return;
	forget(charged);
	if (charged->fd >= 0)
		close(charged->fd);
	charged->fd = -1;
	free(charged->fresh);
	free(charged->path);
	charged->fresh = NULL;
	charged->path = NULL;
	charged->fresh_cap = 0;
}

enum err_kind charged_roll(struct charged *charged, int64_t day, struct err *err)
{
	return day == charged->day ? ERR_NONE : begin_day(charged, day, err);
}

enum err_kind charged_keep(struct charged *charged, struct err *err)
{
	size_t bytes = charged->fresh_count * sizeof *charged->fresh;
	charged->fresh_count = 0;
	if (bytes == 0)
		return ERR_NONE;
	return file_write_all(charged->fd, charged->path, (const char *)charged->fresh, bytes, err);
}

/* --- pages ------------------------------------------------------------------------------------------------ */

/* Items without an id that can be told apart are counted each time. */
static uint64_t count_items(struct charged *charged, yyjson_val *list, uint64_t mark)
{
	size_t at, max;
	yyjson_val *item;
	uint64_t count = 0, id;
	yyjson_arr_foreach(list, at, max, item) {
		bool has_id = post_id_parse(json_text(json_get(item, "id")), &id) && id > 0;
		if (has_id && !add_key(charged, id | mark))
			continue;
		count++;
		if (!has_id)
			continue;
		MEM_GROW(charged->fresh, charged->fresh_cap, charged->fresh_count + 1);
		charged->fresh[charged->fresh_count++] = id | mark;
	}
	return count;
}

struct spend_sum charged_count(struct charged *charged, yyjson_val *page)
{
	yyjson_val *includes = json_get(page, "includes");
	struct spend_sum sum = { 0 };
	sum.posts = count_items(charged, json_get(page, "data"), 0);
	sum.users = count_items(charged, json_get(includes, "users"), USER);
	sum.included = count_items(charged, json_get(includes, "tweets"), 0) +
		       count_items(charged, json_get(includes, "posts"), 0);
	return sum;
}
