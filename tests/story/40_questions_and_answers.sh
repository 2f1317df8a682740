#!/bin/bash
# People and scripts ask; every answer can be read back exactly, and is right while refine is at work.
. "$(dirname "$0")/lib.sh"

ask() { run "$AVIARY" query --lake lake "$@"; }

# --- an empty lake --------------------------------------------------------------------------------------

"$AVIARY" init --lake lake >/dev/null
ask --format csv "SELECT (SELECT count(*) FROM landing), (SELECT count(*) FROM posts), (SELECT count(*) FROM users), \
(SELECT count(*) FROM media), (SELECT count(*) FROM places), (SELECT count(*) FROM tweet_engagement_processed), \
(SELECT count(*) FROM users_tweets_processed), (SELECT count(*) FROM user_activity_processed), \
(SELECT count(*) FROM twitter_processed_data.totals_metrics_processed)"
same "an empty lake has every table" "$code $(tail -1 <<<"$out" | tr -d '\r')" "0 0,0,0,0,0,0,0,0,0"
schema="SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns ORDER BY ALL"
ask --format csv "$schema"
empty_schema=$out

"$SAMPLE" --start 2026-11-22T00:00:00Z --seed 21 --posts 300 --hours 8 --out pages || exit 1
import lake pages/*
ask --format csv "$schema"
same "with the columns and types it has when it is full" "$(diff <(echo "$empty_schema") <(echo "$out"))" ""
ask --format csv "SELECT * FROM users LIMIT 0"
same "a question without rows has its header" "$(tr -d '\r' <<<"$out" | cut -d, -f1-3)" "user_id,username,name"
ask --format json "SELECT * FROM users LIMIT 0"
same "or an empty array" "$(tr -d ' \n' <<<"$out")" "[]"

# --- CSV and JSON ---------------------------------------------------------------------------------------

cat >values.sql <<'Q'
SELECT '9223372036854775807' AS id, 9007199254740993 AS whole, CAST('170141183460469231731687303715884105727' AS HUGEINT) AS huge,
	CAST(1.10 AS DECIMAL(5,2)) AS money, CAST(0.1 AS DOUBLE) AS tenth, true AS yes, NULL AS nothing, '' AS empty,
	'say "hi", all' AS quoted, 'two' || chr(10) || 'lines' AS lines, 'cr' || chr(13) || 'x' AS cr, 'tab' || chr(9) || chr(1) AS control,
	'日本語 🐦 עברית' AS wide, TIMESTAMPTZ '2026-11-22 09:30:00.123456+02' AS moment, DATE '2026-11-22' AS day,
	[1, NULL, 3] AS list, [] :: VARCHAR[] AS no_items, {'type': 'quoted', 'id': '2124291802902036480'} AS struct,
	[{'a': ['x', NULL]}] AS nested, [TIMESTAMPTZ '2026-11-22 00:00:00+00'] AS moments, ',' AS comma
UNION ALL SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
Q
"$AVIARY" query --lake lake --format csv "$(cat values.sql)" >values.csv
"$AVIARY" query --lake lake --format json "$(cat values.sql)" >values.json
"$AVIARY" query --lake lake --format csv "SELECT * FROM landing" >landing.csv
"$AVIARY" query --lake lake --format json "SELECT * FROM landing" >landing.json
cat >answers.py <<'P'
import csv, glob, io, json, re
import pyarrow.parquet as parquet
from lib import documents
def tell(name, good):
    print(name, "yes" if good else "NO")
raw = open("values.csv", "rb").read()
header, row, nulls = list(csv.reader(io.StringIO(raw.decode(), newline="")))
value = dict(zip(header, row))
j = json.load(open("values.json"))
first, last = j
tell("csv-lines", raw.count(b"\r\n") == 3 and raw.endswith(b"\r\n"))
tell("csv-quotes", value["quoted"] == 'say "hi", all' and b'"say ""hi"", all"' in raw and b'","\r\n' in raw)
tell("csv-breaks", value["lines"] == "two\nlines" and value["cr"] == "cr\rx" and value["control"] == "tab\t\x01")
tell("csv-null", set(nulls) == {""} and raw.endswith(b"\r\n" + b"," * (len(header) - 1) + b"\r\n"))
tell("csv-empty", b'true,,"",' in raw)
tell("csv-lists", json.loads(value["list"]) == [1, None, 3] and json.loads(value["nested"]) == [{"a": ["x", None]}])
tell("csv-whole", (value["id"], value["whole"], value["huge"], value["money"]) ==
     ("9223372036854775807", "9007199254740993", "170141183460469231731687303715884105727", "1.10"))
tell("json-array", isinstance(j, list) and len(j) == 2 and list(first) == header)
tell("json-null", set(last.values()) == {None} and first["empty"] == "")
tell("json-text", (first["quoted"], first["lines"], first["cr"], first["control"], first["wide"]) ==
     ('say "hi", all', "two\nlines", "cr\rx", "tab\t\x01", "日本語 🐦 עברית"))
tell("json-whole", first["id"] == "9223372036854775807" and first["whole"] == 9007199254740993 and
     first["huge"] == 170141183460469231731687303715884105727 and first["tenth"] == 0.1)
tell("json-nested", first["list"] == [1, None, 3] and first["no_items"] == [] and first["nested"] == [{"a": ["x", None]}] and
     first["struct"] == {"type": "quoted", "id": "2124291802902036480"})
tell("times", first["moment"] == value["moment"] == "2026-11-22T07:30:00.123456Z" and first["moments"] == ["2026-11-22T00:00:00.000Z"])
tell("days", first["day"] == value["day"] == "2026-11-22")

rows = json.load(open("landing.json"))
lines = list(csv.DictReader(open("landing.csv", newline="")))
ids = {post["id"] for name in glob.glob("pages/*") for page in documents(name) for post in page.get("data", [])}
tell("json-ids", {row["id"] for row in rows} == ids and all(isinstance(row["author_id"], (str, type(None))) for row in rows))
tell("csv-ids", {line["id"] for line in lines} == ids)
tell("json-times", all(re.fullmatch(r"2026-11-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z", row["created_at"]) for row in rows))
files = [row for path in glob.glob("lake/twitter-landing-data/**/*.parquet", recursive=True)
         for row in parquet.ParquetFile(path).read().to_pylist()]
