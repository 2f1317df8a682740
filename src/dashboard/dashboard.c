/* The tables are asked for everything; lines that come are counted on top until they are asked again:
 *
 *     answers ──► dashboard_show ──────────────────► events (kept, numbered) ──► streams
 *                       └─► counters, feed ◄── dashboard_hear      ▲
 *                                   └────── dashboard_push ────────┘
 */
#include "dashboard/dashboard.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/net.h"
#include "dashboard/answers.h"
#include "dashboard/counters.h"
#include "dashboard/feed.h"
#include "dashboard/page.h"
#include "dashboard/routes.h"
#include "post/post.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	SENT_MINUTES = 10, /* of the newest ones, with every push */
	BEAT_US = 10 * 1000000,
};

struct dashboard {
	struct events *events;
	struct routes routes;
	struct counters counters;
	struct feed feed;
	struct json_doc doc;
	int64_t shown_us; /* the moment of the answers */
	bool heard;       /* since the last push */
	int64_t pushed_us;
};

struct dashboard *dashboard_new(void)
{
	struct dashboard *dashboard = mem_zalloc(1, sizeof *dashboard);
	dashboard->events = events_new();
	dashboard->routes.events = dashboard->events;
	return dashboard;
}

void dashboard_free(struct dashboard *dashboard)
{
	if (!dashboard)
		return;
	events_close(dashboard->events);
	http_server_stop(dashboard->routes.server);
	events_free(dashboard->events);
	feed_release(&dashboard->feed);
	json_release(&dashboard->doc);
	free(dashboard);
}

enum err_kind dashboard_serve(struct dashboard *dashboard, const char *host, int port,
			      struct err *err)
{
	struct http_server_options options = {
		.host = host, .port = port, .context = &dashboard->routes, .handle = routes_answer
	};
	dashboard->routes.loopback = net_is_loopback(host);
	struct http_server *server = NULL;
	TRY(http_server_start(&options, &server, err));
	dashboard->routes.server = server;
	return ERR_NONE;
}

int dashboard_port(const struct dashboard *dashboard)
{
	return http_server_port(dashboard->routes.server);
}

size_t dashboard_watchers(struct dashboard *dashboard)
{
	return events_listeners(dashboard->events);
}

/* --- answers ----------------------------------------------------------------------------------------- */

void dashboard_tell(struct dashboard *dashboard, const char *event, struct str json)
{
	if (!events_keeps(dashboard->events, event, json))
		events_put(dashboard->events, event, json, json);
}

/* A cell of an answer that was just read. */
static yyjson_val *cell(const struct dashboard *dashboard, size_t row, size_t column)
{
	return yyjson_arr_get(yyjson_arr_get(json_get(dashboard->doc.root, "rows"), row), column);
}

static int64_t number(const struct dashboard *dashboard, size_t row, size_t column)
{
	int64_t value;
	return str_to_i64(json_text(cell(dashboard, row, column)), &value) ? value : 0;
}

bool dashboard_is_of_the_past(const struct dashboard *dashboard, int64_t now_us)
{
	return hour_index(dashboard->shown_us) != hour_index(now_us);
}

/* Columns as posts.sql has them. */
static void take_posts(struct dashboard *dashboard)
{
	size_t count = yyjson_arr_size(json_get(dashboard->doc.root, "rows"));
	for (size_t i = 0; i < count; i++) {
		struct feed_fields post = { .at_us = number(dashboard, i, 1),
					    .text = json_text(cell(dashboard, i, 2)),
					    .text_is_clean = true,
					    .name = json_text(cell(dashboard, i, 3)),
					    .username = json_text(cell(dashboard, i, 4)),
					    .lang = json_text(cell(dashboard, i, 5)),
					    .media = (size_t)number(dashboard, i, 6) };
		if (post_id_parse(json_text(cell(dashboard, i, 0)), &post.id))
			feed_add(&dashboard->feed, &post);
	}
}

static void take_minutes(struct dashboard *dashboard)
{
	size_t count = yyjson_arr_size(json_get(dashboard->doc.root, "rows"));
	for (size_t i = 0; i < count; i++)
		counters_set_minute(&dashboard->counters, number(dashboard, i, 0),
				    number(dashboard, i, 1));
}

static enum err_kind show_chart(struct dashboard *dashboard, const char *name, struct str answer,
				struct err *err)
{
	bool posts = strcmp(name, "posts") == 0, totals = strcmp(name, "totals") == 0,
	     minutes = strcmp(name, "minutes") == 0;
	if (!posts)
		dashboard_tell(dashboard, name, answer);
	if (posts || totals || minutes)
		TRY(json_read(&dashboard->doc, answer, err));
	if (posts)
		take_posts(dashboard);
	if (totals)
		counters_set_posts(&dashboard->counters, number(dashboard, 0, 0));
	if (minutes)
		take_minutes(dashboard);
	return ERR_NONE;
}

