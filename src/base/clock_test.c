#include "base/clock.h"

#include "base/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static const int64_t FIRST = INT64_C(-62135596800000000), LAST = INT64_C(253402300799999999);
static const int64_t SECOND_US = 1000000, HOUR_US = INT64_C(3600000000);

static void assert_reads(const char *text, enum time_spelling spelling, int64_t expected_us)
{
	int64_t time = 0;
	if (time_parse(str_from(text), &time) != spelling)
		fail_msg("%s: spelling %d", text, (int)time_parse(str_from(text), &time));
	assert_int_equal(time, expected_us);
}

static void assert_bad(const char *text)
{
	int64_t time = 7;
	if (time_parse(str_from(text), &time) != TIME_BAD)
		fail_msg("%s is taken for a time", text);
	assert_int_equal(time, 7);
}

static void assert_formats(int64_t time_us, const char *expected)
{
	char text[TIME_TEXT_MAX];
	assert_ptr_equal(time_format(time_us, text), text);
	assert_string_equal(text, expected);
}

static void times_are_spelled_with_three_or_six_digits(void **state)
{
	assert_formats(0, "1970-01-01T00:00:00.000Z");
	assert_formats(1795417200123000, "2026-11-23T07:00:00.123Z");
	assert_formats(1795417200123456, "2026-11-23T07:00:00.123456Z");
	assert_formats(-1, "1969-12-31T23:59:59.999999Z");
	assert_formats(-1000, "1969-12-31T23:59:59.999Z");
	assert_formats(951782400000000, "2000-02-29T00:00:00.000Z");
	(void)state;
}

static void years_outside_1_to_9999_are_not_spelled(void **state)
{
	assert_formats(FIRST, "0001-01-01T00:00:00.000Z");
	assert_formats(FIRST - 1, "");
	assert_formats(LAST, "9999-12-31T23:59:59.999999Z");
	assert_formats(LAST + 1, "");
	assert_formats(INT64_MIN, "");
	assert_formats(INT64_MAX, "");
	(void)state;
}

static void what_x_sends_is_canonical(void **state)
{
	assert_reads("1970-01-01T00:00:00.000Z", TIME_CANONICAL, 0);
	assert_reads("2026-11-23T07:00:00.123Z", TIME_CANONICAL, 1795417200123000);
	assert_reads("2024-02-29T23:59:59.999Z", TIME_CANONICAL, 1709251199999000);
	assert_reads("0001-01-01T00:00:00.000Z", TIME_CANONICAL, FIRST);
	assert_reads("9999-12-31T23:59:59.999Z", TIME_CANONICAL, LAST - 999);
	(void)state;
}

static void other_spellings_of_rfc_3339_are_read(void **state)
{
	assert_reads("1970-01-01T00:00:01Z", TIME_OTHER, SECOND_US);
	assert_reads("1970-01-01T00:00:01.5Z", TIME_OTHER, 1500000);
	assert_reads("1970-01-01T00:00:01.000001Z", TIME_OTHER, 1000001);
	assert_reads("1970-01-01T00:00:01.0000019Z", TIME_OTHER, 1000001);
	assert_reads("1970-01-01T00:00:01.99999999999999999999999999Z", TIME_OTHER, 1999999);
	assert_reads("1970-01-01t00:00:01.000Z", TIME_OTHER, SECOND_US);
	assert_reads("1970-01-01T00:00:01.000z", TIME_OTHER, SECOND_US);
	assert_reads("1970-01-01 00:00:01.000Z", TIME_OTHER, SECOND_US);
	assert_reads("1970-01-01T00:00:01.000+00:00", TIME_OTHER, SECOND_US);
	assert_reads("1970-01-01T00:00:01.000-00:00", TIME_OTHER, SECOND_US);
	assert_reads("1970-01-01T02:00:00.000+02:00", TIME_OTHER, 0);
	assert_reads("1969-12-31T18:30:00.000-05:30", TIME_OTHER, 0);
	assert_reads("1970-01-01T23:59:00.000+23:59", TIME_OTHER, 0);
	assert_reads("0001-01-01T00:01:00.000+00:01", TIME_OTHER, FIRST);
	(void)state;
}

