#!/usr/bin/env bash
# Checks against independent implementations: boto3 as a client of the simulated AWS, moto as a server that Muster harvests.
# Needs a built server; installs Python packages with scripts/python.sh.

. "$(dirname "$0")/common.sh"

MUSTER=${MUSTER_BIN:-$CACHE/target/debug/muster}
PYTHON=$CACHE/python/bin/python
PEERS=$ROOT/server/tests/peers
# The simulator must print its address within this time.
START_SECONDS_MAX=30

[ -x "$MUSTER" ] || fail "no server at $MUSTER: build it, or set MUSTER_BIN"

# The caller's own settings must not lead boto3 elsewhere.
unset "${!AWS_@}"
export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
# Python must not write into the checkout.
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
        [ $((waited += 1)) -le $((START_SECONDS_MAX * 10)) ] || fail "the simulator did not start within $START_SECONDS_MAX s: $(cat "$TEMP/log")"
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
step "boto3 on the simulated AWS, checked with AWS's models" conformance "$@"
step "The members of AWS's models" "$PYTHON" "$PEERS/members.py"
step "Muster on moto" "$PYTHON" "$PEERS/moto_harvest.py" "$MUSTER"
