#include "role/serve.h"
#include "role/ready.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/net.h"

#include <stdio.h>
#include <string.h>

enum { ATTEMPTS = 3 }; /* of --once */

/* Refine may replace files while they are being read: then all is asked anew, of what is there now; for
 * the last time while refine has to wait. */
static enum err_kind ask_once(struct serve *serve, struct err *err)
{
	struct file_lock refine = { .fd = -1 };
	struct err ignored;
	enum err_kind kind = ERR_NONE;
	bool changed, held;
	for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
		if (attempt == ATTEMPTS &&
		    lake_lock(serve->lake, "refine", true, &refine, &held, &ignored) != ERR_NONE)
			break; /* who may only read cannot make anybody wait */
		kind = live_advance(serve->live, 0, &changed, err);
		if (kind == ERR_NONE) {
			serve_round_begin(serve);
			kind = serve_round_end(serve, err);
		}
		if (kind == ERR_NONE || !live_was_overtaken(err))
			break;
	}
	file_lock_drop(&refine);
	return kind;
}

/* Writes the page as one file, for cron and mail. */
static enum err_kind write_once(struct serve *serve, struct err *err)
{
	struct buf page = { 0 };
	TRY(serve_open(serve, err));
	TRY(ask_once(serve, err));
	serve_ask_sources(serve);
	serve_tell_health(serve);
	dashboard_page(serve->dashboard, clock_now_us(), &page);
	enum err_kind kind = file_replace(serve->settings->out, buf_str(&page), err);
	buf_release(&page);
	if (kind == ERR_NONE)
		printf("wrote %s\n", serve->settings->out);
	return kind;
}

/* The door opens first: a page that waits for its numbers is better than none. */
static enum err_kind stay(struct serve *serve, struct err *err)
{
	char host[NET_HOST_MAX];
	int port;
	TRY(net_parse_address(serve->settings->http, host, &port, err));
	TRY(dashboard_serve(serve->dashboard, host, port, err));
	port = dashboard_port(serve->dashboard);
	bool six = strchr(host, ':') != NULL;
	printf("the page is at http://%s%s%s:%d\n", six ? "[" : "", host, six ? "]" : "", port);
	fflush(stdout);
	if (!net_is_loopback(host))
		log_event(LOG_WARN, "open",
			  "address=%s who=\"whoever reaches it can read the page\"",
			  serve->settings->http);
	TRY(serve_open(serve, err));
	say_ready(port);
	return serve_follow(serve, err);
}

static enum err_kind check_arguments(const struct settings *settings, int argc, char **argv,
				     struct err *err)
{
	if (argc > 1)
		return err_set(err, ERR_REJECT, "serve: unexpected argument '%s'", argv[1]);
	if (settings->once && !settings->out) {
		err_set(err, ERR_REJECT, "serve: --once needs --out");
		return err_hint(err, "aviary serve --once --out page.html");
	}
	if (settings->out && !settings->once) {
		err_set(err, ERR_REJECT, "serve: --out needs --once");
		return err_hint(err, "aviary serve --once --out %s", settings->out);
	}
	return ERR_NONE;
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct serve serve = { .settings = settings };
	if (check_arguments(settings, argc, argv, &err) != ERR_NONE)
		return say_error(&err, EXIT_USAGE);
	stop_install();
	serve.dashboard = dashboard_new();
	enum err_kind kind = open_lake(settings, &serve.lake, &err);
	if (kind == ERR_NONE)
		kind = settings->once ? write_once(&serve, &err) : stay(&serve, &err);
	serve_close(&serve);
	dashboard_free(serve.dashboard);
	lake_close(serve.lake);
	if (kind == ERR_NONE)
		return EXIT_DONE;
	err_wrap(&err, "serve");
	return say_error(&err, EXIT_FAILED);
}

static const char *const flags[] = { "lake",       "http",         "once",   "out",
				     "live_bytes", "threads",      "memory", "cache_bytes",
				     "weekend",    "weekend_zone", NULL };
const struct command command_serve = {
	.name = "serve",
	.arguments = "",
	.summary = "Shows the lake as a page that follows it",
	.flags = flags,
	.examples = "  aviary serve --lake lake --http 127.0.0.1:8080\n"
		    "  aviary serve --lake lake --once --out page.html\n",
	.run = run,
};
