/* What joining a page works with; shared by page_join.c and page_leftovers.c only. */
#pragma once
#include "source/includes.h"
#include "source/post_names.h"
#include "source/source.h"

struct page_joiner {
	const struct json_doc *doc;
	bool is_compact;
	struct includes includes;
	struct post_members referenced_members;

	struct buf lines; /* the kept lines, one after another */
	struct buf first; /* the one of them that carries the page, with it */
	struct buf moved; /* what will stand under _aviary of the current line */
	struct buf rest;
	struct buf batch_id, rules, fetched_at, fetched_via; /* values for all lines of the page */

	struct post_members members; /* of the current post */
	struct included **used;      /* what the current line carries, in the order it took it */
	size_t used_count, used_cap;

	struct source_line *kept;
	size_t kept_count, kept_cap;
	size_t *kept_slots; /* hash table of what is kept: 1 + its index, 0 for none */
	size_t slot_count;
	struct dropped {
		size_t position;
		yyjson_val *id;
	} * dropped;
	size_t dropped_count, dropped_cap;
};

/* Adds the `page` object of docs/tables.md: what belongs to no kept line. */
void page_leftovers_write(struct page_joiner *joiner, struct buf *ret);
