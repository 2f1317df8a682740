#!/bin/bash
# What aviary says to those who are new, mistaken or unlucky: 0 done, 1 failed, 2 usage or configuration.
. "$(dirname "$0")/lib.sh"

widest() { awk '{ if (length($0) > most) most = length($0) } END { print most + 0 }' <<<"$1"; }

# --- help ---------------------------------------------------------------------------------------------

run "$AVIARY" --version
has "--version names the program and DuckDB" "$out" '^aviary [0-9]+\.[0-9]+\.[0-9]+ \(DuckDB [0-9.]+\)$'
same "and ends with 0" "$code" 0
run "$AVIARY" --help
help=$out
same "--help ends with 0, and goes to stdout" "$code$err" 0
holds "it fits 24 lines and 80 columns" test "$(wc -l <<<"$help")" -le 24 -a "$(widest "$help")" -le 80
same "it opens with two examples" "$(sed -n 3,4p <<<"$help" | grep -c '^  aviary ')" 2
for command in import query sql status refine init check try search; do
	has "it lists $command" "$help" "^  $command +[A-Z]"
	run "$AVIARY" $command --help
	same "$command --help ends with 0" "$code$err" 0
	holds "$command --help fits 80 columns" test "$(widest "$out")" -le 80
	has "$command --help shows an example" "$(head -6 <<<"$out")" "^  .*aviary $command"
	has "$command --help names defaults" "$out" 'default'
done
run "$AVIARY"
same "no command at all ends with 2, and goes to stderr" "$code$out" 2
has "and shows how" "$err" '^usage: aviary COMMAND'

# --- mistakes -----------------------------------------------------------------------------------------

run "$AVIARY" imprt
same "an unknown command ends with 2" "$code" 2
has "it is named" "$err" "^aviary: unknown command 'imprt'"
has "and the commands there are" "$err" '^hint: .*import'
run "$AVIARY" import --laek lake posts.json
same "an unknown flag ends with 2" "$code" 2
has "it is named with the nearest one" "$err" "^aviary: .*unknown flag '--laek'; did you mean '--lake'\?"
run "$AVIARY" status --format csv
same "a flag of another command ends with 2" "$code" 2
has "and says that it is one" "$err" "'--format' is a flag of other commands"
run "$AVIARY" import --lake
same "a flag without its value ends with 2" "$code" 2
has "and says so" "$err" '--lake: a value is missing'
run "$AVIARY" import --threads many posts.json
same "a value of the wrong kind ends with 2" "$code" 2
has "and names flag and value" "$err" "--threads: .*'many'"
run "$AVIARY" refine --weekend someday
same "a day that is none ends with 2" "$code" 2
has "and the days there are" "$err" "'someday' is no day.*saturday"
run "$AVIARY" import
same "import without a file ends with 2" "$code" 2
has "and shows how (import)" "$err" '^hint: aviary import --lake DIR FILE'
for command in init check status refine; do
	run "$AVIARY" $command surplus
	same "$command with an argument it does not take ends with 2" "$code" 2
done
run "$AVIARY" sql no_such_table
same "sql of an unknown table ends with 2" "$code" 2
same "nothing of this made a lake" "$(ls)" ""

# --- configuration --------------------------------------------------------------------------------------

printf '[lake]\nlake = here\n\n[refine]\nweekned = friday\n' >typo.conf
run "$AVIARY" check --config typo.conf
same "an unknown key ends with 2" "$code" 2
has "with file, line and the nearest name" "$err" "^aviary: typo\.conf:5: unknown key 'weekned'.* did you mean 'weekend'\?"
printf '[refnie]\nweekend = friday\n' >section.conf
run "$AVIARY" status --config section.conf
same "an unknown section too, for every command" "$code" 2
has "with file, line and the nearest name (section)" "$err" 'section\.conf:1: .*\[refnie\].*\[refine\]'
printf '[engine]\nmemory = lots\n' >value.conf
run "$AVIARY" check --config value.conf
same "a bad value ends with 2" "$code" 2
has "with file, line and key" "$err" "value\.conf:2: memory: .*'lots'"
run "$AVIARY" check --config nowhere.conf
same "a missing configuration file ends with 2" "$code" 2
has "and is named" "$err" 'nowhere\.conf: No such file'

