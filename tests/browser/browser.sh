# Runs a test in a real browser, or says what is missing.
AVIARY_ROOT=${AVIARY_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
export AVIARY_ROOT AVIARY=${AVIARY:-$AVIARY_ROOT/build/aviary}
unset AVIARY_LAKE AVIARY_CONFIG

browser_test() { # page
	CHROMIUM=$(command -v "${CHROMIUM:-chromium}") || skip "chromium is not installed"
	command -v node > /dev/null || skip "node is not installed"
	[ -d "$AVIARY_ROOT/.deps/browser/node_modules/playwright-core" ] || skip "tools/setup --tests has not brought playwright-core"
	export CHROMIUM
	exec node "$AVIARY_ROOT/tests/browser/$1.mjs"
}

skip() {
	echo "$1"
	exit 77
}
