"""`aviary sql --dialect spark`, run as it is by Spark over the landing files, gives row for row the tables that
aviary refined with DuckDB. usage: spark_sql_test.py FILE… (recorded pages); needs pyspark 3.5 and Java."""
import os
import shutil
import subprocess
import sys
import tempfile

import duckdb
from pyspark.sql import SparkSession

TABLES = {
    "twitter_landing_data": "twitter_landing_data",
    "tweet_data_raw": "twitter_raw_data",
    "user_data_raw": "twitter_raw_data",
    "place_data_raw": "twitter_raw_data",
    "media_data_raw": "twitter_raw_data",
    "tweet_engagement_processed": "twitter_processed_data",
    "user_activity_processed": "twitter_processed_data",
    "users_tweets_processed": "twitter_processed_data",
    "totals_metrics_processed": "twitter_processed_data",
}
DIRECTORIES = {"twitter_landing_data": "twitter-landing-data", "twitter_raw_data": "twitter_raw_data",
               "twitter_processed_data": "twitter-processed-data"}
VIEWS = ("posts", "users", "media", "places", "totals_metrics")


def plain(value):
    """A value as something that compares: times as microseconds, structs as tuples of pairs."""
    if hasattr(value, "asDict"):
        value = value.asDict()
    if isinstance(value, dict):
        return tuple((name, plain(item)) for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return tuple(plain(item) for item in value)
    if hasattr(value, "timestamp"):
        return ("time", round(value.timestamp() * 1_000_000))
    return value


def rows(names, values):
    order = sorted(range(len(names)), key=lambda at: names[at])
    return sorted((tuple(plain(row[at]) for at in order) for row in values), key=repr)


def main(files):
    aviary = os.environ["AVIARY"]
    work = tempfile.mkdtemp(prefix="aviary-spark-")
    ours, theirs = os.path.join(work, "ours"), os.path.join(work, "theirs")
    subprocess.run([aviary, "import", "--lake", ours, *files], check=False, capture_output=True)
    shutil.copytree(os.path.join(ours, "twitter-landing-data"), os.path.join(theirs, "twitter-landing-data"))
    sql = subprocess.run([aviary, "sql", "--dialect", "spark", "--lake", theirs], check=True, capture_output=True,
                         text=True).stdout
    spark = (SparkSession.builder.master("local[2]").appName("parity").enableHiveSupport()
             .config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
             .config("spark.sql.shuffle.partitions", "2").config("spark.driver.host", "127.0.0.1")
             .config("spark.driver.bindAddress", "127.0.0.1")
             .config("spark.sql.warehouse.dir", os.path.join(work, "warehouse"))
             .config("spark.hadoop.javax.jdo.option.ConnectionURL",
                     f"jdbc:derby:;databaseName={work}/metastore;create=true")
             .config("spark.driver.extraJavaOptions", f"-Duser.timezone=UTC -Dderby.system.home={work}").getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    for statement in filter(None, (part.strip() for part in sql.split(";\n\n"))):
        try:
            spark.sql(statement)
        except Exception as error:
            print(f"not ok - runs: {statement[:200]}\n# {str(error)[:2000]}")
            return 1
    print("ok - every statement runs as it is printed")
    base = duckdb.connect()
    base.execute("SET TimeZone = 'UTC'")
    bad = 0
    for table, database in TABLES.items():
        directory = f"{ours}/{DIRECTORIES[database]}" + ("" if table == "twitter_landing_data" else f"/{table}")
        mine = base.execute(f"SELECT * FROM read_parquet('{directory}/**/*.parquet', hive_partitioning=true, hive_types="
                            "{'year': INTEGER, 'month': INTEGER, 'day': INTEGER, 'hour': INTEGER})")
        my_names = [column[0] for column in mine.description]
        my_rows = rows(my_names, mine.fetchall())
        frame = spark.sql(f"SELECT * FROM {database}.{table}")
        their_rows = rows(frame.columns, frame.collect())
        same = sorted(my_names) == sorted(frame.columns) and my_rows == their_rows
        bad += not same
        print(f"{'ok' if same else 'not ok'} - {table}: {len(my_rows)} rows are equal in DuckDB and Spark")
        if not same:
            print("#", set(my_names) ^ set(frame.columns), len(my_rows), len(their_rows))
            for one, other in [(a, b) for a, b in zip(my_rows, their_rows) if a != b][:2]:
                print("#", [(x, y, n) for x, y, n in zip(one, other, sorted(my_names)) if x != y][:5])
    for view in VIEWS:
        text = subprocess.run([aviary, "query", "--lake", ours, "--format", "csv", f"SELECT count(*) FROM {view}"],
                              capture_output=True, text=True, check=True).stdout.split()[1]
        count = spark.sql(f"SELECT count(*) FROM aviary.{view}").collect()[0][0]
        bad += int(text) != count
        print(f"{'ok' if int(text) == count else 'not ok'} - the view {view} has {text} rows in both")
    spark.stop()
    shutil.rmtree(work, ignore_errors=True)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
