#!/bin/bash
# A short form of ./dev bench live: that it runs, that no role dies or grows grossly, and that posts flow. The
# figures that count come from the long form on a quiet machine.
set -euo pipefail
words="the live bench runs: no role dies, none doubles its memory"
output=$("$PYTHON" "$AVIARY_ROOT/tests/bench/run_ten_minutes" --seconds 15 --rate 100 --interval 1s --publish-interval 1s \
    --refine-interval 2s --idle 0 --at-most 2 2>&1) || {
    echo "not ok - $words"
    printf '%s\n' "$output" | sed 's/^/# /'
    exit 1
}
printf '%s\n' "$output" | sed 's/^/# /'
echo "ok - $words"
