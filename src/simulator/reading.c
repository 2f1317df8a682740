#include "simulator/reading.h"

#include <stdio.h>

enum { SHOWN_BYTES_MAX = 200 };

#define AT(endpoint) (1U << ENDPOINT_##endpoint)

/* In the order in which X names them, and complains of them. */
static const struct {
	const char *name;
	unsigned endpoints;
} parameters[PARAMETERS] = {
	[QUERY] = { "query", AT(SEARCH) | AT(COUNTS) },
	[START_TIME] = { "start_time", AT(SEARCH) | AT(COUNTS) },
	[END_TIME] = { "end_time", AT(SEARCH) | AT(COUNTS) },
	[SINCE_ID] = { "since_id", AT(SEARCH) | AT(COUNTS) },
	[UNTIL_ID] = { "until_id", AT(SEARCH) | AT(COUNTS) },
	[MAX_RESULTS] = { "max_results", AT(SEARCH) },
	[NEXT_TOKEN] = { "next_token", AT(SEARCH) | AT(COUNTS) },
	[PAGINATION_TOKEN] = { "pagination_token", AT(SEARCH) | AT(COUNTS) },
	[SORT_ORDER] = { "sort_order", AT(SEARCH) },
	[TWEET_FIELDS] = { "tweet.fields", AT(SEARCH) },
	[POST_FIELDS] = { "post.fields", AT(SEARCH) },
	[EXPANSIONS] = { "expansions", AT(SEARCH) },
	[MEDIA_FIELDS] = { "media.fields", AT(SEARCH) },
	[POLL_FIELDS] = { "poll.fields", AT(SEARCH) },
	[USER_FIELDS] = { "user.fields", AT(SEARCH) },
	[PLACE_FIELDS] = { "place.fields", AT(SEARCH) },
	[GRANULARITY] = { "granularity", AT(COUNTS) },
	[COUNT_FIELDS] = { "search_count.fields", AT(COUNTS) },
	[DAYS] = { "days", AT(USAGE) },
	[USAGE_FIELDS] = { "usage.fields", AT(USAGE) },
};

struct str reading_shortened(struct str text)
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

static void add_fault(struct reading *reading, struct str name, struct str value,
		      const char *message)
{
	if (reading->errors->len > 0)
		buf_add_byte(reading->errors, ',');
	buf_add_text(reading->errors, "{\"parameters\":{");
	add_json(reading->errors, name);
	buf_add_text(reading->errors, ":[");
	add_json(reading->errors, value);
	buf_add_text(reading->errors, "]},\"message\":");
	add_json(reading->errors, str_from(message));
	buf_add_byte(reading->errors, '}');
	reading->failed = true;
}

bool reading_has(const struct reading *reading, enum parameter parameter)
{
	return reading->values[parameter].ptr != NULL;
}

const char *reading_name(enum parameter parameter)
{
	return parameters[parameter].name;
}

void reading_fail(struct reading *reading, enum parameter parameter, const char *fmt, ...)
{
	char text[2048];
	struct str value = reading->values[parameter];
	va_list args;
	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	add_fault(reading, str_from(parameters[parameter].name), value.ptr ? value : STR(""), text);
}

void reading_fail_choice(struct reading *reading, enum parameter parameter, struct str value,
			 const char *choices)
{
	reading_fail(reading, parameter, "The `%s` query parameter value [%.*s] is not one of [%s]",
		     parameters[parameter].name, STR_ARG(reading_shortened(value)), choices);
}

static void fail_unknown(struct reading *reading, enum endpoint endpoint,
			 const struct argument *argument)
{
	struct buf text = { 0 };
	const char *comma = "";
	buf_addf(&text, "The query parameter [%.*s] is not one of [",
		 STR_ARG(reading_shortened(argument->name)));
	for (size_t i = 0; i < PARAMETERS; i++) {
		if (!(parameters[i].endpoints >> endpoint & 1))
			continue;
		buf_addf(&text, "%s%s", comma, parameters[i].name);
		comma = ",";
	}
	buf_add_byte(&text, ']');
	add_fault(reading, argument->name, argument->value, buf_text(&text));
	buf_release(&text);
}

void reading_begin(struct reading *reading, enum endpoint endpoint,
		   const struct argument *arguments, size_t count, struct buf *errors)
{
	*reading = (struct reading){ .errors = errors };
	for (size_t i = 0; i < count; i++) {
		size_t parameter = 0;
		while (parameter < PARAMETERS &&
		       (!(parameters[parameter].endpoints >> endpoint & 1) ||
			!str_equal(arguments[i].name, str_from(parameters[parameter].name))))
			parameter++;
		if (parameter == PARAMETERS) {
			fail_unknown(reading, endpoint, &arguments[i]);
			continue;
		}
		bool repeated = reading_has(reading, (enum parameter)parameter);
		reading->values[parameter] = arguments[i].value;
		if (repeated)
			reading_fail(reading, (enum parameter)parameter,
				     "The `%s` query parameter can be given only once",
				     parameters[parameter].name);
	}
}

int64_t reading_number(struct reading *reading, enum parameter parameter, int64_t otherwise,
		       int64_t least, int64_t most)
{
	struct str text = reading->values[parameter];
	int64_t value;
	if (!reading_has(reading, parameter))
		return otherwise;
	if (!str_to_i64(text, &value)) {
		reading_fail(reading, parameter,
			     "The `%s` query parameter value [%.*s] is not a number",
			     parameters[parameter].name, STR_ARG(reading_shortened(text)));
		return otherwise;
	}
	if (value < least || value > most) {
		reading_fail(reading, parameter,
			     "The `%s` query parameter value [%lld] is not between %lld and %lld",
			     parameters[parameter].name, (long long)value, (long long)least,
			     (long long)most);
		return otherwise;
	}
	return value;
}

bool reading_lists(struct str list, struct str wanted)
{
	struct str name;
	while (str_split(&list, ',', &name)) {
		if (str_equal(name, wanted))
			return true;
	}
	return false;
}

void reading_refuse_repeats(struct reading *reading, enum parameter parameter)
{
	struct str list = reading->values[parameter], name;
	while (str_split(&list, ',', &name)) {
		if (!reading_lists(list, name))
			continue;
		reading_fail(reading, parameter,
			     "The `%s` query parameter value [%.*s] is there more than once",
			     parameters[parameter].name, STR_ARG(reading_shortened(name)));
		return;
	}
}

void reading_names(struct reading *reading, enum parameter parameter, const char *choices)
{
	struct str list = reading->values[parameter], name;
	if (!reading_has(reading, parameter))
		return;
	if (list.len == 0)
		reading_fail_choice(reading, parameter, list, choices);
	while (str_split(&list, ',', &name)) {
		if (reading_lists(str_from(choices), name))
			continue;
		reading_fail_choice(reading, parameter, name, choices);
		return;
	}
	reading_refuse_repeats(reading, parameter);
}
