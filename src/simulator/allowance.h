/* How many requests a token has left (private to the room): X's 15-minute windows, which begin with a
 * token's first request, for each endpoint. Tokens are told apart by their hash; none is kept. Beyond ALLOWANCE_TOKENS
 * the one whose window is oldest is forgotten. */
#pragma once
#include "simulator/reading.h"

enum { ALLOWANCE_TOKENS = 256 };

struct allowance {
	int64_t requests_per_window; /* of search; for others there are X's numbers */
	struct {
		uint64_t token_hash;
		int64_t start_us, used; /* start_us 0: free */
	} tokens[ALLOWANCE_TOKENS];
};

struct allowance_state {
	bool granted;
	int64_t limit, remaining, reset_s; /* x-rate-limit-…; Unix seconds */
};

/* Counts a request. One that is refused is not counted. */
struct allowance_state allowance_take(struct allowance *allowance, enum endpoint endpoint,
				      struct str token, int64_t now_us);
