# For stories in which roles run side by side; sourced after lib.sh.

declare -A pid_of lines_before
# start NAME COMMAND…: in the background; NAME.out and NAME.err grow with every start
start() {
	local name=$1
	shift
	lines_before[$name]=$(cat "$name.err" 2>/dev/null | wc -l)
	"$@" >>"$name.out" 2>>"$name.err" </dev/null &
	pid_of[$name]=$!
}
# stop NAME [SIGNAL]: sends it and waits for the end; the exit status is the role's
stop() {
	kill "-${2:-TERM}" "${pid_of[$1]}" 2>/dev/null
	wait "${pid_of[$1]}" 2>/dev/null
}
runs() { kill -0 "${pid_of[$1]}" 2>/dev/null; }
# ended SECONDS NAME: it ends by itself; $code is its exit status
ended() {
	until_true "$1" not runs "$2" || return 1
	wait "${pid_of[$2]}" 2>/dev/null
	code=$?
}
not() { ! "$@"; }

# said NAME PATTERN [TIMES]: it is in the role's log, so many times at least
said() { [ -e "$1.err" ] && [ "$(grep -cE -- "$2" "$1.err")" -ge "${3:-1}" ]; }
# says NAME PATTERN [TIMES]: the same, since it was started last
says() { [ "$(tail -n +$((lines_before[$1] + 1)) "$1.err" 2>/dev/null | grep -cE -- "$2")" -ge "${3:-1}" ]; }
# port_of NAME: where it serves, once it says so
port_of() {
	until_true 20 says "$1" 'event=serving' &&
		sed -nE 's/.*event=serving address=[^ ]*:([0-9]+).*/\1/p' "$1.err" | tail -1
}
free_port() {
	"$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# wire_status PORT MEMBER.MEMBER: of what a server tells about itself
wire_status() {
	"$PYTHON" -c '
import json, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as s:
    s.sendall(b"{\"aviary\":1,\"status\":{}}\n")
    value = json.loads(s.makefile().readline())
for name in sys.argv[2].split("."):
    value = value[name]
print(json.dumps(value) if isinstance(value, (dict, list)) else value)' "$1" "$2" 2>/dev/null
}
# is WANTED COMMAND…: prints exactly that
is() {
	local wanted=$1
	shift
	[ "$("$@" 2>/dev/null)" = "$wanted" ]
}
# tap PORT BYTES FILE: says nothing, as nc would, and keeps the first so many bytes
tap() {
	"$PYTHON" -c '
import socket, sys
want = int(sys.argv[2])
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 5) as s, open(sys.argv[3], "wb") as file:
    s.settimeout(20)
    while want > 0 and (piece := s.recv(min(want, 1 << 16))):
        file.write(piece)
        want -= len(piece)' "$@"
}

# What runs at the end of a story is killed, by its id.
end_roles() {
	local name
	for name in "${!pid_of[@]}"; do kill -9 "${pid_of[$name]}" 2>/dev/null; done
}
before_the_end=$(trap -p EXIT | cut -d"'" -f2)
trap 'end_roles; eval "$before_the_end"' EXIT
