#include "post/post.h"

static const uint64_t FIRST_SNOWFLAKE = 29700859247;
static const int64_t SNOWFLAKE_EPOCH_MS = 1288834974657;

bool post_id_parse(struct str text, uint64_t *ret_id)
{
	return text.len <= 19 && str_to_u64(text, ret_id) && *ret_id <= INT64_MAX;
}

bool post_id_time(uint64_t id, int64_t *ret_us)
{
	if (id < FIRST_SNOWFLAKE)
		return false;
	*ret_us = ((int64_t)(id >> 22) + SNOWFLAKE_EPOCH_MS) * 1000;
	return true;
}

uint64_t post_id_floor(int64_t time_us)
{
	int64_t ms = time_us / 1000 - SNOWFLAKE_EPOCH_MS;
	return ms > 0 && ms < INT64_C(1) << 41 ? (uint64_t)ms << 22 : 0;
}
