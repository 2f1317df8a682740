#!/bin/bash
# What serve takes while somebody looks at the page does not follow the posts of the hour.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"

# more POSTS: of this hour, published and not refined
more() {
	seed=$((seed + 1))
	"$SAMPLE" --wire "$1" --start "$(date -u +%Y-%m-%dT%H:00:00Z)" --seed $seed --hours 1 --bytes 1400 >more.jsonl
	"$AVIARY" import --lake lake --refine no more.jsonl >>import.out 2>&1
}
# watch URL: follows the events until it is stopped
watch() {
	exec "$PYTHON" -c '
import sys, urllib.request
for line in urllib.request.urlopen(sys.argv[1] + "/events", timeout=60):
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()' "$1"
}
# shown PATTERN: in the newest totals
shown() { grep -sA1 '^event: totals' watcher.out | tail -1 | grep -qE "$1"; }
# measure PATTERN: $most is what serve took, in MiB, for a round that everybody gets and one for who looks
measure() {
	rm -f serve.out watcher.out
	start serve "$AVIARY" serve --lake lake --http 127.0.0.1:0
	until_true 20 grep -qs . serve.out
	start watcher watch "$(sed -n 's/^the page is at //p' serve.out)"
	holds "the page shows all posts" until_true 30 shown "$1"
	more 100
	holds "and, to who looks, that more have come" until_true 30 not shown "$1"
	most=$(awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/${pid_of[serve]}/status")
	stop serve
	stop watcher
}

seed=0
"$AVIARY" init --lake lake >/dev/null
more 40000
posts=$(values lake "SELECT count(*) FROM posts")
measure "\"rows\":\\[\\[$posts,"
little=$most
more 100000
posts=$(values lake "SELECT count(*) FROM posts")
measure "\"rows\":\\[\\[$posts,"
echo "# 40,000 posts: $little MiB; 140,000: $most MiB"
same "140,000 posts of an hour are shown in less than 130 MiB" "$((most < 130))" 1

# --- what is not published --------------------------------------------------------------------------------

"$SAMPLE" --wire 60000 --start "$(date -u +%Y-%m-%dT%H:00:00Z)" --seed 9 --hours 1 --bytes 1400 >tail.jsonl
start replay "$AVIARY" replay --port 0 --journal journal tail.jsonl
start collect "$AVIARY" collect --lake tail --from "127.0.0.1:$(port_of replay)" --publish-interval 1h
holds "60,000 posts are journalled" until_true 30 is 60000 wire_status "$(port_of replay)" status.posts
rm -f serve.out watcher.out
start serve "$AVIARY" serve --lake tail --http 127.0.0.1:0 --live-bytes 64MiB
until_true 20 grep -qs . serve.out
start watcher watch "$(sed -n 's/^the page is at //p' serve.out)"
holds "a tail that is too long for memory is shown" until_true 30 shown '"rows":\[\[60000,'
finish
