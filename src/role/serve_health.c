#include "role/serve.h"

#include "base/buf.h"

#include <inttypes.h>

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

void serve_tell_health(struct dashboard *dashboard, const struct serve_health *health)
{
	const struct live_state *state = health->state;
	struct buf json = { 0 };
	buf_add_text(&json, "{\"lake\":");
	buf_add_json(&json, str_from(lake_path(health->lake)));
	add_text_or_null(&json, "version", AVIARY_VERSION);
	add_text_or_null(&json, "trouble", health->trouble);
	buf_addf(&json,
		 ",\"snapshot\":%" PRIu64 ",\"published\":%" PRId64 ",\"rows\":%" PRIu64
		 ",\"tail\":%" PRIu64 ",\"streams\":[",
		 state->snapshot, state->snapshot_us / 1000, state->rows, state->tail_lines);
	for (size_t i = 0; i < state->stream_count; i++) {
		if (i > 0)
			buf_add_byte(&json, ',');
		add_stream(&json, &state->streams[i],
			   health->statuses ? &health->statuses[i] : NULL);
	}
	buf_add_text(&json, "]}");
	dashboard_tell(dashboard, "health", buf_str(&json));
	buf_release(&json);
}
