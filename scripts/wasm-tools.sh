#!/usr/bin/env bash
# Installs Trunk and wasm-bindgen into <cache>/tools, from source and at fixed versions.
# Both are built without optimisation: Trunk then installs in 2 minutes instead of 5 on 2 cores, and builds as fast.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

# 0.22 wants a newer Rust than aws-sdk-ssm does.
TRUNK_VERSION=0.21.14
# The command line and the crate speak a private format: their versions must be equal.
BINDGEN_VERSION=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/[^0-9.]/, ""); print }' Cargo.lock)
[ -n "$BINDGEN_VERSION" ] || fail "Cargo.lock names no wasm-bindgen"

# install COMMAND VERSION CRATE OPTIONS…: by cargo, unless that version is there already.
install() {
    local command=$1 version=$2 crate=$3
    shift 3
    if [ "$("$command" --version 2>/dev/null | awk '{ print $2 }')" = "$version" ]; then
        return
    fi
    say "Installing $crate $version from source (once, a few minutes)"
    CARGO_TARGET_DIR="$TOOLS/build" CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install "$crate" --version "$version" --root "$TOOLS" --debug --force --quiet "$@"
}

install trunk "$TRUNK_VERSION" trunk --locked --no-default-features
# Without --locked: its own lock file names a version of a crate that was withdrawn.
install wasm-bindgen "$BINDGEN_VERSION" wasm-bindgen-cli
rm -rf "$TOOLS/build"
