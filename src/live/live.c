/* For every stream of the lake there is a source of bytes and a tail of lines. Advancing is one round of
 * following the log and taking what has come; when nothing has, it waits on all sockets at once, and
 * looks at logs and journals a few times a second, since a file cannot be waited on. */
#include "live/live_private.h"

#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

enum {
	SOURCES_EVERY_MS = 1000,
	LOOK_EVERY_MS = 250,   /* the log, while all streams are tapped */
	READ_EVERY_MS = 50,    /* journals in place */
	ANSWER_WAIT_MS = 1000, /* the first advance: for servers to answer, */
	STALL_MS = 2000,       /* and for one that has answered to go on */
	TAKE_BYTES = 64 << 20, /* of one stream in one round */
	CHECK_BYTES = 1 << 20, /* so little at once is parsed when it comes */
	SPILL_SHARE = 8,       /* of bytes_max, that go to the disk at once */
	ATTACH_ATTEMPTS = 4,
};

static int64_t ms_left(int64_t deadline_us)
{
	int64_t left = deadline_us - clock_monotonic_us();
	return left > 0 ? (left + 999) / 1000 : 0;
}

/* --- streams --------------------------------------------------------------------------------------------- */

static struct followed *find_stream(struct live *live, const char *id)
{
	for (size_t i = 0; i < live->stream_count; i++) {
		if (strcmp(live->streams[i]->source.stream, id) == 0)
			return live->streams[i];
	}
	return NULL;
}

static struct followed *follow_stream(struct live *live, const char *id, struct position from)
{
	struct followed *stream = mem_zalloc(1, sizeof *stream);
	source_init(&stream->source, id);
	tail_init(&stream->tail, stream->source.stream, from);
	stream->committed = from;
	MEM_GROW(live->streams, live->stream_cap, live->stream_count + 1);
	return live->streams[live->stream_count++] = stream;
}

static void drop_files(struct followed *stream, size_t count)
{
	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		overflow_file_drop(stream->files[i]);
	stream->file_count -= count;
	memmove(stream->files, stream->files + count,
		stream->file_count * sizeof(struct overflow_file *));
}

/* What was held is void, or has all been published. */
static void restart_lines(struct followed *stream)
{
	drop_files(stream, stream->file_count);
	tail_restart(&stream->tail, stream->committed);
}

static void start_anew(struct followed *stream)
{
	source_forget(&stream->source);
	restart_lines(stream);
}

/* False: the log's place is none of ours. */
static bool publish_lines(struct followed *stream, uint64_t committed)
{
	size_t gone = 0;
	while (gone < stream->file_count && stream->files[gone]->to <= committed)
		gone++;
	drop_files(stream, gone);
	return tail_publish(&stream->tail, committed);
}

/* The log says that the stream is committed up to here. */
static void commit_stream(struct live *live, const struct lake_stream *logged)
{
	struct position committed = { .offset = logged->to, .chain = logged->chain };
	struct followed *stream = find_stream(live, logged->id);
	if (!stream)
		stream = follow_stream(live, logged->id, committed);
	bool moved = committed.offset != stream->committed.offset;
	stream->committed = committed;
	stream->published_us = logged->time_us;
	if (!moved)
		return;
	if (logged->adopted || !publish_lines(stream, committed.offset))
		start_anew(stream);
}

static enum err_kind read_sources(struct live *live, struct err *err)
{
	struct name_list names = { 0 };
	enum err_kind kind =
		store_list(lake_store(live->options.lake), "_aviary/sources", &names, err);
	for (size_t i = 0; i < names.count && kind == ERR_NONE; i++) {
		struct lake_source place = { 0 };
		struct err unreadable;
		if (!uuid_valid(str_from(names.names[i])))
			continue;
		struct followed *stream = find_stream(live, names.names[i]);
		if (!stream)
			stream = follow_stream(live, names.names[i], (struct position){ 0 });
		if (lake_source_read(live->options.lake, names.names[i], &place, &unreadable) ==
		    ERR_NONE)
			source_place(&stream->source, &place);
	}
	name_list_release(&names);
	live->sources_us = clock_monotonic_us();
	return kind;
}

/* --- the log --------------------------------------------------------------------------------------------- */

