#!/usr/bin/env bash
# Builds the release and packs it into dist/: one folder that runs where it is unpacked, and the same as .tar.zst. DuckDB is
# compiled in, which takes about half an hour the first time; with FAST=1 the prebuilt library is put beside the binary instead.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

time_steps
"$ROOT/scripts/setup.sh"
step "Browser files" "$ROOT/scripts/site.sh"
# No folder of this machine belongs in the binary.
export MUSTER_RELEASE=1
if [ -n "${FAST:-}" ]; then
    step "Server with the prebuilt DuckDB" cargo build $LOCKED --release --package muster-server
else
    step "Server with DuckDB compiled in" cargo build $LOCKED --release --package muster-server --features bundled
fi
if ! LD_LIBRARY_PATH="$CACHE/duckdb-1.5.5" "$CACHE/target/release/muster" --version >/dev/null; then
    fail "the server does not start"
fi
LD_LIBRARY_PATH="$CACHE/duckdb-1.5.5" \
    step "Folder and archive" "$ROOT/scripts/pack.sh" "$CACHE/target/release/muster" "$(site_dir)" "$ROOT/dist"
