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

/* Returns how many files there are, later ones being none of this batch. */
static size_t list_files(struct collector *collector, uint64_t up_to)
{
	pthread_mutex_lock(&collector->lock);
	size_t count = collector->file_count;
	for (size_t i = 0; i < count; i++) {
		const struct finished_file *file = &collector->files[i];
		if (!file->listed && file->end <= up_to)
			landing_add_import(collector->intake.landing, file->sha256);
	}
	pthread_mutex_unlock(&collector->lock);
	return count;
}

/* Of the first `count` files those that were listed are in the log now. */
static void note_listed(struct collector *collector, size_t count, uint64_t up_to)
{
	for (size_t i = 0; i < count; i++)
		collector->files[i].listed |= collector->files[i].end <= up_to;
}

/* All that is synced by now: the pages of every file that the coming record will list. */
static enum err_kind publish_requests(struct collector *collector, struct err *err)
{
	struct landing_published ignored;
	struct intake *intake = &collector->requests;
	uint64_t end = journal_end(collector->requests_journal).offset;
	bool got;
	while (intake->at.offset < end)
		TRY(intake_receive(intake, READ_TIMEOUT_MS, &got, err));
	return intake_publish(intake, NULL, NULL, &ignored, err);
}

static enum err_kind publish(struct collector *collector, uint64_t up_to, struct err *err)
{
	struct landing_published published;
	size_t file_count = list_files(collector, up_to);
	TRY(publish_requests(collector, err));
	TRY(intake_publish(&collector->intake, tell_progress, collector, &published, err));
	pthread_mutex_lock(&collector->lock);
	note_listed(collector, file_count, up_to);
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

static enum err_kind connect(struct collector *collector, struct err *err)
{
	return intake_open(&collector->intake, "127.0.0.1", collector->port, collector->stream,
			   err);
}

/* Publishes what was received, or goes back to where it began. */
static enum err_kind publish_or_go_back(struct collector *collector, struct err *err)
{
	struct intake *intake = &collector->intake;
	enum err_kind kind = publish(collector, intake->at.offset, err);
	if (kind != ERR_RETRY || intake->client)
		return kind;
	intake_close(intake);
	return connect(collector, err);
}

static enum err_kind receive(struct collector *collector, bool *ret_stop, struct err *err)
{
	uint64_t batch_bytes = (uint64_t)collector->settings->import_bytes;
	struct intake *intake = &collector->intake;
	bool got;
	while (finish_at(collector, ret_stop) > intake->at.offset && !*ret_stop) {
		TRY(intake_receive(intake, READ_TIMEOUT_MS, &got, err));
		if (landing_pending_bytes(intake->landing) >= batch_bytes)
			TRY(publish_or_go_back(collector, err));
	}
	return ERR_NONE;
}

static enum err_kind collect(struct collector *collector, struct err *err)
{
	bool stop = false;
	do {
		TRY(receive(collector, &stop, err));
		if (stop)
			return ERR_NONE;
		progress_what(collector->progress, "landing");
		TRY(publish_or_go_back(collector, err));
	} while (finish_at(collector, &stop) > collector->intake.at.offset);
	return ERR_NONE;
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

enum err_kind collector_start(struct collector *collector, const char *stream,
			      const struct journal *requests, struct err *err)
{
	pthread_mutex_init(&collector->lock, NULL);
	collector->finish_at = UINT64_MAX;
	collector->stream = stream;
	collector->requests_journal = requests;
	TRY(connect(collector, err));
	TRY(intake_open(&collector->requests, "127.0.0.1", collector->port,
			journal_stream(requests), err));
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
	intake_close(&collector->intake);
	intake_close(&collector->requests);
	for (size_t i = 0; i < collector->file_count; i++) {
		free(collector->files[i].sha256);
		free(collector->files[i].name);
	}
	free(collector->files);
}
