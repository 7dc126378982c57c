#!/usr/bin/env bash
# Installs Trunk and wasm-bindgen into <cache>/tools, from source and at fixed versions.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

# 0.22 wants a newer Rust than aws-sdk-ssm does.
TRUNK_VERSION=0.21.14
# The command line and the crate speak a private format: their versions must be equal.
BINDGEN_VERSION=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
[ -n "$BINDGEN_VERSION" ] || fail "Cargo.lock names no wasm-bindgen"

cargo_install trunk "$TRUNK_VERSION" trunk --locked --no-default-features
# Without --locked: its own lock file names a version of a crate that was withdrawn.
cargo_install wasm-bindgen "$BINDGEN_VERSION" wasm-bindgen-cli
