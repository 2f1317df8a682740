"""The checks of the reference tests: a lake that the program imported, against the reference.

What a rebuilt page may differ in from the page that X sent: see rebuild.py. Where docs/tables.md
says nothing, the checks leave room: the order of users_all and of referenced_posts, an empty list or
NULL for media_all, polls, users_all and referenced_posts, JSON's null or NULL in a json column.
"""
import collections
import csv
import functools
import io
import json
import os
import pathlib
import subprocess
import traceback

import duckdb

import lake as lake_files
from documents import copied, listed, member
from reference import (COLUMNS, CONTRACT_COLUMNS, Import, Includes, KEYS, ROOT, RebuildError,
                       SCHEMAS, VIEWS, differences, hour_of, hourly, parse_row, rebuild_line, rebuild_page,
                       rebuild_post, short_views, split_pages, time_us)

BINARY = os.environ.get("AVIARY_BIN", str(ROOT / "build/aviary"))
CLEANED = ("text_clean", "user_description_clean", "hashtags_folded")
LANDING = "twitter_landing_data"
DATABASES = {"_data": "twitter_landing_data", "_raw": "twitter_raw_data",
             "_processed": "twitter_processed_data"}


class Failed(Exception):
    """A check's claim does not hold; the text says why."""


class Report:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, function):
        try:
            function()
            self.passed += 1
            print(f"ok {name}", flush=True)
            return
        except (Failed, lake_files.LakeError) as error:
            why = str(error)
        except Exception:  # a check that falls over is a check that fails
            why = "the check itself failed\n" + traceback.format_exc()
        self.failed += 1
        print(f"not ok {name}: " + why.replace("\n", "\n    "), flush=True)

    def finish(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0


def fail_with(problems, what=""):
    if problems:
        more = [] if len(problems) <= 10 else [f"and {len(problems) - 10} more"]
        raise Failed("\n".join([what or f"{len(problems)} differences", *problems[:10], *more]))


def run_aviary(*arguments, time_zone=None):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("AVIARY_")}
    if time_zone:
        environment["TZ"] = time_zone
    done = subprocess.run([BINARY, *map(str, arguments)], env=environment, capture_output=True,
                          timeout=300, check=False)
    # Not subprocess's own decoding, which would make every \r\n a \n.
    done.stdout = done.stdout.decode("utf-8", "replace")
    done.stderr = done.stderr.decode("utf-8", "replace")
    return done


