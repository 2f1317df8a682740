/* A line becomes a row in three steps: the document is read and its key (id and time) decides whether
 * it is a post at all; its members are walked beside the tree of columns.def, each filling its column
 * or going to extra; then the computed columns are made from what was found. */
#include "post/reader.h"

#include "base/mem.h"

#include <stdlib.h>

struct post_reader *post_reader_new(const char *stream_id, const struct column_lender *lender)
{
	struct post_reader *reader = mem_zalloc(1, sizeof *reader);
	size_t len = strlen(stream_id);
	if (len >= sizeof reader->stream_id)
		len = sizeof reader->stream_id - 1;
	memcpy(reader->stream_id, stream_id, len);
	reader->lender = lender;
	reader->tree = column_tree();
	reader->columns = post_columns(&reader->column_count);
	reader->node_seen = mem_zalloc(reader->tree->node_count, sizeof *reader->node_seen);
	reader->column_filled = mem_zalloc(reader->column_count, sizeof *reader->column_filled);
	reader->created_at = column_named("created_at");
	reader->hashtags = column_named("hashtags");
	reader->wanted = mem_zalloc(reader->column_count, sizeof *reader->wanted);
	reader->node_wanted = mem_zalloc(reader->tree->node_count, sizeof *reader->node_wanted);
	memset(reader->wanted, true, reader->column_count);
	post_reader_want(reader, reader->wanted);
	return reader;
}

void post_reader_free(struct post_reader *reader)
{
	if (!reader)
		return;
	json_release(&reader->doc);
	free(reader->users.slots);
	free(reader->references.slots);
	struct buf *bufs[] = { &reader->extra,         &reader->renamed,    &reader->derived,
			       &reader->moved_names,   &reader->duplicates, &reader->text,
			       &reader->hashtag_units, &reader->json,       &reader->unique };
	for (size_t i = 0; i < sizeof bufs / sizeof *bufs; i++)
		buf_release(bufs[i]);
	free(reader->entries);
	free(reader->pointers);
	free(reader->node_seen);
	free(reader->column_filled);
	free(reader->wanted);
	free(reader->node_wanted);
	free(reader);
}

/* --- the key -------------------------------------------------------------------------------------- */

static enum err_kind read_key(yyjson_val *id_val, yyjson_val *created_at, struct post_key *ret,
			      struct err *err)
{
	if (!yyjson_is_str(id_val))
		return err_set(err, ERR_REJECT, "no id, or it is not a string");
	if (!post_id_parse(json_text(id_val), &ret->id))
		return err_set(err, ERR_REJECT, "the id is not a number of 1 to 19 digits");
	if (yyjson_is_str(created_at) &&
	    time_parse(json_text(created_at), &ret->time_us) != TIME_BAD &&
	    post_time_is_plausible(ret->time_us))
		return ERR_NONE;
	if (!post_id_time(ret->id, &ret->time_us))
		return err_set(err, ERR_REJECT,
			       "no created_at, and the id is too old to tell the time");
	return ERR_NONE;
}

static enum err_kind read_object(struct post_reader *reader, struct str line, struct err *err)
{
	TRY(json_read(&reader->doc, line, err));
	if (!yyjson_is_obj(reader->doc.root))
		return err_set(err, ERR_REJECT, "not an object");
	return ERR_NONE;
}

enum err_kind post_reader_key(struct post_reader *reader, struct str line, struct post_key *ret_key,
			      struct err *err)
{
	struct post_key key;
	TRY(read_object(reader, line, err));
	TRY(read_key(json_get(reader->doc.root, "id"), json_get(reader->doc.root, "created_at"),
		     &key, err));
	*ret_key = key;
	return ERR_NONE;
}

/* Lists the root's members once, so that none is searched for again. */
static void list_members(struct post_reader *reader)
{
	size_t at, max;
	yyjson_val *key, *val;
	memset(reader->root, 0, sizeof reader->root);
	reader->entry_count = 0;
	MEM_GROW(reader->entries, reader->entry_cap, yyjson_obj_size(reader->doc.root));
	yyjson_obj_foreach(reader->doc.root, at, max, key, val) {
		const struct column_node *node =
			column_node_find(reader->tree->root, json_text(key));
		reader->entries[reader->entry_count++] =
			(struct root_entry){ .node = node, .key = key, .val = val };
		if (node && node->root != ROOT_NONE)
			reader->root[node->root] = val;
	}
}

static void list_moved(struct post_reader *reader)
{
	size_t at, max;
	yyjson_val *key, *val, *ours = reader->root[ROOT_AVIARY];
	memset(reader->moved, 0, sizeof reader->moved);
	reader->has_moved = yyjson_is_obj(ours) && yyjson_obj_size(ours) > 0;
	if (!reader->has_moved)
		return;
	yyjson_obj_foreach(ours, at, max, key, val) {
		const struct column_node *node =
			column_node_find(reader->tree->root, json_text(key));
		if (node && node->root > ROOT_AVIARY && node->root != ROOT_NONE)
			reader->moved[node->root] = val;
	}
}

