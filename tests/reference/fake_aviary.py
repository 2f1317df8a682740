#!/usr/bin/env python3
"""A stand-in for the program, made of the reference: so that self_test.py can see the checks pass
on a right lake and fail on wrong ones ($FAKE_FAULT). It knows just what the checks need."""
import json
import os
import pathlib
import sys

sys.dont_write_bytecode = True
import duckdb  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from documents import member  # noqa: E402
from lake import LANDING, table_directory  # noqa: E402
from rebuild import JSON_ITEMS, KINDS, _carried, encode_extra, ours_of_line  # noqa: E402
from reference import COLUMNS, SCHEMAS, VIEWS, Import, hour_of, hourly, short_views  # noqa: E402
from rows import time_text  # noqa: E402

FAULT = os.environ.get("FAKE_FAULT", "")


def arrow_type(kind):
    plain = {"text": pa.string(), "json": pa.string(), "int": pa.int64(), "bool": pa.bool_(),
             "double": pa.float64(),
             "time": pa.timestamp("us", None if FAULT == "local" else "UTC")}
    if kind[0] in plain:
        return plain[kind[0]]
    if kind[0] == "list":
        return pa.list_(arrow_type(kind[1]))
    return pa.struct([(name, arrow_type(of)) for name, of in kind[1]])


def stored(value, kind):
    if value is None or kind[0] in ("text", "int", "bool", "double", "time"):
        return value
    if kind[0] == "json":
        return json.dumps(value)
    if kind[0] == "list":
        return [stored(item, kind[1]) for item in value]
    return {name: stored(value[name], of) for name, of in kind[1]}


def page_member(page):
    """What the column `page` has on the first row of a page."""
    made = {name: value for name, value in page.document.items()
            if name not in ("data", "includes")}
    pool = {kind: {} for kind in KINDS.values()}
    for one in page.kept():
        _carried(ours_of_line(one.line, one.line.get("_aviary", {})), pool)
    if "includes" in page.document:
        made["includes"] = {}
        for name, items in page.document["includes"].items():
            if name not in KINDS or not isinstance(items, list):
                made["includes"][name] = {"raw": items}
                continue
            order, rest, seen = [], [], set()
            for item in items:
                key = member(item, "media_key" if name == "media" else "id")
                if isinstance(key, str) and key in pool[KINDS[name]] and key not in seen:
                    seen.add(key)
                    order.append(key)
                else:
                    order.append(None)
                    rest.append(item)
            if FAULT == "rest" and rest:
                rest.pop()
            made["includes"][name] = {"order": order, "rest": rest}
    dropped = [[one.position, one.post["id"]] for one in page.observations
               if one.state == "dropped"]
    if dropped:
        made["dropped"] = dropped
    return made


def landing_rows(expected):
    with_page = {id(page.kept()[0]): page for page in expected.pages if page.kept()}
    rows = []
    for number, one in enumerate(expected.observations):
        row = {**one.row, "stream_id": "fake", "stream_offset": 1000 * number,
               "extra": encode_extra(one.line, one.row), "page": None}
        for name in JSON_ITEMS:
            row[name] = row[name] and [{**item, "json": json.dumps(item["json"])}
                                       for item in row[name]]
        if id(one) in with_page:
            row["page"] = page_member(with_page[id(one)])
        rows.append(row)
    return spoil(rows)


def spoil(rows):
    if FAULT == "lost":
        rows.pop()
    elif FAULT == "lang":
        rows[1]["lang"] = "xx"
    elif FAULT == "clean":
        for row in rows:
            row["text_clean"] = row["text"]
    elif FAULT == "extra":
        for row in rows:
            row["extra"] = None
    elif FAULT == "page":
        rows[0]["page"] = None
    return rows


def write(lake, name, hour, rows, schema):
    year, month, day, of_day = hour
    text = f"{of_day:02d}" if FAULT == "padded" else str(of_day)
    directory = lake / table_directory(name) / f"year={year}/month={month}/day={day}/hour={text}"
    directory.mkdir(parents=True, exist_ok=True)
    table = pa.table({column: pa.array([stored(row[column], kind) for row in rows],
                                       arrow_type(kind)) for column, kind in schema})
    pq.write_table(table, directory / f"{name}-{len(list(directory.iterdir()))}.parquet",
                   compression="snappy" if FAULT == "snappy" else "zstd")