static enum err_kind follow_log(struct live *live, bool *ret_changed, struct err *err)
{
	bool newest = false;
	if (live->snapshot)
		TRY(lake_snapshot_is_newest(live->options.lake, live->snapshot, &newest, err));
	if (!newest) {
		struct lake_snapshot *snapshot = NULL;
		TRY(lake_snapshot_read(live->options.lake, &snapshot, err));
		*ret_changed |= !live->snapshot || snapshot->number != live->snapshot->number;
		lake_snapshot_free(live->snapshot);
		live->snapshot = snapshot;
		for (size_t i = 0; i < snapshot->stream_count; i++)
			if (!snapshot->streams[i].requests)
				commit_stream(live, &snapshot->streams[i]);
	}
	if (!newest || clock_monotonic_us() - live->sources_us > SOURCES_EVERY_MS * INT64_C(1000))
		TRY(read_sources(live, err));
	return ERR_NONE;
}

/* --- lines ----------------------------------------------------------------------------------------------- */

static bool is_catching_up(const struct followed *stream)
{
	return stream->source.client && stream->source.at.offset < stream->source.end;
}

/* The stream that takes most memory. */
static struct followed *largest(const struct live *live, uint64_t *ret_all)
{
	struct followed *found = NULL;
	*ret_all = 0;
	for (size_t i = 0; i < live->stream_count; i++) {
		struct followed *stream = live->streams[i];
		*ret_all += stream->tail.bytes;
		if (!found || stream->tail.bytes > found->tail.bytes)
			found = stream;
	}
	return found;
}

/* Its oldest chunks become a file. */
static enum err_kind spill(struct live *live, struct followed *stream, uint64_t bytes,
			   struct err *err)
{
	struct tail *tail = &stream->tail;
	struct tail_part *parts = mem_zalloc(tail->count, sizeof *parts);
	size_t chunks = 0, count = 0;
	for (uint64_t taken = 0; chunks < tail->count && taken < bytes; chunks++) {
		struct tail_part part = tail_part(tail, chunks);
		taken += part.chunk->len;
		if (part.first < part.end)
			parts[count++] = part;
	}
	struct overflow_file *file = NULL;
	enum err_kind kind = ERR_NONE;
	if (count > 0)
		kind = overflow_write(live->overflow, parts, count, &file, err);
	if (kind == ERR_NONE)
		tail_forget(tail, chunks);
	if (file) {
		MEM_GROW(stream->files, stream->file_cap, stream->file_count + 1);
		stream->files[stream->file_count++] = file;
	}
	free(parts);
	return kind;
}

static enum err_kind keep_to_memory(struct live *live, struct err *err)
{
	uint64_t all, most = live->options.bytes_max;
	struct followed *stream = largest(live, &all);
	while (all > most) {
		TRY(spill(live, stream, most / SPILL_SHARE, err));
		stream = largest(live, &all);
	}
	return ERR_NONE;
}

/* What the stream has now; *ret_bytes grows by what was taken. */
static enum err_kind take_stream(struct live *live, struct followed *stream, uint64_t *ret_bytes,
				 struct err *err)
{
	struct live_source *source = &stream->source;
	struct tail *tail = &stream->tail;
	source_answer(source);
	source_ask(source, source->refused ? stream->committed : tail->next);
	if (!live->advanced && source_is_asking(source))
		return ERR_NONE;
	for (uint64_t taken = 0; taken < TAKE_BYTES || !live->advanced;) {
		struct tail_lines lines = { .each = live->options.on_line,
					    .context = live->options.context };
		source_read(source, source->refused ? stream->committed : tail->next, &lines.lines,
			    &lines.offset, &lines.end);
		if (source->restarts) {
			restart_lines(stream);
			source->restarts = false;
		}
		if (lines.lines.len == 0 && source->unopened &&
		    tail->next.offset < stream->committed.offset) {
			start_anew(stream); /* published and removed before we came to it */
			continue;
		}
		if (lines.lines.len == 0)
			break;
		if (lines.offset > tail->next.offset) {
			start_anew(stream);
			break;
		}
		lines.check = live->advanced && lines.lines.len <= CHECK_BYTES;
		tail_add(tail, &lines);
		taken += lines.lines.len;
		*ret_bytes += lines.lines.len;
		TRY(keep_to_memory(live, err));
	}
	return ERR_NONE;
}

static enum err_kind take(struct live *live, uint64_t *ret_bytes, struct err *err)
{
	*ret_bytes = 0;
	for (size_t i = 0; i < live->stream_count; i++)
		TRY(take_stream(live, live->streams[i], ret_bytes, err));
	return ERR_NONE;
}

/* --- waiting --------------------------------------------------------------------------------------------- */

static int wait_ms(const struct live *live)
{
	for (size_t i = 0; i < live->stream_count; i++) {
		if (live->streams[i]->source.reader)
			return READ_EVERY_MS;
	}
	return LOOK_EVERY_MS;
}

