#include "dashboard/charts.h"

#include "base/clock.h"
#include "base/embed.h"
#include "base/mem.h"

#include <assert.h>
#include <inttypes.h>
#include <pthread.h>

enum { CHARTS_MAX = 32 };

static const int64_t hour_us = INT64_C(3600) * 1000000;

static struct chart charts[CHARTS_MAX];
static size_t chart_count;
static pthread_once_t listed = PTHREAD_ONCE_INIT;

static void list_charts(void)
{
	static const char folder[] = "sql/30_dashboard/";
	for (size_t i = 0; i < embedded_file_count; i++) {
		const char *name = embedded_files[i].name;
		if (!str_starts(str_from(name), str_from(folder)))
			continue;
		name += strlen(folder);
		size_t number = strspn(name, "0123456789");
		name += number > 0 ? number + 1 : 0;
		assert(chart_count < CHARTS_MAX);
		charts[chart_count++] = (struct chart){
			.name = mem_printf("%.*s", (int)(strlen(name) - strlen(".sql")), name),
			.sql = embedded_files[i].text,
			.is_table = number > 0,
		};
	}
}

const struct chart *chart_list(size_t *ret_count)
{
	pthread_once(&listed, list_charts);
	*ret_count = chart_count;
	return charts;
}

const struct chart *chart_find(const char *name)
{
	size_t count;
	const struct chart *chart = chart_list(&count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(chart[i].name, name) == 0)
			return &chart[i];
	}
	return NULL;
}

static void add_time(struct buf *ret, int64_t time_us)
{
	char time[TIME_TEXT_MAX];
	buf_addf(ret, "TIMESTAMPTZ '%s'", time_format(time_us, time));
}

/* Whether the row's hour is not before this one, by the names of the partitions alone: files of other
 * hours are not opened, nor computed where a table is. For that it must be nothing that can fail, as
 * making a time of them can; and comparing them as a row trips DuckDB over its own BETWEEN. */
static void add_since(struct buf *ret, int64_t time_us)
{
	struct hour hour = hour_of(time_us);
	buf_addf(
		ret,
		"(year > %d OR (year = %d AND (month > %d OR (month = %d AND (day > %d OR (day = %d "
		"AND hour >= %d))))))",
		hour.year, hour.year, hour.month, hour.month, hour.day, hour.day, hour.hour);
}

static void add_hours(struct buf *ret, int64_t from_us, int64_t to_us)
{
	buf_add_byte(ret, '(');
	add_since(ret, from_us);
	buf_add_text(ret, " AND NOT ");
	add_since(ret, to_us);
	buf_add_byte(ret, ')');
}

static void add_word(struct buf *ret, struct str word, const void *context)
{
	const struct chart_window *window = context;
	struct str name, argument = word;
	int64_t from_us = window->from_us, to_us = window->to_us;
	str_split(&argument, ' ', &name);
	if (str_equal(name, STR("in_window"))) {
		add_hours(ret, from_us, to_us);
	} else if (str_equal(name, STR("before_window"))) {
		add_hours(ret, 2 * from_us - to_us, from_us);
	} else if (str_equal(name, STR("in_week"))) {
		add_hours(ret, to_us - 7 * 24 * hour_us, to_us);
	} else if (str_equal(name, STR("now"))) {
		add_time(ret, window->now_us);
	} else if (str_equal(name, STR("hour_number"))) {
		buf_add_text(ret, "CAST(epoch(make_timestamptz(year, month, day, hour, 0, 0.0)) // "
				  "3600 AS INTEGER)");
	} else if (str_equal(name, STR("weekday"))) {
		buf_add_text(ret, "dayofweek(timezone(");
		buf_add_sql(ret, str_from(window->zone));
		buf_addf(ret, ", %.*s))", STR_ARG(argument));
	} else {
		assert(!"a word that is none");
	}
}

void chart_add_sql(const struct chart *chart, const struct chart_window *window, struct buf *ret)
{
	buf_add_template(ret, chart->sql, add_word, window);
}

void chart_add_title(const struct chart *chart, struct buf *ret)
{
	struct str rest = str_from(chart->sql), line;
	if (str_starts(rest, STR("-- ")) && str_split(&rest, '\n', &line))
		buf_add(ret, line.ptr + 3, line.len - 3);
}

static enum err_kind add_rows(struct result *result, struct buf *ret, struct err *err)
{
	bool row;
	for (size_t count = 0;; count++) {
		TRY(result_next(result, &row, err));
		if (!row)
			return ERR_NONE;
		buf_add_text(ret, count > 0 ? ",[" : "[");
		for (size_t i = 0; i < result_columns(result); i++) {
			if (i > 0)
				buf_add_byte(ret, ',');
			result_add_json(result, i, ret);
		}
		buf_add_byte(ret, ']');
	}
}

enum err_kind chart_ask(const struct chart *chart, const struct chart_window *window,
			struct session *session, struct buf *ret, struct err *err)
{
	struct result *result = NULL;
	struct buf sql = { 0 };
	if (chart->is_table)
		buf_addf(&sql, "CREATE OR REPLACE TEMP TABLE %s AS ", chart->name);
	chart_add_sql(chart, window, &sql);
	enum err_kind kind = chart->is_table ? session_run(session, buf_text(&sql), err) :
					       session_query(session, buf_text(&sql), &result, err);
	buf_release(&sql);
	if (kind == ERR_NONE && !chart->is_table) {
		buf_add_text(ret, "{\"columns\":[");
		for (size_t i = 0; i < result_columns(result); i++) {
			if (i > 0)
				buf_add_byte(ret, ',');
			buf_add_json(ret, str_from(result_column_name(result, i)));
		}
		buf_add_text(ret, "],\"rows\":[");
		kind = add_rows(result, ret, err);
		buf_add_text(ret, "]}");
	}
	result_free(result);
	return kind == ERR_NONE ? ERR_NONE : err_wrap(err, "%s", chart->name);
}
