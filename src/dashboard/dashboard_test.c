#include "dashboard/dashboard.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/test.h"
#include "dashboard/routes.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Texts as an enemy would have them. */
#define EVIL "</script><script>alert(1)</script><!--\"'&"
#define EVIL_SQL "</script><script>alert(1)</script><!--\"''&"

static const int64_t now_us = INT64_C(1795525200000000); /* 2026-11-24T13:00:00Z, a Tuesday */

struct house {
	struct engine *engine;
	struct session *session;
	struct dashboard *dashboard;
};

/* The columns that the charts read. */
static const char tables[] =
	"CREATE TABLE tweet_data_raw (tweet_id VARCHAR, author_id VARCHAR, tweet_text VARCHAR, "
	"hashtags_list VARCHAR[], hashtags_folded VARCHAR[], language VARCHAR, media_ids VARCHAR[], "
	"impression_count BIGINT, tweet_date TIMESTAMPTZ, year INTEGER, month INTEGER, day INTEGER, "
	"hour INTEGER);"
	"CREATE TABLE user_data_raw (user_id VARCHAR, username VARCHAR, name VARCHAR, "
	"followers_count BIGINT, user_popularity VARCHAR, fetched_at TIMESTAMPTZ, year INTEGER, "
	"month INTEGER, day INTEGER, hour INTEGER);"
	"CREATE TABLE media_data_raw (media_id VARCHAR, media_type VARCHAR, year INTEGER, month "
	"INTEGER, day INTEGER, hour INTEGER);";

static void run(struct house *house, const char *sql)
{
	struct err err;
	assert_ok(session_run(house->session, sql, &err), err);
}

static int build(void **state)
{
	struct house *house = mem_zalloc(1, sizeof *house);
	struct engine_options options = { .threads = 1 };
	struct err err;
	*state = house;
	assert_ok(engine_open(&options, &house->engine, &err), err);
	assert_ok(session_open(house->engine, &house->session, &err), err);
	run(house, tables);
	house->dashboard = dashboard_new();
	assert_ok(dashboard_serve(house->dashboard, "127.0.0.1", 0, &err), err);
	return 0;
}

static int tear_down(void **state)
{
	struct house *house = *state;
	dashboard_free(house->dashboard);
	session_close(house->session);
	engine_close(house->engine);
	free(house);
	return 0;
}

static void ask_charts(struct house *house)
{
	struct answers *answers = NULL;
	struct err err;
	dashboard_mark(house->dashboard);
	assert_ok(answers_ask(house->session, "UTC", now_us, &answers, &err), err);
	assert_ok(dashboard_show(house->dashboard, answers, &err), err);
	answers_free(answers);
}

/* A post, its user and a medium, `hours` before now. */
static void add_post(struct house *house, int id, int hours, const char *text)
{
	char *sql = mem_printf(
		"INSERT INTO tweet_data_raw SELECT '%d', 'u%d', '%s', ['#Tag', '#%s'], ['#tag', "
		"'#%s'], 'en', ['m%d'], 10, t, year(t), month(t), day(t), hour(t) FROM (SELECT "
		"TIMESTAMPTZ '2026-11-24 12:30:00Z' - INTERVAL (%d) HOUR AS t);"
		"INSERT INTO user_data_raw SELECT 'u%d', '%s', '%s', %d, 'High', NULL, year, month, "
		"day, hour FROM tweet_data_raw WHERE tweet_id = '%d';"
		"INSERT INTO media_data_raw SELECT 'm%d', 'photo', year, month, day, hour FROM "
		"tweet_data_raw WHERE tweet_id = '%d';",
		id, id, text, text, text, id, hours, id, text, text, 5000 + id, id, id, id);
	run(house, sql);
	free(sql);
}

/* --- asking over HTTP ----------------------------------------------------------------------------------- */

static int dial(const struct house *house)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = 10 };
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port =
					       htons((uint16_t)dashboard_port(house->dashboard)),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
	return fd;
}

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Until the peer closes, or `until` has come. */
static void hear(int fd, const char *until, struct buf *ret)
{
	char piece[65536];
	ssize_t got;
	while ((!until || !strstr(buf_text(ret), until)) &&
	       (got = recv(fd, piece, sizeof piece, 0)) > 0)
		buf_add(ret, piece, (size_t)got);
}

static void get(const struct house *house, const char *path, const char *host, struct buf *ret)
{
	int fd = dial(house);
	char *request =
		mem_printf("GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", path, host);
	say(fd, request);
	hear(fd, NULL, ret);
	close(fd);
	free(request);
}