def query(lake, sql, output="json"):
    done = run_aviary("query", "--lake", lake, "--format", output, sql)
    if done.returncode != 0:
        raise Failed(f"query '{sql}': exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    return json.loads(done.stdout) if output == "json" else done.stdout


def short(value):
    text = repr(value)
    return text if len(text) <= 200 else text[:197] + "..."


def same(expected, got):
    return not differences(expected, got, most=1)


class Lake:
    """A lake that the program made of `files`, read once."""

    def __init__(self, path, files, expected=None, time_zone=None):
        self.path, self.files = pathlib.Path(path), [str(file) for file in files]
        self.expected = expected or Import(files)
        self.time_zone = time_zone
        self.done = run_aviary("import", "--lake", self.path, *self.files, time_zone=time_zone)

    @functools.cached_property
    def landing_files(self):
        return lake_files.read_table(self.path, LANDING)

    @functools.cached_property
    def landing(self):
        """Rows in the order of the stream, json columns parsed, with their directory's `_hour`."""
        rows = []
        for file in self.landing_files:
            for row in file.rows:
                parsed = parse_row(row)
                parsed["_hour"] = file.hour
                rows.append(parsed)
        return sorted(rows, key=lambda row: (row["stream_id"], row["stream_offset"]))

    @functools.cached_property
    def matched(self):
        """[(observation, row)]: the nth observation of an id with the nth row of that id."""
        return match(self.expected.observations, self.landing, lambda one: one.row["id"])

    @functools.cached_property
    def table_files(self):
        return {name: lake_files.read_table(self.path, name) for name in SCHEMAS}

    @functools.cached_property
    def tables(self):
        tables = {}
        for name, files in self.table_files.items():
            hours = collections.defaultdict(list)
            for file in files:
                hours[file.hour] += file.rows
            tables[name] = {hour: rows for hour, rows in hours.items() if rows}
        return tables

    @functools.cached_property
    def expected_tables(self):
        return hourly(self.landing)


def match(observations, rows, key):
    by_id = collections.defaultdict(list)
    for row in rows:
        by_id[row["id"]].append(row)
    seen, pairs = collections.Counter(), []
    for one in observations:
        nth = seen[key(one)]
        seen[key(one)] += 1
        if nth < len(by_id[key(one)]):
            pairs.append((one, by_id[key(one)][nth]))
    return pairs


# --- landing -----------------------------------------------------------------------------------

def import_ends(lake):
    """With the right exit code; each file of which something is left out or broken is named."""
    expected = lake.expected
    reported = {file for file, _ in expected.reported + expected.broken}
    output = lake.done.stdout + lake.done.stderr
    if lake.done.returncode != expected.exit_code():
        raise Failed(f"exit code {lake.done.returncode}, expected {expected.exit_code()}: "
                     f"{output.strip()[-800:]}")
    silent = [f"{file}: not reported" for file in sorted(reported) if file not in output]
    fail_with(silent, f"{len(silent)} files not reported; it said: {output.strip()[-400:]}")


def every_id_lands(lake):
    want = {one.row["id"] for one in lake.expected.observations}
    got = {row["id"] for row in lake.landing}
    fail_with([f"{one} did not land" for one in sorted(want - got)] +
              [f"{one} landed, but no page has it" for one in sorted(got - want)])


def every_observation_lands_once(lake):
    want = [one.row["id"] for one in lake.expected.observations]
    got = [row["id"] for row in lake.landing]
    problems = []
    if len(want) != len(got):
        problems.append(f"expected {len(want)} observations, got {len(got)}")
    want_count, got_count = collections.Counter(want), collections.Counter(got)
    for post_id in want_count.keys() | got_count.keys():
        if want_count[post_id] != got_count[post_id]:
            where = ", ".join(f"{one.where()} {one.state}" for page in lake.expected.pages
                              for one in page.observations if one.post["id"] == post_id)
            problems.append(f"id {post_id}: expected {want_count[post_id]} times, "
                            f"got {got_count[post_id]} ({where})")
    if not problems and want != got:
        at = next(at for at, (one, two) in enumerate(zip(want, got)) if one != two)
        problems.append(f"order: observation {at} should be {want[at]}, is {got[at]}")
    places = [(row["stream_id"], row["stream_offset"]) for row in lake.landing]
    if len(set(places)) != len(places):
        problems.append("(stream_id, stream_offset) is not unique")
    if len({stream for stream, _ in places}) > 1:
        problems.append("one import, but more than one stream_id")
    fail_with(problems)


def compare_columns(lake, names):
    kinds = {column.name: column.type for column in COLUMNS}
    problems, counts = [], collections.Counter()
    for one, row in lake.matched:
        for name in names:
            want, got = one.row[name], row[name]
            if not equal_in_column(name, kinds[name], want, got):
                counts[name] += 1
                if counts[name] <= 3 or len(counts) == 1:  # one column is not to hide the others
                    problems.append(f"{one.where()} id {row['id']} {name}" +
                                    "; ".join(differences(want, got, most=3)))
    missing = len(lake.expected.observations) - len(lake.matched)
    if missing:
        problems.insert(0, f"{missing} rows are missing")
    fail_with(problems, "differences: " + ", ".join(
        f"{name} {count}" for name, count in counts.most_common()))


def equal_in_column(name, kind, want, got):
    if want is None and got is None or isinstance(want, str):
        return want == got
    if name in ("media_all", "polls", "users_all", "referenced_posts"):
        want, got = want or None, got or None
    if name in ("users_all", "referenced_posts") and want and got:
        def order(item):
            return (item is None, (item or {}).get("id") or "")
        want, got = sorted(want, key=order), sorted(got, key=order)
    if kind != ("text",):  # repeats are lines_come_back()'s to see: they may stand in duplicates
        want, got = without_repeats(want), without_repeats(got)
    return same(want, got) or (kind == ("json",) and want is None and got is None)


def without_repeats(value):
    if isinstance(value, dict):
        return {name: without_repeats(one) for name, one in value.items()}
    return [without_repeats(item) for item in value] if isinstance(value, list) else value


def the_44_columns(lake):
    compare_columns(lake, [column.name for column in COLUMNS[:CONTRACT_COLUMNS]])


def the_cleaned_columns(lake):
    compare_columns(lake, CLEANED)


def the_other_columns(lake):
    skipped = {*CLEANED, "stream_id", "stream_offset", "page", "extra"}
    compare_columns(lake, [column.name for column in COLUMNS[CONTRACT_COLUMNS:]
                           if column.name not in skipped])


def landing_hours(lake):
    fail_with([f"id {row['id']} of {hour_of(row['created_at'])} stands in {row['_hour']}"
               for row in lake.landing if hour_of(row["created_at"]) != row["_hour"]])


# --- lossless ----------------------------------------------------------------------------------

def _comparable(line):
    """A line without `page`, which pages_come_back() sees, in one order of what docs/tables.md leaves
    open."""
    line = copied(line)
    line.pop("page", None)
    if isinstance(line.get("_aviary"), dict):
        line["_aviary"] = _comparable(line["_aviary"])
    for name in ("users_all", "referenced"):
        if isinstance(line.get(name), list):
            line[name] = sorted(line[name], key=lambda item: str(item.get("id"))
                                if isinstance(item, dict) else "")
    return line


def lines_come_back(lake):
    problems = []
    for one, row in lake.matched:
        try:
            line = rebuild_line(row)
        except RebuildError as error:
            problems.append(f"{one.where()} id {row['id']}: {error}")
            continue
        found = differences(_comparable(one.line), _comparable(line))
        problems += [f"{one.where()} id {row['id']} {text}" for text in found]
    fail_with(problems)


def pages_without_rows_are_kept(lake):
    """Whole, as they were sent, each once, in request_log."""
    def text(one):
        return (one if isinstance(one, bytes) else one.encode()).strip()

    found = {text(page) for page in lake_files.read_pages(lake.path)}
    want = {text(one) for one in lake.expected.rowless}
    fail_with([f"not kept: {short(one)}" for one in want - found] +
              [f"kept, but it gave rows: {short(one)}" for one in found - want])


def pages_come_back(lake):
    recorded = {id(row) for one, row in lake.matched if one.page is None}  # lines of the wire
    of_pages = [row for row in lake.landing if id(row) not in recorded]
    by_id = collections.defaultdict(list)
    for row in of_pages:
        by_id[row["id"]].append(row)
    pages = [page for page in lake.expected.pages if page.kept()]
    found = split_pages(of_pages)
    problems = []
    if len(pages) != len(found) or sum(map(len, found)) != len(of_pages):
        problems.append(f"{len(pages)} pages, but {len(found)} rows have `page`; "
                        f"{len(of_pages) - sum(map(len, found))} rows stand before the first")
    batches = [rows[0]["batch_id"] for rows in found]
    if any(row["batch_id"] != rows[0]["batch_id"] for rows in found for row in rows) or \
            batches != sorted(set(batches)):
        problems.append("batch_id does not grow by page")
    for page, rows in zip(pages, found):
        problems += [f"{page.file} page {page.number} {text}"
                     for text in page_differences(page, rows, by_id)]
    fail_with(problems)


def page_differences(page, rows, by_id):
    def earlier(position, post_id):
        """The row of the same contents: what makes the page complete."""
        posts = page.document["data"]
        for row in by_id[post_id]:
            if row["stream_offset"] <= rows[-1]["stream_offset"] and position < len(posts) and \
                    same(posts[position], rebuild_post(row)[0]):
                return row
        raise RebuildError(f"dropped {position} {post_id}: no earlier identical row")

    want = [[one.position, one.post["id"]] for one in page.observations if one.state == "dropped"]
    found = differences(want, sorted(rows[0]["page"].get("dropped", [])), "dropped")
    try:
        rebuilt = rebuild_page(rows, earlier)
    except RebuildError as error:
        return found + [str(error)]
    if any(one.state == "quarantined" for one in page.observations):
        return found
    return found + differences(page.document, rebuilt)


# --- dimensions, facts, views ------------------------------------------------------------------

def compare_rows(table, want, got, where):
    key = KEYS[table]
    if key is None:
        return [f"{where} {text}" for text in differences(want, got)]
    problems = []
    want_by, got_by = {row[key]: row for row in want}, {row[key]: row for row in got}
    if len(got_by) != len(got):
        problems.append(f"{where}: {len(got) - len(got_by)} repeated {key}")
    problems += [f"{where} {key} {one}: missing" for one in want_by.keys() - got_by.keys()]
    problems += [f"{where} {key} {one}: not expected" for one in got_by.keys() - want_by.keys()]
    for one in want_by.keys() & got_by.keys():
        problems += [f"{where} {key} {one} {text}"
                     for text in differences(want_by[one], got_by[one])]
    return problems


def table_equals(lake, name):
    want, got = lake.expected_tables[name], lake.tables[name]
    problems = [f"hour {hour}: missing" for hour in sorted(want.keys() - got.keys())]
    problems += [f"hour {hour}: not expected" for hour in sorted(got.keys() - want.keys())]
    for hour in sorted(want.keys() & got.keys()):
        problems += compare_rows(name, want[hour], got[hour], f"hour {hour}")
    fail_with(problems)


def table_types(lake, name):
    want = SCHEMAS[name]
    problems = []
    for file in lake.table_files[name]:
        where = file.path.relative_to(lake.path)
        problems += schema_problems(file, want, where)
    if not lake.table_files[name]:
        problems.append("no file")
    fail_with(problems)


def schema_problems(file, want, where):
    names = file.arrow_schema.names
    if names != [name for name, _ in want]:
        return [f"{where}: columns {names}, expected {[name for name, _ in want]}"]
    problems = []
    for (name, kind), field in zip(want, file.arrow_schema):
        problem = lake_files.type_problem(kind, field.type)
        if problem:
            problems.append(f"{where}: {name} is {problem}")
    return problems


def from_query(value, kind):
    """A value of query --format json in the words of rows.py."""
    if value is None:
        return None
    if kind[0] == "time":
        us = time_us(value)
        if us is None:
            raise Failed(f"no ISO 8601 time with Z: {value!r}")
        return us
    if kind[0] == "list":
        return [from_query(item, kind[1]) for item in value]
    if kind[0] == "struct":
        return {name: from_query(value[name], of) for name, of in kind[1]}
    return value


def short_view(lake, name):
    table = VIEWS.get(name, "totals_metrics_processed")
    schema = SCHEMAS[table]
    got = query(lake.path, f"SELECT * FROM {name}")
    names = [column for column, _ in schema]
    wrong = [list(row) for row in got if list(row) not in (names, names + list(PARTITION))]
    fail_with([f"columns {one}, expected {names}" for one in wrong[:1]])
    rows = [{column: from_query(row[column], kind) for column, kind in schema} for row in got]
    fail_with(compare_rows(table, short_views(lake.expected_tables)[name], rows, name))


PARTITION = ("year", "month", "day", "hour")


def names_answer(lake):
    """Tables answer to NAME and DATABASE.NAME, `landing` to the landing table."""
    counts = {name: sum(map(len, hours.values())) for name, hours in lake.tables.items()}
    counts[LANDING] = len(lake.landing)
    names, problems = [], []
    for name, count in counts.items():
        database = DATABASES["_" + name.rsplit("_", 1)[1]]
        names += [(name, count), (f"{database}.{name}", count)]
    names.append(("landing", len(lake.landing)))
    sql = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS rows FROM {name}"
                             for name, _ in names)
    got = {row["name"]: row["rows"] for row in query(lake.path, sql)}
    for name, count in names:
        if got.get(name) != count:
            problems.append(f"{name}: expected {count} rows, got {got.get(name)}")
    fail_with(problems)