stored = {(row["stream_id"], row["stream_offset"]): row for row in files}
plain = [name for name in files[0] if name not in ("year", "month", "day", "hour")]
def shown(value):
    if hasattr(value, "tzinfo"):
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + (f"{value.microsecond:06}" if value.microsecond % 1000 else f"{value.microsecond // 1000:03}") + "Z"
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {name: shown(item) for name, item in value.items()}
    return value
tell("json-landing", len(rows) == len(stored) and all(
    row[name] == shown(stored[row["stream_id"], row["stream_offset"]][name]) for row in rows for name in plain))
def same_csv(text, value):
    if value is None or isinstance(value, str):
        return text == (value or "")
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, (list, dict)):
        return json.loads(text) == value
    return float(text) == value if isinstance(value, float) else text == str(value)
by_place = {(line["stream_id"], int(line["stream_offset"])): line for line in lines}
tell("csv-landing", len(by_place) == len(rows) and all(
    same_csv(by_place[row["stream_id"], row["stream_offset"]][name], row[name]) for row in rows for name in plain))
P
"$PYTHON" answers.py >found 2>&1
found=$(cat found)
answered() { has "$2" "$found" "^$1 yes"; }
answered csv-lines "CSV lines end with CRLF, line breaks inside values kept apart"
answered csv-quotes "CSV quotes what RFC 4180 wants quoted, and doubles quotes"
answered csv-breaks "CSV keeps line breaks and control characters"
answered csv-null "a NULL is nothing in CSV"
answered csv-empty "an empty text is \"\" in CSV"
answered csv-lists "lists and structs are JSON in CSV"
answered csv-whole "numbers and ids are whole in CSV"
answered json-array "JSON is one array of objects, in the order of the columns"
answered json-null "NULL and empty text differ in JSON"
answered json-text "JSON keeps every character"
answered json-whole "JSON never rounds an integer, ids are strings"
answered json-nested "lists and structs are nested in JSON"
answered times "times are ISO 8601 with Z, inside lists too"
answered days "days are ISO 8601"
answered json-ids "all ids of the pages come back as strings in JSON"
answered csv-ids "and in CSV"
answered json-times "created_at is ISO 8601 with Z in every row"
answered json-landing "JSON of every landing column equals what pyarrow reads"
answered csv-landing "and CSV equals JSON"

