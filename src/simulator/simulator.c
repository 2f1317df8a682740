/* Everything happens on the HTTP server's thread, one request at a time. */
#include "simulator/simulator.h"

#include "base/clock.h"
#include "base/mem.h"
#include "simulator/answer.h"

#include <stdlib.h>

struct simulator {
	struct http_server *server;
	struct answerer answerer;
	struct argument *arguments;
	size_t argument_count, argument_cap;
};

static void note_argument(void *context, struct str name, struct str value)
{
	struct simulator *simulator = context;
	MEM_GROW(simulator->arguments, simulator->argument_cap, simulator->argument_count + 1);
	simulator->arguments[simulator->argument_count++] =
		(struct argument){ .name = name, .value = value };
}

static void handle(void *context, const struct http_request *request, struct http_answer *ret)
{
	struct simulator *simulator = context;
	simulator->argument_count = 0;
	http_request_each_argument(request, note_argument, simulator);
	struct question question = {
		.path = http_request_path(request),
		.authorization = http_request_header(request, "authorization"),
		.arguments = simulator->arguments,
		.argument_count = simulator->argument_count,
		.now_us = clock_now_us(),
	};
	answer(&simulator->answerer, &question, ret);
}

enum err_kind simulator_start(const struct simulator_options *options,
			      struct simulator **ret_simulator, struct err *err)
{
	struct timeline_options timeline = { .seed = options->seed, .rate = options->rate };
	struct simulator *simulator = mem_zalloc(1, sizeof *simulator);
	answerer_init(&simulator->answerer, timeline_new(&timeline), options->seed,
		      options->requests_per_window);
	struct http_server_options server = {
		.host = "127.0.0.1",
		.port = options->port,
		.context = simulator,
		.handle = handle,
	};
	enum err_kind kind = ERR_NONE;
	if (options->file_count > 0)
		kind = timeline_record(simulator->answerer.timeline, options->files,
				       options->file_count, err);
	if (kind == ERR_NONE)
		kind = http_server_start(&server, &simulator->server, err);
	if (kind != ERR_NONE) {
		simulator_stop(simulator);
		return kind;
	}
	*ret_simulator = simulator;
	return ERR_NONE;
}

int simulator_port(const struct simulator *simulator)
{
	return http_server_port(simulator->server);
}

void simulator_stop(struct simulator *simulator)
{
	if (!simulator)
		return;
	http_server_stop(simulator->server);
	answerer_release(&simulator->answerer);
	free(simulator->arguments);
	free(simulator);
}
