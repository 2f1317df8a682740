#!/bin/bash
# Rules of a configuration: what is asked for each, one bad rule among good ones, and rules that change.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"
. "$(dirname "$0")/listener.sh"

# --- what is asked -----------------------------------------------------------------------------------------------

cat >a.conf <<C
[listen]
base_url = $x
token_file = token
interval = 1s
[wire]
port = 0
[rule birds]
keywords = bird
lang = en
has = hashtags
[rule open]
query = (gull OR tern
[rule song]
keywords = aviary, "bird, song", #d
exclude = reposts
C
posts 30
start listen "$AVIARY" listen --journal j1 --config a.conf
port=$(port_of listen)
polled() { said listen "event=polled rule=\"$1\" .*error" || said listen "event=polled rule=\"$1\""; }
holds "a rule is asked" until_true 10 polled birds
holds "and its neighbour" until_true 10 polled song
same "each with its query, and nothing added unasked" "$(asked 'sorted({q["arguments"]["query"] for q in r})')" \
	"['(aviary OR \"bird, song\" OR #d) -is:retweet', 'bird lang:en has:hashtags']"
has "one bad rule is left out, with file and line" "$(cat listen.err)" \
	"level=error event=rule_disabled why=\"a.conf:12: rule open: the parenthesis at position 1 is not closed"
same "which the status tells" "$(wire_status "$port" status.rules) $(wire_status "$port" status.disabled | cut -c1-27)" \
	'["birds", "song"] ["a.conf:12: rule open: the'

# --- rules that change ----------------------------------------------------------------------------------------------

forget
cat >b.conf <<C
[rule birds]
keywords = bird
lang = en
has = hashtags
[rule song]
keywords = aviary
[rule owls]
keywords = owl
C
(sed '/^.rule/,$d' a.conf && cat b.conf) >c.conf && cp c.conf a.conf
kill -HUP "${pid_of[listen]}"
holds "after SIGHUP a new rule begins" until_true 10 polled owls
has "the change is told" "$(cat listen.err)" 'event=reloaded rules=3 disabled=0'
has "one of another query begins anew, and that is said" "$(cat listen.err)" 'event=rule_changed rule="song"'
same "as it asks by time" "$(asked '{q["arguments"]["query"]: "start_time" in q["arguments"] for q in r if q["arguments"]["query"] == "aviary"}')" "{'aviary': True}"
same "one that stayed goes on from its cursor" \
	"$(asked '{"since_id" in q["arguments"] for q in r if "lang:en" in q["arguments"]["query"]}')" "{True}"
sed -i '/rule birds/,/has/d' a.conf
forget
kill -HUP "${pid_of[listen]}"
ends() { said listen 'event=rule_ends rule="birds"'; }
holds "one that is gone ends" until_true 10 ends
forget
again() { [ "$(asked 'len(r)')" -ge 4 ]; }
until_true 10 again
same "and is asked for no more" "$(asked '[q for q in r if "lang:en" in q["arguments"]["query"]]')" "[]"
echo '[rule' >>a.conf
kill -HUP "${pid_of[listen]}"
broken() { said listen 'event=not_reloaded why="a.conf:'; }
holds "a file that cannot be read changes nothing" until_true 10 broken
same "the rules stay" "$(wire_status "$port" status.rules)" '["song", "owls"]'
forget
cp c.conf a.conf
posts 35
kill -HUP "${pid_of[listen]}"
back() { [ "$(asked 'any("lang:en" in q["arguments"]["query"] for q in r)')" = True ]; }
holds "one that comes back" until_true 10 back
same "goes on where it was" "$(asked '{"since_id" in q["arguments"] for q in r if "lang:en" in q["arguments"]["query"]}')" "{True}"
caught_up() { said listen "event=polled rule=\"$1\" .*new=5 "; }
for rule in birds song owls; do
	holds "$rule is polled" until_true 10 caught_up $rule
done
stop listen
same "a post tells which rules asked" "$(lines j1 "SELECT rules[1], count(*), count(DISTINCT id) FROM landing GROUP BY 1 ORDER BY 1")" \
	$'birds,35,35\nowls,35,35\nsong,35,35'

# --- bad ones only ------------------------------------------------------------------------------------------------------

printf '[rule one]\nquery = a OR\n' >bad.conf
once j2 --config bad.conf
same "with bad rules alone it does not begin" "$code" 2
has "and says why" "$err" 'bad.conf:2: rule one: something is missing at its end'
run "$AVIARY" listen --journal j2 --base-url "$x" --once --query 'a OR' --query bird
same "of two --query a bad one is left out" "$code $(grep -c rule_disabled <<<"$err")" "0 1"
finish
