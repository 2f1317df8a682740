/* The parameters of recent search and its counts, and their rules (the product's X-API document, section 2). Every
 * fault is told, as X tells it, in the order of the parameters. */
#include "simulator/search.h"

#include "base/clock.h"
#include "base/hash.h"

#include <stdio.h>

enum { RESULTS_MIN = 10, RESULTS_DEFAULT = 10, ID_DIGITS_MAX = 19 };

static const int64_t second_us = 1000000;
static const int64_t reach_us = 7 * 24 * 3600 * INT64_C(1000000);
static const int64_t newest_end_us = 10 * INT64_C(1000000);  /* end_time's distance from now */
static const int64_t default_end_us = 30 * INT64_C(1000000); /* without one */

struct search_reading {
	struct reading given;
	int64_t now_us;
	struct arena *arena;
	struct search *search;
};

static bool given(const struct search_reading *reading, enum parameter parameter)
{
	return reading_has(&reading->given, parameter);
}

#define FAIL(reading, ...) reading_fail(&(reading)->given, __VA_ARGS__)

static void read_query(struct search_reading *reading)
{
	struct err err = { 0 };
	struct str text = reading->given.values[QUERY];
	struct query_limits limits = { QUERY_CHARACTERS_MAX, .no_beyond = true };
	if (query_parse(text, &limits, reading->arena, &reading->search->query, &err) != ERR_NONE)
		FAIL(reading, QUERY, "%s", err.msg);
}

static void read_id(struct search_reading *reading, enum parameter parameter, uint64_t *ret_id)
{
	struct str text = reading->given.values[parameter];
	if (!given(reading, parameter))
		return;
	if (text.len > ID_DIGITS_MAX || !str_to_u64(text, ret_id)) {
		FAIL(reading, parameter,
		     "The `%s` query parameter value [%.*s] does not match ^[0-9]{1,19}$",
		     reading_name(parameter), STR_ARG(reading_shortened(text)));
		reading->given.values[parameter] = STR_NONE;
	}
}

static void read_time(struct search_reading *reading, enum parameter parameter, int64_t *ret_us)
{
	struct str text = reading->given.values[parameter];
	int64_t time_us;
	if (!given(reading, parameter))
		return;
	if (time_parse(text, &time_us) == TIME_BAD || memchr(text.ptr, ' ', text.len)) {
		FAIL(reading, parameter,
		     "The `%s` query parameter value [%.*s] is not a valid RFC3339 time",
		     reading_name(parameter), STR_ARG(reading_shortened(text)));
		reading->given.values[parameter] = STR_NONE;
		return;
	}
	*ret_us = time_us - (time_us % second_us + second_us) % second_us;
}

static void read_sort_order(struct search_reading *reading)
{
	struct str text = reading->given.values[SORT_ORDER];
	reading->search->relevancy = str_equal(text, STR("relevancy"));
	if (given(reading, SORT_ORDER) && !reading->search->relevancy &&
	    !str_equal(text, STR("recency")))
		reading_fail_choice(&reading->given, SORT_ORDER, text, "recency,relevancy");
}

/* --- fields and expansions ---------------------------------------------------------------------- */

/* The request's vocabulary is the answer's: post.fields, or an expansion only the new one has. */
static enum invent_vocabulary vocabulary_of(const struct search_reading *reading)
{
	struct str expansions = reading->given.values[EXPANSIONS];
	bool is_new = given(reading, POST_FIELDS) ||
		      reading_lists(expansions, STR("referenced_posts")) ||
		      reading_lists(expansions, STR("edit_history_post_ids")) ||
		      reading_lists(expansions, STR("username"));
	return is_new ? INVENT_POST : INVENT_TWEET;
}

static void fail_name(struct search_reading *reading, enum parameter parameter,
		      enum invent_parameter fields, struct str name)
{
	struct buf known = { 0 };
	for (int i = 0; invent_view_name(reading->search->view.vocabulary, fields, i); i++) {
		const char *other = invent_view_name(reading->search->view.vocabulary, fields, i);
		if (other[0] && known.len > 0)
			buf_add_byte(&known, ',');
		buf_add_text(&known, other);
	}
	reading_fail_choice(&reading->given, parameter, name, buf_text(&known));
	buf_release(&known);
}