/* --- the walk ------------------------------------------------------------------------------------- */

static void note_spelling(struct post_reader *reader, const struct column_node *node)
{
	if (!node->aliased)
		return;
	reader->old_names |= !node->renamed;
	reader->new_names |= node->renamed;
	if (node->renamed && reader->wants_extra) {
		buf_reset(&reader->text);
		path_add(reader, &reader->text);
		extra_list_add(&reader->renamed, buf_str(&reader->text));
	}
}

static void fill_column(struct post_reader *reader, const struct column_node *node, yyjson_val *val)
{
	const int *computed = reader->tree->computed;
	struct column_vector *vector = &reader->vectors[node->column];
	if (reader->column_filled[node->column] == reader->line_number) {
		extra_add(reader, val); /* its other spelling came first */
		return;
	}
	reader->column_filled[node->column] = reader->line_number;
	note_spelling(reader, node);
	if (node->column == computed[COMPUTED_REFERENCED_POSTS])
		fill_referenced(reader, vector, val);
	else if (node->column == computed[COMPUTED_USERS_ALL])
		fill_users_all(reader, vector, val);
	else
		fill_value(reader, vector, reader->row, val);
}

static void walk(struct post_reader *reader, const struct column_node *node, yyjson_val *object);

static void note_seen(struct post_reader *reader, const struct column_node *node)
{
	reader->duplicate |= reader->node_seen[node->index] == reader->line_number;
	reader->node_seen[node->index] = reader->line_number;
}

static void visit(struct post_reader *reader, const struct column_node *node, yyjson_val *val)
{
	if (!reader->node_wanted[node->index])
		return;
	note_seen(reader, node);
	if (node->column >= 0)
		fill_column(reader, node, val);
	else if (yyjson_is_obj(val) && yyjson_obj_size(val) > 0)
		walk(reader, node, val);
	else
		extra_add(reader, val);
}

static void walk(struct post_reader *reader, const struct column_node *node, yyjson_val *object)
{
	size_t at, max;
	yyjson_val *key, *val;
	yyjson_obj_foreach(object, at, max, key, val) {
		const struct column_node *child = column_node_find(node, json_text(key));
		path_push_key(reader, key);
		if (child)
			visit(reader, child, val);
		else
			extra_add(reader, val);
		path_pop(reader);
	}
}

static bool is_ours(const struct column_node *node)
{
	return node && node->root > ROOT_AVIARY && node->root != ROOT_NONE;
}

/* By their source: values may be equal although they were sent otherwise. */
static bool same_source(struct post_reader *reader, yyjson_val *left, yyjson_val *right)
{
	if (!yyjson_equals(left, right))
		return false;
	buf_reset(&reader->text);
	buf_reset(&reader->json);
	json_write(&reader->text, &reader->doc, left);
	json_write(&reader->json, &reader->doc, right);
	return str_equal(buf_str(&reader->text), buf_str(&reader->json));
}

/* `media` repeats the first of media_all, which gives it back as long as a column shows that it was
 * there. Any other beside a media_all stands whole in extra, so that the two cannot be mixed up. */
static void visit_media(struct post_reader *reader, const struct column_node *node, yyjson_val *val)
{
	yyjson_val *first = yyjson_arr_get_first(our_member(reader, ROOT_MEDIA_ALL));
	reader->quiet = first != NULL;
	visit(reader, node, val);
	reader->quiet = false;
	if (first && reader->wants_extra &&
	    (!yyjson_is_str(json_get(val, "media_key")) || !same_source(reader, val, first)))
		extra_add(reader, val);
}

static void visit_ours(struct post_reader *reader, const struct column_node *node, yyjson_val *val)
{
	if (node->root == ROOT_MEDIA)
		visit_media(reader, node, val);
	else
		visit(reader, node, val);
}

static void walk_moved(struct post_reader *reader)
{
	size_t at, max;
	yyjson_val *key, *val;
	yyjson_obj_foreach(reader->root[ROOT_AVIARY], at, max, key, val) {
		const struct column_node *node =
			column_node_find(reader->tree->root, json_text(key));
		path_push_key(reader, key);
		if (is_ours(node)) {
			visit_ours(reader, node, val);
			extra_list_add(&reader->moved_names, json_source(&reader->doc, key));
		} else {
			extra_add(reader, val);
		}
		path_pop(reader);
	}
}

