/* Which roles, in which order, with which flags. What was given to run as a flag is given on to the roles
 * that take it; what stands in the configuration file they read themselves. What run knows better (who
 * asks whom, on which port) comes behind, since the later flag wins. */
#include "role/run.h"

#include "base/mem.h"
#include "base/net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const commands[RUN_PARTS] = {
	[RUN_SIMULATE] = &command_simulate, [RUN_LISTEN] = &command_listen,
	[RUN_COLLECT] = &command_collect,   [RUN_REFINE] = &command_refine,
	[RUN_SERVE] = &command_serve,
};

/* The source ends first, so that those behind it have an end to come to; the page lasts longest. */
static const int drain_steps[RUN_PARTS] = {
	[RUN_LISTEN] = 0, [RUN_SIMULATE] = 1, [RUN_COLLECT] = 2, [RUN_REFINE] = 3, [RUN_SERVE] = 4
};

static void add_word(struct run_words *words, char *word)
{
	MEM_GROW(words->at, words->cap, words->count + 2);
	words->at[words->count++] = word;
	words->at[words->count] = NULL;
}

static void release_words(struct run_words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free(words->at[i]);
	free(words->at);
	*words = (struct run_words){ 0 };
}

void run_plan_release(struct run_plan *plan)
{
	for (size_t part = 0; part < RUN_PARTS; part++) {
		release_words(&plan->arguments[part]);
		release_words(&plan->last[part]);
		free(plan->addresses[part]);
	}
	*plan = (struct run_plan){ 0 };
}

/* --- what is started ------------------------------------------------------------------------------ */

static bool has_items(char **list)
{
	return list && list[0];
}

/* A wire that is not ours to serve: named by a flag, or not where we would serve one. */
static bool has_foreign_wire(const struct settings *settings)
{
	char host[NET_HOST_MAX];
	int port;
	struct err ignored;
	if (strncmp(conf_origin(&settings->conf, "from"), "--", 2) == 0)
		return true;
	return net_parse_address(settings->from, host, &port, &ignored) == ERR_NONE &&
	       (port != settings->port || strcmp(host, settings->host) != 0);
}

static bool has_rules(const struct settings *settings)
{
	return has_items(settings->keyword) || has_items(settings->query) ||
	       settings->rules.item_count > 0;
}

static bool is_listening(const struct settings *settings)
{
	return settings->simulate || has_rules(settings);
}

static bool is_wanted(const struct settings *settings, enum run_part part)
{
	switch (part) {
	case RUN_SIMULATE:
		return settings->simulate;
	case RUN_LISTEN:
		return is_listening(settings);
	case RUN_REFINE:
		return settings->refine;
	default:
		return true;
	}
}

/* --- with which flags ----------------------------------------------------------------------------- */

static const struct command *taker; /* for takes_flag(), which has no context */

static bool takes_flag(const char *name)
{
	return command_takes(taker, name);
}

static void start_words(const struct settings *settings, enum run_part part, struct run_words *ret)
{
	struct name_list flags = { 0 };
	add_word(ret, mem_strdup("aviary"));
	add_word(ret, mem_strdup(commands[part]->name));
	taker = commands[part];
	conf_add_flags(&settings->conf, takes_flag, &flags);
	for (size_t i = 0; i < flags.count; i++)
		add_word(ret, flags.names[i]); /* theirs now */
	free(flags.names);
}

/* What it has left undone when it was asked to end: lines that were journalled and had not come yet, hours
 * that were touched since. */
static bool has_last_work(const struct settings *settings, enum run_part part)
{
	return part == RUN_REFINE || (part == RUN_COLLECT && is_listening(settings));
}

/* Nothing secret: the simulated X takes any token. */
static char simulated_token[] = "AVIARY_TOKEN=simulated";
static char *simulated_variables[] = { simulated_token, NULL };

/* As near to "any post" as X's query language comes: a link (X makes all of them t.co's), or one of the
 * words that most posts have. */
