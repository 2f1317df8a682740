#include "live/source.h"

#include "base/clock.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	TAP_AGAIN_MS = 200,
	TAP_AGAIN_MAX_MS = 5000,
	READ_AGAIN_MS = 200,
	ATTEMPTS_MAX = 16,
};

static int64_t after_ms(int64_t ms)
{
	return clock_monotonic_us() + ms * 1000;
}

/* --- asking in the background ---------------------------------------------------------------------------- */

/* Belongs to the thread and to whoever asked: the last to leave frees it. */
struct tap_attempt {
	char *host;
	int port;
	char stream[UUID_TEXT];
	struct position from;
	int owners;
	bool done;
	struct wire_client *client;
	enum err_kind kind;
	struct err err;
};

static pthread_mutex_t attempts_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t attempt_done = PTHREAD_COND_INITIALIZER;
static int attempts_running;

static void attempt_leave(struct tap_attempt *attempt)
{
	pthread_mutex_lock(&attempts_lock);
	bool last = --attempt->owners == 0;
	pthread_mutex_unlock(&attempts_lock);
	if (!last)
		return;
	wire_client_close(attempt->client);
	free(attempt->host);
	free(attempt);
}

static void *attempt_run(void *context)
{
	struct tap_attempt *attempt = context;
	struct wire_client *client = NULL;
	struct err err = { 0 };
	enum err_kind kind = wire_client_tap(attempt->host, attempt->port, attempt->stream,
					     attempt->from, &client, &err);
	pthread_mutex_lock(&attempts_lock);
	attempt->client = client;
	attempt->kind = kind;
	attempt->err = err;
	attempt->done = true;
	attempts_running--;
	pthread_cond_broadcast(&attempt_done);
	pthread_mutex_unlock(&attempts_lock);
	attempt_leave(attempt);
	return NULL;
}

static struct tap_attempt *attempt_start(const char *host, int port, const char *stream,
					 struct position from)
{
	struct tap_attempt *attempt = mem_zalloc(1, sizeof *attempt);
	pthread_attr_t detached;
	pthread_t thread;
	attempt->host = mem_strdup(host);
	attempt->port = port;
	attempt->from = from;
	attempt->owners = 2;
	memcpy(attempt->stream, stream, sizeof attempt->stream);
	pthread_attr_init(&detached);
	pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
	pthread_mutex_lock(&attempts_lock);
	bool started = attempts_running < ATTEMPTS_MAX &&
		       pthread_create(&thread, &detached, attempt_run, attempt) == 0;
	attempts_running += started;
	pthread_mutex_unlock(&attempts_lock);
	pthread_attr_destroy(&detached);
	if (started)
		return attempt;
	free(attempt->host);
	free(attempt);
	return NULL;
}

static bool attempt_is_done(const struct tap_attempt *attempt)
{
	pthread_mutex_lock(&attempts_lock);
	bool done = attempt->done;
	pthread_mutex_unlock(&attempts_lock);
	return done;
}

void source_wait_for_answers(int timeout_ms)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout_ms / 1000;
	until.tv_nsec += timeout_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000L;
	}
	pthread_mutex_lock(&attempts_lock);
	if (attempts_running > 0)
		pthread_cond_timedwait(&attempt_done, &attempts_lock, &until);
	pthread_mutex_unlock(&attempts_lock);
}

/* --- the source ------------------------------------------------------------------------------------------ */

void source_init(struct live_source *source, const char *stream)
{
	*source = (struct live_source){ .way = LIVE_PUBLISHED_ONLY };
	snprintf(source->stream, sizeof source->stream, "%s", stream);
}

static void set_trouble(struct live_source *source, const char *words)
{
	char *before = source->trouble;
	source->trouble = words ? mem_strdup(words) : NULL;
	free(before);
}

static void close_reader(struct live_source *source)
{
	journal_reader_close(source->reader);
	source->reader = NULL;
}

static void close_client(struct live_source *source)
{
	wire_client_close(source->client);
	source->client = NULL;
}

