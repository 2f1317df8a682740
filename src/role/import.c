#include "role/import.h"

#include "base/log.h"
#include "base/mem.h"
#include "role/import_claim.h"
#include "terminal/terminal.h"

#include <inttypes.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Everything an import holds, so that it can be let go in one place. */
struct import {
	struct settings *settings;
	struct lake *lake;
	struct file_lock import_lock, stream_lock;
	struct lake_snapshot *snapshot; /* at the beginning, what was decided before included */
	struct journal *journal;
	struct request_log requests;
	struct wire_server *server;
	struct collector collector;
	struct import_source source;
	struct progress progress;
	int64_t start_us, landed_us;
	struct refine_report refined;
};

static enum err_kind take_locks(struct import *import, struct err *err)
{
	bool held = false;
	TRY(lake_lock(import->lake, "import", false, &import->import_lock, &held, err));
	if (!held) {
		fprintf(stderr, "another import into %s is running: waiting for it\n",
			import->settings->lake);
		TRY(lake_lock(import->lake, "import", true, &import->import_lock, &held, err));
	}
	return ERR_NONE;
}

/* In the lake; beside a lake that is elsewhere, in the journal's directory. */
static enum err_kind journal_place(const struct settings *settings, char **ret_dir, struct err *err)
{
	struct err elsewhere;
	if (local_lake_path(settings, "_aviary/import", "--journal", ret_dir, &elsewhere) ==
	    ERR_NONE)
		return ERR_NONE;
	if (settings->journal) {
		*ret_dir = mem_printf("%s/import", settings->journal);
		return ERR_NONE;
	}
	*err = elsewhere;
	return err->kind;
}

static enum err_kind open_journal(struct import *import, struct err *err)
{
	const struct settings *settings = import->settings;
	char *dir = NULL;
	TRY(journal_place(settings, &dir, err));
	/* More than is published at once and the largest page: else neither would wait for the other. */
	uint64_t limit = (uint64_t)settings->import_bytes + 2 * (uint64_t)EXTENT_LINES_MAX;
	struct journal_options options = { .dir = dir,
					   .segment_bytes = (uint64_t)settings->segment_bytes,
					   .limit_bytes = limit,
					   .window_entries = (size_t)settings->window_entries };
	char imported[] = "imported";
	struct lake_source source = { .journal = dir, .source = imported };
	enum err_kind kind = journal_open(&options, &import->journal, err);
	if (kind == ERR_NONE)
		kind = request_log_open(&import->requests, dir, settings, UINT64_MAX, err);
	if (kind == ERR_NONE)
		kind = lake_source_write(import->lake, journal_stream(import->journal), &source,
					 err);
	free(dir);
	return kind;
}

static enum err_kind start(struct import *import, struct err *err)
{
	char name[64];
	bool held = false;
	char *dir = NULL;
	if (import->settings->refine)
		TRY(check_weekend_zone(import->settings, err));
	TRY(journal_place(import->settings, &dir, err)); /* before a lake is made */
	free(dir);
	TRY(make_lake(import->settings, &import->lake, err));
	TRY(take_locks(import, err));
	TRY(open_journal(import, err));
	const char *stream = journal_stream(import->journal);
	snprintf(name, sizeof name, "stream-%s", stream);
	TRY(lake_lock(import->lake, name, true, &import->stream_lock, &held, err));
	struct wire_server_options server = { .host = "127.0.0.1",
					      .hello_timeout_ms =
						      (int)(import->settings->hello_timeout / 1000),
					      .clients_max = 4,
					      .requests = import->requests.journal };
	TRY(wire_server_start(import->journal, &server, &import->server, err));
	import->collector.port = wire_server_port(import->server);
	import->collector.intake =
		(struct intake){ .lake = import->lake, .threads = thread_count(import->settings) };
	import->collector.settings = import->settings;
	import->collector.progress = &import->progress;
	import->collector.requests =
		(struct intake){ .lake = import->lake, .threads = 1, .requests = true };
	TRY(collector_start(&import->collector, stream, import->requests.journal, err));
	return lake_snapshot_read(import->lake, &import->snapshot, err);
}

static enum err_kind read_files(struct import *import, int count, char **paths, struct err *err)
{
	struct import_source *source = &import->source;
	struct stat st;
	source->settings = import->settings;
	source->lake = import->lake;
	source->snapshot = import->snapshot;
	source->sink.journal = import->journal;
	source->requests = &import->requests;
	source->collector = &import->collector;
	source->progress = &import->progress;
	for (int i = 0; i < count; i++) {
		if (stat(paths[i], &st) == 0)
			source->total_bytes += (uint64_t)st.st_size;
	}
	for (int i = 0; i < count; i++)
		TRY(import_source_file(source, paths[i], err));
	return journal_sync(import->journal, err);
}

