#include "role/run.h"

#include "base/buf.h"
#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>

struct trial {
	struct settings settings;
	struct run_plan plan;
	struct buf said; /* of the last said() */
};

static enum err_kind plan_for(struct trial *trial, const char *flags, struct err *err)
{
	static char words[1024], *argv[32];
	char *rest = words;
	int argc = 0, left;
	snprintf(words, sizeof words, "run %s", flags);
	while (rest && *rest)
		argv[argc++] = strsep(&rest, " ");
	argv[argc] = NULL;
	TRY(settings_read(&command_run, argc, argv, &trial->settings, &left, err));
	return run_plan_make(&trial->settings, &trial->plan, err);
}

static void end_trial(struct trial *trial)
{
	run_plan_release(&trial->plan);
	settings_release(&trial->settings);
	buf_release(&trial->said);
}

static size_t index_of(const struct trial *trial, const char *name)
{
	for (size_t i = 0; i < trial->plan.count; i++) {
		if (strcmp(trial->plan.roles[i].name, name) == 0)
			return i;
	}
	fail_msg("no role %s", name);
	return 0;
}

static const char *joined(struct trial *trial, char **words)
{
	buf_reset(&trial->said);
	for (; words && *words; words++)
		buf_addf(&trial->said, "%s ", *words);
	return buf_text(&trial->said);
}

static const char *said(struct trial *trial, const char *name)
{
	return joined(trial, trial->plan.roles[index_of(trial, name)].arguments);
}

static const char *last_of(struct trial *trial, const char *name)
{
	return joined(trial, trial->plan.roles[index_of(trial, name)].last);
}

static void nothing_to_follow_is_refused(void **state)
{
	struct trial trial = { 0 };
	struct err err = { 0 };
	(void)state;
	unsetenv("AVIARY_CONFIG");
	assert_fails(plan_for(&trial, "", &err), err, ERR_REJECT, "nothing to follow");
	end_trial(&trial);
	trial = (struct trial){ 0 };
	assert_fails(plan_for(&trial, "--port 7001 --host 127.0.0.2 --from nowhere:x", &err), err,
		     ERR_REJECT, "");
	end_trial(&trial);
}

static void flags_go_to_those_who_take_them(void **state)
{
	struct trial trial = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_ok(plan_for(&trial,
			   "--lake x --from 127.0.0.1:7001 --publish-interval 1s --weekend friday "
			   "--drain-timeout 5s",
			   &err),
		  err);
	assert_string_equal(said(&trial, "collect"),
			    "aviary collect --lake=x --from=127.0.0.1:7001 --publish-interval=1s ");
	assert_string_equal(said(&trial, "refine"), "aviary refine --lake=x --weekend=friday ");
	assert_string_equal(last_of(&trial, "refine"),
			    "aviary refine --lake=x --weekend=friday --once ");
	/* Somebody else's wire may go on for ever. */
	assert_string_equal(last_of(&trial, "collect"), "");
	end_trial(&trial);
}

static void refine_is_left_out_when_configured_so(void **state)
{
	struct trial trial = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_ok(plan_for(&trial, "--from 7001 --refine no", &err), err);
	for (size_t i = 0; i < trial.plan.count; i++)
		assert_string_not_equal(trial.plan.roles[i].name, "refine");
	end_trial(&trial);
}

static void the_simulated_x_keeps_its_port(void **state)
{
	struct trial trial = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_ok(plan_for(&trial, "--simulate --simulate-port 0", &err), err);
	size_t simulate = index_of(&trial, "simulate");
	assert_int_equal(simulate, 0);
	assert_string_equal(said(&trial, "simulate"), "aviary simulate --simulate-port=0 ");
	run_plan_ready(&trial.plan, simulate, 4711);
	run_plan_ready(&trial.plan, simulate, 4711); /* after it was started again */
	assert_string_equal(said(&trial, "simulate"),
			    "aviary simulate --simulate-port=0 --simulate-port=4711 ");
	/* The listener asks there, by a token that is none. */
	assert_non_null(strstr(said(&trial, "listen"), " --base-url=http://127.0.0.1:4711 "));
	assert_non_null(strstr(said(&trial, "listen"), " --query="));
	assert_string_equal(trial.plan.roles[index_of(&trial, "listen")].variables[0],
			    "AVIARY_TOKEN=simulated");
	end_trial(&trial);
}

static void the_wire_is_collected_where_it_is(void **state)
{
	struct trial trial = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_ok(plan_for(&trial, "--keyword birds --port 0 --base-url http://127.0.0.1:1", &err),
		  err);
	assert_string_equal(trial.plan.roles[0].name, "listen");
	assert_null(trial.plan.roles[0].variables);
	run_plan_ready(&trial.plan, 0, 4712);
	assert_string_equal(said(&trial, "listen"),
			    "aviary listen --keyword=birds --base-url=http://127.0.0.1:1 --port=0 "
			    "--port=4712 ");
	assert_string_equal(said(&trial, "collect"), "aviary collect --from=127.0.0.1:4712 ");
	assert_string_equal(last_of(&trial, "collect"),
			    "aviary collect --once --from=127.0.0.1:4712 ");
	end_trial(&trial);
}

static void the_page_keeps_its_port_and_has_an_address(void **state)
{
	struct trial trial = { 0 };
	struct err err = { 0 };
	(void)state;
	assert_ok(plan_for(&trial, "--from 7001 --http [::1]:0", &err), err);
	size_t serve = index_of(&trial, "serve");
	assert_int_equal(serve, trial.plan.count - 1);
	run_plan_ready(&trial.plan, serve, 4711);
	assert_string_equal(said(&trial, "serve"),
			    "aviary serve --http=[::1]:0 --http=[::1]:4711 ");
	assert_string_equal(trial.plan.addresses[RUN_SERVE], "http://[::1]:4711");
	end_trial(&trial);
}

static void the_source_is_drained_before_what_it_feeds(void **state)
{
	static const char *const flow[] = { "listen", "simulate", "collect", "refine", "serve" };
	struct trial trial = { 0 };
	struct err err = { 0 };
	int before = -1;
	(void)state;
	assert_ok(plan_for(&trial, "--simulate", &err), err);
	for (size_t i = 0; i < sizeof flow / sizeof *flow; i++) {
		int step = trial.plan.roles[index_of(&trial, flow[i])].drain_step;
		assert_true(step > before);
		before = step;
	}
	assert_string_equal(last_of(&trial, "collect"), "aviary collect --once ");
	end_trial(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_to_follow_is_refused),
		cmocka_unit_test(flags_go_to_those_who_take_them),
		cmocka_unit_test(refine_is_left_out_when_configured_so),
		cmocka_unit_test(the_simulated_x_keeps_its_port),
		cmocka_unit_test(the_wire_is_collected_where_it_is),
		cmocka_unit_test(the_page_keeps_its_port_and_has_an_address),
		cmocka_unit_test(the_source_is_drained_before_what_it_feeds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
