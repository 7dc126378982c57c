#!/usr/bin/env bash
# Enables Rust to compile to WASM, and records the toolchain for it in <cache>/wasm-toolchain:
#   rustup  the target's standard library is installed, or rustup downloaded it;
#   debian  rustup's server cannot be reached, so Debian's Rust builds that library from source.
# WASM_TOOLCHAIN=debian selects the second without trying the first.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

TARGET=wasm32-unknown-unknown

has_target() { compgen -G "$(rustc --print sysroot)/lib/rustlib/$TARGET/lib/libstd-*.rlib" >/dev/null; }

add_by_rustup() {
    command -v rustup >/dev/null || return 1
    say "Adding the target $TARGET with rustup"
    timeout 300 rustup target add "$TARGET"
}

add_by_debian() {
    local package missing=()
    for package in rustc-web cargo-web rust-web-src lld; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

mkdir -p "$CACHE"
if [ "${WASM_TOOLCHAIN:-}" != debian ] && { has_target || { add_by_rustup && has_target; }; }; then
    echo rustup >"$CACHE/wasm-toolchain"
else
    say "rustup cannot provide $TARGET; using Debian's Rust for the browser files"
    add_by_debian
    echo debian >"$CACHE/wasm-toolchain"
fi
