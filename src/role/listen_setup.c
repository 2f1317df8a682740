/* What a listener is told to look for, at its start and when it is told again.
 *
 * A rule is known by its name. Told again, one of the same query goes on as if nothing had happened, one
 * of another query begins anew (its cursor is of no use for it: find_place() in listen_poll.c), a new one
 * begins, and one that is gone is asked for no more. Its cursor stays in the journal, so that one that
 * comes back goes on where it was, as far as X goes back. */
#include "role/listen.h"

#include "base/log.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* --- rules ------------------------------------------------------------------------------------------------ */

static void rule_release(struct listen_rule *rule)
{
	free(rule->name);
	free(rule->query);
	free(rule->label);
	free(rule->cursor);
}

static struct listen_rule new_rule(const struct rule *wanted)
{
	struct listen_rule rule = { .name = mem_strdup(wanted->name),
				    .query = mem_strdup(wanted->query) };
	rule.cursor = mem_printf("search:%s", rule.name);
	rule.label = mem_strdup(rule.name);
	listen_copy_words(rule.label, strlen(rule.label) + 1, rule.name);
	return rule;
}

static struct listen_rule *find_rule(const struct listen *listen, const char *name)
{
	for (size_t i = 0; i < listen->rule_count; i++) {
		if (listen->rules[i].name && strcmp(listen->rules[i].name, name) == 0)
			return &listen->rules[i];
	}
	return NULL;
}

/* Takes over what is known of it. */
static struct listen_rule take_rule(struct listen *listen, const struct rule *wanted)
{
	struct listen_rule *old = find_rule(listen, wanted->name), rule;
	if (!old) {
		log_event(LOG_INFO, "rule_begins", "rule=\"%s\"", wanted->name);
		return new_rule(wanted);
	}
	rule = *old;
	*old = (struct listen_rule){ 0 };
	if (strcmp(rule.query, wanted->query) == 0)
		return rule;
	free(rule.query);
	rule.query = mem_strdup(wanted->query);
	rule.not_before_us = 0;
	rule.troubles = 0;
	return rule;
}

static void tell_disabled(const struct rules *rules)
{
	char words[1400];
	for (size_t i = 0; i < rules->count; i++) {
		if (!rules->items[i].why)
			continue;
		listen_copy_words(words, sizeof words, rules->items[i].why);
		log_event(LOG_ERROR, "rule_disabled", "why=\"%s\"", words);
	}
}

/* The wanted ones take the place of those there are. */
static void replace_rules(struct listen *listen, struct rules *wanted)
{
	struct listen_rule *rules = mem_zalloc(wanted->count + 1, sizeof *rules);
	size_t count = 0;
	for (size_t i = 0; i < wanted->count; i++) {
		if (!wanted->items[i].why)
			rules[count++] = take_rule(listen, &wanted->items[i]);
	}
	for (size_t i = 0; i < listen->rule_count; i++) {
		struct listen_rule *gone = &listen->rules[i];
		if (!gone->name)
			continue;
		log_event(LOG_INFO, "rule_ends", "rule=\"%s\"", gone->label);
		if (listen->last.rule == gone->name)
			listen->last.rule = NULL;
		rule_release(gone);
	}
	free(listen->rules);
	listen->rules = rules;
	listen->rule_count = count;
	rules_release(&listen->wanted);
	listen->wanted = *wanted;
	tell_disabled(&listen->wanted);
}

static enum err_kind read_rules(struct listen *listen, struct err *err)
{
	struct rules wanted;
	TRY(rules_read(listen->settings, &wanted, err));
	if (wanted.count == 0) {
		err_set(err, ERR_REJECT, "nothing to listen for");
		return err_hint(err, "--keyword bird, or --query 'birds lang:en', or a [rule NAME] "
				     "in the configuration");
	}
	if (rules_good(&wanted) == 0) {
		err_set(err, ERR_REJECT, "%s", wanted.items[0].why);
		rules_release(&wanted);
		return err->kind;
	}
	replace_rules(listen, &wanted);
	return ERR_NONE;
}

void listen_reload(struct listen *listen)
{
	struct settings fresh;
	struct rules wanted;
	struct err err = { 0 };
	enum err_kind kind = settings_reread(&command_listen, listen->settings, &fresh, &err);
	if (kind == ERR_NONE) {
		kind = rules_read(&fresh, &wanted, &err);
		settings_release(&fresh);
	}
	if (kind != ERR_NONE) {
		char words[sizeof err.msg];
		listen_copy_words(words, sizeof words, err.msg);
		log_event(LOG_ERROR, "not_reloaded", "why=\"%s\"", words);
		return;
	}
	replace_rules(listen, &wanted);
	log_event(LOG_INFO, "reloaded", "rules=%zu disabled=%zu", listen->rule_count,
		  listen->wanted.count - listen->rule_count);
	listen_tell(listen);
}

/* --- money ------------------------------------------------------------------------------------------------------ */

static enum err_kind check_budget(const struct listen *listen, struct err *err)
{
	const struct settings *settings = listen->settings;
	int64_t budget = settings->budget_usd_month;
	int64_t least =
		SEARCH_PAGE_POSTS_MIN * (settings->price_post_usd + settings->price_user_usd);
	if (budget == 0 && !listen->x.is_loopback) {
		err_set(err, ERR_REJECT, "%s charges for every post: budget_usd_month is needed",
			listen->x.host);
		return err_hint(err, "--budget-usd-month 10 is kept to, day by day; or try it "
				     "without money: aviary simulate");
	}
	if (budget > 0 && budget < least) {
		struct buf words = { 0 };
		spend_add_usd(&words, least);
		err_set(err, ERR_REJECT,
			"budget_usd_month: %d posts, which X gives at least, may cost $%s",
			SEARCH_PAGE_POSTS_MIN, buf_text(&words));
		buf_release(&words);
		return err->kind;
	}
	return ERR_NONE;
}

enum err_kind listen_setup(struct listen *listen, struct err *err)
{
	TRY(read_rules(listen, err));
	TRY(search_expansions_read(listen->settings->expansions, &listen->wants.expansions, err));
	enum err_kind kind = access_read(&listen->x, listen->settings, err);
	bool is_found = listen->x.base && (kind == ERR_NONE || !listen->x.authorization);
	if (!is_found)
		return kind;
	struct err money;
	if (check_budget(listen, &money) == ERR_NONE)
		return kind;
	*err = money;
	return money.kind;
}

void listen_setup_release(struct listen *listen)
{
	for (size_t i = 0; i < listen->rule_count; i++)
		rule_release(&listen->rules[i]);
	free(listen->rules);
	rules_release(&listen->wanted);
}