def csv_is_rfc_4180(lake):
    text = query(lake.path, "SELECT stream_offset, text FROM landing", output="csv")
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    fail_with([f"header {rows[:1]}"] if rows[:1] != [["stream_offset", "text"]] else [])
    want = {str(row["stream_offset"]): row["text"] or "" for row in lake.landing}
    got = dict(rows[1:])
    fail_with([f"offset {key}: expected {short(want.get(key))}, got {short(got.get(key))}"
               for key in want.keys() | got.keys() if want.get(key) != got.get(key)])


# --- the star ----------------------------------------------------------------------------------

def dimension_hours(lake):
    """Every row of a table stands in the hour of a post that has it."""
    have = {name: collections.defaultdict(set) for name in ("tweet_id", "user_id", "place_id",
                                                            "media_id")}
    for row in lake.landing:
        hour = hour_of(row["created_at"])
        have["tweet_id"][hour].add(row["id"])
        have["user_id"][hour].add(row["user_id"])
        have["place_id"][hour].add(row["place_id"])
        have["media_id"][hour] |= {item["media_key"] for item in row["media_all"] or [] if item}
        have["media_id"][hour].add(row["media_media_key"])
    problems = []
    for name, hours in lake.tables.items():
        for hour, rows in hours.items():
            for row in rows:
                if KEYS[name] and row[KEYS[name]] not in have[KEYS[name]][hour]:
                    problems.append(f"{name} {hour}: no post has {row[KEYS[name]]}")
                if "tweet_date" in row and hour_of(row["tweet_date"]) != hour:
                    problems.append(f"{name} {hour}: {row['tweet_id']} is of another hour")
    fail_with(problems)


