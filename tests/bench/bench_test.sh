#!/bin/bash
# A short form of ./dev bench: that both sides land every line, and that ours has not become grossly
# slower. The figures that count come from the long form on a quiet machine.
set -euo pipefail
output=$("$PYTHON" "$AVIARY_ROOT/tests/bench/run" --lines 20000 --hours 6 --pairs 1 --at-most 2 2>&1) || {
    echo "not ok - the bench runs, and lands what DuckDB alone lands"
    printf '%s\n' "$output" | sed 's/^/# /'
    exit 1
}
printf '%s\n' "$output" | sed 's/^/# /'
echo "ok - the bench runs, and lands what DuckDB alone lands"
