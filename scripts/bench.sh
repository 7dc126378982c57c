#!/usr/bin/env bash
# Sets up, builds with optimisation, and runs the benchmarks; arguments go to them.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

time_steps
"$ROOT/scripts/setup.sh"
step "Browser's half" "$ROOT/scripts/site.sh"
export MUSTER_SITE_DIR
MUSTER_SITE_DIR=$(site_dir)
step "Benchmarks" cargo bench $LOCKED --package muster-server -- "$@"
