#!/bin/bash
# listen against an X that does as it is told: paging, limits, troubles; once, and as a daemon.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"
. "$(dirname "$0")/listener.sh"

# --- polls ------------------------------------------------------------------------------------------------

posts 250
once j1 --keyword bird --keyword 'sea gull'
same "a poll ends with 0" "$code" 0
same "it read three pages" "$(asked '[len(q["given"]) for q in r]')" "[100, 100, 50]"
same "with a query for any of the keywords" "$(asked 'r[0]["arguments"]["query"]')" 'bird OR "sea gull"'
same "by the token" "$(asked 'r[0]["authorization"]')" "Bearer $secret"
has "and a name" "$(asked 'r[0]["agent"]')" '^aviary/[0-9]'
has "from one interval ago" "$(asked 'r[0]["arguments"]["start_time"]')" '^20..-..-..T..:..:..Z$'
same "with no since_id beside it" "$(asked '[a for q in r for a in q["arguments"] if a == "since_id"]')" "[]"
has "it is said in one line" "$err" 'event=polled rule="bird" status=200 pages=3 posts=250 new=250 next=none$'
forget
once j1 --keyword bird --keyword 'sea gull'
same "the next poll asks from the newest id on" "$(asked '[("since_id" in q["arguments"], q["given"]) for q in r]')" "[(True, [])]"
posts 260
once j1 --keyword bird --keyword 'sea gull'
same "and reads what is new" "$(asked 'r[-1]["given"]')" "$(seq -s ', ' 260 -1 251 | sed 's/.*/[&]/')"
same "every post is there once" "$(lines j1 "$count")" "260,260,260"
same "batches are numbered by poll, empty ones not" \
	"$(values lake-j1 "SELECT batch_id, count(*) FROM landing GROUP BY 1 ORDER BY 1" | tr '\n' ' ')" "1,250 2,10 "
same "each line says where it is from" \
	"$(values lake-j1 "SELECT DISTINCT fetched_via, rules, user_name, hashtags FROM landing")" 'search,"[""bird""]",A bird,"[""#birds""]"'
same "the page without posts is kept whole, in the request log" \
	"$(values lake-j1 "SELECT rule, status, posts, page FROM request_log WHERE page IS NOT NULL")" 'bird,200,0,"{""meta"":{""result_count"":0}}"'
has "the source is named" "$(cat lake-j1/_aviary/sources/*)" '"source":"X"'
forget
faults empty empty ok
once j2 --query 'birds lang:en -is:retweet'
same "an empty page with a token is not the end" "$(asked '[len(q["given"]) for q in r]')" "[0, 0, 100, 100, 60]"
same "a query is sent as it is" "$(asked 'r[0]["arguments"]["query"]')" 'birds lang:en -is:retweet'
forget
faults ok ok repeat
once j3 --keyword bird
same "a token that does not move ends the poll" "$(asked 'len(r)')" 3
once j3 --keyword bird
same "and the next one goes on below it" "$(lines j3 "$count")" "260,260,260"
forget
faults since
once j1 --keyword bird --keyword 'sea gull'
same "a since_id too old is answered by a start_time" "$(asked '["start_time" in q["arguments"] for q in r][:2]')" "[False, True]"
has "and that is told" "$err" 'level=warn event=asked_again rule="bird" why="X goes back 7 days only'
same "what was known is not journalled again" "$(lines j1 "$count")" "260,260,260"

# --- troubles ------------------------------------------------------------------------------------------------

forget
faults 503 html cut ok 503
once j4 --keyword bird
same "troubles of X are waited out" "$code" 0
same "page by page" "$(asked '[q["fault"] for q in r]')" "['503', 'html', 'cut', 'ok', '503', 'ok', 'ok']"
same "nothing was lost or came twice" "$(lines j4 "$count")" "260,260,260"
has "each is said" "$err" 'event=waiting why="X answered with status 503: Over capacity"'
has "each is said in its own words" "$err" 'event=waiting why="X.s answer is not JSON'
forget
faults ok 429:2
begin=$SECONDS
once j5 --keyword bird
same "a rate limit is waited out" "$code $(asked 'len(r)')" "0 4"
holds "until it is over" test $((SECONDS - begin)) -ge 2
has "and it is said until when" "$err" 'event=waiting why="the rate limit is used up" until=20'
forget
faults html html html html
once j6 --keyword bird
same "an answer that is not JSON is not paid for many times" "$code $(asked 'len(r)')" "1 3"
for fault in 401 403 400 cap; do
	faults $fault
	once j6 --keyword bird
	same "$fault: a single poll fails" "$code" 1
