/* The protocol against tests/cluster/hive_stand_in.py, which does what a statement says. */
#include "hiveserver2/hiveserver2.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/stand_in.h"
#include "base/test.h"

#include <stdlib.h>

static struct stand_in stand_in;
static int ports[3];

enum way { PLAIN, SASL, HTTP, WAYS };
static const char *const way_names[] = { "without SASL", "with SASL", "over HTTP" };

static int start_stand_in(void **state)
{
	(void)state;
	FILE *lines = stand_in_run(&stand_in, "hive_stand_in.py", NULL, NULL);
	if (fscanf(lines, "%d %d %d", &ports[PLAIN], &ports[SASL], &ports[HTTP]) != 3)
		fail_msg("tests/cluster/hive_stand_in.py does not start");
	fclose(lines);
	return 0;
}

static int stop_stand_in(void **state)
{
	(void)state;
	stand_in_stop(&stand_in);
	return 0;
}

static struct hive_server *server_at(enum way way, const char *more)
{
	static const char *const rest[] = { ";auth=noSasl", "", ";transportMode=http" };
	struct hive_server *server = NULL;
	struct err err;
	char *location = mem_printf("127.0.0.1:%d/%s;patience=0%s", ports[way], rest[way], more);
	struct hive_server_options options = { .location = location };
	assert_ok(hive_server_new(&options, &server, &err), err);
	free(location);
	return server;
}

struct talk {
	struct hive_server *server;
	struct hive_session *session;
};

static struct talk talk_begin(enum way way, const char *more)
{
	struct err err;
	struct talk talk = { .server = server_at(way, more) };
	assert_ok(hive_session_open(talk.server, &talk.session, &err), err);
	return talk;
}

static void talk_end(struct talk *talk)
{
	hive_session_close(talk->session);
	hive_server_free(talk->server);
}

static void run(struct talk *talk, const char *sql)
{
	struct err err;
	assert_ok(hive_session_execute(talk->session, sql, NULL, &err), err);
}

/* All rows of a statement, or its error. */
static enum err_kind read_all(struct hive_session *session, const char *sql, size_t *ret_rows,
			      struct err *err)
{
	struct hive_rows *rows = NULL;
	bool row = true;
	*ret_rows = 0;
	TRY(hive_session_execute(session, sql, &rows, err));
	enum err_kind kind = ERR_NONE;
	while (row && kind == ERR_NONE) {
		kind = hive_rows_next(rows, &row, err);
		for (size_t i = 0; row && i < hive_rows_columns(rows); i++)
			hive_rows_value(rows, i);
		*ret_rows += row;
	}
	hive_rows_free(rows);
	return kind;
}

static int64_t number(struct talk *talk, const char *sql)
{
	struct hive_rows *rows = NULL;
	struct err err;
	bool row;
	assert_ok(hive_session_execute(talk->session, sql, &rows, &err), err);
	assert_ok(hive_rows_next(rows, &row, &err), err);
	assert_true(row);
	int64_t found = hive_rows_value(rows, 0).integer;
	hive_rows_free(rows);
	return found;
}

static void assert_refused(struct talk *talk, const char *sql, enum err_kind kind,
			   const char *words)
{
	struct err err = { 0 };
	size_t rows;
	assert_fails(read_all(talk->session, sql, &rows, &err), err, kind, words);
}

/* --- rows ------------------------------------------------------------------------------------------------------ */

static void rows_come_in_batches_until_one_is_empty(void **state)
{
	(void)state;
	for (enum way way = PLAIN; way < WAYS; way++) {
		static const size_t counts[] = { 0, 1, 999, 1000, 1001, 12345 };
		struct talk talk = talk_begin(way, "");
		for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
			struct err err;
			size_t rows;
			char *sql = mem_printf("rows %zu", counts[i]);
			assert_ok(read_all(talk.session, sql, &rows, &err), err);
			assert_int_equal(rows, counts[i]);
			free(sql);
		}
		talk_end(&talk);
	}
}