/* What there is to wait for, at most so long. */
struct wait {
	struct pollfd *polled;
	nfds_t count;
	int most_ms;
};

static struct wait wait_for(const struct live *live)
{
	struct wait wait = { .most_ms = wait_ms(live) };
	wait.polled = mem_zalloc(live->stream_count + 1, sizeof *wait.polled);
	for (size_t i = 0; i < live->stream_count; i++) {
		int fd = source_fd(&live->streams[i]->source);
		if (fd >= 0)
			wait.polled[wait.count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
	return wait;
}

static void wait_now(struct wait *wait, int64_t left_ms)
{
	poll(wait->polled, wait->count, left_ms < wait->most_ms ? (int)left_ms : wait->most_ms);
	free(wait->polled);
}

/* --- advancing ------------------------------------------------------------------------------------------- */

static bool any_asking(const struct live *live)
{
	for (size_t i = 0; i < live->stream_count; i++) {
		if (source_is_asking(&live->streams[i]->source))
			return true;
	}
	return false;
}

static bool any_catching_up(const struct live *live)
{
	for (size_t i = 0; i < live->stream_count; i++) {
		if (is_catching_up(live->streams[i]))
			return true;
	}
	return false;
}

/* The first time: so that what had been journalled before is seen, whoever answers. */
static enum err_kind catch_up(struct live *live, struct err *err)
{
	int64_t answers_until = clock_monotonic_us() + ANSWER_WAIT_MS * INT64_C(1000);
	uint64_t bytes;
	TRY(take(live, &bytes, err));
	while (any_asking(live) && ms_left(answers_until) > 0)
		source_wait_for_answers((int)ms_left(answers_until));
	int64_t stalled_at = clock_monotonic_us() + STALL_MS * INT64_C(1000);
	TRY(take(live, &bytes, err));
	while (any_catching_up(live) && ms_left(stalled_at) > 0) {
		struct wait wait = wait_for(live);
		wait_now(&wait, ms_left(stalled_at));
		TRY(take(live, &bytes, err));
		if (bytes > 0)
			stalled_at = clock_monotonic_us() + STALL_MS * INT64_C(1000);
	}
	for (size_t i = 0; i < live->stream_count; i++) {
		if (is_catching_up(live->streams[i]))
			source_give_up_tap(&live->streams[i]->source, "its server has stalled");
	}
	live->advanced = true;
	return ERR_NONE;
}

static void forget_state(struct live *live)
{
	for (size_t i = 0; i < live->state.stream_count; i++) {
		free((char *)live->told[i].source);
		free((char *)live->told[i].trouble);
	}
	live->state.stream_count = 0;
}

static uint64_t count_lines(const struct followed *stream)
{
	uint64_t lines = tail_line_count(&stream->tail);
	for (size_t i = 0; i < stream->file_count; i++)
		lines += overflow_file_posts(stream->files[i], stream->tail.from);
	return lines;
}

static char *copy(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

static void tell_state(struct live *live)
{
	forget_state(live);
	struct live_state *state = &live->state;
	*state = (struct live_state){ .snapshot = live->snapshot->number,
				      .snapshot_us = live->snapshot->time_us,
				      .stream_count = live->stream_count };
	MEM_GROW(live->told, live->told_cap, live->stream_count);
	for (size_t i = 0; i < live->stream_count; i++) {
		const struct followed *stream = live->streams[i];
		struct live_stream told = { .way = stream->source.way,
					    .source = copy(stream->source.place.source),
					    .tail_lines = count_lines(stream),
					    .published_us = stream->published_us,
					    .trouble = copy(stream->source.trouble) };
		memcpy(told.id, stream->source.stream, sizeof told.id);
		live->told[i] = told;
		state->tail_lines += told.tail_lines;
		state->tail_bytes += stream->tail.bytes;
	}
	state->streams = live->told;
	state->rows = live->snapshot->rows + state->tail_lines;
}

const struct live_state *live_state(const struct live *live)
{
	return &live->state;
}

static enum err_kind advance_once(struct live *live, bool *ret_changed, struct err *err)
{
	uint64_t bytes = 0;
	bool follows = !live->advanced || pthread_mutex_trylock(&live->lake_lock) == 0;
	if (!live->advanced)
		pthread_mutex_lock(&live->lake_lock);
	pthread_mutex_lock(&live->lock);
	enum err_kind kind = follows ? follow_log(live, ret_changed, err) : ERR_NONE;
	if (kind == ERR_NONE && !live->advanced)
		kind = catch_up(live, err);
	if (kind == ERR_NONE)
		kind = take(live, &bytes, err);
	*ret_changed |= bytes > 0;
	if (kind == ERR_NONE)
		tell_state(live);
	pthread_mutex_unlock(&live->lock);
	if (follows)
		pthread_mutex_unlock(&live->lake_lock);
	return kind;
}

enum err_kind live_advance(struct live *live, int timeout_ms, bool *ret_changed, struct err *err)
{
	int64_t deadline_us = clock_monotonic_us() + timeout_ms * INT64_C(1000);
	bool changed = !live->advanced;
	TRY(advance_once(live, &changed, err));
	while (!changed && ms_left(deadline_us) > 0) {
		pthread_mutex_lock(&live->lock);
		struct wait wait = wait_for(live);
		pthread_mutex_unlock(&live->lock);
		wait_now(&wait, ms_left(deadline_us));
		TRY(advance_once(live, &changed, err));
	}
	*ret_changed = changed;
	return ERR_NONE;
}

/* --- attaching ------------------------------------------------------------------------------------------- */

static enum err_kind attach_once(struct live *live, struct session *session, const char *statement,
				 struct err *err)
{
	pthread_mutex_lock(&live->lock);
	struct moment *moment = moment_new(live);
	int64_t not_before_us = INT64_MIN;
	uint64_t rows;
	if (statement && live->stream_count > 0 && warehouse_asks_newest(statement, &rows))
		not_before_us = moment_keep_newest(moment, live->snapshot, rows,
						   live->streams[0]->tail.reader);
	pthread_mutex_unlock(&live->lock);
	struct held_table table = moment_table(moment);
	struct name_list scans = { 0 };
	moment_scans(moment, session_held_name(session), &scans);
	struct warehouse_tail tail = { .scans = scans.names, .scan_count = scans.count };
	int64_t *hours = moment_hours(moment, &tail.hour_count);
	tail.hours = hours;
	struct warehouse_live view = { .lake = live->options.lake,
				       .snapshot = live->snapshot,
				       .settings = live->options.settings,
				       .tail = &tail,
				       .statement = statement,
				       .not_before_us = not_before_us };
	session_hold(session, &table);
	enum err_kind kind = warehouse_attach_live(session, &view, err);
	moment_drop(moment);
	name_list_release(&scans);
	free(hours);
	return kind;
}

bool live_was_overtaken(const struct err *err)
{
	return strstr(err->msg, "No such file") || strstr(err->msg, "No files found");
}

enum err_kind live_attach(struct live *live, struct session *session, const char *statement,
			  struct err *err)
{
	bool ignored = false;
	pthread_mutex_lock(&live->lake_lock);
	enum err_kind kind = attach_once(live, session, statement, err);
	for (int i = 1; i < ATTACH_ATTEMPTS && kind != ERR_NONE &&
			(kind == ERR_RETRY || live_was_overtaken(err));
	     i++) {
		pthread_mutex_lock(&live->lock);
		kind = follow_log(live, &ignored, err);
		pthread_mutex_unlock(&live->lock);
		if (kind == ERR_NONE)
			kind = attach_once(live, session, statement, err);
	}
	pthread_mutex_unlock(&live->lake_lock);
	return kind;
}

/* --- opening --------------------------------------------------------------------------------------------- */

enum err_kind live_open(const struct live_options *options, struct live **ret_live, struct err *err)
{
	struct live *live = mem_zalloc(1, sizeof *live);
	bool ignored = false;
	live->options = *options;
	pthread_mutex_init(&live->lake_lock, NULL);
	pthread_mutex_init(&live->lock, NULL);
	overflow_open(&live->overflow, options->lake, options->engine);
	enum err_kind kind = follow_log(live, &ignored, err);
	if (kind != ERR_NONE) {
		live_close(live);
		return kind;
	}
	tell_state(live);
	*ret_live = live;
	return ERR_NONE;
}

void live_close(struct live *live)
{
	if (!live)
		return;
	for (size_t i = 0; i < live->stream_count; i++) {
		source_release(&live->streams[i]->source);
		drop_files(live->streams[i], live->streams[i]->file_count);
		tail_release(&live->streams[i]->tail);
		free(live->streams[i]->files);
		free(live->streams[i]);
	}
	overflow_close(live->overflow);
	forget_state(live);
	lake_snapshot_free(live->snapshot);
	pthread_mutex_destroy(&live->lock);
	pthread_mutex_destroy(&live->lake_lock);
	free(live->streams);
	free(live->told);
	free(live);
}