static const char any_post[] =
	"--query=url:t OR the OR a OR of OR our OR is OR de OR la OR el OR las OR le OR les OR un "
	"OR der OR die OR das OR ein OR o OR os OR um OR na OR i OR w OR bir OR ve";

static void add_role(struct run_plan *plan, enum run_part part)
{
	const struct settings *settings = plan->settings;
	struct role_plan *role = &plan->roles[plan->count];
	plan->parts[plan->count++] = part;
	start_words(settings, part, &plan->arguments[part]);
	*role = (struct role_plan){ .name = commands[part]->name,
				    .drain_step = drain_steps[part],
				    .may_finish = part == RUN_LISTEN };
	if (has_last_work(settings, part)) {
		start_words(settings, part, &plan->last[part]);
		add_word(&plan->last[part], mem_strdup("--once"));
	}
	if (part == RUN_LISTEN && settings->simulate) {
		role->variables = simulated_variables;
		if (!has_rules(settings))
			add_word(&plan->arguments[part], mem_strdup(any_post));
	}
	role->arguments = plan->arguments[part].at;
	role->last = plan->last[part].at;
}

enum err_kind run_plan_make(const struct settings *settings, struct run_plan *ret, struct err *err)
{
	char host[NET_HOST_MAX];
	int port;
	*ret = (struct run_plan){ .settings = settings };
	if (!is_listening(settings) && !has_foreign_wire(settings)) {
		err_set(err, ERR_REJECT, "there is nothing to follow");
		return err_hint(err,
				"aviary run --keyword K --token-file FILE, or a [rule NAME] in a "
				"configuration; to try it: "
				"aviary run --simulate");
	}
	TRY(net_parse_address(settings->from, host, &port, err));
	for (enum run_part part = 0; part < RUN_PARTS; part++) {
		if (commands[part] && is_wanted(settings, part))
			add_role(ret, part);
	}
	return ERR_NONE;
}

/* --- who is where --------------------------------------------------------------------------------- */

/* For the next start of the part; a port of 0 would be another one then. */
static void add_flag(struct run_plan *plan, enum run_part part, char *flag)
{
	add_word(&plan->arguments[part], flag);
	if (plan->last[part].count > 0)
		add_word(&plan->last[part], mem_strdup(flag));
	for (size_t i = 0; i < plan->count; i++) {
		if (plan->parts[i] == part) {
			plan->roles[i].arguments = plan->arguments[part].at;
			plan->roles[i].last = plan->last[part].at;
		}
	}
}

/* "127.0.0.1:7777", "[::1]:7777" */
static char *address_text(const char *host, int port)
{
	return mem_printf(strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
}

static char *page_host(const struct settings *settings, char ret_host[NET_HOST_MAX])
{
	int port;
	struct err ignored;
	if (net_parse_address(settings->http, ret_host, &port, &ignored) != ERR_NONE)
		snprintf(ret_host, NET_HOST_MAX, "127.0.0.1");
	return ret_host;
}

void run_plan_ready(struct run_plan *plan, size_t role, int port)
{
	enum run_part part = plan->parts[role];
	char host[NET_HOST_MAX], *wire;
	if (port == 0 || plan->addresses[part])
		return;
	switch (part) {
	case RUN_SIMULATE:
		plan->addresses[part] = mem_printf("http://127.0.0.1:%d", port);
		add_flag(plan, part, mem_printf("--simulate-port=%d", port));
		add_flag(plan, RUN_LISTEN, mem_printf("--base-url=%s", plan->addresses[part]));
		break;
	case RUN_LISTEN:
		wire = address_text(plan->settings->host, port);
		add_flag(plan, part, mem_printf("--port=%d", port));
		add_flag(plan, RUN_COLLECT, mem_printf("--from=%s", wire));
		plan->addresses[part] = wire;
		break;
	case RUN_SERVE:
		wire = address_text(page_host(plan->settings, host), port);
		plan->addresses[part] = mem_printf("http://%s", wire);
		add_flag(plan, part, mem_printf("--http=%s", wire));
		free(wire);
		break;
	default:
		break;
	}
}
