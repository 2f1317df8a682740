#!/bin/bash
# Files are damaged, or are not what somebody thought. What is good in them lands all the same.
. "$(dirname "$0")/lib.sh"

# --- broken lines among pages -------------------------------------------------------------------------

"$PYTHON" - <<'P'
from lib import line, page
broken = [
    b'{"data":[{"id":"1","text":"x"',                                   # cut
    b'{"data":[{"id":"5","text":"\xff\xfe"}],"meta":{}}',               # not UTF-8
    b"\0\0\0",
    b"[" * 100000,
    b'{"data":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b"}",          # too deep
    b'{"data":[{"id":"1","text":"x"}]} trailing',
    b'{"data":[{"id":"1","text":"\\ud800\\q"}]}',                       # no such escape
]
with open("pages.jsonl", "wb") as out:
    for number, bad in enumerate(broken):
        out.write(line(page(number, 2)) + bad + b"\n")
    out.write(line(page(len(broken), 2)))
P
import lake pages.jsonl
same "broken lines among pages do not stop an import" "$code" 0
has "they are counted" "$out" ', 7 quarantined;'
same "status counts them too" "$(status_of lake quarantined)" 7
same "every page beside them landed" "$(values lake "SELECT count(*), count(DISTINCT id) FROM landing")" "16,16"
has "a broken line is named on stderr, with file and line" "$err" 'pages\.jsonl: line 2: '

cat >quarantined.py <<'P'
"""Prints what the quarantine of lake argv[1] holds; the lines must be those of file argv[2]."""
import json
import pathlib
import sys
lake, source = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]).read_bytes().split(b"\n")
entries = [json.loads(text) for path in sorted((lake / "_aviary/quarantine").glob("*.jsonl"))
           for text in path.read_text().splitlines()]
stream = json.loads((lake / "_aviary/log/00000000000000000001").read_text())["stream"]
lines = [bytes.fromhex(e["line_hex"]) if "line_hex" in e else e["line"].encode() for e in entries]
print("entries", len(entries))
print("streams", {e["stream"] for e in entries} == {stream})
print("offsets", all(isinstance(e["offset"], int) for e in entries), len({e["offset"] for e in entries}) == len(entries))
print("reasons", all(e["reason"] for e in entries))
print("lines", all(line in source for line in lines), len(set(lines)) == len(lines))
print("hex", sorted(line.count(b"\xff") for e, line in zip(entries, lines) if "line_hex" in e))
for e in sorted(entries, key=lambda e: e["offset"]):
    print("-", e["reason"])
P
"$PYTHON" quarantined.py lake pages.jsonl >found 2>&1
found=$(cat found)
has "each stands in the quarantine" "$found" '^entries 7$'
has "with its stream" "$found" '^streams True$'
has "its offset" "$found" '^offsets True True$'
has "its reason" "$found" '^reasons True$'
has "and its bytes" "$found" '^lines True True$'
has "as hex where they are no UTF-8" "$found" '^hex \[1\]$'
has "the reason says what is wrong: UTF-8" "$found" '^- .*UTF-8'
has "or how deep" "$found" '^- nested deeper than 100 levels'

# --- broken lines among wire lines ----------------------------------------------------------------------

"$SAMPLE" --wire 60 --start 2026-11-22T00:00:00Z --seed 5 --hours 2 >good.jsonl
"$PYTHON" - <<'P'
good = open("good.jsonl", "rb").read().splitlines(keepends=True)
broken = [
    b'{"id":"2124291802902036481","batch_id":3,"text":',
    b'{"id":"2124291802902036481","batch_id":3,"text":"\xff"}',
    b'{"id":"12345678901234567890","batch_id":3,"text":"x","created_at":"2026-11-22T01:00:00.000Z"}',  # 20 digits
    b'{"id":"99999999999999999999","batch_id":3,"text":"x"}',
    b'{"id":"-5","batch_id":3,"text":"x","created_at":"2026-11-22T01:00:00.000Z"}',
    b"\0" * 20,
    b'{"id":"20","batch_id":3,"text":"of 2006, and no created_at"}',
    b'{"id":"2124291802902036481","batch_id":3,"a":' + b"[" * 500 + b"]" * 500 + b"}",
    good[0].rstrip()[:-40],                                             # torn
]
with open("wire.jsonl", "wb") as out:
    for at, line in enumerate(good):
        out.write(line)
        if at % 6 == 0 and broken:
            out.write(broken.pop(0) + b"\n")
