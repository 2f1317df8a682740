#include "dashboard/answers.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdlib.h>

enum { WINDOW_HOURS = 24 };

static const int64_t hour_us = INT64_C(3600) * 1000000;

static char *statement;

/* The names behind FROM and JOIN alone: aliases and columns may be called like tables that are not asked,
 * and each table that is made ready costs time. */
static void add_tables(struct str sql, struct buf *ret)
{
	struct str line, word;
	bool expected = false;
	while (str_split(&sql, '\n', &line)) {
		while (str_split(&line, ' ', &word)) {
			if (expected && word.len > 0 && word.ptr[0] != '(')
				buf_addf(ret, "FROM %.*s\n", STR_ARG(word));
			expected = str_ends(word, STR("FROM")) || str_equal(word, STR("JOIN"));
		}
	}
}

static void join_statement(void)
{
	struct buf all = { 0 };
	size_t count;
	const struct chart *charts = chart_list(&count);
	for (size_t i = 0; i < count; i++)
		add_tables(str_from(charts[i].sql), &all);
	statement = buf_detach(&all);
}

/* The number in the first cell; 0 where there is none. */
static int64_t first_number(struct str answer)
{
	struct json_doc doc = { 0 };
	struct err err;
	int64_t number = 0;
	if (json_read(&doc, answer, &err) == ERR_NONE &&
	    !str_to_i64(json_text(yyjson_arr_get_first(
				yyjson_arr_get_first(json_get(doc.root, "rows")))),
			&number))
		number = 0;
	json_release(&doc);
	return number;
}

static enum err_kind ask_all(struct answers *answers, struct session *session, struct err *err)
{
	const struct chart *charts = chart_list(&answers->count);
	for (size_t i = 0; i < answers->count; i++) {
		buf_reset(&answers->charts[i]);
		if (strcmp(charts[i].name, "newest") != 0)
			TRY(chart_ask(&charts[i], &answers->window, session, &answers->charts[i],
				      err));
	}
	return ERR_NONE;
}

/* Rows of hours.sql are hours that have posts. */
static bool is_empty(const struct answers *answers)
{
	size_t count;
	const struct chart *charts = chart_list(&count);
	return first_number(buf_str(&answers->charts[chart_find("hours") - charts])) == 0;
}

/* The day of the newest post; false when there is none. */
static enum err_kind look_back(struct answers *answers, struct session *session, bool *ret_found,
			       struct err *err)
{
	struct chart_window *window = &answers->window;
	struct buf answer = { 0 };
	enum err_kind kind = chart_ask(chart_find("newest"), window, session, &answer, err);
	int64_t newest_us = first_number(buf_str(&answer));
	*ret_found = newest_us != 0 && newest_us < window->from_us;
	if (*ret_found) {
		int64_t hour = hour_index(newest_us);
		answers->is_past = true;
		window->from_us = (hour - (hour % 24 + 24) % 24) * hour_us;
		window->to_us = window->from_us + WINDOW_HOURS * hour_us;
	}
	buf_release(&answer);
	return kind;
}

enum err_kind answers_ask(struct session *session, const char *zone, int64_t now_us,
			  struct answers **ret_answers, struct err *err)
{
	struct answers *answers = mem_zalloc(1, sizeof *answers);
	int64_t to_us = (hour_index(now_us) + 1) * hour_us;
	bool again = false;
	chart_list(&answers->count);
	answers->charts = mem_zalloc(answers->count, sizeof *answers->charts);
	answers->zone = mem_strdup(zone);
	answers->window = (struct chart_window){ .now_us = now_us,
						 .from_us = to_us - WINDOW_HOURS * hour_us,
						 .to_us = to_us,
						 .zone = answers->zone };
	enum err_kind kind = ask_all(answers, session, err);
	if (kind == ERR_NONE && is_empty(answers))
		kind = look_back(answers, session, &again, err);
	if (kind == ERR_NONE && again)
		kind = ask_all(answers, session, err);
	if (kind != ERR_NONE) {
		answers_free(answers);
		return kind;
	}
	*ret_answers = answers;
	return ERR_NONE;
}

const char *answers_statement(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, join_statement);
	return statement;
}

void answers_free(struct answers *answers)
{
	if (!answers)
		return;
	for (size_t i = 0; i < answers->count; i++)
		buf_release(&answers->charts[i]);
	free(answers->charts);
	free(answers->zone);
	free(answers);
}
