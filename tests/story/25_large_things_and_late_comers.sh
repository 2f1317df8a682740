#!/bin/bash
# Lines, pages and hours larger than usual, inputs that are no plain files, and several who begin at once.
. "$(dirname "$0")/lib.sh"

cat >make.py <<'P'
"""make.py wire|page COUNT BYTES SEED: wire lines, or one page, of posts with BYTES of text, all in one hour."""
import json, sys
kind, count, size, seed = sys.argv[1], *map(int, sys.argv[2:])
posts = [{"id": str(2100000000000000000 + seed * 10 ** 9 + i), "text": str(i) + "x" * size, "created_at": "2026-11-22T10:00:00.000Z"}
         for i in range(count)]
if kind == "page":
    print(json.dumps({"data": posts}))
for post in posts if kind == "wire" else []:
    print(json.dumps({**post, "batch_id": 1, "hashtags": []}))
P

"$PYTHON" make.py wire 60 1000000 1 >long.jsonl
import long --memory 256MiB long.jsonl
same "an hour of megabyte lines lands in little memory" "$code $(values long "SELECT count(*) FROM landing")" "0 60"

"$PYTHON" make.py page 30 100000 2 >page.json
run timeout 60 "$AVIARY" import --lake page --import-bytes 1MiB page.json
same "a page larger than a batch does not wait for itself" "$code $(values page "SELECT count(*) FROM landing")" "0 30"

"$PYTHON" make.py page 700 100000 3 >large.json
import large large.json page.json
same "a page of 70 MB is a page" "$code $(values large "SELECT count(*) FROM landing")" "0 730"

# In temporary tables such an hour did not fit, and could not be written out.
"$PYTHON" make.py wire 150000 400 4 >many.jsonl
import many --refine no many.jsonl
run "$AVIARY" refine --once --lake many --memory 96MiB --threads 1
same "an hour of very many posts is refined in little memory" "$code" 0
same "each post once" "$(values many "SELECT count(*), count(DISTINCT tweet_id) FROM tweet_data_raw")" 150000,150000

# --- no plain files ---------------------------------------------------------------------------------------------

mkfifo pipe
cat page.json >pipe &
run timeout 60 "$AVIARY" import --lake piped pipe
same "a named pipe is read once and lands" "$code $(values piped "SELECT count(*) FROM landing")" "0 30"
run timeout 60 "$AVIARY" import --lake piped <(cat page.json)
has "and is known again by its contents" "$out" 'imported before'

# --- lines that are made to grow -----------------------------------------------------------------------------------

cat >swollen.py <<'P'
import json
def line(number, **more):
    return json.dumps({"id": str(2123581611009114143 + number), "created_at": "2026-11-20T00:00:00.000Z", "text": "x",
                       "batch_id": 1, **more}, separators=(",", ":"))
print(line(0))
print(line(1, users_all=[{"id": "1", "username": "u" * 1000000}], referenced=[{"id": "5", "author_id": "1"}] * 4500))
print(line(2, users_all=[{"id": str(n), "username": f"n{n}"} for n in range(40000)] + [{"id": "7", "username": "second"}],
           referenced=[{"author_id": str(n)} for n in range(40000)]))
print(line(3, attachments={"media_source_tweet_id": [1] * 1000000}))
print(line(4))
P
"$PYTHON" swollen.py >swollen.jsonl
run "$PYTHON" -c '
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime, file=sys.stderr)
sys.exit(code)' "$AVIARY" import --lake swollen --refine no swollen.jsonl
same "lines whose parts refer to each other thousands of times land" "$code" 0
has "and every neighbour" "$(values swollen "SELECT count(*) FROM landing")" '^5$'
same "in memory and time that follow their length" "$(tail -1 <<<"$err" | awk '{print ($1 < 1500000 && $2 < 20)}')" 1
same "a name is found among many, the first of an id" \
	"$(values swollen "SELECT list_filter(referenced_posts, r -> r.author_id = '7')[1].author_username, referenced_posts[40000].author_username FROM landing WHERE len(referenced_posts) = 40000")" "n7,n39999"
same "a name of a megabyte is not there for each" "$(values swollen "SELECT count(*) FROM (SELECT unnest(referenced_posts) AS r FROM landing) WHERE length(r.author_username) > 256")" 0

# --- a file that grows while it is read ----------------------------------------------------------------------------

"$PYTHON" make.py wire 60000 600 4 >whole.jsonl
head -n 50000 whole.jsonl >grown.jsonl
"$AVIARY" import --lake grown --refine no grown.jsonl >first 2>&1 &
growing=$!
until_true 10 test -d grown/_aviary/import
tail -n 10000 whole.jsonl >>grown.jsonl
wait $growing
same "what stood in it at the beginning lands" "$?" 0
same "and nothing twice" "$(values grown "SELECT count(*) = count(DISTINCT id) AND count(*) BETWEEN 50000 AND 60000 FROM landing")" true

# --- several at once -----------------------------------------------------------------------------------------------

for name in a b c; do
	"$AVIARY" import --lake new page.json long.jsonl >"at-$name" 2>&1 &
	eval "$name=$!"
done
codes=
for name in a b c; do
	wait "${!name}"
	codes+="$? "
done
same "three who make one lake at once all end well" "$codes" "0 0 0 "
same "and land everything once" "$(values new "SELECT count(*), count(DISTINCT id) FROM landing")" "90,90"

mkdir -p half/_aviary/log
import half page.json
same "a lake that was half made is finished" "$code" 0
finish

# --- an hour that is guessed wrong -------------------------------------------------------------------

# Landing guesses a line's hour from its first created_at; the last one counts.
"$PYTHON" - <<'P'
def post(number, times):
    members = ",".join('"created_at":"2026-11-23T%02d:00:00.000Z"' % hour for hour in times)
    return '{"id":"%d",%s,"text":"t","batch_id":1}\n' % (2100000000000000000 + number, members)
with open("twice.jsonl", "w") as out:
    for number in range(3000):
        out.write(post(number, [7, 9] if number % 1000 == 500 else [7]))
P
for bytes in 64GiB 40KiB; do
	import "twice$bytes" --import-bytes "$bytes" twice.jsonl
	same "a line that names its hour twice does not stop an import of batches of $bytes" "$code" 0
	same "it is in the hour that it names last" \
		"$(values "twice$bytes" "SELECT hour, count(*), count(DISTINCT id) FROM landing GROUP BY hour ORDER BY hour" |
			tr '\n' ' ')" "7,2997,2997 9,3,3 "
	import "twice$bytes" twice.jsonl
	same "and the file is known" "$(values "twice$bytes" "SELECT count(*) FROM landing")" 3000
done
