#include "simulator/search.h"

#include "base/clock.h"

static const int64_t second_us = 1000000;

struct bucket {
	int64_t start_us, end_us;
	uint64_t count;
};

struct counting {
	const struct search *search;
	struct buf *out;
	const char *name; /* of a count */
	struct bucket bucket;
	uint64_t total;
};

static void begin_bucket(struct counting *counting, int64_t start_us)
{
	int64_t bucket_us = counting->search->bucket_us, end_us = counting->search->end_us;
	int64_t next_us = start_us - start_us % bucket_us + bucket_us;
	counting->bucket = (struct bucket){ .start_us = start_us,
					    .end_us = next_us < end_us ? next_us : end_us };
}

static void end_bucket(struct counting *counting)
{
	const struct bucket *bucket = &counting->bucket;
	char start[TIME_TEXT_MAX], end[TIME_TEXT_MAX];
	buf_addf(counting->out, "%s{\"end\":\"%s\",\"start\":\"%s\",\"%s\":%llu}",
		 counting->out->ptr[counting->out->len - 1] == '[' ? "" : ",",
		 time_format(bucket->end_us, end), time_format(bucket->start_us, start),
		 counting->name, (unsigned long long)bucket->count);
	counting->total += bucket->count;
}

static void count_post(struct counting *counting, int64_t time_us, uint64_t weight)
{
	while (time_us >= counting->bucket.end_us) {
		end_bucket(counting);
		begin_bucket(counting, counting->bucket.end_us);
	}
	counting->bucket.count += weight;
}

static int64_t whole_second(int64_t time_us)
{
	return time_us - time_us % second_us;
}

/* The same window by times alone, which are whole seconds as X tells them. */
static struct search timed(const struct search *search)
{
	struct search ret = *search;
	if (ret.since_id > 0 && invent_id_time_us(ret.since_id) > ret.start_us)
		ret.start_us = invent_id_time_us(ret.since_id);
	if (ret.until_id != UINT64_MAX && invent_id_time_us(ret.until_id) < ret.end_us - second_us)
		ret.end_us = invent_id_time_us(ret.until_id) + second_us;
	ret.start_us = whole_second(ret.start_us);
	ret.end_us = whole_second(ret.end_us);
	if (ret.start_us >= ret.end_us)
		ret.start_us = ret.end_us - second_us;
	return ret;
}

void search_count(const struct search *search, struct timeline *timeline, struct buf *ret)
{
	const struct invention *pace = timeline_pace(timeline);
	const struct search window = timed(search);
	struct counting counting = {
		.search = &window,
		.out = ret,
		.name = search->view.vocabulary == INVENT_POST ? "post_count" : "tweet_count",
	};
	uint64_t first, end;
	search_window(&window, pace, &first, &end);
	buf_add_text(ret, "{\"data\":[");
	begin_bucket(&counting, window.start_us);
	uint64_t weight = (end - first + COUNT_SCAN_MAX - 1) / COUNT_SCAN_MAX;
	for (uint64_t n = first; n < end; n++) {
		if (weight > 1 && n / TIMELINE_BLOCK_POSTS % weight != 0) {
			n += TIMELINE_BLOCK_POSTS - 1 - n % TIMELINE_BLOCK_POSTS;
			continue;
		}
		if (search_finds(&window, timeline, n))
			count_post(&counting, invent_time_us(pace, n), weight);
	}
	count_post(&counting, window.end_us - 1, 0);
	end_bucket(&counting);
	buf_addf(ret, "],\"meta\":{\"total_%s\":%llu}}", counting.name,
		 (unsigned long long)counting.total);
}
