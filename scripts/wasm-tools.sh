#!/usr/bin/env bash
# Installs fixed versions of Trunk and wasm-bindgen from source into <cache>/tools.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

# 0.22 needs a newer Rust than aws-sdk-ssm, which sets the minimum for the rest.
TRUNK_VERSION=0.21.14
# The command and the crate exchange a private format, so their versions must be equal.
BINDGEN_VERSION=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
[ -n "$BINDGEN_VERSION" ] || fail "Cargo.lock names no wasm-bindgen"

cargo_install trunk "$TRUNK_VERSION" trunk --locked --no-default-features
# Without --locked, because its lock file names a version of a crate that was withdrawn.
cargo_install wasm-bindgen "$BINDGEN_VERSION" wasm-bindgen-cli
