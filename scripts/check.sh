#!/usr/bin/env bash
# The fast checks: formatting, and lints of both halves with warnings as errors. Needs scripts/setup.sh to have run.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

# rust-toolchain.toml names both; rustup's minimal profile comes without them.
for tool in clippy rustfmt; do
    cargo "${tool/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$tool" ||
        fail "$tool is missing: rustup component add $tool"
done

time_steps
step "Formatting" cargo fmt --all --check
# The workspace as a whole: `app` has no default features, and the server turns its `ssr` on. Never --all-features.
step "Lints, server's half" cargo clippy $LOCKED --workspace --all-targets -- -D warnings
# It takes minutes to build, so that who wants it says so: make deny.
if command -v cargo-deny >/dev/null; then
    step "Sources, licences and versions of crates" check_crates bans licenses sources
else
    say "Left out, as cargo-deny is not installed (make deny): sources, licences and versions of crates"
fi
use_wasm_toolchain
if [ "${RUSTC:-}" = /usr/bin/rustc ]; then
    # Debian has no Clippy of that version: the compiler's own warnings must do.
    RUSTFLAGS="-D warnings" \
        step "Warnings, browser's half" \
        cargo check $LOCKED --package app --features hydrate --target wasm32-unknown-unknown
else
    step "Lints, browser's half" \
        cargo clippy $LOCKED --package app --features hydrate --target wasm32-unknown-unknown -- -D warnings
fi