static void values_of_every_type_and_their_nulls_are_read(void **state)
{
	struct hive_rows *rows = NULL;
	struct err err;
	bool row;
	(void)state;
	struct talk talk = talk_begin(PLAIN, "");
	assert_ok(hive_session_execute(talk.session, "types", &rows, &err), err);
	assert_int_equal(hive_rows_columns(rows), 21);
	assert_string_equal(hive_rows_name(rows, 4), "bigint");
	assert_int_equal(hive_rows_type(rows, 4), HIVE_BIGINT);
	assert_int_equal(hive_rows_type(rows, 20), HIVE_STRING); /* unknown */
	assert_ok(hive_rows_next(rows, &row, &err), err);
	assert_int_equal(hive_rows_value(rows, 0).kind, HIVE_IS_BOOLEAN);
	assert_int_equal(hive_rows_value(rows, 1).integer, -128);
	assert_int_equal(hive_rows_value(rows, 2).integer, -32768);
	assert_int_equal(hive_rows_value(rows, 3).integer, INT32_MIN);
	assert_true(hive_rows_value(rows, 4).integer == INT64_MIN);
	assert_true(hive_rows_value(rows, 6).real == 0.1);
	assert_true(str_equal(hive_rows_value(rows, 7).text, STR("say \"hi\" \xd9\x85\0.")));
	assert_true(str_equal(hive_rows_value(rows, 9).text, STR("a\xff")));
	assert_str(hive_rows_value(rows, 13).text, "-0.050");
	assert_ok(hive_rows_next(rows, &row, &err), err);
	assert_true(row);
	for (size_t i = 0; i < hive_rows_columns(rows); i++)
		assert_int_equal(hive_rows_value(rows, i).kind, HIVE_IS_NULL);
	assert_ok(hive_rows_next(rows, &row, &err), err);
	assert_false(row);
	hive_rows_free(rows);
	talk_end(&talk);
}

static void rows_may_be_left_half_read(void **state)
{
	struct hive_rows *rows = NULL;
	struct err err;
	bool row;
	(void)state;
	struct talk talk = talk_begin(SASL, "");
	assert_ok(hive_session_execute(talk.session, "rows 5000", &rows, &err), err);
	assert_ok(hive_rows_next(rows, &row, &err), err);
	hive_rows_free(rows);
	run(&talk, "something else");
	talk_end(&talk);
}

/* --- errors ---------------------------------------------------------------------------------------------------- */

static void a_servers_error_has_its_words_and_sqlstate(void **state)
{
	struct err err = { 0 };
	size_t rows;
	(void)state;
	for (enum way way = PLAIN; way < WAYS; way++) {
		struct talk talk = talk_begin(way, "");
		assert_fails(read_all(talk.session, "fail", &rows, &err), err, ERR_REJECT,
			     "no such table");
		assert_string_equal(err.sqlstate, "42P01");
		assert_null(strstr(err.msg, "org.example.Stack"));
		assert_fails(read_all(talk.session, "fail later", &rows, &err), err, ERR_REJECT,
			     "no table later");
		assert_string_equal(err.sqlstate, "42P01");
		assert_fails(read_all(talk.session, "break 1500", &rows, &err), err, ERR_REJECT,
			     "it broke");
		assert_int_equal(rows, 1500);
		assert_string_equal(err.sqlstate, "58000");
		run(&talk, "the session goes on");
		assert_int_equal(hive_session_renewals(talk.session), 0);
		talk_end(&talk);
	}
}

