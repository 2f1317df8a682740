/* The arguments of a request, sorted out by name, and what is wrong with them, told as X tells it
 * (private to the room). */
#pragma once
#include "base/buf.h"

enum endpoint { ENDPOINT_SEARCH, ENDPOINT_COUNTS, ENDPOINT_USAGE };

enum parameter {
	QUERY,
	START_TIME,
	END_TIME,
	SINCE_ID,
	UNTIL_ID,
	MAX_RESULTS,
	NEXT_TOKEN,
	PAGINATION_TOKEN,
	SORT_ORDER,
	TWEET_FIELDS,
	POST_FIELDS,
	EXPANSIONS,
	MEDIA_FIELDS,
	POLL_FIELDS,
	USER_FIELDS,
	PLACE_FIELDS,
	GRANULARITY,
	COUNT_FIELDS,
	DAYS,
	USAGE_FIELDS,
	PARAMETERS,
};

struct argument {
	struct str name, value;
};

struct reading {
	struct str values[PARAMETERS]; /* ptr NULL: not given, or refused */
	struct buf *errors;            /* {"parameters":{…},"message":"…"},… */
	bool failed;
};

/* What the endpoint does not know, and what is there twice, is refused. Values are the arguments'. */
void reading_begin(struct reading *reading, enum endpoint endpoint,
		   const struct argument *arguments, size_t count, struct buf *errors);
bool reading_has(const struct reading *reading, enum parameter parameter);
const char *reading_name(enum parameter parameter);
void reading_fail(struct reading *reading, enum parameter parameter, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Words for a value that is none of those there are. */
void reading_fail_choice(struct reading *reading, enum parameter parameter, struct str value,
			 const char *choices);
/* A whole number; `otherwise` when it is not given or refused. */
int64_t reading_number(struct reading *reading, enum parameter parameter, int64_t otherwise,
		       int64_t least, int64_t most);
/* A comma list of some of `choices`, each once at most. */
void reading_names(struct reading *reading, enum parameter parameter, const char *choices);
void reading_refuse_repeats(struct reading *reading, enum parameter parameter);

bool reading_lists(struct str list, struct str wanted);
/* As much of a value as a message shows, ending with a whole character. */
struct str reading_shortened(struct str text);
