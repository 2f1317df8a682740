#include "base/err.h"

#include "base/test.h"

#include <errno.h>

static enum err_kind fail_inside(struct err *err)
{
	return err_set(err, ERR_RETRY, "HTTP %d", 503);
}

static enum err_kind fail_through(struct err *err, bool *ret_went_on)
{
	TRY(fail_inside(err));
	*ret_went_on = true;
	return ERR_NONE;
}

static void context_comes_first_and_the_kind_stays(void **state)
{
	struct err err;
	assert_int_equal(err_set(&err, ERR_RETRY, "HTTP %d", 503), ERR_RETRY);
	assert_int_equal(err_wrap(&err, "PUT %s", "webhdfs"), ERR_RETRY);
	assert_int_equal(err_wrap(&err, "publish hour=%d", 7), ERR_RETRY);
	assert_string_equal(err.msg, "publish hour=7: PUT webhdfs: HTTP 503");
	assert_int_equal(err.kind, ERR_RETRY);
	(void)state;
}

static void a_new_error_forgets_the_old_hint(void **state)
{
	struct err err;
	err_set(&err, ERR_FATAL, "no lake");
	assert_int_equal(err_hint(&err, "run aviary %s", "init"), ERR_FATAL);
	assert_string_equal(err.hint, "run aviary init");
	err_wrap(&err, "collect");
	assert_string_equal(err.hint, "run aviary init");
	err_set(&err, ERR_REJECT, "other");
	assert_string_equal(err.hint, "");
	(void)state;
}

static void errno_is_spelled(void **state)
{
	struct err err;
	errno = ENOSPC;
	assert_int_equal(err_errno(&err, ERR_FATAL, "write %s", "a"), ERR_FATAL);
	assert_string_equal(err.msg, "write a: No space left on device");
	errno = 99999;
	err_errno(&err, ERR_FATAL, "b");
	assert_string_equal(err.msg, "b: unknown error");
	(void)state;
}

static void long_messages_are_cut_at_the_end(void **state)
{
	struct {
		struct err err;
		char after;
	} guarded = { .after = 'x' };
	struct err *err = &guarded.err;
	char text[3000];
	memset(text, 'a', sizeof text);
	text[sizeof text - 1] = '\0';
	err_set(err, ERR_REJECT, "%s", text);
	assert_int_equal(strlen(err->msg), ERR_MSG_MAX - 1);
	errno = ENOENT;
	err_errno(err, ERR_REJECT, "%s", text);
	assert_int_equal(strlen(err->msg), ERR_MSG_MAX - 1);
	err_wrap(err, "outer");
	assert_int_equal(strlen(err->msg), ERR_MSG_MAX - 1);
	assert_true(str_starts(str_from(err->msg), STR("outer: aaaa")));
	err_wrap(err, "%s", text);
	assert_int_equal(strlen(err->msg), ERR_MSG_MAX - 1);
	err_hint(err, "%s", text);
	assert_int_equal(strlen(err->hint), ERR_HINT_MAX - 1);
	assert_int_equal(guarded.after, 'x');
	(void)state;
}

static void a_sqlstate_is_five_digits_and_capitals_or_none(void **state)
{
	struct err err;
	(void)state;
	err_set(&err, ERR_REJECT, "no such table");
	assert_string_equal(err.sqlstate, "");
	assert_int_equal(err_sqlstate(&err, STR("42P01")), ERR_REJECT);
	assert_string_equal(err.sqlstate, "42P01");
	err_wrap(&err, "query");
	assert_string_equal(err.sqlstate, "42P01");
	err_sqlstate(&err, STR("42p01"));
	assert_string_equal(err.sqlstate, "");
	err_sqlstate(&err, STR("08S01"));
	err_set(&err, ERR_REJECT, "another");
	assert_string_equal(err.sqlstate, "");
	err_sqlstate(&err, STR_NONE);
	err_sqlstate(&err, STR("123456"));
	assert_string_equal(err.sqlstate, "");
}

static void try_returns_the_kind_at_once(void **state)
{
	struct err err;
	bool went_on = false;
	assert_int_equal(fail_through(&err, &went_on), ERR_RETRY);
	assert_false(went_on);
	assert_string_equal(err.msg, "HTTP 503");
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(context_comes_first_and_the_kind_stays),
		cmocka_unit_test(a_new_error_forgets_the_old_hint),
		cmocka_unit_test(errno_is_spelled),
		cmocka_unit_test(long_messages_are_cut_at_the_end),
		cmocka_unit_test(a_sqlstate_is_five_digits_and_capitals_or_none),
		cmocka_unit_test(try_returns_the_kind_at_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