# --- tables ---------------------------------------------------------------------------------------------

"$AVIARY" query --lake lake "SELECT id, lang, text, public_metrics_like_count, '|' AS edge FROM landing" >table 2>told
"$PYTHON" - <<'P' >found 2>&1
import unicodedata
def width(text):
    return sum(0 if unicodedata.category(c) in ("Mn", "Me", "Cf") or 0x1160 <= ord(c) <= 0x11FF else
               2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
lines = open("table").read().split("\n")[:-1]
body = lines[2:]
print("rows", len(body))
print("fits", max(width(line) for line in lines))
print("edges", len({width(line) for line in body}), [line for line in body if width(line) != width(body[0])][:3])
print("wide", sum(width(line) > len(line) for line in body) > 20)
print("ids", all(line.split()[0].isdigit() and len(line.split()[0]) == 19 for line in body))
print("control", not any(unicodedata.category(c) == "Cc" for line in lines for c in line))
P
found=$(cat found)
has "a table has a line for each row" "$found" "^rows $(values lake "SELECT count(*) FROM landing")"
has "it fits 80 columns when it is not for a terminal" "$found" '^fits ([1-7]?[0-9]|80)$'
has "it is aligned, wide characters measured" "$found" '^edges 1 '
has "the sample has wide characters to measure" "$found" '^wide True'
has "ids stay whole in it" "$found" '^ids True'

run "$AVIARY" query --lake lake "SELECT * FROM landing ORDER BY stream_offset LIMIT 3"
printf '%s\n' "$out" >records
same "with too many columns for that each row is a record" "$(grep -c '^─ row [123] ─' records)" 3
"$PYTHON" - <<'P' >found 2>&1
import unicodedata
lines = open("records").read().split("\n")[:-1]
print("fits", all(sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line) <= 80 for line in lines))
P
has "it fits 80 columns as well" "$(cat found)" '^fits True'
has "its values are whole" "$(tr -d '\n ' <records)" "id$(values lake "SELECT id FROM landing ORDER BY stream_offset LIMIT 1")"
has "and what is NULL is counted, not listed" "$out" '^\([0-9]+ NULL\)$'
turned=$(values lake "SELECT 'a' || chr(8238) || 'b' || chr(8232) || chr(8295) || 'c'" | od -c | head -1)
run "$AVIARY" query --lake lake "SELECT 'a' || chr(8238) || 'b' || chr(8232) || chr(8295) || 'c' AS t"
has "what turns the direction of text does not reach a terminal" "$out" '^a b  c$'
has "but stays in CSV" "$turned" '342 200 256'
has "nothing in a post can move the cursor" "$found" '^control True'
has "rows and snapshot are told on stderr" "$(cat told)" '^[0-9]+ rows; snapshot 2 of 20[0-9T:.-]+Z$'
ask "SELECT 1 AS one"
has "one row is one row" "$err" '^1 row; '

# --- what goes wrong ---------------------------------------------------------------------------------------

