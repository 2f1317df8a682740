/* One claim of hours, from the number to the files:
 *
 *     claim K ─► remove staged files of earlier ones ─► … ─► stage all ─► still newest? ─► rename all ─► K.done
 *
 * Staged names begin with their number. Whoever finds no claim newer than its own has staged before such a
 * claim was made; its files are removed after that, or were renamed before, and then what the newer one
 * renames comes later. Files go several at once: each takes some calls, and a group has hundreds. */
#include "lake/refined_private.h"

#include "base/json.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define STAGED "claim-"

enum { PUT_THREADS = 8, SUM_EVERY = 16 };

char *lake_refined_path(const char *table_dir, int64_t hour)
{
	char partition[PARTITION_PATH_MAX];
	return mem_printf("%s/%s/hour.parquet", table_dir, lake_partition_path(hour, partition));
}

static char *claim_path(uint64_t number, const char *ending)
{
	return mem_printf(REFINE_DIR "/%020" PRIu64 "%s", number, ending);
}

/* --- claiming ---------------------------------------------------------------------------------------- */

static enum err_kind find_newest(const struct lake *lake, uint64_t *ret_newest, struct err *err)
{
	struct name_list names = { 0 };
	TRY(store_list(lake->store, REFINE_DIR, &names, err));
	*ret_newest = 0;
	for (size_t i = 0; i < names.count; i++) {
		uint64_t number;
		enum refined_kind kind;
		if (refined_name_parse(names.names[i], &number, &kind))
			*ret_newest = number;
	}
	name_list_release(&names);
	return ERR_NONE;
}

enum err_kind lake_refine_withdraw(struct lake *lake, uint64_t number, struct err *err)
{
	char *path = claim_path(number, "");
	enum err_kind kind = store_remove(lake->store, path, err);
	free(path);
	return kind;
}

static enum err_kind remove_staged(struct lake *lake, uint64_t below, struct err *err)
{
	struct name_list names = { 0 };
	enum err_kind kind = store_list(lake->store, STAGING_DIR, &names, err);
	for (size_t i = 0; i < names.count && kind == ERR_NONE; i++) {
		uint64_t number;
		struct str name = str_from(names.names[i]);
		if (!str_starts(name, STR(STAGED)) ||
		    !place_parse(str_from(name.ptr + strlen(STAGED)), &number) || number >= below)
			continue;
		char *path = mem_printf(STAGING_DIR "/%s", name.ptr);
		kind = store_remove(lake->store, path, err);
		free(path);
	}
	name_list_release(&names);
	return kind;
}

static void add_claim(struct buf *ret, const struct lake_refine_claim *claim)
{
	char host[REFINED_HOST_MAX];
	buf_addf(ret, "{\"snapshot\":%" PRIu64 ",\"sql_hash\":\"%016" PRIx64 "\",\"host\":",
		 claim->snapshot, claim->hash);
	buf_add_json(ret, str_from(refined_host(host)));
	buf_addf(ret, ",\"until_us\":%" PRId64 ",\"hours\":[", claim->until_us);
	for (size_t i = 0; i < claim->hour_count; i++)
		buf_addf(ret, "%s%" PRId64, i > 0 ? "," : "", claim->hours[i]);
	buf_add_text(ret, "]}\n");
}

enum err_kind lake_refine_claim(struct lake *lake, uint64_t seen,
				const struct lake_refine_claim *claim, uint64_t *ret_number,
				struct err *err)
{
	struct buf text = { 0 };
	uint64_t number = seen + 1, newest = 0;
	bool claimed = false;
	char *path = claim_path(number, "");
	add_claim(&text, claim);
	enum err_kind kind = store_claim(lake->store, path, buf_str(&text), &claimed, err);
	if (kind == ERR_NONE && claimed)
		kind = find_newest(lake, &newest, err);
	/* The number may have been another's that was summed up and removed since it was looked for. */
	if (kind == ERR_NONE && claimed && newest > number) {
		kind = lake_refine_withdraw(lake, number, err);
		claimed = false;
	}
	if (kind == ERR_NONE && claimed)
		kind = remove_staged(lake, number, err);
	if (kind == ERR_NONE)
		*ret_number = claimed ? number : 0;
	buf_release(&text);
	free(path);
	return kind == ERR_NONE ? kind : err_wrap(err, "claim hours to refine");
}

