#!/usr/bin/env bash
# Checks against what others wrote: boto3 as a client of the simulated AWS, moto as a server that Muster harvests.
# Needs a built server; sets up Python for itself (scripts/python.sh).

. "$(dirname "$0")/common.sh"

MUSTER=${MUSTER_BIN:-$CACHE/target/debug/muster}
PYTHON=$CACHE/python/bin/python
PEERS=$ROOT/server/tests/peers
# The simulator has to say where it listens within this time.
START_SECONDS_MAX=30

[ -x "$MUSTER" ] || fail "no server at $MUSTER: build it, or set MUSTER_BIN"

# None of the caller's own settings may lead boto3 elsewhere.
unset "${!AWS_@}"
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
# The checkout stays as it is.
export PYTHONDONTWRITEBYTECODE=1

TEMP=$(mktemp -d)
SIMULATOR=
stop() {
    [ -z "$SIMULATOR" ] || kill "$SIMULATOR" 2>/dev/null || true
    rm -rf "$TEMP"
}
time_steps
trap 'stop; print_times' EXIT

start_simulator() {
    "$MUSTER" simulate --estate small --listen 127.0.0.1:0 --roster "$TEMP/roster.toml" >"$TEMP/exports" 2>"$TEMP/log" &
    SIMULATOR=$!
    local waited=0
    until grep -qs AWS_REGION "$TEMP/exports"; do
        kill -0 "$SIMULATOR" 2>/dev/null || fail "the simulator ended: $(cat "$TEMP/log")"
        [ $((waited += 1)) -le $((START_SECONDS_MAX * 10)) ] || fail "the simulator says nothing: $(cat "$TEMP/log")"
        sleep 0.1
    done
    . "$TEMP/exports"
}

conformance() {
    start_simulator
    "$PYTHON" "$PEERS/conformance.py" --endpoint "$AWS_ENDPOINT_URL" --roster "$TEMP/roster.toml" "$@"
}

step "Set-up: Python with boto3 and moto" "$ROOT/scripts/python.sh"
step "The conformance check can fail" "$PYTHON" "$PEERS/conformance.py" --self-test
step "boto3 on the simulated AWS, against AWS's models" conformance "$@"
step "Muster on moto" "$PYTHON" "$PEERS/moto_harvest.py" "$MUSTER"