static void show_window(struct dashboard *dashboard, const struct answers *answers)
{
	struct buf text = { 0 };
	dashboard->shown_us = answers->window.now_us;
	buf_addf(&text, "{\"from\":%" PRId64 ",\"to\":%" PRId64 ",\"past\":%s,\"zone\":",
		 answers->window.from_us / 1000, answers->window.to_us / 1000,
		 answers->is_past ? "true" : "false");
	buf_add_json(&text, str_from(answers->zone));
	buf_add_byte(&text, '}');
	dashboard_tell(dashboard, "window", buf_str(&text));
	buf_release(&text);
}

void dashboard_mark(struct dashboard *dashboard)
{
	counters_mark(&dashboard->counters);
}

enum err_kind dashboard_show(struct dashboard *dashboard, const struct answers *answers,
			     struct err *err)
{
	size_t count;
	const struct chart *charts = chart_list(&count);
	counters_settle(&dashboard->counters);
	show_window(dashboard, answers);
	for (size_t i = 0; i < count; i++) {
		if (answers->charts[i].len > 0)
			TRY(show_chart(dashboard, charts[i].name, buf_str(&answers->charts[i]),
				       err));
	}
	dashboard->heard = true;
	dashboard_push(dashboard, answers->window.now_us);
	return ERR_NONE;
}

/* --- what comes -------------------------------------------------------------------------------------- */

void dashboard_hear(struct dashboard *dashboard, struct str line)
{
	struct feed_fields post = { 0 };
	if (!feed_read_line(&dashboard->doc, line, &post))
		return;
	counters_count(&dashboard->counters, post.id, post.at_us);
	feed_add(&dashboard->feed, &post);
	dashboard->heard = true;
}

bool dashboard_has_news(const struct dashboard *dashboard)
{
	return dashboard->heard;
}

static void push_posts(struct dashboard *dashboard)
{
	struct buf all = { 0 }, fresh = { 0 };
	bool first = !events_keeps(dashboard->events, "posts", STR_NONE);
	if (!feed_has_fresh(&dashboard->feed) && !first)
		return;
	feed_add_all(&dashboard->feed, &all);
	feed_take_fresh(&dashboard->feed, &fresh);
	events_put(dashboard->events, "posts", buf_str(&all), buf_str(&fresh));
	buf_release(&all);
	buf_release(&fresh);
}

void dashboard_push(struct dashboard *dashboard, int64_t now_us)
{
	struct buf text = { 0 };
	if (dashboard->heard) {
		push_posts(dashboard);
		counters_add(&dashboard->counters, SENT_MINUTES, &text);
		dashboard_tell(dashboard, "counters", buf_str(&text));
		dashboard->heard = false;
		dashboard->pushed_us = now_us;
	}
	if (now_us - dashboard->pushed_us >= BEAT_US || now_us < dashboard->pushed_us) {
		buf_reset(&text);
		buf_addf(&text, "{\"now\":%" PRId64 "}", now_us / 1000);
		events_put(dashboard->events, "beat", buf_str(&text), buf_str(&text));
		dashboard->pushed_us = now_us;
	}
	buf_release(&text);
}

/* --- one file ------------------------------------------------------------------------------------------ */

static void add_event(void *context, const char *name, struct str text)
{
	struct buf *data = context;
	buf_add_byte(data, ',');
	buf_add_json(data, str_from(name));
	buf_add_byte(data, ':');
	buf_add_str(data, text);
}

/* Those that a person can read as a table. */
static void add_table(void *context, const char *name, struct str text)
{
	const struct chart *chart = chart_find(name);
	if (chart &&
	    (str_starts(text, STR("{\"columns\":[\"label\"")) || strcmp(name, "totals") == 0))
		page_add_table(chart, text, context);
}

void dashboard_page(struct dashboard *dashboard, int64_t now_us, struct buf *ret)
{
	struct buf data = { 0 }, tables = { 0 };
	buf_addf(&data, "{\"written\":%" PRId64, now_us / 1000);
	events_each(dashboard->events, add_event, &data);
	buf_add_byte(&data, '}');
	events_each(dashboard->events, add_table, &tables);
	page_add_whole(buf_str(&data), buf_str(&tables), ret);
	buf_release(&data);
	buf_release(&tables);
}
