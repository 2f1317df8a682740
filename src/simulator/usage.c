/* Numbers are text, as X's playground and its newest document (2.167) have them. */
#include "simulator/usage.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

enum { DAYS_DEFAULT = 7, CAP_POSTS = 3000000 };
#define PROJECT "1795000000000000001"
#define APP "17950001"

static const int64_t day_us = 24 * 3600 * INT64_C(1000000);
static const char all_fields[] = "cap_reset_day,daily_client_app_usage,daily_project_usage,"
				 "project_cap,project_id,project_usage";
/* Without usage.fields. */
static const char usual_fields[] = "cap_reset_day,project_cap,project_id,project_usage";

struct account {
	uint64_t token_hash;            /* 0: free */
	int64_t day;                    /* days since 1970, of today */
	uint64_t posts[USAGE_DAYS_MAX]; /* of day d in posts[d % USAGE_DAYS_MAX] */
	/* What was read today: open addressing, number + 1, 0 for none. */
	uint64_t *seen;
	size_t seen_slots, seen_count;
};

struct usage {
	struct account accounts[USAGE_TOKENS];
};

struct usage *usage_new(void)
{
	return mem_zalloc(1, sizeof(struct usage));
}

void usage_free(struct usage *usage)
{
	for (size_t i = 0; usage && i < USAGE_TOKENS; i++)
		free(usage->accounts[i].seen);
	free(usage);
}

/* --- counting ----------------------------------------------------------------------------------- */

static void forget_seen(struct account *account)
{
	free(account->seen);
	account->seen = NULL;
	account->seen_slots = account->seen_count = 0;
}

static void turn_to(struct account *account, int64_t day)
{
	if (day <= account->day)
		return;
	for (int64_t gone = 1; gone <= day - account->day && gone <= USAGE_DAYS_MAX; gone++)
		account->posts[(account->day + gone) % USAGE_DAYS_MAX] = 0;
	account->day = day;
	forget_seen(account);
}

static struct account *account_of(struct usage *usage, struct str token, int64_t now_us)
{
	uint64_t token_hash = hash_xxh3(token) | 1;
	struct account *oldest = &usage->accounts[0], *found = NULL;
	for (size_t i = 0; i < USAGE_TOKENS && !found; i++) {
		struct account *account = &usage->accounts[i];
		if (account->token_hash == token_hash)
			found = account;
		else if (account->day < oldest->day)
			oldest = account;
	}
	if (!found) {
		found = oldest;
		forget_seen(found);
		*found = (struct account){ .token_hash = token_hash };
	}
	turn_to(found, now_us / day_us);
	return found;
}

/* Whether it is new. */
static bool put(uint64_t *slots, size_t slot_count, uint64_t entry)
{
	size_t at = hash_xxh3(str_make((const char *)&entry, sizeof entry)) & (slot_count - 1);
	while (slots[at] != 0 && slots[at] != entry)
		at = (at + 1) & (slot_count - 1);
	bool is_new = slots[at] == 0;
	slots[at] = entry;
	return is_new;
}

static bool see(struct account *account, uint64_t post)
{
	if (2 * (account->seen_count + 1) > account->seen_slots) {
		size_t slots = account->seen_slots > 0 ? 2 * account->seen_slots : 1024;
		uint64_t *grown = mem_zalloc(slots, sizeof *grown);
		for (size_t i = 0; i < account->seen_slots; i++) {
			if (account->seen[i] != 0)
				put(grown, slots, account->seen[i]);
		}
		free(account->seen);
		account->seen = grown;
		account->seen_slots = slots;
	}
	bool is_new = put(account->seen, account->seen_slots, post + 1);
	account->seen_count += is_new;
	return is_new;
}

void usage_note(struct usage *usage, struct str token, const uint64_t *posts, size_t count,
		int64_t now_us)
{
	struct account *account = account_of(usage, token, now_us);
	for (size_t i = 0; i < count; i++)
		account->posts[account->day % USAGE_DAYS_MAX] += see(account, posts[i]);
}

/* --- telling ------------------------------------------------------------------------------------ */

static uint64_t posts_between(const struct account *account, int64_t first_day)
{
	uint64_t sum = 0;
	for (int64_t day = first_day; day <= account->day; day++)
		sum += account->posts[day % USAGE_DAYS_MAX];
	return sum;
}

/* Days since 1970 of the first of this month and of the next. */
static void month_of(int64_t day, int64_t *ret_first, int64_t *ret_next)
{
	struct hour month = hour_of(day * day_us);
	month.day = 1;
	*ret_first = hour_start_us(month) / day_us;
	month.year += month.month == 12;
	month.month = month.month % 12 + 1;
	*ret_next = hour_start_us(month) / day_us;
}

static void add_days(const struct account *account, int64_t days, struct buf *ret)
{
	char time[TIME_TEXT_MAX];
	buf_add_text(ret, "\"usage\":[");
	for (int64_t day = account->day - days + 1; day <= account->day; day++)
		buf_addf(ret, "%s{\"date\":\"%s\",\"usage\":\"%llu\"}",
			 day > account->day - days + 1 ? "," : "", time_format(day * day_us, time),
			 (unsigned long long)account->posts[day % USAGE_DAYS_MAX]);
	buf_add_text(ret, "]");
}

static void add_fields(const struct account *account, struct str fields, int64_t days,
		       struct buf *ret)
{
	int64_t first, next;
	month_of(account->day, &first, &next);
	buf_add_text(ret, "{\"data\":{\"project_id\":\"" PROJECT "\"");
	if (reading_lists(fields, STR("cap_reset_day")))
		buf_addf(ret, ",\"cap_reset_day\":%lld", (long long)(next - account->day));
	if (reading_lists(fields, STR("project_cap")))
		buf_addf(ret, ",\"project_cap\":\"%d\"", CAP_POSTS);
	if (reading_lists(fields, STR("project_usage")))
		buf_addf(ret, ",\"project_usage\":\"%llu\"",
			 (unsigned long long)posts_between(account, first));
	if (reading_lists(fields, STR("daily_project_usage"))) {
		buf_add_text(ret, ",\"daily_project_usage\":{\"project_id\":\"" PROJECT "\",");
		add_days(account, days, ret);
		buf_add_text(ret, "}");
	}
	if (reading_lists(fields, STR("daily_client_app_usage"))) {
		buf_addf(ret,
			 ",\"daily_client_app_usage\":[{\"client_app_id\":\"" APP
			 "\",\"usage_result_count\":%lld,",
			 (long long)days);
		add_days(account, days, ret);
		buf_add_text(ret, "}]");
	}
	buf_add_text(ret, "}}");
}

bool usage_answer(struct usage *usage, struct str token, const struct argument *arguments,
		  size_t argument_count, int64_t now_us, struct buf *ret, struct buf *ret_errors)
{
	struct reading reading;
	reading_begin(&reading, ENDPOINT_USAGE, arguments, argument_count, ret_errors);
	int64_t days = reading_number(&reading, DAYS, DAYS_DEFAULT, 1, USAGE_DAYS_MAX);
	reading_names(&reading, USAGE_FIELDS, all_fields);
	if (reading.failed)
		return false;
	struct str fields = reading_has(&reading, USAGE_FIELDS) ? reading.values[USAGE_FIELDS] :
								  str_from(usual_fields);
	add_fields(account_of(usage, token, now_us), fields, days, ret);
	return true;
}
