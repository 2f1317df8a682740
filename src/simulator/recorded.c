#include "simulator/recorded.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>

/* --- reading ------------------------------------------------------------------------------------ */

static bool post_id(yyjson_val *post, uint64_t *ret_id)
{
	struct str id = json_get_text(post, "id");
	return id.len <= 19 && str_to_u64(id, ret_id) && json_get_text(post, "text").ptr;
}

static bool is_repost(yyjson_val *post)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(facts_member(post, "referenced_tweets", "referenced_posts"), at, max,
			   item) {
		struct str type = json_get_text(item, "type");
		if (str_equal(type, STR("retweeted")) || str_equal(type, STR("reposted")))
			return true;
	}
	return false;
}

static bool is_empty_page(const struct json_doc *doc)
{
	return !json_get(doc->root, "data") &&
	       json_get(json_get(doc->root, "meta"), "result_count");
}

/* Takes the document over when it is a page with posts; false when it is no page. */
static bool add_page(struct recorded *recorded, struct json_doc *doc)
{
	size_t at, max;
	yyjson_val *post, *data = json_get(doc->root, "data");
	uint64_t id;
	yyjson_arr_foreach(data, at, max, post) {
		if (!post_id(post, &id))
			return false;
	}
	if (yyjson_arr_size(data) == 0)
		return is_empty_page(doc);
	struct recorded_page *page = mem_alloc(sizeof *page);
	*page = (struct recorded_page){ .doc = *doc,
					.includes = json_get(doc->root, "includes"),
					.next = recorded->pages };
	*doc = (struct json_doc){ 0 };
	page->doc.source = STR_NONE;
	recorded->pages = page;
	yyjson_arr_foreach(data, at, max, post) {
		if (!post_id(post, &id) || is_repost(post))
			continue;
		MEM_GROW(recorded->posts, recorded->post_cap, recorded->post_count + 1);
		recorded->posts[recorded->post_count++] =
			(struct recorded_post){ .id = id, .post = post, .page = page };
	}
	return true;
}

/* The document at the beginning of the text: its line, or where it spans lines, as far as it goes. */
static enum err_kind read_document(struct str text, struct json_doc *doc, size_t *ret_end,
				   struct err *err)
{
	const char *newline = memchr(text.ptr, '\n', text.len);
	size_t len = newline ? (size_t)(newline - text.ptr) : text.len;
	struct err ignored = { 0 };
	*ret_end = len;
	if (json_read(doc, str_make(text.ptr, len), &ignored) == ERR_NONE)
		return ERR_NONE;
	return json_read_first(doc, text, ret_end, err);
}

enum err_kind recorded_read(struct recorded *recorded, const char *path, struct err *err)
{
	struct buf text = { 0 };
	struct json_doc doc = { 0 };
	size_t at = 0, pages = 0, end;
	enum err_kind kind = file_read(path, RECORDED_BYTES_MAX, &text, err);
	while (kind == ERR_NONE) {
		struct str rest = str_make(text.ptr + at, text.len - at);
		while (rest.len > 0 && strchr(" \t\r\n", rest.ptr[0])) {
			rest.ptr++;
			rest.len--;
		}
		at = text.len - rest.len;
		if (rest.len == 0)
			break;
		kind = read_document(rest, &doc, &end, err);
		if (kind != ERR_NONE)
			err_wrap(err, "%s: the document at byte %zu", path, at);
		else
			pages += add_page(recorded, &doc);
		at += end;
	}
	if (kind == ERR_NONE && pages == 0)
		kind = err_set(err, ERR_REJECT, "%s: no page of posts is in it", path);
	json_release(&doc);
	buf_release(&text);
	return kind;
}

static int compare_posts(const void *a, const void *b)
{
	const struct recorded_post *left = a, *right = b;
	return (left->id > right->id) - (left->id < right->id);
}

enum err_kind recorded_finish(struct recorded *recorded, struct err *err)
{
	struct facts_reader reader = { 0 };
	const struct recorded_page *page = NULL;
	size_t count = 0;
	if (recorded->post_count == 0)
		return err_set(err, ERR_REJECT,
			       "in what is recorded is no post that a search could find");
	/* While posts stand by page, its users are looked up once. */
	for (size_t i = 0; i < recorded->post_count; i++) {
		struct recorded_post *post = &recorded->posts[i];
		if (post->page != page)
			facts_reader_begin(&reader, post->page->includes);
		page = post->page;
		post->facts = facts_read(&reader, post->post, &recorded->arena);
	}
	facts_reader_release(&reader);
	qsort(recorded->posts, recorded->post_count, sizeof *recorded->posts, compare_posts);
	for (size_t i = 0; i < recorded->post_count; i++) {
		if (count == 0 || recorded->posts[count - 1].id != recorded->posts[i].id)
			recorded->posts[count++] = recorded->posts[i];
	}
	recorded->post_count = count;
	return ERR_NONE;
}

void recorded_release(struct recorded *recorded)
{
	while (recorded->pages) {
		struct recorded_page *page = recorded->pages;
		recorded->pages = page->next;
		json_release(&page->doc);
		free(page);
	}
	free(recorded->posts);
	arena_release(&recorded->arena);
	*recorded = (struct recorded){ 0 };
}

/* --- ids ---------------------------------------------------------------------------------------- */

/* How many of the posts have a lower id. */
static size_t count_below(const struct recorded *recorded, uint64_t id)
{
	size_t low = 0, high = recorded->post_count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (recorded->posts[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct recorded_post *recorded_find(const struct recorded *recorded, uint64_t id)
{
	size_t at = count_below(recorded, id);
	return at < recorded->post_count && recorded->posts[at].id == id ? &recorded->posts[at] :
									   NULL;
}

/* An id that no post has is given a time just before the next post's, or as long before the round as
 * it was before the first. Its low bits are a hash, so that two such ids differ. */
uint64_t recorded_new_id(const struct recorded *recorded, const struct invention *pace,
			 uint64_t round, uint64_t id)
{
	size_t at = count_below(recorded, id), last = recorded->post_count - 1;
	uint64_t n = round * recorded->post_count + (at <= last ? at : last);
	if (at <= last && recorded->posts[at].id == id)
		return invent_id(pace, n);
	int64_t time_us = invent_time_us(pace, n);
	if (at == 0)
		time_us -= invent_id_time_us(recorded->posts[0].id) - invent_id_time_us(id);
	else
		time_us += at <= last ? -1000 : 1000;
	uint64_t both[2] = { round, id };
	return invent_id_floor(time_us) |
	       (hash_xxh3(str_make((const char *)both, sizeof both)) & 0x3fffff);
}