/* created_at fills its column only when it is what decided the partition. */
static void visit_created_at(struct post_reader *reader, const struct column_node *node,
			     const struct post_key *key, yyjson_val *val)
{
	int64_t time;
	bool decided = yyjson_is_str(val) && time_parse(json_text(val), &time) != TIME_BAD &&
		       time == key->time_us;
	if (decided) {
		visit(reader, node, val);
		return;
	}
	note_seen(reader, node);
	extra_add(reader, val);
}

static void walk_entry(struct post_reader *reader, const struct post_key *key,
		       const struct root_entry *entry)
{
	const struct column_node *node = entry->node;
	if (node && node->root == ROOT_AVIARY)
		note_seen(reader, node);
	if (node && node->root == ROOT_AVIARY && reader->has_moved &&
	    entry->val == reader->root[ROOT_AVIARY])
		walk_moved(reader);
	else if (!node || node->root == ROOT_AVIARY || (is_ours(node) && reader->moved[node->root]))
		extra_add(reader, entry->val);
	else if (node->root == ROOT_CREATED_AT)
		visit_created_at(reader, node, key, entry->val);
	else if (is_ours(node))
		visit_ours(reader, node, entry->val);
	else
		visit(reader, node, entry->val);
}

static void walk_root(struct post_reader *reader, const struct post_key *key)
{
	for (size_t i = 0; i < reader->entry_count; i++) {
		path_push_key(reader, reader->entries[i].key);
		walk_entry(reader, key, &reader->entries[i]);
		path_pop(reader);
	}
}

/* --- computed columns ----------------------------------------------------------------------------- */

static bool wants(const struct post_reader *reader, enum computed_column which)
{
	return reader->wanted[reader->tree->computed[which]];
}

static struct column_vector *computed(const struct post_reader *reader, enum computed_column which)
{
	return &reader->vectors[reader->tree->computed[which]];
}

static void derive(struct post_reader *reader, const char *pointer)
{
	if (!reader->wants_extra)
		return;
	buf_reset(&reader->text);
	buf_add_json(&reader->text, str_from(pointer));
	extra_list_add(&reader->derived, buf_str(&reader->text));
}

static void derive_created_at(struct post_reader *reader, const struct post_key *key)
{
	int column = reader->created_at;
	if (!reader->wanted[column] || reader->column_filled[column] == reader->line_number)
		return;
	fill_int(&reader->vectors[column], reader->row, key->time_us);
	derive(reader, "/created_at");
}

static void add_to_unit_list(void *context, struct str hashtag)
{
	struct buf *list = context;
	buf_add_str(list, hashtag);
	buf_add_byte(list, '\0');
}

/* Hashtags, each followed by a zero byte (no hashtag holds one: X's do not, and the pattern cannot). */
static void hashtags_of(yyjson_val *entities, yyjson_val *text, struct buf *ret)
{
	size_t at, max;
	yyjson_val *item;
	buf_reset(ret);
	if (!yyjson_is_obj(entities)) {
		if (yyjson_is_str(text))
			post_find_hashtags(json_text(text), add_to_unit_list, ret);
		return;
	}
	yyjson_arr_foreach(json_get(entities, "hashtags"), at, max, item) {
		struct str tag = json_get_text(item, "tag");
		if (tag.ptr && !memchr(tag.ptr, '\0', tag.len)) {
			buf_add_byte(ret, '#');
			add_to_unit_list(ret, tag);
		}
	}
}

static void fold_into(struct post_reader *reader, struct column_vector *vector, size_t row,
		      struct str hashtag)
{
	buf_reset(&reader->text);
	post_fold(hashtag, &reader->text);
	fill_text(reader, vector, row, buf_str(&reader->text));
}

/* Fills a list from texts that each end with a zero byte. */
static void fill_units(struct post_reader *reader, struct column_vector *list,
		       const struct buf *units,
		       void (*fill)(struct post_reader *, struct column_vector *, size_t,
				    struct str))
{
	size_t count = 0;
	for (size_t i = 0; i < units->len; i++)
		count += units->ptr[i] == '\0';
	size_t row = fill_list(reader, list, reader->row, count);
	struct str rest = str_make(units->ptr, units->len), unit;
	for (size_t i = 0; i < count && str_split(&rest, '\0', &unit); i++)
		fill(reader, &list->children[0], row + i, unit);
}

static void derive_hashtags(struct post_reader *reader)
{
	int column = reader->hashtags;
	bool folded = wants(reader, COMPUTED_HASHTAGS_FOLDED);
	if (our_member(reader, ROOT_HASHTAGS) || (!reader->wanted[column] && !folded))
		return;
	hashtags_of(reader->root[ROOT_ENTITIES], reader->root[ROOT_TEXT], &reader->hashtag_units);
	if (reader->wanted[column])
		fill_units(reader, &reader->vectors[column], &reader->hashtag_units, fill_text);
	derive(reader, "/hashtags");
}

