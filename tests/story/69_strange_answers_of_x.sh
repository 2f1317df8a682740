#!/bin/bash
# What X says in strange ways harms no rule, no neighbour and no status.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"
. "$(dirname "$0")/listener.sh"

# --- rules ---------------------------------------------------------------------------------------------------------

posts 260
once j12 --query $'a "b"\nc'
has "a rule's name breaks no line of the log" "$err" "event=polled rule=\"a 'b' c\" status=200 "
has "though it stands in the lines as it is" "$(lines j12 "SELECT DISTINCT rules[1] = 'a \"b\"' || chr(10) || 'c' FROM landing")" '^true$'
forget
faults ok 403
once j13 --query alpha --query beta
same "a rule that is refused leaves its neighbour alone" "$code $(asked '[q["arguments"]["query"] for q in r]')" \
	"1 ['alpha', 'alpha', 'beta', 'beta', 'beta']"
once j13 --query alpha --query beta
posts 270
once j13 --query alpha --query beta
same "no number of a poll is given twice" "$(lines j13 "SELECT batch_id, rules[1], count(*) FROM landing GROUP BY ALL ORDER BY 1" | tr '\n' ' ')" \
	"1,alpha,260 2,beta,260 3,alpha,10 4,beta,10 "

# --- strange pages -------------------------------------------------------------------------------------------------
posts 260
forget
faults ok poison
once j14 --keyword bird
same "a post that is none does not stop the poll" "$code $(asked 'len(r)')" "0 3"
has "its page is told of" "$err" 'level=warn event=strange_page rule="bird" why="X.s page is an answer whose items are not all posts'
same "its neighbours land, and so does what there is of it" \
	"$(lines j14 "$count") $(values lake-j14 "SELECT count(*) FROM landing WHERE text IS NULL")" "260,260,260 1"
faults ok errors
once j15 --keyword bird
same "errors in the place of posts fail a poll" "$code" 1
has "in words" "$err" "X's page has errors and no next one"
once j15 --keyword bird
same "and the next one reads what it left" "$code $(lines j15 "$count")" "0 260,260,260"
faults lie
once j16 --keyword bird
has "an id from the future is told" "$err" 'level=warn event=strange_page rule="bird" why="the id 9223372036854775807 is from the future"'
posts 270
once j16 --keyword bird
same "and silences nobody" "$(lines j16 "$count")" "271,271,271"
posts 350
forget
faults ok ok repeat deaf deaf deaf-repeat
once j20 --keyword bird
start daemon "$AVIARY" listen --overlap 0s --journal j20 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
port=$(port_of daemon)
holds "a poll that leads no further down says so" until_true 10 said daemon \
	'event=polled rule="bird" .* error="X.s pages do not end and lead no further down, after 3 of them"'
in_an_hour() { [ $(($(date -d "$(wire_status "$port" status.waiting.until)" +%s) - $(date +%s))) -gt 3000 ]; }
holds "and waits long before it pays for that again" in_an_hour
stop daemon
once j20 --keyword bird
same "to go on below it" "$(lines j20 "$count")" "350,350,350"

# --- words ---------------------------------------------------------------------------------------------------------

forget
faults words
start daemon "$AVIARY" listen --overlap 0s --journal j19 --base-url "$x" --token-file token --query alpha --query beta --interval 1s --port 0
port=$(port_of daemon)
others() { [ "$(asked 'len(r)')" -ge 6 ]; }
holds "a rule that is refused keeps no other from its polls" until_true 20 others
has "its reason is still told, cut between two characters" "$(wire_status "$port" status.waiting.why)" '^X does not understand the request \(400\): x(鳥)+$'
run "$AVIARY" collect --lake words --once --from "127.0.0.1:$port"
same "and no words of X's keep collectors away" "$code" 0
stop daemon
finish
