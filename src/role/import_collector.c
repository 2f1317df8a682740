#include "role/import.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

enum { READ_TIMEOUT_MS = 20 };

/* --- what the two threads tell each other ------------------------------------------------------------- */

void collector_add_file(struct collector *collector, const char *sha256, const char *name,
			uint64_t end, uint64_t refused)
{
	pthread_mutex_lock(&collector->lock);
	MEM_GROW(collector->files, collector->file_cap, collector->file_count + 1);
	collector->files[collector->file_count++] =
		(struct finished_file){ .sha256 = mem_strdup(sha256),
					.name = mem_strdup(name),
					.end = end,
					.refused = refused };
	pthread_mutex_unlock(&collector->lock);
}

bool collector_has_file(struct collector *collector, const char *sha256)
{
	bool found = false;
	pthread_mutex_lock(&collector->lock);
	for (size_t i = 0; i < collector->file_count && !found; i++)
		found = strcmp(collector->files[i].sha256, sha256) == 0;
	pthread_mutex_unlock(&collector->lock);
	return found;
}

bool collector_failed(struct collector *collector, struct err *ret_err)
{
	pthread_mutex_lock(&collector->lock);
	bool failed = collector->failed;
	if (failed)
		*ret_err = collector->err;
	pthread_mutex_unlock(&collector->lock);
	return failed;
}

/* Where to end; *ret_stop: now, whatever is pending. */
static uint64_t finish_at(struct collector *collector, bool *ret_stop)
{
	pthread_mutex_lock(&collector->lock);
	uint64_t at = collector->finish_at;
	*ret_stop = collector->stop;
	pthread_mutex_unlock(&collector->lock);
	return at;
}

/* --- the thread -------------------------------------------------------------------------------------------- */

static void tell_progress(void *context, uint64_t done, uint64_t total)
{
	struct collector *collector = context;
	progress_tell(collector->progress, done, total, 0);
}

static void list_files(struct collector *collector, uint64_t up_to)
{
	pthread_mutex_lock(&collector->lock);
	for (size_t i = 0; i < collector->file_count; i++) {
		struct finished_file *file = &collector->files[i];
		if (!file->listed && file->end <= up_to) {
			landing_add_import(collector->landing, file->sha256);
			file->listed = true;
		}
	}
	pthread_mutex_unlock(&collector->lock);
}

static enum err_kind publish(struct collector *collector, uint64_t up_to, struct err *err)
{
	struct landing_published published;
	list_files(collector, up_to);
	TRY(landing_publish(collector->landing, tell_progress, collector, &published, err));
	TRY(wire_client_acknowledge(collector->client, published.to, err));
	pthread_mutex_lock(&collector->lock);
	struct landing_published *total = &collector->total;
	total->rows += published.rows;
	total->refused += published.refused;
	total->hours += published.hours;
	if (published.quarantine[0]) /* of several, where they are */
		snprintf(total->quarantine, sizeof total->quarantine, "%s",
			 total->quarantine[0] ? "_aviary/quarantine" : published.quarantine);
	if (published.record)
		total->record = published.record;
	pthread_mutex_unlock(&collector->lock);
	return ERR_NONE;
}

static enum err_kind collect(struct collector *collector, struct err *err)
{
	uint64_t batch_bytes = (uint64_t)collector->settings->import_bytes, finish;
	struct position at = wire_client_start(collector->client);
	bool stop = false;
	while ((finish = finish_at(collector, &stop)) > at.offset && !stop) {
		struct str lines;
		TRY(wire_client_read(collector->client, READ_TIMEOUT_MS, &lines, &at, err));
		TRY(landing_add(collector->landing, lines, at.chain, err));
		if (landing_pending_bytes(collector->landing) >= batch_bytes)
			TRY(publish(collector, at.offset, err));
	}
	if (stop)
		return ERR_NONE;
	progress_what(collector->progress, "landing");
	return publish(collector, at.offset, err);
}

static void *run(void *context)
{
	struct collector *collector = context;
	struct err err = { 0 };
	if (collect(collector, &err) != ERR_NONE) {
		pthread_mutex_lock(&collector->lock);
		collector->failed = true;
		collector->err = err;
		pthread_mutex_unlock(&collector->lock);
	}
	return NULL;
}

/* --- beginning and end -------------------------------------------------------------------------------------- */

/* Where the stream's committed bytes end; a stream the log does not know begins where its journal does. */
static enum err_kind connect_client(struct collector *collector, const char *stream,
				    struct err *err)
{
	struct lake_snapshot *snapshot = NULL;
	TRY(lake_snapshot_read(collector->lake, &snapshot, err));
	const struct lake_stream *known = lake_snapshot_stream(snapshot, stream);
	struct wire_resume resume = { .lake = lake_id(collector->lake) };
	if (known) {
		resume.stream = stream;
		resume.from = (struct position){ .offset = known->to, .chain = known->chain };
	}
	lake_snapshot_free(snapshot);
	return wire_client_open("127.0.0.1", collector->port, &resume, &collector->client, err);
}

enum err_kind collector_start(struct collector *collector, const char *stream, struct err *err)
{
	pthread_mutex_init(&collector->lock, NULL);
	collector->finish_at = UINT64_MAX;
	TRY(lake_recover(collector->lake, stream, err));
	TRY(connect_client(collector, stream, err));
	struct position start = wire_client_start(collector->client);
	struct landing_options options = { .lake = collector->lake,
					   .engine = collector->engine,
					   .stream = stream,
					   .from = start.offset,
					   .chain = start.chain,
					   .threads = thread_count(collector->settings) };
	TRY(landing_open(&options, &collector->landing, err));
	if (pthread_create(&collector->thread, NULL, run, collector) != 0)
		return err_set(err, ERR_FATAL, "cannot start a thread");
	collector->started = true;
	return ERR_NONE;
}

static void join(struct collector *collector, uint64_t end, bool stop)
{
	if (!collector->started)
		return;
	pthread_mutex_lock(&collector->lock);
	collector->finish_at = end;
	collector->stop = stop;
	pthread_mutex_unlock(&collector->lock);
	pthread_join(collector->thread, NULL);
	collector->started = false;
}

enum err_kind collector_finish(struct collector *collector, uint64_t end, struct err *err)
{
	join(collector, end, false);
	return collector_failed(collector, err) ? err->kind : ERR_NONE;
}

void collector_release(struct collector *collector)
{
	join(collector, 0, true);
	wire_client_close(collector->client);
	landing_close(collector->landing);
	for (size_t i = 0; i < collector->file_count; i++) {
		free(collector->files[i].sha256);
		free(collector->files[i].name);
	}
	free(collector->files);
}