/* Lines that looked like posts when they were read, and were none when they were set down. What an
 * import that was cut short sent to quarantine may be among what was refused now, or not. */
static uint64_t posts_refused(const struct import *import)
{
	const struct import_counts *counts = &import->source.counts;
	uint64_t refused = import->collector.total.refused;
	uint64_t broken = counts->told + counts->resumed_quarantined;
	uint64_t late = refused > broken ? refused - broken : 0;
	return late < counts->posts ? late : counts->posts;
}

/* Nothing that was given became a row, now or before, and some of it was refused. */
static bool all_was_refused(const struct import *import)
{
	const struct import_counts *counts = &import->source.counts;
	return import->collector.total.rows == 0 && posts_refused(import) > 0 &&
	       posts_refused(import) == counts->posts && counts->known == 0;
}

/* The log lists the files: their claims say so, and their cursors are of no more use. */
static enum err_kind finish_files(struct import *import, struct err *err)
{
	const struct collector *collector = &import->collector;
	uint64_t fruitless =
		all_was_refused(import); /* and is said again, as other documents are */
	for (size_t i = 0; i < collector->file_count; i++) {
		const struct finished_file *file = &collector->files[i];
		char name[80];
		snprintf(name, sizeof name, "import:%s", file->sha256);
		struct cursor_change change = { .name = str_from(name) };
		struct extent extent = { .cursors = &change, .cursor_count = 1 };
		TRY(claim_finish(import->lake, file->sha256, journal_stream(import->journal),
				 file->name, file->refused + fruitless, err));
		TRY(journal_append(import->journal, &extent, err));
		TRY(request_log_forget_file(&import->requests, file->sha256, err));
	}
	return journal_sync(import->journal, err);
}

static void tell_refined(void *context, size_t done, size_t total)
{
	progress_tell(context, done, total, 0);
}

static enum err_kind refine(struct import *import, struct err *err)
{
	if (!import->settings->refine)
		return ERR_NONE;
	struct engine *engine = NULL;
	progress_what(&import->progress, "refining");
	TRY(open_engine(import->settings, import->lake, thread_count(import->settings), &engine,
			err));
	enum err_kind kind = refine_lake(import->settings, import->lake, engine, tell_refined,
					 &import->progress, &import->refined, err);
	engine_close(engine);
	return kind;
}

static enum err_kind run_chain(struct import *import, int count, char **paths, struct err *err)
{
	import->start_us = clock_monotonic_us();
	TRY(start(import, err));
	TRY(read_files(import, count, paths, err));
	TRY(collector_finish(&import->collector, journal_end(import->journal).offset, err));
	/* Once more: what earlier attempts left in staging/ may go now that the batch is committed. */
	TRY(lake_recover(import->lake, journal_stream(import->journal), err));
	TRY(lake_recover(import->lake, journal_stream(import->requests.journal), err));
	TRY(finish_files(import, err));
	import->landed_us = clock_monotonic_us();
	return ERR_NONE;
}

static void release(struct import *import)
{
	struct err ignored;
	collector_release(&import->collector);
	if (import->server && wire_server_stop(import->server, &ignored) != ERR_NONE)
		log_error(&ignored);
	request_log_close(&import->requests);
	journal_close(import->journal);
	file_lock_drop(&import->stream_lock);
	file_lock_drop(&import->import_lock);
	import_source_release(&import->source);
	lake_snapshot_free(import->snapshot);
	lake_close(import->lake);
}

static void print_counts(const struct import *import)
{
	const struct import_counts *counts = &import->source.counts;
	double seconds = (double)(import->landed_us - import->start_us) / 1e6;
	uint64_t refused = posts_refused(import), post_count = counts->posts - refused;
	uint64_t now = post_count > counts->resumed_posts ? post_count - counts->resumed_posts : 0;
	size_t files = counts->files - counts->failed;
	char posts[32], pages[32], known[32], quarantined[32], rate[32];
	printf("imported %zu file%s: %s pages, %s posts, %s already known, %s quarantined; %.1f s, "
	       "%s posts/s\n",
	       files, files == 1 ? "" : "s", grouped(counts->pages, pages),
	       grouped(post_count, posts), grouped(counts->known, known),
	       grouped(counts->quarantined + refused, quarantined), seconds,
	       grouped((uint64_t)((double)now / (seconds > 0 ? seconds : 1)), rate));
	if (counts->resumed_posts > 0)
		printf("  %s of the posts had been read by an import that was cut short\n",
		       grouped(counts->resumed_posts, posts));
}