def star(lake):
    """Author, media and place that a page included for a post: one row each in the post's hour."""
    counts = {name: collections.Counter((hour, row[KEYS[name]]) for hour, rows in hours.items()
                                        for row in rows)
              for name, hours in lake.tables.items() if KEYS[name]}
    problems = []

    def exactly_one(table, hour, key, where):
        if counts[table][hour, key] != 1:
            problems.append(f"{where}: {counts[table][hour, key]} rows of {table} for {key}")

    includes_of = {}
    for one, row in lake.matched:
        hour, where = hour_of(row["created_at"]), f"{one.where()} id {row['id']}"
        for table in ("tweet_data_raw", "tweet_engagement_processed", "users_tweets_processed"):
            exactly_one(table, hour, row["id"], where)
        if one.page is None:
            continue
        if one.page.batch_id not in includes_of:
            includes_of[one.page.batch_id] = Includes(one.page.document)
        includes, post = includes_of[one.page.batch_id], one.post
        if includes.pick(includes.users, [post.get("author_id")]):
            exactly_one("user_data_raw", hour, post["author_id"], where)
            exactly_one("user_activity_processed", hour, post["author_id"], where)
        keys = listed(member(post, "attachments", "media_keys"))
        for item in includes.pick(includes.media, keys):
            exactly_one("media_data_raw", hour, item["media_key"], where)
        for item in includes.pick(includes.places, [member(post, "geo", "place_id")]):
            exactly_one("place_data_raw", hour, item["id"], where)
        problems += mention_problems(post, row, includes, counts["user_data_raw"], hour, where)
    fail_with(problems)


