/* Which of its two vocabularies X is asked in (X-API section 0).
 *
 * A field that is named in the other one is silently left out, and what comes is charged all the same. So
 * a page in which no post has a field that every post has tells that X understands the other vocabulary
 * now. With `auto` the listener changes over, says so, and remembers it; at most once a day, so that an X
 * that understands neither is not asked in turns. With a fixed one it only says so. */
#include "role/listen.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdio.h>

static const int64_t patience_us = 24 * 3600 * INT64_C(1000000);

static bool is_auto(const struct listen *listen)
{
	return strcmp(listen->settings->api_dialect, "auto") == 0;
}

void listen_dialect_begin(struct listen *listen)
{
	struct str known = journal_cursor(listen->home.journal, STR("dialect"));
	struct str wanted = is_auto(listen) ? known : str_from(listen->settings->api_dialect);
	listen->wants.dialect = str_equal(wanted, STR("post")) ? DIALECT_POST : DIALECT_TWEET;
}

bool listen_dialect_may_change(const struct listen *listen)
{
	return is_auto(listen) &&
	       (listen->dialect_us == 0 || clock_now_us() - listen->dialect_us >= patience_us);
}

enum err_kind listen_dialect_change(struct listen *listen, const char *why, struct err *err)
{
	bool was_tweet = listen->wants.dialect == DIALECT_TWEET;
	enum search_dialect dialect = was_tweet ? DIALECT_POST : DIALECT_TWEET;
	const char *name = search_dialect_name(dialect);
	struct cursor_change change = { .name = STR("dialect"), .value = str_from(name) };
	log_event(LOG_WARN, "dialect", "why=\"%s: from now on X is asked for %s.fields\"", why,
		  name);
	listen->wants.dialect = dialect;
	listen->dialect_us = clock_now_us();
	listen_tell(listen);
	TRY(journal_sink_append(&listen->sink, NULL, 0, &change, 1, err));
	return journal_sync(listen->home.journal, err);
}

enum err_kind listen_dialect_check(struct listen *listen, struct err *err)
{
	const char *missing = search_missing_field(listen->wants.dialect, &listen->doc);
	char why[128];
	if (!missing[0])
		return ERR_NONE;
	snprintf(why, sizeof why, "no post has %s, which was asked for", missing);
	if (listen_dialect_may_change(listen))
		return listen_dialect_change(listen, why, err);
	if (!listen->dialect_told)
		log_event(LOG_WARN, "dialect",
			  "why=\"%s: api_dialect = auto finds out what X calls it\"", why);
	listen->dialect_told = true;
	return ERR_NONE;
}