printf '[refine]\nweekend = friday, saturday\n[engine]\nthreads = 1\n' >mine.conf
run env AVIARY_CONFIG=mine.conf AVIARY_LAKE=pond "$AVIARY" check --memory 1GiB
same "check ends with 0" "$code" 0
has "it prints what comes from the file, with file and line" "$out" '^weekend = friday, saturday +# mine\.conf:2$'
has "what comes from the environment" "$out" '^lake = pond +# \$AVIARY_LAKE$'
has "what comes from flags" "$out" '^memory = 1GiB +# --memory$'
has "and what is default" "$out" '^hello_timeout = 300ms +# default$'
has "and what the disk can promise" "$out" '^# +renames without overwriting +yes'
run "$AVIARY" check
has "the lake is ./lake where nothing says otherwise" "$out" '^lake = lake +# default'
run "$AVIARY" check --lake not/there/yet/lake
same "check of a lake that is not there yet ends with 0" "$code" 0
same "check makes nothing" "$(ls)" "$(printf '%s\n' mine.conf section.conf typo.conf value.conf)"
run "$AVIARY" check --config mine.conf
grep -v '^#' <<<"$out" | sed 's/ *# .*//' >printed.conf
run "$AVIARY" check --config printed.conf
same "what check prints is a configuration" "$code" 0
if [ -e "$AVIARY_ROOT/etc/aviary.conf" ]; then
	run "$AVIARY" check --config "$AVIARY_ROOT/etc/aviary.conf"
	same "the shipped configuration is one" "$code$err" 0
	same "and it says what is default anyhow" "$(grep -E '^[a-z_]+ = ' <<<"$out" | sed 's/ *# .*//')" \
		"$("$AVIARY" check | grep -E '^[a-z_]+ = ' | sed 's/ *# .*//')"
else
	skipped "the shipped configuration is one" "etc/aviary.conf is not there"
fi

# --- which lake -------------------------------------------------------------------------------------------

"$PYTHON" -c 'from lib import line, page; open("posts.json", "wb").write(line(page(1, 3)))'
mkdir default && cd default || exit 1
run "$AVIARY" import ../posts.json
same "without --lake it is ./lake" "$code $(ls)" "0 lake"
run env AVIARY_LAKE=pond "$AVIARY" import ../posts.json
same "or \$AVIARY_LAKE" "$code $(ls | xargs)" "0 lake pond"
run env AVIARY_LAKE=pond "$AVIARY" query --lake lake --format csv "SELECT count(*) FROM landing"
same "but --lake wins" "$code $(tail -1 <<<"$out" | tr -d '\r')" "0 3"
run "$AVIARY" init
same "init of a lake that is there changes nothing, and ends with 0" "$code $(values lake "SELECT count(*) FROM landing")" "0 3"
cd .. || exit 1

# --- what is not a lake ---------------------------------------------------------------------------------

