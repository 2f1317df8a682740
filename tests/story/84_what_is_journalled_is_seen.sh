#!/bin/bash
# The live view: query sees what is journalled and not published, whoever is down, and one moment of it.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"

"$SAMPLE" --wire 3000 --start 2026-11-22T05:00:00Z --seed 5 --hours 3 --bytes 700 >first.jsonl
"$SAMPLE" --wire 500 --start 2026-11-22T07:00:00Z --seed 8 --hours 3 --bytes 700 >second.jsonl
count="SELECT count(*), count(DISTINCT (stream_id, stream_offset)) FROM landing"
sees() { [ "$(values lake "$count" 2>/dev/null)" = "$1,$1" ]; }

# --- nothing is published -------------------------------------------------------------------------------

start replay "$AVIARY" replay --port 0 --journal journal first.jsonl
port=$(port_of replay)
start collect "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --publish-interval 1h
holds "the collector connects" until_true 20 said collect 'event=connected'
holds "all is journalled" until_true 20 is 3000 wire_status "$port" status.posts
holds "posts are seen before they are published" until_true 20 sees 3000
same "of which nothing is" "$(status_of lake posts)" 0
run "$AVIARY" query --lake lake "SELECT count(*) FROM posts"
has "query says what it saw" "$err" '^1 row; snapshot [0-9]+.* and 3,000 posts behind it$'
rows="SELECT * FROM tweet_data_raw ORDER BY ALL"
facts="SELECT * FROM totals_metrics_processed ORDER BY year, month, day, hour"
values lake "$rows" >rows.live
values lake "$facts" >facts.live

# --- who is down -----------------------------------------------------------------------------------------

stop collect KILL
holds "with the collector down they are seen" sees 3000
stop replay KILL
holds "with the listener down, too" sees 3000
run "$AVIARY" query --lake lake "SELECT count(*) FROM landing"
has "from its journal" "$out" '3000'
mv journal elsewhere
run "$AVIARY" query --lake lake "SELECT count(*) FROM landing"
has "without a journal there is what is published" "$out$err" '(^| )0$'
has "and query says so" "$err" '^stream [0-9a-f-]+ is seen up to .* only: '
mv elsewhere journal

# --- published, all of it or some ------------------------------------------------------------------------

run "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --journal journal --once
same "it is published" "$code $(status_of lake posts)" "0 3000"
holds "and seen once" sees 3000
same "rows of a dimension are what they were" "$(values lake "$rows" | cmp - rows.live && echo same)" same
"$AVIARY" refine --lake lake --once
same "refined, too" "$(values lake "$rows" | cmp - rows.live && echo same)" same
same "and facts" "$(values lake "$facts" | cmp - facts.live && echo same)" same

# Late posts of hours that are refined already.
start replay "$AVIARY" replay --port "$port" --journal journal --rate 2000 second.jsonl
sees_more() { [ "$(values lake "SELECT count(*) FROM $1")" = 3500 ]; }
holds "late posts are seen in landing" until_true 20 sees_more landing
holds "in a dimension" sees_more tweet_data_raw
holds "in a fact" sees_more twitter_processed_data.tweet_engagement_processed
holds "and in a view" sees_more posts
live=$(values lake "$rows" | sha256sum)

# --- one moment ------------------------------------------------------------------------------------------

"$SAMPLE" --wire 20000 --start 2026-11-22T06:00:00Z --seed 9 --hours 2 --bytes 500 >third.jsonl
stop replay
start replay "$AVIARY" replay --port "$port" --journal journal --rate 4000 third.jsonl
start collect "$AVIARY" collect --lake lake --from "127.0.0.1:$port" --publish-interval 200ms
last=0 asked=0 fell=0 twice=0
until [ "$last" -ge 23500 ] || [ $SECONDS -gt 60 ]; do
	IFS=, read -r seen once < <(values lake "$count")
	asked=$((asked + 1))
	[ "$seen" -ge "$last" ] || fell=$((fell + 1))
	[ "$seen" = "$once" ] || twice=$((twice + 1))
	last=$seen
done
same "while batches are published the count never falls ($asked questions)" "$fell" 0
same "and no line is seen twice" "$twice" 0
same "until all is there" "$last" 23500
stop collect
stop replay
holds "query has left nothing behind" test -z "$(find lake/_aviary/staging -name 'live-*')"
finish
