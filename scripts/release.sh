#!/usr/bin/env bash
# Builds the release: one binary with DuckDB compiled in, and the browser's half beside it. About half an hour at first.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

time_steps
"$ROOT/scripts/setup.sh"
step "Browser's half" "$ROOT/scripts/site.sh"
export MUSTER_SITE_DIR
MUSTER_SITE_DIR=$(site_dir)
step "Server with DuckDB compiled in" cargo build $LOCKED --release --package muster-server --features bundled
say "Server: $CACHE/target/release/muster"
say "Run it with MUSTER_SITE_DIR=$MUSTER_SITE_DIR"