done
has "with words for people" "$err" 'aviary: listen: the usage cap is reached: Usage cap exceeded'
forget
faults 503 503 503 503 503 503
once j6 --keyword bird --query other
same "an X that stays away fails a single poll" "$code $(asked '[q["fault"] for q in r][:6]')" "1 $(printf "['503'%s]" "$(printf ", '503'%.0s" 1 2 3 4 5)")"
same "and each rule is patient anew" "$(asked 'r[6]["time"] - r[5]["time"] < 8')" True

# --- as a daemon -----------------------------------------------------------------------------------------------

forget
faults 401
start daemon "$AVIARY" listen --overlap 0s --journal j7 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
port=$(port_of daemon)
holds "a token that is refused is told" until_true 10 said daemon 'event=polled .*error="X does not accept the token \(401\)'
has "with when it is tried again" "$(wire_status "$port" status.waiting)" '"why": "X does not accept the token \(401\).*", "until": "20'
sleep 1.2
same "and X is left in peace until then" "$(asked 'len(r)')" 1
has "which is still told" "$(wire_status "$port" status.waiting)" '"why": "X does not accept'
stop daemon
same "asked to stop while it waits, it ends with 0" $? 0
forget
faults 429:600
start daemon "$AVIARY" listen --overlap 0s --journal j7 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
holds "a rate limit is told" until_true 10 said daemon 'why="the rate limit is used up"'
begin=$SECONDS
stop daemon
same "it ends at once" "$? $((SECONDS - begin < 3))" "0 1"
faults hang
start daemon "$AVIARY" listen --overlap 0s --journal j7 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
holds "an X that says nothing" until_true 10 is hang asked 'r[-1]["fault"]'
begin=$SECONDS
stop daemon
same "does not keep it from ending at once" "$? $((SECONDS - begin < 3))" "0 1"
start daemon "$AVIARY" listen --overlap 0s --journal j7 --base-url "$x" --token-file token --keyword bird --interval 300ms --port 0
ended 5 daemon
same "an interval below a second is refused" "$code" 2
start daemon "$AVIARY" listen --overlap 0s --journal j7 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
port=$(port_of daemon)
holds "the status tells of the last poll" until_true 10 is 360 wire_status "$port" status.spend.today.posts
same "its source" "$(wire_status "$port" status.source)" X
has "the next poll" "$(wire_status "$port" status.next_poll)" '^20..-..-..T'
same "its rules" "$(wire_status "$port" status.rules)" '["bird"]'
run "$AVIARY" collect --lake seen --once --from "127.0.0.1:$port"
run "$AVIARY" status --lake seen
has "so does aviary status" "$out" "^ *X, served by listen at 127.0.0.1:$port\$"
has "what it brought" "$out" "^ *polled 'bird' at 20[^ ]*: [0-9]+ new of [0-9]+ posts; next 20"
same "and its JSON" "$("$AVIARY" status --lake seen --json | "$PYTHON" -c '
import json, sys
stream, = json.load(sys.stdin)["streams"]
print(stream["source"], stream["server"]["spend"]["today"]["posts"], stream["server"]["rules"], stream["lag"])')" "X 360 ['bird'] 0"
posts 300
holds "and of the next one" until_true 10 is 400 wire_status "$port" status.spend.today.posts
run "$AVIARY" listen --overlap 0s --journal j7 --base-url "$x" --token-file token --keyword bird --once
same "a second listener on its journal is refused" "$code" 1
has "by name" "$err" 'j7'
stop daemon
same "every post once (daemon)" "$(mv seen lake-j7 && lines j7 "$count")" "300,300,300"
finish
