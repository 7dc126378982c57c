#!/usr/bin/env bash
# Sets up, builds, and starts the demo; arguments go to `muster demo` (for example --listen 127.0.0.1:9000).

. "$(dirname "$0")/common.sh"
cd "$ROOT"

time_steps
"$ROOT/scripts/setup.sh"
step "Browser files" "$ROOT/scripts/site.sh"
step "Server" cargo build $LOCKED --package muster-server
print_times

say "Starting the demo (stop it with Ctrl-C)"
export MUSTER_SITE_DIR
MUSTER_SITE_DIR=$(site_dir)
# Another estate or a store of the user's is not the history that is kept.
case " $* " in
*" --store "* | *" --estate "* | *" --seed "*) ;;
*) set -- --store "$(demo_store demo)" "$@" ;;
esac
exec env -u STEP_TIMES -u MUSTER_CACHE "$CACHE/target/debug/muster" demo "$@"
