/* Inside role/: what commands share that ask X at a person's word: a price that is told and agreed to
 * first, one question, an answer. */
#pragma once
#include "base/json.h"
#include "role/access.h"
#include "source/source.h"

enum { USD_TEXT_MAX = 32 };
/* "$180.30"; what is not whole cents has a third digit: "$0.055". */
const char *usd_text(int64_t micro_usd, char ret_text[USD_TEXT_MAX]);

/* What so many posts cost: posts only, and the most when what comes with them is charged, too. */
struct price {
	int64_t usd, usd_max;
};
struct price price_of(const struct settings *settings, uint32_t expansions, uint64_t posts);

/* Tells on stderr what is going to be done and asks whether it shall be; with --yes it goes on. Nobody
 * there to answer: ERR_REJECT; no: ERR_RETRY. */
MUST_CHECK enum err_kind ask_person(const struct settings *settings, const char *what,
				    struct err *err);

/* The rule of that name, or the text as a query; checked. The caller frees *ret_query. */
MUST_CHECK enum err_kind ask_which(const struct settings *settings, const char *text,
				   char **ret_query, struct err *err);

/* What listen would begin with. */
MUST_CHECK enum err_kind ask_wants(const struct settings *settings, struct search_wants *ret,
				   struct err *err);

/* What a refusal means, as the listener says it; ERR_RETRY where waiting helps, else ERR_REJECT. */
MUST_CHECK enum err_kind ask_refused(const struct http_reply *reply, struct err *err);
/* Asks what access_url() holds; anything but a page of JSON is an error, explained. `doc` borrows from the
 * client until its next request. */
MUST_CHECK enum err_kind ask_json(struct access *access, struct json_doc *doc, struct err *err);
