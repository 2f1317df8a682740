#!/bin/bash
# A simulated X is paged through, killed in the middle, started again, and goes on as if nothing had been.
. "$(dirname "$0")/lib.sh"
. "$story_dir/roles.sh"

# simulate NAME [FLAG…]: $url is where it listens
simulate() {
	local name=$1
	shift
	rm -f "$name.out"
	start "$name" "$AVIARY" simulate --simulate-port 0 "$@"
	until_true 20 grep -qs any.bearer "$name.out"
	url=$(grep -o 'http://[0-9.:]*' "$name.out")
}
# ask FILE ARGUMENTS: one request; FILE is its answer, $status and FILE.head what came with it
cat >ask.py <<'P'
import sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1] + "/2/tweets/search/recent?" + sys.argv[3],
                                 headers={"Authorization": "Bearer secret%2Ftoken"})
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as refusal:
    answer = refusal
open(sys.argv[2], "wb").write(answer.read())
open(sys.argv[2] + ".head", "w").write(str(answer.headers))
print(answer.status)
P
ask() { status=$("$PYTHON" ask.py "$url" "$1" "$2"); }
# member FILE EXPRESSION of its document d
member() { "$PYTHON" -c 'import json, sys; d = json.load(open(sys.argv[1])); print(eval(sys.argv[2]))' "$1" "$2"; }

window="query=birds%20OR%20%23rain&start_time=$(date -u -d '-3 hours' +%Y-%m-%dT%H:%M:%SZ)"
window+="&end_time=$(date -u -d '-2 hours' +%Y-%m-%dT%H:%M:%SZ)"
ids='" ".join(p["id"] for p in d["data"])'

# pages NAME: all pages of the window; $count pages
pages() {
	local next=
	count=0
	while :; do
		ask "$1.$count" "$window&max_results=100$next"
		[ "$status" = 200 ] || return 1
		member "$1.$count" "$ids" >>"$1.ids"
		next=$(member "$1.$count" 'd["meta"].get("next_token", "")')
		count=$((count + 1))
		[ -n "$next" ] || return 0
		next="&next_token=$next"
		[ $count != "${kill_after:-}" ] || { # the page behind comes from another process
			stop first KILL
			simulate first --seed 7
		}
	done
}

simulate first --seed 7
same "it says where it is" "$(cat first.out)" "simulated X on $url, 2 posts a second; any bearer token is taken"
pages whole
same "an hour is paged through" $? 0
[ $count -gt 3 ] || failed "on several pages" "$count"
tr ' ' '\n' <whole.ids >whole.lines
same "newest first, each post once" "$(sort -rnu whole.lines | tr '\n' ' ')" "$(tr '\n' ' ' <whole.lines)"
kill_after=2
pages halves
same "killed after the second page, it goes on with the third" $? 0
same "to the same posts" "$(cat halves.ids)" "$(cat whole.ids)"
same "that say the same" "$(member halves.3 'd["data"]')" "$(member whole.3 'd["data"]')"
kill_after=

has "answers tell that they are simulated" "$(cat whole.0.head)" "^x-aviary-simulator: 1"
has "and how much may be asked" "$(cat whole.0.head)" "^x-rate-limit-remaining: 449"
stop first INT
same "it ends when it is interrupted" "$?" 0
same "and logged nothing of whoever asked" "$(grep -v event= first.err)$(grep -cE 'secret|token=' first.err)" "0"

simulate second --seed 8
pages other
[ "$(cat other.ids)" != "$(cat whole.ids)" ]
same "another seed has other posts" "$?" 0
run "$AVIARY" simulate --simulate-port "${url##*:}"
same "a port in use is named" "$code" 1
has "with what to do" "$err" "^aviary: simulate: .*${url##*:}"
stop second
same "it ends when it is asked to" "$?" 0

# --- posts arrive -----------------------------------------------------------------------------------------

simulate busy --simulate-rate 200 --requests-per-window 1000
ask newest "query=url:t&max_results=10"
since=$(member newest 'd["meta"]["newest_id"]')
newer() {
	ask newer "query=url:t&max_results=100&since_id=$since"
	[ "$(member newer 'd["meta"]["result_count"]')" -ge 20 ]
}
until_true 20 newer
same "new posts are found by since_id" $? 0
same "and only new ones" "$(member newer "all(int(p['id']) > $since for p in d['data'])")" True
stop busy

# --- recorded pages ---------------------------------------------------------------------------------------

"$SAMPLE" --start 2026-11-01T00:00:00Z --seed 3 --posts 400 --hours 4 --out recorded || exit 1
simulate again --simulate-rate 50 --requests-per-window 1000 recorded/*
asked="tweet.fields=conversation_id,created_at,referenced_tweets,author_id&expansions=author_id,referenced_tweets.id"
ask page "query=the&max_results=100&$asked"
same "recorded posts happen again" "$status $(member page 'd["meta"]["result_count"]')" "200 100"
same "just now" "$(member page "all(p['created_at'] > '$(date -u -d '-10 minutes' +%FT%TZ)' for p in d['data'])")" True
same "with their users" "$(member page '{p["author_id"] for p in d["data"] if "author_id" in p} - {u["id"] for u in d["includes"]["users"]}')" "set()"
cat >texts.py <<'P'
import collections, glob, sys
sys.path.insert(0, sys.argv[1])
import json, lib
recorded = {post["text"] for path in glob.glob("recorded/*") for page in lib.documents(path) for post in page.get("data", [])}
shown = json.load(open("page"))["data"]
print({post["text"] for post in shown} <= recorded, len({post["id"] for post in shown}))
P
same "as they were, by new ids" "$("$PYTHON" texts.py "$story_dir")" "True 100"
stop again
echo '{"data":[' >broken.json
run "$AVIARY" simulate --simulate-port 0 recorded/* broken.json
same "a broken file is refused" "$code" 1
has "by name" "$err" "broken.json: the document at byte 0"
finish