assert not broken
P
import wire wire.jsonl
same "broken wire lines do not stop an import" "$code" 0
has "they are counted once" "$out" ', 9 quarantined;'
has "and not as posts" "$out" ', 60 posts,'
same "status counts them too (wire)" "$(status_of wire quarantined)" 9
same "their neighbours landed" "$(values wire "SELECT count(*), count(DISTINCT id) FROM landing")" "60,60"
"$PYTHON" quarantined.py wire wire.jsonl >found 2>&1
found=$(cat found)
has "the quarantine has them all" "$found" '^entries 9$'
has "with their bytes" "$found" '^lines True True$'
has "an id of 20 digits is a reason" "$found" '^- .*1 to 19 digits'
has "so is a time nobody can know" "$found" '^- no created_at'
same "a neighbour's bytes are where the log says" "$("$PYTHON" - <<'P'
import glob, json
import pyarrow.parquet as parquet
text = open("wire.jsonl", "rb").read()
rows = [row for path in glob.glob("wire/twitter-landing-data/**/*.parquet", recursive=True)
        for row in parquet.ParquetFile(path).read(columns=["id", "stream_offset"]).to_pylist()]
print(all(json.loads(text[row["stream_offset"]:].split(b"\n", 1)[0])["id"] == row["id"] for row in rows), len(rows))
P
)" "True 60"

# --- no id -----------------------------------------------------------------------------------------------

"$PYTHON" - <<'P'
from lib import line, page
open("no-id.jsonl", "wb").write(line(page(1)) + b'{"batch_id":3,"text":"no id"}\n' + line(page(2)))
P
import no-id no-id.jsonl
has "a line without an id is named with file and line" "$err" 'no-id\.jsonl: line 2: '
same "and harms no neighbour" "$(values no-id "SELECT count(*) FROM landing")" 2

# --- too long --------------------------------------------------------------------------------------------

"$PYTHON" - <<'P'
from lib import line, page
wire = {**page(9)["data"][0], "batch_id": 1, "text": "y" * 9000}
open("long.jsonl", "wb").write(line(page(1)) + line(page(2, text="x" * 9000)) + line(page(3)) + line(wire) + line(page(4)))
P
import long --line-bytes-max 4096 long.jsonl
same "lines over line_bytes_max do not stop an import" "$code" 0
has "they are counted (long)" "$out" ', 2 quarantined;'
has "and named with file, line and limit" "$err" 'long\.jsonl: line 2: longer than 4096 bytes'
has "both of them" "$err" 'long\.jsonl: line 4: longer than 4096 bytes'
same "status counts them too (long)" "$(status_of long quarantined)" 2
same "their neighbours landed (long)" "$(values long "SELECT count(*) FROM landing")" 3
same "what is kept of them is kept in the quarantine" \
	"$("$PYTHON" -c 'import glob, json
kept = [json.load(open(path)) for path in glob.glob("long/_aviary/quarantine/import-*")]
print(*[len(entry["line"]) for entry in kept])')" "4096 4096"

# --- other documents ----------------------------------------------------------------------------------------

mkdir other
"$PYTHON" - <<'P'
import json
from lib import line, page
post = page(1)["data"][0]
def put(name, *values):
    open(f"other/{name}", "wb").write(b"".join(line(value) for value in values))
