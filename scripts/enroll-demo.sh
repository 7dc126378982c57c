#!/usr/bin/env bash
# Enrolls simulated instances of each provider through the real start-up script and `muster enroll`, and looks for them in the
# portal. Everything runs in namespaces of its own, which only root may create.
# Usage: scripts/enroll-demo.sh [--keep]     --keep shows the portal afterwards, until Ctrl-C

. "$(dirname "$0")/common.sh"
cd "$ROOT"

keep=
case ${1:-} in
    '') ;;
    --keep) keep=yes ;;
    *) fail "unknown option $1. Usage: scripts/enroll-demo.sh [--keep]" ;;
esac

# skip REASON: ends the script, with an error where namespaces are required.
skip() {
    [ "${MUSTER_TEST_NAMESPACES:-}" != required ] || fail "the demo cannot run: $1"
    say "The demo is not run: $1"
    exit 0
}

[ "$(id -u)" = 0 ] || skip "only root can lay a root over this system's. Run this as root, or with sudo"
reason=$(unshare --mount --net --pid --fork true 2>&1) ||
    skip "root cannot create namespaces here ($reason). Containers need CAP_SYS_ADMIN"
for program in python3:python3 ip:iproute2 openssl:openssl curl:curl; do
    command -v "${program%:*}" >/dev/null || apt_install "${program#*:}"
done

time_steps
"$ROOT/scripts/setup.sh"
[ -z "$keep" ] || step "Browser files" "$ROOT/scripts/site.sh"
step "Server" cargo build $LOCKED --package muster-server
muster=$CACHE/target/debug/muster

folder=$(mktemp -d)
trap 'rm -rf "$folder"; print_times' EXIT
"$muster" init "$folder" >"$folder/init.txt"
enroll() {
    # The first process of the namespaces; when it ends, so does all that it started.
    PYTHONDONTWRITEBYTECODE=1 unshare --mount --net --ipc --pid --fork --kill-child --mount-proc \
        python3 "$ROOT/server/enroll/scripts/tests/demo.py" "$muster" "$folder"
}
step "Enrollment" enroll
[ -n "$keep" ] || exit 0

# The simulated AWS ended with the namespaces, so nothing is harvested any more.
tail -n 2 "$folder/init.txt"
say "Starting the portal (stop it with Ctrl-C)"
cd "$folder"
MUSTER_SITE_DIR=$(site_dir) MUSTER_HARVEST_INTERVAL_MINUTES=0 env -u MUSTER_CACHE -u MUSTER_TEST_NAMESPACES \
    "$muster" serve --config muster.toml