static void answers_that_are_none_are_refused_and_the_next_statement_is_run(void **state)
{
	static const char *const bad[][2] = {
		{ "long text", "a length: 2147483647" },
		{ "negative text", "a length: -7" },
		{ "many items", "a number of items: 2147483647" },
		{ "deep", "nests" },
		{ "strange type", "an unknown type: 5" },
		{ "short column", "1 values in column 2 instead of 2" },
		{ "no columns", "1 columns instead of 2" },
		{ "nothing", "without a result" },
		{ "other call", "an answer to something else" },
	};
	(void)state;
	for (enum way way = PLAIN; way < WAYS; way++) {
		struct talk talk = talk_begin(way, "");
		for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
			assert_refused(&talk, bad[i][0], ERR_REJECT, bad[i][1]);
			run(&talk, "something else");
		}
		assert_true(hive_session_renewals(talk.session) >= 7);
		talk_end(&talk);
	}
}

static void who_is_not_let_in_is_told(void **state)
{
	struct hive_session *session = NULL;
	struct err err = { 0 };
	(void)state;
	struct hive_server *server = server_at(SASL, ";user=nobody");
	assert_fails(hive_session_open(server, &session, &err), err, ERR_REJECT,
		     "user nobody is not let in: Error validating the login");
	hive_server_free(server);
	server = server_at(HTTP, ";user=nobody");
	assert_fails(hive_session_open(server, &session, &err), err, ERR_REJECT, "HTTP 401");
	hive_server_free(server);
	server = server_at(HTTP, ";httpPath=elsewhere");
	assert_fails(hive_session_open(server, &session, &err), err, ERR_REJECT, "HTTP 404");
	hive_server_free(server);
}

static void a_password_opens_and_is_never_told(void **state)
{
	(void)state;
	for (enum way way = SASL; way < WAYS; way++) {
		for (int right = 0; right < 2; right++) {
			struct hive_session *session = NULL;
			struct hive_server *server = NULL;
			struct err err = { 0 };
			char *location = mem_printf("127.0.0.1:%d/;patience=0;user=bird%s",
						    ports[way],
						    way == HTTP ? ";transportMode=http" : "");
			struct hive_server_options options = { .location = location,
							       .password = right ? "seed" :
										   "weed" };
			assert_ok(hive_server_new(&options, &server, &err), err);
			assert_int_equal(hive_session_open(server, &session, &err),
					 right ? ERR_NONE : ERR_REJECT);
			assert_null(strstr(err.msg, "weed"));
			hive_session_close(session);
			hive_server_free(server);
			free(location);
		}
	}
}

static void the_wrong_way_to_speak_is_an_error_in_words(void **state)
{
	static const struct {
		enum way to, as;
	} wrong[] = { { PLAIN, SASL }, { SASL, PLAIN }, { HTTP, PLAIN }, { HTTP, SASL } };
	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct hive_session *session = NULL;
		struct err err = { 0 };
		int kept = ports[wrong[i].as];
		ports[wrong[i].as] = ports[wrong[i].to];
		struct hive_server *server = server_at(wrong[i].as, ";stall=1");
		ports[wrong[i].as] = kept;
		assert_int_not_equal(hive_session_open(server, &session, &err), ERR_NONE);
		assert_non_null(strstr(err.msg, "127.0.0.1"));
		hive_server_free(server);
	}
}

static void nobody_there_is_told_soon(void **state)
{
	struct hive_session *session = NULL;
	struct hive_server *server = NULL;
	struct err err = { 0 };
	(void)state;
	struct hive_server_options options = { .location = "127.0.0.1:1/;patience=1" };
	int64_t begin_us = clock_monotonic_us();
	assert_ok(hive_server_new(&options, &server, &err), err);
	assert_fails(hive_session_open(server, &session, &err), err, ERR_RETRY, "127.0.0.1:1: ");
	int64_t took_us = clock_monotonic_us() - begin_us;
	assert_true(took_us > 900000 && took_us < 5000000);
	hive_server_free(server);
}

/* --- what is lost ------------------------------------------------------------------------------------------------ */

