/* Reads columns.def once into a table of columns and a tree of member names.
 *
 *     /public_metrics/retweet_count|repost_count
 *
 *     root ── public_metrics ─┬─ retweet_count   column 12
 *                             └─ repost_count    column 12, renamed
 *
 * A line's members are looked up while its object is walked, so the cost of a line depends on what it
 * has, not on how many columns there are. */
#include "post/columns.h"

#include "base/mem.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct definition {
	const char *name, *type, *path;
	enum computed_column computed;
};

static const struct definition definitions[] = {
#define COLUMN(name, type, path) { #name, type, path, COMPUTED_NONE },
#define COMPUTED(name, type, what) { #name, type, NULL, COMPUTED_##what },
#include "post/columns.def"
#undef COLUMN
#undef COMPUTED
};
enum { COUNT = sizeof definitions / sizeof *definitions };

static struct post_column columns[COUNT];
static struct column_tree tree;

/* --- types ---------------------------------------------------------------------------------------- */

static void skip_blanks(const char **at)
{
	while (**at == ' ' || **at == ',')
		++*at;
}

/* A word of the type language, copied. */
static char *take_word(const char **at)
{
	size_t len = strspn(*at, "abcdefghijklmnopqrstuvwxyz_");
	assert(len > 0);
	char *word = mem_printf("%.*s", (int)len, *at);
	*at += len;
	return word;
}

static enum column_kind scalar_kind(const char *word)
{
	static const char *const words[] = { "text", "bool", "int", "double", "time", "json" };
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i], word) == 0)
			return (enum column_kind)i;
	}
	assert(!"a type in columns.def that is none");
	return COLUMN_TEXT;
}

static struct column_type take_type(const char **at);

static void take_members(const char **at, struct column_type *ret)
{
	size_t cap = 0;
	for (skip_blanks(at); **at != '}'; skip_blanks(at)) {
		char *name = take_word(at);
		skip_blanks(at);
		MEM_GROW(ret->children, cap, ret->child_count + 1);
		ret->children[ret->child_count] = take_type(at);
		ret->children[ret->child_count++].name = str_from(name);
	}
	++*at;
}

static struct column_type take_type(const char **at)
{
	struct column_type type = { .kind = COLUMN_STRUCT };
	if (**at == '{') {
		++*at;
		take_members(at, &type);
	} else {
		char *word = take_word(at);
		type.kind = scalar_kind(word);
		free(word);
	}
	while (strncmp(*at, "[]", 2) == 0) {
		*at += 2;
		struct column_type *item = mem_alloc(sizeof *item);
		*item = type;
		type = (struct column_type){ .kind = COLUMN_LIST,
					     .children = item,
					     .child_count = 1 };
	}
	return type;
}

/* --- the tree of names ---------------------------------------------------------------------------- */

static unsigned name_hash(struct str name)
{
	unsigned hash = (unsigned)name.len;
	if (name.len > 0) {
		hash = hash * 33 + (unsigned char)name.ptr[0];
		hash = hash * 33 + (unsigned char)name.ptr[name.len / 2];
		hash = hash * 33 + (unsigned char)name.ptr[name.len - 1];
	}
	return hash;
}

const struct column_node *column_node_find(const struct column_node *node, struct str name)
{
	if (!node->slots)
		return NULL;
	for (unsigned at = name_hash(name);; at++) {
		const struct column_node *child = node->slots[at & (node->slot_count - 1)];
		if (!child || str_equal_short(child->name, name))
			return child;
	}
}

static void insert(struct column_node *node, struct column_node *child)
{
	unsigned at = name_hash(child->name);
	while (node->slots[at & (node->slot_count - 1)])
		at++;
	node->slots[at & (node->slot_count - 1)] = child;
	node->child_count++;
}

static void grow_slots(struct column_node *node)
{
	struct column_node **old = node->slots;
	unsigned old_count = node->slot_count;
	node->slot_count = old_count ? old_count * 2 : 8;
	node->slots = mem_zalloc(node->slot_count, sizeof(struct column_node *));
	node->child_count = 0;
	for (unsigned i = 0; i < old_count; i++) {
		if (old[i])
			insert(node, old[i]);
	}
	free(old);
}

