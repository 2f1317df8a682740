/* Inside role/: what serve tells about the lake and its streams, beside the charts. */
#pragma once
#include "dashboard/dashboard.h"
#include "role/live.h"

/* Sets the event "health". `statuses` is what the streams' sources tell about themselves, JSON or "", one
 * each in the order of the state's streams; NULL: nobody was asked. `trouble` may be NULL. */
struct serve_health {
	struct lake *lake;
	const struct live_state *state;
	const struct buf *statuses;
	const char *trouble;
};
void serve_tell_health(struct dashboard *dashboard, const struct serve_health *health);
