#!/usr/bin/env bash
# Builds the release: one binary with DuckDB compiled in, and the browser files. The first time takes about half an hour.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

time_steps
"$ROOT/scripts/setup.sh"
step "Browser files" "$ROOT/scripts/site.sh"
export MUSTER_SITE_DIR
MUSTER_SITE_DIR=$(site_dir)
step "Server with DuckDB compiled in" cargo build $LOCKED --release --package muster-server --features bundled
say "Server: $CACHE/target/release/muster"
say "Browser files: $MUSTER_SITE_DIR (copy them to \`site\` beside the server, or set MUSTER_SITE_DIR)"
