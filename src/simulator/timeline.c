/* Facts of invented posts are made for a block of neighbouring posts at once, from one page that is rendered and read
 * as a client would read it; the newest blocks are kept, since polls ask about the newest posts again
 * and again, once a query. */
#include "simulator/timeline.h"

#include "base/mem.h"
#include "simulator/recorded.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { BLOCK_POSTS = TIMELINE_BLOCK_POSTS, BLOCKS = 64 };

struct block {
	bool filled;
	uint64_t number; /* post n is in block n / BLOCK_POSTS */
	struct arena arena;
	struct facts facts[BLOCK_POSTS];
};

struct timeline {
	struct invention invention;
	struct invent_view view; /* what facts are read from */
	struct block blocks[BLOCKS];
	struct facts_reader reader;
	struct json_doc doc;
	struct buf page;
	struct arena scratch;
	struct recorded recorded; /* no posts: they are invented */
	struct facts facts;       /* of a recorded post, as asked for last */
	char conversation[24];
};

/* 2024-01-01T00:00:00Z: numbers stay small enough for every calculation until long after 2100. */
static const int64_t start_us = INT64_C(1704067200) * 1000000;

static struct invent_view facts_view(void)
{
	static const struct {
		enum invent_parameter parameter;
		const char *names;
	} wanted[] = {
		{ INVENT_POST_FIELDS,
		  "id,text,note_tweet,entities,lang,author_id,conversation_id,in_reply_to_user_id,"
		  "referenced_tweets,attachments,geo" },
		{ INVENT_USER_FIELDS, "id,username,verified" },
		{ INVENT_MEDIA_FIELDS, "media_key,type" },
		{ INVENT_EXPANSIONS, "author_id,in_reply_to_user_id,attachments.media_keys" },
	};
	struct invent_view view = invent_view_default(INVENT_TWEET, start_us);
	struct str unknown;
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++) {
		bool known = invent_view_add(&view, wanted[i].parameter, str_from(wanted[i].names),
					     &unknown);
		assert(known);
	}
	return view;
}

struct timeline *timeline_new(const struct timeline_options *options)
{
	struct timeline *timeline = mem_zalloc(1, sizeof *timeline);
	timeline->view = facts_view();
	timeline->invention = (struct invention){
		.seed = options->seed,
		.start_us = start_us,
		.posts = (uint64_t)options->rate,
		.span_us = 1000000,
		.topical = true,
	};
	return timeline;
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	for (size_t i = 0; i < BLOCKS; i++)
		arena_release(&timeline->blocks[i].arena);
	facts_reader_release(&timeline->reader);
	json_release(&timeline->doc);
	buf_release(&timeline->page);
	arena_release(&timeline->scratch);
	recorded_release(&timeline->recorded);
	free(timeline);
}

enum err_kind timeline_record(struct timeline *timeline, const char *const *paths,
			      size_t path_count, struct err *err)
{
	for (size_t i = 0; i < path_count; i++)
		TRY(recorded_read(&timeline->recorded, paths[i], err));
	return recorded_finish(&timeline->recorded, err);
}

const struct invention *timeline_pace(const struct timeline *timeline)
{
	return &timeline->invention;
}

/* A page of the block's posts as rendered always reads; the asserts are about our own code. Reposts
 * are not worth the work: no search finds them. */
static void fill_block(struct timeline *timeline, struct block *block, uint64_t number)
{
	uint64_t posts[BLOCK_POSTS];
	struct invent_page page = { .posts = posts };
	struct err err = { 0 };
	size_t at, max;
	yyjson_val *post;
	for (size_t i = 0; i < BLOCK_POSTS; i++) {
		if (!invent_is_repost(&timeline->invention, number * BLOCK_POSTS + i))
			posts[page.post_count++] = number * BLOCK_POSTS + i;
	}
	buf_reset(&timeline->page);
	invent_render_page(&timeline->page, &timeline->invention, &page, &timeline->view,
			   &timeline->scratch);
	arena_reset(&timeline->scratch);
	arena_reset(&block->arena);
	enum err_kind kind = json_read(&timeline->doc, buf_str(&timeline->page), &err);
	assert(kind == ERR_NONE);
	yyjson_val *data = json_get(timeline->doc.root, "data");
	assert(yyjson_arr_size(data) == page.post_count);
	facts_reader_begin(&timeline->reader, json_get(timeline->doc.root, "includes"));
	yyjson_arr_foreach(data, at, max, post) {
		block->facts[posts[at] % BLOCK_POSTS] =
			facts_read(&timeline->reader, post, &block->arena);
	}
	block->number = number;
	block->filled = true;
}

/* A conversation is in every round another. */
static const struct facts *recorded_facts(struct timeline *timeline, uint64_t n)
{
	const struct recorded *recorded = &timeline->recorded;
	struct facts *facts = &timeline->facts;
	uint64_t id, round = n / recorded->post_count;
	*facts = recorded->posts[n % recorded->post_count].facts;
	if (str_to_u64(facts->conversation_id, &id)) {
		id = recorded_new_id(recorded, &timeline->invention, round, id);
		snprintf(timeline->conversation, sizeof timeline->conversation, "%llu",
			 (unsigned long long)id);
		facts->conversation_id = str_from(timeline->conversation);
	}
	return facts;
}

const struct facts *timeline_facts(struct timeline *timeline, uint64_t n)
{
	uint64_t number = n / BLOCK_POSTS;
	struct block *block = &timeline->blocks[number % BLOCKS];
	if (timeline->recorded.post_count > 0)
		return recorded_facts(timeline, n);
	if (!block->filled || block->number != number)
		fill_block(timeline, block, number);
	return &block->facts[n % BLOCK_POSTS];
}

bool timeline_is_repost(struct timeline *timeline, uint64_t n)
{
	return timeline->recorded.post_count == 0 && invent_is_repost(&timeline->invention, n);
}

void timeline_render(struct timeline *timeline, const struct invent_page *page,
		     const struct invent_view *view, struct buf *out)
{
	if (timeline->recorded.post_count > 0)
		recorded_render(&timeline->recorded, &timeline->invention, page, view, out,
				&timeline->scratch);
	else
		invent_render_page(out, &timeline->invention, page, view, &timeline->scratch);
	arena_reset(&timeline->scratch);
}
