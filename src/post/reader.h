/* Inside post/: what one reader keeps while it turns a line into a row. */
#pragma once
#include "post/columns.h"
#include "post/key.h"

#include <assert.h>

enum { PATH_MAX_DEPTH = JSON_DEPTH_MAX + 8 };

/* One step from the line's root to a value: a member's name or an item's index. */
struct path_step {
	yyjson_val *key; /* NULL: it is `index` */
	size_t index;
};

/* A member of the line's root, and what the columns know of its name (NULL: nothing). */
struct root_entry {
	const struct column_node *node;
	yyjson_val *key, *val;
};

/* Objects of a long list by the id they have, so that looking many up is not quadratic. */
struct id_index {
	uint64_t line_number; /* the line it is of */
	yyjson_val **slots;   /* a power of two, half of them free */
	size_t cap;
};

struct post_reader {
	char stream_id[40];
	const struct column_lender *lender;
	const struct column_tree *tree;
	const struct post_column *columns;
	size_t column_count;
	int created_at, hashtags; /* column numbers */
	bool *wanted;             /* per column */
	bool *node_wanted;        /* per node of the tree: a column at or below it is */
	bool wants_extra;         /* all are, and what they do not give back is kept */

	struct json_doc doc;
	struct root_entry *entries; /* the root's members, in order */
	size_t entry_count, entry_cap;
	yyjson_val *root[ROOT_COUNT];  /* members by name; NULL: absent */
	yyjson_val *moved[ROOT_COUNT]; /* those of ours that stand under _aviary */
	bool has_moved;                /* _aviary is an object with members */
	struct column_vector *vectors;
	size_t row;

	struct path_step path[PATH_MAX_DEPTH];
	size_t depth;

	uint64_t
		line_number; /* grows by one a line; what is stamped with it was seen in this line */
	uint64_t *node_seen;     /* per node of the tree */
	uint64_t *column_filled; /* per column: by one of its spellings */
	bool duplicate;          /* a member came twice */
	bool quiet;              /* nothing is added to extra: another column gives it back */
	bool old_names, new_names;

	struct buf extra;   /* what no column gives back, so far */
	uint64_t *pointers; /* hashes of the pointers in it */
	size_t pointer_count, pointer_cap;
	struct buf renamed, derived, moved_names, duplicates; /* lists that go into it */
	struct buf text, json;                                /* scratch */
	struct buf hashtag_units; /* hashtags made from the post, each with a zero byte */
	struct buf unique;        /* the line without repeated members */
	struct id_index users, references;
};

/* path.c */
static inline void path_push(struct post_reader *reader, struct path_step step)
{
	assert(reader->depth < PATH_MAX_DEPTH);
	reader->path[reader->depth++] = step;
}

static inline void path_push_key(struct post_reader *reader, yyjson_val *key)
{
	path_push(reader, (struct path_step){ .key = key });
}

static inline void path_push_index(struct post_reader *reader, size_t index)
{
	path_push(reader, (struct path_step){ .index = index });
}

static inline void path_pop(struct post_reader *reader)
{
	assert(reader->depth > 0);
	reader->depth--;
}

/* Adds the JSON Pointer of the current path, as a JSON string. */
void path_add(const struct post_reader *reader, struct buf *ret);
/* Adds the value at the current path to `extra`, as the source spells it. */
void extra_add(struct post_reader *reader, yyjson_val *val);
/* Whether a pointer was added twice: a member that no column has is repeated. */
bool extra_repeats(struct post_reader *reader);
/* Adds an item to one of the lists above: `item` is JSON. */
void extra_list_add(struct buf *list, struct str item);
/* Puts the lists into `extra` and ends it. Empty: nothing is there to add. */
void extra_finish(struct post_reader *reader);

/* fill.c */
/* Writes the value into the vector's row; what the vector cannot give back goes to extra. */
void fill_value(struct post_reader *reader, struct column_vector *vector, size_t row,
		yyjson_val *val);
void fill_text(struct post_reader *reader, struct column_vector *vector, size_t row,
	       struct str text);
void fill_int(struct column_vector *vector, size_t row, int64_t value);
/* Makes room for `count` items in a list and writes its entry; returns the first item's row. */
size_t fill_list(struct post_reader *reader, struct column_vector *list, size_t row, size_t count);
void fill_valid(struct column_vector *vector, size_t row);

/* included.c */
/* Of the two spellings' long posts (either may be NULL) the one whose text fills its column. */
yyjson_val *post_note(yyjson_val *note_tweet, yyjson_val *note_post);
/* The long text where there is one, else `text`; STR_NONE without either. `note` may be NULL. */
struct str post_full_text(yyjson_val *note, yyjson_val *text);
void fill_referenced(struct post_reader *reader, struct column_vector *vector, yyjson_val *val);
void fill_users_all(struct post_reader *reader, struct column_vector *vector, yyjson_val *val);
/* A member of ours, from where it stands. */
yyjson_val *our_member(const struct post_reader *reader, enum root_member which);

/* duplicates.c */
/* Writes the document without members that a later one of the same name replaces; those are noted. */
void duplicates_remove(struct post_reader *reader, struct buf *ret);
