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

struct dashboard *dashboard_new(void);
void dashboard_free(struct dashboard *dashboard); /* stops serving; NULL is fine */

/* Answers on HOST:PORT (numeric; port 0: any free one) from a thread of its own. */
MUST_CHECK enum err_kind dashboard_serve(struct dashboard *dashboard, const char *host, int port,
					 struct err *err);
int dashboard_port(const struct dashboard *dashboard);
/* How many follow the events now. */
size_t dashboard_watchers(struct dashboard *dashboard);

/* --- asking: from any thread ------------------------------------------------------------------------ */

/* What the charts answered at one moment. */
struct answers;
/* Names all tables that are asked, as SQL; process lifetime. */
const char *answers_statement(void);
/* Asks everything of a session that has these tables. The window is the 24 whole hours up to `now_us`, or
 * where they hold no post, the newest day that does. Weekdays are taken in `zone`. */
MUST_CHECK enum err_kind answers_ask(struct session *session, const char *zone, int64_t now_us,
				     struct answers **ret_answers, struct err *err);
void answers_free(struct answers *answers); /* NULL is fine */

/* --- what it shows: these are called by one thread ------------------------------------------------- */

/* What is heard from now on comes on top of the next answers. */
void dashboard_mark(struct dashboard *dashboard);
/* Pushes what has changed. */
MUST_CHECK enum err_kind dashboard_show(struct dashboard *dashboard, const struct answers *answers,
					struct err *err);
/* Whether `now_us` lies in an hour that the answers shown last do not know. */
bool dashboard_is_of_the_past(const struct dashboard *dashboard, int64_t now_us);

/* A post came. What is no post is passed over. Shown at the next dashboard_push(). */
void dashboard_hear(struct dashboard *dashboard, struct str line);
/* Sets and pushes an event of the role's; `json` is one line. Unchanged: nothing is sent. */
void dashboard_tell(struct dashboard *dashboard, const char *event, struct str json);
/* Pushes what was heard since, and a sign of life when nothing was pushed for a while. */
void dashboard_push(struct dashboard *dashboard, int64_t now_us);
bool dashboard_has_news(const struct dashboard *dashboard);

/* --- one file ------------------------------------------------------------------------------------------ */

/* Adds a page that needs nothing else, with everything as it is at `now_us`; without script it shows the
 * numbers as tables. */
void dashboard_page(struct dashboard *dashboard, int64_t now_us, struct buf *ret);