put("users.json", {"data": [{"id": "1", "name": "n", "username": "u"}], "meta": {"result_count": 1}})
put("counts.json", {"data": [{"start": "2026-11-22T00:00:00.000Z", "end": "2026-11-22T01:00:00.000Z",
                              "tweet_count": 3}], "meta": {"total_tweet_count": 3}})
put("v1.json", [{"id": 1, "id_str": "1", "text": "x", "user": {}}])
put("single.json", {"data": post})
put("mixed.jsonl", page(2), {"data": [{"id": "1", "name": "n", "username": "u"}]}, page(3))
open("other/pretty.json", "w").write("\n" + json.dumps({"data": [{"id": "1", "name": "n", "username": "u"}]}, indent=2))
put("good.jsonl", page(4))
P
import others other/users.json other/counts.json other/v1.json other/single.json other/mixed.jsonl \
	other/pretty.json other/good.jsonl
same "documents that are no search page make an import end with 1" "$code" 1
has "a list of users is named with file, line and what it is" "$err" 'other/users\.json: line 1: a list of users'
has "posts counts too" "$err" 'other/counts\.json: line 1: .*counts'
has "a v1.1 list too" "$err" 'other/v1\.json: line 1: .*v1\.1'
has "a single post too" "$err" 'other/single\.json: line 1: a single post'
has "users between pages too" "$err" 'other/mixed\.jsonl: line 2: a list of users'
has "a pretty document by its first line" "$err" 'other/pretty\.json: line 2: a list of users'
has "the summary counts what was left out" "$out" '^  6 documents were no search pages'
same "everything else landed" "$(values others "SELECT count(*) FROM landing")" 3
import others other/users.json
same "the same document again still ends with 1" "$code" 1
import others other/good.jsonl
same "a good file after it ends with 0" "$code" 0

# --- nothing ---------------------------------------------------------------------------------------------------

echo '{"meta":{"result_count":0}}' >empty-page.json
echo '{"data":[],"meta":{"result_count":0}}' >empty-list.json
: >empty-file.json
printf '\n \n\n' >blank.json
import nothing empty-page.json empty-list.json empty-file.json blank.json
same "pages and files without posts end with 0" "$code" 0
has "an empty page is a page" "$out" '^imported 4 files: 2 pages, 0 posts, 0 already known, 0 quarantined;'
same "they say nothing on stderr" "$err" ""
same "and the lake is open and empty" "$(values nothing "SELECT count(*) FROM posts")" 0

# --- not text, not whole, not there -----------------------------------------------------------------------------

"$PYTHON" - <<'P'
import json, random
from lib import line, page
random.seed(4)
open("noise.bin", "wb").write(random.randbytes(100000))
open("zeros.bin", "wb").write(bytes(100000))
open("words.txt", "w").write("hello\nworld\n")
text = json.dumps(page(5, 3), indent=2)
open("cut.json", "w").write(text[:-30])
open("good.json", "wb").write(line(page(6)))
P
mkdir directory
import junk noise.bin zeros.bin words.txt cut.json good.json
has "what is no JSON is named with its file: noise" "$err" 'noise\.bin: line [0-9]+: '
has "zeros" "$err" 'zeros\.bin: line 1: '
has "words" "$err" 'words\.txt: line 1: '
has "a pretty document that was cut says so" "$err" 'cut\.json: line 1: cut short'
same "the summary and status count the same" "$(sed -nE '1s/.* ([0-9,]+) quarantined.*/\1/p' <<<"$out" | tr -d ,)" \
	"$(status_of junk quarantined)"
same "the good one among them landed" "$(values junk "SELECT count(*) FROM landing")" 1
same "what was cut is kept, with the reason" \
    "$("$PYTHON" -c 'import json, sys
kept = json.load(open(sys.argv[1]))
print(bool(kept["reason"]) and kept["file_line"] == 1 and kept["line"].strip() == open(sys.argv[2]).read().strip())' \
    junk/_aviary/quarantine/import-"$(sha256sum cut.json | cut -c1-64)"-1.jsonl cut.json)" True

