#!/usr/bin/env bash
# Sets up, builds, and runs the benchmarks; arguments go to them. What is measured is the development build, which is
# there already; MUSTER_BENCH_PROFILE=release builds everything once more, with optimisation, and measures that.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

time_steps
"$ROOT/scripts/setup.sh"
step "Browser's half" "$ROOT/scripts/site.sh"
export MUSTER_SITE_DIR
MUSTER_SITE_DIR=$(site_dir)
step "Benchmarks" cargo bench $LOCKED --package muster-server --bench demo --profile "${MUSTER_BENCH_PROFILE:-dev}" -- "$@"
