#!/bin/bash
# How long aviary query takes, in a new process, with a full tail: as many posts of 1.4 KB as live_bytes (256 MiB)
# holds in memory, journalled and not published, in a warm cache.
#
#     tests/bench/live_query.sh [RUNS]
#
# prints for each question the median of wall-clock time and of CPU time, and the most memory.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
aviary=${AVIARY:-$root/build/aviary} sample=${SAMPLE:-$root/build/make-sample} runs=${1:-5}
work=$(mktemp -d)
collector='' replay=''
trap 'kill -9 $collector $replay 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"

"$sample" --wire 187000 --start 2026-11-22T02:30:00Z --seed 9 --hours 3 --bytes 1400 >posts.jsonl
"$aviary" init --lake lake >init.out
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$aviary" replay --lake lake --port "$port" posts.jsonl >replay.out 2>&1 &
replay=$!
# A collector tells where the journal lies; this one is killed before it publishes.
"$aviary" collect --lake lake --from "127.0.0.1:$port" --publish-interval 1h >collect.out 2>&1 &
collector=$!
for _ in $(seq 600); do
	stream=$(ls lake/_aviary/sources)
	lag=$("$aviary" status --lake lake --json | grep -o '"lag":[0-9]*' | cut -d: -f2 || true)
	[ -z "$stream" ] || [ "${lag:-0}" -lt "$(stat -c %s posts.jsonl)" ] || break
	sleep 0.1
done
kill -9 "$collector" "$replay"
wait 2>/dev/null || true
collector='' replay=''

median() { sort -n | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'; }
ask() {
	: >times
	for _ in $(seq "$runs"); do
		/usr/bin/time -a -o times -f "%e %U %S %M" "$aviary" query --threads 2 --lake lake "$1" >answer 2>seen
	done
	printf '%s s, %s CPU-s, %s MiB: %s\n' "$(awk '{ print $1 }' times | median)" \
		"$(awk '{ print $2 + $3 }' times | median)" "$(awk '{ print int($4 / 1024) }' times | median)" "$1"
}
du -sm lake/_aviary/journal | awk '{ print $1 " MiB journalled" }'
ask "SELECT count(*) FROM landing"
ask "SELECT * FROM landing ORDER BY created_at DESC LIMIT 20"
ask "SELECT lang, count(*) FROM landing GROUP BY lang"
ask "SELECT count(*) FROM posts"
tail -1 seen