static void a_lost_session_is_opened_again(void **state)
{
	(void)state;
	for (enum way way = PLAIN; way < WAYS; way++) {
		struct talk talk = talk_begin(way, "");
		run(&talk, "forget");
		run(&talk, "something else");
		assert_int_equal(hive_session_renewals(talk.session), 1);
		assert_refused(&talk, "hang up", ERR_RETRY, "ExecuteStatement");
		run(&talk, "something else");
		assert_int_equal(hive_session_renewals(talk.session), 2);
		talk_end(&talk);
	}
}

static void a_connection_that_ended_while_idle_is_made_again(void **state)
{
	(void)state;
	for (enum way way = PLAIN; way < HTTP; way++) {
		struct talk talk = talk_begin(way, ";stall=2");
		struct err err;
		/* Its answer comes, but nothing more. */
		if (hive_session_execute(talk.session, "leave", NULL, &err) != ERR_NONE)
			assert_int_equal(err.kind, ERR_RETRY);
		run(&talk, "something else");
		assert_int_equal(hive_session_renewals(talk.session), 1);
		talk_end(&talk);
	}
}

static void a_statement_that_may_have_begun_is_not_sent_twice(void **state)
{
	(void)state;
	struct talk talk = talk_begin(PLAIN, "");
	int64_t before = number(&talk, "count statements");
	assert_refused(&talk, "hang up", ERR_RETRY, "closed the connection");
	/* The zone of the new session, and this question. */
	assert_int_equal(number(&talk, "count statements"), before + 2);
	talk_end(&talk);
}

static void rows_of_a_lost_session_end_with_an_error(void **state)
{
	struct hive_rows *rows = NULL;
	struct err err = { 0 };
	bool row;
	(void)state;
	struct talk talk = talk_begin(PLAIN, "");
	assert_ok(hive_session_execute(talk.session, "rows 5", &rows, &err), err);
	run(&talk, "forget");
	run(&talk, "something else");
	assert_fails(hive_rows_next(rows, &row, &err), err, ERR_RETRY, "was lost");
	hive_rows_free(rows);
	talk_end(&talk);
}

/* --- time -------------------------------------------------------------------------------------------------------- */

static void a_silent_server_is_not_waited_for(void **state)
{
	(void)state;
	for (enum way way = PLAIN; way < WAYS; way++) {
		struct talk talk = talk_begin(way, ";stall=1");
		int64_t begin_us = clock_monotonic_us();
		assert_refused(&talk, "silent", ERR_RETRY, "127.0.0.1");
		assert_true(clock_monotonic_us() - begin_us < 10000000);
		talk_end(&talk);
	}
}

static void a_statement_that_takes_too_long_is_cancelled(void **state)
{
	(void)state;
	for (enum way way = PLAIN; way < WAYS; way++) {
		struct talk talk = talk_begin(way, ";timeout=1");
		int64_t before = number(&talk, "count cancels");
		assert_refused(&talk, "sleep", ERR_RETRY, "more than 1 seconds");
		assert_int_equal(number(&talk, "count cancels"), before + 1);
		assert_int_equal(hive_session_renewals(talk.session), 0);
		talk_end(&talk);
	}
}

static bool is_late(void *context)
{
	return clock_monotonic_us() > *(int64_t *)context;
}

static void a_caller_that_says_stop_has_it_cancelled(void **state)
{
	(void)state;
	static const char *const slow[] = { "sleep", "silent" };
	for (size_t i = 0; i < 2; i++) {
		struct hive_session *session = NULL;
		struct hive_server *server = NULL;
		struct err err = { 0 };
		int64_t end_us = INT64_MAX;
		char *location = mem_printf("127.0.0.1:%d/;auth=noSasl;patience=0", ports[PLAIN]);
		struct hive_server_options options = { .location = location,
						       .stop = is_late,
						       .context = &end_us };
		assert_ok(hive_server_new(&options, &server, &err), err);
		assert_ok(hive_session_open(server, &session, &err), err);
		end_us = clock_monotonic_us() + 300000;
		assert_int_equal(hive_session_execute(session, slow[i], NULL, &err), ERR_RETRY);
		assert_non_null(strstr(err.msg, i == 0 ? "cancelled" : "stopped"));
		assert_true(clock_monotonic_us() - end_us < 3000000);
		hive_session_close(session);
		hive_server_free(server);
		free(location);
	}
}

