/* The dashboard shows what is in a lake and what comes: one page, kept current by server-sent events.
 *
 * In: a session with every table (asked by the SQL under sql/30_dashboard/), wire lines as they come,
 * and what the role tells about itself. Out: the page, its events, or one file with all of it. Promised:
 * what is shown is computed once, however many look; a newcomer gets everything at once, one who was
 * away gets what changed; who reads too slowly is dropped and harms nobody; no text of a post can
 * become anything but text. Bound to loopback it answers to loopback's names only, so that no page
 * from elsewhere can read it (DNS rebinding).
 *
 *     GET /             the page                GET /events    text/event-stream
 *     GET /page.css     how it looks            GET /healthz   200 "ok" while it is alive
 *     GET /page.js      what it does            GET /icon.svg
 *
 * An event is named after the file of SQL that made it ("hashtags": {"columns":[…],"rows":[[…],…]}),
 * or "window", "posts", "counters", "beat", or as the role calls it. */
#pragma once
#include "engine/engine.h"

struct dashboard;

struct dashboard_options {
	const char *zone; /* weekdays are taken in it: "UTC" */
};
struct dashboard *dashboard_new(const struct dashboard_options *options);
void dashboard_free(struct dashboard *dashboard); /* stops serving; NULL is fine */

/* Answers on HOST:PORT (numeric; port 0: any free one) from a thread of its own. */
MUST_CHECK enum err_kind dashboard_serve(struct dashboard *dashboard, const char *host, int port,
					 struct err *err);
int dashboard_port(const struct dashboard *dashboard);
/* How many follow the events now. */
size_t dashboard_watchers(struct dashboard *dashboard);

/* --- what it shows: these are called by one thread ------------------------------------------------- */

/* Asks everything again and pushes what has changed. The window is the 24 whole hours up to `now_us`, or
 * where they hold no post, the newest day that does. The session has all tables. */
MUST_CHECK enum err_kind dashboard_ask(struct dashboard *dashboard, struct session *session,
				       int64_t now_us, struct err *err);
/* Whether `now_us` lies in an hour that the last dashboard_ask() did not know. */
bool dashboard_is_of_the_past(const struct dashboard *dashboard, int64_t now_us);

/* A post came. What is no post is passed over. Shown at the next dashboard_push(). */
void dashboard_hear(struct dashboard *dashboard, struct str line);
/* Sets and pushes an event of the role's; `json` is one line. Unchanged: nothing is sent. */
void dashboard_tell(struct dashboard *dashboard, const char *event, struct str json);
/* Pushes what was heard since, and a sign of life when nothing was pushed for a while. */
void dashboard_push(struct dashboard *dashboard, int64_t now_us);
bool dashboard_has_news(const struct dashboard *dashboard);

/* --- one file ------------------------------------------------------------------------------------------ */

/* Adds a page that needs nothing else, with everything as it is now; without script it shows the numbers
 * as tables. */
void dashboard_page(struct dashboard *dashboard, struct buf *ret);
