#!/bin/bash
# The files are plain Parquet in hive directories: pyarrow and DuckDB's own package open them unchanged.
. "$(dirname "$0")/lib.sh"

"$SAMPLE" --start 2026-11-22T20:00:00Z --seed 41 --posts 300 --hours 10 --out pages || exit 1
import lake pages/*
same "import ends with 0" "$code" 0

cat >engines.py <<'P'
import glob, json, sys
import duckdb
import pyarrow as pa
import pyarrow.dataset as dataset
import pyarrow.parquet as parquet

LANDING = """
reply_settings:string edit_history_tweet_ids:list<string> referenced_tweets:list<struct<type:string,id:string>> created_at:time
lang:string text:string conversation_id:string author_id:string id:string batch_id:int64 hashtags:list<string>
attachments_media_keys:list<string> public_metrics_retweet_count:int64 public_metrics_reply_count:int64
public_metrics_like_count:int64 public_metrics_quote_count:int64 public_metrics_impression_count:int64
entities_mentions:list<struct<username:string,id:string,start:int64,end:int64>> user_profile_image_url:string
user_pinned_tweet_id:string user_location:string user_protected:bool user_verified:bool user_description:string
user_name:string user_id:string user_username:string user_created_at:time user_public_metrics_followers_count:int64
user_public_metrics_following_count:int64 user_public_metrics_tweet_count:int64 user_public_metrics_listed_count:int64
media_media_key:string media_type:string in_reply_to_user_id:string geo_place_id:string place_name:string
place_place_type:string place_id:string place_country_code:string place_full_name:string place_country:string
place_geo_type:string place_geo_bbox:list<double> stream_id:string stream_offset:int64
""".split()
TABLES = {
    "twitter-landing-data": "twitter_landing_data",
    **{f"twitter_raw_data/{name}": name for name in ("tweet_data_raw", "user_data_raw", "place_data_raw", "media_data_raw")},
    **{f"twitter-processed-data/{name}": name for name in (
        "tweet_engagement_processed", "user_activity_processed", "users_tweets_processed", "totals_metrics_processed")},
}
wanted = dict(pair.split(":", 1) for pair in json.load(open("counts.json")))


def spelled(kind):
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{spelled(kind.value_type)}>"
    if pa.types.is_struct(kind):
        return f"struct<{','.join(f'{field.name}:{spelled(field.type)}' for field in kind)}>"
    if pa.types.is_timestamp(kind):
        return "time" if kind.unit == "us" and kind.tz == "UTC" else f"time[{kind.unit},{kind.tz}]"
    return str(kind).replace("large_string", "string")


def times(schema):
    return [field for field in schema if pa.types.is_timestamp(field.type)]


connection = duckdb.connect()
for directory, name in TABLES.items():
    data = dataset.dataset(f"lake/{directory}", format="parquet", partitioning="hive")
    table = data.to_table()
    print("pyarrow", name, "yes" if table.num_rows == int(wanted[name]) else (table.num_rows, wanted[name]))
    relation = connection.sql(f"SELECT * FROM read_parquet('lake/{directory}/**/*.parquet', hive_partitioning=true)")
    rows = relation.aggregate("count(*)").fetchone()[0]
    print("duckdb", name, "yes" if rows == int(wanted[name]) else (rows, wanted[name]))
    print("same", name, "yes" if set(table.column_names) == set(relation.columns) else set(table.column_names) ^ set(relation.columns))
    print("hive", name, "yes" if {"year", "month", "day", "hour"} <= set(table.column_names) else table.column_names)
    files = glob.glob(f"lake/{directory}/**/*.parquet", recursive=True)
    schemas = {str(parquet.read_schema(path).remove_metadata()) for path in files}
    print("schema", name, "yes" if len(schemas) == 1 else len(schemas))
    codecs = {meta.row_group(g).column(c).compression for path in files for meta in [parquet.ParquetFile(path).metadata]
              for g in range(meta.num_row_groups) for c in range(meta.num_columns)}
    print("zstd", name, "yes" if codecs <= {"ZSTD"} else codecs)
    print("utc", name, "yes" if all(field.type.tz == "UTC" and field.type.unit == "us" for field in times(data.schema)) else
          times(data.schema))
    if name == "twitter_landing_data":
        got = [f"{field.name}:{spelled(field.type)}" for field in data.schema][:len(LANDING)]
        print("types", "yes" if got == LANDING else [pair for pair in zip(got, LANDING) if pair[0] != pair[1]])
        hours = table.select(["created_at", "year", "month", "day", "hour"]).to_pylist()
        print("hours", "yes" if all((row["created_at"].year, row["created_at"].month, row["created_at"].day, row["created_at"].hour) ==
                                    (row["year"], row["month"], row["day"], row["hour"]) for row in hours) else hours[:2])
        print("days", "yes" if len({row["day"] for row in hours}) > 1 else "one")
        kept = {key.decode(): value.decode() for key, value in parquet.ParquetFile(files[0]).metadata.metadata.items()}
        print("footer", "yes" if {"stream", "from", "to", "rows"} <= set(kept) else sorted(kept))
        connection.execute("SET TimeZone = 'Africa/Cairo'")
        zoned = connection.sql(f"SELECT typeof(created_at), epoch_us(created_at), stream_offset FROM read_parquet('lake/{directory}/**/*.parquet')").fetchall()
        moments = {row["stream_offset"]: row["created_at"] for row in table.select(["stream_offset", "created_at"]).to_pylist()}
        print("zone", "yes" if {row[0] for row in zoned} == {"TIMESTAMP WITH TIME ZONE"} and
              all(round(moments[row[2]].timestamp() * 1e6) == row[1] for row in zoned) else zoned[:2])
        one = next(iter({(row["year"], row["month"], row["day"], row["hour"]) for row in hours}))
        part = data.to_table(filter=(dataset.field("year") == one[0]) & (dataset.field("month") == one[1]) &
                             (dataset.field("day") == one[2]) & (dataset.field("hour") == one[3]))
        print("pruned", "yes" if 0 < part.num_rows < table.num_rows else part.num_rows)
P
tables="twitter_landing_data tweet_data_raw user_data_raw place_data_raw media_data_raw tweet_engagement_processed \
user_activity_processed users_tweets_processed totals_metrics_processed"
values lake "$(for table in $tables; do echo "SELECT '$table:' || count(*) FROM $table UNION ALL"; done) SELECT 'end:0'" |
	"$PYTHON" -c 'import json, sys; json.dump(sys.stdin.read().split(), open("counts.json", "w"))'
"$PYTHON" engines.py >found 2>&1
found=$(cat found)
for table in $tables; do
	has "pyarrow reads every row of $table" "$found" "^pyarrow $table yes"
	has "so does DuckDB's package" "$found" "^duckdb $table yes"
	has "both see the same columns ($table)" "$found" "^same $table yes"
	has "year, month, day and hour among them ($table)" "$found" "^hive $table yes"
	has "all its files have one schema ($table)" "$found" "^schema $table yes"
	has "and are zstd ($table)" "$found" "^zstd $table yes"
	has "its times are UTC microseconds ($table)" "$found" "^utc $table yes"
done
has "the 44 columns, stream_id and stream_offset have their names, order and types" "$found" '^types yes'
has "a row's hour is the hour of its directory, in UTC" "$found" '^hours yes'
has "over midnight" "$found" '^days yes'
has "a file's footer tells its stream, bytes and rows" "$found" '^footer yes'
has "times mean the same moment in another zone" "$found" '^zone yes'
has "a filter on the hour reads that hour only" "$found" '^pruned yes'
finish
