# For stories about the listener, sourced after roles.sh: an X that does as it is told, and what is asked of it.

mkdir x
start x "$PYTHON" "$story_dir/scripted_x.py" x
holds "the scripted X is there" until_true 10 test -s x/port
x=http://127.0.0.1:$(cat x/port)
secret=AAAA%2Fvery%3Dsecret
(umask 077 && echo $secret >token)
posts() { echo "$1" >x/posts; }
faults() { printf '%s\n' "$@" >x/faults; }
# asked PYTHON-EXPRESSION: over r, the list of requests so far
asked() {
	"$PYTHON" -c '
import json, sys
r = [json.loads(line) for line in open("x/requests")]
print(eval(sys.argv[1]))' "$1"
}
forget() { : >x/requests; }
# once JOURNAL FLAG…: one poll
once() {
	local journal=$1
	shift
	run "$AVIARY" listen --overlap 0s --journal "$journal" --base-url "$x" --token-file token --interval 5m --once "$@"
}
# lines JOURNAL SQL: what collect lands of it, asked
lines() {
	"$AVIARY" collect --lake "lake-$1" --journal "$1" --once --from 127.0.0.1:1 >/dev/null 2>collect.err || cat collect.err
	values "lake-$1" "$2"
}
count="SELECT count(*), count(DISTINCT id), count(DISTINCT stream_offset) FROM landing"
