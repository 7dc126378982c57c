#!/usr/bin/env bash
# Sets up, builds, and starts the demo; arguments go to `muster demo` (for example --listen 127.0.0.1:9000).

. "$(dirname "$0")/common.sh"
cd "$ROOT"

time_steps
"$ROOT/scripts/setup.sh"
step "Browser's half" "$ROOT/scripts/site.sh"
step "Server" cargo build $LOCKED --package muster-server
print_times

say "Starting the demo (end it with Ctrl-C)"
export MUSTER_SITE_DIR
MUSTER_SITE_DIR=$(site_dir)
# The harvested history is kept, so that the next start need not harvest it again. It belongs to the sources that made it.
STORE=$CACHE/demo/$(hash_of server/simulator server/src/collect server/src/figures server/src/store).duckdb
mkdir -p "$CACHE/demo"
find "$CACHE/demo" -type f ! -path "$STORE*" -delete
case " $* " in *" --store "* | *" --estate "* | *" --seed "*) ;; *) set -- --store "$STORE" "$@" ;; esac
exec env -u STEP_TIMES -u MUSTER_CACHE "$CACHE/target/debug/muster" demo "$@"
