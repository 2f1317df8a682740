#!/bin/bash
# One coordinator, a wire that somebody else serves: whatever is killed comes back, nothing is lost or twice.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/coordinator.sh"

"$SAMPLE" --start 2026-11-23T00:00:00Z --seed 1 --posts 1200 --hours 3 --out posts >/dev/null
"$AVIARY" replay --port 0 --journal journal --rate 150 posts/* >replay.out 2>replay.err </dev/null &
source=$!
until_true 30 grep -q 'event=serving' replay.err
wire=$(grep -o 'address=[^ ]*' replay.err | head -1 | cut -d= -f2)

start() {
	"$AVIARY" run --lake lake --from "$wire" --publish-interval 500ms --refine-interval 500ms --http 127.0.0.1:0 "$@" \
		2>>run.log </dev/null &
	pid=$!
}
posts() { "$AVIARY" query --lake lake --format csv 'SELECT count(*) FROM tweet_data_raw' 2>/dev/null | tail -1 | tr -d '\r'; }
grows() { [ "$(posts)" -gt "$1" ] 2>/dev/null; }

start
holds "posts of the wire become tables" until_true 60 grows 0
for role in collect refine; do
	was=$(of $role pid)
	kill -9 "$was"
	holds "$role comes back when it is killed" until_true 60 is $role restarts 1
	holds "and is ready again ($role)" until_true 60 is $role state ready
	holds "as another process ($role)" test "$(of $role pid)" != "$was"
done
has "the coordinator says so, in a line" "$(cat run.log)" '^run +[^ ]+ level=warn event=died role=collect why="signal 9" again_in_ms=1000$'
has "what roles say has their name in front" "$(cat run.log)" '^collect +[^ ]+ level=info event=published '

# --- who looks on -----------------------------------------------------------------------------------------

run "$AVIARY" status --lake lake
has "status tells who coordinates" "$out" "^run +pid $pid, since 20"
has "and how each role is" "$out" "^collect +ready since 20.*, pid $(of collect pid), restarted 1 time"
run "$AVIARY" run --lake lake --from "$wire"
same "a second run on the lake is refused" "$code" 1
has "and told who has it" "$err" "^aviary: run: lake: another run keeps it up to date, pid $pid"

# --- the coordinator is killed ----------------------------------------------------------------------------

children="$(of collect pid) $(of refine pid)"
kill -9 $pid
wait $pid 2>/dev/null
for child in $children; do
	holds "a killed coordinator leaves no role behind" until_true 30 gone "$child"
done
lacks "status does not take it for alive" "$("$AVIARY" status --lake lake)" '^run '
start
until_true 60 has_word
holds "a new one goes on" until_true 60 is refine state ready

# --- the end ----------------------------------------------------------------------------------------------

until_true 30 grep -q 'posts journalled' replay.out
holds "all posts have come" until_true 60 sh -c \
	'[ "$("$AVIARY" status --lake lake --json | grep -o "\"lag\":[0-9]*")" = "\"lag\":0" ]'
kill $pid
wait $pid
same "asked to end it does, and all is well" $? 0
has "in the order of the flow" "$(grep -o 'event=ended role=[a-z]*' run.log | tr '\n' ' ')" 'role=collect .*role=refine '
same "nothing waits for refine" "$(status_of lake stale_hours)" 0
same "nobody coordinates any more" "$(status_of lake run)" None
"$PYTHON" -c '
import sys, lib
pages = [page for path in sys.argv[1:] for page in lib.documents(path)]
print("\n".join(sorted({post["id"] for page in pages for post in page.get("data", [])})))' posts/* >expected
values lake 'SELECT DISTINCT id FROM landing ORDER BY id' | sort >got
same "every recorded post has landed" "$(diff expected got | head -3)" ""
same "nothing twice" "$(values lake 'SELECT count(*) - count(DISTINCT (stream_id, stream_offset)) FROM landing')" 0
kill $source

# --- what is wrong is said --------------------------------------------------------------------------------

run timeout 30 "$AVIARY" run --lake other --from 127.0.0.1:1 --weekend-zone Nowhere/Atlantis
same "a configuration that a role refuses ends all with 2" "$code" 2
has "and says why" "$err" "Nowhere/Atlantis"
run "$AVIARY" run --lake other
same "nothing to follow ends with 2" "$code" 2
has "and says how" "$err" '^hint: aviary run --keyword'
finish
