#!/bin/bash
# One command on a lake that is on HDFS: a simulated X, and everything behind it. Collector and refiner are killed, HDFS
# loses answers, and with a real one ($AVIARY_TEST_HDFS) NameNode and DataNode are killed; at the end what X has is what
# we have, once.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hdfs.sh"
hdfs_start

start() {
	"$AVIARY" run --config "$AVIARY_ROOT/etc/cluster.conf" --lake "$lake" --journal "$TEST_DIR/journal" --simulate \
		--simulate-port 0 --simulate-rate 20 --seed 7 --requests-per-window 100000 --port 0 --http 127.0.0.1:0 \
		--interval 1s --publish-interval 1s --refine-interval 500ms --query '#Birds OR the OR a OR url:t' \
		2>>run.log </dev/null &
	pid=$!
}
# of ROLE MEMBER: what the coordinator says about a role
of() {
	"$AVIARY" status --lake "$lake" --json 2>/dev/null | "$PYTHON" -c '
import json, sys
run = json.load(sys.stdin)["run"] or {"roles": []}
print(next((role.get(sys.argv[2], "") for role in run["roles"] if role["role"] == sys.argv[1]), ""))' "$1" "$2" 2>/dev/null
}
is() { [ "$(of "$1" "$2")" = "$3" ]; }
published() { "$AVIARY" status --lake "$lake" --json 2>/dev/null | grep -o '"posts":[0-9]*' | head -1 | cut -d: -f2; }
grows() { [ "$(published)" -gt "$1" ] 2>/dev/null; }
page() { "$PYTHON" -c 'import sys, urllib.request as r; sys.exit(r.urlopen(sys.argv[1], timeout=5).status != 200)' "$(of serve address)"; }

start
holds "posts of the simulated X are published on HDFS" until_true 60 grows 0
holds "and go on being published" until_true 30 grows "$(published)"
holds "the page is there" until_true 30 page

for role in collect refine; do
	kill -9 "$(of $role pid)"
	holds "$role comes back when it is killed" until_true 60 is $role restarts 1
done
holds "and posts are published" until_true 60 grows "$(published)"

ask_stand_in PUT '/fault?kind=lose_answer&at=3&times=40' >/dev/null
holds "posts are published while answers are lost" until_true 60 grows "$(published)"
if [ -n "${AVIARY_TEST_HDFS:-}" ]; then
	for node in namenode datanode; do
		"$AVIARY_ROOT/tests/cluster/hdfs" kill "$AVIARY_TEST_HDFS" $node
		"$AVIARY_ROOT/tests/cluster/hdfs" revive "$AVIARY_TEST_HDFS" $node
		"$AVIARY_ROOT/tests/cluster/hdfs" ready "$AVIARY_TEST_HDFS"
		holds "posts are published after a kill of the $node" until_true 90 grows "$(published)"
	done
fi

kill $pid
wait $pid
same "asked to end it drains, and all is well" $? 0
has "everything journalled is published" "$("$AVIARY" status --lake "$lake" --json)" '"lag":0'
same "and refined" "$(status_of "$lake" stale_hours)" 0
same "no observation is there twice" \
	"$(values "$lake" 'SELECT count(*) - count(DISTINCT (stream_id, stream_offset)) FROM landing')" 0

# The same seed has the same posts by the same ids, whoever asks.
"$AVIARY" simulate --simulate-port 0 --simulate-rate 20 --seed 7 --requests-per-window 100000 >x.out </dev/null &
simulate=$!
until_true 30 grep -q 'http://' x.out
values "$lake" 'SELECT id FROM landing' >ids
holds "of every post that X had we have one, and nothing else ($(wc -l <ids))" \
	"$PYTHON" "$story_dir/minted.py" "$(grep -o 'http://[0-9.:]*' x.out)" '#Birds OR the OR a OR url:t' <ids
same "and the tables have them too" "$(values "$lake" 'SELECT count(*) FROM tweet_data_raw')" \
	"$(values "$lake" 'SELECT count(DISTINCT id) FROM landing')"
kill $simulate
hdfs_stop
finish
