#!/usr/bin/env bash
# Downloads the crates of Cargo.lock, so that later builds need no network.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

cargo fetch --locked --offline --quiet 2>/dev/null || cargo fetch $LOCKED
