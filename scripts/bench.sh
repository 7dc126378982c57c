#!/usr/bin/env bash
# Sets up, builds, and runs benchmarks. Usage: scripts/bench.sh [PART…] [OPTION…]
# Without a part: all but `history` and `pages`. `demo` is the demo estate and its pages (server/benches/demo.rs); `history
# [PART…]` is a year of harvests and the pages on it (server/benches/history), which takes an hour; `pages` is its part of the
# pages over HTTP; the other parts and their options are those of server/benches/harvest. The release build is measured;
# MUSTER_BENCH_PROFILE=dev takes the development build instead.

. "$(dirname "$0")/common.sh"

# Folders are created before the build, which takes long, and paths are absolute, because cargo changes the folder.
arguments=("$@")
for at in "${!arguments[@]}"; do
    value=${arguments[at + 1]:-}
    [ -n "$value" ] || continue
    case ${arguments[at]} in
    --folder) mkdir -p "$value" && arguments[at + 1]=$(realpath "$value") ;;
    --before) arguments[at + 1]=$(realpath -e "$value") ;;
    esac
done
set -- "${arguments[@]}"
cd "$ROOT"

PROFILE=${MUSTER_BENCH_PROFILE:-release}
export MUSTER_BENCH_PYTHON=$CACHE/python/bin/python

bench() {
    local name=$1
    shift
    cargo bench $LOCKED --package muster-server --bench "$name" --profile "$PROFILE" -- "$@"
}

# The history is compared with PostgreSQL if it is installed or can be installed.
postgres() {
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || (apt_install postgresql) || say "Continuing without PostgreSQL"
}

time_steps
"$ROOT/scripts/setup.sh"
if [ $# = 0 ] || [ "$1" = demo ]; then
    step "Browser files" "$ROOT/scripts/site.sh"
    export MUSTER_SITE_DIR
    MUSTER_SITE_DIR=$(site_dir)
    step "Benchmarks of the demo" bench demo "${@:2}"
fi
if [ "${1:-}" = history ]; then
    step "PostgreSQL" postgres
    step "Benchmarks of the history" bench history "${@:2}"
elif [ "${1:-}" = pages ]; then
    step "Benchmarks of the pages" bench history "$@"
elif [ "${1:-}" != demo ]; then
    step "Python with boto3 and DuckDB" "$ROOT/scripts/python.sh"
    step "Benchmarks of the harvest" bench harvest "$@"
fi