static void a_leap_second_is_the_next_second(void **state)
{
	assert_reads("2016-12-31T23:59:60.000Z", TIME_OTHER, 1483228800000000);
	assert_reads("2016-12-31T23:59:60.250Z", TIME_OTHER, 1483228800250000);
	assert_bad("2016-12-31T23:59:61.000Z");
	assert_bad("9999-12-31T23:59:60.000Z");
	(void)state;
}

static void leap_days_are_there_in_leap_years_only(void **state)
{
	assert_reads("2000-02-29T00:00:00.000Z", TIME_CANONICAL, 951782400000000);
	assert_reads("2024-02-29T00:00:00.000Z", TIME_CANONICAL, 1709164800000000);
	assert_bad("2023-02-29T00:00:00.000Z");
	assert_bad("1900-02-29T00:00:00.000Z");
	assert_bad("2100-02-29T00:00:00.000Z");
	assert_bad("2024-02-30T00:00:00.000Z");
	(void)state;
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"2026",
		"2026-11-23",
		"2026-11-23T07:00Z",
		"2026-11-23T07:00:00.123",
		"2026-11-23T07:00:00.Z",
		"2026-11-23T07:00:00,123Z",
		"2026-11-23T07:00:00.123ZZ",
		"2026-11-23T07:00:00.123Z ",
		" 2026-11-23T07:00:00.123Z",
		"2026-11-23T07:00:00.123+02",
		"2026-11-23T07:00:00.123+0200",
		"2026-11-23T07:00:00.123+24:00",
		"2026-11-23T07:00:00.123+02:60",
		"2026-11-23T24:00:00.000Z",
		"2026-11-23T07:60:00.000Z",
		"2026-13-23T07:00:00.000Z",
		"2026-00-23T07:00:00.000Z",
		"2026-11-00T07:00:00.000Z",
		"2026-11-31T07:00:00.000Z",
		"2026-04-31T07:00:00.000Z",
		"0000-01-01T00:00:00.000Z",
		"-001-01-01T00:00:00.000Z",
		"12026-11-23T07:00:00.123Z",
		"2026-1-23T07:00:00.123Z",
		"2026/11/23T07:00:00.123Z",
		"2026-11-23X07:00:00.123Z",
		"0001-01-01T00:00:00.000+00:01",
		"9999-12-31T23:59:59.999-00:01",
	};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		assert_bad(texts[i]);
	int64_t time;
	assert_int_equal(time_parse(STR("2026-11-23T07:00:00.123Z\0"), &time), TIME_BAD);
	assert_int_equal(time_parse(STR("2026-11-23\00007:00:00.123Z"), &time), TIME_BAD);
	assert_int_equal(time_parse(STR_NONE, &time), TIME_BAD);
	(void)state;
}

static void a_borrowed_text_is_not_read_beyond_its_end(void **state)
{
	static const char text[] = "2026-11-23T07:00:00.123+02:00";
	int64_t time;
	for (size_t len = 0; len < sizeof text - 1; len++) {
		char *copy = malloc(len + 1);
		memcpy(copy, text, len);
		copy[len] = '0';
		char *exact = realloc(copy, len ? len : 1);
		assert_int_equal(time_parse(str_make(exact, len), &time), TIME_BAD);
		free(exact);
	}
	(void)state;
}

static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static void every_time_is_read_as_it_was_written(void **state)
{
	uint64_t random = 88172645463325252u;
	for (int i = 0; i < 200000; i++) {
		int64_t time =
			FIRST + (int64_t)(next_random(&random) % (uint64_t)(LAST - FIRST + 1));
		if (i % 2)
			time -= time % 1000;
		char text[TIME_TEXT_MAX], again[TIME_TEXT_MAX];
		int64_t back = 0;
		enum time_spelling spelling = time_parse(str_from(time_format(time, text)), &back);
		assert_int_equal(back, time);
		assert_int_equal(spelling, time % 1000 == 0 ? TIME_CANONICAL : TIME_OTHER);
		assert_string_equal(time_format(back, again), text);
	}
	(void)state;
}

