#!/usr/bin/env bash
# Deletes what these scripts put into the cache folder; the next build starts from nothing.

. "$(dirname "$0")/common.sh"

say "Deleting $CACHE/{tools,target,target-debian-rust,duckdb-*,npm,site,demo,python}"
rm -rf "$CACHE"/{tools,target,target-debian-rust,npm,site,demo,python} "$CACHE"/duckdb-* "$CACHE"/{setup.lock,wasm-toolchain}
