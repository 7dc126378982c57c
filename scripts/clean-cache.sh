#!/usr/bin/env bash
# Deletes what these scripts stored in the cache folder. The next build starts from scratch.

. "$(dirname "$0")/common.sh"

say "Deleting $CACHE/{tools,target,target-debian-rust,duckdb-*,npm,site,demo,python,roots}"
rm -rf "$CACHE"/{tools,target,target-debian-rust,npm,site,demo,python,roots} "$CACHE"/duckdb-* "$CACHE"/{setup.lock,wasm-toolchain}