def mention_problems(post, row, includes, users, hour, where):
    """A mention is no author: it stands among the post's users, and in at most one row of users."""
    problems = []
    named = {user["id"] for user in row["users_all"] or [] if user} | {row["user_id"]}
    for mention in listed(member(post, "entities", "mentions")):
        user = member(mention, "id")
        if user is None:
            name = str(member(mention, "username")).lower()
            user = member(includes.usernames.get(name), "id")
        if not includes.pick(includes.users, [user]):
            continue
        if user not in named:
            problems.append(f"{where}: mentioned user {user} is not in users_all")
        if users[hour, user] > 1:
            problems.append(f"{where}: {users[hour, user]} rows of user_data_raw for {user}")
    return problems


# --- files -------------------------------------------------------------------------------------

def landing_types(lake):
    want = [(column.name, column.type) for column in COLUMNS]
    problems = []
    for file in lake.landing_files:
        problems += schema_problems(file, want, file.path.relative_to(lake.path))
    fail_with(problems or ([] if lake.landing_files else ["no file"]))


def files_are_zstd_and_utc(lake):
    problems = []
    for file in [*lake.landing_files, *(one for of in lake.table_files.values() for one in of)]:
        where = file.path.relative_to(lake.path)
        for group in range(file.metadata.num_row_groups):
            for at in range(file.metadata.num_columns):
                column = file.metadata.row_group(group).column(at)
                if column.compression != "ZSTD":
                    problems.append(f"{where} {column.path_in_schema}: {column.compression}")
        for at in range(len(file.parquet_schema)):
            column = file.parquet_schema.column(at)
            kind = json.loads(column.logical_type.to_json())
            if kind.get("Type") == "Timestamp" and not (
                    kind["isAdjustedToUTC"] and kind["timeUnit"] == "microseconds"
                    and column.physical_type == "INT64"):
                problems.append(f"{where} {column.path}: {column.logical_type}")
    fail_with(problems)


