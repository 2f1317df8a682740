/* One search, paid for once: newest posts first, as many as are wanted, through a journal of its own into
 * the lake. Each page is journalled before the next is asked for; what was read by a search that was
 * killed is landed by the next one. */
#include "role/ask.h"
#include "role/journal_sink.h"
#include "role/source_journal.h"
#include "role/stop.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "terminal/terminal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { PAGE_POSTS_MAX = 100 };

struct shot {
	const struct settings *settings;
	char *query;
	const char *rule; /* as it was asked for */
	struct access x;
	struct search_wants wants;
	struct source_journal home;
	struct journal_sink sink;
	struct page_joiner *joiner;
	struct json_doc doc;
	uint64_t read, kept;
};

static enum err_kind agree(struct shot *shot, struct err *err)
{
	const struct settings *settings = shot->settings;
	struct price price = price_of(settings, shot->wants.expansions, (uint64_t)settings->limit);
	char usd[USD_TEXT_MAX], usd_max[USD_TEXT_MAX], what[512];
	snprintf(what, sizeof what,
		 "%" PRId64
		 " posts of %s cost up to %s; %s if what comes with them is charged, too%s",
		 settings->limit, shot->x.base, usd_text(price.usd, usd),
		 usd_text(price.usd_max, usd_max),
		 shot->x.is_loopback ? "; this machine charges nothing" : "");
	return ask_person(settings, what, err);
}

static enum err_kind prepare(struct shot *shot, int argc, char **argv, struct err *err)
{
	if (argc != 2) {
		err_set(err, ERR_REJECT, "one query, or the name of a rule, is needed");
		return err_hint(err, "aviary search 'birds lang:en' --limit 100");
	}
	shot->rule = argv[1];
	TRY(ask_which(shot->settings, argv[1], &shot->query, err));
	TRY(ask_wants(shot->settings, &shot->wants, err));
	TRY(access_read(&shot->x, shot->settings, err));
	return agree(shot, err);
}

static bool knows(void *context, const struct source_line *line)
{
	struct shot *shot = context;
	return journal_sink_knows(&shot->sink, line);
}

static enum err_kind keep(struct shot *shot, struct search_poll *poll, struct err *err)
{
	char fetched_at[TIME_TEXT_MAX], batch[24];
	struct str rule = str_from(shot->rule);
	struct page_options options = { .batch_id = poll->batch_id,
					.fetched_via = "search",
					.fetched_at =
						str_from(time_format(clock_now_us(), fetched_at)),
					.rules = &rule,
					.rule_count = 1 };
	struct source_sink sink = { .context = shot, .knows = knows };
	const struct source_line *lines;
	size_t count, dropped;
	snprintf(batch, sizeof batch, "%" PRId64, poll->batch_id);
	struct cursor_change change = { .name = STR("batch_id"), .value = str_from(batch) };
	TRY(page_join(shot->joiner, &shot->doc, &options, &sink,
		      (size_t)shot->settings->line_bytes_max, &lines, &count, &dropped, err));
	if (count > 0) {
		search_poll_has_lines(poll);
		TRY(journal_sink_append(&shot->sink, lines, count, &change, 1, err));
		TRY(journal_sync(shot->home.journal, err));
	}
	shot->kept += count;
	return ERR_NONE;
}

/* Whose posts these are, before the first of them is journalled. */
static enum err_kind note_source(struct shot *shot, struct err *err)
{
	bool simulated = http_client_reply_header(shot->x.client, "x-aviary-simulator").ptr;
	return source_journal_add_source(&shot->home, simulated ? "simulated" : "X", err);
}

static enum err_kind read_page(struct shot *shot, struct search_poll *poll, struct err *err)
{
	uint64_t left = (uint64_t)shot->settings->limit - shot->read;
	int posts = left > PAGE_POSTS_MAX        ? PAGE_POSTS_MAX :
		    left < SEARCH_PAGE_POSTS_MIN ? SEARCH_PAGE_POSTS_MIN :
						   (int)left;
	struct http_reply reply;
	struct search_verdict verdict;
	search_poll_request(poll, &shot->wants, posts, clock_now_us(), access_url(&shot->x));
	TRY(access_ask(&shot->x, &reply, err));
	if (reply.status != 200)
		return ask_refused(&reply, err);
	struct search_reply answer = { .status = reply.status, .body = reply.body };
	search_poll_answer(poll, &answer, clock_now_us(), &shot->doc, &verdict);
	if (verdict.outcome != SEARCH_PAGE || verdict.is_odd)
		return err_set(err, ERR_RETRY, "%s", verdict.why);
	shot->read += verdict.posts;
	TRY(note_source(shot, err));
	return keep(shot, poll, err);
}

