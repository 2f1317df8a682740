#!/bin/bash
# replay, collect and query, each alone: as daemons, and with --once one after the other.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"

"$SAMPLE" --wire 10000 --start 2026-11-22T00:00:00Z --seed 5 --hours 6 --bytes 700 >posts.jsonl
bytes=$(stat -c %s posts.jsonl)
"$SAMPLE" --start 2026-11-23T00:00:00Z --seed 6 --hours 2 --posts 200 --out pages

# --- --once, and nothing moves (asked now, seen at the end, since that takes a while) -------------------

cat >silent.py <<'EOF'
# Says that it has 1,000 bytes, and sends none.
import json, socket, sys, threading
ANSWER = {"aviary": 1, "stream": "0123abcd-0000-4000-8000-000000000001", "end": 1000}
def serve(peer):
    hello = json.loads(peer.makefile().readline())
    more = {"acknowledged": 0, "status": {}} if "status" in hello else {"offset": 0, "chain": 0}
    peer.sendall(json.dumps(ANSWER | more).encode() + b"\n")
    if "resume" in hello:
        peer.recv(1)
    peer.close()
server = socket.create_server(("127.0.0.1", 0))
print(f"event=serving address=127.0.0.1:{server.getsockname()[1]}", file=sys.stderr, flush=True)
while True:
    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
EOF
start silent "$PYTHON" silent.py
start hears_nothing "$AVIARY" collect --lake silent --once --from "127.0.0.1:$(port_of silent)"
start held "$AVIARY" replay --port 0 --journal held-journal posts.jsonl
port=$(port_of held)
start holder "$AVIARY" collect --lake held --from "127.0.0.1:$port" --publish-interval 1h
until_true 20 said holder event=connected
start beside "$AVIARY" collect --lake held --once --from "127.0.0.1:$port"

# --- each in its own terminal ---------------------------------------------------------------------------

start replay "$AVIARY" replay --port 0 --journal journal posts.jsonl
port=$(port_of replay)
start collect "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --publish-interval 10m
holds "a bare connection hears the posts" tap "$port" "$bytes" heard
holds "10,000 lines of the wire are those of the file, byte for byte" cmp heard posts.jsonl
holds "its status names the source" is replayed wire_status "$port" status.source
same "and how many posts it has journalled" "$(wire_status "$port" status.posts)" 10000
same "and where its journal lies" "$(wire_status "$port" status.journal)" "$PWD/journal"
holds "the collector connects" until_true 20 said collect 'event=connected'
stream=$(wire_status "$port" stream)
holds "and notes where the stream comes from" until_true 20 test -s "lake/_aviary/sources/$stream"
same "and what it is" "$(cat "lake/_aviary/sources/$stream")" \
	"{\"journal\":\"$PWD/journal\",\"address\":\"127.0.0.1:$port\",\"source\":\"replayed\"}"
published() {
	kill -USR1 "${pid_of[collect]}"
	sleep 0.1
	[ "$(status_of lake posts)" = 10000 ]
}
same "nothing is published before its time" "$(status_of lake posts)" 0
holds "asked with SIGUSR1, it publishes all" until_true 20 published
holds "and acknowledges it" until_true 20 is "$bytes" wire_status "$port" acknowledged
same "every post is there, once" "$(values lake "SELECT count(*), count(DISTINCT id) FROM landing")" "10000,10000"
stop collect
same "a collector that is asked to stop ends with 0" $? 0
stop replay
same "so does a replay" $? 0
has "which says what it did" "$(cat replay.out)" '^replayed 1 file: 10,000 posts journalled, 0 already known$'
lacks "nobody complains" "$(cat replay.err collect.err)" 'level=error|level=warn|aviary:'

# --- a collector drains when it is asked to stop, and finds a listener that was away ----------------------

port=$(free_port)
start early "$AVIARY" collect --lake drained --from "127.0.0.1:$port" --publish-interval 1h
holds "a collector without a listener says so" until_true 20 said early "event=away address=127.0.0.1:$port"
start late "$AVIARY" replay --port "$port" --journal second-journal --rate 20000 posts.jsonl
holds "and finds it when it comes" until_true 20 said early 'event=connected'
holds "the last line is journalled" until_true 20 is 10000 wire_status "$port" status.posts
stop early
same "a collector that is asked to stop publishes first" $? 0
received=$(status_of drained posts)
holds "what it had received ($received)" test "$received" -gt 0
run "$AVIARY" collect --lake drained --from "127.0.0.1:$port" --once
same "once more takes the rest" "$code $(status_of drained posts)" "0 10000"
same "said once" "$(grep -c event=away early.err)" 1
stop late

