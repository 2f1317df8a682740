/* Which columns a reader fills. A member of the line is walked into only where a wanted column stands at
 * or below it; the rest is stepped over, repeated or not: it decides nothing that is wanted. */
#include "post/reader.h"

/* Returns whether a wanted column is at or below the node. */
static bool mark(struct post_reader *reader, const struct column_node *node)
{
	bool wanted = node->column >= 0 && reader->wanted[node->column];
	for (unsigned i = 0; i < node->slot_count; i++) {
		if (node->slots[i])
			wanted |= mark(reader, node->slots[i]);
	}
	wanted |= reader->wants_extra;
	reader->node_wanted[node->index] = wanted;
	return wanted;
}

/* Source text is without repeated members where the line has any at all; so is what included.c keeps. */
static bool holds_source(const struct column_type *type)
{
	bool holds = type->kind == COLUMN_JSON;
	for (size_t i = 0; i < type->child_count; i++)
		holds |= holds_source(&type->children[i]);
	return holds;
}

void post_reader_want(struct post_reader *reader, bool *wanted)
{
	const int *computed = reader->tree->computed;
	reader->wants_extra =
		wanted[computed[COMPUTED_EXTRA]] || wanted[computed[COMPUTED_VOCABULARY]] ||
		wanted[computed[COMPUTED_REFERENCED_POSTS]] || wanted[computed[COMPUTED_USERS_ALL]];
	for (size_t i = 0; i < reader->column_count; i++)
		reader->wants_extra |= wanted[i] && holds_source(&reader->columns[i].type);
	for (size_t i = 0; i < reader->column_count; i++) {
		wanted[i] |= reader->wants_extra;
		reader->wanted[i] = wanted[i];
	}
	mark(reader, reader->tree->root);
}
