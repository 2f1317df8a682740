#include "role/ask.h"
#include "role/rules.h"

#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *usd_text(int64_t micro_usd, char ret_text[USD_TEXT_MAX])
{
	bool whole_cents = micro_usd % 10000 == 0 || micro_usd >= 10 * INT64_C(1000000);
	int64_t tenths = whole_cents ? (micro_usd + 5000) / 10000 * 10 : (micro_usd + 500) / 1000;
	if (whole_cents)
		snprintf(ret_text, USD_TEXT_MAX, "$%" PRId64 ".%02" PRId64, tenths / 1000,
			 tenths % 1000 / 10);
	else
		snprintf(ret_text, USD_TEXT_MAX, "$%" PRId64 ".%03" PRId64, tenths / 1000,
			 tenths % 1000);
	return ret_text;
}

struct price price_of(const struct settings *settings, uint32_t expansions, uint64_t posts)
{
	int64_t count = posts < (UINT64_C(1) << 40) ? (int64_t)posts : INT64_C(1) << 40;
	struct price price = { .usd = count * settings->price_post_usd };
	price.usd_max = price.usd;
	for (size_t i = 0; i < search_expansion_count; i++) {
		const struct search_expansion *one = &search_expansions[i];
		if (expansions >> i & 1)
			price.usd_max += count * (one->posts * settings->price_post_usd +
						  one->users * settings->price_user_usd);
	}
	return price;
}

enum err_kind ask_person(const struct settings *settings, const char *what, struct err *err)
{
	char answer[16] = "";
	fprintf(stderr, "%s\n", what);
	if (settings->yes)
		return ERR_NONE;
	if (!isatty(STDIN_FILENO)) {
		err_set(err, ERR_REJECT, "nobody is there to agree to the price");
		return err_hint(err, "--yes agrees to it");
	}
	fprintf(stderr, "go on? [y/N] ");
	bool said = fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
	return said ? ERR_NONE : err_set(err, ERR_RETRY, "nothing was asked, nothing is charged");
}

enum err_kind ask_which(const struct settings *settings, const char *text, char **ret_query,
			struct err *err)
{
	struct rules rules;
	const char *query = text;
	enum err_kind kind = rules_read(settings, &rules, err);
	if (kind != ERR_NONE)
		return kind;
	for (size_t i = 0; i < rules.count && kind == ERR_NONE; i++) {
		if (strcmp(rules.items[i].name, text) != 0)
			continue;
		query = rules.items[i].query;
		if (rules.items[i].why)
			kind = err_set(err, ERR_REJECT, "%s", rules.items[i].why);
	}
	if (kind == ERR_NONE)
		kind = rule_check(settings, str_from(query), err);
	if (kind == ERR_NONE)
		*ret_query = mem_strdup(query);
	rules_release(&rules);
	return kind;
}

enum err_kind ask_wants(const struct settings *settings, struct search_wants *ret, struct err *err)
{
	ret->dialect = strcmp(settings->api_dialect, "post") == 0 ? DIALECT_POST : DIALECT_TWEET;
	return search_expansions_read(settings->expansions, &ret->expansions, err);
}

enum err_kind ask_refused(const struct http_reply *reply, struct err *err)
{
	struct search_poll none = { 0 };
	struct search_reply answer = { .status = reply->status, .body = reply->body };
	struct search_verdict verdict;
	struct json_doc doc = { 0 };
	search_poll_answer(&none, &answer, clock_now_us(), &doc, &verdict);
	json_release(&doc);
	bool helps = verdict.outcome == SEARCH_WAIT || verdict.outcome == SEARCH_BACK_OFF;
	return err_set(err, helps ? ERR_RETRY : ERR_REJECT, "%s", verdict.why);
}

enum err_kind ask_json(struct access *access, struct json_doc *doc, struct err *err)
{
	struct http_reply reply;
	TRY(access_ask(access, &reply, err));
	if (reply.status != 200)
		return ask_refused(&reply, err);
	if (json_read(doc, reply.body, err) == ERR_NONE)
		return ERR_NONE;
	err->kind = ERR_RETRY;
	return err_wrap(err, "X's answer is not JSON");
}
