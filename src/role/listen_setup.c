/* What a listener is told to look for.
 *
 * All keywords are one rule, named after the first; each query is one, named after itself. Names stand
 * in every line and in the journal's cursors, so long ones are cut, with a hash. */
#include "role/listen.h"

#include "base/hash.h"
#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_MAX_BYTES = 64, NAME_KEPT_BYTES = 40, QUERY_MAX = 4096, QUERY_USUAL_MAX = 512 };

/* --- rules ------------------------------------------------------------------------------------------------ */

static char *short_name(const char *text)
{
	struct str all = str_from(text);
	if (all.len <= NAME_MAX_BYTES)
		return mem_strdup(text);
	return mem_printf("%.*s~%08" PRIx32, STR_ARG(str_head(all, NAME_KEPT_BYTES)),
			  (uint32_t)hash_xxh3(all));
}

static enum err_kind add_rule(struct listen *listen, const char *name, const char *query,
			      struct err *err)
{
	struct listen_rule rule = { .name = short_name(name), .query = mem_strdup(query) };
	rule.cursor = mem_printf("search:%s", rule.name);
	rule.label = mem_strdup(rule.name);
	listen_copy_words(rule.label, strlen(rule.label) + 1, rule.name);
	for (size_t i = 0; i < listen->rule_count; i++) {
		if (strcmp(listen->rules[i].name, rule.name) == 0)
			err_set(err, ERR_REJECT, "two rules are named '%s'", rule.name);
	}
	if (!str_is_utf8(str_from(query)) || strlen(query) > QUERY_MAX)
		err_set(err, ERR_REJECT, "query '%.60s…' is longer than %d bytes, or not UTF-8",
			query, QUERY_MAX);
	else if (strlen(query) > QUERY_USUAL_MAX)
		log_event(LOG_WARN, "long_query",
			  "rule=\"%s\" bytes=%zu why=\"most accounts may send %d\"", rule.label,
			  strlen(query), QUERY_USUAL_MAX);
	listen->rules = mem_resize(listen->rules, (listen->rule_count + 1) * sizeof rule);
	listen->rules[listen->rule_count++] = rule;
	return err->kind;
}

static enum err_kind add_rules(struct listen *listen, struct err *err)
{
	char **keywords = listen->settings->keyword, **queries = listen->settings->query;
	struct buf query = { 0 };
	enum err_kind kind = ERR_NONE;
	err->kind = ERR_NONE;
	if (keywords && *keywords) {
		kind = search_query((const char *const *)keywords, &query, err);
		if (kind == ERR_NONE)
			kind = add_rule(listen, keywords[0], buf_text(&query), err);
	}
	for (; kind == ERR_NONE && queries && *queries; queries++)
		kind = add_rule(listen, *queries, *queries, err);
	buf_release(&query);
	if (kind == ERR_NONE && listen->rule_count == 0) {
		err_set(err, ERR_REJECT, "nothing to listen for");
		kind = err_hint(err, "--keyword bird, or --query 'birds lang:en'");
	}
	return kind;
}

/* --- money ------------------------------------------------------------------------------------------------------ */

static enum err_kind check_posts_max(const struct listen *listen, struct err *err)
{
	int64_t max = listen->settings->posts_max;
	if (max == 0 && !listen->x.is_loopback) {
		err_set(err, ERR_REJECT, "%s charges for every post read: --posts-max N is needed",
			listen->x.host);
		return err_hint(err, "the listener stops for good when it has read N posts; "
				     "or try it without money: aviary simulate");
	}
	if (max <= 0 || max >= SEARCH_PAGE_POSTS_MIN)
		return ERR_NONE;
	return err_set(err, ERR_REJECT,
		       "posts_max: X gives %d posts at least, so %" PRId64 " are none",
		       SEARCH_PAGE_POSTS_MIN, max);
}

enum err_kind listen_setup(struct listen *listen, struct err *err)
{
	TRY(add_rules(listen, err));
	TRY(access_read(&listen->x, listen->settings, err));
	return check_posts_max(listen, err);
}

void listen_setup_release(struct listen *listen)
{
	for (size_t i = 0; i < listen->rule_count; i++) {
		free(listen->rules[i].name);
		free(listen->rules[i].query);
		free(listen->rules[i].label);
		free(listen->rules[i].cursor);
	}
	free(listen->rules);
}
