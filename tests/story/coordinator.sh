# For stories of `aviary run --lake lake`, whose process is $pid; sourced after lib.sh.

# of ROLE MEMBER: what the coordinator says about a role
of() {
	"$PYTHON" -c '
import json, sys
roles = json.load(open("lake/_aviary/run"))["roles"]
print(next((role.get(sys.argv[2], "") for role in roles if role["role"] == sys.argv[1]), ""))' "$1" "$2" 2>/dev/null
}
# A killed coordinator leaves its word behind.
has_word() { grep -q "\"pid\":$pid," lake/_aviary/run; }
is() { [ "$(of "$1" "$2")" = "$3" ]; }
gone() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }
