/* A page becomes lines: each post with what the page included for it.
 *
 *     data [post, post, …]  ──►  {post's members, ours}\n      kept unless `knows`
 *     includes, the rest    ──►  on the first kept line's `page` (page_leftovers.c)
 *
 * All lines are written into one buffer; a dropped one is cut off again. Only when all are written
 * is it known which included objects no kept line carries, so the first line is written a second
 * time, with its page. An included object counts as carried when a kept line took it.
 *
 * When a post of X has a member by a name of ours, X's stays where it is and ours goes below
 * _aviary, as null where there is nothing to say, so that X's is never taken for ours:
 *
 *     {"id":"1","user":"X's","batch_id":7,…,"_aviary":{"user":{"id":"2"}}}
 *
 * The name _aviary is always ours: a member of X by that name stands inside it, by the same
 * name. */
#include "source/page_joiner.h"

#include "base/mem.h"
#include "post/post.h"
#include "source/compact.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

/* A small page can make large lines when all of them carry one large object. More than this is no
 * page of X: the lines of a true one are at most a few times as long as the page. */
enum { PAGE_LINES_BYTES_FREE = 64 << 20, PAGE_LINES_TIMES_MAX = 16 };

struct page_joiner *page_joiner_new(void)
{
	return mem_zalloc(1, sizeof(struct page_joiner));
}

void page_joiner_free(struct page_joiner *joiner)
{
	if (!joiner)
		return;
	struct buf *bufs[] = { &joiner->lines,      &joiner->first,      &joiner->moved,
			       &joiner->rest,       &joiner->batch_id,   &joiner->rules,
			       &joiner->fetched_at, &joiner->fetched_via };
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		buf_release(bufs[i]);
	includes_release(&joiner->includes);
	free(joiner->used);
	free(joiner->kept);
	free(joiner->kept_slots);
	free(joiner->dropped);
	free(joiner);
}

/* --- members of ours -------------------------------------------------------------------------- */

static bool is_taken(const struct page_joiner *joiner, enum post_name name)
{
	return joiner->members.of[name] != NULL;
}

/* Writes the name; the value goes to what is returned. */
static struct buf *begin_ours(struct page_joiner *joiner, enum post_name name)
{
	struct buf *buf = is_taken(joiner, name) ? &joiner->moved : &joiner->lines;
	if (buf->len > 0)
		buf_add_byte(buf, ',');
	buf_add_byte(buf, '"');
	buf_add_text(buf, post_name_text(name));
	buf_add(buf, "\":", 2);
	return buf;
}

/* The page has nothing for this member. */
static void leave_out(struct page_joiner *joiner, enum post_name name)
{
	if (is_taken(joiner, name))
		buf_add(begin_ours(joiner, name), "null", 4);
}

static void write_value(struct page_joiner *joiner, enum post_name name, const struct buf *value)
{
	if (value->len > 0)
		buf_add_str(begin_ours(joiner, name), buf_str(value));
	else
		leave_out(joiner, name);
}

static void write_one(struct page_joiner *joiner, enum post_name name, struct included *included)
{
	if (included)
		includes_write(&joiner->includes, included, begin_ours(joiner, name));
	else
		leave_out(joiner, name);
}

/* The list of what was used from `from` on. */
static void write_list(struct page_joiner *joiner, enum post_name name, size_t from)
{
	if (from == joiner->used_count) {
		leave_out(joiner, name);
		return;
	}
	struct buf *buf = begin_ours(joiner, name);
	for (size_t i = from; i < joiner->used_count; i++) {
		buf_add_byte(buf, i == from ? '[' : ',');
		includes_write(&joiner->includes, joiner->used[i], buf);
	}
	buf_add_byte(buf, ']');
}

/* --- hashtags --------------------------------------------------------------------------------- */

struct hashtag_list {
	struct buf *buf;
	size_t count;
};

static void add_found_hashtag(void *context, struct str hashtag)
{
	struct hashtag_list *list = context;
	if (list->count++ > 0)
		buf_add_byte(list->buf, ',');
	buf_add_json(list->buf, hashtag);
}

static void write_entity_hashtags(const struct json_doc *doc, yyjson_val *hashtags, struct buf *buf)
{
	size_t at, max, count = 0;
	yyjson_val *hashtag;
	yyjson_arr_foreach(hashtags, at, max, hashtag) {
		yyjson_val *tag = json_get(hashtag, "tag");
		if (!yyjson_is_str(tag))
			continue;
		struct str source = json_source(doc, tag);
		if (count++ > 0)
			buf_add_byte(buf, ',');
		buf_add(buf, "\"#", 2);
		buf_add(buf, source.ptr + 1, source.len - 1);
	}
}

