#!/usr/bin/env bash
# Installs what building needs, and with `tests` what the browser tests need. Can be repeated, and is quick once done.
# Usage: scripts/setup.sh [tests]

. "$(dirname "$0")/common.sh"

[ "$(uname -s)" = Linux ] || fail "set-up works on Linux only; the README lists what it installs"
for needed in cargo rustc node npm cc; do
    command -v "$needed" >/dev/null ||
        fail "$needed is missing. Install Rust (rustup's stable), a C compiler, make, and Node 20 or newer with npm"
done

# Clones share the cache folder, so one set-up at a time.
mkdir -p "$CACHE"
exec 9>"$CACHE/setup.lock"
flock --nonblock 9 || { say "Waiting for another set-up" && flock 9; }

time_steps
step "Set-up: Cargo configuration" "$ROOT/scripts/cargo-config.sh"
step "Set-up: prebuilt DuckDB" "$ROOT/scripts/duckdb.sh"
step "Set-up: WASM target" "$ROOT/scripts/wasm-target.sh"
step "Set-up: Trunk and wasm-bindgen" "$ROOT/scripts/wasm-tools.sh"
step "Set-up: crates" "$ROOT/scripts/crates.sh"
if [ "${1:-}" = tests ]; then
    step "Set-up: npm packages" "$ROOT/scripts/npm.sh"
    step "Set-up: Chromium" "$ROOT/scripts/browser.sh"
fi
