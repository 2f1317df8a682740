/* The parameters of recent search and their rules (the product's X-API document, section 2). Every
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
	PARAMETERS,
};

static const char *const names[PARAMETERS] = {
	"query",        "start_time",   "end_time",    "since_id",
	"until_id",     "max_results",  "next_token",  "pagination_token",
	"sort_order",   "tweet.fields", "post.fields", "expansions",
	"media.fields", "poll.fields",  "user.fields", "place.fields",
};

struct reading {
	struct str values[PARAMETERS]; /* ptr NULL: not given */
	int64_t now_us;
	struct arena *arena;
	struct search *search;
	struct buf *errors;
	bool failed;
};

/* --- faults ------------------------------------------------------------------------------------- */

enum { SHOWN_BYTES_MAX = 200 };

/* At most so many bytes, ending with a whole character. */
static struct str shortened(struct str text)
{
	size_t len = text.len < SHOWN_BYTES_MAX ? text.len : SHOWN_BYTES_MAX;
	while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return str_make(text.ptr, len);
}

/* What clients send need not be UTF-8, and a message may have been cut inside a character. */
static void add_json(struct buf *buf, struct str text)
{
	struct buf ascii = { 0 };
	for (int cut = 0; cut < 4 && text.len > 0 && !str_is_utf8(text); cut++)
		text.len--;
	if (str_is_utf8(text)) {
		buf_add_json(buf, text);
		return;
	}
	for (size_t i = 0; i < text.len; i++)
		buf_add_byte(&ascii, (unsigned char)text.ptr[i] < 0x80 ? text.ptr[i] : '?');
	buf_add_json(buf, buf_str(&ascii));
	buf_release(&ascii);
}

static void __attribute__((format(printf, 4, 5)))
fail(struct reading *reading, struct str name, struct str value, const char *fmt, ...)
{
	char text[2048];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	if (reading->errors->len > 0)
		buf_add_byte(reading->errors, ',');
	buf_add_text(reading->errors, "{\"parameters\":{");
	add_json(reading->errors, name);
	buf_add_text(reading->errors, ":[");
	add_json(reading->errors, value);
	buf_add_text(reading->errors, "]},\"message\":");
	add_json(reading->errors, str_from(text));
	buf_add_byte(reading->errors, '}');
	reading->failed = true;
}

static bool given(const struct reading *reading, enum parameter parameter)
{
	return reading->values[parameter].ptr != NULL;
}

#define FAIL(reading, parameter, ...)                                                              \
	fail((reading), str_from(names[parameter]), (reading)->values[parameter], __VA_ARGS__)

/* --- one after another -------------------------------------------------------------------------- */

static void sort_arguments(struct reading *reading, const struct argument *arguments, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t parameter = 0;
		struct str name = arguments[i].name, value = arguments[i].value;
		while (parameter < PARAMETERS && !str_equal(name, str_from(names[parameter])))
			parameter++;
		if (parameter == PARAMETERS) {
			fail(reading, name, value,
			     "The query parameter [%.*s] is not one of [query,start_time,end_time,"
			     "since_id,until_id,max_results,next_token,pagination_token,sort_order,"
			     "tweet.fields,post.fields,expansions,media.fields,poll.fields,"
			     "user.fields,place.fields]",
			     STR_ARG(shortened(name)));
			continue;
		}
		if (given(reading, (enum parameter)parameter))
			fail(reading, name, value,
			     "The `%s` query parameter can be given only once", names[parameter]);
		reading->values[parameter] = value;
	}
}

static void read_query(struct reading *reading)
{
	struct err err = { 0 };
	struct str text = reading->values[QUERY];
	struct query_limits limits = { QUERY_CHARACTERS_MAX, .no_beyond = true };
	if (query_parse(text, &limits, reading->arena, &reading->search->query, &err) != ERR_NONE)
		fail(reading, STR("query"), text.ptr ? text : STR(""), "%s", err.msg);
}

