#include "role/status_streams.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/net.h"
#include "role/role.h"
#include "wire/wire.h"
#include "terminal/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWER_TIMEOUT_MS = 1000 };

/* --- finding out ------------------------------------------------------------------------------------------ */

static void add_stream(struct stream_list *list, const struct lake_snapshot *snapshot,
		       const char *id)
{
	const struct lake_stream *committed = lake_snapshot_stream(snapshot, id);
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->streams[i].id, id) == 0)
			return;
	}
	MEM_GROW(list->streams, list->cap, list->count + 1);
	list->streams[list->count++] =
		(struct stream_status){ .id = mem_strdup(id),
					.committed = committed ? committed->to : 0 };
}

/* Nobody there is no error: then the role is not running. */
static void ask_server(struct stream_status *stream)
{
	char host[NET_HOST_MAX];
	int port;
	struct err ignored;
	if (!stream->source.address ||
	    net_parse_address(stream->source.address, host, &port, &ignored) != ERR_NONE ||
	    wire_status(host, port, ANSWER_TIMEOUT_MS, &stream->answer, &ignored) != ERR_NONE ||
	    json_read(&stream->doc, buf_str(&stream->answer), &ignored) != ERR_NONE ||
	    !str_equal(json_get_text(stream->doc.root, "stream"), str_from(stream->id)))
		buf_reset(&stream->answer);
}

/* A journal that is not there to be looked at leaves it unknown. */
static enum err_kind find_lag(struct stream_status *stream, struct err *err)
{
	char found[UUID_TEXT];
	struct position end;
	if (!stream->source.journal)
		return ERR_NONE;
	enum err_kind kind = journal_look(stream->source.journal, found, &end, err);
	if (kind != ERR_NONE)
		return kind == ERR_RETRY ? ERR_NONE : kind;
	if (strcmp(found, stream->id) != 0)
		return ERR_NONE;
	stream->lag_known = true;
	stream->lag = end.offset > stream->committed ? end.offset - stream->committed : 0;
	return ERR_NONE;
}

static enum err_kind look_at(struct lake *lake, struct stream_status *stream, struct err *err)
{
	TRY(lake_source_read(lake, stream->id, &stream->source, err));
	TRY(find_lag(stream, err));
	ask_server(stream);
	return ERR_NONE;
}

enum err_kind status_streams_find(struct lake *lake, const struct lake_snapshot *snapshot,
				  struct stream_list *ret, struct err *err)
{
	struct name_list names = { 0 };
	for (size_t i = 0; i < snapshot->stream_count; i++) {
		if (!snapshot->streams[i].requests)
			add_stream(ret, snapshot, snapshot->streams[i].id);
	}
	enum err_kind kind = store_list(lake_store(lake), "_aviary/sources", &names, err);
	for (size_t i = 0; i < names.count; i++) {
		if (uuid_valid(str_from(names.names[i])))
			add_stream(ret, snapshot, names.names[i]);
	}
	name_list_release(&names);
	for (size_t i = 0; i < ret->count && kind == ERR_NONE; i++)
		kind = look_at(lake, &ret->streams[i], err);
	return kind;
}

void status_streams_release(struct stream_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct stream_status *stream = &list->streams[i];
		free(stream->id);
		lake_source_release(&stream->source);
		buf_release(&stream->answer);
		json_release(&stream->doc);
	}
	free(list->streams);
}

/* --- telling ------------------------------------------------------------------------------------------------ */

/* What the role says; NULL when it says nothing. */
static yyjson_val *words_of(const struct stream_status *stream)
{
	yyjson_val *status = stream->answer.len > 0 ? json_get(stream->doc.root, "status") : NULL;
	return yyjson_is_obj(status) ? status : NULL;
}

