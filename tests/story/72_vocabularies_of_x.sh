#!/bin/bash
# X calls its fields by other names: that is noticed, told and remembered.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"
. "$(dirname "$0")/listener.sh"

dialects='[("tweet.fields" in q["arguments"], "post.fields" in q["arguments"]) for q in r]'
posts 20
once j1 --keyword bird
same "X is asked in the classic vocabulary" "$(asked "$dialects")" "[(True, False)]"
has "with long posts in full" "$(asked 'r[0]["arguments"]["tweet.fields"]')" ',note_tweet,'
same "and author, place and media alone" "$(asked 'r[0]["arguments"]["expansions"]')" "author_id,geo.place_id,attachments.media_keys"
lacks "nothing is said" "$err" 'event=dialect'
echo post >x/dialect
posts 150
forget
once j2 --keyword bird --page-posts 10
same "when X leaves out what was asked for, the other one is used from the next page on" \
	"$(asked "$dialects" | cut -c1-45)" "[(True, False), (False, True), (False, True),"
same "which is said once" "$(grep -c 'event=dialect why="no post has created_at, which was asked for: from now on X is asked for post.fields"' <<<"$err")" 1
same "fields are missing in that page alone" "$(lines j2 "SELECT count(*) FILTER (author_id IS NULL), count(*) FROM landing")" "10,150"
posts 160
forget
once j2 --keyword bird
same "it is remembered" "$(asked "$dialects")" "[(False, True)]"
lacks "and not said again" "$err" 'event=dialect'
forget
once j3 --keyword bird --api-dialect tweet
same "a vocabulary that was chosen is kept" "$(asked "$dialects" | cut -c1-15)" "[(True, False),"
same "but the loss is told" "$(grep -c 'event=dialect why="no post has created_at' <<<"$err")" 1
rm x/dialect
forget
faults names ok
once j4 --keyword bird
same "an X that refuses the names is asked by the other ones, at no price" "$code $(asked "$dialects")" "0 [(True, False), (False, True), (False, True)]"
once j5 --keyword bird --expansions referenced --expansions polls --expansions mentions
same "more comes when it is asked for" "$(asked 'r[-1]["arguments"]["expansions"]')" \
	"attachments.poll_ids,referenced_tweets.id,entities.mentions.username,entities.note.mentions.username"
once j5 --keyword bird --expansions everything
same "what is unknown is refused" "$code" 2
has "in words" "$err" "expansions: 'everything' is not known"
finish
