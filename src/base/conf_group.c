/* Named sections of one kind. Each is a small configuration of its own, so that values, origins and messages
 * work as everywhere. */
#include "base/conf_private.h"

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>

void conf_add_group(struct conf *conf, struct conf_group *group)
{
	assert(!conf->group);
	for (size_t i = 0; i < conf->count; i++)
		assert(!conf->keys[i].section ||
		       strcmp(conf->keys[i].section, group->section) != 0);
	conf->group = group;
}

static bool is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '_' || c == '-' || c == '.'))
			return false;
	}
	return name.len > 0 && name.len <= CONF_NAME_MAX;
}

struct conf_item *conf_add_item(struct conf_group *group, struct str name, const char *origin,
				struct err *err)
{
	if (!is_name(name)) {
		err_set(err, ERR_REJECT, "%s: [%s %.*s] needs a name of letters, digits, _ - and .",
			origin, group->section, STR_ARG(conf_excerpt(name)));
		err_hint(err, "write [%s birds]", group->section);
		return NULL;
	}
	for (size_t i = 0; i < group->item_count; i++) {
		if (str_equal(name, str_from(group->items[i].name))) {
			err_set(err, ERR_REJECT, "%s: [%s %.*s] stands twice, first at %s", origin,
				group->section, STR_ARG(name), group->items[i].origin);
			return NULL;
		}
	}
	MEM_GROW(group->items, group->item_cap, group->item_count + 1);
	struct conf_item *item = &group->items[group->item_count++];
	*item = (struct conf_item){ .name = mem_printf("%.*s", STR_ARG(name)),
				    .origin = mem_strdup(origin) };
	conf_init(&item->conf, group->keys, group->key_count, mem_zalloc(1, group->item_bytes));
	return item;
}

void conf_group_release(struct conf_group *group)
{
	for (size_t i = 0; i < group->item_count; i++) {
		struct conf_item *item = &group->items[i];
		void *values = item->conf.values;
		conf_release(&item->conf);
		free(values);
		free(item->name);
		free(item->origin);
	}
	free(group->items);
	group->items = NULL;
	group->item_count = group->item_cap = 0;
}