/* A text of a server: nothing in it moves the cursor of a terminal. */
static void print_words(struct str text)
{
	for (size_t i = 0; i < text.len; i++)
		putchar((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? ' ' :
										  text.ptr[i]);
}

static void print_member(const char *before, yyjson_val *object, const char *name)
{
	struct str text = json_text(json_get(object, name));
	if (text.len == 0)
		return;
	fputs(before, stdout);
	print_words(text);
}

static void print_sum(const char *before, yyjson_val *sum)
{
	print_member(before, sum, "posts");
	print_member(" posts, $", sum, "usd");
	print_member(" (at most $", sum, "usd_max");
	printf(")");
	if (json_text(json_get(sum, "of_usd")).len > 0)
		print_member(" of $", sum, "of_usd");
}

static void print_spend(yyjson_val *spend)
{
	if (!yyjson_is_obj(spend))
		return;
	print_sum("            spent today: ", json_get(spend, "today"));
	print_sum("; this month: ", json_get(spend, "month"));
	print_member("; posts of yesterday: ", spend, "usage");
	printf("\n");
}

static void print_gaps(yyjson_val *words)
{
	uint64_t gaps = 0;
	char number[32];
	if (str_to_u64(json_text(json_get(words, "gaps")), &gaps) && gaps > 0)
		printf("            %s gap%s: SELECT * FROM request_log WHERE kind = 'gap'\n",
		       grouped(gaps, number), gaps == 1 ? "" : "s");
}

static void print_polls(yyjson_val *words)
{
	yyjson_val *last = json_get(words, "last_poll"), *waiting = json_get(words, "waiting");
	if (yyjson_is_obj(last)) {
		print_member("            polled '", last, "rule");
		print_member("' at ", last, "at");
		print_member(": ", last, "new");
		print_member(" new of ", last, "posts");
		printf(" posts");
		print_member("; ", last, "error");
		print_member("; next ", words, "next_poll");
		printf("\n");
	}
	if (yyjson_is_obj(waiting)) {
		print_member("            waiting: ", waiting, "why");
		print_member(", until ", waiting, "until");
		printf("\n");
	}
	print_spend(json_get(words, "spend"));
	print_gaps(words);
}

static void print_stream(const struct stream_status *stream)
{
	char committed[32], lag[32];
	yyjson_val *words = words_of(stream);
	printf("stream      %s committed to byte %s, ", stream->id,
	       grouped(stream->committed, committed));
	if (stream->lag_known)
		printf("%s bytes behind its journal\n", grouped(stream->lag, lag));
	else
		printf("its journal is not here\n");
	if (!stream->source.address)
		return;
	printf("            %s", stream->source.source ? stream->source.source : "no posts yet");
	print_member(", served by ", words, "role");
	printf("%s %s\n", words ? " at" : ", not served at", stream->source.address);
	if (words)
		print_polls(words);
}

void status_streams_print(const struct stream_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		print_stream(&list->streams[i]);
}

static void add_text(struct buf *ret, const char *name, const char *value)
{
	buf_addf(ret, ",\"%s\":", name);
	if (value)
		buf_add_json(ret, str_from(value));
	else
		buf_add_text(ret, "null");
}

static void add_stream_json(const struct stream_status *stream, struct buf *ret)
{
	yyjson_val *words = words_of(stream);
	buf_addf(ret, "{\"stream\":\"%s\",\"committed\":%" PRIu64 ",\"lag\":", stream->id,
		 stream->committed);
	if (stream->lag_known)
		buf_addf(ret, "%" PRIu64, stream->lag);
	else
		buf_add_text(ret, "null");
	add_text(ret, "source", stream->source.source);
	add_text(ret, "address", stream->source.address);
	add_text(ret, "journal", stream->source.journal);
	buf_add_text(ret, ",\"server\":");
	if (words)
		json_write(ret, &stream->doc, words);
	else
		buf_add_text(ret, "null");
	buf_add_byte(ret, '}');
}

void status_streams_add_json(const struct stream_list *list, struct buf *ret)
{
	buf_add_byte(ret, '[');
	for (size_t i = 0; i < list->count; i++) {
		buf_add_text(ret, i > 0 ? "," : "");
		add_stream_json(&list->streams[i], ret);
	}
	buf_add_byte(ret, ']');
}
