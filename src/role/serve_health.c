#include "role/serve.h"
#include "lake/lake.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/net.h"
#include "wire/wire.h"

#include <inttypes.h>
#include <stdlib.h>

enum { SOURCE_PATIENCE_MS = 200 };

/* --- asking ------------------------------------------------------------------------------------------- */

/* The member "status" of what it answers; nothing when it does not. */
static void ask_source(const char *address, struct buf *ret)
{
	char host[NET_HOST_MAX];
	struct json_doc doc = { 0 };
	struct buf answer = { 0 };
	struct err err;
	int port;
	if (net_parse_address(address, host, &port, &err) == ERR_NONE &&
	    wire_status(host, port, SOURCE_PATIENCE_MS, &answer, &err) == ERR_NONE &&
	    json_read(&doc, buf_str(&answer), &err) == ERR_NONE) {
		yyjson_val *status = json_get(doc.root, "status");
		if (yyjson_is_obj(status))
			json_write(ret, &doc, status);
	}
	json_release(&doc);
	buf_release(&answer);
}

void serve_ask_sources(struct serve *serve)
{
	const struct live_state *state = live_state(serve->live);
	for (size_t i = state->stream_count; i < serve->status_count; i++)
		buf_release(&serve->statuses[i]);
	serve->statuses =
		mem_resize(serve->statuses, state->stream_count * sizeof *serve->statuses + 1);
	for (size_t i = serve->status_count; i < state->stream_count; i++)
		serve->statuses[i] = (struct buf){ 0 };
	serve->status_count = state->stream_count;
	for (size_t i = 0; i < state->stream_count; i++) {
		struct lake_source source = { 0 };
		struct err err;
		buf_reset(&serve->statuses[i]);
		if (state->streams[i].way == LIVE_TAPPED &&
		    lake_source_read(serve->lake, state->streams[i].id, &source, &err) ==
			    ERR_NONE &&
		    source.address)
			ask_source(source.address, &serve->statuses[i]);
		lake_source_release(&source);
	}
}

/* --- telling ------------------------------------------------------------------------------------------ */

static const char *way_name(enum live_way way)
{
	switch (way) {
	case LIVE_TAPPED:
		return "live";
	case LIVE_IN_PLACE:
		return "in place";
	case LIVE_PUBLISHED_ONLY:
		break;
	}
	return "published";
}

static void add_text_or_null(struct buf *ret, const char *name, const char *text)
{
	buf_addf(ret, ",\"%s\":", name);
	if (text)
		buf_add_json(ret, str_from(text));
	else
		buf_add_text(ret, "null");
}

static void add_stream(struct buf *ret, const struct live_stream *stream, const struct buf *status)
{
	buf_addf(ret,
		 "{\"stream\":\"%s\",\"way\":\"%s\",\"tail\":%" PRIu64 ",\"published\":%" PRId64,
		 stream->id, way_name(stream->way), stream->tail_lines,
		 stream->published_us / 1000);
	add_text_or_null(ret, "source", stream->source);
	add_text_or_null(ret, "trouble", stream->trouble);
	buf_add_text(ret, ",\"status\":");
	buf_add_str(ret, status && status->len > 0 ? buf_str(status) : STR("null"));
	buf_add_byte(ret, '}');
}

void serve_tell_health(struct serve *serve)
{
	const struct live_state *state = live_state(serve->live);
	struct buf json = { 0 };
	buf_add_text(&json, "{\"lake\":");
	buf_add_json(&json, str_from(lake_path(serve->lake)));
	add_text_or_null(&json, "version", AVIARY_VERSION);
	add_text_or_null(&json, "trouble", serve->trouble);
	buf_addf(&json,
		 ",\"snapshot\":%" PRIu64 ",\"published\":%" PRId64 ",\"rows\":%" PRIu64
		 ",\"tail\":%" PRIu64 ",\"streams\":[",
		 state->snapshot, state->snapshot_us / 1000, state->rows, state->tail_lines);
	for (size_t i = 0; i < state->stream_count; i++) {
		if (i > 0)
			buf_add_byte(&json, ',');
		add_stream(&json, &state->streams[i],
			   i < serve->status_count ? &serve->statuses[i] : NULL);
	}
	buf_add_text(&json, "]}");
	dashboard_tell(serve->dashboard, "health", buf_str(&json));
	buf_release(&json);
}
