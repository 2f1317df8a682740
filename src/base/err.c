#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void put(struct err *err, enum err_kind kind, const char *fmt, va_list args)
{
	err->kind = kind;
	err->hint[0] = '\0';
	err->sqlstate[0] = '\0';
	vsnprintf(err->msg, sizeof err->msg, fmt, args);
}

enum err_kind err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	put(err, kind, fmt, args);
	va_end(args);
	return kind;
}

enum err_kind err_errno(struct err *err, enum err_kind kind, const char *fmt, ...)
{
	const char *why = strerrordesc_np(errno);
	va_list args;
	va_start(args, fmt);
	put(err, kind, fmt, args);
	va_end(args);
	if (err) {
		size_t used = strlen(err->msg);
		snprintf(err->msg + used, sizeof err->msg - used, ": %s",
			 why ? why : "unknown error");
	}
	return kind;
}

enum err_kind err_wrap(struct err *err, const char *fmt, ...)
{
	char inner[ERR_MSG_MAX];
	memcpy(inner, err->msg, sizeof inner);
	va_list args;
	va_start(args, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, args);
	va_end(args);
	size_t used = strlen(err->msg);
	snprintf(err->msg + used, sizeof err->msg - used, ": %s", inner);
	return err->kind;
}

enum err_kind err_hint(struct err *err, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, args);
	va_end(args);
	return err->kind;
}

enum err_kind err_sqlstate(struct err *err, struct str state)
{
	const char *known = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char text[ERR_SQLSTATE_MAX];
	snprintf(text, sizeof text, "%.*s", state.len == 5 ? 5 : 0, state.ptr);
	snprintf(err->sqlstate, sizeof err->sqlstate, "%s", strspn(text, known) == 5 ? text : "");
	return err->kind;
}
