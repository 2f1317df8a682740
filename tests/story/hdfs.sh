# A lake on HDFS, for stories: `. "$(dirname "$0")/hdfs.sh"` behind lib.sh. HDFS is tests/cluster/stand_in.py, or what
# $AVIARY_TEST_NAMENODE names, with that before it; either lets things go wrong on request.
export AVIARY_SCRATCH=$TEST_DIR/scratch

hdfs_start() {
	mkfifo stand_in.in
	"$PYTHON" "$AVIARY_ROOT/tests/cluster/stand_in.py" ${AVIARY_TEST_NAMENODE:+--before "$AVIARY_TEST_NAMENODE"} \
		<stand_in.in >stand_in.out &
	stand_in=$!
	exec 9>stand_in.in
	until_true 20 grep -q . stand_in.out
	read -r namenode _ <stand_in.out
	place=webhdfs://127.0.0.1:$namenode/story/$$
	lake="$place/lake?user=root&patience=20&stall=10"
}
hdfs_stop() {
	exec 9>&-
	wait $stand_in
}

ask_stand_in() { # METHOD PATH-AND-QUERY
	"$PYTHON" -c 'import sys, urllib.request as r
print(r.urlopen(r.Request(sys.argv[1], method=sys.argv[2])).read().decode())' "http://127.0.0.1:$namenode$2" "$1"
}

# at_call KIND N COMMAND…: begins the command in the background as $pid, and KIND (kill_before, kill_after, pause …) hits
# it at its Nth call
at_call() {
	local kind=$1 at=$2
	shift 2
	rm -f go
	# shellcheck disable=SC2016
	bash -c 'until [ -e go ]; do sleep 0.01; done; exec "$@"' at_call "$@" >at_call.out 2>&1 </dev/null &
	pid=$!
	ask_stand_in PUT /no-fault >/dev/null
	ask_stand_in PUT "/fault?kind=$kind&at=$at&pid=$pid" >/dev/null
	touch go
}
was_hit() {
	[ "$(ask_stand_in GET /calls | cut -d' ' -f3)" = 1 ]
}
