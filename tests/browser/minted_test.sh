#!/bin/bash
# Drives tests/browser/minted.mjs in Debian's chromium; skipped where there is none.
. "$(dirname "$0")/browser.sh"
browser_test minted
