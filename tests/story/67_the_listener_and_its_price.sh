#!/bin/bash
# A listener that is killed asks for nothing twice, stops where it may spend no more, and keeps its token to itself.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/roles.sh"
. "$(dirname "$0")/listener.sh"

# --- kills between pages -----------------------------------------------------------------------------------------

forget
posts 900
echo 0.03 >x/delay
kills=0 troubles=""
for step in {1..8}; do
	start killed "$AVIARY" listen --overlap 0s --journal j8 --base-url "$x" --token-file token --keyword bird --page-posts 20 --interval 1s --port 0
	before=$(asked 'len(r)')
	further() { [ "$(asked 'len(r)')" -ge $((before + step)) ]; }
	until_true 10 further || troubles+="step $step: it does not ask"$'\n'
	stop killed KILL
	kills=$((kills + 1))
	posts $((900 + step * 5))
done
echo 0 >x/delay
once j8 --keyword bird
once j8 --keyword bird
same "killed between pages, $kills times, it goes on" "$troubles$code" 0
same "every post once (killed)" "$(lines j8 "$count")" "940,940,940"
again=$(asked 'sum(len(q["given"]) for q in r) - 940')
holds "X was asked again only for pages on their way ($again posts)" test "$again" -le $((kills * 20))

same "every request is in the log, once, also those that were killed" "$(values lake-j8 "
	SELECT count(*) = max(number) AND count(DISTINCT number) = max(number) AND
		count(*) FILTER (error IS NULL) <= $(asked 'len(r)') AND count(*) >= $(asked 'len(r)') FROM request_log")" true

# --- the budget -----------------------------------------------------------------------------------------------------

days=$("$PYTHON" -c 'import calendar, time; t = time.gmtime(); print(calendar.monthrange(t.tm_year, t.tm_mon)[1] - t.tm_mday + 1)')
# A budget of which today may spend so many dollars, and a post costs a cent.
today() { echo --price-post-usd 0.01 --price-user-usd 0 --budget-usd-month "$("$PYTHON" -c "print(round($1 * $days, 6))")"; }
forget
start spent "$AVIARY" listen --overlap 0s --journal j9 --base-url "$x" --token-file token --keyword bird --interval 1s $(today 2.15) --port 0
port=$(port_of spent)
holds "when a day's share of the budget is spent, it stops" until_true 10 said spent "event=waiting why=\"today's share of the budget is spent: .2.15 of .2.15"
same "at the last post that it affords" "$(asked '[len(q["given"]) for q in r]')" "[100, 100, 15]"
same "and says so" "$(wire_status "$port" status.spend.today.posts) $(wire_status "$port" status.spend.today.usd) $(wire_status "$port" status.spend.today.of_usd)" "215 2.15 2.15"
has "and until when" "$(wire_status "$port" status.waiting.until)" 'T00:00:00.000Z'
stop spent
posts 1000
once j9 --keyword bird $(today 2.15)
same "also the next time" "$code $(asked 'len(r)')" "1 3"
has "in words" "$err" "today's share of the budget is spent: .2.15 of .2.15"
once j9 --keyword bird $(today 2.24)
same "fewer than X gives at least are not asked for" "$code $(asked 'len(r)')" "1 3"
once j9 --keyword bird $(today 2.25)
same "as many are" "$code $(asked '(len(r), r[-1]["arguments"]["max_results"], len(r[-1]["given"]))')" "1 (4, '10', 10)"
same "what is passed over is a gap, and said to be one" "$(lines j9 "SELECT gap_cause, count(*), bool_and(gap_from < gap_to) FROM request_log WHERE kind = 'gap' GROUP BY 1")" "budget,2,true"
same "the log has what each request cost" "$(values lake-j9 "SELECT sum(posts), round(sum(cost_usd), 6), round(sum(cost_usd_max), 6) FROM request_log")" "225,2.25,2.25"
forget
faults 503 cut
once j17 --keyword bird $(today 1.05)
same "a refusal is free, an answer that was cut counts as paid" "$code $(asked '[q["fault"] for q in r]')" "1 ['503', 'cut']"
has "which is said" "$err" "today's share of the budget is spent: .1 of .1.05"
faults html
once j17 --keyword bird $(today 1.20)
once j17 --keyword bird $(today 1.20)
same "as does one that is no page, for as many as were asked for" "$(asked '[(q["fault"], q["arguments"]["max_results"]) for q in r][2:]')" "[('html', '20')]"
faults poison
once j18 --keyword bird $(today 1)
once j18 --keyword bird $(today 1)
same "and the posts of a page that is kept whole" "$(asked '[q["fault"] for q in r][3:]')" "['poison']"
forget
posts 1010
once j9 --keyword bird $(today 99)
same "with more, it goes on where it was" "$code $(asked '[len(q["given"]) for q in r]')" "0 [10]"
echo 5 >x/delay
for step in 1 2; do
	forget
	start killed "$AVIARY" listen --overlap 0s --journal j10 --base-url "$x" --token-file token --keyword bird --interval 1s $(today 1.5) --port 0
	until_true 10 test -s x/requests
	stop killed KILL
