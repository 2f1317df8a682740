#!/bin/bash
# The lake is on HDFS: imports and refines are killed at one call after the other, a refiner sleeps while another one
# works, and what is asked of it is what a local lake answers. $AVIARY_HDFS_STEP: at every how many calls (67).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/hdfs.sh"
hdfs_start
step=${AVIARY_HDFS_STEP:-67}

"$SAMPLE" --start 2026-11-23T00:00:00Z --seed 1 --posts 300 --hours 3 --out first
"$SAMPLE" --start 2026-11-23T01:00:00Z --seed 2 --posts 200 --hours 2 --out second
import local first/* second/*
same "a local lake has them" $code 0

# --- landing -------------------------------------------------------------------------------------------------

run "$AVIARY" import --lake "$lake" first/*
same "an import needs a place for its journal" $code 1
has "and says how to name one" "$err" 'name a directory of this machine with --journal'
kills=0
for ((n = 1; ; n += step / 3 + 1)); do
	at_call kill_after $n "$AVIARY" import --lake "$lake" --journal journal --refine no first/*
	wait $pid 2>/dev/null
	was_hit || { ask_stand_in PUT /no-fault >/dev/null; break; }
	kills=$((kills + 1))
done
holds "an import was killed at its calls ($kills times)" test $kills -gt 1
has "the last one ends" "$(cat at_call.out)" 'imported'
run "$AVIARY" import --lake "$lake" --journal journal --refine no second/*
same "and others after it" $code 0
rows='SELECT count(*), count(DISTINCT (stream_id, stream_offset)), count(DISTINCT id) FROM landing'
same "every post is there once, as in a local lake" "$(values "$lake" "$rows")" "$(values local "$rows")"

# --- refining ------------------------------------------------------------------------------------------------

kills=0
for ((n = 1; ; n += step)); do
	at_call kill_after $n "$AVIARY" refine --once --lake "$lake"
	wait $pid 2>/dev/null
	was_hit || { ask_stand_in PUT /no-fault >/dev/null; break; }
	kills=$((kills + 1))
done
holds "a refine was killed at every ${step}th of its calls ($kills times)" test $kills -gt 1
same "no hour is stale in the end" "$(status_of "$lake" stale_hours)" 0

# What every table holds, but for what tells how it came in.
tables() { # LAKE
	local table
	for table in tweet_data_raw user_data_raw place_data_raw media_data_raw tweet_engagement_processed \
		user_activity_processed users_tweets_processed totals_metrics_processed; do
		"$AVIARY" query --lake "$1" --format json "SELECT * EXCLUDE (year, month, day, hour), hour FROM $table" |
			"$PYTHON" -c 'import json, sys
for row in sorted(json.dumps({k: v for k, v in row.items() if not k.startswith(("stream", "fetched"))}, sort_keys=True)
                  for row in json.load(sys.stdin)): print(sys.argv[1], row)' $table
	done
}
tables local >local.tables
tables "$lake" >hdfs.tables
holds "every table is as in a local lake ($(wc -l <local.tables) rows)" cmp local.tables hdfs.tables
holds "and there are rows" test "$(wc -l <local.tables)" -gt 500
same "an hour of a table is one file" "$(ask_stand_in GET \
	"/webhdfs/v1/story/$$/lake/twitter_raw_data/user_data_raw/year=2026/month=11/day=23/hour=1?op=LISTSTATUS_BATCH" |
	grep -o '"pathSuffix": *"[^"]*"' | tr -d ' ')" '"pathSuffix":"hour.parquet"'

# --- two refiners, one asleep ----------------------------------------------------------------------------------

# The sleeper has another scratch directory, so no lock of this machine keeps the two apart.
sleeps=0 wrong=""
for ((n = 2; ; n += step)); do
	"$SAMPLE" --start 2026-11-23T01:00:00Z --seed $((n + 10)) --posts 6 --hours 2 --out late.$n
	"$AVIARY" import --lake "$lake" --journal journal --refine no late.$n/* >/dev/null || wrong+="import $n "
	at_call pause $n env AVIARY_SCRATCH="$TEST_DIR/sleeper" "$AVIARY" refine --once --lake "$lake"
	sleeper=$pid
	until_true 20 eval 'was_hit || ! kill -0 $sleeper 2>/dev/null'
	was_hit || {
		ask_stand_in PUT /no-fault >/dev/null
		kill -CONT $sleeper 2>/dev/null
		break
	}
	sleeps=$((sleeps + 1))
	"$SAMPLE" --start 2026-11-23T01:00:00Z --seed $((n + 5000)) --posts 6 --hours 2 --out later.$n
	"$AVIARY" import --lake "$lake" --journal journal --refine no later.$n/* >/dev/null || wrong+="import $n "
	"$AVIARY" refine --once --lake "$lake" >/dev/null || wrong+="refine $n "
	kill -CONT $sleeper
	wait $sleeper 2>/dev/null
	[ "$(status_of "$lake" stale_hours)" = 0 ] || wrong+="stale $n "
	"$AVIARY" import --lake local late.$n/* later.$n/* >/dev/null
	[ "$(values "$lake" 'SELECT count(*), sum(tweets_collected) FROM user_activity_processed')" = \
		"$(values local 'SELECT count(*), sum(tweets_collected) FROM user_activity_processed')" ] || wrong+="table $n "
done
wait $sleeper
holds "a refiner slept at its calls ($sleeps times) while another one did its work" test $sleeps -gt 1
same "and left no stale hour when it woke" "$wrong" ""
"$AVIARY" import --lake local late.$n/* >/dev/null
tables local >local.tables
tables "$lake" >hdfs.tables
holds "the tables are as in a local lake" cmp local.tables hdfs.tables

hdfs_stop
finish