static void read_id(struct reading *reading, enum parameter parameter, uint64_t *ret_id)
{
	struct str text = reading->values[parameter];
	if (!given(reading, parameter))
		return;
	if (text.len > ID_DIGITS_MAX || !str_to_u64(text, ret_id)) {
		FAIL(reading, parameter,
		     "The `%s` query parameter value [%.*s] does not match ^[0-9]{1,19}$",
		     names[parameter], STR_ARG(shortened(text)));
		reading->values[parameter] = STR_NONE;
	}
}

static void read_time(struct reading *reading, enum parameter parameter, int64_t *ret_us)
{
	struct str text = reading->values[parameter];
	int64_t time_us;
	if (!given(reading, parameter))
		return;
	if (time_parse(text, &time_us) == TIME_BAD || memchr(text.ptr, ' ', text.len)) {
		FAIL(reading, parameter,
		     "The `%s` query parameter value [%.*s] is not a valid RFC3339 time",
		     names[parameter], STR_ARG(shortened(text)));
		reading->values[parameter] = STR_NONE;
		return;
	}
	*ret_us = time_us - (time_us % second_us + second_us) % second_us;
}

static void read_max_results(struct reading *reading)
{
	struct str text = reading->values[MAX_RESULTS];
	int64_t value;
	reading->search->max_results = RESULTS_DEFAULT;
	if (!given(reading, MAX_RESULTS))
		return;
	if (!str_to_i64(text, &value))
		FAIL(reading, MAX_RESULTS,
		     "The `max_results` query parameter value [%.*s] is not a number",
		     STR_ARG(shortened(text)));
	else if (value < RESULTS_MIN || value > SEARCH_RESULTS_MAX)
		FAIL(reading, MAX_RESULTS,
		     "The `max_results` query parameter value [%lld] is not between %d and %d",
		     (long long)value, RESULTS_MIN, SEARCH_RESULTS_MAX);
	else
		reading->search->max_results = (size_t)value;
}

static void read_sort_order(struct reading *reading)
{
	struct str text = reading->values[SORT_ORDER];
	reading->search->relevancy = str_equal(text, STR("relevancy"));
	if (given(reading, SORT_ORDER) && !reading->search->relevancy &&
	    !str_equal(text, STR("recency")))
		FAIL(reading, SORT_ORDER,
		     "The `sort_order` query parameter value [%.*s] is not one of "
		     "[recency,relevancy]",
		     STR_ARG(shortened(text)));
}

/* --- fields and expansions ---------------------------------------------------------------------- */

static bool is_listed(struct str list, struct str wanted)
{
	struct str name;
	while (str_split(&list, ',', &name)) {
		if (str_equal(name, wanted))
			return true;
	}
	return false;
}

/* The request's vocabulary is the answer's: post.fields, or an expansion only the new one has. */
static enum invent_vocabulary vocabulary_of(const struct reading *reading)
{
	struct str expansions = reading->values[EXPANSIONS];
	bool is_new = given(reading, POST_FIELDS) ||
		      is_listed(expansions, STR("referenced_posts")) ||
		      is_listed(expansions, STR("edit_history_post_ids")) ||
		      is_listed(expansions, STR("username"));
	return is_new ? INVENT_POST : INVENT_TWEET;
}

static void fail_name(struct reading *reading, enum parameter parameter,
		      enum invent_parameter fields, struct str name)
{
	struct buf known = { 0 };
	for (int i = 0; invent_view_name(reading->search->view.vocabulary, fields, i); i++) {
		const char *other = invent_view_name(reading->search->view.vocabulary, fields, i);
		if (other[0] && known.len > 0)
			buf_add_byte(&known, ',');
		buf_add_text(&known, other);
	}
	FAIL(reading, parameter, "The `%s` query parameter value [%.*s] is not one of [%s]",
	     names[parameter], STR_ARG(shortened(name)), buf_text(&known));
	buf_release(&known);
}

