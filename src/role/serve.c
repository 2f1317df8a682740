#include "role/serve.h"
#include "role/ready.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/net.h"

#include <stdio.h>
#include <string.h>

/* Writes the page as one file, for cron and mail. */
static enum err_kind write_once(struct serve *serve, struct err *err)
{
	struct buf page = { 0 };
	bool changed;
	TRY(serve_open(serve, err));
	TRY(live_advance(serve->live, 0, &changed, err));
	serve_round_begin(serve);
	TRY(serve_round_end(serve, err));
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

static const char *const flags[] = { "lake",    "http",   "once",    "out",          "live_bytes",
				     "threads", "memory", "weekend", "weekend_zone", NULL };
const struct command command_serve = {
	.name = "serve",
	.arguments = "",
	.summary = "Shows the lake as a page that follows it",
	.flags = flags,
	.examples = "  aviary serve --lake lake --http 127.0.0.1:8080\n"
		    "  aviary serve --lake lake --once --out page.html\n",
	.run = run,
};
