/* Inside role/: what status tells about the streams of a lake: how far they are, and what those who serve
 * them say of themselves. */
#pragma once
#include "base/json.h"
#include "lake/lake.h"

struct stream_status {
	char *id;
	uint64_t committed, lag;
	bool lag_known; /* its journal is here to be looked at */
	struct lake_source source;
	struct buf answer;   /* of its server; empty when nobody answers for this stream */
	struct json_doc doc; /* the answer, read */
};
struct stream_list {
	struct stream_status *streams;
	size_t count, cap;
};
/* Those the log knows, and those whose first batch is still to come. */
MUST_CHECK enum err_kind status_streams_find(struct lake *lake,
					     const struct lake_snapshot *snapshot,
					     struct stream_list *ret, struct err *err);
void status_streams_print(const struct stream_list *list);
/* As a JSON list. */
void status_streams_add_json(const struct stream_list *list, struct buf *ret);
void status_streams_release(struct stream_list *list);