static void write_hashtags(struct page_joiner *joiner)
{
	yyjson_val *entities = joiner->members.of[X_ENTITIES];
	yyjson_val *text = joiner->members.of[X_TEXT];
	struct buf *buf = begin_ours(joiner, OUR_HASHTAGS);
	buf_add_byte(buf, '[');
	if (yyjson_is_obj(entities)) {
		write_entity_hashtags(joiner->doc, json_get(entities, "hashtags"), buf);
	} else if (yyjson_is_str(text)) {
		struct hashtag_list list = { .buf = buf };
		post_find_hashtags(json_text(text), add_found_hashtag, &list);
	}
	buf_add_byte(buf, ']');
}

/* --- what the page included for a post -------------------------------------------------------- */

/* Counts as used by the current line. NULL when there is nothing, or the line has it already. */
static struct included *use(struct page_joiner *joiner, struct included *included)
{
	size_t line = joiner->kept_count + joiner->dropped_count + 1;
	if (!included || included->line == line)
		return NULL;
	included->line = line;
	MEM_GROW(joiner->used, joiner->used_cap, joiner->used_count + 1);
	joiner->used[joiner->used_count++] = included;
	return included;
}

static struct included *use_by_id(struct page_joiner *joiner, enum included_kind kind,
				  yyjson_val *id)
{
	return use(joiner, includes_find(&joiner->includes, kind, id));
}

/* `ids` is a list of ids, or one. */
static void use_by_ids(struct page_joiner *joiner, enum included_kind kind, yyjson_val *ids)
{
	size_t at, max;
	yyjson_val *id;
	if (yyjson_is_str(ids))
		use_by_id(joiner, kind, ids);
	yyjson_arr_foreach(ids, at, max, id)
		use_by_id(joiner, kind, id);
}

static void use_references(struct page_joiner *joiner, yyjson_val *references)
{
	size_t at, max;
	yyjson_val *reference;
	yyjson_arr_foreach(references, at, max, reference)
		use_by_id(joiner, INCLUDED_POST, json_get(reference, "id"));
}

static void use_edits(struct page_joiner *joiner, yyjson_val *ids)
{
	yyjson_val *own = joiner->members.of[X_ID];
	size_t at, max;
	yyjson_val *id;
	yyjson_arr_foreach(ids, at, max, id) {
		if (!yyjson_is_str(id) || !str_equal(json_text(id), json_text(own)))
			use_by_id(joiner, INCLUDED_POST, id);
	}
}

static void use_mentioned(struct page_joiner *joiner, yyjson_val *entities)
{
	struct includes *includes = &joiner->includes;
	size_t at, max;
	yyjson_val *mention;
	yyjson_arr_foreach(json_get(entities, "mentions"), at, max, mention) {
		yyjson_val *id = json_get(mention, "id");
		if (id)
			use_by_id(joiner, INCLUDED_USER, id);
		else
			use(joiner,
			    includes_find_username(includes, json_get(mention, "username")));
	}
}

static void use_all_mentioned(struct page_joiner *joiner, const struct post_members *members)
{
	use_mentioned(joiner, members->of[X_ENTITIES]);
	use_mentioned(joiner, json_get(members->of[X_NOTE_TWEET], "entities"));
	use_mentioned(joiner, json_get(members->of[X_NOTE_POST], "entities"));
}

static void use_users_of(struct page_joiner *joiner, yyjson_val *referenced)
{
	struct post_members *members = &joiner->referenced_members;
	post_members_read(referenced, members);
	use_by_id(joiner, INCLUDED_USER, members->of[X_AUTHOR_ID]);
	use_all_mentioned(joiner, members);
	use_by_id(joiner, INCLUDED_USER, members->of[X_IN_REPLY_TO_USER_ID]);
}

static void write_media_and_polls(struct page_joiner *joiner)
{
	yyjson_val *attachments = joiner->members.of[X_ATTACHMENTS];
	size_t from = joiner->used_count;
	use_by_ids(joiner, INCLUDED_MEDIUM, json_get(attachments, "media_keys"));
	write_one(joiner, OUR_MEDIA, from < joiner->used_count ? joiner->used[from] : NULL);
	write_list(joiner, OUR_MEDIA_ALL, from);
	from = joiner->used_count;
	use_by_ids(joiner, INCLUDED_POLL, json_get(attachments, "poll_ids"));
	write_list(joiner, OUR_POLLS, from);
}

