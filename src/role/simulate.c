#include "role/ready.h"
#include "role/role.h"
#include "role/stop.h"
#include "simulator/simulator.h"

#include <stdio.h>

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct simulator *simulator;
	stop_install();
	struct simulator_options options = {
		.port = (int)settings->simulate_port,
		.seed = (uint64_t)settings->seed,
		.rate = settings->simulate_rate,
		.requests_per_window = settings->requests_per_window,
		.files = (const char *const *)argv + 1,
		.file_count = (size_t)argc - 1,
	};
	if (simulator_start(&options, &simulator, &err) != ERR_NONE) {
		err_wrap(&err, "simulate");
		return say_error(&err, EXIT_FAILED);
	}
	printf("simulated X on http://127.0.0.1:%d, %lld post%s a second; any bearer token is taken\n",
	       simulator_port(simulator), (long long)settings->simulate_rate,
	       settings->simulate_rate == 1 ? "" : "s");
	fflush(stdout);
	say_ready(simulator_port(simulator));
	while (!stop_wait(-1, -1))
		continue;
	simulator_stop(simulator);
	return EXIT_DONE;
}

static const char *const flags[] = { "simulate_port", "simulate_rate", "requests_per_window",
				     "seed", NULL };
const struct command command_simulate = {
	.name = "simulate",
	.arguments = "[FILE…]",
	.summary = "Answers as X's API does, on this machine, with posts that never were",
	.flags = flags,
	.examples =
		"  aviary simulate --simulate-rate 20\n"
		"  aviary simulate recorded-pages.jsonl\n"
		"  curl -G -H 'Authorization: Bearer x' --data-urlencode 'query=birds -is:reply' \\\n"
		"       http://127.0.0.1:8090/2/tweets/search/recent\n\n"
		"Words that are often said there: birds (in 14 of 100 posts), weather, football, code,\n"
		"food, trains, elections. A post is found 30 seconds after it was written, for 7 days.\n",
	.run = run,
};
