#!/usr/bin/env bash
# Builds the browser files (WASM, JavaScript, CSS) into <cache>/site/<hash of their sources>/pkg, unless they are there.
# Needs scripts/setup.sh. The server finds them by MUSTER_SITE_DIR=<cache>/site/<hash>.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

KEEP=5
SITE=$(site_dir)
if [ -d "$SITE/pkg" ]; then
    touch "$SITE"
    say "Browser files are up to date: $SITE"
    exit 0
fi

say "Building the browser files with Trunk"
use_wasm_toolchain
# Debian's Rust compiles the standard library too, and may have to download its dependencies.
OFFLINE=(--offline)
[ "${RUSTC:-}" != /usr/bin/rustc ] || OFFLINE=()
mkdir -p "$CACHE/site"
TEMP=$(mktemp -d "$CACHE/site/.building.XXXXXX")
trap 'rm -rf "$TEMP"' EXIT
# Trunk reads NO_COLOR as its own option, which is "true" or "false"; by convention, and in CI, it is 1.
${NO_COLOR:+env NO_COLOR=true} trunk build --release "${OFFLINE[@]}" --dist "$TEMP/pkg"
rm -rf "$SITE"
mv "$TEMP" "$SITE"
chmod 755 "$SITE"

# Delete the least recently used builds.
ls -1dt "$CACHE"/site/*/ | tail -n "+$((KEEP + 1))" | xargs -r rm -rf
say "Browser files: $SITE"
