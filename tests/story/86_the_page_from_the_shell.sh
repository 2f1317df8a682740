#!/bin/bash
# serve as a shell sees it: addresses, words, exit codes, the file for cron, and its events while posts come.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"

# get URL [HEADER: VALUE]: status, then the body
get() {
	"$PYTHON" -c '
import sys, urllib.request, urllib.error
request = urllib.request.Request(sys.argv[1], headers=dict([sys.argv[2].split(": ", 1)]) if len(sys.argv) > 2 else {})
try:
    answer = urllib.request.urlopen(request, timeout=10)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status)
print(answer.read().decode())' "$@"
}
# hears URL EVENT PATTERN: an event of that name matches, within 20 seconds
hears() {
	"$PYTHON" -c '
import re, sys, time, urllib.request
end = time.monotonic() + 20
name = ""
for line in urllib.request.urlopen(sys.argv[1] + "/events", timeout=20):
    line = line.decode()
    if line.startswith("event: "):
        name = line[7:].strip()
    elif line.startswith("data: ") and name == sys.argv[2] and re.search(sys.argv[3], line):
        sys.exit(0)
    elif time.monotonic() > end:
        sys.exit(1)' "$@"
}
# serving NAME ARGUMENT…: starts serve; $url is where
serving() {
	local name=$1
	shift
	start "$name" "$AVIARY" serve "$@"
	until_true 60 grep -q . "$name.out" || return 1
	url=$(sed -n 's/^the page is at //p' "$name.out" | tail -1)
}

"$SAMPLE" --start "$(date -u -d '3 hours ago' +%Y-%m-%dT%H:00:00Z)" --seed 3 --posts 200 --hours 2 --out posts >/dev/null
import lake posts/*

# --- the file -------------------------------------------------------------------------------------------------

run env -i "$AVIARY" serve --lake lake --once --out page.html
same "serve --once writes a page, as cron runs it" "$code|$out" "0|wrote page.html"
posts=$(values lake 'SELECT count(*) FROM posts')
has "with the numbers of the lake" "$(cat page.html)" "<tr><th>posts</th><td>$posts</td></tr>"
lacks "and nothing from elsewhere" "$(cat page.html)" '(src|href)="?(https?:)?//'
sum=$(sha256sum page.html)
run "$AVIARY" serve --lake nowhere --once --out page.html
same "a lake that is none fails" "$code" 1
same "and leaves the page as it was" "$(sha256sum page.html)" "$sum"
run "$AVIARY" serve --lake lake --once --out nowhere/page.html
has "where it cannot be written, that is said" "$code $err" '^1 aviary: serve: .*nowhere/page.html'
run "$AVIARY" serve --lake lake --once
has "without --out there is a hint" "$code $(echo "$err" | tr '\n' ' ')" '^2 aviary: serve: --once needs --out hint: '
run "$AVIARY" serve --lake lake --http nonsense:x
has "an address that is none is said to be" "$code $err" '^[12] aviary: serve: '

# Every change of the weekend makes every hour anew.
(while [ ! -e enough ]; do
	"$AVIARY" refine --once --lake lake --weekend friday
	"$AVIARY" refine --once --lake lake --weekend monday
done) >refines.out 2>&1 </dev/null &
refines=$!
written=0
for _ in 1 2 3 4 5 6 7 8; do
	run "$AVIARY" serve --lake lake --once --out busy.html
	[ $code = 0 ] && grep -q "<tr><th>posts</th><td>$posts</td></tr>" busy.html && written=$((written + 1))
done
touch enough
wait $refines
same "it is written whole while refine replaces the hours it reads" "$written $err" "8 "

# --- the page -------------------------------------------------------------------------------------------------

serving first --lake lake --http 127.0.0.1:0
has "serve says where the page is, first of all" "$(head -1 first.out)" '^the page is at http://127\.0\.0\.1:[0-9]+$'
same "it is alive" "$(get "$url/healthz" | tr '\n' ' ')" "200 ok  "
has "the page is there" "$(get "$url/")" '<title>aviary</title>'
same "a name that is not this machine's gets nothing" "$(get "$url/" 'Host: evil.example' | sed -n 1p)" 403
holds "its events count the posts" hears "$url" totals "\"rows\":\[\[$posts,"
port=${url##*:}
run "$AVIARY" serve --lake lake --http "127.0.0.1:$port"
has "a port that is taken is said to be" "$code $err" "^1 aviary: serve: .*$port.*in use"

# --- while posts come --------------------------------------------------------------------------------------------

id=2125197476402039999
printf '{"id":"%s","text":"one more","created_at":"%s","author_id":"1","batch_id":1,"hashtags":["#more"],"user":{},"place":{},"media":{}}\n' \
	$id "$(date -u +%Y-%m-%dT%H:%M:%S.000Z)" >more.jsonl
start replay "$AVIARY" replay --lake lake --port 0 --journal journal more.jsonl
start collect "$AVIARY" collect --lake lake --from "127.0.0.1:$(port_of replay)" --publish-interval 1h
holds "a post that is on the wire is on the page" hears "$url" posts "\"id\":\"$id\""
holds "and counted" hears "$url" counters "\"posts\":$((posts + 1)),"
holds "and in the charts" hears "$url" totals "\"rows\":\[\[$((posts + 1)),"
holds "and its stream is live" hears "$url" health '"way":"live".*"source":"replayed"'
stop replay KILL
holds "a wire that is gone is said to be" hears "$url" health '"way":"in place"'
stop collect
stop first
same "asked to end it does, and all is well" $? 0

serving open --lake lake --http 0.0.0.0:0
holds "it warns when others can reach it" until_true 30 said open 'level=warn event=open address=0.0.0.0:0'
has "then any name is answered" "$(get "http://127.0.0.1:${url##*:}/" 'Host: page.example')" '^200$'
finish
