#include "role/ask.h"
#include "role/check_online.h"
#include "role/role.h"
#include "role/rules.h"
#include "source/source.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *yes_no(bool has)
{
	return has ? "yes" : "NO";
}

/* The path, or what of it there is: looking must not make directories. */
static char *nearest_existing(const char *path)
{
	char *found = mem_strdup(path);
	while (!file_exists(found)) {
		char *slash = strrchr(found, '/');
		if (slash && slash != found) {
			*slash = '\0';
			continue;
		}
		free(found);
		return mem_strdup(slash ? "/" : ".");
	}
	return found;
}

static enum err_kind print_disk(const char *parent, struct store *store, bool *ret_all,
				struct err *err)
{
	struct store_promises promises;
	TRY(store_probe(store, "_aviary.probe", &promises, err));
	printf("# the disk under %s\n"
	       "#   swaps two directories at once   %s\n"
	       "#   renames without overwriting     %s\n"
	       "#   locks files                     %s\n"
	       "#   syncs files and directories     %s\n",
	       parent, yes_no(promises.exchange), yes_no(promises.rename_new),
	       yes_no(promises.lock), yes_no(promises.sync));
	*ret_all = promises.exchange && promises.rename_new && promises.lock && promises.sync;
	return ERR_NONE;
}

static enum err_kind print_hdfs(const char *lake, struct store *store, bool *ret_all,
				struct err *err)
{
	struct store_stat root;
	struct store_promises promises;
	TRY(store_stat(store, "", &root, err));
	if (!root.found) {
		printf("# %s is not there yet: aviary init makes it\n", lake);
		*ret_all = true;
		return ERR_NONE;
	}
	TRY(store_probe(store, "_aviary.probe", &promises, err));
	printf("# HDFS at %s\n"
	       "#   renames without overwriting     %s\n"
	       "#   closes files with their length  %s\n"
	       "#   locks                           on this machine only: %s\n"
	       "#   without dfs.datanode.synconclose a power cut of all replicas may take what was "
	       "acknowledged\n",
	       lake, yes_no(promises.rename_new), yes_no(promises.sync), yes_no(promises.lock));
	*ret_all = promises.rename_new && promises.lock && promises.sync;
	return ERR_NONE;
}

/* What the disk under the lake, or under where it would be made, can promise. */
static enum err_kind print_promises(const struct settings *settings, bool *ret_all, struct err *err)
{
	struct store *store = NULL;
	TRY(store_open(settings->lake, &store, err));
	char *local = store_local_path(store, ""), *parent = NULL;
	enum err_kind kind = ERR_NONE;
	if (!local)
		kind = print_hdfs(settings->lake, store, ret_all, err);
	store_close(store);
	store = NULL;
	if (local) {
		parent = nearest_existing(local);
		kind = store_open(parent, &store, err);
	}
	if (local && kind == ERR_NONE)
		kind = print_disk(parent, store, ret_all, err);
	store_close(store);
	free(parent);
	free(local);
	return kind;
}

/* The port opens before the server is ready, so what counts is a session. */
static enum err_kind print_server(const struct settings *settings, struct err *err)
{
	struct engine *engine = NULL;
	struct session *session = NULL;
	if (!has_server(settings))
		return ERR_NONE;
	enum err_kind kind = open_server(settings, &engine, err);
	if (kind == ERR_NONE)
		kind = session_open(engine, &session, err);
	if (kind == ERR_NONE)
		printf("# %s at %s\n", session_version(session), settings->engine);
	session_close(session);
	engine_close(engine);
	return kind;
}

/* Each rule as X will be asked, or why it is not. */
static enum err_kind print_rules(const struct settings *settings, bool *ret_all, struct err *err)
{
	struct rules rules;
	TRY(rules_read(settings, &rules, err));
	for (size_t i = 0; i < rules.count; i++) {
		const struct rule *rule = &rules.items[i];
		if (i == 0)
			printf("# rules\n");
		printf("#   %-16s %s%s\n", rule->name, rule->why ? "LEFT OUT: " : "",
		       rule->why ? rule->why : rule->query);
	}
	*ret_all &= rules_good(&rules) == rules.count;
	rules_release(&rules);
	return ERR_NONE;
}