static struct column_node *child_named(struct column_node *node, struct str name)
{
	struct column_node *child = (struct column_node *)column_node_find(node, name);
	if (child)
		return child;
	if ((node->child_count + 1) * 2 > node->slot_count)
		grow_slots(node);
	child = mem_zalloc(1, sizeof *child);
	*child = (struct column_node){
		.name = name, .column = -1, .root = ROOT_NONE, .index = tree.node_count++
	};
	insert(node, child);
	return child;
}

/* Adds every spelling of a path below `node`. */
static void add_path(struct column_node *node, struct str rest, int column, bool aliased,
		     bool renamed)
{
	struct str segment, name;
	if (!str_split(&rest, '/', &segment)) {
		node->column = column;
		node->aliased = aliased;
		node->renamed = renamed;
		return;
	}
	bool first = true, several = memchr(segment.ptr, '|', segment.len) != NULL;
	while (str_split(&segment, '|', &name)) {
		add_path(child_named(node, name), rest, column, aliased || several,
			 renamed || !first);
		first = false;
	}
}

static void name_root_members(void)
{
	static const char *const names[ROOT_COUNT] = { "id",
						       "created_at",
						       "text",
						       "note_tweet",
						       "note_post",
						       "entities",
						       "referenced_tweets",
						       "referenced_posts",
						       "_aviary",
						       "batch_id",
						       "hashtags",
						       "user",
						       "place",
						       "media",
						       "media_all",
						       "polls",
						       "referenced",
						       "users_all",
						       "rules",
						       "page",
						       "fetched_at",
						       "fetched_via" };
	for (int i = 0; i < ROOT_COUNT; i++)
		child_named(tree.root, str_from(names[i]))->root = (enum root_member)i;
}

static void build(void)
{
	tree.root = mem_zalloc(1, sizeof *tree.root);
	*tree.root =
		(struct column_node){ .column = -1, .root = ROOT_NONE, .index = tree.node_count++ };
	for (int i = 0; i < COUNT; i++) {
		const struct definition *definition = &definitions[i];
		const char *at = definition->type;
		columns[i] = (struct post_column){ .name = definition->name,
						   .path = definition->path,
						   .type = take_type(&at) };
		assert(*at == '\0');
		if (definition->path)
			add_path(tree.root, str_from(definition->path + 1), i, false, false);
		else
			tree.computed[definition->computed] = i;
	}
	child_named(tree.root, STR("referenced"))->column =
		tree.computed[COMPUTED_REFERENCED_POSTS];
	child_named(tree.root, STR("users_all"))->column = tree.computed[COMPUTED_USERS_ALL];
	name_root_members();
}

static pthread_once_t built = PTHREAD_ONCE_INIT;

const struct column_tree *column_tree(void)
{
	pthread_once(&built, build);
	return &tree;
}

const struct post_column *post_columns(size_t *ret_count)
{
	pthread_once(&built, build);
	*ret_count = COUNT;
	return columns;
}

int column_named(const char *name)
{
	pthread_once(&built, build);
	for (int i = 0; i < COUNT; i++) {
		if (strcmp(columns[i].name, name) == 0)
			return i;
	}
	assert(!"a column that columns.def does not have");
	return -1;
}

void post_column_sql_type(const struct column_type *type, struct buf *ret)
{
	static const char *const names[] = { "VARCHAR", "BOOLEAN",     "BIGINT",
					     "DOUBLE",  "TIMESTAMPTZ", "VARCHAR" };
	switch (type->kind) {
	case COLUMN_LIST:
		post_column_sql_type(&type->children[0], ret);
		buf_add_text(ret, "[]");
		return;
	case COLUMN_STRUCT:
		for (size_t i = 0; i < type->child_count; i++) {
			buf_add_text(ret, i == 0 ? "STRUCT(" : ", ");
			buf_add_sql_name(ret, type->children[i].name);
			buf_add_byte(ret, ' ');
			post_column_sql_type(&type->children[i], ret);
		}
		buf_add_byte(ret, ')');
		return;
	default:
		buf_add_text(ret, names[type->kind]);
	}
}