static enum err_kind read_pages(struct shot *shot, struct err *err)
{
	const int64_t week_us = 7 * 24 * 3600 * INT64_C(1000000);
	struct search_place place = { .start_us = clock_now_us() - week_us };
	struct search_poll poll;
	int64_t batch = 0;
	struct str last = journal_cursor(shot->home.journal, STR("batch_id"));
	if (last.ptr && !str_to_i64(last, &batch))
		return err_set(err, ERR_FATAL, "the last batch_id cannot be read");
	struct search_options options = { .query = shot->query, .reach_us = week_us };
	search_poll_begin(&poll, &options, &place, batch + 1, clock_now_us());
	enum err_kind kind = ERR_NONE;
	while (kind == ERR_NONE && !poll.done && !stop_requested() &&
	       shot->read + SEARCH_PAGE_POSTS_MIN <= (uint64_t)shot->settings->limit)
		kind = read_page(shot, &poll, err);
	search_poll_release(&poll);
	return kind;
}

static enum err_kind journal_all(struct shot *shot, struct err *err)
{
	TRY(access_open(&shot->x, err));
	TRY(source_journal_open(&shot->home, shot->settings, err));
	shot->sink.journal = shot->home.journal;
	shot->joiner = page_joiner_new();
	return read_pages(shot, err);
}

static void release(struct shot *shot)
{
	source_journal_close(&shot->home);
	access_close(&shot->x);
	page_joiner_free(shot->joiner);
	journal_sink_release(&shot->sink);
	json_release(&shot->doc);
	free(shot->query);
}

static int run(struct settings *settings, int argc, char **argv)
{
	struct err err = { 0 };
	struct shot shot = { .settings = settings };
	char read[32], usd[USD_TEXT_MAX], usd_max[USD_TEXT_MAX];
	enum err_kind kind = prepare(&shot, argc, argv, &err);
	int code = kind == ERR_NONE ? EXIT_DONE : kind == ERR_REJECT ? EXIT_USAGE : EXIT_FAILED;
	char *journal = mem_printf("%s/_aviary/search", settings->lake);
	struct settings chain = *settings; /* of what is journalled and collected; owns nothing */
	chain.journal = settings->journal ? settings->journal : journal;
	chain.once = true;
	chain.from = "127.0.0.1:1"; /* nobody: the journal lies there */
	shot.settings = &chain;
	if (code == EXIT_DONE) {
		stop_install();
		kind = journal_all(&shot, &err);
	}
	struct price price = price_of(settings, shot.wants.expansions, shot.read);
	if (code == EXIT_DONE)
		printf("read %s posts: %s, up to %s\n", grouped(shot.read, read),
		       usd_text(price.usd, usd), usd_text(price.usd_max, usd_max));
	release(&shot);
	/* What was read is landed, even when reading did not come to its end. */
	if (code == EXIT_DONE && (kind == ERR_NONE || shot.read > 0)) {
		char *arguments[] = { "collect", NULL };
		code = command_collect.run(&chain, 1, arguments);
	}
	free(journal);
	if (kind == ERR_NONE)
		return code;
	err_wrap(&err, "search");
	return say_error(&err, code == EXIT_DONE ? EXIT_FAILED : code);
}

static const char *const flags[] = { "limit",          "yes",         "lake",
				     "expansions",     "api_dialect", "query_max",
				     "base_url",       "token_file",  "price_post_usd",
				     "price_user_usd", "journal",     "threads",
				     "memory",         NULL };
const struct command command_search = {
	.name = "search",
	.arguments = "QUERY|RULE",
	.summary = "One search, its price agreed to first, landed like everything else",
	.flags = flags,
	.examples =
		"  aviary search 'birds has:images' --limit 100 --lake lake --token-file token\n",
	.run = run,
};