void source_release(struct live_source *source)
{
	close_reader(source);
	close_client(source);
	if (source->attempt)
		attempt_leave(source->attempt);
	lake_source_release(&source->place);
	free(source->trouble);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void source_place(struct live_source *source, struct lake_source *place)
{
	if (!same_text(source->place.address, place->address)) {
		source->tap_us = 0;
		source->tap_failures = 0;
	}
	if (!same_text(source->place.journal, place->journal)) {
		close_reader(source);
		source->read_us = 0;
	}
	lake_source_release(&source->place);
	source->place = *place;
}

/* "HOST:PORT"; brackets around an IPv6 address. */
static bool split_address(const char *address, char **ret_host, int *ret_port)
{
	const char *colon = address ? strrchr(address, ':') : NULL;
	uint64_t port;
	if (!colon || colon == address || !str_to_u64(str_from(colon + 1), &port) || port == 0 ||
	    port > 65535)
		return false;
	size_t len = (size_t)(colon - address);
	bool bracketed = address[0] == '[' && address[len - 1] == ']' && len > 2;
	*ret_host = mem_printf("%.*s", (int)(bracketed ? len - 2 : len), address + bracketed);
	*ret_port = (int)port;
	return true;
}

static void tap_again_later(struct live_source *source)
{
	int64_t wait_ms = TAP_AGAIN_MS;
	for (int i = 0; i < source->tap_failures && wait_ms < TAP_AGAIN_MAX_MS; i++)
		wait_ms *= 2;
	source->tap_failures++;
	source->tap_us = after_ms(wait_ms < TAP_AGAIN_MAX_MS ? wait_ms : TAP_AGAIN_MAX_MS);
}

void source_ask(struct live_source *source, struct position from)
{
	char *host;
	int port;
	if (source->client || source->attempt || clock_monotonic_us() < source->tap_us ||
	    !split_address(source->place.address, &host, &port))
		return;
	source->attempt = attempt_start(host, port, source->stream, from);
	if (!source->attempt)
		tap_again_later(source);
	free(host);
}

bool source_is_asking(const struct live_source *source)
{
	return source->attempt && !attempt_is_done(source->attempt);
}

static void take_client(struct live_source *source, struct tap_attempt *attempt)
{
	close_reader(source);
	source->client = attempt->client;
	attempt->client = NULL;
	source->at = wire_client_start(source->client);
	source->end = wire_client_end(source->client);
	source->way = LIVE_TAPPED;
	source->tap_failures = 0;
	source->restarts |= source->refused;
	source->refused = false;
	set_trouble(source, NULL);
}

void source_answer(struct live_source *source)
{
	struct tap_attempt *attempt = source->attempt;
	if (!attempt || !attempt_is_done(attempt))
		return;
	source->attempt = NULL;
	if (attempt->kind == ERR_NONE) {
		take_client(source, attempt);
	} else {
		source->refused |= attempt->kind == ERR_FATAL && !source->reader;
		set_trouble(source, attempt->err.msg);
		tap_again_later(source);
	}
	attempt_leave(attempt);
}

void source_give_up_tap(struct live_source *source, const char *why)
{
	close_client(source);
	source->way = LIVE_PUBLISHED_ONLY;
	set_trouble(source, why);
	tap_again_later(source);
}

static void read_again_later(struct live_source *source, enum err_kind kind, const struct err *err)
{
	close_reader(source);
	source->refused |= kind == ERR_FATAL;
	source->read_us = after_ms(READ_AGAIN_MS);
	source->way = LIVE_PUBLISHED_ONLY;
	set_trouble(source, err->msg);
}

static bool open_reader(struct live_source *source, struct position from)
{
	struct err err = { 0 };
	if (!source->place.journal) {
		source->way = LIVE_PUBLISHED_ONLY;
		if (!source->trouble)
			set_trouble(source, source->place.address ?
						    "its server does not answer" :
						    "nobody has said where its journal is");
		return false;
	}
	if (clock_monotonic_us() < source->read_us)
		return false;
	enum err_kind kind = journal_reader_open(source->place.journal, source->stream, from,
						 &source->reader, &err);
	source->unopened = kind != ERR_NONE;
	if (kind != ERR_NONE) {
		read_again_later(source, kind, &err);
		return false;
	}
	source->at = from;
	source->way = LIVE_IN_PLACE;
	source->restarts |= source->refused;
	source->refused = false;
	if (!source->trouble)
		set_trouble(source, "its server is not known");
	return true;
}

void source_read(struct live_source *source, struct position next, struct str *ret_lines,
		 uint64_t *ret_offset, struct position *ret_end)
{
	struct str lines = STR_NONE;
	struct position end = source->at;
	struct err err = { 0 };
	enum err_kind kind = ERR_NONE;
	*ret_lines = STR_NONE;
	if (source->client) {
		kind = wire_client_read(source->client, 0, &lines, &end, &err);
		if (kind != ERR_NONE)
			source_give_up_tap(source, err.msg);
	} else if (source->reader || open_reader(source, next)) {
		end = source->at;
		kind = journal_reader_next(source->reader, &lines, &end, &err);
		if (kind != ERR_NONE)
			read_again_later(source, kind, &err);
	}
	if (kind != ERR_NONE || lines.len == 0)
		return;
	*ret_lines = lines;
	*ret_offset = source->at.offset;
	*ret_end = source->at = end;
}

void source_forget(struct live_source *source)
{
	close_reader(source);
	close_client(source);
	if (source->attempt)
		attempt_leave(source->attempt);
	source->attempt = NULL;
	source->way = LIVE_PUBLISHED_ONLY;
	source->refused = source->restarts = source->unopened = false;
	source->tap_us = source->read_us = 0;
}

int source_fd(const struct live_source *source)
{
	return source->client ? wire_client_fd(source->client) : -1;
}
