#!/usr/bin/env bash
# Measures an edit-to-test cycle: changes a line of a query and a line of a page, and prints the seconds that it takes to build the
# integration tests again and to run one area of them. The files are restored at the end.
# Usage: scripts/cycle.sh [TIMES]

. "$(dirname "$0")/common.sh"
cd "$ROOT"

TIMES=${1:-3}
QUERY=$(git ls-files server/query | grep -E 'instance(s/|_)list\.sql$')
PAGE=app/src/ui/pages/instances.rs
TEMP=$(mktemp -d)
cp "$QUERY" "$TEMP/query"
cp "$PAGE" "$TEMP/page"
trap 'cp "$TEMP/query" "$QUERY"; cp "$TEMP/page" "$PAGE"; rm -rf "$TEMP"' EXIT

build() { cargo test $LOCKED --quiet --package muster-server --test it --no-run; }
run() { cargo test $LOCKED --quiet --package muster-server --test it requests::api:: >/dev/null; }

# seconds COMMAND: how long it takes.
seconds() {
    local start
    start=$(date +%s%N)
    "$@" || fail "cannot build: $*"
    awk -v start="$start" -v end="$(date +%s%N)" 'BEGIN { printf "%.1f", (end - start) / 1e9 }'
}

build
printf '%-10s %8s %8s\n' changed build run
for ((i = 1; i <= TIMES; i++)); do
    { cat "$TEMP/query" && echo "-- $i"; } >"$QUERY"
    printf '%-10s %8s %8s\n' query "$(seconds build)" "$(seconds run)"
    { cat "$TEMP/page" && echo "pub const CYCLE: usize = $i;"; } >"$PAGE"
    printf '%-10s %8s %8s\n' page "$(seconds build)" "$(seconds run)"
done
