#!/usr/bin/env bash
# Runs the browser tests with the built binary. Arguments are passed to Playwright (for example tests/overview.spec.ts).
# Needs `scripts/setup.sh tests`, scripts/site.sh and a built server.

. "$(dirname "$0")/common.sh"

export CHROMIUM MUSTER_SITE_DIR MUSTER_BIN MUSTER_DEMO_STORE
CHROMIUM=$(find_browser) || fail "no Chromium found; run scripts/setup.sh tests, or set CHROMIUM"
MUSTER_SITE_DIR=$(site_dir)
MUSTER_BIN=$CACHE/target/debug/muster
MUSTER_DEMO_STORE=$(demo_store end2end)
cd "$ROOT/end2end"
node_modules/.bin/tsc
exec node_modules/.bin/playwright test "$@"
