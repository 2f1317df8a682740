/* An X API on loopback: GET /2/tweets/search/recent, /2/tweets/counts/recent and /2/usage/tweets as X
 * answers them, about posts that never were.
 *
 * In: requests with any well-formed bearer token. Out: pages of invented posts (invent/) or of recorded
 * ones that happen again, errors and rate limits in X's form, and the header `x-aviary-simulator: 1` on every answer, by which a listener
 * knows what it has. Promised: the same seed and rate have the same posts by the same ids whenever and
 * wherever the simulator runs; nothing is stored (usage is of this process); without requests nothing is done. Never logs, never
 * reaches out, listens on 127.0.0.1 only. */
#pragma once
#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

struct simulator;

struct simulator_options {
	int port;                    /* 0: any free one */
	uint64_t seed;               /* the same seed invents the same posts */
	int64_t rate;                /* posts a second, at least 1 */
	int64_t requests_per_window; /* each token may ask so often in 15 minutes */
	/* Recorded pages: their posts happen again and again, with new ids and times. None: posts are
	 * invented. Borrowed for the call. */
	const char *const *files;
	size_t file_count;
};

/* The port is in use: ERR_FATAL. A file cannot be read or is no recorded page: ERR_FATAL, ERR_REJECT. */
MUST_CHECK enum err_kind simulator_start(const struct simulator_options *options,
					 struct simulator **ret_simulator, struct err *err);
int simulator_port(const struct simulator *simulator);
void simulator_stop(struct simulator *simulator); /* NULL is fine */
