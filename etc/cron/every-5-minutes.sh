#!/bin/sh
# Every five minutes, from cron: dimensions and facts, then the page. One that is still at work does the
# work of the next one, which ends at once. Only what goes wrong is printed, and so mailed by cron.
#
#   AVIARY         the program (aviary)
#   AVIARY_CONFIG  the configuration (/etc/aviary/aviary.conf)
#   AVIARY_STATE   lock and log (~/.local/state/aviary)
#   AVIARY_PAGE    the page (~/dashboard.html)
set -eu
umask 027
PATH=/usr/local/bin:/usr/bin:/bin:${PATH:-}
AVIARY=${AVIARY:-aviary}
state=${AVIARY_STATE:-$HOME/.local/state/aviary}
export PATH AVIARY_CONFIG="${AVIARY_CONFIG:-/etc/aviary/aviary.conf}"

mkdir -p "$state"
cd "$HOME"
exec 9>>"$state/every-5-minutes.lock"
flock -n 9 || exit 0
{
	"$AVIARY" refine --once && "$AVIARY" serve --once --out "${AVIARY_PAGE:-dashboard.html}"
} >>"$state/every-5-minutes.log"