ask "SELECT nope FROM landing"
same "SQL that is wrong ends with 1" "$code" 1
has "and says where and why" "$err" '^aviary: query: .*nope'
same "and prints no row" "$out" ""
ask "SELEKT 1"
same "SQL that is none ends with 1" "$code" 1
has "and says so" "$err" '^aviary: query: .*SELEKT'
ask "SELECT CAST(text AS INTEGER) FROM landing"
same "a failure while rows are read ends with 1" "$code" 1
ask
same "no SQL at all ends with 2" "$code" 2
has "and shows how" "$err" '^hint: aviary query "SELECT'
ask "SELECT 1" "SELECT 2"
same "two SQL texts end with 2" "$code" 2
ask --format yaml "SELECT 1"
same "an unknown format ends with 2" "$code" 2
has "and names the known ones" "$err" 'table.*csv.*json'
ask -- "-- a comment first
SELECT 7"
has "SQL may begin with a comment, after --" "$out" '^7$'
"$AVIARY" query --lake lake --format csv "SELECT range FROM range(10000000)" 2>pipe.err | head -2 >/dev/null
same "a reader that goes away is no crash" "$((PIPESTATUS[0] < 128))" 1

# --- size ---------------------------------------------------------------------------------------------------

"$PYTHON" - <<'P' >found 2>&1
import os, resource, subprocess
def peak(rows):
    child = subprocess.Popen([os.environ["AVIARY"], "query", "--lake", "lake", "--format", "csv",
                              f"SELECT range AS i, repeat('x', 200) AS x FROM range({rows})"], stdout=subprocess.PIPE)
    size = 0
    while piece := child.stdout.read(1 << 20):
        size += len(piece)
    usage = os.wait4(child.pid, 0)
    return size, usage[1], usage[2].ru_maxrss // 1024
size, status, small = peak(50000)
size, status, large = peak(2000000)
print("bytes", size, "status", status)
print("bounded", large < small + 64, small, "MiB,", large, "MiB")
P
found=$(cat found)
has "a huge answer comes whole" "$found" '^bytes 41[0-9]{7} status 0'
has "and takes no more memory than a small one" "$found" '^bounded True'

# --- questions only read -----------------------------------------------------------------------------------------

landed=$(find lake/twitter-landing-data -name '*.parquet' | head -1)
before=$(find lake -type f | wc -l)-$(sha256sum <"$landed")
for statement in "COPY (SELECT 1 AS id) TO '$landed' (FORMAT parquet)" "ATTACH 'other.db'" "INSTALL httpfs" "LOAD httpfs" \
	"PREPARE p AS COPY (SELECT 1) TO 'x'; EXECUTE p" "EXPLAIN ANALYZE COPY (SELECT 1) TO '$landed'" \
	"SELECT 1; EXPORT DATABASE 'out'"; do
	run "$AVIARY" query --lake lake "$statement"
	same "refused: ${statement%% (*}" "$code" 1
done
same "no file of the lake has come, gone or changed" "$(find lake -type f | wc -l)-$(sha256sum <"$landed")" "$before"
run "$AVIARY" query --lake lake --format csv "CREATE TABLE mine AS SELECT 7 AS n; SELECT n FROM mine"
has "tables of a question's own may be made" "$out" '^7'

# --- while refine is at work ------------------------------------------------------------------------------------

refine_on() {
	local day=friday
	while [ ! -e enough ]; do
		"$AVIARY" refine --once --lake lake --weekend $day >>refined 2>&1 || echo failed >>refined
		case $day in friday) day=saturday ;; *) day=friday ;; esac
	done
}
refine_on &
refining=$!
question="SELECT (SELECT count(*) FROM tweet_data_raw), (SELECT count(*) FROM posts), \
(SELECT count(*) FROM users_tweets_processed), (SELECT count(DISTINCT tweet_id) FROM tweet_engagement_processed), \
(SELECT sum(count_weekend_tweets + count_week_tweets) FROM totals_metrics_processed), (SELECT count(*) FROM media) > 0"
until_true 10 test -s refined
for _ in $(seq 30); do
	values lake "$question"
done >answers 2>errors
touch enough
wait $refining
same "30 questions while refine replaces every hour: none fails" "$(head -3 errors)" ""
same "and none counts a post twice or not at all" "$(sort -u answers)" "300,300,300,300,300,true"
holds "refine replaced the hours meanwhile" test "$(grep -c '; 0 were current' refined)" -ge 3
lacks "and never failed" "$(cat refined)" failed
finish
