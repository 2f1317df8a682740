#!/bin/bash
# Drives tests/browser/health.mjs in Debian's chromium; skipped where there is none.
. "$(dirname "$0")/browser.sh"
browser_test health
