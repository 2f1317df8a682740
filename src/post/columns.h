/* Inside post/: the columns as the row writer wants them. */
#pragma once
#include "post/post.h"

enum computed_column {
	COMPUTED_NONE,
	COMPUTED_STREAM_ID,
	COMPUTED_STREAM_OFFSET,
	COMPUTED_TEXT_CLEAN,
	COMPUTED_DESCRIPTION_CLEAN,
	COMPUTED_HASHTAGS_FOLDED,
	COMPUTED_REFERENCED_POSTS,
	COMPUTED_USERS_ALL,
	COMPUTED_VOCABULARY,
	COMPUTED_EXTRA,
	COMPUTED_COUNT,
};

/* Members of a line's root that the row writer asks for by name. */
enum root_member {
	ROOT_ID,
	ROOT_CREATED_AT,
	ROOT_TEXT,
	ROOT_NOTE_TWEET,
	ROOT_NOTE_POST,
	ROOT_ENTITIES,
	ROOT_REFERENCED_TWEETS,
	ROOT_REFERENCED_POSTS,
	ROOT_AVIARY,
	/* ours, from here on: these may stand under _aviary instead */
	ROOT_BATCH_ID,
	ROOT_HASHTAGS,
	ROOT_USER,
	ROOT_PLACE,
	ROOT_MEDIA,
	ROOT_MEDIA_ALL,
	ROOT_POLLS,
	ROOT_REFERENCED,
	ROOT_USERS_ALL,
	ROOT_RULES,
	ROOT_PAGE,
	ROOT_FETCHED_AT,
	ROOT_FETCHED_VIA,
	ROOT_COUNT,
	ROOT_NONE = ROOT_COUNT,
};

/* A member name below its parent. */
struct column_node {
	struct str name;
	unsigned index;        /* 0 … node_count - 1, for what a reader keeps for each node */
	int column;            /* that the member fills; -1: an object whose members do */
	enum root_member root; /* ROOT_NONE where it is not asked for by name */
	bool aliased;          /* the member has two spellings */
	bool renamed;          /* and this is the newer one */
	struct column_node **slots; /* open addressing by name; a power of two, or none */
	unsigned slot_count, child_count;
};

struct column_tree {
	struct column_node *root;
	unsigned node_count;
	int computed[COMPUTED_COUNT]; /* column numbers */
};
const struct column_tree *column_tree(void);
/* NULL when no column has to do with the name. */
const struct column_node *column_node_find(const struct column_node *node, struct str name);
/* The number of a column that is known to exist. */
int column_named(const char *name);