done
echo 0 >x/delay
forget
once j10 --keyword bird $(today 1.5)
same "what was asked for before a kill counts as read" "$code $(asked 'len(r)')" "1 0"
same "and is in the log" "$(lines j10 "SELECT error, charged_posts FROM request_log ORDER BY number" | tr '\n' ' ')" \
	"killed before its answer was kept,100 killed before its answer was kept,50 "

# --- a full journal ---------------------------------------------------------------------------------------------

forget
posts 4000
start full "$AVIARY" listen --overlap 0s --journal j11 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0 \
	--journal-bytes 1MiB --segment-bytes 64KiB
port=$(port_of full)
holds "a journal that nobody collects gets full" until_true 20 said full 'event=waiting why="the journal is full'
before=$(asked 'len(r)')
same "which the status tells" "$(wire_status "$port" status.waiting.why)" "the journal is full: its posts are not collected"
holds "and X is not asked meanwhile" test "$(asked 'len(r)')" = "$before"
start collect "$AVIARY" collect --lake lake-j11 --from "127.0.0.1:$port" --publish-interval 200ms
landed() { [ "$(status_of lake-j11 posts)" = 4000 ]; }
holds "with a collector it goes on" until_true 20 landed
same "and waits no more" "$(wire_status "$port" status.waiting)" "None"
stop full
stop collect
same "every post once (full)" "$(values lake-j11 "$count")" "4000,4000,4000"

# --- the token, and money -----------------------------------------------------------------------------------------

chmod 644 token
once j1 --keyword bird
has "a token that everybody may read is warned of" "$err" 'level=warn event=secret_file .*chmod 600'
lacks "a token's value is in no log" "$(cat ./*.err ./*.out )" "$secret"
same "and in no journal and no lake" "$(grep -rlF "$secret" j[0-9]* lake-* 2>/dev/null)" ""
start daemon "$AVIARY" listen --overlap 0s --journal j7 --base-url "$x" --token-file token --keyword bird --interval 1s --port 0
port_of daemon >/dev/null
lacks "nor in the process list" "$(tr '\0' ' ' <"/proc/${pid_of[daemon]}/cmdline")" "$secret"
stop daemon
forget
AVIARY_TOKEN=from-environment run "$AVIARY" listen --overlap 0s --journal j1 --base-url "$x" --keyword bird --once
mkdir -m 700 credentials && (umask 077 && echo from-systemd >credentials/token)
CREDENTIALS_DIRECTORY=$PWD/credentials run "$AVIARY" listen --overlap 0s --journal j1 --base-url "$x" --keyword bird --once
run "$AVIARY" listen --overlap 0s --journal j1 --base-url "$x" --keyword bird --once
same "it may come from the environment, from systemd, and loopback needs none" "$(asked '[q["authorization"] for q in r][-3:]')" \
	"['Bearer from-environment', 'Bearer from-systemd', 'Bearer simulated']"
refused() { # WORDS PATTERN FLAG…
	local words=$1 pattern=$2
	shift 2
	run "$AVIARY" listen --overlap 0s --journal j1 --once "$@"
	same "$words" "$code" 2
	has "$words: it is said why" "$err" "$pattern"
}
refused "a URL that costs money needs a budget" 'budget_usd_month is needed' --keyword bird --token-file token
refused "whether there is a token or not" 'budget_usd_month is needed' --keyword bird
refused "and a token" 'no token' --keyword bird --budget-usd-month 10
refused "which does not go out without TLS" 'without TLS' --keyword bird --budget-usd-month 10 --token-file token --base-url http://api.example.com
refused "a budget below what X gives at least" 'budget_usd_month: 10 posts, which X gives at least, may cost .0.15' --keyword bird --budget-usd-month 0.14 --base-url "$x"
refused "nothing to listen for" 'nothing to listen for' --base-url "$x"
refused "a keyword without a word" 'is empty' --base-url "$x" --keyword '"'
refused "two rules of one name" 'two rules are named' --base-url "$x" --query bird --query bird
refused "no address" 'base_url' --base-url nonsense --keyword bird
printf 'two words' >words && refused "a token of two words" 'not one word' --base-url "$x" --keyword bird --token-file words
lacks "a bad token is not shown" "$err" 'two words'
finish
