/* Recorded objects as they are shown now (between recorded_render.c and recorded_write.c). */
#pragma once
#include "simulator/recorded.h"

struct recorded_writer {
	const struct recorded *recorded;
	const struct invention *pace;
	const struct invent_view *view;
	struct buf *out;
	uint64_t round;
	int64_t shift_us; /* how much later the post at hand is than it was */
};

/* Each writes {…} without a comma before it. A post sets shift_us. */
void recorded_write_post(struct recorded_writer *writer, yyjson_val *post);
/* Users, media, places and polls; when a poll ends is shifted. */
void recorded_write_object(struct recorded_writer *writer, enum invent_parameter fields,
			   yyjson_val *object);

/* Whether an expansion is asked for, by its name in either vocabulary. */
bool recorded_expands(const struct invent_view *view, const char *name);
