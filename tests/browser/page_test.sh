#!/bin/bash
# Drives tests/browser/page.mjs in Debian's chromium; skipped where there is none.
. "$(dirname "$0")/browser.sh"
browser_test page