static void read_names(struct search_reading *reading, enum parameter parameter,
		       enum invent_parameter fields)
{
	struct str list = reading->given.values[parameter], unknown;
	if (!given(reading, parameter))
		return;
	if (list.len == 0)
		fail_name(reading, parameter, fields, list);
	else if (!invent_view_add(&reading->search->view, fields, list, &unknown))
		fail_name(reading, parameter, fields, unknown);
	reading_refuse_repeats(&reading->given, parameter);
}

/* Counts are spelled by the name that is asked for. */
static void read_granularity(struct search_reading *reading)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} known[] = { { "minute", 60 }, { "hour", 3600 }, { "day", 24 * 3600 } };
	struct str text = reading->given.values[GRANULARITY];
	reading->search->bucket_us = 3600 * second_us;
	if (!given(reading, GRANULARITY))
		return;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (str_equal(text, str_from(known[i].name))) {
			reading->search->bucket_us = known[i].seconds * second_us;
			return;
		}
	}
	reading_fail_choice(&reading->given, GRANULARITY, text, "minute,hour,day");
}

static void read_count_fields(struct search_reading *reading)
{
	bool is_new = reading_lists(reading->given.values[COUNT_FIELDS], STR("post_count"));
	reading_names(&reading->given, COUNT_FIELDS,
		      is_new ? "end,start,post_count" : "end,start,tweet_count");
	reading->search->view.vocabulary = is_new ? INVENT_POST : INVENT_TWEET;
}

static void read_view(struct search_reading *reading)
{
	reading->search->view = invent_view_default(vocabulary_of(reading), reading->now_us);
	read_names(reading, TWEET_FIELDS, INVENT_POST_FIELDS);
	read_names(reading, POST_FIELDS, INVENT_POST_FIELDS);
	read_names(reading, EXPANSIONS, INVENT_EXPANSIONS);
	read_names(reading, MEDIA_FIELDS, INVENT_MEDIA_FIELDS);
	read_names(reading, POLL_FIELDS, INVENT_POLL_FIELDS);
	read_names(reading, USER_FIELDS, INVENT_USER_FIELDS);
	read_names(reading, PLACE_FIELDS, INVENT_PLACE_FIELDS);
}

/* --- what goes together ------------------------------------------------------------------------- */

/* "2026-07-31T11:45Z", as X writes limits. */
static const char *to_the_minute(int64_t time_us, char ret_text[TIME_TEXT_MAX])
{
	time_format(time_us, ret_text);
	memcpy(ret_text + strlen("2026-07-31T11:45"), "Z", 2);
	return ret_text;
}

static void check_reach(struct search_reading *reading)
{
	const struct search *search = reading->search;
	int64_t oldest_us = reading->now_us - reach_us;
	char minute[TIME_TEXT_MAX];
	to_the_minute(oldest_us, minute);
	if (given(reading, SINCE_ID) && invent_id_time_us(search->since_id) < oldest_us)
		FAIL(reading, SINCE_ID,
		     "'since_id' must be a tweet id created after %s. Please use a 'since_id' that "
		     "is larger than %llu",
		     minute, (unsigned long long)invent_id_floor(oldest_us));
	if (given(reading, UNTIL_ID) && invent_id_time_us(search->until_id) < oldest_us)
		FAIL(reading, UNTIL_ID,
		     "'until_id' must be a tweet id created after %s. Please use an 'until_id' that "
		     "is larger than %llu",
		     minute, (unsigned long long)invent_id_floor(oldest_us));
	if (given(reading, START_TIME) &&
	    search->start_us < oldest_us - oldest_us % (60 * second_us))
		FAIL(reading, START_TIME,
		     "Invalid 'start_time':'%.*s'. 'start_time' must be on or after %s",
		     STR_ARG(reading_shortened(reading->given.values[START_TIME])), minute);
	if (given(reading, END_TIME) && search->end_us <= oldest_us)
		FAIL(reading, END_TIME,
		     "Invalid 'end_time':'%.*s'. 'end_time' must be on or after %s",
		     STR_ARG(reading_shortened(reading->given.values[END_TIME])), minute);
}