static void print_refused(const struct import *import)
{
	const struct import_counts *counts = &import->source.counts;
	const struct landing_published *landed = &import->collector.total;
	if (counts->refused > 0)
		printf("  %" PRIu64 " document%s no search page%s left out\n", counts->refused,
		       counts->refused == 1 ? " was" : "s were",
		       counts->refused == 1 ? " and was" : "s and were");
	if (counts->barren > 0)
		printf("  %zu file%s gave nothing but quarantined lines (see above)\n",
		       counts->barren, counts->barren == 1 ? "" : "s");
	if (landed->quarantine[0])
		printf("  quarantined lines, each with its reason: %s/%s\n", import->settings->lake,
		       landed->quarantine);
}

static void print_summary(const struct import *import, bool refined)
{
	const struct import_counts *counts = &import->source.counts;
	const struct landing_published *landed = &import->collector.total;
	char rows[32];
	print_counts(import);
	if (counts->skipped > 0)
		printf("  %zu of them had been imported before\n", counts->skipped);
	if (counts->failed > 0)
		printf("  %zu file%s could not be imported (see above)\n", counts->failed,
		       counts->failed == 1 ? "" : "s");
	print_refused(import);
	if (landed->record > 0)
		printf("  landed %s row%s in %zu hour%s, record %" PRIu64 "\n",
		       grouped(landed->rows, rows), landed->rows == 1 ? "" : "s", landed->hours,
		       landed->hours == 1 ? "" : "s", landed->record);
	if (!refined)
		return;
	if (import->settings->refine)
		printf("  refined %zu hour%s in %.1f s\n", import->refined.hours,
		       import->refined.hours == 1 ? "" : "s",
		       (double)(clock_monotonic_us() - import->landed_us) / 1e6);
	printf("next: aviary query --lake %s \"SELECT tweet_date, tweet_text FROM posts LIMIT 5\"\n",
	       import->settings->lake);
}

/* Batches come and go by the hundred MiB: giving their memory back to the kernel each time, to ask for it
 * again, costs more than a tenth of all CPU in page faults. */
static void keep_memory(void)
{
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	keep_memory();
	if (argc < 2) {
		err_set(&err, ERR_REJECT, "import: no file");
		err_hint(&err, "aviary import --lake DIR FILE…   (- reads standard input)");
		return say_error(&err, EXIT_USAGE);
	}
	struct import import = { .settings = settings, .import_lock.fd = -1, .stream_lock.fd = -1 };
	pthread_mutex_init(&import.collector.lock, NULL);
	progress_begin(&import.progress);
	enum err_kind kind = run_chain(&import, argc - 1, argv + 1, &err);
	bool landed = kind == ERR_NONE;
	if (landed)
		kind = refine(&import, &err);
	progress_clear(&import.progress);
	if (landed)
		print_summary(&import, kind == ERR_NONE);
	if (landed && kind != ERR_NONE)
		err_hint(&err, "what was imported is landed; then: aviary refine --once --lake %s",
			 settings->lake);
	const struct import_counts *counts = &import.source.counts;
	bool all = counts->failed + counts->barren == 0 && counts->refused == 0 &&
		   !all_was_refused(&import);
	release(&import);
	if (kind != ERR_NONE) {
		err_wrap(&err, "import");
		return say_error(&err, EXIT_FAILED);
	}
	return all ? EXIT_DONE : EXIT_FAILED;
}

static const char *const flags[] = { "lake",
				     "threads",
				     "memory",
				     "cache_bytes",
				     "line_bytes_max",
				     "segment_bytes",
				     "window_entries",
				     "hello_timeout",
				     "import_bytes",
				     "journal",
				     "document_bytes_max",
				     "weekend",
				     "weekend_zone",
				     "retire_grace",
				     "refine",
				     NULL };
const struct command command_import = {
	.name = "import",
	.arguments = "FILE…",
	.summary = "Recorded X API pages and wire lines become tables, once and for all",
	.flags = flags,
	.examples = "  aviary import --lake lake posts.json more.jsonl\n"
		    "  zcat archive.jsonl.gz | aviary import --lake lake -\n",
	.run = run,
};
