#!/bin/bash
# What `aviary sql` prints, run by somebody else over landing, gives exactly the tables that are stored.
. "$(dirname "$0")/lib.sh"

# Sunday evening to Monday morning
"$SAMPLE" --start 2026-11-22T20:00:00Z --seed 31 --posts 300 --hours 8 --out pages || exit 1
import lake pages/*
same "import ends with 0" "$code" 0

cat >rebuild.py <<'P'
"""Runs the SQL in file argv[1] over the landing of lake argv[2] and compares with what is stored there."""
import re
import sys
import duckdb

sql, lake = open(sys.argv[1]).read(), sys.argv[2]
PLACES = {"raw": "twitter_raw_data", "processed": "twitter-processed-data"}
types = "hive_types={'year': INTEGER, 'month': INTEGER, 'day': INTEGER, 'hour': INTEGER}"
connection = duckdb.connect(config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"})
connection.execute("SET TimeZone = 'UTC'")
def stored(directory):
    return f"read_parquet('{lake}/{directory}/**/*.parquet', hive_partitioning=true, {types})"
connection.execute(f"CREATE VIEW twitter_landing_data AS SELECT * FROM {stored('twitter-landing-data')}")
statements = [text.strip() for text in re.split(r";\s*\n", sql) if text.strip()]
for statement in statements:
    kind, name = re.match(r"CREATE (TABLE|VIEW) (\w+) AS", statement).groups()
    connection.execute(statement)
    mine = connection.sql(f"SELECT * FROM {name}")
    if kind == "VIEW":
        print("view", name, "rows", mine.aggregate("count(*)").fetchone()[0])
        continue
    columns = ", ".join(mine.columns)  # DuckDB gives those of the path another order
    source = stored(PLACES[name.rsplit("_", 1)[1]] + "/" + name)
    assert set(connection.sql(f"SELECT * FROM {source}").columns) == set(mine.columns), name
    theirs = connection.sql(f"SELECT {columns} FROM {source}")
    shape = [(column, str(kind)) for column, kind in zip(mine.columns, mine.types)]
    other = [(column, str(kind)) for column, kind in zip(theirs.columns, theirs.types)]
    differ = mine.except_(theirs).aggregate("count(*)").fetchone()[0] + theirs.except_(mine).aggregate("count(*)").fetchone()[0]
    count, same = mine.aggregate("count(*)").fetchone()[0], theirs.aggregate("count(*)").fetchone()[0]
    print("table", name, "rows", count, "differ", differ + abs(count - same), "columns", "same" if shape == other else (shape, other))
P

# compared NAME LAKE: claims for the eight tables and the views
compared() {
	"$PYTHON" rebuild.py "$1.sql" "$2" >found 2>&1
	found=$(cat found)
	local table
	for table in tweet_data_raw user_data_raw place_data_raw media_data_raw tweet_engagement_processed \
		user_activity_processed users_tweets_processed totals_metrics_processed; do
		has "$1: $table is what its SQL gives, row by row" "$found" "^table $table rows [1-9][0-9]* differ 0 columns same"
	done
}

run "$AVIARY" sql
same "sql ends with 0" "$code$err" 0
cp .out all.sql
compared all lake
for view in landing posts users media places totals_metrics; do
	has "the view $view is printed too, and runs" "$found" "^view $view rows [1-9]"
done

# --- one table, and settings --------------------------------------------------------------------------------

whole=$(cat all.sql)
run "$AVIARY" sql user_data_raw
has "sql TABLE prints that table" "$out" '^CREATE TABLE user_data_raw AS'
same "and no other" "$(grep -c '^CREATE' <<<"$out")" 1
same "with the same words" "$([[ $whole == *"$out"* ]] && echo yes)" yes
run "$AVIARY" sql totals_metrics user_data_raw
same "several tables come in the order they need" "$(grep '^CREATE' <<<"$out" | xargs)" \
	"CREATE TABLE user_data_raw AS CREATE VIEW totals_metrics AS"
lacks "no dialect word is left in it" "$whole" '\{\{|\}\}'

settings=(--weekend friday --weekend monday --weekend-zone Asia/Tokyo)
"$AVIARY" sql "${settings[@]}" >weekend.sql
same "other weekend days are other SQL" "$(cmp -s all.sql weekend.sql; echo $?)" 1
"$PYTHON" rebuild.py weekend.sql lake >found 2>&1
has "which differs from what is stored" "$(cat found)" '^table totals_metrics_processed rows [0-9]+ differ [1-9]'
run "$AVIARY" refine --once --lake lake "${settings[@]}"
same "until refine ran with them" "$code" 0
compared weekend lake
run "$AVIARY" refine --once --lake lake
compared all lake
finish
