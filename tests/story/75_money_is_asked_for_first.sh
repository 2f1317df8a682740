#!/bin/bash
# try, search and check --online, against a simulated X: what they cost is said and agreed to before X is asked.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"

start x "$AVIARY" simulate --simulate-port 0 --simulate-rate 5
there() { grep -q 'http://127.0.0.1:' x.out; }
holds "the simulated X is there" until_true 20 there
x=$(grep -ohE 'http://127\.0\.0\.1:[0-9]+' x.out | head -1)
cat >a.conf <<C
[listen]
base_url = $x
[rule the]
keywords = the
[rule open]
query = (the
C
# in_terminal ANSWER COMMAND…: with a terminal, on which the answer is typed
in_terminal() {
	"$PYTHON" -c '
import os, pty, sys
status = []
def read(fd):
    data = os.read(fd, 4096)
    if b"[y/N]" in data:
        os.write(fd, sys.argv[1].encode() + b"\n")
    return data
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[2:], read, lambda fd: b"")))' "$@" >"$TEST_DIR/.out" 2>&1 </dev/null
	code=$?
	out=$(tr -d '\r\0' <"$TEST_DIR/.out")
}

# --- try -----------------------------------------------------------------------------------------------------------

run "$AVIARY" try --config a.conf 'the lang:en'
same "without a terminal nothing is asked" "$code" 2
has "the price was told" "$err" "asking $x costs up to \\\$0.055: a count \\(\\\$0.005\\) and 10 posts \\(\\\$0.05\\)"
has "and how to agree" "$err" 'hint: --yes agrees to it'
in_terminal n "$AVIARY" try --config a.conf the
same "a no ends it" "$code" 1
has "and nothing is charged" "$out" 'nothing was asked, nothing is charged'
in_terminal y "$AVIARY" try --config a.conf the
same "a yes goes on" "$code" 0
run "$AVIARY" try --config a.conf --yes the
same "so does --yes" "$code" 0
has "a rule is tried by its name" "$out" '^query     the$'
has "posts a day" "$out" '^posts     [0-9,]+ in [0-9.]+ days: [0-9,]+ a day$'
has "what a poll brings" "$out" '^a poll    about [0-9,]+ posts every 300 s'
has "what a month costs, and at most" "$out" '^a month   [0-9,]+ posts: \$[0-9]+\.[0-9]+; up to \$[0-9]+\.[0-9]+ if'
same "and ten posts" "$(grep -cE '^  20..-..-..T..:..:.. ' <<<"$out")" 10
a_day=$(sed -nE 's/^posts .*: ([0-9,]+) a day$/\1/p' <<<"$out" | tr -d ,)
month=$(sed -nE 's/^a month   ([0-9,]+) posts: .*/\1/p' <<<"$out" | tr -d ,)
same "thirty days are a month" "$month" $((30 * a_day))
run "$AVIARY" try --config a.conf --yes open
same "a bad rule is not tried" "$code" 2
has "and it is said why" "$err" 'a.conf:6: rule open: the parenthesis at position 1 is not closed'

# --- search ---------------------------------------------------------------------------------------------------------

run "$AVIARY" search --config a.conf --lake lake the
same "a search asks first, too" "$code" 2
has "with its price" "$err" '100 posts of .* cost up to \$0.50; \$1.50 if'
run "$AVIARY" search --config a.conf --lake lake --limit 150 --yes the
same "then it reads" "$code" 0
has "and says what it cost" "$out" '^read 150 posts: \$0.75, up to \$2.25$'
same "its posts are landed" "$(values lake 'SELECT count(*), count(DISTINCT id), min(fetched_via), min(rules[1]) FROM landing')" "150,150,search,the"
run "$AVIARY" search --config a.conf --lake lake --limit 10 --yes 'the lang:en'
same "another one comes beside it" "$code $(values lake "SELECT count(*) FROM landing WHERE rules[1] = 'the lang:en'")" "0 10"
run "$AVIARY" search --config a.conf --lake lake2 --yes 'the sample:10'
same "a query X would refuse is not paid for" "$code" 2

# --- check --online ---------------------------------------------------------------------------------------------------

run "$AVIARY" check --config a.conf --online
same "with a bad rule it is not ready" "$code" 1
has "the token is good" "$out" '^token    good, from '
has "a good rule is" "$out" '^rule     the: X takes it$'
has "a bad one is named with its line" "$out" '^rule     open NO: a.conf:6: rule open'
has "the clock is" "$out" '^clock    good'
has "the quota is told" "$out" '^quota    [0-9,]+ of [0-9,]+ posts are read'
has "and the window" "$out" '^window   [0-9]+ of 450 searches are left'
has "the verdict is" "$out" '^verdict  not ready$'
run "$AVIARY" check --online --base-url "$x" --keyword the
same "without it all is ready" "$code $(tail -1 <<<"$out")" "0 verdict  ready to listen"
run "$AVIARY" check --config a.conf
has "check tells each rule" "$out" '^#   the +the$'
has "and what may be charged for" "$out" '^#   no  mentions +each user it names +\$0.01$'

# --- an X that refuses ------------------------------------------------------------------------------------------------

stop x
. "$(dirname "$0")/listener.sh"
refused() { # FAULT PATTERN
	faults "$1"
	run "$AVIARY" check --online --base-url "$x" --token-file token --keyword the
	same "$1: not ready" "$code" 1
	has "$1 is explained" "$out" "$2"
}
refused 401 '^token    NO: X does not accept the token \(401\): .* make a new bearer token'
refused 403 '^token    NO: X forbids it \(403\): the app is in no project'
refused 402 '^token    NO: the account has no credits \(402\): buy some'
same "what was asked could not cost anything" "$(asked '[int(q["arguments"]["until_id"]) - int(q["arguments"]["since_id"]) for q in r]')" "[1, 1, 1]"
lacks "the token is not shown" "$out$err" "$secret"
forget
faults 401
run "$AVIARY" check --online --base-url "$x" --token-file token --keyword the
same "with a bad token nothing more is asked" "$(asked 'len(r)')" 1
finish
