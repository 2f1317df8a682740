#!/bin/bash
# Prints what a golden case gives; what it is stands in its name: row-*, conf-*, sql-*.
set -euo pipefail
AVIARY_ROOT=${AVIARY_ROOT:-$(cd "$(dirname "$0")/../.." && pwd)}
AVIARY=${AVIARY:-$AVIARY_ROOT/build/aviary}
PYTHON=${PYTHON:-$AVIARY_ROOT/.deps/venv/bin/python3}
unset AVIARY_LAKE AVIARY_CONFIG
case_file=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

case $(basename "$case_file") in
row-*) # pages or wire lines: the columns that are not NULL
    "$AVIARY" import --lake lake --refine no "$case_file" > /dev/null || true
    "$AVIARY" query --lake lake --format json "SELECT * EXCLUDE (stream_id, year, month, day, hour) FROM landing ORDER BY stream_offset" |
        "$PYTHON" -c '
import json, sys
for row in json.load(sys.stdin):
    print(json.dumps({name: value for name, value in row.items() if value is not None}, ensure_ascii=False, indent=1))'
    ;;
conf-*) # a configuration: what is in effect, or what is wrong with it
    cp "$case_file" aviary.conf
    "$AVIARY" check --config aviary.conf 2>&1 | sed '/^# /d' || true
    ;;
sql-*) # arguments of sql: what refine runs
    xargs "$AVIARY" sql < "$case_file"
    ;;
esac