/* What comes with each post, and its possible price. */
static enum err_kind print_expansions(const struct settings *settings, struct err *err)
{
	uint32_t wanted;
	TRY(search_expansions_read(settings->expansions, &wanted, err));
	printf("# what comes with a post, and what X may charge for it (it does not say)\n");
	for (size_t i = 0; i < search_expansion_count; i++) {
		const struct search_expansion *one = &search_expansions[i];
		char usd[USD_TEXT_MAX];
		int64_t most = one->posts * settings->price_post_usd +
			       one->users * settings->price_user_usd;
		printf("#   %-3s %-19s %-32s %s\n", wanted >> i & 1 ? "yes" : "no", one->name,
		       one->what, most > 0 ? usd_text(most, usd) : "nothing");
	}
	return ERR_NONE;
}

static int check_x(const struct settings *settings)
{
	struct err err = { 0 };
	bool good = false;
	if (check_online(settings, &good, &err) == ERR_NONE)
		return good ? EXIT_DONE : EXIT_FAILED;
	err_wrap(&err, "check");
	return say_error(&err, err.kind == ERR_REJECT ? EXIT_USAGE : EXIT_FAILED);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct buf text = { 0 };
	bool all = false, rules_are_good = true;
	if (argc > 1) {
		err_set(&err, ERR_REJECT, "check: unexpected argument '%s'", argv[1]);
		return say_error(&err, EXIT_USAGE);
	}
	conf_print(&settings->conf, &text);
	fputs(buf_text(&text), stdout);
	buf_release(&text);
	if (settings->online)
		return check_x(settings);
	struct engine *engine = NULL;
	if (open_engine(settings, NULL, 1, &engine, &err) != ERR_NONE)
		return say_error(&err, EXIT_USAGE);
	engine_close(engine);
	printf("\n# %s\n", engine_version());
	if (print_rules(settings, &rules_are_good, &err) != ERR_NONE ||
	    print_expansions(settings, &err) != ERR_NONE) {
		err_wrap(&err, "check");
		return say_error(&err, EXIT_USAGE);
	}
	if (print_server(settings, &err) != ERR_NONE ||
	    print_promises(settings, &all, &err) != ERR_NONE) {
		err_wrap(&err, "check");
		return say_error(&err, EXIT_FAILED);
	}
	if (!all) {
		err_set(&err, ERR_REJECT, "check: %s: the disk cannot promise what a lake needs",
			settings->lake);
		err_hint(&err, "a local file system such as ext4 or xfs can");
		return say_error(&err, EXIT_FAILED);
	}
	return rules_are_good ? EXIT_DONE : EXIT_FAILED;
}

static const char *const flags[] = { "online",
				     "keyword",
				     "query",
				     "query_max",
				     "expansions",
				     "api_dialect",
				     "base_url",
				     "token_file",
				     "price_post_usd",
				     "price_user_usd",
				     "lake",
				     "engine",
				     "engine_password_file",
				     "threads",
				     "memory",
				     "cache_bytes",
				     "line_bytes_max",
				     "segment_bytes",
				     "window_entries",
				     "hello_timeout",
				     "import_bytes",
				     "document_bytes_max",
				     "weekend",
				     "weekend_zone",
				     "retire_grace",
				     NULL };
const struct command command_check = {
	.name = "check",
	.arguments = "",
	.summary = "Prints what is in effect and what the disk can promise; or asks X",
	.flags = flags,
	.examples = "  aviary check --config etc/aviary.conf\n"
		    "  aviary check --online --config aviary.conf --token-file token\n",
	.run = run,
};
