/* Inside post/: what counts as a post's time. */
#pragma once
#include "post/post.h"

/* Whether a created_at may decide a partition: from X's first year, 2006, to the end of 2099. Anything
 * else is a mistake, and the id's own time is better. */
static inline bool post_time_is_plausible(int64_t time_us)
{
	return time_us >= INT64_C(1136073600000000) && time_us < INT64_C(4102444800000000);
}
