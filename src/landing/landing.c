/* A batch in two halves. While lines come, each is looked at just enough to know its hour
 * (post_guess_key(), or a full reading where that cannot tell) and goes to the spool. When the batch is
 * published, worker threads take hours, the largest first, each writing one file and putting it into
 * staging/, which on a local lake is where it was written; then lake_commit() makes them all visible under
 * one record. */
#include "base/mem.h"
#include "landing/hour_file.h"
#include "landing/quarantine.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STAGING "_aviary/staging"

enum { NO_HOUR = -1, THREAD_BYTES = 64 << 20 };

struct landing {
	struct lake *lake;
	char stream[UUID_TEXT];
	int threads;
	char *dir; /* of this machine, where files are written */
	uint64_t from, to, chain, from_chain;
	bool careful; /* hours are not guessed */
	struct spool spool, refused_spool;
	struct bucket *refused;
	struct post_reader *reader;      /* for lines that a look does not settle */
	struct request_reader *requests; /* NULL: these are posts */
	char **imports;
	size_t import_count, import_cap;
};

static void begin_batch(struct landing *landing)
{
	landing->refused = spool_bucket(&landing->refused_spool, NO_HOUR);
}

enum err_kind landing_open(const struct landing_options *options, struct landing **ret_landing,
			   struct err *err)
{
	static const struct column_lender none;
	struct landing *landing = mem_zalloc(1, sizeof *landing);
	landing->lake = options->lake;
	snprintf(landing->stream, sizeof landing->stream, "%s", options->stream);
	landing->threads = options->threads > 0 ? options->threads : 1;
	landing->from = landing->to = options->from;
	landing->chain = landing->from_chain = options->chain;
	landing->careful = options->careful;
	landing->spool.fd = landing->refused_spool.fd = -1;
	landing->reader = post_reader_new(options->stream, &none);
	if (options->requests)
		landing->requests = request_reader_new(options->stream, &none);
	size_t memory = (size_t)(options->memory_bytes ? options->memory_bytes : 64 << 20);
	enum err_kind kind = store_scratch(lake_store(options->lake), STAGING, &landing->dir, err);
	if (kind == ERR_NONE)
		kind = spool_open(landing->dir, memory, &landing->spool, err);
	if (kind == ERR_NONE)
		kind = spool_open(landing->dir, memory / 8, &landing->refused_spool, err);
	if (kind != ERR_NONE) {
		landing_close(landing);
		return err_wrap(err, "landing");
	}
	begin_batch(landing);
	*ret_landing = landing;
	return ERR_NONE;
}

static void forget_imports(struct landing *landing)
{
	for (size_t i = 0; i < landing->import_count; i++)
		free(landing->imports[i]);
	landing->import_count = 0;
}

void landing_close(struct landing *landing)
{
	if (!landing)
		return;
	spool_release(&landing->spool);
	spool_release(&landing->refused_spool);
	post_reader_free(landing->reader);
	request_reader_free(landing->requests);
	forget_imports(landing);
	free(landing->imports);
	free(landing->dir);
	free(landing);
}

/* Guesses, or where hours are not guessed, looks at the whole line. */
static bool find_key(const struct landing *landing, struct str line, struct post_key *ret)
{
	struct post_peek peek;
	if (!landing->careful)
		return post_guess_key(line, ret);
	post_peek_key(line, &peek);
	*ret = peek.key;
	return peek.sure;
}

/* False: the line is refused. */
static bool find_time(struct landing *landing, struct str line, int64_t *ret_us)
{
	struct post_key key;
	struct err why;
	if (landing->requests)
		return request_reader_time(landing->requests, line, ret_us, &why) == ERR_NONE;
	if (!find_key(landing, line, &key) &&
	    post_reader_key(landing->reader, line, &key, &why) != ERR_NONE)
		return false;
	*ret_us = key.time_us;
	return true;
}

static enum err_kind add_line(struct landing *landing, const struct line *line, struct err *err)
{
	int64_t time_us;
	if (!find_time(landing, line->text, &time_us))
		return spool_add(&landing->refused_spool, landing->refused, line, err);
	struct bucket *bucket = spool_bucket(&landing->spool, hour_index(time_us));
	return spool_add(&landing->spool, bucket, line, err);
}

enum err_kind landing_add(struct landing *landing, struct str lines, uint64_t chain,
			  struct err *err)
{
	const char *at = lines.ptr, *end = lines.ptr + lines.len;
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct line line = { .text = str_make(at, (size_t)(newline - at)),
				     .offset = landing->to };
		TRY(add_line(landing, &line, err));
		landing->to += line.text.len + 1;
		at = newline + 1;
	}
	landing->chain = chain;
	return ERR_NONE;
}