static void has(struct buf *text, const char *part)
{
	if (!strstr(buf_text(text), part))
		fail_msg("no \"%s\" in:\n%s", part, buf_text(text));
}

static void lacks(struct buf *text, const char *part)
{
	if (strstr(buf_text(text), part))
		fail_msg("\"%s\" in:\n%s", part, buf_text(text));
}

static int listen_to(const struct house *house, const char *last_id)
{
	int fd = dial(house);
	char *request = mem_printf("GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s\r\n\r\n",
				   last_id ? "Last-Event-ID: " : "", last_id ? last_id : "");
	say(fd, request);
	free(request);
	return fd;
}

/* --- claims ------------------------------------------------------------------------------------------------ */

static void every_answer_has_strict_headers(void **state)
{
	static const char *const paths[] = {
		"/",        "/page.css", "/page.js", "/icon.svg",
		"/healthz", "/nowhere",  "/..%2f",   "/web/page.html"
	};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct buf answer = { 0 };
		get(*state, paths[i], "127.0.0.1", &answer);
		has(&answer, i < 5 ? "HTTP/1.1 200 " : "HTTP/1.1 404 ");
		has(&answer, "Content-Security-Policy: default-src 'none'; script-src 'self'; ");
		has(&answer, "frame-ancestors 'none'\r\n");
		has(&answer, "X-Content-Type-Options: nosniff\r\n");
		has(&answer, "Referrer-Policy: no-referrer\r\n");
		has(&answer, "Cache-Control: no-store\r\n");
		lacks(&answer, "unsafe-");
		buf_release(&answer);
	}
}

static void the_page_has_no_inline_script_or_style(void **state)
{
	struct buf page = { 0 };
	get(*state, "/", "localhost", &page);
	has(&page, "<script src=\"page.js\" type=\"module\"></script>");
	lacks(&page, "<style");
	lacks(&page, "style=");
	lacks(&page, "onclick");
	lacks(&page, "{{");
	buf_release(&page);
}

static void only_names_of_this_machine_are_answered(void **state)
{
	static const char *const good[] = { "127.0.0.1",   "127.0.0.1:8080", "localhost",
					    "LOCALHOST:9", "[::1]:80",       "[::1]",
					    "127.8.9.1:1" };
	static const char *const bad[] = { "evil.example",
					   "127.0.0.1.evil.example",
					   "localhost.",
					   "10.0.0.1",
					   "[::2]",
					   "localhost:80x",
					   ":80",
					   "",
					   "127.0.0.1@evil.example",
					   "[127.0.0.1" };
	struct buf answer = { 0 };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		if (!routes_host_is_local(str_from(good[i])))
			fail_msg("%s", good[i]);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (routes_host_is_local(str_from(bad[i])))
			fail_msg("%s", bad[i]);
	}
	assert_false(routes_host_is_local(STR_NONE));
	get(*state, "/", "evil.example", &answer);
	has(&answer, "HTTP/1.1 403 ");
	lacks(&answer, "<html");
	buf_reset(&answer);
	get(*state, "/events", "evil.example", &answer);
	has(&answer, "HTTP/1.1 403 ");
	buf_release(&answer);
}

static void a_newcomer_gets_everything_and_one_who_was_away_what_changed(void **state)
{
	struct house *house = *state;
	struct buf heard = { 0 };
	add_post(house, 1, 0, "one");
	ask_charts(house);
	dashboard_tell(house->dashboard, "health", STR("{\"n\":1}"));
	int fd = listen_to(house, NULL);
	hear(fd, "{\"n\":1}", &heard);
	has(&heard, "Content-Type: text/event-stream");
	has(&heard, "retry: 1000\n\n");
	has(&heard, "event: hashtags\ndata: {\"columns\":[\"label\",\"value\"],");
	has(&heard, "event: posts\ndata: {\"posts\":[{\"id\":\"1\",");
	has(&heard, "event: window\n");
	assert_int_equal(dashboard_watchers(house->dashboard), 1);
	char *id = strstr(buf_text(&heard), "event: health");
	while (strncmp(id, "id: ", 4) != 0)
		id--;
	char *last = mem_printf("%.*s", (int)strcspn(id + 4, "\n"), id + 4);
	close(fd);

	buf_reset(&heard);
	dashboard_tell(house->dashboard, "health", STR("{\"n\":1}")); /* unchanged */
	dashboard_tell(house->dashboard, "note", STR("{\"n\":2}"));
	fd = listen_to(house, last);
	hear(fd, "{\"n\":2}", &heard);
	lacks(&heard, "event: hashtags");
	lacks(&heard, "{\"n\":1}");
	close(fd);

	buf_reset(&heard);
	fd = listen_to(house, "00000000-0000-4000-8000-000000000000-999999");
	hear(fd, "{\"n\":2}", &heard);
	has(&heard, "event: hashtags");
	close(fd);
	free(last);
	buf_release(&heard);
}