def write_pages(lake, pages):
    directory = lake / "request_log/year=2026/month=11/day=23/hour=7"
    directory.mkdir(parents=True, exist_ok=True)
    rows = [{"stream_id": "s", "number": number, "kind": "page", "page": page.decode()}
            for number, page in enumerate(pages)]
    if rows:
        pq.write_table(pa.Table.from_pylist(rows), directory / "pages.parquet")


def run_import(lake, files):
    expected = Import(files)
    again = (lake / "done").exists() and FAULT != "again"
    if not again:
        rows = landing_rows(expected)
        for row in rows:
            row["extra"] = row["extra"] and json.dumps(row["extra"])
        hours = {}
        for row in rows:
            hours.setdefault(hour_of(row["created_at"]), []).append(row)
        for hour, of_hour in hours.items():
            if FAULT == "hour" and hour == max(hours):
                hour = (*hour[:3], (hour[3] + 1) % 24)
            write(lake, "twitter_landing_data", hour, of_hour,
                  [(column.name, column.type) for column in COLUMNS])
        tables = hourly(rows)
        if FAULT == "users":
            next(iter(tables["user_data_raw"].values())).append(
                next(iter(tables["user_data_raw"].values()))[0])
        for name, by_hour in tables.items():
            for hour, of_hour in by_hour.items():
                write(lake, name, hour, of_hour, SCHEMAS[name])
        views = short_views(tables)
        if FAULT == "view":
            views["users"].pop()
        (lake / "done").write_text(json.dumps(views))
    write_pages(lake, expected.rowless)
    for file, number in expected.reported + expected.broken:
        print(f"{file}: document {number} is no page", file=sys.stderr)
    return expected.exit_code()


def answer(value):
    if hasattr(value, "isoformat"):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, list):
        return [answer(item) for item in value]
    if isinstance(value, dict):
        return {name: answer(item) for name, item in value.items()}
    return value


def view_rows(lake, name):
    def shown(value, kind):
        if value is not None and kind == ("time",):
            return time_text(value)
        return value

    schema = SCHEMAS[VIEWS.get(name, "totals_metrics_processed")]
    return [{column: shown(row[column], kind) for column, kind in schema}
            for row in json.loads((lake / "done").read_text())[name]]


def run_query(lake, output, sql):
    for name in [*VIEWS, "totals_metrics"]:
        if sql == f"SELECT * FROM {name}":
            print(json.dumps(view_rows(lake, name)))
            return 0
    connection = duckdb.connect()
    for name in ["twitter_landing_data", *SCHEMAS]:
        database = "twitter_raw_data" if name.endswith("_raw") else \
            "twitter_processed_data" if name.endswith("_processed") else "twitter_landing_data"
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {database}")
        glob = lake / table_directory(name) / "**/*.parquet"
        connection.execute(f"CREATE VIEW {database}.{name} AS FROM read_parquet('{glob}')")
        if name not in ("landing",):
            connection.execute(f"CREATE VIEW main.{name} AS FROM {database}.{name}")
    connection.execute("CREATE VIEW main.landing AS FROM twitter_landing_data.twitter_landing_data")
    if output == "csv":
        out = pathlib.Path(lake) / "answer.csv"
        connection.execute(f"COPY ({sql}) TO '{out}' (FORMAT csv, HEADER)")
        sys.stdout.buffer.write(out.read_bytes())
    else:
        table = connection.execute(sql).to_arrow_table()
        print(json.dumps([answer(row) for row in table.to_pylist()]))
    return 0


def main(arguments):
    lake = pathlib.Path(arguments[arguments.index("--lake") + 1])
    lake.mkdir(exist_ok=True)
    assert LANDING
    if arguments[0] == "import":
        return run_import(lake, arguments[3:])
    return run_query(lake, arguments[arguments.index("--format") + 1], arguments[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
