#!/bin/bash
# Imports and refines are killed at every stage. Whoever runs them again has everything, once.
. "$(dirname "$0")/lib.sh"

lines=20000
"$SAMPLE" --wire $lines --start 2026-11-22T00:00:00Z --seed 3 --hours 10 --bytes 900 >posts.jsonl
"$AVIARY" init --lake lake >/dev/null

# killed CONDITION COMMAND…: counts the kill; a run that fails instead is a trouble
kills=0 troubles=""
killed() {
	local said
	said=$("$PYTHON" "$story_dir/kill_when.py" lake "$@" 2>&1)
	case $? in
	0) kills=$((kills + 1)) ;;
	1) ;;
	*) troubles+="$said"$'\n' ;;
	esac
}

# check_landing LAKE LINES: files and log as pyarrow and json see them
cat >check_landing.py <<'P'
import collections, json, pathlib, sys
import pyarrow.parquet as parquet
lake, want = pathlib.Path(sys.argv[1]), int(sys.argv[2])
on_disk = {path.relative_to(lake).as_posix(): path for path in lake.glob("twitter-landing-data/**/*") if path.is_file()}
places, ids, rows = collections.Counter(), set(), 0
for path in on_disk.values():
    table = parquet.ParquetFile(path).read(columns=["id", "stream_id", "stream_offset"]).to_pydict()
    places.update(zip(table["stream_id"], table["stream_offset"]))
    ids.update(table["id"])
    rows += len(table["id"])
records = [json.loads(path.read_text()) for path in sorted((lake / "_aviary/log").iterdir())
           if path.name.isdigit()]
logged = [file for record in records for file in record["files"]]
ends = collections.defaultdict(int)
gaps = 0
for record in records:
    gaps += record["from"] != ends[record["stream"]]
    ends[record["stream"]] = record["to"]
print("rows", rows, "ids", len(ids), "places", len(places))
print("once", max(places.values(), default=1) == 1)
print("log names the files", sorted(file["name"] for file in logged) == sorted(on_disk))
print("log counts the rows", sum(file["rows"] for file in logged) == rows)
print("log has no gap", gaps == 0)
left = [path.name for place in ("staging", "intent") for path in (lake / "_aviary" / place).iterdir()]
print("left over", left)
P

# --- at every stage -----------------------------------------------------------------------------------

for condition in journal:200000 journal:4000000 journal:9000000 journal:15000000 staging:1 staging:4 staging:9 \
	intent landed:1 landed:6 record:1 claimed:1 tables:5; do
	killed $condition "$AVIARY" import --lake lake --threads 1 posts.jsonl
	posts=$(status_of lake posts)
	[ "$posts" = 0 ] || [ "$posts" = $lines ] || troubles+="$condition: $posts posts"$'\n'
done
same "no run after a kill fails, and a batch is there whole or not at all" "$troubles" ""
holds "the import was killed at least 9 times ($kills of 13)" test $kills -ge 9
import lake posts.jsonl
same "in the end it ends with 0" "$code" 0
"$PYTHON" check_landing.py lake $lines >found 2>&1
found=$(cat found)
has "every line of the file is one row" "$found" "^rows $lines ids $lines places $lines\$"
has "no (stream_id, stream_offset) twice" "$found" '^once True'
has "the log names every file, and no other" "$found" '^log names the files True'
has "and knows how many rows they have" "$found" '^log counts the rows True'
has "and has every byte of the stream" "$found" '^log has no gap True'
has "nothing is left over in staging/ and intent/" "$found" '^left over \[\]'
same "every table is there" "$(values lake "SELECT (SELECT count(*) FROM tweet_data_raw), \
(SELECT sum(count_weekend_tweets + count_week_tweets) FROM totals_metrics_processed)")" "$lines,$lines"
record=$(status_of lake record)
import lake posts.jsonl
same "and once more adds nothing" "$code $(status_of lake record)" "0 $record"

# --- between batches -----------------------------------------------------------------------------------

mv lake first-lake
kills=0 troubles=""
for record in 1 1 1; do
	killed record:$record "$AVIARY" import --lake lake --refine no --import-bytes 4MiB --segment-bytes 1MiB posts.jsonl
