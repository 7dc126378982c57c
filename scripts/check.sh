#!/usr/bin/env bash
# Runs the fast checks: formatting, and lints for the server and the browser with warnings as errors. Needs scripts/setup.sh.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

# rust-toolchain.toml names both; rustup's minimal profile does not include them.
for tool in clippy rustfmt; do
    cargo "${tool/rustfmt/fmt}" --version >/dev/null 2>&1 || rustup component add "$tool" ||
        fail "$tool is missing: rustup component add $tool"
done

time_steps
step "Formatting" cargo fmt --all --check
# The workspace as a whole: `app` has no default features, and the server turns its `ssr` on. Never --all-features.
step "Lints, server" cargo clippy $LOCKED --workspace --all-targets -- -D warnings
# cargo-deny takes minutes to build, so only `make deny` installs it.
if command -v cargo-deny >/dev/null; then
    step "Sources, licences and versions of crates" check_crates bans licenses sources
else
    say "Skipped, because cargo-deny is not installed (make deny): sources, licences and versions of crates"
fi
use_wasm_toolchain
if [ "${RUSTC:-}" = /usr/bin/rustc ]; then
    # Debian has no Clippy for that version, so only the compiler's own warnings are checked.
    RUSTFLAGS="-D warnings" \
        step "Warnings, browser" \
        cargo check $LOCKED --package app --features hydrate --target wasm32-unknown-unknown
else
    step "Lints, browser" \
        cargo clippy $LOCKED --package app --features hydrate --target wasm32-unknown-unknown -- -D warnings
fi
