#!/usr/bin/env bash
# Builds the browser's half (WASM, JavaScript, CSS) into <cache>/site/<hash of its sources>/pkg, unless it is there.
# Needs scripts/setup.sh to have run. The server finds it by MUSTER_SITE_DIR=<cache>/site/<hash>.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

KEEP=5
SITE=$(site_dir)
if [ -d "$SITE/pkg" ]; then
    touch "$SITE"
    say "Browser's half, built before: $SITE"
    exit 0
fi

say "Building the browser's half with Trunk"
use_wasm_toolchain
# Debian's Rust compiles the standard library too, and may have to fetch what that is made of.
OFFLINE=(--offline)
[ "${RUSTC:-}" != /usr/bin/rustc ] || OFFLINE=()
mkdir -p "$CACHE/site"
TEMP=$(mktemp -d "$CACHE/site/.building.XXXXXX")
trap 'rm -rf "$TEMP"' EXIT
# Trunk reads NO_COLOR as an option of its own that takes "true" or "false"; the convention, and CI, say 1.
${NO_COLOR:+env NO_COLOR=true} trunk build --release "${OFFLINE[@]}" --dist "$TEMP/pkg"
rm -rf "$SITE"
mv "$TEMP" "$SITE"
chmod 755 "$SITE"

# The least recently used builds go.
ls -1dt "$CACHE"/site/*/ | tail -n "+$((KEEP + 1))" | xargs -r rm -rf
say "Browser's half: $SITE"
