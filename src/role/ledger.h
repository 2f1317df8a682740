/* Inside role/: the books of a listener: a record of every request and every gap, and what was spent.
 *
 *     ledger_asking ──► asked ──► a page: the posts' extent carries the record ──► ledger_add
 *     (what it costs              no post: only this ──────────────────────────►      │
 *      at the most)                                                                   └─ the record, and the sum
 *
 * Whoever is killed before ledger_add(): a record that stands in the posts' extent is added when the
 * listener starts again; one of which nothing is known but that it was asked is added as having cost what
 * it may have. The latter is remembered in memory shared with a file, which survives every kill but no
 * power cut, and costs no write. */
#pragma once
#include "role/source_journal.h"

struct ledger {
	const struct settings *settings;
	struct source_journal *home;
	struct spend spend;
	struct charged charged;
	struct asking *asking; /* NULL: not open */
	struct buf members, text;
};

/* Opens the books of an open journal, which outlives them. */
MUST_CHECK enum err_kind ledger_open(struct ledger *ledger, struct source_journal *home,
				     const struct settings *settings, struct err *err);
void ledger_close(struct ledger *ledger); /* zeroed is fine */

/* How many posts the next request may bring, see spend_affords(). */
MUST_CHECK enum err_kind ledger_affords(struct ledger *ledger, int64_t posts_min, int64_t posts_max,
					int64_t *ret_posts, struct err *err);
/* Why none: what was spent and what of. */
void ledger_add_words(const struct ledger *ledger, struct buf *ret);
/* A request is about to be made, that may cost `posts` posts, each with an author. */
void ledger_asking(struct ledger *ledger, const struct request_record *record, int64_t posts);

/* Books what the records' charges cost, and takes them. To be followed by ledger_add(); what it returns is
 * a cursor for the posts' journal, by LEDGER_CURSOR, that carries them meanwhile. Borrowed until then. */
#define LEDGER_CURSOR "request"
struct str ledger_take(struct ledger *ledger, struct request_record *records, size_t count);
/* Adds the records that were taken; `page` as in request_log_add(). */
MUST_CHECK enum err_kind ledger_add(struct ledger *ledger, struct str page, struct err *err);
