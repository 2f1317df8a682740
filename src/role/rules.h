/* Inside role/: what is looked for: every [rule NAME], all --keyword as one rule named after the first,
 * each --query as one named after itself. Names stand in every line and in the journal's cursors, so long
 * ones are cut, with a hash. A rule that X would not take is disabled, with the reason; its neighbours are
 * not. */
#pragma once
#include "role/role.h"

struct rule {
	char *name, *query;
	char *why; /* it is disabled, "FILE:LINE: rule NAME: …"; NULL: it is good */
};
struct rules {
	struct rule *items;
	size_t count;
};
/* Two of one name: ERR_REJECT. None at all is fine. */
MUST_CHECK enum err_kind rules_read(const struct settings *settings, struct rules *ret,
				    struct err *err);
void rules_release(struct rules *rules);
size_t rules_good(const struct rules *rules);
/* Checks a text as a query by itself: what a rule's would be. */
MUST_CHECK enum err_kind rule_check(const struct settings *settings, struct str query,
				    struct err *err);
