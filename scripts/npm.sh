#!/usr/bin/env bash
# Installs the npm packages of the browser tests (end2end/package-lock.json), unless they are installed.

. "$(dirname "$0")/common.sh"
cd "$ROOT/end2end"

STAMP=node_modules/.installed
LOCK=$(sha256sum package-lock.json)
[ "$(cat "$STAMP" 2>/dev/null)" = "$LOCK" ] && exit 0

command -v npm >/dev/null || fail "npm is missing: install Node 20 or newer"
say "Installing npm packages for the browser tests"
# Playwright's own browsers are not used: the tests run with the system's Chromium.
PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --cache "$CACHE/npm" --prefer-offline --no-audit --no-fund --loglevel=error
printf '%s\n' "$LOCK" >"$STAMP"
