/* A search: what was asked, checked as X checks it, and what is found (private to the room). */
#pragma once
#include "simulator/query.h"
#include "simulator/reading.h"
#include "simulator/timeline.h"

enum { SEARCH_RESULTS_MAX = 100 };

struct search_question {
	enum endpoint endpoint; /* search, counts */
	const struct argument *arguments;
	size_t argument_count;
	int64_t now_us;
};

struct search {
	const struct query *query;
	uint64_t since_id, until_id; /* exclusive; 0 and UINT64_MAX when not given */
	int64_t start_us, end_us;    /* inclusive, exclusive */
	uint64_t below_id;           /* of the page token; UINT64_MAX on the first page */
	size_t max_results;
	bool relevancy;
	int64_t bucket_us; /* of counts */
	struct invent_view view;
	uint64_t binding; /* hash of all that a page token belongs to */
};

/* Reads the arguments of GET /2/tweets/search/recent or /2/tweets/counts/recent. `seed` makes tokens of
 * another simulator worthless. False when X would answer 400: then *errors has the elements of its
 * `errors`. What the search points to lives in the arena or is the arguments'. */
bool search_read(const struct search_question *question, uint64_t seed, struct arena *arena,
		 struct search *ret, struct buf *errors);

/* A search may look at so many posts; then the page is what was found, with a token to go on. X does
 * that, too: a page may be short, even empty, and not the last. */
enum { SEARCH_SCAN_MAX = 50000 };

struct findings {
	uint64_t posts[SEARCH_RESULTS_MAX]; /* numbers, as they are to be sent */
	size_t count;
	uint64_t below_id; /* the next page continues below it; 0: this is the last */
};
/* The posts [*ret_first, *ret_end) are those that it may find, and whether it finds one of them. */
void search_window(const struct search *search, const struct invention *pace, uint64_t *ret_first,
		   uint64_t *ret_end);
bool search_finds(const struct search *search, struct timeline *timeline, uint64_t n);
void search_run(const struct search *search, struct timeline *timeline, struct findings *ret);

/* A window with more posts is counted by every second block of posts, every third …, whose counts stand
 * for their neighbours: X says, too, that counts are not exactly what a search finds. */
enum { COUNT_SCAN_MAX = 50000 };
/* Adds the answer of counts: buckets of UTC time, the first and the last as the window cuts them. */
void search_count(const struct search *search, struct timeline *timeline, struct buf *ret);

/* Page tokens: opaque, and good for the same search only. */
enum { SEARCH_TOKEN_MAX = 32 };
void search_token_write(uint64_t below_id, uint64_t binding, char ret_token[SEARCH_TOKEN_MAX]);
bool search_token_read(struct str token, uint64_t binding, uint64_t *ret_below_id);