static void read_names(struct reading *reading, enum parameter parameter,
		       enum invent_parameter fields)
{
	struct str list = reading->values[parameter], name, unknown;
	if (!given(reading, parameter))
		return;
	if (list.len == 0)
		fail_name(reading, parameter, fields, list);
	else if (!invent_view_add(&reading->search->view, fields, list, &unknown))
		fail_name(reading, parameter, fields, unknown);
	while (str_split(&list, ',', &name)) {
		if (!is_listed(list, name))
			continue;
		FAIL(reading, parameter,
		     "The `%s` query parameter value [%.*s] is there more than once",
		     names[parameter], STR_ARG(shortened(name)));
		return;
	}
}

static void read_view(struct reading *reading)
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

static void check_reach(struct reading *reading)
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
		     STR_ARG(shortened(reading->values[START_TIME])), minute);
	if (given(reading, END_TIME) && search->end_us <= oldest_us)
		FAIL(reading, END_TIME,
		     "Invalid 'end_time':'%.*s'. 'end_time' must be on or after %s",
		     STR_ARG(shortened(reading->values[END_TIME])), minute);
}

static void check_window(struct reading *reading)
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
		     STR_ARG(shortened(reading->values[END_TIME])));
	else if (given(reading, START_TIME) && search->start_us >= search->end_us)
		FAIL(reading, START_TIME,
		     "Invalid 'start_time':'%.*s'. 'start_time' must be before 'end_time'",
		     STR_ARG(shortened(reading->values[START_TIME])));
}

/* Whatever the order of the arguments. The number of results may change from page to page. */
static uint64_t binding_of(const struct reading *reading, uint64_t seed)
{
	uint64_t binding = seed;
	for (int i = 0; i < PARAMETERS; i++) {
		if (i == NEXT_TOKEN || i == PAGINATION_TOKEN || i == MAX_RESULTS)
			continue;
		uint64_t known = given(reading, (enum parameter)i) ? 1 + (uint64_t)i : 0;
		binding = hash_xxh3_from(str_make((const char *)&known, sizeof known), binding);
		if (known)
			binding = hash_xxh3_from(reading->values[i], binding);
	}
	return binding;
}

static void read_token(struct reading *reading)
{
	struct search *search = reading->search;
	enum parameter parameter = given(reading, NEXT_TOKEN) ? NEXT_TOKEN : PAGINATION_TOKEN;
	struct str token = reading->values[parameter];
	bool both = given(reading, NEXT_TOKEN) && given(reading, PAGINATION_TOKEN);
	search->below_id = UINT64_MAX;
	if (!given(reading, parameter))
		return;
	if (!search_token_read(token, search->binding, &search->below_id) ||
	    (both && !str_equal(reading->values[NEXT_TOKEN], reading->values[PAGINATION_TOKEN])))
		FAIL(reading, parameter, "The `%s` query parameter value [%.*s] is not valid",
		     names[parameter], STR_ARG(shortened(token)));
}

bool search_read(const struct argument *arguments, size_t count, int64_t now_us, uint64_t seed,
		 struct arena *arena, struct search *ret, struct buf *errors)
{
	struct reading reading = {
		.now_us = now_us,
		.arena = arena,
		.search = ret,
		.errors = errors,
	};
	*ret = (struct search){
		.until_id = UINT64_MAX,
		.start_us = now_us - reach_us,
		.end_us = now_us - default_end_us,
	};
	sort_arguments(&reading, arguments, count);
	ret->binding = binding_of(&reading, seed);
	read_query(&reading);
	read_time(&reading, START_TIME, &ret->start_us);
	read_time(&reading, END_TIME, &ret->end_us);
	read_id(&reading, SINCE_ID, &ret->since_id);
	read_id(&reading, UNTIL_ID, &ret->until_id);
	read_max_results(&reading);
	read_token(&reading);
	read_sort_order(&reading);
	read_view(&reading);
	check_window(&reading);
	return !reading.failed;
}