static void write_referenced_and_users(struct page_joiner *joiner)
{
	const struct post_members *members = &joiner->members;
	yyjson_val *attachments = members->of[X_ATTACHMENTS];
	size_t posts = joiner->used_count;
	use_references(joiner, members->of[X_REFERENCED_TWEETS]);
	use_references(joiner, members->of[X_REFERENCED_POSTS]);
	use_by_ids(joiner, INCLUDED_POST, json_get(attachments, "media_source_tweet_id"));
	use_by_ids(joiner, INCLUDED_POST, json_get(attachments, "media_source_post_id"));
	use_edits(joiner, members->of[X_EDIT_HISTORY_TWEET_IDS]);
	use_edits(joiner, members->of[X_EDIT_HISTORY_POST_IDS]);
	write_list(joiner, OUR_REFERENCED, posts);
	size_t users = joiner->used_count;
	use_by_id(joiner, INCLUDED_USER, members->of[X_IN_REPLY_TO_USER_ID]);
	use_all_mentioned(joiner, members);
	for (size_t i = posts; i < users; i++)
		use_users_of(joiner, joiner->used[i]->object);
	write_list(joiner, OUR_USERS_ALL, users);
}

/* --- lines ------------------------------------------------------------------------------------ */

static void write_each_member(struct page_joiner *joiner, yyjson_val *post)
{
	size_t at, max, written = 0;
	yyjson_val *key, *val;
	buf_add_byte(&joiner->lines, '{');
	yyjson_obj_foreach(post, at, max, key, val) {
		bool is_moved = joiner->members.of[X_AVIARY] && yyjson_equals_str(key, "_aviary");
		struct buf *buf = is_moved ? &joiner->moved : &joiner->lines;
		if (is_moved ? buf->len > 0 : written++ > 0)
			buf_add_byte(buf, ',');
		buf_add_str(buf, json_source(joiner->doc, key));
		buf_add_byte(buf, ':');
		json_write(buf, joiner->doc, val);
	}
}

/* '{' and X's members. `next` is the post behind this one in data, NULL at its end. */
static void write_own_members(struct page_joiner *joiner, yyjson_val *post, yyjson_val *next)
{
	struct str slice = joiner->is_compact ? compact_item(joiner->doc, post, next) : STR_NONE;
	if (slice.ptr && !joiner->members.of[X_AVIARY])
		buf_add(&joiner->lines, slice.ptr, slice.len - 1);
	else
		write_each_member(joiner, post);
}

/* The whole line but for `page`; where X has a `page`, ours is null and the last thing below
 * _aviary, so that add_page() finds it. */
static void write_line(struct page_joiner *joiner, yyjson_val *post, yyjson_val *next)
{
	buf_reset(&joiner->moved);
	joiner->used_count = 0;
	post_members_read(post, &joiner->members);
	const struct post_members *members = &joiner->members;
	write_own_members(joiner, post, next);
	write_value(joiner, OUR_BATCH_ID, &joiner->batch_id);
	write_hashtags(joiner);
	write_one(joiner, OUR_USER, use_by_id(joiner, INCLUDED_USER, members->of[X_AUTHOR_ID]));
	write_one(joiner, OUR_PLACE,
		  use_by_id(joiner, INCLUDED_PLACE, json_get(members->of[X_GEO], "place_id")));
	write_media_and_polls(joiner);
	write_referenced_and_users(joiner);
	write_value(joiner, OUR_RULES, &joiner->rules);
	write_value(joiner, OUR_FETCHED_AT, &joiner->fetched_at);
	write_value(joiner, OUR_FETCHED_VIA, &joiner->fetched_via);
	leave_out(joiner, OUR_PAGE);
	if (joiner->moved.len > 0) {
		buf_add_text(&joiner->lines, ",\"_aviary\":{");
		buf_add_str(&joiner->lines, buf_str(&joiner->moved));
		buf_add_byte(&joiner->lines, '}');
	}
	buf_add_byte(&joiner->lines, '}');
}

/* What is no object becomes a line that is none, for the quarantine. */
static void write_bare(struct page_joiner *joiner, yyjson_val *item)
{
	joiner->used_count = 0;
	joiner->members = (struct post_members){ 0 };
	json_write(&joiner->lines, joiner->doc, item);
}

