#!/bin/sh
# Once, when the machine has started (crontab: @reboot): leaves listen and collect running in the
# background. It may be run again at any time: what runs already is left alone, what has died is started.
#
#   AVIARY         the program (aviary)
#   AVIARY_CONFIG  the configuration (/etc/aviary/aviary.conf)
#   AVIARY_STATE   locks, pids and logs (~/.local/state/aviary)
#
# To end one: kill "$(cat ~/.local/state/aviary/listen.pid)"
set -eu
umask 027
PATH=/usr/local/bin:/usr/bin:/bin:${PATH:-}
AVIARY=${AVIARY:-aviary}
state=${AVIARY_STATE:-$HOME/.local/state/aviary}
export PATH AVIARY_CONFIG="${AVIARY_CONFIG:-/etc/aviary/aviary.conf}"

start() { # role
	# The lock is the role's own as long as it lives, so a pid that is left over means nothing.
	exec 9>>"$state/$1.lock"
	flock -n 9 || return 0
	setsid "$AVIARY" "$1" >>"$state/$1.log" 2>&1 </dev/null &
	echo $! >"$state/$1.pid"
	exec 9>&-
}

mkdir -p "$state"
cd "$HOME"
start listen
start collect