static void what_comes_is_pushed_to_all_who_look(void **state)
{
	struct house *house = *state;
	struct buf heard = { 0 };
	int fds[3];
	ask_charts(house);
	for (int i = 0; i < 3; i++) {
		fds[i] = listen_to(house, NULL);
		buf_reset(&heard);
		hear(fds[i], "event: counters", &heard);
	}
	dashboard_hear(house->dashboard, STR("{\"id\":\"77\",\"text\":\"a new one\",\"created_at\":"
					     "\"2026-11-24T12:59:00.000Z\"}"));
	dashboard_hear(house->dashboard, STR("no post"));
	assert_true(dashboard_has_news(house->dashboard));
	dashboard_push(house->dashboard, now_us);
	assert_false(dashboard_has_news(house->dashboard));
	for (int i = 0; i < 3; i++) {
		buf_reset(&heard);
		hear(fds[i], "\"posts\":1,\"minutes\":[[29925419,1]]", &heard);
		has(&heard, "event: posts\ndata: {\"posts\":[{\"id\":\"77\",\"at\":1795525140000,"
			    "\"text\":\"a new one\",\"media\":0}]}\n\n");
		close(fds[i]);
	}
	buf_release(&heard);
}

static void a_reader_that_stalls_is_dropped_and_others_hear_on(void **state)
{
	struct house *house = *state;
	struct buf large = { 0 }, heard = { 0 };
	ask_charts(house);
	int stalled = listen_to(house, NULL), alert = listen_to(house, NULL);
	hear(alert, "event: counters", &heard);
	buf_release(&heard);
	buf_add_byte(&large, '"');
	for (int i = 0; i < 1 << 20; i++)
		buf_add_byte(&large, 'x');
	int round = 0;
	for (; round < 200 && dashboard_watchers(house->dashboard) == 2; round++) {
		char *text = mem_printf("%s%d\"", buf_text(&large), round);
		char *end = mem_printf("x%d\"\n\n", round);
		dashboard_tell(house->dashboard, "large", str_from(text));
		hear(alert, end, &heard);
		buf_release(&heard);
		free(end);
		free(text);
	}
	assert_int_equal(dashboard_watchers(house->dashboard), 1);
	assert_true(round > 1);
	buf_release(&large);
	close(stalled);
	close(alert);
}

static void silence_is_broken_by_a_beat(void **state)
{
	struct house *house = *state;
	struct buf heard = { 0 };
	ask_charts(house);
	int fd = listen_to(house, NULL);
	dashboard_push(house->dashboard, now_us + 1000000);
	dashboard_push(house->dashboard, now_us + 20000000);
	hear(fd, "\"now\":1795525220000", &heard);
	lacks(&heard, "1795525201000");
	buf_release(&heard);
	close(fd);
}

static void charts_answer_for_the_last_24_hours(void **state)
{
	struct house *house = *state;
	struct buf page = { 0 };
	add_post(house, 1, 0, "one");
	add_post(house, 2, 22, "two");
	add_post(house, 3, 23, "three");
	add_post(house, 4, 200, "four");
	ask_charts(house);
	dashboard_page(house->dashboard, now_us, &page);
	has(&page, "\"past\":false");
	has(&page, "\"rows\":[[4,2,1,2,1,20,10]]");             /* totals */
	has(&page, "[[\"#Tag\",2],[\"#one\",1],[\"#two\",1]]"); /* hashtags */
	has(&page, "[[\"two\",5002,\"two\"],[\"one\",5001,\"one\"]]");
	has(&page, "[[\"photo\",2]]");
	has(&page, "[[\"High\",2],[\"Middle\",0],[\"Low\",0]]");
	has(&page, "[\"Monday\",2],[\"Tuesday\",1]");
	buf_release(&page);
}