/* --- files, several at once -------------------------------------------------------------------------- */

struct putting {
	struct lake *lake;
	uint64_t number;
	const struct lake_table_hour *files;
	struct lake_table_file *sizes;
	size_t count, next;
	enum err_kind (*step)(struct putting *putting, size_t at, struct err *err);
	pthread_mutex_t lock;
	enum err_kind kind; /* the first failure */
	struct err err;
};

static bool next_file(struct putting *putting, size_t *ret_at)
{
	pthread_mutex_lock(&putting->lock);
	bool more = putting->kind == ERR_NONE && putting->next < putting->count;
	*ret_at = putting->next;
	putting->next += more;
	pthread_mutex_unlock(&putting->lock);
	return more;
}

static void *take_steps(void *context)
{
	struct putting *putting = context;
	size_t at;
	struct err err;
	while (next_file(putting, &at)) {
		enum err_kind kind = putting->step(putting, at, &err);
		if (kind == ERR_NONE)
			continue;
		pthread_mutex_lock(&putting->lock);
		if (putting->kind == ERR_NONE) {
			putting->kind = kind;
			putting->err = err;
		}
		pthread_mutex_unlock(&putting->lock);
	}
	return NULL;
}

static enum err_kind each_file(struct putting *putting,
			       enum err_kind (*step)(struct putting *putting, size_t at,
						     struct err *err),
			       struct err *err)
{
	pthread_t threads[PUT_THREADS];
	size_t started = 0;
	putting->step = step;
	putting->next = 0;
	while (started + 1 < putting->count && started < PUT_THREADS &&
	       pthread_create(&threads[started], NULL, take_steps, putting) == 0)
		started++;
	take_steps(putting);
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (putting->kind != ERR_NONE)
		*err = putting->err;
	return putting->kind;
}

static char *staged_path(const struct putting *putting, size_t at)
{
	return mem_printf(STAGING_DIR "/" STAGED "%020" PRIu64 "-%zu.parquet", putting->number, at);
}

static enum err_kind stage(struct putting *putting, size_t at, struct err *err)
{
	const char *written = putting->files[at].written;
	struct lake_table_file *size = &putting->sizes[at];
	TRY(file_checksum(written, &size->checksum, &size->bytes, err));
	char *path = staged_path(putting, at);
	enum err_kind kind = store_put_file(putting->lake->store, written, path, err);
	free(path);
	return kind;
}

static enum err_kind say_overtaken(uint64_t number, struct err *err)
{
	return err_set(err, ERR_RETRY, "another refiner has taken over from claim %" PRIu64,
		       number);
}

static enum err_kind put_in_place(struct putting *putting, size_t at, struct err *err)
{
	const struct lake_table_hour *file = &putting->files[at];
	bool done = false;
	char *staged = staged_path(putting, at);
	char *path = lake_refined_path(file->table_dir, file->hour);
	enum err_kind kind = store_rename_over(putting->lake->store, staged, path, &done, err);
	free(staged);
	free(path);
	if (kind == ERR_NONE && !done)
		return say_overtaken(putting->number, err);
	return kind;
}

/* --- done -------------------------------------------------------------------------------------------- */

static size_t table_number(struct lake_table_names *names, const char *dir)
{
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->dirs[i], dir) == 0)
			return i;
	}
	MEM_GROW(names->dirs, names->cap, names->count + 1);
	names->dirs[names->count] = mem_strdup(dir);
	return names->count++;
}

