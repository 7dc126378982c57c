#!/usr/bin/env bash
# Sets up what building needs; with `tests` also what the browser tests need. Safe to repeat, and quick once done.
# Usage: scripts/setup.sh [tests]

. "$(dirname "$0")/common.sh"

[ "$(uname -s)" = Linux ] || fail "the set-up knows Linux only; README says what it installs"
for needed in cargo rustc node npm cc; do
    command -v "$needed" >/dev/null ||
        fail "$needed is missing. Needed: Rust (rustup's stable), a C compiler, make, Node 20 or newer with npm"
done

# One set-up at a time: clones share the cache folder.
mkdir -p "$CACHE"
exec 9>"$CACHE/setup.lock"
flock --nonblock 9 || { say "Another set-up is running; waiting for it" && flock 9; }

time_steps
step "Set-up: cargo's configuration" "$ROOT/scripts/cargo-config.sh"
step "Set-up: prebuilt DuckDB" "$ROOT/scripts/duckdb.sh"
step "Set-up: WASM target" "$ROOT/scripts/wasm-target.sh"
step "Set-up: Trunk and wasm-bindgen" "$ROOT/scripts/wasm-tools.sh"
step "Set-up: crates" "$ROOT/scripts/crates.sh"
if [ "${1:-}" = tests ]; then
    step "Set-up: npm packages" "$ROOT/scripts/npm.sh"
    step "Set-up: Chromium" "$ROOT/scripts/browser.sh"
fi