/* As a table of touched hours is: computed when it is asked for. */
static void hours_outside_are_not_computed(void **state)
{
	struct house *house = *state;
	add_post(house, 1, 1, "one");
	add_post(house, 2, 30 * 24, "long ago");
	run(house, "ALTER TABLE tweet_data_raw RENAME TO stored; CREATE VIEW tweet_data_raw AS "
		   "SELECT * EXCLUDE (newest) FROM (SELECT * REPLACE (CASE WHEN tweet_text = 'one' "
		   "THEN language ELSE error('computed for nobody') END AS language), row_number() "
		   "OVER (PARTITION BY year, month, day, hour, tweet_id ORDER BY tweet_date) AS "
		   "newest FROM stored) WHERE newest = 1");
	ask_charts(house);
	struct buf page = { 0 };
	dashboard_page(house->dashboard, now_us, &page);
	has(&page, "\"posts\":2");
	buf_release(&page);
}

static void without_a_post_in_24_hours_the_newest_day_is_shown(void **state)
{
	struct house *house = *state;
	struct buf page = { 0 };
	add_post(house, 1, 50, "one"); /* on the 22nd, at 10:30 */
	add_post(house, 2, 60, "two"); /* at 00:30 */
	add_post(house, 3, 61, "three");
	add_post(house, 4, -1000, "of the future");
	ask_charts(house);
	dashboard_page(house->dashboard, now_us, &page);
	has(&page, "{\"from\":1795305600000,\"to\":1795392000000,\"past\":true");
	has(&page, "\"rows\":[[4,2,1,2,1,20,10]]");
	buf_release(&page);
}

static void an_empty_lake_has_a_page_too(void **state)
{
	struct house *house = *state;
	struct buf page = { 0 };
	ask_charts(house);
	dashboard_page(house->dashboard, now_us, &page);
	has(&page, "\"posts\":{\"posts\":[]}");
	has(&page, "\"rows\":[[0,0,0,0,0,0,0]]");
	buf_release(&page);
}

static void no_text_leaves_its_place_in_the_file(void **state)
{
	struct house *house = *state;
	struct buf page = { 0 };
	add_post(house, 1, 0, EVIL_SQL);
	ask_charts(house);
	dashboard_hear(house->dashboard,
		       STR("{\"id\":\"2\",\"text\":\"</script><script>alert(2)</script>\\u0000\","
			   "\"lang\":\"<b>\",\"created_at\":\"2026-11-24T12:59:00.000Z\",\"user\":"
			   "{\"name\":\"<img src=x onerror=alert(3)>\",\"username\":\"<u>\"}}"));
	dashboard_push(house->dashboard, now_us);
	dashboard_page(house->dashboard, now_us, &page);
	lacks(&page, EVIL);
	lacks(&page, "<script>alert");
	lacks(&page, "<img");
	lacks(&page, "<!--");
	has(&page, "\\u003c/script>\\u003cscript>alert(2)");
	has(&page, "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"); /* in the tables */
	size_t scripts = 0;
	for (const char *at = buf_text(&page); (at = strstr(at, "<script")); at++)
		scripts++;
	assert_int_equal(scripts, 2); /* data, and what draws it */
	buf_release(&page);
}

static void the_file_needs_nothing_else(void **state)
{
	struct house *house = *state;
	struct buf page = { 0 };
	add_post(house, 1, 0, "one");
	ask_charts(house);
	dashboard_page(house->dashboard, now_us, &page);
	lacks(&page, "src=");
	lacks(&page, "<link");
	lacks(&page, "url(");
	lacks(&page, "{{");
	has(&page, "default-src 'none'; script-src 'nonce-");
	has(&page, "<th>#Tag</th><td>1</td>");
	buf_release(&page);
}

int main(void)
{
#define CLAIM(name) cmocka_unit_test_setup_teardown(name, build, tear_down)
	const struct CMUnitTest tests[] = {
		CLAIM(every_answer_has_strict_headers),
		CLAIM(the_page_has_no_inline_script_or_style),
		CLAIM(only_names_of_this_machine_are_answered),
		CLAIM(a_newcomer_gets_everything_and_one_who_was_away_what_changed),
		CLAIM(what_comes_is_pushed_to_all_who_look),
		CLAIM(a_reader_that_stalls_is_dropped_and_others_hear_on),
		CLAIM(silence_is_broken_by_a_beat),
		CLAIM(charts_answer_for_the_last_24_hours),
		CLAIM(hours_outside_are_not_computed),
		CLAIM(without_a_post_in_24_hours_the_newest_day_is_shown),
		CLAIM(an_empty_lake_has_a_page_too),
		CLAIM(no_text_leaves_its_place_in_the_file),
		CLAIM(the_file_needs_nothing_else),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