start frozen "$AVIARY" replay --port 0 --journal journal posts.jsonl
port=$(port_of frozen)
kill -STOP "${pid_of[frozen]}"
start asking "$AVIARY" collect --lake frozen --from "127.0.0.1:$port"
has_socket() { ls -l "/proc/${pid_of[$1]}/fd" | grep -q 'socket:'; }
holds "a collector asks a listener that does not answer" until_true 20 has_socket asking
begin=$(date +%s%N)
stop asking
same "asked to stop, it ends with 0" $? 0
took=$((($(date +%s%N) - begin) / 1000000))
holds "and waits for no answer ($took ms)" test $took -lt 3000
kill -CONT "${pid_of[frozen]}"
stop frozen

# --- --once, one after the other --------------------------------------------------------------------------

run "$AVIARY" collect --lake once --once --from "127.0.0.1:$(free_port)"
same "with no listener and no journal, collect --once fails" "$code" 1
has "and says what it looked for" "$err" 'nobody serves 127.0.0.1:[0-9]+, and there is no journal in once/_aviary/journal'
from="127.0.0.1:$(free_port)"
run "$AVIARY" replay --lake once --once posts.jsonl pages/*
same "replay --once ends when its last line is journalled" "$code" 0
run "$AVIARY" collect --lake once --once --from "$from"
same "collect --once opens the journal that nobody serves" "$code" 0
has "and says what it did" "$out" '^collected 10,[0-9]{3} posts into '
run "$AVIARY" collect --lake once --once --from "$from"
same "again, there is nothing to do" "$code $(head -1 <<<"$out")" "0 collected 0 posts into 0 hours, 0 quarantined"
posts=$(status_of once posts)
run "$AVIARY" replay --lake once --once posts.jsonl
has "a file that was replayed is skipped" "$err" 'event=skipped file="posts.jsonl" why="replayed before"'
run "$AVIARY" refine --once --lake once
"$AVIARY" import --lake imported posts.jsonl pages/* >/dev/null 2>&1
same "the tables are those of an import" \
	"$(values once "SELECT (SELECT count(*) FROM landing), (SELECT count(*) FROM posts), (SELECT count(*) FROM users)")" \
	"$(values imported "SELECT (SELECT count(*) FROM landing), (SELECT count(*) FROM posts), (SELECT count(*) FROM users)")"
same "no lag is left" "$("$AVIARY" status --lake once --json | grep -o '"lag":[0-9]*')" '"lag":0'

# --- a pace ---------------------------------------------------------------------------------------------------

head -60 posts.jsonl >few.jsonl
begin=$(date +%s%N)
run "$AVIARY" replay --lake paced --once --rate 50 few.jsonl
took=$((($(date +%s%N) - begin) / 1000000))
holds "60 posts at 50 a second take about 1.2 s ($took ms)" test $took -ge 1100 -a $took -lt 5000
printf '{"id":"10000000000%02d","text":"x","batch_id":1,"created_at":"2026-11-22T00:0%d:00.000Z"}\n' 1 0 2 1 3 2 >minutes.jsonl
begin=$(date +%s%N)
run "$AVIARY" replay --lake paced --once --speed 120 minutes.jsonl
took=$((($(date +%s%N) - begin) / 1000000))
holds "two recorded minutes at 120 times their speed take about 1 s ($took ms)" test $took -ge 950 -a $took -lt 5000
run "$AVIARY" replay --once --rate 1 --speed 1 few.jsonl
same "two paces are none" "$code" 2

seq -f '{"id":"20000000000%03g","text":"x","batch_id":1,"created_at":"2026-11-22T00:00:00.000Z"}' 500 >slow.jsonl
start slow "$AVIARY" replay --once --journal slow-journal --rate 10 slow.jsonl
holds "a slow replay has begun" until_true 20 test -e slow-journal/00000000000000000000.segment
stop slow
same "replay --once that is asked to stop before the end fails" $? 1
has "and says how far it came" "$(cat slow.out)" '^replayed 1 file: [0-9]+ posts journalled, .*; stopped before the end$'

# --- who does not belong ----------------------------------------------------------------------------------------

start other "$AVIARY" replay --port 0 --journal journal posts.jsonl
port=$(port_of other)
run "$AVIARY" collect --lake stranger --from "127.0.0.1:$port" --once
same "another lake is refused" "$code" 1
has "in clear words" "$err" 'belongs to another lake'
run "$AVIARY" journal release --journal journal
same "a journal in use is not set free" "$code" 1
stop other
cp -r journal copy
cp -r journal freed
run "$AVIARY" journal release --journal freed
same "one that nobody uses is" "$code" 0
run "$AVIARY" journal release --journal nowhere
same "one that is not there is not" "$code" 1
run "$AVIARY" replay --journal journal --once minutes.jsonl
run "$AVIARY" collect --lake lake --journal journal --once --from "$from"
same "what comes later is collected" "$code $(status_of lake posts)" "0 10003"
head -5 posts.jsonl | tac >other.jsonl
run "$AVIARY" replay --journal copy --once other.jsonl
run "$AVIARY" collect --lake lake --journal copy --once --from "$from"
same "a journal restored from a copy, that went another way, is refused" "$code" 1
has "and it is said why" "$err" 'wrong chain|beyond the synced end|not between two lines'
same "it added nothing" "$(status_of lake posts)" 10003
head -7 posts.jsonl >seven.jsonl
run "$AVIARY" replay --journal freed --once seven.jsonl
run "$AVIARY" collect --lake heir --journal freed --once --from "$from"
same "a journal set free goes to another lake, which gets what the first had not acknowledged" \
	"$code $(status_of heir posts)" "0 7"
same "and knows where its part begins" "$(grep -ohE '"from":[0-9]+,"to":[0-9]+' heir/_aviary/log/*1 | head -1)" \
	"\"from\":$bytes,\"to\":$bytes"
run "$AVIARY" collect --lake lake --journal freed --once --from "$from"
same "the first is refused then" "$code" 1
rm -r once/_aviary/journal
run "$AVIARY" replay --lake once --once few.jsonl
run "$AVIARY" collect --lake once --once --from "$from"
same "a journal that was begun anew stops the collector" "$code" 1
has "which names what is lost, and the way on" "$err" 'rm once/_aviary/sources/'
rm once/_aviary/sources/*
run "$AVIARY" collect --lake once --once --from "$from"
same "then it goes on" "$code $(status_of once posts)" "0 $((posts + 60))"

# 0.0.0.0 stands for an address of another machine, of which no directory is known.
port=$(free_port)
start far "$AVIARY" replay --port "$port" --journal far-1 few.jsonl
start away "$AVIARY" collect --lake far --from "0.0.0.0:$port" --publish-interval 1h
holds "a collector comes to a listener elsewhere" until_true 20 said away event=connected
lacks "whose journal it does not know" "$(cat far/_aviary/sources/*)" journal
stop away KILL
stop far
start far "$AVIARY" replay --port "$port" --journal far-2 seven.jsonl
holds "another stream is served there" until_true 20 says far event=serving
run "$AVIARY" collect --lake far --from "0.0.0.0:$port" --once
same "that stops the collector, though it had not published anything" "$code $(status_of far posts)" "1 0"
has "which names what is lost, and the way on, too" "$err" 'rm far/_aviary/sources/'
rm far/_aviary/sources/*
run "$AVIARY" collect --lake far --from "0.0.0.0:$port" --once
same "then it goes on as well" "$code $(status_of far posts)" "0 7"
stop far

bad=$'far-\xff'
run "$AVIARY" replay --once --journal "$bad" few.jsonl
same "a journal whose path is not UTF-8 is refused" "$code" 1
printf '{"journal":"/nowhere/\xff"}\n' >far/_aviary/sources/0123abcd-0000-4000-8000-000000000001
run "$AVIARY" replay --once --journal far-3 few.jsonl
run "$AVIARY" collect --lake far --journal far-3 --once --from "$from"
same "what was noted of one stream and cannot be read stops no other" "$code $(status_of far posts)" "0 67"

# --- --once, and nothing moved ----------------------------------------------------------------------------

code=none
ended 20 hears_nothing
same "collect --once before a server that sends nothing fails in the end" "$code" 1
has "and says what is missing" "$(cat hears_nothing.err)" 'has sent nothing for 20 s: .* byte 0, .* ends at byte 1000'
code=none
ended 20 beside
same "so does one beside a collector that publishes nothing" "$code" 1
has "and says why" "$(cat beside.err)" 'another collector has stream .* published nothing for 20 s'
stop holder
stop held
finish
