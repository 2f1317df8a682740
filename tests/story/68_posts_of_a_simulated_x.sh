#!/bin/bash
# simulate, listen and collect side by side, two of them killed again and again: the lake has what X had, once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"

start simulate "$AVIARY" simulate --simulate-port 0 --simulate-rate 100 --seed 11
holds "the simulated X is there" until_true 10 grep -q 'simulated X on' simulate.out
x=$(grep -oE 'http://[0-9.:]+' simulate.out)
port=$(free_port)
start_listen() {
	start listen "$AVIARY" listen --overlap 0s --lake lake --base-url "$x" --keyword the --query '#birds' --interval 1s --port "$port" --page-posts 20
}
start_collect() {
	start collect "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --publish-interval 300ms
}
# known POSTS: so many are journalled
known() { [ "$(wire_status "$port" status.spend.today.posts || echo 0)" -ge "$1" ]; }

start_listen
start_collect
holds "posts come in" until_true 20 known 100
troubles=""
for step in {1..6}; do
	if [ $((step % 2)) = 0 ]; then
		stop collect KILL
		start_collect
		until_true 10 says collect event=connected || troubles+="step $step: not connected"$'\n'
	else
		before=$(wire_status "$port" status.spend.today.posts)
		until_true 10 known $((before + 1)) || troubles+="step $step: no posts"$'\n'
		stop listen KILL
		start_listen
		until_true 10 wire_status "$port" end >/dev/null || troubles+="step $step: not served"$'\n'
	fi
done
before=$(wire_status "$port" status.spend.today.posts)
holds "in the end posts still come in" until_true 10 known $((${before:-0} + 10))
same "every kill was got over" "$troubles" ""
same "the status names them simulated" "$(wire_status "$port" status.source)" simulated
stop listen
same "the listener ends with 0" $? 0
stop collect
same "the collector too" $? 0
run "$AVIARY" collect --lake lake --once --from 127.0.0.1:1
same "what was left is collected" "$code" 0
has "and the lake knows them simulated" "$(cat lake/_aviary/sources/*)" '"source":"simulated"'
same "every post is there once for each rule" \
	"$(values lake "SELECT count(*) - count(DISTINCT (id, rules)), count(*) > 200 FROM landing")" "0,true"
values lake "SELECT rules[1], id FROM landing" >landed.csv
"$PYTHON" - "$x" >compared <<'P'
import csv, json, sys, urllib.parse, urllib.request
landed = {}
for rule, ident in csv.reader(open("landed.csv")):
    landed.setdefault(rule, set()).add(int(ident))
for rule, ids in sorted(landed.items()):
    asked = {"query": rule, "max_results": "100", "since_id": str(min(ids) - 1), "until_id": str(max(ids) + 1)}
    wanted, token = set(), None
    while True:
        page = dict(asked, **({"next_token": token} if token else {}))
        request = urllib.request.Request(sys.argv[1] + "/2/tweets/search/recent?" + urllib.parse.urlencode(page),
                                         headers={"Authorization": "Bearer x"})
        answer = json.load(urllib.request.urlopen(request, timeout=10))
        wanted |= {int(post["id"]) for post in answer.get("data", [])}
        token = answer["meta"].get("next_token")
        if not token:
            break
    print(rule, "missing", len(wanted - ids), "more", len(ids - wanted))
P
same "and they are what X has, rule by rule" "$(cat compared)" $'#birds missing 0 more 0\nthe missing 0 more 0'

# --- by cron ------------------------------------------------------------------------------------------------------

run "$AVIARY" listen --overlap 0s --lake cron --once --keyword the --base-url "$x"
same "listen --once" "$code" 0
run "$AVIARY" collect --lake cron --once --from 127.0.0.1:1
same "collect --once" "$code" 0
run "$AVIARY" refine --once --lake cron
same "refine" "$code" 0
same "one after the other make tables" "$(values cron "SELECT count(*) > 10 FROM posts")" true

# --- apart --------------------------------------------------------------------------------------------------------

mkdir other
start real "$PYTHON" "$story_dir/scripted_x.py" other
until_true 10 test -s other/port
echo 20 >other/posts
run "$AVIARY" listen --overlap 0s --lake cron --once --keyword the --base-url "http://127.0.0.1:$(cat other/port)"
same "posts of X do not go where simulated ones are" "$code" 1
has "which is said" "$err" 'holds simulated posts, and what comes now is from X'
same "and they are not there" "$("$AVIARY" status --lake cron --json | grep -o '"lag":[0-9]*')" '"lag":0'
finish
