#!/bin/bash
# Every request and every gap is a record: on the wire, and in the lake once, whoever is killed.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"
. "$(dirname "$0")/listener.sh"

# records PORT FROM COUNT: numbers and kinds of so many records that the wire gives from a number on
records() {
	"$PYTHON" -c '
import json, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as s:
    s.settimeout(20)
    s.sendall(b"{\"aviary\":1,\"requests\":{\"from\":%d}}\n" % int(sys.argv[2]))
    lines = s.makefile()
    answer = json.loads(lines.readline())
    for _ in range(int(sys.argv[3])):
        record = json.loads(lines.readline())
        print(record["number"], record["kind"], record.get("posts"), end=" ")' "$@"
}
book="SELECT count(*) = count(DISTINCT number) AND count(*) = max(number), count(*) FILTER (status IS NOT NULL) FROM request_log"

# --- on the wire --------------------------------------------------------------------------------------------------

posts 250
start daemon "$AVIARY" listen --overlap 0s --journal j1 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
port=$(port_of daemon)
same "records stream from a number on, as they come" "$(records "$port" 2 3)" "2 request 100 3 request 50 4 request 0 "

# --- collectors that are killed ------------------------------------------------------------------------------------

for i in 1 2 3 4 5; do
	start collect "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --publish-interval 100ms
	until_true 10 says collect 'event=published.*requests='
	stop collect KILL
	posts $((250 + i * 10))
done
stop daemon KILL
run "$AVIARY" collect --lake lake --journal j1 --once --from 127.0.0.1:1
run "$AVIARY" collect --lake lake --journal j1 --once --from 127.0.0.1:1
same "each is in the lake once, whoever was killed" "$(values lake "$book")" "true,$(asked 'len(r)')"
same "as each post is" "$(values lake "SELECT count(*), count(DISTINCT id) FROM landing")" "$(asked 'sum(len(q["given"]) for q in r)'),$(asked 'sum(len(q["given"]) for q in r)')"
same "posts, records and what was new agree" "$(values lake "SELECT sum(new_posts) = (SELECT count(*) FROM landing) FROM request_log")" true
same "by its database's name, too" "$(values lake "SELECT count(*) > 3 FROM aviary.request_log")" true
same "a listener started again counts on" "$(once j1 --keyword bird --overlap 0s; lines j1 "$book" >/dev/null
	"$AVIARY" collect --lake lake --journal j1 --once --from 127.0.0.1:1 >/dev/null 2>&1; values lake "$book")" "true,$(asked 'len(r)')"

# --- what a poll that brings nothing costs -------------------------------------------------------------------------

start daemon "$AVIARY" listen --overlap 0s --journal j1 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
port_of daemon >/dev/null
further() { [ "$(asked 'len(r)')" -ge $((before + $1)) ]; }
before=$(asked 'len(r)')
until_true 10 further 1
start tracer strace -f -y -qq -e trace=write,pwrite64,fsync,fdatasync -o calls -p "${pid_of[daemon]}"
if until_true 3 grep -q '/j1/requests/' calls 2>/dev/null; then
	: >calls
	before=$(asked 'len(r)')
	until_true 10 further 3
	stop tracer INT
	polls=$(($(asked 'len(r)') - before))
	# The tracer began and ended in the midst of a poll, perhaps.
	writes=$(grep -acE '(write|pwrite64)\([0-9]+<[^>]*/j1/' calls) syncs=$(grep -acE '(fsync|fdatasync)\([0-9]+<[^>]*/j1/' calls)
	others=$(grep -E '\([0-9]+<[^>]*/j1/' calls | grep -avcE '(write|fdatasync)\([0-9]+<[^>]*/j1/requests/[0-9]+\.segment>')
	echo "# $polls polls: $writes writes, $syncs syncs, $others of anything but request records"
	holds "a poll that brings nothing writes and syncs its record, and nothing else" \
		test "$others" = 0 -a "$writes" -ge $((polls - 1)) -a "$writes" -le $((polls + 1)) -a "$syncs" -le $((polls + 1))
else
	skipped "a poll that brings nothing writes and syncs its record, and nothing else" "no strace that may attach"
fi
stop daemon

# --- what X counted ------------------------------------------------------------------------------------------------

at() { "$PYTHON" -c 'import sys, time; print(int((time.time() // 86400 * 86400 + float(sys.argv[1]) * 3600) * 1000000))' "$1"; }
today=$(date -u +%F)
once j2 --keyword bird --overlap 0s
read_today=$(asked 'len(r[-3]["given"]) + len(r[-2]["given"]) + len(r[-1]["given"])')
echo "$today $read_today" >x/usage
AVIARY_TEST_CLOCK_US=$(at 24.5) once j2 --keyword bird --overlap 0s
lacks "in a day's first hour X is not asked what it counted" "$err" 'event=usage'
AVIARY_TEST_CLOCK_US=$(at 26) once j2 --keyword bird --overlap 0s
has "then it is, and that it agrees is said" "$err" "level=info event=usage why=\"posts of yesterday: ours $read_today, X $read_today\""
AVIARY_TEST_CLOCK_US=$(at 27) once j2 --keyword bird --overlap 0s
lacks "once a day" "$err" 'event=usage'
once j3 --keyword bird --overlap 0s
echo "$today $((read_today * 9 / 10))" >x/usage
AVIARY_TEST_CLOCK_US=$(at 26) once j3 --keyword bird --overlap 0s
has "that it does not is a warning" "$err" 'level=warn event=usage why="posts of yesterday: ours'
same "asking is a request, too" "$(lines j3 "SELECT count(*) FROM request_log WHERE endpoint = '/2/usage/tweets' AND status = 200")" 1
finish
