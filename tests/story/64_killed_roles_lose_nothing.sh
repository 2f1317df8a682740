#!/bin/bash
# Replays and collectors are killed in the middle, again and again; every line lands, once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"

lines=30000
"$SAMPLE" --wire $lines --start 2026-11-22T00:00:00Z --seed 7 --hours 5 --bytes 600 >posts.jsonl
bytes=$(stat -c %s posts.jsonl)
port=$(free_port)
start_replay() {
	start replay "$AVIARY" replay --port "$port" --journal journal --segment-bytes 1MiB --rate 5000 posts.jsonl
}
start_collect() {
	start collect "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --publish-interval 200ms
}
# goes_on: one more batch than `batches`, or there is none to come
goes_on() { said collect event=published $((batches + 1)) || [ "$(status_of lake posts)" = $lines ]; }

# --- both, at every stage ---------------------------------------------------------------------------------

start_replay
start_collect
kills=0 troubles=""
for step in {1..12}; do
	case $((step % 4)) in
	0 | 2) # while it publishes
		batches=$(grep -c event=published collect.err)
		until_true 20 goes_on || troubles+="step $step: nothing is published"$'\n'
		stop collect KILL
		start_collect
		;;
	1) # while it has received, and published nothing of that
		until_true 20 says collect event=connected || troubles+="step $step: not connected"$'\n'
		stop collect KILL
		start_collect
		;;
	3)
		until_true 20 says replay event=serving || troubles+="step $step: not served"$'\n'
		end=$(wire_status "$port" end)
		more() { [ "$(wire_status "$port" end)" -gt "${end:-0}" ] || [ "$(wire_status "$port" end)" = "$bytes" ]; }
		until_true 20 more || troubles+="step $step: the replay stands still"$'\n'
		stop replay KILL
		start_replay
		;;
	esac
	kills=$((kills + 1))
done
until_true 20 says replay event=serving || troubles+="the replay does not serve"$'\n'
same "after every kill they go on" "$troubles" ""
has "the replay was killed in the middle" "$(grep -c event=serving replay.err)" '^[4-9]$'
holds "the last line is journalled" until_true 30 is "$bytes" wire_status "$port" end
landed() { [ "$(status_of lake posts)" -ge $lines ]; }
holds "and lands" until_true 30 landed
stop collect
same "the collector ends with 0" $? 0
same "every line, once" "$(values lake "SELECT count(*), count(DISTINCT id), count(DISTINCT stream_offset) FROM landing")" \
	"$lines,$lines,$lines"
same "in the order of the file" "$(values lake "SELECT max(stream_offset) < $bytes FROM landing")" true
same "nothing is left over in staging/ and intent/" "$(ls lake/_aviary/staging lake/_aviary/intent | grep -v :)" ""
same "and all is acknowledged" "$(wire_status "$port" acknowledged)" "$bytes"
stop replay

# --- collect --once, killed ------------------------------------------------------------------------------------

run "$AVIARY" replay --journal second --once posts.jsonl
from="127.0.0.1:$(free_port)" kills=0 troubles=""
for condition in staging:1 staging:4 intent landed:1 landed:3 record:1 claimed:1; do
	said=$("$PYTHON" "$story_dir/kill_when.py" once "$condition" \
		"$AVIARY" collect --lake once --journal second --once --from "$from" 2>&1)
	case $? in
	0) kills=$((kills + 1)) ;;
	1) ;;
	*) troubles+="$said"$'\n' ;;
	esac
done
same "no collect --once after a kill fails" "$troubles" ""
holds "it was killed at least 4 times ($kills of 7)" test $kills -ge 4
run "$AVIARY" collect --lake once --journal second --once --from "$from"
same "the last one ends with 0" "$code" 0
same "every line, once (--once)" "$(values once "SELECT count(*), count(DISTINCT stream_offset) FROM landing")" "$lines,$lines"
same "nothing is left over (--once)" "$(ls once/_aviary/staging once/_aviary/intent | grep -v :)" ""

# --- two collectors -----------------------------------------------------------------------------------------------

start_replay
until_true 20 says replay event=serving
start_collect
until_true 20 says collect event=connected
start second "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --publish-interval 200ms
holds "a second collector of a stream waits for the first" until_true 20 said second 'event=waiting why="another collector'
run "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --once
same "collect --once beside a collector ends when all is acknowledged" "$code" 0
stop collect KILL
holds "and the second takes over when the first dies" until_true 20 said second event=connected
stop second
same "and ends with 0" $? 0
same "nothing came twice" "$(status_of lake posts)" $lines
stop replay

# --- another stream, while one waits for the collector of the first -----------------------------------------

head -9 posts.jsonl >first.jsonl
head -5 posts.jsonl >next.jsonl
start other "$AVIARY" replay --port 0 --journal other next.jsonl # a journal in use: nobody serves it himself
start first "$AVIARY" replay --port "$port" --journal first first.jsonl
until_true 20 says first event=serving
until_true 20 is 9 wire_status "$port" status.posts
start frozen "$AVIARY" collect --lake switched --from "127.0.0.1:$port" --publish-interval 1h
until_true 20 says frozen event=connected
kill -STOP "${pid_of[frozen]}"
start waits "$AVIARY" collect --lake switched --journal other --once --from "127.0.0.1:$port"
holds "collect --once waits for a collector that does nothing" until_true 20 said waits event=waiting
"$AVIARY" replay --journal next --once next.jsonl >/dev/null 2>&1
stop first
start first "$AVIARY" replay --port "$port" --journal next next.jsonl
code=none
ended 20 waits
same "it collects the stream that follows, whose lock is another" "$code $(status_of switched posts)" "0 5"
stop frozen KILL
finish
