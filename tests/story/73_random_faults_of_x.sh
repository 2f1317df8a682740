#!/bin/bash
# A few seeds of what ./dev torture does with hundreds: X fails by the dice, and an oracle counts what landed.
. "$(dirname "$0")/lib.sh"

run "$PYTHON" "$story_dir/../oracle/torture_listener.py" --seeds 10
same "ten X's of random faults and kills, and nothing lost, doubled or paid twice" "$code $(grep -c '^seed' <<<"$out")" "0 0"
has "there were faults, and kills" "$out" '^10 seeds, [0-9]+ requests, [0-9]{2,} faults, [0-9]+ kills'
finish
