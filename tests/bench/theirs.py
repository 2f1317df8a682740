"""The same wire lines by DuckDB alone: read_json with the 44 historical columns named, COPY with PARTITION_BY.

usage: theirs.py LINES OUTPUT THREADS      prints the CPU seconds the statement took, and the rows
"""
import resource
import sys

import duckdb

POST = """{
 reply_settings: 'VARCHAR', edit_history_tweet_ids: 'VARCHAR[]',
 referenced_tweets: 'STRUCT("type" VARCHAR, id VARCHAR)[]', created_at: 'TIMESTAMPTZ', lang: 'VARCHAR',
 "text": 'VARCHAR', conversation_id: 'VARCHAR', author_id: 'VARCHAR', id: 'VARCHAR', batch_id: 'BIGINT',
 hashtags: 'VARCHAR[]', attachments: 'STRUCT(media_keys VARCHAR[])',
 public_metrics: 'STRUCT(retweet_count BIGINT, reply_count BIGINT, like_count BIGINT,
   quote_count BIGINT, impression_count BIGINT)',
 entities: 'STRUCT(mentions STRUCT(username VARCHAR, id VARCHAR, "start" BIGINT, "end" BIGINT)[])',
 "user": 'STRUCT(profile_image_url VARCHAR, pinned_tweet_id VARCHAR, "location" VARCHAR,
   protected BOOLEAN, verified BOOLEAN, description VARCHAR, "name" VARCHAR, id VARCHAR,
   username VARCHAR, created_at TIMESTAMPTZ, public_metrics STRUCT(followers_count BIGINT,
   following_count BIGINT, tweet_count BIGINT, listed_count BIGINT))',
 media: 'STRUCT(media_key VARCHAR, "type" VARCHAR)', in_reply_to_user_id: 'VARCHAR',
 geo: 'STRUCT(place_id VARCHAR)',
 place: 'STRUCT("name" VARCHAR, place_type VARCHAR, id VARCHAR, country_code VARCHAR,
   full_name VARCHAR, country VARCHAR, geo STRUCT("type" VARCHAR, bbox DOUBLE[]))'
}"""

COLUMNS = [
    "reply_settings", "edit_history_tweet_ids", "referenced_tweets", "created_at", "lang", '"text"',
    "conversation_id", "author_id", "id", "batch_id", "hashtags",
    "attachments.media_keys AS attachments_media_keys",
    *(f"public_metrics.{n}_count AS public_metrics_{n}_count"
      for n in ("retweet", "reply", "like", "quote", "impression")),
    "entities.mentions AS entities_mentions",
    *(f'"user".{n} AS user_{n}'
      for n in ("profile_image_url", "pinned_tweet_id", "location", "protected", "verified",
                "description", "name", "id", "username", "created_at")),
    *(f'"user".public_metrics.{n}_count AS user_public_metrics_{n}_count'
      for n in ("followers", "following", "tweet", "listed")),
    "media.media_key AS media_media_key", "media.type AS media_type", "in_reply_to_user_id",
    "geo.place_id AS geo_place_id",
    *(f"place.{n} AS place_{n}"
      for n in ("name", "place_type", "id", "country_code", "full_name", "country")),
    "place.geo.type AS place_geo_type", "place.geo.bbox AS place_geo_bbox",
    *(f"{n}(created_at) AS {n}" for n in ("year", "month", "day", "hour")),
]


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main(lines, output, threads):
    connection = duckdb.connect()
    connection.execute(f"SET threads = {int(threads)}")
    connection.execute("SET preserve_insertion_order = false")
    connection.execute("SET TimeZone = 'UTC'")
    began = cpu_seconds()
    rows = connection.execute(
        f"COPY (SELECT {', '.join(COLUMNS)} FROM read_json('{lines}', format = 'newline_delimited', columns = {POST})) "
        f"TO '{output}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (year, month, day, hour))"
    ).fetchall()[0][0]
    print(cpu_seconds() - began, rows)


main(*sys.argv[1:])
