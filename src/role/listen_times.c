/* Times of X: its clock, which decides what can be asked for, and the pace of its rate limit. */
#include "role/listen.h"

#include "base/clock.h"
#include "base/log.h"

#include <inttypes.h>

static const int64_t second_us = 1000000;
/* A Date is cut to seconds, and on its way for some. */
static const int64_t tolerance_us = 5 * INT64_C(1000000);
static const int64_t worth_telling_us = 60 * INT64_C(1000000);

int64_t listen_x_now_us(const struct listen *listen)
{
	return clock_now_us() + listen->x_skew_us;
}

/* A gateway's clock may be wrong for an answer, and then true posts would be taken for lies: what is not
 * our own time is believed when two answers in a row agree. */
static void note_date(struct listen *listen, int64_t date_us)
{
	int64_t skew_us = date_us + second_us / 2 - clock_now_us();
	if (skew_us > -tolerance_us && skew_us < tolerance_us)
		skew_us = 0;
	int64_t change_us = skew_us - listen->x_skew_us, seen_us = skew_us - listen->x_skew_seen_us;
	listen->x_skew_seen_us = skew_us;
	if (seen_us > tolerance_us || seen_us < -tolerance_us)
		return;
	listen->x_clock_known = true;
	/* What a network adds differs from answer to answer. */
	if (skew_us == 0 || change_us > tolerance_us || change_us < -tolerance_us)
		listen->x_skew_us = skew_us;
	if (change_us > worth_telling_us || change_us < -worth_telling_us)
		log_event(LOG_WARN, "clock", "seconds=%" PRId64 " why=\"X's clock is %s ours\"",
			  (skew_us < 0 ? -skew_us : skew_us) / second_us,
			  skew_us < 0 ? "behind" :
			  skew_us > 0 ? "ahead of" :
					"as");
}

void listen_note_times(struct listen *listen, const struct search_reply *reply)
{
	int64_t date_us;
	if (http_client_reply_date(listen->x.client, &date_us))
		note_date(listen, date_us);
	int64_t pace_us = search_pace_us(reply, listen_x_now_us(listen));
	listen->pace_until_us = pace_us > 0 ? clock_now_us() + pace_us : 0;
}