static struct lake_refined *describe(const struct putting *putting,
				     const struct lake_refine_claim *claim)
{
	struct lake_refined *refined = refined_new();
	struct lake_table_names *names = mem_zalloc(1, sizeof *names);
	for (size_t i = 0; i < putting->count; i++)
		table_number(names, putting->files[i].table_dir);
	for (size_t i = 0; i < putting->count; i++) {
		struct lake_refined_hour *hour = refined_take_hour(refined, putting->files[i].hour);
		if (!hour->files)
			hour->files = mem_zalloc(names->count, sizeof *hour->files);
		hour->files[table_number(names, putting->files[i].table_dir)] = putting->sizes[i];
		hour->snapshot = claim->snapshot;
		hour->hash = claim->hash;
		hour->names = names;
	}
	refined_keep_names(refined, names);
	return refined;
}

static enum err_kind write_sum(struct lake *lake, uint64_t number, const char *ending,
			       const struct lake_refined *refined, struct err *err)
{
	struct buf text = { 0 };
	bool claimed; /* false: it is there, from a try whose answer was lost */
	char *path = claim_path(number, ending);
	refined_write(&text, refined);
	enum err_kind kind = store_claim(lake->store, path, buf_str(&text), &claimed, err);
	buf_release(&text);
	free(path);
	return kind;
}

static enum err_kind remove_older(struct lake *lake, uint64_t number, struct err *err)
{
	struct name_list names = { 0 };
	enum err_kind kind = store_list(lake->store, REFINE_DIR, &names, err);
	for (size_t i = 0; i < names.count && kind == ERR_NONE; i++) {
		uint64_t other;
		enum refined_kind what;
		if (!refined_name_parse(names.names[i], &other, &what) || other >= number)
			continue;
		char *path = mem_printf(REFINE_DIR "/%s", names.names[i]);
		kind = store_remove(lake->store, path, err);
		free(path);
	}
	name_list_release(&names);
	return kind;
}

static bool has_unsure(const struct lake_refined *refined)
{
	for (size_t i = 0; i < refined->hour_count; i++) {
		if (refined->hours[i].unsure)
			return true;
	}
	return false;
}

/* A claim that is not done would be forgotten; then it waits for the next time. */
static enum err_kind sum_up(struct lake *lake, uint64_t number, struct err *err)
{
	struct lake_refined *refined = NULL;
	TRY(lake_refined_read(lake, &refined, err));
	bool whole = refined->newest == number && !has_unsure(refined);
	enum err_kind kind = whole ? write_sum(lake, number, ".all", refined, err) : ERR_NONE;
	if (kind == ERR_NONE && whole)
		kind = remove_older(lake, number, err);
	lake_refined_free(refined);
	return kind;
}

static enum err_kind say_done(const struct putting *putting, const struct lake_refine_claim *claim,
			      struct err *err)
{
	struct lake_refined *refined = describe(putting, claim);
	enum err_kind kind = write_sum(putting->lake, putting->number, ".done", refined, err);
	lake_refined_free(refined);
	if (kind == ERR_NONE && putting->number % SUM_EVERY == 0)
		kind = sum_up(putting->lake, putting->number, err);
	return kind;
}

enum err_kind lake_refine_publish(struct lake *lake, uint64_t number,
				  const struct lake_refine_claim *claim,
				  const struct lake_table_hour *files, size_t count,
				  struct err *err)
{
	uint64_t newest = 0;
	struct putting putting = { .lake = lake, .number = number, .files = files, .count = count };
	putting.sizes = mem_zalloc(count + 1, sizeof *putting.sizes);
	pthread_mutex_init(&putting.lock, NULL);
	enum err_kind kind = each_file(&putting, stage, err);
	if (kind == ERR_NONE)
		kind = find_newest(lake, &newest, err);
	if (kind == ERR_NONE && newest != number)
		kind = say_overtaken(number, err);
	if (kind == ERR_NONE)
		kind = each_file(&putting, put_in_place, err);
	if (kind == ERR_NONE)
		kind = say_done(&putting, claim, err);
	pthread_mutex_destroy(&putting.lock);
	free(putting.sizes);
	return kind == ERR_NONE ? kind : err_wrap(err, "publish hours of tables");
}