/* --- every byte ---------------------------------------------------------------------------------------------------- */

/* One conversation on connections of its own, whatever comes of it. */
static enum err_kind converse(enum way way, size_t *ret_rows)
{
	struct hive_server *server = server_at(way, ";stall=2");
	struct hive_session *session = NULL;
	struct err err = { 0 };
	enum err_kind kind = hive_session_open(server, &session, &err);
	if (kind == ERR_NONE)
		kind = read_all(session, "types", ret_rows, &err);
	if (kind != ERR_NONE && !err.msg[0])
		fail_msg("an error without words");
	hive_session_close(session);
	hive_server_free(server);
	return kind;
}

static void try_every_byte(const char *fault, bool exact, const int steps[WAYS])
{
	struct talk talk = talk_begin(PLAIN, "");
	/* An answer that nobody waits for may be cut without harm: there are runs of those. */
	for (enum way way = PLAIN; way < WAYS; way++) {
		int failed = 0, in_a_row = 0, at = 0;
		for (; in_a_row < 200 / steps[way] && at < 20000; at += steps[way]) {
			size_t rows = 0;
			char *order = mem_printf("next %s %d", fault, at);
			run(&talk, order);
			free(order);
			bool good = converse(way, &rows) == ERR_NONE;
			if (good && exact && rows != 2)
				fail_msg("%zu rows, %s, %s %d", rows, way_names[way], fault, at);
			failed += !good;
			in_a_row = good ? in_a_row + 1 : 0;
		}
		if (failed < 1000 / steps[way] || at >= 20000)
			fail_msg("%s, %s: %d of %d failed", way_names[way], fault, failed, at);
	}
	run(&talk, "next none 0");
	talk_end(&talk);
}

static void an_answer_cut_at_any_byte_is_an_error(void **state)
{
	(void)state;
	static const int steps[WAYS] = { 1, 5, 5 };
	try_every_byte("cut", true, steps);
}

/* What a byte is for decides whether anybody minds. */
static void any_byte_turned_over_does_no_harm(void **state)
{
	(void)state;
	static const int steps[WAYS] = { 1, 5, 5 };
	try_every_byte("flip", false, steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_in_batches_until_one_is_empty),
		cmocka_unit_test(values_of_every_type_and_their_nulls_are_read),
		cmocka_unit_test(rows_may_be_left_half_read),
		cmocka_unit_test(a_servers_error_has_its_words_and_sqlstate),
		cmocka_unit_test(answers_that_are_none_are_refused_and_the_next_statement_is_run),
		cmocka_unit_test(who_is_not_let_in_is_told),
		cmocka_unit_test(a_password_opens_and_is_never_told),
		cmocka_unit_test(the_wrong_way_to_speak_is_an_error_in_words),
		cmocka_unit_test(nobody_there_is_told_soon),
		cmocka_unit_test(a_lost_session_is_opened_again),
		cmocka_unit_test(a_connection_that_ended_while_idle_is_made_again),
		cmocka_unit_test(a_statement_that_may_have_begun_is_not_sent_twice),
		cmocka_unit_test(rows_of_a_lost_session_end_with_an_error),
		cmocka_unit_test(a_silent_server_is_not_waited_for),
		cmocka_unit_test(a_statement_that_takes_too_long_is_cancelled),
		cmocka_unit_test(a_caller_that_says_stop_has_it_cancelled),
		cmocka_unit_test(an_answer_cut_at_any_byte_is_an_error),
		cmocka_unit_test(any_byte_turned_over_does_no_harm),
	};
	return cmocka_run_group_tests(tests, start_stand_in, stop_stand_in);
}