def duckdb_reads_it(lake):
    """The duckdb package: every column by its unquoted name, hours from the directories."""
    connection = duckdb.connect()
    connection.execute("SET autoinstall_known_extensions = false")
    problems = []
    for name, files in [(LANDING, lake.landing_files), *lake.table_files.items()]:
        schema = SCHEMAS.get(name) or [(column.name, column.type) for column in COLUMNS]
        names = ", ".join([column for column, _ in schema] + list(PARTITION))
        glob = lake.path / lake_files.table_directory(name) / "**/*.parquet"
        some = files[::len(files) // 20 + 1]  # of all files every column takes long
        listed = ", ".join(f"'{file.path}'" for file in some)
        try:
            hours = connection.execute(
                f"SELECT year, month, day, hour, count(*) "
                f"FROM read_parquet('{glob}', hive_partitioning = true) GROUP BY ALL").fetchall()
            got = connection.execute(
                f"SELECT {names} FROM read_parquet([{listed}], hive_partitioning = true)"
            ).to_arrow_table().num_rows
        except duckdb.Error as error:
            problems.append(f"{name}: {error}")
            continue
        want = collections.Counter()
        for file in files:
            want[file.hour] += len(file.rows)
        if {row[:4]: row[4] for row in hours} != dict(+want):
            problems.append(f"{name}: other rows in hours than pyarrow finds")
        if got != sum(len(file.rows) for file in some):
            problems.append(f"{name}: {got} rows in {len(some)} files, pyarrow finds others")
    fail_with(problems)


def again_adds_nothing(lake):
    before = lake_files.listing(lake.path)
    done = run_aviary("import", "--lake", lake.path, *lake.files, time_zone=lake.time_zone)
    after = lake_files.listing(lake.path)
    problems = [f"{path}: new" for path in sorted(after.keys() - before.keys())]
    problems += [f"{path}: gone" for path in sorted(before.keys() - after.keys())]
    problems += [f"{path}: written again" for path in sorted(after.keys() & before.keys())
                 if after[path] != before[path]]
    if done.returncode != lake.expected.exit_code():
        problems.append(f"exit code {done.returncode}: {done.stderr.strip()[-400:]}")
    got = query(lake.path, "SELECT count(*) AS rows FROM landing")[0]["rows"]
    if got != len(lake.landing):
        problems.append(f"{got} rows, before {len(lake.landing)}")
    fail_with(problems)


def equal_lakes(one, two):
    """The same rows in both, but for the streams' names."""
    def plain(row):
        return {name: value for name, value in row.items() if name != "stream_id"}

    problems = differences([plain(row) for row in one.landing],
                           [plain(row) for row in two.landing])
    for name in SCHEMAS:
        for hour in one.tables[name].keys() | two.tables[name].keys():
            problems += compare_rows(
                name, [plain(row) for row in one.tables[name].get(hour, [])],
                [plain(row) for row in two.tables[name].get(hour, [])], f"{name} {hour}")
    fail_with(problems)


# --- all of them -------------------------------------------------------------------------------

def check_landing(report, lake, prefix=""):
    for check in (import_ends, every_id_lands, every_observation_lands_once, the_44_columns,
                  the_cleaned_columns, the_other_columns, landing_hours, lines_come_back,
                  pages_come_back, pages_without_rows_are_kept, landing_types):
        report.check(prefix + check.__name__, lambda: check(lake))


def check_tables(report, lake, prefix=""):
    for name in SCHEMAS:
        report.check(f"{prefix}{name}_equals", lambda: table_equals(lake, name))
        report.check(f"{prefix}{name}_types", lambda: table_types(lake, name))
    for check in (dimension_hours, star, files_are_zstd_and_utc, duckdb_reads_it):
        report.check(prefix + check.__name__, lambda: check(lake))


def check_queries(report, lake, prefix=""):
    for name in [*VIEWS, "totals_metrics"]:
        report.check(f"{prefix}view_{name}", lambda: short_view(lake, name))
    for check in (names_answer, csv_is_rfc_4180):
        report.check(prefix + check.__name__, lambda: check(lake))


def check_all(report, lake):
    check_landing(report, lake)
    check_tables(report, lake)
    check_queries(report, lake)
    report.check("again_adds_nothing", lambda: again_adds_nothing(lake))


def binary_is_there(report):
    """A missing program is a failed check, not a skipped test."""
    if os.access(BINARY, os.X_OK):
        return True
    report.check("binary_is_there", lambda: fail_with([f"no program {BINARY}"]))
    return False
