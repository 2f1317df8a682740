#include "role/rules.h"

#include "base/hash.h"
#include "base/mem.h"
#include "query/query.h"
#include "role/keys.h"

#include <inttypes.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 64, NAME_KEPT_BYTES = 40 };

static char *short_name(const char *text)
{
	struct str all = str_from(text);
	if (all.len <= NAME_MAX_BYTES)
		return mem_strdup(text);
	return mem_printf("%.*s~%08" PRIx32, STR_ARG(str_head(all, NAME_KEPT_BYTES)),
			  (uint32_t)hash_xxh3(all));
}

/* In plain words first, then what X would say. */
enum err_kind rule_check(const struct settings *settings, struct str query, struct err *err)
{
	struct query_limits limits = { .characters_max = (size_t)settings->query_max };
	struct arena arena = { 0 };
	const struct query *parsed;
	struct err why = { 0 };
	enum err_kind kind = query_parse(query, &limits, &arena, &parsed, &why);
	arena_release(&arena);
	if (kind == ERR_NONE)
		return ERR_NONE;
	return why.hint[0] ? err_set(err, kind, "%s (X would say: %s)", why.hint, why.msg) :
			     err_set(err, kind, "%s", why.msg);
}

/* What is wrong with it, known or found here, disables it and is no error of ours. */
static enum err_kind add(struct rules *rules, const struct settings *settings, const char *name,
			 const char *origin, const char *query, const struct err *wrong,
			 struct err *err)
{
	struct err why = *wrong;
	struct rule rule = { .name = short_name(name), .query = mem_strdup(query) };
	bool good = why.kind == ERR_NONE && rule_check(settings, str_from(query), &why) == ERR_NONE;
	if (!good)
		rule.why = mem_printf("%s: rule %s: %s%s%s", origin, rule.name, why.msg,
				      why.hint[0] ? "; " : "", why.hint);
	for (size_t i = 0; i < rules->count; i++) {
		if (strcmp(rules->items[i].name, rule.name) == 0)
			err_set(err, ERR_REJECT, "two rules are named '%s'", rule.name);
	}
	rules->items = mem_resize(rules->items, (rules->count + 1) * sizeof rule);
	rules->items[rules->count++] = rule;
	return err->kind;
}

/* The first option that is set, or NULL. */
static const char *option_of(const struct rule_values *values)
{
	return values->from    ? "from" :
	       values->lang    ? "lang" :
	       values->has     ? "has" :
	       values->exclude ? "exclude" :
				 NULL;
}

static enum err_kind compose(const struct rule_values *values, struct buf *ret, struct err *err)
{
	const char *option = option_of(values);
	if (values->keywords && values->query)
		return err_set(err, ERR_REJECT, "it has keywords and a query: one of them");
	if (values->query && option)
		return err_set(err, ERR_REJECT,
			       "a query is sent as it is: what `%s` means belongs into it", option);
	if (!values->keywords && !values->query)
		return err_set(err, ERR_REJECT, "it has neither keywords nor a query");
	if (values->query) {
		buf_add_text(ret, values->query);
		return ERR_NONE;
	}
	struct query_wish wish = { .keywords = values->keywords,
				   .from = values->from,
				   .lang = values->lang,
				   .has = values->has,
				   .exclude = values->exclude };
	return query_compose(&wish, ret, err);
}

/* Where its query comes from, or, of several keys, the section. */
static const char *origin_of(const struct conf_item *item)
{
	const struct rule_values *values = item->conf.values;
	return values->query ? conf_origin(&item->conf, "query") : item->origin;
}

static enum err_kind add_sections(struct rules *rules, const struct settings *settings,
				  struct err *err)
{
	struct buf query = { 0 };
	enum err_kind kind = ERR_NONE;
	for (size_t i = 0; i < settings->rules.item_count && kind == ERR_NONE; i++) {
		const struct conf_item *item = &settings->rules.items[i];
		struct err wrong = { 0 };
		buf_reset(&query);
		if (compose(item->conf.values, &query, &wrong) != ERR_NONE)
			buf_reset(&query);
		kind = add(rules, settings, item->name, origin_of(item), buf_text(&query), &wrong,
			   err);
	}
	buf_release(&query);
	return kind;
}

static enum err_kind add_keywords(struct rules *rules, const struct settings *settings,
				  struct err *err)
{
	char **keywords = settings->keyword;
	struct query_wish wish = { .keywords = keywords };
	struct buf query = { 0 };
	struct err wrong = { 0 };
	if (!keywords || !*keywords)
		return ERR_NONE;
	if (query_compose(&wish, &query, &wrong) != ERR_NONE)
		buf_reset(&query);
	enum err_kind kind = add(rules, settings, keywords[0],
				 conf_origin(&settings->conf, "keyword"), buf_text(&query), &wrong,
				 err);
	buf_release(&query);
	return kind;
}

enum err_kind rules_read(const struct settings *settings, struct rules *ret, struct err *err)
{
	const char *origin = conf_origin(&settings->conf, "query");
	const struct err nothing_wrong = { 0 };
	err->kind = ERR_NONE;
	*ret = (struct rules){ 0 };
	enum err_kind kind = add_keywords(ret, settings, err);
	for (char **query = settings->query; kind == ERR_NONE && query && *query; query++)
		kind = add(ret, settings, *query, origin, *query, &nothing_wrong, err);
	if (kind == ERR_NONE)
		kind = add_sections(ret, settings, err);
	if (kind != ERR_NONE)
		rules_release(ret);
	return kind;
}

void rules_release(struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		free(rules->items[i].name);
		free(rules->items[i].query);
		free(rules->items[i].why);
	}
	free(rules->items);
	*rules = (struct rules){ 0 };
}

size_t rules_good(const struct rules *rules)
{
	size_t good = 0;
	for (size_t i = 0; i < rules->count; i++)
		good += !rules->items[i].why;
	return good;
}