void landing_add_import(struct landing *landing, const char *sha256)
{
	MEM_GROW(landing->imports, landing->import_cap, landing->import_count + 1);
	landing->imports[landing->import_count++] = mem_strdup(sha256);
}

uint64_t landing_pending_bytes(const struct landing *landing)
{
	return landing->to - landing->from;
}

/* --- publishing --------------------------------------------------------------------------------------- */

/* What the worker threads of one batch share. */
struct work {
	struct landing *landing;
	struct bucket **buckets; /* the largest first */
	size_t count;
	char attempt[9];
	struct refusals refusals;
	pthread_mutex_t lock;
	size_t next;
	int threads_a_file; /* where there are fewer files than threads */
	struct lake_record *record;
	uint64_t lines_done, lines_total;
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *progress_context;
	enum err_kind kind; /* the first failure */
	struct err err;
};

static struct lake_file_entry hour_entry(const struct work *work, const struct bucket *bucket)
{
	char partition[PARTITION_PATH_MAX];
	const struct landing *landing = work->landing;
	return (struct lake_file_entry){
		.name = mem_printf("%s/%s/%s-%020" PRIu64 ".parquet",
				   landing->requests ? "request_log" : "twitter-landing-data",
				   lake_partition_path(bucket->hour, partition), landing->stream,
				   landing->from),
		.staging = mem_printf("%s-%020" PRIu64 "-%s-%" PRId64 ".parquet", landing->stream,
				      landing->from, work->attempt, bucket->hour),
		.hour = bucket->hour,
	};
}

/* Where the entry's file is written. */
static char *written_path(const struct landing *landing, const struct lake_file_entry *entry)
{
	return mem_printf("%s/%s", landing->dir, entry->staging);
}

static enum err_kind put_written(const struct landing *landing, const char *written,
				 const struct lake_file_entry *entry, struct err *err)
{
	char *staged = mem_printf(STAGING "/%s", entry->staging);
	enum err_kind kind = store_put_file(lake_store(landing->lake), written, staged, err);
	if (kind != ERR_NONE)
		unlink(written); /* the batch is written anew */
	free(staged);
	return kind;
}

static void entry_release(struct lake_file_entry *entry)
{
	free(entry->name);
	free(entry->staging);
}

static enum parquet_table table_of(const struct landing *landing)
{
	return landing->requests ? PARQUET_REQUESTS : PARQUET_POSTS;
}

static enum err_kind write_hour(struct work *work, const struct bucket *bucket,
				struct parquet_rows *rows, struct err *err)
{
	struct landing *landing = work->landing;
	struct lake_file_entry entry = hour_entry(work, bucket);
	char *path = written_path(landing, &entry);
	int useful = 1 + (int)(bucket->bytes / THREAD_BYTES);
	struct parquet_totals totals = { 0 };
	struct hour_file file = { .spool = &landing->spool,
				  .bucket = bucket,
				  .stream = landing->stream,
				  .from = landing->from,
				  .to = landing->to,
				  .table = table_of(landing),
				  .path = path,
				  .threads = useful < work->threads_a_file ? useful :
									     work->threads_a_file,
				  .refusals = &work->refusals };
	enum err_kind kind = hour_file_write(&file, rows, &totals, err);
	entry.rows = totals.rows;
	entry.bytes = totals.bytes;
	entry.checksum = totals.xxh3;
	if (kind == ERR_NONE && entry.rows > 0)
		kind = put_written(landing, path, &entry, err);
	free(path);
	if (kind != ERR_NONE || entry.rows == 0) {
		entry_release(&entry);
		return kind;
	}
	struct lake_record *record = work->record;
	pthread_mutex_lock(&work->lock);
	MEM_GROW(record->files, record->file_cap, record->file_count + 1);
	record->files[record->file_count++] = entry;
	pthread_mutex_unlock(&work->lock);
	return ERR_NONE;
}

static const struct bucket *next_bucket(struct work *work)
{
	pthread_mutex_lock(&work->lock);
	bool more = work->kind == ERR_NONE && work->next < work->count;
	const struct bucket *bucket = more ? work->buckets[work->next++] : NULL;
	pthread_mutex_unlock(&work->lock);
	return bucket;
}