done
same "no run after a kill between batches fails" "$troubles" ""
holds "the import was killed between batches at least 2 times ($kills of 3)" test $kills -ge 2
import lake --refine no --import-bytes 4MiB --segment-bytes 1MiB posts.jsonl
same "in the end it ends with 0 (batches)" "$code" 0
"$PYTHON" check_landing.py lake $lines >found 2>&1
found=$(cat found)
has "every line of the file is one row (batches)" "$found" "^rows $lines ids $lines places $lines\$"
has "the log names every file, and no other (batches)" "$found" '^log names the files True'
has "and has every byte of the stream (batches)" "$found" '^log has no gap True'
has "nothing is left over in staging/ and intent/ (batches)" "$found" '^left over \[\]'

# --- while refining ----------------------------------------------------------------------------------------

kills=0 troubles=""
for condition in refining tables:3 tables:30 tables:70; do
	killed $condition "$AVIARY" refine --once --lake lake --threads 1
	run "$AVIARY" query --lake lake --format csv "SELECT count(*) = count(DISTINCT tweet_id) FROM tweet_data_raw"
	[ "$code" = 0 ] && grep -q true <<<"$out" || troubles+="$condition: $err $out"$'\n'
done
same "a killed refine leaves tables that can be read, no post twice" "$troubles" ""
holds "refine was killed at least 2 times ($kills of 4)" test $kills -ge 2
run "$AVIARY" refine --once --lake lake
same "the next one ends with 0" "$code" 0
same "and leaves no hour behind" "$(status_of lake stale_hours)" 0
same "no hour has two files" \
	"$(cd lake && find twitter_raw_data twitter-processed-data -name '*.parquet' -printf '%h\n' | sort | uniq -d)" ""
same "nothing is left over in staging/" "$(ls lake/_aviary/staging)" ""
"$PYTHON" - >found 2>&1 <<'P'
import duckdb
connection = duckdb.connect()
def table(lake, name):
    return f"(SELECT * FROM read_parquet('{lake}/{name}/**/*.parquet', hive_partitioning=true))"
for name in ("twitter_raw_data/tweet_data_raw", "twitter_raw_data/user_data_raw", "twitter_raw_data/media_data_raw",
             "twitter_raw_data/place_data_raw", "twitter-processed-data/tweet_engagement_processed",
             "twitter-processed-data/user_activity_processed", "twitter-processed-data/users_tweets_processed",
             "twitter-processed-data/totals_metrics_processed"):
    mine, other = table("lake", name), table("first-lake", name)
    columns = [row[0] for row in connection.sql(f"DESCRIBE SELECT * FROM {mine}").fetchall()]
    kept = ", ".join(column for column in columns if column not in ("stream_id",))
    one, two = f"SELECT {kept} FROM {mine}", f"SELECT {kept} FROM {other}"
    print(name, connection.sql(f"SELECT (SELECT count(*) FROM ({one} EXCEPT ALL {two})) + "
                               f"(SELECT count(*) FROM ({two} EXCEPT ALL {one}))").fetchone()[0])
P
same "the tables are those of the other lake, row by row" "$(grep -cE ' 0$' found)" 8

# --- what the next one says ----------------------------------------------------------------------------

mv lake second-lake
for attempt in 1 2 3 4 5; do
	rm -rf lake
	kills=0
	"$AVIARY" init --lake lake >/dev/null
	killed journal:4000000 "$AVIARY" import --lake lake posts.jsonl
	import lake --refine no posts.jsonl
	# Killed after its last line was read, or before the first extent was whole: once more.
	[ $kills = 0 ] || ! grep -q 'cut short' <<<"$out" || break
done
has "an import that goes on counts what the killed one had read" "$out" '^imported 1 file: 0 pages, 20,000 posts, 0 already known, 0 quarantined;'
has "and says how much that was" "$out" '^  [0-9,]+ of the posts had been read by an import that was cut short$'
same "all of it landed" "$(values lake "SELECT count(*) FROM landing")" $lines

# --- two at once -------------------------------------------------------------------------------------------

head -5000 posts.jsonl >one.jsonl
tail -5000 posts.jsonl >two.jsonl
"$AVIARY" import --lake both one.jsonl >one.out 2>one.err &
one=$!
until_true 10 test -s both/_aviary/import/00000000000000000000.segment
kill -STOP $one
"$AVIARY" import --lake both two.jsonl >two.out 2>two.err &
two=$!
holds "a second import says that it waits for the first" \
	until_true 10 grep -q '^another import into both is running: waiting for it$' two.err
kill -CONT $one
wait $one
same "the first ends with 0" $? 0
wait $two
same "the second too" $? 0
"$PYTHON" check_landing.py both 10000 >found 2>&1
found=$(cat found)
has "both landed, each line once" "$found" '^rows 10000 ids 10000 places 10000$'
has "nothing is left over (both)" "$found" '^left over \[\]'
finish
