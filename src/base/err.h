/* Errors: a kind for the program, words for people.
 *
 * In: what failed and why. Out: an enum err_kind that tells the caller what to do next, and a
 * message with the outermost context first: "publish hour=7: rename: No space left on device".
 * err_set() begins a message, err_wrap() puts context in front of it. Both return the kind, so a
 * failing function reads `return err_set(err, ERR_REJECT, "...")`. Messages longer than the buffer
 * are cut at its end, never overrun. `err` is never NULL. */
#pragma once
#include "base/str.h"

enum err_kind {
	ERR_NONE = 0, /* done */
	ERR_RETRY,    /* the world is busy: back off and try again */
	ERR_REJECT, /* the input is bad: quarantine it or tell its owner, go on with its neighbours */
	ERR_FATAL, /* this program cannot go on: say so and exit */
};

enum { ERR_MSG_MAX = 1024, ERR_HINT_MAX = 256, ERR_SQLSTATE_MAX = 6 };

struct err {
	enum err_kind kind;
	char msg[ERR_MSG_MAX];
	char hint[ERR_HINT_MAX];         /* what a person may do about it, or "" */
	char sqlstate[ERR_SQLSTATE_MAX]; /* "42P01", where a SQL server gave one, or "" */
};

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))

/* Begins an error. Returns `kind`. */
enum err_kind err_set(struct err *err, enum err_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* As err_set(), with ": " and strerror(errno) added. */
enum err_kind err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
/* Puts "context: " in front of the message. Returns the kind the error already has. */
enum err_kind err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* Sets the one-line hint. Returns the kind the error already has. */
enum err_kind err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Sets the SQLSTATE: five digits and capital letters; anything else is none. Returns the kind the error
 * already has. */
enum err_kind err_sqlstate(struct err *err, struct str state);

/* Returns from the enclosing function when `call` fails. Only where nothing is held. */
#define TRY(call)                                                                                  \
	do {                                                                                       \
		enum err_kind try_kind_ = (call);                                                  \
		if (try_kind_ != ERR_NONE)                                                         \
			return try_kind_;                                                          \
	} while (0)
