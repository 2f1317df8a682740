#!/bin/bash
# The two scripts, as cron runs them: with next to no environment, by /bin/sh, and now and then twice at once.
. "$(dirname "$0")/lib.sh"

home=$TEST_DIR/home state=$TEST_DIR/home/.local/state/aviary lake=$TEST_DIR/home/lake
mkdir "$home"
"$AVIARY" simulate --simulate-port 0 --simulate-rate 10 --requests-per-window 100000 >x.out </dev/null &
simulate=$!
until_true 30 grep -q 'http://' x.out
port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(umask 077 && echo some-token >"$home/token")
cat >"$home/aviary.conf" <<C
[lake]
lake = $lake
[listen]
query = the OR a OR url:t
base_url = $(grep -o 'http://[0-9.:]*' x.out)
token_file = $home/token
interval = 1s
[wire]
port = $port
[collect]
from = 127.0.0.1:$port
publish_interval = 1s
C
as_cron() { # SCRIPT
	env -i HOME="$home" LOGNAME=somebody SHELL=/bin/sh AVIARY="$AVIARY" AVIARY_CONFIG="$home/aviary.conf" \
		/bin/sh -c "$AVIARY_ROOT/etc/cron/$1"
}
pid_in() { cat "$state/$1.pid"; }
lives() { kill -0 "$(pid_in "$1")" 2>/dev/null; }
landed() { [ "$(status_of "$lake" posts 2>/dev/null)" -gt "$1" ] 2>/dev/null; }

# --- at start-up ------------------------------------------------------------------------------------------

run as_cron startup.sh
same "startup.sh ends at once, and well" "$code" 0
same "and says nothing that cron would mail" "$out$err" ""
holds "posts are listened to and collected" until_true 60 landed 0
listen=$(pid_in listen) collect=$(pid_in collect)
run as_cron startup.sh
same "it may be run again" "$code$out$err" 0
same "what runs is left alone" "$(pid_in listen) $(pid_in collect)" "$listen $collect"
kill -9 "$listen"
until_true 30 sh -c '! kill -0 "$0" 2>/dev/null' "$listen"
as_cron startup.sh
holds "what has died is started" lives listen
same "and nothing else" "$([ "$(pid_in listen)" != "$listen" ]; echo $?) $(pid_in collect)" "0 $collect"
holds "posts go on arriving" until_true 60 landed "$(status_of "$lake" posts)"

# --- every five minutes ------------------------------------------------------------------------------------

exec 8>>"$lake/_aviary/lock/refine"
flock 8 # so that the first one is still at work when the second one comes
as_cron every-5-minutes.sh >first.out 2>&1 8>&- &
first=$!
until_true 30 test -e "$state/every-5-minutes.log" # written to once it has its lock
run as_cron every-5-minutes.sh 8>&-
same "one that overlaps itself ends at once" "$code" 0
same "and says nothing" "$out$err" ""
holds "the first one is still at work" kill -0 $first
flock -u 8
wait $first
same "and ends well" $? 0
same "and says nothing, either" "$(cat first.out)" ""
has "the page is written" "$(head -c 100 "$home/dashboard.html")" '<!doctype html>'
has "dimensions and facts are there" "$(values "$lake" 'SELECT count(*) > 0 FROM tweet_engagement_processed')" true
run as_cron every-5-minutes.sh
same "the next one runs again" "$code$out$err" 0
echo nonsense >>"$home/aviary.conf"
run as_cron every-5-minutes.sh
has "what goes wrong is printed, for cron to mail" "$err" 'aviary.conf:[0-9]+: '
holds "and is a failure" test "$code" -ne 0

for role in listen collect; do kill "$(pid_in $role)"; done
for role in listen collect; do
	holds "$role ends by the pid in its file" until_true 60 sh -c '! kill -0 "$0" 2>/dev/null' "$(pid_in $role)"
done
kill $simulate

# --- systemd ------------------------------------------------------------------------------------------------

if command -v systemd-analyze >/dev/null; then
	sed 's|/usr/local/bin/aviary|/bin/true|' "$AVIARY_ROOT/etc/systemd/aviary.service" >aviary.service
	same "systemd finds nothing wrong with the unit" "$(systemd-analyze verify ./aviary.service 2>&1)" ""
else
	skipped "systemd finds nothing wrong with the unit" "systemd-analyze is not here"
fi
unit=$(grep '^ExecStart=' "$AVIARY_ROOT/etc/systemd/aviary.service" | cut -d' ' -f2-)
flags=$(grep -oE -- '--[a-z-]+' <<<"$unit")
for flag in $flags; do has "run has the unit's flag $flag" "$("$AVIARY" run --help)" "^ +$flag "; done
finish
