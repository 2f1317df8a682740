/* What every *_test.c includes: cmocka in the order it wants, and what tests share.
 *
 * A test file is one program: claims as `static void a_torn_extent_is_dropped(void **state)`, then a
 * main() that hands them to cmocka_run_group_tests(). Tests run under ASan and UBSan, once in UTC
 * and once with TZ=Africa/Cairo, several programs at a time. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "base/str.h"

/* A fresh empty directory at every call (below $TMPDIR or /tmp), removed with all that is in it when
 * the calling process exits; children that the test forks leave it alone. Freed at exit, too. */
const char *test_dir(void);

/* Fails with the error's words unless `call`, which fills `error`, succeeds:
 * assert_ok(file_sync(fd, path, &err), err). */
#define assert_ok(call, error)                                                                     \
	do {                                                                                       \
		if ((call) != ERR_NONE)                                                            \
			fail_msg("%s: %s", #call, (error).msg);                                    \
	} while (0)

/* Fails unless `call` fails with `expected` and its message contains `words`. */
#define assert_fails(call, error, expected, words)                                                 \
	do {                                                                                       \
		assert_int_equal((call), (expected));                                              \
		if (!strstr((error).msg, (words)))                                                 \
			fail_msg("%s: \"%s\" is not in \"%s\"", #call, (words), (error).msg);      \
	} while (0)

/* Fails unless a struct str holds exactly `text`. */
#define assert_str(actual, text)                                                                   \
	do {                                                                                       \
		struct str actual_ = (actual);                                                     \
		if (!str_equal(actual_, str_from(text)))                                           \
			fail_msg("%s: \"%.*s\" is not \"%s\"", #actual, STR_ARG(actual_), (text)); \
	} while (0)
