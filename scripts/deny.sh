#!/usr/bin/env bash
# Holds every crate in the lock file against deny.toml: where it comes from, under what licence, in which versions, and,
# where RustSec's database can be fetched or is at hand, what is known against it. ARGS are of `cargo deny check`.
# Usage: scripts/deny.sh [OPTION…]

. "$(dirname "$0")/common.sh"
cd "$ROOT"

DENY_VERSION=0.20.2
DATABASE=https://github.com/RustSec/advisory-db
DATABASE_SECONDS=20

time_steps
# cargo-deny's own command line says its name first, as cargo's others do.
step "Set-up: cargo-deny" cargo_install cargo-deny "$DENY_VERSION" cargo-deny --locked

step "Sources, licences and versions" check_crates "$@" bans licenses sources
if timeout "$DATABASE_SECONDS" git ls-remote --exit-code "$DATABASE" HEAD >/dev/null 2>&1; then
    step "Advisories" check_crates "$@" advisories
else
    fail "sources, licences and versions are in order, but advisories were NOT looked up: $DATABASE cannot be reached"
fi