static void every_day_is_that_of_the_c_library(void **state)
{
	for (int64_t day = FIRST / (24 * HOUR_US); day <= LAST / (24 * HOUR_US); day += 7) {
		char text[TIME_TEXT_MAX], expected[80];
		time_t seconds = (time_t)(day * 86400);
		struct tm civil;
		gmtime_r(&seconds, &civil);
		snprintf(expected, sizeof expected, "%04d-%02d-%02dT00:00:00.000Z",
			 civil.tm_year + 1900, civil.tm_mon + 1, civil.tm_mday);
		assert_string_equal(time_format(day * 24 * HOUR_US, text), expected);
	}
	(void)state;
}

static void an_hour_begins_at_its_start(void **state)
{
	struct hour hour = hour_of(1795417200123456);
	assert_int_equal(hour.year, 2026);
	assert_int_equal(hour.month, 11);
	assert_int_equal(hour.day, 23);
	assert_int_equal(hour.hour, 7);
	assert_int_equal(hour_start_us(hour), 1795417200000000);
	assert_int_equal(hour_index(HOUR_US - 1), 0);
	assert_int_equal(hour_index(HOUR_US), 1);
	(void)state;
}

static void hours_before_1970_go_down(void **state)
{
	struct hour hour = hour_of(-1);
	assert_int_equal(hour.year, 1969);
	assert_int_equal(hour.month, 12);
	assert_int_equal(hour.day, 31);
	assert_int_equal(hour.hour, 23);
	assert_int_equal(hour_start_us(hour), -HOUR_US);
	assert_int_equal(hour_index(-1), -1);
	assert_int_equal(hour_index(-HOUR_US), -1);
	assert_int_equal(hour_index(-HOUR_US - 1), -2);
	uint64_t random = 362436069;
	for (int i = 0; i < 100000; i++) {
		int64_t time =
			FIRST + (int64_t)(next_random(&random) % (uint64_t)(LAST - FIRST + 1));
		int64_t start = hour_start_us(hour_of(time));
		assert_true(start <= time && time - start < HOUR_US);
		assert_int_equal(hour_index(time) * HOUR_US, start);
	}
	(void)state;
}

static void hours_of_the_ends_of_the_type_are_defined(void **state)
{
	assert_int_equal(hour_of(INT64_MIN).year, -290308);
	assert_int_equal(hour_of(INT64_MAX).year, 294247);
	assert_int_equal(hour_index(INT64_MIN), INT64_MIN / HOUR_US - 1);
	(void)state;
}

static void the_clock_can_be_fixed(void **state)
{
	unsetenv("AVIARY_TEST_CLOCK_US");
	int64_t now = clock_now_us();
	assert_true(now > 1700000000 * SECOND_US && now < LAST);
	setenv("AVIARY_TEST_CLOCK_US", "1795417200123456", 1);
	assert_int_equal(clock_now_us(), 1795417200123456);
	unsetenv("AVIARY_TEST_CLOCK_US");
	int64_t before = clock_monotonic_us();
	assert_true(clock_monotonic_us() >= before);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_spelled_with_three_or_six_digits),
		cmocka_unit_test(years_outside_1_to_9999_are_not_spelled),
		cmocka_unit_test(what_x_sends_is_canonical),
		cmocka_unit_test(other_spellings_of_rfc_3339_are_read),
		cmocka_unit_test(a_leap_second_is_the_next_second),
		cmocka_unit_test(leap_days_are_there_in_leap_years_only),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(a_borrowed_text_is_not_read_beyond_its_end),
		cmocka_unit_test(every_time_is_read_as_it_was_written),
		cmocka_unit_test(every_day_is_that_of_the_c_library),
		cmocka_unit_test(an_hour_begins_at_its_start),
		cmocka_unit_test(hours_before_1970_go_down),
		cmocka_unit_test(hours_of_the_ends_of_the_type_are_defined),
		cmocka_unit_test(the_clock_can_be_fixed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
