/* Inside role/: what the files of listen share. listen.c is the command and its schedule, listen_poll.c
 * one poll of one rule, listen_keep.c what is kept of it, listen_times.c X's clock and pace, listen_setup.c
 * its rules, listen_status.c what it tells. */
#pragma once
#include "role/access.h"
#include "role/journal_sink.h"
#include "role/ledger.h"
#include "role/rules.h"
#include "source/source.h"
#include "terminal/terminal.h"

/* What decides what X is asked and what that may cost: flags of `listen`, and of the `run` that starts it. */
#define ASKING_FLAGS                                                                               \
	"keyword", "query", "query_max", "expansions", "api_dialect", "base_url", "token_file",    \
		"interval", "page_posts", "overlap", "first_reach", "budget_usd_month",            \
		"price_post_usd", "price_user_usd", "price_counts_usd"

struct listen_rule {
	char *name, *query;
	char *label;  /* the name as it stands between quotes in the log */
	char *cursor; /* its name in the journal */
	int64_t not_before_us;
	char waiting_why[512]; /* why not before then */
	unsigned troubles;     /* in a row */
	unsigned stuck;        /* polls in a row that led no further down */
	int64_t overlapped_us; /* when old posts were read again last */
};

/* How a poll went. */
struct listen_report {
	const char *rule; /* NULL: none yet */
	int64_t at_us;
	int status;
	unsigned pages;
	uint64_t posts, fresh;
	char error[512]; /* "": none */
};

struct listen {
	const struct settings *settings;
	struct rules wanted; /* those that are disabled, too */
	struct listen_rule *rules;
	size_t rule_count;
	struct access x;

	struct source_journal home;
	struct journal_sink sink;
	struct page_joiner *joiner;
	struct json_doc doc;
	struct buf scratch;

	struct search_wants wants;
	int64_t dialect_us; /* when it was changed last; 0: not by this process */
	bool dialect_told;
	/* X's clock is so much ahead of ours, by the Date of its answers. */
	int64_t x_skew_us, x_skew_seen_us; /* believed, and of the last answer */
	bool x_clock_known;
	int64_t pace_until_us; /* no request before then, to make the rate limit last */

	const char *source; /* "X", "simulated"; NULL: nobody has answered yet */
	struct ledger ledger;
	struct request_record asked; /* the last request */
	bool is_spent;               /* today's share of the budget is */
	char usage[80];              /* "ours 12,410, X 12,398", of yesterday; "": not compared */

	int64_t next_poll_us;
	struct listen_report now, last; /* the poll under way, and the one to tell of */
	char waiting_why[512];          /* "": not waiting */
	int64_t waiting_until_us;
};

/* Rules of the settings, address and token. What is wrong with them: ERR_REJECT. */
MUST_CHECK enum err_kind listen_setup(struct listen *listen, struct err *err);
void listen_setup_release(struct listen *listen);
/* The rules anew, between two polls. Where that fails, which is said, the old ones stay. */
void listen_reload(struct listen *listen);

/* Tells the server's status anew. */
void listen_tell(struct listen *listen);
/* Waits until then, telling and logging why; true when asked to stop or to look at the rules again. */
bool listen_wait(struct listen *listen, int64_t until_us, const char *why);
bool listen_interrupted(const struct listen *listen);
/* Notes that something is waited for, without waiting here. */
void listen_note_waiting(struct listen *listen, int64_t until_us, const char *why);
/* Nothing is waited for any more, unless a rule still has its reason to. */
void listen_end_waiting(struct listen *listen);
/* A copy that can be told: cut to the size between two characters, no quotes, no control characters. */
void listen_copy_words(char *ret, size_t size, const char *words);

/* What o'clock it is at X, as far as is known. */
int64_t listen_x_now_us(const struct listen *listen);
/* Of an answer: its Date, and what its rate limit allows. */
void listen_note_times(struct listen *listen, const struct search_reply *reply);

/* Polls a rule: all pages, each stored before the next is asked for. What X or the network refuses is
 * ERR_RETRY, with rule->not_before_us; what makes no sense to go on with (the journal failed, posts of
 * another kind) ERR_FATAL. */
MUST_CHECK enum err_kind listen_poll(struct listen *listen, struct listen_rule *rule,
				     struct err *err);

void listen_dialect_begin(struct listen *listen); /* the journal is open */
/* Looks at a page, after which another one may be asked for. */
MUST_CHECK enum err_kind listen_dialect_check(struct listen *listen, struct err *err);
bool listen_dialect_may_change(const struct listen *listen);
MUST_CHECK enum err_kind listen_dialect_change(struct listen *listen, const char *why,
					       struct err *err);

/* --- what is kept (listen_keep.c) ------------------------------------------------------------------- */

int64_t listen_number_cursor(const struct listen *listen, struct str name);
/* Where the rule stands. */
MUST_CHECK enum err_kind listen_find_place(struct listen *listen, const struct listen_rule *rule,
					   struct search_place *ret, struct err *err);
int64_t listen_first_reach_us(const struct listen *listen);
/* What is kept of a request moves the rule on to where the poll stands, and with it a gap that the poll
 * has become. Full journals wait for their collector. A page is that in listen->doc, the answer to
 * listen->asked. */
MUST_CHECK enum err_kind listen_keep_page(struct listen *listen, const struct listen_rule *rule,
					  struct search_poll *poll,
					  const struct search_verdict *verdict, struct err *err);
/* An answer that nobody can read becomes a line that is none, so that the collector keeps its bytes, or
 * the first of them, in the lake's quarantine. */
MUST_CHECK enum err_kind listen_keep_unreadable(struct listen *listen,
						const struct listen_rule *rule,
						struct search_poll *poll, struct str body,
						const struct search_verdict *verdict,
						int64_t paid_posts, struct err *err);
/* No page came, though it may have cost so many posts. */
MUST_CHECK enum err_kind listen_keep_refusal(struct listen *listen, const struct listen_rule *rule,
					     struct search_poll *poll,
					     const struct search_verdict *verdict,
					     int64_t paid_posts, struct err *err);
/* The poll's gap alone, if there is one. */
MUST_CHECK enum err_kind listen_keep_gap(struct listen *listen, const struct listen_rule *rule,
					 struct search_poll *poll, struct err *err);

/* Once a day (listen_usage.c). Only what keeps the record from being kept is an error. */
MUST_CHECK enum err_kind listen_compare_usage(struct listen *listen, struct err *err);