# --- a file that gives nothing ---------------------------------------------------------------------------------------

printf '%s\n' '{"data":[{"id":"abc","text":"x"},{"id":"12","text":"y"}]}' >ids.json
import barren words.txt good.json
same "a file that gave nothing but quarantined lines makes an import end with 1" "$code" 1
has "it is named" "$err" '^aviary: import: words\.txt: no page and no post in it'
has "and counted" "$out" '^  1 file gave nothing but quarantined lines'
same "its neighbour landed" "$(values barren "SELECT count(*) FROM landing")" 1
import barren words.txt
same "the same file again still ends with 1" "$code" 1
import barren ids.json
same "a page whose posts were all refused at landing ends with 1" "$code" 1
has "they are counted as quarantined, not as posts" "$out" '^imported 1 file: 1 pages, 0 posts, 0 already known, 2 quarantined;'
named=$(sed -n 's/^  quarantined lines, each with its reason: //p' <<<"$out")
same "the summary names the file that says why" "$("$PYTHON" -c 'import json, sys
print(*[json.loads(text)["reason"] for text in open(sys.argv[1])], sep=";")' "$named")" \
	"the id is not a number of 1 to 19 digits;no created_at, and the id is too old to tell the time"
import barren ids.json
same "and so it does once more" "$code" 1

import missing nowhere.json good.json directory
same "a missing file and a directory end with 1" "$code" 1
has "a missing file is named once, with the reason" "$err" '^aviary: import: (open )?nowhere\.json: No such file or directory$'
has "a directory too" "$err" '^aviary: import: directory: is a directory$'
has "the summary counts them" "$out" '^  2 files could not be imported'
same "the others landed" "$(values missing "SELECT count(*) FROM landing")" 1

# --- numbers as large as they come -------------------------------------------------------------------------------

"$PYTHON" - >large.json <<'P'
import json
biggest = 2 ** 63 - 1
posts = [{"id": str(2100000000000000000 + i), "text": "t", "author_id": "7", "created_at": "2026-11-22T10:00:00.000Z",
          "public_metrics": {"impression_count": biggest}} for i in range(3)]
print(json.dumps({"data": posts, "includes": {"users": [{"id": "7", "name": "n", "username": "u"}]}}))
P
import large large.json good.json
same "counts whose sum no integer holds are refined all the same" "$code" 0
same "their sum stops at the largest" "$(values large "SELECT max(reach) FROM user_activity_processed")" 9223372036854775807

# --- an hour that cannot be read ---------------------------------------------------------------------------------

"$SAMPLE" --start 2026-11-20T00:00:00Z --posts 90 --hours 3 --seed 6 --out three
import spoilt three/*
spoilt=$(find spoilt/twitter-landing-data -name '*.parquet' | sort | sed -n 2p)
hour=$(sed -E 's/.*(year=.*)\/[^/]*/\1/' <<<"$spoilt")
echo "no Parquet" >"$spoilt"
run "$AVIARY" refine --once --lake spoilt --weekend friday
same "an hour whose file is spoilt makes refine fail" "$code" 1
has "and is named" "$err" "$hour"
same "the other hours are refined" "$("$AVIARY" status --lake spoilt --json --weekend friday 2>/dev/null |
	"$PYTHON" -c 'import json, sys; status = json.load(sys.stdin); print(status["hours"] - status["stale_hours"] == status["hours"] - 1)')" True

# --- afterwards ----------------------------------------------------------------------------------------------------

for lake in lake wire long others junk missing; do
	same "$lake is readable, without anything half done" "$(values $lake \
		"SELECT count(*) = (SELECT count(*) FROM landing) AND count(*) > 0 FROM tweet_data_raw") \
$(find $lake/_aviary/staging $lake/_aviary/intent -mindepth 1 | wc -l)" "true 0"
done
finish
