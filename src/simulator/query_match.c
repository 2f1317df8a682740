#include "simulator/query.h"

static bool is_person(const struct person_facts *person, struct str wanted)
{
	return (person->username.ptr && str_equal(person->username, wanted)) ||
	       (person->id.ptr && str_equal(person->id, wanted));
}

bool query_matches(const struct query *query, const struct facts *facts)
{
	switch (query->kind) {
	case QUERY_ALL:
	case QUERY_EITHER:
		for (const struct query *part = query->parts; part; part = part->next) {
			if (query_matches(part, facts) == (query->kind == QUERY_EITHER))
				return query->kind == QUERY_EITHER;
		}
		return query->kind == QUERY_ALL;
	case QUERY_NOT:
		return !query_matches(query->parts, facts);
	case QUERY_WORDS:
		return words_contain(facts->text, query->words);
	case QUERY_HASHTAG:
		return words_have_item(facts->hashtags, query->value);
	case QUERY_CASHTAG:
		return words_have_item(facts->cashtags, query->value);
	case QUERY_MENTION:
		return words_have_item(facts->mentions, query->value);
	case QUERY_FROM:
		return is_person(&facts->author, query->value);
	case QUERY_TO:
		return is_person(&facts->reply_to, query->value);
	case QUERY_URL:
		return words_contain(facts->links, query->words);
	case QUERY_CONVERSATION:
		return str_equal(facts->conversation_id, query->value);
	case QUERY_LANG:
		return str_equal(facts->lang, query->value);
	case QUERY_TRAIT:
		return facts_have(facts, query->trait);
	case QUERY_NEVER:
	case QUERY_BEYOND:
		return false;
	}
	return false;
}
