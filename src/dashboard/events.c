/* What is kept is numbered as it is put. An id is the number with the name of this process before it, so
 * that a listener of a predecessor is known and gets everything:
 *
 *     id: 6fa4…-17
 *     event: hashtags
 *     data: {"columns":…}
 */
#include "dashboard/events.h"

#include "base/hash.h"
#include "base/mem.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
	KEPT_MAX = 64,
	RETRY_MS = 1000, /* how long a browser waits before it asks again */
	ID_TEXT = UUID_TEXT + 24,
};

struct kept {
	char *name;
	struct buf text;
	uint64_t number;
};

struct events {
	pthread_mutex_t lock;
	char process[UUID_TEXT];
	uint64_t number;
	struct kept kept[KEPT_MAX];
	size_t kept_count;
	struct http_stream **streams;
	size_t stream_count, stream_cap;
	bool closed;
};

struct events *events_new(void)
{
	struct events *events = mem_zalloc(1, sizeof *events);
	uuid_new(events->process);
	pthread_mutex_init(&events->lock, NULL);
	return events;
}

void events_close(struct events *events)
{
	pthread_mutex_lock(&events->lock);
	for (size_t i = 0; i < events->stream_count; i++)
		http_stream_release(events->streams[i]);
	events->stream_count = 0;
	events->closed = true;
	pthread_mutex_unlock(&events->lock);
}

void events_free(struct events *events)
{
	for (size_t i = 0; i < events->kept_count; i++) {
		free(events->kept[i].name);
		buf_release(&events->kept[i].text);
	}
	free(events->streams);
	pthread_mutex_destroy(&events->lock);
	free(events);
}

/* A line break of any kind would end the field; each line of the data is a field of its own. */
void events_add(struct buf *ret, const char *id, const char *name, struct str data)
{
	buf_addf(ret, "id: %s\nevent: %s\ndata: ", id, name);
	for (size_t i = 0; i < data.len; i++) {
		char byte = data.ptr[i];
		if (byte == '\r' && i + 1 < data.len && data.ptr[i + 1] == '\n')
			continue;
		if (byte == '\r' || byte == '\n')
			buf_add_text(ret, "\ndata: ");
		else
			buf_add_byte(ret, byte);
	}
	buf_add_text(ret, "\n\n");
}

static void add_numbered(struct events *events, struct buf *ret, uint64_t number, const char *name,
			 struct str text)
{
	char id[ID_TEXT];
	snprintf(id, sizeof id, "%s-%" PRIu64, events->process, number);
	events_add(ret, id, name, text);
}

static struct kept *find_kept(struct events *events, const char *name)
{
	for (size_t i = 0; i < events->kept_count; i++) {
		if (strcmp(events->kept[i].name, name) == 0)
			return &events->kept[i];
	}
	return NULL;
}

static void keep(struct events *events, const char *name, struct str text)
{
	struct kept *kept = find_kept(events, name);
	if (!kept && events->kept_count < KEPT_MAX) {
		kept = &events->kept[events->kept_count++];
		kept->name = mem_strdup(name);
	}
	if (!kept)
		return;
	buf_reset(&kept->text);
	buf_add_str(&kept->text, text);
	kept->number = events->number;
}

static void send_all(struct events *events, struct str bytes)
{
	size_t left = 0;
	for (size_t i = 0; i < events->stream_count; i++) {
		if (http_stream_send(events->streams[i], bytes))
			events->streams[left++] = events->streams[i];
		else
			http_stream_release(events->streams[i]);
	}
	events->stream_count = left;
}

void events_put(struct events *events, const char *name, struct str kept, struct str sent)
{
	struct buf bytes = { 0 };
	pthread_mutex_lock(&events->lock);
	events->number++;
	if (kept.ptr)
		keep(events, name, kept);
	if (sent.ptr && events->stream_count > 0) {
		add_numbered(events, &bytes, events->number, name, sent);
		send_all(events, buf_str(&bytes));
	}
	pthread_mutex_unlock(&events->lock);
	buf_release(&bytes);
}

bool events_keeps(struct events *events, const char *name, struct str text)
{
	pthread_mutex_lock(&events->lock);
	const struct kept *kept = find_kept(events, name);
	bool same = kept && (!text.ptr || str_equal(buf_str(&kept->text), text));
	pthread_mutex_unlock(&events->lock);
	return same;
}

/* The number in an id of ours; 0 for any other. */
static uint64_t number_of(const struct events *events, struct str id)
{
	size_t prefix = strlen(events->process) + 1;
	uint64_t number = 0;
	if (id.len <= prefix || !str_starts(id, str_from(events->process)) ||
	    id.ptr[prefix - 1] != '-' ||
	    !str_to_u64(str_make(id.ptr + prefix, id.len - prefix), &number))
		return 0;
	return number;
}

/* In the order they were put, so that a listener that is cut off in between goes on from there. */
static const struct kept *next_kept(const struct events *events, uint64_t number)
{
	const struct kept *next = NULL;
	for (size_t i = 0; i < events->kept_count; i++) {
		const struct kept *kept = &events->kept[i];
		if (kept->number > number && (!next || kept->number < next->number))
			next = kept;
	}
	return next;
}

void events_join(struct events *events, struct http_stream *stream, struct str last_id)
{
	struct buf bytes = { 0 };
	buf_addf(&bytes, "retry: %d\n\n", RETRY_MS);
	pthread_mutex_lock(&events->lock);
	const struct kept *kept = next_kept(events, number_of(events, last_id));
	for (; kept; kept = next_kept(events, kept->number))
		add_numbered(events, &bytes, kept->number, kept->name, buf_str(&kept->text));
	if (!events->closed && http_stream_send(stream, buf_str(&bytes))) {
		MEM_GROW(events->streams, events->stream_cap, events->stream_count + 1);
		events->streams[events->stream_count++] = stream;
	} else {
		http_stream_release(stream);
	}
	pthread_mutex_unlock(&events->lock);
	buf_release(&bytes);
}

size_t events_listeners(struct events *events)
{
	pthread_mutex_lock(&events->lock);
	size_t count = events->stream_count;
	pthread_mutex_unlock(&events->lock);
	return count;
}

void events_each(struct events *events,
		 void (*each)(void *context, const char *name, struct str text), void *context)
{
	pthread_mutex_lock(&events->lock);
	for (size_t i = 0; i < events->kept_count; i++)
		each(context, events->kept[i].name, buf_str(&events->kept[i].text));
	pthread_mutex_unlock(&events->lock);
}
