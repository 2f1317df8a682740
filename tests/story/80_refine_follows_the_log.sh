#!/bin/bash
# refine is left running: what is landed becomes tables by itself, and waiting costs nothing.
. "$(dirname "$0")/lib.sh"

"$SAMPLE" --start 2026-11-23T00:00:00Z --seed 1 --posts 30 --hours 2 --out first >/dev/null
"$SAMPLE" --start 2026-11-23T01:00:00Z --seed 2 --posts 30 --hours 2 --out second >/dev/null
import lake --refine no first/*

stale() { [ "$(status_of lake stale_hours)" = "$1" ]; }
cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$1/stat"; }
gone() { ! kill -0 "$1" 2>/dev/null; }

"$AVIARY" refine --lake lake --refine-interval 50ms 2>refine.log &
pid=$!
holds "what was landed before its start becomes tables" until_true 60 stale 0
import lake --refine no second/*
record=$(status_of lake record)
holds "what is landed later does, too" until_true 60 stale 0
same "tables and landing have the same posts" \
	"$(values lake "SELECT count(DISTINCT tweet_id) FROM tweet_data_raw")" \
	"$(values lake "SELECT count(DISTINCT id) FROM landing")"
has "each run says what it did, in a line" "$(cat refine.log)" ' level=info event=refined '"hours=[0-9]+ record=$record "'ms=[0-9]+$'

before=$(cpu_ticks $pid)
sleep 2
holds "waiting takes less than 1 % of a core" test $(($(cpu_ticks $pid) - before)) -le 2

# --- it shares the work, and ends when asked ------------------------------------------------------------

mkdir -p lake/_aviary/lock
exec 9>>lake/_aviary/lock/refine
flock 9
"$SAMPLE" --start 2026-11-23T09:00:00Z --seed 3 --posts 20 --hours 1 --out third >/dev/null
import lake --refine no third/*
record=$(status_of lake record)
sleep 1
same "while another refines it waits" "$(status_of lake stale_hours)" 1
lacks "and says nothing" "$(cat refine.log)" "aviary:|warn|error|record=$record"
flock -u 9
holds "then it goes on" until_true 60 stale 0

flock 9
kill $pid
holds "asked to end it does, whoever refines" until_true 30 gone $pid
wait $pid
same "and that is success" $? 0
flock -u 9

# --- what it cannot do ----------------------------------------------------------------------------------

file=$(find lake/twitter-landing-data -name '*.parquet' | sort | head -1)
printf spoilt >"$file"
"$AVIARY" refine --lake lake --refine-interval 50ms --weekend friday 2>refine.log &
pid=$!
holds "an hour whose file is spoilt keeps no other from being refined" until_true 60 \
	sh -c '[ "$("$AVIARY" status --lake lake --json --weekend friday | grep -o "\"stale_hours\":[0-9]*")" = "\"stale_hours\":1" ]'
until_true 30 grep -q '^aviary: ' refine.log
"$SAMPLE" --start 2026-11-23T10:00:00Z --seed 4 --posts 20 --hours 1 --out fourth >/dev/null
import lake --refine no fourth/*
record=$(status_of lake record)
holds "nor later ones" until_true 60 grep -q "record=$record" refine.log
same "and is told once" "$(grep -c '^aviary: ' refine.log)" 1
kill $pid
wait $pid
same "refine lived on" $? 0
run "$AVIARY" refine --lake lake --weekend-zone Nowhere/Atlantis
same "a zone that is none is refused before anything waits" "$code" 2
finish