/* The slot of this observation, or the empty one where it would be. */
static size_t *slot_of(const struct page_joiner *joiner, const struct source_line *line)
{
	size_t at = (size_t)(line->id * UINT64_C(0x9e3779b97f4a7c15) ^ line->content_hash);
	for (;; at++) {
		size_t *slot = &joiner->kept_slots[at & (joiner->slot_count - 1)];
		const struct source_line *kept = *slot ? &joiner->kept[*slot - 1] : NULL;
		if (!kept || (kept->id == line->id && kept->content_hash == line->content_hash))
			return slot;
	}
}

/* An empty table, at most half full with as many lines as the page has posts. */
static void clear_slots(struct page_joiner *joiner, size_t posts)
{
	size_t need = 64;
	while (need < 2 * posts)
		need *= 2;
	if (joiner->slot_count < need) {
		free(joiner->kept_slots);
		joiner->kept_slots = mem_zalloc(need, sizeof *joiner->kept_slots);
		joiner->slot_count = need;
	} else {
		memset(joiner->kept_slots, 0, joiner->slot_count * sizeof *joiner->kept_slots);
	}
}

static void keep(struct page_joiner *joiner, const struct source_line *line)
{
	for (size_t i = 0; i < joiner->used_count; i++)
		joiner->used[i]->carried = true;
	MEM_GROW(joiner->kept, joiner->kept_cap, joiner->kept_count + 1);
	joiner->kept[joiner->kept_count++] = *line;
	*slot_of(joiner, line) = joiner->kept_count;
}

static void drop(struct page_joiner *joiner, size_t position)
{
	MEM_GROW(joiner->dropped, joiner->dropped_cap, joiner->dropped_count + 1);
	joiner->dropped[joiner->dropped_count++] =
		(struct dropped){ .position = position, .id = joiner->members.of[X_ID] };
}

/* Whether X has a member that post_peek() takes for one of ours which tells nothing about a post. */
static bool has_delivery_member(const struct page_joiner *joiner)
{
	return is_taken(joiner, OUR_BATCH_ID) || is_taken(joiner, OUR_FETCHED_AT) ||
	       is_taken(joiner, OUR_PAGE);
}

/* Writes the post's line and keeps it, unless it was delivered before: to the sink, or by this page. Of
 * a kept line the pointer is not set: the buffer may still move. */
static void join_post(struct page_joiner *joiner, yyjson_val *data, yyjson_val *post,
		      size_t position, uint64_t rule, const struct source_sink *sink)
{
	size_t start = joiner->lines.len;
	struct post_peek peek;
	uint64_t id = 0;
	bool is_last = position + 1 == yyjson_arr_size(data);
	if (yyjson_is_obj(post))
		write_line(joiner, post, is_last ? NULL : unsafe_yyjson_get_next(post));
	else
		write_bare(joiner, post);
	const char *text = joiner->lines.ptr + start;
	post_peek(str_make(text, joiner->lines.len - start), &peek);
	if (!peek.whole || has_delivery_member(joiner) ||
	    !post_id_parse(json_text(joiner->members.of[X_ID]), &id))
		id = 0;
	buf_add_byte(&joiner->lines, '\n');
	text = joiner->lines.ptr + start;
	struct source_line line = { .line = str_make(text, joiner->lines.len - start),
				    .id = id,
				    .rule = rule,
				    .content_hash = peek.content_hash };
	bool known = line.id != 0 && (*slot_of(joiner, &line) ||
				      (sink && sink->knows && sink->knows(sink->context, &line)));
	if (known) {
		joiner->lines.len = start;
		drop(joiner, position);
	} else {
		keep(joiner, &line);
	}
}

/* --- pages ------------------------------------------------------------------------------------ */

/* The kept line that shall carry the page: the first that a collector will take for a post; else the first
 * that is an object at all. */
struct carrier {
	size_t at; /* of the kept lines */
	size_t start;
	yyjson_val *post; /* NULL: none yet */
	bool is_good;
};

static void offer_carrier(struct page_joiner *joiner, yyjson_val *post, size_t start,
			  struct carrier *carrier)
{
	uint64_t id;
	bool is_good = post_id_parse(json_text(joiner->members.of[X_ID]), &id);
	if (!yyjson_is_obj(post) || carrier->is_good || (carrier->post && !is_good))
		return;
	*carrier = (struct carrier){
		.at = joiner->kept_count - 1, .start = start, .post = post, .is_good = is_good
	};
}

