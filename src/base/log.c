#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdio.h>

void log_event(enum log_level level, const char *event, const char *fmt, ...)
{
	static const char *const names[] = { "error", "warn", "info" };
	char time[TIME_TEXT_MAX], fields[2048];
	va_list args;
	va_start(args, fmt);
	vsnprintf(fields, sizeof fields, fmt, args);
	va_end(args);
	fprintf(stderr, "%s level=%s event=%s%s%s\n", time_format(clock_now_us(), time),
		names[level], event, fields[0] ? " " : "", fields);
}

void log_error(const struct err *err)
{
	fprintf(stderr, "aviary: %s\n", err->msg);
	if (err->hint[0])
		fprintf(stderr, "hint: %s\n", err->hint);
}
