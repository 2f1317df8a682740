/* Tells a search page from whatever else people keep in files beside their pages, by its shape
 * alone. A page is the one thing worth recognising with certainty; for the others the words only
 * have to help a person to see what the file is. */
#include "source/source.h"

static bool has_text_member(yyjson_val *object, const char *name)
{
	return yyjson_is_str(json_get(object, name));
}

static bool has(yyjson_val *object, const char *name)
{
	return json_get(object, name) != NULL;
}

static bool is_post(yyjson_val *val)
{
	return has_text_member(val, "id") && has_text_member(val, "text");
}

static bool is_user(yyjson_val *val)
{
	return has_text_member(val, "id") && has_text_member(val, "username");
}

static bool is_count(yyjson_val *val)
{
	return has(val, "start") && has(val, "end") &&
	       (has(val, "tweet_count") || has(val, "post_count"));
}

static bool is_v1_post(yyjson_val *val)
{
	return has(val, "id_str") || has(val, "full_text") ||
	       (yyjson_is_raw(json_get(val, "id")) && has(val, "text"));
}

static bool is_page(yyjson_val *val)
{
	return has(val, "data") && (has(val, "meta") || has(val, "includes"));
}

static bool is_space(yyjson_val *val)
{
	return has_text_member(val, "id") && has_text_member(val, "state");
}

static bool is_x_list(yyjson_val *val)
{
	return has_text_member(val, "id") && has_text_member(val, "name");
}

/* The first shape that all items have. */
static const char *list_words(yyjson_val *list, bool in_answer)
{
	static const struct {
		bool (*is)(yyjson_val *);
		const char *in_answer, *bare;
	} shapes[] = {
		{ is_v1_post, "a list of v1.1 tweets", "a list of v1.1 tweets" },
		{ is_post, "a list of posts", "a list of posts without their page" },
		{ is_user, "a list of users", "a list of users without their answer" },
		{ is_count, "posts counts", "a list of counts" },
		{ is_space, "a list of spaces", "a list of spaces" },
		{ is_x_list, "a list of lists", "a list of named things" },
		{ is_page, "a list of answers", "a list of answers (one document a line is read)" },
	};
	size_t at, max;
	yyjson_val *item;
	if (yyjson_arr_size(list) == 0)
		return "an empty list";
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
		bool all = true;
		yyjson_arr_foreach(list, at, max, item) {
			all = shapes[i].is(item);
			if (!all)
				break;
		}
		if (all)
			return in_answer ? shapes[i].in_answer : shapes[i].bare;
	}
	return in_answer ? "an answer whose items are not all posts (id and text, both strings)" :
			   "a list of various things";
}

static const char *lookup_words(yyjson_val *root, yyjson_val *data)
{
	if (has(root, "matching_rules"))
		return "a stream line (data is one post)";
	if (is_post(data))
		return "a single post lookup";
	if (is_user(data))
		return "a single user lookup";
	return "an answer about one thing";
}

static const char *other_words(yyjson_val *root)
{
	yyjson_val *meta = json_get(root, "meta");
	if (has(root, "errors") || (has(root, "title") && has(root, "status")))
		return "an error answer";
	if (has_text_member(root, "id") && has(root, "batch_id"))
		return "a wire line";
	if (yyjson_is_arr(json_get(root, "statuses")))
		return "a v1.1 search answer";
	if (is_v1_post(root))
		return "a v1.1 tweet";
	if (is_post(root))
		return has(root, "author") || has(root, "__twarc") ? "a flattened post" :
								     "a post without its page";
	if (is_user(root))
		return "a user without an answer";
	if (has(meta, "result_count"))
		return "an answer whose posts are missing";
	if (meta)
		return "an empty answer without result_count";
	if (has(root, "includes") || has(root, "users"))
		return "includes without their posts";
	return yyjson_obj_size(root) == 0 ? "an empty object" : "an object of another kind";
}

static size_t count_members(yyjson_val *object, const char *name)
{
	size_t at, max, count = 0;
	yyjson_val *key, *val;
	yyjson_obj_foreach(object, at, max, key, val)
		count += yyjson_equals_str(key, name);
	return count;
}

static bool is_page_of_posts(yyjson_val *data)
{
	size_t at, max;
	yyjson_val *item;
	yyjson_arr_foreach(data, at, max, item) {
		if (!is_post(item))
			return false;
	}
	return yyjson_arr_size(data) > 0;
}

enum document_kind page_classify(const struct json_doc *doc, const char **ret_what)
{
	yyjson_val *root = doc->root;
	yyjson_val *data = json_get(root, "data");
	int64_t result_count;
	bool is_empty = json_get_i64(json_get(root, "meta"), "result_count", &result_count) &&
			result_count == 0;
	bool has_no_posts = !data || (yyjson_is_arr(data) && yyjson_arr_size(data) == 0);
	if (yyjson_is_arr(root))
		*ret_what = list_words(root, false);
	else if (!yyjson_is_obj(root))
		*ret_what = "not an object";
	else if (is_page_of_posts(data))
		return DOCUMENT_PAGE;
	else if (has_no_posts && count_members(root, "data") > 1)
		*ret_what = "an answer whose data is repeated and in the end empty";
	else if (has_no_posts && is_empty)
		return DOCUMENT_EMPTY_PAGE;
	else if (data && has_no_posts)
		*ret_what = "an empty answer without result_count";
	else if (!data)
		*ret_what = other_words(root);
	else if (yyjson_is_obj(data))
		*ret_what = lookup_words(root, data);
	else if (yyjson_is_arr(data))
		*ret_what = list_words(data, true);
	else
		*ret_what = "an answer whose data is neither a list nor an object";
	return DOCUMENT_OTHER;
}
