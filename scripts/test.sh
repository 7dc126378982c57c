#!/usr/bin/env bash
# Sets up, then runs every check and test: fast checks, start-up scripts, Rust tests, browser tests. Ends with a summary of each.

. "$(dirname "$0")/common.sh"
cd "$ROOT"

LOGS=$(mktemp -d)
# Lines that are repeated of failures.
SHOWN_MAX=100
time_steps
trap 'print_times; summaries; rm -rf "$LOGS"' EXIT

rust_tests() { cargo test $LOCKED --workspace --no-fail-fast 2>&1 | tee "$LOGS/rust"; }
browser_tests() { "$ROOT/scripts/end2end.sh" 2>&1 | tee "$LOGS/browser"; }

# excerpt PATTERN LINES FILE: prints that many lines from each match on.
excerpt() {
    awk -v pattern="$1" -v lines="$2" -v max="$SHOWN_MAX" '$0 ~ pattern { left = lines } left-- > 0 && shown++ < max' "$3"
}

# summaries: prints the totals of each runner, and the first lines of each failure.
summaries() {
    echo
    if [ -f "$LOGS/rust" ]; then
        awk '/^test result:/ { passed += $4; failed += $6; ignored += $8; programs++ }
            END { printf "Rust tests: %d passed, %d failed, %d ignored in %d programs\n", passed, failed, ignored, programs }' \
            "$LOGS/rust"
        excerpt '^---- .* stdout ----$' 12 "$LOGS/rust"
    fi
    if [ -f "$LOGS/browser" ]; then
        printf 'Browser tests:%s\n' \
            "$(grep -E '^ +[0-9]+ (passed|failed|flaky|skipped|interrupted|did not run)' "$LOGS/browser" | tr -s '\n ' ' ')"
        excerpt '^ +[0-9]+[)] ' 25 "$LOGS/browser"
    fi
}

"$ROOT/scripts/setup.sh" tests
"$ROOT/scripts/check.sh"
step "Start-up scripts" "$ROOT/scripts/enroll-test.sh"
step "Browser files" "$ROOT/scripts/site.sh"
export MUSTER_SITE_DIR
MUSTER_SITE_DIR=$(site_dir)
step "Rust tests" rust_tests
step "CloudFormation template" "$ROOT/scripts/cfn-lint.sh"
step "Server" cargo build $LOCKED --package muster-server
step "Enrollment" "$ROOT/scripts/enroll-demo.sh"
step "Browser tests" browser_tests
