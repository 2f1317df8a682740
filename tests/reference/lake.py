"""Reads a lake's Parquet files with pyarrow, apart from the program.

A row is a dict as in rows.py: times are integers, json columns are still text."""
import pathlib
import re

import pyarrow as pa
import pyarrow.parquet as pq

HOUR = re.compile(r"year=(0|[1-9]\d*)/month=([1-9]\d?)/day=([1-9]\d?)/hour=(0|[1-9]\d?)"
                  r"/[^/]+\.parquet", re.A)
LANDING = "twitter-landing-data"


def table_directory(name):
    if name == "twitter_landing_data":
        return LANDING
    return ("twitter_raw_data/" if name.endswith("_raw") else "twitter-processed-data/") + name


class LakeError(Exception):
    pass


def _without_times(kind):
    """The type with integers (microseconds) in the place of times."""
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_without_times(kind.value_type)))
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(_without_times(field.type)) for field in kind])
    return kind


class TableFile:
    def __init__(self, path, hour):
        self.path, self.hour = path, hour
        with pq.ParquetFile(path) as parquet:
            self.metadata, self.arrow_schema = parquet.metadata, parquet.schema_arrow
            self.parquet_schema = parquet.schema
            table = parquet.read()
        self.rows = []
        if table.num_rows:
            columns = [column.cast(_without_times(column.type)) for column in table.columns]
            self.rows = pa.Table.from_arrays(columns, table.column_names).to_pylist()


def read_table(lake, name):
    """The files of a table. Every one must lie in an hour's directory."""
    root = pathlib.Path(lake) / table_directory(name)
    if not root.is_dir():
        raise LakeError(f"no directory {root.name}")
    files = []
    for path in sorted(root.rglob("*")):
        if path.is_dir():
            continue
        match = HOUR.fullmatch(path.relative_to(root).as_posix())
        if not match:
            raise LakeError(f"{path.relative_to(lake)} is in no year=/month=/day=/hour= directory")
        try:
            files.append(TableFile(path, tuple(map(int, match.groups()))))
        except (pa.ArrowException, OSError) as error:
            raise LakeError(f"{path.relative_to(lake)}: {error}") from error
    return files


def read_pages(lake):
    """The pages in request_log, in the order of their records; a long one goes on in those behind it."""
    rows = []
    for path in sorted((pathlib.Path(lake) / "request_log").rglob("*.parquet")):
        with pq.ParquetFile(path) as parquet:
            rows += parquet.read(["stream_id", "number", "kind", "page"]).to_pylist()
    rows.sort(key=lambda row: (row["stream_id"], row["number"]))
    if len({(row["stream_id"], row["number"]) for row in rows}) != len(rows):
        raise LakeError("a request record is there twice")
    pages = []
    for row in rows:
        if row["kind"] == "rest":
            pages[-1] += row["page"]
        elif row["page"] is not None:
            pages.append(row["page"])
    return pages


def listing(lake):
    """{path: (size, time of change)} of all files in the tables' directories."""
    found = {}
    for top in (LANDING, "twitter_raw_data", "twitter-processed-data"):
        for path in (pathlib.Path(lake) / top).rglob("*"):
            if path.is_file():
                state = path.stat()
                found[path.relative_to(lake).as_posix()] = (state.st_size, state.st_mtime_ns)
    return found


def type_problem(kind, arrow):
    """Why an Arrow type is not the one of columns.def, or None."""
    name = kind[0]
    plain = {"text": pa.types.is_string, "bool": pa.types.is_boolean, "int": pa.types.is_int64,
             "double": pa.types.is_float64}
    if name in plain:
        return None if plain[name](arrow) else f"{arrow}, not {name}"
    if name == "json":
        text = pa.types.is_string(arrow) or "json" in str(arrow)
        return None if text else f"{arrow}, not json text"
    if name == "time":
        good = pa.types.is_timestamp(arrow) and arrow.unit == "us" and arrow.tz == "UTC"
        return None if good else f"{arrow}, not UTC microseconds"
    if name == "list":
        if not pa.types.is_list(arrow):
            return f"{arrow}, not a list"
        return type_problem(kind[1], arrow.value_type)
    if not pa.types.is_struct(arrow):
        return f"{arrow}, not a struct"
    fields = list(arrow)
    if [field.name for field in fields] != [member for member, _ in kind[1]]:
        return f"{arrow}, not the members {[member for member, _ in kind[1]]}"
    problems = [type_problem(of, field.type) for (_, of), field in zip(kind[1], fields)]
    return next(filter(None, problems), None)
