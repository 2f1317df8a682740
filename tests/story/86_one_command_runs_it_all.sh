#!/bin/bash
# A simulated X, and everything behind it under one coordinator: posts arrive and are counted; each role is
# killed, then the coordinator, then all is drained; at the end what X has is what we have.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/coordinator.sh"

start() {
	"$AVIARY" run --lake lake --overlap 0s --simulate --simulate-port 0 --simulate-rate 20 --seed 7 --requests-per-window 100000 \
		--port 0 --http 127.0.0.1:0 --interval 1s --publish-interval 1s --refine-interval 500ms \
		--query '#Birds OR the OR a OR url:t' 2>>run.log </dev/null &
	pid=$!
}
posts() { "$AVIARY" query --lake lake --format csv 'SELECT count(*) FROM landing' 2>/dev/null | tail -1 | tr -d '\r'; }
grows() { [ "$(posts)" -gt "$1" ] 2>/dev/null; }
page() { "$PYTHON" -c 'import sys, urllib.request as r; sys.exit(r.urlopen(sys.argv[1], timeout=5).status != 200)' "$(of serve address)"; }

start
holds "posts of the simulated X arrive" until_true 60 grows 0
holds "and go on arriving" until_true 30 grows "$(posts)"
holds "the page is there" page
x=$(of simulate address) wire=$(of listen address) address=$(of serve address)

killed() { # ROLE
	local was
	was=$(of "$1" pid)
	kill -9 "$was"
	holds "$1 comes back when it is killed" until_true 60 is "$1" restarts 1
	holds "and is ready again ($1)" until_true 60 is "$1" state ready
}
for role in simulate listen collect refine serve; do killed $role; done
holds "and posts arrive" until_true 60 grows "$(posts)"
same "each at the same place as before" "$(of simulate address) $(of listen address) $(of serve address)" "$x $wire $address"
holds "the page is there again" page

# --- the coordinator is killed -------------------------------------------------------------------------

children=$(for role in simulate listen collect refine serve; do of $role pid; done)
kill -9 $pid
wait $pid 2>/dev/null
for child in $children; do
	until_true 30 gone "$child" || failed "a killed coordinator leaves no role behind"
done
passed "all roles of a killed coordinator have ended"
before=$(posts)
start
until_true 60 has_word
holds "a new one goes on" until_true 60 grows "$before"

# --- the end ---------------------------------------------------------------------------------------------

kill $pid
wait $pid
same "asked to end it drains, and all is well" $? 0
same "everything journalled is published" \
	"$("$AVIARY" status --lake lake --json | grep -o '"lag":[0-9]*')" '"lag":0'
same "and refined" "$(status_of lake stale_hours)" 0

# The same seed has the same posts by the same ids, whoever asks.
"$AVIARY" simulate --simulate-port 0 --simulate-rate 20 --seed 7 --requests-per-window 100000 >x.out </dev/null &
simulate=$!
until_true 30 grep -q 'http://' x.out
values lake 'SELECT id FROM landing' >ids
holds "of every post that X had we have one, and nothing else" \
	"$PYTHON" "$story_dir/minted.py" "$(grep -o 'http://[0-9.:]*' x.out)" '#Birds OR the OR a OR url:t' <ids
sed 5d ids >fewer
has "one that was lost would be seen" "$("$PYTHON" "$story_dir/minted.py" "$(grep -o 'http://[0-9.:]*' x.out)" \
	'#Birds OR the OR a OR url:t' <fewer 2>&1)" ': 1 lost, 0 twice'
kill $simulate
finish