static void check_window(struct search_reading *reading)
{
	struct search *search = reading->search;
	check_reach(reading);
	if (given(reading, SINCE_ID) && (given(reading, START_TIME) || given(reading, END_TIME)))
		FAIL(reading, SINCE_ID,
		     "Invalid use of since_id in conjunction with start_time or end_time");
	if (given(reading, END_TIME) && search->end_us > reading->now_us - newest_end_us)
		FAIL(reading, END_TIME,
		     "Invalid 'end_time':'%.*s'. 'end_time' must be a minimum of 10 seconds prior to "
		     "the request time",
		     STR_ARG(reading_shortened(reading->given.values[END_TIME])));
	else if (given(reading, START_TIME) && search->start_us >= search->end_us)
		FAIL(reading, START_TIME,
		     "Invalid 'start_time':'%.*s'. 'start_time' must be before 'end_time'",
		     STR_ARG(reading_shortened(reading->given.values[START_TIME])));
}

/* Whatever the order of the arguments. The number of results may change from page to page. */
static uint64_t binding_of(const struct search_reading *reading, uint64_t seed)
{
	uint64_t binding = seed;
	for (int i = 0; i < PARAMETERS; i++) {
		if (i == NEXT_TOKEN || i == PAGINATION_TOKEN || i == MAX_RESULTS)
			continue;
		uint64_t known = given(reading, (enum parameter)i) ? 1 + (uint64_t)i : 0;
		binding = hash_xxh3_from(str_make((const char *)&known, sizeof known), binding);
		if (known)
			binding = hash_xxh3_from(reading->given.values[i], binding);
	}
	return binding;
}

static void read_token(struct search_reading *reading)
{
	struct search *search = reading->search;
	enum parameter parameter = given(reading, NEXT_TOKEN) ? NEXT_TOKEN : PAGINATION_TOKEN;
	struct str token = reading->given.values[parameter];
	bool both = given(reading, NEXT_TOKEN) && given(reading, PAGINATION_TOKEN);
	search->below_id = UINT64_MAX;
	if (!given(reading, parameter))
		return;
	if (!search_token_read(token, search->binding, &search->below_id) ||
	    (both && !str_equal(reading->given.values[NEXT_TOKEN],
				reading->given.values[PAGINATION_TOKEN])))
		FAIL(reading, parameter, "The `%s` query parameter value [%.*s] is not valid",
		     reading_name(parameter), STR_ARG(reading_shortened(token)));
}

bool search_read(const struct search_question *question, uint64_t seed, struct arena *arena,
		 struct search *ret, struct buf *errors)
{
	struct search_reading reading = { .now_us = question->now_us,
					  .arena = arena,
					  .search = ret };
	*ret = (struct search){
		.until_id = UINT64_MAX,
		.start_us = question->now_us - reach_us,
		.end_us = question->now_us - default_end_us,
	};
	reading_begin(&reading.given, question->endpoint, question->arguments,
		      question->argument_count, errors);
	ret->binding = binding_of(&reading, seed);
	read_query(&reading);
	read_time(&reading, START_TIME, &ret->start_us);
	read_time(&reading, END_TIME, &ret->end_us);
	read_id(&reading, SINCE_ID, &ret->since_id);
	read_id(&reading, UNTIL_ID, &ret->until_id);
	ret->max_results = (size_t)reading_number(&reading.given, MAX_RESULTS, RESULTS_DEFAULT,
						  RESULTS_MIN, SEARCH_RESULTS_MAX);
	read_token(&reading);
	if (question->endpoint == ENDPOINT_COUNTS) {
		read_granularity(&reading);
		read_count_fields(&reading);
	} else {
		read_sort_order(&reading);
		read_view(&reading);
	}
	check_window(&reading);
	return !reading.given.failed;
}
