/* Civil dates by day count, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms". */
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define YEAR_1 (INT64_C(-62135596800) * SECOND)
#define YEAR_10000 (INT64_C(253402300800) * SECOND)

int64_t clock_now_us(void)
{
	const char *fixed = getenv("AVIARY_TEST_CLOCK_US");
	int64_t value;
	if (fixed && str_to_i64(str_from(fixed), &value))
		return value;
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * SECOND + now.tv_nsec / 1000;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* What floor_div() leaves; a - floor_div(a, b) * b overflows near INT64_MIN. */
static int64_t floor_rest(int64_t a, int64_t b)
{
	return a % b + (a % b < 0 ? b : 0);
}

static int64_t days_from_civil(int64_t year, int month, int day)
{
	year -= month <= 2;
	int64_t era = floor_div(year, 400);
	int64_t year_of_era = year - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
	       day_of_year - 719468;
}

static void civil_from_days(int64_t days, int *ret_year, int *ret_month, int *ret_day)
{
	days += 719468;
	int64_t era = floor_div(days, 146097);
	int64_t day_of_era = days - era * 146097;
	int64_t year_of_era =
		(day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year =
		day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t shifted = (5 * day_of_year + 2) / 153;
	*ret_day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
	*ret_month = (int)(shifted + (shifted < 10 ? 3 : -9));
	*ret_year = (int)(year_of_era + era * 400 + (*ret_month <= 2));
}

static int days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
	return days[month - 1] + (month == 2 && leap);
}

const char *time_format(int64_t time_us, char ret_text[TIME_TEXT_MAX])
{
	int year, month, day;
	int64_t days = floor_div(time_us, DAY), rest = floor_rest(time_us, DAY);
	ret_text[0] = '\0';
	if (time_us < YEAR_1 || time_us >= YEAR_10000)
		return ret_text;
	civil_from_days(days, &year, &month, &day);
	int seconds = (int)(rest / SECOND), micros = (int)(rest % SECOND);
	int used = snprintf(ret_text, TIME_TEXT_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.", year, month,
			    day, seconds / 3600, seconds / 60 % 60, seconds % 60);
	if (micros % 1000 == 0)
		snprintf(ret_text + used, TIME_TEXT_MAX - (size_t)used, "%03dZ", micros / 1000);
	else
		snprintf(ret_text + used, TIME_TEXT_MAX - (size_t)used, "%06dZ", micros);
	return ret_text;
}

/* Takes `count` digits off the text; false when they are not there. */
static bool take_digits(struct str *text, size_t count, int *ret_value)
{
	int value = 0;
	if (text->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		unsigned digit = (unsigned)(unsigned char)text->ptr[i] - '0';
		if (digit > 9)
			return false;
		value = value * 10 + (int)digit;
	}
	*text = str_make(text->ptr + count, text->len - count);
	*ret_value = value;
	return true;
}

static bool take_byte(struct str *text, const char *any_of, char *ret_byte)
{
	if (text->len == 0 || text->ptr[0] == '\0' || !strchr(any_of, text->ptr[0]))
		return false;
	*ret_byte = text->ptr[0];
	*text = str_make(text->ptr + 1, text->len - 1);
	return true;
}

static bool take_fraction(struct str *text, int64_t *ret_micros, size_t *ret_digits)
{
	int64_t unit = SECOND / 10;
	size_t digits = 0;
	*ret_micros = 0;
	while (digits < text->len && text->ptr[digits] >= '0' && text->ptr[digits] <= '9') {
		*ret_micros += (text->ptr[digits] - '0') * unit;
		unit /= 10;
		digits++;
	}
	*text = str_make(text->ptr + digits, text->len - digits);
	*ret_digits = digits;
	return digits > 0;
}

/* "Z", "z", "+hh:mm" or "-hh:mm", and nothing behind it. */
static bool take_zone(struct str *text, int64_t *ret_offset_us, char *ret_sign)
{
	char colon;
	int hours = 0, minutes = 0;
	if (!take_byte(text, "Zz+-", ret_sign))
		return false;
	if (*ret_sign == '+' || *ret_sign == '-') {
		if (!take_digits(text, 2, &hours) || !take_byte(text, ":", &colon) ||
		    !take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
			return false;
	}
	*ret_offset_us = (hours * 60 + minutes) * 60 * SECOND * (*ret_sign == '-' ? -1 : 1);
	return text->len == 0;
}

static int two_digits(const char *at)
{
	unsigned tens = (unsigned)(unsigned char)at[0] - '0',
		 ones = (unsigned)(unsigned char)at[1] - '0';
	return tens > 9 || ones > 9 ? -1 : (int)(tens * 10 + ones);
}

/* What X sends, nearly always; anything else is left to the full reading. */
static bool parse_canonical(struct str text, int64_t *ret_us)
{
	const char *at = text.ptr;
	if (text.len != 24 || at[4] != '-' || at[7] != '-' || at[10] != 'T' || at[13] != ':' ||
	    at[16] != ':' || at[19] != '.' || at[23] != 'Z')
		return false;
	int century = two_digits(at), year = two_digits(at + 2), month = two_digits(at + 5);
	int day = two_digits(at + 8), hour = two_digits(at + 11), minute = two_digits(at + 14);
	int second = two_digits(at + 17), centis = two_digits(at + 20),
	    millis = two_digits(at + 21);
	if ((century | year | month | day | hour | minute | second | centis | millis) < 0)
		return false;
	year += century * 100;
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) ||
	    hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_us = days_from_civil(year, month, day) * DAY +
		  ((int64_t)(hour * 60 + minute) * 60 + second) * SECOND +
		  (centis * 10 + millis % 10) * INT64_C(1000);
	return true;
}

enum time_spelling time_parse(struct str text, int64_t *ret_us)
{
	if (parse_canonical(text, ret_us))
		return TIME_CANONICAL;
	int year, month, day, hour, minute, second;
	char dash, between, colon, point, zone;
	int64_t micros = 0, offset;
	size_t digits = 0;
	if (!take_digits(&text, 4, &year) || !take_byte(&text, "-", &dash) ||
	    !take_digits(&text, 2, &month) || !take_byte(&text, "-", &dash) ||
	    !take_digits(&text, 2, &day) || !take_byte(&text, "Tt ", &between) ||
	    !take_digits(&text, 2, &hour) || !take_byte(&text, ":", &colon) ||
	    !take_digits(&text, 2, &minute) || !take_byte(&text, ":", &colon) ||
	    !take_digits(&text, 2, &second))
		return TIME_BAD;
	if (take_byte(&text, ".", &point) && !take_fraction(&text, &micros, &digits))
		return TIME_BAD;
	if (!take_zone(&text, &offset, &zone) || year < 1 || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 60)
		return TIME_BAD;
	int64_t time = days_from_civil(year, month, day) * DAY +
		       ((int64_t)(hour * 60 + minute) * 60 + second) * SECOND + micros - offset;
	if (time < YEAR_1 || time >= YEAR_10000)
		return TIME_BAD;
	*ret_us = time;
	bool canonical = between == 'T' && zone == 'Z' && digits == 3 && second < 60;
	return canonical ? TIME_CANONICAL : TIME_OTHER;
}

int64_t hour_index(int64_t time_us)
{
	return floor_div(time_us, HOUR);
}

struct hour hour_of(int64_t time_us)
{
	struct hour hour;
	civil_from_days(floor_div(time_us, DAY), &hour.year, &hour.month, &hour.day);
	hour.hour = (int)(floor_rest(time_us, DAY) / HOUR);
	return hour;
}

int64_t hour_start_us(struct hour hour)
{
	return days_from_civil(hour.year, hour.month, hour.day) * DAY + hour.hour * HOUR;
}