static void compute_folded(struct post_reader *reader)
{
	if (!wants(reader, COMPUTED_HASHTAGS_FOLDED))
		return;
	struct column_vector *vector = computed(reader, COMPUTED_HASHTAGS_FOLDED);
	yyjson_val *hashtags = our_member(reader, ROOT_HASHTAGS), *item;
	size_t at, max;
	if (!hashtags) {
		fill_units(reader, vector, &reader->hashtag_units, fold_into);
		return;
	}
	if (!yyjson_is_arr(hashtags))
		return;
	size_t row = fill_list(reader, vector, reader->row, yyjson_arr_size(hashtags));
	yyjson_arr_foreach(hashtags, at, max, item) {
		if (yyjson_is_str(item))
			fold_into(reader, &vector->children[0], row + at, json_text(item));
	}
}

static void compute_clean(struct post_reader *reader, enum computed_column which, struct str text)
{
	if (!text.ptr || !wants(reader, which))
		return;
	buf_reset(&reader->text);
	post_clean(text, &reader->text);
	fill_text(reader, computed(reader, which), reader->row, buf_str(&reader->text));
}

static void compute_rest(struct post_reader *reader)
{
	fill_text(reader, computed(reader, COMPUTED_VOCABULARY), reader->row,
		  !reader->new_names ? STR("tweet") :
		  reader->old_names  ? STR("mixed") :
				       STR("post"));
	extra_finish(reader);
	if (reader->extra.len > 0)
		fill_text(reader, computed(reader, COMPUTED_EXTRA), reader->row,
			  buf_str(&reader->extra));
}

static void compute(struct post_reader *reader, const struct post_key *key, uint64_t stream_offset)
{
	derive_created_at(reader, key);
	derive_hashtags(reader);
	compute_folded(reader);
	yyjson_val *note = post_note(reader->root[ROOT_NOTE_TWEET], reader->root[ROOT_NOTE_POST]);
	compute_clean(reader, COMPUTED_TEXT_CLEAN, post_full_text(note, reader->root[ROOT_TEXT]));
	compute_clean(reader, COMPUTED_DESCRIPTION_CLEAN,
		      json_get_text(our_member(reader, ROOT_USER), "description"));
	if (wants(reader, COMPUTED_STREAM_ID))
		fill_text(reader, computed(reader, COMPUTED_STREAM_ID), reader->row,
			  str_from(reader->stream_id));
	if (wants(reader, COMPUTED_STREAM_OFFSET))
		fill_int(computed(reader, COMPUTED_STREAM_OFFSET), reader->row,
			 (int64_t)stream_offset);
	if (reader->wants_extra)
		compute_rest(reader);
}

/* --- the row -------------------------------------------------------------------------------------- */

static void begin_row(struct post_reader *reader)
{
	list_moved(reader);
	reader->line_number++;
	reader->depth = 0;
	reader->pointer_count = 0;
	reader->duplicate = reader->quiet = reader->old_names = reader->new_names = false;
	buf_reset(&reader->extra);
	buf_reset(&reader->renamed);
	buf_reset(&reader->derived);
	buf_reset(&reader->moved_names);
}

static void clear_row(struct post_reader *reader)
{
	for (size_t i = 0; i < reader->column_count; i++) {
		if (!reader->wanted[i])
			continue;
		reader->vectors[i].validity[reader->row / 64] &= ~(UINT64_C(1) << reader->row % 64);
	}
}

/* Reads the line once more without its repeated members. */
static enum err_kind without_duplicates(struct post_reader *reader, struct post_key *key,
					struct err *err)
{
	clear_row(reader);
	duplicates_remove(reader, &reader->unique);
	TRY(read_object(reader, buf_str(&reader->unique), err));
	list_members(reader);
	TRY(read_key(reader->root[ROOT_ID], reader->root[ROOT_CREATED_AT], key, err));
	begin_row(reader);
	walk_root(reader, key);
	return ERR_NONE;
}

enum err_kind post_reader_fill(struct post_reader *reader, struct str line, uint64_t stream_offset,
			       struct column_vector *columns, size_t row, struct post_key *ret_key,
			       struct err *err)
{
	struct post_key key;
	TRY(read_object(reader, line, err));
	list_members(reader);
	TRY(read_key(reader->root[ROOT_ID], reader->root[ROOT_CREATED_AT], &key, err));
	reader->vectors = columns;
	reader->row = row;
	buf_reset(&reader->duplicates);
	begin_row(reader);
	walk_root(reader, &key);
	if (reader->duplicate || extra_repeats(reader))
		TRY(without_duplicates(reader, &key, err));
	compute(reader, &key, stream_offset);
	if (ret_key)
		*ret_key = key;
	return ERR_NONE;
}
