#include "simulator/allowance.h"

#include "base/hash.h"

static const int64_t window_us = 15 * 60 * INT64_C(1000000);

/* The token's place: its own, or a free one, or that of the oldest window. */
static size_t find(const struct allowance *allowance, uint64_t token_hash)
{
	size_t oldest = 0;
	for (size_t i = 0; i < ALLOWANCE_TOKENS; i++) {
		if (allowance->tokens[i].start_us > 0 &&
		    allowance->tokens[i].token_hash == token_hash)
			return i;
		if (allowance->tokens[i].start_us < allowance->tokens[oldest].start_us)
			oldest = i;
	}
	return oldest;
}

static int64_t limit_of(const struct allowance *allowance, enum endpoint endpoint)
{
	switch (endpoint) {
	case ENDPOINT_COUNTS:
		return 300;
	case ENDPOINT_USAGE:
		return 50;
	case ENDPOINT_SEARCH:
	default:
		return allowance->requests_per_window;
	}
}

struct allowance_state allowance_take(struct allowance *allowance, enum endpoint endpoint,
				      struct str token, int64_t now_us)
{
	uint64_t token_hash = hash_xxh3_from(token, (uint64_t)endpoint);
	int64_t limit = limit_of(allowance, endpoint);
	size_t at = find(allowance, token_hash);
	if (allowance->tokens[at].token_hash != token_hash ||
	    now_us - allowance->tokens[at].start_us >= window_us ||
	    now_us < allowance->tokens[at].start_us) {
		allowance->tokens[at].token_hash = token_hash;
		allowance->tokens[at].start_us = now_us;
		allowance->tokens[at].used = 0;
	}
	struct allowance_state state = {
		.granted = allowance->tokens[at].used < limit,
		.limit = limit,
		.reset_s = (allowance->tokens[at].start_us + window_us + 999999) / 1000000,
	};
	if (state.granted)
		allowance->tokens[at].used++;
	state.remaining = state.limit - allowance->tokens[at].used;
	return state;
}