static void finish_bucket(struct work *work, const struct bucket *bucket, enum err_kind kind,
			  const struct err *err)
{
	pthread_mutex_lock(&work->lock);
	work->lines_done += bucket->lines;
	if (kind != ERR_NONE && work->kind == ERR_NONE) {
		work->kind = kind;
		work->err = *err;
	}
	if (work->progress)
		work->progress(work->progress_context, work->lines_done, work->lines_total);
	pthread_mutex_unlock(&work->lock);
}

static void *work_on_hours(void *context)
{
	struct work *work = context;
	struct parquet_rows *rows =
		parquet_rows_new(work->landing->stream, table_of(work->landing));
	struct err err = { 0 };
	const struct bucket *bucket;
	while ((bucket = next_bucket(work))) {
		enum err_kind kind = write_hour(work, bucket, rows, &err);
		finish_bucket(work, bucket, kind, &err);
	}
	parquet_rows_free(rows);
	return NULL;
}

static int larger_first(const void *a, const void *b)
{
	const struct bucket *left = *(struct bucket *const *)a, *right = *(struct bucket *const *)b;
	if (left->bytes != right->bytes)
		return left->bytes < right->bytes ? 1 : -1;
	return (left->hour > right->hour) - (left->hour < right->hour);
}

static enum err_kind write_hours(struct work *work, struct err *err)
{
	struct landing *landing = work->landing;
	pthread_t threads[64];
	int count = landing->threads < 64 ? landing->threads : 64;
	if ((size_t)count > work->count)
		count = (int)work->count;
	if (work->count > 1)
		qsort(work->buckets, work->count, sizeof(struct bucket *), larger_first);
	work->threads_a_file = count > 0 ? landing->threads / count : 1;
	int started = 0;
	while (started + 1 < count &&
	       pthread_create(&threads[started], NULL, work_on_hours, work) == 0)
		started++;
	if (count > 0)
		work_on_hours(work);
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	if (work->kind != ERR_NONE)
		*err = work->err;
	else if (work->refusals.kind != ERR_NONE)
		*err = work->refusals.err;
	return work->kind != ERR_NONE ? work->kind : work->refusals.kind;
}

static enum err_kind write_quarantine(struct work *work, struct err *err)
{
	struct landing *landing = work->landing;
	if (landing->refused->lines == 0)
		return ERR_NONE;
	struct lake_file_entry entry = {
		.name = mem_printf("_aviary/quarantine/%s-%020" PRIu64 ".jsonl", landing->stream,
				   landing->from),
		.staging = mem_printf("%s-%020" PRIu64 "-%s-refused.jsonl", landing->stream,
				      landing->from, work->attempt),
		.rows = landing->refused->lines,
		.hour = NO_HOUR,
	};
	char *path = written_path(landing, &entry);
	enum err_kind kind = quarantine_write(&landing->refused_spool, landing->refused,
					      landing->stream, landing->requests, path, err);
	if (kind == ERR_NONE)
		kind = file_checksum(path, &entry.checksum, &entry.bytes, err);
	if (kind == ERR_NONE)
		kind = put_written(landing, path, &entry, err);
	free(path);
	work->record->quarantine = entry;
	return kind;
}

static int by_hour(const void *a, const void *b)
{
	const struct lake_file_entry *left = a, *right = b;
	return (left->hour > right->hour) - (left->hour < right->hour);
}

static void take_imports(struct landing *landing, struct lake_record *record)
{
	for (size_t i = 0; i < landing->import_count; i++) {
		MEM_GROW(record->imports, record->import_cap, record->import_count + 1);
		record->imports[record->import_count++] = mem_strdup(landing->imports[i]);
	}
}

/* Everything in staging/ and described in `record`. */
static enum err_kind prepare(struct landing *landing, struct work *work, struct err *err)
{
	char uuid[UUID_TEXT];
	uuid_new(uuid);
	memcpy(work->attempt, uuid, 8);
	pthread_mutex_init(&work->lock, NULL);
	pthread_mutex_init(&work->refusals.lock, NULL);
	work->refusals.spool = &landing->refused_spool;
	work->refusals.bucket = landing->refused;
	work->buckets = landing->spool.buckets;
	work->count = landing->spool.count;
	for (size_t i = 0; i < work->count; i++)
		work->lines_total += work->buckets[i]->lines;
	enum err_kind kind = write_hours(work, err);
	if (kind == ERR_NONE)
		kind = write_quarantine(work, err);
	struct lake_record *record = work->record;
	if (record->file_count > 1)
		qsort(record->files, record->file_count, sizeof *record->files, by_hour);
	take_imports(landing, record);
	pthread_mutex_destroy(&work->lock);
	pthread_mutex_destroy(&work->refusals.lock);
	return kind;
}

