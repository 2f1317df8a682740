/* Inside role/: what X has cost, and what it may still cost today.
 *
 * X charges for a post, and perhaps for what is included with it, once a UTC day however often it is read
 * (X-API section 8). So two figures are kept: posts only, and the worst case, in which users and posts that
 * are included cost as well. The budget holds for the worst case.
 *
 *     a day may spend   (budget of the month - spent on days before) / days left, today among them */
#pragma once
#include "base/buf.h"
#include "base/err.h"
#include "role/role.h"

#include <yyjson.h>

struct spend_sum {
	uint64_t posts, users,
		included;     /* charged: posts, and users and posts included with them */
	int64_t usd, usd_max; /* millionths: posts only, the worst case */
};

struct spend {
	int64_t day;            /* since 1970, UTC; 0: nothing was spent yet */
	struct spend_sum today; /* of `day` */
	struct spend_sum month; /* of its month */
	uint64_t day_before;    /* posts charged on the day before `day` */
	uint64_t gaps;          /* ever */
	int64_t compared;       /* the day on which it was last compared with X's count */
};

/* One line of JSON, and back; false for anything else. */
void spend_write(struct buf *ret, const struct spend *spend);
bool spend_read(struct str text, struct spend *ret);

/* Goes on to the day of `now_us`. */
void spend_roll(struct spend *spend, int64_t now_us);
/* Adds what a request cost: prices of the settings times what `charged` counts, whose dollars are set. */
void spend_charge(struct spend *spend, const struct settings *settings, struct spend_sum *charged);
/* What the day may still spend, in the worst case; INT64_MAX without a budget. May be negative. */
int64_t spend_left(const struct spend *spend, const struct settings *settings);
/* What the day may spend as a whole; INT64_MAX without a budget. */
int64_t spend_share(const struct spend *spend, const struct settings *settings);
/* How many posts, each with an author of its own, up to `posts_max`; fewer than `posts_min`, which X gives
 * at least, are none. But on a day on which nothing was spent so many may be read if the month has that
 * much left, so that a small budget is not kept until the month's last days. */
int64_t spend_affords(const struct spend *spend, const struct settings *settings, int64_t posts_min,
		      int64_t posts_max);
/* The first moment of the day after `now_us`. */
int64_t spend_next_day(int64_t now_us);
/* "0.335", at most six decimals. */
void spend_add_usd(struct buf *ret, int64_t micros);

/* --- what was charged for today ---------------------------------------------------------------------- */

/* Ids of posts and users that were charged for on one day, in memory and in DIR/charged, which is written
 * behind the record that counts them and not synced: what a power cut takes from it is counted twice, and
 * what X charges never less than once. */
struct charged {
	int fd; /* -1: not open */
	char *path;
	int64_t day;
	uint64_t *slots; /* open addressing; 0: free */
	size_t count, cap;
	uint64_t *fresh; /* added since the last charged_keep() */
	size_t fresh_count, fresh_cap;
};
/* Reads those of `day`, if there are any; others are forgotten. */
MUST_CHECK enum err_kind charged_open(struct charged *charged, const char *dir, int64_t day,
				      struct err *err);
void charged_close(struct charged *charged); /* zeroed is fine */
/* Forgets all when another day has begun. */
MUST_CHECK enum err_kind charged_roll(struct charged *charged, int64_t day, struct err *err);
/* Counts what a page charges for that was not charged for today, and remembers it. */
struct spend_sum charged_count(struct charged *charged, yyjson_val *page);
/* Writes down what was added. */
MUST_CHECK enum err_kind charged_keep(struct charged *charged, struct err *err);
