#!/bin/bash
# init, check and status with a lake on a real HDFS, and what they say when it is not theirs or not there.
. "$(dirname "$0")/../story/lib.sh"

place=webhdfs://$AVIARY_TEST_NAMENODE/story-$$
lake="$place/lake?user=root&patience=20"
export AVIARY_SCRATCH=$TEST_DIR/scratch

run "$AVIARY" check --lake "$lake"
same "check passes before there is a lake" $code 0
has "and says that it is not there yet" "$out" 'not there yet'

run "$AVIARY" init --lake "$lake"
same "init makes a lake on HDFS" $code 0
has "and tells its id" "$out" 'is ready \(id [0-9a-f-]{36}\)'
id=$(grep -oE '[0-9a-f-]{36}' <<<"$out")
run "$AVIARY" init --lake "$lake"
has "a second init leaves it as it is" "$out" "$id"

run "$AVIARY" check --lake "$lake"
same "check passes on it" $code 0
has "HDFS renames without overwriting" "$out" 'renames without overwriting +yes'
has "locks are said to hold here only" "$out" 'this machine only: yes'
has "the power cut is not hidden" "$out" 'synconclose'

run "$AVIARY" status --lake "$place/lake?user=stranger&patience=20"
same "another user may look at it" $code 0
has "and finds the same lake" "$out" "$id"
run "$AVIARY" init --lake "$place/other?user=stranger&patience=20"
same "and may not make one beside it" $code 1
run env HADOOP_USER_NAME=guest "$AVIARY" init --lake "$place/other?patience=20"
has "who to be is also taken from Hadoop's own variable" "$err" 'Permission denied: user=guest'
run "$AVIARY" init --lake "$place/other?user=stranger&patience=20"
has "HDFS's reason is given" "$err" 'Permission denied: user=stranger'
has "and what to do" "$err" 'as user stranger'

started=$SECONDS
run "$AVIARY" check --lake 'webhdfs://127.0.0.1:1/lake?patience=1'
same "where nobody answers the command fails" $code 1
has "with the address" "$err" '127\.0\.0\.1:1'
holds "and soon" test $((SECONDS - started)) -lt 15

run "$AVIARY" check --lake 'webhdfs://127.0.0.1/lake'
same "an address without a port is refused" $code 1
has "with what is missing" "$err" 'port is missing'
finish
