# Shared by the other scripts (source it, do not run it): paths, messages, step times.
# Every script can be run alone and repeatedly: it does not redo what is done.

set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# Tools, build output and downloads are outside of the checkout, so that a clean clone does not start over.
CACHE=${MUSTER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/muster}
TOOLS=$CACHE/tools
export PATH="$TOOLS/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"

# In CI the lock file must be up to date; a developer who adds a crate gets it updated.
LOCKED=${CI:+--locked}

say() { printf '==> %s\n' "$*"; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# step LABEL COMMAND…: runs the command and records how long it took, also if it failed.
step() {
    local label=$1 start=$SECONDS status=0
    shift
    say "$label"
    "$@" || status=$?
    printf '%s\t%s\t%s\n' "$((SECONDS - start))" "$status" "$label" >>"$STEP_TIMES"
    return "$status"
}

# time_steps: makes `step` record times. If the calling script records them already, they join its list.
time_steps() {
    [ -n "${STEP_TIMES:-}" ] && return
    STEP_TIMES=$(mktemp)
    export STEP_TIMES
    STEP_TIMES_OWNER=$$
    trap 'print_times' EXIT
}

# print_times: prints the seconds of each step, if this script started the recording.
print_times() {
    [ "${STEP_TIMES_OWNER:-}" = "$$" ] && [ -f "$STEP_TIMES" ] || return 0
    awk -F '\t' '
        NR == 1 { print "" ; print "seconds  step" }
        { printf "%7d  %s%s\n", $1, $3, ($2 == 0 ? "" : "  (failed)"); sum += $1 }
        END { if (NR) printf "%7d  in all\n", sum }' "$STEP_TIMES"
    rm -f "$STEP_TIMES"
}

APT_LOCK_SECONDS_MAX=600

# apt_install PACKAGE…: installs Debian packages, with sudo unless we are root.
apt_install() {
    local by_hand="as root: apt-get install -y --no-install-recommends $*; then repeat" sudo=()
    command -v apt-get >/dev/null || fail "this system has no apt-get: install the equivalents of: $*"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null || fail "no root and no sudo here. Run $by_hand"
        sudo=(sudo)
        # Without a terminal nobody can type a password.
        [ -t 0 ] || sudo -n true 2>/dev/null || fail "sudo wants a password. Run $by_hand"
    fi
    say "Installing Debian packages: $*"
    # Another installation may run, such as automatic upgrades of a machine that was just started.
    local waiting=(-o "DPkg::Lock::Timeout=$APT_LOCK_SECONDS_MAX")
    "${sudo[@]}" apt-get "${waiting[@]}" update -qq || say "Package lists could not be updated; trying with the present ones"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get "${waiting[@]}" install -y -qq --no-install-recommends "$@" >/dev/null ||
        fail "apt-get could not install: $*"
}

# cargo_install COMMAND VERSION CRATE OPTIONS…: installs from source into <cache>/tools, unless that version is installed.
# Without optimisation, because Trunk then installs in 2 minutes instead of 5 on 2 cores, and works as fast.
cargo_install() {
    local command=$1 version=$2 crate=$3
    shift 3
    if [ "$("$command" --version 2>/dev/null | awk '{ print $2 }')" = "$version" ]; then
        return
    fi
    say "Installing $crate $version from source (once, a few minutes)"
    CARGO_TARGET_DIR="$TOOLS/build" CARGO_PROFILE_DEV_DEBUG=0 \
        cargo install "$crate" --version "$version" --root "$TOOLS" --debug --force --quiet "$@"
    rm -rf "$TOOLS/build"
}

# check_crates WHICH…: runs cargo-deny with deny.toml. An exception that nothing needs any more is an error too.
check_crates() { cargo deny --locked check -D unmatched-skip -D unnecessary-skip "$@"; }

# hash_of PATH…: prints one hash over names and contents of files and folders in the checkout.
hash_of() {
    (cd "$ROOT" && find "$@" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
}

# site_dir: prints the folder of the browser files built from exactly these sources, so that two clones never mix theirs.
site_dir() {
    printf '%s/site/%s\n' "$CACHE" \
        "$(hash_of app style Cargo.toml Cargo.lock Trunk.toml rust-toolchain.toml scripts/site.sh)"
}

# demo_store NAME: prints the file of the demo's harvested history, which is kept for the next start. It belongs to the sources
# that made it; files of other sources are removed.
demo_store() {
    local hash
    hash=$(hash_of server/simulator/src server/core/src server/collect/src server/metrics/src server/store/src)
    mkdir -p "$CACHE/demo"
    find "$CACHE/demo" -type f ! -name "*-$hash.*" -delete
    printf '%s/demo/%s-%s.duckdb\n' "$CACHE" "$1" "$hash"
}

# use_wasm_toolchain: sets the environment for building WASM, as scripts/wasm-target.sh decided.
use_wasm_toolchain() {
    [ "$(cat "$CACHE/wasm-toolchain" 2>/dev/null)" = debian ] || return 0
    export PATH="/usr/bin:$PATH"
    export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_UNSTABLE_BUILD_STD=std,panic_abort
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld
    export CARGO_TARGET_DIR="$CACHE/target-debian-rust"
}

# find_browser: prints the Chromium to test with; $CHROMIUM wins.
find_browser() {
    local name
    if [ -n "${CHROMIUM:-}" ]; then
        command -v "$CHROMIUM" || fail "CHROMIUM=$CHROMIUM is not a program"
        return
    fi
    for name in chromium chromium-browser google-chrome google-chrome-stable; do
        command -v "$name" && return
    done
    return 1
}
