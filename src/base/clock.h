/* Time: what o'clock it is, and how times are spelled.
 *
 * All times are int64_t microseconds since 1970-01-01T00:00:00Z, proleptic Gregorian, UTC, without
 * leap seconds; no function here looks at TZ. */
#pragma once
#include "base/str.h"

int64_t clock_now_us(void);       /* the wall clock; AVIARY_TEST_CLOCK_US fixes it for tests */
int64_t clock_monotonic_us(void); /* for durations; never goes back */

enum { TIME_TEXT_MAX = 40 };

/* "2026-11-23T07:00:00.123Z": milliseconds, or six digits where the time has microseconds.
 * Years outside 1..9999 are not spelled: the result is "". Returns ret_text. */
const char *time_format(int64_t time_us, char ret_text[TIME_TEXT_MAX]);

enum time_spelling {
	TIME_BAD,       /* not a time: out of range, or not RFC 3339 */
	TIME_CANONICAL, /* exactly what X sends and time_format() writes: YYYY-MM-DDTHH:MM:SS.mmmZ */
	TIME_OTHER, /* another spelling of RFC 3339 section 5.6: an offset, other digits, a space */
};
/* Reads an RFC 3339 time of years 1..9999. Digits behind the sixth are cut off (so the spelling is
 * TIME_OTHER). A leap second (:60) counts as the next second. */
enum time_spelling time_parse(struct str text, int64_t *ret_us);

/* The hour of a partition. */
struct hour {
	int year, month, day, hour;
};
struct hour hour_of(int64_t time_us);
int64_t hour_start_us(struct hour hour);
/* Hours since 1970, for sorting and as a key: floor(time / 3600 s). */
int64_t hour_index(int64_t time_us);
