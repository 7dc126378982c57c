#!/usr/bin/env bash
# Downloads the crates that Cargo.lock names, so that the builds after it need no network.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

cargo fetch --locked --offline --quiet 2>/dev/null || cargo fetch $LOCKED