/* `first` becomes that line with its page. */
static void add_page(struct page_joiner *joiner, const struct carrier *carrier)
{
	struct buf *first = &joiner->first;
	yyjson_val *post = carrier->post;
	struct str line =
		str_make(joiner->lines.ptr + carrier->start, joiner->kept[carrier->at].line.len);
	struct str end = STR("}\n");
	struct str no_page = STR("null}}\n");
	buf_reset(first);
	if (json_get(post, "page")) {
		assert(str_ends(line, no_page));
		buf_add(first, line.ptr, line.len - no_page.len);
		page_leftovers_write(joiner, first);
		buf_add_byte(first, '}');
	} else {
		buf_add(first, line.ptr, line.len - end.len);
		buf_add_text(first, ",\"page\":");
		page_leftovers_write(joiner, first);
	}
	buf_add_str(first, end);
}

static void begin_page(struct page_joiner *joiner, const struct json_doc *doc,
		       const struct page_options *options)
{
	struct buf *values[] = { &joiner->batch_id, &joiner->rules, &joiner->fetched_at,
				 &joiner->fetched_via, &joiner->lines };
	for (size_t i = 0; i < sizeof values / sizeof *values; i++)
		buf_reset(values[i]);
	joiner->doc = doc;
	joiner->is_compact = compact_check(doc);
	joiner->kept_count = joiner->dropped_count = 0;
	includes_read(&joiner->includes, doc, joiner->is_compact, json_get(doc->root, "includes"));
	buf_addf(&joiner->batch_id, "%" PRId64, options->batch_id);
	buf_add_byte(&joiner->rules, '[');
	for (size_t i = 0; i < options->rule_count; i++) {
		if (i > 0)
			buf_add_byte(&joiner->rules, ',');
		buf_add_json(&joiner->rules, options->rules[i]);
	}
	buf_add_byte(&joiner->rules, ']');
	if (options->fetched_at.ptr)
		buf_add_json(&joiner->fetched_at, options->fetched_at);
	if (options->fetched_via)
		buf_add_json(&joiner->fetched_via, str_from(options->fetched_via));
}

static enum err_kind join_posts(struct page_joiner *joiner, uint64_t rule,
				const struct source_sink *sink, struct carrier *ret_carrier,
				struct err *err)
{
	size_t at, max;
	yyjson_val *post, *data = json_get(joiner->doc->root, "data");
	clear_slots(joiner, yyjson_arr_size(data));
	size_t bytes_max = PAGE_LINES_BYTES_FREE + PAGE_LINES_TIMES_MAX * joiner->doc->source.len;
	yyjson_arr_foreach(data, at, max, post) {
		size_t before = joiner->kept_count, start = joiner->lines.len;
		join_post(joiner, data, post, at, rule, sink);
		if (joiner->kept_count > before)
			offer_carrier(joiner, post, start, ret_carrier);
		if (joiner->lines.len > PAGE_LINES_BYTES_MAX / 2)
			return err_set(err, ERR_REJECT, "its lines are longer than %d MiB together",
				       PAGE_LINES_BYTES_MAX / 2 >> 20);
		if (joiner->lines.len > bytes_max)
			return err_set(err, ERR_REJECT,
				       "its lines are more than %d times as long as the page",
				       PAGE_LINES_TIMES_MAX);
	}
	return ERR_NONE;
}

enum err_kind page_join(struct page_joiner *joiner, const struct json_doc *doc,
			const struct page_options *options, const struct source_sink *sink,
			size_t line_bytes_max, const struct source_line **ret_lines,
			size_t *ret_count, size_t *ret_dropped, struct err *err)
{
	struct carrier carrier = { 0 };
	begin_page(joiner, doc, options);
	uint64_t rule = options->rule_count > 0 ? hash_xxh3(buf_str(&joiner->rules)) : 0;
	TRY(join_posts(joiner, rule, sink, &carrier, err));
	size_t start = 0;
	if (carrier.post)
		add_page(joiner, &carrier);
	for (size_t i = 0; i < joiner->kept_count; i++) {
		struct str *line = &joiner->kept[i].line;
		line->ptr = joiner->lines.ptr + start;
		start += line->len;
		if (carrier.post && i == carrier.at)
			*line = buf_str(&joiner->first);
		if (line->len > line_bytes_max)
			return err_set(err, ERR_REJECT,
				       "line %zu of its %zu would be longer than %zu bytes", i + 1,
				       joiner->kept_count, line_bytes_max);
	}
	*ret_lines = joiner->kept;
	*ret_count = joiner->kept_count;
	*ret_dropped = joiner->dropped_count;
	return ERR_NONE;
}
