/* Which members are asked for: the lists of view.h as tables of names, and sets of their bits. */
#include "invent/view.h"

struct view_name {
	const char *names[2]; /* by enum invent_vocabulary */
};

#define VIEW_NAME(bit, classic, new) { { classic, new } },

static const struct view_name post_names[] = { VIEW_POST_FIELDS(VIEW_NAME) };
static const struct view_name user_names[] = { VIEW_USER_FIELDS(VIEW_NAME) };
static const struct view_name media_names[] = { VIEW_MEDIA_FIELDS(VIEW_NAME) };
static const struct view_name place_names[] = { VIEW_PLACE_FIELDS(VIEW_NAME) };
static const struct view_name poll_names[] = { VIEW_POLL_FIELDS(VIEW_NAME) };
static const struct view_name expansion_names[] = { VIEW_EXPANSIONS(VIEW_NAME) };

static const struct {
	const struct view_name *names;
	int count;
} parameters[INVENT_PARAMETERS] = {
	[INVENT_POST_FIELDS] = { post_names, POST_FIELD_COUNT },
	[INVENT_USER_FIELDS] = { user_names, USER_FIELD_COUNT },
	[INVENT_MEDIA_FIELDS] = { media_names, MEDIA_FIELD_COUNT },
	[INVENT_PLACE_FIELDS] = { place_names, PLACE_FIELD_COUNT },
	[INVENT_POLL_FIELDS] = { poll_names, POLL_FIELD_COUNT },
	[INVENT_EXPANSIONS] = { expansion_names, EXPANSION_COUNT },
};

#define BIT(position) ((uint64_t)1 << (position))

struct invent_view invent_view_default(enum invent_vocabulary vocabulary, int64_t now_us)
{
	struct invent_view view = { .vocabulary = vocabulary, .now_us = now_us };

	view.shown[INVENT_POST_FIELDS] = BIT(POST_ID) | BIT(POST_TEXT);
	if (vocabulary == INVENT_TWEET)
		view.shown[INVENT_POST_FIELDS] |= BIT(POST_EDIT_HISTORY);
	view.shown[INVENT_USER_FIELDS] = BIT(USER_ID) | BIT(USER_NAME) | BIT(USER_USERNAME);
	view.shown[INVENT_MEDIA_FIELDS] = BIT(MEDIA_KEY) | BIT(MEDIA_TYPE);
	view.shown[INVENT_PLACE_FIELDS] = BIT(PLACE_ID) | BIT(PLACE_FULL_NAME);
	view.shown[INVENT_POLL_FIELDS] = BIT(POLL_ID) | BIT(POLL_OPTIONS);
	return view;
}

struct invent_view invent_view_all(enum invent_vocabulary vocabulary, int64_t now_us)
{
	struct invent_view view = { .vocabulary = vocabulary, .now_us = now_us };

	for (int i = 0; i < INVENT_PARAMETERS; i++)
		view.shown[i] = BIT(parameters[i].count) - 1;
	return view;
}

bool invent_view_add(struct invent_view *view, enum invent_parameter parameter, struct str names,
		     struct str *ret_name)
{
	struct str name;

	while (str_split(&names, ',', &name)) {
		bool known = false;

		for (int i = 0; i < parameters[parameter].count; i++) {
			const struct view_name *field = &parameters[parameter].names[i];

			for (int vocabulary = 0; vocabulary < 2; vocabulary++) {
				if (!field->names[vocabulary] ||
				    !str_equal(name, str_from(field->names[vocabulary])))
					continue;
				known = true;
				if (vocabulary == (int)view->vocabulary)
					view->shown[parameter] |= BIT(i);
			}
		}
		if (!known) {
			*ret_name = name;
			return false;
		}
	}
	return true;
}

const char *invent_view_name(enum invent_vocabulary vocabulary, enum invent_parameter parameter,
			     int index)
{
	if (index < 0 || index >= parameters[parameter].count)
		return NULL;
	const char *name = parameters[parameter].names[index].names[vocabulary];
	return name ? name : "";
}