mkdir foreign && echo precious >foreign/thesis.txt
before=$(files_of foreign)
run "$AVIARY" init --lake foreign
same "init refuses a directory that somebody uses" "$code" 1
has "says what it holds" "$err" '^aviary: init: foreign: .*not a lake.*thesis\.txt'
has "and what to do" "$err" '^hint: '
import foreign posts.json
same "import into it fails" "$code" 1
has "says why" "$err" '^aviary: import: foreign: is not a lake'
for command in status refine "query SELECT" check; do
	run "$AVIARY" ${command% *} --lake foreign ${command#"${command% *}"}
	[ "${command% *}" = check ] || same "${command% *} of it fails" "$code" 1
done
same "nothing in it was touched" "$(files_of foreign) $(ls -A foreign)" "$before thesis.txt"
for command in status refine "query SELECT"; do
	run "$AVIARY" ${command% *} --lake nowhere ${command#"${command% *}"}
	same "${command% *} of a lake that is not there fails" "$code" 1
	has "and says what, where and why (${command% *})" "$err" "^aviary: ${command% *}: nowhere: there is no such directory"
	has "and how to make one (${command% *})" "$err" '^hint: aviary init --lake nowhere'
done
import posts.json posts.json
same "a file in the lake's place is refused" "$code" 1
has "and named" "$err" '^aviary: import: posts\.json: is a file'

cp -r default/lake newer
"$PYTHON" - <<'P'
import json
path = "newer/_aviary/format"
value = json.load(open(path))
value["format"] += 1
open(path, "w").write(json.dumps(value))
P
before=$(files_of newer)
for command in "status" "refine" "init" "import posts.json" "query SELECT"; do
	read -r name argument <<<"$command"
	run "$AVIARY" $name --lake newer $argument
	same "$name refuses a newer lake" "$code" 1
	has "and says so ($name)" "$err" "^aviary: $name: newer: has format 2, this aviary reads up to 1"
done
same "and leaves it as it is" "$(files_of newer)" "$before"

# --- no permission ----------------------------------------------------------------------------------------

nobody() { "$@"; }
if [ "$(id -u)" = 0 ]; then
	nobody() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
	chmod 755 "$TEST_DIR"
fi
cp -r default/lake owned && chmod -R go-w owned && chmod a-w owned owned/_aviary owned/_aviary/*
cp posts.json secret.json && chmod 000 secret.json
if nobody "$AVIARY" --version >/dev/null 2>&1; then
	run nobody "$AVIARY" query --lake owned --format csv "SELECT count(*) FROM posts"
	same "who may only read may ask" "$code $(tail -1 <<<"$out" | tr -d '\r')" "0 3"
	run nobody "$AVIARY" status --lake owned
	same "and see the status" "$code" 0
	before=$(files_of owned)
	run nobody "$AVIARY" import --lake owned foreign/thesis.txt
	same "but an import ends with 1" "$code" 1
	has "and names what may not be written" "$err" '^aviary: import: .*owned/_aviary/.*Permission denied'
	run nobody "$AVIARY" init --lake owned/sub/lake
	same "and an init too" "$code" 1
	has "with its reason" "$err" '^aviary: init: .*Permission denied'
	same "and the lake is unharmed" "$(files_of owned)" "$before"
	mkdir theirs && chmod 777 theirs
	run nobody "$AVIARY" import --lake theirs/lake secret.json posts.json
	same "a file that may not be read ends with 1" "$code" 1
	has "and is named with its reason" "$err" '^aviary: import: .*secret\.json: Permission denied'
	same "while the others land" "$(values theirs/lake "SELECT count(*) FROM landing")" 3
else
	skipped "who may only read may ask" "the program cannot be run as nobody here"
fi

# --- a full disk -------------------------------------------------------------------------------------------

"$SAMPLE" --wire 6000 --start 2026-11-22T00:00:00Z --seed 9 --hours 4 >many.jsonl
cat >full.sh <<'F'
mkdir small && mount -t tmpfs -o size=$1 tmpfs small || exit 77
"$AVIARY" import --lake small/lake many.jsonl >full.out 2>full.err
echo "code $?" >full.code
"$AVIARY" status --lake small/lake >full.status 2>&1
echo "status $?" >>full.code
mount -o remount,size=200m small
"$AVIARY" import --lake small/lake many.jsonl >more.out 2>more.err
echo "more $?" >>full.code
"$AVIARY" query --lake small/lake --format csv "SELECT count(*), count(DISTINCT id), count(DISTINCT stream_offset) FROM landing" |
	tail -1 | tr -d '\r' >full.rows
ls small/lake/_aviary/staging small/lake/_aviary/intent | grep -v : | xargs >full.left
F
for size in 4m 9500k 10300k; do
	rm -rf small
	if [ "$(id -u)" = 0 ] && unshare -m bash full.sh $size; then
		has "an import onto a full disk of $size ends with 1" "$(cat full.code)" '^code 1$'
		has "and says what was being written, and why ($size)" "$(cat full.err)" '^aviary: import: .*small/lake.*No space left on device'
		has "the lake still opens ($size)" "$(cat full.code)" '^status 0$'
		has "with no post of it, or all ($size)" "$(cat full.status)" '^posts +(0|6,000) rows'
		has "with more room the same import ends with 0 ($size)" "$(cat full.code)" '^more 0$'
		same "and every line is there once ($size)" "$(cat full.rows)" "6000,6000,6000"
		same "and nothing is left over ($size)" "$(cat full.left)" ""
	else
		skipped "an import onto a full disk of $size ends with 1" "needs root and mount namespaces"
	fi
done
# --- what is said when it cannot be done --------------------------------------------------------------------------

"$SAMPLE" --start 2026-11-20T00:00:00Z --posts 60 --hours 2 --seed 5 --out few
gzip -c few/*.json >few.json.gz
run "$AVIARY" import --lake zipped few.json.gz
same "a compressed file is not taken for a broken one" "$code" 1
has "and the way to import it is told" "$err" 'few\.json\.gz: is compressed: zcat few\.json\.gz \| aviary import -'

run "$AVIARY" check --weekend-zone Nonsense/Zone
same "a zone that does not exist is a configuration error" "$code" 2
has "that names the key" "$err" "weekend_zone: 'Nonsense/Zone' is no time zone"
run "$AVIARY" import --lake zoned --weekend-zone Nonsense/Zone few/*
same "and import says so before it lands anything" "$code $(find zoned/twitter-landing-data -name '*.parquet' | wc -l)" "1 0"

run "$AVIARY" import --lake blocked --refine no few/*
rm -rf blocked/twitter_raw_data/user_data_raw
touch blocked/twitter_raw_data/user_data_raw
run "$AVIARY" import --lake blocked few/*
same "a refine that fails makes the import fail" "$code" 1
has "what landed is told all the same" "$out" '^imported '
has "and what is left to do" "$err" '^hint: what was imported is landed; then: aviary refine --once --lake blocked'

for command in "status --lake zipped" "query --lake zipped VALUES(1)" --version "sql"; do
	"$AVIARY" $command >/dev/full 2>/dev/null
	same "what cannot be printed is not done: ${command%% *}" "$?" 1
done
finish