/* An attempt that failed leaves nothing: on a full disk its files would be in the way of the next. */
static void remove_attempt(const struct landing *landing, const char *attempt)
{
	struct err ignored;
	struct name_list names = { 0 };
	struct store *store = lake_store(landing->lake);
	char *prefix = mem_printf("%s-%020" PRIu64 "-%s-", landing->stream, landing->from, attempt);
	if (store_list(store, STAGING, &names, &ignored) == ERR_NONE) {
		for (size_t i = 0; i < names.count; i++) {
			char *path = mem_printf(STAGING "/%s", names.names[i]);
			if (str_starts(str_from(names.names[i]), str_from(prefix)) &&
			    store_remove(store, path, &ignored) != ERR_NONE)
				ignored.kind = ERR_NONE; /* the next recovery finds it */
			free(path);
		}
	}
	name_list_release(&names);
	free(prefix);
}

static enum err_kind clear_batch(struct landing *landing, struct err *err)
{
	forget_imports(landing);
	TRY(spool_reset(&landing->spool, err));
	TRY(spool_reset(&landing->refused_spool, err));
	begin_batch(landing);
	return ERR_NONE;
}

/* Lines of one hour are in the bucket of another. From their buckets they cannot be brought into order
 * again without holding all of them, so they have to come once more; and then they are looked at whole. */
static enum err_kind forget_batch(struct landing *landing, struct err *err)
{
	struct err why;
	landing->careful = true;
	landing->to = landing->from;
	landing->chain = landing->from_chain;
	if (clear_batch(landing, &why) == ERR_NONE)
		return ERR_RETRY;
	*err = why;
	return ERR_FATAL;
}

/* The next batch begins behind this one. */
static enum err_kind end_batch(struct landing *landing, const struct lake_committed *committed,
			       struct err *err)
{
	if (committed->to != landing->to || committed->chain != landing->chain)
		return err_set(err, ERR_FATAL,
			       "stream %s: another collector committed up to byte %" PRIu64
			       " (chain %016" PRIx64 ") while this one had %" PRIu64
			       " (chain %016" PRIx64 ")",
			       landing->stream, committed->to, committed->chain, landing->to,
			       landing->chain);
	landing->from = committed->to;
	landing->from_chain = committed->chain;
	return clear_batch(landing, err);
}

static void count_rows(const struct lake_record *record, struct landing_published *ret)
{
	ret->hours = record->file_count;
	ret->refused = record->quarantine.rows;
	if (record->quarantine.name)
		snprintf(ret->quarantine, sizeof ret->quarantine, "%s", record->quarantine.name);
	for (size_t i = 0; i < record->file_count; i++)
		ret->rows += record->files[i].rows;
}

enum err_kind landing_publish(struct landing *landing,
			      void (*progress)(void *context, uint64_t done, uint64_t total),
			      void *context, struct landing_published *ret, struct err *err)
{
	struct lake_record record = { .kind = landing->requests ? RECORD_REQUESTS : RECORD_BATCH,
				      .from = landing->from,
				      .to = landing->to,
				      .chain = landing->chain,
				      .time_us = clock_now_us() };
	struct work work = { .landing = landing,
			     .record = &record,
			     .progress = progress,
			     .progress_context = context };
	struct landing_published published = { .to = landing->to, .chain = landing->chain };
	if (landing->from == landing->to && landing->import_count == 0) {
		*ret = published;
		return ERR_NONE;
	}
	snprintf(record.stream, sizeof record.stream, "%s", landing->stream);
	struct lake_committed committed;
	enum err_kind kind = prepare(landing, &work, err);
	if (kind != ERR_NONE)
		remove_attempt(landing, work.attempt);
	bool comes_again = kind == ERR_RETRY && work.refusals.misplaced && !landing->careful;
	if (comes_again)
		kind = forget_batch(landing, err);
	if (kind == ERR_NONE)
		kind = lake_commit(landing->lake, &record, &committed, err);
	if (kind == ERR_NONE)
		kind = end_batch(landing, &committed, err);
	if (kind == ERR_NONE) {
		published.record = committed.number;
		count_rows(&record, &published);
		*ret = published;
	}
	lake_record_release(&record);
	if (kind == ERR_NONE)
		return ERR_NONE;
	if (kind == ERR_RETRY && !comes_again)
		err->kind = ERR_FATAL; /* the store has tried as long as it is told to */
	return err_wrap(err, "publish batch at byte %" PRIu64, landing->from);
}
