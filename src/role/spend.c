#include "role/spend.h"

#include "base/clock.h"
#include "base/json.h"

#include <inttypes.h>
#include <stdio.h>

static const int64_t day_us = 24 * 3600 * INT64_C(1000000);

/* --- as text ---------------------------------------------------------------------------------------------- */

static void add_sum(struct buf *ret, const char *name, const struct spend_sum *sum)
{
	buf_addf(ret, ",\"%s\":[%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRId64 ",%" PRId64 "]", name,
		 sum->posts, sum->users, sum->included, sum->usd, sum->usd_max);
}

void spend_write(struct buf *ret, const struct spend *spend)
{
	buf_addf(ret, "{\"day\":%" PRId64, spend->day);
	add_sum(ret, "today", &spend->today);
	add_sum(ret, "month", &spend->month);
	buf_addf(ret, ",\"day_before\":%" PRIu64 ",\"gaps\":%" PRIu64 ",\"compared\":%" PRId64 "}",
		 spend->day_before, spend->gaps, spend->compared);
}

static bool read_sum(yyjson_val *array, struct spend_sum *ret)
{
	return yyjson_arr_size(array) == 5 &&
	       str_to_u64(json_text(yyjson_arr_get(array, 0)), &ret->posts) &&
	       str_to_u64(json_text(yyjson_arr_get(array, 1)), &ret->users) &&
	       str_to_u64(json_text(yyjson_arr_get(array, 2)), &ret->included) &&
	       str_to_i64(json_text(yyjson_arr_get(array, 3)), &ret->usd) &&
	       str_to_i64(json_text(yyjson_arr_get(array, 4)), &ret->usd_max);
}

bool spend_read(struct str text, struct spend *ret)
{
	struct json_doc doc = { 0 };
	struct spend spend = { 0 };
	struct err ignored;
	bool good = json_read(&doc, text, &ignored) == ERR_NONE &&
		    json_get_i64(doc.root, "day", &spend.day) &&
		    read_sum(json_get(doc.root, "today"), &spend.today) &&
		    read_sum(json_get(doc.root, "month"), &spend.month) &&
		    str_to_u64(json_text(json_get(doc.root, "day_before")), &spend.day_before) &&
		    str_to_u64(json_text(json_get(doc.root, "gaps")), &spend.gaps) &&
		    json_get_i64(doc.root, "compared", &spend.compared);
	json_release(&doc);
	if (good)
		*ret = spend;
	return good;
}

void spend_add_usd(struct buf *ret, int64_t micros)
{
	if (micros < 0) {
		buf_add_byte(ret, '-');
		micros = -micros;
	}
	buf_addf(ret, "%" PRId64 ".%06" PRId64, micros / 1000000, micros % 1000000);
	while (ret->ptr[ret->len - 1] == '0')
		ret->len--;
	if (ret->ptr[ret->len - 1] == '.')
		ret->len--;
	ret->ptr[ret->len] = '\0';
}

/* --- days ------------------------------------------------------------------------------------------------- */

static bool same_month(int64_t day, int64_t other)
{
	struct hour one = hour_of(day * day_us), two = hour_of(other * day_us);
	return one.year == two.year && one.month == two.month;
}

/* Today among them. */
static int64_t days_left(int64_t day)
{
	int64_t left = 1;
	while (same_month(day, day + left))
		left++;
	return left;
}

int64_t spend_next_day(int64_t now_us)
{
	return (now_us / day_us + 1) * day_us;
}

/* A clock that was set back spends on where it was: no day's share is given twice. */
void spend_roll(struct spend *spend, int64_t now_us)
{
	int64_t day = now_us / day_us;
	if (day <= spend->day)
		return;
	spend->day_before = day == spend->day + 1 ? spend->today.posts : 0;
	spend->today = (struct spend_sum){ 0 };
	if (!same_month(day, spend->day))
		spend->month = (struct spend_sum){ 0 };
	spend->day = day;
}

/* --- money ------------------------------------------------------------------------------------------------ */

static void add(struct spend_sum *sum, const struct spend_sum *more)
{
	sum->posts += more->posts;
	sum->users += more->users;
	sum->included += more->included;
	sum->usd += more->usd;
	sum->usd_max += more->usd_max;
}

void spend_charge(struct spend *spend, const struct settings *settings, struct spend_sum *charged)
{
	charged->usd = (int64_t)charged->posts * settings->price_post_usd;
	charged->usd_max = charged->usd + (int64_t)charged->users * settings->price_user_usd +
			   (int64_t)charged->included * settings->price_post_usd;
	add(&spend->today, charged);
	add(&spend->month, charged);
}

int64_t spend_share(const struct spend *spend, const struct settings *settings)
{
	if (settings->budget_usd_month == 0)
		return INT64_MAX;
	int64_t before = spend->month.usd_max - spend->today.usd_max;
	return (settings->budget_usd_month - before) / days_left(spend->day);
}

int64_t spend_left(const struct spend *spend, const struct settings *settings)
{
	int64_t share = spend_share(spend, settings);
	return share == INT64_MAX ? share : share - spend->today.usd_max;
}

int64_t spend_affords(const struct spend *spend, const struct settings *settings, int64_t posts_min,
		      int64_t posts_max)
{
	int64_t left = spend_left(spend, settings);
	int64_t each = settings->price_post_usd + settings->price_user_usd;
	if (left == INT64_MAX || each == 0)
		return posts_max;
	int64_t posts = left > 0 ? left / each : 0;
	if (posts < posts_min) {
		int64_t of_month = settings->budget_usd_month - spend->month.usd_max;
		bool is_first = spend->today.usd_max == 0 && of_month / each >= posts_min;
		return is_first ? posts_min : 0;
	}
	return posts < posts_max ? posts : posts_max;
}
