#!/usr/bin/env bash
# Checks the documentation: runs the tests that compare it with the code, and the shell blocks that follow `<!-- run -->` in a
# Markdown file. The blocks of one file run in one shell, in an empty folder, with the development build as `muster`.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

TEMP=$(mktemp -d)
SHELL_PID=
# The blocks run in a process group of their own, which ends with this script: they start servers.
stop() {
    [ -z "$SHELL_PID" ] || kill -- "-$SHELL_PID" 2>/dev/null || true
    rm -rf "$TEMP"
}
time_steps
trap 'stop; print_times' EXIT

# blocks FILE: the shell blocks of the file that are to be run.
blocks() {
    awk '/^<!-- run -->$/ { run = 1; next }
        run && /^```sh$/ { inside = 1; next }
        inside && /^```$/ { inside = run = 0; next }
        inside' "$1"
}

run_blocks() {
    local file=$1 folder
    folder=$(mktemp -d "$TEMP/XXXXXX")
    blocks "$file" >"$folder/commands.sh"
    # None of the caller's own settings may lead the commands elsewhere.
    (
        cd "$folder"
        unset "${!AWS_@}" "${!MUSTER_@}"
        PATH="$CACHE/target/debug:$PATH" AWS_EC2_METADATA_DISABLED=true \
            exec setsid bash -euxo pipefail commands.sh
    ) >"$folder/log" 2>&1 &
    SHELL_PID=$!
    wait "$SHELL_PID" || { cat "$folder/log" && fail "a command of $file failed"; }
    kill -- "-$SHELL_PID" 2>/dev/null || true
    SHELL_PID=
}

"$ROOT/scripts/setup.sh"
step "Documentation against the code" \
    cargo test $LOCKED --package muster-server --test it project:: -- --quiet
step "Server" cargo build $LOCKED --package muster-server
for file in $(git ls-files '*.md' | xargs grep -l '^<!-- run -->$'); do
    step "Commands of $file" run_blocks "$file"
done
