#!/usr/bin/env bash
# Checks every crate of the lock file against deny.toml: source, licence, versions, and advisories if RustSec's database can
# be fetched. Options are passed to `cargo deny check`.
# Usage: scripts/deny.sh [OPTION…]

. "$(dirname "$0")/common.sh"
cd "$ROOT"

DENY_VERSION=0.20.2
DATABASE=https://github.com/RustSec/advisory-db
DATABASE_SECONDS=20

time_steps
# `cargo-deny --version` prints its name first, like cargo's other commands.
step "Set-up: cargo-deny" cargo_install cargo-deny "$DENY_VERSION" cargo-deny --locked

step "Sources, licences and versions" check_crates "$@" bans licenses sources
if timeout "$DATABASE_SECONDS" git ls-remote --exit-code "$DATABASE" HEAD >/dev/null 2>&1; then
    step "Advisories" check_crates "$@" advisories
else
    fail "sources, licences and versions are in order, but advisories were NOT checked: $DATABASE cannot be reached"
fi
