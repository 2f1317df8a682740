# What every story begins with: `. "$(dirname "$0")/lib.sh"`. It gives claims as TAP lines, an empty
# directory to work in, and short words for what stories do all the time.
set -u
story_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
AVIARY_ROOT=${AVIARY_ROOT:-$(cd "$story_dir/../.." && pwd)}
AVIARY=${AVIARY:-$AVIARY_ROOT/build/aviary}
PYTHON=${PYTHON:-$AVIARY_ROOT/.deps/venv/bin/python3}
SAMPLE=$AVIARY_ROOT/build/make-sample
export AVIARY PYTHON PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$story_dir
export PYTHONWARNINGS=ignore LC_ALL=C.UTF-8
unset AVIARY_LAKE AVIARY_CONFIG
if [ -z "${TEST_DIR:-}" ]; then
	TEST_DIR=$(mktemp -d)
	trap 'rm -rf "$TEST_DIR"' EXIT
fi
cd "$TEST_DIR" || exit 1

claims=0 failures=0 code=0

# --- claims -----------------------------------------------------------------------------------------

# passed WORDS; failed WORDS [WHY]
passed() {
	claims=$((claims + 1))
	echo "ok $claims - $1"
}
failed() {
	claims=$((claims + 1)) failures=$((failures + 1))
	echo "not ok $claims - $1"
	[ -z "${2:-}" ] || printf '%s\n' "$2" | cut -c1-400 | head -20 | sed 's/^/# /'
}
skipped() {
	claims=$((claims + 1))
	echo "ok $claims - $1 # SKIP $2"
}

# holds WORDS COMMAND…: the command succeeds
holds() {
	local words=$1 said
	shift
	if said=$("$@" 2>&1); then passed "$words"; else failed "$words" "${said:-$*}"; fi
}

# same WORDS GOT WANTED
same() {
	if [ "$2" = "$3" ]; then passed "$1"; else failed "$1" "got:    $2"$'\n'"wanted: $3"; fi
}

# has WORDS TEXT PATTERN: the text has a line that the extended regular expression matches
has() {
	if grep -qE -- "$3" <<<"$2"; then passed "$1"; else failed "$1" "no /$3/ in:"$'\n'"$2"; fi
}
lacks() {
	if grep -qE -- "$3" <<<"$2"; then failed "$1" "/$3/ in:"$'\n'"$2"; else passed "$1"; fi
}

# The last line of a story.
finish() {
	echo "1..$claims"
	exit $((failures > 0))
}

# --- doing ------------------------------------------------------------------------------------------

# run COMMAND…: $out and $err are what it printed, $code its exit status
run() {
	"$@" >"$TEST_DIR/.out" 2>"$TEST_DIR/.err" </dev/null
	code=$?
	out=$(tr -d '\0' <"$TEST_DIR/.out") err=$(tr -d '\0' <"$TEST_DIR/.err")
}

# import LAKE FILE…: as run
import() {
	local into=$1
	shift
	run "$AVIARY" import --lake "$into" "$@"
}

# values LAKE SQL: the rows, values with commas between them
values() {
	"$AVIARY" query --lake "$1" --format csv "$2" | tr -d '\r' | tail -n +2
}

# status_of LAKE MEMBER
status_of() {
	"$AVIARY" status --lake "$1" --json |
		"$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$2"
}

# files_of DIR: names and checksums of everything below
files_of() {
	(cd "$1" && find . -type f | sort | xargs -d '\n' -r sha256sum)
}

# until_true SECONDS COMMAND…: asks again and again until the command succeeds; fails when time is up. The
# seconds are those of a machine that does nothing else; any other gets four times as many.
until_true() {
	local end=$((SECONDS + 4 * $1))
	shift
	until "$@"; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
	return 0
}
